"""What a whole, undamaged file satisfies. A broken rule raises a PlacemapError with both."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from placemap.core.codes import KINDS
from placemap.core.errors import PlacemapError
from placemap.sources.catalogue import Source
from placemap.sources.formats.raw import Raw

AGAIN = "download the file again from its publisher; an edited or partly loaded copy is not safe to use"


def failure(raw: Raw, source: Source, message: str, hint: str = AGAIN) -> PlacemapError:
    """The error of a file that breaks a rule of its source."""
    return PlacemapError(f"{source.named}: {message}", location=raw.where, hint=hint)


def require_columns(raw: Raw, source: Source, wanted: Sequence[str]) -> None:
    """Every column in `wanted` is there."""
    missing = [column for column in wanted if column not in raw.frame.columns]
    if missing:
        found = ", ".join(str(column) for column in raw.frame.columns)
        raise failure(raw, source, f"no column {', '.join(missing)}; the file has {found}")


def require_rows(raw: Raw, source: Source, rows: int, what: str = "rows") -> None:
    """The number of rows lies in the source's range."""
    least, most = source.rows
    if not least <= rows <= most:
        expected = f"{least:,}" if least == most else f"{least:,} to {most:,}"
        raise failure(raw, source, f"{rows:,} {what}; expected {expected}")


def require_unique(raw: Raw, source: Source, frame: pd.DataFrame, key: Sequence[str]) -> None:
    """No two rows have the same key."""
    again = frame.duplicated(list(key))
    if again.any():
        first = " ".join(str(value) for value in frame.loc[again, list(key)].iloc[0])
        raise failure(raw, source, f"{int(again.sum()):,} rows repeat a key ({', '.join(key)}), first {first}")


def require_pattern(raw: Raw, source: Source, values: pd.Series, pattern: str, what: str) -> None:
    """Every value has the shape `pattern`."""
    odd = values[~values.str.fullmatch(pattern)]
    if len(odd):
        raise failure(raw, source, f"{len(odd):,} values of {values.name} are not {what}, first {odd.iloc[0]!r}")


def require_kind(raw: Raw, source: Source, values: pd.Series, kind: str) -> None:
    """Every value is a code of `kind`."""
    require_pattern(raw, source, values, KINDS[kind].pattern.pattern, f"codes of {KINDS[kind].plural}")


def require_one_name(raw: Raw, source: Source, frame: pd.DataFrame, code: str, others: Sequence[str]) -> None:
    """Each code has one value in every column of `others`."""
    for column in others:
        counts = frame[[code, column]].drop_duplicates()[code].value_counts()
        if len(counts) and counts.iloc[0] > 1:
            raise failure(raw, source, f"{counts.index[0]} has {counts.iloc[0]} values of {column}; expected one")


def require_units(raw: Raw, source: Source, kind: str, found: int, vintage: str) -> None:
    """The number of units (or rows of a table) is the one known for this vintage, where one is."""
    expected = source.release(vintage).units.get(kind)
    if expected is not None and found != expected:
        label = KINDS[kind].plural if kind in KINDS else kind.replace("_", " ")
        raise failure(raw, source, f"{found:,} {label} in vintage {vintage}; expected {expected:,}")


def require_total(raw: Raw, source: Source, found: int, expected: int | None) -> tuple[str, ...]:
    """The figures add up to the published total, where one is known, or come within the source's tolerance.

    Returns:
        A note of by how much they differ, where they do.
    """
    if expected is None or found == expected:
        return ()
    of = f"{expected:,}" + (f" ({source.total_note})" if source.total_note else "")
    if abs(found - expected) * 100 <= source.tolerance * expected:
        share = abs(found - expected) / expected
        return (f"the figures add up to {found:,}, {found - expected:+,} ({share:.4%}) from the published {of}",)
    within = f", give or take {source.tolerance:g} %" if source.tolerance else ""
    raise failure(raw, source, f"the figures add up to {found:,}; expected {of}{within}")


def whole_numbers(raw: Raw, source: Source, values: pd.Series) -> pd.Series:
    """Text as whole numbers (int64); anything but digits is an error."""
    require_pattern(raw, source, values, r"\d+", "whole numbers")
    return values.astype("int64")


def text(values: pd.Series) -> pd.Series:
    """Text without white space around it."""
    return values.str.strip()


_DATE_SHAPES = (
    (re.compile(r"\d{8}"), "%Y%m%d"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "%Y-%m-%d"),
    (re.compile(r"\d\d/\d\d/\d{4}"), "%d/%m/%Y"),
    (re.compile(r"\d{1,2}[A-Za-z]{3}\d{4}"), "%d%b%Y"),
)


def iso_dates(raw: Raw, source: Source, values: pd.Series) -> pd.Series:
    """Dates in any of the publishers' ways of writing them as ISO text; empty stays empty.

    `20220701` · `2022-07-01` · `01/07/2022` · `01JUL2022` or `01Jul2022`.
    """
    dates = {value: _iso_date(value) for value in values.unique()}
    odd = [value for value, iso in dates.items() if iso is None]
    if odd:
        raise failure(raw, source, f"{odd[0]!r} in {values.name} is not a date; expected one such as 20220701")
    return values.map(dates)


def _iso_date(value: str) -> str | None:
    if not value:
        return ""
    for shape, layout in _DATE_SHAPES:
        if shape.fullmatch(value):
            found = pd.to_datetime(value.title(), format=layout, errors="coerce")
            return None if pd.isna(found) else found.strftime("%Y-%m-%d")
    return None
