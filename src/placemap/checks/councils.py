"""Councils that ended or began since a config was written; of all England's systems said once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from placemap.checks.registry import finding_of, result_check
from placemap.config.model import Member
from placemap.config.tiers import all_units
from placemap.core.codes import KINDS
from placemap.core.findings import Finding, Severity
from placemap.core.text import counted, listed, some
from placemap.reference.reorganisations import Reorganised, reorganised
from placemap.resolve.resolved import ResolvedFootprint

#: Kinds of council whose reorganisations are told.
COUNCILS = ("ltla", "utla")
_SHOWN = 12


@dataclass(frozen=True)
class _Changed:
    """Councils of one kind in the area of a footprint, which names them as of an older year than the newest at hand."""

    resolved: ResolvedFootprint
    kind: str
    old: str
    new: str
    found: Reorganised

    @property
    def subject(self) -> str:
        return f"{self.kind}-{self.new}"


@result_check("councils-changed")
def councils_changed(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Councils that the config names in an older year than the newest at hand, where that year has others."""
    for changed in _changes(resolved):
        yield _finding(resolved, [changed])


def once_for_all(findings: Iterable[Finding], national: ResolvedFootprint) -> list[Finding]:
    """Findings of all systems with those about councils put together, one a kind of council."""
    findings = list(findings)
    told = {(finding.system, finding.subject) for finding in findings if finding.code == "councils-changed"}
    by_kind: dict[str, list[_Changed]] = {}
    for part in national.parts if told else ():
        for changed in _changes(part):
            if (part.system.id, changed.subject) in told:
                by_kind.setdefault(changed.kind, []).append(changed)
    said = [replace(_finding(national, changes), system=national.system.id) for changes in by_kind.values()]
    return [*(finding for finding in findings if finding.code != "councils-changed"), *said]


def _changes(resolved: ResolvedFootprint) -> Iterator[_Changed]:
    geography, assignment = resolved.geography, resolved.assignment
    area = assignment.in_scope | (assignment.place >= 0)
    for kind in COUNCILS:
        held = sorted(geography.data.vintages("lookup", kind))
        pinned = sorted({m.vintage for m in _named(resolved) if m.kind == kind and m.vintage})
        if held and pinned and pinned[0] in held and pinned[0] < held[-1]:
            found = reorganised(geography.units(kind, pinned[0]), geography.units(kind, held[-1]), area)
            if found.lsoas.any():
                yield _Changed(resolved, kind, pinned[0], held[-1], found)


def _named(resolved: ResolvedFootprint) -> list[Member]:
    """Every unit that the footprint names, itself or by places that it is put together from."""
    footprint = resolved.footprint
    units = [*footprint.scope.include, *footprint.scope.exclude]
    for place in footprint.places:
        units += [*all_units(resolved.system.footprints, place), *place.exclude, *place.within]
    return units


def _finding(where: ResolvedFootprint, changes: Sequence[_Changed]) -> Finding:
    kind, new = changes[0].kind, changes[0].new
    ended = _all(unit for changed in changes for unit in changed.found.ended)
    began = _all(unit for changed in changes for unit in changed.found.began)
    years = listed(sorted({changed.old for changed in changes}))
    names = some([changed.resolved.system.name for changed in changes], _SHOWN)
    by, whose = (f" by {counted(len(changes), 'system')} ({names})", "theirs") if where.parts else ("", "those here")
    return finding_of(
        where,
        "councils-changed",
        Severity.INFO,
        f"{KINDS[kind].plural} are named as of {years}{by}; by the tables of {new}, of {whose} ended: {ended}; "
        f"began: {began}. The places keep their areas.",
        subject=changes[0].subject,
        lsoas=np.flatnonzero(np.any([changed.found.lsoas for changed in changes], axis=0)),
        hint=f"a council's figures of {new} may be about another area; `{kind}_vintage` says which year is meant",
    )


def _all(units: Iterable[str]) -> str:
    return some(sorted(set(units)), _SHOWN) or "none"
