"""Registrations that come as three tables in one file: everybody, men, and women.

Everybody is read; men and women are held against it, practice by practice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from placemap.core.text import some
from placemap.sources.formats.raw import Raw

SEXES = ("ALL", "MALE", "FEMALE")
SHOWN = 5


def sex_of(raw: Raw) -> str:
    """`ALL`, `MALE` or `FEMALE` where all rows are of it; else empty."""
    column = next((name for name in raw.frame.columns if str(name).upper() == "SEX"), None)
    found = {str(value).strip().upper() for value in raw.frame[column].unique()} if column is not None else set()
    return found.pop() if len(found) == 1 else ""


def held_together(raws: Sequence[Raw]) -> tuple[Raw, tuple[str, ...]]:
    """The table of everybody, and a note where men and women don't add up to it.

    Args:
        raws: registrations of one file, with `sex_of` each different.
    """
    by_sex = {sex_of(raw): raw for raw in raws}
    if "ALL" not in by_sex:
        first = raws[0]
        return replace(first, frame=pd.concat([raw.frame for raw in raws], ignore_index=True)), ()
    everybody = by_sex["ALL"]
    others = [by_sex[sex] for sex in ("MALE", "FEMALE") if sex in by_sex]
    return everybody, _difference(everybody, others) if len(others) == 2 else ()


def _difference(everybody: Raw, others: Sequence[Raw]) -> tuple[str, ...]:
    whole = _by_practice(everybody)
    parts = pd.concat([_by_practice(raw) for raw in others]).groupby(level=0).sum()
    apart = parts.sub(whole, fill_value=0)
    apart = apart[apart != 0]
    if apart.empty:
        return ()
    worst = apart.reindex(apart.abs().sort_values(ascending=False, kind="stable").index)
    differing = [f"{code} ({int(people):+,})" for code, people in worst.items()]
    return (
        f"male and female add up to {int(parts.sum()):,}, all to {int(whole.sum()):,}; they differ for "
        f"{len(worst):,} practices: {some(differing, SHOWN, counted=True)}; all is taken",
    )


def _by_practice(raw: Raw) -> pd.Series:
    frame = raw.frame.rename(columns=lambda name: str(name).upper().replace(" ", "_"))
    people = pd.to_numeric(frame["NUMBER_OF_PATIENTS"], errors="coerce").fillna(0)
    return people.groupby(frame["PRACTICE_CODE"].str.strip()).sum()
