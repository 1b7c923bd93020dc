"""Limits of rates against scipy, statsmodels, and the values that PHEindicatormethods' documentation prints.

Values: https://cran.r-project.org/web/packages/PHEindicatormethods/vignettes/Introduction_to_PHEindicatormethods.html
(as of 2019-03-07) and DSR-vignette.html beside it (as of 2018-04-25).
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.rates import confint_poisson

from placemap.apply.ages import STANDARD
from placemap.apply.intervals import byar, dobson, exact, fingertips, wilson, z_of
from placemap.apply.standardise import crude, direct, in_words, indirect

LEVELS = (95.0, 99.8)
#: Events and people of the vignette's eight rows.
OBS = np.array([24, 6, 68, 95, 46, 56, 76, 18], dtype=float)
POP = np.array([162, 120, 173, 146, 143, 132, 183, 149], dtype=float)


def one(value):
    return np.array([value], dtype=float)


def test_byar_for_seven_of_a_hundred_thousand():
    found = crude(one(7)[:, None], one(100_000)[:, None], 100_000, "byar", [95.0])
    low, high = found.limits[95.0]
    assert (round(low[0], 2), round(high[0], 2)) == (2.80, 14.42)
    assert found.value[0] == pytest.approx(7)


@pytest.mark.parametrize("level", LEVELS)
def test_z_is_the_normal_quantile(level):
    assert z_of(level) == pytest.approx(stats.norm.ppf(0.5 + level / 200), rel=1e-12)


@pytest.mark.parametrize("level", LEVELS)
def test_exact_limits_are_those_of_scipy_and_statsmodels(level):
    events = np.array([0, 1, 2, 3, 7, 9, 10, 42, 300, 0.4, 2.75, 9.999])
    low, high = exact(events, level)
    tail = 0.5 - level / 200
    expected = np.nan_to_num(stats.chi2.ppf(tail, 2 * events) / 2)
    assert low == pytest.approx(expected, rel=1e-9)
    assert high == pytest.approx(stats.chi2.ppf(1 - tail, 2 * events + 2) / 2, rel=1e-9)
    theirs = [confint_poisson(count, 1, method="exact-c", alpha=2 * tail) for count in (1, 7, 42)]
    assert np.array(exact(np.array([1.0, 7, 42]), level)) == pytest.approx(np.array(theirs).T, rel=1e-9)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("events", [10, 25, 100, 5_000])
def test_byar_comes_close_to_the_exact_limits(events, level):
    assert np.array(byar(one(events), level)) == pytest.approx(np.array(exact(one(events), level)), rel=0.02)


@pytest.mark.parametrize("level", LEVELS)
def test_wilson_is_that_of_statsmodels(level):
    events, people = np.array([0.0, 1, 24, 50, 120, 7.5]), np.array([10.0, 3, 162, 50, 200, 11.25])
    expected = proportion_confint(events, people, alpha=1 - level / 100, method="wilson")
    assert np.array(wilson(events, people, level)) == pytest.approx(np.array(expected), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("level", "per", "low", "high"),
    [
        (
            95.0,
            1,
            [0.10162049, 0.02311436, 0.32336123, 0.57038874, 0.25064630, 0.34324611, 0.34636288, 0.07779726],
            [0.2109760, 0.1048029, 0.4674118, 0.7232550, 0.4020403, 0.5095234, 0.4877211, 0.1828745],
        ),
        (
            99.8,
            100,
            [8.166047, 1.533517, 28.680466, 52.294492, 21.543623, 30.088158, 30.968023, 6.046514],
            [25.38084, 15.10069, 51.05106, 75.99232, 45.02461, 55.78251, 52.93222, 22.68239],
        ),
    ],
)
def test_proportions_are_those_that_pheindicatormethods_prints(level, per, low, high):
    found = crude(OBS[:, None], POP[:, None], per, "wilson", [level]).limits[level]
    assert np.array(found) == pytest.approx(np.array([low, high]), rel=1e-6)


@pytest.mark.parametrize(
    ("level", "per", "low", "high"),
    [
        (
            95.0,
            100_000,
            [9489.334, 1834.912, 30521.553, 52642.965, 23548.788, 32044.793, 32719.746, 7156.037],
            [22044.21, 10882.90, 49830.92, 79543.66, 42908.37, 55092.43, 51981.74, 19093.45],
        ),
        (
            99.8,
            100,
            [7.1693910, 0.9225872, 26.1925701, 46.3595418, 19.4573177, 27.0186592, 28.3382512, 5.1176169],
            [26.77154, 15.05136, 56.39516, 88.46988, 49.71192, 63.05222, 58.47473, 23.75627],
        ),
    ],
)
def test_rates_are_those_that_pheindicatormethods_prints(level, per, low, high):
    found = crude(OBS[:, None], POP[:, None], per, "fingertips", [level])
    assert np.array(found.limits[level]) == pytest.approx(np.array([low, high]), rel=1e-6)
    assert found.value[1] == pytest.approx(per * 6 / 120)
    many = OBS >= 10  # below ten they are exact there; Byar's are the same for the others
    assert crude(OBS[:, None], POP[:, None], per, "byar", [level]).limits[level][0][many] == pytest.approx(
        np.array(low)[many], rel=1e-6
    )


def test_a_standardised_rate_is_the_one_that_pheindicatormethods_prints():
    people = np.array([[30, 35, 35, 35, 40, 40, 45, 50, 50, 50, 60, 60, 70, 75, 70, 60, 20, 20, 15]], dtype=float)
    deaths = np.array([[1, 1, 0, 0, 0, 1, 1, 3, 3, 3, 3, 10, 10, 10, 10, 8, 8, 8, 8]], dtype=float)
    found = direct(deaths, people, np.array(STANDARD, dtype=float), 100_000, [95.0])
    low, high = found.limits[95.0]
    assert (round(found.value[0], 3), round(low[0], 3), round(high[0], 2)) == (8283.016, 6570.819, 10289.65)


def test_limits_of_one_stratum_are_byars_own():
    low, high = dobson(one(0.02), one(20 / 1000**2), one(20), 95.0)
    assert (low[0] * 1000, high[0] * 1000) == pytest.approx([float(side[0]) for side in byar(one(20), 95.0)])


def test_a_ratio_worked_out_by_hand():
    """Standard rates of 1 and 4 in 100; the place has 200 and 50 people: 2 + 2 = 4 expected, 6 happened."""
    standard = np.array([[10.0, 20]]), np.array([[1000.0, 500]])
    found = indirect(np.array([[5.0, 1]]), np.array([[200.0, 50]]), standard, "byar", [95.0])
    assert (found.expected.tolist(), found.value.tolist()) == ([4.0], [150.0])
    assert found.limits[95.0][0] == pytest.approx(byar(one(6), 95.0)[0] / 4 * 100)


def test_a_standard_without_people_of_an_age_gives_no_ratio():
    standard = np.array([[10.0, 0]]), np.array([[1000.0, 0]])
    found = indirect(np.array([[5.0, 1], [5, 0]]), np.array([[200.0, 50], [200, 0]]), standard, "byar", [95.0])
    assert np.isnan(found.value[0])
    assert found.value[1] == 250


def test_no_people_no_rate():
    found = crude(np.array([[0.0], [3]]), np.zeros((2, 1)), 1000, "byar", [95.0])
    assert np.isnan(found.value).all()
    assert all(np.isnan(side).all() for side in found.limits[95.0])


def test_few_events_or_an_empty_age_have_no_standardised_rate():
    events, people = np.array([[4.0, 5], [4, 6], [20, 0]]), np.array([[100.0, 100], [100, 100], [100, 0]])
    found = direct(events, people, np.array([1.0, 1]), 1000, [95.0])
    assert np.isnan(found.value).tolist() == [True, False, True]
    assert found.value[1] == pytest.approx(50)


def test_words_tell_whether_the_interval_contains_the_other():
    limits = np.array([1.0, 3, 4, 5, np.nan]), np.array([2.0, 6, 6, 6, np.nan])
    found = in_words(np.array([1.5, 4, 5, 5.5, np.nan]), limits, np.full(5, 4.0), "England")
    assert found == ["lower than England", "similar to England", "similar to England", "higher than England", ""]


@settings(max_examples=200)
@given(st.floats(0, 1e7), st.sampled_from(LEVELS))
def test_limits_of_any_count_hold_it_between_them(events, level):
    for method in (byar, fingertips):
        low, high = (float(side[0]) for side in method(one(events), level))
        assert 0 <= low <= events <= high


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 10**6)), min_size=1, max_size=19))
def test_standardising_by_the_places_own_people_changes_nothing(bands):
    """With its own people for the standard, a standardised rate is the crude one, and so are its limits."""
    events, people = (np.array([side], dtype=float) for side in zip(*bands, strict=True))
    own = direct(events, people, people[0], 100_000, [95.0])
    if events.sum() < 10:
        assert np.isnan(own.value).all()
        return
    plain = crude(events, people, 100_000, "byar", [95.0])
    assert own.value == pytest.approx(plain.value, rel=1e-9)
    assert np.array(own.limits[95.0]) == pytest.approx(np.array(plain.limits[95.0]), rel=1e-6)
