"""No figure that was left out follows from the sums: held to a reader who solves all of them at once."""

import numpy as np
import pytest
from attack import interval

from placemap.core.suppress import UnprotectableError, suppressed

SEEDS = range(12)


def small_of(values):
    return [cell for cell, value in enumerate(values) if 1 <= value <= 7]


def assert_safe(values, equations, hidden, unpublished=()):
    for cell in small_of(values):
        if cell not in unpublished:
            assert cell in hidden
        least, most = interval(values, equations, hidden, unpublished, cell)
        assert most - least >= 1 - 1e-6, f"cell {cell} of {values[cell]} can only be {least} to {most}"


def two_ways(rows, columns):
    """A table whose rows and columns sum to what is known."""
    number = np.arange(rows * columns).reshape(rows, columns)
    return [dict.fromkeys(line.tolist(), 1) for line in [*number, *number.T]]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_table_with_sums_both_ways(seed):
    chance = np.random.default_rng(seed)
    shape = chance.integers(3, 9, 2)
    values = np.where(chance.random(shape) < 0.25, chance.integers(1, 8, shape), chance.integers(8, 5000, shape))
    values[chance.random(shape) < 0.1] = 0
    if any(np.count_nonzero(line) == 1 for line in [*values, *values.T]):
        pytest.skip("a row of one figure is that figure")
    values = values.ravel().tolist()
    equations = two_ways(*shape)
    hidden = suppressed(values, equations, small_of(values))
    assert_safe(values, equations, hidden)
    assert all(values[cell] for cell in hidden), "a nought is left out"
    assert len(hidden) <= 3 * len(small_of(values)) + 3


@pytest.mark.parametrize("seed", SEEDS)
def test_two_tables_that_share_parts(seed):
    """Networks by place with their practices, the places' sums known: each figure stands in up to three sums."""
    chance = np.random.default_rng(seed)
    places, networks = 4, 6
    values = chance.choice([1, 2, 5, 7, 12, 40, 900, 7000], places * networks).tolist()
    equations = two_ways(places, networks)
    for cell in range(places * networks):  # each is the sum of two practices
        part = int(chance.integers(0, values[cell] + 1))
        first = len(values)
        values += [part, values[cell] - part]
        equations.append({cell: 1, first: -1, first + 1: -1})
    hidden = suppressed(values, equations, small_of(values))
    assert_safe(values, equations, hidden)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_table_of_three_ways(seed):
    chance = np.random.default_rng(seed)
    number = np.arange(27).reshape(3, 3, 3)
    values = chance.integers(1, 60, 27).tolist()
    equations = [dict.fromkeys(line.ravel().tolist(), 1) for axis in range(3) for line in lines(number, axis)]
    hidden = suppressed(values, equations, small_of(values))
    assert_safe(values, equations, hidden)


def lines(number, axis):
    moved = np.moveaxis(number, axis, -1).reshape(-1, 3)
    return list(moved)


def test_without_small_figures_nothing_is_left_out():
    assert suppressed([8, 9, 10, 11], two_ways(2, 2), []) == set()


def test_one_figure_takes_three_with_it():
    """Of a table of two by two with known sums, one figure gives all."""
    assert suppressed([3, 90, 80, 70], two_ways(2, 2), [0]) == {0, 1, 2, 3}


def test_the_smaller_figures_are_left_out():
    values = [3, 5000, 20, 9000, 9000, 9000, 30, 9000, 40]
    assert suppressed(values, two_ways(3, 3), [0]) == {0, 2, 6, 8}


def test_two_ones_are_no_secret():
    """That two figures sum to 2, where none is a nought, says what each is; so a third goes with them."""
    assert len(suppressed([1, 1, 50, 60], [dict.fromkeys(range(4), 1)], [0, 1])) == 3


def test_the_rest_of_a_sum_that_is_in_no_table_protects_for_nothing():
    assert suppressed([3, 90, 400], [dict.fromkeys(range(3), 1)], [0], unpublished=[2]) == {0}


def test_a_small_rest_is_protected_too():
    values, equations = [80, 90, 3], [dict.fromkeys(range(3), 1)]
    hidden = suppressed(values, equations, [2], unpublished=[2])
    assert hidden == {0}
    assert_safe(values, equations, hidden, unpublished=[2])


def test_a_figure_that_is_its_own_sum_cannot_be_kept():
    with pytest.raises(UnprotectableError) as found:
        suppressed([3, 90], [{0: 1}, {1: 1}], [0])
    assert found.value.cells == [0]


def test_the_order_of_the_small_figures_does_not_matter():
    values = [3, 500, 20, 5, 900, 4, 30, 7000, 40]
    small = small_of(values)
    assert suppressed(values, two_ways(3, 3), small) == suppressed(values, two_ways(3, 3), small[::-1])


def test_hundredths_move_by_whole_people():
    values = [150, 9000, 8000, 7000]
    assert suppressed(values, two_ways(2, 2), [0], step=100) == {0, 1, 2, 3}


@pytest.mark.parametrize(("size", "ways"), [(3, 3), (4, 4)])
def test_a_table_of_many_ways_needs_many_cells_and_finds_them(size, ways):
    """With the sums of all lines known, two values of each way go: 2 to the power of the ways."""
    shape = (size,) * ways
    values = np.random.default_rng(0).integers(20, 90, shape)
    values[(0,) * ways] = 3
    number = np.arange(values.size).reshape(shape)
    lines = [line for way in range(ways) for line in np.moveaxis(number, way, -1).reshape(-1, size).tolist()]
    values, equations = values.ravel().tolist(), [dict.fromkeys(line, 1) for line in lines]
    hidden = suppressed(values, equations, [0], step=6)
    assert len(hidden) == 2**ways
    least, most = interval(values, equations, hidden, (), 0)
    assert most - least >= 6 - 1e-6
