"""The lists of PCNs and their members: which list tells a month or a day, and what it says of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from placemap.core.arrays import Ints, Texts
from placemap.core.codes import is_day, month_of
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
        dict(zip(pcns["pcn_code"], pcns["pcn_name"], strict=True)),
        dict(zip(pcns["pcn_code"], pcns["sub_icb_ods"], strict=True)),
        dict(zip(current["practice_code"], current["pcn_code"], strict=True)),
        dict(zip(members["practice_code"], members["practice_name"], strict=True)),
        members,
    )


def practice_groups(pcns: Pcns, practices: Sequence[str]) -> tuple[Texts, Texts, Ints]:
    """PCNs by code with one more, without a code, for practices that are in none: codes, names, group by practice."""
    codes = np.array([*sorted(pcns.names), ""], dtype=object)
    names = np.array([*(pcns.names[code] for code in codes[:-1]), "practices without a PCN"], dtype=object)
    position = {code: number for number, code in enumerate(codes)}
    of = [position.get(pcns.pcn_of.get(code, ""), len(codes) - 1) for code in practices]
    return codes, names, np.array(of, dtype=np.int64)


def _current(members: pd.DataFrame, vintage: str) -> pd.DataFrame:
    """Memberships without an end; or those of a day, their last one included, the newest where a practice has two."""
    if not is_day(vintage):
        return members[(members["end"] == "").to_numpy()]
    lives = (members["start"] <= vintage) & ((members["end"] == "") | (members["end"] >= vintage))
    return members[lives.to_numpy()].sort_values(["practice_code", "start", "pcn_code"])
