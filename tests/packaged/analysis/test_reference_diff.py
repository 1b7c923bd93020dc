"""NHS codes that outlive their area, between the lookup of 2024 and the practice map of August 2026."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.support.publishers_data import sub_icbs_of_2026

from placemap.analysis.affected_places import affected_places
from placemap.analysis.reference_changes import StoreDiff, UnitChanges
from placemap.analysis.reference_diff import units_changed
from placemap.analysis.reference_diff_text import as_markdown
from placemap.core.columns import Codes
from placemap.reference.by_lsoa import Units

#: Sub-ICB locations that took in a part of Frimley's, D4U1Y.
REDRAWN = {"92A", "D9Y0V"}


def state(vintage: str, rows: pd.DataFrame) -> SimpleNamespace:
    """What a diff reads of a state: its LSOAs, and its sub-ICB locations from a table by LSOA of code, NHS code, name."""
    units = rows[["code", "ods", "name"]].drop_duplicates("code").sort_values("code")
    codes, ods, names = (units[column].to_numpy(dtype=object) for column in units)
    of = np.searchsorted(codes.astype(str), rows["code"].to_numpy(dtype=str))
    found = Units("sub_icb", vintage, codes, names, ods, of, np.zeros(len(rows), bool))
    return SimpleNamespace(
        lsoas=Codes(rows["lsoa"].to_numpy(dtype=object)),
        size=len(rows),
        units=lambda kind: found,
        data=SimpleNamespace(find=lambda *_: None),
    )


@pytest.fixture(scope="module")
def states(official_files):
    old = pd.read_csv(official_files / "LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv", dtype=str, encoding="utf-8-sig")
    header, rows = sub_icbs_of_2026(official_files)
    new = pd.DataFrame(rows, columns=header)
    return tuple(
        state(f"20{year}", pd.DataFrame({
            "lsoa": frame["LSOA21CD"],
            "code": frame[f"SICBL{year}CD"],
            "ods": frame[f"SICBL{year}CDH"],
            "name": frame[f"SICBL{year}NM"],
        }).sort_values("lsoa"))
        for year, frame in (("24", old), ("26", new))
    )  # fmt: skip


@pytest.fixture(scope="module")
def gss_codes(official_files) -> dict[str, tuple[str, str]]:
    """By NHS code, its GSS code in the lookup of 2024 and in the practice map of August 2026."""
    lookup = pd.read_csv(official_files / "LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv", dtype=str, encoding="utf-8-sig")
    practices = pd.read_csv(next(official_files.glob("gp-reg-pat-prac-map_2026-08*")), dtype=str)
    old = dict(zip(lookup["SICBL24CDH"], lookup["SICBL24CD"], strict=True))
    new = dict(zip(practices["SUB_ICB_LOCATION_CODE"], practices["ONS_SUB_ICB_LOCATION_CODE"], strict=True))
    return {ods: (old[ods], new[ods]) for ods in old.keys() & new.keys()}


@pytest.fixture(scope="module")
def changes(states) -> UnitChanges:
    return units_changed("sub_icb", *states)


def test_a_kept_nhs_code_with_a_new_gss_code_is_another_area(changes, gss_codes):
    assert {ods for ods, (old, new) in gss_codes.items() if old != new} == REDRAWN
    assert changes.redrawn == {ods: gss_codes[ods] for ods in REDRAWN}
    assert not set(changes.recoded) & {gss_codes[ods][0] for ods in REDRAWN}


def test_what_was_divided_is_no_other_under_a_new_code(changes, states):
    """Frimley's location D4U1Y gave most of its area to U2G6B; neither is the other."""
    old, new = (dict(zip(units.ods, units.codes, strict=True)) for units in (s.units("sub_icb") for s in states))
    assert old["D4U1Y"] in changes.removed
    assert new["U2G6B"] in changes.added
    assert old["D4U1Y"] not in changes.recoded
    assert {to for was, to, _ in changes.moved if was == old["D4U1Y"]} == {new[c] for c in ("U2G6B", *REDRAWN)}


def test_it_is_said_in_words(changes, gss_codes):
    text = as_markdown(StoreDiff("old", "new", (), (), (), (changes,), None))
    line = next(line for line in text.splitlines() if "another area" in line)
    assert line == "- 2 NHS codes that are another area now: " + ", ".join(
        f"{ods} ({' → '.join(gss_codes[ods])})" for ods in sorted(REDRAWN)
    )


def test_places_that_name_one_are_told(changes, states, gss_codes, shipped_systems):
    touched = list(affected_places([changes], None, states[0], [shipped_systems["surrey-heartlands"]]))
    old, new = gss_codes["92A"]
    scopes = [item for item in touched if not item.place and item.footprint]
    assert scopes
    assert all(item.reasons == (f"sub-ICB location 92A ({old}) is another area now, {new}",) for item in scopes)
