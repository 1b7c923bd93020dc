"""One result of a footprint, as `diff` compares it: from a build in memory, or from a folder that a build wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from placemap.core.errors import Exit, PlacemapError
from placemap.core.files import from_json
from placemap.core.read_tables import read_built
from placemap.core.tables import COVERAGE, MEASURE, METADATA, Table, as_text
from placemap.reference.store import TableEntry
from placemap.resolve.resolved import ResolvedFootprint

#: Tables that say what went in or what was thought of it, not what the places are.
NOT_FIGURES = ("findings",)


@dataclass(frozen=True)
class Input:
    """A reference table that a result rests on."""

    name: str
    vintage: str
    coverage: str
    sha256: str

    @property
    def what(self) -> str:
        """The table's name without its vintage: `ltla`, `pcn_members`, `residents_2021`."""
        return self.name.removesuffix(f"-{self.vintage}")


@dataclass(frozen=True)
class Snapshot:
    """A footprint's result.

    Attributes:
        label: what the user called it.
        names: names of places by PLACECD.
        people: by PLACECD, (residents, registered patients).
        lsoas: index LSOA21CD; NAME, PLACECD, METHOD, RESIDENTS.
        practices: index PRACTICECD; NAME, PLACECD, PCNCD, DECLARED_BY, LIST_SIZE; only declared ones.
        inputs: by name.
        config: hash of the config's content.
        measure: that residents are counted by.
        digests: by name of a table and of a column, the hash of its content as text.
    """

    label: str
    system: str
    footprint: str
    names: dict[str, str]
    people: dict[str, tuple[float, float]]
    lsoas: pd.DataFrame
    practices: pd.DataFrame
    inputs: dict[str, Input]
    config: str
    measure: str
    digests: dict[str, dict[str, str]]

    def vintage(self, what: str) -> str:
        """Vintage of the input `what`; empty where it has none."""
        return max((item.vintage for item in self.inputs.values() if item.what == what), default="")


def snapshot(
    label: str,
    resolved: ResolvedFootprint,
    tables: Sequence[Table],
    inputs: Sequence[TableEntry],
) -> Snapshot:
    """A result in memory."""
    texts = {table.name: _as_text(table) for table in tables}
    found = {e.name: Input(e.name, e.vintage, e.coverage, e.content_sha256) for e in inputs}
    system, footprint = resolved.key
    config, measure = resolved.system.config_sha256, resolved.populations.residents_name
    return Snapshot(label, system, footprint, inputs=found, config=config, measure=measure, **_figures(texts))


def _as_text(table: Table) -> pd.DataFrame:
    columns = {column.name: as_text(table.columns[column.name].tolist(), column) for column in table.schema.columns}
    return pd.DataFrame(columns, dtype=object)


def read_snapshot(folder: Path) -> Snapshot:
    """A result that `placemap build` wrote.

    Raises:
        PlacemapError: the folder is none of placemap's, or holds a build that failed.
    """
    metadata = _metadata(folder)
    if (folder / "FAILED.md").exists():
        raise PlacemapError(
            "this build failed, so it holds no crosswalk to compare",
            location=str(folder),
            hint="FAILED.md there says why",
            exit_code=Exit.WRONG,
        )
    paths = sorted(p for p in folder.iterdir() if p.suffix in (".csv", ".parquet"))
    texts = {path.stem: read_built(path) for path in paths}
    missing = set(NEEDED) - set(texts)
    if missing:
        raise PlacemapError(f"the folder lacks {', '.join(sorted(missing))}", location=str(folder), hint=BUILD_AGAIN)
    for name in NEEDED:
        _require_sound(texts[name], texts["places"], folder, name)
    try:
        system, _, footprint = metadata["schema:identifier"].partition("/")
        inputs = {item["schema:identifier"]: _input(item) for item in metadata["dc:source"]}
        config, measure = _texts(metadata["schema:isBasedOn"]["schema:sha256"], metadata[MEASURE])
    except (KeyError, TypeError, AttributeError) as error:
        raise PlacemapError(f"metadata.json lacks {error}", location=str(folder), hint=BUILD_AGAIN) from None
    return Snapshot(str(folder), system, footprint, inputs=inputs, config=config, measure=measure, **_figures(texts))


BUILD_AGAIN = "build it again with `placemap build`"
#: The tables that are compared row by row: by name, the key, other texts, numbers.
NEEDED = {
    "places": ("PLACECD", ("PLACENM",), ("RESIDENTS", "REGISTERED")),
    "place_lsoa21": ("LSOA21CD", ("LSOA21NM", "PLACECD", "METHOD"), ("RESIDENTS",)),
    "place_practice": ("PRACTICECD", ("PRACTICENM", "PLACECD", "PCNCD", "DECLARED_BY"), ("LIST_SIZE",)),
}


def _require_sound(table: pd.DataFrame, places: pd.DataFrame, folder: Path, name: str) -> None:
    """Refuse a table that someone changed so that it cannot be compared.

    Raises:
        PlacemapError: it lacks a column, has a key twice, a text for a number, or a place that is not there.
    """
    key, texts, numbers = NEEDED[name]
    lacks = [column for column in (key, *texts, *numbers) if list(table.columns).count(column) != 1]
    wrong = f"it has not one column {lacks[0]}" if lacks else _wrong_row(table, places, key, numbers)
    if wrong:
        raise PlacemapError(f"{name} was changed by hand: {wrong}", location=str(folder), hint=BUILD_AGAIN)


def _wrong_row(table: pd.DataFrame, places: pd.DataFrame, key: str, numbers: Sequence[str]) -> str:
    if table.empty and key != "PRACTICECD":
        return "it has no rows"
    if table[key].duplicated().any():
        return f"{key} {table[key][table[key].duplicated()].iloc[0]!r} stands twice"
    for column in numbers:
        bad = pd.to_numeric(table[column], errors="coerce").isna()
        if bad.any():
            return f"{column} {table[column][bad].iloc[0]!r} is no number"
    strange = set(table["PLACECD"]) - set(places["PLACECD"])
    return f"PLACECD {min(strange)!r} is not in places" if strange else ""


def _metadata(folder: Path) -> Any:
    try:
        return from_json((folder / METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise PlacemapError(
            "this folder was not written by `placemap build`: it has no readable metadata.json",
            location=str(folder),
            hint="give the folder of a footprint, such as out/bnssg/localities",
        ) from None


def _input(item: dict[str, str]) -> Input:
    fields = ("schema:identifier", "schema:temporalCoverage", COVERAGE, "schema:sha256")
    return Input(*_texts(*(item[field] for field in fields)))


def _texts(*values: object) -> tuple[str, ...]:
    """The values, if all are text.

    Raises:
        TypeError: one is not.
    """
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"a text; it has {value!r}")
    return tuple(str(value) for value in values)


def _figures(texts: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """The fields of a snapshot that come from its tables."""
    places = texts["places"]
    people = zip(places["RESIDENTS"].astype(float), places["REGISTERED"].astype(float), strict=True)
    return {
        "names": dict(zip(places["PLACECD"], places["PLACENM"], strict=True)),
        "people": dict(zip(places["PLACECD"], people, strict=True)),
        "lsoas": _indexed(texts["place_lsoa21"], "LSOA21CD", _LSOA_COLUMNS),
        "practices": _indexed(texts["place_practice"], "PRACTICECD", _PRACTICE_COLUMNS),
        "digests": {name: _digests(frame) for name, frame in sorted(texts.items()) if name not in NOT_FIGURES},
    }


_LSOA_COLUMNS = {"NAME": "LSOA21NM", "PLACECD": "PLACECD", "METHOD": "METHOD", "RESIDENTS": "RESIDENTS"}
_PRACTICE_COLUMNS = {
    "NAME": "PRACTICENM",
    "PLACECD": "PLACECD",
    "PCNCD": "PCNCD",
    "DECLARED_BY": "DECLARED_BY",
    "LIST_SIZE": "LIST_SIZE",
}
_NUMBERS = ("RESIDENTS", "LIST_SIZE")


def _indexed(frame: pd.DataFrame, key: str, columns: Mapping[str, str]) -> pd.DataFrame:
    """Some columns of a table under other names, by its key, in order of it."""
    content = {
        name: frame[column].astype(float).tolist() if name in _NUMBERS else frame[column].tolist()
        for name, column in columns.items()
    }
    return pd.DataFrame(content, index=pd.Index(frame[key], name=key)).sort_index()


def _digests(frame: pd.DataFrame) -> dict[str, str]:
    return {str(name): _digest(_plain(frame[name])) for name in frame}


def _digest(values: list[object]) -> str:
    content = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _plain(values: pd.Series) -> list[object]:
    """Values of a column in one form, so that CSV and Parquet of the same content are no difference."""
    texts = values.astype(str).replace({"True": "true", "False": "false"})
    numbers = pd.to_numeric(texts.where(texts != "", "nan"), errors="coerce")
    if bool((numbers.notna() == (texts != "")).all()):
        return [None if number != number else float(number) for number in numbers]
    return list(texts)
