"""What `new` does: a first config of a system, with all its units under one place, ready to be divided."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from placemap.config.draft import Declared, Draft, Unit, config_text, slug
from placemap.core.arrays import Ints
from placemap.core.codes import KINDS, normal_name
from placemap.core.errors import Exit, PlacemapError
from placemap.reference.geography import Geography

#: What places may be made of.
BY = ("pcn", "ltla", "ward")
FOOTPRINT = "places"


def find_icb(text: str, geography: Geography, packaged: Collection[str]) -> tuple[str, str, str, str, Ints]:
    """Code, NHS code, name, vintage and LSOAs of the ICB that `text` names by a code, its name or a part of it.

    Args:
        packaged: GSS codes of the ICBs that the packaged tables hold as a whole.

    Raises:
        PlacemapError: there is no such ICB, several might be meant, or the tables do not hold it as a whole.
    """
    units = geography.units("icb")
    position = units.position(text.strip().upper())
    fits = [at for at, name in enumerate(units.names) if normal_name(text) in normal_name(str(name))]
    # Somerset is a part of the name of another ICB, too: only the whole name will do.
    whole = [
        at
        for at in fits
        if normal_name(text) in (normal_name(str(units.names[at])), normal_name(_short(str(units.names[at]))))
    ]
    if position is None and len(whole) == 1:
        position = whole[0]
    if position is None:
        known = [f"{units.codes[at]} ({units.names[at]})" for at in fits[:5]]
        hint = f"did you mean {' or '.join(known)}?" if known else "`placemap find TEXT --kind icb` looks ICBs up"
        raise PlacemapError(f"no ICB is called or coded `{text}`", hint=hint, exit_code=Exit.USAGE)
    code = str(units.codes[position])
    if not geography.all_england and code not in packaged:
        raise PlacemapError(
            f"the packaged tables hold only parts of {units.names[position]}",
            location=geography.data.where,
            hint="`placemap data update` fetches all England, or --data with a store that has it",
        )
    ods = str(units.ods[position]) if units.ods is not None else ""
    return code, ods, str(units.names[position]), units.vintage, units.lsoas(position)


def first_config(
    icb: str, geography: Geography, *, by: str, places: Sequence[str], name: str, packaged: Collection[str]
) -> tuple[str, str]:
    """A first config, and the id of its system.

    All units stand under the first place, so that the config builds as it is; the other places stand as comments.

    Args:
        icb: code or name of the ICB.
        by: what places are made of, one of BY.
        places: their names; one called after the system where there are none.
        name: of the system; the ICB's own where it is empty.

    Raises:
        PlacemapError: see `find_icb`; or `by` is no such kind.
    """
    if by not in BY:
        raise PlacemapError(
            f"places cannot be started from `{by}`", hint=f"choose one of {', '.join(BY)}", exit_code=Exit.USAGE
        )
    code, ods, full, vintage, lsoas = find_icb(icb, geography, packaged)
    title = name or _short(full)
    names = list(dict.fromkeys(places)) or [title]
    scope = _units("sub_icb", lsoas, geography)
    units, comments, pool = _pcns(scope, geography) if by == "pcn" else _areas(by, lsoas, geography)
    label = KINDS[by].label if len(units) == 1 else KINDS[by].plural
    draft = Draft(
        system=slug(title),
        system_name=title,
        icb=(code, ods, vintage),
        scope=Declared(scope),
        footprint=FOOTPRINT,
        footprint_name="Places" if len(names) > 1 else "One place",
        places={names[0]: Declared(units)},
        notes=(
            f"{title}: all {len(units)} {label} stand under the first place. Move them under the others, give each",
            "place its evidence, and see with `placemap check THIS-FILE` that nothing is left out or in two places.",
        ),
        pool=pool,
        pcn_vintage=geography.default_vintage("pcn") if by == "pcn" else "",
        stubs=names[1:] or (["Another place"] if not places else []),
        comments=comments,
        inside=by != "pcn",
    )
    return config_text(draft), draft.system


def _short(name: str) -> str:
    return name.removeprefix("NHS ").removesuffix(" Integrated Care Board")


def _units(kind: str, lsoas: Ints, geography: Geography) -> tuple[Unit, ...]:
    units = geography.units(kind)
    return tuple((kind, str(units.codes[at]), str(units.names[at])) for at in np.unique(units.of[lsoas]) if at >= 0)


def _areas(
    kind: str, lsoas: Ints, geography: Geography
) -> tuple[tuple[Unit, ...], dict[str, str], list[tuple[str, list[Unit]]]]:
    units = geography.units(kind)
    ltla = geography.units("ltla")
    comments = {}
    for at in np.unique(units.of[lsoas]):
        whole = units.lsoas(int(at))
        inside = int(np.isin(whole, lsoas).sum())
        district = "" if kind == "ltla" else f"{ltla.names[ltla.of[whole[0]]]}, "
        part = "" if inside == len(whole) else f"; {inside} of its {len(whole)} LSOAs are in the system"
        comments[str(units.codes[at])] = (
            f"{district}{geography.measure('residents_2021')[lsoas[units.of[lsoas] == at]].sum():,.0f} residents{part}"
        )
    return _units(kind, lsoas, geography), comments, []


def _pcns(
    scope: tuple[Unit, ...], geography: Geography
) -> tuple[tuple[Unit, ...], dict[str, str], list[tuple[str, list[Unit]]]]:
    """The PCNs of the sub-ICB locations; practices there without a PCN are listed apart."""
    subs = geography.units("sub_icb")
    home = {
        str(subs.ods[at]) for _, code, _ in scope if subs.ods is not None and (at := subs.position(code)) is not None
    }
    pcns, registrations = geography.pcns(), geography.registrations
    size = dict(zip(registrations.codes, registrations.by_practice.tolist(), strict=True))
    codes = sorted(code for code, sub in pcns.sub_icb.items() if sub in home and code in pcns.practices_of)
    comments = {
        code: f"{_practices(len(of := pcns.practices_of[code]))}, {sum(size.get(p, 0) for p in of):,} patients"
        for code in codes
    }
    members = pcns.members
    local = sorted(
        set(members[members["practice_sub_icb_ods"].isin(home)]["practice_code"]) & set(size) - set(pcns.pcn_of)
    )
    pool = (
        [("practices that are in no PCN", [("practice", code, pcns.practice_names[code]) for code in local])]
        if local
        else []
    )
    return tuple(("pcn", code, pcns.names[code]) for code in codes), comments, pool


def _practices(count: int) -> str:
    return f"{count} practice{'' if count == 1 else 's'}"
