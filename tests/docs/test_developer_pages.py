"""The pages for developers name what is there: rooms, files, and the names in them."""

from __future__ import annotations

import ast
import re
import tomllib

from conftest import REPO

SOURCE = REPO / "src" / "placemap"


def _rooms_in_table(text):
    table = text.split("## The tree")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)/` \|", table, re.MULTILINE)


def _defined(path):
    """Names that a module has at its top level."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
        found |= {node.name} if isinstance(node, ast.ClassDef | ast.FunctionDef) else set()
    return found


def _below(path):
    """Whether a path that the page names is there: from the repository, or from the source."""
    return (REPO / path).exists() or (SOURCE / path).exists()


def test_the_tree_has_every_room_and_no_other(page):
    rooms = _rooms_in_table(page("docs/developers/architecture.md").text)
    assert sorted(rooms) == sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))


def test_the_import_rule_is_the_one_that_is_checked(page):
    layers = tomllib.loads((REPO / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    assert "  ›  ".join(layers[1:]) in page("docs/developers/architecture.md").text


def test_files_that_developer_pages_name_are_there(page):
    named = {
        path
        for name in (
            "docs/developers/architecture.md",
            "docs/developers/naming.md",
            "tests/README.md",
            "CONTRIBUTING.md",
        )
        for path in re.findall(r"`([\w./-]+/[\w./-]*|\w+\.(?:py|md|yaml|toml))`", page(name).text)
        if "shared/reference" not in path
    }
    assert len(named) > 40
    inside = {
        "database/",
        "download/",
        "formats/",
        "tables/",
        "map/",
        "report/",
        "foi/",
        "publish/",
        "sources.yaml",
        "conftest.py",
    }
    inside |= {f"{path.name}/" for path in (REPO / "tests").rglob("*") if path.is_dir()} | {"bad_configs/"}
    assert sorted(path for path in named - inside if not _below(path)) == []


def test_names_stand_where_the_page_says(page):
    text = page("docs/developers/architecture.md").text
    pairs = re.findall(r"`(\w+)`\s+in\s+`([\w/]+\.py)`", text)
    assert len(pairs) >= 9
    assert [(name, path) for name, path in pairs if name not in _defined(SOURCE / path)] == []


def test_things_that_the_naming_page_explains_are_in_the_code(page):
    table = page("docs/developers/naming.md").text.split("## The things of the code")[1]
    named = {
        name for cell in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)
    }
    defined = set().union(*(_defined(path) for path in SOURCE.rglob("*.py")))
    assert len(named) > 30
    assert named - defined == set()


def test_every_kind_of_test_is_described(page):
    kinds = {path.relative_to(REPO / "tests").parts[0] for path in (REPO / "tests").rglob("test_*.py")}
    described = set(re.findall(r"^\| `(\w+)/` \|", page("tests/README.md").text, re.MULTILINE))
    assert described == kinds
