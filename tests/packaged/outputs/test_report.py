"""The report's text and file; tests/browser drives it in a real browser."""

import csv
import errno
import json
import os
import re
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from placemap.commands.report import make_report
from placemap.outputs.report.sentences import coverage_sentence

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
        # A link to evidence is followed by who clicks on it; nothing else leads out of the page.
        assert tag == "a" or not attributes.get("href", "#").startswith(("http", "//")), tag
        assert "style" not in attributes, tag
        assert not any(name.startswith("on") for name in attributes), tag
    style = re.search(r"<style>(.*?)</style>", localities, re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_summary_says_what_the_tables_say(localities, outcome):
    places = next(table for table in outcome("bnssg", "localities").tables if table.name == "places").frame
    assert "is divided into 6 places" in localities
    assert f"{places['RESIDENTS'].sum():,.0f} people live in them" in localities
    assert "Each of the 581 LSOAs that the places must cover is in exactly one place." in localities
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
    """A sentence and a badge a place, and behind it the LSOAs that `build --sensitivity` lists; none where areas decide."""
    from placemap.cli import app

    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["build", "bnssg", "--sensitivity"]).exit_code == 0
    assert CliRunner().invoke(app, ["report", "bnssg", "--all"]).exit_code == 0
    flips = list(
        csv.DictReader((tmp_path / "out/bnssg/localities/sensitivity.csv").read_text(encoding="utf-8").splitlines())
    )
    sure = list(
        csv.DictReader((tmp_path / "out/bnssg/localities/confidence.csv").read_text(encoding="utf-8").splitlines())
    )
    text = (tmp_path / "out/bnssg/localities-report.html").read_text()
    part = text[text.index('<h2 id="sensitivity">How sure it is</h2>') : text.index('<h2 id="declared">')]
    words = {"certain": "Certain", "high": "Sure", "fair": "Fairly sure", "low": "Unsure"}
    badges = re.findall(r"<dt>(.*?)</dt><dd><span class=.*?>(.*?)</span> (.*?)</dd>", part)
    assert badges == [(row["PLACENM"], words[row["CONFIDENCE"]], row["WORDS"]) for row in sure]
    assert len({level for _, level, _ in badges}) > 1
    listed = part[part.index("<details") :]
    assert f"<summary>{len({row['LSOA21CD'] for row in flips})} LSOAs that another method" in listed
    rows = re.findall(r"<tr>(<td>.*?)</tr>", listed)
    cells = sorted((found[0], found[2], found[4]) for found in (re.findall("<td>(.*?)</td>", row) for row in rows))
    assert cells == sorted((row["LSOA21CD"], row["PLACENM"], row["OTHER_PLACENM"] or "no place") for row in flips)
    assert not re.search("[A-Z]{5,}|_", " ".join(re.findall("<th.*?</th>", listed)))  # words, no codes of columns
    assert 'id="sensitivity"' not in (tmp_path / "out/bnssg/local-authorities-report.html").read_text()


@pytest.mark.parametrize("footprint", ["localities", "local-authorities"])
def test_one_is_never_many(page, footprint):
    words = re.sub(r"<[^>]+>", " ", page("bnssg", footprint).split('<script type="application/json"')[0])
    assert re.findall(r"(?<![\d,.])1 (?:LSOAs|places|practices|patients|findings|PCNs|wards)\b", words) == []


def test_evidence_is_a_link_where_it_has_an_address(workspace, system, tmp_path):
    from dataclasses import replace

    found = system("bnssg")
    footprint = found.footprints["single-place"]
    key = footprint.evidence[0]
    address = "https://example.org/a?b=1&c=2"
    cited = replace(found.evidence[key], url=address)
    (path,) = make_report(
        workspace, replace(found, evidence={**found.evidence, key: cited}, config_sha256="cited"), footprint, tmp_path
    ).files
    text = path.read_text(encoding="utf-8")
    (link,) = (at for tag, at in Tags(text).tags if tag == "a" and at["href"].startswith("http"))
    assert link == {"href": address, "rel": "noreferrer"}
    assert f">{cited.title}</a>" in text


def test_the_ledger_stands_behind_details(localities):
    part = localities[localities.index('<h2 id="coverage">') : localities.index('<h2 id="findings">')]
    assert part.index("<details>") < part.index("61,768,942") < part.index("<table>") < part.index("</details>")


def test_wards_and_practices_can_be_found(localities, outcome):
    data = json.loads(re.search(r'id="report-data">(.*?)</script>', localities, re.DOTALL)[1])
    tables = {table.name: table.frame for table in outcome("bnssg", "localities").tables}
    practices = tables["place_practice"]
    assert [row[0] for row in data["practices"]] == practices["PRACTICECD"].tolist()
    assert [data["places"][row[3]] for row in data["practices"]] == practices["PLACENM"].tolist()
    wards = {ward.rpartition(" ")[2] for ward in data["wards"]}
    (name,) = (name for name in tables if name.startswith("place_wd"))
    column = next(column for column in tables[name] if column.startswith("WD") and column.endswith("CD"))
    assert wards == set(tables[name][column])
    assert len(data["wards"]) == len(data["lsoas"])


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
