import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def workspace():
    from placemap.commands.workspace import open_workspace

    return open_workspace(REPOSITORY / "data")


@pytest.fixture(scope="session")
def system():
    from placemap.config.load import load_system

    return lambda name: load_system(REPOSITORY / "configs" / f"{name}.yaml")


@pytest.fixture(scope="session")
def outcome(workspace, system):
    """A built footprint of a shipped system, by the names of the two."""
    made = {}

    def build(name, footprint):
        if (name, footprint) not in made:
            found = system(name)
            made[name, footprint] = workspace.build(found, found.footprints[footprint])
        return made[name, footprint]

    return build


@pytest.fixture
def reference():
    """The folder of official files, which is not part of the repository."""
    folder = Path(os.environ.get("PLACEMAP_REFERENCE", REPOSITORY.parent / "shared" / "reference"))
    if not folder.is_dir():
        pytest.skip("no official files: set PLACEMAP_REFERENCE to a folder of them")
    return folder
