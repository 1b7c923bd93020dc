"""The reply answers what was asked in the system's own words, on the letterhead of an office, and warns who sends it."""

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.shared import Cm
from PIL import Image
from typer.testing import CliRunner

from conftest import REPO
from placemap.cli import app
from placemap.commands.foi import Asked, foi_files, make_foi
from placemap.commands.verify_foi import verify
from placemap.config.in_words import public_notes
from placemap.config.load import load_system
from placemap.core.errors import PlacemapError
from placemap.outputs.foi.hidden import hidden
from placemap.outputs.foi.letterhead import LETTERHEAD, prepared
from placemap.outputs.foi.pack import RESPONSE, WORKBOOK, zipped
from placemap.outputs.foi.questions import Letter

#: What the requester of FOI.ICB-2223/093 asked, and what the reply must say of it, by the documents of the time.
PARTS = {
    "what geography": ("not drawn from wards, LSOAs or local authorities", "groups of GP practices"),
    "which places": (
        *("North and West Bristol", "Inner City and East Bristol", "South Bristol", "South Gloucestershire"),
        *("Woodspring", "Weston, Worle and Villages"),
    ),
    "what each is made of": ("U48538", "U33963", "U84294", "U16600", "U90977", "U63843", "L81669", "L81036", "L81019"),
    "on what basis": ("the Healthier Together Executive Group had on 11 March 2021",),
    "why these": (
        "six localities, the three local authority areas, and one place",
        "It recommended the six localities",
    ),
    "what they are called": ("locality partnership and integrated care partnership (ICP)",),
    "evidence": ("FOI.ICB-2223/093 ICS Locality Mapping", "8 November 2022", "15 March 2021"),
    "a mapping to ONS geography": ("mapping.xlsx", "LSOA21CD", "UNIT_RESIDENT_SHARE"),
    "what is held": ("We hold the information that you asked for",),
    "what else one can do": ("internal review", "Information Commissioner"),
}
#: Words of the config's author, who looks from outside.
OUTSIDE = ("cannot be read publicly", "not public text", "put together from the practice lists", "the workbook nearest")


def asked(footprint, letter=None, **more):
    text = (REPO / "configs" / "bnssg.yaml").read_text(encoding="utf-8")
    return Asked(text, "bnssg.yaml", footprint, letter or Letter(), **more)


def all_words(files):
    """What each file says, archives unpacked, with single spaces."""
    for name, content in files.items():
        parts = [content]
        if name.endswith((".docx", ".xlsx")):
            archive = zipfile.ZipFile(io.BytesIO(content))
            parts = [archive.read(item) for item in archive.namelist()]
        yield name, " ".join(b" ".join(parts).decode("utf-8", "replace").split())


def text_of(content):
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


@pytest.fixture(scope="module")
def localities(workspace):
    return foi_files(workspace, asked("localities"))


@pytest.fixture(scope="module")
def single(workspace):
    return foi_files(workspace, asked("single-place"))


@pytest.mark.parametrize("part", PARTS)
def test_the_reply_answers_each_part_of_the_request(part, localities):
    said = text_of(localities[RESPONSE])
    assert [words for words in PARTS[part] if words not in said] == []


def test_the_sheets_that_the_reply_names_are_there(localities):
    book = zipfile.ZipFile(io.BytesIO(localities[WORKBOOK])).read("xl/workbook.xml").decode()
    said = text_of(localities[RESPONSE])
    for sheet in ("LSOAs", "Wards", "LTLAs", "PCNs"):
        assert sheet in said
        assert f'name="{sheet}"' in book


def test_nothing_in_the_pack_is_said_from_outside(localities):
    for name, said in all_words(localities):
        assert [words for words in OUTSIDE if words in said] == [], name


def test_the_request_is_quoted(workspace):
    words = 'Dear ICB,\nplease send me [everything] about <places> & "zones".'
    made = foi_files(workspace, asked("single-place", Letter(request=words)))
    document = Document(io.BytesIO(made[RESPONSE]))
    quoted = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Request"]
    assert quoted == words.splitlines()


def test_the_usual_request_is_quoted_where_none_is_given(single):
    quoted = [p.text for p in Document(io.BytesIO(single[RESPONSE])).paragraphs if p.style.name == "Request"]
    assert [line[0] for line in quoted] == ["1", "2", "3"]


def test_what_only_the_office_knows_is_a_field(single):
    document = Document(io.BytesIO(single[RESPONSE]))
    fields = [run.text for p in document.paragraphs for run in p.runs if run.style.name == "Field To Fill In"]
    for field in ("[date of the request]", "[address for internal reviews]", "[name, job title]"):
        assert field in fields
    assert "[team, postal and e-mail address]" in fields
    assert "[where to find it, or enclose it]" in fields, "evidence without an address asks for one"


def test_without_a_public_note_the_why_is_a_field(workspace, monkeypatch):
    monkeypatch.setattr("placemap.config.public.OUTSIDE", ("notes", "states", "accessed", "note_public"))
    made = foi_files(workspace, asked("single-place"))
    assert "[why this division was chosen, who decided it, and when]" in text_of(made[RESPONSE])


def of_others(title):
    """The config with a document marked as written by a third party."""
    head, mark, rest = asked("localities").config.partition(f"    title: {title}")
    assert mark
    return f"{head}    third_party: true\n{mark}{rest}"


def test_what_others_wrote_is_not_cited_as_the_system_s_own(workspace):
    """Newspapers, campaigns and code of others; where nothing else is left, the office fills in what it has."""
    own, others = "FOI.ICB-2223/093 ICS Locality Mapping", "Healthier Together ICS update"
    made = foi_files(workspace, replace(asked("localities"), config=of_others(others)))
    naming = {words: {name for name, said in all_words(made) if words in said} for words in (own, others)}
    tables = {"declaration.yaml", "method.md", "tables/places.csv", WORKBOOK, RESPONSE}
    assert naming == {own: tables, others: set()}
    made = foi_files(workspace, replace(asked("single-place"), config=of_others("Integrated Care Partnership")))
    assert "[the documents that set out this division, and where to find them]" in text_of(made[RESPONSE])


def test_the_officer_reads_what_the_pack_does_not_name(here, workspace, system):
    text = of_others("Healthier Together ICS update")
    (here / "bnssg.yaml").write_text(text, encoding="utf-8")
    found = load_system(here / "bnssg.yaml")
    *_, checks = make_foi(workspace, found, replace(asked("localities"), config=text), here)
    said = checks.read_text(encoding="utf-8")
    (line,) = [line for line in said.splitlines() if "Healthier Together ICS update" in line]
    assert "is not the system's own, so nothing in the pack names it" in line
    assert "four days after the footprints paper" in line, "what it was read as saying"
    why = " ".join(public_notes(found, found.footprints["localities"]))
    assert f"“{why}”" in said, "what the reply says of why is to be ticked, too"


def test_what_was_found_from_outside_is_no_finding_of_the_pack(localities, workspace, system):
    outcome = workspace.check(system("bnssg"), system("bnssg").footprints["localities"])
    codes = {finding.code for finding in outcome.findings}
    assert "not-confirmed-since" in codes
    packed = {line.split(",")[2] for line in localities["tables/findings.csv"].decode("utf-8").splitlines()[1:]}
    assert packed == codes - {"not-confirmed-since"}
    rows = localities["tables/findings.csv"].count(b"\n") - 1
    assert re.search(rf"(\d+) errors?, (\d+) warnings?, {rows} notes", localities["method.md"].decode("utf-8"))


def test_one_place_is_spoken_of_as_one(single):
    said = text_of(single[RESPONSE])
    for words in (
        "What geography is our place drawn from?",
        "We have one place.",
        "On what basis, and why this place?",
        "The place has all of the 581 LSOAs that it must cover.",
        "How does the place relate to wards?",
    ):
        assert words in said
    ours = said.replace("how a place's LSOAs", "").split("Our response")[1]
    assert not re.search(r"our places|these places|[Tt]he places (?!that)|each place\b", ours), ours


def test_the_configs_say_which_documents_are_of_others():
    """A publisher is the system's own in all configs or in none."""
    by_publisher = {}
    for path in (REPO / "configs").glob("*.yaml"):
        for item in load_system(path).evidence.values():
            by_publisher.setdefault(item.publisher, set()).add(item.third_party)
    assert all(len(found) == 1 for found in by_publisher.values()), by_publisher
    third = {publisher for publisher, found in by_publisher.items() if found == {True}}
    assert {"Wikipedia", "BBC", "Keep Our NHS Public North East", "The Lincolnite", "The King's Fund"} <= third
    assert not [publisher for publisher in third if publisher.endswith((" ICB", " ICS", " CCG", "NHS England"))]


# --- how it looks -----------------------------------------------------------------------------------------------------


def test_tables_have_no_grid_and_whole_rows(localities):
    document = Document(io.BytesIO(localities[RESPONSE]))
    styles = document.styles.element.xml
    for table in document.tables:
        assert table.style.name == "Places Table"
        for row in table.rows:
            assert "<w:cantSplit/>" in row._tr.xml
        assert "<w:tblHeader/>" in table.rows[0]._tr.xml
    assert "w:insideV" not in styles.split('w:styleId="PlacesTable"')[1].split("</w:style>")[0]


def test_the_map_has_a_page_across(localities):
    sections = Document(io.BytesIO(localities[RESPONSE])).sections
    assert [section.orientation for section in sections] == [WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE]
    assert sections[1].page_width > sections[1].page_height


def test_looks_are_styles(localities):
    """An office that changes a style changes the reply: no letters are set by hand."""
    document = Document(io.BytesIO(localities[RESPONSE]))
    body = document.element.body.xml
    for by_hand in ("<w:rFonts", "<w:sz ", "<w:color ", "<w:b/>", "<w:spacing "):
        assert by_hand not in body, by_hand


# --- a letterhead -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A letterhead as an office has it: a picture in its head, an address in its foot, a name and old words in it."""
    folder = tmp_path_factory.mktemp("office")
    Image.new("RGB", (400, 120), "#005EB8").save(folder / "logo.png")
    document = Document()
    section = document.sections[0]
    section.left_margin = Cm(3)
    section.header.paragraphs[0].add_run().add_picture(str(folder / "logo.png"), width=Cm(5))
    section.footer.paragraphs[0].text = "NHS Somewhere ICB, 1 High Street"
    linked(section.footer.add_paragraph(), "www.somewhere.icb.nhs.uk")
    document.add_paragraph("Dear Sir, an old letter")
    document.add_picture(str(folder / "logo.png"))
    document.styles["Heading 1"].font.name = "Georgia"
    document.core_properties.author = "Jo Bloggs"
    document.save(folder / "letterhead.docx")
    return folder / "letterhead.docx"


def linked(paragraph, text):
    """A link as Word makes one of an address."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(f"https://{text}", RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    link.append(paragraph.add_run(text)._r)
    paragraph._p.append(link)


def test_the_reply_is_written_into_a_letterhead(workspace, office, tmp_path):
    made = foi_files(workspace, asked("single-place", letterhead=office.read_bytes()))
    document = Document(io.BytesIO(made[RESPONSE]))
    for section in document.sections:
        said = [paragraph.text for paragraph in section.footer.paragraphs]
        assert said == ["NHS Somewhere ICB, 1 High Street", "www.somewhere.icb.nhs.uk"]
    assert document.styles["Heading 1"].font.name == "Georgia"
    assert round(document.sections[0].left_margin.cm, 1) == 3.0
    for name in (RESPONSE, LETTERHEAD):
        assert hidden(name, made[name]) == []
        assert b"Bloggs" not in made[name]
    assert "old letter" not in text_of(made[RESPONSE])
    path = tmp_path / "pack.zip"
    path.write_bytes(zipped(made, "pack"))
    assert verify(path, REPO / "data").verdict == "proved"


def test_preparing_a_letterhead_twice_changes_nothing(office):
    once = prepared(office.read_bytes(), "x")
    assert prepared(once, "x") == once


def test_a_letterhead_without_words_styles_will_do(workspace, office):
    document = Document(str(office))
    for name in ("Heading 1", "Heading 2", "Caption", "List Bullet"):
        document.styles[name].element.getparent().remove(document.styles[name].element)
    content = io.BytesIO()
    document.save(content)
    made = foi_files(workspace, asked("single-place", letterhead=content.getvalue()))
    assert "•\t" in text_of(made[RESPONSE])


def test_a_letterhead_that_says_no_page_gets_one(workspace, office):
    import re

    bare = with_part(office, "word/document.xml", lambda text: re.sub(rb"<w:pg(Sz|Mar)[^>]*/>", b"", text))
    made = foi_files(workspace, asked("single-place", letterhead=bare))
    assert round(Document(io.BytesIO(made[RESPONSE])).sections[0].page_width.cm) == 21


def test_a_field_that_numbers_pages_hides_nothing_and_no_other_does(office):
    def foot(instruction):
        field = f'<w:fldSimple w:instr="{instruction}"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>'.encode()
        return with_part(office, "word/footer1.xml", lambda text: text.replace(b"</w:p>", field, 1))

    for good in ("PAGE", r" NUMPAGES  \* MERGEFORMAT "):
        assert hidden(LETTERHEAD, prepared(foot(good), "x")) == []
    for bad in ("PAGE a secret", "AUTHOR", " "):
        with pytest.raises(PlacemapError, match="holds a field"):
            prepared(foot(bad), "x")


def with_part(office, name, change):
    content = io.BytesIO()
    with zipfile.ZipFile(office) as old, zipfile.ZipFile(content, "w") as new:
        for item in old.namelist():
            new.writestr(item, change(old.read(item)) if item == name else old.read(item))
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lambda _: b"", "it is no Word document that can be read"),
        (lambda _: b"PK\3\4 no zip", "it is no Word document that can be read"),
        (lambda office: office.read_bytes()[:-400], "it is no Word document that can be read"),
        (lambda office: with_part(office, "word/document.xml", lambda _: b"<a>"), "it is no Word document"),
        (lambda office: with_part(office, "[Content_Types].xml", lambda c: c.replace(b"document.main", b"template.main")),
         "it is no Word document"),
        (lambda office: with_part(office, "word/header1.xml", lambda c: c.replace(b"<w:r>", b"<w:r><w:rPr><w:vanish/></w:rPr>")),
         "word/header1.xml holds hidden text, and a reply hides nothing"),
    ],
)  # fmt: skip
def test_a_bad_template_is_one_clear_message(content, says, office, tmp_path):
    path = tmp_path / "bad.docx"
    path.write_bytes(content(office))
    result = CliRunner().invoke(app, ["foi", "bnssg", "--template", str(path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 3
    assert says in result.stderr
    assert result.stderr.count("error:") == 1
    assert not (tmp_path / "out").exists()


# --- before it is sent ------------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLACEMAP_DATA", str(REPO / "data"))
    return tmp_path


def test_what_was_worked_out_is_to_be_checked_line_by_line(here, system):
    result = CliRunner().invoke(app, ["foi", "bnssg", "--date", "2026-11-30"])
    assert result.exit_code == 0, result.stderr
    assert result.stderr.startswith("before you send localities: the members of all its 6 places were worked out")
    checks = (here / "out/bnssg/BEFORE-YOU-SEND.md").read_text(encoding="utf-8")
    members = [member for _, member in system("bnssg").footprints["localities"].members()]
    assert len(members) == 22
    for member in members:
        (line,) = [line for line in checks.splitlines() if member.code in line and line.endswith("is in this place")]
        assert line.startswith("- [ ] ")
    assert "cannot be read publicly" in checks, "the officer reads what the author noted"
    packed = zipfile.ZipFile("out/bnssg/localities-foi.zip").namelist()
    sums = Path("out/bnssg/localities-foi/SHA256SUMS").read_text(encoding="utf-8")
    assert not [name for name in packed if "BEFORE" in name]
    assert "BEFORE" not in sums


def test_what_is_ticked_stays_ticked_and_goes_with_its_pack(here, workspace, system):
    found, of = system("bnssg"), asked("localities")
    _, archive, checks = make_foi(workspace, found, of, here)
    checks.write_text(checks.read_text(encoding="utf-8").replace("- [ ]", "- [x]", 1), encoding="utf-8")
    make_foi(workspace, found, of, here)
    assert checks.read_text(encoding="utf-8").count("- [x]") == 1
    make_foi(workspace, found, asked("single-place"), here)
    assert checks.read_text(encoding="utf-8").count("- [x]") == 1, "another pack leaves it alone"
    archive.unlink()
    make_foi(workspace, found, asked("single-place"), here)
    assert not checks.exists()
    checks.write_text("mine", encoding="utf-8")
    with pytest.raises(PlacemapError, match="this is not a file that placemap wrote"):
        make_foi(workspace, found, of, here)


def test_where_the_zip_cannot_be_written_nothing_is(here, workspace, system):
    (here / "bnssg" / "localities-foi.zip").mkdir(parents=True)
    with pytest.raises(PlacemapError, match="cannot be written"):
        make_foi(workspace, system("bnssg"), asked("localities"), here)
    assert [path.name for path in (here / "bnssg").iterdir()] == ["localities-foi.zip"]


@pytest.mark.usefixtures("here")
def test_weak_evidence_is_refused_unless_it_is_asked_for():
    refused = CliRunner().invoke(app, ["foi", "devon"])
    assert refused.exit_code == 4
    assert "is graded C; --min-grade B refuses it" in refused.stderr
    assert "--min-grade C makes it" in refused.stderr
    asked_for = CliRunner().invoke(app, ["foi", "devon", "--min-grade", "C"])
    assert "--min-grade" not in asked_for.stderr, "it goes on to look for the tables of that system"


# --- guided -----------------------------------------------------------------------------------------------------------


def test_five_questions_make_a_pack(here, monkeypatch):
    monkeypatch.setattr("placemap.cli.foi.can_ask", lambda: True)
    Path("request.txt").write_text("What are your places?", encoding="utf-8")
    given = ["nowhere", "bnssg", "nothing", "single-place", "request.txt", "FOI-7", "soon", "2026-11-30"]
    result = CliRunner().invoke(app, ["foi"], input="\n".join(given) + "\n")
    assert result.exit_code == 0, result.stderr
    assert [number for number in range(1, 7) if f"{number}. W" in result.stderr or f"{number}. Y" in result.stderr
            or f"{number}. D" in result.stderr] == [1, 2, 3, 4, 5]  # fmt: skip
    for file in ("1. response.docx", "2. mapping.xlsx", "3. map.png"):
        assert file in result.stderr
    said = text_of((here / "out/bnssg/single-place-foi/response.docx").read_bytes())
    for words in ("What are your places?", "Our reference: FOI-7", "Date: 30 November 2026"):
        assert words in said


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("request_given", "code", "says"),
    [
        ("no-such-file.txt", 3, "check the path, or give the request itself"),
        ("letter.docx", 2, "cannot be read as text"),
        ("with a \x07 bell", 2, "U+0007"),
    ],
)
def test_a_request_that_cannot_be_quoted(request_given, code, says):
    result = CliRunner().invoke(app, ["foi", "bnssg", "--request", request_given])
    assert result.exit_code == code
    assert says in result.stderr
