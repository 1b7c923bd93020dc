"""What an update did, what is missing, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from placemap.config.model import System
from placemap.core.errors import Exit, PlacemapError
from placemap.reference.store import Manifest, missing_tables
from placemap.sources.download.endpoints import Endpoints
from placemap.sources.download.hosts import Unreachable
from placemap.sources.download.targets import Target, by_hand
from placemap.sources.plan import gives
from placemap.sources.tables.requirements import Buildable, buildable


@dataclass(frozen=True)
class Result:
    """What became of one download.

    Attributes:
        outcome: `new`, `unchanged` or `failed`.
        error: why it failed; the tables that it gave before are still in use.
        chosen: which service, data set or file it was, and how it was found.
        passed_over: why others that might have been it were not.
        notes: what is odd in the file and was taken all the same.
        had_table: whether an earlier update left a raw file of it.
    """

    target: Target
    outcome: str
    error: PlacemapError | None = None
    chosen: str = ""
    passed_over: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    had_table: bool = False

    @property
    def id(self) -> str:
        """Of the target."""
        return self.target.id


@dataclass(frozen=True)
class ByHand:
    """A file that did not come: where a person gets it, and the name to save it under."""

    id: str
    link: str
    name: str


@dataclass(frozen=True)
class HostDown:
    """A host that could not be talked to, and the downloads that this stopped."""

    host: str
    error: Unreachable
    ids: tuple[str, ...]


@dataclass(frozen=True)
class UpdateReport:
    """What an update did.

    Attributes:
        results: in order of id.
        named: whether the user named sources, so that only these count.
        changed: names of tables that are new or have other content.
        problems: what kept tables that are made from several files from being made.
        systems: whose default footprints the store is to build.
        manifest: of the store as it is now; None where there is none.
    """

    results: tuple[Result, ...]
    endpoints: Endpoints
    named: bool = False
    changed: tuple[str, ...] = ()
    problems: tuple[PlacemapError, ...] = ()
    systems: tuple[System, ...] = ()
    manifest: Manifest | None = None

    @property
    def failed(self) -> tuple[Result, ...]:
        """Downloads that failed."""
        return tuple(result for result in self.results if result.error)

    @property
    def missing(self) -> tuple[str, ...]:
        """What `build` uses and the store does not have."""
        return missing_tables(self.manifest) if self.manifest else ()

    @cached_property
    def buildable(self) -> tuple[Buildable, ...]:
        """By system, what its default footprint lacks."""
        return tuple(buildable(self.manifest, self.systems))

    @property
    def unbuildable(self) -> tuple[Buildable, ...]:
        """The systems that cannot be built."""
        return tuple(item for item in self.buildable if item.lacks)

    @property
    def hosts_down(self) -> tuple[HostDown, ...]:
        """Hosts that could not be talked to, each once."""
        down: dict[str, Unreachable] = {}
        ids: dict[str, list[str]] = {}
        for result in self.failed:
            if isinstance(result.error, Unreachable):
                down.setdefault(result.error.host, result.error)
                ids.setdefault(result.error.host, []).append(result.id)
        return tuple(HostDown(host, error, tuple(ids[host])) for host, error in down.items())

    @property
    def by_hand(self) -> tuple[ByHand, ...]:
        """The files that did not come, and where a person gets them."""
        return tuple(ByHand(result.id, *by_hand(result.target, self.endpoints)) for result in self.failed)

    @property
    def exit_code(self) -> Exit:
        """0 where all is there; also where only what may not be found is missing. Else 3.

        With sources named, only these count.
        """
        if self.named:
            return Exit.UNREADABLE if self.failed or self.problems else Exit.OK
        confirmed = [result for result in self.failed if not result.target.unconfirmed]
        excused = _only_unconfirmed(self.unbuildable, self.failed)
        return Exit.OK if not confirmed and not self.problems and excused else Exit.UNREADABLE


def _only_unconfirmed(lacking: Sequence[Buildable], failed: Sequence[Result]) -> bool:
    """Whether all that systems lack would have come from downloads that may not be found."""
    excused = [result.target for result in failed if result.target.unconfirmed]
    return all(any(gives(target, item) for target in excused) for system in lacking for item in system.lacks)
