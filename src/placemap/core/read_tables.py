"""People's own tables: one reader for all commands. Each row of a file is accounted for, or it is refused.

The steps stand in files of their own: `open_file` (one file, literally), `decode` (text → records), `sheets` (workbooks
→ records), `header` (what is header, title, footer), `account` (every row counted), `plain_csv` (large files),
`parquet_files`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placemap.core.account import Account, data_rows
from placemap.core.decode import text_of
from placemap.core.errors import Exit, PlacemapError
from placemap.core.header import find_header, may_be_footer
from placemap.core.open_file import PARQUET, WORKBOOK, Source, opened, source_of, unreadable
from placemap.core.parquet_files import refuse_one_title
from placemap.core.sheets import cell_text, chosen_sheet, workbook

if TYPE_CHECKING:
    import pandas as pd

    from placemap.core.plain_csv import Plain

#: Bytes of a CSV from which it is worth to prove that it is plain.
LARGE = 1 << 20
#: Rows that are held in memory on their way to a file.
_BATCH = 50_000
_NO_TABLE = "the file holds no table: expected a header and at least one row"


@dataclass(frozen=True)
class Rows:
    """A table that is being read: its titles, and its rows of data, which `account` counts as they go by."""

    titles: tuple[str, ...]
    named: tuple[bool, ...]
    rows: Iterator[list[str]]
    account: Account


@dataclass(frozen=True)
class UserTable:
    """A user's table.

    Attributes:
        frame: every cell as text, an empty one as empty text.
        account: of the rows of its file.
    """

    frame: pd.DataFrame
    account: Account = field(default_factory=Account)


# --- whole tables -----------------------------------------------------------------------------------------------------


def read_table(path: Path, sheet: str | None = None) -> UserTable:
    """A user's table in memory.

    CSV of any common separator in UTF-8, UTF-16 or Windows-1252, Excel (.xlsx), or Parquet; also packed as .gz, or as
    the one table of a zip; also through a pipe.

    Args:
        path: the file, literally.
        sheet: the sheet of a workbook; where it is None, the only one with a table of codes.

    Raises:
        PlacemapError: the file cannot be read, holds no table, or what it holds has two meanings.
    """
    import pandas as pd

    with opened(path) as source:
        _refuse_sheet(source, sheet)
        if source.form == PARQUET:
            frame = _from_parquet(source)
            return UserTable(frame, Account(header=1, data=len(frame), header_line=1))
        with _rows(source, sheet) as table:
            body = list(table.rows)
            frame = pd.DataFrame(body, columns=list(table.titles), dtype=object)
            used = [named or bool(frame[title].str.strip().any()) for title, named in _columns(table)]
            return UserTable(frame.loc[:, used], table.account)


def _refuse_sheet(source: Source, sheet: str | None) -> None:
    if sheet is not None and source.form != WORKBOOK:
        raise PlacemapError(
            f"there is no sheet `{sheet}`, as this is no workbook",
            location=source.label,
            hint="leave --sheet out",
            exit_code=Exit.USAGE,
        )


def _columns(table: Rows) -> Iterable[tuple[str, bool]]:
    return zip(table.titles, table.named, strict=True)


@contextmanager
def _rows(source: Source, sheet: str | None) -> Iterator[Rows]:
    """The rows of a file of text or of a workbook.

    Raises:
        PlacemapError: it holds no table, at once or at its end.
    """
    if source.form == WORKBOOK:
        with workbook(source) as sheets:
            chosen, header = chosen_sheet(sheets, sheet, source.label)
            account = Account(sheet=chosen.name if len(sheets) > 1 else "", hidden=chosen.hidden)
            label = f"{source.label}, sheet {chosen.name}"
            rows = data_rows(chosen.records(), header, account, ragged=False, label=label)
            yield Rows(header.titles, header.named, _some(rows, source.label), account)
        return
    text = text_of(source)
    found = _header_of(source, text.preview)
    account = Account()
    rows = data_rows(text.records(), found, account, ragged=True, label=source.label)
    yield Rows(found.titles, found.named, _some(rows, source.label), account)


def _header_of(source: Source, preview: Any) -> Any:
    lines = [line for line, _ in preview]
    header = find_header([row for _, row in preview], ragged=True, label=source.label, line=lines)
    if header is None:
        raise unreadable(source.label, _NO_TABLE, "check the file")
    return header


def _some(rows: Iterator[list[str]], label: str) -> Iterator[list[str]]:
    """The rows, of which there must be one."""
    first = next(rows, None)
    if first is None:
        raise unreadable(label, _NO_TABLE, "check the file")
    yield first
    yield from rows


# --- tables that need not fit into memory -----------------------------------------------------------------------------


@dataclass(frozen=True)
class OnDisk:
    """A table for an engine to read.

    Attributes:
        parquet: a Parquet file of it; None where `plain` is.
        plain: a CSV that is proven plain.
        titles: of its columns; empty for Parquet that the user named.
        account: of the rows of its file; None for Parquet that the user named.
    """

    titles: tuple[str, ...] = ()
    parquet: Path | None = None
    plain: Plain | None = None
    account: Account | None = None


def on_disk(path: Path, folder: Path, sheet: str | None = None, *, rewrite: bool = False) -> OnDisk:
    """A user's table as an engine can read it without deciding what a row is.

    Args:
        path: the file, literally.
        folder: where what has to be rewritten is put; a rewritten table is Parquet, all columns text, blanks null.
        rewrite: whether a plain CSV is rewritten, too.

    Raises:
        PlacemapError: as in `read_table`.
    """
    source = source_of(path, folder)
    _refuse_sheet(source, sheet)
    if source.form == PARQUET:
        refuse_one_title(source.path, source.label)
        return OnDisk(parquet=source.path)
    if source.form != WORKBOOK and not rewrite and (plain := _plain(source)) is not None:
        return plain
    with _rows(source, sheet) as table:
        copy = folder / "table.parquet"
        titles = _write(table, copy)
        return OnDisk(titles, copy, None, table.account)


def _plain(source: Source) -> OnDisk | None:
    from placemap.core.plain_csv import proof

    if source.path.stat().st_size < LARGE:
        return None
    text = text_of(source)
    header = _header_of(source, text.preview)
    starts_at = text.preview[header.first][0] if header.first < len(text.preview) else 0
    if text.encoding != "utf-8-sig" or header.index is None or not all(header.named) or not starts_at:
        return None
    if _has_odd_lines(source.path, text.preview[: header.first]):
        return None
    if _ends_in_footer(source, text.delimiter, header.code):
        return None
    plain = proof(source.path, text.delimiter, starts_at - 1, len(header.titles))
    if plain is None:
        return None
    account = Account(header=1, data=plain.rows, header_line=text.preview[header.index][0])
    for line, row in text.preview[: header.index]:
        if any(cell.strip() for cell in row):
            account.title += 1
            account.leave_out(line, row)
        else:
            account.blank += 1
    return OnDisk(header.titles, None, plain, account)


def _has_odd_lines(path: Path, above: Any) -> bool:
    """Whether lines above the data end in ways that an engine may count otherwise."""
    with path.open("rb") as file:
        start = file.read(1 << 16)
    inside = any("\n" in cell or "\r" in cell for _, row in above for cell in row)
    return inside or re.search(rb"\r(?!\n)", start[:-1]) is not None


def _ends_in_footer(source: Source, delimiter: str, code: int | None) -> bool:
    """Whether the last row may be a footer; only the last can be the end of one."""
    with source.path.open("rb") as file:
        file.seek(-min(1 << 16, source.path.stat().st_size), 2)
        last = file.read().decode("utf-8", errors="replace").rstrip("\r\n").rpartition("\n")[2]
    return may_be_footer([cell.strip('"') for cell in last.split(delimiter)], code)


def _write(table: Rows, path: Path) -> tuple[str, ...]:
    """Write a table as Parquet in batches; columns without a title in which nothing stands are left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(f"c{number}", pa.string()) for number in range(len(table.titles))])
    filled = list(table.named)
    with pq.ParquetWriter(path, schema, compression="snappy") as writer:
        while batch := list(islice(table.rows, _BATCH)):
            columns = [[cell or None for cell in column] for column in zip(*batch, strict=True)]
            filled = [is_filled or any(column) for is_filled, column in zip(filled, columns, strict=True)]
            writer.write_batch(pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema))
    return tuple(title if is_filled else "" for title, is_filled in zip(table.titles, filled, strict=True))


# --- other tables -----------------------------------------------------------------------------------------------------


def read_built(path: Path) -> pd.DataFrame:
    """A table that placemap wrote, every cell as text; it may have no rows.

    Args:
        path: a CSV or Parquet file of a build.

    Raises:
        PlacemapError: the file cannot be read.
    """
    import pandas as pd

    with opened(path) as source:
        if source.form == PARQUET:
            return _from_parquet(source)
        try:
            return pd.read_csv(source.path, dtype=str, keep_default_na=False, encoding="utf-8")
        except (OSError, ValueError) as error:
            raise unreadable(path, f"the table cannot be read: {error}") from None


def _from_parquet(source: Source) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    refuse_one_title(source.path, source.label)
    try:
        table = pq.read_table(BytesIO(source.path.read_bytes()))
    except (pa.ArrowException, OSError) as error:
        raise unreadable(source.label, f"the table cannot be read: {str(error).splitlines()[0]}") from None
    names = [str(name) for name in table.column_names]
    if not table.num_rows:
        raise unreadable(source.label, _NO_TABLE, "check the file")
    frame = table.to_pandas(ignore_metadata=True)
    columns = {name: [cell_text(value) for value in frame[name].tolist()] for name in names}
    return pd.DataFrame(columns, dtype=object)


def literal_path(path: Path, folder: Path) -> str:
    """A path as DuckDB takes it for just this file, and not for a pattern.

    Args:
        folder: where a link may be put, for names that no pattern can stand for.
    """
    if os.sep == "/" and "\\" in str(path.absolute()):
        link = folder / f"named{path.suffix}"
        if not link.is_symlink():
            link.symlink_to(path.absolute())
        path = link
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path.absolute()))
