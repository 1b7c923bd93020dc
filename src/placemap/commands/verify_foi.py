"""Prove an FOI pack, or say that it cannot be proved here: nothing altered, nothing hidden, the same when made again.

Only bytes that come out the same prove anything. Where the pack names another placemap, other libraries or other
tables than those at hand, what differs may be theirs: that is a doubt, never a proof (docs/developers/adr/0010).
"""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from placemap.core.errors import Exit, PlacemapError
from placemap.core.files import from_json
from placemap.core.installed import __version__
from placemap.outputs.foi.hidden import hidden
from placemap.outputs.foi.letterhead import LETTERHEAD
from placemap.outputs.foi.lock import HIDE, LIBRARIES, LOCK, PackLock, libraries, parse_pack_lock
from placemap.outputs.foi.pack import CONFIG, OTHER_CONFIGS, SUMS, sums
from placemap.outputs.foi.unpack import MOST_BYTES, unpacked
from placemap.outputs.foi.words import words

#: Mode of every file of a pack (see `zipped`): a plain file, no link and no program.
_PLAIN = 0o100644


class Verdict(StrEnum):
    """What is known of a pack, or of one step."""

    PROVED = "proved"
    ALTERED = "altered"
    DOUBTED = "cannot be proved here"

    @property
    def exit_code(self) -> Exit:
        """The exit code that this calls for."""
        return {Verdict.PROVED: Exit.OK, Verdict.ALTERED: Exit.WRONG, Verdict.DOUBTED: Exit.UNREADABLE}[self]


@dataclass
class Step:
    """One thing that was verified: what is wrong, and what cannot be shown here."""

    name: str
    problems: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Altered where anything is wrong, proved where nothing is open."""
        return Verdict.ALTERED if self.problems else Verdict.DOUBTED if self.doubts else Verdict.PROVED


@dataclass(frozen=True)
class Verified:
    """The result, step by step."""

    steps: list[Step]

    @property
    def verdict(self) -> Verdict:
        """Altered if any step says so, proved if all do."""
        found = {step.verdict for step in self.steps}
        return next(verdict for verdict in (Verdict.ALTERED, Verdict.DOUBTED, Verdict.PROVED) if verdict in found)


def verify(path: Path, data: Path | None = None) -> Verified:
    """Verify a pack.

    Args:
        path: the zip.
        data: the reference store to make it again from; by default the one in use.

    Raises:
        PlacemapError: the file cannot be read, or is not a pack.
    """
    files, strays = read_pack(path)
    return Verified([_unaltered(files, strays), _hides_nothing(files), _same_again(files, data)])


def read_pack(path: Path) -> tuple[dict[str, bytes], list[str]]:
    """The files of a pack by name without its folder, and what the archive holds besides them, in words.

    Raises:
        PlacemapError: the file cannot be read, or is not a pack.
    """
    try:
        found = unpacked(_content(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PlacemapError(
            f"the pack cannot be read: {reason}", location=str(path), hint="give the zip as it was written"
        ) from None
    names = [name for name in found.files if not name.endswith("/")]
    folder = names[0].split("/", 1)[0] + "/" if names else ""
    strays = [f"{name} lies outside the pack's folder" for name in names if not name.startswith(folder)]
    strays += [f"{name} is no plain file" for name in names if found.modes[name] != _PLAIN]
    files = {name.removeprefix(folder): found.files[name] for name in names if name.startswith(folder)}
    missing = [name for name in (SUMS, LOCK, CONFIG) if name not in files]
    if missing:
        raise PlacemapError(
            f"this is not a pack that placemap wrote: it has no {' and no '.join(missing)}",
            location=str(path),
            hint="give the zip that `placemap foi` wrote",
        )
    return files, [*found.strays, *strays]


def _content(path: Path) -> bytes:
    """The bytes of a file, if it is one (a pipe may never end), and none is larger than a pack may be."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is no plain file")
    if status.st_size > MOST_BYTES:
        raise ValueError(f"it has {status.st_size:,} bytes, more than any pack")
    return path.read_bytes()


def _unaltered(files: dict[str, bytes], strays: list[str]) -> Step:
    step = Step("unaltered: every file has the checksum that SHA256SUMS gives", list(strays))
    listed: dict[str, str] = {}
    for line in files[SUMS].decode("utf-8", "replace").splitlines():
        checksum, _, name = line.partition("  ")
        listed[name] = checksum
    rest = {name: content for name, content in files.items() if name != SUMS}
    for name in sorted(set(listed) | set(rest)):
        if name not in rest:
            step.problems.append(f"{name} is missing")
        elif name not in listed:
            step.problems.append(f"{name} is not listed")
        elif hashlib.sha256(rest[name]).hexdigest() != listed[name]:
            step.problems.append(f"{name} has been altered")
    if not step.problems and sums(rest).encode("utf-8", "replace") != files[SUMS]:
        step.problems.append(f"{SUMS} is not as placemap writes it")
    return step


def _hides_nothing(files: dict[str, bytes]) -> Step:
    problems = [f"{name}: {line}" for name, content in sorted(files.items()) for line in hidden(name, content)]
    return Step("hides nothing: no hidden sheets, names, text, links, macros or traces of editing", problems)


def _same_again(files: dict[str, bytes], data: Path | None) -> Step:
    step = Step("can be made again: the same files come out of the declaration, the lock and the reference tables")
    other = _other_version(files[LOCK])
    if other:
        step.doubts.append(f"the pack says that placemap {other} made it; this is {__version__}")
    try:
        lock = parse_pack_lock(files[LOCK])
    except ValueError as error:
        (step.doubts if other else step.problems).append(f"{LOCK} cannot be understood: {error}")
        return step
    try:
        made, made_lock = _remake(files, lock, data)
    except PlacemapError as error:
        step.doubts.append(f"it cannot be made again: {error.message}")
        return step
    tables = sorted(name for name in lock.inputs if made_lock.inputs.get(name) != lock.inputs[name])
    if tables:
        step.doubts.append(f"the tables here are not those of the pack ({', '.join(tables)}); give those with --data")
    _compare_all(files, made, lock, made_lock, step)
    return step


def _other_version(content: bytes) -> str:
    """The placemap that a lock names, where it is not this one, whatever shape the lock has."""
    try:
        version = from_json(content)["placemap"]
    except (ValueError, TypeError, KeyError):
        return ""
    return version if isinstance(version, str) and version != __version__ else ""


def _remake(files: dict[str, bytes], lock: PackLock, data: Path | None) -> tuple[dict[str, bytes], PackLock]:
    """The pack made again, and the lock of that."""
    from placemap.commands.foi import Asked, foi_files
    from placemap.commands.workspace import open_workspace

    beside = f"{OTHER_CONFIGS}/"
    asked = Asked(
        _text(files, CONFIG),
        lock.config,
        lock.footprint,
        lock.letter,
        files.get(LETTERHEAD),
        lock.small_numbers == HIDE,
        {name.removeprefix(beside): _text(files, name) for name in files if name.startswith(beside)},
    )
    workspace = open_workspace(data, lock.measure, vintages=lock.vintages, as_of=lock.as_of)
    made = foi_files(workspace, asked)
    return made, parse_pack_lock(made[LOCK])


def _text(files: dict[str, bytes], name: str) -> str:
    try:
        return files[name].decode("utf-8")
    except UnicodeDecodeError:
        raise PlacemapError(f"{name} is not UTF-8") from None


def _compare_all(files: dict[str, bytes], made: dict[str, bytes], lock: PackLock, again: PackLock, step: Step) -> None:
    """Say how each file differs; what need not be the same here is a doubt."""
    expected = {**made, LOCK: replace(again, libraries=lock.libraries).to_text().encode()}
    excused = bool(step.doubts)
    for name in sorted((set(files) | set(made)) - {SUMS}):  # the sums are those of the files, as the first step tells
        old, new = files.get(name), expected.get(name)
        if old is None or new is None:
            line = f"{name} is {'not in the pack' if old is None else 'not made again'}"
            (step.doubts if excused else step.problems).append(line)
        elif old != new:
            _compare(name, old, new, lock, step, excused=excused)
    if lock.libraries != again.libraries and not step.problems:
        step.doubts.append(f"{LOCK} names {_others(lock, tuple(libraries()))}, which nothing here can show")


def _compare(name: str, old: bytes, new: bytes, lock: PackLock, step: Step, *, excused: bool) -> None:
    others = _others(lock, LIBRARIES.get(name, ()))
    if excused:
        step.doubts.append(f"{name} comes out differently")
    elif not others:
        step.problems.append(f"{name} comes out differently")
    elif _says_the_same(name, old, new):
        step.doubts.append(f"{name} comes out differently here; the pack says that it was set with {others}")
    else:
        step.problems.append(f"{name} says something else")


def _others(lock: PackLock, names: tuple[str, ...]) -> str:
    """Libraries that a lock names in other releases than those here."""
    here = libraries()
    named = [f"{name} {lock.libraries.get(name, '(none)')}" for name in names if lock.libraries.get(name) != here[name]]
    return ", ".join(named)


def _says_the_same(name: str, old: bytes, new: bytes) -> bool:
    """Whether two files have the same words; of pictures nothing is known, which is no difference."""
    try:
        return words(name, old) == words(name, new)
    except ValueError:
        return False
