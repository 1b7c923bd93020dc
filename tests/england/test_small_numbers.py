"""`--small-numbers hide` on every system: it refuses none, leaves no small count, and none follows from other tables."""

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
            for column in {*COUNTS} & {*frame}:
                before, after = frame[column].astype(float), hidden[name][column].astype(float)
                few = (before > 0) & (before < 7.5)
                assert after[few].isna().all(), (system.id, name, column)
                assert (after[after.notna()] == before[after.notna()]).all()
                small, blank = small + few.sum(), blank + (after.isna() & before.notna()).sum()
        assert small <= blank < 1.3 * small, system.id


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
