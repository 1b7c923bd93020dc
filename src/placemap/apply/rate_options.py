"""How rates are given: for how many people, with which limits, standardised, beside what."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from placemap.apply.standardise import BYAR, INTERVALS, WILSON
from placemap.core.errors import usage_error

ENGLAND, SYSTEM = "england", "system"
#: Per cent of intervals: those that Fingertips has.
LEVELS = (95.0, 99.8)
_NUMBER = re.compile(r"(\d+|\d{1,3}(,\d{3})+)(\.\d*)?|\.\d+", re.ASCII)
#: What standardised rates are given for where `per` says nothing.
PER = 100_000.0


@dataclass(frozen=True)
class RateOptions:
    """How rates are given; as the options of `placemap apply`.

    Attributes:
        per: the people that rates are given for, with limits; 0 for the plain fraction alone.
        interval: `byar` or `fingertips` (exact for fewer than ten) for events, `wilson` for proportions.
        levels: per cent of the intervals.
        age: the column of age bands that rates are standardised by; empty for none.
        indirect: `england` or `system`, whose rates are the standard; empty to standardise directly.
        compare: `england`, `system` or a number: what rates are held against.
        denominator: the measure of the reference tables that rates are over; empty for columns of the data alone.
        absent_is_zero: whether areas without a row had no events, rather than no data; says which people `denominator`
            counts.

    Raises:
        PlacemapError: an option is none of those that there are, or needs another.
    """

    per: float = 0.0
    interval: str = BYAR
    levels: tuple[float, ...] = LEVELS[:1]
    age: str = ""
    indirect: str = ""
    compare: tuple[str, ...] = ()
    denominator: str = ""
    absent_is_zero: bool = False

    def __post_init__(self) -> None:
        self._refuse_values()
        if self.indirect and not self.age:
            raise usage_error("--indirect needs the age bands of the data", "name their column with --age")
        if self.age and self.denominator:
            raise usage_error(
                f"`{self.denominator}` is not counted by age, so nothing can be standardised over it",
                "give people by age as a column of the data: --rate NUMERATOR/DENOMINATOR",
            )
        if self.age and self.interval == WILSON:
            raise usage_error(
                "`wilson` is for proportions, not for standardised rates", "leave --interval or --age out"
            )
        if not self.given and (self.compare or self.interval != BYAR or self.levels != LEVELS[:1]):
            raise usage_error("limits and comparisons are of rates for so many people", "add --per 100000")
        if self.absent_is_zero and not self.denominator:
            raise usage_error("--absent-is-zero is for a denominator of the tables", "name it with --denominator")

    def _refuse_values(self) -> None:
        if not (math.isfinite(self.per) and self.per >= 0):
            raise usage_error(f"rates for {self.per:g} people cannot be given", "write --per 1000 or --per 100000")
        if self.interval not in INTERVALS:
            raise usage_error(f"`{self.interval}` is not an interval", f"the intervals are {', '.join(INTERVALS)}")
        for level in self.levels:
            if level not in LEVELS:
                raise usage_error(f"intervals at {level:g}% are not given", "95 and 99.8 are")
        if not self.levels or len(set(self.levels)) < len(self.levels):
            raise usage_error("the levels of intervals are to be one of each", "write --confidence 95 or 99.8, or both")
        if self.indirect not in ("", ENGLAND, SYSTEM):
            raise usage_error(f"`{self.indirect}` is no standard", "england and system are")
        for name in self.compare:
            if name not in (ENGLAND, SYSTEM) and number_in(name) is None:
                raise usage_error(
                    f"rates cannot be compared with `{name}`", "give england, system, or a published rate"
                )

    @property
    def given(self) -> bool:
        """Whether rates with limits are asked for."""
        return self.per > 0 or bool(self.age)


def as_numbers(option: str, numbers: object) -> tuple[float, ...]:
    """Numbers that a caller gave.

    Raises:
        PlacemapError: they are none, or a text, which would be taken letter by letter.
    """
    found = list(numbers) if isinstance(numbers, Iterable) and not isinstance(numbers, str) else [None]
    floats = [float(one) for one in found if isinstance(one, (int, float)) and not isinstance(one, bool)]
    if len(floats) < len(found):
        raise usage_error(
            f"`{option}` is {numbers!r}; expected a list of numbers", f"give {option} as a list of numbers"
        )
    return tuple(floats)


def number_in(text: str) -> float | None:
    """A published rate, `1234.5` or `1,234.5`; None where a text is no such number: `31,5` is none."""
    if not _NUMBER.fullmatch(text.strip()):
        return None
    value = float(text.replace(",", ""))
    return value if math.isfinite(value) else None
