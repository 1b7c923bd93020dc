"""What the tests of explain, compare, diff, infer, find and sensitivity share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from placemap.config import load_system
from placemap.model import System
from placemap.pipeline import Workspace
from placemap.geography import Geography
from placemap.reference import open_store

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def workspace() -> Workspace:
    """The packaged tables."""
    return Workspace(Geography(open_store(ROOT / "data")))


@pytest.fixture(scope="session")
def systems() -> dict[str, System]:
    """The shipped configs by id."""
    return {path.stem: load_system(path) for path in sorted((ROOT / "configs").glob("*.yaml"))}


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of official files."""
    folder = Path(os.environ.get("PLACEMAP_REFERENCE", ROOT.parent / "shared" / "reference"))
    if not folder.is_dir():
        pytest.skip(f"needs the official files; none at {folder} (set PLACEMAP_REFERENCE)")
    return folder
