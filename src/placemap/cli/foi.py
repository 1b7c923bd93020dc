"""`placemap foi`."""

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
    VintageOption,
    guarded,
    load,
    message,
    print_json,
)
from placemap.cli.findings import show_checked
from placemap.cli.live import progress, working
from placemap.cli.next_steps import Given
from placemap.cli.on_demand import DownloadOption, fetch_missing
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit, PlacemapError


@app.command()
@guarded
def foi(
    system: Annotated[
        str | None,
        typer.Argument(metavar="SYSTEM", help="A system's name (`placemap list`) or the path of a config."),
    ] = None,
    footprint: FootprintOption = None,
    date: Annotated[
        str, typer.Option("--date", metavar="YYYY-MM-DD", help="Date of the reply; else a field to fill in.")
    ] = "",
    reference: Annotated[str, typer.Option("--reference", metavar="TEXT", help="Your reference of the request.")] = "",
    requester: Annotated[str, typer.Option("--requester", metavar="NAME", help="Who asked.")] = "",
    organisation: Annotated[str, typer.Option("--organisation", metavar="NAME", help="Who replies.")] = "",
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the pack goes.")] = Path("out"),
    verify: Annotated[
        Path | None,
        typer.Option(
            "--verify", metavar="ZIP", help="Prove that a pack is unaltered, can be remade and hides nothing."
        ),
    ] = None,
    data: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    vintage: VintageOption = None,
    as_of: AsOfOption = "",
    download: DownloadOption = False,
    as_json: JsonOption = False,
) -> int:
    """Make the files that answer a freedom of information request about places: a reply, a workbook, tables, a map.

    Example: placemap foi bnssg --date 2026-11-30 --reference FOI-123
    """
    if verify is not None:
        with working(f"remaking {verify.name}"):
            return _verify(verify, data, as_json=as_json)
    if system is None:
        raise PlacemapError("name a system, or a pack with --verify", hint="placemap list", exit_code=Exit.USAGE)
    from shlex import quote

    from placemap.commands.foi import make_foi
    from placemap.commands.workspace import chosen_of, open_workspace
    from placemap.config.find_config import config_path
    from placemap.config.yaml_tree import read_text
    from placemap.outputs.foi.questions import Letter

    letter = Letter(_date(date), *(_seen(text) for text in (reference, requester, organisation)))
    declared, path = load(system), config_path(system)
    config = read_text(path, str(path))
    fetch_missing([declared], data, f"foi {system}", download=download)
    workspace = open_workspace(data, measure, vintages=vintage or [], as_of=as_of)
    found, chosen = chosen_of(workspace, declared, footprint or [])
    written = []
    for one in progress(chosen, lambda item: f"making the pack of {item.id}"):
        written += make_foi(workspace, found, one, config, letter, out)
    if as_json:
        print_json([str(path) for path in written])
    else:
        typer.echo("\n".join(str(path) for path in written))
        if not all((letter.date, letter.reference, letter.requester, letter.organisation)):
            message("response.docx has fields in [brackets] to fill in")
        show_checked(workspace, found, chosen, Given(system, footprint or [], data, vintage or [], as_of))
        message(f"next: placemap foi --verify {quote(str(written[-1]))}", whole=True)
    return Exit.OK


def _seen(text: str) -> str:
    from placemap.config.text_rules import UNSEEN

    bad = UNSEEN.search(text)
    if bad:
        raise PlacemapError(
            f"{text!a} has the character U+{ord(bad[0]):04X} in it, which no document can show",
            hint="delete it from the option",
            exit_code=Exit.USAGE,
        )
    return text


def _date(text: str) -> str:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise PlacemapError(
            f"--date {text} is not a date", hint="write it as 2026-11-30", exit_code=Exit.USAGE
        ) from None


def _verify(path: Path, data: Path | None, *, as_json: bool) -> int:
    from placemap.commands.verify_foi import verify

    result = verify(path, data)
    if as_json:
        steps = [{**vars(step), "verdict": step.verdict} for step in result.steps]
        print_json({"file": str(path), "verdict": result.verdict, "steps": steps})
        return result.verdict.exit_code
    for step in result.steps:
        typer.echo(f"{_MARKS[step.verdict]}  {step.name}")
        for line in [*step.problems, *step.doubts]:
            typer.echo(f"    {_plain(line)}")
    typer.echo(f"{path.name}: {result.verdict}")
    return result.verdict.exit_code


#: What stands before a step, by its verdict.
_MARKS = {"proved": "ok", "altered": "WRONG", "cannot be proved here": "UNKNOWN"}
#: A name or text that a stranger put into a pack is shown so far.
_SHOWN = 300


def _plain(line: str) -> str:
    """A line that may hold what strangers wrote, without what a terminal would act on."""
    short = line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
    return short if short.isprintable() else ascii(short)[1:-1]
