"""The registry of official formats: how a file is told by its columns, and what makes store tables of it.

A new format is one entry here. Where a format is recognised and then breaks a rule, the import stops: a table
that lost rows is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from placemap.core.codes import KINDS
from placemap.core.errors import PlacemapError
from placemap.sources.catalogue import Catalogue
from placemap.sources.formats import boundaries as shapes
from placemap.sources.formats import geographies, networks, people
from placemap.sources.formats.raw import Raw
from placemap.sources.store_table import StoreTable


@dataclass(frozen=True)
class FileFormat:
    """One official layout.

    Attributes:
        id: name in messages and tests.
        recognises: whether a table is of this layout, by its columns (or, without a header, its first row).
        tables: its store tables, from the raw table, the catalogue, and what the user says that it is.
        left_out: why the layout is known but not taken into the store; empty for those that are.
    """

    id: str
    recognises: Callable[[Raw], bool]
    tables: Callable[[Raw, Catalogue, str], Iterable[StoreTable]]
    left_out: str = ""


def recognise(raw: Raw) -> FileFormat | None:
    """The layout of a raw table; None where it is none of the official ones."""
    return next((layout for layout in FORMATS if layout.recognises(raw)), None)


def _has(*wanted: str, without: tuple[str, ...] = ()) -> Callable[[Raw], bool]:
    """Whether a raw table has columns that start with each of `wanted`, and none with any of `without`."""

    def recognises(raw: Raw) -> bool:
        found = [str(column).upper().replace(" ", "_") for column in raw.frame.columns] if raw.headed else []
        has = [any(column.startswith(start) for column in found) for start in (*wanted, *without)]
        return all(has[: len(wanted)]) and not any(has[len(wanted) :])

    return recognises


def _codes(*wanted: str, any_of: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> Callable[[Raw], bool]:
    """Whether a raw table has code columns (`WD24CD`) of all of `wanted` and of one of `any_of`."""

    def recognises(raw: Raw) -> bool:
        found = geographies.code_columns(raw.frame.columns)
        some = not any_of or any(prefix in found for prefix in any_of)
        return raw.headed and all(prefix in found for prefix in wanted) and some and not set(without) & set(found)

    return recognises


def _columns(*wanted: str) -> Callable[[Raw], bool]:
    return lambda raw: raw.headed and set(wanted) <= {str(column) for column in raw.frame.columns}


def _yearly(raw: Raw) -> bool:
    return any(geographies.YEAR_COLUMN.fullmatch(str(column)) for column in raw.frame.columns)


def _all(*tests: Callable[[Raw], bool]) -> Callable[[Raw], bool]:
    return lambda raw: all(test(raw) for test in tests)


def _either(*tests: Callable[[Raw], bool]) -> Callable[[Raw], bool]:
    return lambda raw: any(test(raw) for test in tests)


def _headless(kinds: dict[int, str]) -> Callable[[Raw], bool]:
    """Whether a table without header has in its first row codes of these kinds at these positions."""

    def recognises(raw: Raw) -> bool:
        if raw.headed or len(raw.frame.columns) <= max(kinds) or raw.frame.empty:
            return False
        first = raw.frame.iloc[0]
        return all(KINDS[kind].pattern.fullmatch(str(first[position])) for position, kind in kinds.items())

    return recognises


def _lookups(raw: Raw, catalogue: Catalogue, _measure: str) -> Iterable[StoreTable]:
    source = geographies.sources_of_lookups(geographies.code_columns(raw.frame.columns))
    if source not in catalogue:
        raise PlacemapError(
            f"a lookup of a kind that placemap does not use ({source})",
            location=raw.where,
            hint="data/sources.yaml lists the lookups that it does",
        )
    return geographies.lookups(raw, catalogue[source])


def _of(source: str, transform: Callable[..., Iterable[StoreTable]]) -> Callable[..., Iterable[StoreTable]]:
    return lambda raw, catalogue, _measure: transform(raw, catalogue[source])


def _nothing(_raw: Raw, _catalogue: Catalogue, _measure: str) -> Iterable[StoreTable]:
    return ()


def _first_code(column: str, pattern: str) -> Callable[[Raw], bool]:
    """Whether the first value of a column is a code of that shape."""

    def recognises(raw: Raw) -> bool:
        if column not in raw.frame.columns or raw.frame.empty:
            return False
        return bool(re.fullmatch(pattern, str(raw.frame[column].iloc[0])))

    return recognises


_GEOMETRY = _columns("geometry")
_TS001 = _all(_columns("date", "geography", "geography code"), _has("RESIDENCE_TYPE"))
_NOMIS = _columns("GEOGRAPHY_CODE", "OBS_VALUE")
_BY_AGE = _columns("LSOA 2021 Code", "Total")
_NOT_BY_LSOA = "it is not by LSOA, which is what placemap builds from"

#: In the order in which they are tried: the narrower layout first.
FORMATS: tuple[FileFormat, ...] = (
    FileFormat("lsoa-boundaries", _all(_GEOMETRY, _codes("LSOA")), _of("lsoa21-boundaries", shapes.lsoa_boundaries)),
    FileFormat("ltla-boundaries", _all(_GEOMETRY, _codes("LAD")), _of("ltla-boundaries", shapes.ltla_boundaries)),
    FileFormat("exact-fit", _columns("LSOA11CD", "LSOA21CD", "CHGIND"), _of("lsoa11-lsoa21", geographies.exact_fit)),
    FileFormat(
        "best-fit-of-lsoas",
        _columns("LSOA11CD", "LSOA21CD"),
        _nothing,
        "it is the best-fit lookup (no CHGIND); placemap uses the exact fit, LSOA11_LSOA21_LAD22_EW_LU_v5",
    ),
    FileFormat("output-areas", _codes("OA", "LSOA", "MSOA"), _of("output-areas", geographies.output_areas)),
    FileFormat(
        "lookup",
        _codes("LSOA", any_of=("WD", "SICBL", "CCG", "ICB", "LAD", "MSOA", "UTLA", "CTYUA"), without=("OA",)),
        _lookups,
    ),
    FileFormat(
        "upper-tiers",
        _all(_either(_codes("LTLA"), _codes("LAD")), _codes(any_of=("UTLA", "CTYUA"), without=("LSOA",))),
        _of("ltla-utla", geographies.upper_tiers),
    ),
    FileFormat("ltla-history", _yearly, _of("ltla-history", geographies.history)),
    FileFormat("residents", _all(_codes("LSOA"), _columns("TOTAL")), people.residents),
    FileFormat("census", _all(_TS001, _first_code("geography code", geographies.ANY_LSOA)), people.census),
    FileFormat("census-of-other-areas", _TS001, _nothing, _NOT_BY_LSOA),
    FileFormat("nomis", _all(_NOMIS, _first_code("GEOGRAPHY_CODE", geographies.ANY_LSOA)), people.nomis),
    FileFormat("nomis-of-other-areas", _NOMIS, _nothing, _NOT_BY_LSOA),
    FileFormat("mid-year-by-age", _BY_AGE, people.mid_year),
    FileFormat(
        "centroids",
        _all(
            _columns("LSOA21CD"),
            _either(_columns("EASTING", "NORTHING"), _columns("x", "y"), _columns("X", "Y")),
        ),
        _of("lsoa21-centroids", shapes.centroids),
    ),
    FileFormat(
        "registrations",
        _has("PRACTICE_CODE", "LSOA_", "EXTRACT_DATE"),
        _of("registrations", people.registered),
    ),
    FileFormat("list-sizes", _columns("PRACTICE_CODE", "PRACTICE_LIST_SIZE"), people.list_sizes),
    FileFormat("pcn-details", _either(_headless({0: "pcn"}), _has("PCN_CODE", "OPEN_DATE")), networks.pcns),
    FileFormat(
        "pcn-partners",
        _either(_headless({0: "practice", 4: "pcn"}), _has("PARTNER_ORGANISATION_CODE", "PCN_CODE")),
        networks.pcn_members,
    ),
    FileFormat(
        "practice-map",
        _has("PRACTICE_CODE", "PCN_CODE", "SUB_ICB_LOCATION_CODE", without=("LSOA",)),
        _of("practice-map", networks.practice_map),
    ),
    FileFormat(
        "sub-icb-to-icb",
        _codes("SICBL", "ICB", without=("LSOA",)),
        _of("sub-icb-icb", geographies.sub_icbs_to_icbs),
    ),
)
