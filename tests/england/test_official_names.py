"""Every unit that a config names, against the publishers' own files, read here without placemap."""

import csv
from collections import defaultdict

import pytest

LOOKUP = "LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv"
#: Official files by kind of unit and vintage, with their columns for code and name. "" is any other vintage.
NAMES = {
    ("lsoa", ""): (LOOKUP, "LSOA21CD", "LSOA21NM"),
    ("ltla", ""): (LOOKUP, "LAD24CD", "LAD24NM"),
    ("ltla", "2018"): ("LTLA_HISTORY_2016_2024.csv", "ltla18_code", "ltla18_name"),
    ("ltla", "2019"): ("LTLA_HISTORY_2016_2024.csv", "ltla19_code", "ltla19_name"),
    ("utla", ""): ("LTLA23_UTLA23_EW_LU.csv", "UTLA23CD", "UTLA23NM"),
    ("sub_icb", ""): (LOOKUP, "SICBL24CDH", "SICBL24NM"),
    ("sub_icb", "2019"): ("LSOA11_CCG19_LAD19_EN_LU.csv", "CCG19CDH", "CCG19NM"),
    ("ward", ""): ("LSOA21_WD24_LAD24_EW_LU.csv", "WD24CD", "WD24NM"),
    ("msoa", ""): ("LSOA21_MSOA21_EW_LU.csv", "MSOA21CD", "MSOA21NM"),
}
#: A footprint that the source itself draws beyond its system: all of East Suffolk, "not just Waveney".
BEYOND = {("norfolk-and-waveney", "option-6", "east-suffolk")}


def rows(folder, name):
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


@pytest.fixture(scope="module")
def names(official_files):
    return {
        key: {row[code]: row[name] for row in rows(official_files, file)} for key, (file, code, name) in NAMES.items()
    }


@pytest.fixture(scope="module")
def lsoas(official_files):
    """The LSOAs of each sub-ICB location and of each lower-tier and upper-tier authority, by code."""
    found = defaultdict(set)
    for row in rows(official_files, LOOKUP):
        for column in ("SICBL24CDH", "LAD24CD"):
            found[row[column]].add(row["LSOA21CD"])
    for row in rows(official_files, "LTLA23_UTLA23_EW_LU.csv"):
        if row["UTLA23CD"] != row["LTLA23CD"]:
            found[row["UTLA23CD"]] |= found[row["LTLA23CD"]]
    return found


def test_areas_have_their_official_codes_and_names(shipped_systems, names):
    """Letter for letter, which is stricter than the check that a build makes."""
    wrong, counted = [], 0
    for system in shipped_systems.values():
        for member in system.units():
            if member.kind not in ("pcn", "practice"):
                known = names.get((member.kind, member.vintage or ""), names[member.kind, ""])
                counted += 1
                if known.get(member.code) != member.name:
                    wrong.append((system.id, member.kind, member.code, member.name, known.get(member.code)))
    assert wrong == []
    assert counted > 500


def test_networks_and_practices_have_the_names_of_the_workbook(shipped_systems, official_files):
    import pandas as pd

    workbook = pd.read_excel(official_files / "ePCN_2022-08.xlsx", sheet_name=None, dtype=str)
    details, members = workbook["PCNDetails"], workbook["PCN Core Partner Details"]
    known = dict(zip(details["PCN Code"], details["PCN Name"], strict=True))
    known |= dict(zip(members.iloc[:, 0], members.iloc[:, 1], strict=True))
    named = [(s.id, m) for s in shipped_systems.values() for m in s.units() if m.kind in ("pcn", "practice")]
    assert named
    wrong = [(key, m.code, m.name, known.get(m.code)) for key, m in named if not same(m.name, known.get(m.code))]
    assert wrong == []


def same(given, official):
    """The workbook is in capitals; a config need not be."""
    return official is not None and given.upper() == " ".join(official.split()).upper()


def test_councils_lie_in_their_system(shipped_systems, lsoas):
    """In part at least; and a place that names one which does so in part keeps to the scope."""
    outside, unbounded = [], []
    for system in shipped_systems.values():
        scope = set().union(*(lsoas[m.code] for m in system.footprints[system.default_footprint].scope.include))
        for footprint in system.footprints.values():
            for place in footprint.places:
                here = (system.id, footprint.id, place.id)
                for member in place.members:
                    if member.kind in ("ltla", "utla") and member.code in lsoas:
                        if not lsoas[member.code] & scope:
                            outside.append((*here, member.code))
                        if lsoas[member.code] - scope and not (place.within_scope or place.within):
                            unbounded.append(here)
    assert outside == []
    assert set(unbounded) == BEYOND
