"""Tiers of the shipped systems: what crosses, and that the sum of a finer tier is the coarser one."""

import json

import numpy as np
import pytest
import yaml

from conftest import REPO
from placemap.commands.explain import explain_code
from placemap.config.load import system_from_text
from placemap.core.findings import Severity

NORFOLK = (REPO / "configs/norfolk-and-waveney.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def norfolk():
    """Norfolk and Waveney with its PCNs by themselves, and option 4 put together from these."""
    parts = yaml.safe_load(NORFOLK)["footprints"]["neighbourhoods"]["places"]
    alone, united = _head("pcns"), _head("united")
    for key, part in parts.items():
        (code, _), *_ = part["pcn"].items()
        alone += f"      {key}: {{name: {part['name']}, pcn: [{code}]}}\n"
    for parent in sorted({part["parent"] for part in parts.values()}):
        members = ", ".join(f"pcns/{key}" for key, part in parts.items() if part["parent"] == parent)
        united += f"      {parent}: {{name: {parent}, place: [{members}]}}\n"
    return system_from_text(NORFOLK + alone + united, "norfolk-and-waveney.yaml")


def _head(key):
    return (
        f"  {key}:\n    name: {key}\n    status: proposed\n    grade: B\n    evidence: engagement-2021\n    places:\n"
    )


def crossings(workspace, system, footprint):
    """Findings of crossings, accepted ones too."""
    found = workspace.check(system, system.footprints[footprint]).findings
    return [finding for finding in found if "crosses-tier" in (finding.code, finding.message.split(" accepted")[0])]


def test_two_pcns_of_norfolk_cross_the_five_places(workspace, norfolk):
    found = crossings(workspace, norfolk, "neighbourhoods")
    assert {f.subject: round(f.people) for f in found} == {"mid-norfolk": 1447, "north-norfolk-1": 2143}
    assert [len(f.lsoas) for f in found] == [1, 1]
    assert {f.severity for f in found} == {Severity.INFO}  # accepted with a reason


def test_crossings_that_nobody_accepted_are_warnings(workspace):
    text = NORFOLK.replace("subject: [mid-norfolk, north-norfolk-1]", "subject: [north-norfolk-1]")
    found = crossings(workspace, system_from_text(text, "norfolk-and-waveney.yaml"), "neighbourhoods")
    assert {f.subject: f.severity for f in found} == {
        "mid-norfolk": Severity.WARNING,
        "north-norfolk-1": Severity.INFO,
    }


def test_five_places_put_together_from_the_pcns_are_their_sum_to_the_person(workspace, norfolk):
    assert crossings(workspace, norfolk, "pcns") == []
    _, pcns = workspace.resolve(norfolk, norfolk.footprints["pcns"])
    _, united = workspace.resolve(norfolk, norfolk.footprints["united"])
    assert pcns.parents[:-1].min() >= 0
    assert not pcns.crossing.any()
    for people in (pcns.populations.residents, pcns.populations.registered):
        parts = np.array([people[pcns.lsoas(at)].sum() for at in range(len(pcns.places))])
        wholes = np.array([people[united.lsoas(at)].sum() for at in range(len(united.places))])
        np.testing.assert_allclose(np.bincount(pcns.parents[:-1], parts), wholes)
    assert united.people(united.assignment.place >= 0) == 1_032_520


def test_places_put_together_have_the_practices_and_pcns_of_their_parts_each_once(workspace, norfolk):
    """The tables of practices are those of the parts, with the place that each part is in for its own."""
    parts, whole = (
        {table.name: table.frame for table in workspace.build(norfolk, norfolk.footprints[key]).tables}
        for key in ("pcns", "united")
    )
    practices = parts["place_practice"], whole["place_practice"]
    assert whole["place_practice"]["PRACTICECD"].is_unique
    above, own = (
        frame.set_index("PRACTICECD").sort_index()[column]
        for frame, column in zip(practices, ("PARENTCD", "PLACECD"), strict=True)
    )
    assert own.to_dict() == above.to_dict()
    for column in ("LIST_SIZE", "DECLARED_BY"):
        sizes = [frame.set_index("PRACTICECD")[column].sort_index() for frame in practices]
        assert (sizes[0] == sizes[1]).all()
    assert whole["place_practice"]["LIST_SIZE"].sum() == practices[0]["LIST_SIZE"].sum() > 1_000_000
    declared = [frames["place_pcn"][frames["place_pcn"]["DECLARED"]] for frames in (parts, whole)]
    assert len(declared[0]) == len(declared[1]) == 17
    assert set(declared[1]["PCNCD"]) == set(declared[0]["PCNCD"])
    by = [declared[0].set_index("PCNCD")["PARENTCD"], declared[1].set_index("PCNCD")["PLACECD"]]
    assert by[0].to_dict() == by[1].to_dict()
    living = parts["place_pcn"].groupby(["PARENTCD", "PCNCD"])["PATIENTS"].sum().round(2).to_dict()
    assert whole["place_pcn"].set_index(["PLACECD", "PCNCD"])["PATIENTS"].round(2).to_dict() == living


@pytest.mark.parametrize("code", ["D82003", "U36042"])
def test_explain_says_by_which_pcn_a_place_that_is_put_together_has_a_practice(workspace, norfolk, code):
    pcns, united = (
        explain_code(workspace, [norfolk], code, [key], every=False).explanations[0] for key in ("pcns", "united")
    )
    (said,), (of_part,) = united.declared, pcns.declared
    assert said == of_part.replace("Gorleston", "great-yarmouth-and-waveney")
    assert "norfolk-and-waveney.yaml:" in said
    assert united.members == tuple(line.replace("Gorleston", "great-yarmouth-and-waveney") for line in pcns.members)


def test_places_put_together_are_held_to_figures_by_practice(workspace):
    """Option 4's published list sizes, on places that are put together from the PCNs."""
    config = yaml.safe_load(NORFOLK)["footprints"]
    expects = {key: place["expect"] for key, place in config["option-4"]["places"].items()}
    by_parent = {}
    for key, part in config["neighbourhoods"]["places"].items():
        by_parent.setdefault(part["parent"], []).append(f"neighbourhoods/{key}")
    united = {key: {"name": key, "place": by_parent[key], "expect": expects[key]} for key in sorted(by_parent)}
    text = NORFOLK.replace("    inside: option-4\n", "").replace("        parent: ", "        notes: of ")
    text += _head("united").replace("    places:\n", "") + "    places: " + json.dumps(united) + "\n"
    system = system_from_text(text, "norfolk-and-waveney.yaml")
    codes = {finding.code for finding in workspace.check(system, system.footprints["united"]).findings}
    assert {"expectation-missed", "expectation-unchecked"}.isdisjoint(codes)
    wrong = system_from_text(text.replace('"value": 176627', '"value": 186627'), "norfolk-and-waveney.yaml")
    found = workspace.check(wrong, wrong.footprints["united"]).findings
    assert [finding.place for finding in found if finding.code == "expectation-missed"] == ["north-norfolk"]


def test_neighbourhoods_name_the_places_that_their_pcns_are_members_of(shipped_systems):
    """`parent` says the same as the members of the tier above."""
    for system, footprint in (("norfolk-and-waveney", "neighbourhoods"), ("bnssg", "neighbourhoods")):
        of = shipped_systems[system].footprints
        outer = of[of[footprint].inside[0]]
        above = {member.code: place.id for place, member in outer.members() if member.kind == "pcn"}
        assert {member.code: place.parent for place, member in of[footprint].members()} == above


def test_tables_of_a_tier_say_which_place_is_its_parent(workspace, shipped_systems):
    system = shipped_systems["norfolk-and-waveney"]
    tables = {table.name: table.frame for table in workspace.build(system, system.footprints["neighbourhoods"]).tables}
    parent = {
        f"norfolk-and-waveney/neighbourhoods/{place.id}": f"norfolk-and-waveney/option-4/{place.parent}"
        for place in system.footprints["neighbourhoods"].places
    }
    for name in ("place_lsoa21", "places", "place_practice", "place_pcn"):
        assert (tables[name]["PARENTCD"] == tables[name]["PLACECD"].map(parent)).all(), name
        assert list(tables[name])[-2:] == ["PARENTCD", "PARENTNM"]
    pairs = tables["place_parent"]
    assert dict(pairs.loc[pairs["IS_PARENT"], ["PLACECD", "PARENTCD"]].to_numpy()) == parent
    assert set(pairs.loc[pairs["IS_PARENT"], "PARENT_BY"]) == {"declared"}
    crossing = pairs[~pairs["IS_PARENT"]]
    assert crossing[["PLACENM", "PARENTNM", "RESIDENTS"]].to_numpy().tolist() == [
        ["Mid Norfolk", "North Norfolk", 1447],
        ["North Norfolk 1", "West Norfolk", 2143],
    ]
    for by, whole in (("PARENTCD", "option-4"), ("PLACECD", "neighbourhoods")):
        _, resolved = workspace.resolve(system, system.footprints[whole])
        people = [resolved.people(resolved.lsoas(at)) for at in range(len(resolved.places))]
        assert pairs.groupby(by)["RESIDENTS"].sum().to_dict() == dict(zip(resolved.placecd, people, strict=False))
    assert pairs.groupby("PLACECD")["PLACE_RESIDENT_SHARE"].sum().round(9).unique().tolist() == [1.0]
    assert pairs.groupby("PARENTCD")["UNIT_RESIDENT_SHARE"].sum().round(9).unique().tolist() == [1.0]


def test_footprints_without_a_tier_above_have_the_columns_that_they_had(workspace, shipped_systems):
    system = shipped_systems["norfolk-and-waveney"]
    outcome = workspace.build(system, system.footprints["option-4"])
    assert not any("PARENTCD" in table.frame for table in outcome.tables)
    assert "place_parent" not in {table.name for table in outcome.tables}


def test_lsoas_by_all_tiers(run, tmp_path):
    import pandas as pd

    ran = run("build", "norfolk-and-waveney", "--tiers")
    assert ran.code == 0, ran.err
    folder = tmp_path / "out/norfolk-and-waveney/option-4"
    tiers = pd.read_csv(folder / "tiers_lsoa21.csv", keep_default_na=False)
    own = pd.read_csv(folder / "place_lsoa21.csv").set_index("LSOA21CD")
    assert len(tiers) == 624
    assert tiers["LSOA21CD"].is_unique
    assert (tiers["PLACECD"].to_numpy() == own.loc[tiers["LSOA21CD"], "PLACECD"].to_numpy()).all()
    assert tiers["RESIDENTS"].sum() == 1_032_520
    crossing = tiers[tiers["CROSSES"]]
    assert crossing[["LSOA21CD", "PLACENM", "NEIGHBOURHOODNM"]].to_numpy().tolist() == [
        ["E01026442", "West Norfolk", "North Norfolk 1"],
        ["E01026522", "North Norfolk", "Mid Norfolk"],
    ]
    assert run("build", "norfolk-and-waveney", "-f", "option-6", "--tiers").code == 0
    assert not (tmp_path / "out/norfolk-and-waveney/option-6/tiers_lsoa21.csv").exists()


def test_delivery_units_cover_lancashire_and_no_more(workspace, shipped_systems):
    system = shipped_systems["lancashire-and-south-cumbria"]
    _, units = workspace.resolve(system, system.footprints["delivery-units"])
    lancashire = [place.id for place in units.outer.places].index("lancashire")
    np.testing.assert_array_equal(units.assignment.place >= 0, units.outer.lsoas(lancashire))
    assert set(units.parents[:-1].tolist()) == {lancashire}
    assert crossings(workspace, system, "delivery-units") == []


def test_compare_says_how_tiers_nest_and_holds_each_to_its_own_size(run, tmp_path):
    import json

    ran = run("compare", "norfolk-and-waveney", "option-4", "neighbourhoods")
    assert (
        "neighbourhoods lies inside option-4: 2 LSOAs (3,590 residents) of Mid Norfolk and North Norfolk 1 are in "
        "another place than the rest" in ran.out
    )
    found = json.loads(run("compare", "lancashire-and-south-cumbria", "places-2022", "delivery-units", "--json").out)
    assert [footprint["in_range"] for footprint in found["footprints"]] == [0, None]  # no guidance on delivery units
    assert [(one["inner"], one["outer"], one["lsoas"]) for one in found["tiers"]] == [
        ("delivery-units", "places-2022", 0)
    ]
    sizes = json.loads(run("compare", "norfolk-and-waveney", "neighbourhoods", "option-4", "--json").out)["footprints"]
    residents = [place["residents"] for place in sizes[0]["places"]]
    assert sizes[0]["in_range"] == sum(30_000 <= people <= 50_000 for people in residents) > 0
