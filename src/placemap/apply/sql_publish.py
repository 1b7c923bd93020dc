"""Statements that tell how the columns of data hang together, and what places of several footprints have in common."""

from __future__ import annotations

from collections.abc import Iterable

from placemap.apply.sql import CODED, Question, added, group_aliases

PIECES = "placemap_pieces"


def pieces(question: Question) -> str:
    """Sums by piece and group."""
    head = ["w.PIECE", *(f"d.{alias}" for alias in group_aliases(question))]
    sums = [f"SUM(d.{alias} * w.WEIGHT) AS {alias}" for alias in added(question)]
    return (
        f"SELECT {', '.join([*head, *sums])} FROM {CODED} AS d JOIN {PIECES} AS w ON d.CODE = w.CODE "
        f"GROUP BY {', '.join(head)} ORDER BY {', '.join(head)}"
    )


def above(part: str, whole: str) -> str:
    """One row: how many codes have more of one thing than of another."""
    return f"SELECT COUNT(*) AS n FROM {CODED} WHERE {_value(part)} > {_value(whole)} + 1e-9"


def no_sum(whole: str, parts: Iterable[str]) -> str:
    """One row: in how many codes a thing is not the sum of others."""
    total = " + ".join(_value(part) for part in parts)
    return f"SELECT COUNT(*) AS n FROM {CODED} WHERE ABS({_value(whole)} - ({total})) > 1e-6"


def _value(alias: str) -> str:
    return f"COALESCE({alias}, 0)"
