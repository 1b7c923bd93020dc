"""What an import makes of the official files, step by step."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def offline_systems(shipped_systems):
    """The configs that the packaged tables are cut to."""
    return [shipped_systems[name] for name in ("bnssg", "lancashire-and-south-cumbria", "norfolk-and-waveney")]


@pytest.fixture(scope="session")
def read(official_files):
    """All official files as read: the tables with their files, and a report a file."""
    from placemap.sources.catalogue import load_catalogue
    from placemap.sources.import_files import read_files

    return read_files([official_files], {}, load_catalogue())


@pytest.fixture(scope="session")
def england(read):
    """The tables of all England by name."""
    from placemap.sources.tables.derive import derived

    return {table.name: table for table in derived(read[0])}


@pytest.fixture(scope="session")
def extracted(england, offline_systems):
    """The tables cut to the shipped configs by name."""
    from placemap.sources.tables.extract import extract
    from placemap.sources.tables.needs import needs_of

    return {table.name: table for table in extract(list(england.values()), needs_of(offline_systems))}
