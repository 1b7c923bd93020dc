"""Which counts of a result are held back: those of its places, its reconciliations, and what rates are held against."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from placemap.apply import sql, sql_publish
from placemap.apply.apportion import NO_PLACE, OUT_OF_AREA, PLACED, WIDER, Apportionment
from placemap.apply.engine_duckdb import Engine
from placemap.apply.known_sums import Count, KnownSums, Where, number_of
from placemap.apply.measures import COUNT, SUM
from placemap.apply.pieces import overlapping, pieces_of, places_of
from placemap.apply.publish_rule import PublishRule
from placemap.apply.quantities import Quantities, quantities_of
from placemap.apply.rate_options import ENGLAND, SYSTEM
from placemap.apply.reconcile import Blanked, Reconciliation
from placemap.apply.tally import Key, Row, group_key

if TYPE_CHECKING:
    import pandas as pd

IN = ("in",)


def place_at(place: str, groups: Key) -> Where:
    """Where the counts of a place and group stand."""
    return ("place", place, *groups)


def line_at(ics: str, footprint: str, outcome: str) -> Where:
    """Where the counts of a line of a reconciliation stand."""
    return ("line", ics, footprint, outcome)


def other_at(name: str, footprint: Key, groups: Key) -> Where:
    """Where the counts of what rates are held against stand: the system of a footprint, or England."""
    return (name, *(footprint if name == SYSTEM else ()), *groups)


@dataclass(frozen=True)
class Published:
    """What a result counts, and which of it is held back.

    Attributes:
        hidden: the counts that are.
        overlapping: by PLACECD, the places of other footprints that have something in common with it.
    """

    rule: PublishRule
    quantities: Quantities
    hidden: frozenset[Count]
    overlapping: Mapping[str, Collection[str]] = field(default_factory=dict)

    def hides(self, where: Where, number: int) -> bool:
        """Whether the figure of a measure is held back there."""
        return any((where, alias) in self.hidden for alias in self.quantities.behind(number))

    def hides_coverage(self, place: str, groups: Key, number: int) -> bool:
        """Whether what the data cover would tell of a figure held back: of its place, or of one that overlaps it.

        Three areas with a case are three cases at least, and those of a part are those of the whole less the others'.
        """
        places = (place, *self.overlapping.get(place, ()))
        return any(self.hides(place_at(one, groups), number) for one in places)


@dataclass(frozen=True)
class Counted:
    """All that a result counts, before any of it is held back.

    Attributes:
        total: of all the data, by what `sql.checks` names them.
        placed: rows of places and groups, with people of the tables.
        owner: by PLACECD, the system and footprint that it is accounted for under.
        england: rows of England by group, where rates are held against it.
        system: whether rates are held against the system.
        thin: figures that are left blank, as the data cover too little.
    """

    engine: Engine
    question: sql.Question
    keys: Apportionment
    total: Mapping[str, object]
    placed: Sequence[Row]
    owner: Mapping[str, tuple[str, str]]
    reconciliations: Sequence[Reconciliation]
    england: Sequence[Row]
    system: bool
    thin: Sequence[Blanked]

    def published(self, rule: PublishRule) -> Published:
        """Which counts are held back.

        Raises:
            PlacemapError: a count is negative, or small ones cannot be hidden.
        """
        quantities = quantities_of(self.engine, self.question, self.total)
        if not rule.below:
            return Published(rule, quantities, frozenset())
        sums = KnownSums()
        self._add_places(sums, quantities)
        self._add_lines(sums, quantities)
        self._add_others(sums, quantities)
        pieces = pieces_of(self.keys)
        if pieces is not None:
            self._add_pieces(sums, pieces)
        sums.tie(quantities)
        hidden = sums.held_back(rule) | self._repeated(quantities)
        return Published(rule, quantities, hidden, overlapping(pieces))

    def _repeated(self, quantities: Quantities) -> frozenset[Count]:
        """Totals of wider areas, and what came in with them: they may be what a few small counts come to."""
        lines = [
            line_at(one.ics, one.footprint, line.outcome)
            for one in self.reconciliations
            for line in one.lines
            if line.outcome == WIDER
        ]
        return frozenset((where, alias) for where in (lines and [IN, *lines]) for alias in quantities.of_lines)

    def groups_of(self, row: Row) -> Key:
        """The groups of a row."""
        return group_key(row, sql.group_aliases(self.question))

    def _at(self, row: Row) -> Where:
        return place_at(str(row["PLACECD"]), self.groups_of(row))

    # --- cells and their sums -----------------------------------------------------------------------------------------

    def _add_places(self, sums: KnownSums, quantities: Quantities) -> None:
        thin = {(one.place, one.group, one.measure) for one in self.thin}
        for row in self.placed:
            words = ", ".join(str(group) for group in self.groups_of(row))
            for number, measure in enumerate(self.question.measures):
                # A sum that is left blank for its coverage still stands in the reconciliation.
                shown = measure.how in (SUM, COUNT) or (str(row["PLACECD"]), words, measure.title) not in thin
                for alias in quantities.behind(number):
                    sums.add(self._at(row), alias, number_of(row, alias), shown=shown)

    def _add_lines(self, sums: KnownSums, quantities: Quantities) -> None:
        for one in self.reconciliations:
            told = [line for line in one.lines if line.outcome != WIDER]
            lines = {line.outcome: line_at(one.ics, one.footprint, line.outcome) for line in told}
            cells = list(zip(lines.values(), told, strict=True))
            cells += [(IN, one.total)] if len(told) == len(one.lines) else []
            for position, alias in enumerate(quantities.of_lines):
                for where, line in cells:
                    sums.add(where, alias, (line.rows, *line.totals)[position])
                sums.equal([(IN, alias)], [(where, alias) for where in lines.values()])
                self._tie_to_others(sums, alias, lines)
                mine = [
                    self._at(row) for row in self.placed if self.owner[str(row["PLACECD"])] == (one.ics, one.footprint)
                ]
                sums.equal([(lines[PLACED], alias)], [(where, alias) for where in mine])

    def _tie_to_others(self, sums: KnownSums, alias: str, lines: Mapping[str, Where]) -> None:
        """Codes that are nowhere are so for every footprint."""
        first = self.reconciliations[0]
        for outcome, where in lines.items():
            other = line_at(first.ics, first.footprint, outcome)
            cells = [sums.of.get((at, alias)) for at in (where, other)]
            if None not in cells and where != other and sums.sums.values[cells[0]] == sums.sums.values[cells[1]]:  # type: ignore[index]
                sums.equal([(where, alias)], [(other, alias)])

    def _add_others(self, sums: KnownSums, quantities: Quantities) -> None:
        """What rates are held against: by group, the system is its places, and England these and the rest."""
        aliases = sorted(
            {alias for number in range(len(self.question.measures)) for alias in quantities.behind(number)}
        )
        by_system: dict[Where, list[Row]] = {}
        by_england: dict[tuple[Key, Where], list[Row]] = {}
        for row in self.placed:
            owner, groups = self.owner[str(row["PLACECD"])], self.groups_of(row)
            system = str(row["ICSID"]), str(row["FOOTPRINT"])
            by_system.setdefault(other_at(SYSTEM, system, groups), []).append(row)
            by_england.setdefault((owner, other_at(ENGLAND, owner, groups)), []).append(row)
        for alias in aliases:
            for where, rows in by_system.items() if self.system else ():
                sums.add(where, alias, sum(number_of(row, alias) for row in rows))
                sums.equal([(where, alias)], [(self._at(row), alias) for row in rows])
            for row in self.england:
                sums.add(other_at(ENGLAND, (), self.groups_of(row)), alias, number_of(row, alias))
            for (_, where), rows in by_england.items() if self.england else ():
                sums.equal([(where, alias)], [(self._at(row), alias) for row in rows])

    def _add_pieces(self, sums: KnownSums, pieces: pd.DataFrame) -> None:
        """What places of two footprints have in common makes up each of them."""
        self.engine.load(sql_publish.PIECES, pieces)
        rows = self.engine.query(sql_publish.pieces(self.question))
        for alias in sorted({alias for _, alias in sums.of}):
            self._tie_pieces(sums, alias, rows)

    def _tie_pieces(self, sums: KnownSums, alias: str, rows: Sequence[Row]) -> None:
        inside: dict[Where, list[Count]] = {}
        outside: dict[tuple[str, str], list[Count]] = {}
        for row in rows:
            count = ("piece", row["PIECE"], *self.groups_of(row)), alias
            sums.add(*count, number_of(row, alias), shown=False)
            places = places_of(str(row["PIECE"]))
            for place in places:
                inside.setdefault(place_at(place, self.groups_of(row)), []).append(count)
            for owner in set(self.owner.values()) - {self.owner[place] for place in places}:
                outside.setdefault(owner, []).append(count)
        for where, counts in inside.items():
            sums.equal([(where, alias)], counts)
        for owner, counts in outside.items():
            sums.equal([(line_at(*owner, outcome), alias) for outcome in (NO_PLACE, OUT_OF_AREA)], counts)
