"""Folders and files that are replaced as one: written beside their place, then swapped in.

After a kill at any moment the old one or the new one is complete on disk; the next writer tidies up.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from placemap.errors import PlacemapError

LOCK_SECONDS = 60


@contextmanager
def swapped_in(folder: Path) -> Iterator[Path]:
    """A new empty folder beside `folder`, which takes its place when the block ends well, and else vanishes.

    Raises:
        PlacemapError: another process is at it.
        OSError: the folder cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        _tidy(folder)
        new = folder.with_name(f".{folder.name}.new")
        new.mkdir()
        try:
            yield new
            _swap(new, folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)


@contextmanager
def file_swapped_in(path: Path) -> Iterator[Path]:
    """Where to write a file beside `path`, of the same ending; it goes there when the block ends well, else vanishes.

    Raises:
        PlacemapError: another process is at it.
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    with _locked(path):
        new = path.with_name(f".{path.stem}.new{path.suffix}")
        try:
            yield new
            new.replace(path)
        finally:
            if new.exists():
                new.unlink()


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Hold the lock of a folder or file; it lies in the temporary folder, so none is left among a user's files."""
    name = hashlib.sha256(os.fsencode(place.absolute())).hexdigest()[:16]
    user = os.getuid() if hasattr(os, "getuid") else 0
    lock = FileLock(Path(tempfile.gettempdir()) / f"placemap-{user}-{name}.lock")
    try:
        with lock.acquire(timeout=LOCK_SECONDS):
            yield
    except Timeout:
        raise PlacemapError(
            f"another placemap has been writing here for over {LOCK_SECONDS} seconds",
            location=str(place),
            hint="wait for it to end, or choose another place",
        ) from None


def _tidy(folder: Path) -> None:
    """Clear what a killed writer left; bring the old folder back if the kill came between the two renames."""
    shutil.rmtree(folder.with_name(f".{folder.name}.new"), ignore_errors=True)
    old = folder.with_name(f".{folder.name}.old")
    if old.exists():
        if folder.exists():
            shutil.rmtree(old)
        else:
            old.rename(folder)


def _swap(new: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
