"""What the tests of explain, compare, diff, infer, find and sensitivity share."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from placemap.commands.workspace import Workspace
from placemap.config.load import load_system
from placemap.config.model import System
from placemap.reference.geography import Geography
from placemap.reference.open_store import open_store

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


class Run:
    """The command line in this process, on the packaged tables."""

    def __init__(self) -> None:
        from typer.testing import CliRunner

        self.runner = CliRunner()

    def __call__(self, *args: object) -> Result:
        from placemap.cli import app

        result = self.runner.invoke(app, [str(arg) for arg in args], env={"PLACEMAP_DATA": str(ROOT / "data")})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Result(result.exit_code, result.stdout, result.stderr)


@dataclass
class Result:
    """What a command gave."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def run() -> Run:
    """Run a command: `run("explain", "E01014485")`."""
    return Run()
