"""What commands share: option types, how errors end a command, how tables and findings are printed."""

from __future__ import annotations

import functools
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from placemap.config.model import System
    from placemap.core.findings import Finding

P = ParamSpec("P")

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


def guarded(command: Callable[P, int | None]) -> Callable[P, None]:
    """Turn what a command raises and returns into messages and exit codes."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except PlacemapError as error:
            error_message(error)
            raise typer.Exit(int(error.exit_code)) from None
        except KeyboardInterrupt:
            message(INTERRUPTED)
            raise typer.Exit(int(Exit.INTERRUPTED)) from None
        raise typer.Exit(int(code or Exit.OK))

    return run


def message(text: str) -> None:
    """Print a message, to stderr."""
    typer.echo(text, err=True)


def error_message(error: PlacemapError) -> None:
    """Print why a command cannot go on, to stderr: each mistake on a line of its own, marked as one."""
    for one in getattr(error, "errors", [error]):
        message(f"error: {one}")


def print_lines(lines: Iterable[str]) -> None:
    """Print lines of a result, to stdout."""
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
    headers: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[int] = (), title: str = ""
) -> None:
    """Print a table to stdout; as wide as it must be where stdout is no terminal.

    Args:
        right: numbers of the columns that are aligned to the right.
        title: a line above it.
    """
    if title:
        typer.echo(title)
    lines = [[str(cell) for cell in row] for row in rows]
    plain = None if sys.stdout.isatty() else _plain_table(headers, lines, right)
    typer.echo(plain or _rich_table(headers, lines, right))


#: How wide a table may be where stdout is no terminal.
WIDE = 250


def _plain_table(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> str | None:
    """The table as rich would draw it, without the time that rich takes to load; None where cells must be folded."""
    every = [headers, *rows]
    widths = [max(len(line[number]) for line in every) for number in range(len(headers))]
    width = sum(widths) + 3 * (len(widths) - 1)
    if width + 2 > WIDE or any("\n" in cell or not cell.isprintable() for line in every for cell in line):
        return None

    def line(cells: Sequence[str]) -> str:
        parts = [
            cell.rjust(widths[number]) if number in right else cell.ljust(widths[number])
            for number, cell in enumerate(cells)
        ]
        return f" {'   '.join(parts)}".rstrip()

    return "\n".join(["", line(headers), f" {'─' * width}", *map(line, rows)])


def _rich_table(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else WIDE)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, header in enumerate(headers):
        table.add_column(Text(header), justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    # rich pads lines to the width of the table; trailing blanks would be noise in a file.
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().rstrip().splitlines())


def progress(items: Sequence[Any], describe: Callable[[Any], str]) -> Iterable[Any]:
    """Go through `items` with a progress bar on stderr, where that is a terminal and there are several."""
    with _bar(len(items)) as bar:
        for number, item in enumerate(items):
            if bar:
                bar(describe(item), number)
            yield item


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on stderr for work that says itself how much of it is done, where that is a terminal.

    Returns:
        what is called with how many are done, and of how many; None where there is no bar.
    """
    with _bar(None) as bar:
        yield (lambda done, of: bar(what, done, of)) if bar else None


@contextmanager
def _bar(total: int | None) -> Iterator[Callable[..., None] | None]:
    """What moves a bar on: its text, how many are done, and of how many; None without a terminal, or for one item."""
    if not sys.stderr.isatty() or (total is not None and total < 2):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda text, done, of=total: bar.update(task, description=text, completed=done, total=of)


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
            message(f"error: {error}")
    return systems


def each_once(systems: Iterable[System]) -> list[System]:
    """Configs of the same content once: a name and a path may mean the same."""
    return list({system.config_sha256: system for system in systems}.values())


def _with_path(error: PlacemapError, path: Path, name: str) -> PlacemapError:
    """The error with the file's whole path for one that was given as a path, so that editors can follow it."""
    if str(path) != name:
        return error
    for one in getattr(error, "errors", [error]):
        one.location = one.location.replace(path.name, name, 1)
    return error


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding for machines."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "message": finding.message,
        "subject": finding.subject,
        "place": finding.place,
        "location": finding.location,
        "lsoas": list(finding.lsoas),
        "people": None if finding.people is None else round(finding.people, 2),
        "next_step": finding.hint,
    }


def finding_lines(findings: Sequence[Finding], *, each: int = 3, rest: str = "findings.csv") -> list[str]:
    """Findings as lines of text: all errors; of every other code the number, the people, and the first few.

    Args:
        rest: where the others are to be found.
    """
    from placemap.core.findings import Severity

    lines: list[str] = []
    for code in dict.fromkeys(finding.code for finding in findings):
        group = [finding for finding in findings if finding.code == code]
        shown = group if group[0].severity == Severity.ERROR else group[:each]
        people = sum(finding.people or 0 for finding in group)
        count = f" ×{len(group)}" if len(group) > 1 else ""
        lines.append(f"{group[0].severity} {code}{count}" + (f" ({people:,.0f} people)" if people else ""))
        for finding in shown:
            lines.append(f"  {finding.location}: {finding.message}" if finding.location else f"  {finding.message}")
            if finding.hint != group[0].hint and finding.hint:
                lines.append(f"  → {finding.hint}")
        if len(group) > len(shown):
            lines.append(f"  … and {len(group) - len(shown)} more, in {rest}")
        hint = group[0].hint
        if hint:
            lines.append(f"  → {hint}")
    return lines
