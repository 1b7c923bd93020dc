"""`placemap profile`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    print_table,
    print_text,
    rounded,
)
from placemap.cli.england import refuse_with_england, require_system, systems_of
from placemap.cli.findings import show_findings
from placemap.cli.on_demand import DownloadOption, fetch_missing
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit
from placemap.core.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from placemap.apply.profile import Profile, ProfileFigure
    from placemap.commands.workspace import Workspace
    from placemap.config.model import Footprint, System


@app.command()
@guarded
def profile(
    system: Annotated[
        str | None,
        typer.Argument(metavar="SYSTEM", help="A system's name (`placemap list`) or the path of a config."),
    ] = None,
    england: Annotated[
        bool, typer.Option("--england", help="All systems of England, each with its default footprint.")
    ] = False,
    footprint: FootprintOption = None,
    every: AllOption = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Figures that were imported as measure:NAME; repeatable."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write all figures to this .csv, .xlsx or .parquet.")
    ] = None,
    data: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    vintage: VintageOption = None,
    as_of: AsOfOption = "",
    min_grade: MinGradeOption = Grade.C,
    download: DownloadOption = False,
    publish: PublishOption = None,
    suppress_below: SuppressOption = None,
    round_to: RoundOption = None,
    as_json: JsonOption = False,
) -> int:
    """Show imported figures by place, such as deprivation, ages and ethnicity, beside the system and England.

    Example: placemap profile bnssg --out profile.xlsx
    """
    from placemap.apply.profile import without_england
    from placemap.apply.publish_rule import rule_of
    from placemap.commands.profile import make_profiles
    from placemap.commands.workspace import open_workspace
    from placemap.outputs.applied import check_ending
    from placemap.outputs.profile import profile_table, write_profile

    rule = rule_of(publish.value if publish else None, suppress_below, round_to)
    if out is not None:
        check_ending(out, workbook=True)
    declared = _declared(system, footprint, england=england, every=every)
    fetch_missing(declared, data, f"profile {system or '--england'}", download=download)
    workspace = open_workspace(data, measure, vintages=vintage or [], as_of=as_of, min_grade=min_grade.value)
    chosen = _all_of(workspace, min_grade) if england else _chosen(workspace, declared[0], footprint, every=every)
    profiles = make_profiles(workspace, chosen, only or [], rule)
    if england:
        profiles = [profiles[0], *(without_england(one) for one in profiles[1:])]
    if out is not None:
        write_profile(profiles, out)
    if as_json:
        print_json(rounded(_json(profiles, profile_table(profiles).columns.records())))
    elif out is None:
        for one in profiles:
            _show(one, headed=len(profiles) > 1)
    _say(profiles, out)
    return Exit.OK


def _declared(system: str | None, footprint: list[str] | None, *, england: bool, every: bool) -> list[System]:
    """The systems that figures are asked for.

    Raises:
        PlacemapError: there is none, or one beside --england.
    """
    from placemap.commands.data import shipped_systems

    if england:
        refuse_with_england([system] if system else [], footprint, every=every)
        return list(shipped_systems())
    return [load(require_system(system))]


def _chosen(
    workspace: Workspace, system: System, footprint: list[str] | None, *, every: bool
) -> list[tuple[System, Footprint]]:
    from placemap.commands.workspace import chosen_of

    dated, chosen = chosen_of(workspace, system, footprint or [], every=every)
    return [(dated, one) for one in chosen]


def _all_of(workspace: Workspace, min_grade: Grade) -> Iterator[tuple[System, Footprint]]:
    """The default footprints of all systems, without those of weaker evidence than is asked for, which are said."""
    from placemap.config.grades import is_below

    for system in systems_of(workspace):
        ((dated, footprint),) = _chosen(workspace, system, None, every=False)
        if is_below(footprint.grade, min_grade.value):
            message(f"{system.name} is left out: footprint {footprint.id} is graded {footprint.grade}")
        else:
            yield dated, footprint


def _say(profiles: list[Profile], out: Path | None) -> None:
    for note in dict.fromkeys(note for one in profiles for note in one.notes):
        message(note)
    held = sum(figure.is_held(at) for one in profiles for figure in one.figures for at in range(len(figure.value)))
    if profiles[0].rule:
        message(f"held back: {counted(held, 'figure') if held else 'nothing'}")
    show_findings([finding for one in profiles for finding in one.resolved.findings])
    if out is not None:
        message(f"written: {out}")


def _json(profiles: list[Profile], rows: list[Any]) -> dict[str, Any]:
    notes = list(dict.fromkeys(note for one in profiles for note in one.notes))
    systems = list(dict.fromkeys(one.resolved.system.id for one in profiles))
    return {"system": systems[0] if len(systems) == 1 else "england", "rows": rows, "notes": notes}


def _show(found: Profile, *, headed: bool) -> None:
    if headed:
        print_text(f"\n{found.resolved.system.name} — {found.resolved.footprint.name}")
    for figure in found.figures:
        entry = figure.entry
        title = f"\n{figure.title} ({entry.kind}, {entry.publisher}, {entry.vintage}): {figure.what}"
        heads = [*(f"fifth {number}" for number in range(1, 6))] if figure.by_fifths else ["value", "95% interval"]
        names = [name for _, _, name in found.groups(figure)]
        cells = _fifths(figure) if figure.by_fifths else _values(figure)
        rows = [(name, *row) for name, row in zip(names, cells, strict=True)]
        print_table(["", *heads, "covered"], rows, right=range(1, len(heads) + 2), title=title)


def _values(figure: ProfileFigure) -> list[list[str]]:
    from placemap.apply.profile import percent
    from placemap.apply.publish_rule import MARK

    cells = []
    figures = zip(figure.value, figure.low, figure.high, figure.covered(), strict=True)
    for number, (value, low, high, share) in enumerate(figures):
        mark = MARK if figure.is_held(number) else ""
        interval = f"{figure.written(low)} – {figure.written(high)}" if low == low else mark
        cells.append([figure.written(value) or mark, interval, percent(share)])
    return cells


def _fifths(figure: ProfileFigure) -> list[list[str]]:
    from placemap.apply.profile import percent

    return [
        [*(f"{percent(part, 1)} ({count:,.0f})" for part, count in zip(parts, units, strict=True)), percent(share)]
        for parts, units, share in zip(figure.parts(), figure.units, figure.covered(), strict=True)
    ]
