"""Fetching tables on demand: a command says what it would fetch, asks where somebody is there, and goes on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placemap.cli.bars import download_bars
from placemap.cli.common import error_message, message
from placemap.core.errors import PlacemapError

if TYPE_CHECKING:
    from placemap.commands.on_demand import Offer
    from placemap.config.model import System

DownloadOption = Annotated[
    bool, typer.Option("--download", help="Fetch the tables that are not at hand without asking, then go on.")
]


def fetch_missing(systems: Sequence[System], data: Path | None, command: str, *, download: bool) -> None:
    """Fetch the tables of systems that the store in use does not hold, if the user agrees.

    Where only some of several systems are lacking and nobody can be asked, the others are worked on; where a store
    has the area and lacks some table, the checks say so.

    Args:
        systems: that the command is about.
        data: the store that the user named.
        command: as the user may type it again, without `placemap`.
        download: the user agreed beforehand.

    Raises:
        PlacemapError: nobody can be asked, nobody agreed, or something could not be fetched.
    """
    from placemap.commands.on_demand import offer_for

    offer = offer_for(systems, data)
    if offer is None or not (download or offer.elsewhere or (can_ask() and not offer.named)):
        return
    again = f"`placemap {command} --download` fetches them and goes on"
    if not download and not can_ask():
        if len(offer.systems) == len(systems) or "--england" in command:
            raise PlacemapError(offer.text, hint=f"{again}; where downloads are blocked: `placemap data import FOLDER`")
        return
    message(f"{offer.text}, into {offer.store}.")
    if not download and not typer.confirm("Fetch them now?", err=True):
        raise PlacemapError("nothing was fetched", hint=again)
    _fetch(offer)


def can_ask() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _fetch(offer: Offer) -> None:
    from placemap.commands.on_demand import fetch, require_fetched

    with download_bars() as progress:
        report = fetch(offer, progress)
    for result in report.failed:
        if result.error:
            error_message(result.error)
    require_fetched(offer, report)
    message(f"fetched: {len(report.results) - len(report.failed)} sources")
