"""`placemap explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from placemap.cli import app
from placemap.cli.common import (
    AllOption,
    DataOption,
    FootprintOption,
    JsonOption,
    MeasureOption,
    guarded,
    load_systems,
    message,
    print_json,
    print_text,
    rounded,
)
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit
from placemap.core.fine_kinds import FINE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from placemap.analysis.explanation import Explanation, Reason, UnitPart
    from placemap.commands.explain import Explained
    from placemap.reference.fine_lookups import Located

SHORT = 6

SystemOption = Annotated[
    str | None,
    typer.Option(
        "--system", "-s", metavar="SYSTEM", help="A system's name or config. Default: all there are configs for."
    ),
]


@app.command()
@guarded
def explain(
    code: Annotated[
        str,
        typer.Argument(
            metavar="CODE",
            help="A code or name (LSOA, ward, LTLA, PCN, practice …), a postcode or output area, or a place "
            "(system/footprint/place).",
        ),
    ],
    system: SystemOption = None,
    footprint: FootprintOption = None,
    every: AllOption = False,
    data: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    as_json: JsonOption = False,
) -> int:
    """Say which place a code belongs to, by what rule, on what evidence, and how clearly.

    Example: placemap explain E01014848
    """
    from placemap.commands.explain import explain_code
    from placemap.commands.workspace import open_workspace

    systems = load_systems([system] if system else [])
    workspace = open_workspace(data, measure)
    answer = explain_code(workspace, systems, code, footprint or [], every=every)
    if as_json:
        print_json(_json(answer, workspace.geography.lsoas))
        return Exit.OK
    for line in _lines(answer, workspace.geography.lsoas):
        indent = line[: len(line) - len(line.lstrip())]
        print_text(line.lstrip(), indent=indent, hanging=f"{indent}    ")
    if not answer.explanations:
        message(f"it lies in none of the {len(systems)} systems asked, as far as the tables in use cover them")
    return Exit.OK


def _json(answer: Explained, lsoas: Any) -> dict[str, Any]:
    from dataclasses import asdict

    located: dict[str, Any] = {"postcode": None, "output_area": None}
    if answer.located:
        name = "postcode" if answer.located.kind == "postcode" else "output_area"
        found = asdict(answer.located)
        del found["kind"]
        found["lsoa"] = str(lsoas[answer.located.lsoa])
        found["others"] = [str(lsoas[at]) for at in answer.located.others]
        located[name] = {name: found.pop("code"), **found}
    unit = asdict(answer.subject.unit) if answer.subject else None
    return {"unit": unit, **located, "explanations": [rounded(asdict(item)) for item in answer.explanations]}


def _lines(answer: Explained, lsoas: Any) -> Iterator[str]:
    if answer.located:
        yield from _located_lines(answer.located, lsoas)
    for number, item in enumerate(answer.explanations):
        if number:
            yield ""
        yield from _explanation_lines(item)
    if not answer.explanations and answer.subject:
        yield answer.subject.unit.text
        yield _parents(answer.subject.parents)


def _located_lines(found: Located, lsoas: Any) -> Iterator[str]:
    if found.source:
        ended = f", which ended in {found.ended}, lay last" if found.ended else " lies"
        yield f"{FINE_KINDS[found.kind].label} {found.code}{ended} in LSOA {lsoas[found.lsoa]} ({found.source})"
        return
    yield f"postcode {found.code}: point {found.easting:.0f}, {found.northing:.0f} lies in LSOA {lsoas[found.lsoa]}"
    if found.distance is None:
        yield "  no other LSOA is within 200 m, the accuracy of the boundaries, so the LSOA is certain"
        return
    others = ", ".join(str(lsoas[at]) for at in found.others)
    yield f"  {found.distance:.0f} m from the next LSOA; boundaries are good to 200 m, so it may be in {others} instead"


def _explanation_lines(item: Explanation) -> Iterator[str]:
    yield f"{item.unit.text if item.unit.kind else f'place {item.unit.code} ({item.unit.name})'}"
    if item.parents:
        yield _parents(item.parents)
    yield f"  in {item.system_name}, footprint {item.footprint} ({item.footprint_name})"
    yield from (f"  {fact}" for fact in item.facts)
    for reason in item.reasons:
        yield from _reason_lines(reason, several=len(item.reasons) > 1)
    if item.parts:
        yield "  its residents by place" if item.parts[0].lsoas is not None else "  where its patients live, by place"
        yield from _part_lines(item.parts)
    if item.districts:
        yield "  by LTLA"
        yield from _part_lines(item.districts)
    yield from (f"  {line}" for line in item.declared)
    yield from _short(item.members, "members")
    if item.exceptions:
        yield f"  {_counted(len(item.exceptions))} outside the place that has most of it"
        yield from _cut([f"    {code} {name}: {place}" for code, name, place in item.exceptions])


def _parents(parents: tuple[Any, ...]) -> str:
    from placemap.core.codes import KINDS

    known = {parent.code: parent for parent in reversed(parents)}  # a unitary authority is both tiers: once is enough
    return "  in " + " · ".join(f"{KINDS[p.kind].label} {p.code} {p.name}" for p in reversed(known.values()))


def _counted(lsoas: int) -> str:
    return f"{lsoas:,} LSOA{'' if lsoas == 1 else 's'}"


def _part_lines(parts: tuple[UnitPart, ...]) -> Iterator[str]:
    yield from _cut([_part_line(part) for part in parts])


def _part_line(part: UnitPart) -> str:
    lsoas = "" if part.lsoas is None else f", {_counted(part.lsoas)}"
    return f"    {part.share:7.2%}  {part.name}: {part.people:,.0f} people{lsoas}"


def _short(lines: tuple[str, ...], title: str) -> Iterator[str]:
    if lines:
        yield f"  {title}"
        yield from _cut([f"    {line}" for line in lines], each=12)


def _cut(lines: list[str], each: int = SHORT) -> list[str]:
    rest = len(lines) - each
    return lines if rest <= 1 else [*lines[:each], f"    … and {rest} more (--json has all)"]


def _reason_lines(reason: Reason, *, several: bool) -> Iterator[str]:
    if several:
        yield f"  LSOA {reason.lsoa} {reason.lsoa_name}"
    yield f"  → {reason.place_name}" + (f" ({reason.place}), by {reason.method}" if reason.place else "")
    yield f"    because {reason.rule}"
    if reason.share is not None:
        yield f"    {_clarity(reason)}"
    if not reason.in_scope and reason.place:
        yield "    it lies outside the area that the footprint must cover"
    if reason.place:
        yield f"    declared at {reason.location}; {reason.basis}, evidence grade {reason.grade}"
        yield f"    evidence: {reason.evidence}"
    yield f"    {reason.residents:,.0f} residents, {reason.registered:,.0f} registered patients"
    if reason.votes:
        yield "    its registered patients" + ("" if reason.share is not None else " (they did not decide)")
    for vote in reason.votes:
        top = "; ".join(f"{text} {patients:,.0f}" for text, patients in vote.sources[:2])
        more = f"; {len(vote.sources) - 2} more" if len(vote.sources) > 2 else ""
        yield f"      {vote.share:6.1%}  {vote.name}: {vote.patients:,.0f} ({top}{more})"


def _clarity(reason: Reason) -> str:
    placed = f"{reason.placed_share:.1%} of those with any place in this footprint"
    share = f"{reason.share:.1%} of all its registered patients, {placed}"
    if not reason.runner_up:
        return f"{share}; no other place has any of them"
    lead = f"{reason.margin_patients:,.0f} patients ({reason.margin:.1%}) behind"
    return f"{share}; the runner-up is {reason.runner_up}, {lead}"
