"""One line on stderr that says what is going on, for work of over a second, where somebody sees it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from placemap.cli.terminal import is_quiet, width_of

#: Seconds until the line shows, and between two drawings of it.
PATIENCE = 1.0
_TICK = 0.2
_BAR = 20
_ERASE = "\r\x1b[2K"


class _Line:
    """The line: what it says, and the thread that draws it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.done: int | None = None
        self.total: int | None = None
        self.lock = threading.RLock()
        self._began = time.monotonic()
        self._shown = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._draw_until_end, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()
        self.erase()

    def erase(self) -> None:
        with self.lock:
            if self._shown:
                sys.stderr.write(_ERASE)
                sys.stderr.flush()
                self._shown = False

    def _draw_until_end(self) -> None:
        wait = PATIENCE
        while not self._ended.wait(wait):
            with self.lock:
                sys.stderr.write(_ERASE + self._words()[: (width_of(sys.stderr) or 80) - 1])
                sys.stderr.flush()
                self._shown = True
            wait = _TICK

    def _words(self) -> str:
        seconds = f"{time.monotonic() - self._began:.0f} s"
        if self.done is None or not self.total:
            return f"{self.text}  {seconds}"
        full = _BAR * min(self.done, self.total) // self.total
        return f"[{'#' * full}{'-' * (_BAR - full)}] {self.done:,} of {self.total:,}  {self.text}  {seconds}"


_lines: list[_Line] = []


@contextmanager
def above() -> Iterator[None]:
    """Print something while the line may stand there: it is taken away, and drawn again below."""
    if not _lines:
        yield
        return
    with _lines[-1].lock:
        _lines[-1].erase()
        yield


@contextmanager
def working(text: str) -> Iterator[_Line | None]:
    """Say on stderr what is being done and for how long; None where that is no terminal, or with `--quiet`."""
    if is_quiet() or not sys.stderr.isatty():
        yield None
        return
    if _lines:  # part of longer work, which has the line again afterwards
        line = _lines[-1]
        before = line.text, line.done, line.total
        yield line
        line.text, line.done, line.total = before
        return
    line = _Line(text)
    _lines.append(line)
    try:
        yield line
    finally:
        _lines.remove(line)
        line.end()


def progress(items: Sequence[Any], describe: Callable[[Any], str]) -> Iterable[Any]:
    """Go through `items`, and say which of them is being worked on."""
    with working("") as line:
        for number, item in enumerate(items):
            if line:
                line.text = describe(item)
                line.done, line.total = (number, len(items)) if len(items) > 1 else (None, None)
            yield item


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Progress of work that says itself how much of it is done.

    Returns:
        what is called with how many are done, and of how many; None where nobody sees it.
    """
    with working(what) as line:
        yield _moves(line) if line else None


def _moves(line: _Line) -> Callable[[int, int], None]:
    def move(done: int, total: int) -> None:
        line.done, line.total = done, total

    return move
