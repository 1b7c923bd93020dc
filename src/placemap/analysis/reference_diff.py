"""What changed between two states of the reference: codes, areas, practices, patients; and which places that touches.

A state is a store as it stands, or as of a day. Only what both states have is compared; the rest is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from placemap.config.model import System
from placemap.core.arrays import Floats, positions
from placemap.core.codes import KINDS
from placemap.core.text import some
from placemap.reference.by_lsoa import Units
from placemap.reference.geography import Geography, months

#: Kinds of areas that are compared, those that say most first.
DIFF_KINDS = ("icb", "sub_icb", "utla", "ltla", "ward", "msoa")
SHOWN = 10
RESIDENTS = "residents_2021"


@dataclass(frozen=True)
class UnitChanges:
    """What became of one kind's units.

    Attributes:
        old, new: the vintages.
        added, removed: codes with names.
        renamed: codes with old and new name.
        recoded: old code, new code and name of units that kept every LSOA.
        moved: LSOAs that are in another unit now, recoded units aside; `from` and `to` codes with the number.
        lsoas, people: how many moved in all.
    """

    kind: str
    old: str
    new: str
    added: dict[str, str]
    removed: dict[str, str]
    renamed: dict[str, tuple[str, str]]
    recoded: dict[str, tuple[str, str]]
    moved: list[tuple[str, str, int]]
    lsoas: int
    people: float

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.removed or self.renamed or self.recoded or self.moved)


@dataclass(frozen=True)
class PracticeChanges:
    """What became of practices and their PCNs.

    Attributes:
        old, new: the vintages, or days.
        moved: practices that are in another PCN: code → (old PCN, new PCN).
        joined, left: practices that are in a PCN now and were in none, and the other way round, but live in both.
        opened, closed: practices that only one of the two states lists.
        patients: registered patients (of the newer registrations that know them) of those that moved or closed.
        pcns_added, pcns_removed, pcns_renamed: PCNs with members.
    """

    old: str
    new: str
    moved: dict[str, tuple[str, str]]
    joined: dict[str, str]
    left: dict[str, str]
    opened: tuple[str, ...]
    closed: tuple[str, ...]
    patients: dict[str, int]
    pcns_added: dict[str, str]
    pcns_removed: dict[str, str]
    pcns_renamed: dict[str, tuple[str, str]]

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        parts = (self.moved, self.joined, self.left, self.opened, self.closed)
        return any(parts) or bool(self.pcns_added or self.pcns_removed or self.pcns_renamed)


@dataclass(frozen=True)
class AffectedPlace:
    """A place that names something that changed, and what."""

    system: str
    footprint: str
    place: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class StoreDiff:
    """All differences between two states.

    Attributes:
        tables_added, tables_removed, tables_changed: names of tables.
    """

    old: str
    new: str
    tables_added: tuple[str, ...]
    tables_removed: tuple[str, ...]
    tables_changed: tuple[str, ...]
    units: tuple[UnitChanges, ...]
    practices: PracticeChanges | None
    touched: tuple[AffectedPlace, ...] = field(default=())

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        tables = self.tables_added or self.tables_removed or self.tables_changed
        return bool(tables) or any(u.any for u in self.units) or bool(self.practices and self.practices.any)


def diff(old: Geography, new: Geography, names: tuple[str, str], systems: Sequence[System] = ()) -> StoreDiff:
    """Compare two states of the reference.

    Args:
        names: of the two, for people.
        systems: configs whose places are looked through for what changed.
    """
    before = {name: entry.content_sha256 for name, entry in old.data.manifest.tables.items()}
    after = {name: entry.content_sha256 for name, entry in new.data.manifest.tables.items()}
    units = tuple(units_changed(kind, old, new) for kind in DIFF_KINDS if _has(kind, old) and _has(kind, new))
    practices = practices_changed(old, new)
    return StoreDiff(
        *names,
        tuple(sorted(set(after) - set(before))),
        tuple(sorted(set(before) - set(after))),
        tuple(sorted(name for name in set(before) & set(after) if before[name] != after[name])),
        units,
        practices,
        tuple(touched(units, practices, old, systems)),
    )


def _has(kind: str, geography: Geography) -> bool:
    return geography.find_units_entry(kind) is not None


def units_changed(kind: str, old: Geography, new: Geography) -> UnitChanges:
    """What became of the units of a kind, over the LSOAs that both states have."""
    before, after = old.units(kind), new.units(kind)
    here = pd.Index(old.lsoas).intersection(new.lsoas, sort=False)
    at = positions(new.lsoas, here)
    was, now = before.of[positions(old.lsoas, here)], after.of[at]
    known = (was >= 0) & (now >= 0)
    people = _residents(new)[at]
    pairs = pd.DataFrame({"old": before.codes[was], "new": after.codes[now], "people": people})[known]
    old_names, new_names = _names(pairs["old"], before), _names(pairs["new"], after)
    recoded = _recoded(pairs, set(old_names), set(new_names))
    twin = pairs["old"].map(lambda code: recoded.get(code, code))
    moves = pairs[twin != pairs["new"]]
    counted = moves.groupby(["old", "new"], as_index=False).size()
    ordered = counted.sort_values(["size", "old", "new"], ascending=[False, True, True])
    added = {code: name for code, name in new_names.items() if code not in old_names and code not in recoded.values()}
    removed = {code: name for code, name in old_names.items() if code not in new_names and code not in recoded}
    both = sorted(set(old_names) & set(new_names))
    return UnitChanges(
        kind,
        before.vintage,
        after.vintage,
        added,
        removed,
        {code: (old_names[code], new_names[code]) for code in both if old_names[code] != new_names[code]},
        {code: (twin_code, new_names[twin_code]) for code, twin_code in sorted(recoded.items())},
        [(str(a), str(b), int(n)) for a, b, n in ordered.itertuples(index=False)],
        len(moves),
        float(moves["people"].sum()),
    )


def _residents(geography: Geography) -> Floats:
    """Residents by LSOA; none where the state does not count them."""
    if geography.data.find("lsoa_measure", RESIDENTS) is None or geography.data.find("registrations") is None:
        return np.zeros(geography.size)
    return geography.measure(RESIDENTS)


def _names(codes: pd.Series, units: Units) -> dict[str, str]:
    names = dict(zip(units.codes, units.names, strict=True))
    return {str(code): str(names[code]) for code in sorted(codes.unique())}


def _recoded(pairs: pd.DataFrame, old: set[str], new: set[str]) -> dict[str, str]:
    """Units that have another code and the very same LSOAs."""
    distinct = pairs[["old", "new"]].drop_duplicates()
    alone = ~distinct["old"].duplicated(keep=False) & ~distinct["new"].duplicated(keep=False)
    twins = distinct[alone & (distinct["old"] != distinct["new"])]
    fresh = ~twins["new"].isin(old) & ~twins["old"].isin(new)
    return dict(zip(twins.loc[fresh, "old"], twins.loc[fresh, "new"], strict=True))


# --- practices --------------------------------------------------------------------------------------------------------


def practices_changed(old: Geography, new: Geography) -> PracticeChanges | None:
    """What became of practices; None where a state knows no PCNs.

    A practice opened or closed where only one of the two states lists it at all: in a PCN, or (a practice map) outside.
    """
    if old.data.find("pcn_members") is None or new.data.find("pcn_members") is None:
        return None
    before, after = old.pcns(), new.pcns()
    was, now = _living(old), _living(new)
    both = sorted(was & now)
    pcn = {code: (before.pcn_of.get(code, ""), after.pcn_of.get(code, "")) for code in both}
    moved = {code: pair for code, pair in pcn.items() if pair[0] and pair[1] and pair[0] != pair[1]}
    closed = tuple(sorted(was - now))
    old_names = {code: before.names[code] for code in before.practices_of}
    new_names = {code: after.names[code] for code in after.practices_of}
    renamed = {
        code: (old_names[code], new_names[code])
        for code in sorted(set(old_names) & set(new_names))
        if old_names[code] != new_names[code]
    }
    return PracticeChanges(
        before.vintage,
        after.vintage,
        moved,
        {code: pair[1] for code, pair in pcn.items() if not pair[0] and pair[1]},
        {code: pair[0] for code, pair in pcn.items() if pair[0] and not pair[1]},
        tuple(sorted(now - was)),
        closed,
        _patients((*moved, *closed), old, new),
        {code: name for code, name in sorted(new_names.items()) if code not in old_names},
        {code: name for code, name in sorted(old_names.items()) if code not in new_names},
        renamed,
    )


#: A list of practices tells who lives in a state of PCNs that is not more than this many months away.
NEAR_MONTHS = 3


def _living(geography: Geography) -> set[str]:
    """Practices of a state: in a PCN then, or in a list of all practices of about the same month."""
    pcns = geography.pcns()
    lists = geography.data.vintages("practices")
    near = [vintage for vintage in lists if abs(months(vintage) - months(pcns.vintage)) <= NEAR_MONTHS]
    entries = [geography.data.need("practices", vintage=vintage) for vintage in near]
    return set(pcns.pcn_of).union(*(geography.data.table(entry)["practice_code"] for entry in entries))


def _patients(practices: Iterable[str], old: Geography, new: Geography) -> dict[str, int]:
    """Registered patients by practice, by the newer registrations that know it."""
    found: dict[str, int] = {}
    for geography in (old, new):
        if geography.data.find("registrations") is not None:
            registrations = geography.registrations
            known = dict(zip(registrations.codes, registrations.by_practice.tolist(), strict=True))
            found |= {code: known[code] for code in practices if code in known}
    return found


# --- places -----------------------------------------------------------------------------------------------------------


def touched(
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
                *((p.id, (*p.members, *p.exclude, *p.within)) for p in footprint.places),
            ):
                reasons = [changed[m.kind, m.code] for m in members if (m.kind, m.code) in changed]
                if reasons:
                    yield AffectedPlace(system.id, footprint.id, place, tuple(dict.fromkeys(reasons)))


def _unit_reasons(unit: UnitChanges, old: Geography) -> Iterator[tuple[str, str]]:
    label = KINDS[unit.kind].label
    moved_from = {code for code, _, _ in unit.moved}
    texts: dict[str, str] = {code: f"{label} {code} is gone" for code in unit.removed}
    texts |= {code: f"{label} {code} is {new} now" for code, (new, _) in unit.recoded.items()}
    texts |= {code: f"{label} {code} lost LSOAs" for code in moved_from if code not in texts}
    texts |= {code: f"{label} {code} won LSOAs" for _, code, _ in unit.moved if code not in texts}
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
        yield code, f"PCN {code} lost {lost} and won {won} practices"
    for code, name in practices.pcns_removed.items():
        yield code, f"PCN {code} ({name}) has no members any more"


def _practice_reasons(practices: PracticeChanges) -> Iterator[tuple[str, str]]:
    for code in practices.closed:
        yield code, f"practice {code} closed"
    for code, (old, new) in practices.moved.items():
        yield code, f"practice {code} moved from {old} to {new}"


# --- for people -------------------------------------------------------------------------------------------------------


def as_markdown(found: StoreDiff) -> str:
    """A diff as Markdown, for a terminal or a pull request."""
    lines = [f"# Reference data: {found.old} → {found.new}", ""]
    if not found.any:
        return "\n".join([*lines, "Nothing changed.", ""])
    for title, names in (
        ("new tables", found.tables_added),
        ("tables that are gone", found.tables_removed),
        ("tables with other content", found.tables_changed),
    ):
        if names:
            lines.append(f"- {len(names)} {title}: {', '.join(names)}")
    for unit in found.units:
        lines += _unit_lines(unit)
    if found.practices:
        lines += _practice_lines(found.practices)
    lines += ["", "## Places that this touches", ""]
    lines += [f"- {_where(item)}: {'; '.join(item.reasons)}" for item in found.touched] or ["None."]
    return "\n".join([*lines, ""])


def _where(item: AffectedPlace) -> str:
    path = "/".join(part for part in (item.system, item.footprint, item.place) if part)
    return path if item.place else f"{path} ({'scope' if item.footprint else 'ICB'})"


def _unit_lines(unit: UnitChanges) -> Iterator[str]:
    if unit.old == unit.new and not unit.any:
        return
    yield from ("", f"## {KINDS[unit.kind].plural} ({unit.old} → {unit.new})", "")
    if not unit.any:
        yield "Nothing changed."
        return
    yield f"- {len(unit.added)} added{_few(unit.added.items())}"
    yield f"- {len(unit.removed)} removed{_few(unit.removed.items())}"
    yield f"- {len(unit.renamed)} renamed{_few((code, f'{a} → {b}') for code, (a, b) in unit.renamed.items())}"
    yield f"- {len(unit.recoded)} recoded{_few((code, f'{new} {name}') for code, (new, name) in unit.recoded.items())}"
    pairs = [(f"{a} → {b}", f"{n} LSOAs") for a, b, n in unit.moved]
    yield f"- {unit.lsoas:,} LSOAs ({unit.people:,.0f} people) moved{_few(pairs)}"


def _practice_lines(practices: PracticeChanges) -> Iterator[str]:
    yield from ("", f"## Practices and PCNs ({practices.old} → {practices.new})", "")
    moved = sum(practices.patients.get(code, 0) for code in practices.moved)
    closed = sum(practices.patients.get(code, 0) for code in practices.closed)
    pairs = [(code, f"{a} → {b}") for code, (a, b) in practices.moved.items()]
    yield f"- {len(practices.moved):,} practices moved to another PCN ({moved:,} patients){_few(pairs)}"
    yield f"- {len(practices.joined):,} joined a PCN, {len(practices.left):,} left theirs for none"
    yield f"- {len(practices.closed):,} closed ({closed:,} patients), {len(practices.opened):,} opened"
    yield f"- {len(practices.pcns_added):,} PCNs added{_few(practices.pcns_added.items())}"
    yield f"- {len(practices.pcns_removed):,} PCNs without members now{_few(practices.pcns_removed.items())}"
    yield f"- {len(practices.pcns_renamed):,} PCNs renamed"


def _few(pairs: Iterable[tuple[str, str]]) -> str:
    texts = [f"{code} ({text})" for code, text in pairs]
    return f": {some(texts, SHOWN, counted=True)}" if texts else ""
