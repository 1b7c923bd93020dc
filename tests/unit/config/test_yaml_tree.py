"""Positions, numbers as they are written, and what YAML would do to codes."""

import datetime

import pytest
from ruamel.yaml import YAML
from toy_county import CONFIG, footprint

from conftest import REPO
from placemap.config.load import system_from_text
from placemap.config.yaml_tree import parse
from placemap.core.errors import PlacemapError, PlacemapErrors

TEXT = """\
a:
  b: {c: x, 01234: y}
  d:
    - E1
    - 1E5
    - no
e: 2022-05-01
"""


def test_positions():
    tree = parse(TEXT, "f.yaml")
    at = {path: f"{loc.line}:{loc.column}" for path, loc in tree.key_locs.items()}
    assert at == {
        ("a",): "1:1",
        ("a", "b"): "2:3",
        ("a", "b", "c"): "2:7",
        ("a", "b", "01234"): "2:13",
        ("a", "d"): "3:3",
        ("e",): "7:1",
    }
    assert str(tree.value_locs["a", "d", 1]) == "f.yaml:5:7"
    assert str(tree.value_locs["a", "d", "E1"]) == "f.yaml:4:7"
    assert str(tree.loc(("a", "b", "missing", "deeper"))) == "f.yaml:2:3"


def test_values():
    tree = parse(TEXT, "f.yaml")
    assert tree.value["a"]["b"] == {"c": "x", "01234": "y"}
    assert tree.value["a"]["d"][2] == "no"
    assert tree.value["e"] == "2022-05-01"
    assert tree.numbers["a", "b", "01234"] == "01234"
    assert tree.numbers["a", "d", 1] == "1E5"


def test_repeated_keys_are_kept_as_errors():
    tree = parse("a: 1\nb: 2\na: 3\na: 4\n", "f.yaml")
    assert [error.location for error in tree.duplicates] == ["f.yaml:3:1", "f.yaml:4:1"]


def test_windows_line_ends_and_byte_order_mark(tmp_path):
    from placemap.config.load import load_system

    path = tmp_path / "toy.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + CONFIG.replace("\n", "\r\n").encode())
    plain = system_from_text(CONFIG, "toy.yaml")
    assert load_system(path) == plain


def test_the_hash_is_of_the_content():
    plain = system_from_text(CONFIG, "toy.yaml").config_sha256
    assert system_from_text("# a comment\n\n" + CONFIG.replace("{Y", "{ Y"), "other.yaml").config_sha256 == plain
    assert system_from_text(CONFIG.replace("East", "Easter"), "toy.yaml").config_sha256 != plain


def test_a_place_may_be_called_like_a_kind():
    system = system_from_text(footprint("      ward: {name: Ward, sub_icb: [90A]}\n"), "toy.yaml")
    assert system.footprints["one"].places[0].id == "ward"


def test_all_mistakes_at_once_in_order():
    text = footprint("      A: {name: '', ltla: {e06000901: x}}\n      b: {nam: B, accept: [{finding: x}]}\n").replace(
        "grade: A", "grade: Z"
    )
    with pytest.raises(PlacemapErrors) as caught:
        system_from_text(text, "toy.yaml")
    lines = [int(error.location.split(":")[1]) for error in caught.value.errors]
    assert len(lines) >= 7
    assert lines == sorted(lines)


@pytest.mark.parametrize("code", ["E06000901\u200b", "Ｅ06000901", "E06000901;", "E0600O901", "-", ""])
def test_codes_that_look_right(code):
    with pytest.raises(PlacemapError):
        system_from_text(footprint(f"      a: {{name: A, ltla: {{'{code}': x}}}}\n"), "toy.yaml")


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("E01000001", ["lsoa"]),
        ("E02000001", ["msoa"]),
        ("E05000001", ["ward"]),
        ("E07000001", ["ltla"]),
        ("E06000001", ["ltla", "utla"]),
        ("E10000001", ["utla"]),
        ("E38000001", ["sub_icb"]),
        ("E54000001", ["icb"]),
        ("U12345", ["pcn"]),
        ("L81036", ["practice"]),
        ("15C", ["sub_icb", "icb"]),
        ("T6Y0W", ["sub_icb", "icb"]),
        ("D9Y0V", ["sub_icb", "icb"]),
        ("e01000001", []),
        ("E0100001", []),
    ],
)
def test_kinds_of_codes(code, kinds):
    from placemap.core.codes import kinds_of

    assert [kind.id for kind in kinds_of(code)] == kinds


@pytest.mark.parametrize("path", sorted((REPO / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_another_parser_reads_the_shipped_configs_the_same(path):
    def dates_as_text(value):
        if isinstance(value, dict):
            return {str(key): dates_as_text(item) for key, item in value.items()}
        if isinstance(value, list):
            return [dates_as_text(item) for item in value]
        return value.isoformat() if isinstance(value, datetime.date) else value

    text = path.read_text(encoding="utf-8")
    assert parse(text, path.name).value == dates_as_text(YAML(typ="safe", pure=True).load(text))


@pytest.mark.parametrize("text", ["[" * 1_000_000, "{a: " * 200_000, "- " * 300_000 + "x"])
def test_deep_nesting_is_refused_and_not_followed(text):
    with pytest.raises(PlacemapError, match="more than 40 levels deep"):
        parse(text, "deep.yaml")


@pytest.mark.parametrize("word", ["no", "on", "y", "12:30", "1_000", "0b1", "2022-07-01", "<<", "="])
def test_what_only_yaml_1_1_reads_otherwise_is_text(word):
    assert parse(f"key: {word}", "x.yaml").value == {"key": word}
