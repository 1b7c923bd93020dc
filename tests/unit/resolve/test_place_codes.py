"""PLACECD and PLACEID of the shipped systems."""

from collections import Counter

import numpy as np
import pytest

from conftest import REPO
from placemap.config.load import load_system
from placemap.crosswalk.headed import best_fit
from placemap.resolve.place_codes import HEAD, place_codes_of


@pytest.fixture(scope="module")
def heads():
    """Of every place of every footprint of every shipped config, with whether its footprint is the default."""
    systems = [load_system(path) for path in sorted((REPO / "configs").glob("*.yaml"))]
    return [
        (head, footprint.id == system.default_footprint)
        for system in systems
        for footprint in system.footprints.values()
        for head in place_codes_of(system, footprint)
    ]


def test_codes_and_ids_are_unique_over_all_systems(heads):
    assert len(heads) > 250
    for twice in (Counter(head.code for head, _ in heads), Counter(head.id for head, _ in heads)):
        assert [code for code, count in twice.items() if count > 1] == []


def test_an_id_is_its_code_in_one_word(heads):
    for head, default in heads:
        system, footprint, place = head.code.split("/")
        assert head.id == (f"{system}-{place}" if default else f"{system}-{footprint}-{place}")
        assert head.cells == (system, footprint, head.code, head.id, head.name)
    assert [column.name for column in HEAD] == ["ICSID", "FOOTPRINT", "PLACECD", "PLACEID", "PLACENM"]


def test_best_fit_of_equals_is_the_first_by_code():
    """Units 0 and 2 are tied, unit 1 is not; the dust of adding up is no lead; a unit without people has a row, too."""
    unit, place = np.array([0, 0, 1, 1, 2, 2, 3]), np.array([0, 1, 0, 1, 0, 1, 0])
    people = np.array([5.0, 5.0, 7.0, 6.0, 0.3 + 1e-9, 0.3, 0.0])
    placecd = np.array(["s/f/b", "s/f/a", ""], dtype=object)
    assert np.flatnonzero(best_fit(unit, people, place, placecd)).tolist() == [1, 2, 5, 6]
