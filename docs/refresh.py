"""Write the generated parts of the documentation: commands, output columns, packaged tables.

`python docs/refresh.py` rewrites what stands between `<!-- begin X -->` and `<!-- end X -->`; with `--check` it
changes nothing and fails where something is out of date. The rest of each page is written by hand. What is counted
over all England is left as it is where the tables in use (`PLACEMAP_DATA`, or the user's cache) are not of all England.
"""

from __future__ import annotations

import inspect
import re
import sys
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
ROOT = DOCS.parent


@dataclass(frozen=True)
class Parameter:
    """An argument or option: its name in Python, its type, how typer is told to show it, its default."""

    name: str
    type: Any
    shown: Any
    default: Any

    @property
    def option(self) -> bool:
        """Whether it is an option rather than an argument."""
        return type(self.shown).__name__ == "OptionInfo"

    @property
    def names(self) -> list[str]:
        """The names that an option is given by."""
        # Inside `Annotated`, typer holds the first name in the field that is the default elsewhere.
        given = [self.shown.default, *(self.shown.param_decls or ())]
        words = [word for word in given if isinstance(word, str) and word.startswith("-")]
        declared = [name for word in words for name in word.split("/")]  # `--long/--wide`
        return declared or [f"--{self.name.replace('_', '-')}"]


@dataclass(frozen=True)
class Command:
    """A command: the words that call it, its help, its arguments and options."""

    path: str
    help: str
    parameters: tuple[Parameter, ...]


def commands() -> str:
    """Every command with its arguments and options, from the app itself."""
    from placemap.cli import load

    return "\n\n".join(_command(command) for command in walk(load(), "placemap"))


def walk(app: Any, path: str) -> Iterator[Command]:
    """A group and all commands under it, by name; hidden ones left out.

    Read from typer's declarations rather than from its help, which looks different from release to release.
    """
    yield Command(path, app.info.help, _parameters(app.registered_callback))
    found = [
        (info.name or info.callback.__name__.replace("_", "-"), info, None)
        for info in app.registered_commands
        if not info.hidden
    ]
    found += [(info.name, info, info.typer_instance) for info in app.registered_groups if not info.hidden]
    for name, info, group in sorted(found, key=lambda item: item[0]):
        if group is not None:
            yield from walk(group, f"{path} {name}")
        else:
            yield Command(f"{path} {name}", info.help or info.callback.__doc__ or "", _parameters(info))


def _parameters(info: Any) -> tuple[Parameter, ...]:
    if info is None or info.callback is None:
        return ()
    hints = typing.get_type_hints(info.callback, include_extras=True)
    found = []
    for name, parameter in inspect.signature(info.callback).parameters.items():
        plain, *extras = typing.get_args(hints[name]) or (hints[name],)
        shown = next((extra for extra in extras if hasattr(extra, "param_decls")), None)
        if shown is not None:
            default = None if parameter.default is parameter.empty else parameter.default
            found.append(Parameter(name, plain, shown, default))
    return tuple(found)


def _command(command: Command) -> str:
    parts = [f"{'#' * min(2 + command.path.count(' ') // 2, 3)} {command.path}", _help(command.help)]
    shown = [parameter for parameter in command.parameters if not parameter.shown.hidden]
    for label in ("argument", "option"):
        rows = [_row(parameter) for parameter in shown if parameter.option == (label == "option")]
        if rows:
            parts.append("\n".join([f"| {label} | |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def _help(text: str) -> str:
    """The help text; its example as a block that can be copied."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]
    return "\n\n".join(
        f"```sh\n{part.removeprefix('Example:').strip()}\n```" if part.startswith("Example:") else part
        for part in paragraphs
    )


def _row(parameter: Parameter) -> str:
    kind, shown = parameter.type, parameter.shown
    names = ", ".join(f"`{name}`" for name in parameter.names) if parameter.option else ""
    choices = [str(choice.value) for choice in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []
    value = shown.metavar or " or ".join(choices) or ("" if kind is bool else "VALUE")
    default = getattr(parameter.default, "value", parameter.default)
    note = f" Default: `{default}`." if kind is not bool and default not in (None, (), [], "") else ""
    return f"| {' '.join(filter(None, [names, _escaped(value)]))} | {_escaped(shown.help or '')}{note} |"


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def tables() -> str:
    """The columns of every table that a build writes, from a build of the first shipped example."""
    from placemap.commands.workspace import Workspace
    from placemap.config.load import load_system
    from placemap.reference.geography import Geography
    from placemap.reference.open_store import open_store

    system = load_system(ROOT / "configs" / "bnssg.yaml")
    workspace = Workspace(Geography(open_store(ROOT / "data")))
    outcome = workspace.build(system, system.footprints[system.default_footprint])
    return "\n\n".join(_table(table.name, table.schema) for table in outcome.tables)


def _table(name: str, schema: Any) -> str:
    key = f" One row for each {' + '.join(f'`{column}`' for column in schema.key)}." if schema.key else ""
    head = [f"### {name}", "", f"{schema.title}.{key}", "", "| column | holds | meaning |", "|---|---|---|"]
    return "\n".join([*head, *_column_rows(schema)])


def _column_rows(schema: Any) -> list[str]:
    return [f"| {column.name} | {column.type} | {_escaped(column.description)} |" for column in schema.columns]


def profile_columns() -> str:
    """The columns of a profile."""
    from placemap.outputs.profile import PROFILE

    return "\n".join(["| column | holds | meaning |", "|---|---|---|", *_column_rows(PROFILE)])


def packaged() -> str:
    """The packaged reference tables, from their manifest."""
    from placemap.reference.open_store import open_store

    entries = open_store(ROOT / "data").manifest.tables.values()
    head = ["| table | source | publisher | vintage | rows |", "|---|---|---|---|---:|"]
    rows = [f"| `{e.name}` | {_escaped(e.title)} | {e.publisher} | {e.vintage} | {e.rows:,} |" for e in entries]
    return "\n".join([*head, *rows])


def systems() -> list[Any]:
    """The shipped systems, in order of their names."""
    from placemap.config.load import load_system

    found = [load_system(path) for path in sorted((ROOT / "configs").glob("*.yaml"))]
    return sorted(found, key=lambda system: system.name)


def overview() -> str:
    """A line a system."""
    import atlas_page

    return atlas_page.overview(systems())


def sections() -> str:
    """A section a system: places, evidence, caveats."""
    import atlas_page

    return atlas_page.sections(systems())


@cache
def england() -> tuple[Any, Any] | None:
    """All places of England with the workspace that they were resolved in; None without tables of all England."""
    from placemap.commands.england import england_systems, resolved_england
    from placemap.commands.workspace import open_workspace

    workspace = open_workspace()
    return (resolved_england(workspace, england_systems()), workspace) if workspace.geography.all_england else None


def councils() -> str | None:
    """How many places are a council."""
    import checks_page

    return checks_page.councils(*found) if (found := england()) else None


def boards() -> str | None:
    """How the areas of health and wellbeing boards lie to the places."""
    import checks_page

    return checks_page.boards(found[0]) if (found := england()) else None


def own_practice() -> str | None:
    """Who uses practices of their own place."""
    import checks_page

    return checks_page.own_practice(found[0]) if (found := england()) else None


GENERATED: dict[tuple[str, str], Callable[[], str | None]] = {
    ("commands/profile.md", "columns"): profile_columns,
    ("method/atlas-checks.md", "councils"): councils,
    ("method/atlas-checks.md", "boards"): boards,
    ("method/atlas-checks.md", "own-practice"): own_practice,
    ("method/atlas.md", "overview"): overview,
    ("method/atlas.md", "systems"): sections,
    ("reference/cli.md", "commands"): commands,
    ("reference/outputs.md", "tables"): tables,
    ("reference/packaged-tables.md", "packaged"): packaged,
}


def refreshed(page: str, text: str) -> str:
    """The text of a page, named by its path below docs, with its generated parts made anew.

    Raises:
        ValueError: the page has lost the marks of a generated part.
    """
    for (name, mark), make in GENERATED.items():
        if name != page:
            continue
        begin, end = f"<!-- begin {mark} -->", f"<!-- end {mark} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"{page}: expected `{begin}` and `{end}`, once each")
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        made = make()
        if made is None:
            continue
        text = f"{before}{begin}\n\n{made}\n\n{end}{after}"
    return text


def main(check: bool) -> int:
    """Rewrite or check all pages; the number of pages that were out of date when checking."""
    stale = []
    for page in sorted({name for name, _ in GENERATED}):
        path = DOCS / page
        old = path.read_text(encoding="utf-8")
        new = refreshed(page, old)
        if new != old:
            stale.append(page)
            if not check:
                path.write_text(new, encoding="utf-8", newline="\n")
    if stale:
        verb = "out of date, run `make docs`" if check else "rewritten"
        sys.stdout.write("".join(f"docs/{page}: {verb}\n" for page in stale))
    return len(stale) if check else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
