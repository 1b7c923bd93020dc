"""What an analyst would write for BNSSG in DuckDB: each LSOA to the locality of most of its patients, then shares by area.

`plain_duckdb.py STORE OUT`. No checks, no ledger, no ties, no metadata; the places are those of `plain.py`.
"""

import sys
from pathlib import Path

import duckdb

PLACES = """
    ('U48538', 'north-and-west-bristol'), ('U66596', 'north-and-west-bristol'), ('U70886', 'north-and-west-bristol'),
    ('U65207', 'north-and-west-bristol'), ('U33963', 'inner-city-and-east-bristol'),
    ('U88179', 'inner-city-and-east-bristol'), ('U98167', 'inner-city-and-east-bristol'), ('U84294', 'south-bristol'),
    ('U86579', 'south-bristol'), ('U00402', 'south-bristol'), ('U16600', 'south-gloucestershire'),
    ('U32001', 'south-gloucestershire'), ('U37297', 'south-gloucestershire'), ('U13456', 'south-gloucestershire'),
    ('U06486', 'south-gloucestershire'), ('U21617', 'woodspring'), ('U78490', 'woodspring'), ('U90977', 'woodspring'),
    ('U63843', 'weston-worle-and-villages')
"""
PRACTICES = (
    "('L81669', 'north-and-west-bristol'), ('L81036', 'south-gloucestershire'), ('L81019', 'south-gloucestershire')"
)
UNITS = (("msoa21", "msoa-2021"), ("wd24", "ward-2024"), ("lad24", "ltla-2024"), ("utla23", "utla-2023"))


def main(store: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    database = duckdb.connect()

    def table(name: str) -> str:
        return f"read_parquet('{store / 'tables' / name}.parquet')"

    def write(query: str, name: str) -> None:
        database.execute(f"COPY ({query}) TO '{out / name}.csv' (HEADER, DELIMITER ',')")

    database.execute(f"""
        CREATE TABLE practice AS
        WITH listed(practice_code, place) AS (VALUES {PRACTICES}), pcn(pcn_code, place) AS (VALUES {PLACES})
        SELECT * FROM listed
        UNION ALL SELECT practice_code, place FROM {table("pcn_members-2022-08")} JOIN pcn USING (pcn_code)
        WHERE "end" = '' AND practice_code NOT IN (SELECT practice_code FROM listed);
        CREATE TABLE residents AS SELECT lsoa_code, people FROM {table("residents_2021")};
        CREATE TABLE fit AS
        SELECT lsoa11_code, lsoa_code,
               COALESCE(people, 0) / SUM(COALESCE(people, 0)) OVER (PARTITION BY lsoa11_code) AS weight
        FROM {table("exact_fit-2021")} LEFT JOIN residents USING (lsoa_code);
        CREATE TABLE votes AS
        SELECT lsoa_code, place, SUM(patients * weight) AS patients
        FROM {table("registrations-2022-07")} JOIN fit USING (lsoa11_code) LEFT JOIN practice USING (practice_code)
        GROUP BY ALL;
        CREATE TABLE lsoa AS
        WITH scoped AS (
            SELECT *, SUM(patients) OVER (PARTITION BY lsoa_code) AS registered FROM votes
            WHERE lsoa_code IN (SELECT lsoa_code FROM {table("sub_icb-2024")} WHERE sub_icb_ods = '15C')
        )
        SELECT lsoa_code, place, patients, patients / registered AS share FROM scoped WHERE place IS NOT NULL
        QUALIFY ROW_NUMBER() OVER (PARTITION BY lsoa_code ORDER BY patients DESC, place) = 1;
    """)
    write("SELECT * FROM lsoa ORDER BY lsoa_code", "place_lsoa21")
    for name, unit in (*UNITS, ("sicbl24", "sub_icb-2024")):
        code = unit.split("-")[0] + "_code"
        write(
            f"""
            WITH unit AS (
                SELECT {code}, place, people, SUM(people) OVER (PARTITION BY {code}) AS of_unit,
                       SUM(people) OVER (PARTITION BY place) AS of_place
                FROM {table(unit)} LEFT JOIN residents USING (lsoa_code) LEFT JOIN lsoa USING (lsoa_code)
            )
            SELECT place, {code}, SUM(people) AS people, SUM(people) / ANY_VALUE(of_unit) AS unit_share,
                   SUM(people) / ANY_VALUE(of_place) AS place_share
            FROM unit WHERE place IS NOT NULL GROUP BY place, {code} ORDER BY place, {code}
            """,
            f"place_{name}",
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
