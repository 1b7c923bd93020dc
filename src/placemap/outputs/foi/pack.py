"""An FOI pack: its files by name, made in memory, so that writing and verifying make the very same."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO

from placemap.config.grades import GRADES
from placemap.config.in_words import public_notes
from placemap.core.files import NO_TIME, as_json
from placemap.core.tables import METADATA
from placemap.outputs.boundaries import GEOJSON, geojson
from placemap.outputs.build import Build
from placemap.outputs.csvw import csvw
from placemap.outputs.datapackage import DATAPACKAGE, datapackage
from placemap.outputs.foi.geography import drawn_from
from placemap.outputs.foi.letter import Reply, response
from placemap.outputs.foi.letterhead import LETTERHEAD
from placemap.outputs.foi.lock import HIDE, LOCK, RESPONSE, WORKBOOK, PackLock
from placemap.outputs.foi.questions import FoiAnswer, Letter, answers, small_numbers
from placemap.outputs.map.draw import drawing
from placemap.outputs.map.outlines import PlaceBoundaries
from placemap.outputs.map.png import png
from placemap.outputs.map.svg import svg_text
from placemap.outputs.readme import readme
from placemap.outputs.report.content import Report
from placemap.outputs.tables import csv_text
from placemap.outputs.workbook import workbook_of
from placemap.resolve.resolve import Assignment

SUMS, CONFIG, METHOD = "SHA256SUMS", "declaration.yaml", "method.md"
TABLES, OTHER_CONFIGS = "tables", "other-declarations"
#: The sheets of tables that requests ask for; the pack has the other tables as CSV.
_SHEETS = ("Places", "LSOAs", "Wards", "LTLAs", "PCNs", "Former CCGs")


@dataclass(frozen=True)
class Material:
    """What a pack is made from, besides its lock.

    Attributes:
        report: what is known of the footprint.
        build: its tables, findings and sources.
        config: text of the config.
        letterhead: to write the reply into, as `letterhead.prepared` gives it.
        others: texts of the other files of the system, by name.
    """

    report: Report
    assignment: Assignment
    build: Build
    outlines: PlaceBoundaries
    config: str
    letterhead: bytes | None = None
    others: Mapping[str, str] = field(default_factory=dict)


def pack(made_from: Material, lock: PackLock) -> dict[str, bytes]:
    """The files of a pack by name, in order, SHA256SUMS last."""
    report, letterhead = made_from.report, made_from.letterhead
    hidden = lock.small_numbers == HIDE
    replies = answers(report, made_from.assignment, hidden=hidden)
    drawn = drawing([report.picture])
    image = png(drawn)
    files = {
        WORKBOOK: _workbook(made_from, replies, lock.letter),
        METHOD: _method(made_from, hidden=hidden).encode("utf-8"),
        "map.png": image,
        "map.svg": svg_text(drawn).encode("utf-8"),
        CONFIG: made_from.config.encode("utf-8"),
        **{f"{OTHER_CONFIGS}/{name}": text.encode("utf-8") for name, text in made_from.others.items()},
        LOCK: lock.to_text().encode("utf-8"),
        **_tables(made_from),
        **({LETTERHEAD: letterhead} if letterhead else {}),
    }
    about = Reply(report, replies, lock.letter, enclosures(), image, hidden)
    files[RESPONSE] = response(about, letterhead)
    files = dict(sorted(files.items()))
    return {**files, SUMS: sums(files).encode("utf-8")}


def enclosures() -> list[tuple[str, str]]:
    """What goes with the reply: names and what they are."""
    return [
        (
            WORKBOOK,
            "LSOAs, wards, local authorities, PCNs and former CCGs by place, with method and sources",
        ),
        ("map.png", "the map, which also stands in Annex B"),
    ]


def sums(files: dict[str, bytes]) -> str:
    """SHA256SUMS as `sha256sum --check` reads it."""
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))


def zipped(files: dict[str, bytes], folder: str) -> bytes:
    """The files as a zip archive with one folder in it, without times."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", NO_TIME.timetuple()[:6])
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _tables(made_from: Material) -> dict[str, bytes]:
    build = made_from.build
    contents = {table.name: csv_text(table).encode("utf-8") for table in build.tables}
    names = sorted([*(f"{name}.csv" for name in contents), METADATA, DATAPACKAGE, GEOJSON])
    files = {f"{name}.csv": content for name, content in contents.items()}
    files[METADATA] = as_json(csvw(build, ".csv", names)).encode("utf-8")
    files[DATAPACKAGE] = as_json(datapackage(build, contents.__getitem__)).encode("utf-8")
    files[GEOJSON] = geojson(made_from.outlines).encode("utf-8")
    return {f"{TABLES}/{name}": content for name, content in files.items()}


def _method(made_from: Material, *, hidden: bool) -> str:
    text = readme(made_from.build, ".csv")
    return (
        f"{text}\n## Small counts of people\n\n{small_numbers(hidden=hidden)}\n"
        "\n## Checking this pack\n\n"
        f"`sha256sum --check {SUMS}` shows that no file has been changed. `placemap foi --verify ZIP` does the same, "
        f"makes the pack anew from `{CONFIG}` and `{LOCK}`, and looks for anything hidden in the documents.\n"
    )


def _workbook(made_from: Material, replies: list[FoiAnswer], letter: Letter) -> bytes:
    method = [(reply.question, "\n".join(reply.paragraphs)) for reply in replies]
    return workbook_of(made_from.build, _cover(made_from.report, letter), method, _SHEETS)


def _cover(report: Report, letter: Letter) -> list[list[str]]:
    notes = public_notes(report.system, report.footprint)
    return [
        ["System", f"{report.system.name} ({report.system.id})"],
        ["Division", f"{report.footprint.name} ({report.footprint.id}), {report.footprint.status}"],
        ["Evidence", f"grade {report.footprint.grade}: {GRADES[report.footprint.grade]}"],
        *([["Reference", letter.reference]] if letter.reference else []),
        *([["Date", letter.date]] if letter.date else []),
        ["As of", report.picture.vintage],
        ["Summary", "\n".join([*drawn_from(report), *report.figures])],
        *([["Note", "\n".join(notes)]] if notes else []),
    ]
