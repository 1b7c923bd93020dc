"""Stores with a change that their manifest vouches for."""

import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq

from placemap.reference.store import Manifest, canonical_hash
from placemap.sources.tables.write_store import parquet_bytes


def rewrite(store: Path, name: str, change) -> None:
    """Change a table and let the manifest vouch for it, as a mistake in a publisher's file would."""
    path, manifest = store / "tables" / f"{name}.parquet", store / "manifest.json"
    data = json.loads(manifest.read_text())
    schema = Manifest.from_json(data).tables[name].schema
    frame = change(pq.read_table(path).to_pandas())
    path.write_bytes(parquet_bytes(frame, schema))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    data["tables"][name] |= {
        "sha256": sha256,
        "content_sha256": canonical_hash(frame, schema),
        "rows": len(frame),
    }
    manifest.write_text(json.dumps(data))


def another_vintage(store: Path, name: str, vintage: str, change) -> None:
    """Add a table that is another one with a change, of a later vintage, to a store; the defaults stay as they are."""
    manifest = store / "manifest.json"
    data = json.loads(manifest.read_text())
    later = name.replace(data["tables"][name]["vintage"], vintage)
    (store / "tables" / f"{later}.parquet").write_bytes((store / "tables" / f"{name}.parquet").read_bytes())
    data["tables"][later] = data["tables"][name] | {"vintage": vintage}
    manifest.write_text(json.dumps(data))
    rewrite(store, later, change)
