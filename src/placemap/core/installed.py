"""What is installed: the version, and where the configs and reference tables are that ship with placemap."""

from __future__ import annotations

from pathlib import Path

__version__ = "0.2.0"


def packaged_folder(name: str) -> Path:
    """`configs` or `data` as packaged: inside the installed package, or at the top of a source checkout."""
    installed = Path(__file__).parents[1] / "_packaged" / name
    return installed if installed.is_dir() else Path(__file__).parents[3] / name
