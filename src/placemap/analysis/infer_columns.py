"""Which columns of a user's table, or of polygons, say of what places are made, and what they are called."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from placemap.config.text_rules import LONGEST_NAME
from placemap.core.codes import KINDS, NO_CODE
from placemap.core.errors import Exit, PlacemapError
from placemap.core.text import as_seen, listed, some
from placemap.reference.geography import Geography
from placemap.reference.recognise import CodeKind, clean_codes, code_columns

if TYPE_CHECKING:
    import geopandas as gpd

#: The codes that a message names.
few = partial(some, most=5, counted=True)
#: More places than this in a column, and it is not one of places.
MOST_PLACES = 400
_PLACE_TITLE = re.compile(r"place|localit|icp|partnership|footprint name|neighbourhood", re.IGNORECASE)
_NAME_TITLE = re.compile(r"nm$|name", re.IGNORECASE)
#: Which codes tell most where a table has several columns of them.
_FINEST = ("lsoa", "practice", "msoa", "ward", "pcn", "ltla", "utla", "sub_icb", "icb")


def find_codes(frame: pd.DataFrame, geography: Geography, asked: str) -> CodeKind:
    """The column of codes: the one that is asked for, else the one that tells most rows apart, the finest of several.

    Raises:
        PlacemapError: there is none.
    """
    if asked and asked not in frame:
        raise no_column(asked, frame)
    found = code_columns(frame[[asked]] if asked else frame, geography)
    if not found:
        raise _no_codes(frame[[asked]] if asked else frame)
    # The column that tells rows apart is the one that places are given for; among several, the finest.
    return min(found, key=lambda item: (-frame[item.column].nunique(), _FINEST.index(item.kind)))


def _no_codes(frame: pd.DataFrame) -> PlacemapError:
    """The error of a table without a column of one kind; of the column that comes nearest, what it has instead."""
    values = {str(column): sorted(set(clean_codes(frame[column])) - {""}) for column in frame}
    nearest = max(
        (
            (column, kind, sum(bool(kind.pattern.fullmatch(value)) for value in mine))
            for column, mine in values.items()
            for kind in KINDS.values()
        ),
        key=lambda item: item[2] / max(len(values[item[0]]), 1),
        default=("", KINDS["lsoa"], 0),
    )
    column, kind, count = nearest
    others = [value for value in values.get(column, []) if not kind.pattern.fullmatch(value)]
    hint = f"give a column of {', '.join(KINDS[kind].plural for kind in _FINEST[:6])}"
    if not count:
        columns = some(list(values), 12, counted=True)
        return PlacemapError(
            f"no column holds codes of a kind that placemap knows (the columns are {columns})", hint=hint
        )
    what = f"of the {len(values[column]):,} different values of {column}"
    if not others:
        return PlacemapError(
            f"{what}, none is a code that the reference has: {some(values[column], 20, counted=True)}",
            hint="`placemap data update`, or --data with a store that has them",
        )
    verb = "is" if len(others) == 1 else "are"
    return PlacemapError(
        f"no column holds codes of one kind: {what}, {count:,} are codes of {kind.plural}, and {len(others):,} {verb} "
        f"not: {some(others, 20, counted=True)}",
        hint=hint,
    )


def no_column(asked: str, frame: pd.DataFrame) -> PlacemapError:
    """The error of a column that is not there."""
    return PlacemapError(
        f"there is no column `{asked}`",
        hint=f"the columns are {some([*map(str, frame)], 20, counted=True)}",
        exit_code=Exit.USAGE,
    )


def find_places(frame: pd.DataFrame, codes: CodeKind) -> str:
    """The column that is constant for each code and groups codes: by its title where several do.

    Raises:
        PlacemapError: there is none, or several may be it.
    """
    able = [column for column in map(str, frame) if column != codes.column and _groups(frame, codes.column, column)]
    titled = [column for column in able if _PLACE_TITLE.search(column)]
    chosen = _unlike(frame, titled or able)
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        if divided := _divides(frame, codes.column):
            return divided  # which is then refused with the code that is in several places
        raise PlacemapError(
            f"no column says which place each code of column `{codes.column}` is in",
            hint="add a column with the name of the place of each code, or name it with --place",
            exit_code=Exit.USAGE,
        )
    raise PlacemapError(
        f"several columns may hold the places: {', '.join(chosen)}", hint="say which with --place", exit_code=Exit.USAGE
    )


def _groups(frame: pd.DataFrame, codes: str, column: str) -> bool:
    filled = frame[frame[column].str.strip() != ""]
    count = filled[column].nunique()
    # As many places as codes: each is named by itself, which only a title tells from the units' own names.
    most = filled[codes].nunique() - (0 if _PLACE_TITLE.search(column) else 1)
    if not 1 <= count <= min(MOST_PLACES, max(1, most)):
        return False
    return not _numeric(filled[column]) and len(filled[[codes, column]].drop_duplicates()) == filled[codes].nunique()


def _divides(frame: pd.DataFrame, codes: str) -> str:
    """The column that would be the places if a code were not in several of them: one called so, or the only one."""
    able = [
        column
        for column in map(str, frame)
        if column != codes and frame[column].nunique() <= MOST_PLACES and not _numeric(frame[column])
    ]
    titled = [column for column in able if _PLACE_TITLE.search(column)]
    chosen = titled or able
    return chosen[0] if len(chosen) == 1 else ""


def _numeric(values: pd.Series) -> bool:
    return bool(pd.to_numeric(values[values.str.strip() != ""], errors="coerce").notna().all())


def _unlike(frame: pd.DataFrame, columns: list[str]) -> list[str]:
    """One column for each way of grouping (a code and its name group alike), names before codes, constants last."""
    ordered = sorted(columns, key=lambda column: not _NAME_TITLE.search(column))
    seen: dict[tuple[int, ...], str] = {}
    for column in ordered:
        seen.setdefault(tuple(pd.factorize(frame[column])[0].tolist()), column)
    several = [column for column in seen.values() if len(frame[column].drop_duplicates()) > 1]
    return several or list(seen.values())


def places_by_code(
    frame: pd.DataFrame, found: CodeKind, column: str, label: str = ""
) -> tuple[dict[str, str], list[str]]:
    """The place of each code, and notes on what was left out.

    Raises:
        PlacemapError: a code is in two places, or two places differ by case alone.
    """
    if column not in frame:
        raise no_column(column, frame)
    pairs = pd.DataFrame({"code": clean_codes(frame[found.column]), "place": frame[column].map(place_name)})
    notes = []
    refuse_names(pairs["place"])
    empty = int(((pairs["code"] != "") & (pairs["place"] == "")).sum())
    if empty:
        notes.append(f"{empty:,} rows name no place and are left out.")
    pairs = pairs[(pairs["code"] != "") & (pairs["place"] != "")].drop_duplicates()
    twice = pairs[pairs["code"].duplicated(keep=False)].sort_values(["code", "place"])
    if len(twice):
        code, *others = twice["code"].unique()
        places = twice[twice["code"] == code]["place"].tolist()
        more = f", and so are {len(others):,} more: {few(others)}" if others else ""
        raise PlacemapError(
            f"{label or KINDS[found.kind].label} {code} is in {len(places)} places, {listed(places)}{more}",
            hint="keep each code in one place; to divide a unit, list its LSOAs",
            exit_code=Exit.WRONG,
        )
    return dict(zip(pairs["code"], pairs["place"], strict=True)), notes


def place_name(text: str) -> str:
    """A place's name, without what nobody sees; words for no value, as programs write them, are none."""
    name = as_seen(text)
    return "" if name.upper() in NO_CODE else name


def refuse_names(names: pd.Series) -> None:
    """Refuse names that differ by small and capital letters alone, which are hardly two places, and ones too long.

    Raises:
        PlacemapError: so.
    """
    known: dict[str, str] = {}
    for name in names.unique():
        if len(name) > LONGEST_NAME:
            raise PlacemapError(
                f"a place's name has at most {LONGEST_NAME} characters; found {len(name):,}: `{name:.60}…`",
                hint="name the column of places with --place, or shorten its names",
            )
        other = known.setdefault(name.casefold(), name)
        if other != name:
            raise PlacemapError(
                f"places `{other}` and `{name}` differ by small and capital letters alone",
                hint="write each place one way",
                exit_code=Exit.WRONG,
            )


def name_column_of(shapes: gpd.GeoDataFrame) -> str:
    """The column of text that most likely names polygons.

    Raises:
        PlacemapError: none does.
    """
    texts = [c for c in shapes.columns if c != "geometry" and pd.api.types.is_string_dtype(shapes[c])]
    ranked = sorted(texts, key=lambda c: (not _PLACE_TITLE.search(c), not _NAME_TITLE.search(c), -shapes[c].nunique()))
    if not ranked:
        raise PlacemapError(
            "no column names the polygons", hint="add one, or name it with --place", exit_code=Exit.USAGE
        )
    return str(ranked[0])
