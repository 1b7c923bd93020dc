"""Names, parts of names or codes → units and places: which there are, in which vintages, whether in use, in what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from placemap.config.model import System
from placemap.core.codes import KINDS, OLD_LSOA_VINTAGE, normal_name
from placemap.reference.former_codes import area_ended, newest_practices, practices_went
from placemap.reference.geography import Geography
from placemap.reference.look_up import NamedUnit, parents_of

#: In this order where names fit equally well.
ORDER = ("place", "icb", "sub_icb", "utla", "ltla", "ward", "pcn", "practice", "msoa", "lsoa")
#: Their names are a district's and a number, so they are searched only for text with a digit in it.
NUMBERED = ("msoa", "lsoa")
#: How well a name must fit, of 100.
CUTOFF = 80.0
#: How well a name fits that has the text among its words; in names that are much longer rapidfuzz counts that for less.
PART = 90.0


@dataclass(frozen=True)
class Entry:
    """A unit or a place that can be found.

    Attributes:
        kind: a kind of unit, or `place`.
        vintages: in which it stands in the reference, oldest first.
        alive: in use in the newest vintage of its kind that the reference has.
        note: of a code no longer in use, what followed it; of a place, its footprint.
        also: another code that it goes by, such as the NHS code of a sub-ICB location.
    """

    kind: str
    code: str
    name: str
    vintages: tuple[str, ...]
    alive: bool
    note: str = ""
    also: str = ""


@dataclass(frozen=True)
class Hit:
    """An entry that fits, how well (of 100), and what it lies in."""

    entry: Entry
    score: float
    parents: tuple[NamedUnit, ...]


def find(
    text: str, geography: Geography, systems: Sequence[System], *, kinds: Sequence[str] = (), limit: int = 20
) -> list[Hit]:
    """The entries that fit best, best first.

    Args:
        text: a code, the start of one, or a name or a part of it, spelt more or less well.
        kinds: look for these only; all where there are none.
        limit: at most so many.
    """
    entries = [entry for entry in index(geography, systems) if _asked(entry, kinds, text)]
    scores = _scores(text, entries)
    best = sorted(
        (entry for entry in entries if id(entry) in scores),
        key=lambda entry: (-round(scores[id(entry)]), not entry.alive, ORDER.index(entry.kind), entry.name, entry.code),
    )
    return [Hit(entry, round(scores[id(entry)], 1), parents(entry, geography)) for entry in best[:limit]]


def _asked(entry: Entry, kinds: Sequence[str], text: str) -> bool:
    if kinds:
        return entry.kind in kinds
    return entry.kind not in NUMBERED or any(character.isdigit() for character in text)


def _scores(text: str, entries: Sequence[Entry]) -> dict[int, float]:
    """By identity of the entry, how well it fits; those that hardly do are left out."""
    from rapidfuzz import fuzz, process, utils

    wanted = "".join(text.split()).upper()
    found = {
        id(entry): 100.0 if wanted in (entry.code.upper(), entry.also) else 97.0
        for entry in entries
        if len(wanted) >= 3 and (entry.code.upper().startswith(wanted) or entry.also == wanted)
    }
    if 100.0 in found.values():  # the code itself: names that look like it would be noise
        return {key: score for key, score in found.items() if score == 100.0}
    names = [normal_name(entry.name) for entry in entries]
    hits = process.extract(
        normal_name(text), names, scorer=fuzz.WRatio, processor=utils.default_process, limit=None, score_cutoff=CUTOFF
    )
    part = f" {utils.default_process(normal_name(text))} "
    parts = [("", PART, at) for at, name in enumerate(names) if part in f" {utils.default_process(name)} "]
    for _, score, at in (*hits, *(parts if part.strip() else ())):
        found[id(entries[at])] = max(score, found.get(id(entries[at]), 0.0))
    return found


# --- what there is ----------------------------------------------------------------------------------------------------


def index(geography: Geography, systems: Iterable[System]) -> list[Entry]:
    """All that can be found."""
    return [
        *_places(systems),
        *(entry for kind in ("icb", "sub_icb", "utla", "ltla", "ward", "msoa") for entry in _areas(kind, geography)),
        *_former_ltlas(geography),
        *_pcns(geography),
        *_practices(geography),
        *_lsoas(geography),
    ]


def _places(systems: Iterable[System]) -> Iterator[Entry]:
    for system in systems:
        for footprint in system.footprints.values():
            for place in footprint.places:
                code = f"{system.id}/{footprint.id}/{place.id}"
                yield Entry(
                    "place",
                    code,
                    place.name,
                    (),
                    footprint.status != "superseded",
                    f"{footprint.name}, {footprint.status}",
                )


def _areas(kind: str, geography: Geography) -> Iterator[Entry]:
    found: dict[tuple[str, str], list[str]] = {}
    usual = geography.default_vintage(kind)
    held = geography.data.vintages("lookup", kind)
    names: dict[str, str] = {}
    for vintage in sorted(held, key=lambda v: (v == usual, v)):
        units = geography.units(kind, vintage)
        for at, code in enumerate(units.codes):
            ods = str(units.ods[at]) if units.ods is not None else ""
            found.setdefault((str(code), ods), []).append(vintage)
            names[str(code)] = str(units.names[at])
    after = _successors(geography) if kind == "ltla" else {}
    # Two NHS codes of one GSS code, or the other way round: it lives if it does under either.
    living = {code for (code, _), vintages in found.items() if max(held) in vintages}
    for (code, ods), vintages in found.items():
        story = "" if code in living else after.get(code) or area_ended(kind, code, geography)
        notes = [f"NHS code {ods}" if ods else "", story]
        note = "; ".join(text for text in notes if text)
        yield Entry(kind, code, names[code], tuple(sorted(vintages)), not story, note, ods)


def _successors(geography: Geography) -> dict[str, str]:
    """By code of a former LTLA, what followed it."""
    if geography.data.find("ltla_history") is None:
        return {}
    after: dict[str, list[str]] = {}
    for row in geography.ltla_history:
        if row.successor:
            after.setdefault(row.code, []).append(f"{row.successor} {row.successor_name}")
    return {code: f"followed by {' and '.join(names)}" for code, names in sorted(after.items())}


def _former_ltlas(geography: Geography) -> Iterator[Entry]:
    """LTLAs of the code history that no lookup has."""
    if geography.data.find("ltla_history") is None:
        return
    known = {
        str(code)
        for vintage in geography.data.vintages("lookup", "ltla")
        for code in geography.units("ltla", vintage).codes
    }
    for code, story in _successors(geography).items():
        if code not in known:
            rows = [row for row in geography.ltla_history if row.code == code]
            years = (str(min(row.first_year for row in rows)), str(max(row.last_year for row in rows)))
            yield Entry("ltla", code, rows[0].name, tuple(dict.fromkeys(years)), False, story)


def _pcns(geography: Geography) -> Iterator[Entry]:
    vintages = geography.data.vintages("pcns")
    found: dict[str, list[str]] = {}
    for vintage in vintages:
        for code in geography.pcns(vintage).names:
            found.setdefault(code, []).append(vintage)
    newest = geography.pcns(vintages[-1])
    for code, lived in found.items():
        last = geography.pcns(lived[-1])
        practices = newest.practices_of.get(code, [])
        note = f"{len(practices)} practice{'' if len(practices) == 1 else 's'}, sub-ICB {last.sub_icb[code]}"
        if not practices:
            went = last.practices_of.get(code) or last.memberships(code)["practice_code"].tolist()
            note = f"no members in {newest.vintage}. {practices_went(went, newest)}"
        yield Entry("pcn", code, last.names[code], tuple(lived), bool(practices), note)


def _practices(geography: Geography) -> Iterator[Entry]:
    newest = geography.pcns(geography.data.vintages("pcns")[-1])
    vintage, living = newest_practices(geography)
    lists = {v: _listed_in(v, geography) for v in geography.data.vintages("practices")}
    names = {**newest.practice_names, **geography.practice_names, **living}
    registrations = geography.registrations
    size = dict(zip(registrations.codes, registrations.by_practice.tolist(), strict=True))
    for code, name in names.items():
        pcn = newest.pcn_of.get(code, "")
        where = f"PCN {pcn} {newest.names[pcn]}" if pcn else "in no PCN"
        patients = f"{size[code]:,} patients, " if code in size else ""
        held = tuple(v for v, codes in lists.items() if code in codes)
        gone = f"last listed in {held[-1]}" if held else f"not listed in {vintage}"
        yield Entry("practice", code, name, held, code in living, f"{patients}{where}" if code in living else gone)


def _listed_in(vintage: str, geography: Geography) -> set[str]:
    return set(geography.data.table(geography.data.need("practices", vintage=vintage))["practice_code"])


def _lsoas(geography: Geography) -> Iterator[Entry]:
    vintage = geography.units_entry("lsoa").vintage
    fit = geography.fit_2011
    old = dict(zip(fit.codes, fit.names, strict=True))
    for code, name in zip(geography.lsoas, geography.lsoa_names, strict=True):
        yield Entry("lsoa", str(code), str(name), (OLD_LSOA_VINTAGE, vintage) if code in old else (vintage,), True)
    today = set(geography.lsoas)
    for code, name in old.items():
        if code not in today:
            yield Entry(
                "lsoa", str(code), str(name), (OLD_LSOA_VINTAGE,), False, "`placemap explain` says what became of it"
            )


def units_named(name: str, geography: Geography) -> list[Entry]:
    """Units of just this name, in whatever case; the living alone where there are any, from large to small."""
    wanted = normal_name(name)
    found = [entry for entry in index(geography, ()) if normal_name(entry.name) == wanted]
    living = [entry for entry in found if entry.alive]
    return sorted(living or found, key=lambda entry: (ORDER.index(entry.kind), entry.code))


def parents(entry: Entry, geography: Geography) -> tuple[NamedUnit, ...]:
    """What an area in use lies in, in districts and above."""
    if entry.kind == "lsoa" and entry.code in geography.lsoas:
        lsoas = np.array([geography.lsoas.position(entry.code)])
    elif entry.kind in KINDS and not KINDS[entry.kind].patients and entry.kind != "lsoa" and entry.alive:
        units = geography.units(entry.kind)
        position = units.position(entry.code)
        lsoas = units.lsoas(position) if position is not None else np.array([], dtype=np.int64)
    else:
        return ()
    above = ORDER[1 : ORDER.index(entry.kind)]
    parents = [unit for unit in parents_of(lsoas, geography) if unit.kind in above and unit.kind != "ward"]
    return tuple(unit for unit in parents if unit.code != entry.code)
