"""The arithmetic of national tables, on figures that can be checked by hand."""

import numpy as np
import pytest

from placemap.core.columns import Codes
from placemap.crosswalk.england import home_of_practices, largest_unit, own_practice_share
from placemap.reference.by_lsoa import LsoaConversion, Registrations


@pytest.fixture
def registrations():
    """Three LSOAs of 2011; the second was split in two, 30 : 70. Places of the four LSOAs of 2021: 0, 0, 1, none."""
    fit = LsoaConversion(
        codes=Codes(np.array(["L1", "L2", "L3"], dtype=object)),
        names=np.array(["", "", ""], dtype=object),
        size=4,
        source=np.array([0, 1, 1, 2]),
        target=np.array([0, 1, 2, 3]),
        weight=np.array([1.0, 0.3, 0.7, 1.0]),
        change=np.array(["U", "S", "S", "U"], dtype=object),
    )
    return Registrations(
        entry=None,
        fit=fit,
        codes=Codes(np.array(["P1", "P2", "P3"], dtype=object)),
        practice=np.array([0, 0, 1, 1, 2, 2]),
        lsoa=np.array([0, 1, 1, 2, -1, 2]),
        patients=np.array([100, 100, 100, 50, 10, 20]),
    )


PLACE = np.array([0, 0, 1, -1])


def test_living_divides_rows_between_places(registrations):
    practice, place, patients = registrations.living(PLACE)
    rows = sorted(zip(practice.tolist(), place.tolist(), patients.round(6).tolist(), strict=True))
    assert rows == [(0, 0, 30.0), (0, 0, 100.0), (0, 1, 70.0), (1, 0, 30.0), (1, 1, 70.0)]


def test_living_loses_nobody_who_has_an_lsoa(registrations):
    everywhere = np.zeros(4, dtype=int)
    assert registrations.living(everywhere)[2].sum() == pytest.approx(370)
    assert registrations.living(np.full(4, -1))[2].sum() == 0


def test_a_practice_is_at_home_where_most_of_its_patients_live(registrations):
    assert home_of_practices(registrations, PLACE, 2).tolist() == [0, 1, -1]


def test_equal_numbers_go_to_the_first_place(registrations):
    assert home_of_practices(registrations, np.array([1, 0, 0, 0]), 2).tolist()[0] == 0


def test_own_practice_share(registrations):
    assert own_practice_share(registrations, PLACE, 2).tolist() == pytest.approx([130 / 160, 70 / 140])


def test_largest_unit_and_the_share_that_lives_in_it():
    place = np.array([0, 0, 0, 1, 1, 2])
    unit = np.array([5, 5, 7, 2, -1, -1])
    people = np.array([10.0, 20.0, 70.0, 40.0, 60.0, 5.0])
    found, share = largest_unit(place, unit, people, 3)
    assert found.tolist() == [7, 2, -1]
    assert share.tolist() == pytest.approx([0.7, 0.4, 0.0])


def test_missing_units_are_named_in_short():
    from types import SimpleNamespace

    from placemap.checks.store_covers import missing

    units = [SimpleNamespace(kind="ltla", code=f"E0700000{n}") for n in range(5)]
    scope = SimpleNamespace(include=[SimpleNamespace(kind="sub_icb", code="15C")])
    footprint = SimpleNamespace(scope=scope, members=lambda: [(None, unit) for unit in units])
    assert missing(footprint) == "1 sub-ICB location (15C) and 5 LTLAs (E07000000, E07000001, E07000002 …)"
