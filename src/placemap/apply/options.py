"""How data are applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from placemap.apply.apportion import DECLARED, REGISTERED, RESIDENCE, RESIDENTS
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

    Raises:
        PlacemapError: an option is none of those that there are, or of another type.
    """

    by: str | None = None
    kind: str | None = None
    groups: tuple[str, ...] = ()
    shares: str = RESIDENTS
    practices: str | None = None
    blanks: tuple[str, ...] = ()
    extensive: tuple[str, ...] = ()
    whole: bool = False
    engine: str = "duckdb"
    sheet: str | None = None
    folder: bool = False
    long: bool = False

    def __post_init__(self) -> None:
        for item in fields(self):
            _refuse_type(item.name, getattr(self, item.name), str(item.type))
        _refuse_value("shares", self.shares, (RESIDENTS, REGISTERED))
        _refuse_value("practices", self.practices, (None, DECLARED, RESIDENCE))


def _refuse_type(option: str, value: object, declared: str) -> None:
    """Refuse a value that is not of an option's type: a text where a list is meant is taken letter by letter."""
    expected = {"bool": bool, "str": str, "str | None": (str, type(None))}.get(declared, tuple)
    is_right = isinstance(value, expected) and (expected is not tuple or all(isinstance(one, str) for one in value))  # type: ignore[arg-type, attr-defined]
    if not is_right:
        what = {"bool": "True or False", "str": "a text", "str | None": "a text"}.get(declared, "a list of texts")
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
