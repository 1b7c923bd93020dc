"""`placemap infer`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placemap.cli import app
from placemap.cli.common import (
    DataOption,
    JsonOption,
    MeasureOption,
    failure,
    guarded,
    load,
    message,
    print_json,
    print_lines,
    print_table,
    refuse_existing,
    rounded,
    write_new,
)
from placemap.cli.findings import finding_json, finding_lines, show_findings
from placemap.cli.live import progress_bar
from placemap.cli.on_demand import DownloadOption, fetch_missing
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit, PlacemapError
from placemap.core.text import counted, some

if TYPE_CHECKING:
    from placemap.analysis.infer import KindFit, PlaceInferred
    from placemap.analysis.infer_against import Against
    from placemap.commands.infer import Found
    from placemap.config.model import Footprint, System
    from placemap.core.findings import Finding

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
    pcn_vintage: Annotated[
        str,
        typer.Option(
            "--pcn-vintage",
            metavar="MONTH",
            help="Take members, names and scope of PCNs and practices from this list; else from the one that has most "
            "of them, says the places in fewest units and sub-ICB locations, and is nearest to the registrations.",
        ),
    ] = "",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the system, for the config.")] = "",
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="SYSTEM[/FOOTPRINT]", help="Measure how far the places are from a declared footprint."
        ),
    ] = None,
    data: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    download: DownloadOption = False,
    as_json: JsonOption = False,
) -> int:
    """Find out what geography places were made from, and write a config that gives them back exactly.

    Example: placemap infer places.csv --out configs/my-system.yaml
    """
    from placemap.commands.data import shipped_systems
    from placemap.commands.infer import infer_places, read_wanted
    from placemap.commands.workspace import open_workspace

    if out is not None:
        refuse_existing(out)
    if download:
        fetch_missing(shipped_systems(), data, f"infer {file}", download=True)
    workspace = open_workspace(data, measure, vintages=[f"pcn={pcn_vintage}"] if pcn_vintage else [])
    try:
        wanted = read_wanted(file, workspace.geography, code=code, place=place, sheet=sheet, pcns=pcn_vintage)
    except PlacemapError as error:
        if not workspace.geography.all_england:
            error.hint = f"{error.hint}; `placemap infer {file} --download` fetches all England and looks there"
        raise
    title = name or file.stem.replace("_", " ").replace("-", " ").capitalize()
    with progress_bar(f"{len(wanted.names):,} places") as advance:
        found = infer_places(workspace, wanted, title, _footprint(against), advance)
    if as_json:
        print_json(_json(found))
    else:
        _show(found)
    show_findings(found.inferred.wanted.findings)
    if out is not None:
        write_new(out, found.config)
        then = f"then `placemap build {out}`" if not found.errors else "and mend what stops it from building"
        message(f"config written to {out}: fill in the evidence, {then}")
    if wanted.unknown:
        tables = "the reference" if workspace.geography.all_england else "the packaged tables"
        _left_out(wanted.unknown, f"in {tables}" if not wanted.listing else f"in use in {wanted.listing.vintage}")
    return Exit.OK if found.rebuilt and not wanted.unknown else Exit.WRONG


def _left_out(unknown: tuple[str, ...], where: str, most: int = 20) -> None:
    shown = ", ".join(unknown[:most])
    more = f" and {len(unknown) - most:,} more (all of them with --json)" if len(unknown) > most else ""
    verb = "codes are" if len(unknown) > 1 else "code is"
    failure(f"{len(unknown):,} {verb} not {where}, and left out: {shown}{more}")


def _footprint(against: str | None) -> tuple[System, Footprint] | None:
    from placemap.commands.workspace import footprints_of

    if against is None:
        return None
    name, _, footprint = (against, "", "") if Path(against).exists() else against.partition("/")
    system = load(name)
    return system, footprints_of(system, [footprint] if footprint else [])[0]


def _show(found: Found) -> None:
    inferred = found.inferred
    typer.echo(f"{counted(len(inferred.places), 'place')} from {inferred.wanted.source}")
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
    typer.echo(f"\n{_claim(found)}")
    print_lines(finding_lines(_told(found), sys.stdout))
    if found.against:
        _show_against(found.against)


def _claim(found: Found) -> str:
    """What was seen when the config was built, and nothing else."""
    if found.off:
        return f"The config does not give back the input: {len(found.off)} off, {', '.join(found.off[:5])}"
    if gaps := [finding for finding in found.errors if finding.code == "gap"]:
        return _gaps(found, gaps)
    if found.errors:
        return "The config does not build:"
    if found.inferred.way == "as listed":
        return "The config was built: every code is in its place, and each LSOA of the scope in one place."
    return "The config was built: it gives back every LSOA of the input."


def _gaps(found: Found, gaps: list[Finding]) -> str:
    scope = ", ".join(f"{name} ({code})" for _, code, name in found.inferred.scope.members)
    lsoas, placed = sum(len(gap.lsoas) for gap in gaps), sum(place.lsoas for place in found.inferred.places)
    people = sum(gap.people or 0 for gap in gaps)
    pcns = sum(finding.code == "unplaced-pcn" for finding in found.errors)
    missing = f", and {pcns} PCN{'s' if pcns > 1 else ''} of it {'are' if pcns > 1 else 'is'} not in it" if pcns else ""
    return (
        f"The config does not build: {lsoas:,} of the {lsoas + placed:,} LSOAs of its scope, {scope}, have no patients "
        f"of the list ({people:,.0f} residents){missing}, so the list is no whole system. List all practices of it, or "
        "give a smaller scope."
    )


def _told(found: Found) -> list[Finding]:
    """The errors that the claim has not told of yet; without a gap a PCN that is in no place is told of by itself."""
    codes = {finding.code for finding in found.errors}
    told = {"gap", "unplaced-pcn"} if "gap" in codes else set()
    return [finding for finding in found.errors if finding.code not in told]


def _way(found: Found) -> str:
    inferred = found.inferred
    if inferred.way == "as listed":
        return f"{_units(found)}, as listed (in areas it takes {inferred.other})"
    if inferred.way == "pcn":
        how = "by PCN: each LSOA goes where most of its registered patients are"
        return f"{counted(inferred.length, 'unit')}, {how} (in areas it takes {inferred.other})"
    return counted(inferred.length, "area unit") + (f" (by PCN it takes {inferred.other})" if inferred.other else "")


def _units(found: Found) -> str:
    """`21 PCNs and 1 practice`."""
    from placemap.core.codes import KINDS
    from placemap.core.text import listed

    counts = Counter(kind for kind, _, _ in found.listed)
    return listed([f"{count} {KINDS[k].label if count == 1 else KINDS[k].plural}" for k, count in counts.most_common()])


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
    shown = some(members, most, counted=True)
    return f"{shown}, less {some(exclude, most, counted=True)}" if exclude else shown


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
                "findings": [finding_json(finding) for finding in inferred.wanted.findings],
                "way": inferred.way,
                "length": inferred.length,
                "other_length": inferred.other,
                "rebuilt": found.rebuilt,
                "off": list(found.off),
                "builds": not found.errors,
                "errors": [finding_json(finding) for finding in found.errors],
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
