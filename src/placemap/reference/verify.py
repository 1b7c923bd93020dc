"""Is a store whole, and do its tables agree with one another? Every table is read; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placemap.core.codes import LSOA_VINTAGE
from placemap.core.errors import PlacemapError
from placemap.core.findings import Finding, Severity
from placemap.core.text import some
from placemap.reference.schemas import ATOM_COLUMN, NO_LSOA, PROFILE, REST_ENGLAND, REST_PRACTICES, REST_WALES
from placemap.reference.store import ReferenceData, TableEntry, canonical_hash

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 3
REMAKE = "import or update the table again"


@dataclass(frozen=True)
class _Store:
    """A store's readable tables."""

    data: ReferenceData
    frames: dict[str, pd.DataFrame]

    def of(self, family: str) -> Iterator[tuple[TableEntry, pd.DataFrame]]:
        """The tables of a family with their entries."""
        for name, entry in sorted(self.data.manifest.tables.items()):
            if entry.family == family and name in self.frames:
                yield entry, self.frames[name]

    def atoms(self, base: str) -> set[str]:
        """All LSOAs of a vintage that the store has; empty where it does not say."""
        family, column = ("lsoa_names", "lsoa_code") if base == LSOA_VINTAGE else ("exact_fit", "lsoa11_code")
        return {code for _, frame in self.of(family) for code in frame[column]}


def verify(data: ReferenceData) -> list[Finding]:
    """Everything that is wrong with a store: files, hashes, schemas, keys, and what one table says against another."""
    findings: list[Finding] = []
    frames: dict[str, pd.DataFrame] = {}
    for name, entry in sorted(data.manifest.tables.items()):
        try:
            frames[name] = data.table(entry).frame()
        except PlacemapError as error:
            findings.append(Finding("damaged-table", Severity.ERROR, error.message, name, error.location, hint=REMAKE))
            continue
        if canonical_hash(frames[name], entry.schema) != entry.content_sha256:
            findings.append(_wrong("other-content", entry, "its content is not what the manifest says"))
    store = _Store(data, frames)
    return [*findings, *(finding for check in CHECKS for finding in check(store))]


def _wrong(code: str, entry: TableEntry, message: str) -> Finding:
    return Finding(code, Severity.ERROR, f"{entry.name}: {message}", entry.name, hint=REMAKE)


def _lookups_cover(store: _Store) -> Iterator[Finding]:
    """A lookup has every LSOA of its vintage (unless its source leaves some out), and no other."""
    for entry, frame in store.of("lookup"):
        atoms, found = store.atoms(entry.base), set(frame[ATOM_COLUMN[entry.base].name])
        if not atoms:
            continue
        missing = set() if entry.coverage.startswith("part") else atoms - found
        yield from _difference(entry, missing, found - atoms)


def _figures_cover(store: _Store) -> Iterator[Finding]:
    """Figures by LSOA are of LSOAs that exist."""
    for entry, frame in store.of("lsoa_measure"):
        atoms = store.atoms(entry.base)
        if atoms:
            yield from _difference(entry, set(), set(frame[ATOM_COLUMN[entry.base].name]) - atoms)


def _profiles_cover(store: _Store) -> Iterator[Finding]:
    """Figures for profiles, which are never cut, are of LSOAs that exist, where the store says which do."""
    if any(entry.coverage != "England" for entry, _ in store.of("lsoa_names")):
        return
    for entry, frame in store.of(PROFILE):
        atoms = store.atoms(entry.base) if entry.base else set()
        if atoms:
            yield from _difference(entry, set(), set(frame[ATOM_COLUMN[entry.base].name]) - atoms)


def _names_match_fit(store: _Store) -> Iterator[Finding]:
    """The exact fit ends at the LSOAs of 2021 that there are; at more of them only where it is cut."""
    for entry, frame in store.of("exact_fit"):
        atoms, found = store.atoms(LSOA_VINTAGE), set(frame["lsoa_code"])
        yield from _difference(entry, atoms - found, set() if entry.coverage == "extract" else found - atoms)


def _difference(entry: TableEntry, missing: set[str], foreign: set[str]) -> Iterator[Finding]:
    of = f"LSOAs of {entry.base or LSOA_VINTAGE}"
    if missing:
        yield _wrong("missing-lsoas", entry, f"it lacks {len(missing):,} {of}: {_few(missing)}")
    if foreign:
        yield _wrong("foreign-lsoas", entry, f"it has {len(foreign):,} {of} that the others lack: {_few(foreign)}")


def _few(codes: set[str]) -> str:
    return some(sorted(codes), _SHOWN)


def _totals(store: _Store) -> Iterator[Finding]:
    """Registrations, remainder rows included, and whole figures add up to the total of their source."""
    for family, column in (("registrations", "patients"), ("lsoa_measure", "people"), ("practice_measure", "people")):
        for entry, frame in store.of(family):
            if entry.total is None or (entry.coverage != "England" and family != "registrations"):
                continue
            found = int(frame[column].sum())
            if found != entry.total:
                yield _wrong("wrong-total", entry, f"it adds up to {found:,}; the source's total is {entry.total:,}")


def _registrations_have_homes(store: _Store) -> Iterator[Finding]:
    """Patients live in LSOAs that exist, in Wales, or nowhere known; their practices have names."""
    practices = {entry.vintage: set(frame["practice_code"]) for entry, frame in store.of("practices")}
    for entry, frame in store.of("registrations"):
        lsoas = set(frame[ATOM_COLUMN[entry.base].name])
        homes = store.atoms(entry.base) | {*NO_LSOA, PROFILE, REST_ENGLAND, REST_WALES}
        strange = {code for code in lsoas - homes if not code.startswith("W01")}
        if store.atoms(entry.base) and strange:
            yield _wrong(
                "foreign-lsoas", entry, f"patients live in {len(strange):,} LSOAs that do not exist: {_few(strange)}"
            )
        nameless = set(frame["practice_code"]) - practices.get(entry.vintage, set()) - {REST_PRACTICES}
        if nameless:
            yield _wrong("nameless-practices", entry, f"{len(nameless):,} practices have no name: {_few(nameless)}")


def _members_have_pcns(store: _Store) -> Iterator[Finding]:
    """Every membership is of a PCN of the same month; nobody is in two PCNs at once."""
    networks = {entry.vintage: set(frame["pcn_code"]) for entry, frame in store.of("pcns")}
    for entry, frame in store.of("pcn_members"):
        unknown = set(frame["pcn_code"]) - networks.get(entry.vintage, set())
        if unknown:
            yield _wrong(
                "foreign-pcns", entry, f"members of {len(unknown):,} PCNs that are not in pcns: {_few(unknown)}"
            )
        current = frame[frame["end"] == ""]
        twice = set(current.loc[current["practice_code"].duplicated(), "practice_code"])
        if twice:
            text = f"{len(twice):,} practices are in two PCNs at once: {_few(twice)}"
            yield Finding("two-pcns", Severity.WARNING, f"{entry.name}: {text}", entry.name)


def _utlas_are_whole_ltlas(store: _Store) -> Iterator[Finding]:
    """Every LTLA lies in one UTLA."""
    ltlas = {entry.base: frame for entry, frame in store.of("lookup") if entry.kind == "ltla"}
    for entry, frame in store.of("lookup"):
        if entry.kind != "utla" or entry.base not in ltlas:
            continue
        atom = ATOM_COLUMN[entry.base].name
        both = frame.merge(ltlas[entry.base], on=atom, how="inner", validate="1:1")
        counts = both.drop_duplicates(["ltla_code", "utla_code"])["ltla_code"].value_counts()
        split = set(counts.index[counts > 1])
        if split:
            yield _wrong("split-ltlas", entry, f"{len(split):,} LTLAs lie in several UTLAs: {_few(split)}")


def _neighbours_exist(store: _Store) -> Iterator[Finding]:
    """In a table of all England, neighbours are LSOAs that exist."""
    for entry, frame in store.of("adjacency"):
        atoms = store.atoms(LSOA_VINTAGE)
        foreign = (set(frame["lsoa_code_a"]) | set(frame["lsoa_code_b"])) - atoms
        if atoms and foreign and entry.coverage == "England":
            yield from _difference(entry, set(), foreign)


#: In the order in which they report.
CHECKS: tuple[Callable[[_Store], Iterator[Finding]], ...] = (
    _names_match_fit,
    _lookups_cover,
    _figures_cover,
    _profiles_cover,
    _totals,
    _registrations_have_homes,
    _members_have_pcns,
    _utlas_are_whole_ltlas,
    _neighbours_exist,
)
