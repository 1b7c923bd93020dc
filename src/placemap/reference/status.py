"""States of the reference that can be compared: a store as it stands, or as of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from placemap.core.fine_kinds import FINE_KINDS
from placemap.reference.schemas import PROFILE
from placemap.reference.store import Manifest, TableEntry
from placemap.reference.vintages import months, tables_of

# --- status -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TableStatus:
    """One line of `data status`.

    Attributes:
        age_months: months since the vintage.
        use: how it is used, and why.
        retrieved: when it was downloaded, empty where that is not known.
    """

    entry: TableEntry
    age_months: int
    use: str
    retrieved: str


def status_of(manifest: Manifest, retrieved: dict[str, str], today: date) -> list[TableStatus]:
    """The tables of a store, in order of name.

    Args:
        retrieved: by table, when it was downloaded.
        today: ages are counted to.
    """
    return [
        TableStatus(entry, _age(entry.vintage, today), _use(entry, manifest), retrieved.get(name, ""))
        for name, entry in sorted(manifest.tables.items())
    ]


#: How tables are used that no build needs.
_USES = {PROFILE: "by `placemap profile`"}


def _age(vintage: str, today: date) -> int:
    return months(today.isoformat()) - months(vintage)


def _use(entry: TableEntry, manifest: Manifest) -> str:
    """Why a table is used: the newest of its kind, or only where a config or an option names its vintage."""
    kind = entry.chosen_by
    fine = next((fine for fine in FINE_KINDS.values() if fine.family == entry.family), None)
    if fine is not None:
        newest = max(one.vintage for one in manifest.tables.values() if one.family == entry.family)
        return f"for {fine.plural}" if entry.vintage == newest else f"not used: {newest} is newer"
    if not kind:
        return _USES.get(entry.family, "by name" if entry.family.endswith("_measure") else "always")
    if kind == "pcn":
        return _pcn_use(entry, manifest)
    if manifest.defaults.get(kind) == entry.vintage:
        return "by default: the newest"
    if entry.coverage.startswith("part"):
        return f"on request (--vintage {kind}={entry.vintage}): it covers only a part of England"
    if entry.family == "practices":
        return "names of practices of that month"
    return f"on request (--vintage {kind}={entry.vintage}, or a vintage in a config)"


def _pcn_use(entry: TableEntry, manifest: Manifest) -> str:
    registered = manifest.defaults.get("registrations", "")
    vintages = [table.vintage for table in tables_of(manifest, "pcn")]
    nearest = min(vintages, key=lambda vintage: (_apart(vintage, registered), vintage), default="")
    if entry.vintage == nearest:
        return f"by default: nearest to the registrations ({registered})" if registered else "by default"
    return f"on request (--vintage pcn={entry.vintage}, pcn_vintage in a config, or --as-of)"


def _apart(one: str, other: str) -> int:
    return abs(_age(one, date(int(other[:4]), int(other[5:7] or 1), 1))) if other else 0
