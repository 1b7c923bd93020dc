"""The import rule of the house, as pyproject.toml states it."""

import sys

import pytest

from conftest import REPO


def test_imports_point_down(monkeypatch, capsys):
    """`make check` and `.ci/run` call lint-imports; here it is for those who run the tests alone."""
    cli = pytest.importorskip("importlinter.cli", reason="import-linter is not installed (it is in the extra `dev`)")
    monkeypatch.chdir(REPO)
    monkeypatch.setattr(sys, "path", [str(REPO / "src"), *sys.path])
    assert cli.lint_imports(no_cache=True) == 0, capsys.readouterr().out


def test_the_rooms_are_those_of_the_plan():
    rooms = {
        path.name for path in (REPO / "src" / "placemap").iterdir() if path.is_dir() and path.name != "__pycache__"
    }
    assert rooms == {
        *("core", "config", "reference", "sources", "resolve", "checks", "crosswalk", "apply", "analysis", "outputs"),
        *("commands", "cli"),
    }
