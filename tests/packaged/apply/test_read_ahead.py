"""Parquet that is read while systems are resolved: the same is said and written as where it is read afterwards."""

import signal
import subprocess
import sys
from contextlib import nullcontext

import duckdb
import pandas as pd
import pytest

from conftest import PACKAGED, environment
from placemap.apply import read_ahead, sql
from placemap.apply.begun import Begun
from placemap.apply.engine_duckdb import DuckDbEngine
from placemap.apply.scan import Scan
from placemap.core.errors import PlacemapError

INTERRUPTED = "Interrupted. Every folder that was written is complete; nothing is half done.\n"
ENDLESS = "SELECT sum(a.range + b.range) AS n FROM range(100000000) AS a, range(100000000) AS b"


@pytest.fixture(scope="module")
def lsoas(bnssg):
    return bnssg.crosswalk("lsoa21")["LSOA21CD"].tolist()


def shapes(lsoas):
    """Tables that a guess at the column of codes is right about, wrong about, or has nothing to go by."""
    n = range(len(lsoas))
    plain = {"lsoa": lsoas, "n": n}
    return {
        "plain": (plain, ["--sum", "n", "--count"]),
        "dirty": ({"lsoa": [f" {code.lower()} " for code in lsoas] + [None, "", "X9"], "n": [*n, 1, 2, 3]}, []),
        "as text": ({"lsoa": lsoas, "n": [f"{i:,}" for i in n]}, ["--sum", "n"]),
        "with its ward": ({"ward": ["E05000001"] * len(lsoas), **plain}, ["--sum", "n"]),
        "with its name": ({"name": ["somewhere"] * len(lsoas), **plain}, ["--sum", "n"]),
        "of home and work": ({"work": lsoas[::-1], **plain}, ["--by", "lsoa", "--sum", "n"]),
        "of home or work": ({"work": lsoas[::-1], **plain}, ["--sum", "n"]),
        "practices": ({"practice": ["L81019", "L81036", "Y02578"], "n": [1, 2, 3]}, ["--sum", "n"]),
        "codes that begin late": ({"lsoa": [""] * 200 + lsoas, "n": [0] * 200 + [*n]}, ["--sum", "n"]),
        "wards at first": ({"area": ["E05000001"] * 100 + lsoas, "n": [0] * 100 + [*n]}, ["--sum", "n"]),
        "groups": ({**plain, "sex": ["F", "M"] * (len(lsoas) // 2) + ["F"] * (len(lsoas) % 2)}, ["--group", "sex"]),
        "ages": (
            {**plain, "people": 900, "age": ["0-49", "50-89", "90+"] * (len(lsoas) // 3) + ["90+"] * (len(lsoas) % 3)},
            ["--rate", "n/people", "--per", "1000", "--age", "age"],
        ),
        "blanks": ({"lsoa": lsoas, "n": ["*", *map(str, n)][: len(lsoas)]}, ["--sum", "n", "--blank", "*"]),
        "no number": ({"lsoa": lsoas, "n": ["many", *map(str, n)][: len(lsoas)]}, ["--sum", "n"]),
        "no such column": (plain, ["--sum", "visits"]),
        "no codes": ({"name": ["somewhere"], "n": [1]}, ["--sum", "n"]),
        "no such column of codes": (plain, ["--by", "ward", "--sum", "n"]),
        "a rate that is summed": ({**plain, "rate": 0.5}, ["--sum", "rate"]),
        "no rows": ({"lsoa": [], "n": []}, ["--sum", "n"]),
        "no such system": (plain, ["--system", "nowhere", "--sum", "many"]),
        "joined": (plain, ["--join", "--out", "joined.csv"]),
        "queries": (plain, ["--sum", "n", "--sql"]),
    }


@pytest.mark.parametrize("shape", shapes(["E01014485"] * 9))
def test_the_same_is_said_and_written(shape, lsoas, run, tmp_path, monkeypatch):
    table, options = shapes(lsoas)[shape]
    pd.DataFrame(table).to_parquet("data.parquet")
    command = ["apply", "data.parquet", "--system", "bnssg", *options]
    said = []
    for _ in range(2):
        ran = run(*command)
        said.append((ran.code, ran.out, ran.err, {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}))
        monkeypatch.setattr(read_ahead, "read_ahead", lambda *_, **__: nullcontext())
    assert said[0] == said[1]


@pytest.mark.parametrize("damage", ["cut", "half", "folder", "empty folder"])
def test_data_that_cannot_be_read_are_refused_in_their_turn(damage, lsoas, run, tmp_path, monkeypatch):
    pd.DataFrame({"lsoa": lsoas, "n": range(len(lsoas))}).to_parquet("data.parquet")
    content = (tmp_path / "data.parquet").read_bytes()
    folder = ["--folder"] if "folder" in damage else []
    if folder:
        (tmp_path / "parts").mkdir()
        if damage == "folder":
            (tmp_path / "parts" / "one.parquet").write_bytes(content[:-9])
    else:
        (tmp_path / "parts").write_bytes(content[: len(content) // (2 if damage == "half" else 1) - 9])
    said = []
    for _ in range(2):
        ran = [run("apply", "parts", *folder, "--system", system, "--sum", "n") for system in ("bnssg", "nowhere")]
        said.append(ran)
        monkeypatch.setattr(read_ahead, "read_ahead", lambda *_, **__: nullcontext())
    assert said[0] == said[1]
    assert [one.code for one in said[0]] == [3, 3]
    assert "nowhere" in said[0][1].err


@pytest.mark.parametrize("shape", ["plain", "with its ward", "with its name", "groups", "ages", "blanks"])
def test_data_are_read_but_once(shape, lsoas, run, monkeypatch):
    table, options = shapes(lsoas)[shape]
    pd.DataFrame(table).to_parquet("data.parquet")
    statements = []
    own = DuckDbEngine._run
    monkeypatch.setattr(DuckDbEngine, "_run", lambda engine, text: statements.append(text) or own(engine, text))
    assert run("apply", "data.parquet", "--system", "bnssg", *options).code == 0
    assert [text for text in statements if text.startswith("CREATE OR REPLACE TABLE")] == []


# --- a statement in a thread ------------------------------------------------------------------------------------------


def test_a_statement_is_broken_off():
    connection = duckdb.connect()
    begun = Begun(connection, f"CREATE TABLE t AS {ENDLESS}")
    begun.end()
    assert not begun.is_done()
    assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)


def test_what_goes_wrong_is_told_by_whoever_asks_for_it(tmp_path):
    pd.DataFrame({"n": [1]}).to_parquet(tmp_path / "data.parquet")
    engine = DuckDbEngine(Scan("the data", tmp_path, (tmp_path / "data.parquet",)))
    engine.begin("t", "SELECT CAST('x' AS INTEGER) AS n")
    with pytest.raises(PlacemapError, match="the data cannot be read: Conversion Error"):
        engine.keep("t", "SELECT CAST('x' AS INTEGER) AS n")
    engine.begin("t", ENDLESS)
    engine.keep("t", f"SELECT n + 1 AS n FROM {sql.DATA}")
    assert engine.query("SELECT n FROM t") == [{"n": 2}]
    engine.close()


SLOW = """
import sys, time
import placemap.apply.sql as sql
import placemap.apply.begun as begun
import placemap.commands.workspace as workspace

where, sys.argv = sys.argv[1], ["placemap", *sys.argv[2:]]
sql.coded = lambda question: "%s"
tell = lambda: print("now", flush=True)
if where == "resolving":
    workspace.open_workspace = lambda *_, **__: tell() or time.sleep(60)
else:
    own = begun.Begun.is_done
    begun.Begun.is_done = lambda one: tell() or own(one)
from placemap.__main__ import main
main()
"""


@pytest.mark.parametrize("where", ["resolving", "reading"])
def test_ctrl_c(where, lsoas, tmp_path):
    pd.DataFrame({"lsoa": lsoas, "n": range(len(lsoas))}).to_parquet(tmp_path / "data.parquet")
    command = ["apply", "data.parquet", "--system", "bnssg", "--sum", "n", "--out", "out.csv"]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW % ENDLESS, where, *command],
        cwd=tmp_path,
        env=environment(PACKAGED),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as job:
        assert job.stdout.readline() == "now\n"
        job.send_signal(signal.SIGINT)
        _, err = job.communicate(timeout=30)
    assert (job.returncode, err) == (130, INTERRUPTED)
    assert [path.name for path in tmp_path.iterdir()] == ["data.parquet"]
