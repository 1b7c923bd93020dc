"""A cell as text."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any


def cell_text(value: Any) -> str:
    """A cell of a workbook or a frame as text: whole numbers without a point, days as ISO, nothing as empty text."""
    if value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
