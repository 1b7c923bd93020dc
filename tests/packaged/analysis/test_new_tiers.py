"""`new --tiers`: PCNs as neighbourhoods, each under the place where most of its patients live."""

import numpy as np
import pytest

from conftest import REPO
from placemap.commands.new_tiers import neighbourhoods, with_neighbourhoods
from placemap.config.load import system_from_text
from placemap.core.errors import PlacemapError

NORFOLK = REPO / "configs/norfolk-and-waveney.yaml"


def without_neighbourhoods(text):
    """The shipped config as it was before its own neighbourhoods."""
    start, end = text.index("  neighbourhoods:\n"), text.index("  option-5:\n")
    return text[:start] + text[end:]


def test_neighbourhoods_of_norfolk_are_those_that_ship(workspace, shipped_systems):
    text = without_neighbourhoods(NORFOLK.read_text(encoding="utf-8"))
    made = system_from_text(with_neighbourhoods(text, "n.yaml", workspace), "n.yaml").footprints["neighbourhoods"]
    shipped = shipped_systems["norfolk-and-waveney"].footprints["neighbourhoods"]
    by_pcn = [{m.code: place.parent for place, m in footprint.members()} for footprint in (made, shipped)]
    assert by_pcn[0] == by_pcn[1]
    assert len(by_pcn[0]) == 17
    assert made.inside == ("option-4", "")
    assert made.grade == "C"


def test_the_rest_of_the_config_stays_as_it_is(workspace):
    text = without_neighbourhoods(NORFOLK.read_text(encoding="utf-8"))
    longer = with_neighbourhoods(text, "n.yaml", workspace, footprint="option-6", parents=False)
    assert longer.startswith(text.rstrip("\n"))
    made = system_from_text(longer, "n.yaml").footprints["neighbourhoods"]
    assert {place.parent for place in made.places} == {""}


def test_patients_are_counted_where_they_live(workspace, shipped_systems):
    """By hand: of Gorleston's patients those in LSOAs of each place of option 4."""
    system = shipped_systems["norfolk-and-waveney"]
    _, resolved = workspace.resolve(system, system.footprints["option-4"])
    found = {one.code: one for one in neighbourhoods(resolved)}
    registrations = workspace.geography.registrations
    practices = workspace.geography.pcns("2022-08").practices_of["U36042"]
    rows = np.isin(registrations.practice, registrations.codes.positions(practices))
    assert found["U36042"].patients == registrations.patients[rows].sum()
    assert found["U36042"].place == "great-yarmouth-and-waveney"
    assert 0.99 < found["U36042"].there / found["U36042"].patients <= 1


def test_a_footprint_that_is_divided_already_is_refused(workspace):
    with pytest.raises(PlacemapError, match="divided already: `neighbourhoods` lies inside it"):
        with_neighbourhoods(NORFOLK.read_text(encoding="utf-8"), "n.yaml", workspace)


def test_a_config_written_in_one_line_is_refused(workspace):
    text = without_neighbourhoods(NORFOLK.read_text(encoding="utf-8"))
    head = text[: text.index("footprints:\n", text.index("default_footprint"))]
    places = "{a: {name: A, sub_icb: [26A]}}"
    text = f"{head}footprints: {{option-4: {{name: X, status: current, grade: A, evidence: engagement-2021, places: {places}}}}}\n"
    with pytest.raises(PlacemapError, match="not written as indented lines"):
        with_neighbourhoods(text, "n.yaml", workspace)


def test_command_writes_a_system_of_two_tiers(run):
    """A first config with tiers checks without errors, and says which parents it found."""
    ran = run("new", "QMM", "--by", "ltla", "--tiers", "--out", "nw.yaml")
    assert ran.code == 0, ran.err
    checked = run("check", "nw.yaml", "--all")
    assert checked.code == 0, checked.err
    assert "note parent-found ×17" in checked.err + checked.out


def test_command_divides_a_system_that_has_a_config(run):
    ran = run("new", "bnssg", "--tiers", "--footprint", "local-authorities", "--out", "-")
    assert ran.code == 0, ran.err
    system = system_from_text(ran.out, "bnssg.yaml")
    assert system.footprints["neighbourhoods-2"].inside == ("local-authorities", "")
    assert run("new", "bnssg", "--footprint", "localities", "--out", "-").code == 2
