"""A table of NOMIS → one CSV file, whole or not at all.

NOMIS gives 25,000 rows a call and cuts what is over without a word. So every page also asks how many rows there are
(`RECORD_COUNT`), and a table that has fewer in the end is refused.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from placemap.core.errors import PlacemapError
from placemap.core.files import write_text
from placemap.sources.download.client import Client
from placemap.sources.download.hosts import BY_HAND, Unreachable
from placemap.sources.download.responses import TemporaryFailure

COLUMNS = ("GEOGRAPHY_CODE", "OBS_VALUE", "RECORD_COUNT")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Page:
    """Rows of one answer: codes and figures as text, and how many rows the whole table has."""

    rows: tuple[tuple[str, str], ...]
    count: int


def address(endpoint: str, dataset: str, query: Mapping[str, str]) -> str:
    """The address of a table, as people may open it; it gives the first 25,000 rows."""
    asked = {**query, "select": ",".join(COLUMNS).lower()}
    return f"{endpoint}/dataset/{dataset}.data.csv?{urlencode(asked, safe=',')}"


def last_updated(client: Client, endpoint: str, dataset: str) -> str:
    """When a data set was last updated, in NOMIS's own words; empty where it does not say.

    That its definition has such a note is not confirmed: without it the table is asked for anew, and compared.
    """
    try:
        found = client.get_json(f"{endpoint}/dataset/{dataset}.def.sdmx.json", {}, lambda _found: None)
        families = found["structure"]["keyfamilies"]["keyfamily"]
        notes = families[0]["annotations"]["annotation"]
        return str(next(note["annotationtext"] for note in notes if note["annotationtitle"] == "LastUpdated"))
    except Unreachable:
        raise
    except (PlacemapError, LookupError, TypeError, StopIteration):
        return ""


def fetch(client: Client, url: str, column: str, to: Path, progress: Progress) -> None:
    """Get all rows of a table into a CSV file of `column` and TOTAL.

    Args:
        url: from `address`.
        column: name of the code column, such as `LSOA21CD`.
        to: the file; pages wait in `<to>.part/` until all are there.
        progress: told rows received and rows expected.

    Raises:
        PlacemapError: the service keeps failing, gives no count, or gives fewer rows than it counts.
    """
    part = to.with_name(f"{to.name}.part")
    _open_part(part, url)
    rows: dict[str, str] = {}
    offset, count = 0, 1
    while offset < count:
        page = _page(client, url, offset, part)
        count = page.count
        if not page.rows:
            break
        rows |= dict(page.rows)
        offset += len(page.rows)
        progress(offset, count)
    shutil.rmtree(part)
    if len(rows) != count:
        raise PlacemapError(
            f"NOMIS gives {len(rows):,} rows and counts {count:,}",
            location=url,
            hint="run the update again; the old table stays in use",
        )
    write_text(to, f"{column},TOTAL\n" + "".join(f"{code},{value}\n" for code, value in sorted(rows.items())))


def _open_part(part: Path, url: str) -> None:
    """Keep pages of an earlier try only if they are of the same table."""
    state = part / "url.txt"
    if part.exists() and (not state.exists() or state.read_text(encoding="utf-8") != url):
        shutil.rmtree(part)
    part.mkdir(exist_ok=True)
    write_text(state, url)


def _page(client: Client, url: str, offset: int, part: Path) -> Page:
    kept = part / f"{offset:09}.csv"
    if kept.exists():
        return _parsed(kept.read_bytes(), url)
    found = client.with_retries(url, lambda: _asked(client, url, offset))
    write_text(kept, found.decode("utf-8"))
    return _parsed(found, url)


def _asked(client: Client, url: str, offset: int) -> bytes:
    content = client.once(f"{url}&RecordOffset={offset}").content
    if not content.strip():
        raise TemporaryFailure("NOMIS gives an empty answer")
    _parsed(content, url)
    return content


def _parsed(content: bytes, url: str) -> Page:
    text = content.decode("utf-8-sig", errors="replace")
    header, *rows = list(csv.reader(io.StringIO(text))) or [[]]
    if [name.upper() for name in header] != list(COLUMNS):
        raise PlacemapError(
            f"NOMIS gives the columns {', '.join(header)[:120]}; expected {', '.join(COLUMNS)}",
            location=url,
            hint=f"the data set may have moved; {BY_HAND}",
        )
    counts = {row[2] for row in rows if len(row) == 3}
    if any(len(row) != 3 for row in rows) or len(counts) > 1 or not all(count.isdigit() for count in counts):
        raise TemporaryFailure("NOMIS gives rows that are cut off")
    return Page(tuple((row[0], row[1]) for row in rows), int(counts.pop()) if counts else 0)
