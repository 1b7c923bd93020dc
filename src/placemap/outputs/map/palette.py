"""Colours for places: neighbours differ in lightness, so that they stay apart in grey print and for all sight."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

import numpy as np

#: From light to dark in even steps. Every two differ under normal sight and under simulated protan, deutan and tritan
#: sight, and black text stands on each of them with a contrast of more than 4.5 to 1 (tests hold both).
PALETTE = ("#e6f2d5", "#a9e5f7", "#f8be7f", "#c9b4b4", "#4fb1ec", "#d78276", "#8d84a7", "#9a7336")

#: Two places with at least this difference in lightness, two steps of the palette, are told apart in grey print.
_ENOUGH = 11.0

Neighbours = Iterable[tuple[int, int]]


def lightness(colour: str) -> float:
    """CIE L* of an sRGB colour `#rrggbb`, 0 (black) to 100 (white)."""
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return float(116 * luminance ** (1 / 3) - 16) if luminance > 216 / 24389 else float(luminance * 24389 / 27)


def _linear(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


def colours(places: int, neighbours: Neighbours) -> list[str]:
    """A colour by place.

    Up to eight places have a colour each, given so that the smallest difference in lightness between neighbours is as
    large as it can be; of equally good ways the first is taken. More places share colours, each about as often as the
    others; neighbours never do while that can be helped, and differ by two steps in lightness where they can.

    Args:
        places: how many there are.
        neighbours: pairs of positions of places that touch.
    """
    pairs = sorted(neighbours)
    shades = np.array([lightness(colour) for colour in PALETTE])
    chosen = _best(places, pairs, shades) if places <= len(PALETTE) else _greedy(places, pairs, shades)
    return [PALETTE[number] for number in chosen]


def _best(places: int, pairs: list[tuple[int, int]], shades: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[int]:
    ways = np.array(list(permutations(range(len(PALETTE)), places)))
    if not pairs:
        return [int(number) for number in ways[0]]
    first, second = (list(side) for side in zip(*pairs, strict=True))
    apart = np.abs(shades[ways[:, first]] - shades[ways[:, second]])
    order = np.lexsort((np.arange(len(ways)), -apart.sum(axis=1), -apart.min(axis=1).round(6)))
    return [int(number) for number in ways[order[0]]]


def _greedy(
    places: int, pairs: list[tuple[int, int]], shades: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> list[int]:
    touching: dict[int, set[int]] = {place: set() for place in range(places)}
    for one, other in pairs:
        touching[one].add(other)
        touching[other].add(one)
    chosen: dict[int, int] = {}
    for place in sorted(touching, key=lambda place: (-len(touching[place]), place)):
        taken = [chosen[other] for other in touching[place] if other in chosen]
        used = list(chosen.values())

        def worth(number: int, taken: list[int] = taken, used: list[int] = used) -> tuple[float, int, int]:
            apart = min((abs(shades[number] - shades[other]) for other in taken), default=100.0)
            return (min(round(float(apart), 6), _ENOUGH), -used.count(number), -number)

        chosen[place] = max(range(len(PALETTE)), key=worth)
    return [chosen[place] for place in range(places)]
