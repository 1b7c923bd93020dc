"""Totals of wider areas among the rows of smaller ones: left out, told, and no loss."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from toy_county import LSOAS, LTLAS, MSOAS, WARDS

WIDER, OTHER = "total of a wider area", "another kind"


def lines(applied):
    return {one.outcome: one.rows for one in applied.reconciliations[0].lines if one.rows}


def apply(county, codes, **options):
    data = pd.DataFrame({"code": codes, "n": 10})
    return county.apply(data, footprint="councils", by="code", sums=["n"], **options)


@pytest.mark.parametrize(
    "total",
    ["E92000001", "K04000001", "E12000009", "E47000009", "E06000901", "E02000901", "E05000901", "E38000901", "90A"],
)
def test_a_total_of_what_has_rows_is_no_loss(county, total):  # fmt: skip
    applied = apply(county, [*LSOAS, total])
    assert lines(applied) == {"placed": 13, WIDER: 1}
    assert applied.reconciliations[0].loss == 0
    assert applied.reconciliations[0].total.totals == (140,)
    (told,) = applied.told
    assert told.startswith("totals of wider areas, left out: ")
    assert total in told
    assert applied.frame["n"].tolist() == [50, 40, 40]


@pytest.mark.parametrize(
    ("codes", "kind", "total", "outcome"),
    [
        ([*WARDS], "ward", "E07000902", WIDER),
        (["E05000901", "E05000902"], "ward", "E07000902", OTHER),  # no ward of Borley has a row
        ([*LTLAS], "ltla", "E10000901", WIDER),
        (["E06000901"], "ltla", "E10000901", OTHER),
        ([*LTLAS], "ltla", "E05000901", OTHER),  # smaller
        ([*MSOAS], "msoa", "E05000901", WIDER),  # the same area, given twice
        (["E02000903"], "msoa", "E05000903", OTHER),  # a part of it
        ([*LSOAS[:5]], "lsoa", "E07000902", OTHER),
        (["E01000091"], "lsoa", "E05000901", WIDER),  # an LSOA of 2011 that was split
    ],
)
def test_other_rows_must_be_parts_of_it(county, codes, kind, total, outcome):
    applied = apply(county, [*codes, total], kind=kind, max_loss=100)
    assert lines(applied)[outcome] == 1


@pytest.mark.parametrize(("practices", "outcome"), [(["A90001"], WIDER), (["A90004"], OTHER)])
def test_a_network_is_the_total_of_its_practices(county, practices, outcome):
    applied = apply(county, [*practices, "U90001"], kind="practice", practices="residence", max_loss=100)
    assert lines(applied)[outcome] == 1


def test_rows_have_the_outcome(cli, tmp_path):
    (tmp_path / "t.csv").write_text("code,n\n" + "".join(f"{code},1\n" for code in [*LSOAS, "E92000001"]))
    found = cli("apply", "t.csv", "--system", "toyshire", "--join", "--out", "j.csv")
    assert found.code == 0, found.err
    assert (tmp_path / "j.csv").read_text().splitlines()[-1].endswith(f",{WIDER}")


def test_published_they_and_what_came_in_are_not_shown(county):
    """The total of Ashton may be what two counts that are held back come to."""
    data = pd.DataFrame({"code": [LSOAS[0], LSOAS[5], LSOAS[9], "E06000901"], "n": [52, 3, 12, 61]})
    applied = county.apply(data, footprint="councils", by="code", kind="lsoa", sums=["n"], publish="nhs")
    (one,) = applied.reconciliations
    assert one.total.totals[0] != one.total.totals[0]
    shown = {line.outcome: line.totals[0] for line in one.lines}
    assert (shown["placed"], shown[WIDER] != shown[WIDER]) == (65, True)
    assert [value for value in applied.frame["n"].tolist() if value == value] == [50]
    hidden = {(item.what, item.figure) for item in applied.held_back if not item.place}
    assert hidden >= {("in", "n"), (WIDER, "n")}


def test_in_json_the_line_stands_only_where_rows_are(cli, tmp_path):
    for codes, expected in (([*LSOAS], None), ([*LSOAS, "E92000001"], {"rows": 1, "n": 1})):
        (tmp_path / "t.csv").write_text("code,n\n" + "".join(f"{code},1\n" for code in codes))
        found = json.loads(cli("apply", "t.csv", "--system", "toyshire", "--sum", "n", "--json").out)
        assert found["reconciliations"][0].get(WIDER) == expected
