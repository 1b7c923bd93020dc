"""What holds for any county: made at random, small, with people in odd places."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import toy_county
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from toy_workspaces import workspace

from placemap.config.load import system_from_text
from placemap.core.errors import PlacemapError, PlacemapErrors
from placemap.crosswalk.patient_ledger import ledger
from placemap.reference.describe import Describer
from placemap.resolve.resolve import lsoas_of, resolve

QUICK = settings(max_examples=40)
PRACTICES = sorted(toy_county.PRACTICES)


@st.composite
def registrations(draw):
    """Patients by practice and LSOA of 2011, some without an LSOA or in Wales."""
    codes = [*toy_county.EXACT_FIT, "NO2011", "W01000001", "ENGLAND"]
    cells = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(PRACTICES), st.sampled_from(codes)), st.integers(1, 999), min_size=1, max_size=40
        )
    )
    rows = [(practice, lsoa, patients) for (practice, lsoa), patients in cells.items()]
    return pd.DataFrame(rows, columns=["practice_code", "lsoa11_code", "patients"])


residents = st.lists(st.integers(0, 3000), min_size=13, max_size=13).map(
    lambda people: pd.DataFrame({"lsoa_code": toy_county.LSOAS, "people": people})
)


@st.composite
def configs(draw):
    """A footprint of up to three places from PCNs and practices, each at most once, and perhaps some LSOAs."""
    units = draw(
        st.permutations(
            [
                "pcn U90001",
                "pcn U90002",
                "pcn U90003",
                "pcn U90004",
                "practice A90006",
                "practice A90001",
                *(f"lsoa {c}" for c in toy_county.LSOAS),
            ]
        )
    )
    text = ""
    start = 0
    for name in "abc"[: draw(st.integers(1, 3))]:
        taken = units[start : start + draw(st.integers(1, 5))]
        start += len(taken)
        lines = {}
        for unit in taken:
            kind, code = unit.split()
            lines.setdefault(kind, []).append(code)
        members = ", ".join(f"{kind}: [{', '.join(codes)}]" for kind, codes in lines.items())
        text += f"      {name}: {{name: {name.upper()}, {members}}}\n"
    return toy_county.footprint(text)


def resolved(work, text):
    system = system_from_text(text, "toy.yaml")
    footprint = system.footprints["one"]
    _, found = work.resolve(system, footprint)
    return found


@QUICK
@given(table=registrations(), people=residents, text=configs())
def test_shares_over_places_and_elsewhere_sum_to_one(base, table, people, text):
    work = workspace(base, **{"registrations-2022-07": table, "residents_2021": people})
    assignment = resolved(work, text).assignment
    if assignment.patients is None:
        return
    votes, registered = assignment.patients.votes, assignment.patients.registered
    assert (votes >= 0).all()
    elsewhere = registered - votes.sum(axis=1)
    assert (elsewhere > -1e-6).all()
    some = registered > 0
    shares = (votes[some].sum(axis=1) + elsewhere[some]) / registered[some]
    np.testing.assert_allclose(shares, 1)
    won = np.flatnonzero(assignment.by_plurality)
    assert (assignment.share()[won] > 0).all()
    assert (assignment.share()[won] <= 1 + 1e-9).all()
    assert (assignment.placed_share()[won] >= assignment.share()[won] - 1e-9).all()
    assert (assignment.margin()[won] >= -1e-9).all()


@QUICK
@given(table=registrations(), people=residents, text=configs())
def test_patients_in_are_patients_out(base, table, people, text):
    work = workspace(base, **{"registrations-2022-07": table, "residents_2021": people})
    made = ledger(resolved(work, text)).frame
    assert round(made["PATIENTS"].sum(), 2) == table["patients"].sum()
    english = table.loc[table["lsoa11_code"].str.startswith("E01"), "patients"].sum()
    assert work.geography.measure("registered_2022_07").sum() == pytest.approx(english)


@QUICK
@given(table=registrations(), people=residents, text=configs(), seed=st.integers(0, 2**31))
def test_shuffled_inputs_give_the_same_tables(base, table, people, text, seed):
    def tables(work):
        system = system_from_text(text, "toy.yaml")
        outcome = work.build(system, system.footprints["one"])
        return {made.name: made.frame.to_csv(index=False) for made in outcome.tables}

    changed = {"registrations-2022-07": table, "residents_2021": people}
    every = {**base[1], **changed}
    shuffled = {name: frame.sample(frac=1, random_state=seed) for name, frame in every.items()}
    assert tables(workspace(base, **changed)) == tables(workspace(base, **shuffled))


@QUICK
@given(table=registrations(), people=residents)
def test_every_figure_keeps_its_total_from_2011_to_2021(base, table, people):
    work = workspace(base, **{"registrations-2022-07": table, "residents_2021": people})
    fit = work.geography.fit_2011
    np.testing.assert_allclose(np.bincount(fit.source, fit.weight), 1)
    figures = np.arange(len(fit.codes)) * 7.0
    assert fit.to_atoms(figures).sum() == pytest.approx(figures.sum())
    back = work.geography.residents_2011_pairs
    np.testing.assert_allclose(
        np.bincount(fit.target, back, work.geography.size), work.geography.measure("residents_2021")
    )


# --- tiers -----------------------------------------------------------------------------------------------------------


def tiered(places, parts, parents, over=""):
    """A config of two tiers from LSOAs: of each tier, the number of the place by LSOA of the scope; parents by part."""

    def lines(groups, extra):
        ids = sorted(set(groups))
        lsoas = {one: [c for c, group in zip(toy_county.IN_SCOPE, groups, strict=True) if group == one] for one in ids}
        return "".join(f"      p{one}: {{name: P{one}, {extra(one)}lsoa: [{', '.join(lsoas[one])}]}}\n" for one in ids)

    outer = toy_county.footprint(over or lines(places, lambda _one: ""))
    inside = "" if over else "    inside: one\n"
    head = f"  parts:\n    name: Parts\n    status: current\n    grade: A\n    evidence: plan\n{inside}    places:\n"
    return outer + head + lines(parts, lambda one: f"parent: p{parents[one]}, " if one in parents else "")


@st.composite
def refinements(draw):
    """A partition of the scope into places, one of these into parts, and the place of each part."""
    parts = draw(st.lists(st.integers(0, 5), min_size=12, max_size=12))
    parents = {one: draw(st.integers(0, 2)) for one in sorted(set(parts))}
    return [parents[one] for one in parts], parts, parents


def of_tiers(base, text):
    """What was found of crossings, and both tiers resolved."""
    work = workspace(base)
    system = system_from_text(text, "toy.yaml")
    findings = work.check(system, system.footprints["parts"]).findings
    _, resolved = work.resolve(system, system.footprints["parts"])
    return [finding for finding in findings if finding.code == "crosses-tier"], resolved


@QUICK
@given(tiers=refinements(), declared=st.booleans())
def test_a_partition_refined_at_random_nests_and_sums(base, tiers, declared):
    places, parts, parents = tiers
    crossings, resolved = of_tiers(base, tiered(places, parts, parents if declared else {}))
    assert crossings == []
    assert not resolved.crossing.any()
    people = resolved.populations.residents
    for position in range(len(resolved.outer.places)):
        of_place = people[resolved.outer.lsoas(position)].sum()
        within = [people[resolved.lsoas(one)].sum() for one in np.flatnonzero(resolved.parents[:-1] == position)]
        assert sum(within) == of_place


@QUICK
@given(tiers=refinements(), data=st.data())
def test_any_crossing_planted_is_found(base, tiers, data):
    places, parts, parents = tiers
    moved = data.draw(st.integers(0, 11))
    others = [place for place in sorted(set(places)) if place != places[moved]]
    assume(others and parts.count(parts[moved]) > 1 and places.count(places[moved]) > 1)
    crossed = [*places]
    crossed[moved] = data.draw(st.sampled_from(others))
    crossings, resolved = of_tiers(base, tiered(crossed, parts, parents))
    code = toy_county.IN_SCOPE[moved]
    assert [(finding.severity, finding.subject, finding.lsoas) for finding in crossings] == [
        ("error", f"p{parts[moved]}", (code,))
    ]
    assert crossings[0].people == toy_county.RESIDENTS[code]
    assert resolved.crossing.sum() == 1


@QUICK
@given(tiers=refinements())
def test_places_put_together_from_parts_are_their_sum(base, tiers):
    places, parts, parents = tiers
    over = "".join(
        f"      p{place}: {{name: P{place}, place: "
        f"[{', '.join(f'parts/p{one}' for one, parent in parents.items() if parent == place)}]}}\n"
        for place in sorted(set(places))
    )
    crossings, resolved = of_tiers(base, tiered(places, parts, {}, over))
    assert crossings == []
    union = dict(zip([place.id for place in resolved.outer.places], range(9), strict=False))
    expected = [union[f"p{place}"] for place in places]
    assert resolved.outer.assignment.place[:12].tolist() == expected


COUNCILS = "".join(
    f"      {name.lower()}: {{name: {name}, ltla: [{code}]}}\n" for code, name in toy_county.LTLA_NAMES.items()
)


@QUICK
@given(groups=st.lists(st.integers(0, 2), min_size=6, max_size=6), people=registrations())
def test_figures_of_tiers_sum_both_ways_however_patients_cross(base, groups, people):
    """Of each council by the rows that lie in it, and of each group of practices by its own rows."""
    from placemap.apply.tiers import BETWEEN, tiers_of

    listed = {one: [code for code, group in zip(PRACTICES, groups, strict=True) if group == one] for one in set(groups)}
    places = "".join(f"      p{one}: {{name: P{one}, practice: [{', '.join(listed[one])}]}}\n" for one in listed)
    head = "  parts:\n    name: Parts\n    status: current\n    grade: A\n    evidence: plan\n    inside: one\n    places:\n"
    system = system_from_text(toy_county.footprint(COUNCILS) + head + places, "toy.yaml")
    work = workspace(base, **{"registrations-2022-07": people})
    findings, inner = work.resolve(system, system.footprints["parts"])
    assume(not findings)
    tiers = tiers_of([inner.outer, inner])
    parts = tiers.footprints[1]
    residents = parts.populations.residents
    by_above, by_place = {}, {}
    for at, code in enumerate(parts.placecd[:-1]):
        figure = residents[parts.lsoas(at)].sum()
        above = tiers.parents[code][0]
        by_above[above] = by_above.get(above, 0) + figure
        own = code.partition(BETWEEN)[0]
        by_place[own] = by_place.get(own, 0) + figure
    for at, code in enumerate(inner.placecd[:-1]):
        assert by_place.get(code, 0) == residents[inner.lsoas(at)].sum()
    placed = inner.assignment.place >= 0
    for at, code in enumerate(inner.outer.placecd[:-1]):
        assert by_above.get(code, 0) == residents[inner.outer.lsoas(at) & placed].sum()


members = st.lists(
    st.sampled_from(
        [
            *(f"ward {c}" for c in toy_county.WARDS),
            *(f"ltla {c}" for c in toy_county.LTLAS),
            *(f"msoa {c}" for c in toy_county.MSOAS),
            *(f"lsoa {c}" for c in toy_county.LSOAS),
            "sub_icb 90A",
        ]
    ),
    min_size=1,
    max_size=6,
)


def place_of(units, name="a"):
    lines = {}
    for unit in units:
        kind, code = unit.split()
        lines.setdefault(kind, []).append(code)
    return (
        f"      {name}: {{name: A, "
        + ", ".join(f"{kind}: [{', '.join(codes)}]" for kind, codes in lines.items())
        + "}\n"
    )


@QUICK
@given(units=members, data=st.data())
def test_union_is_order_free_and_idempotent(base, units, data):
    work = workspace(base)

    def mask(some):
        system = system_from_text(toy_county.footprint(place_of(some)), "toy.yaml")
        footprint = system.footprints["one"]
        scope = lsoas_of(footprint.scope.include, work.geography)
        assignment = resolve(footprint, work.geography, scope)
        return (assignment.place == 0).tolist(), assignment.method.tolist()

    other = data.draw(st.permutations(units))
    assert mask(units) == mask(other) == mask([*units, *other])


@QUICK
@given(units=members)
def test_union_is_the_union_of_its_members(base, units):
    work = workspace(base)
    system = system_from_text(toy_county.footprint(place_of(dict.fromkeys(units))), "toy.yaml")
    found = lsoas_of(system.footprints["one"].places[0].members, work.geography)
    lookups = {"ward": toy_county.WARDS, "ltla": toy_county.LTLAS, "msoa": toy_county.MSOAS}
    expected = set()
    for unit in units:
        kind, code = unit.split()
        if kind in lookups:
            expected |= set(lookups[kind][code])
        else:
            expected |= set(range(1, 13)) if kind == "sub_icb" else {int(code[-2:])}
    assert {int(code[-2:]) for code in work.geography.lsoas[found]} == expected


@QUICK
@given(links=st.data())
def test_description_is_exact_whatever_nests_in_what(base, links):
    """Wards and districts that cross one another at random: the description still gives the set back."""

    def lookup(kind, codes):
        of = links.draw(st.lists(st.sampled_from(codes), min_size=13, max_size=13))
        return pd.DataFrame({"lsoa_code": toy_county.LSOAS, f"{kind}_code": of, f"{kind}_name": of})

    work = workspace(
        base,
        **{
            "ward-2024": lookup("ward", ["E05000901", "E05000902", "E05000903"]),
            "ltla-2024": lookup("ltla", ["E06000901", "E07000902"]),
            "msoa-2021": lookup("msoa", ["E02000901", "E02000902", "E02000903"]),
        },
    )
    lsoas = links.draw(st.sets(st.integers(0, 12)))

    def expanded(terms):
        result = set()
        for term in terms:
            units = work.geography.units(term.kind)
            result |= set(units.lsoas(units.position(term.code)).tolist()) - expanded(term.less)
        return result

    assert expanded(Describer(work.geography).describe(lsoas)) == lsoas


@QUICK
@given(st.text(max_size=300))
def test_no_text_makes_the_reader_of_configs_stumble(text):
    """Anything at all is a config or a message, never another exception."""
    from placemap.core.errors import PlacemapError

    try:
        system_from_text(text, "any.yaml")
    except PlacemapError as error:
        assert str(error).startswith("any.yaml")


@QUICK
@given(st.data())
def test_no_damage_to_a_config_makes_the_reader_stumble(data):
    """A sound config with a piece cut out, doubled or replaced."""
    from placemap.core.errors import PlacemapError

    text = toy_county.CONFIG
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 60)))
    put = data.draw(
        st.sampled_from(
            [
                "",
                text[start:end] * 2,
                "\t",
                "{",
                "]",
                ": ",
                "- ",
                "&a ",
                "*a",
                "!!int ",
                "1e999",
                "null",
                "'",
                "? ",
                "\x00",
                "<<: ",
                "%",
            ]
        )
    )
    try:
        system_from_text(text[:start] + put + text[end:], "any.yaml")
    except PlacemapError as error:
        assert str(error).startswith("any.yaml")


KEYS = ["", "0", "22", "007", "+5", "9" * 5_000, "~", "a/b", "scope", "evidence", "footprints", "places", "one", "name"]
KEYS += [
    "ltla",
    "sub_icb",
    "exclude",
    "within",
    "expect",
    "accept",
    "ics",
    "icb",
    "placemap",
    "lsoa_vintage",
    "valid_from",
]
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["scope", "one"])
)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(KEYS), TREES, min_size=1, max_size=8))
@example({"evidence": {"": [], "0": None}})
def test_whatever_a_config_holds_its_mistakes_are_told_in_words_and_where_they_stand(tree):
    with pytest.raises(PlacemapError) as caught:
        system_from_text(json.dumps(tree), "odd.yaml")
    errors = caught.value.errors if isinstance(caught.value, PlacemapErrors) else [caught.value]
    assert errors
    for error in errors:
        assert re.match(r"odd\.yaml:1:\d+$", error.location), error
