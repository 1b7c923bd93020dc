"""All England at once: a workspace, and all systems put together."""

from __future__ import annotations

import pytest

from conftest import REPO


@pytest.fixture(scope="session")
def workspace(england_store):
    """A workspace on all England."""
    from placemap.commands.workspace import open_workspace

    return open_workspace(england_store)


@pytest.fixture(scope="session")
def national(workspace, shipped_systems):
    """All systems put together, in memory."""
    from placemap.commands.england import england

    return england(workspace, shipped_systems.values())


@pytest.fixture(scope="session")
def published(workspace, shipped_systems, tmp_path_factory):
    """All England as `publish` writes it."""
    from placemap.commands.publish import publish

    return publish(workspace, shipped_systems.values(), tmp_path_factory.mktemp("published") / "england")


@pytest.fixture(scope="session")
def researched():
    """The researched facts that the configs were written from, by id."""
    folder = REPO.parent / "shared" / "atlas"
    if not folder.is_dir():
        pytest.skip(f"the researched facts are not at {folder}")
    from placemap.config.load import load_system

    found = [load_system(path) for path in sorted(folder.glob("*.yaml"))]
    return {system.id: system for system in found}
