"""What `infer` does: read → infer → write a config → build it → compare. Nothing is claimed that was not rebuilt."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from placemap.analysis.infer import Inferred, infer
from placemap.analysis.infer_areas import Progress
from placemap.analysis.infer_input import FineColumn, WantedPlaces, from_table
from placemap.analysis.infer_listed import Listing, declared, in_scope, scope_of_listing
from placemap.commands.workspace import Workspace, resolved_of
from placemap.config.draft import Declared, Draft, Unit, config_text, place_ids, slug
from placemap.config.load import system_from_text
from placemap.config.model import Footprint, System
from placemap.core.arrays import Floats, Ints
from placemap.core.codes import KINDS
from placemap.core.errors import PlacemapError
from placemap.core.findings import Finding, Severity
from placemap.core.fine_kinds import FINE_KINDS
from placemap.core.read_polygons import is_polygons, read_polygons
from placemap.core.read_tables import read_table
from placemap.reference.fine_lookups import FineLookup, doubts, looked_up, normal
from placemap.reference.geography import Geography
from placemap.reference.postcodes import lookup_for
from placemap.reference.recognise import MOSTLY, clean_codes, code_columns
from placemap.reference.schemas import ELSEWHERE
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
        off: LSOAs (or codes) that the config, resolved, does not give back; empty where it gives back all of the input.
        errors: why the config does not build; empty where it does.
        listed: what a list of PCNs or practices comes to, also of places that get no LSOA.
    """

    inferred: Inferred
    config: str
    off: tuple[str, ...]
    errors: tuple[Finding, ...]
    against: Against | None
    listed: tuple[Unit, ...] = ()

    @property
    def rebuilt(self) -> bool:
        """Whether the config builds and gives back the input."""
        return not self.off and not self.errors


def read_wanted(
    path: Path, geography: Geography, *, code: str = "", place: str = "", sheet: str | None = None, pcns: str = ""
) -> WantedPlaces:
    """What a file says of places.

    Args:
        code, place: columns; found by content where they are empty.
        sheet: of a workbook, or the layer of polygons.
        pcns: the vintage of PCNs that PCNs and practices are read by; the best where it is empty.

    Raises:
        PlacemapError: it cannot be understood.
    """
    try:
        if is_polygons(path):
            from placemap.analysis.infer_polygons import from_polygons  # geometry takes a second to load

            return from_polygons(read_polygons(path, sheet), geography, place)
        table = read_table(path, sheet)
        wanted = from_table(table.frame, geography, code, place, pcns, _fine_column(table.frame, geography, code))
        read = tuple(f"Of the file: {note}." for note in table.account.notes())
        return replace(wanted, notes=(*wanted.notes, *read))
    except PlacemapError as error:
        error.location = error.location or str(path)
        raise


def _fine_column(frame: pd.DataFrame, geography: Geography, asked: str) -> FineColumn | None:
    """The column of postcodes or output areas, where the table has no coarser codes or it is asked for.

    Raises:
        PlacemapError: there is one, and no lookup for it.
    """
    if asked and asked not in frame:
        return None
    texts = frame[[asked]] if asked else frame
    if code_columns(texts, geography):
        return None
    for column in texts:
        codes = clean_codes(texts[column])
        filled = sorted(set(codes) - {""})
        for kind in FINE_KINDS.values():
            fits = sum(bool(kind.shape.fullmatch(code)) for code in filled)
            if fits > MOSTLY * len(filled):
                with tempfile.TemporaryDirectory(prefix="placemap-") as folder:
                    return _located(str(column), filled, lookup_for(kind, filled, geography, Path(folder)))
    return None


def _located(column: str, codes: Sequence[str], lookup: FineLookup) -> FineColumn:
    found = looked_up(codes, lookup)
    rows = {code: found.get(normal(code, lookup.kind), ("", "")) for code in codes}
    ended = sum(bool(end) for _, end in rows.values())
    notes = [f"{lookup.kind.plural.capitalize()} by the LSOA that they lie in: {lookup.title}."]
    notes += [f"{note}." for note in doubts(lookup)]
    if ended:
        notes.append(f"{ended:,} of them have ended; each by its last LSOA.")
    elsewhere = {code: ELSEWHERE[word] for code, (word, _) in rows.items() if word in ELSEWHERE}
    lsoa_of = {code: lsoa for code, (lsoa, _) in rows.items() if lsoa and code not in elsewhere}
    return FineColumn(column, lookup.kind, lsoa_of, elsewhere, tuple(notes))


def infer_places(
    workspace: Workspace,
    wanted: WantedPlaces,
    name: str,
    against: tuple[System, Footprint] | None = None,
    advance: Progress | None = None,
) -> Found:
    """Find the shortest declaration of places, write it as a config, and build that to see that it gives them back.

    Args:
        name: of the system, for the config.
        against: a footprint to measure the distance to.
        advance: called after each place, with how many are done and of how many.

    Raises:
        PlacemapError: the practices of the input lie in no sub-ICB location that the reference knows.
    """
    if wanted.listing is not None:
        return _as_listed(workspace, wanted, wanted.listing, name, against, advance)
    residents = workspace.geography.measure(workspace.measure)
    distance = _against(workspace, wanted.names, wanted.place, residents, against)
    for by_pcn in (True, False):
        found = infer(wanted, workspace.geography, workspace.describer, residents, by_pcn=by_pcn, advance=advance)
        config = _config(workspace.geography, found, name)
        off = _off(wanted, _resolved(workspace, config), workspace.geography)
        errors = _errors(workspace, config)
        if found.way == "areas" or not (off or errors):
            break
    return Found(found, config, off, errors, distance)


def _system(config: str) -> tuple[System, Footprint]:
    system = system_from_text(config, "inferred config")
    return system, system.footprints[FOOTPRINT]


def _resolved(workspace: Workspace, config: str) -> Assignment:
    return resolved_of(workspace, *_system(config)).assignment


def _errors(workspace: Workspace, config: str) -> tuple[Finding, ...]:
    """What would stop a build of the config."""
    return tuple(f for f in workspace.check(*_system(config)).findings if f.severity == Severity.ERROR)


def _off(wanted: WantedPlaces, assignment: Assignment, geography: Geography) -> tuple[str, ...]:
    """LSOAs that the built config puts elsewhere."""
    ids = place_ids(wanted.names)
    order = [place.id for place in assignment.footprint.places]
    position = np.array([*(order.index(ids[name]) if ids[name] in order else -2 for name in wanted.names), -1])
    return tuple(str(code) for code in geography.lsoas[position[wanted.place] != assignment.place])


def _config(geography: Geography, found: Inferred, name: str) -> str:
    wanted = found.wanted
    places = {place.name: place.declared for place in found.places if place.declared.length}
    uses_pcns = any(kind == "pcn" for item in places.values() for kind, _, _ in item.members)
    draft = Draft(
        system=slug(name),
        system_name=name,
        icb=icb_of(geography, wanted.place >= 0),
        scope=found.scope,
        footprint=FOOTPRINT,
        footprint_name=f"{len(places)} places inferred from a file",
        places=places,
        notes=(
            f"Inferred from {wanted.source}.",
            "Fill in the evidence, then: placemap build THIS-FILE",
            *wanted.notes,
            *(finding.message for finding in wanted.findings),
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
    workspace: Workspace,
    wanted: WantedPlaces,
    found: Listing,
    name: str,
    against: tuple[System, Footprint] | None,
    advance: Progress | None,
) -> Found:
    """Places of PCNs or practices are declared from just these; what they come to in areas is told of the result."""
    geography = workspace.geography
    residents = geography.measure(workspace.measure)
    units = declared(found, wanted.names, geography)
    listed = [unit for item in units.values() for unit in item.members]
    scope, notes = scope_of_listing(found, geography)
    wanted = replace(wanted, notes=(*wanted.notes, *notes))
    config = _listed_config(geography, wanted, found, units, scope, name)
    assignment = _resolved(workspace, config)
    if empty := _without_lsoas(assignment):
        wanted = replace(wanted, findings=(*wanted.findings, *(_empty(place, units[place]) for place in empty)))
        units = {place: item for place, item in units.items() if place not in empty}
        config = _listed_config(geography, wanted, found, units, scope, name)
        assignment = _resolved(workspace, config)
    order = tuple(place.name for place in assignment.footprint.places)
    result = replace(wanted, names=order, place=assignment.place)
    areas = infer(result, geography, workspace.describer, residents, by_pcn=False, advance=advance)
    places = tuple(
        replace(item, declared=units[item.name], also=(*item.also, item.declared.text) if item.lsoas else ())
        for item in areas.places
    )
    length = len(listed)
    inferred = replace(
        areas, wanted=wanted, way="as listed", length=length, other=areas.length, places=places, scope=scope
    )
    distance = _against(workspace, order, assignment.place, residents, against)
    off = _not_declared(assignment, units)
    return Found(inferred, config, off, _errors(workspace, config), distance, tuple(listed))


def _listed_config(
    geography: Geography,
    wanted: WantedPlaces,
    found: Listing,
    units: Mapping[str, Declared],
    scope: Declared,
    name: str,
) -> str:
    within = np.zeros(geography.size, dtype=bool)
    within[in_scope(scope, geography)] = True
    practices = any(kind == "practice" for item in units.values() for kind, _, _ in item.members)
    draft = Draft(
        slug(name),
        name,
        icb_of(geography, within),
        scope,
        FOOTPRINT,
        f"{len(units)} places of {KINDS[found.kind].plural}",
        units,
        (f"From {wanted.source}, as they are listed there.", *wanted.notes, *(f.message for f in wanted.findings)),
        pcn_vintage=found.vintage,
        practice_vintage=found.vintage if practices and not found.usual else "",
    )
    return config_text(draft)


def _without_lsoas(assignment: Assignment) -> list[str]:
    """Places that get no LSOA, where others do."""
    places = assignment.footprint.places
    empty = [place.name for at, place in enumerate(places) if not (assignment.place == at).any()]
    return empty if len(empty) < len(places) else []


def _empty(place: str, units: Declared) -> Finding:
    return Finding(
        "place-without-lsoas",
        Severity.WARNING,
        f"{place} ({units.text}) has most of the patients of no LSOA, and is left out of the config.",
        place,
        hint="put its practices with another place, or leave them out",
    )


def _not_declared(assignment: Assignment, units: Mapping[str, Declared]) -> tuple[str, ...]:
    """Codes that the config does not have in the place where they were listed."""
    built = {(place.name, member.code) for place, member in assignment.footprint.members()}
    return tuple(code for place, item in units.items() for _, code, _ in item.members if (place, code) not in built)


# --- the distance to a footprint --------------------------------------------------------------------------------------


def _against(
    workspace: Workspace, names: tuple[str, ...], place: Ints, residents: Floats, other: tuple[System, Footprint] | None
) -> Against | None:
    if other is None:
        return None
    system, footprint = other
    declared = resolved_of(workspace, system, footprint).assignment
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
