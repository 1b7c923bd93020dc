"""`placemap new`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from placemap.cli import app
from placemap.cli.common import DataOption, guarded, message, write_new
from placemap.core.errors import Exit, PlacemapError


@app.command()
@guarded
def new(
    icb: Annotated[
        str, typer.Argument(metavar="[ICB]", help="Code or name of the integrated care board; asked for.")
    ] = "",
    by: Annotated[
        str, typer.Option("--by", metavar="KIND", help="What places are made of: pcn, ltla or ward; asked for.")
    ] = "",
    place: Annotated[
        list[str] | None, typer.Option("--place", metavar="NAME", help="Name of a place; repeatable; asked for.")
    ] = None,
    tiers: Annotated[
        bool,
        typer.Option(
            "--tiers",
            help="Divide the places, too: one PCN a neighbourhood. ICB may then be a system that has a config.",
        ),
    ] = False,
    footprint: Annotated[
        str, typer.Option("--footprint", "-f", metavar="ID", help="With --tiers: the footprint that is divided.")
    ] = "",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the system. Default: the ICB's.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Default: configs/SYSTEM.yaml; `-` prints it.")
    ] = None,
    data: DataOption = None,
) -> int:
    """Write a first config for a system, with all its PCNs, LTLAs or wards listed, ready to be divided into places.

    Asks for what is not given, where there is someone to ask.

    Example: placemap new QUY --by pcn --place "North Bristol" --place "South Bristol"
    """
    from placemap.commands.new import BY, first_config
    from placemap.commands.workspace import open_workspace

    if footprint and not tiers:
        raise PlacemapError("--footprint goes with --tiers", hint="add --tiers to divide it", exit_code=Exit.USAGE)
    icb = icb or _ask("Which integrated care board (code or name)?", "ICB")
    if tiers and (config := _config_of(icb)):
        return _divide(config, footprint, out, data)
    by = by or _ask(f"What are the places made of ({', '.join(BY)})?", "--by", default=BY[0])
    places = place if place is not None else _ask_places()
    workspace = open_workspace(data)
    geography = workspace.geography
    packaged = set(geography.data.manifest.covers)
    text, system = first_config(icb, geography, by=by, places=places, name=name, packaged=packaged)
    if tiers:
        from placemap.commands.new_tiers import with_neighbourhoods

        text = with_neighbourhoods(text, f"{system}.yaml", workspace, footprint=footprint, parents=False)
    return _write(text, out, f"{system}.yaml", tiers=tiers)


def _config_of(name: str) -> Path | None:
    """The config that a name or path means; None where it means none, and so an ICB."""
    from placemap.config.find_config import config_path

    try:
        path = config_path(name)
    except PlacemapError:
        return None
    return path if path.is_file() else None


def _divide(config: Path, footprint: str, out: Path | None, data: Path | None) -> int:
    """Write a config again, with a footprint inside one of its own."""
    from placemap.commands.new_tiers import with_neighbourhoods
    from placemap.commands.workspace import open_workspace
    from placemap.config.yaml_tree import read_text

    text = with_neighbourhoods(
        read_text(config, str(config)),
        config.name,
        open_workspace(data),
        footprint=footprint,
        read=lambda other: read_text(config.parent / other, other),
    )
    return _write(text, out, config.name, tiers=True)


def _write(text: str, out: Path | None, name: str, *, tiers: bool) -> int:
    """Print a config, or write it and say what comes next."""
    from placemap.config.find_config import england_configs

    if out == Path("-"):
        typer.echo(text, nl=False)
        return Exit.OK
    target = out or Path("configs") / name
    write_new(target, text)
    message(f"written to {target}; edit it, then: placemap check {target}{' --all' if tiers else ''}")
    if target.parent == Path("configs") and target.stem in england_configs():
        message(
            f"note: from this folder `{target.stem}` now means this file, in `--england`, too, and no longer the "
            "config that ships with placemap; --out puts it elsewhere"
        )
    return Exit.OK


def _ask(question: str, flag: str, default: str | None = None) -> str:
    if not sys.stdin.isatty():
        if default is not None:
            return default
        raise PlacemapError(
            f"{flag} is missing, and there is nobody to ask", hint="see `placemap new --help`", exit_code=Exit.USAGE
        )
    return str(typer.prompt(question, default=default, err=True))


def _ask_places() -> list[str]:
    if not sys.stdin.isatty():
        return []
    answer = str(typer.prompt("Names of the places, separated by semicolons", default="", show_default=False, err=True))
    return [part.strip() for part in answer.split(";") if part.strip()]
