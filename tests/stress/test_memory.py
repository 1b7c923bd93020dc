"""A long process does not grow: what an `apply` or a build takes, it gives back."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from itertools import pairwise

import pandas as pd
import pytest
import toy_county

import placemap
from placemap.commands.build import build
from placemap.commands.workspace import footprints_of, open_workspace
from placemap.config.load import load_system

#: Runs until caches are full; then blocks of runs. What 1,000 runs take stands in docs/developers/performance.md.
WARM, BLOCKS, RUNS = 12, 4, 10
#: Bytes a run, in the block that grew least: Python's own stores of small things still fill, each block less.
MOST = 1_000


@pytest.fixture
def toyshire(tmp_path):
    path = tmp_path / "toyshire.yaml"
    path.write_text(toy_county.CONFIG)
    return path


@pytest.fixture
def applied(toyshire, toy_store, tmp_path) -> Callable[[int], None]:
    """Opens the places and applies a table to them, another each time."""
    path = tmp_path / "people.csv"

    def run(number: int) -> None:
        codes = [*toy_county.LSOAS, f"E0199{number:04}"]
        pd.DataFrame({"lsoa": codes, f"n{number}": range(number, number + len(codes))}).to_csv(path, index=False)
        placemap.load(str(toyshire), data=toy_store).apply(path, sums=[f"n{number}"])

    return run


@pytest.fixture
def built(toyshire, toy_store, tmp_path) -> Callable[[int], None]:
    """Opens the store and builds into one folder, again and again."""

    def run(_number: int) -> None:
        system = load_system(toyshire)
        build(open_workspace(toy_store), system, footprints_of(system, [])[0], tmp_path / "out")

    return run


def growth(run: Callable[[int], object]) -> float:
    """Bytes that Python holds more after each run, in the block that grew least: what is kept, is kept in all."""
    for number in range(WARM):
        run(number)
    tracemalloc.start()
    try:
        held = []
        for block in range(BLOCKS + 1):  # the first counts what was there before, and is made anew
            for number in range(RUNS):
                run(WARM + block * RUNS + number)
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    return min(after - before for before, after in pairwise(held)) / RUNS


def test_apply_gives_back_what_it_takes(applied):
    assert growth(applied) < MOST


def test_build_gives_back_what_it_takes(built):
    assert growth(built) < MOST


def test_what_is_kept_is_seen():
    kept = []
    assert growth(lambda number: kept.append(bytes(1_500 + number))) > MOST
    assert growth(lambda number: bytes(1_500 + number)) < 50
