"""Other engines give the numbers that DuckDB gives, from the same statements."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from conftest import PACKAGED, REPO
from placemap.apply import sql, sql_rates
from placemap.apply.measures import measures_of
from placemap.apply.options import Options
from placemap.apply.sql_script import transpiled
from placemap.commands.apply import Applier, resolved_footprint
from placemap.commands.workspace import footprints_of


@pytest.fixture(scope="module")
def people(tmp_path_factory, bnssg) -> Path:
    """Rows in every state: of both vintages, wards' worth of splits, blanks, dirt, other countries."""
    old = bnssg.crosswalk("lsoa11")["LSOA11CD"].unique().tolist()
    new = bnssg.crosswalk("lsoa21")["LSOA21CD"].tolist()
    codes = [*old, *new, None, "", "X9", "W01000001", "E01999999", " e01014485 "] * 3
    frame = pd.DataFrame({"area": codes, "n": range(len(codes)), "x": [i / 7 for i in range(len(codes))]})
    path = tmp_path_factory.mktemp("people") / "people.parquet"
    frame.to_parquet(path)
    return path


@pytest.fixture
def spark() -> None:
    """Skip where Spark cannot run."""
    pytest.importorskip("pyspark", reason="pyspark is not installed (placemap[spark])")
    if not os.environ.get("PLACEMAP_SPARK"):
        pytest.skip("Spark takes a minute and more to run this: set PLACEMAP_SPARK=1")
    if not shutil.which("java"):
        pytest.skip("Spark needs Java, which is not installed")


def said(data, store, engine, *options) -> dict:
    """What `apply` prints as JSON, as a process of its own."""
    command = [sys.executable, "-m", "placemap", "apply", str(data), *options, "--json", "--engine", engine]
    environment = {**os.environ, "PLACEMAP_DATA": str(store), "PYTHONPATH": str(REPO / "src")}
    environment["SPARK_LOCAL_IP"] = "127.0.0.1"
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.usefixtures("spark")
def test_spark_gives_the_numbers_of_duckdb(people):
    rates = ("--rate", "n/x", "--per", "1000", "--compare", "system")
    options = ("-s", "bnssg", "--sum", "n", "--mean", "x", "--count", *rates)
    assert said(people, PACKAGED, "spark", *options) == said(people, PACKAGED, "duckdb", *options)


@pytest.mark.usefixtures("spark")
def test_spark_gives_the_numbers_of_duckdb_for_all_england(england_store, tmp_path):
    """Every LSOA of 2011 and of 2021, some twice, with codes that are none: the places of all systems."""
    fit = pd.read_parquet(england_store / "tables" / "exact_fit-2021.parquet")
    codes = [*fit["lsoa11_code"], *fit["lsoa_code"].unique(), None, "", "X9", "W01000001", "E01999999", " e01014485 "]
    data = tmp_path / "england.parquet"
    numbers = range(len(codes))
    pd.DataFrame({"area": codes, "n": numbers, "x": [i / 7 for i in numbers]}).to_parquet(data)
    options = ("--england", "--sum", "n", "--mean", "x", "--count")
    spark, duckdb = (said(data, england_store, engine, *options) for engine in ("spark", "duckdb"))
    assert spark == duckdb
    assert len(spark["places"]) > 100


@pytest.mark.parametrize("dialect", ["spark", "tsql", "snowflake", "bigquery", "postgres", "fabric"])
def test_statements_are_written_in_other_dialects(bnssg, people, dialect):
    pytest.importorskip("sqlglot", reason="sqlglot is not installed (placemap[engines])")
    import sqlglot

    with applier(bnssg, people) as work:
        for statement in work.sql(dialect):
            assert sqlglot.parse_one(statement, read=dialect).find(sqlglot.exp.Join)


def test_statements_of_rates_are_written_for_spark(bnssg, people):
    """Spark itself is seldom at hand; what it would be given must at least be its SQL."""
    sqlglot = pytest.importorskip("sqlglot", reason="sqlglot is not installed (placemap[engines])")
    with applier(bnssg, people) as work:
        question = work.question
    statements = [
        sql_rates.in_england(question),
        sql_rates.values_of("g0"),
        sql.covered(question, [0], atoms_of=sql.EVERYONE, columns=["DENOMINATOR"]),
    ]
    for statement in transpiled(statements, "spark"):
        assert sqlglot.parse_one(statement, read="spark").find(sqlglot.exp.Sum)


def test_the_printed_statements_stand_on_their_own(bnssg, people):
    """What `--sql` prints, run by someone else on the two tables of `--keys`, gives what placemap gives."""
    with applier(bnssg, people) as work:
        statements, keys, applied = work.sql(), work.keys, work.apply()
    own = duckdb.connect()
    own.execute(f"CREATE VIEW placemap_data AS SELECT * FROM '{people}'")
    own.register("placemap_codes", keys.codes.astype(str))
    own.register("placemap_weights", keys.weights)
    places = own.execute(statements[0]).df()
    assert places["PLACECD"].tolist() == applied.frame["PLACECD"].tolist()
    assert places["n"].tolist() == pytest.approx(applied.frame["n"].tolist())
    assert places["x"].tolist() == pytest.approx(applied.frame["x"].tolist())
    outside = own.execute(statements[1]).df()["n"].sum() + own.execute(statements[2]).df()["n"].sum()
    assert places["ROWS"].sum() + outside == applied.reconciliations[0].total.rows


def applier(places, data) -> Applier:
    system, workspace = places._system, places._workspace
    footprints = [resolved_footprint(workspace, system, item) for item in footprints_of(system, [])]
    return Applier(workspace, footprints, data, measures_of(["n"], ["x"], count=True), Options())
