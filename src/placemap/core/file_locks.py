"""Locks of folders and files that are written: files in the temporary folder, each deleted by who held it last.

A lock's file is opened, and deleted, only by who holds the lock of all locks for that moment. So nobody ever waits for
a file that another has deleted, which would let two write at once; and none is left but those of killed processes,
which the next writer to the same place takes over.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from placemap.core.errors import PlacemapError

if TYPE_CHECKING:
    from filelock import FileLock

LOCK_SECONDS = 60
#: How long a process waits before it asks for a lock again, seconds.
_WAIT = 0.05


@contextmanager
def locked(place: Path, seconds: float | None = None) -> Iterator[None]:
    """Hold the lock of a folder or file that is written.

    Args:
        seconds: how long to wait for it; `LOCK_SECONDS` where it is None.

    Raises:
        PlacemapError: another process has held it for so long.
    """
    from filelock import Timeout

    wait = LOCK_SECONDS if seconds is None else seconds
    lock = _lock(hashlib.sha256(os.fsencode(place.parent.resolve() / place.name)).hexdigest()[:16])
    try:
        _acquire(lock, wait)
    except Timeout:
        raise PlacemapError(
            f"another placemap has been writing here for over {wait:g} seconds",
            location=str(place),
            hint="wait for it to end, or choose another place",
        ) from None
    try:
        yield
    finally:
        _release(lock)


def _lock(name: str) -> FileLock:
    """A lock of this user; the system frees it when its holder ends, however that comes."""
    from filelock import FileLock  # a tenth of the time of a build: loaded by what writes, and by nothing else

    user = os.getuid() if hasattr(os, "getuid") else 0
    return FileLock(Path(tempfile.gettempdir()) / f"placemap-{user}-{name}.lock")


def _of_all() -> FileLock:
    """The lock under which the files of locks are opened and deleted; its own is never deleted."""
    return _lock("all")


def _acquire(lock: FileLock, seconds: float) -> None:
    """Take a lock.

    Raises:
        filelock.Timeout: another process has held it for so long.
    """
    end = time.monotonic() + seconds
    while not _try(lock, is_last=time.monotonic() >= end):
        time.sleep(_WAIT)


def _try(lock: FileLock, *, is_last: bool) -> bool:
    from filelock import Timeout

    with _of_all().acquire(timeout=LOCK_SECONDS):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if is_last:
                raise
            return False
    return True


def _release(lock: FileLock) -> None:
    """Give a lock back, and delete its file; where the lock of all cannot be had, the file stays."""
    from filelock import Timeout

    try:
        with suppress(Timeout), _of_all().acquire(timeout=LOCK_SECONDS), suppress(OSError):
            Path(lock.lock_file).unlink()  # which Windows does not let, as it is open
    finally:
        lock.release()
