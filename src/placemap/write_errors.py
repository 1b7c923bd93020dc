"""Why something cannot be written, and what to do about it."""

from __future__ import annotations

import errno
from pathlib import Path

from placemap.errors import PlacemapError

_IN_THE_WAY = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY)
_SPACE = "free some space, or choose another place with"
_RIGHT = "get the right to write there, close programs that have it open, or choose another place with"
_STEPS = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EACCES: _RIGHT,
    errno.EPERM: _RIGHT,
    errno.EROFS: _RIGHT,
    errno.ENAMETOOLONG: "choose a shorter name with",
}


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
