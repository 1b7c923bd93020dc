"""The report of a footprint, or of England."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from placemap.analysis.sensitivity import sensitivity
from placemap.commands.england import EnglandOutcome, build_of, england, lines
from placemap.commands.map import DrawnFiles, draw
from placemap.commands.tiers import inside
from placemap.commands.workspace import Outcome, Workspace
from placemap.config.grades import WEAKEST
from placemap.config.model import Footprint, System
from placemap.core.files import write_whole
from placemap.core.fine_kinds import FINE_KINDS
from placemap.outputs.build import Build
from placemap.outputs.map.outlines import PlaceBoundaries, boundaries
from placemap.outputs.map.picture import national_picture
from placemap.outputs.report.certainty import certainty
from placemap.outputs.report.content import report
from placemap.outputs.report.content_england import EnglandReport, england_report
from placemap.outputs.report.model import Report, Section
from placemap.reference.fine_lookups import find_lookup, in_use
from placemap.reference.store import TableEntry

if TYPE_CHECKING:
    from placemap.apply.profile import Profile


def make_report(
    workspace: Workspace,
    system: System,
    footprint: Footprint,
    out: Path,
    *,
    profile: Profile | None = None,
) -> DrawnFiles:
    """Write the report of a footprint, one HTML file.

    Args:
        workspace: what the footprint is resolved against.
        system: the footprint's system.
        footprint: what the report is about.
        out: the file is `out/<system>/<footprint>-report.html`.
        profile: figures that were imported, to be shown as well.

    Raises:
        PlacemapError: the footprint has errors, the store has no boundaries, or the file cannot be written.
    """
    from placemap.outputs.report.html import html

    outcome = workspace.build(system, footprint)
    resolved = outcome.without_errors()
    sections = [certainty(sensitivity(resolved))] if footprint.has_patient_kinds else []
    build = drawn_build(workspace, outcome)
    if profile is not None:
        from placemap.outputs.report.profile import profile_section

        sections, build = [*sections, profile_section(profile)], with_inputs(build, *profile.entries)
    content = _with_postcodes(workspace, outcome, build, sections)
    outlines = workspace.boundaries(resolved)
    text = html(content, workspace.outlines.of(resolved.assignment.place >= 0), outlines)
    return DrawnFiles([write_whole(out / system.id / f"{footprint.id}-report.html", text)], content.picture.alt)


def make_england_report(
    workspace: Workspace, systems: Iterable[System], out: Path, *, min_grade: str = WEAKEST
) -> DrawnFiles:
    """Write the report of all systems, one HTML file.

    Args:
        out: the file is `out/england/default-footprints-report.html`.
        min_grade: leave out systems whose evidence is weaker.

    Raises:
        PlacemapError: the store is not of all England or has no boundaries, a system has errors, or the file cannot be
            written.
    """
    from placemap.outputs.report.html_england import html

    outlines = workspace.outlines
    outcome = england(workspace, systems, min_grade)
    national = outcome.without_errors()
    drawn = boundaries(national, outlines)
    content = national_report(outcome, with_boundaries(build_of(outcome, workspace), workspace), drawn)
    path = out / national.system.id / f"{national.footprint.id}-report.html"
    return DrawnFiles([write_whole(path, html(content, drawn))], content.picture.alt)


def national_report(outcome: EnglandOutcome, build: Build, drawn: PlaceBoundaries) -> EnglandReport:
    """What the report of all systems says.

    Args:
        build: of all systems.
        drawn: the outlines of the places.
    """
    return england_report(
        outcome.national,
        lines(outcome),
        [system.name for system in outcome.left_out],
        build,
        national_picture(outcome.national, drawn.shapes),
    )


def _with_postcodes(workspace: Workspace, outcome: Outcome, build: Build, sections: Iterable[Section]) -> Report:
    """The report, which finds postcodes where a directory of them is at hand."""
    lookup = find_lookup(FINE_KINDS["postcode"], workspace.geography.data)
    if lookup is None or lookup.entry is None:
        return report_of(workspace, outcome, build, sections)
    found = report_of(workspace, outcome, with_inputs(build, lookup.entry), sections)
    return replace(found, postcodes=in_use([row[0] for row in found.lsoas], lookup))


def report_of(workspace: Workspace, outcome: Outcome, build: Build, sections: Iterable[Section] = ()) -> Report:
    """What the report of a footprint without errors says, its picture included."""
    resolved = outcome.without_errors()
    return report(resolved, build, draw(workspace, outcome), sections, inside(workspace, resolved))


def drawn_build(workspace: Workspace, outcome: Outcome) -> Build:
    """A build that rests on the boundaries that it is drawn from, too."""
    return with_boundaries(workspace.made(outcome), workspace)


def with_boundaries(build: Build, workspace: Workspace) -> Build:
    """A build that rests on the boundaries of LSOAs, too."""
    return with_inputs(build, workspace.geography.data.need("lsoa_boundaries"))


def with_inputs(build: Build, *more: TableEntry) -> Build:
    """A build that rests on more tables."""
    entries = {entry.name: entry for entry in [*build.inputs, *more]}
    return replace(build, inputs=[entries[name] for name in sorted(entries)])
