"""ONS lookups, names and histories of geographies → store tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

import pandas as pd

from placemap.core.codes import KINDS, LSOA_VINTAGE, OLD_LSOA_VINTAGE
from placemap.reference.schemas import ATOM_COLUMN
from placemap.sources.catalogue import Source
from placemap.sources.formats.raw import Raw
from placemap.sources.formats.rules import (
    failure,
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

#: Unit kinds by the start of ONS column names: the usual ones, and the other names that two kinds have had.
KIND_OF_PREFIX = {
    **{KINDS[kind].prefix: kind for kind in ("msoa", "ward", "sub_icb", "icb", "ltla", "utla")},
    "CCG": "sub_icb",
    "CTYUA": "utla",
    "LTLA": "ltla",
}
ENGLISH_LSOA = KINDS["lsoa"].pattern.pattern
ANY_LSOA = r"[EW]01\d{6}"
_CODE_COLUMN = re.compile(r"([A-Z]+)(\d\d)CD")


def code_columns(columns: Iterator[str] | pd.Index) -> dict[str, str]:
    """Code columns by their prefix with the vintage they are of: `WD24CD` gives `{"WD": "2024"}`."""
    found = (_CODE_COLUMN.fullmatch(str(column)) for column in columns)
    return {match[1]: f"20{match[2]}" for match in found if match}


def english(raw: Raw, source: Source, column: str) -> pd.DataFrame:
    """The rows whose `column` holds an English LSOA; every other one must hold a Welsh LSOA."""
    codes = text(raw.frame[column])
    require_pattern(raw, source, codes, ANY_LSOA, "codes of LSOAs")
    return raw.frame.assign(**{column: codes})[codes.str.startswith("E")]


def lookups(raw: Raw, source: Source) -> Iterator[StoreTable]:
    """LSOA → every unit kind that the file has; of a ward file the wards only.

    The LAD column of a ward file is the ward's; a best-fit ward can lie in another LAD than the LSOA does. So it gives
    no lookup, but for old years it tells which LTLAs there were (`derive`).
    """
    found = code_columns(raw.frame.columns)
    base = found.pop("LSOA")
    prefixes = ["WD"] if "WD" in found else [prefix for prefix in found if prefix in KIND_OF_PREFIX]
    lsoa = f"LSOA{base[2:]}CD"
    rows = english(raw, source, lsoa)
    require_rows(raw, source, len(rows), "English LSOAs")
    require_unique(raw, source, rows, [lsoa])
    for prefix in prefixes:
        yield _lookup(raw, source, rows, f"{prefix}{found[prefix][2:]}", base)
    if "WD" in found and "LAD" in found and base == OLD_LSOA_VINTAGE:
        yield replace(_lookup(raw, source, rows, f"LAD{found['LAD'][2:]}", base), family=WARD_LTLAS)


#: Family of the table of the wards' LTLAs, which is never written.
WARD_LTLAS = "ward_ltlas"


def _lookup(raw: Raw, source: Source, rows: pd.DataFrame, prefix: str, base: str) -> StoreTable:
    kind, vintage = KIND_OF_PREFIX[prefix[:-2]], f"20{prefix[-2:]}"
    columns = _published_columns(prefix, kind)
    require_columns(raw, source, list(columns))
    names = {f"LSOA{base[2:]}CD": ATOM_COLUMN[base].name, **columns}
    frame = rows[list(names)].rename(columns=names).apply(text)
    require_kind(raw, source, frame[f"{kind}_code"], kind)
    others = [column for column in columns.values() if column != f"{kind}_code"]
    frame, notes = one_name(frame, f"{kind}_code", f"{kind}_name") if kind == "ward" else (frame, ())
    require_one_name(raw, source, frame, f"{kind}_code", others)
    require_units(raw, source, kind, frame[f"{kind}_code"].nunique(), vintage)
    return replace(store_table(frame, source, "lookup", vintage, kind=kind, base=base), notes=notes)


def _published_columns(prefix: str, kind: str) -> dict[str, str]:
    columns = {f"{prefix}CD": f"{kind}_code", f"{prefix}NM": f"{kind}_name"}
    return {**columns, f"{prefix}CDH": f"{kind}_ods"} if KINDS[kind].ods else columns


def one_name(frame: pd.DataFrame, code: str, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The frame with one name a code, and a note of each that had several.

    ONS gives a ward that lies in two districts a name for either part, such as `Derwent (part Ryedale)`; the ward is
    called by the longer of what the names begin and end with alike.
    """
    pairs = frame[[code, name]].drop_duplicates()
    several = pairs[pairs.duplicated(code, keep=False)].groupby(code)[name].apply(lambda names: sorted(set(names)))
    shorter = {key: common_part(names) for key, names in several.items()}
    notes = tuple(
        f"{key} has the names {' and '.join(names)}; it is taken as {shorter[key]}" for key, names in several.items()
    )
    kept = frame[code].map(shorter)
    return frame.assign(**{name: kept.where(kept.notna() & (kept != ""), frame[name])}), notes


def common_part(names: Sequence[str]) -> str:
    """The longer of what names begin and end with alike, in whole words and without a bracket that is left open."""
    words = [name.split() for name in names]
    start = _alike(words)
    end = _alike([parts[::-1] for parts in words])[::-1]
    text = " ".join(max(start, end, key=lambda part: len(" ".join(part))))
    text = re.sub(r"\s*\([^)]*$", "", text)
    return text.strip(" ,-&(") if "(" not in text else text.strip(" ,-&")


def _alike(lists: Sequence[Sequence[str]]) -> list[str]:
    """What all lists begin with."""
    return [items[0] for items in takewhile(lambda items: len(set(items)) == 1, zip(*lists, strict=False))]


def exact_fit(raw: Raw, source: Source) -> Iterator[StoreTable]:
    """LSOA 2011 → LSOA 2021, and the names of the latter."""
    names = {
        "LSOA11CD": "lsoa11_code",
        "LSOA11NM": "lsoa11_name",
        "LSOA21CD": "lsoa_code",
        "LSOA21NM": "lsoa_name",
        "CHGIND": "change",
    }
    require_columns(raw, source, list(names))
    frame = english(raw, source, "LSOA11CD")[list(names)].rename(columns=names).apply(text)
    require_pattern(raw, source, frame["lsoa_code"], ENGLISH_LSOA, "codes of LSOAs")
    require_pattern(raw, source, frame["change"], "[USMX]", "one of U, S, M, X")
    require_unique(raw, source, frame, ["lsoa11_code", "lsoa_code"])
    require_rows(raw, source, len(frame), "English pairs")
    require_one_name(raw, source, frame, "lsoa_code", ["lsoa_name"])
    for kind, column in (("lsoa11", "lsoa11_code"), ("lsoa", "lsoa_code")):
        require_units(raw, source, kind, frame[column].nunique(), LSOA_VINTAGE)
    yield store_table(frame, source, "exact_fit", LSOA_VINTAGE)
    yield store_table(frame.drop_duplicates("lsoa_code"), source, "lsoa_names", LSOA_VINTAGE)


def upper_tiers(raw: Raw, source: Source) -> Iterator[StoreTable]:
    """LTLA → UTLA; not a store table yet, as it is not by LSOA (`derive.upper_tier_lookups` makes it one)."""
    found = code_columns(raw.frame.columns)
    ltla = "LTLA" if "LTLA" in found else "LAD"
    utla = "UTLA" if "UTLA" in found else "CTYUA"
    names = _pair_columns(f"{ltla}{found[ltla][2:]}", f"{utla}{found[utla][2:]}")
    require_columns(raw, source, list(names))
    frame = raw.frame[list(names)].rename(columns=names).apply(text)
    frame = frame[frame["ltla_code"].str.startswith("E")]
    if "WD" in found:  # a row a ward
        frame = frame.drop_duplicates()
    require_rows(raw, source, len(frame), "English LTLAs")
    require_unique(raw, source, frame, ["ltla_code"])
    require_kind(raw, source, frame["ltla_code"], "ltla")
    require_kind(raw, source, frame["utla_code"], "utla")
    require_one_name(raw, source, frame, "utla_code", ["utla_name"])
    require_units(raw, source, "utla", frame["utla_code"].nunique(), found[utla])
    yield StoreTable(UPPER_TIERS, "utla", found[utla], "", source, frame)


#: Family of the table that `upper_tiers` gives, which is never written.
UPPER_TIERS = "upper_tiers"


def _pair_columns(lower: str, upper: str) -> dict[str, str]:
    return {
        f"{lower}CD": "ltla_code",
        f"{lower}NM": "ltla_name",
        f"{upper}CD": "utla_code",
        f"{upper}NM": "utla_name",
    }


#: Family of the table that `sub_icbs_to_icbs` gives, which is never written.
ICB_PAIRS = "icb_pairs"


def sub_icbs_to_icbs(raw: Raw, source: Source) -> Iterator[StoreTable]:
    """Sub-ICB location → ICB of the newest vintage in the file; `derive.icb_lookups` puts it on LSOAs."""
    years = [re.fullmatch(r"ICB(\d\d)CD", str(column)) for column in raw.frame.columns]
    newest = max(match[1] for match in years if match)
    sub_icb = f"SICBL{code_columns(raw.frame.columns)['SICBL'][2:]}"
    names = {
        f"{sub_icb}CD": "sub_icb_code",
        f"ICB{newest}CD": "icb_code",
        f"ICB{newest}NM": "icb_name",
        f"ICB{newest}CDH": "icb_ods",
    }
    require_columns(raw, source, list(names))
    frame = raw.frame[list(names)].rename(columns=names).apply(text)
    require_rows(raw, source, len(frame), "sub-ICB locations")
    require_unique(raw, source, frame, ["sub_icb_code"])
    for kind in ("sub_icb", "icb"):
        require_kind(raw, source, frame[f"{kind}_code"], kind)
    require_one_name(raw, source, frame, "icb_code", ["icb_name", "icb_ods"])
    require_units(raw, source, "icb", frame["icb_code"].nunique(), f"20{newest}")
    frame["sub_icb_vintage"] = f"20{sub_icb[5:]}"
    yield StoreTable(ICB_PAIRS, "icb", f"20{newest}", "", source, frame)


def output_areas(raw: Raw, source: Source) -> Iterator[StoreTable]:
    """Output area → LSOA, and LSOA → MSOA."""
    names = {"OA21CD": "oa_code", "LSOA21CD": "lsoa_code", "MSOA21CD": "msoa_code", "MSOA21NM": "msoa_name"}
    require_columns(raw, source, list(names))
    frame = english(raw, source, "LSOA21CD")[list(names)].rename(columns=names).apply(text)
    require_pattern(raw, source, frame["oa_code"], r"E00\d{6}", "codes of output areas")
    require_rows(raw, source, len(frame), "English output areas")
    require_unique(raw, source, frame, ["oa_code"])
    require_one_name(raw, source, frame, "lsoa_code", ["msoa_code", "msoa_name"])
    lookup = frame.drop_duplicates("lsoa_code")
    require_kind(raw, source, lookup["msoa_code"], "msoa")
    require_one_name(raw, source, lookup, "msoa_code", ["msoa_name"])
    for kind in ("lsoa", "msoa"):
        require_units(raw, source, kind, lookup[f"{kind}_code"].nunique(), LSOA_VINTAGE)
    yield store_table(frame, source, "output_areas", LSOA_VINTAGE)
    yield store_table(lookup, source, "lookup", LSOA_VINTAGE, kind="msoa", base=LSOA_VINTAGE)


#: A column of the history: `ltla16_code`.
YEAR_COLUMN = re.compile(r"ltla(\d\d)_code")


def history(raw: Raw, source: Source) -> Iterator[StoreTable]:
    """A row a lineage with a code and a name a year → a row a code and successor, with the years it lived."""
    years = sorted(f"20{match[1]}" for match in map(YEAR_COLUMN.fullmatch, raw.frame.columns) if match)
    wanted = [f"ltla{year[2:]}_{what}" for year in years for what in ("code", "name")]
    require_columns(raw, source, wanted)
    rows = raw.frame[wanted].apply(text)
    rows = rows[rows[f"ltla{years[-1][2:]}_code"].str.startswith("E")]
    require_rows(raw, source, len(rows), "English lineages")
    long = _by_year(rows, years)
    require_kind(raw, source, long["ltla_code"], "ltla")
    lives, changes = _lives(long), _changes(long)
    ends = changes.merge(lives, on="ltla_code", how="left", validate="m:1")
    odd = ends.loc[ends["year"] != ends["last_year"], "ltla_code"]
    if len(odd):
        raise failure(raw, source, f"{odd.iloc[0]} ends for some of its area and lives on for the rest")
    changes = changes.drop(columns="year").drop_duplicates()
    frame = lives.merge(changes, on="ltla_code", how="left", validate="1:m")
    yield store_table(frame.fillna({"successor_code": "", "successor_name": ""}), source, "ltla_history", years[-1])


def _by_year(rows: pd.DataFrame, years: list[str]) -> pd.DataFrame:
    """A row a lineage and year: lineage, year, ltla_code, ltla_name."""
    parts = []
    for year in years:
        own = {f"ltla{year[2:]}_code": "ltla_code", f"ltla{year[2:]}_name": "ltla_name"}
        parts.append(rows[list(own)].rename(columns=own).assign(year=int(year), lineage=range(len(rows))))
    return pd.concat(parts, ignore_index=True).sort_values(["year", "ltla_code", "ltla_name"], ignore_index=True)


def _lives(long: pd.DataFrame) -> pd.DataFrame:
    """A row a code: the years it lived, and its last name."""
    return long.groupby("ltla_code", as_index=False).agg(
        first_year=("year", "min"), last_year=("year", "max"), ltla_name=("ltla_name", "last")
    )


def _changes(long: pd.DataFrame) -> pd.DataFrame:
    """A row a lineage and year after which its code is another: ltla_code, year, successor_code, _name."""
    names = {"ltla_code": "successor_code", "ltla_name": "successor_name"}
    following = long.rename(columns=names).assign(year=long["year"] - 1)
    pairs = long.drop(columns="ltla_name").merge(following, on=["lineage", "year"], how="inner", validate="1:1")
    return pairs[pairs["ltla_code"] != pairs["successor_code"]].drop(columns="lineage")


def sources_of_lookups(columns: Mapping[str, str]) -> str:
    """The id of the source of a lookup with these code columns, such as `lsoa21-ward`."""
    kinds = [KIND_OF_PREFIX[prefix] for prefix in columns if prefix in KIND_OF_PREFIX]
    first = next((kind for kind in ("ward", "sub_icb", "msoa", "utla", "ltla") if kind in kinds), "")
    name = "ccg" if "CCG" in columns else first.replace("_", "-")
    return f"lsoa{columns['LSOA'][2:]}-{name}"
