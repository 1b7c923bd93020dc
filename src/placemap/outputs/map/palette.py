"""Colours for places: neighbours differ in lightness, so that they stay apart in grey print and for all sight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import dist, inf
from operator import mul

#: Soft, and every two of them are told apart under normal sight and under simulated protan, deutan and tritan sight,
#: as is each from the grey land and the pale sea around. Dark text stands on each with a contrast of more than 4.5 to 1
#: (tests hold all of it). The first eight have a hue each; the others are what is left between those.
PALETTE = (
    *("#99b6ff", "#f8b6ad", "#6ab382", "#f5f8ce", "#b6f6e5", "#c675a4", "#f9ceff", "#ae975a"),
    *("#9d8cd1", "#f093b0", "#a4aed8", "#cbeba3", "#c0c175", "#7fcfcf"),
)
#: Maps of fewer places than this take the first colours alone, so that no two of theirs are kinds of one hue.
_HUES = 8
#: Neighbours with at least this difference in lightness are told apart in grey print, which counts most; then so much
#: of difference in hue and chroma, and so much of distance for those who see fewer colours. More of each is no better.
_ENOUGH, _WEIGHT, _FAR, _FAR_FOR_FEWER = 7.0, 30.0, 45.0, 25.0
#: Where places share colours, so many more could have one than there are: the last still have a choice.
_LEEWAY = 6
#: So many places share colours evenly; of more, such as England's, it counts most that neighbours are told apart.
_EVENLY = 3 * len(PALETTE)

Neighbours = Iterable[tuple[int, int]]


def lightness(colour: str) -> float:
    """CIE L* of an sRGB colour `#rrggbb`, 0 (black) to 100 (white)."""
    return seen(colour)[0]


#: What linear red, green and blue become under normal sight, and under protan, deutan and tritan sight: Machado,
#: Oliveira and Fernandes (2009), severity 1.0.
SIGHTS = (
    ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
)

Matrix = tuple[tuple[float, float, float], ...]


def seen(colour: str, sight: Matrix = SIGHTS[0]) -> tuple[float, float, float]:
    """CIE L*, a* and b* of an sRGB colour `#rrggbb` under D65, as a kind of sight has it."""
    light = [_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5)]
    red, green, blue = (min(max(sum(map(mul, row, light)), 0.0), 1.0) for row in sight)
    x = _root((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047)
    y = _root(0.2126729 * red + 0.7151522 * green + 0.0721750 * blue)
    z = _root((0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _linear(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


def _root(value: float) -> float:
    return float(value ** (1 / 3) if value > 216 / 24389 else (value * 24389 / 27 + 16) / 116)


def apart(one: str, other: str) -> float:
    """How well two colours are told apart as neighbours: by lightness first, then by hue and by those who see fewer."""
    (light, *hue), (other_light, *other_hue) = seen(one), seen(other)
    fewer = min(dist(seen(one, sight), seen(other, sight)) for sight in SIGHTS)
    grey = min(abs(light - other_light), _ENOUGH)
    return round(_WEIGHT * grey + min(dist(hue, other_hue), _FAR) + min(fewer, _FAR_FOR_FEWER), 6)


_APART = [[apart(one, other) for other in PALETTE] for one in PALETTE]


def colours(places: int, neighbours: Neighbours, given: Mapping[int, str] | None = None) -> list[str]:
    """A colour by place.

    Up to fourteen places have a colour each, given so that neighbours are told apart as well as can be. More places
    share colours, each about as often as the others; neighbours never do while that can be helped.

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
    most = inf if own else _WEIGHT * _ENOUGH + _FAR
    choice = _Choice(touching, frozenset(fixed), often, most, _HUES if places < _HUES else len(PALETTE))
    chosen = choice.first(fixed)
    while (places <= _EVENLY and choice.swap(chosen)) or choice.change(chosen):
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
        choice: so many colours, from the first, may be given.
    """

    touching: dict[int, set[int]]
    fixed: frozenset[int]
    often: int
    most: float
    choice: int

    def first(self, given: dict[int, int]) -> dict[int, int]:
        """One place after the other, those with most neighbours first."""
        chosen = dict(given)
        for place in sorted(set(self.touching) - set(chosen), key=lambda place: (-len(self.touching[place]), place)):
            used = list(chosen.values())
            near = [chosen[other] for other in self.touching[place] if other in chosen]
            unused = [number for number in range(self.choice) if number not in used] or self._fresh(used)
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
        return [number for number in range(self.choice) if used.count(number) < self.often]

    @property
    def _free(self) -> list[int]:
        return sorted(set(self.touching) - self.fixed)

    def _worth(self, chosen: dict[int, int], *places: int) -> list[float]:
        """How far places are from their neighbours, the least first; as this only grows, changing comes to an end."""
        return sorted(self._apart(chosen[place], [chosen[other]]) for place in places for other in self.touching[place])

    def _apart(self, number: int, near: list[int]) -> float:
        """The least distance between a colour and others."""
        return min([self.most, *(_APART[number][other] for other in near)])
