"""The FOI pack: answers from the data, nothing hidden, the same bytes, and a check that sees what was done to it."""

import csv
import hashlib
import io
import json
import shutil
import warnings
from pathlib import Path

import pytest
from altered_packs import changed_part, replaced, resummed
from docx import Document
from openpyxl import load_workbook
from typer.testing import CliRunner

from conftest import REPO
from placemap.commands.foi import Asked, foi_files, make_foi
from placemap.commands.verify_foi import read_pack, verify
from placemap.core.errors import PlacemapError
from placemap.outputs.foi.hidden import hidden
from placemap.outputs.foi.letter import long_date
from placemap.outputs.foi.pack import RESPONSE, SUMS, WORKBOOK, zipped
from placemap.outputs.foi.questions import Letter, percent

LETTER = Letter("2026-11-30", "FOI-123", "A Requester", "NHS Somewhere ICB")
FOOTPRINTS = [("bnssg", "localities"), ("lancashire-and-south-cumbria", "places-2022")]


def config(name):
    return (REPO / "configs" / f"{name}.yaml").read_text(encoding="utf-8")


def asked(name, footprint, letter=LETTER, **more):
    return Asked(config(name), f"{name}.yaml", footprint, letter, **more)


@pytest.fixture(scope="module")
def files(workspace):
    made = {}

    def of(name, footprint):
        if (name, footprint) not in made:
            made[name, footprint] = foi_files(workspace, asked(name, footprint))
        return made[name, footprint]

    return of


@pytest.fixture(scope="module")
def localities(files):
    return files("bnssg", "localities")


@pytest.fixture(scope="module")
def single(files):
    return files("bnssg", "single-place")


@pytest.fixture(scope="module")
def blank(workspace):
    """As `single`, with everything left to be filled in."""
    return foi_files(workspace, asked("bnssg", "single-place", Letter()))


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def sheet(content, name):
    head, *values = load_workbook(io.BytesIO(content))[name].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in values]


def text_of(content):
    return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs)


def annex(content):
    table = Document(io.BytesIO(content)).tables[1]
    return {row.cells[0].text: row.cells[1].text for row in table.rows}


# --- what it says ---------------------------------------------------------------------------------------------------


def test_the_annex_answers_from_the_tables(localities):
    answers = annex(localities[RESPONSE])
    assert answers.pop("Question") == "Answer"
    ltlas = answers["How do the places relate to local authorities?"]
    for row in rows(localities["tables/place_lad24.csv"]):
        assert f"{percent(float(row['UNIT_RESIDENT_SHARE']))} of the residents of {row['LAD24NM']}" in ltlas
    wards = answers["How do the places relate to wards?"]
    listed = [row["WD24CD"] for row in rows(localities["tables/place_wd24.csv"])]
    divided = {code for code in listed if listed.count(code) > 1}
    assert wards.startswith(f"{len(set(listed))} wards")
    assert f"{len(divided)} of them are divided" in wards
    assert "LSOAs of 2021" in answers["As of when, and from which sources?"]


def test_places_of_whole_authorities_say_so(files):
    answers = annex(files("lancashire-and-south-cumbria", "places-2022")[RESPONSE])
    ltlas = answers["How do the places relate to local authorities?"]
    assert "Blackpool: exactly Blackpool." in ltlas
    assert "all of Burnley; " in ltlas
    assert "of the residents of Westmorland and Furness" in ltlas
    assert (
        "No place is made from primary care networks"
        in answers["How do the places relate to primary care networks and practices?"]
    )


def test_what_is_not_given_is_a_field(blank):
    text = text_of(blank[RESPONSE])
    for field in ("reference: [reference]", "Date: [date]", "From: [organisation]", "Dear [name]"):
        assert field in text


def test_what_is_given_stands_in_the_letter(localities):
    text = text_of(localities[RESPONSE])
    for field in ("reference: FOI-123", "Date: 30 November 2026", "From: NHS Somewhere ICB", "Dear A Requester"):
        assert field in text


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_the_workbook_says_what_the_csvs_say(name, footprint, files):
    made = files(name, footprint)
    lsoas = sheet(made[WORKBOOK], "LSOAs")
    expected = rows(made["tables/place_lsoa21.csv"])
    assert [row["LSOA21CD"] for row in lsoas] == [row["LSOA21CD"] for row in expected]
    for found, row in zip(lsoas, expected, strict=True):
        assert found["PLACECD"] == row["PLACECD"]
        assert (found["RUNNER_UP"] or "") == row["RUNNER_UP"]
        assert found["IN_SCOPE"] is (row["IN_SCOPE"] == "true")
        assert ("" if found["SHARE"] is None else f"{found['SHARE']:.6f}") == row["SHARE"]
        assert str(found["RESIDENTS"]) == row["RESIDENTS"]


def test_the_workbook_is_made_for_readers(localities):
    book = load_workbook(io.BytesIO(localities[WORKBOOK]))
    assert book.sheetnames == [
        *("Cover", "Places", "LSOAs", "Wards", "LTLAs", "PCNs", "Former CCGs"),
        *("Method", "Data dictionary", "Sources"),
    ]
    for name in book.sheetnames[1:7]:
        page = book[name]
        assert page.freeze_panes == "A2"
        assert len(page.tables) == 1
        assert page.print_area
        assert page.print_title_rows == "$1:$1"
        for cell in page["A"][1:]:
            assert cell.data_type == "s"
    described = {
        (name, column)
        for names, column, _ in book["Data dictionary"].iter_rows(min_row=4, values_only=True)
        for name in names.split(", ")
    }
    for name in book.sheetnames[1:7]:
        assert {(name, cell.value) for cell in book[name][1]} <= described


def test_a_reader_who_has_only_the_pack_can_answer(localities):
    """Which place is an LSOA in, on what basis, as of when, from which sources: Winford, from the workbook alone."""
    (row,) = [row for row in sheet(localities[WORKBOOK], "LSOAs") if row["LSOA21CD"] == "E01014848"]
    assert (row["PLACENM"], row["METHOD"]) == ("Woodspring", "plurality")
    assert row["SHARE"] == pytest.approx(0.09, abs=0.001)  # the share that is published for it with Woodspring
    cover = {
        row[0]: row[1] for row in load_workbook(io.BytesIO(localities[WORKBOOK]))["Cover"].iter_rows(values_only=True)
    }
    assert "PCN membership of August 2022; patients registered in July 2022" in cover["As of"]
    assert cover["Evidence"].startswith("grade B")
    sources = "\n".join(
        str(cell.value) for line in load_workbook(io.BytesIO(localities[WORKBOOK]))["Sources"] for cell in line
    )
    assert "Patients registered at a GP practice, by LSOA" in sources
    assert "Contains information from NHS England" in sources
    assert "most of its registered patients" in text_of(localities[RESPONSE])


# --- what it is -----------------------------------------------------------------------------------------------------


def test_date_and_names_change_only_what_bears_them(single, blank):
    assert {name for name in single if single[name] != blank[name]} == {RESPONSE, WORKBOOK, "lock.json", SUMS}


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_nothing_is_hidden(name, footprint, files):
    for file, content in files(name, footprint).items():
        assert hidden(file, content) == [], file


def test_the_sums_are_those_of_the_files(localities):
    listed = dict(reversed(line.split("  ", 1)) for line in localities[SUMS].decode().splitlines())
    assert listed == {n: hashlib.sha256(c).hexdigest() for n, c in localities.items() if n != SUMS}


def test_the_tables_pass_the_validators(localities, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        import csvw
        import frictionless

        for name, content in localities.items():
            if name.startswith("tables/"):
                (tmp_path / Path(name).name).write_bytes(content)
        assert csvw.CSVW(str(tmp_path / "metadata.json"), validate=True).is_valid
        assert frictionless.Package(str(tmp_path / "datapackage.json")).validate().valid


def test_folder_and_zip_hold_the_same_bytes_each_time(workspace, system, tmp_path, localities):
    of, found = asked("bnssg", "localities"), system("bnssg")
    folder, archive, checks = make_foi(workspace, found, of, tmp_path)
    written = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert written == localities
    packed, strays = read_pack(archive)
    assert (packed, strays) == (localities, [])
    assert archive.read_bytes() == zipped(localities, folder.name)
    assert checks.name == "BEFORE-YOU-SEND.md"
    (folder / "my notes.txt").write_text("mine")
    with pytest.raises(PlacemapError, match=r"did not write \(my notes.txt\)"):
        make_foi(workspace, found, of, tmp_path)
    assert (folder / "my notes.txt").read_text() == "mine"


def test_dates_and_shares_in_words():
    assert long_date("2026-11-05") == "5 November 2026"
    assert [percent(share) for share in (0.0, 0.004, 0.126, 0.995, 1.0)] == [
        "0%",
        "under 1%",
        "13%",
        "over 99%",
        "100%",
    ]


# --- what the inspector sees ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "part", "change", "says"),
    [
        (WORKBOOK, "xl/workbook.xml", replaced(b'state="visible"', b'state="hidden"'), "sheet Cover is hidden"),
        (WORKBOOK, "xl/workbook.xml", replaced(b'state="visible"', b'state="veryHidden"'), "sheet Cover is hidden"),
        (WORKBOOK, "xl/workbook.xml", replaced(b"_xlnm.Print_Area", b"Secret"), "it has a name Secret"),
        (WORKBOOK, "xl/worksheets/sheet2.xml", replaced(b'<row r="3"', b'<row hidden="1" r="3"'), "hidden row, 3"),
        (WORKBOOK, "xl/worksheets/sheet2.xml", replaced(b"<col ", b'<col hidden="true" '), "hidden column"),
        (WORKBOOK, "xl/worksheets/sheet2.xml", replaced(b"<v>", b"<f>1+1</f><v>"), "a formula"),
        (WORKBOOK, "xl/vbaProject.bin", lambda _: b"macro", "it has a part xl/vbaProject.bin"),
        (WORKBOOK, "xl/pivotCache/pivotCacheRecords1.xml", lambda _: b"<a/>", "it has a part xl/pivotCache"),
        (WORKBOOK, "xl/comments1.xml", lambda _: b"<a/>", "it has a part xl/comments1.xml"),
        (RESPONSE, "word/comments.xml", lambda _: b"<a/>", "it has a part word/comments.xml"),
        (RESPONSE, "customXml/item1.xml", lambda _: b"<a/>", "it has a part customXml/item1.xml"),
        (RESPONSE, "word/document.xml", replaced(b"<w:r>", b"<w:r><w:rPr><w:vanish/></w:rPr>"), "hidden text"),
        (
            RESPONSE,
            "word/document.xml",
            replaced(b"<w:p>", b'<w:p><w:del w:id="1" w:author="x"/>'),
            "a tracked deletion",
        ),
        (
            RESPONSE,
            "docProps/core.xml",
            replaced(b"placemap</dc:creator>", b"Jo Bloggs</dc:creator>"),
            "name Jo Bloggs",
        ),
        (
            RESPONSE,
            "word/_rels/document.xml.rels",
            replaced(
                b"</Relationships>", b'<Relationship Id="x" TargetMode="External" Target="http://x"/></Relationships>'
            ),
            "points outside the file, to http://x",
        ),
    ],
)
def test_the_inspector_sees(file, part, change, says, localities):
    found = hidden(file, changed_part(localities[file], part, change))
    assert any(says in line for line in found), found


def test_an_ordinary_workbook_with_a_filter_is_not_clean(tmp_path):
    """The inspector is no rubber stamp: what openpyxl writes for an ordinary filter has a hidden name."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, 2])
    book.active.auto_filter.ref = "A1:B2"
    book.save(tmp_path / "book.xlsx")
    found = hidden("book.xlsx", (tmp_path / "book.xlsx").read_bytes())
    assert "it has a name _xlnm._FilterDatabase" in found


# --- the commands ---------------------------------------------------------------------------------------------------


def test_a_pack_of_another_year_says_so_and_can_be_made_again(tmp_path, monkeypatch):
    from placemap.cli import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLACEMAP_DATA", str(REPO / "data"))
    asked = ["--as-of", "2023-06-01", "--vintage", "ltla=2019"]
    result = CliRunner().invoke(app, ["foi", "bnssg", "-f", "single-place", *asked])
    assert result.exit_code == 0, result.stderr
    path = Path("out/bnssg/single-place-foi.zip")
    files, _ = read_pack(path)
    lock = json.loads(files["lock.json"])
    assert (lock["as_of"], lock["vintages"]) == ("2023-06-01", ["ltla=2019"])
    assert "tables/place_lad19.csv" in files
    assert "as asked for: as of 2023-06-01; " in files["method.md"].decode("utf-8")
    assert "ltla=2019" in files["tables/metadata.json"].decode("utf-8")
    assert verify(path, REPO / "data").verdict == "proved"
    del lock["as_of"], lock["vintages"]
    path.write_bytes(zipped(resummed({**files, "lock.json": json.dumps(lock).encode()}), "pack"))
    assert "lock.json cannot be understood" in verify(path, REPO / "data").steps[-1].problems[0]
    shutil.rmtree("out")


def test_commands(tmp_path, monkeypatch):
    from placemap.cli import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLACEMAP_DATA", str(REPO / "data"))
    options = ["--footprint", "local-authorities", "--date", "2026-11-30"]
    result = CliRunner().invoke(app, ["foi", "bnssg", *options])
    assert result.exit_code == 0
    assert result.stdout.split() == ["out/bnssg/local-authorities-foi", "out/bnssg/local-authorities-foi.zip"]
    assert "fields in [brackets]" in result.stderr
    result = CliRunner().invoke(app, ["foi", "--verify", "out/bnssg/local-authorities-foi.zip", "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["verdict"] == "proved"
    result = CliRunner().invoke(app, ["foi", "bnssg", "--date", "30/11/2026"])
    assert result.exit_code == 2
    assert "--date 30/11/2026 is not a date" in result.stderr
    result = CliRunner().invoke(app, ["foi"])
    assert result.exit_code == 2
    assert "`placemap list` shows the systems" in result.stderr
    shutil.rmtree("out")
