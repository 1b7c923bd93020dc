"""Folders and files that are replaced as one: written beside their place, then swapped in.

After a kill at any moment the old one or the new one is complete on disk; the next writer tidies up.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path

from filelock import FileLock, Timeout

from placemap.errors import PlacemapError

LOCK_SECONDS = 60
#: A file on its way to its place; the number keeps those of two machines apart, which share no lock.
_NEW = re.compile(r"\.(?P<stem>.+)\.\d+\.new(?P<ending>\.[^.]*)?")
#: What systems and office programs leave in folders that people look into: it may go with a folder that is replaced.
_LITTER = (".ds_store", "._*", "thumbs.db", "desktop.ini", ".~lock.*#", "~$*")


def is_litter(path: Path) -> bool:
    """Whether a file is one that a system or an office program made for itself, such as the mark of an open file.

    Such a mark is about the file that stood there before, which the program still has; it is not about the new one.
    """
    return any(fnmatchcase(path.name.lower(), pattern) for pattern in _LITTER) and path.is_file()


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
    _clear_leftovers(path.parent)
    with _locked(path):
        new = path.with_name(f".{path.stem}.{os.getpid()}.new{path.suffix}")
        try:
            yield new
            new.replace(path)
        finally:
            if new.exists():
                new.unlink()


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Hold the lock of a folder or file that is written."""
    try:
        with _lock(place).acquire(timeout=LOCK_SECONDS):
            yield
    except Timeout:
        raise PlacemapError(
            f"another placemap has been writing here for over {LOCK_SECONDS} seconds",
            location=str(place),
            hint="wait for it to end, or choose another place",
        ) from None


def _lock(place: Path) -> FileLock:
    """The lock of a folder or file; it lies in the temporary folder, so none is left among a user's files.

    The system frees it when its holder ends, however that comes.
    """
    name = hashlib.sha256(os.fsencode(place.parent.resolve() / place.name)).hexdigest()[:16]
    user = os.getuid() if hasattr(os, "getuid") else 0
    return FileLock(Path(tempfile.gettempdir()) / f"placemap-{user}-{name}.lock")


def _clear_leftovers(folder: Path) -> None:
    """Delete files that killed writers left on their way into a folder; those of living ones have their lock held."""
    with suppress(OSError):
        for item in folder.iterdir():
            found = _NEW.fullmatch(item.name)
            if found and item.is_file():
                with suppress(Timeout), _lock(folder / f"{found['stem']}{found['ending'] or ''}").acquire(timeout=0):
                    item.unlink(missing_ok=True)


def _tidy(folder: Path) -> None:
    """Clear what a killed writer left; bring the old folder back if the kill came between the two renames."""
    _clear_leftovers(folder)
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
