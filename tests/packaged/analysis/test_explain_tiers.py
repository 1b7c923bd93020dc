"""`explain` on tiers: where an LSOA stands in each, what a place lies in and divides into."""

import re

from placemap.commands.explain import explain_code


def facts(workspace, shipped_systems, code):
    system = shipped_systems["norfolk-and-waveney"]
    (found,) = explain_code(workspace, [system], code, [], every=False).explanations
    return found.facts


def test_lsoa_that_crosses_is_told_with_both_tiers(workspace, shipped_systems):
    told = facts(workspace, shipped_systems, "E01026522")
    assert told == (
        "tiers: place North Norfolk › neighbourhood Mid Norfolk",
        "it crosses: Mid Norfolk lies in South Norfolk",
    )


def test_lsoa_that_nests_is_told_with_both_tiers(workspace, shipped_systems):
    assert facts(workspace, shipped_systems, "E01026793") == ("tiers: place Norwich › neighbourhood Norwich",)


def test_place_is_told_with_what_it_divides_into(workspace, shipped_systems):
    (line,) = [f for f in facts(workspace, shipped_systems, "option-4/north-norfolk") if f.startswith("divides")]
    assert re.findall(r"North Norfolk (\d) ([\d,]*\d)", line) == [
        ("1", "43,224"),
        ("2", "38,878"),
        ("3", "41,422"),
        ("4", "49,205"),
    ]
    assert line.endswith("1,447 residents are in places of other parents")
    residents = sum(int(figure.replace(",", "")) for _, figure in re.findall(r"North Norfolk (\d) ([\d,]*\d)", line))
    assert residents + 1447 == 174_176


def test_neighbourhood_is_told_with_its_parent(workspace, shipped_systems):
    told = facts(workspace, shipped_systems, "neighbourhoods/mid-norfolk")
    assert (
        "lies in South Norfolk (norfolk-and-waveney/option-4/south-norfolk): 46,266 of its 47,713 residents do" in told
    )


def test_system_of_one_tier_says_nothing_of_tiers(workspace, shipped_systems):
    system = shipped_systems["lancashire-and-south-cumbria"]
    (found,) = explain_code(workspace, [system], "E01012620", ["ccg-footprints"], every=False).explanations
    assert found.facts == ()
