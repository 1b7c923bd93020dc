"""The palette under normal sight, three kinds of colour blindness and grey print."""

import random
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from placemap.outputs.map.ground import LAND, SEA
from placemap.outputs.map.outlines import neighbours
from placemap.outputs.map.palette import PALETTE, colours, lightness

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear sRGB.
SIGHT = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour):
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (xyz * 24389 / 27 + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one, other, sight):
    """CIE76 between two colours, as a kind of sight has them."""
    seen = [lab(SIGHT[sight] @ linear(colour)) for colour in (one, other)]
    return np.linalg.norm(seen[0] - seen[1])


@pytest.mark.parametrize("sight", SIGHT)
def test_every_two_colours_differ(sight):
    seen = [lab(SIGHT[sight] @ linear(colour)) for colour in PALETTE]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 12  # CIE76; 2.3 is just noticed


def test_every_colour_stands_out_from_land_and_sea():
    for colour in PALETTE:
        assert min(distance(colour, ground, "normal") for ground in (LAND, SEA)) > 15, colour


def test_lightness_is_that_of_cielab():
    for colour in [*PALETTE, "#000000", "#ffffff", "#010203"]:
        assert lightness(colour) == pytest.approx(lab(linear(colour))[0], abs=0.01)


def test_black_text_can_be_read_on_every_colour():
    for colour in PALETTE:
        luminance = TO_XYZ[1] @ linear(colour)
        assert (luminance + 0.05) / 0.05 > 4.5


def test_few_places_have_a_hue_each():
    """Of six places in a ring around a seventh, no two have colours that differ in lightness alone."""
    pairs = [(0, number) for number in range(1, 7)] + [(number, number % 6 + 1) for number in range(1, 7)]
    hues = [lab(linear(colour))[1:] for colour in colours(7, pairs)]
    assert min(np.linalg.norm(one - other) for one, other in combinations(hues, 2)) > 14


def test_neighbours_differ_in_grey_print(workspace, system):
    for name in ("bnssg", "norfolk-and-waveney", "lancashire-and-south-cumbria"):
        found = system(name)
        for footprint in found.footprints.values():
            _, resolved = workspace.resolve(found, footprint)
            assignment = resolved.assignment
            pairs = neighbours(assignment, workspace.geography)
            chosen = colours(len(footprint.places), pairs)
            assert len(set(chosen)) == len(chosen) or len(chosen) > len(PALETTE)
            # Where there are more places than colours, neighbours still have different ones.
            assert max(Counter(chosen).values()) <= -(-len(chosen) // len(PALETTE)), footprint.id
            least = 7 if len(chosen) <= len(PALETTE) else 3
            for one, other in pairs:
                assert abs(lightness(chosen[one]) - lightness(chosen[other])) > least, footprint.id
                assert distance(chosen[one], chosen[other], "normal") > 22
                assert min(distance(chosen[one], chosen[other], sight) for sight in SIGHT) > 13


def test_up_to_fourteen_places_have_a_colour_each_whatever_touches():
    for number in range(15):
        chosen = colours(number, combinations(range(number), 2))
        assert len(set(chosen)) == number


def test_given_colours_stay():
    given = {0: PALETTE[5], 3: PALETTE[0]}
    chosen = colours(6, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)], given)
    assert (chosen[0], chosen[3]) == (PALETTE[5], PALETTE[0])
    assert len(set(chosen)) == 6


def test_many_places_share_colours_but_neighbours_do_not():
    draw = random.Random(5)
    points = [(draw.random(), draw.random()) for _ in range(30)]
    pairs = {
        (one, other)
        for one, other in combinations(range(30), 2)
        if (points[one][0] - points[other][0]) ** 2 + (points[one][1] - points[other][1]) ** 2 < 0.02
    }
    chosen = colours(30, pairs)
    assert all(chosen[one] != chosen[other] for one, other in pairs)
    assert len(chosen) == 30
    assert set(Counter(chosen)) == set(PALETTE), "30 places on a map use all colours"
    assert max(Counter(chosen).values()) <= 3


def test_no_places_and_places_without_neighbours():
    assert colours(0, []) == []
    assert colours(2, []) == list(PALETTE[:2])
