"""The way out of mistakes that people make in YAML again and again."""

from __future__ import annotations

import re

#: What PyYAML says of a second colon in a line.
COLON = "mapping values are not allowed in this context"
_KEY_AND_VALUE = re.compile(r"\s*(?:- +)?(?P<key>[^\s:#][^:#]*): +(?P<value>[^\s\"'{\[#].*?)\s*(?: #.*)?")


def quotes_needed(text: str, line: int) -> str:
    """The way out where a text has a colon in it; empty where the line is something else."""
    found = _KEY_AND_VALUE.fullmatch(text.splitlines()[line - 1]) if line else None
    if found is None or ": " not in f"{found['value']} ":
        return ""
    value = found["value"].replace("\\", "\\\\").replace('"', '\\"')
    return f'put quotes round it, as it has a colon in it: `{found["key"]}: "{value}"`'
