"""Folders and files that are replaced as one: written beside their place, then swapped in.

After a kill at any moment the old one or the new one is complete on disk; the next writer tidies up.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path
from typing import Any

from placemap.core.errors import Exit, PlacemapError
from placemap.core.file_locks import locked

_IN_THE_WAY = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY)
_SPACE = "free some space, or choose another place with"
_RIGHT = "get permission to write there, close any program that has it open, or choose another place with"
_STEPS = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EACCES: _RIGHT,
    errno.EPERM: _RIGHT,
    errno.EROFS: _RIGHT,
    errno.ENAMETOOLONG: "choose a shorter name with",
}
#: Nothing that placemap writes knows the time; formats that must have one get this.
NO_TIME = datetime(1980, 1, 1)

#: A file on its way to its place; the number keeps those of two machines apart, which share no lock.
_NEW = re.compile(r"\.(?P<stem>.+)\.\d+\.new(?P<ending>\.[^.]*)?")
#: What systems and office programs leave in folders that people look into: it may go with a folder that is replaced.
_LITTER = (".ds_store", "._*", "thumbs.db", "desktop.ini", ".~lock.*#", "~$*")


def is_file(path: Path) -> bool:
    """Whether a path is a file; what cannot be looked at, such as too long a name, is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_litter(path: Path) -> bool:
    """Whether a file is one that a system or an office program made for itself, such as the mark of an open file.

    Such a mark is about the file that stood there before, which the program still has; it is not about the new one.
    """
    return any(fnmatchcase(path.name.lower(), pattern) for pattern in _LITTER) and path.is_file()


def refuse_foreign(folder: Path, own: Collection[str]) -> None:
    """Refuse to replace a folder that holds files which placemap did not write, or something that is no folder.

    Args:
        own: the files that it wrote, relative to the folder.

    Raises:
        PlacemapError: there are others, and they would be lost.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise PlacemapError(
            "this is not a folder that placemap wrote; it would be replaced",
            location=str(folder),
            hint="move it away, or choose another folder with --out",
        )
    found = [item for item in folder.rglob("*") if item.is_symlink() or not item.is_dir()]
    foreign = sorted({item.relative_to(folder).as_posix() for item in found if not is_litter(item)} - set(own))
    if foreign:
        raise PlacemapError(
            f"the folder holds files that placemap did not write ({', '.join(foreign[:3])}); they would be lost",
            location=str(folder),
            hint="move them away, or choose another folder with --out",
        )


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new empty folder beside `folder`, which takes its place when the block ends well, and else vanishes.

    Raises:
        PlacemapError: another process is writing the folder.
        OSError: the folder cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        _tidy(folder)
        new = folder.with_name(f".{folder.name}.new")
        new.mkdir()
        try:
            yield new
            _swap(new, folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Where to write a file beside `path`, of the same ending; it goes there when the block ends well, else vanishes.

    Raises:
        PlacemapError: another process is writing the file.
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    _clear_leftovers(path.parent)
    with locked(path):
        new = path.with_name(f".{path.stem}.{os.getpid()}.new{path.suffix}")
        try:
            yield new
            new.replace(path)
        finally:
            if new.exists():
                new.unlink()


def _clear_leftovers(folder: Path) -> None:
    """Delete files that killed writers left on their way into a folder; those of living ones have their lock held."""
    with suppress(OSError):
        for item in folder.iterdir():
            found = _NEW.fullmatch(item.name)
            if found and item.is_file():
                with suppress(PlacemapError), locked(folder / f"{found['stem']}{found['ending'] or ''}", 0):
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


def cannot_write(error: OSError, place: Path, *, what: str = "the output", option: str = "--out") -> PlacemapError:
    """The error that a user reads where writing failed.

    Args:
        error: what the system said.
        place: what was to be written.
        what: the same in words.
        option: the option that chooses the place.
    """
    return PlacemapError(
        f"{what} cannot be written: {error.strerror or error}",
        location=str(place),
        hint=f"{_step(error, place)} {option}; what stood there before is unchanged",
    )


def _step(error: OSError, place: Path) -> str:
    """The next step, up to the option's name."""
    if error.errno in _IN_THE_WAY:
        # A file that stands where a folder must be, else the place itself.
        blocker = next((path for path in place.parents if path.exists() and not path.is_dir()), place)
        return f"`{blocker}` is in the way: move it away, or choose another place with"
    return _STEPS.get(error.errno or 0, "choose another place with")


def refuse_same(outputs: Sequence[tuple[str, Path]], inputs: Sequence[tuple[str, Path]]) -> None:
    """Refuse to write over what is read, or twice to one place, through links and other spellings of a path too.

    Args:
        outputs: files to write, each with the option that names it.
        inputs: files or folders to read, each with what it is.

    Raises:
        PlacemapError: so.
    """
    taken = list(inputs)
    for option, path in outputs:
        for what, other in taken:
            if _is_same(path, other):
                raise PlacemapError(
                    f"{option} names {what} itself" if (what, other) in inputs else f"{option} and {what} are one file",
                    location=str(path),
                    hint="choose another file; nothing was read or written",
                    exit_code=Exit.USAGE,
                )
        taken.append((option, path))


def _is_same(path: Path, other: Path) -> bool:
    with suppress(OSError):
        if path.samefile(other):
            return True
    one, two = (os.path.normcase(os.path.realpath(item)) for item in (path, other))
    return one == two or (Path(two).is_dir() and Path(one).is_relative_to(two))


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with its own line ends, the same bytes on every system; all text files are written by this.

    Raises:
        OSError: it cannot be written.
    """
    path.write_text(text, encoding="utf-8", newline="")


def write_parts(path: Path, parts: Iterator[str]) -> None:
    """As `write_text`, for a text too long to be held as a whole.

    Raises:
        OSError: it cannot be written.
    """
    write_text(path, next(parts, ""))
    with path.open("a", encoding="utf-8", newline="") as file:
        file.writelines(parts)


def write_whole(
    path: Path, content: str | bytes | Callable[[Path], object], *, what: str = "the output", option: str = "--out"
) -> Path:
    """Write a file beside its place and move it in, so that a kill leaves the old one or the new one.

    Args:
        path: where it goes; folders above it are made.
        content: text, bytes, or what writes a file of the name that it is given.
        what: what the file is, for messages.
        option: the option that chooses its place, for messages.

    Raises:
        PlacemapError: it cannot be written; what stood there before still does.
    """
    try:
        with replacing_file(path) as new:
            if callable(content):
                new.touch()  # says why it cannot be written before a library says so in its own way
                content(new)
            elif isinstance(content, str):
                write_text(new, content)
            else:
                new.write_bytes(content)
    except OSError as error:
        raise cannot_write(error, path, what=what, option=option) from None
    return path


def from_json(text: str | bytes) -> Any:
    """What a JSON file holds that anyone may have edited.

    Raises:
        ValueError: it is no JSON, or nested more deeply than any file of placemap's.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def as_json(value: dict[str, Any]) -> str:
    """JSON as it is written to files for machines that people may read: that of `json.dumps` with an indent of 2.

    Python writes indented JSON in Python; for a build's metadata this takes a third of the time.
    """
    return _indented(value, "\n") + "\n"


_encoded = json.JSONEncoder(ensure_ascii=False).encode


def _indented(value: Any, line: str) -> str:
    """A value as JSON; `line` begins a line of what it stands in."""
    inner = f"{line}  "
    if isinstance(value, dict) and value:
        items = [f"{_encoded(key)}: {_indented(item, inner)}" for key, item in value.items()]
        return f"{{{inner}{f',{inner}'.join(items)}{line}}}"
    if isinstance(value, list | tuple) and value:
        return f"[{inner}{f',{inner}'.join([_indented(item, inner) for item in value])}{line}]"
    return _encoded(value)


def without_timestamps(archive: bytes) -> bytes:
    """A zip archive with all times taken out of it, so that the same content has the same bytes."""
    import zipfile

    result = BytesIO()
    stamp = NO_TIME.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _without_times(content, stamp)
            new.writestr(zipfile.ZipInfo(name, NO_TIME.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return result.getvalue()


def _without_times(core: bytes, stamp: bytes) -> bytes:
    import re

    return re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, core)
