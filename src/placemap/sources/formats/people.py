"""Figures by LSOA and by practice, and registrations → store tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from placemap.core.codes import LSOA_VINTAGE, OLD_LSOA_VINTAGE
from placemap.reference.schemas import ATOM_COLUMN, NO_LSOA, NOT_EW
from placemap.sources.catalogue import Catalogue, Source
from placemap.sources.formats.geographies import ANY_LSOA, ENGLISH_LSOA, code_columns, english
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
    known = next((s.measure for s in catalogue.values() if s.find.dataset and s.vintage == s.base == LSOA_VINTAGE), "")
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
    vintage, base = extract_month(raw, source, frame), _lsoa_vintage(frame["lsoa"])
    frame, notes = _outside(frame)
    require_pattern(raw, source, frame["lsoa"], "|".join([ANY_LSOA, *NO_LSOA]), "codes of LSOAs (or NO2011, CLOSED)")
    _require_everywhere(raw, source, frame["lsoa"])
    total = int(frame["patients"].sum())
    notes += require_total(raw, source, total, source.release(vintage).total)
    cells = frame.rename(columns={"lsoa": ATOM_COLUMN[base].name})
    cells = cells.groupby(["practice_code", ATOM_COLUMN[base].name], as_index=False).agg({"patients": "sum"})
    table = store_table(cells, source, "registrations", vintage, base=base, total=total)
    yield replace(table, notes=notes)
    yield store_table(frame.drop_duplicates("practice_code"), source, "practices", vintage)


def _require_everywhere(raw: Raw, source: Source, lsoas: pd.Series) -> None:
    """Refuse a file that was cut between two rows: patients of whole regions are missing, and no total may tell."""
    found = lsoas[lsoas.str.fullmatch(ENGLISH_LSOA)].nunique()
    if found < source.lsoas:
        what = f"its patients live in {found:,} LSOAs of England; expected {source.lsoas:,} or more"
        raise failure(raw, source, f"{what}, so a part of the file is missing")


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


def extract_month(raw: Raw, source: Source, frame: pd.DataFrame) -> str:
    """The month of a file that says on which day it was extracted (column `date`); one for all rows."""
    dates = iso_dates(raw, source, frame["date"].drop_duplicates().rename("EXTRACT_DATE"))
    if len(dates) != 1:
        raise failure(raw, source, f"{len(dates)} extract dates ({', '.join(sorted(dates))}); expected one")
    return str(dates.iloc[0])[:7]


def _lsoa_vintage(codes: pd.Series) -> str:
    """The vintage that LSOA codes are of: 2021 where any of them is new in 2021, else 2011."""
    unique = pd.Series(codes.unique())
    new = [(unique.str.startswith(nation) & (unique >= first)).any() for nation, first in FIRST_OF_2021.items()]
    return LSOA_VINTAGE if any(new) or (unique == "NO2021").any() else OLD_LSOA_VINTAGE
