"""Colours for places: neighbours differ in lightness, so that they stay apart in grey print and for all sight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import dist, inf

#: Soft, and every two of them are told apart under normal sight and under simulated protan, deutan and tritan sight.
#: Dark text stands on each with a contrast of more than 4.5 to 1 (tests hold both).
PALETTE = (
    *("#caeedc", "#dcdcf7", "#caca82", "#8bcaf7", "#e5afca", "#a69dca", "#b89d5e", "#67a682"),
    *("#eeeea6", "#9dd3af", "#94b882", "#67a6e5", "#d382a6", "#aff7c1"),
)
#: Neighbours with at least this difference in lightness are told apart in grey print, which counts most; beyond that,
#: more distance in CIELAB is better. Where places share colours, so much of it is enough.
_ENOUGH, _WEIGHT, _FAR = 7.0, 30.0, 25.0
#: Where places share colours, so many more could have one than there are: the last still have a choice.
_LEEWAY = 6
#: So many places share colours evenly; of more, such as England's, it counts most that neighbours are told apart.
_EVENLY = 3 * len(PALETTE)

Neighbours = Iterable[tuple[int, int]]


def lightness(colour: str) -> float:
    """CIE L* of an sRGB colour `#rrggbb`, 0 (black) to 100 (white)."""
    return lab(colour)[0]


def lab(colour: str) -> tuple[float, float, float]:
    """CIE L*, a* and b* of an sRGB colour `#rrggbb` under D65."""
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    x = _root((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047)
    y = _root(0.2126729 * red + 0.7151522 * green + 0.0721750 * blue)
    z = _root((0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _linear(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


def _root(value: float) -> float:
    return float(value ** (1 / 3) if value > 216 / 24389 else (value * 24389 / 27 + 16) / 116)


def _apart(one: str, other: str) -> float:
    a, b = lab(one), lab(other)
    return round(_WEIGHT * min(abs(a[0] - b[0]), _ENOUGH) + dist(a, b), 6)


_APART = [[_apart(one, other) for other in PALETTE] for one in PALETTE]


def colours(places: int, neighbours: Neighbours, given: Mapping[int, str] | None = None) -> list[str]:
    """A colour by place.

    Up to fourteen places have a colour each, given so that neighbours differ in lightness as far as can be. More
    places share colours, each about as often as the others; neighbours never do while that can be helped.

    Args:
        places: how many there are.
        neighbours: pairs of positions of places that touch.
        given: colours that places have already.
    """
    fixed = {place: PALETTE.index(colour) for place, colour in (given or {}).items()}
    touching: dict[int, set[int]] = {place: set() for place in range(places)}
    for one, other in neighbours:
        touching[one].add(other)
        touching[other].add(one)
    own = places <= len(PALETTE)
    often = 1 if own else -(-(places + _LEEWAY) // len(PALETTE)) if places <= _EVENLY else places
    choice = _Choice(touching, frozenset(fixed), often, inf if own else _WEIGHT * _ENOUGH + _FAR)
    chosen = choice.first(fixed)
    while (own and choice.swap(chosen)) or choice.change(chosen):
        pass
    return [PALETTE[chosen[place]] for place in range(places)]


@dataclass(frozen=True)
class _Choice:
    """Which colour each place has, by number.

    Attributes:
        touching: neighbours by place.
        fixed: places whose colours stay.
        often: how many places may have a colour.
        most: a distance that is as good as any larger one.
    """

    touching: dict[int, set[int]]
    fixed: frozenset[int]
    often: int
    most: float

    def first(self, given: dict[int, int]) -> dict[int, int]:
        """One place after the other, those with most neighbours first."""
        chosen = dict(given)
        for place in sorted(set(self.touching) - set(chosen), key=lambda place: (-len(self.touching[place]), place)):
            used = list(chosen.values())
            near = [chosen[other] for other in self.touching[place] if other in chosen]
            unused = [number for number in range(len(PALETTE)) if number not in used] or self._fresh(used)
            chosen[place] = max(unused, key=lambda number: (self._apart(number, near), -used.count(number), -number))
        return chosen

    def swap(self, chosen: dict[int, int]) -> bool:
        """Whether two places could swap colours so that neighbours come further apart; they then have."""
        for one, other in combinations(self._free, 2):
            before = self._worth(chosen, one, other)
            chosen[one], chosen[other] = chosen[other], chosen[one]
            if self._worth(chosen, one, other) > before:
                return True
            chosen[one], chosen[other] = chosen[other], chosen[one]
        return False

    def change(self, chosen: dict[int, int]) -> bool:
        """The same for a place that takes another colour."""
        changed = False
        for place in self._free:
            used = list(chosen.values())
            numbers = sorted(self._fresh(used), key=used.count)

            def worth(number: int, place: int = place) -> list[float]:
                return self._worth({**chosen, place: number}, place)

            best = max([chosen[place], *numbers], key=worth)
            changed |= best != chosen[place]
            chosen[place] = best
        return changed

    def _fresh(self, used: list[int]) -> list[int]:
        """Colours that another place may still have."""
        return [number for number in range(len(PALETTE)) if used.count(number) < self.often]

    @property
    def _free(self) -> list[int]:
        return sorted(set(self.touching) - self.fixed)

    def _worth(self, chosen: dict[int, int], *places: int) -> list[float]:
        """How far places are from their neighbours, the least first; as this only grows, changing comes to an end."""
        return sorted(self._apart(chosen[place], [chosen[other]]) for place in places for other in self.touching[place])

    def _apart(self, number: int, near: list[int]) -> float:
        """The least distance between a colour and others."""
        return min([self.most, *(_APART[number][other] for other in near)])
