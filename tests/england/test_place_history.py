"""place_history.csv and `diff --england`: what became of places, counted with sets from the official files."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections import defaultdict

import pytest

from conftest import PLACES, REPO
from placemap.checks.place_ids import reused_ids
from placemap.commands.england import england, place_history, released_places
from placemap.config.released import Released, read_released
from placemap.core.errors import PlacemapError

SUB_ICBS = {
    "pennine-lancashire": ("00Q", "01A"),
    "fylde-coast": ("00R", "02M"),
    "central-lancashire": ("00X", "01E"),
    "west-lancashire": ("02G",),
    "morecambe-bay": ("01K",),
}


@pytest.fixture(scope="module")
def history(national, workspace):
    return place_history(national, workspace).frame


@pytest.fixture(scope="module")
def official(official_files):
    """LSOAs by NHS code of the sub-ICB location and by code of the council, and their residents."""
    areas = defaultdict(set)
    with (official_files / "LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            areas[row["SICBL24CDH"]].add(row["LSOA21CD"])
            areas[row["LAD24CD"]].add(row["LSOA21CD"])
    with (official_files / "CENSUS21_LSOA21_usual_residents.csv").open(encoding="utf-8-sig") as file:
        people = {row["LSOA21CD"]: int(row["TOTAL"]) for row in csv.DictReader(file)}
    return areas, people


def test_places_of_now_have_a_row_each_and_all_of_england(history, national):
    now = history[history["SUCCESSORCD"] == ""]
    assert sorted(now["PLACECD"]) == sorted(head.code for head in national.national.place_codes)
    assert len(now) == PLACES
    assert now["LSOAS"].sum() == 33_755
    assert now["RESIDENTS"].sum() == 56_490_108


def test_places_that_a_release_had_stay_in_the_table(history):
    released = released_places()
    assert len(released) == 187
    assert {place.first for place in released.values()} == {"0.1.0"}
    assert set(released) <= set(history["PLACECD"])


def test_birmingham_is_followed_by_localities_to_the_person(history, official):
    areas, people = official
    rows = history[history["PLACECD"] == "birmingham-and-solihull/places/birmingham"]
    assert rows["SUCCESSORNM"].tolist() == ["Central", "East", "North", "South", "West"]
    assert set(rows["BASIS"]) == {"by area"}
    assert rows["LSOAS"].sum() == len(areas["E08000025"])
    assert rows["RESIDENTS"].sum() == sum(people[lsoa] for lsoa in areas["E08000025"])


@pytest.mark.parametrize("place", SUB_ICBS)
def test_places_that_ended_are_followed_by_those_declared(history, official, place):
    areas, people = official
    rows = history[history["PLACECD"] == f"lancashire-and-south-cumbria/ccg-footprints/{place}"]
    lsoas = set().union(*(areas[code] for code in SUB_ICBS[place]))
    assert set(rows["BASIS"]) == {"declared"}
    assert set(rows["VALID_TO"]) == {"2022-07-26"}
    assert rows["LSOAS"].sum() == len(lsoas)
    assert rows["RESIDENTS"].sum() == sum(people[lsoa] for lsoa in lsoas)


def test_places_of_systems_that_were_left_out_are_not_gone(workspace, shipped_systems):
    outcome = england(workspace, shipped_systems.values(), min_grade="A")
    found = place_history(outcome, workspace).frame
    gone = set(found["PLACECD"]) - {head.code for head in outcome.national.place_codes}
    assert {code.rpartition("/")[0] for code in gone} == {
        "birmingham-and-solihull/places",
        "lancashire-and-south-cumbria/ccg-footprints",
    }


def test_there_is_no_history_of_a_day(run, england_store, tmp_path):
    result = run("build", "--england", "--as-of", "2022-08-15", "--out", tmp_path, store=england_store)
    assert result.code == 0, result.err
    assert not list(tmp_path.rglob("place_history.csv"))
    assert list(tmp_path.rglob("places.csv"))


# --- ids ------------------------------------------------------------------------------------------------------------


def released(code: str, lsoas: list[str]) -> dict[str, Released]:
    return {code: Released(code, "X", "0.1.0", "0.1.0", "", (), tuple(lsoas))}


def test_no_id_of_a_release_stands_for_another_area(national):
    assert list(reused_ids(national.national, released_places())) == []


@pytest.mark.parametrize(("foreign", "found"), [(0, 0), (6, 0), (7, 1), (12, 1)])
def test_an_id_that_comes_back_for_another_area_is_an_error(national, foreign, found):
    """Half of twelve LSOAs may have moved; seven may not."""
    nation = national.national
    mine, others = (
        [str(code) for code in nation.geography.lsoas[nation.lsoas(position)][:12]] for position in (0, 100)
    )
    code = nation.place_codes[0].code
    errors = list(reused_ids(nation, released(code, others[:foreign] + mine[foreign:])))
    assert [(error.code, error.subject, str(error.severity)) for error in errors] == [
        ("place-id-reused", code, "error")
    ] * found


def test_a_record_without_a_column_is_refused(tmp_path):
    assert read_released(tmp_path) == {}
    (tmp_path / "place_history.csv").write_text("PLACECD,PLACENM\na/b/c,C\n")
    with pytest.raises(PlacemapError, match="lacks FIRST_RELEASE"):
        read_released(tmp_path)


# --- diff -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path):
    """All configs in two revisions: in the second, three councils are the places of one system."""

    def git(*args: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *identity, "-C", str(tmp_path), *args], check=True, capture_output=True)

    shutil.copytree(REPO / "configs", tmp_path / "configs")
    git("init", "-q")
    git("add", "configs")
    git("commit", "-qm", "one")
    path = tmp_path / "configs" / "bnssg.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("default_footprint: localities", "default_footprint: local-authorities"), "utf-8")
    git("commit", "-qam", "two")
    return tmp_path


def test_places_of_england_between_two_revisions(repository, run, england_store):
    result = run("diff", "--england", "HEAD~1", "HEAD", "--format", "markdown", store=england_store)
    assert result.code == 5, result.err
    assert "581 LSOAs with 979,602 residents moved; a major change" in result.out
    assert result.out.count("| appeared |") == 3
    assert result.out.count("| vanished |") == 6
    same = run("diff", "--england", "HEAD", store=england_store)
    assert (same.code, "nothing changed" in same.out) == (0, True)


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["no-such-revision"], 3, "cannot be read at revision `no-such-revision`"),
        (["HEAD", "--system", "bnssg"], 2, "--england takes every system"),
    ],
)
def test_what_of_england_cannot_be_compared(repository, run, england_store, args, code, message):
    result = run("diff", "--england", *args, store=england_store)
    assert (result.code, message in result.err) == (code, True), result.err
