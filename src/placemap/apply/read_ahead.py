"""Parquet that is added up while the rest of `apply` is still loaded and its systems are resolved.

Reading 62 million rows is most of `apply`, and needs nothing but the data and the question. All of this is a guess at
what will be asked: where it is wrong, or the data are, nothing is said of it, and they are read in their turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from placemap.apply import sql
from placemap.apply.engine_duckdb import DuckDbEngine
from placemap.apply.measures import Measure
from placemap.apply.scan import Scan, scan_of
from placemap.core.codes import KINDS, MEMBER_KINDS
from placemap.core.errors import PlacemapError

#: Rows that are looked at.
_ROWS = 100
_MAGIC = b"PAR1"
#: In place of `read_ahead` where nothing is to be read ahead.
NOTHING = nullcontext()


@dataclass(frozen=True)
class Ahead:
    """Data that an engine has open, as `Applier` would open them."""

    scan: Scan
    engine: DuckDbEngine


@contextmanager
def read_ahead(
    data: Path,
    by: str | None,
    asked: Callable[[], Sequence[Measure]],
    groups: Sequence[str] = (),
    blanks: Sequence[str] = (),
    *,
    folder: bool = False,
) -> Iterator[Ahead | None]:
    """Begin to add up a file or a folder of Parquet; None where the data are not, or cannot be read.

    Args:
        by: the column of codes; None to guess it.
        asked: gives what is asked for. groups: what the result is divided by, age included.
        blanks: see `sql.Question`.
        folder: whether `data` is a folder whose Parquet files are read as one table.
    """
    with TemporaryDirectory(prefix="placemap-", ignore_cleanup_errors=True) as aside:
        ahead = _opened(data, Path(aside), folder=folder)
        if ahead is None:
            yield None
            return
        try:
            with suppress(PlacemapError):
                _begin(ahead.engine, by, asked(), groups, blanks)
            yield ahead
        finally:
            ahead.engine.close()


def _opened(data: Path, aside: Path, *, folder: bool) -> Ahead | None:
    with suppress(PlacemapError, OSError):
        if folder or (data.is_file() and _is_parquet(data)):
            scan = scan_of(data, aside, many=folder)
            return Ahead(scan, DuckDbEngine(scan))
    return None


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _begin(
    engine: DuckDbEngine, by: str | None, measures: Sequence[Measure], groups: Sequence[str], blanks: Sequence[str]
) -> None:
    types = engine.columns()
    column = _codes_of_areas(engine, [name for name in types if by in (None, name) and types[name] == sql.TEXT])
    question = sql.Question(column, tuple(measures), tuple(groups), types, tuple(blanks))
    if column and {*groups, *question.value_columns} <= {*types}:
        engine.begin(sql.CODED, sql.coded(question))


def _codes_of_areas(engine: DuckDbEngine, columns: Sequence[str]) -> str:
    """The column that `columns.key_column` is likely to find: the only one of LSOAs, else of any units; else none."""
    if not columns:
        return ""
    rows = engine.query(f"SELECT {', '.join(map(sql.name, columns))} FROM {sql.DATA} LIMIT {_ROWS}")
    texts = {name: [str(row[name]).strip().upper() for row in rows if row[name]] for name in columns}
    lsoas = [name for name in columns if _has_codes(texts[name], ["lsoa"])]
    found = lsoas or [name for name in columns if _has_codes(texts[name], MEMBER_KINDS)]
    return found[0] if len(found) == 1 else ""


def _has_codes(texts: Sequence[str], kinds: Sequence[str]) -> bool:
    return any(KINDS[kind].pattern.fullmatch(text) for text in texts for kind in kinds)
