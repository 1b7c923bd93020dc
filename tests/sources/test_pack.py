"""A store as one file, and back: the same manifest, every hash held to, nothing trusted from a name."""

from __future__ import annotations

import json
import shutil
import zipfile

import pytest
from stores import rewrite

from conftest import REPO, files_of


@pytest.fixture
def store(toy_store, tmp_path):
    """The toy county's store, with hashes as an import writes them."""
    shutil.copytree(toy_store, tmp_path / "county")
    for name in json.loads((toy_store / "manifest.json").read_text())["tables"]:
        rewrite(tmp_path / "county", name, lambda frame: frame)
    return tmp_path / "county"


@pytest.fixture
def pack(cli, store, tmp_path):
    """That store, packed."""
    ran = cli("data", "pack", tmp_path / "county.zip", "--data", store)
    assert (ran.code, ran.out) == (0, "")
    return tmp_path / "county.zip"


def tables_and_manifest(store):
    return {name: content for name, content in files_of(store).items() if name.startswith(("tables", "manifest"))}


def test_what_is_taken_over_is_what_was_packed(pack, cli, store, tmp_path):
    ran = cli("data", "import", pack, "--to", tmp_path / "new")
    assert ran.code == 0
    count = len(json.loads((store / "manifest.json").read_text())["tables"])
    assert f"{count} tables taken over, each with the hashes that the manifest says" in ran.err
    assert tables_and_manifest(tmp_path / "new") == tables_and_manifest(store)


def test_the_same_store_packs_to_the_same_bytes(pack, cli, store, tmp_path):
    shutil.copytree(store, tmp_path / "copy")
    cli("data", "pack", tmp_path / "again.zip", "--data", tmp_path / "copy")
    assert (tmp_path / "again.zip").read_bytes() == pack.read_bytes()


@pytest.mark.parametrize("as_folder", [False, True], ids=["a file", "a folder on a shared drive"])
def test_update_from_a_path(as_folder, pack, cli, store, tmp_path):
    ran = cli("data", "update", "--from", store if as_folder else pack, "--to", tmp_path / "new")
    assert ran.code == 0
    assert tables_and_manifest(tmp_path / "new") == tables_and_manifest(store)


def test_update_from_an_address(pack, cli, official_files, store, tmp_path):
    from publishers import serving, status

    with serving(official_files) as publishers:
        publishers.files["county.zip"] = pack.read_bytes()
        publishers.fault("county.zip", status(503, Retry_After="0"))
        ran = cli("data", "update", "--from", f"{publishers.url}/files/county.zip", "--to", tmp_path / "new")
        assert ran.code == 0, ran.err
        assert tables_and_manifest(tmp_path / "new") == tables_and_manifest(store)
        missing = cli("data", "update", "--from", f"{publishers.url}/files/none.zip", "--to", tmp_path / "new")
    assert missing.code == 3
    assert "the server answers 404" in missing.err
    assert [path.name for path in tmp_path.glob("new*")] == ["new"]


def test_plain_http_elsewhere_is_refused(cli, tmp_path):
    ran = cli("data", "update", "--from", "http://example.org/england.zip", "--to", tmp_path / "new")
    assert ran.code == 3
    assert "plain http; expected https" in ran.err


def test_tables_that_a_pack_does_not_give_are_kept(pack, cli, store, tmp_path):
    shutil.copytree(store, tmp_path / "mine")
    with_more = json.loads((tmp_path / "mine" / "manifest.json").read_text())
    entry = {**with_more["tables"]["ward-2024"], "vintage": "2025"}
    with_more["tables"]["ward-2025"] = entry
    with_more["defaults"]["ward"] = "2025"
    (tmp_path / "mine" / "manifest.json").write_text(json.dumps(with_more))
    shutil.copy(tmp_path / "mine" / "tables" / "ward-2024.parquet", tmp_path / "mine" / "tables" / "ward-2025.parquet")
    ran = cli("data", "import", pack, "--to", tmp_path / "mine")
    assert "kept, as the pack does not give them: ward-2025" in ran.err
    manifest = json.loads((tmp_path / "mine" / "manifest.json").read_text())
    assert manifest["defaults"]["ward"] == "2025"
    assert set(manifest["tables"]) == set(with_more["tables"])


def changed(pack, to, change):
    """A pack with some members changed: `change(name, content)` gives the new content, None to leave it out."""
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return to


def other_bytes(name, content):
    return content[:-9] + b"x" + content[-8:] if name.startswith("tables/ward") else content


def table_missing(name, content):
    return None if name.startswith("tables/ward") else content


def no_manifest(name, content):
    return None if name == "manifest.json" else content


def other_hash(name, content):
    """The manifest vouches for a file and lies about its content."""
    if name != "manifest.json":
        return content
    manifest = json.loads(content)
    manifest["tables"]["ward-2024"]["content_sha256"] = "0" * 64
    return json.dumps(manifest).encode()


def path_as_a_name(name, content):
    if name != "manifest.json":
        return content
    manifest = json.loads(content)
    manifest["tables"]["../../evil"] = manifest["tables"].pop("ward-2024")
    return json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other_bytes, "the table is not the one that the manifest describes"),
        (table_missing, "the table cannot be read: No such file or directory"),
        (other_hash, "the content of table ward-2024 is not what the manifest says"),
        (path_as_a_name, "table '../../evil' of vintage '2024' is no name and vintage of a table"),
    ],
)
def test_a_pack_that_is_not_what_it_says_changes_nothing(change, message, pack, cli, store, tmp_path):
    shutil.copytree(store, tmp_path / "mine")
    before = files_of(tmp_path / "mine")
    ran = cli("data", "import", changed(pack, tmp_path / "bad.zip", change), "--to", tmp_path / "mine")
    assert ran.code == 3
    assert message in ran.err
    assert files_of(tmp_path / "mine") == before
    assert not list(tmp_path.parent.rglob("evil*"))


def test_a_zip_without_a_manifest_is_no_pack(pack, cli, tmp_path):
    bad = changed(pack, tmp_path / "bad.zip", no_manifest)
    ran = cli("data", "update", "--from", bad, "--to", tmp_path / "new")
    assert ran.code == 3
    assert "this zip is no pack: it has no manifest.json" in ran.err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a zip", b"text"])
def test_what_is_no_zip_is_no_pack(content, cli, tmp_path):
    (tmp_path / "x.zip").write_bytes(content)
    ran = cli("data", "update", "--from", tmp_path / "x.zip", "--to", tmp_path / "new")
    assert ran.code == 3
    assert "this is no pack" in ran.err


def test_names_of_sources_do_not_go_with_a_pack(pack, cli, tmp_path):
    ran = cli("data", "update", "epcn", "--from", pack, "--to", tmp_path / "new")
    assert ran.code == 2
    assert "--from takes a whole store" in ran.err


# --- a store that is there already ---


def _cut(store):
    """Mark the tables of a store as cut to one system."""
    manifest = json.loads((store / "manifest.json").read_text())
    for entry in manifest["tables"].values():
        entry["coverage"] = "extract"
    manifest["covers"] = {"E54000901": "toyshire"}
    (store / "manifest.json").write_text(json.dumps(manifest))


def test_a_pack_of_a_few_systems_takes_no_tables_of_england_away(pack, cli, store, tmp_path):
    shutil.copytree(store, tmp_path / "england")
    _cut(store)
    assert cli("data", "pack", tmp_path / "cut.zip", "--data", store).code == 0
    before = files_of(tmp_path / "england")
    ran = cli("data", "import", tmp_path / "cut.zip", "--to", tmp_path / "england")
    assert ran.code == 3
    assert "the store that is there already would lose" in ran.err
    assert files_of(tmp_path / "england") == before


def test_what_else_stands_in_the_folder_stays(pack, cli, store, tmp_path):
    (store / "notes.txt").write_text("ours")
    assert cli("data", "import", pack, "--to", store).code == 0
    assert (store / "notes.txt").read_text() == "ours"


@pytest.mark.parametrize("command", ["import", "update"])
def test_official_files_take_no_tables_of_a_few_systems_away(command, cli, official_files, store, tmp_path):
    """An import of one file into a copy of the packaged tables left that one table, with exit code 0."""
    _cut(store)
    before = files_of(store)
    words = ("import", official_files / "epcn_2024-10.csv") if command == "import" else ("update", "epcn")
    ran = cli("data", *words, "--to", store)
    assert ran.code == 3
    assert "the store that is there already would lose" in ran.err
    assert "name a new folder with --to, or delete that store first" in ran.err
    assert files_of(store) == before


def test_an_import_for_a_few_systems_takes_no_tables_of_england_away(cli, official_files, store):
    before = files_of(store)
    ran = cli("data", "import", official_files, "--configs", REPO / "configs/bnssg.yaml", "--to", store)
    assert ran.code == 3
    assert "the store that is there already would lose" in ran.err
    assert files_of(store) == before
