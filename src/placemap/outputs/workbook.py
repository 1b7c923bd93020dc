"""The workbook of a footprint, as `build --excel` writes it and an FOI pack encloses it: what stands on which sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from placemap.config.grades import GRADES
from placemap.core.tables import Table
from placemap.core.text import counted
from placemap.crosswalk.inputs import attributions
from placemap.outputs.build import Build
from placemap.outputs.excel import Cell, Link, TableSheet, TextSheet, workbook
from placemap.outputs.readme import method_parts
from placemap.reference.store import TableEntry

#: Sheets in the order of the workbook: how the name of the table begins, the name of its sheet, and the pages that it
#: may take on paper.
SHEETS = (
    ("places", "Places", 2),
    ("place_parent", "Places above", 2),
    ("tiers_lsoa21", "Tiers", 2),
    ("place_lsoa21", "LSOAs", 1),
    ("place_msoa", "MSOAs", 1),
    ("place_wd", "Wards", 2),
    ("place_lad", "LTLAs", 1),
    ("place_utla", "UTLAs", 1),
    ("place_sicbl", "Sub-ICB locations", 1),
    ("place_icb", "ICBs", 1),
    ("place_pcn", "PCNs", 1),
    ("place_practice", "GP practices", 2),
    ("place_ccg", "Former CCGs", 1),
    ("place_lsoa11", "LSOAs of 2011", 1),
    ("place_history", "Place history", 1),
    ("confidence", "Confidence", 1),
    ("sensitivity", "Sensitivity", 1),
    ("ledger", "Patient ledger", 1),
    ("findings", "Findings", 1),
)
METHOD, DICTIONARY, SOURCES = "Method", "Data dictionary", "Sources"
#: Columns for joins rather than for eyes: they stand last and do not print.
_FOR_JOINS = ("PLACECD", "PLACEID", "RUNNER_UP", "PARENTCD", "LSOA21CDS", "LOCATION")
_USE = (
    (
        "One place for each ward or MSOA",
        "Filter BEST_FIT to TRUE: each unit then has one row, the place with most of its residents. "
        "UNIT_RESIDENT_SHARE says how much of the unit that is.",
    ),
    (
        "Figures of units that lie in several places",
        "Multiply counts by UNIT_RESIDENT_SHARE and add up by place. Rates and averages must not be multiplied: carry "
        "over their top and bottom as counts, and divide at the end.",
    ),
)

Rows = Sequence[Sequence[Cell]]


def build_workbook(build: Build) -> bytes:
    """All tables of a build that have rows."""
    return workbook_of(build, _front(build), [*method_parts(build.footprint), *_USE])


def workbook_of(build: Build, front: Rows, method: Rows, names: Iterable[str] | None = None) -> bytes:
    """Cover with contents, tables, method, data dictionary and sources as an xlsx file.

    Args:
        front: what the cover says before the contents: a heading and a text a row.
        method: as `front`.
        names: of the sheets of tables that it has; None for all.
    """
    tables = [sheet for sheet in _sheets(build.tables) if names is None or sheet.name in names]
    title = f"{build.system.name}: {build.footprint.name}"
    made_by = ("Made by", f"placemap {build.version}")
    return workbook(
        [
            TextSheet("Cover", title, [*front, [], *_contents(tables), [], made_by], (24, 110)),
            *tables,
            TextSheet(METHOD, METHOD, method, (36, 110)),
            TextSheet(DICTIONARY, DICTIONARY, _dictionary(tables), (48, 29, 100), head=True),
            TextSheet(SOURCES, SOURCES, _sources(build.inputs), (26, 60, 26, 12, 30, 70), head=True),
        ],
        title,
    )


def _front(build: Build) -> Rows:
    system, footprint = build.system, build.footprint
    rows = [
        ("System", f"{system.name} ({system.id})"),
        ("Footprint", f"{footprint.name} ({footprint.id}), {footprint.status}"),
        # England's is put together from others, which the sheet of places tells of.
        ("Evidence", f"grade {footprint.grade}: {GRADES[footprint.grade]}" if footprint.evidence else ""),
        ("As of", build.as_of),
        ("Asked for", build.asked),
        ("Note", footprint.notes),
    ]
    return [row for row in rows if row[1]]


def _contents(tables: Sequence[TableSheet]) -> list[tuple[Cell, str]]:
    return [
        ("Contents", "the sheets of this workbook; a click on a name leads there"),
        *((Link(sheet.name), f"{sheet.table.schema.title}: {_count(sheet)}") for sheet in tables),
        (Link(METHOD), "how the places were made, and what to know when using the tables"),
        (Link(DICTIONARY), "what each column means"),
        (Link(SOURCES), "what the figures rest on, with licences"),
    ]


def _count(sheet: TableSheet) -> str:
    rows = counted(sheet.count, "row")
    return rows if sheet.prints == sheet.count else f"{rows}, of which the first {sheet.prints} print"


def _sheets(tables: Sequence[Table]) -> list[TableSheet]:
    """The tables that have rows, in the order of SHEETS; others at the end under their own names."""
    found: dict[str, TableSheet] = {}
    for table in sorted(tables, key=_position):
        _, name, pages = (*SHEETS, ("", table.name, 1))[_position(table)]
        name = (table.name if name in found else name)[:31]
        if len(table.columns):
            found[name] = _for_readers(name, table, pages)
    return list(found.values())


def _position(table: Table) -> int:
    return next((at for at, (start, *_) in enumerate(SHEETS) if table.name.startswith(start)), len(SHEETS))


def _for_readers(name: str, table: Table, pages: int) -> TableSheet:
    """Without the columns that say the same in every row, which the cover says; names first, codes of places last."""
    constant = {
        c for c in ("ICSID", "FOOTPRINT") if c in table.schema.names and len(set(table.columns[c].tolist())) == 1
    }
    columns = [column for column in table.schema.columns if column.name not in constant]
    columns.sort(key=lambda column: (column.name in _FOR_JOINS, column.name != "PLACENM"))
    shown = replace(table, schema=replace(table.schema, columns=tuple(columns)))
    return TableSheet(name, shown, sum(column.name not in _FOR_JOINS for column in columns), pages)


def _dictionary(tables: Sequence[TableSheet]) -> Rows:
    """A row a column; one that means the same on several sheets stands once."""
    found: dict[tuple[str, str], list[str]] = {}
    for sheet in tables:
        for column in sheet.table.schema.columns:
            found.setdefault((column.name, column.description), []).append(sheet.name)
    rows = [(", ".join(sheets), name, meaning) for (name, meaning), sheets in found.items()]
    return [("Sheets", "Column", "Meaning"), *rows]


def _sources(inputs: Sequence[TableEntry]) -> Rows:
    rows = [(e.name, e.title, e.publisher, e.vintage, e.licence, e.content_sha256) for e in inputs]
    lines = [("", line) for line in attributions(list(inputs))]
    return [("Table", "Source", "Publisher", "Vintage", "Licence", "SHA-256 of the content"), *rows, [], *lines]
