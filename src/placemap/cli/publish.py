"""`placemap publish`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placemap.cli import app
from placemap.cli.common import (
    DataOption,
    Grade,
    JsonOption,
    MeasureOption,
    MinGradeOption,
    guarded,
    message,
    print_json,
    print_text,
)
from placemap.cli.england import systems_of
from placemap.cli.live import working
from placemap.cli.on_demand import DownloadOption, fetch_missing
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit, PlacemapError


@app.command()
@guarded
def publish(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder, which is replaced as a whole.")] = Path(
        "published"
    ),
    data: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    min_grade: MinGradeOption = Grade.C,
    download: DownloadOption = False,
    as_json: JsonOption = False,
) -> int:
    """Write the places of England as one folder that a web server, a release or an archive takes as it is.

    Tables, outlines, a report, a page for each place, a search, and how to cite it.

    Example: placemap publish --out published
    """
    from placemap.commands.data import shipped_systems
    from placemap.commands.publish import publish as published
    from placemap.commands.workspace import open_workspace

    _refuse_around(out)
    fetch_missing(shipped_systems(), data, "publish", download=download)
    workspace = open_workspace(data, measure, min_grade=min_grade.value)
    with working("opening the tables") as line:

        def say(text: str) -> None:
            if line:
                line.text, line.done, line.total = text, None, None

        done = published(workspace, systems_of(workspace), out, min_grade=min_grade.value, say=say)
    left_out = [system.id for system in done.outcome.left_out]
    if as_json:
        print_json({"folder": str(out), "files": done.files, "bytes": done.size, "left_out": left_out})
        return Exit.OK
    print_text(f"{out}: {done.files:,} files, {done.size / 1e6:.1f} MB; open {out / 'index.html'}")
    if left_out:
        message(f"left out for their evidence: {', '.join(left_out)}")
    return Exit.OK


def _refuse_around(out: Path) -> None:
    """Refuse the folder that the user is in, or one above it: replaced as a whole, it would go from under their feet.

    Raises:
        PlacemapError: so.
    """
    if Path.cwd().is_relative_to(out.resolve()):
        raise PlacemapError(
            "--out is replaced as a whole, and you are in it",
            location=str(out),
            hint="name a folder below this one, such as --out published, or go elsewhere first",
            exit_code=Exit.USAGE,
        )
