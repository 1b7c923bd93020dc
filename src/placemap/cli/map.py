"""`placemap map`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placemap.cli import app
from placemap.cli.common import (
    AsOfOption,
    DataOption,
    FootprintOption,
    JsonOption,
    MeasureOption,
    SystemArgument,
    VintageOption,
    guarded,
    load,
    message,
    print_json,
)
from placemap.cli.findings import show_checked
from placemap.cli.live import progress
from placemap.cli.next_steps import Given, next_steps
from placemap.cli.on_demand import DownloadOption, fetch_missing
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit, PlacemapError


@app.command("map")
@guarded
def map_places(
    system: SystemArgument,
    footprint: FootprintOption = None,
    compare: Annotated[
        str | None, typer.Option("--compare", metavar="ID", help="Another footprint, to stand beside the first.")
    ] = None,
    highlight: Annotated[
        bool, typer.Option("--highlight", help="Show the LSOAs where under half of the patients use the place.")
    ] = False,
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help="The map's title, instead of the system's name.")
    ] = "",
    legend: Annotated[
        bool, typer.Option("--legend/--no-legend", help="Say beside the map what colours and lines mean.")
    ] = True,
    tiers: Annotated[
        bool, typer.Option("--tiers", help="Two tiers on one map: the places, and what divides them.")
    ] = False,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files go.")] = Path("out"),
    data: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    vintage: VintageOption = None,
    as_of: AsOfOption = "",
    download: DownloadOption = False,
    as_json: JsonOption = False,
) -> int:
    """Draw a footprint's places as SVG and PNG in two sizes, with an alternative text.

    Example: placemap map norfolk-and-waveney --compare option-6
    """
    from placemap.commands.map import make_map
    from placemap.commands.workspace import chosen_of, footprints_of, open_workspace
    from placemap.config.text_rules import seen

    seen(title)
    declared = load(system)
    fetch_missing([declared], data, f"map {system}", download=download)
    workspace = open_workspace(data, measure, vintages=vintage or [], as_of=as_of)
    found, chosen = chosen_of(workspace, declared, footprint or [])
    if compare in [one.id for one in chosen]:
        raise PlacemapError(
            f"`{compare}` would stand beside itself",
            hint=f"name another of {', '.join(found.footprints)} with --compare",
            exit_code=Exit.USAGE,
        )
    if compare and tiers:
        raise PlacemapError("--compare and --tiers are two maps", hint="leave one of them out", exit_code=Exit.USAGE)
    sets = [[one, *footprints_of(found, [compare])] if compare else [one] for one in chosen]
    made = [
        make_map(workspace, found, footprints, out, highlight=highlight, title=title, legend=legend, tiers=tiers)
        for footprints in progress(sets, lambda each: f"drawing {' and '.join(one.id for one in each)}")
    ]
    if as_json:
        print_json([{"files": [str(path) for path in item.files], "alt": item.alt} for item in made])
        return Exit.OK
    for item in made:
        for path in item.files:
            message(f"written {path}")
        typer.echo(item.alt)
    shown = {one.id: one for footprints in sets for one in footprints}
    both = list(shown) if compare else footprint or []
    show_checked(workspace, found, shown.values(), Given(system, both, data, vintage or [], as_of))
    given = Given(system, footprint or [], data, vintage or [], as_of)
    message(next_steps("map", given, chosen), whole=True)
    return Exit.OK
