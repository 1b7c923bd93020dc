"""Raw files as they were downloaded, kept beside the store with a note of where each came from.

A raw file's name is made from names in `sources.yaml` and from the first bytes of what came; nothing that a server
says becomes a path.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from placemap.core.files import from_json, write_text

ENDINGS = (".csv", ".zip", ".xlsx", ".gpkg")


@dataclass(frozen=True)
class Fetched:
    """A download that ended well.

    Attributes:
        id: of its target.
        file: the raw file.
        note: what to ask with next time, what was chosen, and what was retrieved when.
        unchanged: True where the server had nothing new.
    """

    id: str
    file: Path
    note: Mapping[str, Any]
    unchanged: bool


def raw_file(folder: Path, id: str) -> Path | None:
    """The raw file that an earlier update kept; None where there is none."""
    return next((file for file in (folder / f"{id}{end}" for end in ENDINGS) if file.exists()), None)


def raw_files(folder: Path) -> list[Path]:
    """All raw files of a folder in order of name, without those on their way."""
    return sorted(file for file in folder.iterdir() if file.suffix in ENDINGS and ".new" not in file.suffixes)


def note_of(folder: Path, id: str) -> dict[str, Any]:
    """What an earlier update noted of its download; empty where there is none, or it is damaged."""
    try:
        found = from_json((folder / f"{id}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def retrieved(file: Path) -> dict[str, Any]:
    """Hash and size of a file, and now."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"sha256": digest, "bytes": file.stat().st_size, "retrieved": now}


def accept(fetched: Fetched, folder: Path) -> Path:
    """Put a new raw file in the place of the old one, and note where it came from; an unchanged one is noted anew."""
    note = json.dumps(dict(fetched.note), indent=2, sort_keys=True) + "\n"
    if fetched.unchanged:
        write_text(folder / f"{fetched.id}.json", note)
        return fetched.file
    old = raw_file(folder, fetched.id)
    to = folder / f"{fetched.id}{fetched.file.suffix}"
    if old and old != to:
        old.unlink()
    fetched.file.replace(to)
    write_text(folder / f"{fetched.id}.json", note)
    return to


def ending_of(file: Path) -> str:
    """What kind of file it is, by its first bytes."""
    with file.open("rb") as content:
        start = content.read(16)
    if start.startswith(b"SQLite format 3"):
        return ".gpkg"
    if not start.startswith(b"PK\x03\x04"):
        return ".csv"
    try:
        with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
            return ".xlsx" if "[Content_Types].xml" in archive.namelist() else ".zip"
    except zipfile.BadZipFile:
        return ".zip"
