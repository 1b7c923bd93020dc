"""`placemap data …`: the reference tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placemap.cli import data_app
from placemap.cli.common import JsonOption, guarded, message, print_json, print_table
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from placemap.sources.import_files import ImportReport


@data_app.command("import")
@guarded
def import_data(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Official files, or folders of them.")],
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="The store to write. Default: your own, in the user cache."),
    ] = None,
    configs: Annotated[
        list[Path] | None,
        typer.Option(
            "--configs",
            metavar="PATH",
            help="Keep only what this config, or the configs in this folder, need; repeatable.",
        ),
    ] = None,
    measures: Annotated[
        list[str] | None,
        typer.Option(
            "--as", metavar="[FILE=]MEASURE", help="What a file of people holds, where it cannot tell; repeatable."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Make reference tables from official files that were downloaded by hand.

    Example: placemap data import Downloads/ons --to my-store
    """
    from placemap.commands.data import import_data

    report = import_data(paths, to, configs or [], _measures(measures or [], paths))
    if as_json:
        print_json(_as_json(report))
    else:
        _print(report)
    return Exit.OK


def _measures(given: list[str], paths: list[Path]) -> dict[str, str]:
    """`file name → measure`; a bare measure is for the one file that was named."""
    named = {}
    for text in given:
        file, separator, measure = text.rpartition("=")
        if not separator:
            if len(paths) != 1 or paths[0].is_dir():
                raise PlacemapError(
                    f"--as {text} does not say which file it is about",
                    hint=f"write --as FILE={text}",
                    exit_code=Exit.USAGE,
                )
            file = paths[0].name
        named[file] = measure
    return named


def _print(report: ImportReport) -> None:
    rows = [(file.file, file.format, ", ".join(file.tables)) for file in report.files if file.tables]
    print_table(["file", "taken for", "tables"], rows)
    for file in report.skipped:
        message(f"skipped {file.file}: {file.skipped}")
    if report.missing:
        message("`placemap build` still needs:")
    for label in report.missing:
        message(f"  {label}")


def _as_json(report: ImportReport) -> dict[str, object]:
    return {
        "files": [
            {"file": file.file, "format": file.format, "tables": list(file.tables), "skipped": file.skipped}
            for file in report.files
        ],
        "missing": list(report.missing),
        "tables": sorted(report.manifest.tables),
    }
