"""The reply as LibreOffice sets it: no heading alone at the foot of a page, no empty page, the map across."""

import re
import shutil
import subprocess

import pytest
from docx import Document

from conftest import REPO
from placemap.commands.foi import Asked, foi_files
from placemap.outputs.foi.pack import RESPONSE
from placemap.outputs.foi.questions import Letter

OFFICE, PDF = shutil.which("soffice"), shutil.which("pdftotext")
pytestmark = pytest.mark.skipif(
    not (OFFICE and PDF), reason="LibreOffice (soffice) or poppler (pdftotext) is not there"
)
SYSTEMS = [
    *[("bnssg", footprint) for footprint in ("localities", "local-authorities", "single-place")],
    *[("lancashire-and-south-cumbria", footprint) for footprint in ("places-2022", "delivery-units", "ccg-footprints")],
    *[("norfolk-and-waveney", footprint) for footprint in ("option-1", "option-4", "option-6")],
]


@pytest.fixture(scope="module")
def pages(workspace, tmp_path_factory):
    """By footprint: the headings of the reply, its pages as lines, and the width and height of each page."""
    folder = tmp_path_factory.mktemp("pages")
    headings = {}
    for name, footprint in SYSTEMS:
        text = (REPO / "configs" / f"{name}.yaml").read_text(encoding="utf-8")
        made = foi_files(workspace, Asked(text, f"{name}.yaml", footprint, Letter("2026-11-30", "FOI-123")))
        path = folder / f"{name}-{footprint}.docx"
        path.write_bytes(made[RESPONSE])
        headings[path.stem] = [p.text for p in Document(str(path)).paragraphs if p.style.name.startswith("Heading")]
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [OFFICE, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    subprocess.run([*command, *map(str, sorted(folder.glob("*.docx")))], check=True, capture_output=True, timeout=300)
    return {stem: (found, *_pages(folder / f"{stem}.pdf")) for stem, found in headings.items()}


def _pages(path):
    text = subprocess.run([PDF, "-layout", str(path), "-"], check=True, capture_output=True, text=True).stdout
    found = [[line.strip() for line in page.splitlines() if line.strip()] for page in text.split("\f")[:-1]]
    command = ["pdfinfo", "-l", "99", str(path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    sizes = [(float(wide), float(high)) for wide, high in re.findall(r"size: +([\d.]+) x ([\d.]+)", told)]
    return found, sizes


@pytest.mark.parametrize("of", ["-".join(system) for system in SYSTEMS])
def test_no_heading_stands_alone(of, pages):
    headings, found, _ = pages[of]
    starts = tuple(heading[:30] for heading in headings)
    for number, lines in enumerate(found, start=1):
        assert re.fullmatch(rf"Page {number} of {len(found)}", lines[-1]), lines[-1]
        assert len(lines) > 3 or number == len(found), f"page {number} has {lines}"
        last = [line for line in lines[:-1] if not re.match(r"(Place +Made of|Question +Answer)", line)][-1:]
        if number < len(found):
            assert not (last and last[0].startswith(starts)), f"page {number} ends with {last[0]}"


@pytest.mark.parametrize("of", ["-".join(system) for system in SYSTEMS])
def test_the_map_is_a_page_across_and_there_are_few_pages(of, pages):
    _, found, sizes = pages[of]
    assert [wide > high for wide, high in sizes] == [False] * (len(sizes) - 1) + [True]
    assert found[-1][0] == "Annex B: map"
    assert len(found) <= 9
