"""The lists of PCNs and their members: which list tells a month or a day, and what it says of it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from placemap.core.arrays import Ints, Texts
from placemap.core.codes import is_day, month_of
from placemap.core.columns import Columns
from placemap.reference.by_lsoa import Pcns
from placemap.reference.store import ReferenceData, TableEntry
from placemap.reference.vintages import tables_of


def pcn_entries(data: ReferenceData, vintage: str) -> tuple[TableEntry, TableEntry]:
    """The tables of PCNs and of their members for a vintage, or for a day.

    For a day: the first list of that month or later, as it has the corrections made until then, among those that tell
    when a membership began; else the newest list before.

    Raises:
        PlacemapError: there is no PCN table of that vintage.
    """
    if is_day(vintage):
        entries, month = tables_of(data.manifest, "pcn"), month_of(vintage)
        later = [entry for entry in entries if entry.vintage >= month and _tells(data, entry, month)]
        earlier = [entry for entry in entries if entry.vintage < month]
        vintage = (later[:1] or earlier[-1:] or entries[:1] or [data.need("pcn_members")])[0].vintage
    return data.need("pcns", vintage=vintage), data.need("pcn_members", vintage=vintage)


def _tells(data: ReferenceData, entry: TableEntry, month: str) -> bool:
    """Whether a list of memberships tells those of a month: its own, or one before it if it has start dates."""
    return entry.vintage == month or bool((data.table(entry)["start"] != "").any())


def read_pcns(data: ReferenceData, vintage: str) -> Pcns:
    """PCNs and their members at a vintage, or on a day.

    Raises:
        PlacemapError: there is no PCN table of that vintage.
    """
    networks, memberships = pcn_entries(data, vintage)
    pcns, members = data.table(networks), data.table(memberships)
    current = _current(members, vintage)
    return Pcns(
        vintage,
        dict(pcns.rows("pcn_code", "pcn_name")),
        dict(pcns.rows("pcn_code", "sub_icb_ods")),
        dict(current.rows("practice_code", "pcn_code")),
        dict(members.rows("practice_code", "practice_name")),
        members,
    )


def practice_groups(pcns: Pcns, practices: Iterable[str]) -> tuple[Texts, Texts, Ints]:
    """PCNs by code with one more, without a code, for practices that are in none: codes, names, group by practice."""
    codes = np.array([*sorted(pcns.names), ""], dtype=object)
    names = np.array([*(pcns.names[code] for code in codes[:-1]), "practices without a PCN"], dtype=object)
    position = {code: number for number, code in enumerate(codes)}
    of = [position.get(pcns.pcn_of.get(code, ""), len(codes) - 1) for code in practices]
    return codes, names, np.array(of, dtype=np.int64)


def _current(members: Columns, vintage: str) -> Columns:
    """Memberships without an end; or those of a day, their last one included, the newest where a practice has two."""
    if not is_day(vintage):
        return members.take(members["end"] == "")
    lives = (members["start"] <= vintage) & ((members["end"] == "") | (members["end"] >= vintage))
    living = members.take(lives)
    rows = list(living.rows("practice_code", "start", "pcn_code"))
    return living.take(np.array(sorted(range(len(rows)), key=rows.__getitem__), dtype=np.int64))
