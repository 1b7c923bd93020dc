"""The official files of all England, where they are at hand, and what an import makes of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def reference_folder() -> Path | None:
    """PLACEMAP_REFERENCE, else `../shared/reference` beside the repository; None where neither is there."""
    folder = Path(os.environ.get("PLACEMAP_REFERENCE") or REPOSITORY.parent / "shared" / "reference")
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of official files."""
    folder = reference_folder()
    if folder is None:
        pytest.skip("no official files here: set PLACEMAP_REFERENCE to a folder of them")
    return folder


@pytest.fixture(scope="session")
def packaged() -> Path:
    """The packaged store."""
    return REPOSITORY / "data"


@pytest.fixture(scope="session")
def systems():
    """The configs that the packaged tables are cut to."""
    from placemap.config.load import load_system

    offline = ("bnssg", "lancashire-and-south-cumbria", "norfolk-and-waveney")
    return [load_system(REPOSITORY / "configs" / f"{name}.yaml") for name in offline]


@pytest.fixture(scope="session")
def read(reference):
    """All official files as read: the tables with their files, and a report a file."""
    from placemap.sources.catalogue import load_catalogue
    from placemap.sources.import_files import read_files

    return read_files([reference], {}, load_catalogue())


@pytest.fixture(scope="session")
def england(read):
    """The tables of all England by name."""
    from placemap.sources.tables.derive import derived

    return {table.name: table for table in derived(read[0])}


@pytest.fixture(scope="session")
def extracted(england, systems):
    """The tables cut to the shipped configs by name."""
    from placemap.sources.tables.extract import extract
    from placemap.sources.tables.needs import needs_of

    return {table.name: table for table in extract(list(england.values()), needs_of(systems))}


@pytest.fixture(scope="session")
def england_store(england, tmp_path_factory) -> Path:
    """A store of all England, to be read only."""
    from placemap.sources.tables.write_store import write_store

    store = tmp_path_factory.mktemp("england") / "store"
    write_store(list(england.values()), store)
    return store
