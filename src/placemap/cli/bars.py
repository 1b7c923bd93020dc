"""Progress bars of downloads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def download_bars() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar a source on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _id, _done, _all: None
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    tasks: dict[str, TaskID] = {}
    with Progress(console=Console(file=sys.stderr), transient=True) as bars:

        def progress(source: str, done: int, rows: int) -> None:
            if source not in tasks:
                tasks[source] = bars.add_task(source, total=rows)
            bars.update(tasks[source], completed=done, total=rows)

        yield progress
