"""A store of all England, made once from the official files, and the shipped systems."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
#: Official files that no test here needs; leaving them out makes the store faster.
NOT_NEEDED = ("LAD24_EN_BSC.gpkg", "LSOA21_PWC_EW.csv", "MYE2020_LSOA11.csv", "README.md")


def _shared(name: str) -> Path | None:
    """A folder beside the repository's parent, or None."""
    folder = REPOSITORY.parent / "shared" / name
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of official files."""
    given = os.environ.get("PLACEMAP_REFERENCE")
    folder = Path(given) if given else _shared("reference")
    if folder is None or not folder.is_dir():
        pytest.skip("no official files here: set PLACEMAP_REFERENCE to a folder of them")
    return folder


@pytest.fixture(scope="session")
def england_store(reference, tmp_path_factory) -> Path:
    """A store of all England; PLACEMAP_ENGLAND names one that is there already."""
    given = os.environ.get("PLACEMAP_ENGLAND")
    if given:
        return Path(given)
    from placemap.sources.import_files import import_files

    store = tmp_path_factory.mktemp("england") / "store"
    import_files([path for path in sorted(reference.iterdir()) if path.name not in NOT_NEEDED], store)
    return store


@pytest.fixture(scope="session")
def workspace(england_store):
    """A workspace on all England."""
    from placemap.commands.workspace import open_workspace

    return open_workspace(england_store)


@pytest.fixture(scope="session")
def systems():
    """Every shipped config, by id."""
    from placemap.config.load import load_system

    found = [load_system(path) for path in sorted((REPOSITORY / "configs").glob("*.yaml"))]
    return {system.id: system for system in found}


@pytest.fixture(scope="session")
def national(workspace, systems):
    """All systems put together, in memory."""
    from placemap.commands.england import england

    return england(workspace, systems.values())


@pytest.fixture(scope="session")
def researched():
    """The researched facts that the configs were written from, by id."""
    folder = _shared("atlas")
    if folder is None:
        pytest.skip("the researched facts are not here")
    from placemap.config.load import load_system

    found = [load_system(path) for path in sorted(folder.glob("*.yaml"))]
    return {system.id: system for system in found}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run `placemap` in this process, in an empty folder."""
    from typer.testing import CliRunner

    from placemap.cli import app

    monkeypatch.chdir(tmp_path)

    def call(*args, store=REPOSITORY / "data"):
        result = CliRunner().invoke(app, [*map(str, args), "--data", str(store)], prog_name="placemap")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call
