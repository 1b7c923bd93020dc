"""A reader who has all tables of one run, knows the geography and the rule, and solves for what was held back.

One unknown for each unit (an LSOA, or a line of the reconciliation that has no area), group and column. Each published
figure bounds a sum of unknowns: by half the rounding either way, from 1 up where it is held back, nothing where blank.
"""

from __future__ import annotations

import csv
import re
from itertools import product

import numpy as np
from scipy.optimize import linprog

NOWHERE = ("unknown code", "missing code", "abroad")


class Reader:
    """What is known so far; `membership` gives the LSOAs of each place, `scope` those of the system."""

    def __init__(self, lsoas, scope, membership, groups, columns, below=8, to=5):
        self.membership, self.scope, self.below, self.to = membership, scope, below, to
        self.units, self.groups, self.columns = [*lsoas, *NOWHERE], groups, columns
        self.at = {key: n for n, key in enumerate(product(self.units, groups, columns))}
        self.rows, self.low, self.high = [], [], []

    # --- what is published --------------------------------------------------------------------------------------------

    def know(self, coefficients, low, high):
        row = np.zeros(len(self.at))
        for key, value in coefficients.items():
            row[self.at[key]] += value
        self.rows.append(row)
        self.low.append(low)
        self.high.append(high)

    def figure(self, keys, text):
        """One cell of a table: the sum of some unknowns."""
        if text == "*":
            low, high = 1, np.inf
        elif not text or not float(text):
            low = high = 0
        else:
            low, high = float(text) - self.to / 2, float(text) + self.to / 2
            low = max(low, self.below - 0.5)
        self.know(dict.fromkeys(keys, 1), low, high)

    def result(self, path, group=None, *, thin=False):
        """Figures by place; a blank is none, unless it may be one that is covered too thinly."""
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for column in self.columns:
                    if column in row and (row[column] or not thin):
                        keys = self.of_place(row["PLACECD"], row[group] if group else None, column)
                        self.figure(keys, row[column])

    def reconciliation(self, path, footprint):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["FOOTPRINT"] == footprint and not row["OUTCOME"].startswith("left blank"):
                    for column, value in ((row["MEASURE"], row["TOTAL"]), ("ROWS", row["ROWS"])):
                        if column in self.columns:
                            self.figure(self.of_line(row["OUTCOME"], footprint, column), value)

    def rates(self, path, top, below, group, values):
        """Of each rate that is shown, both of its counts, as they were rounded."""
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row[f"{top}/{below}"] not in ("", "*"):
                    for column in (top, below):
                        keys = self.of_place(row["PLACECD"], row[group] if group else None, column)
                        value = sum(values[key] for key in keys)
                        self.figure(keys, str(np.floor(value / self.to + 0.5) * self.to if self.to else value))

    def left_blank(self, path, group=None):
        """Sums of places that are covered too thinly."""
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found = re.fullmatch(r"left blank: (\S+) ?(.*)", row["OUTCOME"])
                if found and row["MEASURE"] in self.columns:
                    self.figure(self.of_place(found[1], found[2] if group else None, row["MEASURE"]), row["TOTAL"])

    def of_place(self, place, group, column):
        groups = self.groups if group is None else [group]
        return [(unit, one, column) for unit in self.membership[place] for one in groups]

    def of_line(self, outcome, footprint, column):
        placed = {
            unit for place, units in self.membership.items() if place.split("/")[1] == footprint for unit in units
        }
        units = {
            "in": set(self.units),
            "placed": placed,
            "in the scope but in no place": set(self.scope) - placed,
            "out of area": set(self.units) - set(self.scope) - placed - {"unknown code", "missing code"},
        }.get(outcome, {outcome} & set(self.units))
        return [(unit, group, column) for unit in sorted(units) for group in self.groups]

    # --- what follows -------------------------------------------------------------------------------------------------

    def interval(self, keys):
        """The least and the most that a sum of unknowns, by key with its sign, can be."""
        aim = np.zeros(len(self.at))
        for key, sign in keys.items():
            aim[self.at[key]] += sign
        rows, low, high = np.array(self.rows), np.array(self.low, dtype=float), np.array(self.high, dtype=float)
        upper = np.isfinite(high)
        left, right = np.vstack([rows[upper], -rows]), np.concatenate([high[upper], -low])
        found = []
        for sign in (1, -1):
            solved = linprog(sign * aim, A_ub=left, b_ub=right, bounds=(0, None), method="highs")
            assert solved.status in (0, 3), solved.message
            found.append(-np.inf if solved.status == 3 else sign * solved.fun)
        return found[0], abs(found[1])
