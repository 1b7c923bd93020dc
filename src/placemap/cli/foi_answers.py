"""What `placemap foi` is told: by options, or by the answers to five questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from placemap.cli.common import error_message, load
from placemap.core.errors import Exit, PlacemapError
from placemap.core.files import is_file

if TYPE_CHECKING:
    from placemap.outputs.foi.questions import Letter

#: No request is longer; a longer file is something else.
_MOST = 20_000


class SmallNumbers(StrEnum):
    """What becomes of small counts of people."""

    SHOW = "show"
    HIDE = "hide"


def answered(letter: Letter) -> tuple[str, list[str] | None, Letter]:
    """Ask for system, footprint, request, reference and date; what an option gave already is the default.

    Returns:
        the system, the footprint, and the letter with what was answered.
    """
    from placemap.config.text_rules import seen

    system = _until("1. Which system? (its name in `placemap list`, or a config's path)", None, _system)
    declared = load(system)
    names = list(declared.footprints)

    def footprint(text: str) -> str:
        if text not in names:
            raise PlacemapError(f"{declared.id} has no footprint `{text}`", hint=f"one of {', '.join(names)}")
        return text

    chosen = _until(f"2. Which places? ({', '.join(names)})", declared.default_footprint, footprint)
    request = _until(
        "3. What was asked? (a text file, or one line; Enter for: geography, basis, mapping file)",
        "",
        lambda text: seen(request_text(text)),
    )
    reference = _until("4. Your reference? (Enter to fill it in later)", letter.reference, seen)
    date = _until("5. Date of the reply? (such as 2026-11-30; Enter to fill it in later)", letter.date, day)
    answers = replace(letter, request=request or letter.request, reference=reference, date=date)
    return system, [chosen], answers


def _until(question: str, default: str | None, read: Callable[[str], str]) -> str:
    """Ask until the answer can be used."""
    while True:
        answer = str(typer.prompt(question, default=default, show_default=bool(default), err=True)).strip()
        try:
            return read(answer)
        except PlacemapError as error:
            error_message(error)


def _system(text: str) -> str:
    load(text)
    return text


def request_text(given: str) -> str:
    """The request: the text of the file that is named, or what is given itself.

    Raises:
        PlacemapError: the file is no text, or there is none of that name.
    """
    from placemap.config.yaml_tree import read_text

    if "\n" in given or not given.strip():
        return given.strip()
    path = Path(given)
    if path.suffix.lower() in (".docx", ".doc", ".pdf", ".msg", ".eml", ".rtf"):
        raise PlacemapError(
            f"the request is in a {path.suffix} file, which cannot be read as text",
            location=given,
            hint="save its words as a .txt file, or give them in quotes",
            exit_code=Exit.USAGE,
        )
    if len(given) > 250 or (" " in given and not is_file(path)) or (not path.suffix and not is_file(path)):
        return given.strip()
    text = read_text(path, given, missing="check the path, or give the request itself, in quotes").strip()
    if not text or len(text) > _MOST:
        raise PlacemapError(
            f"the request has {len(text):,} characters; expected 1 to {_MOST:,}",
            location=given,
            hint="give a text file with the words of the request",
        )
    return text


def day(text: str) -> str:
    """A date as ISO text; empty for none.

    Raises:
        PlacemapError: it is no date.
    """
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise PlacemapError(
            f"--date {text} is not a date", hint="write it as 2026-11-30", exit_code=Exit.USAGE
        ) from None
