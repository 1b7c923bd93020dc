"""The one file that a user named, as a plain file on disk: pipes spooled, packed ones unpacked, the rest refused."""

from __future__ import annotations

import gzip
import os
import select
import shutil
import stat
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from placemap.core.errors import PlacemapError

#: Bytes of a file that tell what it is.
HEAD = 1 << 12
#: A packed table may unpack to this many times its size, once it is larger than `SMALL` bytes; and to `MOST_BYTES`.
MOST_RATIO = 100
SMALL = 32_000_000
MOST_BYTES = 20_000_000_000
#: How long a pipe may have nobody who writes to it, seconds.
PATIENCE = 10.0
SAVE_AS = "save it as CSV (UTF-8), .xlsx or Parquet"
TEXT, PARQUET, WORKBOOK = "text", "parquet", "workbook"
#: What Python's zipfile raises of a damaged archive.
ZIP_FAULTS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError, RuntimeError)
_PARQUET_MAGIC = b"PAR1"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet")


@dataclass(frozen=True)
class Source:
    """A table's bytes.

    Attributes:
        path: a regular file that holds them: the one that was named, or a copy of its content.
        label: what messages call it.
        form: `text`, `parquet` or `workbook`.
        head: its first bytes.
    """

    path: Path
    label: str
    form: str
    head: bytes


def unreadable(place: object, what: str, hint: str = SAVE_AS) -> PlacemapError:
    """The error of a table that cannot be read."""
    return PlacemapError(what, location=str(place), hint=hint)


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file of a table; what had to be copied is deleted in the end.

    Raises:
        PlacemapError: there is no such file, it is empty, or it is of no format that is read.
    """
    with tempfile.TemporaryDirectory(prefix="placemap-") as folder:
        yield source_of(path, Path(folder))


def source_of(path: Path, folder: Path) -> Source:
    """The file of a table, whatever it takes to have it as one.

    Args:
        folder: where pipes and archives are put.

    Raises:
        PlacemapError: as in `opened`.
    """
    label = str(path)
    try:
        plain = _regular(path, folder)
        if _head(plain)[:2] == b"\x1f\x8b":
            plain = _unzipped(plain, folder / "unpacked", label)
        form = _form(plain, label)
        if form == "archive":
            plain = _member(plain, folder, label)
            form = _form(plain, label)
        if form == "archive":
            raise unreadable(label, "the archive holds another archive", "unpack it, and name the table")
        return Source(plain, label, form, _head(plain))
    except FileNotFoundError:
        raise unreadable(path, "no such file", "check the path") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise unreadable(path, f"the file cannot be read: {reason}", "check its permissions") from None


def is_parquet_file(path: Path) -> bool:
    """Whether a path is a regular file that begins as Parquet does; False where it cannot be read."""
    try:
        return path.is_file() and _head(path).startswith(_PARQUET_MAGIC)
    except OSError:
        return False


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


# --- what is no regular file -----------------------------------------------------------------------------------------


def _regular(path: Path, folder: Path) -> Path:
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return path
    if stat.S_ISDIR(mode):
        raise unreadable(path, "this is a folder; expected a table", "name a file in it")
    if stat.S_ISFIFO(mode):
        return _spooled(path, folder / "pipe")
    raise unreadable(path, "this is a device or a terminal; expected a table", "name a file, or pipe one in")


def _spooled(path: Path, copy: Path) -> Path:
    """What comes through a pipe, read to its end once."""
    # Without O_NONBLOCK, opening a named pipe waits for ever where nobody writes to it.
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(number, "rb", buffering=0) as pipe, copy.open("wb") as file:  # noqa: PTH123 - of a descriptor
        first = _first_of(pipe, path)
        os.set_blocking(number, True)
        file.write(first)
        shutil.copyfileobj(pipe, file, 1 << 20)
    return copy


def _first_of(pipe: BinaryIO, path: Path) -> bytes:
    """The first bytes of a pipe; a named one reads as ended until somebody opens its other end."""
    end = time.monotonic() + PATIENCE
    named = bool(path.is_fifo() and not str(path.resolve()).startswith(("/dev/", "/proc/")))
    while True:
        select.select([pipe], [], [], 0.1)
        content = pipe.read(1 << 16)
        if content or (content is not None and not named):
            return content or b""
        if named and content is not None and time.monotonic() > end:
            raise unreadable(path, f"nothing came through this pipe in {PATIENCE:g} seconds", "name a file")
        if content is not None:
            time.sleep(0.05)


# --- what is compressed ----------------------------------------------------------------------------------------------


def _form(path: Path, label: str) -> str:
    head = _head(path)
    if not head.strip() and path.stat().st_size <= len(head):
        raise unreadable(label, "the file is empty; expected a table", "check the file")
    if head[:8] == _OLD_WORKBOOK:
        raise unreadable(label, "this is a workbook of the old .xls format, or one with a password")
    if head.startswith(_PARQUET_MAGIC):
        return PARQUET
    if head[:2] == b"PK" and zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except ZIP_FAULTS as error:
            raise unreadable(label, f"the archive is damaged: {error}", "fetch or save it again") from None
        return WORKBOOK if any(name.startswith("xl/") for name in names) else "archive"
    if b"\0" in head and head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise unreadable(label, "this is not a table of a format that placemap reads")
    return TEXT


def _unzipped(path: Path, copy: Path, label: str) -> Path:
    try:
        with gzip.open(path) as file:
            _copy(file, copy, path.stat().st_size, label)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise unreadable(label, f"the .gz file is damaged: {error}", "fetch it again") from None
    return copy


def _member(path: Path, folder: Path, label: str) -> Path:
    """The one table of a zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            if "mimetype" in archive.namelist():
                raise unreadable(label, "this is an OpenDocument file, which placemap does not read")
            names = [name for name in archive.namelist() if name.lower().endswith(_TABLES) and not is_beside(name)]
            if len(names) != 1:
                found = f"holds {len(names)} tables ({', '.join(sorted(names)[:5])})" if names else "holds no table"
                raise unreadable(label, f"the archive {found}; expected one", "unpack it, and name the table")
            copy = folder / f"member{Path(names[0]).suffix}"
            with archive.open(names[0]) as file:
                _copy(file, copy, archive.getinfo(names[0]).compress_size, label)
    except ZIP_FAULTS as error:
        raise unreadable(label, f"the archive cannot be unpacked: {error}", "unpack it, and name the table") from None
    return copy


def is_beside(member: str) -> bool:
    """Whether a member of a zip is one that a Mac puts beside each file: `__MACOSX/._a.csv`."""
    return "__MACOSX" in member or member.rpartition("/")[2].startswith("._")


def _copy(file: object, copy: Path, packed: int, label: str) -> None:
    done = 0
    with copy.open("wb") as out:
        while content := file.read(1 << 20):  # type: ignore[attr-defined]
            done += len(content)
            refuse_bomb(done, packed, label)
            out.write(content)


def refuse_bomb(unpacked: int, packed: int, label: str) -> None:
    """Raise where an archive unpacks to what no table does.

    Raises:
        PlacemapError: so.
    """
    if unpacked > MOST_BYTES or (unpacked > SMALL and unpacked > MOST_RATIO * packed):
        raise unreadable(
            label,
            f"it unpacks to over {unpacked // 1_000_000:,} MB from {packed:,} bytes, as no table does",
            "unpack it and look at what it holds",
        )
