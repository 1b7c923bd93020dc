"""Profiles of all England: a made-up table in the layout of the Index of Multiple Deprivation, over the real LSOAs."""

from __future__ import annotations

import csv
import json
import shutil

import pytest

from conftest import PLACES

SAID = ("--title", "Made-up indices", "--publisher", "Nobody", "--licence", "OGL", "--vintage", "2025")
SCORE, DECILE = "Index of Multiple Deprivation (IMD) Score", "Index of Multiple Deprivation (IMD) Decile"
RANK = "Index of Multiple Deprivation (IMD) Rank (where 1 is most deprived)"
DECILES = f"{DECILE} (where 1 is most deprived 10% of LSOAs)"


@pytest.fixture(scope="module")
def lsoas(workspace):
    geography = workspace.geography
    people = geography.measure("residents_2021").tolist()
    return list(zip(map(str, geography.lsoa_codes), map(str, geography.lsoa_names), people, strict=True))


def _rank(number):
    """An order that has nothing to do with that of the codes: 7,919 shares no factor with 33,755."""
    return number * 7919 % 33_755 + 1


@pytest.fixture(scope="module")
def store(lsoas, england_store, tmp_path_factory):
    """All England with such a table, taken by the command."""
    from typer.testing import CliRunner

    from placemap.cli import app

    folder = tmp_path_factory.mktemp("imd")
    store = shutil.copytree(england_store, folder / "store")
    head = ["LSOA code (2021)", "LSOA name (2021)", "Local Authority District code (2024)", SCORE, RANK, DECILES]
    with (folder / "File_7.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*head, "Total population: mid 2022", "Dependent Children aged 0-15: mid 2022"])
        for number, (code, name, people) in enumerate(lsoas):
            rank = _rank(number)
            decile = (rank * 10 + 33_754) // 33_755
            score = round(90 * (1 - rank / 33_756), 3)
            writer.writerow([code, name, "E06000001", score, rank, decile, int(people), int(people) // 5])
    command = ["data", "import", folder / "File_7.csv", "--as", "measure:imd", "--to", store, *SAID]
    chosen = ["--column", "Index of Multiple", "--column", "Dependent=proportion/Total population"]
    done = CliRunner().invoke(app, [str(word) for word in (*command, *chosen)])
    assert done.exit_code == 0, done.stderr
    return store


@pytest.fixture(scope="module")
def rows(store):
    """By figure and name, the rows of a system that has places of LSOAs that practices decide."""
    from typer.testing import CliRunner

    from placemap.cli import app

    done = CliRunner().invoke(app, ["profile", "bnssg", "--data", str(store), "--json"])
    assert done.exit_code == 0, done.stderr
    return {(row["FIGURE"], row["PLACENM"]): row for row in json.loads(done.stdout)["rows"]}


def test_a_table_of_the_store_is_whole_and_small(store):
    entry = json.loads((store / "manifest.json").read_text())["tables"]["profile_imd-2025"]
    assert entry["coverage"] == "England"
    assert entry["rows"] == 5 * 33_755
    assert (store / "tables" / "profile_imd-2025.parquet").stat().st_size < 1_500_000


def test_england_has_a_fifth_of_the_lsoas_in_each_fifth(rows):
    england = rows[DECILES, "England"]
    assert [england[f"UNITS_Q{n}"] for n in range(1, 6)] == [6751] * 5
    assert sum(england[f"PEOPLE_Q{n}"] for n in range(1, 6)) == 56_490_108


def test_places_are_what_a_loop_over_lsoas_gives(rows, lsoas, workspace, shipped_systems):
    system = shipped_systems["bnssg"]
    assignment = workspace.resolve(system, system.footprints[system.default_footprint])[1].assignment
    for position, place in enumerate(assignment.footprint.places):
        inside = [number for number in range(len(lsoas)) if assignment.place[number] == position]
        people = sum(lsoas[number][2] for number in inside)
        score = sum(round(90 * (1 - _rank(n) / 33_756), 3) * lsoas[n][2] for n in inside) / people
        assert rows[SCORE, place.name]["VALUE"] == pytest.approx(score, abs=1e-6)
        most = [n for n in inside if (_rank(n) * 10 + 33_754) // 33_755 in (1, 2)]
        assert rows[DECILES, place.name]["UNITS_Q1"] == len(most)
        assert rows[DECILES, place.name]["PEOPLE_Q1"] == sum(lsoas[n][2] for n in most)
        children = sum(int(lsoas[n][2]) // 5 for n in inside)
        assert rows["Dependent Children aged 0-15: mid 2022", place.name]["VALUE"] == pytest.approx(
            children / people, abs=1e-6
        )


def test_an_update_or_another_import_keeps_it(store, official_files, tmp_path):
    from placemap.sources.import_files import import_files

    copy = shutil.copytree(store, tmp_path / "store")
    manifest = import_files([official_files / "LSOA21_PWC_EW.csv"], copy).manifest
    assert "profile_imd-2025" in manifest.tables


def test_all_places_of_england_in_one_table(store, lsoas, tmp_path, run):
    """Each place and system once; what they have together is what England has, to the LSOA and the person."""
    found = run("profile", "--england", "--data", store, "--out", tmp_path / "all.csv")
    assert found.code == 0, found.err
    with (tmp_path / "all.csv").open(encoding="utf-8") as file:
        every = [row for row in csv.DictReader(file) if row["FIGURE"] == DECILES]
    by_level = {level: [row for row in every if row["LEVEL"] == level] for level in ("place", "system", "England")}
    assert [len(rows) for rows in by_level.values()] == [PLACES, 42, 1]
    assert len({row["PLACECD"] for row in by_level["place"]}) == PLACES
    (england,) = by_level["England"]
    for level in ("place", "system"):
        for number in range(1, 6):
            for column in (f"UNITS_Q{number}", f"PEOPLE_Q{number}"):
                assert sum(float(row[column]) for row in by_level[level]) == pytest.approx(float(england[column]))
    assert sum(float(england[f"UNITS_Q{number}"]) for number in range(1, 6)) == len(lsoas)


@pytest.mark.parametrize("more", [("bnssg",), ("--footprint", "localities"), ("--all",), ()])
def test_england_leaves_nothing_to_choose(store, run, more):
    asked = ("--england", *more) if more else ()
    found = run("profile", *asked, "--data", store)
    assert (found.code, "--england" in found.err) == (2, True)
