"""What a text in a config may hold, wherever it stands: one rule for control characters, one for names, one for days.

Texts go into CSV, workbooks, Markdown, HTML, pictures and terminals. What no reader can see, or what a spreadsheet
would run, is refused where it is written; everything else is written so that each format shows it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from placemap.config.schema import DAY
from placemap.config.yaml_tree import KeyPath, YamlTree
from placemap.core.errors import Exit, PlacemapError
from placemap.core.text import NO_WIDTH

#: Control characters but for tab and line feed, marks that turn the direction of text, half characters and none.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]"
)
#: Stands in a new config for a text that only a person can give; `check` reports it.
TO_FILL_IN = "TO FILL IN"
#: How a cell starts that a spreadsheet takes for a formula (OWASP, "CSV Injection"); the wide ones in East Asia.
FORMULA = ("=", "+", "-", "@")
_WIDE = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
#: Characters of the longest name; a longer one is a text that took the place of a name.
LONGEST_NAME = 200
#: What no file or folder may be called on Windows, whatever its ending.
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
#: Ids become names of files, to which systems give 255 bytes with endings and all.
LONGEST_ID = 100
#: Keys whose text is one line, and stands in tables.
NAMES = ("name", "title", "publisher")


def text_errors(tree: YamlTree) -> Iterator[PlacemapError]:
    """Every text that breaks a rule."""
    values = list(texts(tree.value))
    # Nearly always there is nothing in any of them, which one look tells.
    every = "\n".join([*(str(path[-1]) for path in tree.key_locs), *(value for _, value in values)])
    clear = UNSEEN.search(every) is None
    for path in tree.key_locs if not clear else ():
        if found := _unseen(str(path[-1])):
            yield PlacemapError(found[0], location=str(tree.loc(path)), hint=found[1])
    for path, value in values:
        if found := (None if clear else _unseen(value)) or _name(path, value) or _day(path, value):
            yield PlacemapError(found[0], location=str(tree.value_loc(path)), hint=found[1])


def texts(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Every text of a config with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts(inner, (*path, number))


def seen(text: str) -> str:
    """A text of an option that documents can show.

    Raises:
        PlacemapError: it has a character that they cannot.
    """
    bad = UNSEEN.search(text)
    if bad:
        raise PlacemapError(
            f"{text[:40]!a} has the character U+{ord(bad[0]):04X} in it, which no document can show",
            hint="delete it from the option",
            exit_code=Exit.USAGE,
        )
    return text


def _unseen(text: str, pattern: re.Pattern[str] = UNSEEN) -> tuple[str, str] | None:
    bad = pattern.search(text)
    if not bad:
        return None
    return (
        f"the text has the character U+{ord(bad[0]):04X} in it, which nobody can see",
        "delete it; an escape such as `\\x07` in quotes stands for it, or an editor hides it",
    )


def _name(path: KeyPath, text: str) -> tuple[str, str] | None:
    if path[-1] not in NAMES:
        return None
    tidy = text.strip()
    if found := _unseen(tidy, NO_WIDTH):
        return found
    if "\n" in tidy or "\t" in tidy:
        return "a name is one line; found a line break or a tab in it", "write it as one line, with spaces"
    if path[-1] == "name" and len(tidy) > LONGEST_NAME:
        return f"a name has at most {LONGEST_NAME} characters; found {len(tidy):,}", "put more words into `notes`"
    if tidy.startswith((*FORMULA, *_WIDE)):
        return (
            f"found `{tidy}`; a name cannot start with {' '.join(FORMULA)}, which spreadsheets take for a formula",
            "start it with a letter or a digit",
        )
    return None


def _day(path: KeyPath, text: str) -> tuple[str, str] | None:
    if path[0] != "evidence" or path[-1] != "date" or not re.fullmatch(DAY, text):
        return None
    try:
        date.fromisoformat(text)
    except ValueError:
        return f"`date`: there is no day {text}", "write a real day, or only the month, as in 2021-05"
    return None
