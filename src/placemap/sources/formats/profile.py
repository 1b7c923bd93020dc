"""Any table of figures by LSOA or practice → a table for profiles, with what its importer says of it.

Publishers' layouts differ without end, so this reads the file as `apply` reads people's data: the column of codes and
the columns of figures are told by their values, and what cannot be told is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from placemap.config.text_rules import seen
from placemap.core.codes import FIRST_NEW_LSOA, KINDS, LSOA_VINTAGE, OLD_LSOA_VINTAGE
from placemap.core.errors import Exit, PlacemapError
from placemap.core.read_tables import read_table
from placemap.core.text import counted, listed, some
from placemap.reference.schemas import ATOM_COLUMN, PROFILE
from placemap.reference.store import PART
from placemap.sources.catalogue import Catalogue, Source
from placemap.sources.formats.profile_kinds import Chosen, chosen_columns, refuse_values
from placemap.sources.store_table import StoreTable, store_table

#: How an import says that a file is for profiles: `measure:imd`; and the layout's name in its report.
AS_MEASURE, FORMAT = "measure:", "measure"
#: What an analyst may write for the licence of most official figures.
_OGL = re.compile(r"(ogl|open government licence)[- ]?v?\.?(3(\.0)?)?", re.IGNORECASE)
#: Part of a column's cells that must be codes for it to be the column of codes.
_MOSTLY = 0.8
_SHOWN = 3


@dataclass(frozen=True)
class Description:
    """What an importer says of a table.

    Attributes:
        title, publisher, licence, vintage: required; the vintage is a year or a month (`2025-10`).
        url: where it is to be had; may be empty.
        by: the column of codes; empty to find it.
        sheet: of a workbook; None for the only one with a table.
        columns: `TITLE`, or `TITLE=KIND` or `TITLE=KIND/OVER`; all figures where there are none.
        over: the column that all counts are parts of; empty for none.
        blanks: what stands for no figure, beside nothing.
    """

    title: str = ""
    publisher: str = ""
    licence: str = ""
    vintage: str = ""
    url: str = ""
    by: str = ""
    sheet: str | None = None
    columns: tuple[str, ...] = ()
    over: str = ""
    blanks: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """What must be said and is not."""
        return [name for name in ("title", "publisher", "licence", "vintage") if not getattr(self, name).strip()]


def read_profile(path: Path, name: str, description: Description, catalogue: Catalogue) -> StoreTable:
    """The table of a file.

    Args:
        name: of the measure, such as `imd`.

    Raises:
        PlacemapError: the description lacks something, the file cannot be read, or it is not told what a column is.
    """
    source = _source(name, description, catalogue)
    table = read_table(path, description.sheet)
    frame = table.frame.apply(lambda column: column.str.strip())
    by = description.by or _column_of_codes(frame, path.name)
    if by not in frame:
        raise _usage(path.name, f"there is no column `{by}`", f"it has {', '.join(frame.columns)}")
    codes = frame[by].str.upper()
    kind = _kind_of(codes) or _no_codes(path.name, by)
    here = codes.str.fullmatch(KINDS[kind].pattern.pattern)
    base = _base(kind, by, codes[here])
    _refuse_repeated(codes[here], path.name)
    others = frame[here].drop(columns=by)
    chosen, notes = chosen_columns(others, description.columns, description.over, description.blanks, path.name)
    refuse_values(chosen, codes[here].to_list(), path.name)
    made = store_table(_long(chosen, codes[here], base), source, PROFILE, description.vintage, kind=name, base=base)
    every = (*table.account.notes(), *_left_out(codes[~here], kind), *notes)
    covers = PART if int(here.sum()) < _least(catalogue, base) else "England"
    return replace(made, coverage=covers, notes=every)


def _source(name: str, description: Description, catalogue: Catalogue) -> Source:
    """The source of a table in the words of who imports it.

    Raises:
        PlacemapError: something is not said, or the name or vintage is none.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise _usage("", f"{name!r} is not a measure's name; expected small letters and digits, such as imd", "")
    if description.missing:
        options = " ".join(f"--{item} …" for item in description.missing)
        raise _usage("", f"nothing says the {listed(description.missing)} of measure:{name}", f"add {options}")
    if not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2]))?", description.vintage):
        raise _usage("", f"--vintage {description.vintage} is no year or month", "write it as 2025 or 2025-10")
    title, publisher, licence = (
        seen(" ".join(text.split())) for text in (description.title, description.publisher, description.licence)
    )
    licence = catalogue["residents"].licence if _OGL.fullmatch(licence) else licence
    line = f"Source: {publisher}, {title} ({description.vintage}). Licence: {licence}"
    return Source(name, PROFILE, title, publisher, description.url, licence, (line,), (1, 10**9))


def _least(catalogue: Catalogue, base: str) -> int:
    """How many units a table of all England has at least; 0 for practices, which come and go."""
    whole = [source.rows[0] for source in catalogue.values() if source.measure and base and source.base == base]
    return min(whole, default=0)


# --- codes ------------------------------------------------------------------------------------------------------------

_WELSH = re.compile(r"W01\d{6}")


def _kind_of(codes: pd.Series) -> str:
    """`lsoa` or `practice`, where most filled cells are codes of one; else empty."""
    filled = codes[codes != ""]
    for kind in ("lsoa", "practice"):
        shape = f"{KINDS[kind].pattern.pattern}|{_WELSH.pattern}"
        if len(filled) and filled.str.fullmatch(shape).mean() >= _MOSTLY:
            return kind
    return ""


def _column_of_codes(frame: pd.DataFrame, file: str) -> str:
    found = [str(title) for title in frame if _kind_of(frame[title].str.upper())]
    if len(found) == 1:
        return found[0]
    if not found:
        _no_codes(file, "")
    raise _usage(
        file,
        f"{len(found)} columns have codes of LSOAs or practices: {', '.join(found)}",
        f"name one: --by '{found[0]}'",
    )


def _no_codes(file: str, column: str) -> str:
    where = f"column `{column}` has no" if column else "no column has"
    raise PlacemapError(
        f"{where} codes of LSOAs or practices, which a profile is made from",
        location=file,
        hint="take the publisher's file by LSOA; for a table by other areas use `placemap apply`",
    )


def _base(kind: str, title: str, codes: pd.Series) -> str:
    """The vintage of LSOAs: as the title says, else 2021 where there is a code that 2021 brought; empty for practices.

    Codes of a part of England may be of both; they mean the same then.
    """
    if kind == "practice":
        return ""
    said = {year for year in (OLD_LSOA_VINTAGE, LSOA_VINTAGE) if re.search(rf"{year}|\D{year[2:]}CD\b", title)}
    if len(said) == 1:
        return said.pop()
    return LSOA_VINTAGE if (codes >= FIRST_NEW_LSOA).any() else OLD_LSOA_VINTAGE


def _refuse_repeated(codes: pd.Series, file: str) -> None:
    again = codes[codes.duplicated()]
    if len(again):
        verb = "repeat" if len(again) > 1 else "repeats"
        raise PlacemapError(
            f"{counted(len(again), 'row')} {verb} a code, first {again.iloc[0]}; expected one row a unit",
            location=file,
            hint="take the totals of each unit, with one column a figure",
        )


def _left_out(codes: pd.Series, kind: str) -> Iterator[str]:
    welsh = codes.str.fullmatch(_WELSH.pattern)
    if welsh.any():
        yield f"{counted(int(welsh.sum()), 'row')} of Wales left out"
    rest = codes[~welsh]
    if len(rest):
        shown = some([code or "(blank)" for code in dict.fromkeys(rest)], _SHOWN)
        yield f"{counted(len(rest), 'row')} without a code of {KINDS[kind].one} left out: {shown}"


# --- figures ----------------------------------------------------------------------------------------------------------


def _long(chosen: Sequence[Chosen], codes: pd.Series, base: str) -> pd.DataFrame:
    unit = ATOM_COLUMN[base].name if base else "practice_code"
    of = codes.to_numpy(dtype=object)
    parts = []
    for number, column in enumerate(chosen):
        known = np.isfinite(column.values)
        said = {"figure": column.title, "kind": column.kind, "over": column.over}
        parts.append(pd.DataFrame({"position": number, unit: of[known], **said, "value": column.values[known]}))
    return pd.concat(parts, ignore_index=True)


def _usage(where: str, message: str, hint: str) -> PlacemapError:
    return PlacemapError(message, location=where, hint=hint, exit_code=Exit.USAGE)
