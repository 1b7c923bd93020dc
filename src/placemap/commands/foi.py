"""The FOI pack of a footprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from placemap.checks.placeholders import require_filled_in
from placemap.commands.report import _report, drawn_build
from placemap.commands.workspace import Outcome, Workspace, chosen_of
from placemap.config.load import system_from_text
from placemap.config.model import Footprint, System
from placemap.config.public import public_text
from placemap.core.errors import PlacemapError
from placemap.crosswalk.findings import findings_table
from placemap.crosswalk.small_numbers import without_small_numbers
from placemap.outputs.foi.letterhead import prepared
from placemap.outputs.foi.questions import Letter

#: Findings about how strong, old or new the documents are that were found.
_ON_DOCUMENTS = ("weak-evidence", "stale-evidence", "not-confirmed-since")


@dataclass(frozen=True)
class Asked:
    """What a pack is made for.

    Attributes:
        config: text of the system's config.
        file: name of the config.
        others: texts of the other files of the system, by name.
        letter: what the reply says of itself.
        letterhead: a Word document to write the reply into; None for a plain one.
        hide_small: leave small counts of people out, and what they would follow from.
    """

    config: str
    file: str
    footprint: str
    letter: Letter
    letterhead: bytes | None = None
    hide_small: bool = False
    others: Mapping[str, str] = field(default_factory=dict)


def foi_files(workspace: Workspace, asked: Asked) -> dict[str, bytes]:
    """The files of an FOI pack by name, made from the config without what an outside reader noted in it.

    Raises:
        PlacemapError: the footprint has errors, the config has texts to fill in, the store has no boundaries, or the
            letterhead cannot be used.
    """
    from placemap.outputs.foi.lock import lock_of
    from placemap.outputs.foi.pack import Material, pack

    letterhead = None if asked.letterhead is None else prepared(asked.letterhead, "the template")
    config, others = public_text(asked.config), dict[str, str]()
    declared = system_from_text(config, asked.file, partial(_other, asked, others))
    require_filled_in(declared)
    system, (footprint,) = chosen_of(workspace, declared, [asked.footprint])
    outcome = _without_what_was_found(workspace.build(system, footprint))
    resolved = outcome.without_errors()
    outlines = workspace.boundaries(resolved)
    build = drawn_build(workspace, outcome)
    report = _report(workspace, outcome, build)
    if asked.hide_small:
        tables = without_small_numbers(build.tables)
        build, report = replace(build, tables=tables), replace(report, tables=tables)
    material = Material(report, resolved.assignment, build, outlines, config, letterhead, others)
    lock = lock_of(build, asked.file, asked.letter, workspace.geography.chosen, hide_small=asked.hide_small)
    return pack(material, lock)


def _without_what_was_found(outcome: Outcome) -> Outcome:
    """An outcome without findings about documents, which are for whoever keeps the config."""
    findings = [finding for finding in outcome.findings if finding.code not in _ON_DOCUMENTS]
    found = findings_table(outcome.system, outcome.footprint, findings)
    tables = [found if table.name == found.name else table for table in outcome.tables]
    return replace(outcome, findings=findings, tables=tables)


def _other(asked: Asked, used: dict[str, str], name: str) -> str:
    """The text of another file of the system without what was noted in it; one that is read is `used`."""
    if name not in asked.others:
        raise PlacemapError("no such file", location=name, hint="`files` names other files of the system")
    used[name] = public_text(asked.others[name])
    return used[name]


def make_foi(workspace: Workspace, system: System, asked: Asked, out: Path) -> list[Path]:
    """Write an FOI pack as a folder and as a zip beside it, both or neither; returns their paths.

    Where members were worked out rather than stated, what to check before it is sent stands in a file beside them.

    Raises:
        PlacemapError: as `foi_files`, or the folder holds other files, or something cannot be written.
    """
    from placemap.outputs.foi.before_you_send import before_you_send, needs_checking
    from placemap.outputs.foi.write import write_pack

    footprint = system.footprints[asked.footprint]
    folder = pack_folder(out, system, footprint)
    files = foi_files(workspace, asked)
    checks = before_you_send(system, footprint, folder.name) if needs_checking(footprint) else ""
    return write_pack(files, folder, checks)


def pack_folder(out: Path, system: System, footprint: Footprint) -> Path:
    """Where the folder of a pack goes."""
    return out / system.id / f"{footprint.id}-foi"
