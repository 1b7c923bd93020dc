"""Fail where two reference stores differ: `same_store.py PACKAGED REMADE`.

Manifests must be the same but for the hashes of the files, and tables the same row by row. Where one version of
pyarrow wrote both files of a table, these must be the same byte by byte; another version may lay out the same rows
differently.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq


def manifest(store: Path) -> dict[str, object]:
    """The manifest without the hashes of the files."""
    found = json.loads((store / "manifest.json").read_text(encoding="utf-8"))
    for entry in found["tables"].values():
        del entry["sha256"]
    return found


def differences(packaged: Path, remade: Path) -> Iterator[str]:
    """What differs, one line each."""
    old, new = manifest(packaged), manifest(remade)
    if old != new:
        yield from _manifest_lines(old, new)
    names = [sorted(path.name for path in (store / "tables").iterdir()) for store in (packaged, remade)]
    if names[0] != names[1]:
        yield f"tables: {' '.join(sorted(set(names[0]) ^ set(names[1])))} on one side only"
    for name in sorted(set(names[0]) & set(names[1])):
        yield from _table_lines(packaged / "tables" / name, remade / "tables" / name)


def _manifest_lines(old: object, new: object, path: str = "manifest") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _manifest_lines(old.get(key), new.get(key), f"{path} / {key}")
    elif old != new:
        yield f"{path}: packaged {old!r}, remade {new!r}"


def _table_lines(old: Path, new: Path) -> Iterator[str]:
    one, other = pq.ParquetFile(old), pq.ParquetFile(new)
    if not one.read().equals(other.read()):
        yield f"{old.name}: the rows differ"
    elif one.metadata.created_by == other.metadata.created_by and old.read_bytes() != new.read_bytes():
        yield f"{old.name}: the same rows, other bytes, though both are by {one.metadata.created_by}"


def main(packaged: str, remade: str) -> int:
    """Print what differs; 1 where anything does."""
    lines = list(differences(Path(packaged), Path(remade)))
    sys.stdout.write("".join(f"{line}\n" for line in lines) or f"{packaged} and the remade store are the same\n")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
