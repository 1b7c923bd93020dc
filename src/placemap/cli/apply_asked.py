"""What the options of `placemap apply` say together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from placemap.cli.apply_options import Interval, Standard
from placemap.core.errors import usage_error

if TYPE_CHECKING:
    from placemap.apply.rate_options import RateOptions


def rate_options(
    per: float | None,
    interval: Interval,
    confidence: list[float] | None,
    age: str | None,
    indirect: Standard | None,
    compare: list[str] | None,
    denominator: str | None,
    *,
    absent_is_zero: bool,
) -> RateOptions:
    """How rates are given.

    Raises:
        PlacemapError: an option is none of those that there are, or needs another.
    """
    from placemap.apply.rate_options import LEVELS, RateOptions

    if per is not None and per <= 0:
        raise usage_error(f"rates for {per:g} people cannot be given", "write --per 100000")
    return RateOptions(
        per or 0.0,
        interval.value,
        tuple(confidence or LEVELS[:1]),
        age or "",
        indirect.value if indirect else "",
        tuple(compare or ()),
        denominator or "",
        absent_is_zero,
    )


@dataclass(frozen=True)
class Whereto:
    """The footprints that data are applied to, as they are named.

    Attributes:
        systems, footprints: what is named.
        england: all systems instead.
        reference: a store's folder; None for the one in use.
        measure, min_grade: see `open_workspace`.
        download: whether what is missing is fetched unasked.
        tiers: whether all tiers of the system are meant.
    """

    systems: tuple[str, ...]
    footprints: tuple[str, ...]
    england: bool
    reference: Path | None
    measure: str
    min_grade: str
    download: bool
    tiers: bool = False


@dataclass(frozen=True)
class ResultOptions:
    """What becomes of the result.

    Attributes:
        out, reconciliation: files to write.
        keys: the folder for the two tables that queries join.
        join: whether the data themselves are written, each row with its place.
        long: whether the result has a row a measure.
        max_loss: per cent that may be lost, else there is no result.
        strict: per cent that may be lost, else the command fails; None for all.
        as_json: whether the result is printed for machines.
        published: whether counts are held back or rounded.

    Raises:
        PlacemapError: `strict` is no percentage.
    """

    out: Path | None
    reconciliation: Path | None
    keys: Path | None
    join: bool
    long: bool
    max_loss: float
    strict: float | None
    as_json: bool
    published: bool = False

    def __post_init__(self) -> None:
        if self.strict is not None and not 0 <= self.strict <= 100:
            raise usage_error(
                f"{self.strict:g} is no percentage that may be lost", "give --strict a number from 0 to 100"
            )

    @property
    def joined(self) -> Path | None:
        """The file for the data themselves."""
        return self.out if self.join else None

    @property
    def table(self) -> Path | None:
        """The file for figures by place."""
        return None if self.join else self.out

    def refuse_unwritable(self, data: Path, systems: tuple[str, ...]) -> None:
        """Refuse files that cannot be written as they are named, or that would take the place of the input.

        Raises:
            PlacemapError: so named, or data are to be joined into no file.
        """
        from placemap.core.files import refuse_same
        from placemap.outputs import applied as write_applied

        for option, path in self._named:
            write_applied.check_ending(path, workbook=option == "--out" and not self.join)
        tables = [("--keys", path) for path in write_applied.key_files(self.keys)] if self.keys else []
        refuse_same([*self._named, *tables], _read(data, systems))

    def beside(self, data: Path, systems: tuple[str, ...]) -> list[tuple[str, Path]]:
        """The files that a database must not be: those that are read, and those that are written."""
        return [*_read(data, systems), *self._named]

    @property
    def _named(self) -> list[tuple[str, Path]]:
        from placemap.outputs.applied import WORKBOOK
        from placemap.outputs.apply_files import held_back_file

        files = (("--out", self.out), ("--reconciliation", self.reconciliation))
        named = [(option, path) for option, path in files if path]
        if self.published and self.table and self.table.suffix != WORKBOOK:
            named.append(("the list of what is held back", held_back_file(self.table)))
        return named


def _read(data: Path, systems: tuple[str, ...]) -> list[tuple[str, Path]]:
    configs = [("a config", Path(name)) for name in systems if Path(name).is_file()]
    return [("the input", data), *configs]


def refuse_together(
    result: ResultOptions, *, sql: bool, whole: bool, figures: bool, to: bool = False, tiers: bool = False
) -> None:
    """Refuse options that need each other, or shut each other out.

    Args:
        figures: whether rates for so many people, or blanks, are asked for.
        to: whether the result is loaded into a database.

    Raises:
        PlacemapError: two do.
    """
    if to and (sql or result.join):
        raise usage_error(
            f"--to loads figures by place; {'--sql' if sql else '--join'} makes none", "leave one of them out"
        )
    if result.join and result.out is None:
        raise usage_error("--join needs --out FILE", "add --out joined.parquet")
    other = {"--join": result.join, "--sql": sql, "--whole-numbers": whole, "--keys": result.keys is not None}
    if tiers and any(other.values()):
        clash = next(option for option, given in other.items() if given)
        raise usage_error(f"{clash} is for one tier", "leave --tiers or it out")
    if sql and whole:
        raise usage_error("--whole-numbers is not in the SQL of --sql", "leave one of them out")
    if result.join and figures:
        raise usage_error(
            "--join writes rows of the data, which have no rates by place and no least coverage",
            "leave --join out, and join the result by PLACECD",
        )
