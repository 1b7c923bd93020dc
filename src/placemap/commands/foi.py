"""The FOI pack of a footprint."""

from __future__ import annotations

from pathlib import Path

from placemap.checks.placeholders import require_filled_in
from placemap.commands.report import _report, drawn_build
from placemap.commands.workspace import Workspace
from placemap.config.model import Footprint, System
from placemap.core.errors import Exit, PlacemapError
from placemap.outputs.foi.questions import Letter


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
        PlacemapError: the footprint has errors, the config has texts to fill in, or the store has no boundaries.
    """
    from placemap.outputs.foi.lock import lock_of
    from placemap.outputs.foi.pack import Material, pack

    require_filled_in(system)
    _require_one_file(system)
    outcome = workspace.build(system, footprint)
    resolved = outcome.without_errors()
    outlines = workspace.boundaries(resolved)
    build = drawn_build(workspace, outcome)
    material = Material(_report(workspace, outcome, build), resolved.assignment, build, outlines, config)
    return pack(material, lock_of(build, Path(system.loc.file).name, letter, workspace.geography.chosen))


def _require_one_file(system: System) -> None:
    """Refuse a system in several files: a pack encloses the one config that it is proved from.

    Raises:
        PlacemapError: footprints of it stand in another file.
    """
    other = next((item.loc for item in system.footprints.values() if item.loc.file != system.loc.file), None)
    if other is not None:
        raise PlacemapError(
            "an FOI pack encloses one config, and this system is written in several files",
            location=str(other),
            hint="put its footprints into one file",
            exit_code=Exit.USAGE,
        )


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
