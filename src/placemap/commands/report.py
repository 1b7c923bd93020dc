"""The report of a footprint, or of England."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from placemap.analysis.sensitivity import LABELS, sensitivity
from placemap.commands.england import EnglandOutcome, england, inputs_of, lines, require_no_errors, tables_of
from placemap.commands.map import DrawnFiles, draw
from placemap.commands.workspace import Outcome, Workspace, without_errors
from placemap.config.grades import WEAKEST
from placemap.config.model import Footprint, System
from placemap.core.files import write_whole
from placemap.core.version import __version__
from placemap.outputs.map.outlines import PlaceBoundaries, boundaries
from placemap.outputs.map.picture import national_picture
from placemap.outputs.report.content import Report, Section, report
from placemap.outputs.report.content_england import EnglandReport, england_report
from placemap.reference.store import TableEntry


def make_report(
    workspace: Workspace, system: System, footprint: Footprint, out: Path, *, sensitive: bool = True
) -> DrawnFiles:
    """Write the report of a footprint, one HTML file.

    Args:
        workspace: what the footprint is resolved against.
        system: the footprint's system.
        footprint: what the report is about.
        out: the file is `out/<system>/<footprint>-report.html`.
        sensitive: also say what other methods make of it, where practices decide.

    Raises:
        PlacemapError: the footprint has errors, the store has no boundaries, or the file cannot be written.
    """
    from placemap.outputs.report.html import html

    workspace = workspace.of(footprint)
    outcome = without_errors(workspace, system, footprint)
    sections = [_sensitivity(workspace, outcome)] if sensitive and footprint.has_patient_kinds else []
    content, outlines = _report(workspace, outcome, sections), workspace.boundaries(outcome)
    assert outcome.assignment is not None
    assert outlines is not None
    text = html(content, workspace.outlines.of(outcome.assignment.place >= 0), outlines)
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
    require_no_errors(outcome)
    national = outcome.national
    drawn = boundaries(national.heads, national.assignment, outlines, workspace.populations)
    content = _england_report(workspace, outcome, drawn)
    path = out / national.system.id / f"{national.footprint.id}-report.html"
    return DrawnFiles([write_whole(path, html(content, drawn))], content.picture.alt)


def _england_report(workspace: Workspace, outcome: EnglandOutcome, drawn: PlaceBoundaries) -> EnglandReport:
    national, geography = outcome.national, workspace.geography
    entries = {entry.name: entry for entry in [*inputs_of(outcome, workspace), geography.data.need("lsoa_boundaries")]}
    return england_report(
        national,
        lines(outcome),
        [system.name for system in outcome.left_out],
        geography,
        workspace.populations,
        tables_of(outcome, workspace),
        outcome.findings,
        {id(finding): item.system.name for item in outcome.outcomes for finding in item.findings},
        [entries[name] for name in sorted(entries)],
        national_picture(national.assignment, national.part_of, drawn.shapes, geography, workspace.populations),
        __version__,
    )


def _report(workspace: Workspace, outcome: Outcome, sections: Iterable[Section] = ()) -> Report:
    assert outcome.assignment is not None
    return report(
        outcome.system,
        outcome.assignment,
        workspace.geography,
        workspace.populations,
        outcome.tables,
        outcome.findings,
        _inputs(workspace, outcome.footprint),
        draw(workspace, outcome),
        __version__,
        sections,
    )


def _sensitivity(workspace: Workspace, outcome: Outcome) -> Section:
    """How sure each place is, in words, and every LSOA that another method places elsewhere."""
    assert outcome.assignment is not None
    found = sensitivity(outcome.system, outcome.assignment, workspace.geography, workspace.populations)
    methods = [
        f"By {LABELS[method]}: {lsoas:,} LSOAs with {people:,.0f} residents would be in another place."
        for method, lsoas, people in found.by_method()
    ]
    text = ["Practices decide where the LSOAs of this footprint go. Other methods could be defended, too.", *methods]
    return Section("sensitivity", "How sure it is", text, [found.confidence, found.flips])


def _inputs(workspace: Workspace, footprint: Footprint) -> list[TableEntry]:
    """The tables that a footprint rests on, with the boundaries that it is drawn from."""
    entries = [*workspace.inputs(footprint), workspace.geography.data.need("lsoa_boundaries")]
    return sorted(entries, key=lambda entry: entry.name)
