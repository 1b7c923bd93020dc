"""README.md of a national build."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from placemap.config.grades import GRADES, WEAKEST
from placemap.config.model import Footprint, System
from placemap.core.findings import tally
from placemap.core.text import as_markdown
from placemap.outputs.build import Build
from placemap.outputs.readme import files_and_sources, left_out, method
from placemap.resolve.resolved import ResolvedFootprint


@dataclass(frozen=True)
class SystemLine:
    """A system in a national summary; people by LSOA of residence."""

    system: System
    footprint: Footprint
    lsoas: int
    residents: float
    registered: float


def national_readme(
    national: ResolvedFootprint,
    lines: Sequence[SystemLine],
    build: Build,
    ending: str,
) -> str:
    """What the folder is, which footprint stands for each system and how good its evidence is, and the dictionary."""
    parts = [
        "# Places of England",
        f"{len(national.places)} places of {len(lines)} integrated care systems, each system by its default footprint. "
        "No body publishes such a list: the definitions are placemap's, from public evidence of unequal strength. "
        "Look at GRADE in `places` before you rely on a system.",
        *left_out(build.findings),
        "## Systems",
        _systems(lines),
        "## Grades",
        _grades(lines),
        "## Method",
        method(national.footprint),
        "OWN_PRACTICE_SHARE in `places` takes a practice to belong to the place where more of its patients live than "
        "in any other. Where it is low, people of the place use practices elsewhere, and figures by practice or by "
        "network do not describe its residents.",
        "## Checks",
        f"{tally(build.findings)}; all are in `findings{ending}`. {_coverage(national)}",
        *files_and_sources(build, ending),
    ]
    return "\n\n".join(parts) + "\n"


def _coverage(national: ResolvedFootprint) -> str:
    place = national.assignment.place
    missing = int((place < 0).sum())
    if not missing:
        return f"Each of England's {len(place):,} LSOAs is in exactly one place."
    return (
        f"{len(place) - missing:,} of England's {len(place):,} LSOAs are in exactly one place; the other {missing:,} "
        "belong to systems that were left out because their evidence is weaker than asked for."
    )


def _systems(lines: Sequence[SystemLine]) -> str:
    head = "| system | footprint | places | grade | LSOAs | residents | registered |\n|---|---|--:|---|--:|--:|--:|"
    rows = [
        f"| {as_markdown(line.system.name)} | {as_markdown(line.footprint.name)} | {len(line.footprint.places)} | "
        f"{line.footprint.grade} | {line.lsoas:,} | {line.residents:,.0f} | {line.registered:,.0f} |"
        for line in lines
    ]
    return "\n".join([head, *rows])


def _grades(lines: Sequence[SystemLine]) -> str:
    counts = Counter(line.footprint.grade for line in lines)
    texts = [f"- **{grade}** ({counts[grade]} systems): {meaning}." for grade, meaning in GRADES.items()]
    weak = [line.system.name for line in lines if line.footprint.grade == WEAKEST]
    if weak:
        texts.append(f"\nGraded {WEAKEST}, to be confirmed with the system before use: {as_markdown('; '.join(weak))}.")
    return "\n".join(texts)
