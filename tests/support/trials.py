"""What a trial is, and what trials are made from: tables, names, damage, each drawn from a `random.Random`."""

import csv
import gzip
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import toy_county

CODES = (*toy_county.LSOAS, "E01000091", "E01999999", "W01000001", "E05000901", "", "NO2011", "e01000004", "=1+1")
#: The same of Bristol, for what the toy county has no tables for.
BRISTOL = tuple(f"E010144{n}" for n in range(85, 97) if n != 90)
CODES_OF_BRISTOL = (*BRISTOL, "E01999999", "W01000001", "E05010885", "", "NO2011", "e01014485", "=1+1")
ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
    "cp1252": b"",
}
HEADINGS = ("n", "visits", "St Paul’s", "", "PLACECD", "ROWS", "VALUE", "area name", "2021", "n")
CELLS = ("5", "1,005", "0.5", "", "late", "naïve", "£2,500.50", "50%", "*", "<5", "-1", "x\fy", "\x0b", "a\u2028b", "'")
ODD_NAMES = (
    "$x^2$", "=1+1", "+44", "-Dash", "@here", "a|b", "<script>alert(1)</script>", "tab\\there", "bell\\a", "\\uD800",
    "\\u202Eback", "é" * 300, "../up", "", " ", "\\0", "Council: Dorset", "# none", "{x}", "[c]", "North\\nSouth", "NaN",
)  # fmt: skip
VALUES = (None, 5, -1, 1e300, True, "", "x", "2099", "\ud800", [], {}, ["x"], {"x": 1}, "../../x")


@dataclass
class Trial:
    """One command to run.

    Attributes:
        words: the command line.
        kept: files that must hold the same bytes afterwards.
        ends: the exit codes that the docs allow it.
        rows: of a table that is applied with `--json`: rows of the file, and those with a code; None for both where
            no result is looked at.
        inferred: of a table that `infer` reads: LSOAs that must be in a place, and codes that must be told of.
        same: a clean run of the same words, which this one must print where it is not refused.
        feed: bytes that are written into the pipe that the words name.
        shell: redirections of a process of its own; None for a command in this process.
    """

    words: list[str]
    kept: tuple[Path, ...] = ()
    ends: tuple[int, ...] = (0, 2, 3, 4)
    rows: tuple[int, int] | None = None
    inferred: tuple[int, int] | None = None
    same: str | None = None
    feed: tuple[Path, bytes] | None = None
    shell: str | None = None


@dataclass
class Table:
    """Rows of cells, and how many of them hold a code."""

    rows: list[list[str]]
    coded: int


def odd_table(rng, codes=CODES) -> Table:
    """A table of LSOAs with whatever people have above, below and beside their data."""
    width = rng.randint(1, 4)
    at = rng.randrange(width + 1)
    headings = [rng.choice(HEADINGS) for _ in range(width)]
    header = [*headings[:at], "area", *headings[at:]]
    data = []
    for _ in range(rng.randint(1, 15)):
        row = [rng.choice(CELLS) for _ in header]
        row[at] = rng.choice(codes)
        if rng.random() < 0.05:
            row.append(rng.choice(("", "more")))
        data.append(row)
    titles = [
        [rng.choice(("Made up", "Visits, all ages", "In\fMay", "a\u2028b"))] for _ in range(rng.choice((0, 0, 1, 3)))
    ]
    footers = [[rng.choice(("Source: made up", "Total", "Notes", "* held back"))] for _ in range(rng.choice((0, 0, 2)))]
    head = [header] if rng.random() < 0.85 else []
    known = set(codes[: codes.index("")])
    coded = sum(row[at].upper() in known for row in data)
    return Table([*titles, *head, *data, *footers], coded)


def plain_table(rng, most=15, lsoas=tuple(toy_county.LSOAS[:12])) -> Table:
    """A table that there is nothing wrong with: `lsoa`, `n`, `place`."""
    data = [
        [rng.choice(lsoas), str(rng.randint(0, 99)), rng.choice(("East", "West"))] for _ in range(rng.randint(1, most))
    ]
    return Table([["lsoa", "n", "place"], *data], len(data))


def as_csv(table: Table, rng=None) -> bytes:
    """The bytes of a table; with `rng`, of any encoding and separator."""
    separator = rng.choice(",\t;|") if rng else ","
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=rng.choice(("\n", "\r\n")) if rng else "\n").writerows(
        table.rows
    )
    encoding = rng.choice(list(ENCODINGS)) if rng else "utf-8"
    return ENCODINGS[encoding] + text.getvalue().encode(encoding, errors="replace")


def write_table(rng, table: Table, folder: Path, name="data") -> Path:
    """Write a table as one of the formats that people have."""
    how = rng.choice(("csv", "csv", "csv", "xlsx", "gz", "zip"))
    if how == "xlsx":
        return _workbook(table, folder / f"{name}.xlsx")
    content = as_csv(table, rng)
    path = folder / {"csv": f"{name}.csv", "gz": f"{name}.csv.gz", "zip": f"{name}.zip"}[how]
    if how == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("data.csv", content)
    else:
        path.write_bytes(gzip.compress(content, mtime=0) if how == "gz" else content)
    return path


def _workbook(table: Table, path: Path) -> Path:
    book = openpyxl.Workbook()
    for number, row in enumerate(table.rows, 1):
        for at, cell in enumerate(row, 1):
            text = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", cell)
            written = book.active.cell(number, at, text or None)
            if text:
                written.data_type = "s"  # a text, also where it begins with `=`
    book.save(path)
    return path


def damage(rng, content: bytes) -> bytes:
    """Some bytes cut, turned, doubled, put before or after; never the same bytes."""
    at = rng.randrange(max(len(content), 1))
    ways = [
        content[:at],
        content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :] if content else b"x",
        content[:at] + content[max(0, at - 40) : at] + b"\0" + content[at:],
        b"\xff" + content,
        content + b"tail",
        b"",
    ]
    return rng.choice(ways)


def damage_json(rng, content: bytes) -> bytes:
    """A JSON file with one value of another type, without one of its keys, or with its bytes damaged."""
    if rng.random() < 0.2:
        return damage(rng, content)
    tree = json.loads(content)
    holders = [node for node in _nodes(tree) if node]
    holder = rng.choice(holders)
    key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    if rng.random() < 0.3:
        del holder[key]
    else:
        holder[key] = rng.choice(VALUES)
    return json.dumps(tree).encode()


def _nodes(node):
    if isinstance(node, dict | list):
        yield node
        for child in node.values() if isinstance(node, dict) else node:
            yield from _nodes(child)


def damage_pack(rng, content: bytes) -> bytes:
    """A zip with one member damaged, missing, twice or under another name, or with its own bytes damaged."""
    if rng.random() < 0.4:
        return damage(rng, content)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = rng.choice(old.namelist())
        way = rng.choice(("damage", "drop", "rename", "empty"))
        for name in old.namelist():
            data = old.read(name)
            if name == chosen and way == "drop":
                continue
            if name == chosen and way in ("damage", "empty"):
                data = b"" if way == "empty" else (damage_json if name.endswith(".json") else damage)(rng, data)
            new.writestr(f"../{name}" if name == chosen and way == "rename" else name, data)
    return packed.getvalue()
