"""Who gets which LSOA: plurality and its shares, areas and their bounds."""

import numpy as np
import pytest
from toy_county import LSOAS, footprint

from placemap.core.columns import Codes
from placemap.reference.by_lsoa import LsoaConversion, Registrations
from placemap.resolve.plurality import plurality


def registrations(rows, lsoas, targets=None):
    """Registrations by (practice, LSOA, patients), with LSOAs that go whole to LSOAs of 2021 unless `targets` says."""
    codes = sorted({practice for practice, _, _ in rows})
    pairs = targets or [(n, n, 1.0) for n in range(len(lsoas))]
    fit = LsoaConversion(
        Codes(np.array(lsoas, dtype=object)),
        np.array(lsoas, dtype=object),
        max(t for _, t, _ in pairs) + 1,
        *(np.array(column) for column in zip(*pairs, strict=True)),
        np.array(["U"] * len(pairs), dtype=object),
    )
    practice, lsoa, patients = (np.array(column) for column in zip(*rows, strict=True))
    position = np.array([lsoas.index(code) if code in lsoas else Registrations.ENGLAND for code in lsoa])
    return Registrations(
        None,
        fit,
        Codes(np.array(codes, dtype=object)),
        np.array([codes.index(p) for p in practice]),
        position,
        patients,
    )


def elect(rows, places, lsoas=("x",), targets=None, candidates=None):
    table = registrations(rows, list(lsoas), targets)
    place_of = np.array([places.get(code, -1) for code in table.codes])
    count = max(places.values()) + 1
    allowed = np.ones((table.fit.size, count), bool) if candidates is None else np.array(candidates)
    return plurality(table, place_of, allowed)


@pytest.mark.parametrize(
    ("patients", "winner", "runner_up", "tied"),
    [
        ((5, 3, 1), 0, 1, False),
        ((1, 3, 5), 2, 1, False),
        ((4, 4, 1), 0, 1, True),
        ((1, 4, 4), 1, 2, True),
        ((4, 4, 4), 0, 1, True),
        ((0, 0, 7), 2, -1, False),
        ((0, 0, 0), -1, -1, False),
    ],
)
def test_plurality(patients, winner, runner_up, tied):
    rows = [(f"P{n}", "x", count) for n, count in enumerate(patients)]
    result = elect(rows, {"P0": 0, "P1": 1, "P2": 2})
    assert (result.winner[0], result.runner_up[0], result.tied[0]) == (winner, runner_up, tied)


def test_share_is_of_all_and_placed_share_of_those_in_any_place():
    result = elect([("P0", "x", 30), ("P1", "x", 10), ("P2", "x", 60)], {"P0": 0, "P1": 1})
    assert result.share(result.winner)[0] == 0.3
    assert result.placed_share(result.winner)[0] == 0.75
    assert result.share(result.runner_up)[0] == 0.1
    assert result.share(np.array([-1]))[0] == 0


def test_a_place_that_may_not_have_the_lsoa_is_passed_over():
    result = elect([("P0", "x", 9), ("P1", "x", 1)], {"P0": 0, "P1": 1}, candidates=[[False, True]])
    assert (result.winner[0], result.runner_up[0]) == (1, -1)
    assert result.placed_share(result.winner)[0] == 0.1


def test_parts_of_patients_that_are_equal_tie():
    """Place 0 has 0.1 × 30, place 1 has 0.3 × 10 patients: three each, though not in floating point."""
    assert 0.1 * 3 != 0.3
    rows = [("P0", "a", 3), ("P1", "b", 1)]
    targets = [(0, 0, 0.1), (0, 1, 0.9), (1, 0, 0.3), (1, 1, 0.7)]
    result = elect(rows, {"P0": 0, "P1": 1}, lsoas=("a", "b"), targets=targets)
    assert result.tied[0]
    assert result.winner[0] == 0


def resolved(toy, places, scope=""):
    workspace, system, chosen = toy(footprint(places, scope))
    _, resolved = workspace.resolve(system, chosen)
    assignment = resolved.assignment
    ids = [place.id for place in chosen.places]
    methods = ("", "exact-fit", "best-fit", "plurality")
    return {
        int(code[-2:]): (ids[place], methods[method])
        for code, place, method in zip(LSOAS, assignment.place, assignment.method, strict=True)
        if place >= 0
    }


def test_kinds_of_areas(toy):
    got = resolved(
        toy,
        """\
      a: {name: A, lsoa: [E01000001]}
      b: {name: B, msoa: [E02000903]}
      c: {name: C, ward: [E05000902]}
      d: {name: D, ltla: [E07000903]}
""",
    )
    assert got == {
        1: ("a", "exact-fit"),
        **dict.fromkeys((6, 7, 8, 9), ("b", "exact-fit")),
        **dict.fromkeys((4, 5), ("c", "best-fit")),
        **dict.fromkeys((10, 11, 12, 13), ("d", "exact-fit")),  # whole, in scope or not
    }


def test_an_lsoa_that_is_declared_exactly_and_by_ward_is_an_exact_fit(toy):
    got = resolved(toy, "      a: {name: A, ward: [E05000901], lsoa: [E01000002]}\n")
    assert got == {1: ("a", "best-fit"), 2: ("a", "exact-fit"), 3: ("a", "best-fit")}


def test_within_and_exclude_bound_areas(toy):
    got = resolved(
        toy,
        """\
      a: {name: A, utla: [E10000901], within: {ltla: [E07000903]}, exclude: {lsoa: [E01000011]}}
      b: {name: B, ltla: [E07000902], within: scope}
""",
    )
    assert set(got) == {6, 7, 8, 9, 10, 12, 13}
    assert got[13] == ("a", "exact-fit")


def test_exclude_of_areas_comes_before_plurality_so_the_next_place_gets_them(toy):
    base = "      a: {name: A, pcn: [U90001, U90002]EXCLUDE}\n      b: {name: B, pcn: [U90003]}\n"
    assert resolved(toy, base.replace("EXCLUDE", ""))[1] == ("a", "plurality")
    assert resolved(toy, base.replace("EXCLUDE", ", exclude: {lsoa: [E01000001]}"))[1] == ("b", "plurality")
    assert resolved(toy, base.replace("EXCLUDE", ", within: {ltla: [E07000902]}"))[1] == ("b", "plurality")


def test_exclude_of_patient_kinds_takes_their_votes_away(toy):
    """LSOA 6: East has 100 + 300 (A90001) and 50 (A90003), West 350; without A90001 East has 50."""
    base = "      a: {name: A, pcn: [U90001, U90002]EXCLUDE}\n      b: {name: B, pcn: [U90003]}\n"
    assert resolved(toy, base.replace("EXCLUDE", ""))[6] == ("a", "plurality")
    assert resolved(toy, base.replace("EXCLUDE", ", exclude: {practice: [A90001]}"))[6] == ("b", "plurality")


def test_a_listed_practice_leaves_the_place_of_its_pcn(toy):
    """LSOA 1: 500 with A90001, 300 with the rest of A, 100 with the rest of B; whichever place comes first by id."""
    text = "      a: {name: A, pcn: [U90001, U90002]OF_A}\n      b: {name: B, pcn: [U90003]OF_B}\n"
    got = resolved(toy, text.replace("OF_A", "").replace("OF_B", ", practice: [A90001]"))
    assert (got[1], got[8]) == (("b", "plurality"), ("a", "plurality"))
    got = resolved(toy, text.replace("OF_A", ", practice: [A90004]").replace("OF_B", ""))
    assert got[10] == ("a", "plurality")


def test_only_the_scope_takes_part_in_plurality(toy):
    assert 13 not in resolved(toy, "      a: {name: A, pcn: [U90003]}\n")


def test_an_lsoa_without_a_placed_patient_is_a_gap(toy):
    got = resolved(toy, "      a: {name: A, pcn: [U90002]}\n")
    assert sorted(got) == [1, 5, 6, 8]


def test_order_in_the_config_does_not_matter(toy):
    one = resolved(
        toy, "      a: {name: A, pcn: [U90001, U90002]}\n      b: {name: B, practice: [A90006], pcn: [U90003]}\n"
    )
    other = resolved(
        toy, "      b: {pcn: [U90003], practice: [A90006], name: B}\n      a: {name: A, pcn: [U90002, U90001]}\n"
    )
    assert one == other
