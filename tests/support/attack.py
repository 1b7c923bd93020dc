"""What a reader who knows all sums can work out of a figure that was left out: the least and the most that it can be."""

import numpy as np
from scipy.optimize import linprog


def interval(values, equations, hidden, unpublished, cell):
    """The least and the most of a cell, given every figure that is shown, and that one left out is at least 1.

    Args:
        values: of all cells.
        equations: by cell its coefficient; the reader knows what each sums to.
        hidden: cells that are left out.
        unpublished: cells in no table.
    """
    unknown = sorted({*hidden, *unpublished})
    at = {number: column for column, number in enumerate(unknown)}
    rows = [equation for equation in equations if at.keys() & equation.keys()]
    left, right = np.zeros((len(rows), len(unknown))), np.zeros(len(rows))
    for row, equation in enumerate(rows):
        for number, sign in equation.items():
            if number in at:
                left[row, at[number]] = sign
                right[row] += sign * values[number]
    bounds = [(1 if number in hidden else 0, None) for number in unknown]
    found = []
    for sign in (1, -1):
        aim = np.zeros(len(unknown))
        aim[at[cell]] = sign
        result = linprog(aim, A_eq=left, b_eq=right, bounds=bounds, method="highs")
        found.append(-np.inf if result.status == 3 else sign * result.fun)
    return found[0], abs(found[1])
