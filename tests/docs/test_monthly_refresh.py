"""docs/ci/monthly-refresh.sh against the stand-in: 0 unchanged, 5 changed, 4 errors, 3 a download that failed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from publishers import serving, status

from conftest import REPO

HISTORY = "LTLA_HISTORY_2016_2024.csv"
SYSTEM = """
placemap: 1
ics: {id: county, name: County, icb: {code: E54000039, ods: QUY, vintage: 2024}}
scope: {sub_icb: [15C]}
evidence: {e: {title: T, publisher: P}}
default_footprint: f
footprints:
  f: {name: F, status: current, grade: A, evidence: e, places: {a: {name: A, MEMBERS}}}
"""


@pytest.fixture(scope="session")
def small_england(packaged, tmp_path_factory) -> Path:
    """The packaged tables as if they were all of a small country, so that an update keeps them."""
    from stores import rewrite

    store = tmp_path_factory.mktemp("country") / "store"
    shutil.copytree(packaged, store)
    (store / "sources.yaml").unlink()
    kept = set(pd_column(store, "lsoa_names-2021", "lsoa_code"))
    rewrite(
        store, "adjacency-2021", lambda pairs: pairs[pairs["lsoa_code_a"].isin(kept) & pairs["lsoa_code_b"].isin(kept)]
    )
    manifest = json.loads((store / "manifest.json").read_text())
    for entry in manifest["tables"].values():
        entry["coverage"] = "England"
        if entry["family"].endswith("_measure"):
            del entry["total"]
    (store / "manifest.json").write_text(json.dumps(manifest))
    return store


def pd_column(store: Path, table: str, column: str) -> list[str]:
    import pyarrow.parquet as pq

    return pq.read_table(store / "tables" / f"{table}.parquet")[column].to_pylist()


@pytest.fixture
def refresh(official_files, small_england, tmp_path):
    """Run the script; `refresh.standin` is what it downloads from."""
    shutil.copytree(small_england, tmp_path / "store")
    (tmp_path / "good.yaml").write_text(SYSTEM.replace("MEMBERS", "sub_icb: [15C]"))
    (tmp_path / "bad.yaml").write_text(SYSTEM.replace("MEMBERS", "ltla: [E06000023]"))
    with serving(official_files) as standin:

        def run(system: str = "good.yaml") -> tuple[int, str]:
            environment = {
                **os.environ,
                "PLACEMAP": f"{sys.executable} -m placemap",
                "PYTHONPATH": str(REPO / "src"),
                "SYSTEMS": system,
                "UPDATE": f"ltla-history --url ltla-history={standin.url}/files/{HISTORY}",
            }
            script = REPO / "docs" / "ci" / "monthly-refresh.sh"
            words = ["sh", str(script)]
            ended = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
            assert "Traceback" not in ended.stderr, ended.stderr
            return ended.returncode, (tmp_path / "changes.md").read_text()

        run.standin = standin
        yield run


def test_the_script_s_exit_codes(refresh, tmp_path):
    """The whole table replaces the cut one; then nothing is new; then a config has a gap; then the service is gone."""
    code, report = refresh()
    assert code == 5
    assert "- 1 tables with other content: ltla_history-2024" in report
    code, report = refresh()
    assert code == 0
    assert "Nothing changed." in report.splitlines()
    assert "nothing changed" in report.splitlines()[-2]  # the crosswalk, too
    assert (tmp_path / "out" / "county" / "f" / "place_lsoa21.csv").exists()

    # A place is divided in two: the report says how many LSOAs and people moved, for a pull request.
    whole = (tmp_path / "good.yaml").read_text()
    halves = "{a: {name: A, ltla: [E06000023, E06000024]}, b: {name: B, ltla: [E06000025]}}"
    (tmp_path / "good.yaml").write_text(whole.replace("{a: {name: A, sub_icb: [15C]}}", halves))
    code, report = refresh()
    assert code == 5
    assert "175" in report
    assert "290,413" in report

    assert refresh("bad.yaml")[0] == 4
    assert (tmp_path / "out" / "county" / "f" / "FAILED.md").exists()

    refresh.standin.fault(HISTORY, status(404), times=9)
    assert refresh()[0] == 3
    assert not list(tmp_path.glob("*.before"))


def runs() -> list[str]:
    """What the steps of the workflow run."""
    from ruamel.yaml import YAML

    workflow = YAML(typ="safe").load((REPO / "docs" / "ci" / "monthly-refresh.yml").read_text())
    return [step["run"] for step in workflow["jobs"]["refresh"]["steps"] if "run" in step]


def test_the_script_is_the_one_that_the_workflow_runs():
    assert any("sh docs/ci/monthly-refresh.sh" in run for run in runs())


def test_the_workflow_installs_what_the_other_pages_name():
    """placemap comes from its repository: what a package index has under that name may be something else."""
    check = (REPO / "docs" / "ci" / "check-configs.md").read_text()
    (revision,) = set(re.findall(r"uses: OWNER/placemap@(\S+)", check))
    installed = [run for run in runs() if "pip install" in run]
    assert installed == [f'pip install "placemap @ git+https://github.com/OWNER/placemap@{revision}"']
