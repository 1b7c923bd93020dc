"""What `placemap apply` prints."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import typer

from placemap.cli.common import failure, message, print_table
from placemap.cli.findings import finding_json, show_findings
from placemap.core.codes import KINDS
from placemap.core.errors import Exit
from placemap.core.fine_kinds import FINE_KINDS
from placemap.core.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from placemap.apply.measures import Measure
    from placemap.apply.reconcile import Reconciliation, ReconciliationLine
    from placemap.apply.run import Applied
    from placemap.apply.tiers import Tiers
    from placemap.commands.apply import Applier
    from placemap.core.findings import Finding

#: Places that are named where figures are left blank; the reconciliation has them all.
MOST_BLANKED = 20


def print_sql(applier: Applier, dialect: str) -> None:
    """Print the statements, each under what it is."""
    for title, statement in zip(
        (
            "figures by place",
            "what is out of area, by footprint",
            "codes that the reference does not have",
            "what is in the scope but in no place, by footprint",
        ),
        applier.sql(dialect),
        strict=True,
    ):
        typer.echo(f"-- {title}\n{statement};\n")


def strict_code(applied: Applied, percent: float | None) -> Exit:
    """The exit code of a result: whether more is lost than `--strict` allows."""
    if percent is None:
        return Exit.OK
    if applied.loss <= percent:
        return Exit.OK
    failure(f"error: {applied.lost(percent)}; --strict allows {percent:g}%")
    return Exit.WRONG


def _figure(value: float | str | None) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        return value
    if abs(value - round(value)) < 5e-7:  # as in a CSV, with six digits
        return f"{round(value):,}"
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.4f}"


def print_result(table: Any) -> None:
    """Print the figures by place."""
    titles = [title for title in table.schema.names if title not in ("ICSID", "FOOTPRINT")]
    numbers = {column.name for column in table.schema.columns if column.type in ("int", "number")}
    rows = [
        [_figure(value) if title in numbers else value for title, value in zip(titles, row, strict=True)]
        for row in table.frame[titles].itertuples(index=False)
    ]
    print_table(titles, rows, right=[number for number, title in enumerate(titles) if title in numbers])


def print_reconciliations(applied: Applied) -> None:
    """Print where all rows went, by footprint."""
    from placemap.apply.publish_rule import MARK

    for item in applied.reconciliations:
        lines = [line for line in item.lines if line.rows or any(line.totals)]
        print_table(
            ["", "rows", *item.titles],
            [_line(line, blank=MARK if item.is_published else "") for line in (item.total, *lines)],
            right=range(1, 2 + len(item.titles)),
            title=f"Reconciliation, {item.ics} {item.footprint}: in = {' + '.join(line.outcome for line in lines)}",
        )


def _say_blanked(applied: Applied) -> None:
    """Say which figures are left blank, as the data cover too little of the place."""
    for item in applied.reconciliations:
        by_measure: dict[str, list[str]] = {}
        for one in item.blanked:
            group = f", {one.group}" if one.group else ""
            # Rounded down, so that 98.9% does not read as the 99% that were asked for.
            covered = f" ({math.floor(one.coverage * 100 + 1e-9)}% covered)" if one.coverage == one.coverage else ""
            by_measure.setdefault(one.measure, []).append(f"{one.name}{group}{covered}")
        for measure, places in by_measure.items():
            more = f" and {len(places) - MOST_BLANKED:,} more" if len(places) > MOST_BLANKED else ""
            message(
                f"left blank, {item.ics} {item.footprint}: `{measure}` of {'; '.join(places[:MOST_BLANKED])}{more}, as "
                "--min-coverage asks"
            )


def _line(line: ReconciliationLine, *, blank: str) -> list[str]:
    return [line.outcome, *(_figure(figure) or blank for figure in (line.rows, *line.totals))]


def say(applied: Applied, out: Path | None, *, told: Sequence[str]) -> None:
    """Say how the result was made, and what to know of it.

    Args:
        out: the file that it was written to.
        told: what codes that were not placed are.
    """
    codes = FINE_KINDS[applied.kind].plural if applied.kind in FINE_KINDS else f"{KINDS[applied.kind].label} codes"
    of = "in LSOAs of" if applied.kind in FINE_KINDS else "of"
    held = ", ".join(f"{counted(rows, 'row')} {of} {vintage}" for vintage, rows in applied.vintages.items())
    message(f"by column `{applied.by}`, {codes}" + ("" if applied.rule else f": {held or 'none that placemap knows'}"))
    message(f"placed: {applied.method}")
    warn(applied.findings)
    for note in applied.notes:
        message(f"note: {note}")
    _say_blanked(applied)
    if applied.account is not None:
        for note in applied.account.notes():
            message(f"file: {note}")
    if applied.unknown:
        shown = ", ".join(f"{code!r} ×{rows:,}" for code, rows in applied.unknown[:5])
        message(f"unknown codes: {len(applied.unknown):,}, most often {shown}")
    for line in told:
        message(line)
    if applied.rule:
        held_back = len(applied.held_back)
        message(f"held back: {counted(held_back, 'figure')}{_where_told(out)}" if held_back else "held back: nothing")
    if out is not None:
        message(f"written to {out}")


def _where_told(out: Path | None) -> str:
    """Where it stands which figures are held back."""
    from placemap.apply.publish_rule import MARK
    from placemap.outputs.applied import WORKBOOK
    from placemap.outputs.apply_files import held_back_file

    if out is None:
        return f"; they show as {MARK}"
    return ", listed on sheet `Held back`" if out.suffix == WORKBOOK else f", listed in {held_back_file(out)}"


def warn(findings: Sequence[Finding]) -> None:
    """Say what the user of a footprint must know."""
    show_findings(findings)


def result_json(
    applied: Applied, measures: Sequence[Measure], code: Exit, tiers: Tiers | None = None
) -> dict[str, Any]:
    """A result for machines."""
    from placemap.outputs.apply_files import told_held_back

    frame = applied.frame if tiers is None else tiers.told(applied.frame)
    rows = [{str(key): _plain(value) for key, value in row.items()} for row in frame.to_dict(orient="records")]
    held = [dataclasses.asdict(one) for one in told_held_back(applied, tiers)]
    published = {"published": {"rule": str(applied.rule), "held_back": held}} if applied.rule else {}
    return {
        "exit_code": int(code),
        "by": applied.by,
        "kind": applied.kind,
        "method": applied.method,
        "vintages": applied.vintages,
        "measures": [measure.title for measure in measures],
        "figures": [kind.title for kind in applied.figures],
        "places": rows,
        "reconciliations": [_reconciliation_json(item) for item in applied.reconciliations],
        "unknown_codes": dict(applied.unknown),
        "told": list(applied.told),
        "file": None if applied.account is None else {"rows": applied.account.rows, **applied.account.parts()},
        "notes": list(applied.notes),
        "findings": [finding_json(finding) for finding in applied.findings],
        **published,
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if hasattr(value, "item"):
        value = value.item()
    return (None if value != value else round(value, 6)) if isinstance(value, float) else str(value)


def _reconciliation_json(item: Reconciliation) -> dict[str, Any]:
    def line(one: ReconciliationLine) -> dict[str, Any]:
        totals = zip(item.titles, one.totals, strict=True)
        return {"rows": _plain(one.rows), **{title: _plain(total) for title, total in totals}}

    return {
        "system": item.ics,
        "footprint": item.footprint,
        "in": line(item.total),
        **{one.outcome: line(one) for one in item.lines},
        "left_blank": [
            {"place": one.place, "group": one.group, "measure": one.measure, "coverage": _plain(one.coverage)}
            for one in item.blanked
        ],
        "loss": None if item.is_published else round(item.loss, 6),
    }
