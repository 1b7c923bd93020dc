"""`placemap report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placemap.cli import app
from placemap.cli.apply_options import PublishOption, RoundOption, SuppressOption
from placemap.cli.common import (
    AllOption,
    AsOfOption,
    DataOption,
    FootprintOption,
    Grade,
    JsonOption,
    MeasureOption,
    MinGradeOption,
    VintageOption,
    guarded,
    load,
    message,
    print_json,
)
from placemap.cli.england import refuse_with_england, require_system, systems_of
from placemap.cli.findings import show_checked
from placemap.cli.live import progress, working
from placemap.cli.next_steps import Given, next_steps
from placemap.cli.on_demand import DownloadOption, fetch_missing
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit, usage_error


@app.command()
@guarded
def report(
    system: Annotated[
        str | None,
        typer.Argument(metavar="SYSTEM", help="A system's name (`placemap list`) or the path of a config."),
    ] = None,
    england: Annotated[bool, typer.Option("--england", help="All systems of England in one report.")] = False,
    footprint: FootprintOption = None,
    every: AllOption = False,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the file goes.")] = Path("out"),
    with_profile: Annotated[
        bool, typer.Option("--profile", help="Also show the imported figures by place, as `placemap profile` does.")
    ] = False,
    publish: PublishOption = None,
    suppress_below: SuppressOption = None,
    round_to: RoundOption = None,
    data: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    vintage: VintageOption = None,
    as_of: AsOfOption = "",
    min_grade: MinGradeOption = Grade.C,
    download: DownloadOption = False,
    as_json: JsonOption = False,
) -> int:
    """Write a report on a footprint: one HTML file with map, tables, findings and downloads, to be used offline.

    With --england it is about the places of all systems: a table to search and a map.

    Example: placemap report bnssg --out reports
    """
    from placemap.apply.publish_rule import rule_of
    from placemap.commands.data import shipped_systems
    from placemap.commands.profile import make_profiles
    from placemap.commands.report import make_england_report, make_report
    from placemap.commands.workspace import chosen_of, open_workspace

    rule = rule_of(publish.value if publish else None, suppress_below, round_to)
    if rule and not with_profile:
        raise usage_error(
            "nothing here is to be held back: only imported figures have counts that may be small",
            "add --profile, or leave --publish, --suppress-below and --round-to out",
        )
    if england:
        refuse_with_england([system] if system else [], footprint, every=every)
        if with_profile:
            raise usage_error("--profile is for the report of a system", "leave --england out")
        fetch_missing(shipped_systems(), data, "report --england", download=download)
        workspace = open_workspace(data, measure, vintages=vintage or [], as_of=as_of, min_grade=min_grade.value)
        with working("drawing England"):
            made = make_england_report(workspace, systems_of(workspace), out, min_grade=min_grade.value)
        return _say([str(path) for path in made.files], as_json=as_json)
    system = require_system(system)
    declared = load(system)
    fetch_missing([declared], data, f"report {system}", download=download)
    workspace = open_workspace(data, measure, vintages=vintage or [], as_of=as_of, min_grade=min_grade.value)
    found, chosen = chosen_of(workspace, declared, footprint or [], every=every)
    named = [(found, one) for one in chosen]
    profiles = make_profiles(workspace, named, rule=rule) if with_profile else [None] * len(chosen)
    profile_of = {one.id: profile for one, profile in zip(chosen, profiles, strict=True)}
    written = [
        str(path)
        for one in progress(chosen, lambda item: f"writing the report of {item.id}")
        for path in make_report(workspace, found, one, out, profile=profile_of[one.id]).files
    ]
    _say(written, as_json=as_json)
    if not as_json:
        given = Given(system, footprint or [], data, vintage or [], as_of)
        show_checked(workspace, found, chosen, given)
        message(next_steps("report", given, chosen), whole=True)
    return Exit.OK


def _say(written: list[str], *, as_json: bool) -> int:
    if as_json:
        print_json(written)
    else:
        for path in written:
            typer.echo(path)
    return Exit.OK
