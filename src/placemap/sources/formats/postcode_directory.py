"""The ONS Postcode Directory or the National Statistics Postcode Lookup → postcode, LSOA of 2021, when it ended.

Either is a zip of a quarter of a gigabyte with one table of 2.7 million rows and some fifty columns; it is read in
parts, and of the columns only those that are kept.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from placemap.core.errors import PlacemapError
from placemap.reference.schemas import OUTSIDE_POSTCODES
from placemap.sources.catalogue import Source
from placemap.sources.formats.rules import AGAIN
from placemap.sources.store_table import StoreTable

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = "postcode-directory"
FAMILY = "postcodes"

#: Its columns under the names that they have had, the first that is there counts; in any letter case.
_POSTCODE = ("pcds", "pcd7", "pcd8", "pcd", "pcd2")
_LSOA, _OLD_LSOA = ("lsoa21cd", "lsoa21"), ("lsoa11cd", "lsoa11")
_ENDED, _BEGAN = "doterm", "dointr"
#: What a line of column names is at most, bytes.
_HEADER = 10_000
#: A table may not unpack to more than this, nor to more than so many times its packed size.
_MOST_BYTES, _MOST_RATIO = 4_000_000_000, 200
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMED = re.compile(rf"({'|'.join(_MONTHS)})[A-Z]*[_ -]?(20\d\d)", re.IGNORECASE)
#: Part of the postcodes that lie in England, at least; some 83% do.
_LEAST_ENGLISH = 0.5
#: A postcode without its space, and a code of an LSOA or of what stands for one elsewhere in the United Kingdom.
_SHAPE = r"^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$"
_CODE = r"^(E01[0-9]{6}|E99999999|[WSNLM][0-9]{8}|95[A-Z]{2}[0-9]{2}[A-Z][0-9]|)$"


@dataclass(frozen=True)
class Directory:
    """Where a directory of postcodes stands in a file.

    Attributes:
        path: the file.
        member: its table in a zip; empty for a CSV.
        columns: titles as the file writes them, by what placemap calls them: `postcode`, `lsoa`, `ended`, `began`.
    """

    path: Path
    member: str
    columns: dict[str, str]

    @property
    def where(self) -> str:
        """File and table as messages name them."""
        return f"{self.path.name} ({PurePosixPath(self.member).name})" if self.member else self.path.name

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The bytes of the table."""
        if not self.member:
            with self.path.open("rb") as file:
                yield file
            return
        with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
            yield file


def directory_in(path: Path) -> Directory | None:
    """The directory of postcodes in a CSV or zip; None where there is none.

    A zip may hold the table in one piece and once more by area: the largest is taken.

    Raises:
        PlacemapError: it has postcodes, but no LSOAs of 2021.
    """
    try:
        if path.suffix.lower() == ".csv":
            with path.open("rb") as file:
                return _told(path, "", file.readline(_HEADER))
        if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):
            return None
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if item.filename.lower().endswith(".csv")]
            for item in sorted(members, key=lambda item: (-item.file_size, item.filename)):
                with archive.open(item) as file:
                    found = _told(path, item.filename, file.readline(_HEADER))
                if found:
                    _refuse_bomb(item, found)
                    return found
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
        return None  # what is wrong with such a file is said by the reader of all others
    return None


def _told(path: Path, member: str, line: bytes) -> Directory | None:
    titles = [title.strip(' "') for title in line.decode("utf-8-sig", errors="replace").strip().split(",")]
    there = {title.lower(): title for title in titles}
    postcode = next((there[name] for name in _POSTCODE if name in there), "")
    if not postcode or _ENDED not in there:
        return None
    found = Directory(path, member, {"postcode": postcode, "ended": there[_ENDED]})
    lsoa = next((there[name] for name in _LSOA if name in there), "")
    if not lsoa:
        old = " (only those of 2011)" if any(name in there for name in _OLD_LSOA) else ""
        raise PlacemapError(
            f"a directory of postcodes without LSOAs of 2021{old}; expected a column {' or '.join(_LSOA)}",
            location=found.where,
            hint="download a newer one: ONSPD, or NSPL for the Census of 2021",
        )
    began = {"began": there[_BEGAN]} if _BEGAN in there else {}
    return Directory(path, member, {**found.columns, "lsoa": lsoa, **began})


def _refuse_bomb(item: zipfile.ZipInfo, found: Directory) -> None:
    if item.file_size > min(_MOST_BYTES, _MOST_RATIO * max(item.compress_size, 1)):
        raise PlacemapError(
            f"the archive would unpack to {item.file_size:,} bytes from {item.compress_size:,}; that is no official "
            "file",
            location=found.where,
            hint="take the file from its publisher",
        )


def read_directory(directory: Directory, source: Source) -> StoreTable:
    """Its postcodes: without spaces, with the LSOA of 2021 or the word for where else they are, and when they ended.

    Raises:
        PlacemapError: the file is damaged, or a row is not as the publisher makes them.
    """
    import pyarrow as pa

    try:
        table = _columns(directory)
    except (pa.ArrowException, OSError, zipfile.BadZipFile, EOFError, RuntimeError, ValueError) as error:
        raise PlacemapError(
            f"{source.named}: the file cannot be read: {str(error).splitlines()[0]}",
            location=directory.where,
            hint=AGAIN,
        ) from None
    return _stored(_checked(table, directory, source), directory, source)


def _columns(directory: Directory) -> pa.Table:
    """The columns that are kept, as text without white space around it; blanks are empty."""
    import pyarrow as pa
    from pyarrow import compute, csv

    titles = list(directory.columns.values())
    with directory.open() as file:
        reader = csv.open_csv(
            file,
            read_options=csv.ReadOptions(block_size=16 << 20),
            convert_options=csv.ConvertOptions(
                include_columns=titles, column_types=dict.fromkeys(titles, pa.string()), strings_can_be_null=False
            ),
        )
        parts = [_kept(batch, directory, compute) for batch in reader]
    return pa.Table.from_batches(parts).unify_dictionaries()


def _kept(batch: pa.RecordBatch, directory: Directory, compute: Any) -> pa.RecordBatch:
    import pyarrow as pa

    text = {name: compute.utf8_upper(batch[title]) for name, title in directory.columns.items()}
    columns = {name: compute.replace_substring(values, " ", "") for name, values in text.items()}
    short = {name: values if name == "postcode" else values.dictionary_encode() for name, values in columns.items()}
    return pa.RecordBatch.from_pydict(short)


def _checked(table: pa.Table, directory: Directory, source: Source) -> pa.Table:
    """The table, in order of its postcodes.

    Raises:
        PlacemapError: the number of rows, a postcode, a code or a month is not as expected, or a postcode is there
            twice.
    """
    from pyarrow import compute

    least, most = source.rows
    if not least <= len(table) <= most:
        raise _odd(directory, source, f"{len(table):,} postcodes; expected {least:,} to {most:,}")
    _require(table, "postcode", _SHAPE, "postcodes", directory, source)
    _require(table, "lsoa", _CODE, "codes of LSOAs", directory, source)
    for month in (name for name in ("ended", "began") if name in table.column_names):
        _require(table, month, r"^((19|20)[0-9]{2}(0[1-9]|1[0-2])|)$", "months (YYYYMM)", directory, source)
    _require_england(table, directory, source)
    table = table.sort_by("postcode")
    postcodes = table["postcode"].combine_chunks()
    again = compute.equal(postcodes[1:], postcodes[:-1])
    if compute.any(again).as_py():
        first = postcodes[compute.index(again, True).as_py()].as_py()
        raise _odd(directory, source, f"{compute.sum(again).as_py():,} postcodes are there twice, first {first}")
    return table


def _require_england(table: pa.Table, directory: Directory, source: Source) -> None:
    """Refuse a file that was cut between two rows, or a column of LSOAs that is not filled in: both lose postcodes."""
    from pyarrow import compute

    codes, title = table["lsoa"].cast("string"), directory.columns["lsoa"]
    here = compute.match_substring_regex(codes, "^E01")
    english = compute.sum(here).as_py() or 0
    if english < _LEAST_ENGLISH * len(table):
        raise _odd(
            directory,
            source,
            f"{english:,} of {len(table):,} postcodes have an LSOA of England in {title}; "
            f"expected {_LEAST_ENGLISH:.0%}",
        )
    lsoas = compute.count_distinct(codes.filter(here)).as_py()
    if lsoas < source.lsoas:
        raise _odd(
            directory,
            source,
            f"its postcodes lie in {lsoas:,} LSOAs of England; expected {source.lsoas:,} or more, so a part is missing",
        )


def _require(table: pa.Table, column: str, pattern: str, what: str, directory: Directory, source: Source) -> None:
    from pyarrow import compute

    values = table[column].cast("string")
    odd = values.filter(compute.invert(compute.match_substring_regex(values, pattern)))
    if len(odd):
        title, first = directory.columns[column], odd[0].as_py()
        raise _odd(directory, source, f"{len(odd):,} values of {title} are not {what}, first {first!r}")


def _odd(directory: Directory, source: Source, message: str) -> PlacemapError:
    return PlacemapError(f"{source.named}: {message}", location=directory.where, hint=AGAIN)


def _stored(table: pa.Table, directory: Directory, source: Source) -> StoreTable:
    import pandas as pd

    lsoa, ended = (table[name].combine_chunks() for name in ("lsoa", "ended"))
    places = [
        OUTSIDE_POSTCODES.get(code[:1] if code[:3] != "E99" else "", code) for code in lsoa.dictionary.to_pylist()
    ]
    months = [f"{month[:4]}-{month[4:]}" if month else "" for month in ended.dictionary.to_pylist()]
    frame = pd.DataFrame(
        {
            "postcode": table["postcode"].to_numpy(),
            "lsoa_code": pd.Series(places, dtype=object).to_numpy()[lsoa.indices.to_numpy()],
            "ended": pd.Series(months, dtype=object).to_numpy()[ended.indices.to_numpy()],
        }
    )
    return StoreTable(FAMILY, "", _vintage(table, directory, source), "", source, frame)


def _vintage(table: pa.Table, directory: Directory, source: Source) -> str:
    """The month of the directory, by its name; else the last in which a postcode of it began or ended.

    Raises:
        PlacemapError: neither says a month.
    """
    named = next((match for name in (directory.member, directory.path.name) if (match := _last_named(name))), None)
    if named:
        return f"{named[2]}-{_MONTHS.index(named[1].upper()) + 1:02}"
    months = {month for name in ("began", "ended") if name in table.column_names for month in _words(table, name)}
    newest = max(months, default="")
    if not newest:
        raise _odd(directory, source, "neither its name nor a row of it says of which month it is")
    return f"{newest[:4]}-{newest[4:]}"


def _last_named(name: str) -> re.Match[str] | None:
    found = list(_NAMED.finditer(PurePosixPath(name).name))
    return found[-1] if found else None


def _words(table: pa.Table, column: str) -> set[str]:
    return {word for chunk in table[column].chunks for word in chunk.dictionary.to_pylist()}
