"""Findings and mistakes as annotations of a workflow run: `check --annotate github`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from placemap.core.errors import PlacemapError
from placemap.core.findings import Finding, Severity

_LOCATION = re.compile(r"(?P<file>.*?)(?::(?P<line>\d+):(?P<column>\d+))?")


class Annotations(StrEnum):
    """Whose annotations."""

    GITHUB = "github"


def finding_annotations(findings: Iterable[Finding], path: Path | None) -> Iterator[str]:
    """A line an error or warning; `path` is the config that they are about."""
    for finding in findings:
        if finding.severity in (Severity.ERROR, Severity.WARNING):
            text = f"{finding.message}\n{finding.hint}".strip()
            yield _line(str(finding.severity), _place(finding.location, path), finding.code, text)


def error_annotations(error: PlacemapError, path: Path | None) -> Iterator[str]:
    """A line a mistake of a config, or what else stops the work."""
    for one in getattr(error, "errors", [error]):
        yield _line("error", _place(one.location, path), "placemap", f"{one.message}\n{one.hint}".strip())


def _place(location: str, path: Path | None) -> dict[str, str]:
    """File from the working folder, line and column; nothing where there is no config that it is about."""
    found = _LOCATION.fullmatch(location)
    if path is None or found is None:
        return {}
    whole, here = path.resolve(), Path.cwd()
    file = whole.relative_to(here) if whole.is_relative_to(here) else whole
    parts = {"file": file.as_posix(), "line": found["line"], "col": found["column"]}
    return {key: value for key, value in parts.items() if value}


def _line(level: str, place: dict[str, str], title: str, text: str) -> str:
    properties = ",".join(f"{key}={_escaped(value, more=':,')}" for key, value in {**place, "title": title}.items())
    return f"::{level} {properties}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    """Text in the percent encoding that workflow commands are read by."""
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
