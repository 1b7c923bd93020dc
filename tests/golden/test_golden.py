"""The toy county, built by a process of its own, byte for byte as it was checked by hand (see README.md here).

After a change that is meant to change outputs: `pytest tests/golden --update-golden`, then read the difference in git.
"""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import toy_county

from conftest import PACKAGED, files_of

EXPECTED = Path(__file__).parent / "expected"
FOOTPRINTS = ("councils", "inside", "localities", "mixed")


@pytest.fixture
def produced(process, tmp_path):
    (tmp_path / "toyshire.yaml").write_text(toy_county.CONFIG)
    ran = process("build", "toyshire.yaml", "--all")
    assert ran.code == 0, ran.err
    return files_of(tmp_path / "out" / "toyshire")


def test_toy_county_byte_for_byte(produced, request):
    # The metadata name the version that wrote them, which is no part of what is compared.
    from placemap.core.installed import __version__

    produced = {
        name: content.replace(f"placemap {__version__}".encode(), b"placemap VERSION")
        for name, content in produced.items()
    }
    if request.config.getoption("--update-golden"):
        shutil.rmtree(EXPECTED, ignore_errors=True)
        for name, content in produced.items():
            (EXPECTED / name).parent.mkdir(parents=True, exist_ok=True)
            (EXPECTED / name).write_bytes(content)
    expected = files_of(EXPECTED)
    assert sorted(produced) == sorted(expected)
    for name, content in expected.items():
        assert produced[name].decode() == content.decode(), name


@pytest.fixture(scope="session")
def shuffled_packaged(tmp_path_factory):
    """The packaged store with the rows of every table in another order, the manifest describing the new files."""
    store = tmp_path_factory.mktemp("shuffled") / "store"
    shutil.copytree(PACKAGED, store)
    for path in sorted((store / "tables").glob("*.parquet")):
        frame = pd.read_parquet(path).sample(frac=1, random_state=7)
        path.write_bytes(toy_county.parquet(frame))
        toy_county.rehash(store, path.stem)
    return store


@pytest.mark.parametrize("system", ["bnssg", "lancashire-and-south-cumbria", "norfolk-and-waveney"])
def test_real_build_is_the_same_from_shuffled_tables(process, tmp_path, shuffled_packaged, system):
    assert process("build", system, "--all", "--out", "a", store=PACKAGED).code == 0
    ran = process("build", system, "--all", "--out", "b", store=shuffled_packaged, PYTHONHASHSEED="1")
    assert ran.code == 0, ran.err
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")


def test_content_hash_is_that_of_the_content(shuffled_packaged):
    """The hash that outputs carry is the same for a shuffled table, and another for another figure."""
    from placemap.reference.store import Manifest, canonical_hash

    manifest = Manifest.from_json(json.loads((PACKAGED / "manifest.json").read_text()))
    for entry in manifest.tables.values():
        frame = pd.read_parquet(shuffled_packaged / "tables" / f"{entry.name}.parquet")
        assert canonical_hash(frame, entry.schema) == entry.content_sha256, entry.name
    entry = manifest.tables["residents_2021"]
    frame = pd.read_parquet(shuffled_packaged / "tables" / "residents_2021.parquet")
    frame.iloc[0, 1] += 1
    assert canonical_hash(frame, entry.schema) != entry.content_sha256
