"""Which column of a user's table holds the codes, and which the figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pandas as pd

from placemap.apply import sql
from placemap.apply.engine_duckdb import Engine
from placemap.core.codes import KINDS, MEMBER_KINDS
from placemap.core.errors import Exit, PlacemapError
from placemap.reference.geography import Geography
from placemap.reference.recognise import CodeKind, clean_codes, recognise

#: Rows that are looked at to find the column of codes.
PREVIEW = 10_000
#: Words for "no code" that files hold; NO2011, NO2021 and CLOSED are NHS England's for patients without an LSOA.
NO_CODE = frozenset({"", "NO2011", "NO2021", "CLOSED", "NA", "N/A", "NAN", "NULL", "NONE", "-", "UNKNOWN", "E99999999"})
#: Codes of Wales, Scotland, Northern Ireland, the Channel Islands and the Isle of Man.
_OUTSIDE_ENGLAND = re.compile(r"[WSNLM]\d{8}|95[A-Z]{2}\d{2}[A-Z]\d")
PLACE_COLUMNS = ("ICSID", "FOOTPRINT", "PLACECD", "PLACENM")


# --- what the columns hold --------------------------------------------------------------------------------------------


def key_column(engine: Engine, by: str | None, kind: str | None, geography: Geography, label: str) -> tuple[str, str]:
    """The column of codes and the kind of unit they are of, told from the values.

    Raises:
        PlacemapError: there is no such column, none holds codes, or several do.
    """
    types = engine.columns()
    if by is not None and by not in types:
        raise _no_column(by, types, label)
    if kind is not None and kind not in MEMBER_KINDS:
        raise _usage(f"`{kind}` is not a kind of unit", f"the kinds are {', '.join(MEMBER_KINDS)}")
    if by is not None and kind is not None:
        return by, kind
    texts = [by] if by else [column for column, held in types.items() if held in (sql.TEXT, sql.OTHER)]
    found = _code_columns(engine, texts, geography, kind)
    if not found:
        where = f"column `{by}`" if by else "any column"
        raise _usage(
            f"no codes that placemap knows in {where} of the first {PREVIEW:,} rows",
            f"say what its codes are of with --kind ({', '.join(MEMBER_KINDS)})" if by else "name the column with --by",
            label,
        )
    chosen = _the_one(found, label)
    return chosen.column, kind or chosen.kind


def _code_columns(engine: Engine, columns: Sequence[str], geography: Geography, kind: str | None) -> list[CodeKind]:
    if not columns:
        return []
    preview = engine.preview(columns, PREVIEW)
    found = [recognise(_of_england(preview[column]), geography) for column in columns]
    return [item for item in found if item is not None and item.kind in MEMBER_KINDS and kind in (None, item.kind)]


def _of_england(values: pd.Series) -> pd.Series:
    """The values that tell a kind: without words for no code, and without codes of other countries."""
    codes = clean_codes(values)
    return values[[code not in NO_CODE and not _OUTSIDE_ENGLAND.fullmatch(code) for code in codes]]


def _the_one(found: Sequence[CodeKind], label: str) -> CodeKind:
    """The only column of codes; among areas of several sizes the one of LSOAs, which need no sharing out."""
    lsoas = [item for item in found if item.kind == "lsoa"]
    if len(lsoas) == 1 and not any(KINDS[item.kind].patients for item in found):
        return lsoas[0]
    if len(found) > 1:
        what = ", ".join(f"{item.column} ({KINDS[item.kind].plural})" for item in found)
        raise _usage(f"several columns hold codes: {what}", "say which one to go by with --by", label)
    return found[0]


def check_columns(question: sql.Question, label: str) -> None:
    """Raise where a column that is asked for is not there, or would hide one of the result's.

    Raises:
        PlacemapError: so.
    """
    for column in (*question.value_columns, *question.groups):
        if column not in question.types:
            raise _no_column(column, question.types, label)
    for column in question.groups:
        if column in PLACE_COLUMNS or column == question.by:
            raise _usage(f"`{column}` cannot be a group: it is a column of codes already", "leave it out", label)
    for column in question.value_columns:
        if question.types[column] == sql.OTHER:
            raise _usage(f"column `{column}` holds no numbers", "choose a column of numbers", label)


def _no_column(column: str, types: Iterable[str], label: str) -> PlacemapError:
    import difflib

    close = difflib.get_close_matches(column, list(types), n=1, cutoff=0.5)
    hint = f"did you mean `{close[0]}`?" if close else f"the columns are {', '.join(list(types)[:20])}"
    return _usage(f"the data have no column `{column}`", hint, label)


def _usage(message: str, hint: str, location: str = "") -> PlacemapError:
    return PlacemapError(message, hint=hint, location=location, exit_code=Exit.USAGE)
