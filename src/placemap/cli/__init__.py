"""The command line: options, print, exit code; nothing else. One short file a command.

Heavy imports stand inside the commands, so that `placemap --help` starts at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

from placemap import __version__

app = typer.Typer(
    name="placemap",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=("An integrated care system's places, in ONS geography, with the proof.\n\nExample: placemap build bnssg"),
    epilog="Exit codes: 0 clean, 2 usage, 3 cannot be read, 4 wrong, 5 changed (diff), 130 interrupted.",
)
data_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The reference tables.\n\nExample: placemap data import Downloads"
)
app.add_typer(data_app, name="data")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"placemap {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options of every command."""


# They enter their commands in `app`.
from placemap.cli import (  # noqa: E402
    build,  # noqa: F401
    compare,  # noqa: F401
    data,  # noqa: F401
    data_look,  # noqa: F401
    data_update,  # noqa: F401
    diff,  # noqa: F401
    explain,  # noqa: F401
    find,  # noqa: F401
    infer,  # noqa: F401
    look,  # noqa: F401
    new,  # noqa: F401
)
