"""Users' own tables and polygons: the format found out, the columns as text, and what kind of codes a column holds.

Nothing is taken from a column's title: `LSOA21CD` may hold codes of 2011, and often does.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from placemap.codes import KINDS
from placemap.errors import PlacemapError

if TYPE_CHECKING:
    import geopandas as gpd

    from placemap.geography import Geography

#: Rows that are looked at to find the header and the delimiter.
PREVIEW = 50
#: Part of a column's filled cells that must be codes of a kind for the column to be a column of that kind.
MOSTLY = 0.8
#: Three-character NHS codes look like many a word, so nearly all of them must be real ones.
NEARLY_ALL = 0.95
#: The first code that LSOAs were given in 2021; lower ones may be of either census.
FIRST_2021 = "E01033769"
POLYGON_ENDINGS = (".gpkg", ".geojson", ".json", ".shp", ".fgb")


@dataclass(frozen=True)
class CodeKind:
    """What a column of codes holds.

    Attributes:
        column: its title.
        kind: one of `codes.KINDS`.
        vintage: the vintage that most of its codes belong to; empty where only their shape is known.
        also: other vintages that as many of them belong to, so that the column doesn't tell.
        rows, blank: number of rows, and of those without anything.
        known: rows whose code the reference has in that vintage.
        unknown: the codes that it has not, sorted, each once.
        malformed: the values that do not have the shape of such a code, sorted, each once.
    """

    column: str
    kind: str
    vintage: str
    also: tuple[str, ...]
    rows: int
    blank: int
    known: int
    unknown: tuple[str, ...]
    malformed: tuple[str, ...]

    @property
    def label(self) -> str:
        """`LSOAs of 2011`."""
        return f"{KINDS[self.kind].plural} of {self.vintage}" if self.vintage else KINDS[self.kind].plural


# --- reading ------------------------------------------------------------------------------------------------------


def read_built(path: Path) -> pd.DataFrame:
    """A table that placemap wrote, every cell as text; it may have no rows.

    Args:
        path: a CSV or Parquet file of a build.

    Raises:
        PlacemapError: the file cannot be read.
    """
    content = _content(path)
    try:
        if content[:4] == b"PAR1":
            return _from_parquet(content)
        return pd.read_csv(BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _unreadable(path, f"the table cannot be read: {error}") from None


def read_table(path: Path, sheet: str | None, has_codes: Callable[[pd.DataFrame], bool]) -> pd.DataFrame:
    """A user's table, every cell as text and an empty one as empty text.

    CSV with any common delimiter and encoding, Excel (.xlsx), or Parquet. Lines above the header are left out; a table
    without a header gets `column 1`, `column 2` …

    Args:
        path: the file.
        sheet: the sheet of a workbook; where it is None, the first that has a column of codes, else the first.
        has_codes: whether a table has a column of codes.

    Raises:
        PlacemapError: the file cannot be read, or holds no table.
    """
    content = _content(path)
    try:
        if content[:4] == b"PAR1":
            frame = _from_parquet(content)
        elif zipfile.is_zipfile(BytesIO(content)):
            frame = _from_workbook(content, path, sheet, has_codes)
        else:
            frame = _from_rows(_csv_rows(_decoded(content, path)))
    except (OSError, ValueError, KeyError, csv.Error, zipfile.BadZipFile) as error:
        raise _unreadable(path, f"the table cannot be read: {error}") from None
    if frame.empty:
        raise _unreadable(path, "the file holds no table: expected a header and at least one row")
    return frame


def _unreadable(path: Path, what: str, hint: str = "save it as CSV (UTF-8), .xlsx or Parquet") -> PlacemapError:
    return PlacemapError(what, location=str(path), hint=hint)


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise _unreadable(path, "this is a folder; expected a table", "name a file in it")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _unreadable(path, "no such file", "check the path") from None
    except OSError as error:
        raise _unreadable(path, f"the file cannot be read: {error.strerror}", "check its permissions") from None
    if not content.strip():
        raise _unreadable(path, "the file is empty; expected a table")
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise _unreadable(path, "this is a workbook of the old .xls format, or one with a password")
    return content


def _from_parquet(content: bytes) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame = pq.read_table(BytesIO(content)).to_pandas()
    except pa.ArrowException as error:
        raise ValueError(str(error).splitlines()[0]) from None
    columns = {str(name): [cell_text(value) for value in frame[name].tolist()] for name in frame.columns}
    return pd.DataFrame(columns, dtype=object)


def _from_workbook(
    content: bytes, path: Path, sheet: str | None, has_codes: Callable[[pd.DataFrame], bool]
) -> pd.DataFrame:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    if sheet is not None and sheet not in book.sheetnames:
        raise _unreadable(path, f"there is no sheet `{sheet}`", f"the sheets are {', '.join(book.sheetnames)}")
    frames = (_from_rows(_sheet_rows(book[name])) for name in ([sheet] if sheet else book.sheetnames))
    full = [frame for frame in frames if not frame.empty]
    return next((frame for frame in full if has_codes(frame)), full[0] if full else pd.DataFrame())


def _sheet_rows(sheet: Any) -> list[list[str]]:
    return [[cell_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def has_codes(frame: pd.DataFrame) -> bool:
    """Whether a table has a column of codes, by their shape."""
    return any(recognise(frame[column]) is not None for column in frame)


def cell_text(value: Any) -> str:
    """A cell of a workbook or a frame as text: whole numbers without a point, days as ISO, nothing as empty text."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _decoded(content: bytes, path: Path) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    if b"\0" in content[:4096]:
        raise _unreadable(path, "this is not a table of a format that placemap reads")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _csv_rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines()[:PREVIEW] if line.strip()]
    delimiter = max(",\t;|", key=lambda mark: sum(line.count(mark) > 0 for line in lines))
    return list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))


def _from_rows(rows: Sequence[Sequence[str]]) -> pd.DataFrame:
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        return pd.DataFrame()
    start = _header(filled)
    width = max(len(row) for row in filled[start:])
    body = [[*row, *[""] * (width - len(row))] for row in filled[start:]]
    headless = any(_is_certain_code(cell.strip()) for cell in body[0])
    titles = [f"column {number + 1}" for number in range(width)] if headless else _titles(body[0])
    frame = pd.DataFrame(body if headless else body[1:], columns=titles, dtype=object)
    used = [bool(frame[title].astype(str).str.strip().any()) or not title.startswith("column ") for title in titles]
    return frame.loc[:, used]


def _header(rows: Sequence[Sequence[str]]) -> int:
    """The first row with as many filled cells as any of the first ones: what is above is a title or a note."""
    counts = [sum(bool(cell.strip()) for cell in row) for row in rows[:PREVIEW]]
    return counts.index(max(counts))


def _titles(cells: Iterable[str]) -> list[str]:
    titles: list[str] = []
    for number, cell in enumerate(cells):
        title = " ".join(cell.split()) or f"column {number + 1}"
        while title in titles:
            title = f"{title} ({number + 1})"
        titles.append(title)
    return titles


_CERTAIN = re.compile(r"[EW]\d{8}|[A-Z]\d{5}")


def _is_certain_code(text: str) -> bool:
    return bool(_CERTAIN.fullmatch(text))


def read_polygons(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """A user's polygons in metres of the British National Grid (EPSG:27700).

    Raises:
        PlacemapError: the file cannot be read, holds no polygons, or does not say its coordinate system.
    """
    import geopandas as gpd
    import pyogrio.errors

    _content(path)
    try:
        frame = gpd.read_file(path, layer=layer) if layer else gpd.read_file(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise _unreadable(path, f"the polygons cannot be read: {error}", "save them as GeoPackage or GeoJSON") from None
    if frame.empty or not frame.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        kinds = ", ".join(sorted({str(kind) for kind in frame.geom_type})) or "nothing"
        raise _unreadable(path, f"the file holds {kinds}; expected polygons, one or more a place", "export the areas")
    if frame.crs is None:
        raise _unreadable(
            path, "the file does not say its coordinate system", "save it as GeoPackage, which always does"
        )
    return frame.to_crs(27700)


# --- recognising --------------------------------------------------------------------------------------------------


def clean_codes(values: pd.Series) -> pd.Series:
    """Codes as they are compared: text without white space around them, upper case."""
    return values.map(cell_text).str.strip().str.upper()


def recognise(values: pd.Series, geography: Geography | None = None) -> CodeKind | None:
    """What kind of codes a column holds; None where it holds no codes.

    Args:
        values: the column.
        geography: the reference to look the codes up in; without one the shape alone decides, and no vintage is told
            except that LSOAs which 2021 brought are of 2021.
    """
    codes = clean_codes(values)
    filled = codes[codes != ""]
    if filled.empty:
        return None
    counts = filled.value_counts()
    found = [_as_kind(kind, codes, counts, geography) for kind in KINDS]
    likely = [item for item in found if item is not None]
    # Where several kinds fit (`E06…` is a district and an upper tier), the one with most known codes, then the finer.
    return max(likely, key=lambda item: item.known, default=None)


def code_columns(frame: pd.DataFrame, geography: Geography | None = None) -> list[CodeKind]:
    """The columns of a table that hold codes, in their order."""
    found = [recognise(frame[column], geography) for column in frame]
    return [item for item in found if item is not None]


def _as_kind(kind: str, codes: pd.Series, counts: pd.Series, geography: Geography | None) -> CodeKind | None:
    shaped = counts[[KINDS[kind].accepts(str(code)) for code in counts.index]]
    plain = [bool(KINDS[kind].pattern.fullmatch(str(code))) for code in shaped.index]
    total = int(counts.sum())
    if shaped.sum() < MOSTLY * total:
        return None
    known = _known(kind, shaped, geography)
    best = max(known, key=lambda vintage: (known[vintage], vintage), default="")
    if not all(plain) and known.get(best, 0) < NEARLY_ALL * total:
        return None
    here = set(map(str, shaped.index)) if geography is None else set()
    if geography is not None and best:
        here = _codes_of(kind, best, geography)
    return CodeKind(
        column=str(codes.name),
        kind=kind,
        vintage=best,
        also=tuple(sorted(v for v in known if v != best and known[v] == known[best])),
        rows=len(codes),
        blank=int((codes == "").sum()),
        known=known.get(best, 0),
        unknown=tuple(sorted(set(map(str, shaped.index)) - here)),
        malformed=tuple(sorted(set(map(str, counts.index)) - set(map(str, shaped.index)))),
    )


def _known(kind: str, shaped: pd.Series, geography: Geography | None) -> dict[str, int]:
    """Rows whose code exists, by vintage; empty where there is no telling."""
    if geography is None:
        is_new = kind == "lsoa" and any(str(code) >= FIRST_2021 for code in shaped.index)
        return {"2021": int(shaped.sum())} if is_new else {}
    found = {}
    for vintage in vintages_of(kind, geography):
        here = _codes_of(kind, vintage, geography)
        found[vintage] = int(shaped[[str(code) in here for code in shaped.index]].sum())
    return {vintage: rows for vintage, rows in found.items() if rows}


def vintages_of(kind: str, geography: Geography) -> list[str]:
    """The vintages that the reference has of a kind, oldest first."""
    if kind == "lsoa":
        return ["2011", geography.units_entry("lsoa").vintage]
    if kind == "pcn":
        return geography.data.vintages("pcns")
    return geography.data.vintages("practices") if kind == "practice" else geography.data.vintages("lookup", kind)


def _codes_of(kind: str, vintage: str, geography: Geography) -> set[str]:
    if kind == "lsoa" and vintage == "2011":
        return set(geography.fit_2011.codes)
    if kind == "pcn":
        return set(geography.pcns(vintage).names)
    if kind == "practice":
        return {*geography.practice_names, *geography.registrations.codes}
    units = geography.units(kind, vintage)
    ods = units.ods if units.ods is not None else ()
    return {*map(str, units.codes), *(str(code) for code in ods if code)}
