"""The pre-commit hook and the GitHub Action check a folder of configs: their own words are run, on good and wrong configs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml

from conftest import PACKAGED, REPO

WRONG_CODE = ("E06000024", "E06999999")


@pytest.fixture
def configs(tmp_path):
    """A folder of two configs; `configs(wrong=True)` makes one of them name a council that never was."""

    def make(*, wrong=False):
        folder = tmp_path / "configs"
        folder.mkdir()
        for name in ("bnssg", "norfolk-and-waveney"):
            shutil.copy(REPO / "configs" / f"{name}.yaml", folder)
        if wrong:
            path = folder / "bnssg.yaml"
            text = path.read_text(encoding="utf-8")
            assert WRONG_CODE[0] in text
            path.write_text(text.replace(*WRONG_CODE), encoding="utf-8")
        return folder

    return make


@pytest.fixture
def shell(tmp_path):
    """Run words of a shell script, with `placemap` being this one; what came of it."""
    command = tmp_path / "bin" / "placemap"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m placemap "$@"\n', encoding="utf-8")
    command.chmod(0o755)

    def run(script, **variables):
        environment = {
            **os.environ,
            "PYTHONPATH": str(REPO / "src"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "RUNNER_TEMP": str(tmp_path),
            "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
            **variables,
        }
        environment.pop("PLACEMAP_DATA", None)
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]  # as the service runs it
        return subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def action(shell):
    """Run the action's last step with inputs, the others as they are by default."""
    described = yaml.safe_load((REPO / "action.yml").read_text(encoding="utf-8"))

    def run(**inputs):
        given = {name: entry["default"] for name, entry in described["inputs"].items()} | inputs
        step = described["runs"]["steps"][-1]
        variables = {
            name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda match: given[match[1]], text)
            for name, text in step["env"].items()
        }
        return shell(step["run"], **variables)

    return run


def test_the_action_passes_a_good_folder(configs, action):
    configs()
    ran = action()
    assert ran.returncode == 0, ran.stderr
    assert "::error" not in ran.stdout
    assert "Six localities" in ran.stdout


def test_the_action_puts_what_is_wrong_beside_its_line(configs, action):
    path = configs(wrong=True) / "bnssg.yaml"
    number = next(i for i, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if WRONG_CODE[1] in line)
    ran = action(strict="true")
    assert ran.returncode == 4
    assert f"::error file=configs/bnssg.yaml,line={number}," in ran.stdout
    assert WRONG_CODE[1] in ran.stdout


def test_the_action_takes_tables_from_a_pack(configs, action, shell, tmp_path):
    configs()
    packed = shell(f"placemap data pack tables.zip --data {shlex.quote(str(PACKAGED))}")
    assert packed.returncode == 0, packed.stderr
    ran = action(tables="tables.zip", configs="configs/bnssg.yaml")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "placemap-tables" / "manifest.json").is_file()


def _hook():
    (hook,) = yaml.safe_load((REPO / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return hook


@pytest.mark.parametrize(("wrong", "code"), [(False, 0), (True, 4)])
def test_the_hook_checks_the_files_that_it_is_given(configs, shell, wrong, code):
    folder = configs(wrong=wrong)
    files = sorted(f"configs/{path.name}" for path in folder.iterdir())
    assert all(re.search(_hook()["files"], name) for name in files)
    ran = shell(f"{_hook()['entry']} {' '.join(files)}")
    assert ran.returncode == code, ran.stderr


def test_the_hook_leaves_other_files_alone():
    others = ["README.md", "configs/README.md", "configs/old/bnssg.yaml", "out/configs/x.yaml"]
    assert [name for name in others if re.search(_hook()["files"], name)] == []


def test_the_manifest_is_one_that_pre_commit_takes():
    clientlib = pytest.importorskip("pre_commit.clientlib", reason="needs pre-commit (extra `dev`)")
    clientlib.load_manifest(str(REPO / ".pre-commit-hooks.yaml"))


def test_a_folder_stands_for_its_configs_and_an_empty_one_is_told(configs, shell, tmp_path):
    configs()
    assert shell("placemap check configs --json").stdout == shell("placemap check configs/*.yaml --json").stdout
    (tmp_path / "empty").mkdir()
    ran = shell("placemap check empty")
    assert ran.returncode == 3
    assert ran.stderr == (
        "error: empty: no config is in this folder; expected YAML files with the key `placemap`\n"
        "  → name the folder that holds them; folders in it are not looked into\n"
    )


def test_what_else_a_folder_holds_is_left_out_and_said(configs, shell, tmp_path):
    """Other tools' YAML, what macOS leaves, and folders; but a config without `placemap: 1` is one, with a mistake."""
    configs()
    alone = shell("placemap check configs --json").stdout
    (tmp_path / "configs" / "compose.yml").write_text("services: {web: {image: x}}\n")
    (tmp_path / "configs" / "list.yaml").write_text("- one\n- two\n")
    (tmp_path / "configs" / "._toyshire.yaml").write_bytes(b"\x00\x05\x16\x07")
    (tmp_path / "configs" / "more.yaml").mkdir()
    ran = shell("placemap check configs --json")
    assert (ran.returncode, ran.stdout) == (0, alone)
    for name in ("compose.yml", "list.yaml"):
        assert f"configs/{name} is left out: it has none of the keys of a config" in ran.stderr
    assert "._toyshire" not in ran.stderr
    (tmp_path / "configs" / "wrong.yaml").write_text("footprints: {}\n")
    ran = shell("placemap check configs")
    assert (ran.returncode, "configs/wrong.yaml:1:1: `placemap` is missing" in ran.stderr) == (3, True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "compose.yml").write_text("services: {}\n")
    ran = shell("placemap check other")
    assert (ran.returncode, "no config is in this folder, only other/compose.yml" in ran.stderr) == (3, True)
