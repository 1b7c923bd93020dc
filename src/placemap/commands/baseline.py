"""Which findings fail a run: errors always; warnings with --strict, or where they are not in a baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from placemap.core.errors import Exit, PlacemapError
from placemap.core.findings import Finding, Severity

KEY = ("ICSID", "FOOTPRINT", "FINDING", "SUBJECT")
Known = frozenset[tuple[str, ...]]


def read_baseline(paths: Iterable[Path]) -> Known:
    """The findings of `findings.csv` (or `.parquet`) files that earlier builds wrote.

    Raises:
        PlacemapError: a file cannot be read, or is no table of findings.
    """
    from placemap.core.read_tables import read_built  # with pandas, which no other run needs

    known: set[tuple[str, ...]] = set()
    for path in paths:
        table = read_built(path)
        missing = [column for column in KEY if column not in table]
        if missing:
            raise PlacemapError(
                f"this is no table of findings: it has no column {missing[0]}",
                location=str(path),
                hint="name the findings.csv of an earlier `placemap build`",
            )
        known.update(table[list(KEY)].itertuples(index=False, name=None))
    return frozenset(known)


@dataclass(frozen=True)
class Bar:
    """What findings must pass.

    Attributes:
        strict: warnings fail, too.
        known: with a baseline, the findings in it; other warnings fail.
    """

    strict: bool = False
    known: Known | None = None

    def failing(self, system: str, footprint: str, findings: Iterable[Finding]) -> list[Finding]:
        """The findings that fail a footprint, or England as a whole."""
        return [f for f in findings if f.severity == Severity.ERROR or self._fails(system, footprint, f)]

    def _fails(self, system: str, footprint: str, finding: Finding) -> bool:
        if finding.severity != Severity.WARNING:
            return False
        if self.known is None:
            return self.strict
        return (system, footprint, finding.code, finding.subject) not in self.known

    def exit_code(self, failing: Sequence[Finding]) -> Exit:
        """4 where something fails."""
        return Exit.WRONG if failing else Exit.OK

    def reason(self, failing: Sequence[Finding]) -> str:
        """Why warnings fail, with the next step; empty where none does."""
        counts = Counter(finding.code for finding in failing if finding.severity == Severity.WARNING)
        if not counts:
            return ""
        count = sum(counts.values())
        which = ", ".join(f"{code} ×{number}" if number > 1 else code for code, number in counts.items())
        noun, fail = ("warning", "fails") if count == 1 else ("warnings", "fail")
        why = f"which {fail} with --strict" if self.known is None else "not in the baseline"
        return (
            f"FAILED: {count} {noun}, {why}: {which}\n"
            "  → mend what they are about, or accept each with a reason (`accept` in the config)"
        )
