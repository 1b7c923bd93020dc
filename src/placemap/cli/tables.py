"""Tables as text, as wide as the terminal is; no id is ever broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

#: How wide a table may be where stdout is no terminal.
WIDE = 250
_GAP = "   "
#: A cell of more lines is easier to read below headings.
_TALLEST = 3


def table_text(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[int] = (),
    width: int | None = None,
    heads: int = 1,
) -> str:
    """A table as lines of text.

    Where words in cells can be wrapped so that it fits, they are; else the first columns become headings of the rest.

    Args:
        right: numbers of the columns that are aligned to the right; their cells are not wrapped.
        width: of the terminal; None where it is none.
        heads: how many columns become headings first.
    """
    lines = [[_shown(cell) for cell in row] for row in rows]
    first, room, every = 0, width or WIDE, [headers, *lines]
    while (widths := _widths(every, right, first, room)) is None or (width and _tall(every, widths, first)):
        first = first + 1 if first else heads
        room = (width or WIDE) - 2 * _level(first, heads)
    return "\n".join(["", *_lines(headers, lines, set(right), widths, _Heads(first, heads, width or WIDE))])


class _Heads:
    """Which columns stand as headings over the others: all up to `first`; the first `together` in one line."""

    def __init__(self, first: int, together: int, width: int) -> None:
        self.first, self.together, self.width = first, together, width

    @property
    def indent(self) -> str:
        return "  " * _level(self.first, self.together)

    def lines(self, row: Sequence[str], before: Sequence[str] | None) -> Iterator[str]:
        """The headings that differ from those of the row before."""
        from placemap.cli.terminal import wrapped

        starts = [0, *range(self.together, self.first)] if self.first else []
        new = before is None
        for level, start in enumerate(starts):
            end = self.together if start == 0 else start + 1
            new = new or list(row[start:end]) != list((before or ())[start:end])
            if new:
                indent = " " + "  " * level
                line = indent + "  ".join(row[start:end])
                if len(line) < self.width:
                    yield line
                else:
                    first, *others = row[start:end]
                    yield wrapped(first, self.width, indent=indent, hanging=f"{indent}    ")
                    yield from (wrapped(cell, self.width, indent=f"{indent}    ") for cell in others)


def _level(first: int, heads: int) -> int:
    return 0 if first == 0 else 1 + first - heads


def _shown(cell: str) -> str:
    """A cell on one line, without what a terminal would act on."""
    return cell if cell.isprintable() else "".join(c if c.isprintable() else "�" for c in " ".join(cell.split()))


def _widths(rows: Sequence[Sequence[str]], right: Sequence[int], first: int, room: int) -> list[int] | None:
    """The widths of the columns from `first` on, of which the widest were narrowed; None where they do not fit.

    One column that is left is as wide as it is: a terminal wraps it.
    """
    columns = range(first, len(rows[0]))
    widths = [max(len(row[number]) for row in rows) for number in columns]
    least = [
        width if number in right else max(len(word) for row in rows for word in row[number].split() or [""])
        for number, width in zip(columns, widths, strict=True)
    ]
    room -= 2 + len(_GAP) * (len(widths) - 1)
    if sum(least) > room and len(widths) > 1:
        return None
    while sum(widths) > max(room, sum(least)):
        widest = max((i for i in range(len(widths)) if widths[i] > least[i]), key=lambda i: widths[i])
        widths[widest] -= 1
    return widths


def _tall(rows: Sequence[Sequence[str]], widths: Sequence[int], first: int) -> bool:
    """Whether some cell takes more lines than are easily read, and its column is not the only one."""
    cells = ((cell, width) for row in rows for cell, width in zip(row[first:], widths, strict=True))
    return len(widths) > 1 and any(len(cell) > width and len(_broken(cell, width)) > _TALLEST for cell, width in cells)


def _broken(cell: str, width: int) -> list[str]:
    """The lines of a cell; words stay whole."""
    import textwrap

    return textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False)


def _lines(
    headers: Sequence[str], rows: Sequence[Sequence[str]], right: set[int], widths: Sequence[int], heads: _Heads
) -> Iterator[str]:
    yield from heads.lines(headers, None)
    yield from _row(headers, right, widths, heads)
    yield f" {heads.indent}{'─' * (sum(widths) + len(_GAP) * (len(widths) - 1))}"
    before = None
    for row in rows:
        yield from heads.lines(row, before)
        yield from _row(row, right, widths, heads)
        before = row


def _row(row: Sequence[str], right: set[int], widths: Sequence[int], heads: _Heads) -> Iterator[str]:
    """The lines of a row, of which each cell may take several."""
    cells = [
        [cell] if len(cell) <= width else _broken(cell, width)
        for cell, width in zip(row[heads.first :], widths, strict=True)
    ]
    for level in range(max(map(len, cells))):
        parts = []
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True), heads.first):
            text = cell[level] if level < len(cell) else ""
            parts.append(text.rjust(width) if number in right else text.ljust(width))
        yield f" {heads.indent}{_GAP.join(parts)}".rstrip()
