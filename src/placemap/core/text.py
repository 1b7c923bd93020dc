"""Words that messages and texts share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def listed(items: Sequence[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`, or with another word; at least one item."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}"


#: Blanks, hyphens and marks without width, which texts bring from web pages: harmless but in a name, which they make
#: another one that looks the same.
NO_WIDTH = re.compile("[\xad\u034f\u061c\u180e\u200b-\u200f\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")


def as_seen(name: str) -> str:
    """A name without what nobody sees: marks without width, kinds and numbers of blanks, ways to write an accent."""
    return " ".join(unicodedata.normalize("NFC", NO_WIDTH.sub("", name)).split())


def some(items: Sequence[str], most: int, *, counted: bool = False, by: str = ", ") -> str:
    """The first few: `a, b, c`, and where there are more ` …`, or ` and 4 more` where they are to be counted."""
    rest = len(items) - most
    shown = by.join(items[:most])
    return shown if rest <= 0 else f"{shown} and {rest} more" if counted else f"{shown} …"


def counted(number: int, noun: str) -> str:
    """`1 LSOA`, `1,200 LSOAs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def month(vintage: str) -> str:
    """`August 2022` for `2022-08`, `11 March 2021` for `2021-03-11`; a year as it is."""
    parts = vintage.split("-")
    if len(parts) == 1:
        return vintage
    return " ".join([*(str(int(day)) for day in parts[2:3]), _MONTHS[int(parts[1]) - 1], parts[0]])


def as_markdown(text: str) -> str:
    """A name as Markdown shows it as it is, in a line or in a cell of a table."""
    return re.sub(r"([\\`*_\[\]<>|~])", r"\\\1", text)


def without_html(text: str) -> str:
    """A text that may hold Markdown, such as a config's notes, without a meaning for browsers."""
    return text.replace("<", r"\<")
