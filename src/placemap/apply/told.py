"""What codes are, told by their values: of which kind, dead, newer or older than the tables, or no codes at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from placemap.apply.apportion import DEAD, MISSING, NOT_IN_TABLES, OTHER_KIND, OUT_OF_AREA, UNKNOWN, WIDER
from placemap.apply.sql_rows import AS_GIVEN
from placemap.apply.wider import WiderAreas
from placemap.core.codes import AREA_KINDS, KINDS, NO_CODE, is_body, is_code, normal_name
from placemap.core.fine_kinds import FINE_KINDS
from placemap.core.text import counted, listed
from placemap.reference.ended import ended
from placemap.reference.fine_lookups import FineLookup
from placemap.reference.former_codes import newer_than_held, shown
from placemap.reference.geography import Geography
from placemap.reference.recognise import vintages_of
from placemap.reference.schemas import ELSEWHERE

#: Codes of Wales, Scotland, Northern Ireland, the Channel Islands and the Isle of Man.
OUTSIDE_ENGLAND = re.compile(r"[WSNLM]\d{8}|95[A-Z]{2}\d{2}[A-Z]\d")
_ENGLAND = "give the data by LSOA, ward, LTLA or another unit that lies in a place"


@dataclass(frozen=True)
class Sort:
    """A sort of codes that is told by shape: `plural` names it, `kind` is its kind (empty where placemap has none)."""

    plural: str
    pattern: re.Pattern[str]
    kind: str = ""
    step: str = _ENGLAND


#: Every shape that is told; the first that fits counts.
SORTS = (
    Sort("LSOAs", re.compile(r"E01\d{6}"), "lsoa"),
    Sort("MSOAs", re.compile(r"E02\d{6}"), "msoa"),
    Sort("wards", re.compile(r"E05\d{6}"), "ward"),
    Sort("LTLAs", re.compile(r"E0[6-9]\d{6}"), "ltla"),
    Sort("counties", re.compile(r"E10\d{6}"), "utla"),
    Sort("sub-ICB locations", re.compile(r"E38\d{6}"), "sub_icb"),
    Sort("PCNs", re.compile(r"U\d{5}"), "pcn"),
    Sort("practices", re.compile(r"[A-TV-Z]\d{5}"), "practice"),
    Sort("ICBs", re.compile(r"E54\d{6}"), step="give the data by sub-ICB location, or by a smaller unit"),
    *(Sort(kind.plural, kind.shape, kind.id) for kind in FINE_KINDS.values()),
    Sort("countries", re.compile(r"E92\d{6}|K0\d{7}")),
    Sort("regions", re.compile(r"E(?:12|40)\d{6}")),
    Sort("metropolitan counties", re.compile(r"E11\d{6}")),
    Sort("combined authorities", re.compile(r"E47\d{6}")),
    Sort("constituencies", re.compile(r"E14\d{6}")),
    Sort("parishes", re.compile(r"E04\d{6}")),
    Sort("codes of other areas of England", re.compile(r"E\d{8}")),
)


def sort_of(code: str) -> Sort | None:
    """The sort of a code by its shape; None where it has none that is certain."""
    return next((sort for sort in SORTS if sort.pattern.fullmatch(code)), None)


def outcome_of(code: str | None, wider: WiderAreas, lookup: FineLookup | None = None) -> str:
    """What becomes of a row whose code the reference does not have.

    Args:
        wider: what codes may be totals of, beside those of the data.
        lookup: by which codes that were finer were located.
    """
    kind, all_england = wider.coarse, wider.geography.all_england
    if code is None or code in NO_CODE:
        return MISSING
    if lookup and code in ELSEWHERE:
        return ELSEWHERE[code]
    if wider.has(code.removeprefix(AS_GIVEN)):
        return WIDER
    if code.startswith(AS_GIVEN):
        return OTHER_KIND
    if lookup and lookup.kind.shape.fullmatch(code):
        return UNKNOWN if all_england or not lookup.checked else NOT_IN_TABLES
    if not KINDS[kind].patients and OUTSIDE_ENGLAND.fullmatch(code):
        return OUT_OF_AREA
    if KINDS[kind].accepts(code):
        return UNKNOWN if all_england else NOT_IN_TABLES
    return OTHER_KIND if is_code(code) or is_body(code) else UNKNOWN


# --- what to say of them ----------------------------------------------------------------------------------------------


def told(
    counts: Mapping[str, int],
    outcomes: Mapping[str, str],
    kind: str,
    geography: Geography,
    lookup: FineLookup | None = None,
) -> Iterable[str]:
    """What to say of codes that were not placed, a line a sort.

    Args:
        counts: rows by code.
        outcomes: by code, what became of it.
        lookup: by which they were located.
    """
    of: dict[str, list[str]] = {}
    for code in counts:
        of.setdefault(outcomes.get(code, ""), []).append(code)
    yield from _sorts("totals of wider areas, left out", of.get(WIDER, []), counts)
    gone = ended(kind, geography)
    for code in sorted(of.get(DEAD, []))[:12]:
        if code in gone:
            yield f"{DEAD}: {gone[code].text(code)}"
    wanted = lookup.kind.plural if lookup else KINDS[kind].plural
    yield from _sorts(f"another kind than {wanted}", of.get(OTHER_KIND, []), counts)
    if lookup:
        yield from _not_in_lookup(of.get(UNKNOWN, []), lookup)
    shaped = [code for code in (*of.get(UNKNOWN, []), *of.get(NOT_IN_TABLES, [])) if KINDS[kind].accepts(code)]
    if shaped:
        yield _not_of_the_years(shaped, kind, geography)


def _not_in_lookup(codes: Sequence[str], lookup: FineLookup) -> Iterable[str]:
    fine = [code for code in codes if lookup.kind.shape.fullmatch(code)]
    if fine:
        many = f"{counted(len(fine), lookup.kind.label)} {'are' if len(fine) > 1 else 'is'}"
        yield f"{many} not in the lookup of {lookup.vintage}: newer, older or mistyped: {shown(fine)}"


def _sorts(what: str, codes: Sequence[str], counts: Mapping[str, int]) -> Iterable[str]:
    """Of codes that have something in common, how many rows are of each sort."""
    if codes:
        rows = Counter[str]()
        for code in codes:
            sort = sort_of(code.removeprefix(AS_GIVEN))
            rows[sort.plural if sort else "codes of another kind"] += counts[code]
        parts = listed([f"{plural} ({counted(count, 'row')})" for plural, count in rows.most_common()])
        yield f"{what}: {parts}, such as {shown([code.removeprefix(AS_GIVEN) for code in codes])}"


def _not_of_the_years(codes: Sequence[str], kind: str, geography: Geography) -> str:
    years = listed(vintages_of(kind, geography), "or") or "any year held"
    number = f"{counted(len(codes), 'code')} {'are' if len(codes) > 1 else 'is'}"
    kinds = f"{KINDS[kind].plural if len(codes) > 1 else KINDS[kind].one}"
    if geography.all_england:
        newer = kind in AREA_KINDS and kind != "lsoa" and all(newer_than_held(kind, code, geography) for code in codes)
        why = "newer than the tables, or mistyped" if newer else "older, newer or mistyped"
        return f"{number} not {kinds} of {years}: {why}: {shown(codes)}"
    return (
        f"{number} not {kinds} of {years} in the packaged tables: of another area, or older, newer or mistyped: "
        f"{shown(codes)} (`placemap data update` to check all England)"
    )


# --- a column that cannot be placed -----------------------------------------------------------------------------------


def sorts_in(counts: Mapping[str, int]) -> Counter[str]:
    """Rows by sort of their code; empty text for what is no code for certain."""
    found = Counter[str]()
    for text, rows in counts.items():
        code = text.strip().upper()
        if code not in NO_CODE and not OUTSIDE_ENGLAND.fullmatch(code):
            sort = sort_of(code)
            found[sort.plural if sort else ""] += rows
    return found


def names_in(values: Iterable[str], geography: Geography) -> tuple[str, dict[str, str]] | None:
    """The kind whose names most of some values are, with the code of each value; None where they are no names."""
    texts = {normal_name(value): value for value in sorted(values) if value.strip()}
    best: tuple[str, dict[str, str]] | None = None
    for kind in ("ltla", "utla", "msoa", "ward", "sub_icb", "icb", "lsoa", "pcn", "practice"):
        known = _names(kind, geography)
        found = {value: known[text] for text, value in texts.items() if text in known}
        if 2 * len(found) >= len(texts) > 0 and (best is None or len(found) > len(best[1])):
            best = kind, found
    return best


def _names(kind: str, geography: Geography) -> dict[str, str]:
    """Codes by name as it is compared."""
    if kind == "pcn":
        named = list(geography.pcns().names.items())
    elif kind == "practice":
        named = list(geography.practice_names.items())
    elif geography.find_units_entry(kind) is None:
        return {}
    else:
        units = geography.units(kind)
        named = list(zip(map(str, units.codes), map(str, units.names), strict=True))
    return {normal_name(name): code for code, name in named}
