"""`placemap.lock`: the tables, vintages and hashes that a folder of configs was built with.

The same lock and the same configs give the same text outputs on any machine: a locked build takes its default
vintages from the lock, and refuses a table whose content is not the one that the lock names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from placemap.core.errors import Exit, PlacemapError
from placemap.core.files import from_json
from placemap.core.text import some
from placemap.reference.store import TableEntry

LOCK_FILE = "placemap.lock"
LOCK_FORMAT = 1
REWRITE = "write a new one with `placemap data lock`"
_SHOWN = 6


@dataclass(frozen=True)
class Lock:
    """What a build may rest on.

    Attributes:
        where: the file, for messages.
        defaults: by kind, the vintage where nothing is said.
        tables: by name, the content's hash with its source and vintage.
    """

    where: str
    defaults: Mapping[str, str]
    tables: Mapping[str, Mapping[str, str]]

    def to_text(self) -> str:
        """As written: JSON, keys sorted."""
        content: dict[str, Any] = {
            "placemap_lock": LOCK_FORMAT,
            "defaults": dict(self.defaults),
            "tables": {name: dict(table) for name, table in self.tables.items()},
        }
        return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def parse_lock(text: str, where: str) -> Lock:
    """A lock from its text.

    Raises:
        PlacemapError: the text is not a lock.
    """
    try:
        data = from_json(text)
        if data["placemap_lock"] != LOCK_FORMAT:
            raise PlacemapError(
                f"the lock has format {data['placemap_lock']!r}; this placemap reads format {LOCK_FORMAT}",
                location=where,
                hint=REWRITE,
            )
        tables = {
            str(name): dict(table, content_sha256=table["content_sha256"]) for name, table in data["tables"].items()
        }
        return Lock(where, _texts(data["defaults"]), {name: _texts(table) for name, table in tables.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PlacemapError(f"the lock cannot be read: {error!r}", location=where, hint=REWRITE) from None


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """The values by name, if all are text.

    Raises:
        TypeError: one is not.
    """
    for name, value in values.items():
        if not isinstance(value, str):
            raise TypeError(f"`{name}` is no text but {value!r}")
    return dict(values)


def lock_of(entries: Iterable[TableEntry], defaults: Mapping[str, str], where: str = LOCK_FILE) -> Lock:
    """The lock of some tables."""
    tables = {
        entry.name: {
            "content_sha256": entry.content_sha256,
            "source": entry.source,
            "title": entry.title,
            "vintage": entry.vintage,
        }
        for entry in entries
    }
    return Lock(where, defaults, tables)


def require_locked(inputs: Iterable[TableEntry], lock: Lock) -> None:
    """Refuse tables that are not those of the lock.

    Raises:
        PlacemapError: a table is not in the lock, or its content is another one.
    """
    wrong = [text for entry in inputs for text in _difference(entry, lock.tables.get(entry.name))]
    if wrong:
        raise PlacemapError(
            f"the reference tables are not those of the lock: {some(wrong, _SHOWN, counted=True, by='; ')}",
            location=lock.where,
            hint="use the store that it was written with (--data); or accept the change with `placemap data lock` "
            "after looking at `placemap data diff`",
            exit_code=Exit.WRONG,
        )


def _difference(entry: TableEntry, locked: Mapping[str, str] | None) -> list[str]:
    if locked is None:
        return [f"{entry.name} is not in the lock"]
    expected, found = locked["content_sha256"], entry.content_sha256
    return [] if found == expected else [f"{entry.name} has content {found[:12]}, expected {expected[:12]}"]


def read_lock(path: Path) -> Lock:
    """Read a lock.

    Raises:
        PlacemapError: it is missing, or is not a lock.
    """
    try:
        return parse_lock(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        raise PlacemapError("there is no lock", location=str(path), hint="write it with `placemap data lock`") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PlacemapError(f"the lock cannot be read: {error}", location=str(path), hint=REWRITE) from None


def refuse_other(path: Path) -> None:
    """Refuse to write a lock over a file that is none, such as the config that was meant to be locked.

    Raises:
        PlacemapError: so.
    """
    if path.is_file() and b'"placemap_lock"' not in path.read_bytes():
        raise PlacemapError(
            "this file is no lock; it would be replaced",
            location=str(path),
            hint="move it away, or choose another name with --to",
        )


def find_lock(beside: Iterable[Path]) -> Path:
    """The lock that is meant: in the current folder, else beside a config, else one folder up from it."""
    folders = [Path(), *(folder for path in beside for folder in (path.parent, path.parent.parent))]
    return next((folder / LOCK_FILE for folder in folders if (folder / LOCK_FILE).is_file()), Path(LOCK_FILE))
