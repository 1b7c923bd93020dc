"""What became of codes that are not those of the vintage in use: PCNs, practices, LSOAs of 2011, ICBs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from placemap.core.codes import KINDS, month_of
from placemap.core.text import listed, some
from placemap.reference.by_lsoa import Pcns, Units
from placemap.reference.geography import Geography
from placemap.reference.vintages import tables_of

_SHOWN = 5


def division(lsoas: npt.NDArray[np.int64], today: Units) -> str:
    """How some LSOAs divide among the units of another vintage; empty where no table tells."""
    counts = Counter(int(unit) for unit in today.of[lsoas] if unit >= 0)
    parts = [
        f"{today.codes[unit]} ({today.names[unit]}, {count} of its {len(lsoas)} LSOAs)"
        for unit, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    return f"In {today.vintage} its area is in {listed(parts)}." if parts else ""


def area_ended(kind: str, code: str, geography: Geography) -> str:
    """What became of an area unit that the newest vintage held does not have; empty where it lives, as far as we know.

    Args:
        code: a GSS or NHS code that some vintage has.
    """
    vintages = sorted(geography.data.vintages("lookup", kind))
    newest = geography.units(kind, vintages[-1])
    if newest.position(code) is not None:
        return ""
    held = [units for v in vintages if (units := geography.units(kind, v)).position(code) is not None]
    position = held[-1].position(code) if held else None
    if position is None:
        return ""
    # A table that leaves all of its area out does not tell that it has ended.
    went = division(held[-1].lsoas(position), newest)
    return f"Last listed in {held[-1].vintage}. {went}" if went else ""


def newer_than_held(kind: str, code: str, geography: Geography) -> str:
    """The newest vintage held, where a GSS code is higher than all that are held: it is newer, or mistyped."""
    vintages = sorted(geography.data.vintages("lookup", kind))
    known = [str(held) for v in vintages for held in geography.units(kind, v).codes if str(held)[:3] == code[:3]]
    return vintages[-1] if known and KINDS[kind].pattern.fullmatch(code) and code > max(known) else ""


# --- PCNs and practices --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """What is known of a unit that is gone.

    Attributes:
        name: its name when it was in use.
        vintage: the newest vintage in which it was in use.
        story: dates and successors, in sentences.
        later: it began after the vintage that was asked about.
    """

    name: str
    vintage: str
    story: str
    later: bool = False


def past_pcn(code: str, geography: Geography, vintage: str) -> Past | None:
    """A PCN that has members in another list than that of `vintage`; None where none has it."""
    lists = [geography.pcns(entry.vintage) for entry in tables_of(geography.data.manifest, "pcn")]
    lived = [pcns for pcns in lists if code in pcns.practices_of and pcns.vintage != vintage]
    if not lived:
        return None
    month = month_of(vintage)
    if all(pcns.vintage > month for pcns in lived):
        first = lived[0]
        came = practices_came(first.practices_of[code], geography.pcns(vintage))
        return Past(first.names[code], first.vintage, f"It has members in {first.vintage}. {came}", later=True)
    last = lived[-1]
    went = practices_went(last.practices_of[code], geography.pcns(vintage))
    return Past(last.names[code], last.vintage, f"It had members in {last.vintage}. {went}")


def practices_went(practices: Iterable[str], now: Pcns, dates: str = "") -> str:
    """Which PCNs practices are in now."""
    parts = _by_pcn(practices, now, "to")
    return f"Its practices{dates} went: {', '.join(parts)}." if parts else "It never had any."


def practices_came(practices: Iterable[str], before: Pcns) -> str:
    """Which PCNs practices were in before."""
    return f"Its practices came: {', '.join(_by_pcn(practices, before, 'from'))}."


def _by_pcn(practices: Iterable[str], pcns: Pcns, word: str) -> list[str]:
    """`3 to U01234 (NORTH PCN)`, the most first and those in no PCN last."""
    counts = Counter(pcns.pcn_of.get(practice, "") for practice in sorted(set(practices)))
    return [
        f"{number} {word} {pcn} ({pcns.names[pcn]})" if pcn else f"{number} {word} no PCN"
        for pcn, number in sorted(counts.items(), key=lambda item: (item[0] == "", -item[1], item[0]))
    ]


def living_practices(geography: Geography, vintage: str | None) -> dict[str, str]:
    """Names by code of the practices that live in `vintage`; where it is None, in the registrations or PCNs in use."""
    if vintage is None:
        pcns = geography.pcns()
        current = {code: pcns.practice_names[code] for code in pcns.pcn_of}
        return {**current, **geography.practice_names}
    entry = geography.data.find("practices", vintage=vintage)
    lists = {} if entry is None else dict(geography.data.table(entry).rows("practice_code", "practice_name"))
    if entry is not None and not any(table.vintage == vintage for table in tables_of(geography.data.manifest, "pcn")):
        return lists
    pcns = geography.pcns(vintage)
    return {**{code: pcns.practice_names[code] for code in pcns.pcn_of}, **lists}


def newest_practices(geography: Geography) -> tuple[str, dict[str, str]]:
    """The newest vintage in which practices are listed, and those that live in it: code → name.

    A list of practices and a list of PCNs of about the same time make up one another, so the newest of both count.
    """
    names: dict[str, str] = {}
    entries = sorted(
        (e for e in geography.data.manifest.tables.values() if e.family == "practices"), key=lambda e: e.vintage
    )
    if entries:
        table = geography.data.table(entries[-1])
        names.update(table.rows("practice_code", "practice_name"))
    pcns = geography.pcns(geography.data.vintages("pcns")[-1])
    names.update({code: pcns.practice_names[code] for code in pcns.pcn_of})
    return max([pcns.vintage, *(entry.vintage for entry in entries[-1:])]), names


def past_practice(code: str, geography: Geography) -> Past | None:
    """A practice that some table of the store has, but not among those that live."""
    manifest = geography.data.manifest
    lists = sorted(
        (e for e in manifest.tables.values() if e.family in ("practices", "pcn_members")), key=lambda e: e.vintage
    )
    tables = [(entry, geography.data.table(entry)) for entry in lists]
    rows = [(entry, table.take(table["practice_code"] == code)) for entry, table in tables]
    found = [(entry, part) for entry, part in rows if len(part)]
    if not found:
        return None
    # A list of memberships keeps those that ended, so being in it does not mean to live.
    lived = [e.vintage for e, part in found if e.family == "practices" or (part["end"] == "").any()]
    ends = sorted({end for e, part in found if e.family == "pcn_members" for end in part["end"] if end})
    name = str(found[-1][1]["practice_name"][0])
    left = f"It left its PCN on {ends[-1]}. " if ends else ""
    last = f"It is last listed in {lived[-1]}. " if lived else ""
    return Past(name, lived[-1] if lived else "", f"{left}{last}No table tells where its patients went.")


# --- LSOAs ----------------------------------------------------------------------------------------------------------


def only_2011(codes: Iterable[str], geography: Geography) -> list[str]:
    """Those of `codes` that are LSOAs of 2011 and not of 2021."""
    return [code for code in codes if code in geography.fit_2011.codes and code not in geography.lsoas]


def only_2021(codes: Iterable[str], geography: Geography) -> list[str]:
    """Those of `codes` that are LSOAs of 2021 and not of 2011."""
    return [code for code in codes if code in geography.lsoas and code not in geography.fit_2011.codes]


def lsoa_successors(code: str, geography: Geography) -> str:
    """Where an LSOA of 2011 is in 2021; empty where the store leaves that out."""
    fit = geography.fit_2011
    targets = sorted(int(target) for target in fit.target[fit.source == fit.codes.position(code)] if target >= 0)
    names = [f"{geography.lsoas[target]} ({geography.lsoa_names[target]})" for target in targets]
    return f"in 2021 its area is in {listed(names)}" if names else ""


def shown(codes: Sequence[str]) -> str:
    """The first few codes."""
    return some(sorted(codes), _SHOWN)
