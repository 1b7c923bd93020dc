"""What moved between two results of a footprint, how many people that is, and why: every move under exactly one cause.

`diff(b, a)` is `diff(a, b)` with its sides exchanged: causes are named so that they hold both ways, and what must be
counted by one of the two sides is counted by the same one in either direction.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from placemap.analysis import schemas
from placemap.analysis.snapshot import Input, Snapshot
from placemap.core.arrays import Ints, positions
from placemap.core.errors import Exit, PlacemapError
from placemap.core.tables import Table
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
LEVELS = ("none", "patch", "minor", "major")
_LOOKUPS = ("lsoa_names", "msoa", "ward", "ltla", "utla", "sub_icb", "icb")


@dataclass(frozen=True)
class MovedPractice:
    """A practice that is counted for another place: its patients' votes went with it.

    Attributes:
        before, after: PLACECD, empty for none.
        cause: one of CAUSES.
        detail: what changed.
        patients: its list.
    """

    code: str
    name: str
    before: str
    after: str
    cause: str
    detail: str
    patients: float


@dataclass(frozen=True)
class PlaceChange:
    """What became of a place.

    Attributes:
        change: `appeared`, `vanished`, `renamed`, or empty.
        lsoas_in, lsoas_out, people_in, people_out: LSOAs and their residents that came and went.
        before, after: (name, residents, registered patients), None where it is not there.
    """

    code: str
    change: str
    lsoas_in: int
    lsoas_out: int
    people_in: float
    people_out: float
    before: tuple[str, float, float] | None
    after: tuple[str, float, float] | None


@dataclass(frozen=True)
class Diff:
    """The difference of two results.

    Attributes:
        level: `none`, `patch`, `minor` or `major`, as a semantic version of the places would move.
        moves: a row an LSOA that moved, with the columns of `answer_schemas.MOVES`.
        practices: practices that are counted for another place.
        inputs: reference tables that differ: (name of the table without its vintage, old vintage, new vintage).
        config_edited: the configs differ.
        tables: names of the tables whose content differs.
        measure: what RESIDENTS of `moves` counts.
    """

    old: Snapshot
    new: Snapshot
    level: str
    moves: Table
    places: tuple[PlaceChange, ...]
    practices: tuple[MovedPractice, ...]
    inputs: tuple[tuple[str, str, str], ...]
    config_edited: bool
    tables: tuple[str, ...]
    measure: str

    @property
    def changed(self) -> bool:
        """Whether anything that the places are, or that is said of them, differs."""
        return self.level != "none"

    def by_cause(self) -> list[tuple[str, int, float, int, float]]:
        """(cause, LSOAs, their residents, practices, their patients), in the order of CAUSES, without empty ones.

        Residents moved with their LSOA; patients are counted for another place because their practice is.
        """
        frame = self.moves.frame
        rows = []
        for cause in CAUSES:
            lsoas = frame[frame["CAUSE"] == cause]
            lists = [practice.patients for practice in self.practices if practice.cause == cause]
            if len(lsoas) or lists:
                rows.append((cause, len(lsoas), float(lsoas["RESIDENTS"].sum()), len(lists), float(sum(lists))))
        return rows

    def by_pair(self) -> list[tuple[str, str, str, int, float]]:
        """(from, to, cause, LSOAs, residents), names of places, sorted."""
        keys = ["FROM_PLACENM", "TO_PLACENM", "CAUSE"]
        groups = self.moves.frame.groupby(keys, sort=True)["RESIDENTS"]
        return [(*map(str, key), len(people), float(people.sum())) for key, people in groups]  # type: ignore[misc]


def diff(old: Snapshot, new: Snapshot, geography: Geography | None = None) -> Diff:
    """Compare two results.

    Args:
        old, new: results of the same footprint of the same system.
        geography: a reference, to tell which practices an LSOA's people use, and where practices went.

    Raises:
        PlacemapError: they are of different systems or footprints.
    """
    if (old.system, old.footprint) != (new.system, new.footprint):
        raise PlacemapError(
            f"these are different footprints: {old.system}/{old.footprint} and {new.system}/{new.footprint}",
            hint="`placemap compare` sets footprints of a system side by side",
            exit_code=Exit.USAGE,
        )
    return _Differ(old, new, geography).diff()


def next_version(version: str, level: str) -> str:
    """The version that follows `version` after a change of `level`.

    Raises:
        PlacemapError: it is not of the form 1.2.3.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise PlacemapError(f"`{version}` is no semantic version; expected one like 1.2.3", exit_code=Exit.USAGE)
    major, minor, patch = map(int, version.split("."))
    return {
        "major": f"{major + 1}.0.0",
        "minor": f"{major}.{minor + 1}.0",
        "patch": f"{major}.{minor}.{patch + 1}",
    }.get(level, version)


class _Differ:
    def __init__(self, old: Snapshot, new: Snapshot, geography: Geography | None) -> None:
        self.old, self.new, self.geography = old, new, geography
        self.config_edited = old.config != new.config
        self.inputs = _changed_inputs(old, new)
        self.recoded = _recoded_places(old, new)
        self.practices = self._moved_practices()
        self._by_lsoa = self._patients_of_moved()

    def diff(self) -> Diff:
        moves = self._moves()
        places = self._place_changes(moves)
        tables = [
            name
            for name in sorted({*self.old.digests, *self.new.digests})
            if self.old.digests.get(name) != self.new.digests.get(name)
        ]
        return Diff(
            old=self.old,
            new=self.new,
            level=self._level(places, moves, tables),
            moves=Table("moves", schemas.MOVES, moves),
            places=places,
            practices=tuple(self.practices.values()),
            inputs=tuple(sorted(self.inputs.values())),
            config_edited=self.config_edited,
            tables=tuple(tables),
            measure=self._counted.measure,
        )

    def _level(self, places: tuple[PlaceChange, ...], moves: pd.DataFrame, tables: list[str]) -> str:
        if any(place.change for place in places):
            return "major"
        return "minor" if len(moves) else "patch" if tables else "none"

    # --- LSOAs -----------------------------------------------------------------------------------------------------

    @property
    def _counted(self) -> Snapshot:
        """The side whose residents are counted: the one with the newer measure; the same in either direction."""
        return max(self.old, self.new, key=lambda side: (side.measure, side.config, sorted(side.digests.items())))

    def _moves(self) -> pd.DataFrame:
        both = _side_by_side(self.old.lsoas, self.new.lsoas)
        before = both["PLACECD_OLD"].fillna("").map(lambda code: self.recoded.get(code, code))
        after = both["PLACECD_NEW"].fillna("")
        moved = both[(before != after).to_numpy()]
        first, second = ("_NEW", "_OLD") if self._counted is self.new else ("_OLD", "_NEW")
        people = moved[f"RESIDENTS{first}"].fillna(moved[f"RESIDENTS{second}"])
        causes = [self._cause(str(row.Index), row) for row in moved.itertuples()]
        names_old, names_new = {"": "", **self.old.names}, {"": "", **self.new.names}
        frame = pd.DataFrame(
            {
                "LSOA21CD": moved.index.to_numpy(dtype=object),
                "LSOA21NM": moved["NAME_NEW"].fillna(moved["NAME_OLD"]).to_numpy(dtype=object),
                "FROM_PLACECD": moved["PLACECD_OLD"].fillna("").to_numpy(dtype=object),
                "FROM_PLACENM": moved["PLACECD_OLD"].fillna("").map(names_old).to_numpy(dtype=object),
                "TO_PLACECD": moved["PLACECD_NEW"].fillna("").to_numpy(dtype=object),
                "TO_PLACENM": moved["PLACECD_NEW"].fillna("").map(names_new).to_numpy(dtype=object),
                "CAUSE": np.array([cause for cause, _ in causes], dtype=object),
                "RESIDENTS": people.to_numpy(dtype=float),
                "DETAIL": np.array([detail for _, detail in causes], dtype=object),
            }
        )
        return frame[schemas.MOVES.names]

    def _cause(self, lsoa: str, row: tuple[object, ...]) -> tuple[str, str]:
        """The one cause of a move, by what decided on the LSOA before and after and what of that differs."""
        methods = {method for _, end in self._ends() if (method := _text(getattr(row, f"METHOD_{end}")))}
        votes = self._by_lsoa.get(lsoa, {})
        if votes and methods == {"plurality"} and self._practices_decide(lsoa):
            cause, codes = max(votes.items(), key=lambda item: (sum(item[1].values()), -CAUSES.index(item[0])))
            top, _ = max(codes.items(), key=lambda item: (item[1], item[0]))
            return cause, self.practices[top].detail
        if "plurality" in methods and "registrations" in self.inputs:
            return (SPLIT, "") if self._was_split(lsoa) and "exact_fit" in self.inputs else (REGISTRATIONS, "")
        if self._was_split(lsoa) and ("exact_fit" in self.inputs or "lsoa_names" in self.inputs):
            return SPLIT, ""
        lookups = [name for name in _LOOKUPS if name in self.inputs]
        if lookups and not self.config_edited:
            return LOOKUP, ", ".join(f"{name} {self.inputs[name][1]} → {self.inputs[name][2]}" for name in lookups)
        if self.config_edited or not self.inputs:
            return CONFIG, ""
        return (MEMBERSHIP if "pcn_members" in self.inputs else REGISTRATIONS), ""

    def _practices_decide(self, lsoa: str) -> bool:
        """Whether the practices that moved account for the LSOA by themselves, where registrations differ, too."""
        return "registrations" not in self.inputs or lsoa in self._flipped

    @cached_property
    def _flipped(self) -> set[str]:
        """LSOAs whose plurality differs between the two lists of practices on one and the same registrations."""
        if self.geography is None:
            return set()
        codes = sorted({*self.old.names, *self.new.names})
        winners = [self._winner(self.geography, side, codes) for side in (self.old, self.new)]
        return set(self.geography.lsoas[winners[0] != winners[1]])

    def _winner(self, geography: Geography, side: Snapshot, codes: list[str]) -> Ints:
        place_of: dict[str, str] = dict(zip(side.practices.index, side.practices["PLACECD"], strict=True))
        recoded = {} if side is self.new else self.recoded
        position = {code: at for at, code in enumerate(codes)}
        places = [place_of.get(str(code), "") for code in geography.registrations.codes]
        group = [position.get(recoded.get(place, place), -1) for place in places]
        return plurality(
            geography.registrations, np.array(group), np.ones((geography.size, len(codes)), dtype=bool)
        ).winner

    def _was_split(self, lsoa: str) -> bool:
        if self.geography is None or lsoa not in self.geography.lsoas:
            return lsoa not in self.old.lsoas.index or lsoa not in self.new.lsoas.index
        fit = self.geography.fit_2011
        pairs = fit.target == self.geography.lsoas.get_loc(lsoa)
        return bool((fit.change[pairs] != "U").any())

    # --- practices ---------------------------------------------------------------------------------------------------

    def _moved_practices(self) -> dict[str, MovedPractice]:
        both = _side_by_side(self.old.practices, self.new.practices)
        found = {}
        for row in both.itertuples():
            code = str(row.Index)
            before, after = _text(row.PLACECD_OLD), _text(row.PLACECD_NEW)
            if self.recoded.get(before, before) != after:
                cause, detail = self._why_practice(code, row)
                size = np.nanmax([row.LIST_SIZE_OLD, row.LIST_SIZE_NEW])
                name = _text(row.NAME_NEW) or _text(row.NAME_OLD)
                found[code] = MovedPractice(code, name, before, after, cause, detail, float(size))
        return found

    def _why_practice(self, code: str, row: tuple[object, ...]) -> tuple[str, str]:
        pcns = [self._pcn_of(code, side, _text(getattr(row, f"PCNCD_{end}"))) for side, end in self._ends()]
        by = {_text(getattr(row, f"DECLARED_BY_{end}")) for _, end in self._ends()} - {""}
        name = f"practice {code} ({_text(getattr(row, 'NAME_NEW')) or _text(getattr(row, 'NAME_OLD'))})"  # noqa: B009 - a tuple's fields
        if "pcn_members" not in self.inputs or by == {"practice"} or pcns[0] == pcns[1]:
            if "registrations" in self.inputs and not self.config_edited:
                return CLOSED, f"{name} is not in both registrations"
            return CONFIG, f"{name} is declared in another place"
        before, after = (f"PCN {pcn}" if pcn else "no PCN" for pcn in pcns)
        if not pcns[0] or not pcns[1]:
            return CLOSED, f"{name}: {before} → {after}"
        return MEMBERSHIP, f"{name}: {before} → {after}"

    def _ends(self) -> Iterable[tuple[Snapshot, str]]:
        return ((self.old, "OLD"), (self.new, "NEW"))

    def _pcn_of(self, code: str, side: Snapshot, written: str) -> str:
        """The practice's PCN on a side: as its tables say, else as the reference of that vintage does."""
        vintage = side.vintage("pcn_members")
        if written or self.geography is None or vintage not in self.geography.data.vintages("pcns"):
            return written
        return self.geography.pcns(vintage).pcn_of.get(code, "")

    def _patients_of_moved(self) -> dict[str, dict[str, dict[str, float]]]:
        """By LSOA, cause and practice: patients of practices that are counted for another place."""
        if self.geography is None or not self.practices:
            return {}
        registrations = self.geography.registrations
        found: dict[str, dict[str, dict[str, float]]] = {}
        for code, moved in self.practices.items():
            position = positions(registrations.codes, [code])[0]
            for lsoa, people in _lives(self.geography, int(position)):
                found.setdefault(lsoa, {}).setdefault(moved.cause, {})[code] = people
        return found

    # --- places -------------------------------------------------------------------------------------------------------

    def _place_changes(self, moves: pd.DataFrame) -> tuple[PlaceChange, ...]:
        codes = sorted({self.recoded.get(code, code) for code in self.old.names} | set(self.new.names))
        back = {after: before for before, after in self.recoded.items()}
        return tuple(
            change for code in codes if (change := self._place_change(code, back.get(code, code), moves)) is not None
        )

    def _place_change(self, code: str, before: str, moves: pd.DataFrame) -> PlaceChange | None:
        came, went = moves[moves["TO_PLACECD"] == code], moves[moves["FROM_PLACECD"] == before]
        old = (self.old.names[before], *self.old.people[before]) if before in self.old.names else None
        new = (self.new.names[code], *self.new.people[code]) if code in self.new.names else None
        change = "appeared" if old is None else "vanished" if new is None else ""
        if old and new and (old[0] != new[0] or before != code):
            change = "renamed"
        if not change and old == new and came.empty and went.empty:
            return None
        people_in, people_out = float(came["RESIDENTS"].sum()), float(went["RESIDENTS"].sum())
        return PlaceChange(code, change, len(came), len(went), people_in, people_out, old, new)


def _side_by_side(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Both tables by their index, columns of the one with `_OLD` and of the other with `_NEW`, sorted."""
    joined = old.add_suffix("_OLD").join(new.add_suffix("_NEW"), on=None, how="outer", validate="one_to_one")
    return joined.sort_index()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _lives(geography: Geography, practice: int) -> list[tuple[str, float]]:
    """LSOAs of 2021 that a practice's patients live in, with their number."""
    if practice < 0:
        return []
    people = geography.registrations.homes(practice)
    return [(str(geography.lsoas[at]), float(people[at])) for at in np.flatnonzero(people > 0).tolist()]


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
