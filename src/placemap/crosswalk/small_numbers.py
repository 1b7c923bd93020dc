"""The tables of a build without small counts of people, and without what such counts could be worked out from.

A count above nothing that would be written as 7 or less is left blank. The sums that readers know are those by place,
those by unit (a unit's total follows from any share of it, or is published), those of a practice's list, and those that
tie PCNs, practices and the ledger together. A part of a sum that is in no table counts as one more cell of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from placemap.core.columns import columns_of
from placemap.core.errors import Exit, PlacemapError
from placemap.core.sums import HUNDREDTHS, Sums
from placemap.core.suppress import UnprotectableError
from placemap.core.tables import Column, Table
from placemap.crosswalk.lsoa_parts import LsoaParts
from placemap.crosswalk.patient_ledger import NO_PCN, NO_PLACE, OTHER, OUTSIDE_PLACED, OWN

#: The largest small count; it is compared as it would be rounded.
SMALL = 7
#: Counts above nothing and below this are small.
FEW = SMALL + 0.5
HIDDEN = f"blank where it is 1 to {SMALL}, or where such a figure would follow from it"
HIDDEN_SHARE = "blank where its count is left out"
#: Shares are written as whole per cents: of an LSOA's two thousand patients, one per cent is more than a small count.
COARSE = "rounded to whole per cents, and blank where so few patients live that one per cent is a small count"
_SHARES = {
    "RESIDENTS": ("PLACE_RESIDENT_SHARE", "UNIT_RESIDENT_SHARE"),
    "REGISTERED": ("PLACE_REGISTERED_SHARE", "UNIT_REGISTERED_SHARE"),
    "PATIENTS": ("PLACE_REGISTERED_SHARE", "UNIT_REGISTERED_SHARE"),
}
_LSOA_SHARES = ("SHARE", "PLACED_SHARE", "MARGIN")
_PEOPLE = ("RESIDENTS", "REGISTERED", "PATIENTS", "LIST_SIZE", "PATIENTS_IN_PLACE", "PATIENTS_OUT_OF_PLACE")
_NO_CELLS = ("places", "findings")

Where = tuple[str, str, int]
"""Name of a table, of a column, and number of a row."""


def without_small_numbers(tables: Sequence[Table], parts: LsoaParts | None = None) -> list[Table]:
    """The tables with small counts of people, and what gives them away, left blank.

    Args:
        tables: of a build.
        parts: the LSOAs that their rows are made of; None for tables of no LSOAs.

    Raises:
        PlacemapError: a small count follows from totals that are published elsewhere.
    """
    cells = _cells(tables)
    if parts:
        _lsoas(cells, {table.name: table for table in tables}, parts)
    try:
        hidden = cells.sums.hidden(cells.small(), HUNDREDTHS)
    except UnprotectableError as error:
        raise PlacemapError(
            f"{len(error.cells)} small counts follow from published totals, whatever is left out beside them",
            hint="choose --small-numbers show: the counts are those of a published open data set",
            exit_code=Exit.WRONG,
        ) from None
    places: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for where, cell in cells.of.items():
        if cell in hidden:
            places[where[0]].append(where[1:])
    thin = parts.thin if parts else frozenset()
    return [_blanked(table, places[table.name], thin) for table in tables]


@dataclass
class _Cells:
    """All counts by where they stand, and the sums that tie them."""

    sums: Sums = field(default_factory=Sums)
    of: dict[Where, int] = field(default_factory=dict)

    def add(self, table: Table, column: str) -> None:
        for row, value in enumerate(table.frame[column].tolist()):
            self.of[table.name, column, row] = self.sums.cell(_hundredths(value))

    def small(self) -> list[int]:
        return [cell for cell, value in enumerate(self.sums.values) if 0 < value < FEW * HUNDREDTHS]

    def sums_to(self, parts: Iterable[int], total: float | None = None) -> None:
        """The parts sum to what everybody knows: `total`, a rest of which is in no table, or None for no rest."""
        self.equal(parts, (), total)

    def equal(self, parts: Iterable[int], others: Iterable[int], total: float | None = 0.0) -> None:
        """`parts` less `others` is `total`, but for a rest that is in no table; None where there is no rest."""
        one, other = list(parts), list(others)
        if one or other:
            self.sums.tie(one, other, None if total is None else _hundredths(total))


def _hundredths(value: float) -> int:
    return 0 if value is None or np.isnan(value) else round(value * HUNDREDTHS)


def _cells(tables: Sequence[Table]) -> _Cells:
    cells, by_name = _Cells(), {table.name: table for table in tables}
    for table in tables:
        if table.name not in _NO_CELLS:
            for column in table.schema.columns:
                if column.name in _PEOPLE:
                    cells.add(table, column.name)
    for table in tables:
        for counts, (_, share) in _SHARES.items():
            if table.name.startswith("place_") and {counts, share} <= set(table.schema.names):
                _by_place_and_unit(cells, table, counts, share)
    if "place_practice" in by_name:
        _practices(cells, by_name["place_practice"], by_name["place_pcn"])
    _ledger(cells, by_name["ledger"], by_name["place_pcn"])
    return cells


def _by_place_and_unit(cells: _Cells, table: Table, column: str, share: str) -> None:
    for rows in _groups(table.frame["PLACECD"]).values():
        cells.sums_to(cells.of[table.name, column, row] for row in rows)
    values, shares = table.frame[column].tolist(), table.frame[share].tolist()
    for rows in _groups(table.frame[table.schema.key[1]]).values():
        # The total of an area that lies in one place is that figure itself, and no other figure of the tables tells it.
        best = max(rows, key=lambda row: (shares[row] if shares[row] == shares[row] else 0, row))
        if shares[best] and shares[best] == shares[best] and not (column == "REGISTERED" and shares[best] == 1):
            cells.sums_to((cells.of[table.name, column, row] for row in rows), values[best] / shares[best])


def _lsoas(cells: _Cells, tables: Mapping[str, Table], parts: LsoaParts) -> None:
    """Rows are the sums of their LSOAs, whose own patients are in no table."""
    own = {lsoa: cells.sums.cell(_hundredths(value)) for lsoa, value in parts.registered.items()}
    cells.sums.unpublished |= set(own.values())
    for name in sorted(tables.keys() & parts.rows.keys()):
        frame = tables[name].frame
        of_row = parts.rows[name]
        for row, key in enumerate(zip(frame["PLACECD"], frame[tables[name].schema.key[1]], strict=True)):
            if key in of_row:
                cells.equal([cells.of[name, "REGISTERED", row]], [own[lsoa] for lsoa in of_row[key]])


def _groups(column: pd.Series) -> dict[Hashable, list[int]]:
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for row, value in enumerate(column.tolist()):
        groups[value].append(row)
    return groups


def _practices(cells: _Cells, practices: Table, pcns: Table) -> None:
    """A list is those in the place and those outside; a network is its practices."""
    name, frame = practices.name, practices.frame
    for row in range(len(frame)):
        parts = [cells.of[name, column, row] for column in ("PATIENTS_IN_PLACE", "PATIENTS_OUT_OF_PLACE")]
        cells.equal(parts, [cells.of[name, "LIST_SIZE", row]], None)
    pairs = _rows_by(frame, "PLACECD", "PCNCD")
    for pair, rows in _rows_by(pcns.frame, "PLACECD", "PCNCD").items():
        inside = [cells.of[name, "PATIENTS_IN_PLACE", practice] for practice in pairs.get(pair, ())]
        if inside:
            cells.equal([cells.of[pcns.name, "PATIENTS", row] for row in rows], inside)


def _rows_by(frame: pd.DataFrame, *columns: str) -> dict[tuple[Any, ...], list[int]]:
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for row, key in enumerate(zip(*(frame[column].tolist() for column in columns), strict=True)):
        groups[key].append(row)
    return groups


def _ledger(cells: _Cells, ledger: Table, pcns: Table) -> None:
    """Lines sum by place of residence, and those of a place of registration to its networks."""
    for rows in _groups(ledger.frame["RESIDENCE"]).values():
        cells.sums_to(cells.of[ledger.name, "PATIENTS", row] for row in rows)
    frame = pcns.frame
    declared = frame[frame["DECLARED"].to_numpy(bool)]
    place_of = dict(zip(declared["PCNCD"].tolist(), declared["PLACECD"].tolist(), strict=True))
    networks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, (home, pcn) in enumerate(zip(frame["PLACECD"].tolist(), frame["PCNCD"].tolist(), strict=True)):
        kind = place_of.get(pcn, NO_PLACE if pcn else NO_PCN)
        networks[home, kind].append(cells.of[pcns.name, "PATIENTS", row])
    for pair, lines in _registered(ledger).items():
        cells.equal((cells.of[ledger.name, "PATIENTS", row] for row in lines), networks.get(pair, ()))


def _registered(ledger: Table) -> dict[tuple[str, str], list[int]]:
    """Rows by place of residence and place of registration, or by why there is none."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    columns = (ledger.frame[name].tolist() for name in ("CATEGORY", "RESIDENCE", "REGISTERED_WITH"))
    for row, (category, home, place) in enumerate(zip(*columns, strict=True)):
        if home and category in (OWN, OTHER, OUTSIDE_PLACED):
            groups[home, place].append(row)
        elif home and category in (NO_PCN, NO_PLACE):
            groups[home, category].append(row)
    return groups


# --- what is written --------------------------------------------------------------------------------------------------


def _blanked(table: Table, places: list[tuple[str, int]], thin: Collection[str]) -> Table:
    frame = table.frame.copy()
    described: dict[str, str] = {}
    blank: dict[str, list[int]] = {}
    types = {column.name: column.type for column in table.schema.columns}
    for column, row in places:
        for name in (column, *(share for share in _SHARES.get(column, ()) if share in frame)):
            blank.setdefault(name, []).append(row)
            described[name] = HIDDEN if name == column else HIDDEN_SHARE
    for name, rows in blank.items():
        frame[name] = _without(frame[name], rows, types[name])
    if table.name.startswith("place_lsoa21"):
        for name in _LSOA_SHARES:
            frame[name] = frame[name].astype(float).round(2).mask(frame["LSOA21CD"].isin(thin))
            described[name] = COARSE
    if table.name == "findings":
        _tone_down(frame, thin)
    columns = tuple(_described(column, described) for column in table.schema.columns)
    return replace(table, columns=columns_of(frame), schema=replace(table.schema, columns=columns))


def _without(column: pd.Series, rows: Sequence[int], kind: str) -> pd.Series:
    """A column of figures with some left blank; whole numbers stay such."""
    values: list[float | int | None] = column.tolist()
    for row in rows:
        values[row] = None if kind == "int" else np.nan
    return pd.Series(values, index=column.index, dtype=object if kind == "int" else float)


def _described(column: Column, described: dict[str, str]) -> Column:
    more = described.get(column.name)
    return replace(column, description=f"{column.description}; {more}", gaps=True) if more else column


_FEW = re.compile(rf"(?<!to )\b[1-{SMALL}](?:\.\d+)?(?= (?:of its [\d,]+ )?patients)")
_MOST = re.compile(r"([\d,]+(?:\.\d+)?) of its ([\d,]+(?:\.\d+)?) patients")
_TENTHS, _PER_CENT = re.compile(r"\d+\.\d+%"), re.compile(r"\d+(?:\.\d+)?%")


def _tone_down(frame: pd.DataFrame, thin: Collection[str]) -> None:
    """Findings without small counts, nor all people but a small count, and with whole per cents."""
    people, messages = frame["PEOPLE"].astype(float), frame["MESSAGE"].tolist()
    all_but = [any(map(_leaves_few, _MOST.finditer(text))) for text in messages]
    frame["PEOPLE"] = people.mask((people > 0) & (people < FEW) | np.array(all_but, dtype=bool))
    of_thin = frame["SUBJECT"].isin(thin).tolist()
    frame["MESSAGE"] = [
        _PER_CENT.sub("a part", text) if few else _toned_down(text) for text, few in zip(messages, of_thin, strict=True)
    ]


def _toned_down(text: str) -> str:
    text = _MOST.sub(lambda found: _all_but(found) if _leaves_few(found) else found[0], text)
    return _TENTHS.sub(lambda found: f"{float(found[0][:-1]):.0f}%", _FEW.sub(f"1 to {SMALL}", text))


def _leaves_few(found: re.Match[str]) -> bool:
    some, every = (float(figure.replace(",", "")) for figure in found.groups())
    return 0 < every - some < FEW


def _all_but(found: re.Match[str]) -> str:
    return f"all but 1 to {SMALL} of its {found[2]} patients"
