"""Write `placemap.lock`."""

from __future__ import annotations

from pathlib import Path

from placemap.core.files import put
from placemap.reference.lock import Lock


def write_lock(lock: Lock, path: Path) -> None:
    """Write a lock in one step, so that it is never half there.

    Raises:
        PlacemapError: it cannot be written.
    """
    put(path, lock.to_text(), what="the lock", option="--to")
