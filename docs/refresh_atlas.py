"""Write the generated parts of docs/atlas.md from the configs.

`python docs/refresh_atlas.py` rewrites what stands between `<!-- begin X -->` and `<!-- end X -->`; with `--check` it
changes nothing and fails where the page is out of date. The rest of the page is written by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from placemap.atlas_page import overview, sections
from placemap.config import load_system
from placemap.model import System

DOCS = Path(__file__).parent
PAGE = DOCS / "atlas.md"
PARTS: dict[str, Callable[[Sequence[System]], str]] = {"overview": overview, "systems": sections}


def systems() -> list[System]:
    """The shipped configs, in order of the systems' names."""
    found = [load_system(path) for path in sorted((DOCS.parent / "configs").glob("*.yaml"))]
    return sorted(found, key=lambda system: system.name)


def refreshed(text: str) -> str:
    """The page with its generated parts made anew."""
    found = systems()
    for name, make in PARTS.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        made = f"{begin}\n\n{make(found)}\n\n{end}"
        text = pattern.sub(lambda _, made=made: made, text)
    return text


def main() -> int:
    """Write the page, or with --check say whether it is up to date."""
    old = PAGE.read_text(encoding="utf-8")
    new = refreshed(old)
    if "--check" in sys.argv:
        return int(old != new)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
