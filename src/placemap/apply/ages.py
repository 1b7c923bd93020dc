"""Age bands as people write them, and the standard population that they are weighted by."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from placemap.core.arrays import Floats
from placemap.core.errors import Exit, PlacemapError
from placemap.core.text import listed

Band = tuple[float, float]
#: The 2013 European Standard Population in five-year bands from 0 to 4, the last one 90 and over (Eurostat, Revision of
#: the European Standard Population, 2013).
STANDARD = (
    5000,
    5500,
    5500,
    5500,
    6000,
    6000,
    6500,
    7000,
    7000,
    7000,
    7000,
    6500,
    6000,
    5500,
    5000,
    4000,
    2500,
    1500,
    1000,
)
_WIDTH, _TOP = 5, 90
OPEN = math.inf
_OLDEST = 130
_SHOWN = 8

_NOISE = re.compile(r"\b(?:aged?|ages|years?|yrs?|old|group|band)\b")
_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE = re.compile(rf"\d{{1,2}}-(?:{_MONTH})|(?:{_MONTH})-\d{{2}}|\d{{4}}-\d{{2}}-\d{{2}}.*")
_FORMS = (
    (re.compile(r"(\d+) ?(?:-|to) ?(\d+)|(\d+) (\d+)"), lambda a, b: (a, b)),
    (re.compile(r"\[(\d+), ?(\d+)\)"), lambda a, b: (a, b - 1)),
    (
        re.compile(r"(\d+) ?(?:\+|plus|(?:and|or|&) (?:over|above|more|older))|(?:≥|>=) ?(\d+)|\[(\d+), ?inf\)"),
        lambda a: (a, OPEN),
    ),
    (re.compile(r"(?:under|below|less than|<) ?(\d+)"), lambda a: (0, a - 1)),
    (re.compile(r"(\d+) (?:and|or) (?:under|younger|less)"), lambda a: (0, a)),
    (re.compile(r"(\d+)"), lambda a: (a, a)),
)


@dataclass(frozen=True)
class Strata:
    """The bands that figures are standardised by.

    Attributes:
        bands: lowest and highest age of each, in order; the highest of an open one is infinite.
        of: by age as the data write it, the position of its band; ages that stand for none are left out.
    """

    bands: tuple[Band, ...]
    of: Mapping[str, int]

    @property
    def weights(self) -> Floats:
        """The standard population of each band."""
        return np.array([_standard(band) for band in self.bands], dtype=np.float64)

    @property
    def name(self) -> str:
        """The ages that they are together."""
        return _named((self.bands[0][0], self.bands[-1][1]))


def band_of(text: str) -> Band | None:
    """The ages that a band means: `0-4`, `00 to 04`, `Aged 5 to 9 years`, `90+`, `under 1`; None for no band."""
    plain = re.sub(r"[‐-―−_]", "-", text.strip().casefold())
    if plain.startswith("-"):
        return None
    plain = " ".join(_NOISE.sub(" ", plain.replace("-", " - ")).split()).replace(" - ", "-").strip(" -")
    for form, ages in _FORMS:
        found = form.fullmatch(plain)
        if found:
            low, high = ages(*(int(number) for number in found.groups() if number is not None))
            return (low, high) if 0 <= low <= high and (low <= _OLDEST) else None
    return None


def strata_of(rows: Mapping[str, int], column: str, *, standard: bool) -> Strata:
    """The bands of a column of ages.

    Args:
        rows: rows by age as the data write it; without those that stand for no age.
        standard: whether the bands are to be those of the standard population, or made from them; else any that do not
            overlap.

    Raises:
        PlacemapError: a value is no band, two overlap, one is missing between others, or one does not fit.
    """
    found = {text: band_of(text) for text in rows}
    _refuse_unread([text for text, band in found.items() if band is None], rows, column)
    bands = sorted({band for band in found.values() if band is not None})
    if not bands:
        raise _error(column, "holds no age", "name the column of age bands with --age")
    _refuse_starts(bands, column)
    _refuse_overlaps(bands, column)
    if not standard:
        return Strata(tuple(bands), {text: bands.index(band) for text, band in found.items() if band is not None})
    _refuse_gaps(bands, column)
    into = {band: _fitted(band, column) for band in bands}
    _refuse_parts(bands, column)
    strata = sorted(set(into.values()))
    return Strata(tuple(strata), {text: strata.index(into[band]) for text, band in found.items() if band is not None})


def _fitted(band: Band, column: str) -> Band:
    """The band of the standard that ages lie in, or the several that they are."""
    low = min(band[0] // _WIDTH * _WIDTH, _TOP)
    high = OPEN if low == _TOP else low + _WIDTH - 1
    if band[1] <= high:
        return low, high
    ends = band[1] == OPEN or band[1] % _WIDTH == _WIDTH - 1
    if band[0] != low or not ends:
        raise _misfit(band, column)
    return low, OPEN if band[1] >= _TOP else band[1]


def _standard(band: Band) -> float:
    first = int(band[0]) // _WIDTH
    last = len(STANDARD) if band[1] == OPEN else int(band[1] + 1) // _WIDTH
    return float(sum(STANDARD[first:last]))


# --- what is refused --------------------------------------------------------------------------------------------------


def _refuse_unread(texts: Sequence[str], rows: Mapping[str, int], column: str) -> None:
    if not texts:
        return
    dates = [text for text in texts if _DATE.fullmatch(text.strip().casefold())]
    shown = listed([f"`{text}` ×{rows[text]:,}" for text in sorted(texts)[:_SHOWN]])
    more = " …" if len(texts) > _SHOWN else ""
    hint = (
        "write bands as 0-4, 5-9 … 90+; leave rows of totals out of the data; name what stands for no age with --blank"
    )
    if dates:
        hint = "a spreadsheet has made dates of age bands (5-9 became 05-Sep): write them as 05 to 09, or as text"
    raise _error(column, f"holds what is no age band: {shown}{more}", hint)


def _refuse_starts(bands: Sequence[Band], column: str) -> None:
    """Refuse bare numbers by fives: the first ages of bands, or some single years."""
    bare = [band for band in bands if band[0] == band[1]]
    if len(bare) > 1 and len(bare) >= len(bands) - 1 and all(band[0] % _WIDTH == 0 for band in bare):
        shown = ", ".join(f"{band[0]:.0f}" for band in bare[:4])
        raise _error(
            column,
            f"holds {shown} …: single years of age, or the first of each band of five",
            "write bands as 0-4, 5-9 … 90+",
        )


def _refuse_overlaps(bands: Sequence[Band], column: str) -> None:
    for one, other in pairwise(bands):
        if other[0] <= one[1]:
            what = f"has the ages of `{_named(one)}` and `{_named(other)}`, which overlap: people would count twice"
            raise _error(column, what, "keep rows of one set of bands")


def _refuse_gaps(bands: Sequence[Band], column: str) -> None:
    for one, other in pairwise(bands):
        if other[0] != one[1] + 1:
            gap = _named((one[1] + 1, other[0] - 1))
            raise _error(column, f"has no rows for ages {gap}", "give their rows, too: those with 0 events count")


def _refuse_parts(bands: Sequence[Band], column: str) -> None:
    """Refuse ages that begin or stop within a band of the standard."""
    first, last = bands[0], bands[-1]
    if first[0] % _WIDTH or (last[1] < _TOP and last[1] % _WIDTH != _WIDTH - 1):
        raise _misfit(first if first[0] % _WIDTH else last, column)


def _misfit(band: Band, column: str) -> PlacemapError:
    return _error(
        column,
        f"has the ages `{_named(band)}`, which do not fit the bands of the 2013 European Standard Population, 0-4, 5-9 "
        "… 90+",
        "give five-year bands or single years, or bands that begin and end where those do; any bands fit --indirect",
    )


def _named(band: Band) -> str:
    if band[1] == OPEN:
        return f"{band[0]:.0f}+"
    return f"{band[0]:.0f}" if band[0] == band[1] else f"{band[0]:.0f}-{band[1]:.0f}"


def _error(column: str, what: str, hint: str) -> PlacemapError:
    return PlacemapError(f"column `{column}` {what}", hint=hint, exit_code=Exit.USAGE)


def ages_of(values: Iterable[object], blanks: Sequence[str]) -> list[str]:
    """Ages as texts; empty for those that stand for none."""
    texts = ["" if value is None or value != value else _text(value) for value in values]
    return ["" if text in blanks else text for text in texts]


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value).strip()
