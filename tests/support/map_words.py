"""What words take up on the page of a map, and that none lies on another or on a line."""

from itertools import combinations

import shapely

from placemap.outputs.map.drawing import CAPITALS, Stroke, Text, extent


def ground_of(text):
    """What words take up on the page, from their first capital's top to the foot of the last line."""
    wide, high = extent(text.lines, text.size, bold=text.bold)
    left = text.x - {"start": 0, "middle": wide / 2, "end": wide}[text.anchor]
    top = text.y - text.size * CAPITALS
    return shapely.box(left, top, left + wide, top + high - text.size * (1 - CAPITALS))


def lines_of_groups(page, ending):
    """The lines in the groups of a page whose id ends so."""
    groups = [group for group in page.groups if group.id.endswith(ending)]
    return [item.lines for group in groups for item in group.items if isinstance(item, Stroke)]


def assert_words_apart(page):
    """No words lie on others, on a line to a name, or on the frame of what is drawn larger; no two lines cross."""
    texts = [ground_of(item) for item in page.items() if isinstance(item, Text)]
    for one, other in combinations(texts, 2):
        assert not one.intersects(other)
    leaders, frames = lines_of_groups(page, "place-names"), lines_of_groups(page, "frame-line")
    assert not any(line.crosses(text) for line in [*leaders, *frames] for text in texts)
    assert not any(one.intersects(other) for one, other in combinations(leaders, 2))
    paper = shapely.box(0, 0, 1123, 794)
    assert all(paper.contains(text) for text in texts)
