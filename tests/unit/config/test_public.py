"""What an outside reader wrote or read in papers of others stays out of what a system gives out."""

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
        ("a: {b: 1, states: x, notes: y}\n", "a: {b: 1}\n"),
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


def without(value, theirs=()):
    """What a config says less notes and the documents of others, worked out anew from its parsed values."""
    if isinstance(value, list):
        return [without(item, theirs) for item in value if not (isinstance(item, str) and item in theirs)]
    if not isinstance(value, dict):
        return value
    return {
        key: [] if key == "evidence" and inner in [*theirs] else without(inner, theirs)
        for key, inner in value.items()
        if key not in ("notes", "states") and not (isinstance(inner, dict) and inner.get("third_party"))
    }


def theirs_in(config):
    return {key for key, item in config["evidence"].items() if item.get("third_party")}


THEIRS = "evidence:\n  press:\n    title: News\n    third_party: true\n  # ours\n  ours:\n    title: Minutes\n"


@pytest.mark.parametrize(
    ("cites", "public"),
    [
        ("[ours, press]", "[ours]"),
        ("[press, ours]", "[ours]"),
        ("[press, ours, press]", "[ours]"),
        ("[press]", "[]"),
        ("press # which", "[] # which"),
        ("ours", "ours"),
        ("\n      - press\n      - ours", "\n      - ours"),
        ("\n      - press", "\n      []"),
    ],
)
def test_documents_of_others_are_cut_out_with_every_mention(cites, public):
    ours = "evidence:\n  # ours\n  ours:\n    title: Minutes\n"
    places = "footprints:\n  press:\n    evidence: {}\n    places:\n      evidence:\n        name: press\n"
    text = public_text(THEIRS + places.format(cites))
    assert text == ours + places.format(public)
    assert public_text(text) == text


def test_where_all_documents_are_of_others_none_is_left():
    text = public_text(
        "evidence:\n  press:\n    title: News\n    third_party: true\n\nfootprints:\n  a: {evidence: press}\n"
    )
    assert text == "evidence:\n  {}\n\nfootprints:\n  a: {evidence: []}\n"


@pytest.mark.parametrize("path", sorted((REPO / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_config_keeps_its_places(path):
    text = path.read_text(encoding="utf-8")
    public = public_text(text)
    config = yaml.safe_load(text)
    assert public.startswith("placemap: 1\n"), "it was written anew"
    assert yaml.safe_load(public) == without(config, theirs_in(config))
    found = system_from_text(public, path.name)
    assert list(found.footprints) == list(system_from_text(text, path.name).footprints)
    assert not found.notes
    assert not any(item.states or item.third_party for item in found.evidence.values())
