"""What an outside reader wrote into a config stays out of what its system gives out."""

import pytest
import yaml

from conftest import REPO
from placemap.config.load import system_from_text
from placemap.config.public import public_text


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("b: 1\nnotes: |\n  x\n\n  y\n\n# kept\nc: 1\n", "b: 1\n# kept\nc: 1\n"),
        ("notes: x # and this\nb: 1\n", "b: 1\n"),
        ("b: 1\nnotes: x", "b: 1\n"),
        ('notes: "a\n  b"\nc: 2\n', "c: 2\n"),
        ("notes:\n  long\n  text\nc: 2\n", "c: 2\n"),
        ('a: {notes: "x, }", b: 1}\n', "a: {b: 1}\n"),
        ("a: {b: 1, notes: x}\n", "a: {b: 1}\n"),
        ("a: {notes: x}\n", "a: {}\n"),
        ("note_public: kept\nnotes: gone\n", "note_public: kept\n"),
        ("footprints:\n  places:\n    notes: gone\n    b: 1\n", "footprints:\n  places:\n    b: 1\n"),
        ("evidence:\n  notes: {title: an id, states: gone}\n", "evidence:\n  notes: {title: an id}\n"),
    ],
)
def test_notes_are_cut_out_and_all_else_stays(text, public):
    assert public_text(text) == public
    assert public_text(public) == public


@pytest.mark.parametrize(
    "text",
    ["name: &x q\nnotes: *x\n", "notes: &x q\nname: *x\n", "{b: 1, states: x, notes: y}", "a: &m {notes: 1}\nc: *m\n"],
)
def test_where_aliases_let_nothing_be_cut_the_rest_is_the_same(text):
    public = yaml.safe_load(public_text(text))
    assert public == without(yaml.safe_load(text))


def without(value):
    if not isinstance(value, dict):
        return value
    return {key: without(inner) for key, inner in value.items() if key not in ("notes", "states")}


@pytest.mark.parametrize("path", sorted((REPO / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_config_keeps_its_places(path):
    text = path.read_text(encoding="utf-8")
    public = public_text(text)
    assert yaml.safe_load(public) == without(yaml.safe_load(text))
    found = system_from_text(public, path.name)
    assert list(found.footprints) == list(system_from_text(text, path.name).footprints)
    assert not found.notes
    assert not any(item.states for item in found.evidence.values())
