"""What rates add to a result: which columns, under which names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from placemap.apply.measures import RATE, Measure
from placemap.apply.rate_options import ENGLAND, LEVELS, PER, SYSTEM, RateOptions, number_in
from placemap.apply.standardise import Estimate
from placemap.core.arrays import Bools, Floats

CRUDE, DIRECT, INDIRECT = "crude", "directly standardised", "indirectly standardised"


@dataclass(frozen=True)
class FigureColumn:
    """A column that a figure has: `part` is how it is called in a long result, `what` says what it holds."""

    title: str
    part: str
    what: str
    is_text: bool = False


@dataclass(frozen=True)
class FigureKind:
    """One figure that is made of a measure.

    Attributes:
        measure: position of the rate.
        how: `CRUDE`, `DIRECT` or `INDIRECT`.
        title: its column.
        options: its limits and what it is compared with.
    """

    measure: int
    how: str
    title: str
    options: RateOptions

    def columns(self) -> Iterator[FigureColumn]:
        """Its columns, in order."""
        if self.how == INDIRECT:
            yield FigureColumn(f"{self.title} EXPECTED", "EXPECTED", "events at the rates of the standard")
        yield FigureColumn(
            self.title, "VALUE", f"{self.how} {'ratio, 100 as the standard' if self.how == INDIRECT else 'rate'}"
        )
        for level in self.options.levels:
            for side, what in (("LCI", "lower"), ("UCI", "upper")):
                part = limit_name(side, level)
                yield FigureColumn(f"{self.title} {part}", part, f"{what} limit of the {level:g}% interval")
        for name in self.options.compare:
            other, part = _called(name)
            if number_in(name) is None:
                yield FigureColumn(f"{self.title} {part}", part, f"the same figure of {other}")
            yield FigureColumn(
                f"{self.title} VS {part}", f"VS {part}", f"how its interval stands to {other}", is_text=True
            )


@dataclass(frozen=True)
class Figure:
    """A figure of every row of a result.

    Attributes:
        kind: which it is.
        estimate: values and limits.
        others: by what it is compared with, the same figure of that.
        words: by what it is compared with, how it stands to it.
        telling: rows whose figure would tell of a small count by age, where counts are to be published; empty text for
            the figure's own, else by what it is compared with.
    """

    kind: FigureKind
    estimate: Estimate
    others: Mapping[str, Floats]
    words: Mapping[str, Sequence[str]]
    telling: Mapping[str, Bools] = field(default_factory=dict)

    def values(self) -> Iterator[tuple[FigureColumn, Sequence[str] | Floats]]:
        """Its columns with their values."""
        found: list[Sequence[str] | Floats] = []
        if self.estimate.expected is not None:
            found.append(self.estimate.expected)
        found.append(self.estimate.value)
        for level in self.kind.options.levels:
            found += self.estimate.limits[level]
        for name in self.kind.options.compare:
            found += [] if number_in(name) is not None else [self.others[name]]
            found.append(self.words[name])
        return zip(self.kind.columns(), found, strict=True)


def figure_kinds(measures: Sequence[Measure], options: RateOptions) -> tuple[FigureKind, ...]:
    """The figures that are asked for, by measure."""
    found = []
    per = f"per {options.per or PER:.15g}"
    for number, measure in enumerate(measures):
        if measure.how != RATE:
            continue
        if options.per:
            found.append(FigureKind(number, CRUDE, f"{measure.title} {per}", options))
        if options.age:
            how, end = (INDIRECT, "ISR") if options.indirect else (DIRECT, f"DSR {per}")
            found.append(FigureKind(number, how, f"{measure.title} {end}", options))
    return tuple(found)


def limit_name(side: str, level: float) -> str:
    """`LCI` or `UCI`; with the level where it is not the usual one."""
    return side if level == LEVELS[0] else f"{side} {level:g}"


def spoken(name: str) -> str:
    """What rates are compared with, as it is called in a sentence."""
    return _called(name)[0]


def part_of(name: str) -> str:
    """What rates are compared with, as it is called in the title of a column."""
    return _called(name)[1]


def _called(name: str) -> tuple[str, str]:
    found = {ENGLAND: ("England", "ENGLAND"), SYSTEM: ("the system", "SYSTEM")}
    return found.get(name, (name, name))
