"""Write `placemap.lock`."""

from __future__ import annotations

from pathlib import Path

from placemap.errors import PlacemapError
from placemap.lock import Lock


def write_lock(lock: Lock, path: Path) -> None:
    """Write a lock in one step, so that it is never half there.

    Raises:
        PlacemapError: it cannot be written.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(lock.to_text(), encoding="utf-8", newline="\n")
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise PlacemapError(
            f"the lock cannot be written: {error.strerror or error}",
            location=str(path),
            hint="choose another with --to",
        ) from None
