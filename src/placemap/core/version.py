"""The version of placemap."""

from __future__ import annotations

__version__ = "0.1.0"
