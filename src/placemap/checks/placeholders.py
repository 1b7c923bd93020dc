"""Texts of a config that were left to fill in: a warning while one works on it, an error in what goes out."""

from __future__ import annotations

from collections.abc import Iterator

from placemap.checks.registry import finding_of, result_check
from placemap.config.model import System
from placemap.config.text_rules import TO_FILL_IN
from placemap.core.errors import Exit, PlacemapError, PlacemapErrors
from placemap.core.findings import Finding, Severity
from placemap.resolve.resolved import ResolvedFootprint

HINT = "write what it should say; a config states what its places rest on"


@result_check("placeholder")
def placeholder(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Texts that `new` and `infer` leave to a person."""
    for left in resolved.system.placeholders:
        message = f"`{left.key}` is still {TO_FILL_IN}."
        yield finding_of(resolved, "placeholder", Severity.WARNING, message, subject=left.key, loc=left.loc, hint=HINT)


def require_filled_in(system: System) -> None:
    """Refuse to hand out what rests on a text that nobody wrote.

    Raises:
        PlacemapErrors: there are such texts, each with its line.
    """
    errors = [
        PlacemapError(
            f"`{left.key}` is still {TO_FILL_IN}, and would go out so",
            location=str(left.loc),
            hint=HINT,
            exit_code=Exit.WRONG,
        )
        for left in system.placeholders
    ]
    if errors:
        raise PlacemapErrors(errors)
