"""Dataclasses without a compiler.

Python's own writes the methods of each class as text and compiles it, which for the classes of one build takes a tenth
of the build. These have methods that go through the names of the fields instead. To their users they are the same: to
type checkers, and to `replace`, `asdict` and `fields` of `dataclasses`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import total_ordering
from inspect import get_annotations
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass", "replace"]

_NOTHING: Any = dataclasses.MISSING
_FIELDS = "__placemap_fields__"

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:

    def dataclass(*, frozen=False, order=False):
        """As `dataclasses.dataclass`."""
        return lambda cls: _finish(cls, frozen=frozen, order=order)

    def replace(obj, /, **changes):
        """As `dataclasses.replace`."""
        return type(obj)(**{**dict(zip(obj.__match_args__, _key(obj), strict=True)), **changes})


def _finish(cls: Any, *, frozen: bool, order: bool) -> Any:
    """The class with the methods of a dataclass, but for those that it has itself."""
    defaults = _defaults(cls)
    methods = {"__init__": _init(cls, defaults), "__eq__": _equal, "__repr__": _text}
    methods |= {"__setattr__": _refuse, "__delattr__": _refuse} if frozen else {}
    methods |= {"__lt__": _less} if order else {}
    for name, method in methods.items():
        if name not in cls.__dict__:
            setattr(cls, name, method)
    cls.__hash__ = _hash if frozen else None
    cls.__dataclass_fields__ = _Described()
    for name, value in (("__match_args__", tuple(defaults)), (_FIELDS, defaults)):
        setattr(cls, name, value)
    return total_ordering(cls) if order else cls


def _defaults(cls: Any) -> dict[str, Any]:
    """The fields, those of base classes first, and what each is by default: a value, a `field`, or _NOTHING."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__[1:]):
        found.update(base.__dict__.get(_FIELDS, {}))
    for name in get_annotations(cls):
        found[name] = cls.__dict__.get(name, _NOTHING)
        if isinstance(found[name], dataclasses.Field):
            delattr(cls, name)
    return found


def _init(cls: Any, defaults: dict[str, Any]) -> Callable[..., None]:
    names, after = tuple(defaults), getattr(cls, "__post_init__", None)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - it becomes that method
        values = dict(zip(names, args, strict=False))
        if len(args) > len(names) or not kwargs.keys().isdisjoint(values):
            raise TypeError(f"{cls.__name__} is given too much: it has {', '.join(names)}")
        values.update(kwargs)
        if len(values) != len(names) or kwargs:
            values = {name: values.pop(name) if name in values else _default(cls, name) for name in names} | values
        if len(values) > len(names):
            raise TypeError(f"{cls.__name__} has no {next(name for name in values if name not in names)}")
        self.__dict__.update(values)
        if after is not None:
            self.__post_init__()

    return __init__


def _default(cls: Any, name: str) -> Any:
    default = getattr(cls, _FIELDS)[name]
    if isinstance(default, dataclasses.Field):
        make: Any = default.default_factory
        default = make() if default.default is _NOTHING else default.default
    if default is _NOTHING:
        raise TypeError(f"{cls.__name__} is not given its {name}")
    return default


def _key(self: Any) -> tuple[Any, ...]:
    return tuple([getattr(self, name) for name in self.__match_args__])


def _equal(self: Any, other: Any) -> Any:
    return _key(self) == _key(other) if type(other) is type(self) else NotImplemented


def _less(self: Any, other: Any) -> Any:
    return _key(self) < _key(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_key(self))


def _text(self: Any) -> str:
    parts = zip(self.__match_args__, _key(self), strict=True)
    return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in parts)})"


def _refuse(self: Any, name: str, *_value: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"{type(self).__name__} is frozen; its {name} stays as it is")


class _Described:
    """The fields as `dataclasses` describes them, made when they are first asked for."""

    def __get__(self, _instance: Any, cls: Any) -> Any:
        types = {name: of for base in reversed(cls.__mro__) for name, of in get_annotations(base).items()}
        fields = [
            (name, types[name]) if default is _NOTHING else (name, types[name], default)
            for name, default in getattr(cls, _FIELDS).items()
        ]
        found = vars(dataclasses.make_dataclass(cls.__name__, fields))["__dataclass_fields__"]
        cls.__dataclass_fields__ = found
        return found
