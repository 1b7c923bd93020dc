"""Synthetic people, a row each, by LSOA of 2011: `people.py ROWS STORE OUT`. The same on every run."""

import sys

import duckdb

rows, store, out = int(sys.argv[1]), sys.argv[2], sys.argv[3]
con = duckdb.connect()
con.execute(
    "CREATE TABLE l AS SELECT row_number() OVER (ORDER BY code) - 1 AS i, code FROM "
    f"(SELECT DISTINCT lsoa11_code AS code FROM '{store}/tables/exact_fit-2021.parquet')"
)
count = con.execute("SELECT count(*) FROM l").fetchone()[0]
con.execute(
    f"COPY (SELECT l.code AS lsoa11, (hash(r.i * 7) % 100)::TINYINT AS age, (hash(r.i * 13) % 4)::TINYINT AS visits "
    f"FROM range({rows}) AS r(i) JOIN l ON l.i = hash(r.i) % {count}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
)
