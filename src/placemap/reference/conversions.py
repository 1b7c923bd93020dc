"""From LSOAs of one vintage to those of another: pairs and their weights."""

from __future__ import annotations

import numpy as np

from placemap.core.arrays import Bools, Floats, Ints, distinct, in_order, sums
from placemap.core.columns import Codes, Columns
from placemap.reference.by_lsoa import LsoaConversion


def read_conversion(table: Columns, lsoas: Codes, residents: Floats) -> LsoaConversion:
    """From LSOAs of 2011, by the exact fit; what was split is divided by residents.

    Args:
        table: the exact fit.
        lsoas: of 2021, in order of code.
        residents: by LSOA of 2021.
    """
    source, codes = table.words("lsoa11_code").numbered()
    order = in_order(source, table.words("lsoa_code").numbered()[0])
    table, source = table.take(order), source[order]
    first = np.searchsorted(source, np.arange(len(codes)))
    target = lsoas.positions(table.words("lsoa_code"))
    people = np.where(target >= 0, residents[target], 0.0)
    return LsoaConversion(
        codes=Codes(codes),
        names=table["lsoa11_name"][first],
        size=len(lsoas),
        source=source,
        target=target,
        weight=_split(source, people),
        change=table["change"],
    )


def no_conversion(size: int) -> LsoaConversion:
    """From no LSOAs at all: a store without the exact fit knows none of 2011.

    Args:
        size: number of LSOAs of 2021.
    """
    nowhere, nothing = np.array([], dtype=np.int64), np.array([], dtype=object)
    return LsoaConversion(Codes(nothing), nothing, size, nowhere, nowhere, np.array([]), nothing)


def _split(source: Ints, people: Floats) -> Floats:
    """By pair, the target's part of all people of the source's targets; equal parts where nobody lives there."""
    total = np.bincount(source, weights=people)
    parts = np.bincount(source)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total[source] > 0, people / total[source], 1 / parts[source])


def largest_part(fit: LsoaConversion, of_source: Ints, count: int, people: Floats) -> tuple[Ints, Bools]:
    """By LSOA of 2021, the unit that most of its people come from, and whether there was a choice.

    Where equally many come from several, it is the unit of the lowest position.

    Args:
        of_source: by LSOA of the fit's vintage, the position of its unit, `count` for none.
        people: by pair, how many people it stands for.
    """
    inside = fit.target >= 0
    cell = fit.target[inside] * (count + 1) + of_source[fit.source[inside]]
    cells = distinct(cell)
    # A pair without people still tells what the LSOA belongs to, so it weighs next to nothing rather than nothing.
    weight = np.bincount(cells.of, weights=people[inside] + 1e-9)
    target, unit = np.divmod(cells.values, count + 1)
    order = np.lexsort((unit, -weight, target))
    winners = distinct(target[order])
    of = np.full(fit.size, -1)
    best_fit = np.zeros(fit.size, dtype=bool)
    of[winners.values] = unit[order][winners.first]
    of[of == count] = -1
    best_fit[winners.values] = winners.counts > 1
    return of, best_fit


def residents_by_pair(fit: LsoaConversion, back: Floats, residents: Floats) -> Floats:
    """By pair, the residents of the target who live in the source.

    Args:
        back: by pair, people of the source who went to the target: what a target with several sources is divided by,
            or equally where it has none.
        residents: by target.
    """
    inside = fit.target >= 0
    total = sums(fit.target[inside], back[inside], fit.size)
    sources = np.bincount(fit.target[inside], minlength=fit.size)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total[fit.target] > 0, back / total[fit.target], 1 / sources[fit.target])
    return np.where(inside, residents[fit.target] * share, 0.0)
