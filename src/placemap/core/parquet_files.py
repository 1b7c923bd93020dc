"""Parquet files that people have, before an engine reads them: what it would take for something else is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from placemap.core.open_file import unreadable


def refuse_one_title(path: Path, label: str) -> Any:
    """Refuse a Parquet file in which two columns have one title, whatever the case: an engine renames one of them.

    Returns:
        its schema, of Arrow.

    Raises:
        PlacemapError: so, or the file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(label, f"the table cannot be read: {str(error).splitlines()[0]}") from None
    known: dict[str, str] = {}
    for name in schema.names:
        other = known.get(name.casefold())
        if other is not None:
            what = f"`{name}`" if other == name else f"`{other}` and `{name}`"
            raise unreadable(label, f"two columns are called {what}", "give each column a name of its own")
        known[name.casefold()] = name
    return schema


#: Folders that are tables of a format of their own, by what is in them.
_FORMATS = (("_delta_log", "Delta"), ("metadata/*.metadata.json", "Iceberg"), (".hoodie", "Hudi"))


def parquet_files(folder: Path) -> list[Path]:
    """The Parquet files of a folder and of those inside, which are to be read as one table.

    Raises:
        PlacemapError: some are no part of the table, or may be none; or read as one they would be rounded.
    """
    for pattern, name in _FORMATS:
        if any(folder.glob(pattern)):
            what = f"this is a {name} table; its folder also holds files that are no part of it any more"
            raise unreadable(folder, what, f"write it as plain Parquet with what reads {name}")
    found = sorted(folder.rglob("*.parquet"))
    beside = [path for path in found if any(part[0] in "._" for part in path.relative_to(folder).parts)]
    if beside:
        what = (
            f"{beside[0].relative_to(folder)} may be no part of the table: names that begin with . or _ are left over"
        )
        raise unreadable(folder, what, "move it away, or call it otherwise if it is data")
    _refuse_rounded({path: refuse_one_title(path, str(path)) for path in found})
    return found


def _refuse_rounded(schemas: dict[Path, Any]) -> None:
    """Refuse a column of 32-bit fractions in one file and whole numbers in another: engines round the latter to fit."""
    import pyarrow as pa

    short: dict[str, Path] = {}
    whole: dict[str, Path] = {}
    for path, schema in schemas.items():
        for column in schema:
            name = column.name.casefold()
            if pa.types.is_float16(column.type) or pa.types.is_float32(column.type):
                short.setdefault(name, path)
            elif pa.types.is_integer(column.type) or pa.types.is_decimal(column.type):
                whole.setdefault(name, path)
    for name in sorted(short.keys() & whole.keys()):
        what = f"column `{name}` is of 32-bit fractions here, and of exact numbers in {whole[name].name}"
        raise unreadable(short[name], what, "write both as one type: read as one table they would be rounded")
