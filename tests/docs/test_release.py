"""The release: its script, as far as it needs no network, and the workflow that runs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from hashlib import sha256

import pytest
import yaml

from conftest import REPO

SCRIPT = REPO / ".ci" / "release"
WORKFLOW = REPO / ".github" / "workflows" / "release.yml"
CHANGELOG = """# Changelog

## Unreleased

### Added

- Later.

## 1.2.3

### Added

- Places.

## 1.2.2

- Older.
"""


def pyproject():
    return tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))


def test_there_is_one_version():
    from placemap import __version__

    assert __version__ == pyproject()["project"]["version"]
    done = subprocess.run([SCRIPT, "version"], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{__version__}\n", "")


@pytest.fixture
def project(tmp_path):
    """A small copy at version 1.2.3: run the script there."""
    (tmp_path / ".ci").mkdir()
    for name in ("release", "zip_folder.py"):
        shutil.copy(REPO / ".ci" / name, tmp_path / ".ci" / name)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "placemap"\nversion = "1.2.3"\n')
    (tmp_path / "src/placemap/core").mkdir(parents=True)
    (tmp_path / "src/placemap/core/installed.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)

    def run(*words, python=sys.executable):
        environment = {**os.environ, "PYTHON": str(python)}
        return subprocess.run(
            [str(tmp_path / ".ci/release"), *map(str, words)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    run.folder = tmp_path
    return run


def test_the_version_must_agree(project):
    assert project("version").stdout == "1.2.3\n"
    left = project("version", "v1.2.3")
    assert (left.returncode, left.stderr) == (
        1,
        ".ci/release: CHANGELOG.md has lines under Unreleased; they belong under 1.2.3\n",
    )
    (project.folder / "CHANGELOG.md").write_text(CHANGELOG.replace("### Added\n\n- Later.\n", "", 1))
    assert project("version", "v1.2.3").returncode == 0
    wrong = project("version", "v1.2.4")
    assert (wrong.returncode, wrong.stderr) == (
        1,
        ".ci/release: pyproject.toml says 1.2.3, the tag is v1.2.4; it should be v1.2.3\n",
    )
    (project.folder / "CHANGELOG.md").write_text(CHANGELOG.replace("## 1.2.3", "## 1.2.30"))
    assert "the newest release in CHANGELOG.md is 1.2.30" in project("version").stderr
    (project.folder / "src/placemap/core/installed.py").write_text('__version__ = "1.2.4"\n')
    assert "core/installed.py 1.2.4" in project("version").stderr


def test_the_notes_are_the_part_of_the_changelog(project):
    assert project("notes").stdout.strip() == "### Added\n\n- Places."
    (project.folder / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- Later.\n")
    assert project("notes").returncode == 1


@pytest.mark.parametrize("words", [(), ("nonsense",), ("data", "dist"), ("notes", "more")])
def test_a_wrong_call_shows_how(project, words):
    done = project(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("What a release consists of")


def test_the_pack_and_the_places_are_made_and_zipped_without_times(project, tmp_path):
    """With a stand-in for placemap, which notes what it was asked for."""
    stand_in = tmp_path / "python"
    stand_in.write_text(
        f"""#!/bin/sh
if [ "$1" != -m ]; then exec "{sys.executable}" "$@"; fi
echo "$@" >> "{tmp_path}/asked"
case $3 in
  data) echo pack > "$5" ;;
  publish) mkdir -p "$5/sub"; echo page > "$5/index.html"; echo a > "$5/sub/a.csv" ;;
esac
"""
    )
    stand_in.chmod(0o755)
    seen = set()
    for name in ("one", "two"):
        dist = tmp_path / name
        done = project("data", dist, "the-store", python=stand_in)
        assert done.returncode == 0, done.stderr
        seen.add(tuple(sha256(path.read_bytes()).hexdigest() for path in sorted(dist.iterdir())))
    assert len(seen) == 1
    with zipfile.ZipFile(dist / "placemap-places-1.2.3.zip") as archive:
        names = archive.namelist()
    assert names == ["placemap-places-1.2.3/index.html", "placemap-places-1.2.3/sub/a.csv"]
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0].split()[:3] == ["-m", "placemap", "data"]
    assert asked[1].split()[:3] == ["-m", "placemap", "publish"]
    assert all(line.endswith("--data the-store") for line in asked)
    assert project("sums", dist).returncode == 0
    listed = dict(reversed(line.split("  ")) for line in (dist / "SHA256SUMS").read_text().splitlines())
    assert listed == {path.name: sha256(path.read_bytes()).hexdigest() for path in dist.glob("*.zip")}


def test_the_commands_of_the_script_and_the_workflow_exist():
    from typer.testing import CliRunner

    from placemap.cli import app, load

    load()
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    assert workflow[True] == {"push": {"tags": ["v*"]}}  # YAML reads `on` as true
    assert workflow["permissions"] == {"contents": "write"}
    (job,) = workflow["jobs"].values()
    scripts = [step["run"] for step in job["steps"] if "run" in step]
    text = "\n".join([*scripts, SCRIPT.read_text(encoding="utf-8")])
    calls = re.findall(r"placemap ((?:data )?[a-z]+)((?: [^\n]*)?)", text)
    known = [(command, options) for command, options in calls if command in ("data pack", "data update", "publish")]
    assert {command for command, _ in known} == {"data pack", "data update", "publish"}
    for command, options in known:
        shown = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200"})
        assert shown.exit_code == 0
        assert [option for option in re.findall(r"--[a-z]+", options) if option not in shown.output] == []
    asked = re.findall(r"\.ci/release (\w+)", "\n".join(scripts))
    assert asked == ["version", "all", "notes"]
    cases = set(re.findall(r"^  (\w+):\d", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE))
    assert set(asked) <= cases == {"version", "notes", "python", "data", "sums", "all"}
    assert os.access(SCRIPT, os.X_OK)


def test_the_source_distribution_has_what_a_release_is_made_with():
    included = pyproject()["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert {".ci", ".github"} <= set(included)
