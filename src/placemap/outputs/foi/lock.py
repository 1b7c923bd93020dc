"""`lock.json` of a pack: what it was made from, and with what."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass, fields
from datetime import date
from importlib.metadata import version as library_version
from pathlib import PurePath
from typing import Any

from placemap.config.text_rules import UNSEEN
from placemap.core.files import as_json, from_json
from placemap.outputs.build import Build
from placemap.outputs.foi.letterhead import LETTERHEAD
from placemap.outputs.foi.questions import Letter
from placemap.reference.vintages import ChosenVintages

LOCK = "lock.json"
SHOW, HIDE = "show", "hide"
RESPONSE, WORKBOOK = "response.docx", "mapping.xlsx"
#: Libraries whose releases may set the same content in other bytes, by file.
LIBRARIES = {
    RESPONSE: ("python-docx", "lxml", "zlib", "matplotlib", "pillow", "shapely"),
    LETTERHEAD: ("python-docx", "lxml", "zlib"),
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
        small_numbers: `show` or `hide`.
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
    small_numbers: str
    inputs: dict[str, str]
    libraries: dict[str, str]

    def to_text(self) -> str:
        """As it stands in the pack."""
        return as_json(asdict(self))


def lock_of(build: Build, config: str, letter: Letter, chosen: ChosenVintages, *, hide_small: bool = False) -> PackLock:
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
        small_numbers=HIDE if hide_small else SHOW,
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
        values = from_json(content)
    except ValueError as error:
        raise ValueError(_why_no_json(error)) from None
    _require_keys(values, PackLock, "")
    _require_keys(values["letter"], Letter, "letter.")
    lock = PackLock(**{**values, "letter": Letter(**values["letter"])})
    _require_kinds(lock)
    _require_seen(asdict(lock))
    _require_sense(lock)
    return lock


def _why_no_json(error: ValueError) -> str:
    """Why a text is no JSON, where a library says it in its own words."""
    if isinstance(error, json.JSONDecodeError):
        return f"it is no JSON from line {error.lineno}, column {error.colno}"
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _wrong(text: str) -> ValueError:
    """What is raised of a lock; which Python kind of error it is matters to nobody."""
    return ValueError(text)


def _require_keys(values: Any, shape: type, above: str) -> None:
    """That a value holds the fields of a shape and no others."""
    if not isinstance(values, dict):
        raise _wrong(f"`{above.rstrip('.')}` is no list of keys" if above else "it is no list of keys")
    names = [item.name for item in fields(shape)]
    missing, unknown = [name for name in names if name not in values], sorted(set(values) - set(names))
    if missing or unknown:
        what, keys = ("is missing", missing) if missing else ("is not a key of it", unknown)
        raise ValueError(f"`{above}{keys[0][:40]}` {what}")


def _require_seen(value: Any) -> None:
    if isinstance(value, str):
        if UNSEEN.search(value):
            raise ValueError(f"{value[:40]!a} has a character that nobody can see")
    else:
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            _require_seen(item)


def _require_kinds(lock: PackLock) -> None:
    """That every value is of its kind, down to the texts."""
    texts = {name: value for name, value in vars(lock).items() if name not in ("letter", *_LISTS)}
    texts |= {f"letter.{name}": value for name, value in vars(lock.letter).items()}
    for name, kind in _LISTS.items():
        value: Any = getattr(lock, name)
        if not isinstance(value, kind):
            raise _wrong(f"`{name}` is no list{' of keys' if kind is dict else ''}")
        items = value.items() if isinstance(value, dict) else enumerate(value)
        texts |= {f"{name}.{key}": item for key, item in items}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise _wrong(f"`{name[:60]}` is no text")


#: What holds several texts: a list, or one by key.
_LISTS: dict[str, type[list[str]] | type[dict[str, str]]] = {"vintages": list, "inputs": dict, "libraries": dict}


def _require_sense(lock: PackLock) -> None:
    if PurePath(lock.config).name != lock.config or lock.config in ("", ".."):
        raise ValueError("`config` is no name of a file")
    if lock.small_numbers not in (SHOW, HIDE):
        raise ValueError(f"`small_numbers` is neither {SHOW} nor {HIDE}")
    for name, day in (("as_of", lock.as_of), ("letter.date", lock.letter.date)):
        if day and not is_date(day):
            raise ValueError(f"`{name}` is no date: {day[:40]}")


def is_date(text: str) -> bool:
    """Whether a text is a day as it is written in locks, `2026-11-30`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
