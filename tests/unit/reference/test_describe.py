"""The shortest exact description of a place."""

import itertools

import pytest
from descriptions import expanded

from placemap.reference.describe import Describer, as_text
from placemap.reference.geography import Geography
from placemap.reference.open_store import open_store


@pytest.fixture(scope="module")
def describer(toy_store):
    return Describer(Geography(open_store(toy_store)))


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], "no LSOAs"),
        (range(1, 6), "UTLA E06000901 (Ashton) whole"),
        (range(6, 10), "LTLA E07000902 (Borley) whole"),
        (range(10, 13), "ward E05000905 (Elm); LSOA E01000012"),
        (range(1, 13), "sub-ICB location E38000901 (NHS Toy ICB - 90A) whole"),
        (range(1, 14), "UTLAs E06000901 (Ashton) and E10000901 (Toyshire)"),
        ([1], "LSOA E01000001"),
        ([1, 2, 3, 6, 7], "wards E05000901 (Abbey) and E05000903 (Castle)"),
        ([1, 2, 3, 13], "ward E05000901 (Abbey); LSOA E01000013"),
    ],
)
def test_in_words(describer, numbers, text):
    assert as_text(describer.describe([n - 1 for n in numbers])) == text


def test_every_set_of_lsoas_is_described_exactly(describer):
    """All 8,192 subsets of the toy county, and none in more words than its LSOAs one by one."""
    for size in range(14):
        for lsoas in itertools.combinations(range(13), size):
            terms = describer.describe(lsoas)
            assert expanded(terms, describer.geography) == set(lsoas)
            assert sum(term.cost for term in terms) <= size
            assert not any(inner.less for term in terms for inner in term.less)  # nobody reads those


def test_exceptions_of_several_kinds_stand_in_brackets(describer):
    lsoas = set(range(13)) - {0, 5, 6, 12}
    assert "less (" in as_text(describer.describe(sorted(lsoas)))
