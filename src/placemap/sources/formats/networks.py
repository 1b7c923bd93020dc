"""Primary care networks, who is in which, and the practice map → store tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from placemap.core.codes import KINDS
from placemap.sources.catalogue import Catalogue, Source
from placemap.sources.formats.people import extract_month
from placemap.sources.formats.raw import Raw
from placemap.sources.formats.rules import (
    failure,
    iso_dates,
    require_columns,
    require_kind,
    require_one_name,
    require_pattern,
    require_rows,
    require_unique,
    require_units,
    text,
)
from placemap.sources.store_table import StoreTable, store_table

# The columns of the two ODS reports in order: a pattern of the header, and placemap's name ("" = unused).
PCN_COLUMNS = (
    ("PCN CODE", "pcn_code"),
    ("PCN NAME", "pcn_name"),
    ("CURRENT .* CODE", "sub_icb_ods"),
    ("(CLINICAL|SUB ICB) .*", "sub_icb_name"),
    ("OPEN DATE", "opened"),
    ("CLOSE DATE", "closed"),
)
MEMBER_COLUMNS = (
    ("PARTNER ORGANISATION CODE", "practice_code"),
    ("PARTNER NAME", "practice_name"),
    ("PRACTICE PARENT .* CODE", "practice_sub_icb_ods"),
    ("PRACTICE PARENT .* NAME", ""),
    ("PCN CODE", "pcn_code"),
    ("PCN NAME", ""),
    ("PCN PARENT .* CODE", ""),
    ("PCN PARENT .* NAME", ""),
    (".* START DATE", "start"),
    (".* END DATE", "end"),
)


def pcns(raw: Raw, catalogue: Catalogue, month: str) -> Iterator[StoreTable]:
    """Primary care networks.

    Args:
        raw: the table `PCNDetails` of the workbook, or the report `epcn`.
        catalogue: the official sources.
        month: the vintage; where it is empty, the table's vintage is its newest date, which `derive` settles
            to a month together with the memberships'.
    """
    source = catalogue["epcn"]
    _require_month(raw, source, month)
    frame = _ods_columns(raw, source, PCN_COLUMNS)
    require_kind(raw, source, frame["pcn_code"], "pcn")
    _require_body(raw, source, frame["sub_icb_ods"])
    frame = _with_dates(raw, source, frame, ["opened", "closed"])
    require_rows(raw, source, len(frame), "PCNs")
    require_unique(raw, source, frame, ["pcn_code"])
    yield store_table(frame, source, "pcns", month or _newest(frame, ["opened", "closed"]))


def pcn_members(raw: Raw, catalogue: Catalogue, month: str) -> Iterator[StoreTable]:
    """Practices of PCNs, past and current; `month` as for `pcns`."""
    source = catalogue["epcn"]
    _require_month(raw, source, month)
    frame = _ods_columns(raw, source, MEMBER_COLUMNS)
    require_kind(raw, source, frame["practice_code"], "practice")
    require_kind(raw, source, frame["pcn_code"], "pcn")
    _require_body(raw, source, frame["practice_sub_icb_ods"])
    frame = _with_dates(raw, source, frame, ["start", "end"])
    if (frame["start"] == "").any():
        raise failure(raw, source, "a membership has no start date; expected one such as 20191001")
    require_rows(raw, source, len(frame), "memberships")
    require_unique(raw, source, frame, ["practice_code", "pcn_code", "start"])
    yield store_table(frame, source, "pcn_members", month or _newest(frame, ["start", "end"]))


#: Columns of the practice map that are used.
MAP_COLUMNS = {
    "EXTRACT_DATE": "date",
    "PRACTICE_CODE": "practice_code",
    "PRACTICE_NAME": "practice_name",
    "PCN_CODE": "pcn_code",
    "PCN_NAME": "pcn_name",
    "SUB_ICB_LOCATION_CODE": "practice_sub_icb_ods",
    "SUB_ICB_LOCATION_NAME": "sub_icb_name",
    "ONS_ICB_CODE": "icb_code",
}
#: What the practice map says where a practice is in no PCN.
UNALLOCATED = "U"


def practice_map(raw: Raw, source: Source) -> Iterator[StoreTable]:
    """Practices, their PCNs and who is in which on the day of an extract; start dates are not told.

    A PCN's sub-ICB location is that of most of its practices, the first by code where equally many.
    """
    require_columns(raw, source, list(MAP_COLUMNS))
    frame = raw.frame[list(MAP_COLUMNS)].rename(columns=MAP_COLUMNS).apply(text)
    require_rows(raw, source, len(frame), "practices")
    require_unique(raw, source, frame, ["practice_code"])
    require_kind(raw, source, frame["practice_code"], "practice")
    _require_body(raw, source, frame["practice_sub_icb_ods"])
    vintage = extract_month(raw, source, frame)
    require_kind(raw, source, frame["icb_code"], "icb")
    require_units(raw, source, "icb", frame["icb_code"].nunique(), vintage)
    members = frame[frame["pcn_code"] != UNALLOCATED].assign(start="", end="", opened="", closed="")
    require_kind(raw, source, members["pcn_code"], "pcn")
    require_one_name(raw, source, members, "pcn_code", ["pcn_name"])
    yield store_table(frame, source, "practices", vintage)
    yield store_table(members, source, "pcn_members", vintage)
    yield store_table(_networks_of(members), source, "pcns", vintage)


def _networks_of(members: pd.DataFrame) -> pd.DataFrame:
    counted = members.rename(columns={"practice_sub_icb_ods": "sub_icb_ods"})
    sizes = counted.groupby(["pcn_code", "sub_icb_ods"])["practice_code"].transform("size")
    ordered = counted.assign(size=sizes).sort_values(["size", "sub_icb_ods"], ascending=[False, True])
    return ordered.drop_duplicates("pcn_code")


def _require_month(raw: Raw, source: Source, month: str) -> None:
    if month and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise failure(raw, source, f"{month!r} is not a month; expected one such as 2022-08", "")


def _newest(frame: pd.DataFrame, columns: list[str]) -> str:
    return str(max(frame[column].max() for column in columns))


def _ods_columns(raw: Raw, source: Source, columns: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """The used columns by placemap's names, found by position; a header must agree."""
    if len(raw.frame.columns) < len(columns):
        raise failure(raw, source, f"{len(raw.frame.columns)} columns; expected {len(columns)} or more")
    if raw.headed:
        for found, (pattern, _) in zip(raw.frame.columns, columns, strict=False):
            if not re.fullmatch(pattern, str(found).upper()):
                raise failure(raw, source, f"column {found!r}; expected one like {pattern!r} there")
    used = {position: name for position, (_, name) in enumerate(columns) if name}
    frame = raw.frame.iloc[:, list(used)]
    return frame.set_axis(list(used.values()), axis="columns").apply(text)


def _require_body(raw: Raw, source: Source, codes: pd.Series) -> None:
    ods = KINDS["sub_icb"].ods
    assert ods is not None
    require_pattern(raw, source, codes, ods.pattern, "NHS codes of sub-ICB locations")


def _with_dates(raw: Raw, source: Source, frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return frame.assign(**{column: iso_dates(raw, source, frame[column]) for column in columns})
