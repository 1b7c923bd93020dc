"""Which vintage of each table a run uses: the store's newest, what the user names, or what was in force on a day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from placemap.core.codes import ICBS_FROM, KINDS, is_day, month_of
from placemap.core.errors import Exit, PlacemapError
from placemap.reference.store import FAMILIES, Manifest, TableEntry

#: Day of the year on which a vintage comes into force, by kind: census day, May elections, and the start of the
#: financial year for everything else.
_FROM_DAY = {"lsoa": "03-21", "msoa": "03-21", "ward": "05-01"}
_FROM = {(kind, ICBS_FROM[:4]): ICBS_FROM for kind in ("sub_icb", "icb")}
_SHAPE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


@dataclass(frozen=True)
class ChosenVintages:
    """Vintages that stand in for the store's defaults.

    Attributes:
        vintages: by kind (and `registrations`); of PCNs also a day, `2022-04-01`.
        named: those of them that the user names.
        as_of: the day that the others were chosen for, None where there is none.
        early: kinds of which no table was in force on that day, with the oldest vintage, which is used instead.
        locked: defaults of a lock, in the place of the store's.
    """

    vintages: Mapping[str, str] = field(default_factory=dict)
    as_of: date | None = None
    early: Mapping[str, str] = field(default_factory=dict)
    locked: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What was asked for, `as of 2022-04-01; ltla=2022`, empty where nothing was."""
        named = ", ".join(f"{kind}={vintage}" for kind, vintage in sorted(self.vintages.items()))
        return "; ".join(part for part in (f"as of {self.as_of}" if self.as_of else "", named) if part)


def choose(manifest: Manifest, named: Iterable[str] = (), as_of: str = "") -> ChosenVintages:
    """The vintages that a user asks for.

    Args:
        manifest: of the store in use.
        named: texts such as `ward=2025`; they win over `as_of`.
        as_of: a day as ISO text, empty for none.

    Raises:
        PlacemapError: a text, kind or day is not one, or the store has no such vintage.
    """
    day = _day(as_of) if as_of else None
    dated, early = _in_force(manifest, day) if day else ({}, {})
    given = dict(_named(text, manifest) for text in named)
    early = {kind: year for kind, year in early.items() if kind not in given}
    return ChosenVintages({**dated, **given}, day, early, named=given)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PlacemapError(
            f"--as-of {text} is not a day; expected one such as 2024-04-01", exit_code=Exit.USAGE
        ) from None


def _named(text: str, manifest: Manifest) -> tuple[str, str]:
    kind, _, vintage = text.partition("=")
    if kind not in FAMILIES or not _SHAPE.fullmatch(vintage):
        hint = "LSOAs of 2021 are the atom and have no other vintage" if kind == "lsoa" else ""
        raise PlacemapError(
            f"--vintage {text} is not understood; expected KIND=YEAR such as ward=2025, and one of "
            f"{', '.join(FAMILIES)}",
            hint=hint,
            exit_code=Exit.USAGE,
        )
    have = [entry.vintage for entry in tables_of(manifest, kind)]
    if vintage not in have and not (kind == "pcn" and have and is_day(vintage)):
        raise PlacemapError(
            f"the reference data have no {KINDS[kind].plural if kind in KINDS else kind} of {vintage} "
            f"(only {', '.join(have) or 'none'})",
            hint="`placemap data update` fetches what there is; `placemap data import` takes downloaded files",
        )
    return kind, vintage


def tables_of(manifest: Manifest, kind: str) -> list[TableEntry]:
    """The tables of a kind (or of registrations), oldest first."""
    family = FAMILIES[kind][0]
    found = [e for e in manifest.tables.values() if e.family == family and (family != "lookup" or e.kind == kind)]
    return sorted(found, key=lambda entry: entry.vintage)


def months(vintage: str) -> int:
    """A vintage (`2022` or `2022-08`) or day in months."""
    return int(vintage[:4]) * 12 + int(vintage[5:7] or 1)


def nearest_month(vintages: Iterable[str], month: str) -> str:
    """The vintage (`2022-07`) nearest to a month or day, the earlier of two; empty where there is none."""
    return min(sorted(vintages), key=lambda vintage: abs(months(vintage) - months(month)), default="")


def in_force_from(kind: str, vintage: str) -> str:
    """The day, as ISO text, from which a vintage is in force."""
    if "-" in vintage:
        return f"{vintage}-01"[:10]
    return _FROM.get((kind, vintage)) or f"{vintage}-{_FROM_DAY.get(kind, '04-01')}"


def is_over(kind: str, vintage: str, day: date) -> bool:
    """Whether a vintage had ended on a day, so that a newer one was to be expected.

    A month ends with the month, a year when the next one comes into force; LSOAs and MSOAs are those of a census.
    """
    if kind in ("lsoa", "msoa"):
        return False
    if "-" in vintage:
        return month_of(vintage) < month_of(day.isoformat())
    return in_force_from(kind, str(int(vintage) + 1)) <= day.isoformat()


def _in_force(manifest: Manifest, day: date) -> tuple[dict[str, str], dict[str, str]]:
    """By kind the latest vintage in force on a day; and where none was, the oldest one."""
    found: dict[str, str] = {}
    early: dict[str, str] = {}
    for kind in FAMILIES:
        vintages = [entry.vintage for entry in tables_of(manifest, kind)]
        if not vintages:
            continue
        lived = [vintage for vintage in vintages if in_force_from(kind, vintage) <= day.isoformat()]
        found[kind] = lived[-1] if lived else vintages[0]
        # Memberships carry dates, so that a later list tells an earlier day, too; none tells what came after it.
        if kind == "pcn":
            found[kind] = min(day.isoformat(), vintages[-1], key=month_of)
        elif not lived:
            early[kind] = vintages[0]
    return found, early
