"""What makes sense after a command: its last line, `next: placemap map bnssg | report | foi`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placemap.config.model import Footprint

#: The commands that follow one that succeeded.
_AFTER = {
    "check": ("build",),
    "build": ("map", "report", "foi"),
    "map": ("report", "foi"),
    "report": ("map", "foi"),
}
#: `foi` wants better evidence unless told otherwise.
_TOO_WEAK = "C"


@dataclass(frozen=True)
class Given:
    """What the user gave a command, and the next takes too.

    Attributes:
        system: as the user called it.
        footprints: that the user named; empty for the default.
        data: the store that the user named.
        vintages: as the user gave them.
        as_of: as the user gave it.
    """

    system: str
    footprints: Sequence[str] = ()
    data: Path | None = None
    vintages: Sequence[str] = ()
    as_of: str = ""

    def __str__(self) -> str:
        """The words, as they can be typed."""
        from shlex import quote

        words = [quote(self.system), *(f"--footprint {quote(name)}" for name in self.footprints)]
        words += [f"--data {quote(str(self.data))}"] if self.data else []
        words += [f"--vintage {quote(text)}" for text in self.vintages]
        words += [f"--as-of {quote(self.as_of)}"] if self.as_of else []
        return " ".join(words)


def next_steps(after: str, given: Given, footprints: Iterable[Footprint] = ()) -> str:
    """The line that names the commands that make sense after one that succeeded on some footprints."""
    weak = any(footprint.grade == _TOO_WEAK for footprint in footprints)
    first, *others = [name for name in _AFTER[after] if not (weak and name == "foi")]
    return " | ".join([f"next: placemap {first} {given}", *others])
