"""Imported figures by place as they may be published: small counts and what gives them away held back, others rounded.

This is the way of `publish`, for tables of the store: counts, and parts of a whole, which are two counts divided. Means
of scores, and people by national fifths, are no counts of the table, and stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from placemap.apply.held import place_at
from placemap.apply.known_sums import Count, KnownSums, Where
from placemap.apply.pieces import overlapping, pieces_of, places_of
from placemap.apply.profile import ENGLAND, PLACE, SYSTEM, Profile, ProfileFigure, ratio_of, with_whole
from placemap.apply.publish import NOT_ADDING_UP
from placemap.apply.publish_rule import PublishRule
from placemap.apply.quantities import sums_among
from placemap.apply.spread import keys_of
from placemap.core.arrays import Bools, Floats
from placemap.core.columns import Codes
from placemap.reference.profiles import COUNT, OF_OTHERS, PERCENTAGE, ProfileColumn, ProfileTable


@dataclass(frozen=True)
class _Counts:
    """What the figures of a table count, by unit.

    Attributes:
        values: by name, a count by unit; 0 where it is not known.
        behind: by title of a figure, the names of what it is made of.
    """

    table: ProfileTable
    values: Mapping[str, Floats]
    behind: Mapping[str, tuple[str, ...]]

    @staticmethod
    def of(table: ProfileTable, others: Sequence[_Counts]) -> _Counts:
        """Of a table; columns that are the same everywhere, also as one of another table, are one."""
        same = [one.values for one in others if np.array_equal(one.table.codes, table.codes)]
        known = {name: counts for values in same for name, counts in values.items()}
        values: dict[str, Floats] = {}
        behind = {}
        for column in table.columns:
            names = []
            for at, counts in enumerate(_made_of(table, column)):
                found = (name for name, of in {**known, **values}.items() if np.array_equal(of, counts))
                names.append(next(found, f"{table.entry.name}\n{column.title}\n{at}"))
                values[names[-1]] = counts
            behind[column.title] = tuple(names)
        return _Counts(table, values, behind)

    def within(self) -> Iterator[tuple[str, str]]:
        """Pairs of a part and its whole, of which no unit has more of the one than of the other."""
        for names in self.behind.values():
            if len(set(names)) == 2 and not (self.values[names[0]] > self.values[names[1]] + 1e-9).any():
                yield names[0], names[1]

    def sums(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """A count, and those that it is the sum of in every unit."""
        totals = {name: float(counts.sum()) for name, counts in self.values.items()}
        for whole, parts in sums_among(totals):
            if (np.abs(sum(self.values[part] for part in parts) - self.values[whole]) < 1e-6).all():
                yield whole, parts


def _made_of(table: ProfileTable, column: ProfileColumn) -> list[Floats]:
    """The counts that a figure is made of, by unit: of a part, those and their whole."""
    values = with_whole(table, column)
    if column.kind == COUNT:
        return [np.nan_to_num(values)]
    if column.kind not in OF_OTHERS:
        return []
    whole = np.where(np.isfinite(values), table.column(column.over).values, np.nan)
    part = whole * values / 100 if column.kind == PERCENTAGE else values
    return [np.nan_to_num(part), np.nan_to_num(whole)]


def published(profiles: Sequence[Profile], tables: Sequence[ProfileTable], rule: PublishRule) -> list[Profile]:
    """Profiles of footprints of one system, without what is held back.

    Args:
        tables: that they are made from.

    Raises:
        PlacemapError: small counts cannot be hidden.
    """
    counted: list[_Counts] = []
    for table in tables:
        counted.append(_Counts.of(table, counted))
    hidden, overlaps = frozenset[Count](), dict[str, set[str]]()
    if rule.below:
        sums = KnownSums()
        for counts in counted:
            _add(sums, counts, profiles)
            found = _add_pieces(sums, counts, profiles)
            overlaps = {place: overlaps.get(place, set()) | found.get(place, set()) for place in {*overlaps, *found}}
            sums.tie(counts.within(), counts.sums())
        hidden = sums.held_back(rule)
    of_table = {counts.table.entry.name: counts for counts in counted}
    return [_published(profile, of_table, hidden, overlaps, rule) for profile in profiles]


# --- cells and their sums ---------------------------------------------------------------------------------------------


def _wheres(profile: Profile, figure: ProfileFigure) -> list[Where]:
    """Where the counts of a figure stand, by group."""
    return [
        place_at(code, ()) if level == PLACE else (level, *(() if level == ENGLAND else profile.resolved.key))
        for level, code, _ in profile.groups(figure)
    ]


def _add(sums: KnownSums, counts: _Counts, profiles: Sequence[Profile]) -> None:
    """The counts of each place, which make the system, which is a part of England."""
    for profile in profiles:
        for figure in (one for one in profile.figures if one.entry == counts.table.entry):
            wheres, places = _wheres(profile, figure), len(profile.resolved.places)
            for name, values in zip(counts.behind[figure.title], (figure.part, figure.whole), strict=False):
                for where, value in zip(wheres, np.nan_to_num(values), strict=True):
                    sums.add(where, name, float(value))
                sums.equal([(wheres[places], name)], [(where, name) for where in wheres[:places]])
                if figure.has_england:
                    sums.equal([(wheres[-1], name)], [(wheres[places], name)])
    _tie_systems(sums, counts, profiles)


def _tie_systems(sums: KnownSums, counts: _Counts, profiles: Sequence[Profile]) -> None:
    """All systems together, of which England is the sum but for what none of them has."""
    one_each = {profile.resolved.system.id: profile for profile in profiles}.values()
    systems = [(SYSTEM, *profile.resolved.key) for profile in one_each]
    for name in counts.values if len(systems) > 1 else ():
        sums.equal([((ENGLAND,), name)], [(where, name) for where in systems])


def _add_pieces(sums: KnownSums, counts: _Counts, profiles: Sequence[Profile]) -> dict[str, set[str]]:
    """What places of two footprints have in common makes up each of them; gives which places overlap."""
    if len(profiles) == len({profile.resolved.system.id for profile in profiles}):
        return {}  # systems lie side by side
    keys = [keys_of(counts.table.unit, one.resolved) for one in profiles]
    weights = pd.concat([one.weights for one in keys], ignore_index=True)
    pieces = pieces_of(replace(keys[0], weights=weights))
    if pieces is None:
        return {}
    at = Codes(counts.table.codes).positions(pieces["CODE"])
    pieces, at = pieces[at >= 0], at[at >= 0]
    for name, values in counts.values.items():
        _tie_pieces(sums, name, (pieces["WEIGHT"] * values[at]).groupby(pieces["PIECE"]).sum())
    return overlapping(pieces)


def _tie_pieces(sums: KnownSums, name: str, by_piece: pd.Series) -> None:
    inside: dict[Where, list[Count]] = {}
    for piece, value in by_piece.items():
        sums.add(("piece", piece), name, float(value), shown=False)
        for place in places_of(str(piece)):
            inside.setdefault(place_at(place, ()), []).append((("piece", piece), name))
    for where, parts in inside.items():
        sums.equal([(where, name)], parts)


# --- what is shown ----------------------------------------------------------------------------------------------------


def _published(
    profile: Profile,
    of_table: Mapping[str, _Counts],
    hidden: frozenset[Count],
    overlaps: Mapping[str, Iterable[str]],
    rule: PublishRule,
) -> Profile:
    figures = []
    for figure in profile.figures:
        names = of_table[figure.entry.name].behind[figure.title]
        wheres = _wheres(profile, figure)
        held = np.array([any((where, name) in hidden for name in names) for where in wheres], dtype=bool)
        near = np.array([_is_near(where, names, hidden, overlaps) for where in wheres], dtype=bool)
        figures.append(_figure(figure, held, held | near, rule) if names else figure)
    return replace(profile, figures=tuple(figures), notes=(*profile.notes, str(rule), NOT_ADDING_UP), rule=rule)


def _is_near(
    where: Where, names: Sequence[str], hidden: frozenset[Count], overlaps: Mapping[str, Iterable[str]]
) -> bool:
    others = overlaps.get(str(where[1]), ()) if where[0] == PLACE else ()
    return any((place_at(other, ()), name) in hidden for other in others for name in names)


def _figure(figure: ProfileFigure, held: Bools, uncovered: Bools, rule: PublishRule) -> ProfileFigure:
    """A figure of rounded counts, without those that are held back, nor the coverage that would tell of them."""
    part, whole = (rule.nearest(np.where(held, np.nan, counts)) for counts in (figure.part, figure.whole))
    value, low, high = ratio_of(np.minimum(part, whole), whole) if figure.over else ratio_of(part)
    coverage = np.where(uncovered[:, None], np.nan, figure.coverage)
    return replace(figure, value=value, low=low, high=high, part=part, whole=whole, coverage=coverage, held=held)
