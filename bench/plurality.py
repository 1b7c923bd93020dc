"""Each LSOA of England to the sub-ICB location (by practice) of most of its patients: `plurality.py HOW STORE OUT`.

Prints the seconds of `work` after the imports, and of these the seconds of the `count` after the tables were read.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

#: First nothing, when all is imported; nothing again, when the tables are read; then the rows.
Rows = Iterator[list[tuple[str, str, float]]]


def tables(store: Path) -> dict[str, str]:
    names = json.loads((store / "manifest.json").read_text())["defaults"]
    folder = store / "tables"
    return {
        "registrations": f"{folder}/registrations-{names['registrations']}.parquet",
        "members": f"{folder}/pcn_members-2022-08.parquet",
        "fit": f"{folder}/exact_fit-2021.parquet",
        "residents": f"{folder}/residents_2021.parquet",
    }


def with_placemap(store: Path) -> Rows:
    import numpy as np

    import placemap.reference.read_parquet  # noqa: F401
    from placemap.reference.geography import Geography
    from placemap.reference.open_store import open_store
    from placemap.resolve.plurality import plurality

    yield []
    geography = Geography(open_store(store))
    members = geography.pcns("2022-08").members
    columns = ("practice_code", "practice_sub_icb_ods", "end")
    place = {practice: sub_icb for practice, sub_icb, end in members.rows(*columns) if not end}
    places = sorted(set(place.values()))
    number = {name: position for position, name in enumerate(places)}
    of = np.array([number.get(place.get(code, ""), -1) for code in geography.registrations.codes])
    yield []
    result = plurality(geography.registrations, of, np.ones((geography.size, len(places)), dtype=bool))
    names = [places[winner] if winner >= 0 else "" for winner in result.winner.tolist()]
    share = result.share(result.winner).tolist()
    yield [(code, name, value) for code, name, value in zip(geography.lsoas, names, share, strict=True) if name]


SQL = """
WITH place AS (SELECT practice_code, any_value(practice_sub_icb_ods) AS place FROM members WHERE "end" = '' GROUP BY 1),
fit AS (
    SELECT f.lsoa11_code, f.lsoa_code, coalesce(r.people / sum(r.people) OVER (PARTITION BY f.lsoa11_code), 0) AS weight
    FROM fit f LEFT JOIN residents r USING (lsoa_code)),
by_old AS (
    SELECT g.lsoa11_code, p.place, sum(g.patients) AS patients
    FROM registrations g LEFT JOIN place p USING (practice_code) GROUP BY ALL),
votes AS (SELECT f.lsoa_code, o.place, sum(o.patients * f.weight) AS patients
    FROM by_old o JOIN fit f USING (lsoa11_code) GROUP BY ALL),
ranked AS (SELECT *, sum(patients) OVER (PARTITION BY lsoa_code) AS every,
    row_number() OVER (PARTITION BY lsoa_code ORDER BY (place IS NULL), patients DESC, place) AS rank FROM votes)
SELECT lsoa_code, place, patients / every FROM ranked WHERE rank = 1 AND place IS NOT NULL ORDER BY 1
"""


def with_duckdb(store: Path) -> Rows:
    import duckdb

    yield []
    for name, path in tables(store).items():
        duckdb.sql(f"CREATE TABLE {name} AS FROM '{path}'")
    yield []
    yield duckdb.sql(SQL).fetchall()


def with_pandas(store: Path) -> Rows:
    import pandas as pd
    import pyarrow.parquet  # noqa: F401

    yield []
    paths = tables(store)
    members = pd.read_parquet(paths["members"])
    place = members[members["end"] == ""].drop_duplicates("practice_code").set_index("practice_code")
    fit = pd.read_parquet(paths["fit"]).merge(pd.read_parquet(paths["residents"]), on="lsoa_code", how="left")
    fit["weight"] = (fit["people"] / fit.groupby("lsoa11_code")["people"].transform("sum")).fillna(0)
    patients = pd.read_parquet(paths["registrations"])
    yield []
    patients["place"] = patients["practice_code"].map(place["practice_sub_icb_ods"])
    votes = patients.groupby(["lsoa11_code", "place"], dropna=False)["patients"].sum().reset_index()
    votes = votes.merge(fit[["lsoa11_code", "lsoa_code", "weight"]], on="lsoa11_code")
    votes["patients"] = votes["patients"] * votes["weight"]
    every = votes.groupby("lsoa_code")["patients"].sum()
    votes = votes.groupby(["lsoa_code", "place"])["patients"].sum().reset_index()
    votes = votes.sort_values(["lsoa_code", "patients", "place"], ascending=[True, False, True])
    first = votes.drop_duplicates("lsoa_code")
    share = first["patients"] / first["lsoa_code"].map(every)
    yield list(zip(first["lsoa_code"], first["place"], share, strict=True))


def write(out: Path, rows: list[tuple[str, str, float]]) -> None:
    out.write_text("".join(f"{lsoa},{place},{share:.6f}\n" for lsoa, place, share in rows))


def main() -> None:
    steps = {"placemap": with_placemap, "duckdb": with_duckdb, "pandas": with_pandas}[sys.argv[1]](Path(sys.argv[2]))
    next(steps)  # imports
    start = time.perf_counter()
    next(steps)  # tables
    read = time.perf_counter()
    rows = next(steps)
    end = time.perf_counter()
    print(f"work {end - start:.4f}\ncount {end - read:.4f}")
    write(Path(sys.argv[3]), rows)


if __name__ == "__main__":
    main()
