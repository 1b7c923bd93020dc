"""What changed between two states of the reference: codes, areas, practices, patients; and which places it affects."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class UnitChanges:
    """What became of one kind's units.

    Attributes:
        old, new: the vintages.
        added, removed: codes with names.
        renamed: codes with old and new name.
        recoded: old code, new code and name of units that kept every LSOA.
        redrawn: NHS codes that stand for another area now, with its old and new GSS code.
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
    redrawn: dict[str, tuple[str, str]]
    moved: list[tuple[str, str, int]]
    lsoas: int
    people: float

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.removed or self.renamed or self.recoded or self.redrawn or self.moved)


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
