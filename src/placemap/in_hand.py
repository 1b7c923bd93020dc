"""What people take in hand: map, report and FOI pack. One short function a command, as in `pipeline`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from placemap.analysis.sensitivity import LABELS, sensitivity
from placemap.config.grades import WEAKEST
from placemap.config.model import Footprint, System
from placemap.core.errors import Exit, PlacemapError
from placemap.core.files import put
from placemap.core.findings import Severity
from placemap.core.version import __version__
from placemap.outputs.foi.questions import Letter
from placemap.outputs.map.outlines import Boundaries, boundaries
from placemap.outputs.map.picture import Picture, national_picture, picture
from placemap.outputs.report.content import Report, Section, report
from placemap.outputs.report.content_england import EnglandReport, england_report
from placemap.pipeline import Outcome, Workspace
from placemap.pipeline_england import EnglandOutcome, england, inputs_of, lines, require_no_errors, tables_of
from placemap.reference.store import TableEntry


@dataclass(frozen=True)
class Made:
    """Files that a command wrote, and what the map in them shows, in words."""

    files: list[Path]
    alt: str


def without_errors(workspace: Workspace, system: System, footprint: Footprint) -> Outcome:
    """Build a footprint's tables in memory.

    Raises:
        PlacemapError: it has findings of error severity, so there is nothing to show.
    """
    outcome = workspace.build(system, footprint)
    errors = [finding for finding in outcome.findings if finding.severity == Severity.ERROR]
    if errors or outcome.assignment is None:
        raise PlacemapError(
            f"footprint `{footprint.id}` of {system.id} has {len(errors)} error{'s' if len(errors) != 1 else ''}, "
            f"such as {errors[0].code}: {errors[0].message}",
            location=system.loc.file,
            hint=f"`placemap check {system.id} --footprint {footprint.id}` lists them",
            exit_code=Exit.WRONG,
        )
    return outcome


def draw(workspace: Workspace, outcome: Outcome, *, highlight: bool = False) -> Picture:
    """The map of an outcome without errors."""
    assert outcome.assignment is not None
    return picture(outcome.system, outcome.assignment, workspace.outlines, workspace.figures, highlight=highlight)


def make_map(
    workspace: Workspace, system: System, footprints: list[Footprint], out: Path, *, highlight: bool = False
) -> Made:
    """Write the map of one footprint, or of two side by side: SVG, PNG and alternative text.

    Raises:
        PlacemapError: a footprint has errors, the store has no boundaries, or a file cannot be written.
    """
    from placemap.outputs.map.draw import alt, png, svg

    pictures = [
        draw(workspace, without_errors(workspace, system, footprint), highlight=highlight) for footprint in footprints
    ]
    stem = out / system.id / ("-and-".join(footprint.id for footprint in footprints) + "-map")
    words = alt(pictures)
    contents: dict[str, str | bytes] = {".svg": svg(pictures), ".png": png(pictures), ".txt": words + "\n"}
    return Made([put(stem.with_name(stem.name + ending), content) for ending, content in contents.items()], words)


def make_report(
    workspace: Workspace, system: System, footprint: Footprint, out: Path, *, sensitive: bool = True
) -> Made:
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

    outcome = without_errors(workspace, system, footprint)
    sections = [_sensitivity(workspace, outcome)] if sensitive and footprint.has_patient_kinds else []
    content, outlines = _report(workspace, outcome, sections), workspace.boundaries(outcome)
    assert outcome.assignment is not None
    assert outlines is not None
    text = html(content, workspace.outlines.of(outcome.assignment.place >= 0), outlines)
    return Made([put(out / system.id / f"{footprint.id}-report.html", text)], content.picture.alt)


def make_england_report(
    workspace: Workspace, systems: Iterable[System], out: Path, *, min_grade: str = WEAKEST
) -> Made:
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
    drawn = boundaries(national.heads, national.assignment, outlines, workspace.figures)
    content = _england_report(workspace, outcome, drawn)
    path = out / national.system.id / f"{national.footprint.id}-report.html"
    return Made([put(path, html(content, drawn))], content.picture.alt)


def _england_report(workspace: Workspace, outcome: EnglandOutcome, drawn: Boundaries) -> EnglandReport:
    national, geography = outcome.national, workspace.geography
    entries = {entry.name: entry for entry in [*inputs_of(outcome, workspace), geography.data.need("lsoa_boundaries")]}
    return england_report(
        national,
        lines(outcome),
        [system.name for system in outcome.left_out],
        geography,
        workspace.figures,
        tables_of(outcome, workspace),
        outcome.findings,
        {id(finding): item.system.name for item in outcome.outcomes for finding in item.findings},
        [entries[name] for name in sorted(entries)],
        national_picture(national.assignment, national.part_of, drawn.shapes, geography, workspace.figures),
        __version__,
    )


def _report(workspace: Workspace, outcome: Outcome, sections: Iterable[Section] = ()) -> Report:
    assert outcome.assignment is not None
    return report(
        outcome.system,
        outcome.assignment,
        workspace.geography,
        workspace.figures,
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
    found = sensitivity(outcome.system, outcome.assignment, workspace.geography, workspace.figures)
    methods = [
        f"By {LABELS[method]}: {lsoas:,} LSOAs with {people:,.0f} residents would be in another place."
        for method, lsoas, people in found.summary()
    ]
    text = ["Practices decide where the LSOAs of this footprint go. Other methods could be defended, too.", *methods]
    return Section("sensitivity", "How sure it is", text, [found.confidence, found.flips])


def _inputs(workspace: Workspace, footprint: Footprint) -> list[TableEntry]:
    """The tables that a footprint rests on, with the boundaries that it is drawn from."""
    entries = [*workspace.inputs(footprint), workspace.geography.data.need("lsoa_boundaries")]
    return sorted(entries, key=lambda entry: entry.name)


def foi_files(
    workspace: Workspace, system: System, footprint: Footprint, config: str, letter: Letter
) -> dict[str, bytes]:
    """The files of an FOI pack by name.

    Args:
        workspace: what the footprint is resolved against.
        system: the footprint's system.
        footprint: what the pack is about.
        config: text of the system's config.
        letter: what the reply says of itself.

    Raises:
        PlacemapError: the footprint has errors, or the store has no boundaries.
    """
    from placemap.outputs.foi.pack import Material, lock_of, pack

    outcome = without_errors(workspace, system, footprint)
    outlines, inputs = workspace.boundaries(outcome), _inputs(workspace, footprint)
    assert outcome.assignment is not None
    assert outlines is not None
    content = _report(workspace, outcome)
    chosen = workspace.geography.chosen
    material = Material(content, outcome.assignment, outcome.findings, inputs, outlines, config, chosen.text)
    return pack(material, lock_of(content, inputs, workspace.measure, Path(system.loc.file).name, letter, chosen))


def make_foi(
    workspace: Workspace, system: System, footprint: Footprint, config: str, letter: Letter, out: Path
) -> list[Path]:
    """Write an FOI pack as a folder and as a zip beside it; returns both.

    Raises:
        PlacemapError: as `foi_files`, or the folder holds other files, or something cannot be written.
    """
    from placemap.outputs.foi.write import write_folder, write_zip

    files = foi_files(workspace, system, footprint, config, letter)
    stem = out / system.id / f"{footprint.id}-foi"
    return [write_folder(files, stem), write_zip(files, stem.with_name(f"{stem.name}.zip"))]
