"""The pages of the documentation, and what is in them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
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


#: Commands that need the network, all England or files that a reader brings, or that change the reader's shell.
NOT_RUN = (
    "data update",
    "data import",
    "--data my-store",
    "--install-completion",
    "diff OLD NEW",
    "infer FILE",
    "apply data.csv",
    "profile SYSTEM",
    "publish --out",
)


@pytest.fixture
def not_run():
    """Parts of commands by which a page's test leaves them out."""
    return NOT_RUN


@pytest.fixture
def shell(tmp_path):
    """Run a line of shell, or Python, in an empty folder with this `placemap` on the path: exit code, all output."""
    (tmp_path / "bin").mkdir()
    for name, options in (("placemap", "-m placemap "), ("python", "")):
        command = tmp_path / "bin" / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" {options}"$@"\n')
        command.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    source = str(REPO / "src")
    environment = {
        **os.environ,
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": source,
        "PLACEMAP_DATA": str(REPO / "data"),
    }

    def run(line, *, python=False):
        words = [sys.executable, "-c", line] if python else ["sh", "-c", line]
        done = subprocess.run(
            words,
            cwd=work,
            env=environment,
            text=True,
            timeout=60,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return done.returncode, done.stdout

    run.folder = work
    return run


@pytest.fixture
def run_page(shell):
    """Go through a page as its reader does, in the folder of `shell`: how many commands ran, and what is wrong."""
    return lambda page: _run_page(page, shell)


def _run_page(page, shell):
    """Go through a page as its reader does; what is wrong, one line each."""
    wrong, printed, ran = [], "", 0
    for block in page.blocks:
        name = re.match(r"# (\S+\.ya?ml)\n", block.text)
        if block.language == "yaml" and name:
            (shell.folder / name[1]).write_text(block.text.split("\n", 1)[1], encoding="utf-8")
        elif block.language == "python":
            code, printed = shell(block.text, python=True)
            ran += 1
            if code:
                wrong.append(f"{page.path.name}:{block.line}: exit {code}\n{printed}")
        elif block.language == "sh":
            printed = ""
            for line in block.text.splitlines():
                if not line.startswith(("placemap", "python -m placemap", "printf")) or any(
                    text in line for text in NOT_RUN
                ):
                    continue
                expected = int((re.search(r"# exit (\d+)", line) or [0, 0])[1])
                code, output = shell(line)
                printed += output
                ran += 1
                if code != expected:
                    wrong.append(f"{page.path.name}:{block.line}: `{line}` ends with {code}\n{output}")
        elif block.language == "text" and printed:
            lines = [line.rstrip() for line in block.text.splitlines() if line.strip() not in ("", "…")]
            seen = {line.rstrip() for line in printed.splitlines()}
            wrong += [f"{page.path.name}:{block.line}: not printed: {line}" for line in lines if line not in seen]
    return ran, wrong
