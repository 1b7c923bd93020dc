"""What is done to counts that are published: which are held back, and what the others are rounded to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placemap.core.arrays import Bools, Floats
from placemap.core.errors import usage_error

NHS = "nhs"
#: What stands in place of a figure that is held back.
MARK = "*"
#: Ends the title of the column that says whether the figures of a measure are held back; alone in a long result.
HELD = "HELD_BACK"
#: Figures that are no counts, and are made of counts that nobody sees one by one, have so many digits.
DIGITS = 3


@dataclass(frozen=True)
class PublishRule:
    """How counts are published.

    Attributes:
        below: counts of 1 or more below it are held back; 0 for none.
        to: counts go to the nearest multiple of it; 0 for none.
    """

    below: int = 0
    to: int = 0

    def __post_init__(self) -> None:
        if self.below < 0 or self.below == 1:
            raise usage_error(f"there are no counts below {self.below} to hold back", "write --suppress-below 8")
        if self.to < 0:
            raise usage_error(f"counts cannot be rounded to {self.to}", "write --round-to 5")

    @property
    def step(self) -> int:
        """By how much a count that is held back must be able to differ: as the least small count from the largest."""
        return max(1, self.below - 2)

    def is_small(self, values: Floats) -> Bools:
        """Which counts are held back; parts of people are compared as they would be rounded."""
        small: Bools = (values > 0) & (values < self.below - 0.5)
        return small

    def nearest(self, values: Floats) -> Floats:
        """Counts as they are published."""
        if not self.to:
            return values
        rounded: Floats = np.floor(values / self.to + 0.5) * self.to
        return rounded

    def scaled(self, counts: Floats) -> Floats:
        """Counts by row × stratum whose sums by row are those that are published; NaN where these are small."""
        total = counts.sum(axis=1)
        factor = np.divide(self.nearest(total), total, out=np.ones_like(total), where=total > 0)
        factor[self.is_small(total)] = np.nan
        found: Floats = counts * factor[:, None]
        return found

    def __str__(self) -> str:
        parts = [f"counts of 1 to {self.below - 1} are held back ({MARK})"] if self.below else []
        parts += [f"{'others' if parts else 'counts'} go to the nearest {self.to}"] if self.to else []
        return ", ".join(parts)


#: The rule of `NHS`.
NHS_RULE = PublishRule(8, 5)


def significant(values: Floats) -> Floats:
    """Figures with `DIGITS` significant digits."""
    size = np.where(np.isfinite(values) & (values != 0), np.abs(values), 1.0)
    unit = 10.0 ** (np.floor(np.log10(size)) - (DIGITS - 1))
    # Dividing by the reciprocal keeps 0.123 from becoming 0.12300000000000001.
    small = unit < 1
    rounded = np.round(np.where(small, values * np.round(1 / unit), values / unit))
    found: Floats = np.where(small, rounded / np.round(1 / unit), rounded * unit)
    return found


def rule_of(publish: str | None, below: int | None, to: int | None) -> PublishRule | None:
    """The rule that options ask for; None where nothing is to be published.

    Raises:
        PlacemapError: there is no such rule.
    """
    if publish not in (None, NHS):
        raise usage_error(
            f"there is no rule `{publish}`", "write --publish nhs, or --suppress-below N and --round-to N"
        )
    named = NHS_RULE if publish == NHS else PublishRule()
    rule = PublishRule(named.below if below is None else below, named.to if to is None else to)
    if rule.below or rule.to:
        return rule
    if publish or below is not None or to is not None:
        raise usage_error(
            "this would hold nothing back and round nothing",
            "leave the options out, or write --suppress-below 8 --round-to 5",
        )
    return None
