"""`placemap report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placemap.cli import app
from placemap.cli.common import (
    AllOption,
    DataOption,
    FootprintOption,
    JsonOption,
    MeasureOption,
    SystemArgument,
    guarded,
    load,
    print_json,
    progress,
)
from placemap.errors import Exit


@app.command()
@guarded
def report(
    system: SystemArgument,
    footprint: FootprintOption = None,
    every: AllOption = False,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the file goes.")] = Path("out"),
    data: DataOption = None,
    measure: MeasureOption = "residents_2021",
    as_json: JsonOption = False,
) -> int:
    """Write a report on a footprint: one HTML file with map, tables, findings and downloads, to be used offline.

    Example: placemap report bnssg --out reports
    """
    from placemap.in_hand import make_report
    from placemap.pipeline import footprints_of, open_workspace

    found = load(system)
    chosen = footprints_of(found, footprint or [], every=every)
    workspace = open_workspace(data, measure)
    written = []
    for one in progress(chosen, lambda item: item.id):
        (path,) = make_report(workspace, found, one, out).files
        written.append(str(path))
        if not as_json:
            typer.echo(path)
    if as_json:
        print_json(written)
    return Exit.OK
