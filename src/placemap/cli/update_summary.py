"""How `placemap data update` ends: each source, what is missing, what can be built now, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from placemap.cli.common import error_message, failure, message, print_table
from placemap.core.text import some

if TYPE_CHECKING:
    from placemap.sources.tables.requirements import Buildable, Requirement
    from placemap.sources.update_report import Result, UpdateReport

#: Systems, or sources, that are named one by one; more are counted.
SHOWN = 6


def print_summary(report: UpdateReport) -> None:
    """The table of sources and what can be built to stdout; failures and next steps to stderr."""
    _errors(report)
    print_table(["source", "outcome", "what it is"], [_row(result) for result in report.results])
    for result in report.results:
        for note in (*result.passed_over, *result.notes):
            message(f"{result.id}: {note}")
    typer.echo(f"changed tables: {', '.join(report.changed) or 'none'}")
    print_buildable(report.buildable)
    if report.failed:
        _by_hand(report)


def _errors(report: UpdateReport) -> None:
    """One line a host that cannot be talked to, one a download that failed by itself."""
    down = report.hosts_down
    for item in down:
        failure(f"error: {item.host}: {item.error.message} ({len(item.ids)} not fetched: {_some(list(item.ids))})")
    for hint in dict.fromkeys(item.error.hint for item in down):
        message(f"  → {hint}")
    stopped = {id for item in down for id in item.ids}
    for result in report.failed:
        if result.error and result.id not in stopped:
            error_message(result.error)
    for problem in report.problems:
        error_message(problem)


def _row(result: Result) -> tuple[str, str, str]:
    what = result.chosen
    if result.outcome == "failed":
        kept = "its old table stays in use" if result.had_table else "not there yet"
        what = f"{kept}; {result.target.unconfirmed}" if result.target.unconfirmed else kept
    return result.id, result.outcome, what


def print_buildable(items: Sequence[Buildable]) -> None:
    """Which systems a store can build, and what the others lack, to stdout; nothing where none is asked about."""
    if not items:
        return
    lacking = [item for item in items if item.lacks]
    if not lacking:
        typer.echo(f"can be built now: all {len(items)} systems")
        return
    ready = [item.system for item in items if not item.lacks]
    typer.echo(f"can be built now: {len(ready)} of {len(items)} systems{': ' + _some(ready) if ready else ''}")
    every = [lack for lack in lacking[0].lacks if all(lack in item.lacks for item in lacking)]
    if every:
        typer.echo(f"cannot be built: {_some([item.system for item in lacking])}, as the store lacks:")
    for lack in every:
        typer.echo(f"  {lack.label}")
    for lacks, systems in _by_lack(lacking, every):
        typer.echo(f"{'besides' if every else 'cannot be built'}: {_some(systems)}, for want of {'; '.join(lacks)}")


def _by_lack(lacking: Sequence[Buildable], known: list[Requirement]) -> list[tuple[tuple[str, ...], list[str]]]:
    """Systems that lack the same besides what is known, together."""
    found: dict[tuple[str, ...], list[str]] = {}
    for item in lacking:
        lacks = tuple(lack.label for lack in item.lacks if lack not in known)
        if lacks:
            found.setdefault(lacks, []).append(item.system)
    return sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def _by_hand(report: UpdateReport) -> None:
    hosts = ", ".join(report.endpoints.hosts)
    message(f"hosts that an update talks to, for whoever runs the network: {hosts}")
    message("by hand: save each under the name beside it, all in one folder, then `placemap data import FOLDER`")
    for item in report.by_hand:
        message(f"  {item.name}: {item.link}")


def _some(names: list[str]) -> str:
    return some(names, SHOWN, counted=True)


def as_json(report: UpdateReport) -> dict[str, Any]:
    """The same for machines."""
    return {
        "sources": [
            {
                "id": result.id,
                "outcome": result.outcome,
                "chosen": result.chosen,
                "passed_over": list(result.passed_over),
                "notes": list(result.notes),
                "error": None if result.error is None else str(result.error),
            }
            for result in report.results
        ],
        "changed": list(report.changed),
        "problems": [str(problem) for problem in report.problems],
        "missing": list(report.missing),
        "hosts_down": [{"host": item.host, "why": item.error.message} for item in report.hosts_down],
        "by_hand": [{"id": item.id, "link": item.link, "save_as": item.name} for item in report.by_hand],
        "systems": {item.system: [lack.label for lack in item.lacks] for item in report.buildable},
    }
