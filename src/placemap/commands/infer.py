"""What `infer` does: read → infer → write a config → build it → compare. Nothing is claimed that was not rebuilt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from placemap.analysis.infer import Inferred, infer
from placemap.analysis.infer_input import Wanted, from_polygons, from_table
from placemap.commands.workspace import Workspace, resolved
from placemap.config.draft import Declared, Draft, config_text, place_ids, slug
from placemap.config.load import system_from_text
from placemap.config.model import Footprint, System
from placemap.core.arrays import Floats, Ints
from placemap.core.errors import Exit, PlacemapError
from placemap.core.read_tables import POLYGON_ENDINGS, read_polygons, read_table
from placemap.reference.geography import Geography
from placemap.resolve.resolve import Assignment

FOOTPRINT = "inferred"


@dataclass(frozen=True)
class Against:
    """How far the places are from a declared footprint.

    Attributes:
        pairs: (place of the input, declared place, LSOAs, residents), blank for none, sorted.
        matched: place of the input → the declared place that has most of its people, each once.
        lsoas, residents: that are not in the matched place.
        total: residents in any place of either.
    """

    footprint: str
    pairs: tuple[tuple[str, str, int, float], ...]
    matched: Mapping[str, str]
    lsoas: int
    residents: float
    total: float


@dataclass(frozen=True)
class Found:
    """What `infer` found.

    Attributes:
        rebuilt: the config, built, gives back the input exactly.
        off: LSOAs (or practices) that it does not give back; empty where it is rebuilt.
    """

    inferred: Inferred
    config: str
    rebuilt: bool
    off: tuple[str, ...]
    against: Against | None


def read_wanted(
    path: Path, geography: Geography, *, code: str = "", place: str = "", sheet: str | None = None
) -> Wanted:
    """What a file says of places. Raises PlacemapError where it cannot be understood."""
    if path.suffix.lower() in POLYGON_ENDINGS:
        return from_polygons(read_polygons(path, sheet), geography, place)
    try:
        return from_table(read_table(path, sheet).frame, geography, code, place)
    except PlacemapError as error:
        error.location = error.location or str(path)
        raise


def infer_places(
    workspace: Workspace, wanted: Wanted, name: str, against: tuple[System, Footprint] | None = None
) -> Found:
    """Find the shortest declaration of places, write it as a config, and build that to see that it gives them back.

    Args:
        name: of the system, for the config.
        against: a footprint to measure the distance to.

    Raises:
        PlacemapError: the practices of the input lie in no sub-ICB location that the reference knows.
    """
    residents = workspace.geography.measure(workspace.measure)
    if wanted.practices is not None:
        return _as_listed(workspace, wanted, name, residents, against)
    distance = _against(workspace, wanted.names, wanted.place, residents, against)
    for by_pcn in (True, False):
        found = infer(wanted, workspace.geography, workspace.describer, residents, by_pcn=by_pcn)
        config = _config(workspace.geography, found, name)
        assignment = _built(workspace, config)
        off = _off(wanted, assignment, workspace.geography)
        if not off or found.way == "areas":
            break
    return Found(found, config, not off, off, distance)


def _built(workspace: Workspace, config: str) -> Assignment:
    system = system_from_text(config, "inferred config")
    return resolved(workspace, system, system.footprints[FOOTPRINT])


def _off(wanted: Wanted, assignment: Assignment, geography: Geography) -> tuple[str, ...]:
    """LSOAs that the built config puts elsewhere."""
    ids = place_ids(wanted.names)
    order = [place.id for place in assignment.footprint.places]
    position = np.array([*(order.index(ids[name]) if ids[name] in order else -2 for name in wanted.names), -1])
    return tuple(str(code) for code in geography.lsoas[position[wanted.place] != assignment.place])


def _config(geography: Geography, found: Inferred, name: str) -> str:
    wanted = found.wanted
    declared = {place.name: place.declared for place in found.places if place.declared.length}
    uses_pcns = any(kind == "pcn" for item in declared.values() for kind, _, _ in item.members)
    draft = Draft(
        system=slug(name),
        system_name=name,
        icb=icb_of(geography, wanted.place >= 0),
        scope=found.scope,
        footprint=FOOTPRINT,
        footprint_name=f"{len(declared)} places inferred from a file",
        places=declared,
        notes=(
            f"Inferred from {wanted.source}.",
            "Fill in the evidence, then: placemap build THIS-FILE",
            *wanted.notes,
        ),
        pcn_vintage=geography.default_vintage("pcn") if uses_pcns else "",
    )
    return config_text(draft)


def icb_of(geography: Geography, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[str, str, str]:
    """Code, NHS code and vintage of the ICB that most of the LSOAs are in."""
    units = geography.units("icb")
    counts = Counter(int(at) for at in units.of[mask] if at >= 0)
    if not counts:
        raise PlacemapError("the places lie in no ICB that the reference knows", hint="`placemap data update`")
    at = min(counts, key=lambda unit: (-counts[unit], unit))
    return str(units.codes[at]), str(units.ods[at]) if units.ods is not None else "", units.vintage


# --- PCNs and practices -----------------------------------------------------------------------------------------------


def _as_listed(
    workspace: Workspace, wanted: Wanted, name: str, residents: Floats, against: tuple[System, Footprint] | None
) -> Found:
    """Places of PCNs or practices are declared from just these; what they come to in areas is told of the result."""
    assert wanted.practices is not None
    geography = workspace.geography
    kind, vintage, place_of = wanted.practices
    names = _names(geography, kind, vintage)
    listed = {
        place: Declared(
            tuple((kind, code, names.get(code, "")) for code, of in sorted(place_of.items()) if of == place)
        )
        for place in wanted.names
    }
    scope = _scope_of_practices(geography, kind, vintage, place_of)
    in_scope = np.isin(
        geography.units("sub_icb").codes[geography.units("sub_icb").of], [code for _, code, _ in scope.members]
    )
    draft = Draft(
        slug(name),
        name,
        icb_of(geography, in_scope),
        scope,
        FOOTPRINT,
        f"{len(listed)} places of {kind}s",
        listed,
        (f"From {wanted.source}, as they are listed there.", *wanted.notes),
        pcn_vintage=_pinned(geography, kind, vintage),
    )
    config = config_text(draft)
    assignment = _built(workspace, config)
    order = {place.id: place.name for place in assignment.footprint.places}
    result = replace(wanted, names=tuple(order.values()), place=assignment.place)
    found = infer(result, geography, workspace.describer, residents, by_pcn=False)
    places = tuple(
        replace(item, declared=listed[item.name], also=(*item.also, item.declared.text)) for item in found.places
    )
    length = sum(item.length for item in listed.values())
    inferred = replace(
        found, wanted=wanted, way="as listed", length=length, other=found.length, places=places, scope=scope
    )
    off = tuple(code for code, place in place_of.items() if not _declares(assignment, code, place))
    distance = _against(workspace, result.names, result.place, residents, against)
    return Found(inferred, config, not off, off, distance)


def _declares(assignment: Assignment, code: str, place: str) -> bool:
    return [of.name for of, member in assignment.footprint.members() if member.code == code] == [place]


def _names(geography: Geography, kind: str, vintage: str) -> dict[str, str]:
    if kind == "pcn":
        return geography.pcns(vintage).names
    return {**geography.pcns().practice_names, **geography.practice_names}


def _pinned(geography: Geography, kind: str, vintage: str) -> str:
    return vintage if kind == "pcn" else geography.default_vintage("pcn")


def _scope_of_practices(geography: Geography, kind: str, vintage: str, place_of: Mapping[str, str]) -> Declared:
    """The sub-ICB locations that the practices or PCNs belong to."""
    pcns = geography.pcns(_pinned(geography, kind, vintage))
    members = pcns.members
    ods_of = (
        dict(zip(members["practice_code"], members["practice_sub_icb_ods"], strict=True))
        if kind == "practice"
        else pcns.sub_icb
    )
    units = geography.units("sub_icb")
    found = sorted({at for code in place_of if (at := units.position(ods_of.get(code, ""))) is not None})
    if not found:
        raise PlacemapError(
            f"the {kind}s lie in no sub-ICB location that the reference knows",
            hint="`placemap data update`",
            exit_code=Exit.WRONG,
        )
    return Declared(tuple(("sub_icb", str(units.codes[at]), str(units.names[at])) for at in found))


# --- the distance to a footprint --------------------------------------------------------------------------------------


def _against(
    workspace: Workspace, names: tuple[str, ...], place: Ints, residents: Floats, other: tuple[System, Footprint] | None
) -> Against | None:
    if other is None:
        return None
    system, footprint = other
    declared = resolved(workspace, system, footprint)
    there = np.array([*(item.name for item in footprint.places), ""], dtype=object)
    here = np.array([*names, ""], dtype=object)
    rows = np.flatnonzero((place >= 0) | (declared.place >= 0))
    cells: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        cell = cells.setdefault((str(here[place[row]]), str(there[declared.place[row]])), [0, 0.0])
        cell[0] += 1
        cell[1] += float(residents[row])
    matched = _matched({key: people for key, (_, people) in cells.items()})
    wrong = [value for (a, b), value in cells.items() if not a or matched.get(a) != b]
    return Against(
        f"{system.id}/{footprint.id}",
        tuple((a, b, int(lsoas), people) for (a, b), (lsoas, people) in sorted(cells.items())),
        matched,
        int(sum(lsoas for lsoas, _ in wrong)),
        float(sum(people for _, people in wrong)),
        float(residents[rows].sum()),
    )


def _matched(people: Mapping[tuple[str, str], float]) -> dict[str, str]:
    """Places one to one, the pair with most people in common first."""
    found: dict[str, str] = {}
    for a, b in sorted(people, key=lambda key: (-people[key], key)):
        if a and b and a not in found and b not in found.values():
            found[a] = b
    return found
