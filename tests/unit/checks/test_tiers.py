"""Tiers on the toy county: what is read, what is found to cross, whose size is held to what, counted by hand."""

import numpy as np
import pytest
from toy_county import HEAD, IN_SCOPE, RESIDENTS

from placemap.config.load import load_system, system_from_text
from placemap.config.tiers import chain_of, inner_of, outer_of, tier_names, tier_of
from placemap.core.errors import PlacemapErrors

COUNCILS = """\
  councils:
    name: Councils
    status: current
    grade: A
    evidence: plan
    places:
      ashton: {name: Ashton, ltla: {E06000901: Ashton}}
      borley: {name: Borley, ltla: {E07000902: Borley}}
      corley: {name: Corley, ltla: {E07000903: Corley}, within: scope}
"""
PRACTICES = """\
  practices:
    name: By practice
    status: current
    grade: A
    evidence: plan
    %s
    places:
      east: {name: East, pcn: [U90001, U90002, U90004]}
      west: {name: West, pcn: [U90003], practice: [A90006]}
"""
WARDS = """\
  wards:
    name: Wards
    status: current
    grade: A
    evidence: plan
    %s
    places:
      abbey: {name: Abbey, ward: [E05000901]}
      bridge: {name: Bridge, ward: [E05000902]}
      castle: {name: Castle, ward: [E05000903]}
      dene: {name: Dene, ward: [E05000904]}
      elm: {name: Elm, ward: [E05000905]}
      ford: {name: Ford, ward: [E05000906], within: scope}
"""
UNITED = """\
  united:
    name: United
    status: proposed
    grade: B
    evidence: plan
    places:
      north: {name: North, place: {wards/abbey: Abbey, wards/castle: Castle, wards/elm: Elm}}
      south: {name: South, place: [wards/bridge, wards/dene, wards/ford]}
"""


def config(*footprints, default):
    return HEAD + f"default_footprint: {default}\nfootprints:\n" + "".join(footprints)


def by_lsoa(resolved):
    """Place id by LSOA of the scope."""
    places = [*(place.id for place in resolved.places), ""]
    codes = resolved.geography.lsoa_codes.tolist()
    return {code: places[resolved.assignment.place[codes.index(code)]] for code in IN_SCOPE}


def resolve(toy, text, footprint=None):
    workspace, system, chosen = toy(text, footprint)
    findings, resolved = workspace.resolve(system, chosen)
    assert not findings
    return resolved


def test_scope_of_a_footprint_inside_another_is_the_places_of_that(toy):
    text = config(COUNCILS, WARDS % "inside: councils/borley", default="wards").replace(
        "abbey: {name: Abbey, ward: [E05000901]}\n      bridge: {name: Bridge, ward: [E05000902]}\n      ", ""
    )
    text = text.replace("      elm: {name: Elm, ward: [E05000905]}\n", "").replace(
        "      ford: {name: Ford, ward: [E05000906], within: scope}\n", ""
    )
    resolved = resolve(toy, text)
    scope = [
        code for code, lies in zip(resolved.geography.lsoa_codes, resolved.assignment.in_scope, strict=True) if lies
    ]
    assert scope == [f"E010000{n:02}" for n in (6, 7, 8, 9)]
    assert resolved.parentnm.tolist() == ["Borley", "Borley", ""]


def test_scope_of_a_tier_is_all_that_the_places_have_out_of_their_own_scope_too(toy):
    outer = COUNCILS.replace(", within: scope", "")
    resolved = resolve(toy, config(outer, WARDS % "inside: councils", default="wards"))
    assert resolved.assignment.in_scope.all()  # LSOA 13 is in Corley, and so in the scope of what divides Corley


def test_union_has_exactly_the_lsoas_of_its_parts(toy):
    text = config(WARDS % "", UNITED, default="united")
    union, parts = by_lsoa(resolve(toy, text)), by_lsoa(resolve(toy, text, "wards"))
    north = {"abbey", "castle", "elm"}
    assert union == {code: "north" if parts[code] in north else "south" for code in IN_SCOPE}


def united_practices(*, west="[parts/b]", more=""):
    """Places put together from two parts of practices, with `Lone` listed by itself and `Apple` taken from `a`."""
    parts = (
        (PRACTICES % "")
        .replace("  practices:", "  parts:")
        .replace("East, pcn", "East, exclude: {practice: [A90002]}, pcn")
    )
    parts = parts.replace("      east:", "      a:").replace("      west:", "      b:")
    return parts + (
        "  united:\n    name: United\n    status: proposed\n    grade: B\n    evidence: plan\n    places:\n"
        f"      north: {{name: North, place: [parts/a]}}\n      south: {{name: South, place: {west}{more}}}\n"
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", {"A90001": "north", "A90003": "north", "A90005": "north", "A90004": "south", "A90006": "south"}),
        (
            ", practice: [A90001, A90002]",
            {
                **{"A90001": "south", "A90002": "south", "A90003": "north"},
                **{"A90005": "north", "A90004": "south", "A90006": "south"},
            },
        ),
        (
            ", exclude: {practice: [A90006]}",
            {"A90001": "north", "A90003": "north", "A90005": "north", "A90004": "south"},
        ),
    ],
)
def test_practices_of_a_union_by_hand(toy, more, expected):
    """A practice that a place lists itself is its own; one that is excluded is nobody's."""
    resolved = resolve(toy, config(united_practices(more=more), default="united"))
    place_of = resolved.assignment.declared.place_of
    assert {code: resolved.places[at].id for code, at in place_of.items()} == expected
    assert resolved.is_declared_from_practices


def test_union_of_a_union_has_the_same_practices_and_one_of_areas_none(toy):
    top = UNITED.replace("  united:", "  top:").replace(
        "{wards/abbey: Abbey, wards/castle: Castle, wards/elm: Elm}", "[united/north]"
    )
    top = top.replace("[wards/bridge, wards/dene, wards/ford]", "[united/south]")
    text = config(united_practices(), top, default="top")
    both = [resolve(toy, text, key).assignment.declared for key in ("united", "top")]
    assert both[0].place_of == both[1].place_of
    assert both[0].by_place == both[1].by_place
    areas = resolve(toy, config(WARDS % "", UNITED, default="united"))
    assert areas.assignment.practice_place is None
    assert not areas.is_declared_from_practices


def test_parts_of_a_union_have_it_for_a_parent_and_never_cross(toy, findings_of):
    text = config(PRACTICES % "", UNITED.replace("wards/", "practices/"), default="united")
    text = text.replace("{practices/abbey: Abbey, practices/castle: Castle, practices/elm: Elm}", "[practices/east]")
    text = text.replace("[practices/bridge, practices/dene, practices/ford]", "[practices/west]")
    resolved = resolve(toy, text, "practices")
    assert resolved.parentcd.tolist() == ["toyshire/united/north", "toyshire/united/south", ""]
    assert not resolved.crossing.any()
    assert {"crosses-tier", "parent-found"}.isdisjoint(finding.code for finding in findings_of(text, "practices"))


def test_patients_that_cross_councils_are_a_warning_with_their_lsoas_and_people(toy, findings_of):
    text = config(COUNCILS, PRACTICES % "inside: councils", default="practices")
    resolved = resolve(toy, text)
    place, councils = by_lsoa(resolved), by_lsoa(resolved.outer)
    parents = {"east": set(), "west": set()}
    for one in parents:
        held = [councils[code] for code in IN_SCOPE if place[code] == one]
        people = {name: sum(RESIDENTS[c] for c in IN_SCOPE if place[c] == one and councils[c] == name) for name in held}
        most = max(people, key=people.get)
        parents[one] = {c for c in IN_SCOPE if place[c] == one and councils[c] != most}
    found = [f for f in findings_of(text) if f.code == "crosses-tier"]
    assert {f.severity for f in found} == {"warning"}
    for one, lsoas in parents.items():
        mine = [f for f in found if f.subject == one]
        assert {code for f in mine for code in f.lsoas} == lsoas
        assert sum(f.people for f in mine) == sum(RESIDENTS[code] for code in lsoas)
    assert any(parents.values())


def test_areas_that_contradict_each_other_cannot_be_accepted(findings_of):
    """Castle is in Borley, and by `parent` in Ashton; Abbey half in Corley. A reason does not make either nest."""
    waived = "inside: councils\n    accept: [{finding: crosses-tier, subject: [abbey, castle], reason: So it is}]"
    inner = (WARDS % waived).replace("name: Castle,", "name: Castle, parent: ashton,")
    inner = inner.replace("[E05000901]", "[E05000901], lsoa: [E01000010]").replace(
        "[E05000905]", "[E05000905], exclude: {lsoa: [E01000010]}"
    )
    found = findings_of(config(COUNCILS, inner, default="wards"))
    assert {f.subject: f.severity for f in found if f.code == "crosses-tier"} == {"abbey": "error", "castle": "error"}
    unused = [f for f in found if f.code == "unused-waiver"]
    assert [f.subject for f in unused] == ["abbey", "castle"]
    assert all(f.message.startswith("an error of crosses-tier cannot be accepted") for f in unused)


def test_parent_that_has_ended_is_not_said_to_be_missing(findings_of):
    """What divided a place that ended is put under another one, and that is no mere note."""
    outer = COUNCILS.replace("ltla: {E07000902: Borley}}", "ltla: [E07000902], valid_to: 2023-03-31}").replace(
        "{E06000901: Ashton}", "[E06000901, E07000902]"
    )
    inner = (WARDS % "inside: councils").replace("name: Castle,", "name: Castle, parent: borley,")
    found = [f for f in findings_of(config(outer, inner, default="wards")) if f.code == "parent-found"]
    (castle,) = [f for f in found if f.subject == "castle"]
    assert castle.severity == "warning"
    assert castle.message.startswith("Castle names `borley` as its parent, which is not in force; Ashton is taken")
    assert {f.severity for f in found if f.subject != "castle"} == {"info"}


def test_practice_in_different_places_by_two_tiers_is_named(findings_of):
    outer = PRACTICES % "" + "      other: {name: Other, practice: [A90001]}\n"
    inner = (
        (PRACTICES % "inside: practices").replace("  practices:", "  inner:").replace("East,", "East, parent: east,")
    )
    found = [f for f in findings_of(config(outer, inner, default="inner")) if f.code == "crosses-tier"]
    named = [f for f in found if f.subject == "A90001"]
    assert len(named) == 1
    assert "in East, which lies in East, and in Other by the tier above" in named[0].message
    assert named[0].people == 2017  # all patients of A90001
    assert named[0].severity == "warning"


def test_each_tier_is_held_to_its_own_guidance(findings_of):
    def sizes(text):
        return [f.message.partition("guidance")[2] for f in findings_of(text) if f.code == "place-size"]

    places = config(COUNCILS, default="councils")
    assert set(sizes(places)) == {" gives 250,000 to 500,000 (NHS Confederation, 2020)."}
    inside = config(COUNCILS, WARDS % "inside: councils", default="wards")
    assert set(sizes(inside)) == {" gives a neighbourhood 30,000 to 50,000 (NHS Long Term Plan, 2019)."}
    units = config(COUNCILS, WARDS % "inside: councils\n    tier: delivery-unit", default="wards")
    assert sizes(units) == []


@pytest.mark.parametrize("upper", [True, False])
def test_errors_of_a_footprint_that_is_needed_are_errors_here(findings_of, upper):
    """A gap of the councils is one of what divides them, and a gap of the wards one of what is put together from them."""
    if upper:
        wrong = COUNCILS.replace("      borley: {name: Borley, ltla: {E07000902: Borley}}\n", "")
        inner = WARDS % "inside: councils"
        text = config(wrong, inner, default="wards")
        for gone in ("castle: {name: Castle, ward: [E05000903]}", "dene: {name: Dene, ward: [E05000904]}"):
            text = text.replace(f"      {gone}\n", "")
        needed = "councils"
    else:
        wards = WARDS.replace("      elm: {name: Elm, ward: [E05000905]}\n", "") % ""
        text = config(wards, UNITED.replace(", wards/elm: Elm", ""), default="united")
        needed = "wards"
    found = [f for f in findings_of(text) if f.code == "gap"]
    below = [f for f in found if f.message.startswith(f"in footprint {needed}, which this one needs: ")]
    assert len(below) == 1
    assert (below[0].severity, below[0].place) == ("error", "")


def test_tiers_of_a_system_by_hand():
    text = config(COUNCILS, WARDS % "inside: councils", PRACTICES % "inside: wards", UNITED, default="councils")
    system = system_from_text(text, "toy.yaml")
    of = system.footprints
    assert outer_of(system, of["wards"]) is of["councils"]
    assert outer_of(system, of["councils"]) is None
    assert inner_of(system, of["councils"]) == [of["wards"]]
    chain = chain_of(system, of["wards"])
    assert [footprint.id for footprint in chain] == ["councils", "wards", "practices"]
    assert [tier_of(system, footprint) for footprint in chain] == ["place", "neighbourhood", "neighbourhood-part"]
    assert tier_names(system, chain) == ["place", "neighbourhood", "neighbourhood-part"]


@pytest.mark.parametrize(
    ("outermost", "middle", "tiers"),
    [
        ("region", "", ["region", "place", "neighbourhood"]),
        ("", "delivery-unit", ["place", "delivery-unit", "neighbourhood"]),
        ("", "place", ["place", "place", "neighbourhood"]),
    ],
)
def test_tier_of_a_footprint_follows_from_what_is_around_it(outermost, middle, tiers):
    def said(text, tier):
        return text.replace("    evidence: plan\n", f"    evidence: plan\n    tier: {tier}\n") if tier else text

    text = config(
        said(COUNCILS, outermost),
        said(WARDS % "inside: councils", middle),
        PRACTICES % "inside: wards",
        default="wards",
    )
    system = system_from_text(text, "toy.yaml")
    chain = chain_of(system, system.footprints["wards"])
    assert [tier_of(system, footprint) for footprint in chain] == tiers
    names = tier_names(system, chain)
    assert names == (["councils", "wards", "neighbourhood"] if tiers[0] == tiers[1] else tiers)


def test_no_two_tiers_have_one_name_nor_that_of_the_lsoas():
    """A footprint's id may be another's tier, and a tier be called like the column of LSOAs."""
    places = COUNCILS.replace("name: Councils", "tier: lsoa21\n    name: Councils")
    first = (WARDS % "inside: councils").replace("  wards:", "  neighbourhood-part:")
    second = (WARDS % "inside: councils").replace("  wards:", "  parts:")
    within = (PRACTICES % "inside: parts").replace("name: By", "tier: neighbourhood-part\n    name: By")
    system = system_from_text(config(places, first, second, within, default="councils"), "toy.yaml")
    chain = chain_of(system, system.footprints["councils"])
    assert sorted(tier_of(system, one) for one in chain) == ["lsoa21", "neighbourhood-part", "place", "place"]
    names = tier_names(system, chain)
    assert len(set(names)) == len(names) == 4
    assert "lsoa21" not in tier_names(system, chain[:1])


# --- several files ---------------------------------------------------------------------------------------------------


@pytest.fixture
def two_files(tmp_path):
    """A system whose neighbourhoods stand in a file of their own, as `places.yaml` and `parts.yaml`."""
    main = config(UNITED, default="united").replace("default_footprint", "files: [parts.yaml]\ndefault_footprint")
    parts = config(WARDS % "", default="wards").replace("default_footprint", "files: [places.yaml]\ndefault_footprint")
    (tmp_path / "places.yaml").write_text(main)
    (tmp_path / "parts.yaml").write_text(parts)
    return tmp_path


def test_system_in_two_files_is_that_in_one(two_files, toy):
    workspace, _, _ = toy()
    split = load_system(two_files / "places.yaml")
    whole = system_from_text(config(WARDS % "", UNITED, default="united"), "toy.yaml")
    assert list(split.footprints) == list(whole.footprints)
    for footprint in ("united", "wards"):
        one, other = (workspace.resolve(s, s.footprints[footprint])[1] for s in (split, whole))
        np.testing.assert_array_equal(one.assignment.place, other.assignment.place)
        assert one.parentcd.tolist() == other.parentcd.tolist()
    assert split.footprints["wards"].loc.file == "parts.yaml"


def test_either_file_may_be_asked_for(two_files):
    assert load_system(two_files / "parts.yaml").default_footprint == "wards"
    assert set(load_system(two_files / "parts.yaml").footprints) == {"united", "wards"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: toyshire", "id: other", "this file is about `other`"),
        ("name: Toyshire", "name: Othershire", "`name` of the system is another in places.yaml"),
        ("ods: QT1", "ods: QT2", "`icb` of the system is another in places.yaml"),
        (
            "evidence:",
            "systems_of_2026: {E54000902: NHS Other}\nevidence:",
            "`systems_of_2026` of the system is another in places.yaml",
        ),
        ("wards:", "united:", "there is a footprint `united` in places.yaml already"),
        ("date: 2022-05", "date: 2021-05", "evidence `plan` is another document in places.yaml"),
        ("grade: A", "grade: X", "`grade`: found `X`"),
        ("abbey:", "abby:", "footprint `wards` has no place `abbey`"),
    ],
)
def test_mistakes_between_files_stand_where_they_are(two_files, old, new, message):
    path = two_files / "parts.yaml"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(PlacemapErrors) as caught:
        load_system(two_files / "places.yaml")
    (error,) = [one for one in caught.value.errors if message in one.message]
    file, line, column = error.location.split(":")
    text = (two_files / file).read_text().splitlines()[int(line) - 1][int(column) - 1 :]
    assert text.startswith((new.split(":")[0], "icb", new.split(": ")[-1], "wards/abbey", "plan"))
