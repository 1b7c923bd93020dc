"""Store tables → Parquet files and manifest, the same bytes for the same content, swapped in as one."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from placemap.core.errors import PlacemapError
from placemap.core.files import cannot_write, from_json, is_litter, replacing, write_text
from placemap.core.tables import TableSchema
from placemap.core.text import counted, some
from placemap.reference.store import FAMILIES, MANIFEST, PART, TABLES, Manifest, TableEntry, canonical_hash
from placemap.sources.catalogue import SOURCES_FILE
from placemap.sources.store_table import StoreTable

#: Long columns of text in order, no two alike: each is written as what it has more than the one before.
SORTED_TEXT = ("postcode",)


def tables_to_keep(store: Path) -> dict[str, TableEntry]:
    """The tables of all England in a store that may be there already, by name.

    Raises:
        PlacemapError: the store's manifest is damaged.
    """
    return {name: entry for name, entry in _tables_in(store).items() if not _is_cut(entry.coverage)}


def _tables_in(store: Path) -> Mapping[str, TableEntry]:
    path = store / MANIFEST
    if not path.is_file():
        return {}
    try:
        return Manifest.from_json(from_json(path.read_text(encoding="utf-8"))).tables
    except (KeyError, TypeError, ValueError, AttributeError):
        raise PlacemapError(
            "the store that is there already is damaged",
            location=str(path),
            hint=f"delete {store} and import again",
        ) from None


def _is_cut(coverage: str) -> bool:
    """Whether a table holds only what some systems need."""
    return coverage.endswith("extract")


def refuse_loss(store: Path, coverage: Mapping[str, str], *, cut_may_go: bool = False) -> None:
    """Refuse to write a store over another that has tables, or more of a table, which the new one has not.

    Tables that were cut to some systems are not mixed with those of all England, so one kind would go for the other.

    Args:
        coverage: of the tables of the new store, those that are kept among them, by name.
        cut_may_go: whether the new store has all that builds need, of all England, so that nobody misses what was cut.

    Raises:
        PlacemapError: so, or the store that is there is damaged.
    """
    old = {name: entry.coverage for name, entry in _tables_in(store).items()}
    old = {name: found for name, found in old.items() if not (cut_may_go and _is_cut(found))}
    lost = [name for name in old if name not in coverage or (_is_cut(coverage[name]) and not _is_cut(old[name]))]
    if lost:
        raise PlacemapError(
            f"the store that is there already would lose {counted(len(lost), 'table')}: "
            f"{some(sorted(lost), 3, counted=True)}",
            location=str(store),
            hint="name a new folder with --to, or delete that store first",
        )


def write_store(
    tables: Sequence[StoreTable],
    to: Path,
    *,
    keep: bool = False,
    cut_may_go: bool = False,
    covers: Mapping[str, str] | None = None,
) -> Manifest:
    """Write a store; what stands in `to` beside `tables/` and the manifest stays as it is.

    Args:
        tables: of one name each.
        to: the store's folder, made where it is not there.
        keep: tables of all England that `to` has stay, unless `tables` has them. They are looked up under the lock
            that the new store is written under, so that of two writers at once neither loses what the other wrote.
        cut_may_go: as in `refuse_loss`.
        covers: the systems that the tables are cut to, ICB code → system id; nothing for all England.

    Raises:
        PlacemapError: the folder is not a store's, is a damaged one, would lose tables, or cannot be written; what
            stood there before still does.
    """
    refuse_no_store(to)
    new = {table.name for table in tables}
    try:
        with replacing(to) as folder:
            kept = [entry for name, entry in (tables_to_keep(to) if keep else {}).items() if name not in new]
            found = {entry.name: entry.coverage for entry in kept} | {one.name: one.coverage for one in tables}
            refuse_loss(to, found, cut_may_go=cut_may_go)
            if to.is_dir():
                shutil.copytree(to, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(TABLES, MANIFEST))
            (folder / TABLES).mkdir()
            for entry in kept:
                shutil.copy2(to / TABLES / f"{entry.name}.parquet", folder / TABLES)
            return _write_files(tables, kept, folder, dict(covers or {}))
    except OSError as error:
        raise cannot_write(error, to, what="the store", option="--to") from None


def refuse_no_store(to: Path) -> None:
    """Refuse a folder that has something in it and is not a store: all of it would be copied and replaced."""
    inside = {item.name for item in to.iterdir() if not is_litter(item)} if to.is_dir() else set()
    if (to.exists() and not to.is_dir()) or (inside and not inside & {MANIFEST, SOURCES_FILE}):
        raise PlacemapError(
            "this is not a reference store, and it is not empty",
            location=str(to),
            hint="name a new folder with --to",
        )


def _write_files(
    tables: Sequence[StoreTable], kept: Sequence[TableEntry], folder: Path, covers: dict[str, str]
) -> Manifest:
    entries = [*kept, *(_write_table(table, folder / TABLES) for table in tables)]
    manifest = Manifest({entry.name: entry for entry in entries}, newest_vintages(entries), covers)
    text = json.dumps(manifest.to_json(), ensure_ascii=False, indent=2, sort_keys=True)
    write_text(folder / MANIFEST, text + "\n")
    return manifest


def newest_vintages(entries: Sequence[TableEntry]) -> dict[str, str]:
    """The newest vintage of each kind that has any; a table that covers only a part of England is never it."""
    newest: dict[str, str] = {}
    for entry in entries:
        kind = entry.chosen_by
        decides = kind in FAMILIES and entry.family == FAMILIES[kind][0]
        if decides and not entry.coverage.startswith(PART):
            newest[kind] = max(newest.get(kind, ""), entry.vintage)
    return newest


def _write_table(table: StoreTable, folder: Path) -> TableEntry:
    content = parquet_bytes(table.frame, table.schema)
    (folder / f"{table.name}.parquet").write_bytes(content)
    source = table.source
    return TableEntry(
        name=table.name,
        family=table.family,
        kind=table.kind,
        vintage=table.vintage,
        base=table.base,
        rows=len(table.frame),
        sha256=hashlib.sha256(content).hexdigest(),
        content_sha256=canonical_hash(table.frame, table.schema),
        source=source.id,
        title=source.titled(table.vintage) + (f" (worked out from {table.derived})" if table.derived else ""),
        publisher=source.publisher,
        url=source.url,
        licence=source.licence,
        attribution="\n".join(source.attribution),
        coverage=table.coverage,
        total=table.total,
        derived=table.derived,
    )


def parquet_bytes(frame: pd.DataFrame, schema: TableSchema) -> bytes:
    """A table as Parquet.

    Types are the schema's and no pandas metadata goes in, so that the bytes depend on the content and on the
    version of Arrow alone.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    sorted_text = [column.name for column in schema.columns if column.name in SORTED_TEXT]
    fields = pa.schema([(column.name, _arrow_type(pa, column.type)) for column in schema.columns])
    arrays = [pa.array(frame[field.name].to_numpy(dtype=object), type=field.type) for field in fields]
    buffer = io.BytesIO()
    pq.write_table(
        pa.Table.from_arrays(arrays, schema=fields),
        buffer,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in schema.names if name not in sorted_text],
        column_encoding=dict.fromkeys(sorted_text, "DELTA_BYTE_ARRAY"),
        store_schema=False,
        write_statistics=False,
        version="2.6",
    )
    return buffer.getvalue()


def _arrow_type(pa: Any, column_type: str) -> Any:
    numbers = {"int": pa.int64(), "number": pa.float64(), "people": pa.float64(), "share": pa.float64()}
    return {**numbers, "flag": pa.bool_(), "wkb": pa.binary()}.get(column_type, pa.string())
