import pytest

from placemap.reference.open_store import open_store


@pytest.fixture(scope="module")
def base(toy_store):
    """The toy store's manifest and tables."""
    data = open_store(toy_store)
    return data.manifest, {name: data.table(entry).frame() for name, entry in data.manifest.tables.items()}
