"""Places whose declaration names something that changed between two states of the reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placemap.analysis.reference_changes import AffectedPlace, PracticeChanges, UnitChanges
from placemap.config.model import System
from placemap.core.codes import KINDS
from placemap.reference.geography import Geography


def affected_places(
    units: Sequence[UnitChanges], practices: PracticeChanges | None, old: Geography, systems: Sequence[System]
) -> Iterator[AffectedPlace]:
    """Places that name a unit, PCN or practice that changed; scopes count as the place ``."""
    changed = {(unit.kind, code): text for unit in units for code, text in _unit_reasons(unit, old)}
    if practices:
        changed |= {("pcn", code): text for code, text in _pcn_reasons(practices)}
        changed |= {("practice", code): text for code, text in _practice_reasons(practices)}
    for system in systems:
        icb = changed.get(("icb", system.icb_code))
        if icb:
            yield AffectedPlace(system.id, "", "", (icb,))
        for footprint in system.footprints.values():
            scope = (*footprint.scope.include, *footprint.scope.exclude)
            for place, members in (
                ("", scope),
                *((p.id, (*p.units, *p.exclude, *p.within)) for p in footprint.places),
            ):
                reasons = [changed[m.kind, m.code] for m in members if (m.kind, m.code) in changed]
                if reasons:
                    yield AffectedPlace(system.id, footprint.id, place, tuple(dict.fromkeys(reasons)))


def _unit_reasons(unit: UnitChanges, old: Geography) -> Iterator[tuple[str, str]]:
    label = KINDS[unit.kind].label
    moved_from = {code for code, _, _ in unit.moved}
    texts: dict[str, str] = {code: f"{label} {code} is no longer in use" for code in unit.removed}
    texts |= {code: f"{label} {code} is {new} now" for code, (new, _) in unit.recoded.items()}
    texts |= {was: f"{label} {ods} ({was}) is another area now, {now}" for ods, (was, now) in unit.redrawn.items()}
    texts |= {code: f"{label} {code} lost LSOAs" for code in moved_from if code not in texts}
    texts |= {code: f"{label} {code} gained LSOAs" for _, code, _ in unit.moved if code not in texts}
    texts |= {
        code: f"{label} {code} is called {new} now" for code, (_, new) in unit.renamed.items() if code not in texts
    }
    units = old.units(unit.kind)
    ods = dict(zip(units.codes, units.ods, strict=True)) if units.ods is not None else {}
    for code, text in texts.items():
        yield code, text
        if ods.get(code):
            yield str(ods[code]), text


def _pcn_reasons(practices: PracticeChanges) -> Iterator[tuple[str, str]]:
    counts: dict[str, list[int]] = {}
    for old, new in practices.moved.values():
        counts.setdefault(old, [0, 0])[0] += 1
        counts.setdefault(new, [0, 0])[1] += 1
    for code in practices.left.values():
        counts.setdefault(code, [0, 0])[0] += 1
    for code in practices.joined.values():
        counts.setdefault(code, [0, 0])[1] += 1
    for code, (lost, won) in sorted(counts.items()):
        yield code, f"PCN {code} lost {lost} and gained {won} practices"
    for code, name in practices.pcns_removed.items():
        yield code, f"PCN {code} ({name}) no longer has members"


def _practice_reasons(practices: PracticeChanges) -> Iterator[tuple[str, str]]:
    for code in practices.closed:
        yield code, f"practice {code} closed"
    for code, (old, new) in practices.moved.items():
        yield code, f"practice {code} moved from {old} to {new}"
