"""The notebooks of the documentation run from top to bottom."""

from __future__ import annotations

import pytest

from conftest import PACKAGED, REPO

NOTEBOOKS = sorted((REPO / "docs").rglob("*.ipynb"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, monkeypatch, tmp_path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("PLACEMAP_DATA", str(PACKAGED))
    monkeypatch.setenv("PYTHONPATH", str(REPO / "src"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert any(cell.get("outputs") for cell in notebook.cells)
    assert not any(cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells), "ship it without outputs"


def test_there_are_notebooks():
    assert NOTEBOOKS
