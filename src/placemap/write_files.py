"""Single files, each whole or not there."""

from __future__ import annotations

from pathlib import Path

from placemap.errors import PlacemapError


def put(path: Path, content: str | bytes) -> Path:
    """Write a file beside its place and move it in, so that a kill leaves the old one or the new one.

    Raises:
        PlacemapError: it cannot be written; what stood there before still does.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    new = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            new.write_bytes(data)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise PlacemapError(
            f"the output cannot be written: {error.strerror or error}",
            location=str(path),
            hint="free some space, or choose another folder with --out; what stood there before is unchanged",
        ) from None
    return path
