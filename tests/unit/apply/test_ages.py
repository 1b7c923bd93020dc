"""Age bands as people write them."""

from __future__ import annotations

import math

import pytest

from placemap.apply.ages import STANDARD, band_of, strata_of
from placemap.core.errors import PlacemapError

FIVES = [*(f"{low}-{low + 4}" for low in range(0, 90, 5)), "90+"]
#: Eurostat, Revision of the European Standard Population (2013): of 100,000, from 0 to 4 up to 90 and over.
EUROSTAT = [
    *(5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000),
    *(7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000),
]


def strata(*texts, standard=True):
    return strata_of(dict.fromkeys(texts, 1), "age", standard=standard)


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("0-4", (0, 4)),
        ("00 to 04", (0, 4)),
        ("0–4", (0, 4)),
        ("05 - 09", (5, 9)),
        ("Aged 5 to 9 years", (5, 9)),
        ("5-9 yrs", (5, 9)),
        ("AGE_10_14", (10, 14)),
        ("[10,15)", (10, 14)),
        ("90+", (90, math.inf)),
        ("90 and over", (90, math.inf)),
        ("Aged 85 years and over", (85, math.inf)),
        ("85 plus", (85, math.inf)),
        ("≥90", (90, math.inf)),
        ("under 1", (0, 0)),
        ("<5", (0, 4)),
        ("Aged 4 years and under", (0, 4)),
        ("37", (37, 37)),
        ("All ages", None),
        ("9-5", None),
        ("05-Sep", None),
        ("", None),
        ("0-4-9", None),
        ("-1", None),
    ],
)
def test_bands_are_read_as_they_are_published(text, band):
    assert band_of(text) == band


def test_the_standard_is_eurostats():
    assert list(STANDARD) == EUROSTAT
    assert strata(*FIVES).weights.tolist() == EUROSTAT
    assert sum(EUROSTAT) == 100_000


def test_two_spellings_of_a_band_are_one():
    found = strata("0-4", "00 to 04", "5-9", "10+")
    assert found.of["0-4"] == found.of["00 to 04"] == 0
    assert found.weights.tolist() == [5000, 5500, 89_500]


def test_finer_ages_go_into_bands_and_wider_ones_are_several():
    found = strata("0", "1-4", "5-14", *(str(age) for age in range(15, 20)), "20-84", "85-89", "90-94", "95+")
    assert found.bands == ((0, 4), (5, 14), (15, 19), (20, 84), (85, 89), (90, math.inf))
    assert found.weights.tolist() == [5000, 11_000, 5500, sum(EUROSTAT[4:17]), 1500, 1000]
    assert found.of["95+"] == found.of["90-94"] == 5


def test_a_part_of_life_is_standardised_over_itself():
    found = strata("65-74", "75-84", "85+")
    assert (found.name, found.weights.tolist()) == ("65+", [10_500, 6500, 2500])
    assert strata("0-4", "5-9").name == "0-9"


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (["0-4", "All ages"], "`All ages` ×1"),
        (["0-4", "05-Sep", "Oct-14"], "made dates of age bands"),
        (["0-4", "5-9", "0-9"], "overlap"),
        (["0-4", "10-14"], "no rows for ages 5-9"),
        (["0-17", "18-64", "65+"], "`0-17`"),
        (["16-24", "25+"], "`16-24`"),
        (["10-14", "15", "16", "17"], "`17`"),
        (["0", "5", "10", "15", "90+"], "first of each band"),
        ([], "holds no age"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_it_is(texts, what):
    with pytest.raises(PlacemapError) as refused:
        strata(*texts)
    assert what in f"{refused.value.message} {refused.value.hint}"
    assert refused.value.exit_code == 2


def test_a_ratio_may_have_any_bands_that_do_not_overlap():
    found = strata("0-17", "18-64", "65+", standard=False)
    assert found.bands == ((0, 17), (18, 64), (65, math.inf))
    with pytest.raises(PlacemapError, match="overlap"):
        strata("0-17", "16-64", standard=False)
