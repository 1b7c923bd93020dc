"""Reports and FOI packs on tiers: what each place lies in and divides into, summing to the place."""

import re

import pytest
import yaml
from altered_packs import resummed

from conftest import PACKAGED, REPO
from placemap.commands.foi import Asked, foi_files
from placemap.commands.tiers import inside
from placemap.commands.verify_foi import verify
from placemap.core.errors import PlacemapErrors
from placemap.outputs.foi.pack import zipped
from placemap.outputs.foi.questions import Letter
from placemap.outputs.report.tiers import parts_of


@pytest.fixture(scope="module")
def norfolk(shipped_systems):
    return shipped_systems["norfolk-and-waveney"]


def page(run, tmp_path, footprint):
    ran = run("report", "norfolk-and-waveney", "-f", footprint)
    assert ran.code == 0, ran.err
    text = (tmp_path / f"out/norfolk-and-waveney/{footprint}-report.html").read_text(encoding="utf-8")
    return text[text.index('<h2 id="places"') :].partition("</section>")[0]


def test_places_open_to_their_neighbourhoods(run, tmp_path):
    section = page(run, tmp_path, "option-4")
    opened = re.findall(r"<summary>([^<:]*): \d parts?</summary>(.*?)</details>", section, re.DOTALL)
    assert [name for name, _ in opened] == [
        "Great Yarmouth and Waveney",
        "North Norfolk",
        "Norwich",
        "South Norfolk",
        "West Norfolk",
    ]
    parts = re.findall(r"<li>([^:]*): ([\d,]+) residents( \(a part; it lies in South Norfolk\))?</li>", opened[1][1])
    assert parts == [
        ("North Norfolk 1", "43,224", ""),
        ("North Norfolk 2", "38,878", ""),
        ("North Norfolk 3", "41,422", ""),
        ("North Norfolk 4", "49,205", ""),
        ("Mid Norfolk", "1,447", " (a part; it lies in South Norfolk)"),
    ]
    assert sum(int(figure.replace(",", "")) for _, figure, _ in parts) == 174_176
    assert "Lies in" not in section


def test_neighbourhoods_say_what_they_lie_in(run, tmp_path):
    table = page(run, tmp_path, "neighbourhoods")
    assert "<details>" not in table
    assert "divides into" not in table
    rows = re.findall(r'<th scope="row">([^<]*)</th>\s*<td>([^<]*)</td>', table)
    assert ("Gorleston", "Great Yarmouth and Waveney") in rows
    assert len([row for row in rows if row[0] != "All places"]) == 17
    head, foot = (re.search(rf"<{part}>.*?</{part}>", table, re.DOTALL)[0] for part in ("thead", "tfoot"))
    assert len(re.findall("<th ", head)) == len(re.findall("<t[hd][ >]", foot))


def test_parts_of_every_place_sum_to_it(workspace, norfolk):
    _, resolved = workspace.resolve(norfolk, norfolk.footprints["option-4"])
    inner = inside(workspace, resolved)
    assert [tier.footprint.id for tier in inner] == ["neighbourhoods"]
    for position in range(len(resolved.places)):
        parts = parts_of(resolved, inner, position)
        assert sum(part.residents for part in parts) == resolved.people(resolved.lsoas(position))
        assert sum(part.lsoas for part in parts) == resolved.lsoas(position).sum()


def reply(files):
    from io import BytesIO

    from docx import Document

    (name,) = [name for name in files if name.endswith(".docx")]
    return "".join(Document(BytesIO(files[name])).element.body.itertext())


def asked(footprint, text=None):
    text = text or (REPO / "configs/norfolk-and-waveney.yaml").read_text(encoding="utf-8")
    return Asked(text, "norfolk-and-waveney.yaml", footprint, Letter())


def test_an_foi_pack_answers_on_tiers_where_there_are_some(workspace):
    words = reply(foi_files(workspace, asked("option-4")))
    assert "How do the places relate to neighbourhoods and other tiers?" in words
    assert "Mid Norfolk (1,447 residents, a part of one that lies in South Norfolk)" in words
    assert "Norwich is not divided." in words
    assert "Norwich divides into" not in words, "a place that is one neighbourhood divides into nothing"
    assert "neighbourhoods and other tiers" not in reply(foi_files(workspace, asked("option-6")))


def in_two_files():
    """Norfolk and Waveney with two places put together from PCNs, which stand in the file that is shipped."""
    parts = (REPO / "configs/norfolk-and-waveney.yaml").read_text(encoding="utf-8")
    head = parts.partition("default_footprint:")[0]
    ids = list(yaml.safe_load(parts)["footprints"]["neighbourhoods"]["places"])
    half = len(ids) // 2
    places = "".join(
        f"      {key}:\n        name: {key}\n        place: [{', '.join(f'neighbourhoods/{one}' for one in members)}]\n"
        for key, members in (("north", ids[:half]), ("south", ids[half:]))
    )
    evidence = re.search(r"^evidence:\n  ([a-z0-9-]+):", parts, re.MULTILINE)[1]
    top = (
        f"{head}files: [parts.yaml]\ndefault_footprint: halves\nfootprints:\n  halves:\n    name: Halves\n"
        f"    status: proposed\n    grade: A\n    evidence: {evidence}\n    places:\n{places}"
    )
    return top, parts


@pytest.fixture(scope="module")
def several(workspace):
    """A pack of a system in two files, with notes of whoever wrote them."""
    top, parts = in_two_files()
    assert "notes: " in parts
    asked = Asked(top, "top.yaml", "halves", Letter("2026-11-30"), others={"parts.yaml": parts, "stray.yaml": "x: y"})
    return foi_files(workspace, asked)


def test_an_foi_pack_of_a_system_in_several_files_holds_those_it_rests_on(several):
    beside = [name for name in several if name.startswith("other-declarations/")]
    assert beside == ["other-declarations/parts.yaml"]
    assert not re.search(r"^ *notes:", several[beside[0]].decode(), re.MULTILINE)


def test_places_put_together_from_pcns_are_not_said_to_be_whole_areas(several):
    words = reply(several)
    assert "The places are put together from those of “" in words
    assert "groups of GP practices" in words
    assert "whole areas of official geography" not in words


def test_an_foi_pack_of_a_system_in_several_files_is_proved_or_found_altered(several, tmp_path):
    path = tmp_path / "pack.zip"
    path.write_bytes(zipped(several, "pack"))
    assert verify(path, PACKAGED).verdict == "proved"
    name = "other-declarations/parts.yaml"
    altered = several[name].replace(b"name: Gorleston", b"name: Gurleston")
    assert altered != several[name]
    for change in ({name: altered}, {"other-declarations/more.yaml": several[name]}):
        path.write_bytes(zipped(resummed({**several, **change}), "pack"))
        assert verify(path, PACKAGED).verdict == "altered"


def test_an_foi_pack_without_a_file_of_its_system_is_refused(workspace):
    top, _ = in_two_files()
    with pytest.raises(PlacemapErrors, match=r"`parts.yaml`: no such file"):
        foi_files(workspace, Asked(top, "top.yaml", "halves", Letter()))


def test_report_of_places_put_together_from_pcns_says_so(run, tmp_path):
    for name, text in zip(("top.yaml", "parts.yaml"), in_two_files(), strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    ran = run("report", "top.yaml")
    assert ran.code == 0, ran.err
    words = (tmp_path / "out/norfolk-and-waveney/halves-report.html").read_text(encoding="utf-8")
    assert "groups of GP practices, not areas drawn on a map: each 2021 LSOA is with the practices" in words
    assert "made of whole areas of official geography" not in words


def test_foi_command_takes_a_system_in_several_files(run, tmp_path):
    for name, text in zip(("top.yaml", "parts.yaml"), in_two_files(), strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    ran = run("foi", "top.yaml")
    assert ran.code == 0, ran.err
    folder = tmp_path / "out/norfolk-and-waveney/halves-foi"
    assert [path.name for path in (folder / "other-declarations").iterdir()] == ["parts.yaml"]
