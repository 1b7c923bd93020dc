"""The examples of docs/commands/publish.md, run in a published folder; those that need other programs where they are."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys

import duckdb
import geopandas
import pytest

from conftest import REPO

PAGE = (REPO / "docs/commands/publish.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def lookup(national):
    """PLACECD by LSOA, from the build in memory."""
    resolved = national.national
    placed = zip(resolved.geography.lsoa_codes, resolved.assignment.place, strict=True)
    return {code: resolved.place_codes[place].code for code, place in placed if place >= 0}


@pytest.fixture
def site(published, tmp_path):
    """A folder that has what is published, and room for the reader's files."""
    for path in published.folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    return tmp_path


@pytest.fixture
def expected(site, lookup, monkeypatch):
    """`figures.csv` in the folder, with an LSOA of Wales; sums by PLACECD, by a loop."""
    monkeypatch.chdir(site)
    totals = {"": 7}
    with (site / "figures.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["LSOA21CD", "VALUE"])
        for number, code in enumerate(sorted(lookup)):
            value = number % 11
            writer.writerow([code, value])
            totals[lookup[code]] = totals.get(lookup[code], 0) + value
        writer.writerow(["W01000001", 7])
    return totals


def by_place(site):
    with (site / "by_place.csv").open(encoding="utf-8", newline="") as file:
        return {row["PLACECD"].replace("NA", ""): float(row["VALUE"]) for row in csv.DictReader(file)}


def test_python(site, expected):
    tables, outlines = blocks("python")
    subprocess.run([sys.executable, "-c", tables], cwd=site, check=True, timeout=120)
    assert by_place(site) == expected
    subprocess.run([sys.executable, "-c", outlines], cwd=site, check=True, timeout=120)
    made = geopandas.read_file(site / "by_place.gpkg")
    assert dict(zip(made["PLACECD"], made["VALUE"], strict=True)) == {k: v for k, v in expected.items() if k}
    assert made["PER_1000"].notna().all()


def test_duckdb(expected):
    (query,) = blocks("sql")
    found = duckdb.sql(query).fetchall()
    assert {code or "": value for code, _, value in found} == expected
    assert all(name for code, name, _ in found if code)


def test_r(site, expected):
    program = shutil.which("Rscript")
    if not program:
        pytest.skip("there is no Rscript: apt-get install r-base")
    needed = 'stopifnot(requireNamespace("readr"), requireNamespace("dplyr"), requireNamespace("sf"))'
    if subprocess.run([program, "-e", needed], capture_output=True, check=False).returncode:
        pytest.skip("R lacks readr, dplyr or sf")
    (script,) = blocks("r")
    subprocess.run([program, "-e", script], cwd=site, check=True, timeout=300)
    assert by_place(site) == expected


def test_files_that_the_page_names_are_there(site):
    named = set(re.findall(r"(?:tables|outlines)/\w+\.\w+", PAGE))
    assert len(named) >= 6
    assert [name for name in sorted(named) if not (site / name).is_file()] == []
    top = set(re.findall(r"`([\w]+\.(?:html|md|cff|json)|SHA256SUMS)`", PAGE.split("## Practices")[0]))
    assert {"index.html", "search.html", "CITATION.cff", "SHA256SUMS"} <= top
    assert [name for name in sorted(top) if not (site / name).is_file()] == []
