"""CI, pre-commit and make run what the README says, and nothing that only one of them knows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

from conftest import REPO

RUN = REPO / ".ci" / "run"


def _first_two(readme):
    return [block.text.strip() for block in readme.blocks if block.language == "sh"][:2]


def test_the_readme_starts_with_its_two_commands(page):
    main_job, test_job = _first_two(page("README.md"))
    assert main_job == "python -m pip install . && placemap build bnssg"
    assert test_job == "python -m pip install '.[test]' && python -m pytest"
    before = page("README.md").text.split("```sh")[0]
    assert len(before.splitlines()) < 6


def test_ci_runs_the_commands_of_the_readme(page):
    done = subprocess.run(["bash", str(RUN), "--print-commands"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == _first_two(page("README.md"))


def test_ci_follows_a_change_of_the_readme(page, tmp_path):
    changed = page("README.md").text.replace("build bnssg\n", "build norfolk-and-waveney\n", 1)
    (tmp_path / "README.md").write_text(changed, encoding="utf-8")
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_bytes(RUN.read_bytes())
    run = tmp_path / ".ci" / "run"
    done = subprocess.run(["bash", str(run), "--print-commands"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0].endswith("build norfolk-and-waveney")


def test_ci_fails_without_the_official_files(tmp_path):
    environment = {**os.environ, "PLACEMAP_REFERENCE": str(tmp_path / "nowhere")}
    done = subprocess.run(["bash", str(RUN)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the official files are not there" in done.stderr


def test_ci_can_be_run_and_stops_at_the_first_failure():
    text = RUN.read_text(encoding="utf-8")
    assert os.access(RUN, os.X_OK)
    assert "\nset -euo pipefail\n" in text


def test_only_ci_fails_on_a_warning():
    """A newcomer's tests do not fail because a dependency announces a change."""
    import tomllib

    settings = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))
    assert "filterwarnings" not in settings["tool"]["pytest"]["ini_options"]
    assert "-W error" in RUN.read_text(encoding="utf-8")


def test_make_pre_commit_and_ci_use_the_same_tools():
    """What `make check` runs (but for the tests, which the README's command runs), the other two run as well."""
    makefile = (REPO / "Makefile").read_text(encoding="utf-8")
    tools = set(re.findall(r"^\t\$\(PYTHON\) -m (ruff check|mypy)", makefile, re.MULTILINE))
    assert tools == {"ruff check", "mypy"}
    for path in (REPO / ".pre-commit-config.yaml", RUN):
        text = path.read_text(encoding="utf-8")
        assert [tool for tool in sorted(tools) if f"python -m {tool}" not in text] == [], path.name


def _compare(packaged, remade):
    script = [sys.executable, str(REPO / ".ci" / "same_store.py"), str(packaged), str(remade)]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_stores_are_compared_by_manifest_rows_and_bytes(tmp_path):
    import pyarrow.parquet as pq

    packaged, remade = tmp_path / "packaged", tmp_path / "store"
    shutil.copytree(REPO / "data", packaged)
    ours = packaged / "tables" / "residents_2021.parquet"
    pq.write_table(pq.read_table(ours), ours)  # by the same pyarrow as the other one below
    shutil.copytree(packaged, remade)
    assert _compare(packaged, remade) == (0, f"{packaged} and the remade store are the same\n")

    table = remade / "tables" / "residents_2021.parquet"
    rows = pq.read_table(table)
    pq.write_table(rows, table, compression="none")
    code, told = _compare(packaged, remade)
    assert (code, told.startswith("residents_2021.parquet: the same rows, other bytes")) == (1, True)

    pq.write_table(rows.slice(1), table)
    assert _compare(packaged, remade) == (1, "residents_2021.parquet: the rows differ\n")

    table.unlink()
    assert _compare(packaged, remade) == (1, "tables: residents_2021.parquet on one side only\n")

    manifest = remade / "manifest.json"
    found = json.loads(manifest.read_text(encoding="utf-8"))
    rows = found["tables"]["residents_2021"]["rows"]
    found["tables"]["residents_2021"]["rows"] = rows - 1
    manifest.write_text(json.dumps(found), encoding="utf-8")
    code, told = _compare(packaged, remade)
    assert f"manifest / tables / residents_2021 / rows: packaged {rows}, remade {rows - 1}\n" in told


def _constraints():
    text = (REPO / "constraints/last-green.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return dict(line.split("==") for line in lines)


def test_the_releases_last_seen_green_are_ones_that_are_allowed():
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    green = {canonicalize_name(name): version for name, version in _constraints().items()}
    needed = [Requirement(text) for text in (*project["dependencies"], *project["optional-dependencies"]["test"])]
    assert {one.name for one in needed if green[canonicalize_name(one.name)] not in one.specifier} == set()


def test_only_who_asks_for_it_gets_the_releases_last_seen_green(page):
    assert "constraints/" not in page("README.md").text
    assert "pip install -c constraints/last-green.txt" in page("CONTRIBUTING.md").text
