"""`placemap data update`: fetch the official sources."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placemap.cli import data_app
from placemap.cli.common import JsonOption, error_message, guarded, message, print_json, print_table
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from placemap.sources.update import UpdateReport


@data_app.command()
@guarded
def update(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE…]", help="Sources to fetch. Default: all with a fixed address."),
    ] = None,
    urls: Annotated[
        list[str] | None,
        typer.Option("--url", metavar="SOURCE=URL", help="Where the file of a source is; repeatable."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="DIR", help="The store to bring up to date. Default: your own, in the user cache."
        ),
    ] = None,
    ca_bundle: Annotated[
        Path | None,
        typer.Option(
            "--ca-bundle", metavar="FILE", help="Certificate authorities to trust (or set REQUESTS_CA_BUNDLE)."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Fetch all England from the official services into your own store; what fails keeps its old tables.

    Example: placemap data update lsoa21-ward epcn
    """
    from placemap.commands.data import update_data

    with _bars() as progress:
        report = update_data(sources or [], _addresses(urls or []), to, ca_bundle, progress)
    for result in report.failed:
        if result.error:
            error_message(result.error)
    if as_json:
        print_json(_as_json(report))
    else:
        _print(report)
    return max((int(result.error.exit_code) for result in report.failed if result.error), default=Exit.OK)


def _addresses(given: list[str]) -> dict[str, str]:
    named = {}
    for text in given:
        source, separator, url = text.partition("=")
        if not separator or not url:
            raise PlacemapError(f"--url {text} is not understood; expected SOURCE=URL", exit_code=Exit.USAGE)
        named[source] = url
    return named


def _print(report: UpdateReport) -> None:
    print_table(["source", "outcome"], [(result.id, result.outcome) for result in report.results])
    changed = ", ".join(report.changed) or "none"
    typer.echo(f"changed tables: {changed}")
    if report.without_address:
        message(f"not fetched, as their addresses change: {', '.join(report.without_address)}")
        message("  → give --url SOURCE=URL, or download them and use `placemap data import FILE`")
    if report.missing:
        message("`placemap build` uses the packaged tables until your store has:")
    for label in report.missing:
        message(f"  {label}")


def _as_json(report: UpdateReport) -> dict[str, object]:
    return {
        "sources": [
            {"id": r.id, "outcome": r.outcome, "error": None if r.error is None else str(r.error)}
            for r in report.results
        ],
        "changed": list(report.changed),
        "not_fetched": list(report.without_address),
        "missing": list(report.missing),
    }


@contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar a source on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _id, _done, _all: None
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    tasks: dict[str, TaskID] = {}
    with Progress(console=Console(file=sys.stderr), transient=True) as bars:

        def progress(source: str, done: int, rows: int) -> None:
            if source not in tasks:
                tasks[source] = bars.add_task(source, total=rows)
            bars.update(tasks[source], completed=done, total=rows)

        yield progress
