"""Whether peers gave equal results; ends with 1 where they did not."""

import sys
from pathlib import Path

import pandas as pd


def build(ours: Path, plain: Path) -> None:
    """The LSOAs' places, and the shares by area, of a build and of the plain script."""
    mine = pd.read_csv(ours / "place_lsoa21.csv")
    theirs = pd.read_csv(plain / "place_lsoa21.csv")
    got = dict(zip(mine["LSOA21CD"], mine["PLACECD"].str.rpartition("/")[2], strict=True))
    assert got == dict(zip(theirs["lsoa_code"], theirs["place"], strict=True))
    for path in plain.glob("place_*.csv"):
        if path.stem == "place_lsoa21":
            continue
        mine, theirs = pd.read_csv(ours / path.name), pd.read_csv(path)
        code = next(column for column in mine.columns[4:] if column.endswith("CD"))
        mine = mine.sort_values(["PLACECD", code])
        theirs = theirs.sort_values(list(theirs.columns[:2]))
        assert mine[code].tolist() == theirs[theirs.columns[1]].tolist()
        assert abs(mine["UNIT_RESIDENT_SHARE"].to_numpy() - theirs["unit_share"].to_numpy()).max() < 1e-6
        assert abs(mine["PLACE_RESIDENT_SHARE"].to_numpy() - theirs["place_share"].to_numpy()).max() < 1e-6


def files(one: Path, other: Path) -> None:
    """Two files of the same LSOAs and places, and shares to the sixth decimal, which rounding may move by one."""
    mine, theirs = (pd.read_csv(path, header=None, names=["lsoa", "place", "share"]) for path in (one, other))
    assert mine[["lsoa", "place"]].equals(theirs[["lsoa", "place"]])
    assert abs(mine["share"] - theirs["share"]).max() < 2e-6


def lines(one: Path, other: Path) -> None:
    """Two files of the same lines, in whatever order."""
    assert sorted(one.read_text().splitlines()) == sorted(other.read_text().splitlines())


def applied(ours: Path, theirs: Path) -> None:
    """Figures by place."""
    mine, other = pd.read_csv(ours).set_index("PLACECD"), pd.read_csv(theirs).set_index("PLACECD")
    both = mine.join(other, rsuffix="_other", how="outer", validate="1:1").fillna(0)
    for column in ("visits", "ROWS"):
        assert abs(both[column] - both[f"{column}_other"]).max() < 1e-3, column


if __name__ == "__main__":
    {"build": build, "files": files, "lines": lines, "applied": applied}[sys.argv[1]](
        Path(sys.argv[2]), Path(sys.argv[3])
    )
