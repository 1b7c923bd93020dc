"""Checks on the years that a result rests on: an ICB that is gone, a table or footprint that was not in force yet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placemap.checks.registry import finding_of, result_check
from placemap.config.as_of import valid_on
from placemap.core.arrays import Ints, distinct
from placemap.core.codes import KINDS
from placemap.core.findings import Finding, Severity
from placemap.core.text import listed
from placemap.reference.by_lsoa import Units
from placemap.reference.vintages import in_force_from, is_over, tables_of
from placemap.resolve.resolved import ResolvedFootprint

_NOT_TOLD = "No table tells where its area is now."


@result_check("icb-gone")
def icb_gone(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """The system's ICB does not exist in the vintage of ICBs that is in use."""
    geography, system = resolved.geography, resolved.system
    if geography.data.find("lookup", "icb", geography.default_vintage("icb")) is None:
        return
    today = geography.units("icb")
    if today.vintage == system.icb_vintage or today.position(system.icb_code) is not None:
        return
    scope = np.flatnonzero(resolved.assignment.in_scope)
    yield finding_of(
        resolved,
        "icb-gone",
        Severity.WARNING,
        f"ICB {system.icb_code} ({system.icb_ods}, {system.name}, {system.icb_vintage}) does not exist in "
        f"{today.vintage}. {replaced_by(today, scope) or _by_config(resolved, today.vintage)}",
        subject=system.icb_code,
        lsoas=scope,
        loc=system.loc,
        hint=f"figures by ICB of {today.vintage} are about another area; the places themselves have not changed",
    )


def replaced_by(today: Units, lsoas: Ints) -> str:
    """Which units the LSOAs are in now, the largest part first; empty where no table tells."""
    found = distinct(today.of[lsoas])
    parts = sorted(zip(found.values.tolist(), found.counts.tolist(), strict=True), key=lambda part: (-part[1], part[0]))
    texts = [f"{_unit(today, unit)}, {count:,} of its {len(lsoas):,} LSOAs" for unit, count in parts if unit >= 0]
    untold = sum(count for unit, count in parts if unit < 0)
    rest = f"; of {untold:,} no table tells" if untold else ""
    return f"Its area is in {' and '.join(texts)}{rest}." if texts else ""


def _by_config(resolved: ResolvedFootprint, vintage: str) -> str:
    declared = [f"{m.code} ({m.name})" for m in resolved.system.systems_of if m.vintage == vintage]
    return f"No table tells where its area is now; by the config in {listed(declared)}." if declared else _NOT_TOLD


def _unit(units: Units, position: int) -> str:
    ods = f", {units.ods[position]}" if units.ods is not None else ""
    return f"{units.codes[position]} ({units.names[position]}{ods})"


@result_check("not-determinable")
def not_determinable(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """LSOAs of the scope that a table in use says nothing about, because its source leaves them out."""
    geography = resolved.geography
    for kind in sorted(geography.chosen.vintages):
        entry = geography.data.find("lookup", kind, geography.chosen.vintages[kind])
        if entry is None or not entry.coverage.startswith("part"):
            continue
        units = geography.units(kind, entry.vintage)
        lsoas = np.flatnonzero(resolved.assignment.in_scope & (units.of < 0))
        if len(lsoas):
            label = KINDS[kind].label
            yield finding_of(
                resolved,
                "not-determinable",
                Severity.WARNING,
                f"the {label} of {entry.vintage} cannot be told for {len(lsoas):,} LSOAs of the scope "
                f"({resolved.people(lsoas):,.0f} people): {_inside(resolved, lsoas)} was divided or redrawn, and no "
                "table at hand says how.",
                subject=f"{kind}-{entry.vintage}",
                lsoas=lsoas,
                loc=resolved.footprint.scope.loc,
                hint=f"`placemap data update` fetches the official lookup to {label}; place_{units.prefix.lower()} "
                f"leaves these LSOAs out, and which part of each {label} beside them a place is",
            )


def _inside(resolved: ResolvedFootprint, lsoas: Ints) -> str:
    units = resolved.geography.units("sub_icb", resolved.geography.data.manifest.defaults["sub_icb"])
    found = sorted({int(unit) for unit in units.of[lsoas] if unit >= 0})
    codes = units.ods if units.ods is not None else units.codes
    return "sub-ICB location " + " and ".join(str(codes[unit]) for unit in found)


@result_check("not-in-force")
def not_in_force(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Tables that are younger than the day that was asked for."""
    chosen = resolved.geography.chosen
    for kind, vintage in sorted(chosen.early.items()):
        yield finding_of(
            resolved,
            "not-in-force",
            Severity.WARNING,
            f"the reference data have no {_noun(kind)} in force on {chosen.as_of}; the oldest, {vintage} (from "
            f"{in_force_from(kind, vintage)}), stand in.",
            subject=f"{kind}-{vintage}",
            hint="import an older table with `placemap data import`, or name a vintage with --vintage",
        )


@result_check("older-than-asked")
def older_than_asked(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Tables that had ended on the day that was asked for, though there is no newer one."""
    chosen, manifest = resolved.geography.chosen, resolved.geography.data.manifest
    if chosen.as_of is None:
        return
    used = [(kind, vintage) for kind, vintage in sorted(chosen.vintages.items()) if kind not in chosen.named]
    old = [
        f"{_noun(kind)} of {vintage}"
        for kind, vintage in used
        if tables_of(manifest, kind)[-1].vintage == vintage and is_over(kind, vintage, chosen.as_of)
    ]
    if old:
        yield finding_of(
            resolved,
            "older-than-asked",
            Severity.WARNING,
            f"the newest tables at hand are older than {chosen.as_of} and stand in for that day's: {listed(old)}.",
            subject=str(chosen.as_of),
            hint="`placemap data update` fetches what there is; or ask for an earlier day",
        )


def _noun(kind: str) -> str:
    return KINDS[kind].plural if kind in KINDS else kind


@result_check("not-held")
def not_held(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """PCN memberships are of another time than the config's, so its published figures were not held against them."""
    vintage = resolved.geography.chosen.vintages.get("pcn")
    if vintage and any(member.kind == "pcn" for _, member in resolved.footprint.members()):
        yield finding_of(
            resolved,
            "not-held",
            Severity.INFO,
            f"members of PCNs are those of {resolved.geography.pcns_of(vintage)}; published figures of places "
            "declared from PCNs of another time were not held against them.",
            subject=f"pcn-{vintage}",
        )


@result_check("derived-vintage")
def derived_vintage(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """PCN memberships of a month of which no list is at hand, worked out from the dates in a later one."""
    vintages = sorted({m.vintage for _, m in resolved.footprint.members() if m.kind == "pcn" and m.vintage})
    for vintage in vintages:
        entry = resolved.geography.find_pcn_entries(vintage)[1]
        if entry is not None and entry.derived:
            yield finding_of(
                resolved,
                "derived-vintage",
                Severity.INFO,
                f"members of PCNs of {vintage} were worked out from {entry.derived}, as no list of that month is in "
                "the tables; names were not compared.",
                subject=f"pcn-{vintage}",
                hint="import the list of that month with `placemap data import` to have the memberships as published",
            )


@result_check("footprint-not-in-force")
def footprint_not_in_force(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """The footprint was not in force on the day that was asked for."""
    day, footprint = resolved.geography.chosen.as_of, resolved.footprint
    if day is not None and not valid_on(footprint, day):
        yield finding_of(
            resolved,
            "footprint-not-in-force",
            Severity.WARNING,
            f"footprint {footprint.id} was not in force on {day}; it was from {footprint.valid_from or 'the start'} "
            f"to {footprint.valid_to or 'today'}.",
            subject=footprint.id,
            hint="leave --footprint out to take the one that was",
        )
