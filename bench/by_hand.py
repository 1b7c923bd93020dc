"""`apply` as one would write it by hand: `by_hand.py HOW PEOPLE CROSSWALK OUT`.

`by_hand.py crosswalk STORE OUT CONFIG…` makes the crosswalk that the others read: LSOA 2011 × place with its share.
"""

import sys
from pathlib import Path


def crosswalk(store: str, out: str, *configs: str) -> None:
    import pandas as pd

    from placemap.commands.workspace import footprints_of, open_workspace
    from placemap.config.load import load_system

    workspace = open_workspace(Path(store))
    frames = []
    for config in configs:
        system = load_system(Path(config))
        outcome = workspace.build(system, footprints_of(system, [])[0])
        frames.append(next(table.frame for table in outcome.tables if table.name == "place_lsoa11"))
    columns = ["LSOA11CD", "PLACECD", "UNIT_RESIDENT_SHARE"]
    pd.concat(frames)[columns].to_csv(out, index=False)


def with_duckdb(people: str, places: str, out: str) -> None:
    import duckdb

    duckdb.sql(
        f"COPY (SELECT PLACECD, sum(visits * w) AS visits, sum(w) AS ROWS FROM '{people}' AS p "
        f"JOIN (SELECT LSOA11CD, PLACECD, UNIT_RESIDENT_SHARE AS w FROM '{places}') AS c ON p.lsoa11 = c.LSOA11CD "
        f"GROUP BY PLACECD ORDER BY PLACECD) TO '{out}' (HEADER)"
    )


def with_polars(people: str, places: str, out: str) -> None:
    import polars as pl

    weights = pl.scan_csv(places)
    (
        pl.scan_parquet(people)
        .join(weights, left_on="lsoa11", right_on="LSOA11CD")
        .group_by("PLACECD")
        .agg(visits=(pl.col("visits") * pl.col("UNIT_RESIDENT_SHARE")).sum(), ROWS=pl.col("UNIT_RESIDENT_SHARE").sum())
        .sort("PLACECD")
        .collect(engine="streaming")
        .write_csv(out)
    )


def with_pandas(people: str, places: str, out: str) -> None:
    import pandas as pd

    rows = pd.read_parquet(people, columns=["lsoa11", "visits"])
    rows = rows.merge(pd.read_csv(places), left_on="lsoa11", right_on="LSOA11CD")
    rows["visits"] = rows["visits"] * rows["UNIT_RESIDENT_SHARE"]
    rows["ROWS"] = rows["UNIT_RESIDENT_SHARE"]
    rows.groupby("PLACECD")[["visits", "ROWS"]].sum().to_csv(out)


if __name__ == "__main__":
    how = {"duckdb": with_duckdb, "polars": with_polars, "pandas": with_pandas, "crosswalk": crosswalk}
    how[sys.argv[1]](*sys.argv[2:])
