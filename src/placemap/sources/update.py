"""`placemap data update`: find, download, check, and swap in a new store; what fails leaves its old tables in use."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from placemap.config.model import System
from placemap.core.errors import PlacemapError
from placemap.core.files import from_json, replacing, write_text
from placemap.reference.lock import LOCK_FILE, lock_of
from placemap.reference.store import MANIFEST, Manifest
from placemap.sources.catalogue import Catalogue, load_catalogue
from placemap.sources.download.client import Client
from placemap.sources.download.endpoints import Endpoints, load_endpoints
from placemap.sources.download.hosts import Unreachable
from placemap.sources.download.raw_files import Fetched, accept, note_of, raw_file, raw_files
from placemap.sources.download.targets import Target, all_targets, chosen
from placemap.sources.download.ways import Session, download
from placemap.sources.import_files import FileReport, read_files
from placemap.sources.tables.derive import TableOfFile, derived, has_history, has_list, settle_pcn_months
from placemap.sources.tables.requirements import pinned_months, registration_month
from placemap.sources.tables.write_store import refuse_loss, tables_to_keep, write_store
from placemap.sources.update_report import Result, UpdateReport

#: Downloads at a time, over all hosts; the client holds each host to fewer.
AT_ONCE = 6
RETRIEVED = "retrieved.json"
#: Stands among the raw files while some of them are not in the store yet, so that a kill loses none.
PENDING = "pending"

Progress = Callable[[str, int, int], None]
#: What was read of a raw file.
Read = tuple[list[TableOfFile], list[FileReport]]


@dataclass(frozen=True)
class Updater:
    """An update of one store.

    Attributes:
        store: its folder.
        client: for all requests.
        endpoints: where the services are.
        systems: that the store is to build: months that they pin are fetched, or worked out.
        today: the day from which months are counted back.
    """

    store: Path
    client: Client = field(default_factory=Client)
    catalogue: Catalogue = field(default_factory=load_catalogue)
    endpoints: Endpoints = field(default_factory=load_endpoints)
    systems: Sequence[System] = ()
    today: date = field(default_factory=date.today)
    _read: dict[str, Read] = field(default_factory=dict)

    @property
    def raw(self) -> Path:
        """Where raw files are kept, beside the store."""
        return self.store.with_name(f"{self.store.name}-raw")

    @property
    def previous(self) -> Path:
        """Where the store that was there before is kept, for `data diff`."""
        return self.store.with_name(f"{self.store.name}-previous")

    @cached_property
    def months(self) -> frozenset[str]:
        """The months of PCN memberships that the systems pin."""
        return pinned_months(self.systems)

    def run(
        self,
        wanted: Sequence[str] = (),
        urls: Mapping[str, str] | None = None,
        progress: Progress = lambda _id, _done, _all: None,
    ) -> UpdateReport:
        """Update the store.

        Args:
            wanted: ids of sources; all that can be found where it is empty.
            urls: by id of a source, the address of its file.
            progress: told the id of a target, rows or bytes received, and how many are expected.

        Raises:
            PlacemapError: a name is wrong, or the store cannot be written, or would lose tables. A download that fails
                raises nothing.
        """
        if wanted:
            refuse_loss(self.store, {name: entry.coverage for name, entry in tables_to_keep(self.store).items()})
        session = Session(self.client, self.endpoints, self.raw, self.today)
        every = self._targets(session, wanted, urls or {})
        picked = chosen(every, wanted, urls or {})
        self.raw.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            tried = list(pool.map(lambda target: self._fetch(session, target, progress), picked))
        checked = [self._check(target, item) for target, item in zip(picked, tried, strict=True)]
        results = sorted(checked, key=lambda result: result.id)
        report = UpdateReport(tuple(results), self.endpoints, bool(wanted), systems=tuple(self.systems))
        return self._rebuild(report)

    def _targets(self, session: Session, wanted: Sequence[str], urls: Mapping[str, str]) -> list[Target]:
        months = [registration_month(month) for month in self.months]
        newer = [source for source in self.catalogue.values() if source.find.newest]
        asked = [source for source in newer if not wanted or any(name.startswith(source.id) for name in wanted)]
        try:
            years = {source.id: session.services.years(source) for source in asked if source.id not in urls}
        except Unreachable:  # every download from there says so
            years = {}
        return all_targets(self.catalogue, months, years, urls)

    def _fetch(self, session: Session, target: Target, progress: Progress) -> Fetched | PlacemapError:
        try:
            return download(session, target, lambda done, rows: progress(target.id, done, rows))
        except PlacemapError as error:
            return error

    def _check(self, target: Target, fetched: Fetched | PlacemapError) -> Result:
        """Read a new raw file by all its source's rules, and keep it in the place of the old one if it is sound."""
        had = raw_file(self.raw, target.id) is not None
        if isinstance(fetched, PlacemapError):
            return Result(target, "failed", fetched, had_table=had)
        found = str(fetched.note.get("chosen", ""))
        passed = tuple(fetched.note.get("passed_over", ()))
        if fetched.unchanged:
            accept(fetched, self.raw)
            return Result(target, "unchanged", chosen=found, passed_over=passed)
        try:
            made, files = self._read_raw(fetched.file, target.source.measure)
            _require_source(target, [item.table.source.id for item in made], [file.skipped for file in files])
            _require_vintage(target, [item.table.vintage for item in made])
        except PlacemapError as error:
            fetched.file.unlink()
            error = _named(error, fetched, target, note_of(self.raw, target.id))
            return Result(target, "failed", error, had_table=had)
        (self.raw / PENDING).touch()
        file = accept(fetched, self.raw)
        self._read[file.name] = [replace(item, file=file.name) for item in made], files
        notes = tuple(note for item in made for note in item.table.notes)
        return Result(target, "new", chosen=found, passed_over=passed, notes=notes)

    def _read_raw(self, file: Path, measure: str) -> Read:
        read: Read = read_files([file], {file.name: measure} if measure else {}, self.catalogue)
        refused = next((report.error for report in read[1] if report.error), None)
        if refused:
            raise refused
        return read

    def _rebuild(self, report: UpdateReport) -> UpdateReport:
        """Make the store anew from all raw files, if anything is new."""
        before, pending = _manifest(self.store), self.raw / PENDING
        if before and not pending.exists():
            return replace(report, manifest=before)
        made = self._all_made()
        if not made:
            return replace(report, manifest=before)
        self._keep_previous()
        problems: list[PlacemapError] = []
        kept = tables_to_keep(self.store)
        missing = [month for month in self.months if not has_list(kept, month)]
        history = None if has_history(kept) else self.catalogue["ltla-history"]
        tables = derived(made, problems=problems, months=missing, history=history)
        manifest = write_store(tables, self.store, keep=True, cut_may_go=not report.named)
        self._write_notes(made, manifest)
        pending.unlink(missing_ok=True)
        return replace(report, manifest=manifest, changed=_changed(before, manifest), problems=tuple(problems))

    def _all_made(self) -> list[TableOfFile]:
        made = []
        for file in raw_files(self.raw):
            source = self.catalogue.get(file.stem)
            read = self._read.get(file.name) or self._read_raw(file, source.measure if source else "")
            made += read[0]
        return settle_pcn_months(made)

    def _keep_previous(self) -> None:
        if (self.store / MANIFEST).is_file():
            with replacing(self.previous) as folder:
                shutil.copytree(self.store, folder, dirs_exist_ok=True)

    def _write_notes(self, made: Sequence[TableOfFile], manifest: Manifest) -> None:
        """What was retrieved when, and the store's lock: beside the tables, and no part of what is compared."""
        notes = {}
        for item in made:
            note = note_of(self.raw, Path(item.file).stem)
            kept = {name: note.get(name) for name in ("url", "chosen", "passed_over", "retrieved") if note.get(name)}
            notes[item.table.name] = {"file": item.file, **kept}
        text = json.dumps(notes, indent=2, sort_keys=True) + "\n"
        write_text(self.store / RETRIEVED, text)
        lock = lock_of(manifest.tables.values(), manifest.defaults)
        write_text(self.store / LOCK_FILE, lock.to_text())


def _require_source(target: Target, sources: Sequence[str], skipped: Sequence[str]) -> None:
    others = set(sources) - {target.source.id}
    if others or not sources:
        what = ", ".join(sorted(others)) or "; ".join(filter(None, skipped)) or "nothing"
        raise PlacemapError(
            f"what came is not {target.source.titled(target.vintage)}: {what}",
            hint="look at the address; the old table stays in use",
        )


def _require_vintage(target: Target, vintages: Sequence[str]) -> None:
    if target.vintage and target.vintage not in vintages:
        raise PlacemapError(
            f"{target.source.titled(target.vintage)}: what came is of {', '.join(sorted(set(vintages)))}; "
            f"expected {target.vintage}",
            hint="the service was replaced: put its new name in data/sources.yaml; the old table stays in use",
        )


def _named(error: PlacemapError, fetched: Fetched, target: Target, before: Mapping[str, Any]) -> PlacemapError:
    """The error with the address in the place of the raw file's passing name, and with what changed since last time."""
    where = str(fetched.note.get("url") or target.url)
    message = error.message + _columns_changed(before.get("state", {}), fetched.note.get("state", {}))
    return PlacemapError(message, location=where, hint=error.hint, exit_code=error.exit_code)


def _columns_changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    old, new = list(before.get("columns", ())), list(now.get("columns", ()))
    gone, come = [c for c in old if c not in new], [c for c in new if c not in old]
    if not old or not (gone or come):
        return ""
    return f"; since the last update its columns lost {', '.join(gone) or 'none'} and won {', '.join(come) or 'none'}"


def _manifest(store: Path) -> Manifest | None:
    try:
        return Manifest.from_json(from_json((store / MANIFEST).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def _changed(before: Manifest | None, now: Manifest) -> tuple[str, ...]:
    old = {name: entry.content_sha256 for name, entry in before.tables.items()} if before else {}
    return tuple(sorted(name for name, entry in now.tables.items() if old.get(name) != entry.content_sha256))
