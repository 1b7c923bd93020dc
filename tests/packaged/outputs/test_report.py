"""The report's text and file; tests/browser drives it in a real browser."""

import errno
import os
import re
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from placemap.commands.report import make_report
from placemap.outputs.report.content import coverage_sentence

MEGABYTE = 1_000_000


class Tags(HTMLParser):
    """Every tag with its attributes, and whether they close in order."""

    EMPTY = frozenset({"meta", "input", "path", "rect", "line", "link", "br"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(workspace, system, tmp_path_factory):
    def text(name, footprint):
        found = system(name)
        out = tmp_path_factory.mktemp("report")
        (path,) = make_report(workspace, found, found.footprints[footprint], out).files
        assert path == out / found.id / f"{footprint}-report.html"
        return path.read_text(encoding="utf-8")

    return text


@pytest.fixture(scope="module")
def localities(page):
    return page("bnssg", "localities")


def test_whole_and_small(localities):
    parsed = Tags(localities)
    assert parsed.open == []
    assert len(localities.encode()) < 3 * MEGABYTE


def test_asks_for_nothing_from_anywhere(localities):
    for tag, attributes in Tags(localities).tags:
        assert "src" not in attributes, tag
        assert not attributes.get("href", "#").startswith(("http", "//")), tag
        assert "style" not in attributes, tag
        assert not any(name.startswith("on") for name in attributes), tag
    style = re.search(r"<style>(.*?)</style>", localities, re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_summary_says_what_the_tables_say(localities, outcome):
    places = next(table for table in outcome("bnssg", "localities").tables if table.name == "places").frame
    assert "is divided into 6 places" in localities
    assert f"{places['RESIDENTS'].sum():,.0f} people live in them" in localities
    assert "Each of the 581 LSOAs that the footprint must cover is in exactly one place." in localities
    largest = places.loc[places["RESIDENTS"].idxmax()]
    assert f"The largest is {largest['PLACENM']} with {largest['RESIDENTS']:,.0f}" in localities
    assert "In 9 LSOAs" in localities
    assert "graded B" in localities


def test_says_how_many_lsoas_lie_outside(outcome, page):
    assert coverage_sentence(outcome("norfolk-and-waveney", "option-6").assignment).endswith(
        "73 more LSOAs of the places lie outside the system."
    )
    assert 'class="outside"' in page("norfolk-and-waveney", "option-6")


def test_the_ledger_sums_to_the_national_total(localities):
    assert "61,768,942" in localities


def test_carries_attribution_and_evidence(localities):
    assert "Source: Office for National Statistics licensed under the Open Government Licence v.3.0" in localities
    assert "Contains OS data © Crown copyright and database right" in localities
    assert "Contains information from NHS England, licensed under the current version" in localities
    assert "FOI.ICB-2223/093 ICS Locality Mapping" in localities
    assert "8 November 2022" in localities


def test_the_same_report_has_the_same_bytes(localities, page):
    assert page("bnssg", "localities") == localities


def test_names_cannot_break_out_of_their_place(workspace, system, tmp_path):
    from dataclasses import replace

    found = system("bnssg")
    footprint = found.footprints["single-place"]
    wicked = "</script><script>alert(1)</script>&<b>"
    named = replace(footprint, name=wicked, places=(replace(footprint.places[0], name=wicked),))
    changed = replace(found, footprints={"single-place": named}, config_sha256="changed")
    (path,) = make_report(workspace, changed, named, tmp_path).files
    text = path.read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "<b>" not in text
    assert len([tag for tag, _ in Tags(text).tags if tag == "script"]) == 2


def test_no_control_characters(localities):
    assert not re.findall(r"[\x00-\x08\x0b-\x1f\x7f]", localities)


def test_says_how_sure_it_is_where_practices_decide(tmp_path, monkeypatch):
    """The report lists the LSOAs that `build --sensitivity` lists, and none where areas decide."""
    from placemap.cli import app

    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["build", "bnssg", "--sensitivity"]).exit_code == 0
    assert CliRunner().invoke(app, ["report", "bnssg", "--all"]).exit_code == 0
    flips = (tmp_path / "out/bnssg/localities/sensitivity.csv").read_text().splitlines()[1:]
    text = (tmp_path / "out/bnssg/localities-report.html").read_text()
    part = text[text.index('<h2 id="sensitivity">How sure it is</h2>') : text.index('<h2 id="sources">')]
    assert len(flips) > 5
    assert all(f"<td>{row.split(',')[3]}</td>" in part for row in flips)
    assert 'id="sensitivity"' not in (tmp_path / "out/bnssg/local-authorities-report.html").read_text()


def test_report_command(tmp_path, monkeypatch):
    from placemap.cli import app

    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["report", "lancashire-and-south-cumbria", "--json"])
    assert result.exit_code == 0
    assert result.stdout == '[\n  "out/lancashire-and-south-cumbria/places-2022-report.html"\n]\n'
    assert (tmp_path / "out/lancashire-and-south-cumbria/places-2022-report.html").stat().st_size < 3 * MEGABYTE


def test_a_place_to_write_that_is_a_file(tmp_path, monkeypatch):
    from placemap.cli import app

    (tmp_path / "taken").write_text("")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["report", "bnssg", "--footprint", "single-place", "--out", "taken"])
    assert result.exit_code == 3
    why = os.strerror(errno.ENOTDIR)
    assert f"taken/bnssg/single-place-report.html: the output cannot be written: {why}" in result.stderr
