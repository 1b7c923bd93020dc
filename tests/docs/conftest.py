"""The pages of the documentation, and what is in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: the language it is marked with, its text, and the line that it starts on."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Page:
    """A page of Markdown."""

    path: Path
    text: str

    @property
    def blocks(self) -> list[Block]:
        """Its fenced blocks, in order."""
        fences = re.finditer(r"^```(\w+)\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)
        return [Block(m[1], m[2], self.text[: m.start()].count("\n") + 1) for m in fences]

    @property
    def anchors(self) -> set[str]:
        """The anchors of its headings, as GitHub makes them."""
        headings = re.findall(r"^#+ (.+)$", self.text, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def _page(name: str) -> Page:
    path = REPO / name
    return Page(path, path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def page():
    """A page by its path in the repository."""
    return _page


@pytest.fixture(scope="session")
def pages():
    """All pages."""
    names = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "tests/README.md"]
    return [_page(name) for name in names] + [
        _page(str(path.relative_to(REPO))) for path in sorted((REPO / "docs").rglob("*.md"))
    ]
