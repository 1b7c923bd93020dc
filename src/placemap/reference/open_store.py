"""The reference store on disk → `store.ReferenceData`; every table is verified when it is read.

Read order: the folder given by `--data` or PLACEMAP_DATA, then the user's cache, then the packaged tables.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from placemap.core.errors import PlacemapError
from placemap.core.files import from_json
from placemap.core.installed import packaged_folder
from placemap.reference.store import (
    MANIFEST,
    REMAKE,
    STORE_FORMAT,
    TABLES,
    Manifest,
    ReferenceData,
    TableEntry,
    missing_tables,
)

if TYPE_CHECKING:
    from placemap.core.columns import Columns

RETRIEVED = "retrieved.json"
ENVIRONMENT = "PLACEMAP_DATA"


def cache_folder() -> Path:
    """Where `placemap data update` and `data import` keep a user's own store."""
    from platformdirs import user_cache_path

    return user_cache_path("placemap", appauthor=False) / "store"


def store_folder(given: Path | None = None) -> Path:
    """The store to use: `given`, else PLACEMAP_DATA, else the user's cache if complete, else the packaged."""
    return chosen_store(given)[0]


def chosen_store(given: Path | None = None) -> tuple[Path, str]:
    """The store to use, and why it is that one.

    A user's own store is used once it has what every build needs: a first import of one file changes no build.
    """
    if given is not None:
        return given, "named with --data"
    if os.environ.get(ENVIRONMENT):
        return Path(os.environ[ENVIRONMENT]), f"named in {ENVIRONMENT}"
    cache, packaged = cache_folder(), packaged_folder("data")
    if not (cache / MANIFEST).is_file():
        return packaged, "the packaged tables, as you have no store of your own"
    missing = missing_tables(_manifest(cache))
    if missing:
        return packaged, f"the packaged tables, as your own store ({cache}) still lacks {', '.join(missing)}"
    return cache, "your own store"


def retrieved_in(folder: Path) -> dict[str, str]:
    """By table, when it was downloaded, as far as the last update noted it."""
    try:
        notes = from_json((folder / RETRIEVED).read_text(encoding="utf-8"))
        return {str(name): str(note.get("retrieved") or "") for name, note in notes.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def open_store(folder: Path) -> ReferenceData:
    """Open a store.

    Raises:
        PlacemapError: there is no store there, or its manifest cannot be understood. Tables are verified when they
            are read: hash, columns, types, key and rows against the manifest.
    """

    def read(entry: TableEntry) -> Columns:
        # With pyarrow, which a look at the manifest does not need.
        from placemap.reference.read_parquet import read_stored

        return read_stored(folder / TABLES / f"{entry.name}.parquet", entry)

    return ReferenceData(_manifest(folder), read, str(folder))


@lru_cache(maxsize=2)
def _from_text(text: str, location: str) -> Manifest:
    """A manifest from its text; a run looks into a store more than once."""
    data = from_json(text)
    if not isinstance(data, dict):
        raise TypeError("it is not a JSON object")
    if data.get("placemap_store") != STORE_FORMAT:
        raise PlacemapError(
            f"the store has format {data.get('placemap_store')!r}; this placemap reads format {STORE_FORMAT}",
            location=location,
            hint=REMAKE,
        )
    return Manifest.from_json(data)


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    if not folder.is_dir():
        raise PlacemapError(
            "there is no such reference folder", location=str(folder), hint="check --data and PLACEMAP_DATA"
        )
    try:
        return _from_text(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        raise PlacemapError(
            f"this folder is not a reference store: it has no {MANIFEST}",
            location=str(folder),
            hint="make one with `placemap data import FOLDER --to STORE`",
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        why = f"it has no `{error.args[0]}`" if isinstance(error, KeyError) else str(error)
        raise PlacemapError(f"the manifest cannot be read: {why}", location=str(path), hint=REMAKE) from None
