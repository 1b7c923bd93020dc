"""The reference tables: import, update, status, verify, diff, lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from placemap.commands.workspace import Workspace, open_workspace
from placemap.config.as_of import at_vintages
from placemap.config.find_config import all_configs, config_path, england_configs, is_config
from placemap.config.load import load_system
from placemap.config.model import System
from placemap.core.errors import PlacemapError
from placemap.core.files import write_whole
from placemap.core.findings import Finding
from placemap.reference.fine_lookups import BESIDE, stores_at_hand
from placemap.reference.lock import Lock, lock_of, refuse_other
from placemap.reference.open_store import cache_folder, chosen_store, open_store, retrieved_in, store_folder
from placemap.reference.states import states
from placemap.reference.status import TableStatus, status_of

if TYPE_CHECKING:
    from placemap.analysis.reference_changes import StoreDiff
    from placemap.reference.store import Manifest
    from placemap.sources.download.client import Client
    from placemap.sources.formats.profile import Description
    from placemap.sources.import_files import ImportReport
    from placemap.sources.pack import Packed
    from placemap.sources.tables.requirements import Buildable
    from placemap.sources.update_report import UpdateReport


def lock_for(workspace: Workspace, systems: Sequence[System]) -> Lock:
    """The lock of all tables that builds of all footprints of `systems` rest on."""
    footprints = [(system, footprint) for system in systems for footprint in system.footprints.values()]
    entries = {entry.name: entry for pair in footprints for entry in workspace.inputs(*pair)}
    defaults = {kind: workspace.geography.default_vintage(kind) for kind in workspace.geography.data.manifest.defaults}
    return lock_of((entries[name] for name in sorted(entries)), defaults)


def import_data(
    paths: list[Path],
    to: Path | None,
    configs: list[Path],
    measures: dict[str, str],
    described: Description | None = None,
) -> ImportReport:
    """Make reference tables from official files.

    Args:
        paths: the files, or folders of them.
        to: the store; the user's own where it is None.
        configs: configs, or folders of them, to cut the tables to; all England where there are none.
        measures: by file name, what a file of people holds.
        described: what is said of a table of figures for profiles.

    Raises:
        PlacemapError: a file is missing or damaged, or a config cannot be read.
    """
    from placemap.sources.import_files import import_files
    from placemap.sources.tables.requirements import pinned_months

    files = [file for path in configs for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    systems = [load_system(file) for file in files if file in configs or is_config(file)]
    months = pinned_months(systems if configs else shipped_systems())
    store = to or cache_folder()
    cut_to = systems if configs else None
    return import_files(paths, store, systems=cut_to, as_measure=measures, described=described, months=months)


def shipped_systems() -> tuple[System, ...]:
    """The systems that make up England."""
    return tuple(load_system(path) for path in england_configs().values())


def buildable_systems(manifest: Manifest) -> list[Buildable]:
    """Which of these a store can build, and what the others lack."""
    from placemap.sources.tables.requirements import buildable

    return buildable(manifest, shipped_systems())


def data_status(data: Path | None) -> tuple[Path, str, list[TableStatus]]:
    """The store in use, why it is, and its tables; with those of the user's own store that go with any."""
    folder, why = chosen_store(data)
    store, own = open_store(folder), cache_folder()
    found = status_of(store.manifest, retrieved_in(folder), date.today())
    for other in stores_at_hand(store):
        beside = [] if other is store else status_of(other.manifest, retrieved_in(own), date.today())
        found += [table for table in beside if table.entry.family in BESIDE]
    return folder, why, sorted(found, key=lambda table: table.entry.name)


def verify_data(data: Path | None) -> tuple[str, int, list[Finding]]:
    """What is wrong with the store in use; with its name and how many tables it has."""
    from placemap.reference.verify import verify

    store = open_store(store_folder(data))
    return store.where, len(store.manifest.tables), verify(store)


def diff_data(old: str, new: str, data: Path | None) -> StoreDiff:
    """What changed between two states of the reference; see `store_states.states`."""
    from placemap.analysis.reference_diff import diff

    before, after = states(old, new, data)
    systems = [load_system(path) for path in all_configs().values()]
    return diff(before.geography, after.geography, (before.name, after.name), systems)


def write_lock_for(
    names: list[str], to: Path, data: Path | None, *, vintages: Sequence[str] = (), as_of: str = ""
) -> Lock:
    """Lock the tables that some systems are built from, all systems where none is named."""
    refuse_other(to)
    paths = [config_path(name) for name in names] or list(all_configs().values())
    workspace = open_workspace(data, vintages=vintages, as_of=as_of)
    systems = [at_vintages(load_system(path), workspace.geography.chosen.vintages.get("pcn")) for path in paths]
    found = lock_for(workspace, systems)
    write_lock(found, to)
    return found


def pack_data(to: Path, data: Path | None) -> Packed:
    """Write the store in use into one file."""
    from placemap.sources.pack import write_pack

    return write_pack(store_folder(data), to)


def is_pack(path: Path) -> bool:
    """Whether a path is a file that `pack_data` made."""
    from placemap.sources import pack

    return pack.is_pack(path)


def install_pack(source: str, to: Path | None, ca_bundle: Path | None = None) -> Packed:
    """Take a pack over into a store, the user's own where `to` is None.

    Args:
        source: a file, the folder of a store, or a web address (https; http to this machine only).

    Raises:
        PlacemapError: it cannot be had, or is not whole; what stood there before still does.
    """
    from placemap.sources.pack import install_from

    return install_from(source, to or cache_folder(), client_of(ca_bundle))


def client_of(ca_bundle: Path | None) -> Client:
    """What downloads go through.

    Raises:
        PlacemapError: there are no such certificate authorities.
    """
    from placemap.sources.download.client import Client

    if ca_bundle is not None and not ca_bundle.is_file():
        raise PlacemapError("there is no such file", location=str(ca_bundle), hint="check --ca-bundle")
    return Client(ca_bundle=ca_bundle)


def update_data(
    wanted: list[str],
    urls: dict[str, str],
    to: Path | None,
    ca_bundle: Path | None,
    progress: Callable[[str, int, int], None],
) -> UpdateReport:
    """Bring a store up to date from the official services; the user's own where `to` is None."""
    from placemap.sources.update import Updater

    updater = Updater(to or cache_folder(), client_of(ca_bundle), systems=shipped_systems())
    return updater.run(wanted, urls, progress)


def write_lock(lock: Lock, path: Path) -> None:
    """Write a lock in one step, so that it is never half there.

    Raises:
        PlacemapError: the lock cannot be written.
    """
    write_whole(path, lock.to_text(), what="the lock", option="--to")
