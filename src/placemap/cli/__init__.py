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


from placemap.cli import (  # noqa: E402 - they enter their commands in `app`
    apply,
    build,
    data,
    data_look,
    data_update,
    foi,
    look,
    map,
    report,
)
