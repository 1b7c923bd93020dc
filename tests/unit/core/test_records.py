"""Our dataclasses are those of Python, as far as anyone can tell: each is held to its twin."""

import copy
import dataclasses
from functools import cached_property

import pytest

from placemap.core import records


def both(make):
    return make(records.dataclass), make(dataclasses.dataclass)


def _point(dataclass):
    @dataclass(frozen=True, order=True)
    class Point:
        """A point."""

        x: int
        y: int = 2
        names: list = dataclasses.field(default_factory=list)

        @cached_property
        def double(self):
            return self.x * 2

    return Point


def _marked(dataclass):
    @dataclass(frozen=True)
    class Marked(_point(dataclass)):
        """A point with a mark, whose base comes first."""

        mark: str = ""

        def __post_init__(self):
            if self.mark == "wrong":
                raise ValueError(self.mark)

        def __str__(self):
            return f"<{self.mark}>"

    return Marked


def _open(dataclass):
    @dataclass()
    class Open:
        """One whose fields change."""

        a: int
        b: tuple = ()

    return Open


CALLS = [
    ((), {}),
    ((1,), {}),
    ((1, 3), {}),
    ((1,), {"y": 4}),
    ((), {"x": 5, "names": ["n"]}),
    ((1, 2, [], "m", "too many"), {}),
    ((1,), {"x": 1}),
    ((1,), {"z": 1}),
    ((1, 2, []), {"mark": "wrong"}),
    ((1, 2, ["a"], "m"), {}),
]


@pytest.mark.parametrize("make", [_point, _marked, _open])
@pytest.mark.parametrize(("positional", "named"), CALLS)
def test_they_take_the_same_and_refuse_the_same(make, positional, named):
    results = []
    for cls in both(make):
        try:
            made = cls(*positional, **named)
            results.append((repr(made).rpartition(".")[2], str(made).rpartition(".")[2], dataclasses.asdict(made)))
        except (TypeError, ValueError) as error:
            results.append(type(error))
    assert results[0] == results[1]


@pytest.mark.parametrize("make", [_point, _marked, _open])
def test_they_describe_the_same_fields(make):
    ours, theirs = ([(f.name, f.type, f.default) for f in dataclasses.fields(cls)] for cls in both(make))
    assert ours == theirs
    assert both(make)[0].__match_args__ == both(make)[1].__match_args__


@pytest.mark.parametrize("replace", [records.replace, dataclasses.replace])
def test_replaced_and_copied_they_are_equal(replace):
    point = _point(records.dataclass)(1, 2, ["n"])
    assert point.double == 2
    assert replace(point, x=3) == type(point)(3, 2, ["n"])
    assert replace(point) == point == copy.copy(point) == copy.deepcopy(point)
    assert replace(point).names is point.names
    with pytest.raises(TypeError):
        replace(point, z=3)


def test_each_gets_defaults_of_its_own():
    one, other = _point(records.dataclass)(1), _point(records.dataclass)(1)
    assert one.names == other.names == []
    assert one.names is not other.names


def test_frozen_ones_stay_as_they_are():
    point = _point(records.dataclass)(1)
    for change in (lambda: setattr(point, "x", 2), lambda: setattr(point, "new", 2), lambda: delattr(point, "x")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()
    changeable = _open(records.dataclass)(1)
    changeable.a = 2
    assert changeable == type(changeable)(2)


def test_they_compare_and_hash_by_content_and_class():
    for cls in both(_marked):
        first, second = cls(1, 2, (), "m"), cls(1, 2, (), "m")
        assert first == second
        assert hash(first) == hash(second)
        assert first != cls(1, 2, (), "other")
        assert first != cls.__base__(1, 2, ())
    for cls in both(_point):
        assert cls(1) < cls(2) <= cls(2) < cls(2, 3)
        assert sorted([cls(3), cls(1)])[0] == cls(1)
    for cls in both(_open):
        with pytest.raises(TypeError, match="unhashable"):
            hash(cls(1))
