"""What the pages show is what happens: configs load, commands and code run, and the output shown is what they print."""

from __future__ import annotations

import re

import pytest

PAGES = [
    "guide.md",
    "method/sensitivity.md",
    *(f"reference/{name}.md" for name in ("config", "findings", "outputs", "python")),
]
PAGES += [
    f"commands/{name}.md" for name in ("compare", "diff", "explain", "find-and-new", "foi", "infer", "map", "report")
]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_what_it_says(name, page, run_page):
    ran, wrong = run_page(page(f"docs/{name}"))
    assert wrong == []
    assert ran >= {"guide.md": 6, "reference/python.md": 2}.get(name, 0)


def test_the_example_of_all_england_runs(page, shell, england_store):
    blocks = page("docs/reference/python.md").blocks
    first = next(block.text for block in blocks if block.language == "python").split("# result and crosswalks")[0]
    whole = next(block.text for block in blocks if block.language == "py")
    code, printed = shell(
        f"{first}\n{whole.replace('load_england(', f'load_england(data={str(england_store)!r}')}", python=True
    )
    assert code == 0, printed


def test_the_example_of_a_module_runs(shell):
    from placemap import api

    example = api.__doc__.split("```python")[1].split("```")[0]
    (shell.folder / "attendances.csv").write_text("lsoa,attendances\nE01014485,3\n", encoding="utf-8", newline="")
    assert shell(example, python=True) == (0, "")


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


def test_commands_in_tables_of_the_readme_run(page, shell, not_run):
    commands = re.findall(r"^\| `(placemap [^`]+)` \|", page("README.md").text, re.MULTILINE)
    assert len(commands) >= 6
    offline = [command for command in commands if not any(text in command for text in not_run)]
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
