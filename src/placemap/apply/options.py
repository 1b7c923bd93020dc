"""How data are applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields

from placemap.apply.apportion import BY_REGISTERED, BY_RESIDENTS, DECLARED, RESIDENCE
from placemap.apply.publish_rule import PublishRule
from placemap.apply.rate_options import RateOptions
from placemap.core.errors import Exit, PlacemapError


@dataclass(frozen=True)
class Options:
    """How data are applied; as the options of `placemap apply`.

    Attributes:
        by: the column of codes; None to find it.
        kind: the kind of its units (`lsoa`, `ward`, `ltla`, `msoa`, `utla`, `sub_icb`, `practice`, `pcn`); None to tell
            it from the values.
        groups: columns that the result is divided by besides places, such as a month.
        shares: `residents` or `registered`: what units that cross places are divided by.
        practices: `declared` (the place of the practice or its PCN) or `residence` (where its patients live); None for
            `declared` where the places are declared from practices, else `residence`.
        blanks: texts that stand for no value.
        extensive: columns that do add up, whatever their names look like.
        whole: sums and counts in whole numbers, by largest remainder.
        engine: `duckdb` or `spark`.
        sheet: of a workbook.
        folder: whether the path is a folder whose Parquet files are read as one table.
        long: whether the result is to have a row a measure.
        min_coverage: the share of a place's people, 0 to 1, that data must cover for its figures to be given.
        rates: how rates are given.
        publish: how counts are published; None where they are not to be.

    Raises:
        PlacemapError: an option is none of those that there are, or of another type.
    """

    by: str | None = None
    kind: str | None = None
    groups: tuple[str, ...] = ()
    shares: str = BY_RESIDENTS
    practices: str | None = None
    blanks: tuple[str, ...] = ()
    extensive: tuple[str, ...] = ()
    whole: bool = False
    engine: str = "duckdb"
    sheet: str | None = None
    folder: bool = False
    long: bool = False
    min_coverage: float = 0.0
    rates: RateOptions = field(default_factory=RateOptions)
    publish: PublishRule | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            if item.name not in ("rates", "publish"):
                _refuse_type(item.name, getattr(self, item.name), str(item.type))
        if not 0 <= self.min_coverage <= 1:
            raise PlacemapError(
                f"{self.min_coverage:g} is no share of a place's people",
                hint="give --min-coverage a number from 0 to 1, such as 0.8",
                exit_code=Exit.USAGE,
            )
        if self.publish and self.whole:
            raise PlacemapError(
                "--whole-numbers cannot round what is published: its parts would not be those of the sums",
                hint="leave it out; --round-to 1 makes whole numbers",
                exit_code=Exit.USAGE,
            )
        _refuse_value("shares", self.shares, (BY_RESIDENTS, BY_REGISTERED))
        _refuse_value("practices", self.practices, (None, DECLARED, RESIDENCE))


def _refuse_type(option: str, value: object, declared: str) -> None:
    """Refuse a value that is not of an option's type: a text where a list is meant is taken letter by letter."""
    expected = {"bool": bool, "str": str, "str | None": (str, type(None)), "float": (int, float)}.get(declared, tuple)
    is_right = isinstance(value, expected) and (expected is not tuple or all(isinstance(one, str) for one in value))  # type: ignore[arg-type, attr-defined]
    if not is_right:
        words = {"bool": "True or False", "str": "a text", "str | None": "a text", "float": "a number"}
        what = words.get(declared, "a list of texts")
        raise PlacemapError(
            f"`{option}` is {value!r}; expected {what}", hint=f"give {option} as {what}", exit_code=Exit.USAGE
        )


def _refuse_value(option: str, value: str | None, known: Sequence[str | None]) -> None:
    if value not in known:
        raise PlacemapError(
            f"`{option}` is {value!r}; expected {' or '.join(str(one) for one in known if one)}",
            hint="see `placemap apply --help`",
            exit_code=Exit.USAGE,
        )


def as_names(option: str, names: object) -> tuple[str, ...]:
    """A list of texts that a caller gave; a single text is refused, for it would be taken letter by letter.

    Raises:
        PlacemapError: it is none.
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        _refuse_type(option, names, "tuple")
    found: tuple[str, ...] = tuple(names)  # type: ignore[arg-type]
    _refuse_type(option, found, "tuple")
    return found
