"""A reference store that is missing, damaged or forged: one clear message, exit code 3, and nothing written."""

import errno
import json
import os
import random
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import toy_county

REMAKE = "  → `placemap data update` fetches the tables again; for the packaged ones, reinstall placemap\n"


@pytest.fixture
def fault(cli, own_store, tmp_path):
    """Build on the damaged store; give stderr with the store's path as STORE."""

    def build():
        ran = cli("build", "toyshire", "--all", "--data", own_store)
        assert (ran.code, ran.out) == (3, "")
        assert not [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
        return ran.err.replace(str(own_store), "STORE")

    return build


def table(store, name):
    return store / "tables" / f"{name}.parquet"


def change(store, name, edit):
    """Edit a table and make the manifest describe the file, so that only its content is wrong."""
    pq.write_table(
        pa.Table.from_pandas(edit(pq.read_table(table(store, name)).to_pandas()), preserve_index=False),
        table(store, name),
    )
    toy_county.rehash(store, name)


def once(text):
    """The message, however many footprints it stopped."""
    parts = dict.fromkeys(text.removeprefix("error: ").split("error: "))
    assert len(parts) == 1, parts
    return next(iter(parts))


def test_no_folder(fault, own_store):
    shutil.rmtree(own_store)
    assert fault() == "error: STORE: there is no such reference folder\n  → check --data and PLACEMAP_DATA\n"


def test_no_manifest(fault, own_store):
    (own_store / "manifest.json").unlink()
    assert fault() == (
        "error: STORE: this folder is not a reference store: it has no manifest.json\n"
        "  → make one with `placemap data import FOLDER --to STORE`\n"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ""),
        ('{"placemap_store": 1, "tab', ""),
        ("[]", f"it is not a JSON object\n{REMAKE}"),
        ('{"placemap_store": 1}', f"it has no `tables`\n{REMAKE}"),
        ('{"placemap_store": 1, "tables": {}}', f"it has no `defaults`\n{REMAKE}"),
    ],
)
def test_manifest_damaged(fault, own_store, text, problem):
    (own_store / "manifest.json").write_text(text)
    told = fault()
    assert told.startswith(f"error: STORE/manifest.json: the manifest cannot be read: {problem}")
    assert told.endswith(f"\n{REMAKE}")


def test_manifest_of_another_format(fault, own_store):
    (own_store / "manifest.json").write_text('{"placemap_store": 2, "tables": {}, "defaults": {}}')
    assert fault() == f"error: STORE/manifest.json: the store has format 2; this placemap reads format 1\n{REMAKE}"


@pytest.mark.parametrize("field", ["rows", "sha256", "vintage", "family", "base", "tables", "defaults", "surprise"])
@pytest.mark.parametrize("value", [None, 7, "x", [], {}])
def test_manifest_with_wrong_fields(cli, own_store, field, value):
    """Whatever a manifest says, there is a message and no traceback."""
    manifest = json.loads((own_store / "manifest.json").read_text())
    (manifest if field in manifest else manifest["tables"]["ward-2024"])[field] = value
    (own_store / "manifest.json").write_text(json.dumps(manifest))
    ran = cli("check", "toyshire", "--data", own_store)
    assert ran.code in (0, 3)
    assert ran.code == 0 or ran.err.startswith("error: ")


def test_table_missing(fault, own_store):
    table(own_store, "ward-2024").unlink()
    assert (
        once(fault())
        == f"STORE/tables/ward-2024.parquet: the table cannot be read: {os.strerror(errno.ENOENT)}\n{REMAKE}"
    )


def test_table_not_in_manifest(fault, own_store):
    manifest = json.loads((own_store / "manifest.json").read_text())
    del manifest["tables"]["ward-2024"]
    (own_store / "manifest.json").write_text(json.dumps(manifest))
    assert "STORE: the reference data have no table of ward 2024\n  → `placemap data update`" in fault()


def test_truncated_table(fault, own_store):
    path = table(own_store, "lsoa_names-2021")
    path.write_bytes(path.read_bytes()[:-100])
    assert (
        "lsoa_names-2021.parquet: the table is not the one that the manifest describes: its SHA-256 starts with"
        in once(fault())
    )


def test_truncated_table_that_the_manifest_describes(fault, own_store):
    path = table(own_store, "lsoa_names-2021")
    path.write_bytes(path.read_bytes()[:-100])
    toy_county.rehash(own_store, "lsoa_names-2021")
    assert once(fault()).startswith("STORE/tables/lsoa_names-2021.parquet: the table is not a whole Parquet file: ")


def test_wrong_hash(fault, own_store):
    manifest = json.loads((own_store / "manifest.json").read_text())
    found = manifest["tables"]["lsoa_names-2021"]["sha256"]
    manifest["tables"]["lsoa_names-2021"]["sha256"] = "0" * 64
    (own_store / "manifest.json").write_text(json.dumps(manifest))
    assert once(fault()) == (
        "STORE/tables/lsoa_names-2021.parquet: the table is not the one that the manifest describes: "
        f"its SHA-256 starts with {found[:12]}, expected 000000000000\n{REMAKE}"
    )


def test_wrong_columns(fault, own_store):
    change(own_store, "lsoa_names-2021", lambda frame: frame.rename(columns={"lsoa_name": "LSOA21NM"}))
    assert once(fault()) == (
        f"STORE/tables/lsoa_names-2021.parquet: the columns are lsoa_code, LSOA21NM; expected lsoa_code, lsoa_name\n{REMAKE}"
    )


def test_wrong_type(fault, own_store):
    change(own_store, "residents_2021", lambda frame: frame.assign(people=frame["people"].astype(str)))
    assert "residents_2021.parquet: column people holds " in once(fault())


def test_blank_figure(fault, own_store):
    change(own_store, "residents_2021", lambda frame: frame.assign(people=frame["people"].where(frame.index > 0)))
    assert "residents_2021.parquet: column people has blanks; expected a figure in each row" in once(fault())


def test_blank_key(fault, own_store):
    change(own_store, "ward-2024", lambda frame: frame.assign(lsoa_code=frame["lsoa_code"].where(frame.index > 0)))
    assert "ward-2024.parquet: column lsoa_code has blanks; expected a code in each row" in once(fault())


def test_duplicate_keys(fault, own_store):
    import pandas as pd

    change(own_store, "ward-2024", lambda frame: pd.concat([frame.iloc[:-1], frame.iloc[:1]]))
    assert once(fault()) == (
        f"STORE/tables/ward-2024.parquet: the key lsoa_code is not unique: E01000001 appears more than once\n{REMAKE}"
    )


def test_wrong_row_count(fault, own_store):
    change(own_store, "lsoa_names-2021", lambda frame: frame.iloc[1:])
    assert (
        once(fault()) == f"STORE/tables/lsoa_names-2021.parquet: the table has 12 rows; the manifest says 13\n{REMAKE}"
    )


@pytest.mark.parametrize("seed", range(12))
def test_random_damage_never_gives_a_traceback(cli, own_store, seed):
    """Bytes overwritten at random, with a manifest that vouches for them."""
    chance = random.Random(seed)
    name = chance.choice(sorted(p.stem for p in (own_store / "tables").iterdir()))
    content = bytearray(table(own_store, name).read_bytes())
    for _ in range(chance.randint(1, 20)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    table(own_store, name).write_bytes(content)
    toy_county.rehash(own_store, name)
    ran = cli("check", "toyshire", "--data", own_store)
    assert ran.code in (0, 3, 4), ran.err


def test_shuffled_store_is_the_same(cli, tmp_path, toy_store):
    from conftest import files_of

    cli("build", "toyshire", "--all", "--data", toy_store, "--out", "a")
    for seed in (1, 2):
        store = toy_county.write_store(tmp_path / f"store{seed}", shuffle=seed)
        cli("build", "toyshire", "--all", "--data", store, "--out", f"b{seed}")
        assert files_of(tmp_path / "a") == files_of(tmp_path / f"b{seed}")


def test_packaged_store_is_named_in_its_message(cli, tmp_path):
    """A store of an extract does not call a code unknown that all England may have."""
    store = toy_county.write_store(tmp_path / "extract", coverage="extract")
    (tmp_path / "one.yaml").write_text(toy_county.footprint("      a: {name: A, ltla: [E06000990]}\n"))
    ran = cli("check", "one.yaml", "--data", store)
    assert ran.code == 4
    assert (
        "LTLA E06000990 is not in the packaged tables, which hold only what the shipped configs need; "
        "`placemap data update` to check all England."
    ) in ran.err


def test_environment_is_clean():
    """No test reads the cache of whoever runs it."""
    assert os.environ["PLACEMAP_DATA"].endswith("data")
