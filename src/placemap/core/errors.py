"""What stops placemap: one exception that a user reads, and the exit codes."""

from __future__ import annotations

import traceback
from enum import IntEnum
from pathlib import Path

from placemap.core.installed import __version__


class Exit(IntEnum):
    """Exit codes of every command (docs/developers/adr/0003)."""

    OK = 0
    BUG = 1
    """Something that nobody foresaw; one line says what, `--debug` shows where."""
    USAGE = 2
    UNREADABLE = 3
    """Cannot be read, or fails its shape."""
    WRONG = 4
    """Well-formed but wrong: findings of error severity."""
    CHANGED = 5
    """`diff`: changed, without errors."""
    INTERRUPTED = 130
    UNREAD = 141
    """The reader of the output left (`placemap list | head -1`): what a shell gives for programs that SIGPIPE ends."""


class PlacemapError(Exception):
    """Work cannot continue, and the user can do something about it.

    Args:
        message: what was found and what was expected, one sentence.
        location: `file`, or `file:line:column`; empty where there is none.
        hint: the next step.
        exit_code: the exit code that this calls for.
    """

    def __init__(
        self,
        message: str,
        *,
        location: str = "",
        hint: str = "",
        exit_code: Exit = Exit.UNREADABLE,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.hint = hint
        self.exit_code = exit_code

    def __str__(self) -> str:
        """The message as it is printed: `location: message`, then the next step on a line of its own."""
        text = f"{self.location}: {self.message}" if self.location else self.message
        return f"{text}\n  → {self.hint}" if self.hint else text


def usage_error(message: str, hint: str, location: str = "") -> PlacemapError:
    """An error of what was asked for, rather than of what was read."""
    return PlacemapError(message, location=location, hint=hint, exit_code=Exit.USAGE)


class PlacemapErrors(PlacemapError):
    """Several mistakes of one file, reported together."""

    def __init__(self, errors: list[PlacemapError]) -> None:
        super().__init__("; ".join(error.message for error in errors), exit_code=max(e.exit_code for e in errors))
        self.errors = errors

    def __str__(self) -> str:
        """One line (or two, with its next step) a mistake."""
        return "\n".join(str(error) for error in self.errors)


#: How much of the message of an exception is shown.
_SHOWN = 200


def unforeseen(error: BaseException) -> str:
    """One line on an exception that nobody foresaw, and the way to report it."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "placemap" in Path(frame.filename).parts]
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    what = " ".join(str(error).split())[:_SHOWN]
    return (
        f"placemap {__version__} met something that it does not know: {type(error).__name__}{where}"
        f"{': ' if what else ''}{what}\n"
        "  → this is a bug, and no mistake of yours: please open an issue with this line and the command; the same "
        "command with --debug shows where it happened. What was written before is whole"
    )
