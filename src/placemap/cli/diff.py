"""`placemap diff`."""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placemap.cli import app
from placemap.cli.common import (
    DataOption,
    FootprintOption,
    JsonOption,
    MeasureOption,
    guarded,
    load,
    message,
    print_json,
    print_table,
    rounded,
)
from placemap.cli.england import refuse_with_england
from placemap.cli.findings import show_findings, show_tally
from placemap.config.find_config import ENDINGS
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit, PlacemapError
from placemap.core.text import as_markdown

if TYPE_CHECKING:
    from placemap.commands.diff import Difference
    from placemap.commands.workspace import Workspace
    from placemap.config.model import System

VINTAGE = re.compile(r"\d{4}(-\d{2})?")
#: LSOAs that Markdown lists one by one.
MOST_LISTED = 500


class Form(StrEnum):
    """What a difference is printed as."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


@app.command()
@guarded
def diff(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A folder of a build, a config, a vintage, or a git revision.")
    ],
    new: Annotated[
        str,
        typer.Argument(metavar="[NEW]", help="The same of the new side. Default for a revision: the config as it is."),
    ] = "",
    england: Annotated[
        bool, typer.Option("--england", help="All places of England: OLD and NEW are git revisions of the configs.")
    ] = False,
    system: Annotated[
        str | None, typer.Option("--system", "-s", metavar="SYSTEM", help="Whose places; for vintages and revisions.")
    ] = None,
    footprint: FootprintOption = None,
    form: Annotated[Form, typer.Option("--format", help="table, json, or markdown for a pull request.")] = Form.TABLE,
    places_version: Annotated[
        str | None,
        typer.Option("--places-version", metavar="1.2.3", help="Version of the old places; tells the next one."),
    ] = None,
    data: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    as_json: JsonOption = False,
) -> int:
    """Say which LSOAs and people moved between two results, from where to where, and why.

    Exit code 0: nothing changed; 5: changed; 4: one of the two has errors.

    Example: placemap diff 2022-08 2024-10 --system bnssg
    """
    from placemap.analysis.diff import next_version
    from placemap.commands.workspace import open_workspace

    if places_version:
        next_version(places_version, "none")
    workspace = open_workspace(data, measure)
    if england:
        refuse_with_england([system] if system else None, footprint, every=False)
        found = [_england(old, new, workspace)]
    else:
        found = _found(old, new, system, footprint or [], workspace)
    if as_json or form is Form.JSON:
        items = [_json(item, places_version) for item in found]
        print_json(items[0] if len(items) == 1 else items)
    else:
        for item in found:
            (_markdown if form is Form.MARKDOWN else _table)(item, places_version)
    if wrong := [replace(one, message=f"{label}: {one.message}") for item in found for label, one in item.errors]:
        show_findings(wrong)
        show_tally(wrong)
    codes = {item.exit_code for item in found}
    return next(code for code in (Exit.WRONG, Exit.CHANGED, Exit.OK) if code in codes)


def _found(old: str, new: str, name: str | None, footprints: list[str], workspace: Workspace) -> list[Difference]:
    from placemap.commands.diff import diff_folders, diff_systems, diff_vintages
    from placemap.commands.workspace import footprints_of

    if Path(old).is_dir() or (new and Path(new).is_dir()):
        _both(old, new, "folder", Path(new).is_dir() and Path(old).is_dir())
        return [diff_folders(Path(old), Path(new), workspace)]
    if Path(old).suffix in ENDINGS or Path(new).suffix in ENDINGS:
        _both(old, new, "config", Path(old).suffix in ENDINGS and Path(new).suffix in ENDINGS)
        before, after = load(old), load(new)
    elif VINTAGE.fullmatch(old) and VINTAGE.fullmatch(new):
        asked = load(_needed(name))
        chosen = [item.id for item in footprints_of(asked, footprints)]
        return [diff_vintages(workspace, asked, one, old, new) for one in chosen]
    else:
        before, after = _revisions(_needed(name), old, new)
    chosen = [item.id for item in footprints_of(after, footprints)]
    labels = (old, new or "as it is")
    return [diff_systems(workspace, before, after, one, labels) for one in chosen]


def _england(old: str, new: str, workspace: Workspace) -> Difference:
    from placemap.commands.diff import diff_england
    from placemap.commands.england import require_england
    from placemap.config.git_revision import systems_at
    from placemap.core.installed import packaged_folder

    require_england(workspace.geography)
    folder = Path("configs") if Path("configs").is_dir() else packaged_folder("configs")
    sides = (systems_at(folder, old), systems_at(folder, new))
    return diff_england(workspace, *sides, (old, new or "as it is"))


def _both(old: str, new: str, what: str, same: bool) -> None:
    if not same:
        raise PlacemapError(
            f"OLD and NEW must both be a {what}; found `{old}` and `{new or 'nothing'}`",
            hint="give two output folders, two configs, two vintages, or two git revisions",
            exit_code=Exit.USAGE,
        )


def _needed(name: str | None) -> str:
    if name is None:
        raise PlacemapError(
            "say whose places with --system: OLD and NEW are neither folders nor configs", exit_code=Exit.USAGE
        )
    return name


def _revisions(name: str, old: str, new: str) -> tuple[System, System]:
    from placemap.config.find_config import config_path
    from placemap.config.git_revision import system_at

    path = config_path(name)
    return system_at(path, old), system_at(path, new)


# --- what is printed -----------------------------------------------------------------------------------------------


def _headline(item: Difference, version: str | None) -> str:
    from placemap.analysis.diff import next_version

    found = item.diff
    count, people = len(found.moves.frame), found.moves.frame["RESIDENTS"].sum()
    words = {
        "none": "nothing changed",
        "patch": "no LSOA moved; only figures changed",
        "minor": f"{count:,} LSOA{'' if count == 1 else 's'} with {people:,.0f} residents moved",
        "major": f"places appeared, vanished or were renamed; {count:,} LSOAs with {people:,.0f} residents moved",
    }[found.level]
    following = f" ({version} → {next_version(version, found.level)})" if version else ""
    change = "" if found.level == "none" else f"; a {found.level} change{following}"
    return f"{found.new.system}/{found.new.footprint}, {found.old.label} → {found.new.label}: {words}{change}"


def _inputs(item: Difference) -> list[str]:
    lines = ["the config"] if item.diff.config_edited else []
    for what, before, after in item.diff.inputs:
        vintages = before if before == after else f"{before or 'none'} → {after or 'none'}"
        lines.append(f"{what.replace('_', ' ')} ({vintages})")
    return lines


def _causes(item: Difference) -> list[tuple[str, ...]]:
    return [
        (cause, f"{lsoas:,}", f"{people:,.0f}", f"{practices:,}", f"{patients:,.0f}")
        for cause, lsoas, people, practices, patients in item.diff.by_cause()
    ]


def _pairs(item: Difference) -> list[tuple[str, ...]]:
    return [
        (before or "(no place)", after or "(no place)", cause, f"{lsoas:,}", f"{people:,.0f}")
        for before, after, cause, lsoas, people in item.diff.by_pair()
    ]


def _places(item: Difference) -> list[tuple[str, ...]]:
    rows = []
    for place in item.diff.places:
        name = (place.after or place.before or ("",))[0]
        if place.before and place.after and place.before[0] != place.after[0]:
            name = f"{place.before[0]} → {place.after[0]}"
        sizes = [f"{side[1]:,.0f}" if side else "–" for side in (place.before, place.after)]
        rows.append((name, place.change, f"+{place.lsoas_in:,}", f"−{place.lsoas_out:,}", *sizes))
    return rows


def _practices(item: Difference) -> list[tuple[str, ...]]:
    names = {**item.diff.old.names, **item.diff.new.names, "": "(no place)"}
    return [
        (
            f"{p.code} {p.name}",
            names[p.before],
            names[p.after],
            p.cause,
            p.detail.partition(": ")[2],
            f"{p.patients:,.0f}",
        )
        for p in item.diff.practices
    ]


_TABLES = (
    ("why", ("cause", "LSOAs moved", "residents", "practices counted elsewhere", "patients"), _causes, (1, 2, 3, 4)),
    ("from where to where", ("from", "to", "cause", "LSOAs", "residents"), _pairs, (3, 4)),
    ("places", ("place", "change", "LSOAs in", "LSOAs out", "residents before", "after"), _places, (2, 3, 4, 5)),
    ("practices counted for another place", ("practice", "from", "to", "cause", "PCN", "patients"), _practices, (5,)),
)


def _table(item: Difference, version: str | None) -> None:
    typer.echo(_headline(item, version))
    if _inputs(item):
        typer.echo(f"what differs: {'; '.join(_inputs(item))}")
    for title, headers, rows, right in _TABLES:
        if found := rows(item):
            print_table(headers, found, right=right, title=f"\n{title}")
    if item.diff.level == "patch":
        typer.echo(f"tables that differ: {', '.join(item.diff.tables)}")
    lsoas = item.diff.moves.frame
    if 0 < len(lsoas) <= 12:
        listed = [
            (r.LSOA21CD, r.LSOA21NM, r.FROM_PLACENM, r.TO_PLACENM, r.DETAIL or r.CAUSE) for r in lsoas.itertuples()
        ]
        print_table(("LSOA", "name", "from", "to", "most of it"), listed, title="\nLSOAs")
    elif len(lsoas):
        message("--json lists every LSOA")


def _markdown(item: Difference, version: str | None) -> None:
    typer.echo(f"### {_headline(item, version)}\n")
    if _inputs(item):
        typer.echo(f"What differs: {'; '.join(_inputs(item))}.\n")
    for title, headers, rows, right in _TABLES:
        if found := rows(item):
            _markdown_table(title.capitalize(), headers, found, right)
    lsoas = [
        (r.LSOA21CD, r.LSOA21NM, r.FROM_PLACENM, r.TO_PLACENM, r.CAUSE) for r in item.diff.moves.frame.itertuples()
    ]
    if 0 < len(lsoas) <= MOST_LISTED:
        typer.echo(f"<details><summary>The {len(lsoas):,} LSOAs</summary>\n")
        _markdown_table("", ("LSOA", "name", "from", "to", "cause"), lsoas, ())
        typer.echo("</details>")
    elif lsoas:
        message("--json lists every LSOA")


def _markdown_table(title: str, headers: tuple[str, ...], rows: list[tuple[Any, ...]], right: tuple[int, ...]) -> None:
    if title:
        typer.echo(f"**{title}**\n")
    typer.echo(f"| {' | '.join(headers)} |")
    typer.echo(f"|{'|'.join('---:' if at in right else '---' for at in range(len(headers)))}|")
    for row in rows:
        typer.echo(f"| {' | '.join(as_markdown(str(cell)) for cell in row)} |")
    typer.echo("")


def _json(item: Difference, version: str | None) -> dict[str, Any]:
    from dataclasses import asdict

    from placemap.analysis.diff import next_version

    found = item.diff
    moves = found.moves.frame
    return dict(
        rounded(
            {
                "system": found.new.system,
                "footprint": found.new.footprint,
                "old": found.old.label,
                "new": found.new.label,
                "exit_code": int(item.exit_code),
                "change": found.level,
                "next_version": next_version(version, found.level) if version else None,
                "config_edited": found.config_edited,
                "inputs": [{"table": what, "old": before, "new": after} for what, before, after in found.inputs],
                "tables": list(found.tables),
                "measure": found.measure,
                "lsoas": len(moves),
                "residents": float(moves["RESIDENTS"].sum()),
                "causes": [
                    {"cause": c, "lsoas": n, "residents": p, "practices": k, "patients": q}
                    for c, n, p, k, q in found.by_cause()
                ],
                "pairs": [
                    {"from": a, "to": b, "cause": c, "lsoas": n, "residents": p} for a, b, c, n, p in found.by_pair()
                ],
                "places": [asdict(place) for place in found.places],
                "practices": [asdict(practice) for practice in found.practices],
                "moves": [{str(key).lower(): value for key, value in row.items()} for row in moves.to_dict("records")],
                "errors": [{"side": label, "code": f.code, "message": f.message} for label, f in item.errors],
            }
        )
    )
