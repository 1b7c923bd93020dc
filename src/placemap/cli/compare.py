"""`placemap compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placemap.cli import app
from placemap.cli.common import (
    DataOption,
    FootprintOption,
    JsonOption,
    MeasureOption,
    SystemArgument,
    guarded,
    load,
    message,
    print_json,
    print_table,
    rounded,
)
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit

if TYPE_CHECKING:
    from placemap.analysis.compare import Alignment, Side
    from placemap.commands.compare import Comparison

LABELS = {"ltla": "LTLAs", "utla": "UTLAs", "pcn": "PCN areas", "ccg": "former CCGs"}
#: Footprints whose split units are listed without filling screens.
FEW = 3


@app.command()
@guarded
def compare(
    system: SystemArgument,
    footprints: Annotated[
        list[str] | None, typer.Argument(metavar="[FOOTPRINT]…", help="Footprints of it. Default: all.")
    ] = None,
    footprint: FootprintOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write footprints, alignment and place_place as CSV there."),
    ] = None,
    data: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    as_json: JsonOption = False,
) -> int:
    """Set a system's footprints side by side: sizes, the units they keep whole, and the crosswalk between two.

    Example: placemap compare norfolk-and-waveney option-1 option-4
    """
    from shlex import quote

    from placemap.commands.compare import compare_footprints
    from placemap.commands.workspace import open_workspace
    from placemap.outputs.tables import write_answers

    found = compare_footprints(open_workspace(data, measure), load(system), [*(footprints or []), *(footprint or [])])
    if as_json:
        print_json(_json(found))
    else:
        _show(found)
    if out is not None:
        for path in write_answers(found.tables, out):
            message(f"written: {path}")
    if len(found.sides) == 2 and not as_json:
        first, second = (quote(item.footprint.id) for item in found.sides)
        where = f" --data {quote(str(data))}" if data else ""
        message(f"next: placemap map {quote(system)} --footprint {first} --compare {second}{where}", whole=True)
    return Exit.OK


def _show(found: Comparison) -> None:
    from placemap.analysis.compare import nestings

    rows = [_sizes(item) for item in found.sides]
    headers = ["footprint", "places", "LSOAs", "residents", "registered", "smallest", "largest", "spread", "in range"]
    print_table(headers, rows, right=(1, 2, 3, 4, 7, 8), title=f"{found.system.name}: footprints side by side")
    kinds = [one.kind for one in found.sides[0].alignments]
    headers = ["footprint", *(LABELS[kind] for kind in kinds)]
    rows = [[item.footprint.id, *(_aligned(one) for one in item.alignments)] for item in found.sides]
    print_table(headers, rows, title="\nresidents in whole units (whole of all units in the footprint)")
    typer.echo(
        "\nin range: places of the size that guidance gives for their tier (not a rule); spread: largest ÷ smallest"
    )
    for nesting in nestings(found.sides):
        typer.echo(nesting.text)
    for item in found.sides if len(found.sides) <= FEW else ():
        _show_split(item)
    if len(found.sides) == 2:
        _show_places(found)
    elif len(found.sides) > 2:
        message("name two footprints to see the units they split and the crosswalk between them; --out writes it all")


def _sizes(item: Side) -> list[str]:
    footprint = item.footprint
    return [
        footprint.id + (f" ({item.outside_scope} LSOAs outside)" if item.outside_scope else ""),
        str(len(footprint.places)),
        f"{item.lsoas:,}",
        f"{item.residents:,.0f}",
        f"{item.registered:,.0f}",
        f"{footprint.places[item.smallest].name} {item.sizes[item.smallest]:,.0f}",
        f"{footprint.places[item.largest].name} {item.sizes[item.largest]:,.0f}",
        f"{item.spread:.2f}",
        "" if item.in_range is None else f"{item.in_range} of {len(footprint.places)}",
    ]


def _aligned(one: Alignment) -> str:
    return f"{one.share:6.1%} ({one.whole} of {one.units})"


def _show_split(item: Side) -> None:
    for one in item.alignments:
        if one.split and one.kind != "pcn":
            names = ", ".join(unit.name for unit in one.split)
            typer.echo(f"{item.footprint.id} splits {LABELS[one.kind]}: {names}")


def _show_places(found: Comparison) -> None:
    table = found.tables[2].frame
    first, second = (item.footprint.id for item in found.sides)
    rows = [
        (
            row.PLACENM_A or "(no place)",
            row.PLACENM_B or "(no place)",
            f"{row.LSOAS:,}",
            f"{row.RESIDENTS:,.0f}",
            _share(row.A_RESIDENT_SHARE),
            _share(row.B_RESIDENT_SHARE),
        )
        for row in table.itertuples()
    ]
    headers = [first, second, "LSOAs", "residents", f"of {first}", f"of {second}"]
    print_table(headers, rows, right=(2, 3, 4, 5), title="\nfrom place to place (shares of residents)")


def _share(value: Any) -> str:
    return "" if value != value else f"{value:.1%}"


def _json(found: Comparison) -> dict[str, Any]:
    from dataclasses import asdict

    from placemap.analysis.compare import nestings

    return {
        "system": found.system.id,
        "tiers": [dict(rounded(asdict(nesting))) for nesting in nestings(found.sides)],
        "footprints": [
            {
                **{key.lower(): value for key, value in row.items() if key != "ICSID"},
                "places": [
                    {"id": place.id, "name": place.name, "residents": rounded(size)}
                    for place, size in zip(item.footprint.places, item.sizes, strict=True)
                ],
                "alignment": [_alignment_json(one) for one in item.alignments],
            }
            for item, row in zip(found.sides, rounded(found.tables[0].frame.to_dict("records")), strict=True)
        ],
        "place_place": rounded(found.tables[2].frame.to_dict("records")),
    }


def _alignment_json(one: Alignment) -> dict[str, Any]:
    from dataclasses import asdict

    return dict(rounded(asdict(one)))
