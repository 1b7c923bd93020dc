"""`placemap find`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from placemap.cli import app
from placemap.cli.common import DataOption, JsonOption, guarded, load_systems, message, print_json, print_table
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from placemap.analysis.find import Hit
    from placemap.reference.look_up import NamedUnit


@app.command()
@guarded
def find(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A name or a part of it, or a code or its start.")],
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", "-k", metavar="KIND", help="Look for this kind only, such as ward; repeatable."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to show at most.")] = 20,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Look up units and places by name or code.

    Example: placemap find "Weston-super-Mare" --kind ward
    """
    from placemap.analysis.find import ORDER
    from placemap.analysis.find import find as find_units
    from placemap.commands.workspace import open_workspace
    from placemap.core.codes import KINDS
    from placemap.reference.look_up import unknown_code

    for one in kind or []:
        if one not in ORDER:
            raise PlacemapError(
                f"there is no kind `{one}`", hint=f"the kinds are {', '.join(ORDER)}", exit_code=Exit.USAGE
            )
    geography = open_workspace(data).geography
    hits = find_units(text, geography, load_systems([]), kinds=kind or [], limit=limit)
    if as_json:
        print_json([_json(hit) for hit in hits])
        return Exit.OK
    if not hits and any(one.pattern.fullmatch(text.strip().upper()) for one in KINDS.values()):
        message(str(unknown_code(text.strip().upper(), geography)))
        return Exit.OK
    if not hits:
        where = (
            "" if geography.all_england else " in the packaged tables; `placemap data update` to look in all England"
        )
        message(f"nothing called or coded like `{text}`{where}")
        return Exit.OK
    rows = [
        (hit.entry.kind, hit.entry.code, hit.entry.name, ", ".join(hit.entry.vintages), _about(hit)) for hit in hits
    ]
    print_table(("kind", "code", "name", "vintages", "where, or what became of it"), rows)
    if len(hits) == limit:
        message(f"the best {limit}; --limit shows more, --kind looks for one kind")
    return Exit.OK


def _about(hit: Hit) -> str:
    """The note of an entry and what it lies in; one of the two is all that most have."""
    state = hit.entry.note if hit.entry.alive else f"not in use; {hit.entry.note}".rstrip("; ")
    known = {parent.code: _short(parent) for parent in hit.parents if parent.kind != "icb"}
    return " · ".join([*([state] if state else []), *known.values()])


def _short(parent: NamedUnit) -> str:
    """A name as a cell has room for: a sub-ICB location goes by its NHS code, which its long name ends with."""
    return f"sub-ICB {parent.name.rsplit(' - ', 1)[-1]}" if parent.kind == "sub_icb" else parent.name


def _json(hit: Hit) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(hit.entry), "score": hit.score, "parents": [asdict(parent) for parent in hit.parents]}
