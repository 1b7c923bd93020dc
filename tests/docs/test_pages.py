"""The documentation is complete: commands, options, findings, config keys, files; and its links lead somewhere."""

from __future__ import annotations

import ast
import importlib.util
import re

import pytest
from typer.testing import CliRunner

from conftest import REPO
from placemap.cli import app
from placemap.config.schema import SHAPES

SOURCE = REPO / "src" / "placemap"


@pytest.fixture(scope="module")
def refresh():
    """The script docs/refresh.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_refresh", REPO / "docs" / "refresh.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, spec.name, module)
        spec.loader.exec_module(module)
        yield module


# --- pages as such ---


def test_links_lead_somewhere(pages):
    by_path = {page.path.resolve(): page for page in pages}
    broken = []
    for page in pages:
        prose = re.sub(r"^```.*?^```$", "", page.text, flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if re.match(r"https?:", target):
                continue
            file, _, anchor = target.partition("#")
            aim = (page.path.parent / file).resolve() if file else page.path.resolve()
            if not aim.exists() or (anchor and anchor not in by_path[aim].anchors):
                broken.append(f"{page.path.name}: {target}")
    assert broken == []


def test_every_page_is_reached_from_the_readme(pages):
    by_path = {page.path.resolve(): page for page in pages}
    reached, todo = set(), [REPO / "README.md"]
    while todo:
        path = todo.pop().resolve()
        if path in reached or path not in by_path:
            continue
        reached.add(path)
        targets = re.findall(r"\]\(([^)#\s]+\.md)", by_path[path].text)
        todo += [path.parent / target for target in targets]
    assert sorted(str(path) for path in by_path.keys() - reached) == []


def test_the_changelog_has_room_for_what_comes(page):
    text = page("CHANGELOG.md").text
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] in ("Unreleased", "[Unreleased]")
    after = r"^## \[?Unreleased\]?\n+(### (Added|Changed|Fixed|Removed)$|## \[?\d)"
    assert re.search(after, text, re.MULTILINE)


def test_only_what_was_released_is_fixed(page):
    """The first release in the changelog has nothing to mend."""
    *_, first = re.split(r"^## ", page("CHANGELOG.md").text, flags=re.MULTILINE)
    assert re.findall(r"^### (.+)$", first, re.MULTILINE) == ["Added"]


def test_decisions_are_numbered_and_have_the_three_parts(pages):
    decisions = [page for page in pages if page.path.parent.name == "adr"]
    numbers = [int(page.path.name[:4]) for page in decisions]
    assert numbers == list(range(1, len(decisions) + 1))
    for page in decisions:
        assert page.text.startswith(f"# {int(page.path.name[:4])}. "), page.path.name
        assert re.findall(r"^\*\*(\w+)\.\*\*", page.text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_generated_parts_are_up_to_date(refresh, pages):
    docs = {
        page.path.relative_to(REPO / "docs").as_posix(): page.text
        for page in pages
        if page.path.is_relative_to(REPO / "docs")
    }
    assert {name for name, _ in refresh.GENERATED} <= docs.keys()
    assert [name for name, text in docs.items() if refresh.refreshed(name, text) != text] == [], "run `make docs`"


# --- commands ---


def _commands(refresh):
    return list(refresh.walk(app, "placemap"))


def _help(path):
    result = CliRunner().invoke(app, [*path.split()[1:], "--help"], prog_name="placemap", env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


def test_every_command_has_help_with_an_example_of_itself(refresh):
    wrong = []
    for command in _commands(refresh):
        example = re.search(r"Example: (placemap.*)", _help(command.path))
        if not example or not example[1].startswith(command.path):
            wrong.append(command.path)
    assert wrong == []


def test_examples_in_help_call_commands_that_exist(refresh):
    known = {command.path for command in _commands(refresh)}
    groups = {path for path in known if any(other.startswith(f"{path} ") for other in known)}
    wrong = []
    for command in _commands(refresh):
        words = re.search(r"Example: (placemap.*)", _help(command.path))[1].split()
        path, depth = words[0], 1
        while path in groups and depth < len(words):
            path, depth = f"{path} {words[depth]}", depth + 1
        if path not in known - groups:
            wrong.append(f"{command.path}: {' '.join(words)}")
    assert wrong == []


def test_every_command_and_option_is_in_the_reference(refresh, page):
    """By what `--help` prints, not by what the page is generated from."""
    text = page("docs/reference/cli.md").text
    headed = r"^##+ (placemap[^\n]*)\n(.*?)(?=^##? |^### placemap|\Z)"
    sections = dict(re.findall(headed, text, re.MULTILINE | re.DOTALL))
    missing = []
    for command in _commands(refresh):
        if command.path not in sections:
            missing.append(command.path)
            continue
        options = set(re.findall(r"^\s+(?:-\w, )?(--[\w-]+)", _help(command.path), re.MULTILINE))
        options -= {"--help", "--install-completion", "--show-completion"}
        section = sections[command.path]
        missing += [f"{command.path} {option}" for option in sorted(options) if f"`{option}`" not in section]
    assert missing == []


def test_the_readme_names_every_command(refresh, page):
    text = page("README.md").text
    known = [command.path for command in _commands(refresh)]
    ends = [path for path in known if not any(other.startswith(f"{path} ") for other in known)]
    assert [path for path in ends if f"`{path}" not in text] == []


def test_exit_codes_are_listed(page):
    from placemap.core.errors import Exit

    table = re.findall(r"^\| (\d+) \|", page("docs/reference/cli.md").text, re.MULTILINE)
    assert [int(code) for code in table] == sorted(Exit)


# --- findings ---


def _findings_in_source():
    """Code → severities (empty where the source does not say so in one place), by reading the source."""
    found: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for code in _codes(node):
                    found.setdefault(code, set()).update(_severities(node))
    return found


def _codes(call: ast.Call):
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name in ("result_check", "error", "_wrong") or _severities(call):
        args = call.args[1:2] if name == "finding_of" else call.args[:1]  # the first is what the finding is about
        values = [*args, *(key.value for key in call.keywords if key.arg == "code")]
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


def _severities(call: ast.Call):
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    values = [*call.args, *(key.value for key in call.keywords)]
    given = {
        value.attr.lower()
        for value in values
        if isinstance(value, ast.Attribute) and getattr(value.value, "id", "") == "Severity"
    }
    return given or ({"error"} if name == "error" else set())


def _findings_in_page(page):
    pattern = r"^### ([a-z-]+)\n\nSeverity: ([\w ]+)\."
    sections = re.findall(pattern, page("docs/reference/findings.md").text, re.MULTILINE)
    assert len(sections) == len(dict(sections))
    return {code: set(severities.split(" or ")) for code, severities in sections}


def test_every_finding_is_explained_and_nothing_else_is(page):
    source, explained = _findings_in_source(), _findings_in_page(page)
    assert {"gap", "low-share", "split-ward", "duplicate-member", "waived", "unused-waiver"} <= set(source)
    assert set(explained) == set(source)


def test_findings_have_the_severity_that_the_page_says(page):
    explained = _findings_in_page(page)
    source = _findings_in_source()
    wrong = {code: found for code, found in source.items() if found and found != explained.get(code)}
    assert wrong == {}


def test_findings_of_real_builds_have_the_severity_that_the_page_says(page):
    from placemap.commands.workspace import open_workspace
    from placemap.config.load import load_system

    explained = _findings_in_page(page)
    workspace, seen = open_workspace(REPO / "data"), set()
    for name in ("bnssg", "lancashire-and-south-cumbria", "norfolk-and-waveney"):
        system = load_system(REPO / "configs" / f"{name}.yaml")
        for footprint in system.footprints.values():
            seen |= {(f.code, str(f.severity)) for f in workspace.check(system, footprint).findings}
    assert len(seen) >= 4
    assert [(code, severity) for code, severity in seen if severity not in explained[code]] == []


# --- config keys ---


def _documented(page):
    """Model → keys in the first column of the table that is marked with its name."""
    text = page("docs/reference/config.md").text
    tables = re.findall(r"<!-- shape: (\w+) -->\n((?:\|[^\n]*\n)+)", text)
    return {name: set(re.findall(r"`([a-z_]+)`", _first_column(table))) for name, table in tables}


def _first_column(table):
    return "\n".join(line.split("|")[1] for line in table.splitlines()[2:])


def test_every_key_of_the_config_format_is_explained_and_nothing_else_is(page):
    keys = {name: set(shape["properties"]) for name, shape in SHAPES.items()}
    # Units are explained once, and stand in places and scopes by reference to that section.
    elsewhere = {"Units": keys["AreaUnits"], "ScopeShape": keys["AreaUnits"], "PlaceShape": keys["Units"]}
    assert _documented(page) == {name: own - elsewhere.get(name, set()) for name, own in keys.items()}


def test_required_keys_are_marked(page):
    text = page("docs/reference/config.md").text
    wrong = []
    for name, shape in SHAPES.items():
        table = re.search(rf"<!-- shape: {name} -->\n((?:\|[^\n]*\n)+)", text)[1]
        required = shape.get("required", [])
        if "| needed |" not in table:
            assert not required, name
            continue
        for line in table.splitlines()[2:]:
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            for key in re.findall(r"`([a-z_]+)`", cells[0]):
                if (key in required) != (cells[1] == "yes"):
                    wrong.append(f"{name}.{key}")
    assert wrong == []


def test_values_that_a_key_can_have_are_listed(page):
    text = page("docs/reference/config.md").text
    keys = SHAPES["FootprintShape"]["properties"]
    values = {value for key in ("status", "grade", "basis") for value in keys[key]["enum"]} - {None}
    assert len(values) == 8
    assert [value for value in sorted(values) if f"`{value}`" not in text] == []


# --- outputs ---


def test_every_file_of_a_build_is_named(page, tmp_path):
    from placemap.commands.build import BuildOptions, build
    from placemap.commands.workspace import open_workspace
    from placemap.config.load import load_system

    system = load_system(REPO / "configs" / "bnssg.yaml")
    footprint = system.footprints["local-authorities"]
    outcome = build(open_workspace(REPO / "data"), system, footprint, tmp_path, BuildOptions(excel=True))
    text = page("docs/reference/outputs.md").text
    assert [path.name for path in sorted(outcome.folder.iterdir()) if f"`{path.name}`" not in text] == []
