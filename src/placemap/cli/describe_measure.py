"""Options of `placemap data import --as measure:NAME`: what a table of figures is, given or asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from placemap.cli.on_demand import can_ask
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from placemap.sources.formats.profile import Description

TitleOption = Annotated[str, typer.Option("--title", metavar="TEXT", help="Of a measure: what its publisher calls it.")]
PublisherOption = Annotated[str, typer.Option("--publisher", metavar="TEXT", help="Of a measure: who published it.")]
LicenceOption = Annotated[
    str,
    typer.Option("--licence", metavar="TEXT", help="Of a measure: its licence; OGL for the Open Government Licence."),
]
VintageOption = Annotated[
    str, typer.Option("--vintage", metavar="YEAR", help="Of a measure: the year or month (2025-10) that it is of.")
]
UrlOption = Annotated[str, typer.Option("--url", metavar="URL", help="Of a measure: where it is to be had.")]
ByOption = Annotated[str, typer.Option("--by", metavar="COLUMN", help="Of a measure: the column of codes.")]
SheetOption = Annotated[
    str | None, typer.Option("--sheet", metavar="NAME", help="Of a measure in a workbook: its sheet.")
]
ColumnsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="TITLE[=KIND[/OTHER]]",
        help="Of a measure: take this column, or all that begin so, and no others. KIND is count, proportion or "
        "percentage (of the column OTHER), score, rank, decile or quintile, where its title does not say. Repeatable.",
    ),
]
OverOption = Annotated[
    str, typer.Option("--over", metavar="COLUMN", help="Of a measure: the column that all counts are parts of.")
]
BlanksOption = Annotated[
    list[str] | None,
    typer.Option("--blank", metavar="TEXT", help="Of a measure: what stands for no figure, such as *; repeatable."),
]
#: What is asked for at a terminal where it is not given.
_ASKED = {
    "title": "What does the publisher call it",
    "publisher": "Who published it",
    "licence": "Under which licence (OGL for the Open Government Licence)",
    "vintage": "Which year or month is it of (2025, 2025-10)",
}


def description(
    measures: Mapping[str, str],
    said: tuple[str, str, str, str],
    url: str,
    by: str,
    sheet: str | None,
    columns: Sequence[str],
    over: str,
    blanks: Sequence[str],
) -> Description | None:
    """What is said of the one file that `--as measure:NAME` is about; None where there is none.

    Args:
        measures: by file name, what it holds.
        said: title, publisher, licence and vintage; empty where not given.

    Raises:
        PlacemapError: options of a measure are given for none, or for several at once.
    """
    from placemap.sources.formats.profile import AS_MEASURE, Description

    found = Description(*said, url, by, sheet, tuple(columns), over, tuple(blanks))
    files = [file for file, measure in measures.items() if measure.startswith(AS_MEASURE)]
    if not files and found != Description():
        raise PlacemapError(
            "those options describe a measure, and no file is said to be one",
            hint="add --as measure:NAME, such as --as measure:imd",
            exit_code=Exit.USAGE,
        )
    if len(files) > 1:
        raise PlacemapError(
            f"{len(files)} files are measures, and what is said would be of all of them",
            hint="import them one by one",
            exit_code=Exit.USAGE,
        )
    return _asked(found, files[0]) if files else None


def _asked(found: Description, file: str) -> Description:
    """The description, completed by whoever sits at the terminal."""
    if not found.missing or not can_ask():
        return found
    answers = {name: typer.prompt(f"{file}: {_ASKED[name]}", err=True) for name in found.missing}
    return replace(found, **answers)
