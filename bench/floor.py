"""The floor of a build: import pandas, read the tables that the build reads, write the CSVs that it writes.

`prepare DIR` records both from a real build; `run DIR OUT` is what is timed.
"""

import pickle
import sys
from pathlib import Path

import pandas as pd


def prepare(folder: Path) -> None:
    from placemap.commands.workspace import footprints_of, open_workspace
    from placemap.config.find_config import config_path
    from placemap.config.load import load_system

    workspace = open_workspace()
    system = load_system(config_path("bnssg"))
    footprint = footprints_of(system, [])[0]
    outcome = workspace.build(system, footprint)
    tables = Path(workspace.geography.data.where).absolute() / "tables"
    read = [str(tables / f"{entry.name}.parquet") for entry in workspace.inputs(system, footprint)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "read.txt").write_text("\n".join(read))
    with (folder / "write.pickle").open("wb") as file:
        pickle.dump({table.name: table.frame for table in outcome.tables}, file)


def floor(folder: Path, out: Path) -> None:
    for path in (folder / "read.txt").read_text().splitlines():
        pd.read_parquet(path)
    with (folder / "write.pickle").open("rb") as file:
        frames = pickle.load(file)  # noqa: S301 - made by `prepare`
    out.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.to_csv(out / f"{name}.csv", index=False)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(Path(sys.argv[2]))
    else:
        floor(Path(sys.argv[2]), Path(sys.argv[3]))
