"""What the pages show is what happens: configs load, commands and code run, and the output shown is what they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from conftest import REPO

#: Commands that need the network, all England or files that a reader brings, or that change the reader's shell.
NOT_RUN = (
    "data update",
    "data import",
    "--data my-store",
    "--install-completion",
    "diff OLD NEW",
    "infer FILE",
    "apply data.csv",
    "profile SYSTEM",
    "publish --out",
)


@pytest.fixture
def shell(tmp_path):
    """Run a line of shell, or Python, in an empty folder with this `placemap` on the path: exit code, all output."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "placemap"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m placemap "$@"\n')
    command.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    source = str(REPO / "src")
    environment = {
        **os.environ,
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": source,
        "PLACEMAP_DATA": str(REPO / "data"),
    }

    def run(line, *, python=False):
        words = [sys.executable, "-c", line] if python else ["sh", "-c", line]
        done = subprocess.run(
            words,
            cwd=work,
            env=environment,
            text=True,
            timeout=60,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return done.returncode, done.stdout

    run.folder = work
    return run


def _run_page(page, shell):
    """Go through a page as its reader does; what is wrong, one line each."""
    wrong, printed, ran = [], "", 0
    for block in page.blocks:
        name = re.match(r"# (\S+\.ya?ml)\n", block.text)
        if block.language == "yaml" and name:
            (shell.folder / name[1]).write_text(block.text.split("\n", 1)[1], encoding="utf-8")
        elif block.language == "python":
            code, printed = shell(block.text, python=True)
            ran += 1
            if code:
                wrong.append(f"{page.path.name}:{block.line}: exit {code}\n{printed}")
        elif block.language == "sh":
            printed = ""
            for line in block.text.splitlines():
                if not line.startswith(("placemap", "printf")) or any(text in line for text in NOT_RUN):
                    continue
                expected = int((re.search(r"# exit (\d+)", line) or [0, 0])[1])
                code, output = shell(line)
                printed += output
                ran += 1
                if code != expected:
                    wrong.append(f"{page.path.name}:{block.line}: `{line}` ends with {code}\n{output}")
        elif block.language == "text" and printed:
            lines = [line.rstrip() for line in block.text.splitlines() if line.strip() not in ("", "…")]
            seen = {line.rstrip() for line in printed.splitlines()}
            wrong += [f"{page.path.name}:{block.line}: not printed: {line}" for line in lines if line not in seen]
    return ran, wrong


PAGES = ["guide.md", "method/sensitivity.md", *(f"reference/{name}.md" for name in ("config", "findings", "outputs"))]
PAGES += [
    f"commands/{name}.md" for name in ("compare", "diff", "explain", "find-and-new", "foi", "infer", "map", "report")
]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_what_it_says(name, page, shell):
    ran, wrong = _run_page(page(f"docs/{name}"), shell)
    assert wrong == []
    assert ran >= (6 if name == "guide.md" else 0)


def test_the_readme_does_what_it_says(page, shell):
    """Its own commands; the first block installs, which only a fresh environment can show (`.ci/run`)."""
    readme = page("README.md")
    main_job = readme.blocks[0].text.strip()
    code, printed = shell(main_job.split("&&")[1].strip())
    assert code == 0, printed
    shown = next(block for block in readme.blocks if block.language == "text")
    seen = {line.rstrip() for line in printed.splitlines()}
    assert [line for line in shown.text.splitlines() if line.strip() and line.rstrip() not in seen] == []
    for line in next(b.text for b in readme.blocks if "my-ics.yaml" in b.text).splitlines():
        code, printed = shell(line)
        assert code == 0, f"{line}\n{printed}"


def test_commands_in_tables_of_the_readme_run(page, shell):
    commands = re.findall(r"^\| `(placemap [^`]+)` \|", page("README.md").text, re.MULTILINE)
    assert len(commands) >= 6
    offline = [command for command in commands if not any(text in command for text in NOT_RUN)]
    assert {command: shell(command)[0] for command in offline} == dict.fromkeys(offline, 0)


def test_commands_in_the_text_exist(pages):
    """`placemap check --strict` in a sentence: command and options are real ones."""
    from typer.testing import CliRunner

    from placemap.cli import app

    wrong = set()
    helps: dict[str, str] = {}
    for page in pages:
        if page.path.name == "CHANGELOG.md":
            continue
        for text in re.findall(r"`placemap ([^`]+)`", page.text):
            words = text.split()
            if words[0].startswith("-"):
                continue
            path = words[:2] if words[0] == "data" else words[:1]
            key = " ".join(path)
            if key not in helps:
                result = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"})
                helps[key] = result.output if result.exit_code == 0 else ""
            options = [word for word in words if word.startswith("--")]
            if not helps[key] or any(option not in helps[key] for option in options):
                wrong.add(f"{page.path.name}: placemap {text}")
    assert sorted(wrong) == []


def test_whole_configs_load(pages):
    from placemap.config.load import system_from_text

    loaded = 0
    for page in pages:
        for block in page.blocks:
            if block.language == "yaml" and re.search(r"^placemap: 1$", block.text, re.MULTILINE):
                system_from_text(block.text, f"{page.path.name}:{block.line}")
                loaded += 1
    assert loaded >= 3


def test_parts_of_configs_fit_the_format(pages):
    """Each fragment of a config, by the shape of the place that it belongs in."""
    import jsonschema_rs

    from placemap.config.schema import SHAPES, json_schema
    from placemap.config.yaml_tree import parse

    def fits(shape, value):
        jsonschema_rs.validate(json_schema(shape), value)
        return shape

    lists = {"expect": "ExpectShape", "accept": "AcceptShape"}
    endpoints = {"arcgis", "portal", "nomis", "ods", "nhs", "nhs_files"}
    checked = []
    for page in pages:
        for block in page.blocks:
            if block.language != "yaml" or re.search(r"^placemap: 1$", block.text, re.MULTILINE):
                continue
            content = parse(block.text, f"{page.path.name}:{block.line}").value
            if set(content) <= endpoints:  # a file of PLACEMAP_ENDPOINTS, no config
                continue
            for key, value in content.items():
                if key in lists:
                    checked += [fits(lists[key], item) for item in value]
                elif key.startswith("systems_of_"):
                    checked.append(fits("PlaceShape", {"name": "A", key: value}))
                elif key in SHAPES["FootprintShape"]["properties"] and key != "scope":
                    assert isinstance(value, str)
                    checked.append(key)
                else:
                    checked.append(fits("ScopeShape" if key == "scope" else "PlaceShape", value))
    assert len(checked) >= 7


def test_the_example_config_has_no_gap(page, shell):
    whole = next(block for block in page("docs/reference/config.md").blocks if block.text.startswith("placemap: 1"))
    (shell.folder / "example.yaml").write_text(whole.text, encoding="utf-8")
    code, printed = shell("placemap check example.yaml")
    assert code == 0, printed
