"""Figures by LSOA and by practice, registrations, and PCN memberships → store tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from placemap.core.codes import KINDS
from placemap.reference.schemas import ATOM_COLUMN, NO_LSOA, NOT_EW
from placemap.sources.catalogue import Catalogue, Source
from placemap.sources.formats.geographies import ANY_LSOA, code_columns, english
from placemap.sources.formats.raw import Raw
from placemap.sources.formats.rules import (
    failure,
    iso_dates,
    require_columns,
    require_kind,
    require_one_name,
    require_pattern,
    require_rows,
    require_total,
    require_unique,
    require_units,
    text,
    whole_numbers,
)
from placemap.sources.store_table import StoreTable, store_table

#: The first codes that came with the LSOAs of 2021; every LSOA of 2011 sorts before them.
FIRST_OF_2021 = {"E": "E01033769", "W": "W01001959"}


@dataclass(frozen=True)
class _Figures:
    """What is seen of a file of people: by what it is, and what they add up to."""

    family: str
    base: str
    total: int


def residents(raw: Raw, catalogue: Catalogue, measure: str) -> Iterator[StoreTable]:
    """People by LSOA. `measure` names the figure; where it is empty, the sum over England tells it."""
    base = code_columns(raw.frame.columns)["LSOA"]
    lsoa, generic = f"LSOA{base[2:]}CD", catalogue["residents"]
    rows = english(raw, generic, lsoa)
    people = whole_numbers(raw, generic, text(rows["TOTAL"]))
    source, notes = _measured(raw, catalogue, _Figures("lsoa_measure", base, int(people.sum())), measure)
    require_rows(raw, source, len(rows), "English LSOAs")
    require_unique(raw, source, rows, [lsoa])
    frame = pd.DataFrame({ATOM_COLUMN[base].name: rows[lsoa], "people": people})
    yield replace(_measure(frame, source, base), notes=notes)


def census(raw: Raw, catalogue: Catalogue, measure: str) -> Iterator[StoreTable]:
    """Table TS001 of the Census of 2021 by LSOA, as NOMIS packs it for download."""
    total = next(column for column in raw.frame.columns if str(column).startswith("Residence type: Total"))
    known = next((s.measure for s in catalogue.values() if s.find.dataset and s.vintage == s.base == "2021"), "")
    return _by_lsoa(raw, catalogue, measure or known, {"geography code": "LSOA21CD", total: "TOTAL"})


#: What NOMIS gives at a time; a table of exactly so many rows is a piece of one.
NOMIS_ROWS = 25_000


def nomis(raw: Raw, catalogue: Catalogue, measure: str) -> Iterator[StoreTable]:
    """A table of NOMIS, of whichever columns were asked for."""
    if len(raw.frame) == NOMIS_ROWS:
        raise failure(
            raw,
            catalogue["residents"],
            f"{NOMIS_ROWS:,} rows, which is where NOMIS cuts a table",
            f"get the rest with &RecordOffset={NOMIS_ROWS} at the end of the address and put both together; or "
            "use `placemap data update`",
        )
    base = _lsoa_vintage(text(raw.frame["GEOGRAPHY_CODE"]))
    return _by_lsoa(raw, catalogue, measure, {"GEOGRAPHY_CODE": f"LSOA{base[2:]}CD", "OBS_VALUE": "TOTAL"})


def mid_year(raw: Raw, catalogue: Catalogue, measure: str) -> Iterator[StoreTable]:
    """A sheet of the workbook of mid-year estimates by age; its name says of which year (`Mid-2024 LSOA 2021`)."""
    year = re.search(r"Mid-(\d{4})", raw.part)
    named = measure or (f"residents_mid_{year[1]}" if year else "")
    return _by_lsoa(raw, catalogue, named, {"LSOA 2021 Code": "LSOA21CD", "Total": "TOTAL"})


def _by_lsoa(raw: Raw, catalogue: Catalogue, measure: str, columns: dict[str, str]) -> Iterator[StoreTable]:
    """Figures whose columns have other names than `residents` reads."""
    frame = raw.frame[list(columns)].rename(columns=columns)
    return residents(replace(raw, frame=frame), catalogue, measure)


def list_sizes(raw: Raw, catalogue: Catalogue, measure: str) -> Iterator[StoreTable]:
    """People by practice. `measure` names the figure; where it is empty, the sum tells it."""
    generic = catalogue["list-size"]
    practices = text(raw.frame["PRACTICE_CODE"])
    people = whole_numbers(raw, generic, text(raw.frame["PRACTICE_LIST_SIZE"]))
    source, notes = _measured(raw, catalogue, _Figures("practice_measure", "", int(people.sum())), measure)
    frame = pd.DataFrame({"practice_code": practices, "people": people})
    require_kind(raw, source, practices, "practice")
    require_rows(raw, source, len(frame), "practices")
    require_unique(raw, source, frame, ["practice_code"])
    yield replace(_measure(frame, source, ""), notes=notes)


def _measure(frame: pd.DataFrame, source: Source, base: str) -> StoreTable:
    total = int(frame["people"].sum())
    return store_table(frame, source, source.family, source.vintage, kind=source.measure, base=base, total=total)


def _measured(raw: Raw, catalogue: Catalogue, found: _Figures, measure: str) -> tuple[Source, tuple[str, ...]]:
    """The source of a figure: the one that `measure` names, else the one whose total it has; and what is odd in it."""
    alike = [source for source in catalogue.values() if (source.family, source.base) == (found.family, found.base)]
    known = [source for source in alike if source.measure]
    for source in known:
        if source.measure == measure or (not measure and source.total == found.total):
            return source, require_total(raw, source, found.total, source.total)
    generic = catalogue["residents" if found.family == "lsoa_measure" else "list-size"]
    if measure:
        year = _year_of(raw, catalogue, generic, measure)
        return replace(generic, measure=measure, base=found.base, vintage=year), ()
    totals = ", ".join(f"{source.total:,} ({source.measure})" for source in known)
    hint = "say what it is, as in `placemap data import FILE --as residents_mid_2021`"
    raise failure(raw, generic, f"the figures add up to {found.total:,}; the known totals are {totals}", hint)


def _year_of(raw: Raw, catalogue: Catalogue, generic: Source, measure: str) -> str:
    """The year in the name of a figure that is not a known one."""
    year = re.search(r"\d{4}", measure)
    if not year or not re.fullmatch(r"[a-z][a-z0-9_]*", measure):
        raise failure(raw, generic, f"{measure!r} is not a figure's name; expected one such as residents_mid_2021", "")
    if any(source.measure == measure for source in catalogue.values()):
        raise failure(raw, generic, f"{measure} is by other units than this file's", "give it another name")
    return year[0]


def registered(raw: Raw, source: Source) -> Iterator[StoreTable]:
    """Patients by practice and LSOA, and the practices' names."""
    frame = _registration_columns(raw, source)
    require_rows(raw, source, len(frame))
    require_kind(raw, source, frame["practice_code"], "practice")
    require_one_name(raw, source, frame, "practice_code", ["practice_name"])
    frame = _both_sexes(raw, source, frame.assign(patients=whole_numbers(raw, source, frame["patients"])))
    vintage, base = _extract_month(raw, source, frame), _lsoa_vintage(frame["lsoa"])
    frame, notes = _outside(frame)
    require_pattern(raw, source, frame["lsoa"], "|".join([ANY_LSOA, *NO_LSOA]), "codes of LSOAs (or NO2011, CLOSED)")
    total = int(frame["patients"].sum())
    notes += require_total(raw, source, total, source.release(vintage).total)
    cells = frame.rename(columns={"lsoa": ATOM_COLUMN[base].name})
    cells = cells.groupby(["practice_code", ATOM_COLUMN[base].name], as_index=False).agg({"patients": "sum"})
    table = store_table(cells, source, "registrations", vintage, base=base, total=total)
    yield replace(table, notes=notes)
    yield store_table(frame.drop_duplicates("practice_code"), source, "practices", vintage)


#: Homes outside England and Wales: data zones of Scotland, codes of Northern Ireland (old and new), the islands.
OUTSIDE = re.compile(r"S\d{8}|N\d{8}|95[A-Z0-9]{6,8}|[LM]\d{8}")


def _outside(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The frame with one code for all homes outside England and Wales, and a note of how many people live there."""
    away = frame["lsoa"].str.fullmatch(OUTSIDE)
    if not away.any():
        return frame, ()
    people, codes = int(frame.loc[away, "patients"].sum()), frame.loc[away, "lsoa"].nunique()
    note = f"{people:,} patients live outside England and Wales ({codes:,} codes); they count as without an LSOA"
    return frame.assign(lsoa=frame["lsoa"].mask(away, NOT_EW)), (note,)


_LSOA_COLUMNS = ("LSOA_CODE", "LSOA_CODE_2021", "LSOA_2021_CODE", "LSOA_CODE_2011", "LSOA_2011_CODE")


def _registration_columns(raw: Raw, source: Source) -> pd.DataFrame:
    """The used columns by placemap's names; official names differ in case, spaces and underscores."""
    official = raw.frame.rename(columns=lambda column: str(column).upper().replace(" ", "_"))
    lsoa = next((column for column in _LSOA_COLUMNS if column in official.columns), _LSOA_COLUMNS[0])
    names = {
        "EXTRACT_DATE": "date",
        "PRACTICE_CODE": "practice_code",
        "PRACTICE_NAME": "practice_name",
        lsoa: "lsoa",
        "SEX": "sex",
        "NUMBER_OF_PATIENTS": "patients",
    }
    official = official.rename(columns={old: new for old, new in _FORMER_NAMES.items() if new not in official.columns})
    if "SEX" not in official.columns:
        official = official.assign(SEX="ALL")
    require_columns(replace(raw, frame=official), source, list(names))
    return official[list(names)].rename(columns=names).apply(text)


#: Headings that files of earlier years have.
_FORMER_NAMES = {
    "NAME": "PRACTICE_NAME",
    "ALL_PATIENTS": "NUMBER_OF_PATIENTS",
}


def _both_sexes(raw: Raw, source: Source, frame: pd.DataFrame) -> pd.DataFrame:
    """One row a practice and LSOA for people of either sex: the `ALL` rows, else those of all sexes."""
    sexes = set(frame["sex"].str.upper())
    if "ALL" in sexes:
        frame = frame[frame["sex"].str.upper() == "ALL"]
    elif not {"MALE", "FEMALE"} <= sexes:
        found = ", ".join(sorted(sexes))
        raise failure(raw, source, f"SEX is {found} only; expected ALL", "take the file for all patients (`-lsoa-all`)")
    require_unique(raw, source, frame, ["practice_code", "lsoa", "sex"])
    return frame


def _extract_month(raw: Raw, source: Source, frame: pd.DataFrame) -> str:
    dates = iso_dates(raw, source, frame["date"].drop_duplicates().rename("EXTRACT_DATE"))
    if len(dates) != 1:
        raise failure(raw, source, f"{len(dates)} extract dates ({', '.join(sorted(dates))}); expected one")
    return str(dates.iloc[0])[:7]


def _lsoa_vintage(codes: pd.Series) -> str:
    """The vintage that LSOA codes are of: 2021 where any of them is new in 2021, else 2011."""
    unique = pd.Series(codes.unique())
    new = [(unique.str.startswith(nation) & (unique >= first)).any() for nation, first in FIRST_OF_2021.items()]
    return "2021" if any(new) or (unique == "NO2021").any() else "2011"


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
    vintage = _extract_month(raw, source, frame)
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
