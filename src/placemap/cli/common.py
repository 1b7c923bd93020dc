"""What commands share: option types, how errors end a command, how tables and findings are printed."""

from __future__ import annotations

import functools
import inspect
import json
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placemap.cli.live import above
from placemap.cli.terminal import in_colour, is_quiet, painted, saying, width_of, wrapped
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from placemap.config.model import System

INTERRUPTED = "Interrupted. Every folder that was written is complete; nothing is half done."

SystemsArgument = Annotated[
    list[str], typer.Argument(metavar="SYSTEM…", help="A system's name (`placemap list`) or the path of a config.")
]
AnySystemsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="SYSTEM…", help="A system's name (`placemap list`) or the path of a config."),
]
SystemArgument = Annotated[
    str, typer.Argument(metavar="SYSTEM", help="A system's name (`placemap list`) or the path of a config.")
]
FootprintOption = Annotated[
    list[str] | None,
    typer.Option(
        "--footprint", "-f", metavar="ID", help="A footprint of it; repeatable. Default: the system's default."
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="All footprints of the system.")]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Reference store to use instead of the cached or packaged one."),
]
MeasureOption = Annotated[
    str,
    typer.Option(
        "--measure", metavar="NAME", help="The residents that shares are taken by, such as residents_mid_2022."
    ),
]
VintageOption = Annotated[
    list[str] | None,
    typer.Option("--vintage", metavar="KIND=YEAR", help="A vintage to use, such as ward=2025; repeatable."),
]
AsOfOption = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="Use the vintages, PCN members and footprint of that day.")
]
LockedOption = Annotated[bool, typer.Option("--locked", help="Refuse other tables than those of placemap.lock.")]


class Grade(StrEnum):
    """Strength of evidence."""

    A = "A"
    B = "B"
    C = "C"


MinGradeOption = Annotated[
    Grade, typer.Option("--min-grade", help="Refuse footprints with weaker evidence: A is strongest, C takes all.")
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Fail on warnings, too.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


QuietOption = Annotated[bool, typer.Option("--quiet", help="Say nothing on stderr but errors.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Show every finding, not the first of each code.")]


def guarded(command: Callable[..., int | None]) -> Callable[..., None]:
    """Turn what a command raises and returns into messages and exit codes; every command gets --quiet and --verbose."""

    @functools.wraps(command)
    def run(*args: Any, quiet: bool = False, verbose: bool = False, **kwargs: Any) -> None:
        try:
            with saying(quiet=quiet, verbose=verbose):
                code = command(*args, **kwargs)
        except PlacemapError as error:
            error_message(error)
            raise typer.Exit(int(error.exit_code)) from None
        except KeyboardInterrupt:
            message(INTERRUPTED)
            raise typer.Exit(int(Exit.INTERRUPTED)) from None
        raise typer.Exit(int(code or Exit.OK))

    _with_options(run, command, {"quiet": QuietOption, "verbose": VerboseOption})
    return run


def _with_options(run: Callable[..., None], command: Callable[..., int | None], options: dict[str, Any]) -> None:
    """Give a wrapped command further options in the place where typer looks for them."""
    declared = inspect.signature(command, eval_str=True)
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=option)
        for name, option in options.items()
    ]
    run.__signature__ = declared.replace(parameters=[*declared.parameters.values(), *more])  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, **options}


def message(text: str, *, whole: bool = False) -> None:
    """Print a message, to stderr, wrapped where that is a terminal; nothing with `--quiet`.

    Args:
        whole: leave each line whole, so that it can be copied.
    """
    if not is_quiet():
        failure(text, whole=whole)


def failure(text: str, *, whole: bool = False) -> None:
    """Print why a command fails, to stderr, also with `--quiet`; as `message` does."""
    width = None if whole else width_of(sys.stderr)
    lines = [wrapped(line, width, hanging="    ") for line in text.split("\n")]
    with above():
        typer.echo(_coloured("\n".join(lines)), err=True, color=in_colour(sys.stderr))


def _coloured(text: str) -> str:
    word, mark, rest = text.partition(":")
    return f"{painted(word + mark, word)}{rest}" if mark and word == "error" else text


def error_message(error: PlacemapError) -> None:
    """Print why a command cannot go on, to stderr: each mistake on a line of its own, marked as one."""
    for one in getattr(error, "errors", [error]):
        failure(f"error: {one}")


def print_lines(lines: Iterable[str]) -> None:
    """Print lines of a result, to stdout."""
    with above():
        for line in lines:
            typer.echo(line)


def print_json(value: Any) -> None:
    """Print a result for machines, to stdout."""
    knows_all = (sys.stdout.encoding or "").lower().startswith("utf")
    typer.echo(json.dumps(value, indent=2, ensure_ascii=not knows_all, allow_nan=False))


def rounded(value: Any) -> Any:
    """A result with figures rounded to 6 decimals, and what is no number (NaN, infinity) as None, for `print_json`."""
    if isinstance(value, dict):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def print_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Sequence[int] = (),
    title: str = "",
    heads: int = 1,
) -> None:
    """Print a table to stdout; as wide as it must be where stdout is no terminal.

    Args:
        right: numbers of the columns that are aligned to the right.
        title: a line above it.
        heads: how many columns become headings of the others where the terminal is too narrow for all.
    """
    from placemap.cli.tables import table_text

    width = width_of(sys.stdout)
    lines = [[str(cell) for cell in row] for row in rows]
    if title:
        print_text(title)
    print_lines([table_text(headers, lines, right, width, heads)])


def print_text(text: str, *, indent: str = "", hanging: str | None = None) -> None:
    """Print a paragraph of a result to stdout, wrapped where that is a terminal."""
    print_lines(wrapped(line, width_of(sys.stdout), indent=indent, hanging=hanging) for line in text.split("\n"))


def refuse_existing(path: Path) -> None:
    """Refuse to write a config that people edit over another.

    Raises:
        PlacemapError: there is a file of that name, which may hold work.
    """
    if path.exists():
        raise PlacemapError(
            "the file exists; it may hold work", location=str(path), hint="choose another name with --out"
        )


def write_new(path: Path, text: str) -> None:
    """Write a config that people will edit, and no other than a new one; raises what `refuse_existing` raises."""
    from placemap.core.files import write_whole

    refuse_existing(path)
    write_whole(path, text)


def load(name: str) -> System:
    """The system that a name or path means; messages name the file as the user did."""
    from placemap.config.find_config import config_path
    from placemap.config.load import load_system

    path = config_path(name)
    try:
        return load_system(path)
    except PlacemapError as error:
        raise _with_path(error, path, name) from None


def load_systems(names: Sequence[str]) -> list[System]:
    """The systems of the names or paths given; without any, all that there are configs for.

    Configs that cannot be read are reported and left out where none was asked for by name.
    """
    from placemap.config.find_config import all_configs
    from placemap.config.load import load_system

    if names:
        return [load(name) for name in names]
    systems = []
    for path in all_configs().values():
        try:
            systems.append(load_system(path))
        except PlacemapError as error:
            error_message(error)
    return systems


def each_once(systems: Iterable[System]) -> list[System]:
    """Configs of the same content once: a name and a path may mean the same."""
    return list({system.config_sha256: system for system in systems}.values())


def _with_path(error: PlacemapError, path: Path, name: str) -> PlacemapError:
    """The error with the file's whole path for one that was given as a path, so that editors can follow it."""
    if str(path) != name:
        return error
    for one in getattr(error, "errors", [error]):
        if one.location.startswith(path.name):
            one.location = one.location.replace(path.name, name, 1)
        elif one.location:  # another file of the system, in the same folder
            one.location = str(path.parent / one.location)
    return error
