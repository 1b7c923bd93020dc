"""`placemap infer`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placemap.cli import app
from placemap.cli.common import (
    DataOption,
    JsonOption,
    MeasureOption,
    guarded,
    load,
    message,
    print_json,
    print_table,
    rounded,
)
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from placemap.analysis.infer import KindFit, PlaceInferred
    from placemap.commands.infer import Against, Found
    from placemap.config.model import Footprint, System

KIND_LABELS = {"sub_icb": "sub-ICB", "utla": "UTLA", "ltla": "LTLA", "ward": "ward", "msoa": "MSOA", "pcn": "PCN"}


@app.command()
@guarded
def infer(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A table of codes and places (CSV, Excel, Parquet), or polygons of the places."
        ),
    ],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the config there.")] = None,
    place: Annotated[
        str, typer.Option("--place", metavar="COLUMN", help="Column with the places; found by content.")
    ] = "",
    code: Annotated[
        str, typer.Option("--code", metavar="COLUMN", help="Column with the codes; found by content.")
    ] = "",
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="Sheet of a workbook, layer of polygons.")
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the system, for the config.")] = "",
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="SYSTEM[/FOOTPRINT]", help="Measure how far the places are from a declared footprint."
        ),
    ] = None,
    data: DataOption = None,
    measure: MeasureOption = "residents_2021",
    as_json: JsonOption = False,
) -> int:
    """Find out what geography places were made from, and write a config that gives them back exactly.

    Example: placemap infer places.csv --out configs/my-system.yaml
    """
    from placemap.commands.infer import infer_places, read_wanted
    from placemap.commands.workspace import open_workspace
    from placemap.core.files import write_whole

    workspace = open_workspace(data, measure)
    wanted = read_wanted(file, workspace.geography, code=code, place=place, sheet=sheet)
    title = name or file.stem.replace("_", " ").replace("-", " ").capitalize()
    found = infer_places(workspace, wanted, title, _footprint(against))
    if as_json:
        print_json(_json(found))
    else:
        _show(found)
    if out is not None:
        if out.exists():
            raise PlacemapError(
                "the file exists; it may hold work", location=str(out), hint="choose another name with --out"
            )
        write_whole(out, found.config)
        message(f"config written to {out}: fill in the evidence, then `placemap build {out}`")
    if wanted.unknown:
        where = "reference" if workspace.geography.all_england else "packaged tables"
        message(
            f"{len(wanted.unknown):,} codes are not in the {where} and are left out: {', '.join(wanted.unknown[:5])} …"
        )
        return Exit.WRONG
    return Exit.OK if found.rebuilt else Exit.WRONG


def _footprint(against: str | None) -> tuple[System, Footprint] | None:
    from placemap.commands.workspace import footprints_of

    if against is None:
        return None
    name, _, footprint = (against, "", "") if Path(against).exists() else against.partition("/")
    system = load(name)
    return system, footprints_of(system, [footprint] if footprint else [])[0]


def _show(found: Found) -> None:
    inferred = found.inferred
    typer.echo(f"{len(inferred.places)} places from {inferred.wanted.source}")
    for note in inferred.wanted.notes:
        typer.echo(f"note: {note}")
    kinds = [fit.kind for fit in inferred.places[0].fits]
    rows = [
        [place.name, f"{place.lsoas:,}", f"{place.residents:,.0f}", *(_fit(fit) for fit in place.fits)]
        for place in inferred.places
    ]
    print_table(
        ["place", "LSOAs", "residents", *(KIND_LABELS[kind] for kind in kinds)],
        rows,
        right=(1, 2),
        title="\nhow well whole units explain each place (n units; LSOAs and residents that are off)",
    )
    typer.echo(f"\nshortest declaration: {_way(found)}")
    for place in inferred.places:
        _show_place(place)
    if found.rebuilt:
        typer.echo(
            "\nThe config was built: it gives back every LSOA of the input."
            if inferred.way != "as listed"
            else "\nThe config was built: every code is in the place that the input lists it in."
        )
    else:
        typer.echo(f"\nThe config does not give back the input: {len(found.off)} off, {', '.join(found.off[:5])}")
    if found.against:
        _show_against(found.against)


def _way(found: Found) -> str:
    inferred = found.inferred
    words = {
        "areas": f"{inferred.length} area units",
        "pcn": f"{inferred.length} units, by PCN: each LSOA goes where most of its registered patients are",
        "as listed": f"the {inferred.length} units listed (in areas it takes {inferred.other})",
    }[inferred.way]
    if inferred.way == "areas" and inferred.other is not None:
        words += f" (by PCN it takes {inferred.other})"
    if inferred.way == "pcn":
        words += f" (in areas it takes {inferred.other})"
    return words


def _fit(fit: KindFit) -> str:
    if fit.exact:
        return f"exact ({len(fit.units)})"
    return f"{len(fit.units)}; {fit.off} off ({fit.people:,.0f})"


def _show_place(place: PlaceInferred) -> None:
    typer.echo(f"  {place.name}: {_declared(place)}")
    for other in place.also:
        typer.echo(f"    exactly the same: {other}")


def _declared(place: PlaceInferred, most: int = 6) -> str:
    from placemap.reference.look_up import label_of

    def unit(item: tuple[str, str, str]) -> str:
        kind, code, name = item
        vintage = place.declared.vintages.get(kind, "")
        return f"{label_of(kind, vintage)} {code} ({', '.join(part for part in (name, vintage) if part)})"

    members = [unit(item) for item in place.declared.members]
    exclude = [unit(item) for item in place.declared.exclude]
    shown = ", ".join(members[:most]) + (f" and {len(members) - most} more" if len(members) > most else "")
    less = ", ".join(exclude[:most]) + (f" and {len(exclude) - most} more" if len(exclude) > most else "")
    return shown + (f", less {less}" if exclude else "")


def _show_against(against: Against) -> None:
    share = against.residents / against.total if against.total else 0.0
    typer.echo(
        f"\nagainst {against.footprint}: {against.lsoas:,} LSOAs with {against.residents:,.0f} residents ({share:.1%}) "
        "are in another place than the matching one"
    )
    rows = [
        (
            a or "(no place)",
            b or "(no place)",
            f"{lsoas:,}",
            f"{people:,.0f}",
            "" if against.matched.get(a) != b else "match",
        )
        for a, b, lsoas, people in against.pairs
    ]
    print_table(("input", against.footprint, "LSOAs", "residents", ""), rows, right=(2, 3))


def _json(found: Found) -> dict[str, Any]:
    from dataclasses import asdict

    inferred = found.inferred
    return dict(
        rounded(
            {
                "source": inferred.wanted.source,
                "notes": list(inferred.wanted.notes),
                "unknown": list(inferred.wanted.unknown),
                "way": inferred.way,
                "length": inferred.length,
                "other_length": inferred.other,
                "rebuilt": found.rebuilt,
                "off": list(found.off),
                "places": [
                    {
                        "name": place.name,
                        "lsoas": place.lsoas,
                        "residents": place.residents,
                        "declared": asdict(place.declared),
                        "also": list(place.also),
                        "fits": [{**asdict(fit), "exact": fit.exact} for fit in place.fits],
                    }
                    for place in inferred.places
                ],
                "against": asdict(found.against) if found.against else None,
                "config": found.config,
            }
        )
    )
