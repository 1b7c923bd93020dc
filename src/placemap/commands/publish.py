"""The places of England as one folder to be published."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from placemap.commands.england import EnglandOutcome, build_of, england, lines
from placemap.commands.report import national_report, with_boundaries, with_inputs
from placemap.commands.workspace import Workspace
from placemap.config.grades import WEAKEST
from placemap.config.model import System
from placemap.crosswalk.practices_today import Today, practices_of_today, practices_today_table
from placemap.outputs.build import Build
from placemap.outputs.map.outlines import boundaries
from placemap.outputs.readme_england import national_readme


@dataclass(frozen=True)
class Published:
    """What was written.

    Attributes:
        files, size: how many, and their bytes together.
    """

    folder: Path
    files: int
    size: int
    outcome: EnglandOutcome


def _silent(_: str) -> None:
    """Say nothing."""


def publish(
    workspace: Workspace,
    systems: Iterable[System],
    out: Path,
    *,
    min_grade: str = WEAKEST,
    say: Callable[[str], None] = _silent,
) -> Published:
    """Write the default footprints of all systems as one folder for a web server, a release or an archive.

    Args:
        out: the folder; it is replaced as a whole.
        min_grade: leave out systems whose evidence is weaker.
        say: is told what is being done.

    Raises:
        PlacemapError: the store is not of all England or has no boundaries, a system has errors, or the folder cannot
            be written or holds files of others.
    """
    from placemap.outputs.publish.folder import Edition, write_edition

    outlines = workspace.outlines
    outcome = england(workspace, systems, min_grade)
    national = outcome.without_errors()
    say("making tables")
    today = practices_of_today(national.geography)
    build = _build(workspace, outcome, today)
    drawn = boundaries(national, outlines)
    readme = national_readme(national, lines(outcome), replace(build, boundaries=drawn), ".csv")
    edition = Edition(national, build, national_report(outcome, build, drawn), drawn, readme, today.vintage)
    files, size = write_edition(edition, out, say)
    return Published(out, files, size, outcome)


def _build(workspace: Workspace, outcome: EnglandOutcome, today: Today) -> Build:
    """The national build with the practices of today, and all that it rests on."""
    made = with_inputs(with_boundaries(build_of(outcome, workspace), workspace), *today.entries)
    return replace(made, tables=[*made.tables, practices_today_table(outcome.national, today)])
