"""`placemap data status`, `verify`, `diff` and `lock`: what the reference tables are, and what changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placemap.cli import data_app
from placemap.cli.common import (
    AsOfOption,
    DataOption,
    JsonOption,
    VintageOption,
    guarded,
    message,
    print_json,
    print_table,
    print_text,
)
from placemap.cli.findings import finding_json, show_findings
from placemap.core.errors import Exit

if TYPE_CHECKING:
    from placemap.reference.status import TableStatus

StateArgument = Annotated[
    str,
    typer.Argument(metavar="[STATE]", help="A store's folder, a day (2022-04-01), or FOLDER@DAY.", show_default=False),
]


@data_app.command()
@guarded
def status(data: DataOption = None, as_json: JsonOption = False) -> int:
    """Show which reference tables there are, how old they are, and which are in use and why.

    Example: placemap data status
    """
    from placemap.commands.data import data_status

    folder, why, tables = data_status(data)
    if as_json:
        print_json({"store": str(folder), "why": why, "tables": [_status_json(table) for table in tables]})
        return Exit.OK
    print_text(f"{folder}: {why}")
    rows = [
        (t.entry.name, t.entry.title, t.entry.vintage, _age(t.age_months), f"{t.entry.rows:,}", t.entry.coverage, t.use)
        for t in tables
    ]
    print_table(["table", "source", "vintage", "age", "rows", "covers", "used"], rows, right=(3, 4), heads=2)
    return Exit.OK


def _age(months: int) -> str:
    return f"{months // 12} y {months % 12} m" if months >= 12 else f"{months} m"


def _status_json(table: TableStatus) -> dict[str, Any]:
    entry = table.entry
    return {
        "name": entry.name,
        "source": entry.source,
        "title": entry.title,
        "vintage": entry.vintage,
        "age_months": table.age_months,
        "rows": entry.rows,
        "covers": entry.coverage,
        "used": table.use,
        "retrieved": table.retrieved or None,
        "content_sha256": entry.content_sha256,
    }


@data_app.command()
@guarded
def verify(data: DataOption = None, as_json: JsonOption = False) -> int:
    """Check every reference table: hash, columns, key, total, and what one table says against another.

    Example: placemap data verify
    """
    from placemap.commands.data import verify_data
    from placemap.core.findings import exit_code_of, tally

    where, tables, findings = verify_data(data)
    code = exit_code_of(findings)
    if as_json:
        print_json({"store": where, "tables": tables, "findings": [finding_json(finding) for finding in findings]})
        return code
    show_findings(findings)
    found = "no problem" if not findings else tally(findings)
    typer.echo(f"{where}: {tables} tables, {found}")
    return code


@data_app.command()
@guarded
def diff(old: StateArgument = "", new: StateArgument = "", data: DataOption = None, as_json: JsonOption = False) -> int:
    """Show what changed between two states of the reference tables, and which places it touches.

    Without states: the store before the last update (else the packaged tables) against the store in use.

    Example: placemap data diff 2022-04-01 2026-08-01
    """
    from dataclasses import asdict

    from placemap.analysis.reference_diff_text import as_markdown
    from placemap.commands.data import diff_data

    found = diff_data(old, new, data)
    if as_json:
        print_json(asdict(found))
    else:
        typer.echo(as_markdown(found), nl=False)
    return Exit.CHANGED if found.any else Exit.OK


@data_app.command()
@guarded
def lock(
    systems: Annotated[
        list[str] | None, typer.Argument(metavar="[SYSTEM…]", help="Systems to lock. Default: all that `list` shows.")
    ] = None,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to write it.")] = Path("placemap.lock"),
    data: DataOption = None,
    vintage: VintageOption = None,
    as_of: AsOfOption = "",
) -> int:
    """Write placemap.lock: the tables, vintages and hashes that `build --locked` will insist on.

    Example: placemap data lock
    """
    from placemap.commands.data import write_lock_for

    found = write_lock_for(systems or [], to, data, vintages=vintage or [], as_of=as_of)
    message(f"{len(found.tables)} tables locked in {to}")
    return Exit.OK
