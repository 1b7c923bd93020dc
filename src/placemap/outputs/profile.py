"""A profile as a table: a row a place and figure; as CSV, Parquet or a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from placemap.apply.profile import Profile, ProfileFigure
from placemap.apply.publish_rule import HELD
from placemap.core.columns import columns_of_rows
from placemap.core.files import write_whole
from placemap.core.tables import Column, Table, TableSchema
from placemap.outputs.applied import COVERED, PLACE_OF_ROW, WORKBOOK, check_ending, write_frame
from placemap.outputs.apply_files import as_texts, marked
from placemap.outputs.excel import TableSheet, TextSheet, workbook
from placemap.reference.profiles import FIFTHS, KINDS

_FIFTHS = range(1, FIFTHS + 1)
PROFILE = TableSchema(
    "Imported figures by place",
    (
        Column("LEVEL", "text", "place, system (all its places together) or England"),
        *PLACE_OF_ROW,
        Column("MEASURE", "text", "name that the figures were imported under"),
        Column("FIGURE", "text", "title of the column that they came from"),
        Column("KIND", "text", f"what it is: {'; '.join(f'{kind} ({how})' for kind, how in KINDS.items())}"),
        Column("VALUE", "number", "the figure; a share from 0 to 1 for proportions and percentages; blank by fifths"),
        Column("LCI", "number", "lower limit of the 95% interval: of counts by Byar, of proportions by Wilson"),
        Column("UCI", "number", "upper limit of that interval"),
        *(
            Column(f"UNITS_Q{number}", "number", f"LSOAs (or practices) in national fifth {number} of ranks or deciles")
            for number in _FIFTHS
        ),
        *(
            Column(f"PEOPLE_Q{number}", "people", f"residents (or registered patients) of those in fifth {number}")
            for number in _FIFTHS
        ),
        *COVERED,
        Column("VINTAGE", "text", "year or month that the figures are of"),
        Column("SOURCE", "text", "publisher and title"),
        Column("LICENCE", "text", "licence of the figures"),
    ),
    ("ICSID", "FOOTPRINT", "LEVEL", "PLACECD", "MEASURE", "FIGURE"),
)
#: The same with a column that says what is held back, and the columns that it speaks of.
PUBLISHED = replace(
    PROFILE, columns=(*PROFILE.columns, Column(HELD, "flag", "whether the figure is held back, with its interval"))
)
FLAGS = {HELD: ("VALUE", "LCI", "UCI")}


def profile_table(profiles: Sequence[Profile]) -> Table:
    """The figures of some footprints, in their order; those that are published say what is held back."""
    rows = [row for profile in profiles for figure in profile.figures for row in _rows(profile, figure)]
    if any(profile.rule for profile in profiles):
        return Table("profile", PUBLISHED, columns_of_rows(rows, PUBLISHED))
    return Table("profile", PROFILE, columns_of_rows([row[:-1] for row in rows], PROFILE))


def profile_shown(profiles: Sequence[Profile]) -> Table:
    """The figures for readers: a mark where one is held back, instead of a column that says so."""
    table = profile_table(profiles)
    return as_texts(marked(table, FLAGS)) if HELD in table.schema.names else table


def _rows(profile: Profile, figure: ProfileFigure) -> Iterator[tuple[Any, ...]]:
    entry = figure.entry
    said = (entry.vintage, f"{entry.publisher}, {entry.title}", entry.licence)
    figures = zip(
        *(figure.value.tolist(), figure.low.tolist(), figure.high.tolist()),
        *(figure.units.tolist(), figure.people.tolist(), figure.coverage.tolist()),
        strict=True,
    )
    for number, ((level, code, name), (value, low, high, units, people, covered)) in enumerate(
        zip(profile.groups(figure), figures, strict=True)
    ):
        where = (level, *profile.resolved.key, code, name, entry.kind, figure.title, figure.kind)
        yield (*where, value, low, high, *units, *people, *covered, *said, figure.is_held(number))


def write_profile(profiles: Sequence[Profile], path: Path) -> None:
    """Write the figures, as the file's ending says.

    Raises:
        PlacemapError: the ending is none of those, or the file cannot be written; what stood there still does.
    """
    check_ending(path, workbook=True)
    if path.suffix != WORKBOOK:
        write_frame(profile_shown(profiles) if path.suffix == ".csv" else profile_table(profiles), path)
        return
    table = profile_table(profiles)
    shown = marked(table, FLAGS) if HELD in table.schema.names else table
    first = TableSheet("Profile", shown, printed=len(PROFILE.names), pages=2)
    write_whole(path, workbook([first, _notes(profiles), _columns()], PROFILE.title))


def _notes(profiles: Sequence[Profile]) -> TextSheet:
    entries = {entry.name: entry for profile in profiles for entry in profile.entries}
    rows = [("Measure", "Source", "Vintage", "Licence")]
    rows += [
        (entry.kind, f"{entry.publisher}, {entry.title}\n{entry.url}".strip(), entry.vintage, entry.licence)
        for entry in entries.values()
    ]
    rows += [("Note", note, "", "") for note in dict.fromkeys(note for profile in profiles for note in profile.notes)]
    return TextSheet("Sources", "Sources and notes", rows, (22, 70, 12, 40), head=True)


def _columns() -> TextSheet:
    rows = [("Column", "What it holds"), *((column.name, column.description) for column in PROFILE.columns)]
    return TextSheet("Data dictionary", "Data dictionary", rows, (24, 90), head=True)
