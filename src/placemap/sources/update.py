"""`placemap data update`: download, check, and swap in a new store; what fails leaves its old tables in use."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from placemap.core.errors import PlacemapError
from placemap.core.files import replacing, write_text
from placemap.reference.lock import LOCK_FILE, lock_of
from placemap.reference.store import MANIFEST, Manifest, missing_tables
from placemap.sources.catalogue import Catalogue, load_catalogue, load_endpoints
from placemap.sources.download.client import Client
from placemap.sources.download.targets import ENDINGS, Fetched, Target, accept, download, note_of, targets
from placemap.sources.import_files import read_files
from placemap.sources.tables.derive import TableOfFile, derived, settle_pcn_months
from placemap.sources.tables.write_store import tables_to_keep, write_store

#: Downloads at a time, over all hosts; the client holds each host to fewer.
AT_ONCE = 4
RETRIEVED = "retrieved.json"
#: Stands among the raw files while some of them are not in the store yet, so that a kill loses none.
PENDING = "pending"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class DownloadOutcome:
    """What became of one download.

    Attributes:
        id: of the target.
        outcome: `new`, `unchanged` or `failed`.
        error: why it failed; the tables that it gave before are still in use.
    """

    id: str
    outcome: str
    error: PlacemapError | None = None


@dataclass(frozen=True)
class UpdateReport:
    """What an update did.

    Attributes:
        results: in order of id.
        changed: names of tables that are new or have other content.
        without_address: ids of sources whose files only the user can find.
        manifest: of the store as it is now; None where there is none.
    """

    results: tuple[DownloadOutcome, ...]
    changed: tuple[str, ...] = ()
    without_address: tuple[str, ...] = ()
    manifest: Manifest | None = None

    @property
    def failed(self) -> tuple[DownloadOutcome, ...]:
        """Downloads that failed."""
        return tuple(result for result in self.results if result.error)

    @property
    def missing(self) -> tuple[str, ...]:
        """What `build` uses and the store does not have."""
        return missing_tables(self.manifest) if self.manifest else ()


@dataclass(frozen=True)
class Updater:
    """An update of one store.

    Attributes:
        store: its folder.
        client: for all requests.
        endpoints: addresses of the services by name.
    """

    store: Path
    client: Client = field(default_factory=Client)
    catalogue: Catalogue = field(default_factory=load_catalogue)
    endpoints: Mapping[str, str] = field(default_factory=load_endpoints)

    @property
    def raw(self) -> Path:
        """Where raw files are kept, beside the store."""
        return self.store.with_name(f"{self.store.name}-raw")

    @property
    def previous(self) -> Path:
        """Where the store that was there before is kept, for `data diff`."""
        return self.store.with_name(f"{self.store.name}-previous")

    def run(
        self,
        wanted: Sequence[str] = (),
        urls: Mapping[str, str] | None = None,
        progress: Progress = lambda _id, _done, _all: None,
    ) -> UpdateReport:
        """Update the store.

        Args:
            wanted: ids of sources; all with an address where it is empty.
            urls: by id of a source, the address of its file.
            progress: told the id of a target, rows received and rows expected.

        Raises:
            PlacemapError: a name is wrong, or the store cannot be written. A download that fails raises nothing.
        """
        chosen = targets(self.catalogue, self.endpoints, wanted, urls or {})
        self.raw.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            tried = list(pool.map(lambda target: self._fetch(target, progress), chosen))
        fetched = [item for item in tried if isinstance(item, Fetched)]
        checked = [self._check(item) for item in fetched]
        results = sorted(
            [*(r for r in tried if isinstance(r, DownloadOutcome)), *checked], key=lambda result: result.id
        )
        addressed = {target.source.id for target in targets(self.catalogue, self.endpoints, (), urls or {})}
        report = UpdateReport(tuple(results), without_address=tuple(sorted(set(self.catalogue) - addressed - _GENERIC)))
        return self._rebuild(report)

    def _fetch(self, target: Target, progress: Progress) -> Fetched | DownloadOutcome:
        try:
            return download(
                self.client,
                target,
                self.raw,
                self.endpoints["arcgis"],
                lambda done, rows: progress(target.id, done, rows),
            )
        except PlacemapError as error:
            return DownloadOutcome(target.id, "failed", error)

    def _check(self, fetched: Fetched) -> DownloadOutcome:
        """Read a new raw file by all its source's rules, and keep it in the place of the old one if it is sound."""
        target = fetched.target
        if fetched.unchanged:
            return DownloadOutcome(target.id, "unchanged")
        try:
            made, files = read_files([fetched.file], {}, self.catalogue)
            _require_source(target, [item.table.source.id for item in made], [file.skipped for file in files])
            _require_vintage(target, [item.table.vintage for item in made])
        except PlacemapError as error:
            fetched.file.unlink()
            return DownloadOutcome(target.id, "failed", _named(error, fetched, note_of(self.raw, target)))
        (self.raw / PENDING).touch()
        accept(fetched, self.raw)
        return DownloadOutcome(target.id, "new")

    def _rebuild(self, report: UpdateReport) -> UpdateReport:
        """Make the store anew from all raw files, if anything is new."""
        before, pending = _manifest(self.store), self.raw / PENDING
        if before and not pending.exists():
            return replace(report, manifest=before)
        made = self._all_made()
        if not made:
            return replace(report, manifest=before)
        self._keep_previous()
        manifest = write_store(derived(made), self.store, tables_to_keep(self.store))
        self._write_notes(made, manifest)
        pending.unlink(missing_ok=True)
        return replace(report, manifest=manifest, changed=_changed(before, manifest))

    def _all_made(self) -> list[TableOfFile]:
        files = sorted(file for file in self.raw.iterdir() if file.suffix in ENDINGS and ".new" not in file.suffixes)
        made, _ = read_files(files, {}, self.catalogue)
        return settle_pcn_months(made)

    def _keep_previous(self) -> None:
        if (self.store / MANIFEST).is_file():
            with replacing(self.previous) as folder:
                shutil.copytree(self.store, folder, dirs_exist_ok=True)

    def _write_notes(self, made: Sequence[TableOfFile], manifest: Manifest) -> None:
        """What was retrieved when, and the store's lock: beside the tables, and no part of what is compared."""
        notes = {}
        for item in made:
            note = note_of(self.raw, Target(Path(item.file).stem, item.table.source))
            notes[item.table.name] = {"file": item.file, "url": note.get("url"), "retrieved": note.get("retrieved")}
        text = json.dumps(notes, indent=2, sort_keys=True) + "\n"
        write_text(self.store / RETRIEVED, text)
        lock = lock_of(manifest.tables.values(), manifest.defaults)
        write_text(self.store / LOCK_FILE, lock.to_text())


#: Sources that stand for any file of their layout.
_GENERIC = {"residents", "list-size"}


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


def _named(error: PlacemapError, fetched: Fetched, before: Mapping[str, Any]) -> PlacemapError:
    """The error with the address in the place of the raw file's passing name, and with what changed since last time."""
    where = str(fetched.note.get("url") or fetched.target.url)
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
        return Manifest.from_json(json.loads((store / MANIFEST).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def _changed(before: Manifest | None, now: Manifest) -> tuple[str, ...]:
    old = {name: entry.content_sha256 for name, entry in before.tables.items()} if before else {}
    return tuple(sorted(name for name, entry in now.tables.items() if old.get(name) != entry.content_sha256))
