"""`report --england`: what the page says, held against the tables, the ledger and the geometry."""

import csv
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import shapely

from conftest import PLACES

MEGABYTE = 1_000_000
LSOAS, RESIDENTS_2021, PATIENTS = 33_755, 56_490_108, 61_768_942


class Page(HTMLParser):
    """Tags with their attributes, and the rows of every table by its id or number."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.tables, self._cell, self._inside = [], [], None, 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._cell = []

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.tables[-1][-1].append(" ".join("".join(self._cell).split()))
            self._cell = None

    def handle_data(self, data):
        if self._cell is not None:
            self._cell.append(data)


@pytest.fixture
def report(run, national, england_store, tmp_path, monkeypatch):
    """Run the command on the systems as they were resolved for other tests; its result, and the page."""
    monkeypatch.setattr("placemap.commands.report.england", lambda *_: national)
    result = run("report", "--england", store=england_store)
    assert result.code == 0, result.err
    assert result.out == "out/england/default-footprints-report.html\n"
    return (tmp_path / "out/england/default-footprints-report.html").read_text(encoding="utf-8")


def number(text):
    return float(text.replace(",", "").rstrip("%"))


def held(text):
    """The data that the page's script works with."""
    return json.loads(re.search(r'<script type="application/json" id="report-data">(.*?)</script>', text)[1])


def test_the_page_says_what_the_tables_say(report, national):
    """One test, as the page takes seconds to make: size, requests, figures, ledger, evidence, files, map."""
    assert len(report.encode()) < 9 * MEGABYTE
    parsed = Page(report)
    for tag, attributes in parsed.tags:
        assert "src" not in attributes
        # A link to evidence is followed by who clicks on it; nothing else leads out of the page.
        assert attributes.get("href", "#").startswith("#") or (tag == "a" and attributes["rel"] == "noreferrer")
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
    assert not re.findall(r"[\x00-\x08\x0b-\x1f\x7f]", report)
    data = held(report)
    files = {name: list(csv.DictReader(io.StringIO(f["text"]))) for name, f in data["files"].items() if ".csv" in name}

    # the table of places is places.csv
    table = parsed.tables[0]
    assert len(table) == 1 + PLACES + 1
    for shown, row in zip(table[1:-1], files["places.csv"], strict=True):
        assert shown[0] == f"{row['PLACENM']} {row['PLACECD']}"
        assert shown[1].endswith(f"({row['ICB24CDH']})")
        assert f"NHS {shown[1].rpartition(' (')[0]} Integrated Care Board" == row["ICB24NM"]
        assert shown[2:4] == [row["GRADE"], row["DECLARED_FROM"]]
        assert [number(cell) for cell in shown[4:7]] == [
            float(row["LSOAS"]),
            pytest.approx(float(row["RESIDENTS"]), abs=0.51),
            pytest.approx(float(row["REGISTERED"]), abs=0.51),
        ]
        assert number(shown[7]) / 100 == pytest.approx(float(row["OWN_PRACTICE_SHARE"]), abs=0.0006)
        assert shown[8].endswith(row["DESCRIPTION"])
    assert [number(cell) for cell in table[-1][4:6]] == [LSOAS, RESIDENTS_2021]

    # national figures, systems and ledger
    for figure in (str(PLACES), "42", f"{LSOAS:,}", f"{RESIDENTS_2021:,}", f"{PATIENTS:,}"):
        assert f"<dd>{figure}</dd>" in report
    shipped_systems = parsed.tables[1][1:]
    assert len(shipped_systems) == 42
    assert sum(number(row[2]) for row in shipped_systems) == PLACES
    assert sum(number(row[5]) for row in shipped_systems) == RESIDENTS_2021
    ledger = parsed.tables[2][1:]
    assert sum(number(row[1]) for row in ledger[:-1]) == pytest.approx(PATIENTS, abs=3)
    assert number(ledger[-1][1]) == PATIENTS

    # evidence and caveats of every system; findings of all of them, counted
    for outcome in national.outcomes:
        assert f'<details id="evidence-{outcome.system.id}">' in report
    assert report.count("Weak evidence: confirm the places with the system") == 7
    counted = re.findall(r"<summary>\w+: <code>([a-z-]+)</code>, (\d+) finding", report)
    assert sum(int(n) for _, n in counted) == len(national.findings) == len(files["findings.csv"])
    assert {"weak-evidence": "7"}.items() <= dict(counted).items()

    # files: every LSOA once; what is too long is named
    lsoas = files["place_lsoa21.csv"]
    assert len(lsoas) == len({row["LSOA21CD"] for row in lsoas}) == LSOAS
    assert "<code>place_lsoa11.csv</code>" in report
    assert "place_lsoa11.csv" not in data["files"]
    outlines = json.loads(data["files"]["place_boundaries.geojson"]["text"])["features"]
    assert [feature["id"] for feature in outlines] == [row["PLACECD"] for row in files["places.csv"]]

    # map: a shape a place, colours by grade as the table has them; sources and attribution
    paths = [attributes for tag, attributes in parsed.tags if tag == "path" and attributes.get("class") == "place"]
    assert len(paths) == PLACES
    assert sum(len(attributes["d"]) for attributes in paths) < 1.5 * MEGABYTE
    grades = {row["GRADE"]: set() for row in files["places.csv"]}
    for colour, row in zip(data["colours"]["grade"]["places"], files["places.csv"], strict=True):
        grades[row["GRADE"]].add(colour)
    assert sorted(map(len, grades.values())) == [1, 1, 1]
    assert "Contains OS data © Crown copyright and database right" in report
    assert "LSOA (2021) boundaries" in report or "Lower layer Super Output Areas" in report


def test_simplified_outlines_share_their_borders(workspace, national):
    from placemap.outputs.map.outlines import simplified

    assignment = national.national.assignment
    whole = workspace.outlines.places(assignment)
    small = simplified(whole, 200)
    assert shapely.coverage_is_valid(small)
    assert shapely.get_num_coordinates(small).sum() < 0.8 * shapely.get_num_coordinates(whole).sum()
    assert shapely.area(small).sum() == pytest.approx(shapely.area(whole).sum(), rel=0.002)
    # No gap between neighbours: the outlines have as many holes together as before.
    before, after = (
        shapely.get_num_interior_rings(shapely.get_parts(shapely.coverage_union_all(s))) for s in (whole, small)
    )
    assert before.sum() == after.sum()


def test_neighbours_differ_in_colour_and_all_colours_are_used(workspace, national):
    from placemap.outputs.map.outlines import neighbours
    from placemap.outputs.map.palette import PALETTE, colours, lightness

    pairs = neighbours(national.national.assignment, workspace.geography)
    chosen = colours(PLACES, pairs)
    apart = [abs(lightness(chosen[one]) - lightness(chosen[other])) for one, other in pairs]
    assert all(chosen[one] != chosen[other] for one, other in pairs)
    assert np.mean(np.array(apart) > 7) > 0.9
    counts = [chosen.count(colour) for colour in PALETTE]
    assert min(counts) > PLACES / 14 / 5
    assert max(counts) < PLACES / 14 * 3


def test_min_grade_leaves_systems_out_and_says_so(workspace, shipped_systems, tmp_path):
    from placemap.commands.report import make_england_report

    (path,) = make_england_report(workspace, shipped_systems.values(), tmp_path, min_grade="A").files
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    strong = [s for s in shipped_systems.values() if s.footprints[s.default_footprint].grade == "A"]
    assert {row[0] for row in page.tables[1][1:]} == {system.name for system in strong}
    lsoas = sum(number(row[4]) for row in page.tables[1][1:])
    assert f"{lsoas:,.0f} of England’s 33,755 LSOAs are in exactly one place." in text
    assert f"belong to {42 - len(strong)} systems that were left out because of their evidence" in text
    assert "Left out because of their evidence: Bath and North East Somerset" in text
    assert "<option>B</option>" not in text
    assert f"<dd>{PATIENTS:,}</dd>" in text
    again = make_england_report(workspace, shipped_systems.values(), tmp_path / "again", min_grade="A").files[0]
    assert again.read_bytes() == path.read_bytes()


def test_errors_leave_the_page_that_was_there(run, national, england_store, tmp_path, monkeypatch):
    from dataclasses import replace

    from placemap.core.findings import Finding, Severity

    error = Finding("gap", Severity.ERROR, "7 LSOAs are in no place.", location="toy.yaml:1:1")
    broken = replace(national, findings=[error, *national.findings])
    monkeypatch.setattr("placemap.commands.report.england", lambda *_: broken)
    page = tmp_path / "out/england/default-footprints-report.html"
    page.parent.mkdir(parents=True)
    page.write_text("earlier", encoding="utf-8")
    result = run("report", "--england", store=england_store)
    assert result.code == 4
    assert "toy.yaml:1:1: England has 1 error, such as gap: 7 LSOAs are in no place." in result.err
    assert "`placemap build --england` lists them" in result.err
    assert page.read_text(encoding="utf-8") == "earlier"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("bnssg", "--england"), "`bnssg` cannot be given with it"),
        (("--england", "--all"), "`--all` cannot be given with it"),
        (("--england", "--footprint", "places"), "`places` cannot be given with it"),
        ((), "which system? Name one, or all of them with --england"),
    ],
)
def test_usage(run, args, said):
    result = run("report", *args)
    assert result.code == 2
    assert said in result.err


def test_packaged_tables_give_the_message_of_the_build(run, tmp_path):
    result = run("report", "--england")
    assert (result.code, result.out) == (3, "")
    assert result.err == run("build", "--england").err
    assert not (tmp_path / "out").exists()


def test_a_system_is_refused_by_grade(run, england_store):
    result = run("report", "lincolnshire", "--min-grade", "B", store=england_store)
    assert result.code == 4
    assert "graded C; --min-grade B refuses it" in result.err
