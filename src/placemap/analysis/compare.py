"""Footprints side by side: sizes, which units they keep whole, and the crosswalk between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from placemap.analysis import schemas
from placemap.config.model import Footprint
from placemap.config.tiers import GUIDANCE, tier_of
from placemap.core.arrays import Floats, Ints, Numbers, ratio, sums
from placemap.core.columns import columns_of, columns_of_rows
from placemap.core.tables import Table, as_declared
from placemap.core.text import counted, listed
from placemap.reference.by_lsoa import Units
from placemap.reference.geography import Geography
from placemap.resolve.plurality import plurality
from placemap.resolve.resolved import ResolvedFootprint

#: Area kinds whose units a footprint may keep whole.
KINDS_ALIGNED = ("ltla", "utla")


@dataclass(frozen=True)
class Split:
    """A unit that is divided between places.

    Attributes:
        parts: (name of the place, LSOAs, residents), the largest first.
    """

    code: str
    name: str
    parts: tuple[tuple[str, int, float], ...]

    @property
    def text(self) -> str:
        """`E06000024 North Somerset (Woodspring 120,343; Weston, Worle and Villages 94,558)`."""
        return f"{self.code} {self.name} ({'; '.join(f'{name} {people:,.0f}' for name, _, people in self.parts)})"


@dataclass(frozen=True)
class Alignment:
    """How far a footprint keeps the units of one kind whole.

    Attributes:
        kind: `ltla`, `utla`, `pcn`, `ccg`.
        units, whole: number of units in the footprint, and of those in one place as far as the footprint has them.
        share: residents living in whole units ÷ residents of the footprint.
        split: the others.
    """

    kind: str
    vintage: str
    units: int
    whole: int
    share: float
    split: tuple[Split, ...]


@dataclass(frozen=True)
class Side:
    """One footprint of a comparison.

    Attributes:
        sizes: residents by place, in order of `footprint.places`.
        in_range: places whose residents lie in the range that guidance gives for their tier; None where it gives none.
    """

    resolved: ResolvedFootprint
    lsoas: int
    residents: float
    registered: float
    sizes: tuple[float, ...]
    in_range: int | None
    outside_scope: int
    alignments: tuple[Alignment, ...]

    @property
    def footprint(self) -> Footprint:
        """The footprint that was resolved."""
        return self.resolved.footprint

    @property
    def smallest(self) -> int:
        """Position of the place with fewest residents."""
        return int(np.argmin(self.sizes))

    @property
    def largest(self) -> int:
        """Position of the place with most residents."""
        return int(np.argmax(self.sizes))

    @property
    def spread(self) -> float:
        """Residents of the largest ÷ residents of the smallest place; infinite where the smallest has none."""
        low = self.sizes[self.smallest]
        return self.sizes[self.largest] / low if low else float("inf")


@dataclass(frozen=True)
class Nesting:
    """How one footprint of a comparison lies inside another.

    Attributes:
        inner, outer: ids of the footprints.
        crossing: names of the inner places that have LSOAs which their parent has not.
        lsoas, residents: what they have so.
    """

    inner: str
    outer: str
    crossing: tuple[str, ...]
    lsoas: int
    residents: float

    @property
    def text(self) -> str:
        """What it says, in a sentence."""
        start = f"{self.inner} lies inside {self.outer}: "
        if not self.crossing:
            return f"{start}every place in one of its places"
        return (
            f"{start}{counted(self.lsoas, 'LSOA')} ({self.residents:,.0f} residents) of {listed(self.crossing)} "
            f"{'is' if self.lsoas == 1 else 'are'} in another place than the rest"
        )


def nestings(sides: Sequence[Side]) -> list[Nesting]:
    """Which of the footprints lie inside which others of them."""
    ids = {item.footprint.id for item in sides}
    found = []
    for resolved in (item.resolved for item in sides):
        if resolved.outer is None or resolved.outer.footprint.id not in ids:
            continue
        crossing = resolved.crossing
        places = np.unique(resolved.assignment.place[crossing])
        names = tuple(resolved.places[at].name for at in places)
        inner, outer = resolved.footprint.id, resolved.outer.footprint.id
        found.append(Nesting(inner, outer, names, int(crossing.sum()), resolved.people(crossing)))
    return found


def side(resolved: ResolvedFootprint) -> Side:
    """The figures of one footprint."""
    assignment, populations = resolved.assignment, resolved.populations
    place, count = assignment.place, len(resolved.places)
    placed = place >= 0
    sizes = np.bincount(place[placed], weights=populations.residents[placed], minlength=count)
    size = GUIDANCE.get(tier_of(resolved.system, resolved.footprint))
    return Side(
        resolved,
        int(placed.sum()),
        *populations.of(placed),
        tuple(populations.of(place == position)[0] for position in range(count)),
        int(((sizes >= size.low) & (sizes <= size.high)).sum()) if size else None,
        int((placed & ~assignment.in_scope).sum()),
        alignments(resolved),
    )


def alignments(resolved: ResolvedFootprint) -> tuple[Alignment, ...]:
    """How far LTLAs, UTLAs, PCNs and former CCGs are kept whole."""
    geography = resolved.geography
    units = {kind: geography.units(kind) for kind in KINDS_ALIGNED}
    units["pcn"] = pcn_areas(geography, resolved.pcn_vintage)
    if geography.ccg_vintage:
        units["ccg"] = geography.units("sub_icb", geography.ccg_vintage)
    return tuple(_alignment(kind, of_kind, resolved) for kind, of_kind in units.items())


def pcn_areas(geography: Geography, vintage: str) -> Units:
    """PCNs as areas: each LSOA belongs to the one that most of its registered patients use."""
    pcns, registrations = geography.pcns(vintage), geography.registrations
    codes = np.array(sorted(pcns.practices_of), dtype=object)
    position = {code: at for at, code in enumerate(codes)}
    group = np.array([position.get(pcns.pcn_of.get(code, ""), -1) for code in registrations.codes], dtype=np.int64)
    # Only the PCNs that anyone in the tables uses: a column for each of England's would be large.
    used, compact = np.unique(group, return_inverse=True)
    shift = int(used[0] == -1)
    kept = codes[used[shift:]]
    found = plurality(registrations, compact - shift, np.ones((geography.size, len(kept)), dtype=bool))
    names = np.array([pcns.names[code] for code in kept], dtype=object)
    return Units("pcn", vintage, kept, names, None, found.winner, np.ones(geography.size, dtype=bool))


def _alignment(kind: str, units: Units, resolved: ResolvedFootprint) -> Alignment:
    place, of, residents = resolved.assignment.place, units.of, resolved.populations.residents
    rows = np.flatnonzero((place >= 0) & (of >= 0))
    count, size = len(resolved.places), len(units.codes)
    lsoas, people = (
        np.bincount(of[rows] * count + place[rows], weights=weight, minlength=size * count).reshape(-1, count)
        for weight in (None, residents[rows])
    )
    places = (lsoas > 0).sum(axis=1)
    whole = places == 1
    total = resolved.people(place >= 0)
    place_names = [item.name for item in resolved.places]
    split = tuple(
        Split(str(units.codes[unit]), str(units.names[unit]), _parts(lsoas[unit], people[unit], place_names))
        for unit in np.flatnonzero(places > 1)
    )
    share = float(people[whole].sum()) / total if total else 0.0
    return Alignment(kind, units.vintage, int((places > 0).sum()), int(whole.sum()), share, split)


def _parts(lsoas: Floats, people: Floats, names: Sequence[str]) -> tuple[tuple[str, int, float], ...]:
    parts = [(names[at], int(lsoas[at]), float(people[at])) for at in np.flatnonzero(lsoas).tolist()]
    return tuple(sorted(parts, key=lambda part: (-part[2], part[0])))


# --- tables -----------------------------------------------------------------------------------------------------------


def comparison_tables(sides: Sequence[Side]) -> list[Table]:
    """footprints, alignment, and place_place for every pair of the footprints, one or more."""
    populations = sides[0].resolved.populations
    first = Table(
        "footprints",
        schemas.footprints(populations),
        # As objects: a count that some have not is no decimal.
        columns_of(
            pd.DataFrame([_row(item) for item in sides]).assign(
                IN_RANGE=pd.Series([item.in_range for item in sides], dtype=object)
            )
        ),
    )
    rows = [_alignment_row(item, one) for item in sides for one in item.alignments]
    second = Table("alignment", schemas.ALIGNMENT, columns_of_rows(rows, schemas.ALIGNMENT))
    pairs = [place_place(a.resolved, b.resolved) for a, b in combinations(sides, 2)]
    schema = schemas.place_place(populations)
    frames = [pair.frame for pair in pairs]
    both = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=schema.names)
    return [first, second, Table("place_place", schema, columns_of(both))]


def _row(item: Side) -> dict[str, object]:
    footprint = item.footprint
    return {
        "ICSID": item.resolved.system.id,
        "FOOTPRINT": footprint.id,
        "FOOTPRINTNM": footprint.name,
        "STATUS": footprint.status,
        "GRADE": footprint.grade,
        "PLACES": len(footprint.places),
        "LSOAS": item.lsoas,
        "RESIDENTS": item.residents,
        "REGISTERED": item.registered,
        "SMALLEST": footprint.places[item.smallest].name,
        "SMALLEST_RESIDENTS": item.sizes[item.smallest],
        "LARGEST": footprint.places[item.largest].name,
        "LARGEST_RESIDENTS": item.sizes[item.largest],
        "SPREAD": item.spread,
        "IN_RANGE": item.in_range,
        "OUTSIDE_SCOPE": item.outside_scope,
    }


def _alignment_row(item: Side, one: Alignment) -> tuple[object, ...]:
    split = "; ".join(unit.text for unit in one.split)
    return (*item.resolved.key, one.kind, one.vintage, one.units, one.whole, one.share, split)


def place_place(a: ResolvedFootprint, b: ResolvedFootprint) -> Table:
    """The crosswalk between the places of two footprints of a system.

    LSOAs in a place of one footprint and in none of the other make rows with a blank, so that the shares of every place
    sum to 1 both ways.
    """
    populations = a.populations
    place_a, place_b = a.assignment.place, b.assignment.place
    rows = np.flatnonzero((place_a >= 0) | (place_b >= 0))
    sizes = len(a.places) + 1, len(b.places) + 1
    # -1 becomes the last label, which stands for no place.
    left, right = place_a[rows] % sizes[0], place_b[rows] % sizes[1]
    cells, inverse = np.unique(left * sizes[1] + right, return_inverse=True)
    row_a, row_b = np.divmod(cells, sizes[1])
    columns: dict[str, Numbers] = {"ICSID": np.full(len(cells), a.system.id, dtype=object)}
    for letter, resolved, place in (("A", a, row_a), ("B", b, row_b)):
        columns[f"FOOTPRINT_{letter}"] = np.full(len(cells), resolved.footprint.id, dtype=object)
        columns[f"PLACECD_{letter}"], columns[f"PLACENM_{letter}"] = resolved.placecd[place], resolved.placenm[place]
    columns["LSOAS"] = np.bincount(inverse, minlength=len(cells))
    for column, people in (("RESIDENT", populations.residents[rows]), ("REGISTERED", populations.registered[rows])):
        overlap = sums(inverse, people, len(cells))
        columns["RESIDENTS" if column == "RESIDENT" else "REGISTERED"] = overlap
        columns[f"A_{column}_SHARE"] = _share(overlap, row_a, left, people, blank=sizes[0] - 1)
        columns[f"B_{column}_SHARE"] = _share(overlap, row_b, right, people, blank=sizes[1] - 1)
    schema = schemas.place_place(populations)
    frame = pd.DataFrame({column.name: as_declared(columns[column.name], column) for column in schema.columns})
    return Table("place_place", schema, columns_of(frame.sort_values(list(schema.key))))


def _share(overlap: Floats, row: Ints, label: Ints, people: Floats, *, blank: int) -> Floats:
    """Of the place's people; blank (NaN) for no place, which is no unit to take a share of."""
    total = sums(label, people, blank + 1)[row]
    return np.where(row == blank, np.nan, ratio(overlap, total))
