"""What is wrong with one code of a config: not there, another kind's, or with another name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping

from placemap.config.model import Loc, Member
from placemap.core.codes import KINDS, kinds_of, normal_name
from placemap.core.findings import Finding, Severity
from placemap.reference.geography import Geography

UPDATE = "`placemap data update` to check all England"


def error(code: str, message: str, subject: str, loc: Loc, place: str, hint: str) -> Finding:
    """An error about what stands at `loc`."""
    return Finding(code, Severity.ERROR, message, subject, str(loc), place, hint=hint)


def not_there(geography: Geography, member: Member, label: str, names: Mapping[str, str], place: str) -> Finding:
    """A code that the reference does not have.

    Args:
        label: of the code, with its kind.
        names: by code, those that there are.
    """
    named = [c for c, n in names.items() if member.name and normal_name(n) == normal_name(member.name)]
    near = [*named, *difflib.get_close_matches(member.code, sorted(names), n=3, cutoff=0.8)]
    nearest = list(dict.fromkeys(near))[:3]
    hint = "did you mean " + " or ".join(f"{code} ({names[code]})" for code in nearest) + "?" if nearest else ""
    if member.kind == "ward":
        hint = f"{hint} Some wards have no LSOA by best fit (33 in 2024, 20 of them in the City of London)".strip()
    if not geography.all_england:
        return error(
            "not-packaged",
            f"{label} is not in the packaged tables, which hold only what the shipped configs need; {UPDATE}.",
            member.code,
            member.loc,
            place,
            hint or "run `placemap data update`, or `placemap data import` with downloaded files",
        )
    return error(
        "unknown-code",
        f"{label} does not exist.",
        member.code,
        member.loc,
        place,
        hint or "look it up with `placemap find`",
    )


def wrong_kind(member: Member, place: str) -> Finding:
    """A code of another kind than it stands under."""
    likely = kinds_of(member.code)
    what = likely[0].one if likely else "an unknown kind"
    return error(
        "wrong-kind",
        f"{member.code} is the code of {what}, but stands under `{member.kind}`; "
        f"expected the code of {KINDS[member.kind].one}, like {KINDS[member.kind].example}.",
        member.code,
        member.loc,
        place,
        f"move it under `{likely[0].id}`" if likely else "check the code",
    )


def codes_named(names: Mapping[str, str], wanted: str) -> list[str]:
    """Codes of that name, compared as names in configs are."""
    return [code for code, name in names.items() if normal_name(name) == normal_name(wanted)]


def wrong_name(member: Member, real: str, codes_named: Callable[[str], list[str]], place: str) -> Iterator[Finding]:
    """A name that is not the code's own; `codes_named` looks through all names, so only then."""
    if normal_name(member.name or "") == normal_name(real):
        return
    others = [code for code in codes_named(member.name or "") if code != member.code]
    hint = f"that is the name of {others[0]}" if others else "correct the name or the code"
    yield error(
        "name-mismatch",
        f"{KINDS[member.kind].label} {member.code} is called `{real}`, not `{member.name}`.",
        member.code,
        member.loc,
        place,
        hint,
    )
