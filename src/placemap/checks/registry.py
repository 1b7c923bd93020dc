"""What checks share: the result that they look at, and the registry that they enter themselves in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from placemap.config.model import Footprint, Loc, Place, System
from placemap.core.arrays import Ints
from placemap.core.findings import Finding, Severity
from placemap.reference.geography import Geography
from placemap.resolve.populations import Populations
from placemap.resolve.resolve import Assignment


@dataclass(frozen=True)
class Result:
    """What result checks look at."""

    system: System
    assignment: Assignment
    geography: Geography
    populations: Populations
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
        return float(self.populations.residents[lsoas].sum())

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
