"""Why a text is not YAML, and the way out of mistakes that people make in YAML again and again."""

from __future__ import annotations

import re

from yaml.error import MarkedYAMLError

from placemap.config.model import Loc
from placemap.core.errors import PlacemapError

YAML_HINT = "`placemap schema` prints the format; `placemap show bnssg --source` prints a config that is right"
#: What PyYAML says of a second colon in a line.
_COLON = "mapping values are not allowed in this context"
_KEY_AND_VALUE = re.compile(r"\s*(?:- +)?(?P<key>[^\s:#][^:#]*): +(?P<value>[^\s\"'{\[#].*?)\s*(?: #.*)?")


def not_yaml(error: MarkedYAMLError, text: str, name: str) -> PlacemapError:
    """The error of a text that is not YAML."""
    mark = error.problem_mark or error.context_mark
    loc = Loc(name, mark.line + 1, mark.column + 1) if mark else Loc(name)
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return PlacemapError(
            "a tab indents this line; YAML is indented with spaces",
            location=str(loc),
            hint="replace each tab by two spaces",
        )
    hint = _quotes_needed(text, loc.line) if error.problem == _COLON else ""
    return PlacemapError(f"this is not YAML: {_problem(error)}", location=str(loc), hint=hint or YAML_HINT)


def _problem(error: MarkedYAMLError) -> str:
    """What the parser says, with what it was reading and where that began."""
    problem = (error.problem or "it cannot be parsed").splitlines()[0]
    if not error.context:
        return problem
    start = f", which starts at line {error.context_mark.line + 1}" if error.context_mark else ""
    return f"{problem} ({error.context.splitlines()[0]}{start})"


def bad_character(text: str, position: int, name: str) -> PlacemapError:
    """The error of a text with a character that YAML forbids."""
    before = text[:position].split("\n")
    return PlacemapError(
        f"the character U+{ord(text[position]):04X} cannot stand in YAML",
        location=str(Loc(name, len(before), len(before[-1]) + 1)),
        hint="delete it; editors may not show it",
    )


def _quotes_needed(text: str, line: int) -> str:
    """The way out where a text has a colon in it; empty where the line is something else."""
    found = _KEY_AND_VALUE.fullmatch(text.splitlines()[line - 1]) if line else None
    if found is None or ": " not in f"{found['value']} ":
        return ""
    value = found["value"].replace("\\", "\\\\").replace('"', '\\"')
    return f'put quotes round it, as it has a colon in it: `{found["key"]}: "{value}"`'
