"""Prove an FOI pack: no file altered, nothing hidden, and the same pack comes out when it is made again."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from placemap.core.errors import PlacemapError
from placemap.core.files import from_json
from placemap.core.open_file import ZIP_FAULTS
from placemap.outputs.foi.hidden import hidden
from placemap.outputs.foi.pack import CONFIG, LIBRARIES, LOCK, RESPONSE, SUMS, WORKBOOK, PackLock, libraries
from placemap.outputs.foi.questions import Letter

#: What the last record of a zip begins with, and its length where it has no comment.
_END, _END_BYTES = b"PK\x05\x06", 22


@dataclass
class Step:
    """One thing that was verified: what is wrong, and what is only worth knowing."""

    name: str
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Verified:
    """The result; a step is left out where an earlier one makes it meaningless."""

    steps: list[Step]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not any(step.problems for step in self.steps)


def verify(path: Path, data: Path | None = None) -> Verified:
    """Verify a pack.

    Args:
        path: the zip.
        data: the reference store to make it again from; by default the one in use.

    Raises:
        PlacemapError: the file cannot be read, or is not a pack.
    """
    files, strays = read_pack(path)
    steps = [_unaltered(files, strays), _hides_nothing(files)]
    return Verified([*steps, _same_again(files, data)])


def read_pack(path: Path) -> tuple[dict[str, bytes], list[str]]:
    """The files of a pack by name without its folder, and what the archive holds besides them, in words.

    Raises:
        PlacemapError: the file cannot be read, or is not a pack.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            folder = names[0].split("/", 1)[0] + "/" if names else ""
            strays = [f"{name} lies outside the pack's folder" for name in names if not name.startswith(folder)]
            strays += [f"{name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})]
            strays += ["the archive has a comment"] * bool(archive.comment)
            strays += _around(path.read_bytes(), archive)
            files = {name.removeprefix(folder): archive.read(name) for name in names if name.startswith(folder)}
    except ZIP_FAULTS as error:
        reason = getattr(error, "strerror", None) or error
        raise PlacemapError(
            f"the pack cannot be read: {reason}", location=str(path), hint="give the zip as it was written"
        ) from None
    missing = [name for name in (SUMS, LOCK, CONFIG) if name not in files]
    if missing:
        raise PlacemapError(
            f"this is not a pack that placemap wrote: it has no {' and no '.join(missing)}",
            location=str(path),
            hint="give the zip that `placemap foi` wrote",
        )
    return files, strays


def _around(content: bytes, archive: zipfile.ZipFile) -> list[str]:
    """What stands before the first file of an archive, which zip readers skip, and after its end."""
    first = min((member.header_offset for member in archive.infolist()), default=0)
    before = ["the archive has bytes before its first file"] * bool(first)
    after = not archive.comment and content[-_END_BYTES:][:4] != _END
    return before + ["the archive has bytes after its end"] * after


def _unaltered(files: dict[str, bytes], strays: list[str]) -> Step:
    step = Step("unaltered: every file has the checksum that SHA256SUMS gives", list(strays))
    listed: dict[str, str] = {}
    for line in files[SUMS].decode("utf-8", "replace").splitlines():
        checksum, _, name = line.partition("  ")
        listed[name] = checksum
    for name in sorted(set(listed) | set(files) - {SUMS}):
        if name not in files:
            step.problems.append(f"{name} is missing")
        elif name not in listed:
            step.problems.append(f"{name} is not listed")
        elif hashlib.sha256(files[name]).hexdigest() != listed[name]:
            step.problems.append(f"{name} has been altered")
    return step


def _hides_nothing(files: dict[str, bytes]) -> Step:
    problems = [f"{name}: {line}" for name, content in sorted(files.items()) for line in hidden(name, content)]
    return Step("hides nothing: no hidden sheets, names, text, links, macros or traces of editing", problems)


def _same_again(files: dict[str, bytes], data: Path | None) -> Step:
    step = Step("can be made again: the same files come out of the declaration, the lock and the reference tables")
    try:
        lock = _lock(files[LOCK])
        made, used = _remake(files, lock, data)
    except PlacemapError as error:
        step.problems.append(str(error.message))
        return step
    other = [name for name, content in lock.inputs.items() if used.get(name) != content]
    if other:
        step.problems.append(
            f"the reference tables here are not those of the pack ({', '.join(other)}); give those with --data"
        )
    for name in sorted(set(files) | set(made)):
        if files.get(name) != made.get(name):
            _compare(name, files.get(name), made.get(name), lock, step)
    return step


def _lock(content: bytes) -> PackLock:
    try:
        values: dict[str, Any] = from_json(content)
        return PackLock(**{**values, "letter": Letter(**values["letter"])})
    except (ValueError, TypeError, KeyError) as error:
        raise PlacemapError(f"{LOCK} cannot be understood: {error}") from None


def _remake(files: dict[str, bytes], lock: PackLock, data: Path | None) -> tuple[dict[str, bytes], dict[str, str]]:
    """The pack made again, and the hashes of the reference tables that it was made from."""
    from placemap.commands.foi import foi_files
    from placemap.commands.workspace import chosen_of, open_workspace
    from placemap.config.load import load_system

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(lock.config).name
        path.write_bytes(files[CONFIG])
        system = load_system(path)
    workspace = open_workspace(data, lock.measure, vintages=lock.vintages, as_of=lock.as_of)
    system, (footprint,) = chosen_of(workspace, system, [lock.footprint])
    made = foi_files(workspace, system, footprint, files[CONFIG].decode("utf-8"), lock.letter)
    return made, _lock(made[LOCK]).inputs


def _compare(name: str, old: bytes | None, new: bytes | None, lock: PackLock, step: Step) -> None:
    """Say how a file differs; one that another release of a library set is compared by its content."""
    if old is None or new is None:
        step.problems.append(f"{name} is {'not in the pack' if old is None else 'not made again'}")
        return
    here = libraries()
    changed = [
        f"{lib} {lock.libraries.get(lib)}" for lib in LIBRARIES.get(name, ()) if lock.libraries.get(lib) != here[lib]
    ]
    if lock.libraries != here and name in (SUMS, LOCK):
        return  # it names or sums what other releases made; the files themselves are compared
    if not changed:
        step.problems.append(f"{name} comes out differently")
    elif name in (RESPONSE, WORKBOOK) and words(name, old) != words(name, new):
        step.problems.append(f"{name} says something else")
    else:
        step.notes.append(f"{name} was set with {', '.join(changed)} and is not the same byte by byte here")


def words(name: str, content: bytes) -> list[Any]:
    """All text and figures of a Word file or workbook, in order."""
    if name.endswith(".docx"):
        from docx import Document

        document = Document(BytesIO(content))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        return [*(paragraph.text for paragraph in document.paragraphs), *cells]
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(content), read_only=True)
    return [[sheet.title, [list(row) for row in sheet.iter_rows(values_only=True)]] for sheet in book.worksheets]
