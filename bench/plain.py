"""What an analyst would write for BNSSG in pandas: each LSOA to the locality of most of its patients, then shares by area.

`plain.py STORE OUT`. No checks, no ledger, no ties, no metadata.
"""

import sys
from pathlib import Path

import pandas as pd

PLACES = {
    "north-and-west-bristol": ["U48538", "U66596", "U70886", "U65207"],
    "inner-city-and-east-bristol": ["U33963", "U88179", "U98167"],
    "south-bristol": ["U84294", "U86579", "U00402"],
    "south-gloucestershire": ["U16600", "U32001", "U37297", "U13456", "U06486"],
    "woodspring": ["U21617", "U78490", "U90977"],
    "weston-worle-and-villages": ["U63843"],
}
PRACTICES = {
    "L81669": "north-and-west-bristol",
    "L81036": "south-gloucestershire",
    "L81019": "south-gloucestershire",
}


def main(store: Path, out: Path) -> None:
    def read(name: str) -> pd.DataFrame:
        return pd.read_parquet(store / "tables" / f"{name}.parquet")

    place_of_pcn = {pcn: place for place, pcns in PLACES.items() for pcn in pcns}
    members = read("pcn_members-2022-08")
    members = members[members["end"] == ""]
    practice = dict(zip(members["practice_code"], members["pcn_code"].map(place_of_pcn), strict=True)) | PRACTICES
    residents = read("residents_2021").set_index("lsoa_code")["people"]
    fit = read("exact_fit-2021")
    fit["people"] = fit["lsoa_code"].map(residents).fillna(0)
    fit["weight"] = fit["people"] / fit.groupby("lsoa11_code")["people"].transform("sum")
    patients = read("registrations-2022-07").merge(fit[["lsoa11_code", "lsoa_code", "weight"]], on="lsoa11_code")
    patients["patients"] = patients["patients"] * patients["weight"]
    patients["place"] = patients["practice_code"].map(practice)
    registered = patients.groupby("lsoa_code")["patients"].sum()

    scope = read("sub_icb-2024")
    scope = set(scope.loc[scope["sub_icb_ods"] == "15C", "lsoa_code"])
    votes = patients[patients["lsoa_code"].isin(scope)].groupby(["lsoa_code", "place"])["patients"].sum().reset_index()
    votes = votes.sort_values(["lsoa_code", "patients", "place"], ascending=[True, False, True])
    lsoa = votes.drop_duplicates("lsoa_code").copy()
    lsoa["share"] = lsoa["patients"] / lsoa["lsoa_code"].map(registered)
    out.mkdir(parents=True, exist_ok=True)
    lsoa.to_csv(out / "place_lsoa21.csv", index=False)
    place_of = lsoa.set_index("lsoa_code")["place"]
    for name, kind in (("msoa21", "msoa-2021"), ("wd24", "ward-2024"), ("lad24", "ltla-2024"), ("utla23", "utla-2023"), ("sicbl24", "sub_icb-2024")):  # fmt: skip
        table = read(kind)
        code = kind.split("-")[0] + "_code"
        table["people"] = table["lsoa_code"].map(residents)
        table["place"] = table["lsoa_code"].map(place_of)
        pairs = table.groupby(["place", code])["people"].sum().reset_index()
        pairs["unit_share"] = pairs["people"] / pairs[code].map(table.groupby(code)["people"].sum())
        pairs["place_share"] = pairs["people"] / pairs.groupby("place")["people"].transform("sum")
        pairs.to_csv(out / f"place_{name}.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
