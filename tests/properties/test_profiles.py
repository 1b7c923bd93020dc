"""What holds for the profile of any county, whatever its people and figures: nothing is lost, and means are means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import toy_county
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_workspaces import workspace

from placemap.apply.profile import profile_of
from placemap.config.load import system_from_text
from placemap.reference.profiles import COUNT, DECILE, PROPORTION, SCORE, ProfileColumn, ProfileTable
from placemap.reference.store import TableEntry

OLD = sorted(toy_county.EXACT_FIT)


def _resolved(base, people, footprint):
    residents = pd.DataFrame({"lsoa_code": toy_county.LSOAS, "people": people})
    system = system_from_text(toy_county.CONFIG, "toy.yaml")
    return workspace(base, residents_2021=residents).resolve(system, system.footprints[footprint])[1]


def _table(codes, vintage, columns):
    entry = TableEntry("profile_x-2025", "profile", "x", "2025", vintage, 1, *[""] * 8, "England")
    return ProfileTable(entry, np.array(codes, dtype=object), tuple(columns))


people = st.lists(st.integers(0, 3000), min_size=13, max_size=13)
counts = st.lists(st.integers(0, 500) | st.none(), min_size=13, max_size=13)


def _floats(values):
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


@settings(max_examples=60)
@given(people, counts, counts, st.booleans())
def test_counts_are_conserved_and_places_average_to_the_system(base, residents, some, scores, old):
    codes, vintage = (OLD, "2011") if old else (toy_county.LSOAS, "2021")
    columns = [
        ProfileColumn("n", COUNT, "", _floats(some)),
        ProfileColumn("s", SCORE, "", _floats(scores)),
        ProfileColumn("part", PROPORTION, "n", _floats([v and v // 2 for v in some])),
    ]
    resolved = _resolved(base, residents, "councils")
    found = profile_of(resolved, [_table(codes, vintage, columns)])
    count, score, part = found.figures
    places = len(resolved.places)
    total = np.nansum(_floats(some))
    # The three councils are the whole county: whatever they do not have, nobody has.
    assert np.nansum(count.value[:places]) == pytest.approx(total)
    if np.isfinite(count.value[places]):
        assert count.value[places] == pytest.approx(total)
    by_place = np.array([sum(residents[:5]), sum(residents[5:9]), sum(residents[9:])], dtype=float)
    weight = np.nan_to_num(score.coverage[:places, 1]) * by_place
    if weight.sum() > 0:
        mean = np.nansum(np.nan_to_num(score.value[:places]) * weight) / weight.sum()
        assert score.value[places] == pytest.approx(mean)
        assert np.nanmin(score.value) >= np.nanmin(_floats(scores)) - 1e-9
        assert np.nanmax(score.value) <= np.nanmax(_floats(scores)) + 1e-9
    known = np.isfinite(part.value)
    assert (part.low[known] <= part.value[known] + 1e-12).all()
    assert (part.value[known] <= part.high[known] + 1e-12).all()


@settings(max_examples=40)
@given(
    people, st.lists(st.integers(1, 10) | st.none(), min_size=13, max_size=13), st.sampled_from(["localities", "mixed"])
)
def test_everybody_is_in_one_fifth(base, residents, deciles, footprint):
    resolved = _resolved(base, residents, footprint)
    (figure,) = profile_of(
        resolved, [_table(toy_county.LSOAS, "2021", [ProfileColumn("d", DECILE, "", _floats(deciles))])]
    ).figures
    place = resolved.assignment.place
    for position in range(len(resolved.places)):
        for fifth in range(1, 6):
            here = [n for n in range(13) if place[n] == position and deciles[n] and (deciles[n] + 1) // 2 == fifth]
            assert figure.units[position, fifth - 1] == pytest.approx(len(here))
            assert figure.people[position, fifth - 1] == pytest.approx(sum(residents[n] for n in here))
    placed = len(resolved.places)
    assert figure.people[:placed].sum(axis=0) == pytest.approx(figure.people[placed])


@settings(max_examples=30)
@given(counts, st.randoms())
def test_the_order_of_rows_changes_nothing(base, some, random):
    order = list(range(13))
    random.shuffle(order)
    resolved = _resolved(base, list(toy_county.RESIDENTS.values()), "localities")

    def values(rows):
        column = ProfileColumn("n", COUNT, "", _floats([some[n] for n in rows]))
        codes = [toy_county.LSOAS[n] for n in rows]
        return profile_of(resolved, [_table(codes, "2021", [column])]).figures[0].value

    assert values(order) == pytest.approx(values(range(13)), nan_ok=True)
