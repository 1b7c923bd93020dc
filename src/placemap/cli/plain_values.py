"""What was typed becomes text, paths and choices without Typer's own conversion.

Newer Typers convert every value through pydantic, also one that nobody gave, and to load that takes longer than to read
all tables of a build. What is not plainly right is left to Typer, which says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_origin

from typer import BadParameter
from typer.core import TyperCommand, TyperGroup

#: Options for which nothing is a value: empty cells are blank in any case.
_MAY_BE_EMPTY = ("--blank",)


class Command(TyperCommand):
    """A command whose plain values are converted plainly, and that takes no empty one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What Typer makes of the words of a command line.

        Raises:
            BadParameter: one is empty.
        """
        for before, word in pairwise(["", *args]):
            option, equals, value = word.partition("=") if word.startswith("--") else (before, "", word)
            if not value and (equals or not word) and option not in _MAY_BE_EMPTY:
                what = option if option.startswith("-") else "one of the words of the command"
                raise BadParameter(f"{what} is empty; a variable of a script may have no value", ctx=ctx)
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters, --help among them."""
        return _convert_plainly(super().get_params(ctx))


class Group(TyperGroup):
    """The same for what stands before a command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its parameters, --help among them."""
        return _convert_plainly(super().get_params(ctx))


def _convert_plainly(parameters: Sequence[Any]) -> list[Any]:
    """Let parameters convert what they can by themselves. Those of older Typers do, and do not describe their type."""
    for parameter in parameters:
        choice: Any = getattr(parameter, "type", None)
        if hasattr(choice, "case_sensitive"):  # an older Typer's; newer ones are told by `_plain`
            choice.case_sensitive = False
        described = getattr(parameter, "type_descriptor", None)
        if described is not None and "process_value" not in vars(parameter):
            parameter.process_value = _process(parameter, described.annotation, parameter.process_value)
    return list(parameters)


def _process(parameter: Any, kind: Any, theirs: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """As `process_value` of a parameter, which is `theirs`."""

    def process_value(context: Any, value: Any) -> Any:
        try:
            found = _blank(parameter) if value is None else _plain(kind, value)
        except (TypeError, ValueError):
            return _theirs(theirs, context, value)
        return parameter.callback(context, parameter, found) if parameter.callback else found

    return process_value


def _theirs(process: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    """What Typer makes of a value; of what is wrong it says more than what is wrong."""
    try:
        return process(context, value)
    except BadParameter as error:
        error.message = error.message.removeprefix("Value error, ")
        raise


def _blank(parameter: Any) -> Any:
    """What stands for a value that nobody gave.

    Raises:
        ValueError: one is required.
    """
    if parameter.required:
        raise ValueError
    return () if parameter.multiple or parameter.nargs == -1 else None


def _plain(kind: Any, value: Any) -> Any:
    """A value as its kind says.

    Raises:
        TypeError, ValueError: that is not plain.
    """
    if get_origin(kind) is list and isinstance(value, list | tuple) and value:
        return [_plain(get_args(kind)[0], item) for item in value]
    if isinstance(kind, type) and isinstance(value, kind):
        return value
    if isinstance(value, str) and isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(next((choice for choice in kind if choice.casefold() == value.casefold()), value))
    if isinstance(value, str) and isinstance(kind, type) and issubclass(kind, Path):
        return kind(value)
    raise TypeError
