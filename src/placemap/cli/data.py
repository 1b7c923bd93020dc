"""`placemap data …`: the reference tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placemap.cli import data_app
from placemap.cli import describe_measure as given
from placemap.cli.common import (
    DataOption,
    JsonOption,
    error_message,
    guarded,
    message,
    print_json,
    print_table,
)
from placemap.cli.update_summary import print_buildable
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from placemap.sources.import_files import ImportReport
    from placemap.sources.pack import Packed


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
            "--as",
            metavar="[FILE=]MEASURE",
            help="What a file of people holds, where it cannot tell; measure:NAME for any figures by LSOA or practice, "
            "to be shown by `placemap profile`; repeatable.",
        ),
    ] = None,
    title: given.TitleOption = "",
    publisher: given.PublisherOption = "",
    licence: given.LicenceOption = "",
    vintage: given.VintageOption = "",
    url: given.UrlOption = "",
    by: given.ByOption = "",
    sheet: given.SheetOption = None,
    columns: given.ColumnsOption = None,
    over: given.OverOption = "",
    blanks: given.BlanksOption = None,
    as_json: JsonOption = False,
) -> int:
    """Make reference tables from official files that were downloaded by hand.

    Example: placemap data import Downloads/ons --to my-store
    """
    from placemap.commands.data import buildable_systems, import_data, install_pack, is_pack

    if len(paths) == 1 and is_pack(paths[0]):
        print_packed(install_pack(str(paths[0]), to), as_json=as_json)
        return Exit.OK
    said = _measures(measures or [], paths)
    described = given.description(
        said, (title, publisher, licence, vintage), url, by, sheet, columns or [], over, blanks or []
    )
    report = import_data(paths, to, configs or [], said, described)
    if as_json:
        print_json(_as_json(report))
    else:
        _print(report)
        if _are_measures(report):
            message("next: placemap profile SYSTEM, or placemap report SYSTEM --profile", whole=True)
        elif not configs and not report.missing:
            print_buildable(buildable_systems(report.manifest))
    for error in report.errors:
        error_message(error)
    return max((error.exit_code for error in report.errors), default=Exit.OK)


@data_app.command()
@guarded
def pack(
    to: Annotated[Path, typer.Argument(metavar="FILE.zip", help="The file to write.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Write the store in use into one file, for machines that cannot fetch it: `data import FILE.zip` takes it there.

    Example: placemap data pack england.zip
    """
    from placemap.commands.data import pack_data

    packed = pack_data(to, data)
    if as_json:
        print_json({"file": str(to), "tables": sorted(packed.manifest.tables)})
    else:
        message(f"{packed.tables} tables written to {to}")
    return Exit.OK


def print_packed(packed: Packed, *, as_json: bool) -> None:
    """Say what was taken over from a pack."""
    if as_json:
        print_json({"tables": sorted(packed.manifest.tables), "kept": list(packed.kept)})
        return
    message(f"{packed.tables} tables taken over, each with the hashes that the manifest says")
    if packed.kept:
        message(f"kept, as the pack does not give them: {', '.join(packed.kept)}")


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
    for file in report.files:
        for note in file.notes:
            message(f"{file.file}: {note}")
    if report.missing:
        message("`placemap build` still needs:")
    for label in report.missing:
        message(f"  {label}")


def _as_json(report: ImportReport) -> dict[str, object]:
    return {
        "files": [
            {
                "file": file.file,
                "format": file.format,
                "tables": list(file.tables),
                "skipped": file.skipped,
                "notes": list(file.notes),
            }
            for file in report.files
        ],
        "refused": [str(error) for error in report.errors],
        "missing": list(report.missing),
        "tables": sorted(report.manifest.tables),
    }


def _are_measures(report: ImportReport) -> bool:
    """Whether all that was taken is figures for profiles."""
    from placemap.sources.formats.profile import FORMAT

    return {file.format for file in report.files if file.tables} == {FORMAT}
