"""A build's folder: written beside its place and swapped in, so that what stands there is always whole.

After a kill at any moment the old folder or the new one is complete on disk; the next build tidies up.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from placemap.crosswalk import Table
from placemap.errors import PlacemapError
from placemap.findings import Finding
from placemap.geography import Geography
from placemap.model import Footprint, System
from placemap.provenance import Inputs
from placemap.write_metadata import FILES, csvw, failed_page, readme
from placemap.write_tables import write_csv, write_excel, write_parquet

if TYPE_CHECKING:
    from placemap.boundaries import Boundaries

LOCK_SECONDS = 60
METADATA = "metadata.json"
EXCEL = "placemap.xlsx"


@dataclass(frozen=True)
class Build:
    """All that a folder is written from; `boundaries` is None where they are not asked for."""

    system: System
    footprint: Footprint
    tables: list[Table]
    findings: list[Finding]
    inputs: Inputs
    geography: Geography
    measure: str
    version: str
    failed: bool
    boundaries: Boundaries | None = None


def write_build(build: Build, out: Path, *, formats: str, excel: bool) -> Path:
    """Write a build to `out/<system>/<footprint>/` and return that folder.

    With `build.failed` the folder holds only findings, metadata and FAILED.md, never a crosswalk.

    Raises:
        PlacemapError: the folder cannot be written, holds files that placemap did not write, or another build is
            writing it. What stood there before still does.
    """
    folder = out / build.system.id / build.footprint.id
    try:
        with replaced(folder) as new:
            _write_files(build, new, formats=formats, excel=excel and not build.failed)
    except OSError as error:
        raise PlacemapError(
            f"the output cannot be written: {error.strerror or error}",
            location=str(folder),
            hint="free some space, or choose another folder with --out; what stood there before is unchanged",
        ) from None
    return folder


def _write_files(build: Build, folder: Path, *, formats: str, excel: bool) -> None:
    ending = f".{formats}"
    write = write_parquet if formats == "parquet" else write_csv
    for table in build.tables:
        write(table, folder / f"{table.name}{ending}")
    if excel:
        write_excel(build.tables, folder / EXCEL)
    names = [f"{table.name}{ending}" for table in build.tables]
    if build.boundaries and not build.failed:
        from placemap.write_boundaries import write_boundaries

        names += write_boundaries(build.boundaries, folder)
    if build.failed:
        (folder / "FAILED.md").write_text(failed_page(build.system, build.footprint, build.findings), encoding="utf-8")
    else:
        text = readme(
            build.system, build.footprint, build.tables, build.findings, build.inputs, ending, build.boundaries
        )
        (folder / "README.md").write_text(text, encoding="utf-8")
    files = sorted([*names, METADATA, *([EXCEL] if excel else []), "FAILED.md" if build.failed else "README.md"])
    metadata = csvw(build.system, build.footprint, build.tables, build.inputs, build.version, ending, files)
    text = json.dumps(metadata, indent=2, ensure_ascii=False) + "\n"
    (folder / METADATA).write_text(text, encoding="utf-8")


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """A new empty folder beside `folder`, which takes its place when the block ends well and vanishes otherwise.

    Raises:
        PlacemapError: another process is at it, or `folder` holds files that placemap did not write.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        _tidy(folder)
        _refuse_foreign(folder)
        new = folder.with_name(f".{folder.name}.new")
        new.mkdir()
        try:
            yield new
            _swap(new, folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; it lies in the temporary folder, so that none is left among a user's files."""
    name = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
    user = os.getuid() if hasattr(os, "getuid") else 0
    lock = FileLock(Path(tempfile.gettempdir()) / f"placemap-{user}-{name}.lock")
    try:
        with lock.acquire(timeout=LOCK_SECONDS):
            yield
    except Timeout:
        raise PlacemapError(
            f"another placemap has been writing this folder for over {LOCK_SECONDS} seconds",
            location=str(folder),
            hint="wait for it to end, or choose another folder with --out",
        ) from None


def _tidy(folder: Path) -> None:
    """Clear what a killed build left; bring the old folder back if the kill came between the two renames."""
    shutil.rmtree(folder.with_name(f".{folder.name}.new"), ignore_errors=True)
    old = folder.with_name(f".{folder.name}.old")
    if old.exists():
        if folder.exists():
            shutil.rmtree(old)
        else:
            old.rename(folder)


def _swap(new: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _refuse_foreign(folder: Path) -> None:
    """Refuse to replace a folder that holds anything that a build did not write."""
    if not folder.exists() and not folder.is_symlink():
        return
    if folder.is_symlink() or not folder.is_dir():
        raise PlacemapError(
            "this is not a folder of placemap's; it would be replaced",
            location=str(folder),
            hint="move it away, or choose another folder with --out",
        )
    foreign = sorted({item.name for item in folder.iterdir()} - _own_files(folder))
    if foreign:
        raise PlacemapError(
            f"the folder holds files that placemap did not write ({', '.join(foreign[:3])}); they would be lost",
            location=str(folder),
            hint="move them away, or choose another folder with --out",
        )


def _own_files(folder: Path) -> set[str]:
    try:
        metadata = json.loads((folder / METADATA).read_text(encoding="utf-8"))
        return set(metadata[FILES])
    except (OSError, ValueError, KeyError, TypeError):
        return set()
