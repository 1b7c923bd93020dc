"""What data are to be read: a file by the one reader, a folder of Parquet, or a table in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placemap.core.account import Account
from placemap.core.errors import Exit, PlacemapError
from placemap.core.parquet_files import parquet_files
from placemap.core.read_tables import on_disk
from placemap.core.sheets import cell_text

if TYPE_CHECKING:
    from placemap.core.plain_csv import Plain


@dataclass(frozen=True)
class Scan:
    """Data to be read.

    Attributes:
        label: what messages call it.
        folder: for what an engine must put aside; the caller's, who deletes it.
        parquet: the files of the data, literally; empty where they are elsewhere.
        titles: by column of a table that was rewritten; empty text for a column that is left out.
        plain: a CSV that is proven plain.
        frame: data that are in memory already.
        account: of the rows of a file; None where the data have no rows that could be anything else.
    """

    label: str
    folder: Path
    parquet: tuple[Path, ...] = ()
    titles: tuple[str, ...] = ()
    plain: Plain | None = None
    frame: Any = None
    account: Account | None = None


def scan_of(data: Any, folder: Path, *, sheet: str | None = None, many: bool = False, rewrite: bool = False) -> Scan:
    """How to read `data`.

    Args:
        data: a path (see `core.read_tables.read_table`), or a table in memory: pandas, polars, Arrow.
        folder: for what must be put aside.
        sheet: of a workbook.
        many: whether the path is a folder whose Parquet files are read as one table.
        rewrite: whether a plain CSV is rewritten, too, for engines that have their own idea of a row.

    Raises:
        PlacemapError: no such file, an empty one, not a table, or one with two meanings.
    """
    if not isinstance(data, (str, Path)):
        return Scan("the data", folder, frame=_in_memory(data))
    path = Path(data)
    if many or path.is_dir():
        return Scan(str(path), folder, _parts(path, many=many))
    found = on_disk(path, folder, sheet, rewrite=rewrite)
    parquet = (found.parquet,) if found.parquet is not None else ()
    return Scan(str(path), folder, parquet, found.titles, found.plain, None, found.account)


def _parts(path: Path, *, many: bool) -> tuple[Path, ...]:
    if not path.is_dir():
        raise PlacemapError(
            "this is no folder; --folder reads the Parquet files of one",
            location=str(path),
            hint="leave --folder out",
            exit_code=Exit.USAGE,
        )
    found = tuple(parquet_files(path) if many else sorted(path.rglob("*.parquet")))
    if not found:
        raise PlacemapError(
            "the folder holds no .parquet file", location=str(path), hint="name a file, or a folder of Parquet files"
        )
    if not many:
        raise PlacemapError(
            f"this is a folder; expected a file (it holds {len(found):,} Parquet files)",
            location=str(path),
            hint="--folder reads all of them as one table",
            exit_code=Exit.USAGE,
        )
    return found


# --- tables in memory -------------------------------------------------------------------------------------------------


def _in_memory(data: Any) -> Any:
    """A table that DuckDB can scan.

    Raises:
        PlacemapError: not a table, or two of its columns have one name.
    """
    is_frame = type(data).__module__.split(".")[0] in ("pandas", "geopandas", "pyarrow") and hasattr(data, "columns")
    if not hasattr(data, "to_arrow") and not is_frame:
        raise PlacemapError(
            f"the data are of type {type(data).__name__}; expected a path, or a pandas, polars or Arrow table",
            hint="a Series is one column: make a DataFrame of it" if hasattr(data, "to_frame") else "",
            exit_code=Exit.USAGE,
        )
    if hasattr(data, "to_arrow") and not is_frame:
        data = data.to_arrow()
    titles = [str(title) for title in (data.column_names if hasattr(data, "column_names") else data.columns)]
    if len({title.casefold() for title in titles}) < len(titles):
        raise PlacemapError("the data have several columns of one name", hint="rename them", exit_code=Exit.USAGE)
    return data if hasattr(data, "column_names") else _of_pandas(data, titles)


def _of_pandas(data: Any, titles: list[str]) -> Any:
    """A frame with text for titles, and one type a column: what is mixed becomes text, digit by digit.

    DuckDB looks at a part of a mixed column and rounds the rest to what it saw there; and it refuses a whole frame for
    one column of a type that it does not know (months, intervals), which becomes text, too. Outlines are left out.
    """
    import pandas as pd

    plain = pd.DataFrame(data).set_axis(titles, axis=1).reset_index(drop=True)
    for title in titles:
        column = plain[title]
        if isinstance(column.dtype, pd.SparseDtype):
            plain[title] = column.to_numpy()
        elif str(column.dtype) == "geometry":
            plain = plain.drop(columns=title)
        elif not _is_known(column.dtype):
            values = [cell_text(value) or None for value in column]
            plain[title] = pd.Series(values, dtype=object if any(values) else "str")
    return plain


def _is_known(dtype: Any) -> bool:
    """Whether DuckDB takes a column of that type for what it is."""
    import numpy as np
    import pandas as pd

    if isinstance(dtype, np.dtype):
        return dtype.kind in "biufmM" and dtype.itemsize <= 8
    if isinstance(dtype, pd.CategoricalDtype):
        kinds = dtype.categories
        return all(isinstance(kind, str) for kind in kinds) if kinds.dtype == object else _is_known(kinds.dtype)
    return isinstance(dtype, pd.ArrowDtype | pd.DatetimeTZDtype | pd.StringDtype) or dtype.name in _MASKED


#: Names of pandas' types of numbers and truth values that may be missing.
_MASKED = {"boolean", "Float32", "Float64", *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))}
