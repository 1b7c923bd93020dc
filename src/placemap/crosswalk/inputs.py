"""Which reference tables a footprint's outputs rest on."""

from __future__ import annotations

from placemap.config.model import Footprint
from placemap.core.text import month
from placemap.crosswalk.tables import crosswalk_kinds
from placemap.reference.geography import MERGE_WEIGHT, SPLIT_WEIGHT, Geography
from placemap.reference.store import TableEntry
from placemap.resolve.resolved import ResolvedFootprint

Inputs = list[TableEntry]


def inputs_of(footprint: Footprint, geography: Geography, measure: str) -> Inputs:
    """The tables, in order of name, whatever else the same process has read."""
    data = geography.data
    pcn_vintage = footprint.vintages.get("pcn") or geography.default_vintage("pcn")
    entries = [
        data.need("lsoa_names"),
        data.find("exact_fit"),
        data.find("adjacency"),
        geography.practices_entry,
        # A vintage that is not there is a finding, and what was found is written with the inputs that there are.
        *geography.find_pcn_entries(pcn_vintage),
        geography.registrations_entry,
        *(geography.units_entry(kind) for kind in crosswalk_kinds(geography)),
        *(geography.measure_entry(name) for name in (measure, SPLIT_WEIGHT)),
        data.find("lsoa_measure", MERGE_WEIGHT),
        data.find("lookup", "sub_icb", geography.ccg_vintage),
        *_declared(footprint, geography),
    ]
    unique = {entry.name: entry for entry in entries if entry is not None}
    return [unique[name] for name in sorted(unique)]


def _declared(footprint: Footprint, geography: Geography) -> Inputs:
    """Tables of the vintages that members are declared in, and of the figures that places are held to."""
    entries: list[TableEntry | None] = []
    units = [*footprint.scope.include, *footprint.scope.exclude]
    known = geography.measures()
    for place in footprint.places:
        units += [*place.units, *place.exclude, *place.within]
        entries += [geography.measure_entry(e.measure) for e in place.expects if e.measure in known]
    for unit in units:
        if unit.kind == "pcn":
            entries += [entry for entry in geography.find_pcn_entries(unit.vintage) if entry is not None][1:]
        elif unit.kind != "practice":
            entries.append(geography.find_units_entry(unit.kind, unit.vintage))
    return [entry for entry in entries if entry is not None]


def as_of(resolved: ResolvedFootprint) -> str:
    """`LSOAs of 2021; …`: what a reader must know about the dates of a map or a workbook."""
    geography = resolved.geography
    lsoas, ltlas = geography.units_entry("lsoa").vintage, geography.units("ltla").vintage
    parts = [f"LSOAs of {lsoas}", f"local authorities of {ltlas}"]
    if resolved.footprint.has_patient_kinds or resolved.is_declared_from_practices:
        registered = geography.registrations_entry.vintage
        listing = geography.pcn_entries(resolved.pcn_vintage)[1].vintage
        by = "" if listing == resolved.pcn_vintage else f" by the list of {month(listing)}"
        parts += [f"PCN membership of {month(resolved.pcn_vintage)}{by}", f"patients registered in {month(registered)}"]
    return f"{'; '.join(parts)}. Residents: {geography.measure_entry(resolved.populations.residents_name).title}."


def newest_year(inputs: Inputs) -> int:
    """Year of the newest vintage among the tables."""
    return max(int(entry.vintage[:4]) for entry in inputs)


def attributions(inputs: Inputs) -> list[str]:
    """The attribution lines that outputs must carry, each once, in order."""
    lines = {line.strip() for entry in inputs for line in entry.attribution.splitlines() if line.strip()}
    return sorted(lines, key=lambda line: (not line.startswith("Source"), line))
