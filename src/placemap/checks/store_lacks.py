"""What the store lacks that a build can do without: said once, in one finding and in the README."""

from __future__ import annotations

from collections.abc import Iterator

from placemap.checks.registry import finding_of, result_check
from placemap.core.findings import Finding, Severity
from placemap.core.text import listed
from placemap.reference.store import left_out
from placemap.resolve.resolved import ResolvedFootprint


@result_check("left-out-tables")
def left_out_tables(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Tables that are not at hand, and what is left out for that."""
    lost = left_out(resolved.geography.data.manifest)
    if lost:
        yield finding_of(
            resolved,
            "left-out-tables",
            Severity.INFO,
            f"the tables in use lack {listed(list(lost))}. Left out: {'; '.join(dict.fromkeys(lost.values()))}.",
            subject="tables",
            hint="`placemap data update` fetches them",
        )
