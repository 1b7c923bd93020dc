"""Lists of PCNs or practices: the one list of PCNs that they are read by, what they are in PCNs, and their scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from placemap.config.draft import Declared, Unit
from placemap.core.arrays import Ints, sums
from placemap.core.codes import KINDS
from placemap.core.errors import Exit, PlacemapError
from placemap.core.text import listed
from placemap.reference.former_codes import living_practices
from placemap.reference.geography import Geography
from placemap.reference.vintages import months

#: A practice with less of its patients than this in the sub-ICB location that a list of PCNs gives it is not there:
#: the list's locations are those of its day, and their boundaries have moved since.
HARDLY_ANY = 0.1
#: A list of which whole PCNs have less than this is one of practices.
MOSTLY = 0.5


@dataclass(frozen=True)
class Listing:
    """PCNs or practices by place, and the list of PCNs that members, names and scope are taken from.

    Attributes:
        kind: `pcn` or `practice`.
        vintage: of the list of PCNs.
        usual: the vintage is the one that configs have without saying so.
        place_of: by code that lives in the vintage, the name of its place.
        unknown: the codes that do not, sorted.
        notes: which other list has those.
    """

    kind: str
    vintage: str
    usual: bool
    place_of: dict[str, str]
    unknown: tuple[str, ...]
    notes: tuple[str, ...] = ()


def listing(kind: str, place_of: Mapping[str, str], geography: Geography, asked: str = "") -> Listing:
    """A list with the list of PCNs that it is best read by.

    That is the one which has most of the codes, then the one that says the places in fewest units, with the fewest
    sub-ICB locations and the fewest PCNs of which only a part is listed, then the one nearest to the registrations.

    Args:
        kind: `pcn` or `practice`.
        place_of: by code, the name of its place.
        asked: the vintage of PCNs that the user asks for.

    Raises:
        PlacemapError: no list has any of the codes.
    """
    vintages = [asked] if asked else geography.data.vintages("pcn_members")
    read = [_read_by(kind, place_of, vintage, geography) for vintage in vintages]
    registered = months(geography.registrations_entry.vintage)

    def fit(item: Listing) -> tuple[int | str, ...]:
        units = sum(mine.length for mine in declared(item, set(item.place_of.values()), geography).values())
        locations, far = len(_locations(item, geography)[0]), abs(months(item.vintage) - registered)
        return len(item.place_of), -units, -locations, -_partly_listed(item, geography), -far, item.vintage

    best = max(read, key=fit)
    if not best.place_of:
        raise PlacemapError(
            f"none of the {len(place_of):,} {KINDS[kind].plural} lives in {listed(vintages, 'or')}, "
            f"such as {best.unknown[0]}",
            hint="`placemap data update`, or --data with a store that has them",
            exit_code=Exit.WRONG,
        )
    others = [vintage for vintage in geography.data.vintages("pcn_members") if vintage != best.vintage]
    notes = [_also_in(best.unknown, vintage, living_codes(kind, vintage, geography)) for vintage in others]
    return replace(best, notes=tuple(note for note in notes if note))


def _read_by(kind: str, place_of: Mapping[str, str], vintage: str, geography: Geography) -> Listing:
    living = living_codes(kind, vintage, geography)
    known = {code: place for code, place in place_of.items() if code in living}
    usual = vintage == geography.default_vintage("pcn")
    return Listing(kind, vintage, usual, known, tuple(sorted(set(place_of) - set(known))))


def living_codes(kind: str, vintage: str, geography: Geography) -> dict[str, str]:
    """Names by code of the PCNs, or the practices, that live in a vintage of the PCNs."""
    if kind == "practice":
        return living_practices(geography, None if vintage == geography.default_vintage("pcn") else vintage)
    pcns = geography.pcns(vintage)
    return {code: pcns.names[code] for code in pcns.practices_of if code in pcns.names}


def _also_in(unknown: Collection[str], vintage: str, living: Collection[str]) -> str:
    here = sorted(set(unknown) & set(living))
    return f"{len(here):,} of the {len(unknown):,} codes that are left out live in {vintage}." if here else ""


# --- what it is declared from -----------------------------------------------------------------------------------------


def declared(found: Listing, names: Collection[str], geography: Geography) -> dict[str, Declared]:
    """By place, its units: a PCN where all its practices are listed in one place, as people mean that, else practices.

    Args:
        names: of the places, in their order.
    """
    unit_of = _whole_pcns(found, geography) if found.kind == "practice" else {}
    if len(unit_of) < MOSTLY * len(found.place_of):
        unit_of = {}
    name_of = living_codes(found.kind, found.vintage, geography)
    pcn_names = geography.pcns(found.vintage).names
    units: dict[str, set[Unit]] = {name: set() for name in names}
    for code, place in found.place_of.items():
        pcn = unit_of.get(code, "")
        units[place].add(("pcn", pcn, pcn_names[pcn]) if pcn else (found.kind, code, name_of[code]))
    return {name: Declared(tuple(sorted(mine))) for name, mine in units.items()}


def _whole_pcns(found: Listing, geography: Geography) -> dict[str, str]:
    """By practice, its PCN, where that is listed whole and in one place."""
    whole = {}
    for pcn, practices in geography.pcns(found.vintage).practices_of.items():
        places = {found.place_of.get(practice) for practice in practices}
        if len(places) == 1 and None not in places:
            whole.update(dict.fromkeys(practices, pcn))
    return whole


def _partly_listed(found: Listing, geography: Geography) -> int:
    """How many PCNs have some of their practices in the list and some not."""
    listed_in = [
        sum(code in found.place_of for code in practices) / len(practices)
        for practices in geography.pcns(found.vintage).practices_of.values()
    ]
    return sum(0 < share < 1 for share in listed_in)


# --- scope ------------------------------------------------------------------------------------------------------------


def scope_of_listing(found: Listing, geography: Geography) -> tuple[Declared, tuple[str, ...]]:
    """The sub-ICB locations that the practices belong to, and what is to be said of that.

    Raises:
        PlacemapError: the reference knows no such location.
    """
    units = geography.units("sub_icb")
    chosen, moved = _locations(found, geography)
    if not chosen:
        raise PlacemapError(
            f"the {KINDS[found.kind].plural} lie in no sub-ICB location that the reference knows",
            hint="`placemap data update`",
            exit_code=Exit.WRONG,
        )
    notes = [
        f"{count} practice{'s' if count > 1 else ''} of {ods} in {found.vintage} counted to {units.names[at]}, where "
        f"most of the patients live within the boundaries of {units.vintage}."
        for (ods, at), count in sorted(moved.items())
    ]
    members = tuple(("sub_icb", str(units.codes[at]), str(units.names[at])) for at in sorted(chosen))
    return Declared(members), tuple(notes)


def _locations(found: Listing, geography: Geography) -> tuple[set[int], Counter[tuple[str, int]]]:
    """Positions of the sub-ICB locations, and how many practices of an NHS code count to another one.

    A practice belongs where the list of PCNs has it; but where hardly any of its patients live there, or there is no
    such location any more, where most of them live.
    """
    units = geography.units("sub_icb")
    practices = _practices(found, geography)
    ods_of = dict(geography.pcns(found.vintage).members.rows("practice_code", "practice_sub_icb_ods"))
    lives, shares = _homes(practices, geography, ods_of)
    chosen: set[int] = set()
    moved: Counter[tuple[str, int]] = Counter()
    for practice in practices:
        official, home = units.position(ods_of.get(practice, "")), lives.get(practice)
        stays = official is not None and (home is None or shares.get(practice, 0.0) >= HARDLY_ANY)
        at = official if stays else home
        if at is None:
            continue
        chosen.add(at)
        if not stays and ods_of.get(practice):
            moved[ods_of[practice], at] += 1
    return chosen, moved


def _practices(found: Listing, geography: Geography) -> list[str]:
    if found.kind == "practice":
        return sorted(found.place_of)
    members = geography.pcns(found.vintage).practices_of
    return sorted({practice for code in found.place_of for practice in members[code]})


def _homes(
    practices: Collection[str], geography: Geography, ods_of: Mapping[str, str]
) -> tuple[dict[str, int], dict[str, float]]:
    """By practice with patients: the sub-ICB location where most live, and the share of them in its official one."""
    units, registrations = geography.units("sub_icb"), geography.registrations
    count = len(units.codes)
    at, location, patients = registrations.living(units.of)
    cells = sums(at * count + location, patients, len(registrations.codes) * count).reshape(-1, count)
    wanted = set(practices)
    lives: dict[str, int] = {}
    shares: dict[str, float] = {}
    for row, code in enumerate(registrations.codes):
        total = float(cells[row].sum())
        if code in wanted and total > 0:
            lives[code] = int(cells[row].argmax())
            official = units.position(ods_of.get(code, ""))
            shares[code] = float(cells[row, official]) / total if official is not None else 0.0
    return lives, shares


def in_scope(scope: Declared, geography: Geography) -> Ints:
    """Positions of the LSOAs of some sub-ICB locations."""
    units = geography.units("sub_icb")
    positions = [units.position(code) for _, code, _ in scope.members]
    return np.concatenate([units.lsoas(at) for at in positions if at is not None])
