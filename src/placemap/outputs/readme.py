"""What stands beside the tables: CSVW metadata for machines, README.md for people, FAILED.md for failures."""

from __future__ import annotations

from collections.abc import Iterable

from placemap.config.grades import WEAKEST
from placemap.config.in_words import public_notes
from placemap.config.model import Footprint, System
from placemap.core.findings import Finding, errors_of, tally
from placemap.core.tables import Table, TableSchema
from placemap.core.text import as_markdown, listed, without_html
from placemap.crosswalk.inputs import Inputs, attributions
from placemap.outputs.build import Build

BOUNDARY_FILES = "place_boundaries.gpkg (EPSG:27700), place_boundaries.geojson (WGS 84)"
#: Stands near the top of README.md where the evidence is weak.
WEAK = (
    "**Weak evidence (grade C).** No good public source states these places: they are a working assumption until the "
    "system confirms them."
)


# --- for people -------------------------------------------------------------------------------------------------------


def readme(build: Build, ending: str) -> str:
    """README.md of a folder: what it is, method, findings in short, data dictionary, sources, attribution."""
    system, footprint = build.system, build.footprint
    parts = [
        f"# {as_markdown(system.name)}: {as_markdown(footprint.name)}",
        f"Footprint `{footprint.id}` of `{system.id}` ({footprint.status}; evidence grade {footprint.grade}, "
        f"{footprint.basis}), made by placemap from `{system.loc.file}`.",
        *([WEAK] if footprint.grade == WEAKEST else []),
        *map(without_html, [footprint.notes] if footprint.notes else public_notes(system, footprint)),
        *([f"Built with other vintages than the usual ones, as asked for: {build.asked}."] if build.asked else []),
        *left_out(build.findings),
        "## Method",
        method(footprint),
        "## Checks",
        f"{tally(build.findings)}; "
        f"all are in `findings{ending}`. Every LSOA of the scope is in exactly one place: a build with a gap or an "
        "overlap writes no crosswalk, and no waiver accepts one.",
        *_evidence(system, footprint),
        *files_and_sources(build, ending),
    ]
    return "\n\n".join(parts) + "\n"


def files_and_sources(build: Build, ending: str) -> list[str]:
    """The last paragraphs: what is in which file, and what it was made from."""
    return [
        "## Files and columns",
        *(dictionary(table, ending) for table in build.tables),
        *boundary_dictionary(build),
        "## Sources",
        sources(build.inputs),
        "## Attribution",
        "\n".join(f"- {line}" for line in attributions(build.inputs)),
    ]


def left_out(findings: Iterable[Finding]) -> list[str]:
    """What the build was made without, as a paragraph; nothing where all was at hand."""
    found = dict.fromkeys(finding.message for finding in findings if finding.code == "left-out-tables")
    return [f"**Incomplete**: {message}" for message in list(found)[:1]]


def method(footprint: Footprint) -> str:
    """How LSOAs come to places, in words."""
    return "\n\n".join(text for _, text in method_parts(footprint))


def method_parts(footprint: Footprint) -> list[tuple[str, str]]:
    """How LSOAs come to places: heading and text."""
    areas = (
        "Everything is resolved to Lower layer Super Output Areas of 2021 (LSOAs), and every other geography is "
        "reached from them. Places declared from LSOAs, MSOAs, local authorities or sub-ICB locations are exact fits; "
        "wards follow the ONS best-fit lookup."
    )
    patients = (
        "PCNs and practices are not areas. Their registered patients are counted by LSOA of residence, and "
        "each LSOA of the scope that is not claimed as an area goes to the place with most of them (plurality). "
        "SHARE is that place's part of all registered patients who live in the LSOA; where it is low, few of them "
        "use any practice of the place, which is usual near borders. Method: Beaney et al., BJGP Open 2022, "
        "doi:10.3399/BJGPO.2022.0037."
    )
    older = (
        "Figures that are published for LSOAs of 2011 come to 2021 by the ONS exact-fit lookup; LSOAs that were "
        "split are divided by residents of Census 2021. Totals are kept. `ledger` accounts for every patient of the "
        "national registrations once."
    )
    by_patients = [("Places of PCNs and practices", patients)] if footprint.has_patient_kinds else []
    return [("Places of areas", areas), *by_patients, *_tier_parts(footprint), ("Figures of LSOAs of 2011", older)]


def _tier_parts(footprint: Footprint) -> list[tuple[str, str]]:
    """What a footprint has to do with others: heading and text."""
    parts = []
    if footprint.united:
        united = listed(sorted(footprint.united))
        text = (
            f"Places here are put together from places of the footprint {united}, with exactly their LSOAs, however "
            "these came to be there; so they are the sum of these to the person. `place_practice` and `place_pcn` have "
            "the practices and PCNs of the places that each is put together from."
        )
        parts.append(("Places put together from others", text))
    if footprint.inside:
        where = "/".join(part for part in footprint.inside if part)
        text = (
            f"This footprint lies inside {where}, and covers its places. PARENTCD is the place there that a place lies "
            "in. Where patients decide, a place may have LSOAs that its parent has not; `place_parent` and `findings` "
            "(crosses-tier) say which."
        )
        parts.append(("Tiers", text))
    return parts


def _evidence(system: System, footprint: Footprint) -> list[str]:
    """A heading and the documents; nothing where there are none that may be cited."""
    keys = dict.fromkeys([*footprint.evidence, *(key for place in footprint.places for key in place.evidence)])
    lines = []
    for key in keys:
        item = system.evidence[key]
        where = ", ".join(part for part in (as_markdown(item.publisher), item.date, item.url) if part)
        lines.append(f"- {as_markdown(item.title)} ({where}). {without_html(item.states)}".rstrip())
    return ["## Evidence", "\n".join(lines)] if lines else []


def dictionary(table: Table, ending: str) -> str:
    """What a table is and what its columns mean, as Markdown."""
    return _described(table.schema, len(table.columns), f"{table.name}{ending}")


def boundary_dictionary(build: Build) -> list[str]:
    """What the files of outlines are and what their attributes mean, as Markdown; nothing where there are none."""
    found = build.boundaries
    return [_described(found.schema, len(found.frame), BOUNDARY_FILES)] if found else []


def _described(schema: TableSchema, count: int, heading: str) -> str:
    rows = "\n".join(f"| {column.name} | {column.description} |" for column in schema.columns)
    return f"### {heading}\n\n{schema.title}. {count:,} rows.\n\n| column | meaning |\n|---|---|\n{rows}"


def sources(inputs: Inputs) -> str:
    """The reference tables, as a Markdown table."""
    head = "| table | source | publisher | vintage | licence | content SHA-256 |\n|---|---|---|---|---|---|"
    rows = [
        f"| {e.name} | {e.title} | {e.publisher} | {e.vintage} | {e.licence} | `{e.content_sha256[:16]}…` |"
        for e in inputs
    ]
    return "\n".join([head, *rows])


def failed_page(build: Build) -> str:
    """FAILED.md: why there is no crosswalk here."""
    errors = errors_of(build.findings)
    lines = [
        f"# {as_markdown(build.system.name)}: {as_markdown(build.footprint.name)} was not built",
        f"{len(errors)} error{'s' if len(errors) != 1 else ''} in footprint `{build.footprint.id}`; so this folder "
        "holds no crosswalk, and an earlier one has been removed. `findings` lists everything.",
        "\n".join(
            f"- **{error.code}** ({error.location}): {without_html(error.message)}"
            + (f" Next: {error.hint}." if error.hint else "")
            for error in errors
        ),
    ]
    return "\n\n".join(lines) + "\n"
