"""Folders, manifests and locks that somebody edited: whatever stands in them, a message and no traceback, no harm."""

import json
import os
import random
import shutil

import pytest

TRIALS = int(os.environ.get("PLACEMAP_EXAMPLES", "12"))
VALUES = [None, 0, -1, 1.5, True, "", "x", [], {}, [1], {"a": 1}, "../../x", "9" * 400, "\0", float("inf"), "2024"]
RAW = [b"", b"[]", b"\xff", b"null", b'"x"', b"[" * 5000, b'{"a":' * 3000, b'{"placemap_store":1}']
GONE = object()


def paths(value, path=()):
    """The path of everything in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def changed(value, path, new):
    """The value with something else at a path, or without it."""
    if not path:
        return None if new is GONE else new
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    if new is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return copy


def edits(text, seed):
    """Texts of a JSON file, each with one thing changed, then texts that are no such file at all."""
    value, rng = json.loads(text), random.Random(seed)
    found = sorted(paths(value), key=str)
    for _ in range(TRIALS):
        yield json.dumps(changed(value, rng.choice(found), rng.choice([*VALUES, GONE]))).encode()
    yield from RAW


@pytest.fixture
def built(cli, own_store, tmp_path, monkeypatch):
    """A store, its lock, and two equal folders of a build."""
    monkeypatch.setenv("PLACEMAP_DATA", str(own_store))
    assert cli("build", "toyshire").code == 0
    assert cli("data", "lock", "toyshire").code == 0
    folder = tmp_path / "out/toyshire/localities"
    shutil.copytree(folder, tmp_path / "good")
    return folder


def test_metadata_of_a_folder(built, cli, tmp_path):
    path = built / "metadata.json"
    for text in edits((tmp_path / "good/metadata.json").read_text(), 1):
        path.write_bytes(text)
        for pair in ((tmp_path / "good", built), (built, tmp_path / "good")):
            assert cli("diff", *pair).code in (0, 3, 4, 5), text[:200]


@pytest.mark.parametrize("name", ["place_lsoa21", "place_practice", "places", "findings"])
def test_tables_of_a_folder(name, built, cli, tmp_path):
    path, rng = built / f"{name}.csv", random.Random(name)
    lines = path.read_text().splitlines()
    for _ in range(TRIALS):
        row = rng.randrange(1, len(lines))
        cells = lines[row].split(",")
        cells[rng.randrange(len(cells))] = rng.choice(["x", "", "-1", "nan", "1e999", '"', "\0", "=1"])
        other = rng.choice(
            [
                [*lines[:row], ",".join(cells), *lines[row + 1 :]],
                [*lines, lines[1]],
                lines[:1],
                [],
                [lines[0].replace(rng.choice(lines[0].split(",")), "ZZ"), *lines[1:]],
                [f"{line},extra" for line in lines],
                [f"{lines[0]},{lines[0]}", *lines[1:]],
                [line.rpartition(",")[0] for line in lines],
            ]
        )
        path.write_text("\n".join(other) + "\n")
        assert cli("diff", tmp_path / "good", built).code in (0, 3, 5), other[:3]
        assert cli("check", "toyshire", "--baseline", path).code in (0, 3, 4), other[:3]


def test_the_manifest_of_a_store(built, cli, own_store, tmp_path):
    path = own_store / "manifest.json"
    text = path.read_text()
    (tmp_path / "files").mkdir()
    (tmp_path / "files/a.csv").write_text("a,b\n1,2\n")
    for forged in edits(text, 2):
        path.write_bytes(forged)
        for words in (["check", "toyshire"], ["data", "verify"], ["data", "status"], ["list"]):
            assert cli(*words).code in (0, 3, 4), (words, forged[:200])
        assert cli("data", "import", tmp_path / "files", "--to", own_store).code == 3
        assert path.read_bytes() == forged


def test_a_lock(built, cli, tmp_path):
    lock = tmp_path / "placemap.lock"
    for forged in edits(lock.read_text(), 3):
        lock.write_bytes(forged)
        assert cli("build", "toyshire", "--locked", "--out", "locked").code in (0, 3, 4), forged[:200]


def test_a_manifest_leads_to_no_file_elsewhere(cli, own_store, monkeypatch):
    """Names of tables are names of files; one with a path in it is refused before anything is read or copied."""
    monkeypatch.setenv("PLACEMAP_DATA", str(own_store))
    path = own_store / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["tables"]["../../elsewhere"] = manifest["tables"].pop("ward-2024")
    path.write_text(json.dumps(manifest))
    assert "table '../../elsewhere' of vintage '2024' is no name" in cli("check", "toyshire").err
