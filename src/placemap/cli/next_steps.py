"""What makes sense after a command: its last line, `next: placemap map bnssg | report | foi`."""

from __future__ import annotations

from collections.abc import Sequence
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


def next_steps(
    after: str,
    system: str,
    footprints: Sequence[Footprint] = (),
    *,
    named: Sequence[str] = (),
    data: Path | None = None,
    vintages: Sequence[str] = (),
    as_of: str = "",
) -> str:
    """The line that names the next commands, as they can be typed.

    Args:
        after: the command that was run.
        system: as the user called it.
        footprints: that it was about.
        named: footprints as the user named them; empty for the default.
        data: the store that the user named.
        vintages: as the user gave them.
        as_of: as the user gave it.
    """
    from shlex import quote

    words = [quote(system)]
    words += [f"--footprint {quote(name)}" for name in named]
    words += [f"--data {quote(str(data))}"] if data else []
    words += [f"--vintage {quote(text)}" for text in vintages]
    words += [f"--as-of {quote(as_of)}"] if as_of else []
    weak = any(footprint.grade == _TOO_WEAK for footprint in footprints)
    first, *others = [name for name in _AFTER[after] if not (weak and name == "foi")]
    return " | ".join([f"next: placemap {first} {' '.join(words)}", *others])
