"""Official files → a reference store: what `placemap data import` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from placemap.config.model import System
from placemap.core.codes import KINDS
from placemap.core.errors import PlacemapError, PlacemapErrors
from placemap.reference.recognise import code_columns
from placemap.reference.store import Manifest, missing_tables
from placemap.sources.catalogue import Catalogue, load_catalogue
from placemap.sources.formats.archive import MOST_BYTES
from placemap.sources.formats.postcode_directory import FAMILY, FORMAT, directory_in, read_directory
from placemap.sources.formats.profile import AS_MEASURE, Description, read_profile
from placemap.sources.formats.profile import FORMAT as MEASURE
from placemap.sources.formats.raw import READERS, Raw, read_raw
from placemap.sources.formats.registry import FileFormat, recognise
from placemap.sources.formats.sexes import SEXES, held_together, sex_of
from placemap.sources.store_table import StoreTable
from placemap.sources.tables.derive import TableOfFile, derived, has_history, has_list, settle_pcn_months
from placemap.sources.tables.extract import extract
from placemap.sources.tables.needs import needs_of
from placemap.sources.tables.write_store import tables_to_keep, write_store


@dataclass(frozen=True)
class FileReport:
    """What became of one file (or one sheet of it).

    Attributes:
        file: its name, with the sheet or the zip's member where it has several tables.
        format: id of the official layout, empty where it is none.
        tables: names of the tables that it gave.
        skipped: why it gave none, empty where it gave some.
        notes: what is odd in it and was taken all the same.
        error: what is wrong with it, where it was refused; the other files were read on.
    """

    file: str
    format: str = ""
    tables: tuple[str, ...] = ()
    skipped: str = ""
    notes: tuple[str, ...] = ()
    error: PlacemapError | None = None


@dataclass(frozen=True)
class ImportReport:
    """What an import made, and what it skipped.

    Attributes:
        manifest: of the store that was written.
        files: in order of name.
        problems: what kept tables that are made from several files from being made.
    """

    manifest: Manifest
    files: tuple[FileReport, ...] = field(default=())
    problems: tuple[PlacemapError, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """What `build` uses and the store does not have yet, as people call it."""
        return missing_tables(self.manifest)

    @property
    def skipped(self) -> tuple[FileReport, ...]:
        """The files that gave no table."""
        return tuple(report for report in self.files if report.skipped and not report.error)

    @property
    def errors(self) -> tuple[PlacemapError, ...]:
        """What was refused: files, and tables that are made from several."""
        return (*(report.error for report in self.files if report.error), *self.problems)


def import_files(
    paths: Sequence[Path],
    to: Path,
    *,
    systems: Sequence[System] | None = None,
    as_measure: Mapping[str, str] | None = None,
    described: Description | None = None,
    catalogue: Catalogue | None = None,
    months: Iterable[str] = (),
) -> ImportReport:
    """Make a reference store from official files.

    Args:
        paths: files, or folders of which every file is looked at (not the folders inside).
        to: the store's folder; its `tables/` and `manifest.json` are replaced as one when everything is read.
            Tables of all England that it has already, and that the files don't give, are kept.
        systems: cut the tables to what these need, and keep no others; all England where it is None.
        as_measure: by file name, what figure a file of people holds (`residents_mid_2021`), for files whose
            total is not a known one; for a PCN file, the month that it is of (`2023-09`); for a table of any figures
            for profiles, `measure:` and its name.
        described: what is said of such a table.
        catalogue: the official sources; the packaged ones where it is None.
        months: of PCN memberships that are wanted: where no list is of one, it is worked out from dates.

    Raises:
        PlacemapError: a path is missing, or no file gives a table.
    """
    catalogue = catalogue or load_catalogue()
    made, files = read_files(paths, as_measure or {}, catalogue, described)
    kept = {} if systems is not None else tables_to_keep(to)
    problems: list[PlacemapError] = []
    missing = [month for month in months if not has_list(kept, month)]
    history = None if has_history(kept) else catalogue["ltla-history"]
    tables = derived(made, problems=problems, months=missing, history=history)
    if not tables:
        refused = [*(report.error for report in files if report.error), *problems]
        if refused:
            raise refused[0] if len(refused) == 1 else PlacemapErrors(refused)
        shown = "; ".join(f"{report.file}: {report.skipped}" for report in files[:3])
        raise PlacemapError(
            f"no official file among {len(files)} ({shown})",
            location=str(paths[0]) if paths else "",
            hint="data/sources.yaml lists the official files and where they come from",
        )
    if systems is not None:
        tables = extract(tables, needs_of(systems))
    covers = {system.icb_code: system.id for system in systems or ()}
    manifest = write_store(tables, to, keep=systems is None, covers=covers)
    return ImportReport(manifest, tuple(files), tuple(problems))


def read_files(
    paths: Sequence[Path],
    as_measure: Mapping[str, str],
    catalogue: Catalogue,
    described: Description | None = None,
) -> tuple[list[TableOfFile], list[FileReport]]:
    """The tables of all official files, and a report a file; one that is refused stops no other.

    Raises:
        PlacemapError: a path is missing.
    """
    _require_named(as_measure, paths)
    made: list[TableOfFile] = []
    reports: list[FileReport] = []
    for path in _files(paths):
        try:
            measure = as_measure.get(path.name, "")
            if measure.startswith(AS_MEASURE):
                found = [_read_measure(path, measure, described or Description(), catalogue)]
            else:
                found = list(_read_file(path, measure, catalogue))
        except PlacemapError as error:
            found = [([], FileReport(path.name, skipped=error.message, error=error))]
        for tables, report in found:
            made.extend(TableOfFile(path.name, report.file, table) for table in tables)
            reports.append(report)
    settled = settle_pcn_months(made)
    names = {report.file: tuple(item.table.name for item in settled if item.where == report.file) for report in reports}
    return settled, [replace(report, tables=names[report.file]) for report in reports]


def _require_named(as_measure: Mapping[str, str], paths: Sequence[Path]) -> None:
    names = {path.name for path in _files(paths)}
    for name in as_measure:
        if name not in names:
            raise PlacemapError(f"it is said what {name} holds, but it is not among the files", location=name)


def _files(paths: Sequence[Path]) -> list[Path]:
    """Every file once, in order of name, so that the order of arguments changes nothing."""
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise PlacemapError("there is no such file or folder", location=str(missing[0]), hint="check the path")
    inside = [file for path in paths for file in (path.iterdir() if path.is_dir() else [path]) if file.is_file()]
    return sorted(set(inside), key=lambda file: (file.name, str(file)))


def _read_measure(
    path: Path, measure: str, described: Description, catalogue: Catalogue
) -> tuple[list[StoreTable], FileReport]:
    table = read_profile(path, measure.removeprefix(AS_MEASURE), described, catalogue)
    return [table], FileReport(path.name, MEASURE, notes=table.notes)


def _read_file(path: Path, measure: str, catalogue: Catalogue) -> Iterator[tuple[list[StoreTable], FileReport]]:
    if path.suffix.lower() not in READERS or path.name.startswith("~$"):
        yield [], FileReport(path.name, skipped=f"not one of {', '.join(READERS)}")
        return
    directory = directory_in(path)
    if directory:
        yield [read_directory(directory, catalogue[FAMILY])], FileReport(directory.where, FORMAT)
        return
    raws = read_raw(path.name, _content(path))
    if not raws:
        yield [], FileReport(path.name, skipped="it holds no table")
    for raw, layout, notes in _recognised(raws):
        tables = list(layout.tables(raw, catalogue, measure)) if layout else []
        report = _report(raw, layout)
        found = dict.fromkeys((*notes, *(note for table in tables for note in table.notes)))
        yield tables, replace(report, notes=tuple(found))


def _recognised(raws: Sequence[Raw]) -> Iterator[tuple[Raw, FileFormat | None, tuple[str, ...]]]:
    """The tables of a file with their layouts; registrations of men and women go with those of everybody."""
    found = [(raw, recognise(raw)) for raw in raws]
    sexes = [raw for raw, layout in found if layout and layout.id == "registrations" and sex_of(raw) in SEXES]
    together = len(sexes) > 1 and len({sex_of(raw) for raw in sexes}) == len(sexes)
    for raw, layout in found:
        if not together or not any(raw is other for other in sexes):
            yield raw, layout, ()
    if together:
        everybody, notes = held_together(sexes)
        yield everybody, recognise(everybody), notes


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PlacemapError(
                f"the file is larger than {MOST_BYTES:,} bytes; that is no official file", location=path.name
            )
        return path.read_bytes()
    except OSError as error:
        raise PlacemapError(f"the file cannot be read: {error.strerror}", location=path.name) from None


#: Rows that are looked at to tell what a table is by, and what the index of deprivation is known by.
_LOOKED_AT, _DEPRIVATION = 200, "Index of Multiple Deprivation"


def _for_profile(raw: Raw) -> str:
    """What to do with a table of no official layout that has figures by LSOA or practice; empty for others."""
    kinds = {column.kind for column in code_columns(raw.frame.head(_LOOKED_AT))}
    unit = next((unit for unit in ("lsoa", "practice") if unit in kinds), "")
    if not unit:
        return ""
    is_imd = any(str(title).startswith(_DEPRIVATION) for title in raw.frame.columns)
    name = "imd" if is_imd else "NAME"
    return f"; figures by {KINDS[unit].label} are taken in for `placemap profile` with --as measure:{name}"


def _report(raw: Raw, layout: FileFormat | None) -> FileReport:
    if layout is None:
        columns = ", ".join(str(column) for column in raw.frame.columns[:8])
        return FileReport(
            raw.where, skipped=f"its columns are not those of an official file ({columns}){_for_profile(raw)}"
        )
    return FileReport(raw.where, layout.id, skipped=layout.left_out)
