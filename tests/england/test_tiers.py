"""Tiers that need more than the packaged tables: PCNs of another year inside places."""

import pytest

from conftest import REPO
from placemap.config.load import system_from_text


@pytest.fixture(scope="module")
def bnssg_of_2024(workspace):
    """Bristol, North Somerset and South Gloucestershire with its PCNs of October 2024 inside its localities."""
    pcns = workspace.geography.pcns("2024-10")
    members = pcns.members.rows("pcn_code", "practice_sub_icb_ods", "end")
    own = {code for code, sub_icb, end in members if sub_icb == "15C" and end == ""}
    text = (REPO / "configs/bnssg.yaml").read_text(encoding="utf-8")
    text += (
        "  pcns-2024:\n    name: PCNs of 2024\n    status: current\n    grade: B\n    evidence: foi-2022\n"
        "    pcn_vintage: 2024-10\n    inside: localities\n    places:\n"
    )
    for code in sorted(own):
        text += f"      {code.lower()}: {{name: {pcns.names[code]!r}, pcn: [{code}]}}\n"
    return system_from_text(text, "bnssg.yaml")


def test_concord_mendip_breaks_the_nesting_of_localities_and_is_named(workspace, bnssg_of_2024):
    found = workspace.check(bnssg_of_2024, bnssg_of_2024.footprints["pcns-2024"]).findings
    practices = [f for f in found if f.code == "crosses-tier" and f.subject.startswith("L")]
    assert {f.place for f in practices} == {"u92125"}  # no other PCN of that year joins practices of two localities
    codes = {f.subject for f in practices}
    # L81019 is South Gloucestershire's; the other three are of North and West Bristol: one side or the other is named.
    assert codes in ({"L81019"}, {"L81067", "L81077", "L81669"})
    assert all("CONCORD MENDIP PCN" in f.message for f in practices)
    areas = [f for f in found if f.code == "crosses-tier" and f.subject == "u92125"]
    assert areas
    assert all(f.people > 0 and f.severity == "warning" for f in areas)
