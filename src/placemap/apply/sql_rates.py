"""The statements that rates need besides those of every result: sums of England, and the values of a group."""

from __future__ import annotations

from placemap.apply.sql import CODED, CODES, Question, added, group_aliases


def in_england(question: Question) -> str:
    """Sums by group over all codes that the reference has, each whole."""
    head = [f"d.{alias}" for alias in group_aliases(question)]
    sums = [f"SUM(d.{alias}) AS {alias}" for alias in added(question)]
    by = f" GROUP BY {', '.join(head)} ORDER BY {', '.join(head)}" if head else ""
    return (
        f"SELECT {', '.join([*head, *sums])} FROM {CODED} AS d JOIN {CODES} AS k ON d.CODE = k.CODE "
        f"WHERE k.OUTCOME = 'known'{by}"
    )


def values_of(alias: str) -> str:
    """The values of a group with their rows: VALUE and n."""
    return f"SELECT {alias} AS VALUE, SUM(n) AS n FROM {CODED} GROUP BY {alias} ORDER BY {alias}"
