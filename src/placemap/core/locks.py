"""A lock on a file, which the system frees when its holder ends, however that comes.

A library would do the same, but takes longer to load than a build takes to read its tables.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Busy(Exception):
    """Someone else holds the lock."""


#: How often a lock that someone else holds is tried again.
_PAUSE = 0.05


@contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock of a file, which is made where it is not there.

    Args:
        seconds: how long to wait for another holder.

    Raises:
        Busy: that one holds it longer.
        OSError: the file cannot be made.
    """
    end = time.monotonic() + seconds
    with path.open("ab") as file:
        while not _is_taken(file):
            if time.monotonic() >= end:
                raise Busy
            time.sleep(_PAUSE)
        yield


def _is_taken(file: IO[bytes]) -> bool:
    try:
        _take(file)
    except (BlockingIOError, PermissionError):  # the first on Unix, the second on Windows
        return False
    return True
