"""Whether a long process grows: `memory.py apply|build RUNS FOLDER`, on the packaged tables.

Prints the kilobytes of memory that a run took more: from the least that was held in the second fifth of the runs to the least in the
last. What is held for a moment, and what the libraries' allocators give back late, is thereby left out.
"""

import gc
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

import placemap
from placemap.commands.build import build
from placemap.commands.workspace import footprints_of, open_workspace
from placemap.config.find_config import config_path
from placemap.config.load import load_system


def applier(folder: Path) -> Callable[[int], object]:
    """Applies another small CSV each time."""
    places = placemap.load("bnssg")
    codes = places.crosswalk("lsoa21")["LSOA21CD"].tolist()[:50]
    path = folder / "people.csv"

    def run(number: int) -> object:
        pd.DataFrame({"lsoa": [*codes, f"E0199{number:04}"], "n": number}).to_csv(path, index=False)
        return places.apply(path, sums=["n"])

    return run


def builder(folder: Path) -> Callable[[int], object]:
    """Builds with tables that were read once."""
    workspace = open_workspace()

    def run(_number: int) -> object:
        system = load_system(config_path("bnssg"))
        return build(workspace, system, footprints_of(system, [])[0], folder / "out")

    return run


def held() -> float:
    """Kilobytes of this process that are in memory; the most that ever were, where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def grown(values: list[float]) -> float:
    """How much the least of some values grows from one to the next, the first fifth aside."""
    fifth = len(values) // 5
    return (min(values[-fifth:]) - min(values[fifth : 2 * fifth])) / (3 * fifth)


if __name__ == "__main__":
    what, runs, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    step = {"apply": applier, "build": builder}[what](folder)
    seen = []
    for number in range(runs):
        step(number)
        gc.collect()
        seen.append(held())
    print(f"grown {grown(seen):.4f}")
