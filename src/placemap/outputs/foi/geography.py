"""What geography the places of an FOI pack are drawn from, in words."""

from __future__ import annotations

from placemap.config.tiers import put_together
from placemap.core.codes import KINDS
from placemap.core.text import listed
from placemap.outputs.report.content import Report

#: One and several of a kind, as a letter calls them.
_SAID = {
    **{kind.label: (kind.label, kind.plural) for kind in KINDS.values()},
    "LTLA": ("local authority", "local authorities"),
    "UTLA": ("upper-tier local authority", "upper-tier local authorities"),
}
_FORMER = ("former clinical commissioning group (CCG)", "former clinical commissioning groups (CCGs)")
_BY = {"PCN": "primary care network (PCN)", "practice": "single practice"}
_PATIENT_LABELS = [kind.label for kind in KINDS.values() if kind.patients]
_LSOAS = "2021 Lower layer Super Output Areas (LSOAs)"
#: Position of the method among what a report has of an LSOA.
_METHOD = 3


def of_places(report: Report, many: str, one: str) -> str:
    """What fits the number of places: words for several, or for a single one."""
    return one if len(report.places) == 1 else many


def drawn_from(report: Report) -> list[str]:
    """What the places are drawn from, in paragraphs."""
    have = of_places(report, f"We have {len(report.places)} places.", "We have one place.")
    named = of_places(report, "The table of places names them.", "The table of places names it.")
    if report.footprint.united:
        return [f"{have} {put_together(report.system, report.footprint)}", named]
    if not report.footprint.has_patient_kinds:
        return [f"{have} {_of_areas(report)} {_lsoas(report)}"]
    return [
        f"{have} {_of_practices(report)} {named}",
        "No boundary was drawn for a group of practices. To relate it to ONS geography, each 2021 Lower layer Super "
        "Output Area (LSOA) is matched to the place whose practices have most of its registered patients.",
    ]


def _of_areas(report: Report) -> str:
    kinds = _area_kinds(report)
    if any(place.exceptions for place in report.places):
        they = of_places(report, "They are made", "It is made")
        return f"{they} of areas of official geography, some of them in part: {kinds}, as the table of places says."
    if sum(len(place.members) for place in report.places) == 1:
        return f"It is one whole area of official geography: the {kinds} that the table of places names."
    they = of_places(report, "They are", "It is made of")
    made = of_places(report, "made of whole areas", "whole areas")
    return f"{they} {made} of official geography: {kinds}, named in the table of places."


def _area_kinds(report: Report) -> str:
    """The kinds of areas that any place is made of: one of a kind, or several."""
    found: dict[tuple[str, str], int] = {}
    for place in report.places:
        for label, _, name in place.members:
            if label not in _PATIENT_LABELS:
                # A sub-ICB location of a year before ICBs is a CCG, and is called so.
                said = _FORMER if label == KINDS["sub_icb"].label and name.endswith(" CCG") else _SAID[label]
                found[said] = found.get(said, 0) + 1
    alone = sum(found.values()) == 1
    if {_SAID["LTLA"], _SAID["UTLA"]} <= found.keys():
        del found[_SAID["UTLA"]]
    return listed([one if alone else many for one, many in found])


def _lsoas(report: Report) -> str:
    """How LSOAs come to places that are made of areas."""
    if not any(row[_METHOD] == "best-fit" for row in report.lsoas):
        where = "it" if sum(len(place.members) for place in report.places) == 1 else "these areas"
        return f"{_LSOAS} nest in {where}, so none is divided."
    if any(label == "ward" for place in report.places for label, _, _ in place.members):
        return (
            f"{_LSOAS} are matched to wards by the best-fit lookup of the Office for National Statistics, so the edge "
            "of a ward and that of its LSOAs may differ a little."
        )
    return f"{_LSOAS} go with the former area in which most of their people lived."


def _of_practices(report: Report) -> str:
    labels = {label for place in report.places for label, _, _ in place.members}
    by = listed([_BY[label] for label in ("PCN", "practice") if label in labels], "or")
    groups = of_places(report, f"groups of GP practices, by {by}", f"a group of GP practices, by {by}")
    if labels <= set(_PATIENT_LABELS):
        they = of_places(report, "They were", "It was"), of_places(report, "they are", "it is")
        return f"{they[0]} not drawn from wards, LSOAs or local authorities: {they[1]} {groups}."
    areas = f"whole areas of official geography: {_area_kinds(report)}"
    return of_places(report, f"Some are {groups}; others are made of {areas}.", f"It is {groups}, and {areas}.")
