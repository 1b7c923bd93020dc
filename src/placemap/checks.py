"""The checks: each a generator of findings, entered in a registry; docs/findings.md explains every code.

Declaration checks look at what the config says against the reference. Result checks look at what came out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import floor

import numpy as np

from placemap.atoms import Bools, Floats, Ints, sums
from placemap.crosswalk import Figures, place_code
from placemap.findings import Finding, Severity
from placemap.geography import Geography
from placemap.model import Accept, Footprint, Loc, Place, System
from placemap.resolve import Assignment, practices_of
from placemap.words import listed

#: LSOAs with a smaller SHARE than this are reported.
LOW_SHARE = 0.5
#: Evidence older than the newest input by more years than this is reported.
STALE_YEARS = 5
#: Size of a place in people that NHS Confederation (2020) gives as guidance; reported, never enforced.
PLACE_SIZE = (250_000, 500_000)
#: What no waiver accepts: a crosswalk promises that each LSOA of the scope is in exactly one place.
NEVER_WAIVED = ("gap", "overlap")
#: How many LSOAs a message names.
NAMES_SHOWN = 5


@dataclass(frozen=True)
class Result:
    """What result checks look at."""

    system: System
    assignment: Assignment
    geography: Geography
    figures: Figures
    newest_input: int

    @property
    def footprint(self) -> Footprint:
        """The footprint that was resolved."""
        return self.assignment.footprint

    @property
    def places(self) -> tuple[Place, ...]:
        """Its places, in order of position."""
        return self.footprint.places

    def codes(self, lsoas: Ints) -> tuple[str, ...]:
        """LSOA codes, sorted."""
        return tuple(self.geography.lsoa_codes[np.sort(lsoas)])

    def people(self, lsoas: Ints) -> float:
        """Residents of some LSOAs."""
        return float(self.figures.residents[lsoas].sum())

    def finding(  # one short name for what every check fills in
        self,
        code: str,
        severity: Severity,
        message: str,
        *,
        subject: str,
        lsoas: Ints | None = None,
        place: Place | None = None,
        loc: Loc | None = None,
        people: float | None = None,
        hint: str = "",
    ) -> Finding:
        """A finding about `lsoas`, with their residents unless `people` says otherwise."""
        if people is None and lsoas is not None:
            people = self.people(lsoas)
        where = loc or (place.loc if place else self.footprint.loc)
        place_id = place.id if place else ""
        codes = self.codes(lsoas) if lsoas is not None else ()
        return Finding(code, severity, message, subject, str(where), place_id, codes, people, hint)


ResultCheck = Callable[[Result], Iterator[Finding]]
RESULT_CHECKS: dict[str, ResultCheck] = {}


def result_check(code: str) -> Callable[[ResultCheck], ResultCheck]:
    """Enter a check in the registry under the code of its findings."""

    def enter(check: ResultCheck) -> ResultCheck:
        RESULT_CHECKS[code] = check
        return check

    return enter


def run_checks(result: Result) -> list[Finding]:
    """All findings about a result, waivers applied, errors first."""
    findings = [finding for check in RESULT_CHECKS.values() for finding in check(result)]
    return in_order(apply_waivers(findings, result.footprint))


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by severity, code, place and subject."""
    rank = list(Severity)
    return sorted(findings, key=lambda f: (rank.index(f.severity), f.code, f.place, f.subject, f.message))


# --- waivers --------------------------------------------------------------------------------------------------------


def apply_waivers(findings: list[Finding], footprint: Footprint) -> list[Finding]:
    """Turn accepted findings to `waived`, and report waivers that match nothing."""
    waivers: list[tuple[Accept, str]] = [(accept, "") for accept in footprint.accepts]
    waivers += [(accept, place.id) for place in footprint.places for accept in place.accepts]
    used: set[Loc] = set()
    result = []
    for finding in findings:
        accept = next((a for a, place in waivers if _matches(a, place, finding)), None)
        if accept:
            used.add(accept.loc)
        result.append(_waived(finding, accept) if accept else finding)
    unused = [(accept, place) for accept, place in waivers if accept.loc not in used]
    return result + [_unused(accept, place) for accept, place in unused]


def _matches(accept: Accept, place: str, finding: Finding) -> bool:
    same = (accept.finding, accept.subject) == (finding.code, finding.subject)
    return same and place in ("", finding.place) and finding.code not in NEVER_WAIVED


def _waived(finding: Finding, accept: Accept) -> Finding:
    message = f"{finding.code} accepted: {finding.message} Reason: {accept.reason}"
    return replace(finding, code="waived", severity=Severity.INFO, message=message, location=str(accept.loc), hint="")


def _unused(accept: Accept, place: str) -> Finding:
    message = f"the waiver of {accept.finding} for {accept.subject} matches no finding."
    hint = "take it out, or correct its finding and subject"
    if accept.finding in NEVER_WAIVED:
        message = (
            f"a finding of {accept.finding} cannot be accepted: each LSOA of the scope belongs in exactly one place."
        )
        hint = "take it out, and mend the places or the scope"
    return Finding(
        "unused-waiver",
        Severity.WARNING,
        message,
        accept.subject,
        str(accept.loc),
        place,
        hint=hint,
    )


# --- coverage: errors ---------------------------------------------------------------------------------------------


@result_check("gap")
def gap(result: Result) -> Iterator[Finding]:
    """LSOAs of the scope that no place has, by LTLA."""
    for code, name, lsoas in _by_ltla(result, result.assignment.gaps):
        yield result.finding(
            "gap",
            Severity.ERROR,
            f"{_lsoas(lsoas, result)} of {name} in the scope {_is_are(lsoas)} in no place.",
            subject=code,
            lsoas=lsoas,
            loc=result.footprint.scope.loc,
            hint="add the missing unit to a place, or take it out of the scope with `exclude`",
        )


@result_check("overlap")
def overlap(result: Result) -> Iterator[Finding]:
    """LSOAs that several places claim exactly, by the places that do."""
    overlaps = result.assignment.overlaps
    claimants, inverse = np.unique(result.assignment.claims[overlaps], axis=0, return_inverse=True)
    for number, row in enumerate(claimants):
        lsoas = overlaps[inverse == number]
        places = [place for place, claims in zip(result.places, row, strict=True) if claims]
        yield result.finding(
            "overlap",
            Severity.ERROR,
            f"{_lsoas(lsoas, result)} {_is_are(lsoas)} claimed by {listed([place.name for place in places])}; "
            "each LSOA belongs to one place.",
            subject="+".join(place.id for place in places),
            lsoas=lsoas,
            loc=places[-1].loc,
            hint="take them from one of the places with `exclude`",
        )


@result_check("empty-place")
def empty_place(result: Result) -> Iterator[Finding]:
    """Places that end up without an LSOA."""
    for position, place in enumerate(result.places):
        if not (result.assignment.place == position).any():
            yield result.finding(
                "empty-place",
                Severity.ERROR,
                f"{place.name} has no LSOA: its members lie outside the scope, are excluded, or lose every plurality.",
                subject=place.id,
                place=place,
                hint="check its members, `exclude` and `within` against the scope",
            )


@result_check("expectation-missed")
def expectation_missed(result: Result) -> Iterator[Finding]:
    """Published figures that a place does not meet."""
    measures = result.geography.measures()
    for position, place in enumerate(result.places):
        for expect in place.expects:
            if expect.measure not in measures:
                yield result.finding(
                    "unknown-measure",
                    Severity.ERROR,
                    f"there is no measure {expect.measure}; the reference has {', '.join(measures)}.",
                    subject=expect.measure,
                    place=place,
                    loc=expect.loc,
                    hint="choose one of these, or import the table with `placemap data import --as`",
                )
                continue
            found = figure_of(result, position, expect.measure)
            if not within(found, expect.value, expect.within_pct):
                yield result.finding(
                    "expectation-missed",
                    Severity.ERROR,
                    f"{place.name} has {_number(found)} by {expect.measure}; the published figure is "
                    f"{_number(expect.value)}, allowed {expect.within_pct:g}% "
                    f"(off by {_difference(found, expect.value)}).",
                    subject=expect.measure,
                    place=place,
                    loc=expect.loc,
                    people=abs(found - expect.value),
                    hint="check the members and their vintage against the evidence",
                )


def figure_of(result: Result, position: int, measure: str) -> float:
    """A place's figure: a measure by LSOA over its LSOAs, one by practice over its practices."""
    geography = result.geography
    if geography.measure_entry(measure).family == "practice_measure":
        by_practice = geography.practice_measure(measure)
        place = result.places[position]
        practices = practices_of(place.members, geography) - practices_of(place.exclude, geography)
        listed = {m.code: p.id for p, m in result.footprint.members() if m.kind == "practice"}
        return float(sum(by_practice.get(code, 0) for code in practices if listed.get(code, place.id) == place.id))
    return float(geography.measure(measure)[result.assignment.place == position].sum())


def within(found: float, published: float, within_pct: float) -> bool:
    """Whether a figure, rounded half up to whole people, is within `within_pct` per cent of the published one."""
    return abs(floor(found + 0.5) - published) <= published * within_pct / 100


# --- warnings -------------------------------------------------------------------------------------------------------


@result_check("outside-scope")
def outside_scope(result: Result) -> Iterator[Finding]:
    """Places that reach out of the scope."""
    for position, place in enumerate(result.places):
        lsoas = np.flatnonzero((result.assignment.place == position) & ~result.assignment.in_scope)
        if len(lsoas):
            yield result.finding(
                "outside-scope",
                Severity.WARNING,
                f"{place.name} reaches outside the scope by {_lsoas(lsoas, result)}; these rows carry IN_SCOPE false.",
                subject=place.id,
                lsoas=lsoas,
                place=place,
                hint="write `within: scope` to keep only what lies in the scope",
            )


@result_check("low-share")
def low_share(result: Result) -> Iterator[Finding]:
    """LSOAs where fewer than half of the registered patients use the place's practices."""
    share, placed = result.assignment.share(), result.assignment.placed_share()
    with np.errstate(invalid="ignore"):
        low = np.flatnonzero(share < LOW_SHARE)
    for lsoa in low:
        place = result.places[result.assignment.place[lsoa]]
        code = result.geography.lsoa_codes[lsoa]
        yield result.finding(
            "low-share",
            Severity.WARNING,
            f"{code} ({result.geography.lsoa_names[lsoa]}) goes to {place.name} with {share[lsoa]:.1%} of its "
            f"registered patients; {placed[lsoa]:.1%} of those that any place has.",
            subject=code,
            lsoas=np.array([lsoa]),
            place=place,
            hint="accept it with a reason, or claim the LSOA for a place under `lsoa`",
        )


@result_check("split-ward")
def split_ward(result: Result) -> Iterator[Finding]:
    """Wards that are divided between places."""
    yield from _split(result, "ward")


@result_check("split-ltla")
def split_ltla(result: Result) -> Iterator[Finding]:
    """LTLAs that are divided between places."""
    yield from _split(result, "ltla")


def _split(result: Result, kind: str) -> Iterator[Finding]:
    units, place = result.geography.units(kind), result.assignment.place
    placed = np.flatnonzero((place >= 0) & (units.of >= 0))
    pairs = np.unique(np.stack([units.of[placed], place[placed]], axis=1), axis=0)
    codes, counts = np.unique(pairs[:, 0], return_counts=True)
    for unit in codes[counts > 1]:
        lsoas = placed[units.of[placed] == unit]
        sizes = sorted(
            ((int((place[lsoas] == position).sum()), result.places[position].name) for position in set(place[lsoas])),
            key=lambda part: (-part[0], part[1]),
        )
        label = "ward" if kind == "ward" else "LTLA"
        yield result.finding(
            f"split-{kind}",
            Severity.WARNING,
            f"{label} {units.codes[unit]} ({units.names[unit]}) is divided: "
            f"{listed([f'{name} {size}' for size, name in sizes])} LSOAs.",
            subject=str(units.codes[unit]),
            lsoas=lsoas,
            hint=f"figures by {label} need the shares of the crosswalk, not a plain join",
        )


@result_check("not-contiguous")
def not_contiguous(result: Result) -> Iterator[Finding]:
    """Parts of a place that are cut off from its largest part by other LSOAs.

    A part is left alone where nothing but the place's own LSOAs borders it: an island, or the far side of an estuary
    or of the coast, since boundaries are clipped to the coastline.
    """
    a, b = result.geography.adjacency
    for position, place in enumerate(result.places):
        mask = result.assignment.place == position
        for part in _detached(mask, a, b, result.figures.residents):
            yield result.finding(
                "not-contiguous",
                Severity.WARNING,
                f"{place.name} has a part that does not touch the rest of it: {_lsoas(part, result)}.",
                subject=result.codes(part)[0],
                lsoas=part,
                place=place,
                hint="look at it on the map; accept it if the place really has an exclave",
            )


def _detached(mask: Bools, a: Ints, b: Ints, residents: Floats) -> list[Ints]:
    """Parts of `mask` other than the one with most residents, except those that border no LSOA outside the mask."""
    inside_a, inside_b = (a >= 0) & mask[a], (b >= 0) & mask[b]
    parts = _components(np.flatnonzero(mask), a[inside_a & inside_b], b[inside_a & inside_b])
    if len(parts) < 2:
        return []
    bordered = np.zeros(len(mask), dtype=bool)
    bordered[a[inside_a & ~inside_b]] = True
    bordered[b[inside_b & ~inside_a]] = True
    main = max(range(len(parts)), key=lambda number: (residents[parts[number]].sum(), -number))
    return [part for number, part in enumerate(parts) if number != main and bordered[part].any()]


def _components(nodes: Ints, a: Ints, b: Ints) -> list[Ints]:
    """Connected parts of a graph, each ascending, in order of their first node."""
    parent = {int(node): int(node) for node in nodes}

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in zip(a.tolist(), b.tolist(), strict=True):
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    parts: dict[int, list[int]] = {}
    for node in parent:
        parts.setdefault(root(node), []).append(node)
    return [np.array(sorted(part)) for _, part in sorted(parts.items())]


@result_check("practice-without-pcn")
def practice_without_pcn(result: Result) -> Iterator[Finding]:
    """Practices in no PCN and no place although most of their patients live where practices decide the place."""
    declared, patients = result.assignment.practice_place, result.assignment.patients
    if declared is None or patients is None:
        return
    geography, registrations = result.geography, result.geography.registrations
    pcn_of = geography.pcns(result.footprint.vintages.get("pcn")).pcn_of
    open_to_practices = result.assignment.in_scope & ~result.assignment.claims.any(axis=1)
    in_scope = registrations.fit.shares(np.where(open_to_practices, 0, 1), 2)[:, 0]
    known = registrations.lsoa >= 0
    at_home = sums(
        registrations.practice[known],
        registrations.patients[known] * in_scope[registrations.lsoa[known]],
        len(registrations.codes),
    )
    for number in np.flatnonzero((declared < 0) & (at_home * 2 > registrations.by_practice)):
        code = str(registrations.codes[int(number)])
        if code in pcn_of:
            continue
        name = geography.practice_names.get(code, "")
        yield result.finding(
            "practice-without-pcn",
            Severity.WARNING,
            f"practice {code} ({name}) is in no PCN and in no place; {at_home[number]:,.0f} of its "
            f"{registrations.by_practice[number]:,} patients live in the scope.",
            subject=code,
            people=float(at_home[number]),
            hint="declare it in a place under `practice`, or accept it with a reason",
        )


@result_check("weak-evidence")
def weak_evidence(result: Result) -> Iterator[Finding]:
    """Footprints graded C."""
    if result.footprint.grade == "C":
        yield result.finding(
            "weak-evidence",
            Severity.WARNING,
            f"the evidence of footprint {result.footprint.id} is weak (grade C).",
            subject=result.footprint.id,
            hint="ask the system for a statement of its places before relying on it",
        )


@result_check("stale-evidence")
def stale_evidence(result: Result) -> Iterator[Finding]:
    """Evidence that is much older than the newest input."""
    footprint = result.footprint
    for key in dict.fromkeys([*footprint.evidence, *(key for place in footprint.places for key in place.evidence)]):
        evidence = result.system.evidence[key]
        if not evidence.date:
            continue
        age = result.newest_input - int(evidence.date[:4])
        if age > STALE_YEARS:
            yield result.finding(
                "stale-evidence",
                Severity.WARNING,
                f"the evidence {key} is of {evidence.date}, {age} years older than the newest reference table "
                f"({result.newest_input}).",
                subject=key,
                loc=evidence.loc,
                hint="look for newer evidence that the places are still so",
            )


# --- information ------------------------------------------------------------------------------------------------------


@result_check("tie")
def tie(result: Result) -> Iterator[Finding]:
    """LSOAs where several places have equally many patients."""
    patients = result.assignment.patients
    for lsoa in result.assignment.ties:
        assert patients is not None
        votes = patients.votes[lsoa]
        winner = result.assignment.place[lsoa]
        equal = [p.name for p, v in zip(result.places, votes, strict=True) if v == votes[winner]]
        code = result.geography.lsoa_codes[lsoa]
        yield result.finding(
            "tie",
            Severity.INFO,
            f"{code} has {votes[winner]:,.2f} patients with each of {listed(equal)}; it goes to the first by id.",
            subject=code,
            lsoas=np.array([lsoa]),
            place=result.places[winner],
            hint="claim it for a place under `lsoa` if that is wrong",
        )


@result_check("exact-beats-plurality")
def exact_beats_plurality(result: Result) -> Iterator[Finding]:
    """LSOAs that one place claims as an area while another has more of its registered patients.

    A place without practices never has any, so what it claims is reported only where another has most of all patients.
    """
    patients, place = result.assignment.patients, result.assignment.place
    if patients is None:
        return
    claimed = result.assignment.claims.any(axis=1)
    share = patients.share(patients.winner)
    counts = np.array([*(item.has_patient_kinds for item in result.places), False])[place]
    telling = claimed & (patients.winner >= 0) & (patients.winner != place) & (counts | (share > 1 / 2))
    for lsoa in np.flatnonzero(telling):
        code = result.geography.lsoa_codes[lsoa]
        own, other = result.places[place[lsoa]], result.places[patients.winner[lsoa]]
        yield result.finding(
            "exact-beats-plurality",
            Severity.INFO,
            f"{code} is declared in {own.name}, though {share[lsoa]:.1%} of its registered patients are with "
            f"{other.name} ({patients.share(place)[lsoa]:.1%} with {own.name}).",
            subject=code,
            lsoas=np.array([lsoa]),
            place=own,
        )


@result_check("place-size")
def place_size(result: Result) -> Iterator[Finding]:
    """Places outside the size that national guidance gives."""
    low, high = PLACE_SIZE
    for position, place in enumerate(result.places):
        people = result.people(np.flatnonzero(result.assignment.place == position))
        if people and not low <= people <= high:
            yield result.finding(
                "place-size",
                Severity.INFO,
                f"{place.name} has {people:,.0f} residents; guidance gives {low:,} to {high:,} "
                "(NHS Confederation, 2020).",
                subject=place.id,
                place=place,
                people=people,
            )


# --- words ------------------------------------------------------------------------------------------------------------


def _by_ltla(result: Result, lsoas: Ints) -> Iterator[tuple[str, str, Ints]]:
    units = result.geography.units("ltla")
    for unit in np.unique(units.of[lsoas]):
        code, name = (units.codes[unit], units.names[unit]) if unit >= 0 else ("", "no LTLA")
        yield str(code), str(name), lsoas[units.of[lsoas] == unit]


def _lsoas(lsoas: Ints, result: Result) -> str:
    codes = result.codes(lsoas)
    shown = ", ".join(codes[:NAMES_SHOWN]) + (" …" if len(codes) > NAMES_SHOWN else "")
    noun = "LSOA" if len(codes) == 1 else "LSOAs"
    return f"{len(codes):,} {noun} ({result.people(lsoas):,.0f} people: {shown})"


def _is_are(lsoas: Ints) -> str:
    return "is" if len(lsoas) == 1 else "are"


def _number(value: float) -> str:
    return f"{value:,.2f}".removesuffix(".00")


def _difference(found: float, published: float) -> str:
    difference = found - published
    percent = f", {difference / published:+.2%}" if published else ""
    return f"{difference:+,.0f}{percent}"


def place_codes(result: Result) -> dict[str, str]:
    """PLACECD by place id."""
    return {place.id: place_code(result.system, result.footprint, place) for place in result.places}
