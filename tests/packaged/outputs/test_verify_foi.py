"""`foi --verify`: proved, altered, or cannot be proved here; and words, never a traceback, for whatever is wrong.

The packs are forged here, with checksums that fit, by someone who has read the code.
"""

import io
import json
import os
import re
import stat
import struct
import zipfile
import zlib

import pytest
from altered_packs import changed_part, resummed
from docx import Document
from docx.shared import Pt, RGBColor
from PIL import Image
from typer.testing import CliRunner

from conftest import REPO
from placemap.cli import app
from placemap.commands.foi import Asked, foi_files, make_foi
from placemap.commands.verify_foi import verify
from placemap.core.errors import PlacemapError
from placemap.core.files import as_json, without_timestamps
from placemap.outputs.foi.hidden import hidden
from placemap.outputs.foi.pack import zipped
from placemap.outputs.foi.questions import Letter

RESPONSE, WORKBOOK, LOCK = "response.docx", "mapping.xlsx", "lock.json"
LETTER = Letter("2026-11-30", "FOI-123", "A Requester", "NHS Somewhere ICB")
CONFIG = (REPO / "configs" / "bnssg.yaml").read_text(encoding="utf-8")
ASKED = Asked(CONFIG, "bnssg.yaml", "single-place", LETTER)


@pytest.fixture(scope="module")
def pack(workspace):
    return foi_files(workspace, ASKED)


@pytest.fixture
def at_hand(monkeypatch, pack):
    """Take the pack as made again from what there is; `test_a_pack_as_made_is_proved` really makes it."""
    monkeypatch.setattr("placemap.commands.foi.foi_files", lambda *_: pack)


@pytest.fixture
def verified(tmp_path):
    """The verdict on files, or on the bytes of a zip, and all that was said."""

    def of(given):
        path = tmp_path / "pack.zip"
        path.write_bytes(given if isinstance(given, bytes) else zipped(given, "pack"))
        result = verify(path, REPO / "data")
        return str(result.verdict), "\n".join(line for step in result.steps for line in step.problems + step.doubts)

    return of


def locked(files, **changes):
    """The files with a lock that says something else, in the very form that placemap gives it."""
    return resummed({**files, LOCK: as_json({**json.loads(files[LOCK]), **changes}).encode()})


def claiming(files, *names):
    """The files with a lock that claims other releases of some libraries."""
    return locked(files, libraries=json.loads(files[LOCK])["libraries"] | dict.fromkeys(names, "0.1"))


def docx(files, change):
    document = Document(io.BytesIO(files[RESPONSE]))
    change(document)
    content = io.BytesIO()
    document.save(content)
    return resummed({**files, RESPONSE: content.getvalue()})


def test_a_pack_as_made_is_proved(verified, pack):
    assert verified(pack) == ("proved", "")


# --- altered ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize("name", ["tables/places.csv", "map.svg", "map.png", "method.md", "declaration.yaml"])
def test_an_altered_file_is_seen(name, verified, pack):
    changed = {**pack, name: pack[name] + b"\n"}
    assert verified(changed) == ("altered", f"{name} has been altered\n{name} comes out differently")
    assert verified(resummed(changed)) == ("altered", f"{name} comes out differently")


@pytest.mark.usefixtures("at_hand")
def test_an_added_and_a_missing_file_are_seen(verified, pack):
    verdict, said = verified({**pack, "extra.txt": b"x"})
    assert verdict == "altered"
    assert "extra.txt is not listed" in said
    verdict, said = verified({name: content for name, content in pack.items() if name != "map.png"})
    assert verdict == "altered"
    assert "map.png is missing" in said


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize("more", [b"\n", b"# a secret\n", b"0" * 64 + b"  map.png\n"])
def test_sums_that_say_more_than_sums_are_seen(more, verified, pack):
    assert verified({**pack, "SHA256SUMS": more + pack["SHA256SUMS"]})[0] == "altered"


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize("libraries", [(), ("openpyxl",)])
def test_a_macro_is_seen_whatever_the_lock_claims(libraries, verified, pack):
    book = changed_part(pack[WORKBOOK], "xl/vbaProject.bin", lambda _: b"x")
    verdict, said = verified(claiming(resummed({**pack, WORKBOOK: book}), *libraries))
    assert verdict == "altered"
    assert "mapping.xlsx: it has a part xl/vbaProject.bin" in said


# --- cannot be proved here --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("at_hand")
def test_another_library_alone_is_no_proof(verified, pack):
    verdict, said = verified(claiming(pack, "openpyxl"))
    assert verdict == "cannot be proved here", said
    assert said == "lock.json names openpyxl 0.1, which nothing here can show"


@pytest.mark.usefixtures("at_hand")
def test_what_another_release_sets_in_other_bytes_is_a_doubt(verified, pack):
    other = changed_part(pack[WORKBOOK], "xl/theme/theme1.xml", lambda content: content + b"\n")
    made = {**pack, WORKBOOK: without_timestamps(other)}
    assert made[WORKBOOK] != pack[WORKBOOK]
    verdict, said = verified(claiming(made, "openpyxl"))
    assert verdict == "cannot be proved here", said
    assert "mapping.xlsx comes out differently here; the pack says that it was set with openpyxl 0.1" in said
    assert verified(resummed(made))[0] == "altered"


@pytest.mark.usefixtures("at_hand")
def test_a_workbook_is_held_to_its_words_wherever_its_text_stands(verified, pack):
    def changed(part, content):
        return without_timestamps(changed_part(book, part, lambda _: content))

    sheet, book = "xl/worksheets/sheet2.xml", pack[WORKBOOK]
    cells = zipfile.ZipFile(io.BytesIO(book)).read(sheet)
    found = re.search(rb'<c r="A1"[^>]*><is><t>([^<]+)</t></is></c>', cells)
    assert found
    book = changed("xl/sharedStrings.xml", b"<sst><si><t>" + found[1] + b"</t></si></sst>")
    shared = {**pack, WORKBOOK: changed(sheet, cells.replace(found[0], b'<c r="A1" t="s"><v>0</v></c>'))}
    assert verified(claiming(shared, "openpyxl"))[0] == "cannot be proved here"
    false = {**pack, WORKBOOK: changed(sheet, cells.replace(found[1], b"LIE"))}
    assert "mapping.xlsx says something else" in verified(claiming(false, "openpyxl"))[1]


@pytest.mark.usefixtures("at_hand")
def test_any_picture_under_another_matplotlib_is_no_proof(verified, pack):
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    verdict, said = verified(claiming({**pack, "map.png": picture.getvalue()}, "matplotlib"))
    assert verdict == "cannot be proved here", said
    assert "map.png comes out differently here" in said


@pytest.mark.usefixtures("at_hand")
def test_a_map_is_held_to_its_words(verified, pack):
    moved = {**pack, "map.svg": pack["map.svg"].replace(b'd="M', b'd="M 0 0 M', 1)}
    assert moved != pack
    assert verified(claiming(moved, "shapely"))[0] == "cannot be proved here"
    worded = {**pack, "map.svg": pack["map.svg"].replace(b"</svg>", b"<text>Elsewhere</text></svg>")}
    verdict, said = verified(claiming(worded, "shapely"))
    assert verdict == "altered"
    assert "map.svg says something else" in said


@pytest.mark.usefixtures("at_hand")
def test_the_lock_is_compared_but_for_the_versions(verified, pack):
    letter = json.loads(pack[LOCK])["letter"] | {"requester": "Someone Else"}
    assert "lock.json comes out differently" in verified(locked(claiming(pack, "openpyxl"), letter=letter))[1]
    spaced = claiming(pack, "openpyxl")
    spaced[LOCK] += b" \n"
    assert verified(resummed(spaced))[0] == "altered"


@pytest.mark.usefixtures("at_hand")
def test_white_and_tiny_text_never_passes(verified, pack):
    def whiten(document):
        document.paragraphs[0].runs[0].font.color.rgb = RGBColor(0xFE, 0xFE, 0xFE)

    def shrink(document):
        document.paragraphs[0].runs[0].font.size = Pt(1)

    for change in (whiten, shrink):
        verdict, said = verified(claiming(docx(pack, change), "python-docx"))
        assert verdict == "altered"
        assert "response.docx: word/document.xml holds text that is too pale or too small to see" in said
    verdict, said = verified(claiming(docx(pack, lambda document: document.add_paragraph("a lie")), "python-docx"))
    assert verdict == "altered"
    assert "response.docx says something else" in said


@pytest.mark.usefixtures("at_hand")
def test_a_pack_of_another_placemap_is_a_doubt(verified, pack):
    forged = {**pack, "tables/places.csv": b"anything"}
    verdict, said = verified(locked(forged, placemap="99.0"))
    assert verdict == "cannot be proved here", said
    assert "the pack says that placemap 99.0 made it" in said
    assert "tables/places.csv comes out differently" in said
    verdict, said = verified(locked(pack, placemap="99.0", something_new=["x"]))
    assert verdict == "cannot be proved here", said
    assert "lock.json cannot be understood" in said


@pytest.mark.usefixtures("at_hand")
def test_other_tables_are_a_doubt_and_are_named(verified, pack):
    inputs = json.loads(pack[LOCK])["inputs"] | {"residents_2021": "0" * 64}
    verdict, said = verified(locked(pack, inputs=inputs))
    assert verdict == "cannot be proved here", said
    assert "the tables here are not those of the pack (residents_2021); give those with --data" in said


def test_what_cannot_be_made_again_is_a_doubt(verified, pack):
    for change in ({"footprint": "nowhere"}, {"measure": "sheep"}, {"vintages": ["ward=1066"]}, {"vintages": ["x"]}):
        verdict, said = verified(locked(pack, **change))
        assert verdict == "cannot be proved here"
        assert "it cannot be made again: " in said
    for content in (b"\xff\xfe\x00", b"", b"- a\n", b"[" * 5000, b"placemap: 1\n", b"a: &a [x]\nb: *a\n"):
        assert verified(resummed({**pack, "declaration.yaml": content}))[0] == "cannot be proved here"


# --- damage -----------------------------------------------------------------------------------------------------------

DEEP = "[" * 3000 + "]" * 3000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"3",
        b'"x"',
        b"{}",
        DEEP.encode(),
        b"[" * 100_000,
        b'{"letter": 3}',
        b'{"a":1e999}',
    ],
)
def test_a_lock_that_is_none_is_said(content, verified, pack):
    verdict, said = verified(resummed({**pack, LOCK: content}))
    assert verdict == "altered"
    assert "lock.json cannot be understood: " in said
    for python in ("Expecting", "__init__", "keyword", "NoneType", "object", "codec", "argument", "char "):
        assert python not in said


@pytest.mark.parametrize(
    "field",
    [
        *("placemap", "system", "footprint", "measure", "config", "letter", "vintages", "as_of", "small_numbers"),
        *("inputs", "libraries"),
    ],
)
@pytest.mark.parametrize(
    "value",
    [None, 3, True, [3], {"a": 3}, {"date": []}, [["ward=2025"]], "\ud800", "a\0b", json.loads("[" * 90 + "]" * 90)],
)
@pytest.mark.usefixtures("at_hand")
def test_types_in_the_lock_are_looked_at(field, value, verified, pack):
    lock = json.dumps({**json.loads(pack[LOCK]), field: value}).encode()
    assert verified(resummed({**pack, LOCK: lock}))[0] in ("altered", "cannot be proved here")


@pytest.mark.parametrize("config", ["", ".", "..", "/etc/passwd", "a/b.yaml"])
def test_the_name_of_a_config_is_no_path(config, verified, pack):
    assert "lock.json cannot be understood" in verified(locked(pack, config=config))[1]


@pytest.mark.parametrize("date", ["2026-13-01", "20261130", "soon"])
def test_dates_in_the_lock_are_dates(date, verified, pack):
    letter = {**json.loads(pack[LOCK])["letter"], "date": date}
    assert verified(locked(pack, letter=letter))[0] == "altered"
    assert verified(locked(pack, as_of=date))[0] == "altered"


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda content: b"before" + content, "6 bytes that belong to no file"),
        (lambda content: content + b"after", "5 bytes that belong to no file"),
    ],
)
def test_bytes_around_the_zip_are_seen(change, says, verified, pack):
    verdict, said = verified(change(zipped(pack, "pack")))
    assert verdict == "altered"
    assert says in said


def rezipped(files, touch=lambda entry: None):
    """A zip whose entries `touch` may change."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(f"pack/{name}")
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            touch(entry)
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"external_attr": (stat.S_IFLNK | 0o777) << 16}, "pack/map.png is no plain file"),
        ({"external_attr": 0o100755 << 16}, "pack/map.png is no plain file"),
        ({"comment": b"secret"}, "6 bytes that belong to no file"),
        ({"extra": struct.pack("<HH", 0x7777, 4) + b"abcd"}, "16 bytes that belong to no file"),
        ({"date_time": (2026, 11, 30, 1, 2, 4)}, "the archive tells when files were changed"),
    ],
)
def test_what_entries_bear_is_seen(values, says, verified, pack):
    def touch(entry):
        if entry.filename == "pack/map.png":
            for name, value in values.items():
                setattr(entry, name, value)

    verdict, said = verified(rezipped(pack, touch))
    assert verdict == "altered"
    assert says in said
    assert verified(rezipped(pack))[0] == "proved"


@pytest.mark.parametrize("step", range(8))
def test_damage_anywhere_in_the_zip_is_words(step, verified, pack):
    """A byte changed in each of many places: refused, or seen, and never proved."""
    content = zipped(pack, "pack")
    for place in range(step * 7, len(content), len(content) // 40):
        broken = bytearray(content)
        broken[place] ^= 0x5A
        with pytest.raises(PlacemapError, match="the pack cannot be read|no pack"):
            raise_unless_readable(bytes(broken), verified)


def raise_unless_readable(content, verified):
    """Refuse as `verify` does; a byte of a header that changes nothing that is read counts as refused."""
    from placemap.outputs.foi.unpack import unpacked

    try:
        unpacked(content)
    except ValueError:
        verified(content)
        raise AssertionError("read in one way, refused in another") from None
    raise PlacemapError("the pack cannot be read")


@pytest.mark.parametrize("length", [0, 1, 21, 22, 100, 5000, -1, -22])
def test_a_zip_that_is_cut_off_is_words(length, verified, pack):
    with pytest.raises(PlacemapError, match="the pack cannot be read"):
        verified(zipped(pack, "pack")[:length])


def test_bombs_are_refused_before_they_are_unpacked(verified, pack):
    stream = zlib.compressobj(1, zlib.DEFLATED, -15)
    zeros = b"".join(stream.compress(bytes(1 << 20)) for _ in range(600)) + stream.flush()
    size = 600 << 20
    content = with_raw(zipped(pack, "pack"), zeros, size, 0)
    with pytest.raises(PlacemapError, match="would unpack to 6"):
        verified(content)
    with pytest.raises(PlacemapError, match="do not end where they should"):
        verified(with_raw(zipped(pack, "pack"), zeros, 1000, 0))
    nested = io.BytesIO(with_raw(pack[RESPONSE], zeros, size, 0)).getvalue()
    assert "would unpack to" in hidden(RESPONSE, nested)[0]


def with_raw(content, raw, size, crc):
    """A zip with one more member, of packed bytes and a size and checksum that may be lies."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.start_dir
        count = len(archive.infolist())
    directory, name = content[start:-22], b"pack/zeros"
    fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(raw), size, len(name), 0)
    entry = b"PK\1\2" + struct.pack("<H", 0x314) + fields + struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, start) + name
    local = b"PK\3\4" + fields + name + raw
    end = struct.pack("<HHIIH", count + 1, count + 1, len(directory) + len(entry), start + len(local), 0)
    return content[:start] + local + directory + entry + b"PK\5\6" + bytes(4) + end


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize(
    ("name", "part"),
    [(RESPONSE, "word/document.xml"), (WORKBOOK, "xl/sharedStrings.xml"), (WORKBOOK, "xl/worksheets/sheet2.xml")],
)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a>",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"<a><c t='s' r='A1'><v>99999999</v></c><c t='s'><v>x</v></c></a>",
        b"<a>" * 200_000 + b"</a>" * 200_000,
        b'<!DOCTYPE a [<!ENTITY b "'
        + b"b" * 1000
        + b'">'
        + b"".join(b'<!ENTITY b%d "%s">' % (n, (b"&b%d;" % (n - 1) if n else b"&b;") * 10) for n in range(9))
        + b"]><a>&b8;</a>",
    ],
)
def test_parts_of_documents_are_words(name, part, content, verified, pack):
    broken = resummed({**pack, name: changed_part(pack[name], part, lambda _: content)})
    assert verified(broken)[0] == "altered"
    assert verified(claiming(broken, "openpyxl", "python-docx"))[0] == "altered"


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize("name", [RESPONSE, WORKBOOK])
def test_documents_that_are_no_zips_or_hold_other_bytes_are_seen(name, verified, pack):
    for content in (b"", b"PK", pack[name][:-30], pack[name] + b"x", b"x" + pack[name]):
        verdict, _ = verified(claiming(resummed({**pack, name: content}), "openpyxl", "python-docx"))
        assert verdict == "altered"
    lost = io.BytesIO()
    zipfile.ZipFile(lost, "w").close()
    verdict, said = verified(claiming(resummed({**pack, name: lost.getvalue()}), "openpyxl", "python-docx"))
    assert verdict == "altered"
    assert f"{name} says something else" in said


@pytest.mark.usefixtures("at_hand")
def test_names_that_a_terminal_would_act_on_are_shown_as_text(tmp_path, pack, monkeypatch):
    monkeypatch.setenv("PLACEMAP_DATA", str(REPO / "data"))
    path = tmp_path / "pack.zip"
    path.write_bytes(zipped({**pack, "\x1b[2Jevil.txt": b"x"}, "pack"))
    result = CliRunner().invoke(app, ["foi", "--verify", str(path)])
    assert result.exit_code == 4
    assert "\x1b" not in result.output
    assert "x1b[2Jevil.txt is not listed" in result.output
    assert "pack.zip: altered" in result.output


@pytest.mark.usefixtures("at_hand")
def test_exit_codes_and_json(tmp_path, pack, monkeypatch):
    monkeypatch.setenv("PLACEMAP_DATA", str(REPO / "data"))
    path = tmp_path / "pack.zip"
    for files, code, verdict in (
        (pack, 0, "proved"),
        (claiming(pack, "pillow"), 3, "cannot be proved here"),
        (resummed({**pack, "map.png": b"x"}), 4, "altered"),
    ):
        path.write_bytes(zipped(files, "pack"))
        result = CliRunner().invoke(app, ["foi", "--verify", str(path), "--json"])
        assert (result.exit_code, json.loads(result.stdout)["verdict"]) == (code, verdict)


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "text.zip").write_text("no zip")
    for name in ("pipe", "text.zip", "none.zip", ""):
        with pytest.raises(PlacemapError, match="the pack cannot be read: "):
            verify(tmp_path / name)


# --- writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["file", "link", "dangling"])
def test_what_stands_where_the_folder_goes_stays(kind, tmp_path, workspace, system):
    place = tmp_path / "bnssg" / "single-place-foi"
    place.parent.mkdir()
    (tmp_path / "mine").mkdir()
    if kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to(tmp_path / ("mine" if kind == "link" else "nowhere"))
    before = (os.lstat(place).st_ino, os.lstat(place).st_mode)
    found = system("bnssg")
    with pytest.raises(PlacemapError, match="this is not a folder that placemap wrote"):
        make_foi(workspace, found, ASKED, tmp_path)
    assert (os.lstat(place).st_ino, os.lstat(place).st_mode) == before
    assert [path.name for path in place.parent.iterdir()] == ["single-place-foi"]


@pytest.mark.parametrize("limit", [1_000, 30_000, 200_000, 400_000])
@pytest.mark.parametrize("command", [["foi", "bnssg", "-f", "single-place"], ["build", "bnssg", "--excel"]])
def test_a_full_disk_is_words(command, limit, tmp_path):
    import subprocess
    import sys

    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
        "from placemap.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command, "--out", str(tmp_path / "out")],
        env={**os.environ, "PLACEMAP_DATA": str(REPO / "data"), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "cannot be written: " in done.stderr  # and why, in the words of the system or of the library that wrote
    assert "Traceback" not in done.stderr
    assert "SerialisationError" not in done.stderr
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []
