"""Where the configs and reference tables that ship with placemap are."""

from __future__ import annotations

from pathlib import Path


def packaged_folder(name: str) -> Path:
    """`configs` or `data` as packaged: inside the installed package, or at the top of a source checkout."""
    installed = Path(__file__).parents[1] / "_packaged" / name
    return installed if installed.is_dir() else Path(__file__).parents[3] / name
