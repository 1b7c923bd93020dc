"""`lock.json` of a pack: what it was made from, and with what."""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version as library_version
from pathlib import PurePath
from typing import Any

from placemap.config.text_rules import UNSEEN
from placemap.core.files import as_json, from_json
from placemap.outputs.build import Build
from placemap.outputs.foi.questions import Letter
from placemap.reference.vintages import ChosenVintages

LOCK = "lock.json"
RESPONSE, WORKBOOK = "response.docx", "mapping.xlsx"
#: Libraries whose releases may set the same content in other bytes, by file.
LIBRARIES = {
    RESPONSE: ("python-docx", "lxml", "zlib", "matplotlib", "pillow", "shapely"),
    WORKBOOK: ("openpyxl", "lxml", "zlib"),
    "map.svg": ("matplotlib", "shapely"),
    "map.png": ("matplotlib", "pillow", "shapely"),
}


@dataclass(frozen=True)
class PackLock:
    """What a pack was made from, enough to make it again.

    Attributes:
        config: name of the config; its text is in the pack.
        letter: what the reply says of itself.
        vintages: those that were named, as `--vintage` takes them.
        as_of: the day that was asked for as ISO text, empty where none was.
        inputs: hash of the content of each reference table, by name.
        libraries: releases that set the files, by library.
    """

    placemap: str
    system: str
    footprint: str
    measure: str
    config: str
    letter: Letter
    vintages: list[str]
    as_of: str
    inputs: dict[str, str]
    libraries: dict[str, str]

    def to_text(self) -> str:
        """As it stands in the pack."""
        return as_json(asdict(self))


def lock_of(build: Build, config: str, letter: Letter, chosen: ChosenVintages) -> PackLock:
    """The lock of a pack that is made here and now."""
    return PackLock(
        placemap=build.version,
        system=build.system.id,
        footprint=build.footprint.id,
        measure=build.measure,
        config=config,
        letter=letter,
        vintages=[f"{kind}={vintage}" for kind, vintage in sorted(chosen.named.items())],
        as_of=chosen.as_of.isoformat() if chosen.as_of else "",
        inputs={entry.name: entry.content_sha256 for entry in build.inputs},
        libraries=libraries(),
    )


def libraries() -> dict[str, str]:
    """Releases of the libraries that files of a pack depend on."""
    names = sorted({name for names in LIBRARIES.values() for name in names})
    return {name: zlib.ZLIB_RUNTIME_VERSION if name == "zlib" else library_version(name) for name in names}


def parse_pack_lock(content: bytes) -> PackLock:
    """The lock of a pack that anyone may have edited.

    Raises:
        ValueError: it is none; says why.
    """
    try:
        values: dict[str, Any] = from_json(content)
        lock = PackLock(**{**values, "letter": Letter(**values["letter"])})
        _require_kinds(lock)
        _require_seen(asdict(lock))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(str(error)) from None
    return lock


def _require_seen(value: Any) -> None:
    if isinstance(value, str):
        if UNSEEN.search(value):
            raise ValueError(f"{value[:40]!a} has a character that nobody can see")
    else:
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            _require_seen(item)


def _require_kinds(lock: PackLock) -> None:
    lists: list[tuple[str, Any, type]] = [
        ("vintages", lock.vintages, list),
        ("inputs", lock.inputs, dict),
        ("libraries", lock.libraries, dict),
        *((name, value, str) for name, value in vars(lock.letter).items()),
        *((name, getattr(lock, name), str) for name, kind in PackLock.__annotations__.items() if kind == "str"),
    ]
    for name, value, kind in lists:
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        if not isinstance(value, kind) or not all(isinstance(item, str) for item in items):
            raise TypeError(f"`{name}` has another type")
    if PurePath(lock.config).name != lock.config or lock.config in ("", ".."):
        raise ValueError("`config` is no name of a file")
    for day in filter(None, (lock.as_of, lock.letter.date)):
        if date.fromisoformat(day).isoformat() != day:
            raise ValueError(f"{day} is no date")
