"""PCN memberships of a past month, worked out from the dates in a later list.

Not the list of that month: memberships that were corrected since are as they were corrected, and names are today's.
Against the workbook of August 2022, the reports of October 2024 give the same PCN for 98 in 100 practices. So such a
table never stands in the place of a list of the month itself, and the manifest says what it was made from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from placemap.sources.store_table import StoreTable, store_table


def derived_months(tables: Sequence[StoreTable], months: Iterable[str]) -> list[StoreTable]:
    """PCNs and members of `months`, from the oldest list after each that has dates; none where there is no such list.

    Args:
        months: `2022-08`; a month that `tables` has is left out.
    """
    found = []
    for month in sorted(set(months)):
        pair = _source_of(tables, month)
        if pair:
            found += [_at(table, month) for table in pair]
    return found


def _source_of(tables: Sequence[StoreTable], month: str) -> tuple[StoreTable, StoreTable] | None:
    lists = {(table.family, table.vintage): table for table in tables if not table.derived}
    if ("pcn_members", month) in lists:
        return None
    later = [
        vintage
        for family, vintage in sorted(lists)
        if family == "pcn_members" and vintage > month and ("pcns", vintage) in lists
        if (lists[family, vintage].frame["start"] != "").any()
    ]
    return (lists["pcns", later[0]], lists["pcn_members", later[0]]) if later else None


def _at(table: StoreTable, month: str) -> StoreTable:
    """The rows that had begun by the first day of a month; what ended later had not ended yet."""
    first, last = ("opened", "closed") if table.family == "pcns" else ("start", "end")
    day = f"{month}-01"
    frame = table.frame[table.frame[first] <= day]
    frame = frame.assign(**{last: frame[last].where(frame[last] < day, "")})
    if table.family == "pcn_members":  # one PCN a practice: the newer membership where two meet on that day
        current = frame[frame[last] == ""].sort_values(["practice_code", first, "pcn_code"])
        older = current.index[current.duplicated("practice_code", keep="last")]
        frame = frame.drop(index=older)
    made = store_table(frame, table.source, table.family, month)
    return replace(made, derived=f"{table.family}-{table.vintage}, by the dates in it")
