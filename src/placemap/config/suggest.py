"""Which system a name may mean that is no config's: by its places, councils, codes, initials, or a slip of the pen."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from placemap.config.model import System
from placemap.core.errors import PlacemapError
from placemap.core.text import listed

#: What people say with a council's or a system's name, and the name does without.
_AROUND = re.compile(
    r"^(nhs|the|london borough of) | (icb|ics|integrated care (board|system)|pcn|council|"
    r"(city|county|borough|district|metropolitan borough) council|city of|county of)$"
)
_COUNCILS = ("ltla", "utla")
#: Initials leave these out.
_SMALL = ("and", "the")
#: Systems that are named; a county town may lie in many.
_MOST = 6
#: A start of fewer letters tells nothing.
_TELLING = 4
_CLOSE = 0.6
_CLOSE_TO_LONG = 0.8


@dataclass(frozen=True)
class _Term:
    """A name by which a system may be meant, and what it is of that system; nothing for its own names."""

    system: str
    text: str
    what: str = ""

    @property
    def plain(self) -> str:
        return _plain(self.text)


def suggestion(name: str, configs: Mapping[str, Path]) -> str:
    """The next step for a name that no config has: the systems that it may mean, and why.

    Args:
        configs: those there are, by name; what cannot be read is known by its name only.
    """
    asked = _plain(name)
    terms = [term for key, path in configs.items() for term in _terms(key, path)]
    by_system: dict[str, _Term] = {}
    for term in _meant(asked, terms) if asked else ():
        by_system.setdefault(term.system, term)
    if not by_system:
        return "`placemap list` shows the systems there are"
    if len(by_system) == 1:
        only = next(iter(by_system.values()))
        return f"did you mean `{only.system}`?{f' {only.text} is {only.what} in it' if only.what else ''}"
    known = [f"`{term.system}`{f' ({term.text}, {term.what})' if term.what else ''}" for term in by_system.values()]
    more = "" if len(known) <= _MOST else "; `placemap list` shows all"
    return f"did you mean {listed(known[:_MOST], 'or')}?{more}"


def closest(name: str, known: Mapping[str, str]) -> str:
    """The id that a name may mean; empty where it is like none.

    Args:
        known: names by id.
    """
    terms = [_Term(key, text) for key, title in known.items() for text in (key, title)]
    return next((term.system for term in _meant(_plain(name), terms)), "")


def places_meant(name: str, systems: Iterable[System]) -> list[str]:
    """The places that a name may mean, as `system/footprint/place`; of default footprints where there are any."""
    default: dict[str, bool] = {}
    terms = []
    for system in systems:
        for footprint in system.footprints.values():
            for place in footprint.places:
                key = f"{system.id}/{footprint.id}/{place.id}"
                default[key] = footprint.id == system.default_footprint
                terms += [_Term(key, place.name, "a place"), _Term(key, place.id, "a place")]
    found = list(dict.fromkeys(term.system for term in _meant(_plain(name.rsplit("/", maxsplit=1)[-1]), terms)))
    return ([key for key in found if default[key]] or found)[:_MOST]


def _terms(key: str, path: Path) -> Iterator[_Term]:
    from placemap.config.load import load_system

    yield _Term(key, key)
    try:
        system = load_system(path)
    except PlacemapError:
        return
    yield from (_Term(key, text) for text in (system.name, system.icb_code, system.icb_ods, *_initials(system.name)))
    yield from _places_and_councils(key, system)


def _places_and_councils(key: str, system: System) -> Iterator[_Term]:
    for footprint in system.footprints.values():
        for place in footprint.places:
            yield _Term(key, place.name, "a place")
    for footprint in system.footprints.values():
        for place in footprint.places:
            for member in place.members:
                if member.kind in _COUNCILS and member.name:
                    yield _Term(key, member.name, "a council")


def _initials(name: str) -> set[str]:
    words = [word for word in _plain(name).split() if word not in _SMALL]
    return {"".join(word[0] for word in words), "".join(word[0] for word in words if word != "of")}


def _plain(text: str) -> str:
    """A name as it is compared: `bristol` for `Bristol, City of` and `NHS BRISTOL ICB`."""
    folded = " ".join(re.sub(r"[^\w\s]|_", " ", text.casefold().replace("&", " and ").replace("'", "")).split())
    while (shorter := _AROUND.sub("", folded)) not in ("", folded):
        folded = shorter
    return folded


def _meant(asked: str, terms: Iterable[_Term]) -> list[_Term]:
    """The terms that are like it: the same, then those with its words; else those with its start; else close ones."""
    terms = list(terms)
    words = set(asked.split())
    same = [term for term in terms if term.plain == asked]
    within = [term for term in terms if words and words <= set(term.plain.split())]
    if same or within:
        return [*same, *within]
    begun = [term for term in terms if any(word.startswith(asked) for word in term.plain.split())]
    return (begun if len(asked) >= _TELLING else []) or _close(asked, terms)


def _close(asked: str, terms: list[_Term]) -> list[_Term]:
    """The terms that differ by a slip of the pen, if any: those that are closest."""
    ratio = {term: difflib.SequenceMatcher(None, asked, term.plain).ratio() for term in terms}
    near = {term: value for term, value in ratio.items() if value >= (_CLOSE_TO_LONG if term.what else _CLOSE)}
    return [term for term, value in near.items() if value == max(near.values())]
