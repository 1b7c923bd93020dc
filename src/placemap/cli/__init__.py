"""The command line: options, print, exit code; nothing else. One short file a command.

Heavy imports stand inside the commands, so that `placemap --help` starts at once.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from copy import copy
from typing import Annotated, Any

import typer

from placemap.cli.plain_values import Command, Group
from placemap.core.installed import __version__


class _Commands(typer.Typer):
    """Commands whose values are converted plainly."""

    def command(self, name: str | None = None, **how: Any) -> Callable[[Any], Any]:
        """Enter a command."""
        return super().command(name, cls=Command, **how)


app = _Commands(
    name="placemap",
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=("An integrated care system's places, in ONS geography, with the proof.\n\nExample: placemap build bnssg"),
    epilog="Exit codes: 0 clean, 1 a bug, 2 usage, 3 cannot be read, 4 wrong, 5 changed (diff), 130 interrupted.",
)
data_app = _Commands(
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The reference tables.\n\nExample: placemap data import Downloads",
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
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a bug; may stand anywhere.")] = False,
) -> None:
    """Options of every command; `__main__` takes --debug out before they are read."""


#: The modules that enter a command in `app` (or in `data_app`), by the command's name, in the order of the help.
MODULES: dict[str, tuple[str, ...]] = {
    "apply": ("apply",),
    "build": ("build",),
    "check": ("build",),
    "compare": ("compare",),
    "diff": ("diff",),
    "explain": ("explain",),
    "find": ("find",),
    "foi": ("foi",),
    "infer": ("infer",),
    "list": ("list_show",),
    "show": ("list_show",),
    "schema": ("list_show",),
    "map": ("map",),
    "new": ("new",),
    "publish": ("publish",),
    "profile": ("profile",),
    "report": ("report",),
    "data": ("data", "data_status", "data_update"),
}


def load(command: str = "") -> typer.Typer:
    """The app with one command, or with all where `command` is none of them (for help, completion, slips of the pen).

    Typer looks at every parameter of every command it knows; one command starts in half the time of all.
    """
    names = (command,) if command in MODULES else tuple(MODULES)
    for name in names:
        for module in MODULES[name]:
            importlib.import_module(f"placemap.cli.{module}")
    return _in_words(app) if command == "--help" else app


def _in_words(commands: typer.Typer) -> typer.Typer:
    """The same commands without their parameters, which a list of them does not show."""
    shown = copy(commands)
    shown.registered_commands = [copy(info) for info in commands.registered_commands]
    for info in shown.registered_commands:
        info.callback = _named_like(info.callback)
    shown.registered_groups = [copy(info) for info in commands.registered_groups]
    for group in shown.registered_groups:
        group.typer_instance = group.typer_instance and _in_words(group.typer_instance)
    return shown


def _named_like(command: Any) -> Callable[[], None]:
    def without_parameters() -> None:
        """Nothing."""

    without_parameters.__name__, without_parameters.__doc__ = command.__name__, command.__doc__
    return without_parameters
