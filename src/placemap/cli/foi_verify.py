"""`placemap foi --verify`: what is known of a pack, step by step."""

from __future__ import annotations

from pathlib import Path

import typer

from placemap.cli.common import print_json


def verify_pack(path: Path, data: Path | None, *, as_json: bool) -> int:
    """Verify a pack, print what was found, and return the exit code that it calls for."""
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
