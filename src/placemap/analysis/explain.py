"""Why a unit belongs where it does: by which rule and member, on what evidence, how clearly, and how it divides."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from placemap.analysis.explanation import Explanation, Reason, UnitPart, Vote
from placemap.config.in_words import declared_from, evidence_text
from placemap.config.model import Member, Place
from placemap.core.arrays import Bools, Floats, Ints, Texts, positions, sums
from placemap.core.codes import KINDS
from placemap.reference.by_lsoa import living_in
from placemap.reference.look_up import NamedUnit, Subject
from placemap.resolve.resolve import METHODS, PLURALITY, practices_of
from placemap.resolve.resolved import ResolvedFootprint

NO_PLACE = "no place"


def explain(resolved: ResolvedFootprint, subject: Subject) -> Explanation:
    """Explain a unit in a footprint."""
    return _Explainer(resolved).explain(subject)


def explain_place(resolved: ResolvedFootprint, place: Place, description: str) -> Explanation:
    """Explain a place: what it is declared from, how large it is, what it is in units, where it is weakest.

    Args:
        description: its shortest exact description.
    """
    return _Explainer(resolved).place(place, description)


class _Explainer:
    def __init__(self, resolved: ResolvedFootprint) -> None:
        self.system = resolved.system
        self.assignment = resolved.assignment
        self.geography = resolved.geography
        self.populations = resolved.populations
        self.footprint = resolved.footprint
        self.places = resolved.places
        self._pcn_vintage = resolved.pcn_vintage
        self.codes = np.array([*(head.code for head in resolved.place_codes), ""], dtype=object)
        self.names = np.array([p.name for p in self.places] + [NO_PLACE], dtype=object)
        self.members = list(self.footprint.members())

    def explain(self, subject: Subject) -> Explanation:
        if subject.unit.kind == "lsoa":
            return self._answer(subject, reasons=tuple(self.reason(int(lsoa)) for lsoa in subject.lsoas))
        if KINDS[subject.unit.kind].patients:
            return self._practices(subject)
        parts = self.divided(subject.lsoas)
        return self._answer(
            subject, parts=parts, declared=self._declaring(subject), exceptions=self._exceptions(subject.lsoas)
        )

    def _answer(self, subject: Subject, **more: object) -> Explanation:
        facts = (*subject.notes, *more.pop("facts", ()))  # type: ignore[misc]
        return Explanation(
            self.system.id,
            self.system.name,
            self.footprint.id,
            self.footprint.name,
            subject.unit,
            subject.parents,
            facts=facts,
            **more,  # type: ignore[arg-type]
        )

    # --- one LSOA --------------------------------------------------------------------------------------------------

    def reason(self, lsoa: int) -> Reason:
        """Why the LSOA at this position belongs where it does."""
        a = self.assignment
        position = int(a.place[lsoa])
        place = self.places[position] if position >= 0 else None
        method = METHODS[int(a.method[lsoa])]
        plural = method == PLURALITY
        member = self.members[int(a.member[lsoa])][1] if a.member[lsoa] >= 0 else None
        runner = int(a.runner_up()[lsoa])
        votes = self._votes(lsoa)
        return Reason(
            lsoa=str(self.geography.lsoas[lsoa]),
            lsoa_name=str(self.geography.lsoa_names[lsoa]),
            residents=float(self.populations.residents[lsoa]),
            place=str(self.codes[position]),
            place_name=str(self.names[position]),
            method=method,
            rule=self._rule(lsoa, method, member),
            member=_text(member) if member else "",
            location=str((member or place or self.footprint).loc),
            evidence=evidence_text(self.system, place) if place else "",
            grade=self.footprint.grade,
            basis=place.basis if place else "",
            in_scope=bool(a.in_scope[lsoa]),
            share=float(a.share()[lsoa]) if plural else None,
            placed_share=float(a.placed_share()[lsoa]) if plural else None,
            margin=float(a.margin()[lsoa]) if plural else None,
            runner_up=str(self.names[runner]) if runner >= 0 else "",
            margin_patients=self._lead(lsoa, position, runner) if plural else None,
            registered=float(self.populations.registered[lsoa]),
            votes=votes,
        )

    def _lead(self, lsoa: int, place: int, runner: int) -> float:
        votes = self.assignment.patients.votes[lsoa]  # type: ignore[union-attr]
        return float(votes[place] - (votes[runner] if runner >= 0 else 0.0))

    def _rule(self, lsoa: int, method: str, member: Member | None) -> str:
        a = self.assignment
        if not a.in_scope[lsoa] and method == "":
            return "it lies outside the area that the footprint divides"
        if method == "":
            return "no place claims it, and none of its patients is registered with a place: a gap"
        if method == PLURALITY:
            if a.patients and a.patients.tied[lsoa]:
                return "as many of its registered patients use practices of this place as of another; this id is first"
            return "more of its registered patients use practices of this place than of any other"
        what = (
            f"it lies in {_text(member)}"
            if method == "exact-fit"
            else f"ONS, or most of its people, give it to {_text(member)}"
        )
        claims = int(a.claims[lsoa].sum())
        return f"{what}, which the place is declared from" + (
            " (an overlap: several places claim it)" if claims > 1 else ""
        )

    def _votes(self, lsoa: int) -> tuple[Vote, ...]:
        a = self.assignment
        if a.patients is None or a.practice_place is None:
            return ()
        patients = self._patients_of(lsoa)
        total = float(a.patients.registered[lsoa])
        votes = []
        for position in [*range(len(self.places)), -1]:
            mine = np.where(a.practice_place == position, patients, 0.0)
            if mine.sum() > 0:
                votes.append(self._vote(position, mine, total))
        return tuple(sorted(votes, key=lambda vote: (vote.code == "", -vote.patients, vote.code)))

    def _vote(self, position: int, patients: Floats, total: float) -> Vote:
        name = str(self.names[position]) if position >= 0 else "elsewhere"
        share = float(patients.sum() / total) if total else 0.0
        return Vote(str(self.codes[position]), name, float(patients.sum()), share, self._sources(patients))

    def _patients_of(self, lsoa: int) -> Floats:
        """Patients living in the LSOA, by practice of the registrations."""
        registrations = self.geography.registrations
        fit = registrations.fit
        weight = np.zeros(len(fit.codes))
        pairs = fit.target == lsoa
        weight[fit.source[pairs]] = fit.weight[pairs]
        rows = registrations.lsoa >= 0
        people = registrations.patients[rows] * weight[registrations.lsoa[rows]]
        return sums(registrations.practice[rows], people, len(registrations.codes))

    def _sources(self, patients: Floats) -> tuple[tuple[str, float], ...]:
        """Patients by PCN, or by practice where it has none, largest first."""
        pcns = self.geography.pcns(self._pcn_vintage)
        found: dict[str, float] = {}
        for position in np.flatnonzero(patients > 0).tolist():
            code = str(self.geography.registrations.codes[position])
            pcn = pcns.pcn_of.get(code)
            text = f"PCN {pcn} {pcns.names[pcn]}" if pcn else f"practice {code} {self._practice_name(code)}".strip()
            found[text] = found.get(text, 0.0) + float(patients[position])
        return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def _practice_name(self, code: str) -> str:
        return self.geography.practice_names.get(code) or self.geography.pcns(self._pcn_vintage).practice_names.get(
            code, ""
        )

    # --- aggregates --------------------------------------------------------------------------------------------------

    def divided(self, lsoas: Ints) -> tuple[UnitPart, ...]:
        """How LSOAs divide among places, the largest part first."""
        place, people = self.assignment.place[lsoas], self.populations.residents[lsoas]
        total = float(people.sum())
        parts = []
        for position in np.unique(place):
            mine = place == position
            inside = float(people[mine].sum())
            parts.append(
                UnitPart(
                    str(self.codes[position]),
                    str(self.names[position]),
                    int(mine.sum()),
                    inside,
                    inside / total if total else 0.0,
                )
            )
        return tuple(sorted(parts, key=lambda part: (-part.people, part.code)))

    def _exceptions(self, lsoas: Ints) -> tuple[tuple[str, str, str], ...]:
        place = self.assignment.place[lsoas]
        found, counts = np.unique(place, return_counts=True)
        most = found[counts.argmax()] if len(found) else -1
        others = lsoas[place != most]
        return tuple(
            (str(self.geography.lsoas[i]), str(self.geography.lsoa_names[i]), str(self.names[self.assignment.place[i]]))
            for i in others
        )

    def _declaring(self, subject: Subject) -> tuple[str, ...]:
        unit = subject.unit
        return tuple(
            f"{place.name} is declared from it ({member.loc})"
            for place, member in self.members
            if member.kind == unit.kind and member.code in self._codes_of(unit)
        )

    def _codes_of(self, unit: NamedUnit) -> tuple[str, ...]:
        if KINDS[unit.kind].patients:
            return (unit.code,)
        units = self.geography.units(unit.kind, unit.vintage)
        position = units.position(unit.code)
        ods = str(units.ods[position]) if units.ods is not None and position is not None else unit.code
        return (unit.code, ods)

    # --- sets of practices --------------------------------------------------------------------------------------------

    def _practices(self, subject: Subject) -> Explanation:
        unit = subject.unit
        of_pcn = self.geography.pcns(unit.vintage if unit.kind == "pcn" else None).practices_of
        codes = of_pcn.get(unit.code, []) if unit.kind == "pcn" else [unit.code]
        group = np.isin(self.geography.registrations.codes.to_numpy(), codes)
        homes = self._living(group, self.assignment.place, self.codes, self.names)
        ltlas = self.geography.units("ltla")
        districts = self._living(
            group, ltlas.of, np.append(ltlas.codes, ""), np.append(ltlas.names, "elsewhere, or no LSOA")
        )
        members = self._practice_lines(codes) if unit.kind == "pcn" else ()
        return self._answer(
            subject, parts=homes, districts=districts, declared=self._by_whom(codes, unit), members=members
        )

    def _living(self, group: Bools, label: Ints, codes: Texts, names: Texts) -> tuple[UnitPart, ...]:
        """Patients of the practices in `group` by label of the LSOA that they live in."""
        registrations = self.geography.registrations
        count = len(codes) - 1
        people = living_in(registrations, label, count, np.where(group, 0, 1), 2)[0]
        total = float(registrations.by_practice[group].sum())
        rest = total - float(people.sum())
        rows = [*enumerate(people), (-1, rest)]
        parts = [
            UnitPart(str(codes[at]), str(names[at]), None, float(value), float(value) / total if total else 0.0)
            for at, value in rows
            if value > 0.5
        ]
        return tuple(sorted(parts, key=lambda part: (part.code == "", -part.people, part.code)))

    def _by_whom(self, codes: Iterable[str], unit: NamedUnit) -> tuple[str, ...]:
        direct = self._declaring(Subject(unit, np.array([], dtype=np.int64)))
        if direct or unit.kind == "pcn":
            return direct
        return tuple(
            f"{place.name} is declared from its {_text(member)} ({member.loc})"
            for place, member in self.members
            if member.kind == "pcn" and set(codes) & practices_of([member], self.geography)
        )

    def _practice_lines(self, codes: Iterable[str]) -> tuple[str, ...]:
        registrations = self.geography.registrations
        lines = []
        for code in codes:
            at = int(positions(registrations.codes, [code])[0])
            size = int(registrations.by_practice[at]) if at >= 0 else 0
            place = -1 if self.assignment.practice_place is None or at < 0 else int(self.assignment.practice_place[at])
            where = f", counted for {self.names[place]}" if place >= 0 else ""
            lines.append(f"practice {code} {self._practice_name(code)}: {size:,} patients{where}")
        return tuple(lines)

    # --- a place ------------------------------------------------------------------------------------------------------

    def place(self, place: Place, description: str) -> Explanation:
        """What a place is and where it is weakest."""
        position = self.places.index(place)
        lsoas = np.flatnonzero(self.assignment.place == position)
        ltlas = self.geography.units("ltla")
        people = self.populations.residents
        parts = [
            UnitPart(
                str(ltlas.codes[unit]),
                str(ltlas.names[unit]),
                len(mine := lsoas[ltlas.of[lsoas] == unit]),
                float(people[mine].sum()),
                float(people[mine].sum() / people[lsoas].sum()),
            )
            for unit in np.unique(ltlas.of[lsoas])
            if unit >= 0
        ]
        facts = [
            f"{len(lsoas):,} LSOAs, {people[lsoas].sum():,.0f} residents ({self.populations.residents_name}), "
            f"{self.populations.registered[lsoas].sum():,.0f} registered patients ({self.populations.registered_name})",
            f"declared from {declared_from(place)} ({place.loc}); {place.basis}, evidence grade {self.footprint.grade}",
            f"evidence: {evidence_text(self.system, place)}",
            f"in units: {description}",
            *self._weakest(lsoas),
        ]
        return Explanation(
            self.system.id,
            self.system.name,
            self.footprint.id,
            self.footprint.name,
            NamedUnit("", str(self.codes[position]), place.name, ""),
            (),
            districts=tuple(sorted(parts, key=lambda part: (-part.people, part.code))),
            members=tuple(_text(member) for member in place.members),
            facts=tuple(facts),
        )

    def _weakest(self, lsoas: Ints) -> list[str]:
        margin = self.assignment.margin()[lsoas]
        plural = lsoas[~np.isnan(margin)]
        if not len(plural):
            return []
        order = plural[np.argsort(self.assignment.margin()[plural], kind="stable")][:3]
        share, runner = self.assignment.share(), self.assignment.runner_up()
        return [
            f"weakest: {self.geography.lsoas[i]} ({self.geography.lsoa_names[i]}) {share[i]:.1%} of its patients, "
            f"runner-up {self.names[runner[i]]} by {self.assignment.margin()[i]:.1%}"
            for i in order
        ]


def _text(member: Member | None) -> str:
    if member is None:
        return "a declared member"
    vintage = f", {member.vintage}" if member.vintage and not KINDS[member.kind].patients else ""
    return f"{KINDS[member.kind].label} {member.code} ({member.name or ''}{vintage})".replace(" ()", "").replace(
        "(, ", "("
    )
