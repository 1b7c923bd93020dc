"""Store tables → Parquet files and manifest, the same bytes for the same content, swapped in as one."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from placemap.errors import PlacemapError
from placemap.schemas import TableSchema
from placemap.sources.table import StoreTable
from placemap.store import MANIFEST, TABLES, Manifest, TableEntry, canonical_hash

#: Kinds (and families used like one) whose newest vintage is meant where none is said.
DEFAULT_KINDS = ("msoa", "ward", "ltla", "utla", "sub_icb", "icb", "pcn", "registrations")
_KIND_OF_FAMILY = {"pcn_members": "pcn", "registrations": "registrations"}


def tables_to_keep(store: Path) -> dict[str, TableEntry]:
    """The tables of all England in a store that may be there already, by name.

    Raises:
        PlacemapError: the store's manifest is damaged.
    """
    path = store / MANIFEST
    if not path.is_file():
        return {}
    try:
        tables = Manifest.from_json(json.loads(path.read_text(encoding="utf-8"))).tables
    except (KeyError, TypeError, ValueError, AttributeError):
        raise PlacemapError(
            "the store that is there already is damaged",
            location=str(path),
            hint=f"delete {store} and import again",
        ) from None
    return {name: entry for name, entry in tables.items() if entry.coverage != "extract"}


def write_store(
    tables: Sequence[StoreTable], to: Path, keep: Mapping[str, TableEntry] | None = None
) -> Manifest:
    """Write a store; what stands in `to` beside `tables/` and the manifest stays as it is.

    Args:
        tables: of one name each.
        to: the store's folder, made where it is not there.
        keep: entries of `to` whose tables stay, unless `tables` has them.
    """
    new = {table.name for table in tables}
    kept = [entry for name, entry in (keep or {}).items() if name not in new]
    to.parent.mkdir(parents=True, exist_ok=True)
    with _swapped_in(to) as folder:
        (folder / TABLES).mkdir()
        entries = [*kept, *(_write_table(table, folder / TABLES) for table in tables)]
        for entry in kept:
            shutil.copy2(to / TABLES / f"{entry.name}.parquet", folder / TABLES)
        manifest = Manifest({entry.name: entry for entry in entries}, newest_vintages(entries))
        text = json.dumps(manifest.to_json(), ensure_ascii=False, indent=2, sort_keys=True)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
    return manifest


def newest_vintages(entries: Sequence[TableEntry]) -> dict[str, str]:
    """The newest vintage of each kind that has any."""
    newest: dict[str, str] = {}
    for entry in entries:
        kind = entry.kind if entry.family == "lookup" else _KIND_OF_FAMILY.get(entry.family, "")
        if kind in DEFAULT_KINDS:
            newest[kind] = max(newest.get(kind, ""), entry.vintage)
    return newest


@contextmanager
def _swapped_in(to: Path) -> Iterator[Path]:
    """A new folder that takes the place of `to` when all went well.

    Until the swap `to` is the old store. The swap is two renames; a kill between them leaves both folders
    whole, the old one under `.<name>.old`.
    """
    new = Path(tempfile.mkdtemp(prefix=f".{to.name}.new-", dir=to.parent))
    old = to.with_name(f".{to.name}.old")
    try:
        new.chmod(0o755)
        if to.is_dir():
            shutil.copytree(to, new, dirs_exist_ok=True, ignore=shutil.ignore_patterns(TABLES, MANIFEST))
        yield new
        shutil.rmtree(old, ignore_errors=True)
        if to.exists():
            to.replace(old)
        new.replace(to)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)


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
        title=source.titled(table.vintage),
        publisher=source.publisher,
        url=source.url,
        licence=source.licence,
        attribution="\n".join(source.attribution),
        coverage=table.coverage,
        total=table.total,
    )


def parquet_bytes(frame: pd.DataFrame, schema: TableSchema) -> bytes:
    """A table as Parquet.

    Types are the schema's and no pandas metadata goes in, so that the bytes depend on the content and on the
    version of Arrow alone.
    """
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    fields = pa.schema([(column.name, _arrow_type(pa, column.type)) for column in schema.columns])
    arrays = [pa.array(frame[field.name].to_numpy(dtype=object), type=field.type) for field in fields]
    buffer = io.BytesIO()
    pq.write_table(
        pa.Table.from_arrays(arrays, schema=fields),
        buffer,
        compression="zstd",
        compression_level=19,
        use_dictionary=True,
        store_schema=False,
        write_statistics=False,
        version="2.6",
    )
    return buffer.getvalue()


def _arrow_type(pa: Any, column_type: str) -> Any:
    numbers = {"int": pa.int64(), "number": pa.float64(), "people": pa.float64(), "share": pa.float64()}
    return {**numbers, "flag": pa.bool_(), "wkb": pa.binary()}.get(column_type, pa.string())
