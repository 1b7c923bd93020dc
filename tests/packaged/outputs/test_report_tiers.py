"""Reports and FOI packs on tiers: what each place lies in and divides into, summing to the place."""

import re

import pytest

from conftest import REPO
from placemap.commands.foi import Asked, foi_files
from placemap.commands.tiers import inside
from placemap.core.errors import PlacemapErrors
from placemap.outputs.foi.questions import Letter
from placemap.outputs.foi.tiers import QUESTION
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
    assert QUESTION in words
    assert "Mid Norfolk (1,447 residents, a part of one that lies in South Norfolk)" in words
    assert "Norwich is not divided." in words
    assert "Norwich divides into" not in words, "a place that is one neighbourhood divides into nothing"
    assert QUESTION not in reply(foi_files(workspace, asked("option-6")))


def test_an_foi_pack_of_a_system_in_several_files_is_refused(workspace):
    text = "files: [parts.yaml]\n" + asked("option-4").config
    with pytest.raises(PlacemapErrors, match="other files of the system cannot be read here"):
        foi_files(workspace, asked("option-4", text))
