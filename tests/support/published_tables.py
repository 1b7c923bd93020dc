"""Files in the layouts that people download, with figures made up by a rule; codes and names are those of the packaged tables.

- A council's table of wards: a title, suppressed cells, a row of totals, notes.
- A CSV of NOMIS: lines about the query, a blank line on each side of the header, names beside the codes, notes.
- A CSV of Fingertips: areas of many types in one column, each district that is a county too under both types.
"""

from __future__ import annotations

import csv
from io import StringIO

FINGERTIPS = [
    "Indicator ID",
    "Indicator Name",
    "Parent Code",
    "Parent Name",
    "Area Code",
    "Area Name",
    "Area Type",
    "Sex",
    "Age",
    "Category Type",
    "Category",
    "Time period",
    "Value",
    "Lower CI 95.0 limit",
    "Upper CI 95.0 limit",
    "Lower CI 99.8 limit",
    "Upper CI 99.8 limit",
    "Count",
    "Denominator",
    "Value note",
    "Recent Trend",
    "Compared to England value or percentiles",
    "Compared to Regions (statistical) value or percentiles",
    "Time period Sortable",
    "New data",
    "Compared to goal",
    "Time period range",
]
DISTRICTS, COUNTIES = "Districts & UAs (from Apr 2023)", "Counties & UAs (from Apr 2023)"
#: What Fingertips' areas are in a file of all types: code, name, type, and people in thousands.
AREAS = (
    ("E92000001", "England", "England", 57_000),
    ("E12000009", "South West region (statistical)", "Regions (statistical)", 5_700),
    ("E54000039", "NHS Bristol, North Somerset and South Gloucestershire Integrated Care Board", "ICBs", 1_000),
    ("E06000023", "Bristol", COUNTIES, 470),
    ("E06000024", "North Somerset", COUNTIES, 217),
    ("E06000025", "South Gloucestershire", COUNTIES, 290),
    ("E10000013", "Gloucestershire", COUNTIES, 640),
    ("E06000023", "Bristol", DISTRICTS, 470),
    ("E06000024", "North Somerset", DISTRICTS, 217),
    ("E06000025", "South Gloucestershire", DISTRICTS, 290),
    ("E07000078", "Cheltenham", DISTRICTS, 119),
)


def count_of(code: str, at: int = 0) -> int:
    """A count that is made up, by the digits of a code."""
    return 3 + int(code[-4:]) * 7 % 83 + at


def ward_rows(wards):
    """By ward: code, name, children in low income families (the small ones suppressed), children.

    Args:
        wards: codes and names.
    """
    for code, name in wards:
        count = count_of(code)
        yield code, name, "*" if count < 8 else count, 1500 + int(code[-3:])


def ward_table(wards, council="Bristol, City of", code=""):
    """A council's table of its wards; `code` stands beside the total, which is one of all wards, the hidden ones too."""
    rows = list(ward_rows(wards))
    counts = [count_of(row[0]) if code or row[2] != "*" else 0 for row in rows]
    lines = [
        ["Children in low income families by ward"],
        [],
        ["Ward code", "Ward name", "Low income", "Children"],
        *rows,
        [code, f"{council} total", sum(counts), sum(row[3] for row in rows)],
        [],
        ["* Fewer than 8: not shown."],
        ["Source: made up for a test of placemap."],
    ]
    return _text(lines)


def nomis_table(lsoas):
    """A CSV of NOMIS by LSOA of 2021: names with codes beside them.

    Args:
        lsoas: codes and names.
    """
    head = [
        ["Claimant count by sex and age"],
        ["ONS Crown Copyright Reserved [from Nomis on 14 October 2025]"],
        [],
        ["date", "September 2025"],
        ["sex", "Total"],
        ["measure", "claimants"],
        [],
        ["lower layer super output area (2021)", "mnemonic", "Age 16+", "Aged 16-24"],
        [],
    ]
    rows = [[name, code, count_of(code), count_of(code) // 5] for code, name in lsoas]
    foot = [[], ["Figures are rounded to the nearest 5."], ["These figures have been made up for a test of placemap."]]
    return _text([*head, *rows, *foot], csv.QUOTE_NONNUMERIC)


def fingertips_rows():
    """Each area × period × sex: code, name, type, sex, period, count, people."""
    for code, name, kind, thousands in AREAS:
        for year in (2022, 2023):
            for sex, part in (("Male", 0.49), ("Female", 0.51), ("Persons", 1.0)):
                people = round(thousands * 1000 * part)
                yield code, name, kind, sex, str(year), round(people * (0.0021 + 0.0001 * (year - 2022))), people


def fingertips_table():
    """A CSV of Fingertips for one indicator and all types of areas."""
    lines = [FINGERTIPS]
    for code, name, kind, sex, period, count, people in fingertips_rows():
        value = count / people * 100_000
        cells = {
            **{"Indicator ID": 90000, "Indicator Name": "Emergency admissions (made up)", "Parent Code": "E92000001"},
            **{"Parent Name": "England", "Area Code": code, "Area Name": name, "Area Type": kind, "Sex": sex},
            **{"Age": "All ages", "Time period": period, "Value": value, "Lower CI 95.0 limit": value * 0.97},
            **{"Upper CI 95.0 limit": value * 1.03, "Lower CI 99.8 limit": value * 0.95},
            **{"Upper CI 99.8 limit": value * 1.05, "Count": count, "Denominator": people},
            **{"Compared to England value or percentiles": "Similar", "Time period Sortable": f"{period}0000"},
            **{"Time period range": "1y"},
        }
        if code == "E92000001":
            cells |= {"Parent Code": "", "Parent Name": ""}
        lines.append([cells.get(title, "") for title in FINGERTIPS])
    return _text(lines)


def _text(lines, quoting=csv.QUOTE_MINIMAL):
    text = StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\r\n").writerows(lines)
    return text.getvalue()
