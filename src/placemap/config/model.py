"""What a config says, parsed once at the edge into frozen objects and trusted inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from placemap.core.codes import KINDS, PLACE, Kind


@dataclass(frozen=True)
class Loc:
    """Where something stands: file (as the user named it), line and column from 1."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`file:line:column`, as editors and CI logs understand it."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Member:
    """A unit that a place is declared from.

    Attributes:
        kind: one of `codes.DECLARED_KINDS`.
        code: its code; `footprint/place` for a place of another footprint.
        name: the name the config gives it, to be checked; None where it gives codes alone.
        vintage: the vintage it is declared in (`2018`, `2022-08`); None for the store's default.
        loc: where it stands.
    """

    kind: str
    code: str
    name: str | None
    vintage: str | None
    loc: Loc

    @property
    def of_kind(self) -> Kind:
        """Its kind, with what people call it."""
        return PLACE if self.kind == PLACE.id else KINDS[self.kind]


@dataclass(frozen=True)
class Expect:
    """A published figure that a place is held to, within `within_pct` per cent of it."""

    measure: str
    value: float
    within_pct: float
    loc: Loc


@dataclass(frozen=True)
class Accept:
    """A waiver: the finding `finding` about `subject` is accepted, for `reason`."""

    finding: str
    subject: str
    reason: str
    loc: Loc


@dataclass(frozen=True)
class Place:
    """One place as declared.

    Attributes:
        id: kebab-case, unique in its footprint.
        members: what it is the union of.
        exclude: units whose LSOAs (or, for patient kinds, whose votes) are taken away.
        within: units that its LSOAs must lie in; empty for no bound.
        within_scope: True for `within: scope`.
        basis: `stated` or `inferred`.
        evidence: keys of the system's evidence.
        parent: id of the place of the tier above that it lies in; empty where that is to be found.
        systems_of: ICBs of other years that the place is in, where the config says so of it.
        valid_from, valid_to: when it was in force, where it began after its footprint or ended before it.
        succeeded_by: codes (`system/footprint/place`) of the places that followed it.
        succeeded_at: where each of these stands.
    """

    id: str
    name: str
    members: tuple[Member, ...]
    exclude: tuple[Member, ...]
    within: tuple[Member, ...]
    within_scope: bool
    expects: tuple[Expect, ...]
    accepts: tuple[Accept, ...]
    basis: str
    evidence: tuple[str, ...]
    notes: str
    loc: Loc
    parent: str = ""
    systems_of: tuple[Member, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    succeeded_by: tuple[str, ...] = ()
    succeeded_at: tuple[Loc, ...] = ()

    @property
    def units(self) -> tuple[Member, ...]:
        """Its members but for places of other footprints, which no table has."""
        return tuple(member for member in self.members if member.kind != PLACE.id)

    @property
    def has_patient_kinds(self) -> bool:
        """Whether any member is a set of practices."""
        return any(member.of_kind.patients for member in self.members)


@dataclass(frozen=True)
class Scope:
    """The LSOAs that a footprint must cover: units less units, or another place of the same system.

    Attributes:
        place: (footprint id, place id) of that other place, or None.
    """

    include: tuple[Member, ...]
    exclude: tuple[Member, ...]
    place: tuple[str, str] | None
    loc: Loc


@dataclass(frozen=True)
class Evidence:
    """A document that a declaration rests on. Dates are ISO text, as exact as is known (`2021`, `2021-05`).

    Attributes:
        third_party: whether somebody wrote it who does not speak for the system, so that it would not cite it.
    """

    key: str
    title: str
    publisher: str
    date: str
    url: str
    accessed: str
    states: str
    loc: Loc
    third_party: bool = False


@dataclass(frozen=True)
class Footprint:
    """One way of dividing a system into places.

    Attributes:
        status: `current`, `proposed` or `superseded`.
        grade: strength of the evidence: `A` places and geography stated, `B` follows from names, `C` weak.
        valid_from, valid_to: when it was in force, where known.
        places: in order of id.
        vintages: kind → vintage declared for the footprint as a whole.
        inside: the footprint whose places it divides, and one of these places where it is only that (else empty);
            None where it lies in no other.
        tier: what kind of tier it is, as the config says; empty where it does not (see `config.tiers`).
        note_public: what the system itself may say of it; `notes` may be an outside reader's.
    """

    id: str
    name: str
    status: str
    grade: str
    basis: str
    evidence: tuple[str, ...]
    notes: str
    scope: Scope
    places: tuple[Place, ...]
    accepts: tuple[Accept, ...]
    vintages: dict[str, str]
    valid_from: date | None
    valid_to: date | None
    loc: Loc
    inside: tuple[str, str] | None = None
    tier: str = ""
    note_public: str = ""

    @property
    def has_patient_kinds(self) -> bool:
        """Whether any place is declared from practices or PCNs."""
        return any(place.has_patient_kinds for place in self.places)

    def members(self) -> Iterator[tuple[Place, Member]]:
        """Every declared member with its place (`exclude` and `within` not included)."""
        for place in self.places:
            for member in place.members:
                yield place, member

    @property
    def united(self) -> set[str]:
        """The footprints whose places it is put together from."""
        return {member.code.partition("/")[0] for _, member in self.members() if member.kind == PLACE.id}


@dataclass(frozen=True)
class Placeholder:
    """A text that was left to fill in: the name of its key, and where it stands."""

    key: str
    loc: Loc


@dataclass(frozen=True)
class System:
    """An integrated care system's config.

    Attributes:
        icb_code, icb_ods, icb_vintage: its integrated care board, as of that vintage.
        placeholders: texts that are left to fill in, in the order of the file.
        config_sha256: hash of the config's content, the same however it is laid out.
        note_public: what the system itself may say; `notes` may be an outside reader's.
        systems_of: ICBs of other years that the system's area is in.
    """

    id: str
    name: str
    icb_code: str
    icb_ods: str
    icb_vintage: str
    evidence: dict[str, Evidence]
    notes: str
    default_footprint: str
    footprints: dict[str, Footprint]
    config_sha256: str
    loc: Loc
    placeholders: tuple[Placeholder, ...] = ()
    note_public: str = ""
    systems_of: tuple[Member, ...] = ()

    def icbs_of(self, place: Place, vintage: str) -> tuple[Member, ...]:
        """The ICBs of a year that a place is in by the config: those given for it, else those of the whole system."""
        own = tuple(member for member in place.systems_of if member.vintage == vintage)
        return own or tuple(member for member in self.systems_of if member.vintage == vintage)

    def units(self) -> Iterator[Member]:
        """Every unit of the tables that the config names: members, exclusions, bounds and scopes."""
        for footprint in self.footprints.values():
            yield from footprint.scope.include
            yield from footprint.scope.exclude
            for place in footprint.places:
                yield from place.units
                yield from place.exclude
                yield from place.within
