"""What `new` does: a first config of a system, with all its units under one place, ready to be divided."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from placemap.config.draft import Declared, Draft, Unit, config_text, slug
from placemap.core.arrays import Ints, sums
from placemap.core.codes import KINDS, RESIDENTS, normal_name
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
    found = _pcns(scope, geography) if by == "pcn" else _areas(by, lsoas, geography)
    label = KINDS[by].label if len(found.units) == 1 else KINDS[by].plural
    draft = Draft(
        system=slug(title),
        system_name=title,
        icb=(code, ods, vintage),
        scope=Declared(scope),
        footprint=FOOTPRINT,
        footprint_name="Places" if len(names) > 1 else "One place",
        places={names[0]: Declared(found.units)},
        notes=(
            f"{title}: all {len(found.units)} {label} stand under the first place. Move them under the others,",
            "give each place its evidence, and see with `placemap check THIS-FILE` that nothing is left out or in two",
            "places.",
        ),
        pool=found.pool,
        pcn_vintage=geography.default_vintage("pcn") if by == "pcn" else "",
        stubs=names[1:] or (["Another place"] if not places else []),
        comments=found.comments,
        groups=found.groups,
        inside=by != "pcn",
    )
    return config_text(draft), draft.system


def _short(name: str) -> str:
    return name.removeprefix("NHS ").removesuffix(" Integrated Care Board")


def _units(kind: str, lsoas: Ints, geography: Geography) -> tuple[Unit, ...]:
    units = geography.units(kind)
    return tuple((kind, str(units.codes[at]), str(units.names[at])) for at in np.unique(units.of[lsoas]) if at >= 0)


@dataclass(frozen=True)
class _Units:
    """What places may be made of.

    Attributes:
        comments, groups: by code, what a person may want to know of it, and the council that it stands under.
        pool: units that are in none of the places, under a title.
    """

    units: tuple[Unit, ...]
    comments: dict[str, str]
    groups: dict[str, str]
    pool: tuple[tuple[str, tuple[Unit, ...]], ...] = ()


def _areas(kind: str, lsoas: Ints, geography: Geography) -> _Units:
    units, ltla = geography.units(kind), geography.units("ltla")
    residents = geography.measure(RESIDENTS)
    comments, groups = {}, {}
    for at in np.unique(units.of[lsoas]):
        whole, code = units.lsoas(int(at)), str(units.codes[at])
        inside = int(np.isin(whole, lsoas).sum())
        part = "" if inside == len(whole) else f"; {inside} of its {len(whole)} LSOAs are in the system"
        comments[code] = f"{residents[lsoas[units.of[lsoas] == at]].sum():,.0f} residents{part}"
        if kind != "ltla":
            groups[code] = str(ltla.names[ltla.of[whole[0]]])
    return _Units(_units(kind, lsoas, geography), comments, groups)


def _pcns(scope: tuple[Unit, ...], geography: Geography) -> _Units:
    """The PCNs of the sub-ICB locations by council; practices there without a PCN are listed apart."""
    subs = geography.units("sub_icb")
    home = {
        str(subs.ods[at]) for _, code, _ in scope if subs.ods is not None and (at := subs.position(code)) is not None
    }
    pcns, registrations = geography.pcns(), geography.registrations
    size = dict(zip(registrations.codes, registrations.by_practice.tolist(), strict=True))
    codes = sorted(code for code, sub in pcns.sub_icb.items() if sub in home and code in pcns.practices_of)
    comments, groups = {}, {}
    councils = _councils(codes, geography)
    for code in codes:
        practices = pcns.practices_of[code]
        comments[code] = f"{_practices(len(practices))}, {sum(size.get(one, 0) for one in practices):,} patients"
        if code in councils:
            groups[code], share = councils[code]
            comments[code] += f", {share:.0%} of them there"
    listed = {code for code, sub in pcns.members.rows("practice_code", "practice_sub_icb_ods") if sub in home}
    local = sorted(listed & set(size) - set(pcns.pcn_of))
    alone = tuple(("practice", code, pcns.practice_names[code]) for code in local)
    units = tuple(("pcn", code, pcns.names[code]) for code in codes)
    return _Units(units, comments, groups, (("practices that are in no PCN", alone),) if alone else ())


def _councils(codes: Sequence[str], geography: Geography) -> dict[str, tuple[str, float]]:
    """By PCN with patients, the council that most of them live in, and the share of them who do."""
    registrations, ltla, pcns = geography.registrations, geography.units("ltla"), geography.pcns()
    position = {code: at for at, code in enumerate(codes)}
    of = np.array([position.get(pcns.pcn_of.get(code, ""), -1) for code in registrations.codes])
    practice, council, patients = registrations.living(ltla.of)
    mine = of[practice] >= 0
    count = len(ltla.codes)
    lives = sums(of[practice][mine] * count + council[mine], patients[mine], len(codes) * count).reshape(-1, count)
    total = sums(of[of >= 0], registrations.by_practice[of >= 0], len(codes))
    most = lives.argmax(axis=1)
    return {
        code: (str(ltla.names[most[at]]), float(lives[at, most[at]] / total[at]))
        for at, code in enumerate(codes)
        if total[at] > 0
    }


def _practices(count: int) -> str:
    return f"{count} practice{'' if count == 1 else 's'}"
