"""What the checks page counts: places that are a council, boards' areas, who uses practices of their own place."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from placemap.commands.workspace import Workspace
from placemap.core.arrays import Floats, sums
from placemap.crosswalk.england import home_of_practices
from placemap.reference.describe import as_text
from placemap.resolve.resolved import ResolvedFootprint

#: How the area of a board can lie to the places, in the order of the table.
SAME, SEVERAL, PART, ACROSS = (
    "the same LSOAs as one place",
    "several whole places",
    "a part of one place",
    "parts of several places",
)

#: Why people of a place use practices of others, by its code: whether the world, the definition or the method is why.
WHY = {
    "derby-and-derbyshire/place-alliances/south-derbyshire": "world: the district wraps around Derby and reaches "
    "Burton, and has few practices of its own",
    "birmingham-and-solihull/localities/central": "world: practices on the edges; and one practice with surgeries in "
    "several localities (M85063) counts as North's, with 15,177 who live here",
    "birmingham-and-solihull/localities/south": "world: practices on the edges",
    "birmingham-and-solihull/localities/east": "world: practices on the edges",
    "devon/local-care-partnerships-by-district/western": "definition: whole districts stand in for the partnership "
    "(grade C). One group in Ivybridge and Plympton has 11% of the residents",
    "north-west-london/places/hammersmith-and-fulham": "world, and what goes to Tower Hamlets is the method: see below",
    "south-west-london/places/merton": "world: narrow borough, practices on its edge",
    "north-west-london/places/harrow": "world: practices along the Edgware Road side",
    "north-central-london/places/islington": "world",
    "south-east-london/places/greenwich": "world",
}
LOWEST = 10


def councils(national: ResolvedFootprint, workspace: Workspace) -> str:
    """How many places are a council, or a sub-ICB location, whole; Markdown."""
    place = national.assignment.place
    lsoas = (np.flatnonzero(place == position).tolist() for position in range(len(national.places)))
    whole = Counter(_unit(as_text(workspace.describer.describe(one))) for one in lsoas)
    count, council, sub_icb = len(national.places), whole["council"], whole["sub-ICB location"]
    return (
        f"Of {count} places, {council} are one upper-tier or lower-tier authority whole; DESCRIPTION in `places` then "
        f"ends in `whole`. {sub_icb} more are one\nsub-ICB location, that is a former CCG. The other "
        f"{count - council - sub_icb} are groups or parts of councils, or are declared from networks."
    )


def _unit(text: str) -> str:
    found = re.fullmatch(r"(LTLA|UTLA|sub-ICB location) \w+ \(.*\) whole", text)
    return {"LTLA": "council", "UTLA": "council"}.get(found[1], found[1]) if found else ""


def boards(national: ResolvedFootprint) -> str:
    """How the areas of health and wellbeing boards lie to the places, by LSOAs; Markdown.

    A board's area is that of an upper-tier authority, each of which has one by the Health and Social Care Act 2012.
    """
    units, place = national.geography.units("utla"), national.assignment.place
    found = Counter(_lies(units.of == board, place) for board in range(len(units.codes)))
    rows = [f"| {how} | {found[how]} |" for how in (SAME, SEVERAL, PART, ACROSS)]
    head = f"| the area of a board ({len(units.codes)}, councils of {units.vintage}) is | boards |\n|---|--:|"
    return "\n".join([head, *rows])


def _lies(mine: np.ndarray, place: np.ndarray) -> str:
    places = np.unique(place[mine])
    whole = bool(mine[np.isin(place, places)].all())
    if whole:
        return SAME if len(places) == 1 else SEVERAL
    return PART if len(places) == 1 else ACROSS


def own_practice(national: ResolvedFootprint) -> str:
    """How many use a practice of their own place, and where the fewest do; Markdown."""
    people = _used(national)
    whole, own = people.sum(axis=1), people.diagonal()
    heads = national.place_codes
    area = [not part.footprint.has_patient_kinds for part in national.parts for _ in part.places]
    places = [at for at in np.argsort(own / whole) if area[at]]
    rows = [_place_row(national, people, at) for at in places[:LOWEST]]
    names = {part.system.id: part.system.name for part in national.parts}
    shares = {}
    for system in names:
        mine = np.array([head.ics == system for head in heads]) & area
        if mine.sum() > 1:
            shares[system] = own[mine].sum() / whole[mine].sum()
    lowest = sorted(shares, key=lambda system: shares[system])[:LOWEST]
    return "\n".join(
        [
            "A practice is taken to belong to the place where more of its patients live than in any other. By that, "
            f"{own.sum() / whole.sum():.1%} of England's registered residents",
            "use a practice of their own place; in `places` it is OWN_PRACTICE_SHARE. Where it is low, figures by "
            "practice, PCN or sub-ICB location describe",
            "other people than the residents.\n",
            f"The ten lowest of the {len(shares)} systems that are declared from areas and have more than one place:\n",
            "| system | own place |\n|---|--:|",
            *(f"| {names[system]} | {shares[system]:.1%} |" for system in lowest),
            "\nThe ten lowest places declared from areas, and why. None is a mistake in the build.\n",
            "| place | own place | where the others go | why |\n|---|--:|---|---|",
            *rows,
        ]
    )


def _place_row(national: ResolvedFootprint, people: Floats, at: int) -> str:
    place, head = national.places[at], national.place_codes[at]
    system = next(part.system.name for part in national.parts if part.system.id == head.ics)
    share = people[at] / people[at].sum()
    others = [other for other in np.argsort(-share) if other != at][:2]
    went = ", ".join(f"{national.places[other].name} {share[other]:.1%}" for other in others)
    return f"| {place.name} ({system}) | {share[at]:.1%} | {went} | {WHY.get(head.code, '')} |"


def _used(national: ResolvedFootprint) -> Floats:
    """By place of residence and place of the practice, registered residents."""
    registrations, place, count = national.geography.registrations, national.assignment.place, len(national.places)
    home = home_of_practices(registrations, place, count)
    practice, lived, patients = registrations.living(place)
    return sums(lived * count + home[practice], patients, count * count).reshape(count, count)
