"""The difference of two states of the reference as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from placemap.analysis.reference_changes import AffectedPlace, PracticeChanges, StoreDiff, UnitChanges
from placemap.core.codes import KINDS
from placemap.core.text import some

SHOWN = 10


def as_markdown(found: StoreDiff) -> str:
    """A diff as Markdown, for a terminal or a pull request."""
    lines = [f"# Reference data: {found.old} → {found.new}", ""]
    if not found.any:
        return "\n".join([*lines, "Nothing changed.", ""])
    for title, names in (
        ("new tables", found.tables_added),
        ("tables no longer there", found.tables_removed),
        ("tables with other content", found.tables_changed),
    ):
        if names:
            lines.append(f"- {len(names)} {title}: {', '.join(names)}")
    for unit in found.units:
        lines += _unit_lines(unit)
    if found.practices:
        lines += _practice_lines(found.practices)
    lines += ["", "## Places that this affects", ""]
    lines += [f"- {_where(item)}: {'; '.join(item.reasons)}" for item in found.touched] or ["None."]
    return "\n".join([*lines, ""])


def _where(item: AffectedPlace) -> str:
    path = "/".join(part for part in (item.system, item.footprint, item.place) if part)
    return path if item.place else f"{path} ({'scope' if item.footprint else 'ICB'})"


def _unit_lines(unit: UnitChanges) -> Iterator[str]:
    if unit.old == unit.new and not unit.any:
        return
    yield from ("", f"## {KINDS[unit.kind].plural} ({unit.old} → {unit.new})", "")
    if not unit.any:
        yield "Nothing changed."
        return
    yield f"- {len(unit.added)} added{_few(unit.added.items())}"
    yield f"- {len(unit.removed)} removed{_few(unit.removed.items())}"
    yield f"- {len(unit.renamed)} renamed{_few((code, f'{a} → {b}') for code, (a, b) in unit.renamed.items())}"
    yield f"- {len(unit.recoded)} recoded{_few((code, f'{new} {name}') for code, (new, name) in unit.recoded.items())}"
    if unit.redrawn:
        changed = [(ods, f"{a} → {b}") for ods, (a, b) in unit.redrawn.items()]
        yield f"- {len(changed)} NHS codes that are another area now{_few(changed)}"
    pairs = [(f"{a} → {b}", f"{n} LSOAs") for a, b, n in unit.moved]
    yield f"- {unit.lsoas:,} LSOAs ({unit.people:,.0f} people) moved{_few(pairs)}"


def _practice_lines(practices: PracticeChanges) -> Iterator[str]:
    yield from ("", f"## Practices and PCNs ({practices.old} → {practices.new})", "")
    moved = sum(practices.patients.get(code, 0) for code in practices.moved)
    closed = sum(practices.patients.get(code, 0) for code in practices.closed)
    pairs = [(code, f"{a} → {b}") for code, (a, b) in practices.moved.items()]
    yield f"- {len(practices.moved):,} practices moved to another PCN ({moved:,} patients){_few(pairs)}"
    yield f"- {len(practices.joined):,} joined a PCN, {len(practices.left):,} left theirs for none"
    yield f"- {len(practices.closed):,} closed ({closed:,} patients), {len(practices.opened):,} opened"
    yield f"- {len(practices.pcns_added):,} PCNs added{_few(practices.pcns_added.items())}"
    yield f"- {len(practices.pcns_removed):,} PCNs without members now{_few(practices.pcns_removed.items())}"
    yield f"- {len(practices.pcns_renamed):,} PCNs renamed"


def _few(pairs: Iterable[tuple[str, str]]) -> str:
    texts = [f"{code} ({text})" for code, text in pairs]
    return f": {some(texts, SHOWN, counted=True)}" if texts else ""
