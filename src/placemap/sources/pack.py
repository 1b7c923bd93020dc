"""A store as one file to pass on, and back: for a shared drive, an internal mirror, a release, a memory stick.

A pack is a zip of the manifest and the tables that it names. Nothing else in it is looked at, no name in it becomes a
path but those that the manifest's own rule allows, and every table is read and held to its hashes before it is used.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from placemap.core.errors import PlacemapError
from placemap.core.files import cannot_write, replacing, write_text, write_whole
from placemap.core.open_file import ZIP_FAULTS
from placemap.reference.lock import LOCK_FILE, lock_of
from placemap.reference.open_store import RETRIEVED, open_store
from placemap.reference.store import MANIFEST, TABLES, Manifest, ReferenceData, TableEntry, canonical_hash
from placemap.sources.download.client import Client
from placemap.sources.download.hosts import is_address, require_private
from placemap.sources.formats.archive import read_member, safe_archive
from placemap.sources.tables.write_store import newest_vintages, refuse_loss, refuse_no_store, tables_to_keep

#: Zip members have a time; those of a pack all have the first that there is.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_TABLE_NAME = re.compile(r"[a-z0-9_]+(-[0-9]{4}(-[0-9]{2})?)?")
AGAIN = "copy the pack again, or have it made anew with `placemap data pack`"


@dataclass(frozen=True)
class Packed:
    """What was packed or taken over.

    Attributes:
        tables: how many.
        kept: names of tables that were there before and that the pack does not give.
    """

    manifest: Manifest
    tables: int
    kept: tuple[str, ...] = ()


def write_pack(store: Path, to: Path) -> Packed:
    """Write a store into one zip, the same bytes for the same store.

    Raises:
        PlacemapError: the store is not whole, or the file cannot be written.
    """
    reference = open_store(store)
    _verify(reference)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name in _members(reference.manifest):
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), (store / name).read_bytes())
        if (store / RETRIEVED).is_file():
            archive.writestr(zipfile.ZipInfo(RETRIEVED, _NO_TIME), (store / RETRIEVED).read_bytes())
    write_whole(to, content.getvalue(), what="the pack", option="another name")
    return Packed(reference.manifest, len(reference.manifest.tables))


def is_pack(path: Path) -> bool:
    """Whether a file is a zip that holds a store's manifest."""
    try:
        with zipfile.ZipFile(path) as archive:
            return MANIFEST in archive.namelist()
    except ZIP_FAULTS:
        return False


def install(source: Path, to: Path) -> Packed:
    """Take a pack, or the folder of a store, over into a store; tables that it does not give stay.

    Args:
        to: the store's folder; replaced as one when every table is verified.

    Raises:
        PlacemapError: the pack is damaged or not what its manifest says, or the store would lose tables; what stood
            there before still does.
    """
    refuse_no_store(to)
    with _opened(source) as folder:
        reference = open_store(folder)
        _require_names(reference.manifest, source)
        _verify(reference)
        try:
            with replacing(to) as new:
                # Looked up under the lock, so that of two writers at once neither loses what the other wrote.
                kept = _to_keep(reference.manifest, to)
                refuse_loss(to, {item.name: item.coverage for item in (*reference.manifest.tables.values(), *kept)})
                return _put_together(folder, reference.manifest, to, kept, new)
        except OSError as error:
            raise cannot_write(error, to, what="the store", option="--to") from None


def install_from(source: str, to: Path, client: Client) -> Packed:
    """As `install`, from a path or a web address (https; http to this machine only).

    Raises:
        PlacemapError: as `install`; the address is not safe, or the pack cannot be had.
    """
    if not is_address(source):
        return install(Path(source), to)
    require_private(source, source)
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f"{to.name}-pack.zip")
    client.download(source, part)
    try:
        return install(part, to)
    except PlacemapError as error:
        raise PlacemapError(error.message, location=source, hint=error.hint) from None
    finally:
        part.unlink(missing_ok=True)
        part.with_name(f"{part.name}.etag").unlink(missing_ok=True)


def _to_keep(manifest: Manifest, to: Path) -> list[TableEntry]:
    """What a store has besides; nothing where the pack is an extract, which must not be mixed with all England."""
    if manifest.covers:
        return []
    return [entry for name, entry in tables_to_keep(to).items() if name not in manifest.tables]


def _put_together(folder: Path, manifest: Manifest, old: Path, kept: list[TableEntry], new: Path) -> Packed:
    if old.is_dir():
        ours = shutil.ignore_patterns(TABLES, MANIFEST, RETRIEVED, LOCK_FILE)
        shutil.copytree(old, new, dirs_exist_ok=True, ignore=ours)
    (new / TABLES).mkdir()
    for name in _members(manifest):
        shutil.copyfile(folder / name, new / name)
    for entry in kept:
        shutil.copyfile(old / TABLES / f"{entry.name}.parquet", new / TABLES / f"{entry.name}.parquet")
    if kept:
        entries = [*manifest.tables.values(), *kept]
        manifest = Manifest({entry.name: entry for entry in entries}, newest_vintages(entries))
        text = json.dumps(manifest.to_json(), ensure_ascii=False, indent=2, sort_keys=True)
        write_text(new / MANIFEST, text + "\n")
    if (folder / RETRIEVED).is_file():
        shutil.copyfile(folder / RETRIEVED, new / RETRIEVED)
    write_text(new / LOCK_FILE, lock_of(manifest.tables.values(), manifest.defaults).to_text())
    return Packed(manifest, len(manifest.tables) - len(kept), tuple(sorted(entry.name for entry in kept)))


def _members(manifest: Manifest) -> list[str]:
    return [MANIFEST, *(f"{TABLES}/{name}.parquet" for name in sorted(manifest.tables))]


@contextmanager
def _opened(source: Path) -> Iterator[Path]:
    """A folder with the manifest and tables of a pack; the folder itself where the source is one."""
    if source.is_dir():
        yield source
        return
    with tempfile.TemporaryDirectory() as place:
        _unpack(source, Path(place))
        yield Path(place)


def _unpack(source: Path, to: Path) -> None:
    try:
        archive = safe_archive(source.name, source.read_bytes())
    except FileNotFoundError:
        raise PlacemapError("there is no such file or folder", location=str(source), hint="check the path") from None
    except OSError as error:
        raise PlacemapError(f"the pack cannot be read: {error.strerror}", location=str(source), hint=AGAIN) from None
    except ZIP_FAULTS as error:
        raise PlacemapError(f"this is no pack: {error}", location=str(source), hint=AGAIN) from None
    with archive:
        names = set(archive.namelist())
        if MANIFEST not in names:
            raise PlacemapError(
                f"this zip is no pack: it has no {MANIFEST}",
                location=str(source),
                hint="`placemap data pack STORE.zip` makes one; official files go to `placemap data import`",
            )
        (to / TABLES).mkdir()
        for name in sorted(names & {MANIFEST, RETRIEVED} | {name for name in names if _is_table(name)}):
            try:
                content = read_member(archive, name, source.name)
            except ZIP_FAULTS as error:
                raise PlacemapError(f"the pack is damaged: {error}", location=str(source), hint=AGAIN) from None
            (to / name).write_bytes(content)


def _is_table(member: str) -> bool:
    folder, _, name = member.rpartition("/")
    return folder == TABLES and name.endswith(".parquet") and bool(_TABLE_NAME.fullmatch(name[: -len(".parquet")]))


def _require_names(manifest: Manifest, source: Path) -> None:
    odd = [name for name in manifest.tables if not _TABLE_NAME.fullmatch(name)]
    if odd:
        raise PlacemapError(f"the manifest names a table {odd[0]!r}", location=str(source), hint=AGAIN)


def _verify(reference: ReferenceData) -> None:
    """Read every table and hold it to both its hashes.

    Raises:
        PlacemapError: a table is missing, damaged, or another than the manifest says.
    """
    for entry in reference.manifest.tables.values():
        found = canonical_hash(reference.table(entry).frame(), entry.schema)
        if found != entry.content_sha256:
            raise PlacemapError(
                f"the content of table {entry.name} is not what the manifest says: its hash starts with {found[:12]}, "
                f"expected {entry.content_sha256[:12]}",
                location=reference.where,
                hint=AGAIN,
            )
