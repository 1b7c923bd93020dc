"""`--small-numbers hide` on every system: it refuses none, leaves no small count, and none follows from other tables."""

import math
import re

import pytest
from attack import interval

from placemap.crosswalk.lsoa_parts import lsoa_parts
from placemap.crosswalk.small_numbers import FEW, without_small_numbers

COUNTS = ("RESIDENTS", "REGISTERED", "PATIENTS", "LIST_SIZE", "PATIENTS_IN_PLACE", "PATIENTS_OUT_OF_PLACE", "PEOPLE")


def shown_and_hidden(workspace, system, footprint):
    outcome = workspace.build(system, footprint)
    hidden = without_small_numbers(outcome.tables, lsoa_parts(outcome.resolved, FEW))
    return outcome, *({table.name: table.frame for table in tables} for tables in (outcome.tables, hidden))


def test_no_system_is_refused_and_no_small_count_is_left(workspace, shipped_systems):
    for system in shipped_systems.values():
        _, shown, hidden = shown_and_hidden(workspace, system, system.footprints[system.default_footprint])
        small = blank = 0
        for name, frame in shown.items():
            for column in sorted({*COUNTS} & {*frame}):
                before, after = frame[column].astype(float), hidden[name][column].astype(float)
                few = (before > 0) & (before < 7.5)
                assert after[few].isna().all(), (system.id, name, column)
                assert (after[after.notna()] == before[after.notna()]).all()
                small, blank = small + few.sum(), blank + (after.isna() & before.notna()).sum()
        assert small <= blank < 1.5 * small, system.id


def test_findings_do_not_tell_all_but_a_few(workspace, shipped_systems):
    """`3,548 of its 3,551 patients live in the scope` says that three do not, and so does the figure of people beside."""
    system = shipped_systems["cornwall-and-the-isles-of-scilly"]
    _, shown, hidden = shown_and_hidden(workspace, system, system.footprints[system.default_footprint])
    few = [
        number
        for number, text in enumerate(shown["findings"]["MESSAGE"])
        for some, every in re.findall(r"([\d,]+) of its ([\d,]+) patients", text)
        if 0 < int(every.replace(",", "")) - int(some.replace(",", "")) < 8
    ]
    assert few
    for number in few:
        assert " all but 1 to 7 of its " in hidden["findings"]["MESSAGE"][number]
        assert math.isnan(hidden["findings"]["PEOPLE"][number])


def test_shares_of_a_few_patients_are_left_out(workspace, shipped_systems):
    """Two thirds and four fifths of eleven patients are four of six and four of five."""
    system = shipped_systems["gloucestershire"]
    outcome, shown, hidden = shown_and_hidden(workspace, system, system.footprints[system.default_footprint])
    patients = dict(zip(workspace.geography.lsoas.array, outcome.resolved.populations.registered, strict=True))
    thin = shown["place_lsoa21"]["LSOA21CD"].map(lambda lsoa: 0 < patients[lsoa] < 750)
    assert thin.sum() == 5
    for share in ("SHARE", "PLACED_SHARE", "MARGIN"):
        assert (hidden["place_lsoa21"][share].isna() == thin).all()


@pytest.mark.parametrize("footprint", ["integrated-locality-partnerships", "districts"])
def test_few_patients_of_an_lsoa_do_not_follow_from_wards(footprint, workspace, shipped_systems, england_store):
    """At the border of Wales the English source has six patients in an LSOA: a ward less its other LSOAs has them, too.

    The reader here has the official lookups and all that the tables show; nothing of placemap tells what lies where.
    """
    import pandas as pd

    system = shipped_systems["gloucestershire"]
    outcome, shown, hidden = shown_and_hidden(workspace, system, system.footprints[footprint])
    patients = dict(zip(workspace.geography.lsoas.array, outcome.resolved.populations.registered, strict=True))
    place_of = dict(shown["place_lsoa21"][["LSOA21CD", "PLACECD"]].itertuples(index=False))
    fit = pd.read_parquet(england_store / "tables" / "exact_fit-2021.parquet")
    alone = fit[fit["change"].isin(["U", "S"]) & fit["lsoa_code"].isin(place_of)]
    lsoas = {"place_lsoa11": dict(zip(alone["lsoa_code"], alone["lsoa11_code"], strict=True))}
    for name, file in (("place_msoa21", "msoa-2021"), ("place_wd24", "ward-2024"), ("place_lad24", "ltla-2024")):
        lookup = pd.read_parquet(england_store / "tables" / f"{file}.parquet")
        code = next(column for column in lookup if column.endswith("_code") and not column.startswith("lsoa"))
        lsoas[name] = dict(zip(lookup["lsoa_code"], lookup[code], strict=True))
    cells, values = {lsoa: at for at, lsoa in enumerate(place_of)}, [patients[lsoa] for lsoa in place_of]
    equations, blank = [], set()
    for name, unit_of in lsoas.items():
        key = next(column for column in shown[name] if column.endswith("CD") and column not in ("PLACECD", "PLACEID"))
        rows = zip(
            *(shown[name][column] for column in ("PLACECD", key, "REGISTERED")), hidden[name]["REGISTERED"], strict=True
        )
        for place, unit, before, after in rows:
            inside = [cells[lsoa] for lsoa, of in unit_of.items() if of == unit and place_of.get(lsoa) == place]
            if inside:
                equations.append(dict.fromkeys(inside, 1.0) | {len(values): -1.0})
                blank |= {len(values)} if pd.isna(after) else set()
                values.append(float(before))
    few = [lsoa for lsoa in cells if 0 < patients[lsoa] < 7.5]
    assert len(few) == 2
    for lsoa in few:
        least, most = interval(values, equations, blank, set(cells.values()), cells[lsoa])
        assert most - least >= 1, (lsoa, least, most)
        alone = {row for row in blank for equation in equations if {row, cells[lsoa]} <= equation.keys()}
        least, most = interval(values, equations, alone, set(cells.values()), cells[lsoa])
        assert (least, most) == pytest.approx((patients[lsoa],) * 2), "left out alone it would follow from the others"
