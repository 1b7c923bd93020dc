"""`placemap list`, `placemap show` and `placemap schema`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placemap.cli import app
from placemap.cli.common import (
    DataOption,
    FootprintOption,
    JsonOption,
    SystemArgument,
    error_message,
    guarded,
    load,
    message,
    print_json,
    print_table,
    print_text,
    write_new,
)
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from placemap.config.model import Footprint, Member, System


@app.command("list")
@guarded
def list_systems(data: DataOption = None, as_json: JsonOption = False) -> int:
    """List the systems that there are configs for, with their footprints, and which can be built now.

    Example: placemap list
    """
    from placemap.config.find_config import all_configs
    from placemap.config.load import load_system
    from placemap.core.text import listed

    systems, code = [], Exit.OK
    builds = _built_from(data)
    for path in all_configs().values():
        try:
            systems.append((path, load_system(path)))
        except PlacemapError as error:
            error_message(error)
            code = error.exit_code
    also = _files_of_one(systems)
    systems = [
        (path, system) for path, system in systems if path not in {one for found in also.values() for one in found}
    ]
    if as_json:
        print_json(
            [
                {
                    "config": str(path),
                    "other_configs": [str(one) for one in also.get(path, [])],
                    **_system_json(system),
                    "can_be_built": {key: builds(system, item) for key, item in system.footprints.items()},
                }
                for path, system in systems
            ]
        )
    else:
        rows = [
            (
                path.stem + (f" (with {listed([one.stem for one in also[path]])})" if path in also else ""),
                system.name,
                footprint.id + ("*" if footprint.id == system.default_footprint else ""),
                len(footprint.places),
                footprint.status,
                footprint.grade,
                {True: "yes", False: "no", None: "?"}[builds(system, footprint)],
            )
            for path, system in systems
            for footprint in system.footprints.values()
        ]
        headers = ["system", "name", "footprint (* default)", "places", "status", "grade", "can be built"]
        print_table(headers, rows, right=(3,), heads=2)
        if any(row[-1] == "no" for row in rows):
            message("the others need the tables of all England: `placemap build SYSTEM --download`, or `data update`")
    return code


def _files_of_one(systems: Sequence[tuple[Path, System]]) -> dict[Path, list[Path]]:
    """By config, those that it has all footprints of, as they are other files of its system."""
    files = {path: {path.parent / item.loc.file for item in system.footprints.values()} for path, system in systems}
    found: dict[Path, list[Path]] = {}
    for path, held in files.items():
        larger = [one for one in files if files[one] >= held and one != path and path in files[one]]
        over = max(larger, key=lambda one: len(files[one]), default=path)
        if len(files[over]) > len(held) or over < path:
            found.setdefault(over, []).append(path)
    return found


def _built_from(data: Path | None) -> Callable[[System, Footprint], bool | None]:
    """Whether a footprint can be built with the tables in use; None where these cannot be read."""
    from placemap.commands.on_demand import can_be_built
    from placemap.reference.open_store import open_store, store_folder

    try:
        manifest = open_store(store_folder(data)).manifest
    except PlacemapError as error:
        error_message(error)
        return lambda _system, _footprint: None
    return lambda system, footprint: can_be_built(system, footprint, manifest)


@app.command()
@guarded
def show(
    system: SystemArgument,
    footprint: FootprintOption = None,
    source: Annotated[bool, typer.Option("--source", help="Print the config file itself.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="With --source: write it to this new file, as UTF-8.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Show how a system's places are declared, and on what evidence.

    Example: placemap show bnssg --footprint localities
    """
    from placemap.commands.workspace import footprints_of
    from placemap.config.find_config import config_path
    from placemap.config.yaml_tree import read_text

    if source:
        path = config_path(system)
        _give(read_text(path, str(path)), out)
        return Exit.OK
    if out is not None:
        raise PlacemapError("--out goes with --source", hint="add --source to copy the config", exit_code=Exit.USAGE)
    found = load(system)
    named = footprints_of(found, footprint or [], every=not footprint)
    chosen = [found.footprints[item.id] for item in named]  # with the places that have ended
    if as_json:
        print_json(_system_json(found, chosen))
        return Exit.OK
    print_text(f"{found.name} ({found.id})")
    print_text(f"ICB {found.icb_code} {found.icb_ods} ({found.icb_vintage}); config {found.loc.file}")
    for member in found.systems_of:
        print_text(f"in {member.vintage}: {member.name} {member.code}")
    if found.notes:
        print_text(f"\n{found.notes}")
    for item in chosen:
        _show_footprint(found, item)
    typer.echo("Evidence")
    for evidence in found.evidence.values():
        where = ", ".join(part for part in (evidence.publisher, evidence.date, evidence.url) if part)
        print_text(f"{evidence.key}: {evidence.title} ({where})", indent="  ", hanging="    ")
    return Exit.OK


@app.command()
@guarded
def schema() -> int:
    """Print the JSON Schema of the config format, for editors and other tools.

    Example: placemap schema > placemap.schema.json
    """
    from placemap.config.schema import json_schema

    print_json(json_schema())
    return Exit.OK


def _give(text: str, out: Path | None) -> None:
    """Print the text of a config, or write it: what Windows PowerShell's `>` makes of it is UTF-16."""
    if out is None:
        typer.echo(text, nl=False)
        return
    write_new(out, text)
    message(f"written to {out}; edit it, then: placemap check {out}")


def _show_footprint(system: System, footprint: Footprint) -> None:
    from placemap.config.tiers import tier_of

    default = ", default" if footprint.id == system.default_footprint else ""
    title = (
        f"\n{footprint.id}: {footprint.name} ({footprint.status}{default}; grade {footprint.grade}, {footprint.basis}; "
        f"evidence {', '.join(footprint.evidence)})"
    )
    if footprint.inside:
        title += f"\ninside {'/'.join(part for part in footprint.inside if part)}, a {tier_of(system, footprint)} tier"
    headers = ["place", "name", "members", *(["parent"] if footprint.inside else [])]
    rows = [
        (place.id, place.name, "; ".join(_declared(place.members)), *([place.parent] if footprint.inside else []))
        for place in footprint.places
    ]
    print_table(headers, rows, title=title, heads=2)
    for place in footprint.places:
        if place.exclude:
            print_text(f"{place.id} excludes {'; '.join(_declared(place.exclude))}", indent="  ", hanging="    ")
        if place.valid_to or place.succeeded_by:
            from placemap.config.in_words import ended

            print_text(f"{place.id} {ended(footprint, place)}", indent="  ", hanging="    ")
        if place.within or place.within_scope:
            bound = "; ".join(_declared(place.within)) or "the scope"
            print_text(f"{place.id} lies within {bound}", indent="  ", hanging="    ")


def _declared(members: tuple[Member, ...]) -> list[str]:
    return [f"{m.kind} {m.code}" + (f" {m.name}" if m.name else "") for m in members]


def _system_json(system: System, footprints: list[Footprint] | None = None) -> dict[str, Any]:
    return {
        "id": system.id,
        "name": system.name,
        "icb": {"code": system.icb_code, "ods": system.icb_ods, "vintage": system.icb_vintage},
        "systems_of": [{"vintage": m.vintage, "code": m.code, "name": m.name} for m in system.systems_of],
        "default_footprint": system.default_footprint,
        "notes": system.notes,
        "evidence": {
            key: {"title": e.title, "publisher": e.publisher, "date": e.date, "url": e.url, "states": e.states}
            for key, e in system.evidence.items()
        },
        "footprints": [_footprint_json(system, footprint) for footprint in footprints or system.footprints.values()],
    }


def _footprint_json(system: System, footprint: Footprint) -> dict[str, Any]:
    from placemap.config.tiers import outer_of, tier_of

    outer = outer_of(system, footprint)
    return {
        "id": footprint.id,
        "name": footprint.name,
        "status": footprint.status,
        "grade": footprint.grade,
        "basis": footprint.basis,
        "evidence": list(footprint.evidence),
        "tier": tier_of(system, footprint),
        "inside": outer.id if outer else None,
        "places": [
            {
                "id": place.id,
                "name": place.name,
                "parent": place.parent or None,
                "members": [_member_json(member) for member in place.members],
                "exclude": [_member_json(member) for member in place.exclude],
                "within": "scope" if place.within_scope else [_member_json(member) for member in place.within],
            }
            for place in footprint.places
        ],
    }


def _member_json(member: Member) -> dict[str, str | None]:
    return {"kind": member.kind, "code": member.code, "name": member.name, "vintage": member.vintage}
