"""`placemap data update`: fetch the official sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placemap.cli import data_app
from placemap.cli.bars import download_bars
from placemap.cli.common import JsonOption, guarded, print_json
from placemap.cli.data import print_packed
from placemap.cli.update_summary import as_json as summary_json
from placemap.cli.update_summary import print_summary
from placemap.core.errors import Exit, PlacemapError


@data_app.command()
@guarded
def update(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE…]", help="Sources to fetch. Default: all."),
    ] = None,
    urls: Annotated[
        list[str] | None,
        typer.Option("--url", metavar="SOURCE=URL", help="Where the file of a source is; repeatable."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="DIR", help="The store to bring up to date. Default: your own, in the user cache."
        ),
    ] = None,
    ca_bundle: Annotated[
        Path | None,
        typer.Option(
            "--ca-bundle", metavar="FILE", help="Certificate authorities to trust (or set REQUESTS_CA_BUNDLE)."
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="PATH|URL", help="Take a pack, or the folder of a store, instead."),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Fetch all England from the official services into your own store; what fails keeps its old tables.

    Each source is looked for where its publisher keeps it, and the newest that fits is taken. At the end stands what
    came, what is missing, and which systems can be built now.

    Example: placemap data update lsoa21-ward epcn
    """
    from placemap.commands.data import install_pack, update_data

    if source is not None:
        if sources or urls:
            raise PlacemapError("--from takes a whole store; leave SOURCE and --url out", exit_code=Exit.USAGE)
        print_packed(install_pack(source, to, ca_bundle), as_json=as_json)
        return Exit.OK
    with download_bars() as progress:
        report = update_data(sources or [], _addresses(urls or []), to, ca_bundle, progress)
    if as_json:
        print_json(summary_json(report))
    else:
        print_summary(report)
    return report.exit_code


def _addresses(given: list[str]) -> dict[str, str]:
    named = {}
    for text in given:
        source, separator, url = text.partition("=")
        if not separator or not url:
            raise PlacemapError(f"--url {text} is not understood; expected SOURCE=URL", exit_code=Exit.USAGE)
        named[source] = url
    return named
