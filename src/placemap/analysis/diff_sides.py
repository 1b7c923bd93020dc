"""Two results of a footprint side by side: which inputs differ, which places only have another code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from placemap.analysis.snapshot import Input, Snapshot
from placemap.core.arrays import Ints
from placemap.reference.geography import Geography
from placemap.resolve.plurality import plurality

CONFIG = "config edited"
MEMBERSHIP = "PCN membership"
CLOSED = "practice closed or opened"
REGISTRATIONS = "registrations moved"
LOOKUP = "lookup recoded"
SPLIT = "LSOA split or merged"
#: In the order in which the first that holds is taken where nothing else decides.
CAUSES = (CONFIG, MEMBERSHIP, CLOSED, REGISTRATIONS, LOOKUP, SPLIT)


@dataclass(frozen=True)
class Sides:
    """Two results of the same footprint, and a reference that helps to tell causes, where there is one."""

    old: Snapshot
    new: Snapshot
    geography: Geography | None

    @property
    def ends(self) -> tuple[tuple[Snapshot, str], ...]:
        """Each side with the ending of its columns in `side_by_side`."""
        return ((self.old, "OLD"), (self.new, "NEW"))

    @property
    def config_edited(self) -> bool:
        """The configs differ."""
        return self.old.config != self.new.config

    @property
    def counted(self) -> Snapshot:
        """The side whose residents are counted: the one with the newer measure; the same in either direction."""
        return max(
            self.old, self.new, key=lambda side: (side.measure, side.config, json.dumps(side.digests, sort_keys=True))
        )

    @cached_property
    def inputs(self) -> dict[str, tuple[str, str, str]]:
        """Reference tables that differ: by what they are, that again, the old vintage and the new one."""
        return _changed_inputs(self.old, self.new)

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that differ, in columns that both have: one that is new in placemap is no change."""
        old, new = self.old.digests, self.new.digests
        both = {name: old[name].keys() & new[name].keys() for name in old.keys() & new.keys()}
        changed = [name for name, columns in both.items() if any(old[name][c] != new[name][c] for c in columns)]
        return tuple(sorted([*changed, *(old.keys() ^ new.keys())]))

    @cached_property
    def recoded(self) -> dict[str, str]:
        """Old code → new code of places that have another code and the very same LSOAs: renamed, not moved."""
        return _recoded_places(self.old, self.new)

    @cached_property
    def flipped(self) -> set[str]:
        """LSOAs whose plurality differs between the two lists of practices on one and the same registrations."""
        if self.geography is None:
            return set()
        codes = sorted({*self.old.names, *self.new.names})
        old, new = (_winner(self, self.geography, side, codes) for side in (self.old, self.new))
        return set(self.geography.lsoas[old != new])


def _winner(sides: Sides, geography: Geography, side: Snapshot, codes: list[str]) -> Ints:
    place_of: dict[str, str] = dict(zip(side.practices.index, side.practices["PLACECD"], strict=True))
    recoded = {} if side is sides.new else sides.recoded
    position = {code: at for at, code in enumerate(codes)}
    places = [place_of.get(str(code), "") for code in geography.registrations.codes]
    group = [position.get(recoded.get(place, place), -1) for place in places]
    return plurality(geography.registrations, np.array(group), np.ones((geography.size, len(codes)), dtype=bool)).winner


def side_by_side(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Both tables by their index, columns of the one with `_OLD` and of the other with `_NEW`, sorted."""
    joined = old.add_suffix("_OLD").join(new.add_suffix("_NEW"), on=None, how="outer", validate="one_to_one")
    return joined.sort_index()


def text_of(value: object) -> str:
    """A cell of text; empty for none."""
    return value if isinstance(value, str) else ""


def _changed_inputs(old: Snapshot, new: Snapshot) -> dict[str, tuple[str, str, str]]:
    """Reference tables that differ: by content, or by vintage where one is an extract and the other is not."""
    changed = {}
    for what in sorted({item.what for side in (old, new) for item in side.inputs.values()}):
        before, after = (_of(side.inputs.values(), what) for side in (old, new))
        if _differ(before, after):
            changed[what] = (what, *(", ".join(sorted(item.vintage for item in items)) for items in (before, after)))
    return changed  # type: ignore[return-value]


def _of(inputs: Iterable[Input], what: str) -> list[Input]:
    return [item for item in inputs if item.what == what]


def _differ(before: list[Input], after: list[Input]) -> bool:
    same_cut = {item.coverage for item in before} == {item.coverage for item in after}
    key: Callable[[Input], str] = (lambda item: item.sha256) if same_cut else (lambda item: item.vintage)
    return Counter(map(key, before)) != Counter(map(key, after))


def _recoded_places(old: Snapshot, new: Snapshot) -> dict[str, str]:
    """Old code → new code of places that have another code and the very same LSOAs: renamed, not moved."""
    gone, come = set(old.names) - set(new.names), set(new.names) - set(old.names)
    sets = {frozenset(new.lsoas.index[new.lsoas["PLACECD"] == code]): code for code in sorted(come)}
    found = {}
    for code in sorted(gone):
        same = sets.pop(frozenset(old.lsoas.index[old.lsoas["PLACECD"] == code]), None)
        if same is not None:
            found[code] = same
    return found
