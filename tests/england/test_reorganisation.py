"""Councils that end after a config was written: Surrey's districts become two councils in April 2027."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest
import stores

from placemap.commands.england import england
from placemap.commands.workspace import open_workspace

WEST = {"Guildford", "Runnymede", "Spelthorne", "Surrey Heath", "Waverley", "Woking"}
EAST = {"Elmbridge", "Epsom and Ewell", "Mole Valley", "Reigate and Banstead", "Tandridge"}
#: The codes are invented: none is given out yet.
NEW = {"West Surrey": "E06000090", "East Surrey": "E06000091"}


def of_2027(frame):
    for name, districts in (("West Surrey", WEST), ("East Surrey", EAST)):
        mine = frame["ltla_name"].isin(districts)
        assert mine.any()
        frame.loc[mine, ["ltla_code", "ltla_name"]] = [NEW[name], name]
    return frame


@pytest.fixture(scope="module")
def workspace_of(england_store, tmp_path_factory):
    """A workspace on England with councils of 2027 beside those of 2024, changed by a function."""

    def make(change):
        store = tmp_path_factory.mktemp("reorganised") / "store"
        shutil.copytree(england_store, store)
        stores.another_vintage(store, "ltla-2024", "2027", change)
        return open_workspace(store)

    return make


def told(findings):
    return [finding for finding in findings if finding.code == "councils-changed" and "of 2027" in finding.message]


def test_only_systems_with_councils_that_changed_say_so(workspace_of, shipped_systems):
    """Frimley names four Surrey districts as of 2024; Surrey Heartlands names former CCGs, which do not end."""
    workspace = workspace_of(of_2027)
    frimley = shipped_systems["frimley"]
    (alone,) = told(workspace.check(frimley, frimley.footprints["places"]).findings)
    assert "LTLAs are named as of 2024; by the tables of 2027, of those here ended: E070002" in alone.message
    found = told(england(workspace, shipped_systems.values()).findings)
    assert [finding.system for finding in found] == ["england"]
    message = found[0].message
    assert "LTLAs are named as of 2024 by 1 system (Frimley); by the tables of 2027, of theirs ended" in message
    assert (found[0].lsoas, found[0].people) == (alone.lsoas, alone.people)
    assert all(f"({name})" in message.partition("began")[0] for name in ("Guildford", "Runnymede", "Surrey Heath"))
    assert message.endswith("began: E06000090 (West Surrey). The places keep their areas.")
    units = workspace.geography.units("ltla", "2027")
    system = shipped_systems["surrey-heartlands"]
    _, resolved = workspace.resolve(system, system.footprints["places"])
    places = {place.id: at for at, place in enumerate(resolved.places)}
    cut = Counter(str(units.names[at]) for at in units.of[resolved.lsoas(places["north-west-surrey"])])
    assert cut == {"West Surrey": 177, "East Surrey": 38}


def test_councils_of_several_systems_are_said_once_in_a_build_of_england(workspace_of, shipped_systems):
    """Devon and Dorset get new councils in the same year as Surrey; each system alone says its own."""

    def more(frame):
        frame = of_2027(frame)
        for number, (name, districts) in enumerate({"Exmoor": ["Torridge"], "Poole Bay": ["Dorset"]}.items()):
            mine = frame["ltla_name"].isin(districts)
            frame.loc[mine, ["ltla_code", "ltla_name"]] = [f"E0600008{number}", name]
        return frame

    workspace = workspace_of(more)
    outcome = england(workspace, shipped_systems.values())
    alone = {o.system.id: told(o.findings) for o in outcome.outcomes if told(o.findings)}
    assert {"devon", "dorset", "frimley"} == set(alone)
    (found,) = told(outcome.findings)
    assert "by 3 systems (Devon, Dorset, Frimley)" in found.message
    assert all(f"({name})" in found.message for name in ("Torridge", "Exmoor", "Dorset", "Poole Bay", "Guildford"))
    assert sorted(found.lsoas) == sorted(code for findings in alone.values() for f in findings for code in f.lsoas)
    assert found.people == pytest.approx(sum(f.people for findings in alone.values() for f in findings))


def test_nothing_is_said_where_nothing_changed(workspace_of, shipped_systems):
    found = england(workspace_of(lambda frame: frame), shipped_systems.values()).findings
    assert told(found) == []
