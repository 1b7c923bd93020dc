"""Colours for places: neighbours differ in lightness, so that they stay apart in grey print and for all sight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

#: Soft, and every two of them are told apart under normal sight and under simulated protan, deutan and tritan sight.
#: Dark text stands on each with a contrast of more than 4.5 to 1 (tests hold both).
PALETTE = (
    *("#caeedc", "#dcdcf7", "#caca82", "#8bcaf7", "#e5afca", "#a69dca", "#b89d5e", "#67a682"),
    *("#eeeea6", "#9dd3af", "#94b882", "#67a6e5", "#d382a6", "#aff7c1"),
)
#: So many colours are chosen from where there are not more places.
_FIRST = 8
#: Neighbours with at least this difference in lightness are told apart in grey print: more is not better.
_ENOUGH = 22.0

Neighbours = Iterable[tuple[int, int]]


def lightness(colour: str) -> float:
    """CIE L* of an sRGB colour `#rrggbb`, 0 (black) to 100 (white)."""
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return float(116 * luminance ** (1 / 3) - 16) if luminance > 216 / 24389 else float(luminance * 24389 / 27)


def _linear(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


_SHADES = tuple(lightness(colour) for colour in PALETTE)


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
    choice = _Choice(touching, frozenset(fixed))
    chosen = choice.first(fixed)
    if places <= len(PALETTE):
        choice.improve(chosen)
    return [PALETTE[chosen[place]] for place in range(places)]


@dataclass(frozen=True)
class _Choice:
    """Which colour each place has, by number.

    Attributes:
        touching: neighbours by place.
        fixed: places whose colours stay.
    """

    touching: dict[int, set[int]]
    fixed: frozenset[int]

    @property
    def pool(self) -> range:
        return range(_FIRST if len(self.touching) <= _FIRST else len(PALETTE))

    def first(self, given: dict[int, int]) -> dict[int, int]:
        """One place after the other, those with most neighbours first."""
        chosen = dict(given)
        for place in sorted(set(self.touching) - set(chosen), key=lambda place: (-len(self.touching[place]), place)):
            used = list(chosen.values())
            near = [chosen[other] for other in self.touching[place] if other in chosen]
            fresh = [number for number in self.pool if number not in used]
            fresh = fresh or [number for number in range(len(PALETTE)) if number not in used]
            chosen[place] = max(
                fresh or range(len(PALETTE)), key=lambda number: (_apart(number, near), -used.count(number), -number)
            )
        return chosen

    def improve(self, chosen: dict[int, int]) -> None:
        """Swap colours, or take an unused one, as long as that sets neighbours further apart."""
        free = sorted(set(self.touching) - self.fixed)
        better = True
        while better:
            better = self._swap_once(chosen, free) or self._take_once(chosen, free)

    def _swap_once(self, chosen: dict[int, int], free: list[int]) -> bool:
        for one, other in combinations(free, 2):
            before = self._worth(chosen, one, other)
            chosen[one], chosen[other] = chosen[other], chosen[one]
            if self._worth(chosen, one, other) > before:
                return True
            chosen[one], chosen[other] = chosen[other], chosen[one]
        return False

    def _take_once(self, chosen: dict[int, int], free: list[int]) -> bool:
        for place in free:
            before, had = self._worth(chosen, place), chosen[place]
            for number in self.pool:
                if number not in chosen.values():
                    chosen[place] = number
                    if self._worth(chosen, place) > before:
                        return True
                    chosen[place] = had
        return False

    def _worth(self, chosen: dict[int, int], *places: int) -> list[float]:
        """How far places are from their neighbours, the least first; as this only grows, swapping comes to an end."""
        return sorted(
            round(min(abs(_SHADES[chosen[place]] - _SHADES[chosen[other]]), _ENOUGH), 6)
            for place in places
            for other in self.touching[place]
        )


def _apart(number: int, near: list[int]) -> float:
    """The least difference in lightness between a colour and others."""
    return round(min([_ENOUGH, *(abs(_SHADES[number] - _SHADES[other]) for other in near)]), 6)
