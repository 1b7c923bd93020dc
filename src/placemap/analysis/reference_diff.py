"""Compare two states of the reference.

A state is a store as it stands, or as of a day. Only what both states have is compared; the rest is listed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from placemap.analysis.affected_places import affected_places
from placemap.analysis.reference_changes import PracticeChanges, StoreDiff, UnitChanges
from placemap.config.model import System
from placemap.core.arrays import Floats
from placemap.reference.by_lsoa import Units
from placemap.reference.geography import SPLIT_WEIGHT, Geography
from placemap.reference.vintages import months

#: Kinds of areas that are compared, those that say most first.
DIFF_KINDS = ("icb", "sub_icb", "utla", "ltla", "ward", "msoa")


def diff(old: Geography, new: Geography, names: tuple[str, str], systems: Sequence[System] = ()) -> StoreDiff:
    """Compare two states of the reference.

    Args:
        names: of the two, for people.
        systems: configs whose places are looked through for what changed.
    """
    before = {name: entry.content_sha256 for name, entry in old.data.manifest.tables.items()}
    after = {name: entry.content_sha256 for name, entry in new.data.manifest.tables.items()}
    units = tuple(units_changed(kind, old, new) for kind in DIFF_KINDS if _has(kind, old) and _has(kind, new))
    practices = practices_changed(old, new)
    return StoreDiff(
        *names,
        tuple(sorted(set(after) - set(before))),
        tuple(sorted(set(before) - set(after))),
        tuple(sorted(name for name in set(before) & set(after) if before[name] != after[name])),
        units,
        practices,
        tuple(affected_places(units, practices, old, systems)),
    )


def _has(kind: str, geography: Geography) -> bool:
    return geography.find_units_entry(kind) is not None


def units_changed(kind: str, old: Geography, new: Geography) -> UnitChanges:
    """What became of the units of a kind, over the LSOAs that both states have."""
    before, after = old.units(kind), new.units(kind)
    here = [code for code in old.lsoas if code in new.lsoas]
    at = new.lsoas.positions(here)
    was, now = before.of[old.lsoas.positions(here)], after.of[at]
    known = (was >= 0) & (now >= 0)
    people = _residents(new)[at]
    pairs = pd.DataFrame({"old": before.codes[was], "new": after.codes[now], "people": people})[known]
    old_names, new_names = _names(pairs["old"], before), _names(pairs["new"], after)
    recoded = _recoded(pairs, set(old_names), set(new_names))
    twin = pairs["old"].map(lambda code: recoded.get(code, code))
    moves = pairs[twin != pairs["new"]]
    counted = moves.groupby(["old", "new"], as_index=False).size()
    ordered = counted.sort_values(["size", "old", "new"], ascending=[False, True, True])
    added = {code: name for code, name in new_names.items() if code not in old_names and code not in recoded.values()}
    removed = {code: name for code, name in old_names.items() if code not in new_names and code not in recoded}
    both = sorted(set(old_names) & set(new_names))
    return UnitChanges(
        kind,
        before.vintage,
        after.vintage,
        added,
        removed,
        {code: (old_names[code], new_names[code]) for code in both if old_names[code] != new_names[code]},
        {code: (twin_code, new_names[twin_code]) for code, twin_code in sorted(recoded.items())},
        _redrawn(_nhs_codes(before, old_names), _nhs_codes(after, new_names), recoded),
        [(str(a), str(b), int(n)) for a, b, n in ordered.itertuples(index=False)],
        len(moves),
        float(moves["people"].sum()),
    )


def _residents(geography: Geography) -> Floats:
    """Residents by LSOA; none where the state does not count them."""
    if geography.data.find("lsoa_measure", SPLIT_WEIGHT) is None or geography.data.find("registrations") is None:
        return np.zeros(geography.size)
    return geography.measure(SPLIT_WEIGHT)


def _names(codes: pd.Series, units: Units) -> dict[str, str]:
    names = dict(zip(units.codes, units.names, strict=True))
    return {str(code): str(names[code]) for code in sorted(codes.unique())}


def _recoded(pairs: pd.DataFrame, old: set[str], new: set[str]) -> dict[str, str]:
    """Units that have another code and the very same LSOAs."""
    distinct = pairs[["old", "new"]].drop_duplicates()
    alone = ~distinct["old"].duplicated(keep=False) & ~distinct["new"].duplicated(keep=False)
    twins = distinct[alone & (distinct["old"] != distinct["new"])]
    fresh = ~twins["new"].isin(old) & ~twins["old"].isin(new)
    return dict(zip(twins.loc[fresh, "old"], twins.loc[fresh, "new"], strict=True))


def _nhs_codes(units: Units, known: Collection[str]) -> dict[str, str]:
    """GSS codes by NHS code, of the units that are known; none where a kind has no NHS codes."""
    pairs = zip(units.ods, units.codes, strict=True) if units.ods is not None else ()
    return {str(ods): str(code) for ods, code in pairs if ods and code in known}


def _redrawn(old: Mapping[str, str], new: Mapping[str, str], recoded: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """NHS codes that are kept while the GSS code changes, which only a new area gets."""
    kept = {ods: (old[ods], new[ods]) for ods in sorted(set(old) & set(new))}
    return {ods: (was, now) for ods, (was, now) in kept.items() if now not in (was, recoded.get(was))}


# --- practices --------------------------------------------------------------------------------------------------------


def practices_changed(old: Geography, new: Geography) -> PracticeChanges | None:
    """What became of practices; None where a state knows no PCNs.

    A practice opened or closed where only one of the two states lists it at all: in a PCN, or (a practice map) outside.
    """
    if old.data.find("pcn_members") is None or new.data.find("pcn_members") is None:
        return None
    before, after = old.pcns(), new.pcns()
    was, now = _living(old), _living(new)
    both = sorted(was & now)
    pcn = {code: (before.pcn_of.get(code, ""), after.pcn_of.get(code, "")) for code in both}
    moved = {code: pair for code, pair in pcn.items() if pair[0] and pair[1] and pair[0] != pair[1]}
    closed = tuple(sorted(was - now))
    old_names = {code: before.names[code] for code in before.practices_of}
    new_names = {code: after.names[code] for code in after.practices_of}
    renamed = {
        code: (old_names[code], new_names[code])
        for code in sorted(set(old_names) & set(new_names))
        if old_names[code] != new_names[code]
    }
    return PracticeChanges(
        before.vintage,
        after.vintage,
        moved,
        {code: pair[1] for code, pair in pcn.items() if not pair[0] and pair[1]},
        {code: pair[0] for code, pair in pcn.items() if pair[0] and not pair[1]},
        tuple(sorted(now - was)),
        closed,
        _patients((*moved, *closed), old, new),
        {code: name for code, name in sorted(new_names.items()) if code not in old_names},
        {code: name for code, name in sorted(old_names.items()) if code not in new_names},
        renamed,
    )


#: A list of practices tells who lives in a state of PCNs that is not more than this many months away.
NEAR_MONTHS = 3


def _living(geography: Geography) -> set[str]:
    """Practices of a state: in a PCN then, or in a list of all practices of about the same month."""
    pcns = geography.pcns()
    lists = geography.data.vintages("practices")
    near = [vintage for vintage in lists if abs(months(vintage) - months(pcns.vintage)) <= NEAR_MONTHS]
    entries = [geography.data.need("practices", vintage=vintage) for vintage in near]
    return set(pcns.pcn_of).union(*(geography.data.table(entry)["practice_code"] for entry in entries))


def _patients(practices: Iterable[str], old: Geography, new: Geography) -> dict[str, int]:
    """Registered patients by practice, by the newer registrations that know it."""
    found: dict[str, int] = {}
    for geography in (old, new):
        if geography.data.find("registrations") is not None:
            registrations = geography.registrations
            known = dict(zip(registrations.codes, registrations.by_practice.tolist(), strict=True))
            found |= {code: known[code] for code in practices if code in known}
    return found
