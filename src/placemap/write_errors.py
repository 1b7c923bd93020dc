"""Why something cannot be written, and what to do about it."""

from __future__ import annotations

from pathlib import Path

from placemap.errors import PlacemapError


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
        hint=f"free some space, or choose another place with {option}; what stood there before is unchanged",
    )
