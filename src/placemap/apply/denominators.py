"""Denominators from the reference tables: put into rows of results as if they were a column of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from placemap.apply import sql
from placemap.apply.coverage import Cover
from placemap.apply.engine_duckdb import Engine
from placemap.apply.measures import Measure
from placemap.apply.rate_options import RateOptions
from placemap.apply.reconcile import as_number
from placemap.apply.tally import Key, Row, group_key

PEOPLE = "DENOMINATOR"


@dataclass(frozen=True)
class Denominators:
    """The people that stored rates are over.

    Attributes:
        engine: has the data added up, and what they cover.
        question: what is asked, divided by no age.
    """

    engine: Engine
    question: sql.Question
    cover: Cover
    options: RateOptions

    def into(self, rows: Sequence[Row], *, everyone: bool = False) -> list[dict[str, object]]:
        """Rows of results with the denominators of rates that are over a measure of the tables.

        Args:
            everyone: whether the rows are of England rather than of places.
        """
        found = [dict(row) for row in rows]
        for number, measure in enumerate(self.question.measures):
            if measure.stored:
                people = self._people(number, measure, everyone=everyone)
                for row in found:
                    _fill(row, number, measure, people(row), absent_is_zero=self.options.absent_is_zero)
        return found

    def _people(self, number: int, measure: Measure, *, everyone: bool) -> Callable[[Row], float]:
        """By row, its people: where the data have a value; or all but those of areas whose value is blank."""
        valued = self._covered([number], everyone=everyone)
        if measure.column and not self.options.absent_is_zero:
            return lambda row: valued.get(self._key(row), 0.0)
        whole, rows = self._whole(everyone=everyone), self._covered([], everyone=everyone)

        def people(row: Row) -> float:
            blank = rows.get(self._key(row), 0.0) - valued.get(self._key(row), 0.0)
            return whole.get(str(row.get("PLACECD", "")), 0.0) - blank

        return people

    def _key(self, row: Row) -> Key:
        return str(row.get("PLACECD", "")), *group_key(row, sql.group_aliases(self.question))

    def _covered(self, measures: Sequence[int], *, everyone: bool) -> dict[Key, float]:
        """People by place and group of areas that have a value of some measures; a row, where there are none."""
        table = sql.EVERYONE if everyone else sql.ATOMS
        rows = self.engine.query(sql.covered(self.question, measures, atoms_of=table, columns=[PEOPLE]))
        return {self._key(row): as_number(row[PEOPLE]) for row in rows}

    def _whole(self, *, everyone: bool = False) -> dict[str, float]:
        """All people by place."""
        atoms = self.cover.everyone if everyone else self.cover.atoms
        return {str(place): float(people) for place, people in atoms.groupby("PLACECD")[PEOPLE].sum().items()}

    def notes(self, rows: Sequence[Row]) -> Iterator[str]:
        """What to know of the rates over a measure of the tables.

        Args:
            rows: of places, as `into` gives them.
        """
        name = self.options.denominator
        if not name:
            return
        if self.options.absent_is_zero:
            yield f"`{name}` counts all people of a place but those of areas whose value is blank"
        elif self._are_of_a_part(rows):
            yield (
                f"`{name}` counts people of the areas that the data have; if areas without a row had no events: "
                "--absent-is-zero"
            )
        if self.question.groups:
            yield f"`{name}` counts the same people in each group: right for months, wrong for sexes or ages"

    def _are_of_a_part(self, rows: Sequence[Row]) -> bool:
        """Whether people of places with data are left out, since their areas have no value."""
        whole = self._whole()
        numbers = [number for number, measure in enumerate(self.question.measures) if measure.stored and measure.column]
        people = [(as_number(row[f"m{number}b"]), whole[str(row["PLACECD"])]) for number in numbers for row in rows]
        return any(0 < part < 0.999 * every for part, every in people)


def _fill(row: dict[str, object], number: int, measure: Measure, people: float, *, absent_is_zero: bool) -> None:
    events = row["n"] if not measure.column else row[f"m{number}a"]
    has = absent_is_zero or bool(as_number(row["n"] if not measure.column else row[f"m{number}n"]))
    row[f"m{number}a"] = events
    row[f"m{number}b"] = people if has else None
