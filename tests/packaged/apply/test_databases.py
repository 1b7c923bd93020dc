"""`apply --to`: what SQL reads back is what the CSVs have, all of it or nothing, and nobody else's tables are touched."""

from __future__ import annotations

import csv
import datetime
import itertools
import re
import subprocess
import sys
import threading

import duckdb
import postgres_server
import pytest

from conftest import REPO, environment

NUMBERS = itertools.count()
DATA = """\
Ward,visits,people,Month
E05010890,120,1000,2024-01
E05010885,30.5,900,2024-01
E05010885,7,800,2024-02
E05010886,0,700,
"""
QUESTION = ("--system", "bnssg", "--sum", "visits", "--rate", "visits/people", "--per", "1000", "--group", "Month")


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("psycopg", reason="needs psycopg (pip install 'placemap[postgres]')")
    binaries = postgres_server.programs()
    if binaries is None:
        pytest.skip("needs PostgreSQL (apt-get install postgresql)")
    with postgres_server.running(binaries) as started:
        yield started


class PostgresTarget:
    """A database of a test's own on the server."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        with server.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        self.url = server.url(database=name)

    def query(self, sql):
        import psycopg

        with psycopg.connect(self.url) as connection:
            found = connection.execute(sql)
            return found.fetchall() if found.description else []

    comments = """SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{schema}' AND c.relkind = 'r'"""
    columns = """SELECT a.attname, col_description(a.attrelid, a.attnum) FROM pg_attribute a
        WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0"""
    key = """SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
        WHERE i.indisprimary AND i.indrelid = '{table}'::regclass ORDER BY a.attnum"""


class DuckTarget:
    """A file of a test's own."""

    def __init__(self, path):
        self.path, self.url = path, f"duckdb:{path}"

    def query(self, sql):
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(sql).fetchall()

    comments = "SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = '{schema}'"
    columns = "SELECT column_name, comment FROM duckdb_columns() WHERE schema_name || '.' || table_name = '{table}'"
    key = """SELECT unnest(constraint_column_names) FROM duckdb_constraints()
        WHERE constraint_type = 'PRIMARY KEY' AND schema_name || '.' || table_name = '{table}'"""


@pytest.fixture(params=["postgres", "duckdb"])
def target(request, tmp_path):
    if request.param == "duckdb":
        return DuckTarget(tmp_path / "own.duckdb")
    server = request.getfixturevalue("server")
    return PostgresTarget(server, f"own{next(NUMBERS)}")


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text(DATA)
    return path


def as_cell(value, text):
    """A value of a database as the CSV would have it: the same text, or the same number."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return text if text and float(text) == value else repr(value)
    return value


def differing(query, table, path):
    """Cells in which a table and a CSV differ; rows are matched by their whole text."""
    with path.open(encoding="utf-8", newline="") as file:
        titles, *rows = csv.reader(file)
    selected = ", ".join(f'"{title.lower() if title.isidentifier() else title}"' for title in titles)
    found = query(f"SELECT {selected} FROM {table}")
    assert len(found) == len(rows), table
    # Order by the texts: no column of texts has anything but its text, so that equal rows meet.
    texts = [number for number, _ in enumerate(titles) if any(isinstance(row[number], str) for row in found)]
    found.sort(key=lambda row: [row[number] or "" for number in texts])
    rows.sort(key=lambda row: [row[number] for number in texts])
    pairs = zip(found, rows, strict=True)
    return [(row, cells) for row, cells in pairs if [as_cell(*pair) for pair in zip(row, cells, strict=True)] != cells]


def test_what_sql_reads_is_what_the_csvs_have(run, data, tmp_path, target):
    files = {"applied": tmp_path / "applied.csv", "reconciliation": tmp_path / "reconciliation.csv"}
    written = ("--out", files["applied"], "--reconciliation", files["reconciliation"])
    done = run("apply", data, *QUESTION, "--to", target.url, *written)
    assert (done.code, "loaded into" in done.err) == (0, True), done.err
    assert run("build", "bnssg", "--out", tmp_path / "out").code == 0
    built = tmp_path / "out" / "bnssg" / "localities"
    files |= {path.stem: path for path in built.glob("*.csv") if path.stem != "findings"}
    assert len(files) >= 14
    if isinstance(target, DuckTarget):  # names keep their case, and any case finds them
        assert target.query("SELECT placecd FROM placemap.places LIMIT 1")
    found = {name: differing(target.query, f"placemap.{name}", path) for name, path in files.items()}
    assert {name: rows for name, rows in found.items() if rows} == {}


def test_odd_texts_come_back_as_they_are(run, tmp_path, target):
    title, values = "we\"ird %s 'x", ["a\tb", "back\\slash \\N", "O'Brien; DROP TABLE x", "ü€🙂", "NULL"]
    with (tmp_path / "odd.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["Ward", "n", title], *(["E05010890", 1, value] for value in values)])
    done = run("apply", "odd.csv", "--system", "bnssg", "--sum", "n", "--group", title, "--to", target.url)
    assert done.code == 0, done.err
    quoted = title.replace('"', '""')
    assert {value for (value,) in target.query(f'SELECT "{quoted}" FROM placemap.applied WHERE n > 0')} == set(values)
    keys = [name for (name,) in target.query(target.key.format(table="placemap.applied"))]
    assert [key.lower() for key in keys] == ["placecd", title.lower()]


def test_python_loads_the_same(run, data, bnssg, target):
    assert run("apply", data, "--system", "bnssg", "--sum", "visits", "--to", target.url, "--schema", "shell").code == 0
    bnssg.apply(data, sums=["visits"], to=target.url, schema="python")
    read = [sorted(target.query(f"SELECT * FROM {schema}.applied"), key=repr) for schema in ("shell", "python")]
    assert read[0] == read[1]
    assert len(read[0]) == 6


def test_tables_have_keys_types_and_comments(run, data, target):
    assert run("apply", data, *QUESTION, "--to", target.url, "--schema", "Care").code == 0
    comments = dict(target.query(target.comments.format(schema="care")))
    assert set(comments) >= {"applied", "reconciliation", "places", "place_lsoa21", "place_wd24", "ledger"}
    assert all(text.endswith("[made by placemap]") for text in comments.values())
    assert all(
        "Office for National Statistics licensed under the Open Government Licence" in c for c in comments.values()
    )
    described = {name.lower(): text for name, text in target.query(target.columns.format(table="care.place_lsoa21"))}
    assert described["lsoa21cd"] == "LSOA of 2021"
    assert all(described.values())
    keys = {"place_lsoa21": ["lsoa21cd"], "places": ["placecd"], "applied": ["placecd", "month"]}
    found = {table: [c.lower() for (c,) in target.query(target.key.format(table=f"care.{table}"))] for table in keys}
    assert found == keys
    # Figures can be added up, and the key joins: everybody who lives in the system, once.
    total = "SELECT sum(l.residents) FROM care.place_lsoa21 l JOIN care.places p ON p.placecd = l.placecd"
    assert target.query(total) == target.query("SELECT sum(residents) FROM care.places")


def test_another_run_takes_the_place_of_all_that_was_there(run, data, target):
    assert run("apply", data, *QUESTION, "--to", target.url).code == 0
    again = ("--system", "bnssg", "-f", "local-authorities", "--count", "--to", target.url)
    assert run("apply", data, *again).code == 0
    assert target.query("SELECT DISTINCT footprint FROM placemap.places") == [("local-authorities",)]
    assert target.query('SELECT sum("rows") FROM placemap.applied') == [(4,)]


def test_a_table_of_an_earlier_run_that_this_one_has_not_is_taken_away(run, data, target):
    target.query("CREATE SCHEMA placemap")
    target.query("CREATE TABLE placemap.place_wd11 (wd11cd text)")
    target.query("COMMENT ON TABLE placemap.place_wd11 IS 'Wards. [made by placemap]'")
    assert run("apply", data, *QUESTION, "--to", target.url).code == 0
    tables = dict(target.query(target.comments.format(schema="placemap")))
    assert "place_wd11" not in tables
    assert "place_lsoa21" in tables


def test_several_footprints_stand_in_one_table(run, data, target):
    two = (
        "-s",
        "bnssg",
        "-f",
        "localities",
        "-f",
        "local-authorities",
        "--sum",
        "visits",
        "--to",
        target.url,
        "--long",
    )
    assert run("apply", data, *two).code == 0
    assert target.query("SELECT count(DISTINCT footprint) FROM placemap.place_lsoa21") == [(2,)]
    twice = "SELECT count(*), count(DISTINCT lsoa21cd) FROM placemap.place_lsoa21"
    assert target.query(twice) == [(1162, 581)]


def test_a_table_that_placemap_did_not_make_is_left_alone(run, data, target):
    assert run("apply", data, *QUESTION, "--to", target.url).code == 0
    before = target.query("SELECT * FROM placemap.applied")
    target.query("DROP TABLE placemap.places")
    target.query("CREATE TABLE placemap.places (mine text)")
    target.query("INSERT INTO placemap.places VALUES ('my own')")
    target.query("CREATE TABLE placemap.other (mine text)")
    done = run("apply", data, "--system", "bnssg", "--count", "--to", target.url)
    assert done.code == 2
    assert "has a table or view placemap.places that placemap did not make" in done.err
    assert "nothing was changed" in done.err
    assert target.query("SELECT mine FROM placemap.places") == [("my own",)]
    assert sorted(target.query("SELECT * FROM placemap.applied"), key=repr) == sorted(before, key=repr)
    target.query("DROP TABLE placemap.places")
    assert run("apply", data, "--system", "bnssg", "--count", "--to", target.url).code == 0
    assert target.query("SELECT * FROM placemap.other") == []


def test_what_fails_midway_changes_nothing(run, data, target, monkeypatch):
    assert run("apply", data, *QUESTION, "--to", target.url).code == 0
    before = target.query("SELECT count(*), sum(residents) FROM placemap.places")
    from placemap.outputs.database import load

    def put(session, schema, table, *more, **others):
        if table.name == "reconciliation":
            raise KeyboardInterrupt
        return original(session, schema, table, *more, **others)

    original = load._put
    monkeypatch.setattr(load, "_put", put)
    again = ("--system", "bnssg", "-f", "local-authorities", "--count", "--to", target.url)
    assert run("apply", data, *again).code == 130
    assert target.query("SELECT count(*), sum(residents) FROM placemap.places") == before
    assert target.query("SELECT DISTINCT footprint FROM placemap.places") == [("localities",)]


def test_a_result_that_is_refused_is_not_loaded(run, tmp_path, target):
    path = tmp_path / "lost.csv"
    path.write_text("Ward,n\nE05010890,1\nNO2011,50\nNO2011,50\n")
    done = run("apply", path, "--system", "bnssg", "--sum", "n", "--to", target.url)
    assert done.code == 4
    assert target.query(target.comments.format(schema="placemap")) == []


def test_names_that_a_database_would_cut_or_mix_up_are_refused(run, tmp_path, target):
    path = tmp_path / "long.csv"
    title = "visits of people who live there and are registered elsewhere (now)"
    path.write_text(f"Ward,{title},placecd\nE05010890,1,a\n")
    done = run("apply", path, "--system", "bnssg", "--sum", title, "--to", target.url)
    assert (done.code, "66 bytes in its name" in done.err) == (2, True), done.err
    assert run("apply", path, "--system", "bnssg", "--sum", title, "--to", target.url, "--long").code == 0
    done = run("apply", path, "--system", "bnssg", "--count", "--group", "placecd", "--to", target.url)
    assert done.code == 2
    assert "placecd" in done.err


def test_the_query_of_the_page_gives_the_figures_of_apply(run, data, target):
    """SQL of a reader's own, over the crosswalk that was loaded, is the second way to the same figures."""
    assert run("apply", data, "--system", "bnssg", "--sum", "visits", "--to", target.url).code == 0
    target.query("CREATE TABLE visits (ward text, visits double precision)")
    rows = ["('{}', {})".format(*line.split(",")) for line in DATA.splitlines()[1:]]
    target.query(f"INSERT INTO visits VALUES {', '.join(rows)}")
    page = (REPO / "docs/commands/apply.md").read_text(encoding="utf-8")
    found = dict(target.query(re.search(r"^```sql\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[1]))
    expected = dict(target.query("SELECT placenm, visits FROM placemap.applied WHERE visits IS NOT NULL"))
    assert found == pytest.approx(expected, abs=1e-4)
    assert sum(found.values()) == pytest.approx(157.5, abs=1e-4)


# --- PostgreSQL ---


@pytest.fixture
def postgres(server):
    return PostgresTarget(server, f"own{next(NUMBERS)}")


def test_views_and_rights_outlive_the_next_run(run, data, postgres):
    assert run("apply", data, *QUESTION, "--to", postgres.url).code == 0
    postgres.query("CREATE VIEW public.mine AS SELECT placenm, residents FROM placemap.places")
    before = postgres.query("SELECT * FROM public.mine")
    assert run("apply", data, *QUESTION, "--to", postgres.url).code == 0
    assert postgres.query("SELECT * FROM public.mine") == before
    postgres.query("CREATE VIEW public.ours AS SELECT visits FROM placemap.applied")
    done = run("apply", data, "--system", "bnssg", "--count", "--to", postgres.url)
    assert done.code == 3
    assert "view ours depends on table placemap.applied" in done.err
    assert "something rests on it" in done.err
    assert postgres.query("SELECT * FROM public.mine") == before


def test_readers_see_the_old_or_the_new_and_two_runs_wait_for_each_other(run, data, postgres):
    import psycopg

    assert run("apply", data, *QUESTION, "--to", postgres.url).code == 0
    commands = [
        [sys.executable, "-m", "placemap", "apply", str(data), *QUESTION, "--to", postgres.url] for _ in range(2)
    ]
    running = [subprocess.Popen(c, env=environment(), stdout=-1, stderr=subprocess.STDOUT) for c in commands]
    seen, failed = set(), []
    stop = threading.Event()

    def read():
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            while not stop.is_set():
                seen.add(connection.execute("SELECT count(*) FROM placemap.place_lsoa21").fetchone())

    reader = threading.Thread(target=read)
    reader.start()
    for process in running:
        said, _ = process.communicate(timeout=120)
        failed += [said.decode()] if process.returncode else []
    stop.set()
    reader.join()
    assert failed == []
    assert seen == {(581,)}


def test_a_wrong_password_is_said_and_no_password_is_printed(run, data, server):
    done = run("apply", data, "--system", "bnssg", "--to", server.url(password="n0t-this-one"))  # noqa: S106
    assert done.code == 3
    assert "the server refuses the user or the password" in done.err
    assert "n0t-this-one" not in done.err + done.out
    done = run("apply", data, "--system", "bnssg", "--to", f"postgresql://owner@127.0.0.1:{server.port}/postgres")
    assert (done.code, "asks for a password, and none was given" in done.err) == (3, True)
    done = run("apply", data, "--system", "bnssg", "--to", server.url(database="not_there"))
    assert (done.code, 'database "not_there" does not exist' in done.err) == (3, True)
    assert "p%40ss" not in done.err
    assert postgres_server.PASSWORD not in done.err


def test_the_password_may_come_from_the_environment(run, data, postgres, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", postgres_server.PASSWORD)
    address = f"postgresql://owner@127.0.0.1:{postgres.server.port}/{postgres.name}"
    done = run("apply", data, "--system", "bnssg", "--to", address)
    assert done.code == 0, done.err
    assert f"loaded into {address}, schema placemap: place_lsoa21" in done.err


def test_who_may_not_create_is_told_so(run, data, postgres):
    postgres.query("DROP ROLE IF EXISTS reader")
    postgres.query("CREATE ROLE reader LOGIN PASSWORD 'reader'")
    address = postgres.server.url("reader", "reader", postgres.name)
    done = run("apply", data, "--system", "bnssg", "--to", address)
    assert done.code == 3
    assert "permission denied for database" in done.err
    assert "ask for the right to create there" in done.err


# --- without a server ---


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:sec@ret@host/db",
        "postgresql://me:sec/ret@host/db",
        "postgresql://me:sec#ret@host/db",
        "postgresql://me:sec%zzret@host/db",
        "postgresql://me:secret/db",
        "postgresql:me:secret",
    ],
)
def test_an_address_that_cannot_be_read_is_not_printed(run, data, address):
    pytest.importorskip("psycopg")
    done = run("apply", data, "--system", "bnssg", "--to", address)
    assert done.code == 2
    assert "cannot be read as the address of a database" in done.err
    assert not any(part in done.err for part in ("secret", "ret@", "sec@", "sec/", "sec#", "sec%", "sec?"))


def test_no_server(run, data):
    pytest.importorskip("psycopg")
    done = run("apply", data, "--system", "bnssg", "--to", "postgresql://me:geheim@127.0.0.1:1/db")
    assert done.code == 3
    assert "postgresql://me@127.0.0.1:1/db: no server can be reached" in done.err
    assert "geheim" not in done.err


def test_a_missing_driver(run, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    done = run("apply", data, "--system", "bnssg", "--to", "postgresql://me@host/db")
    assert done.code == 2
    assert "pip install 'placemap[postgres]'" in done.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--to", "sqlserver://me:geheim@host/db"), "`--sql --dialect NAME --keys DIR`"),
        (("--to", "places.db"), "expected postgresql://USER@HOST/DATABASE or duckdb:FILE"),
        (("--to", "duckdb:"), "names no file"),
        (("--to", "duckdb::memory:"), "names no file"),
        (("--to", "duckdb:md:mine"), "names no file"),
        (("--to", "duckdb:placemap.duckdb"), "would not know what `placemap.places` means"),
        (("--to", "duckdb:x.duckdb", "--schema", "my places"), "is no plain name"),
        (("--to", "duckdb:x.duckdb", "--schema", "pg_mine"), "keep that name for themselves"),
        (("--to", "duckdb:x.duckdb", "--sql"), "--sql makes none"),
        (("--to", "duckdb:x.duckdb", "--join", "--out", "x.csv"), "--join makes none"),
        (("--to", "duckdb:visits.csv"), "--to names the input itself"),
        (("--to", "duckdb:x.csv", "--out", "x.csv"), "--to names --out itself"),
    ],
)
def test_what_is_no_target_is_refused_before_any_work(run, data, tmp_path, options, said):
    done = run("apply", data, "--system", "bnssg", *options)
    assert done.code == 2
    assert said in done.err
    assert "geheim" not in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["visits.csv"]


def test_a_file_that_is_not_duckdb_or_is_open_elsewhere(run, data, tmp_path):
    (tmp_path / "notes.duckdb").write_text("notes" * 100)
    done = run("apply", data, "--system", "bnssg", "--to", "duckdb:notes.duckdb")
    assert (done.code, "cannot be opened as a DuckDB database" in done.err) == (3, True)
    assert (tmp_path / "notes.duckdb").read_text() == "notes" * 100
    hold = "import duckdb, sys; c = duckdb.connect('held.duckdb'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold], cwd=tmp_path, stdin=-1, stdout=-1) as process:
        assert process.stdout.readline() == b"open\n"
        done = run("apply", data, "--system", "bnssg", "--to", "duckdb:held.duckdb")
        process.stdin.close()
    assert (done.code, "another program has the file open" in done.err) == (3, True), done.err
