"""Directories of postcodes as the publisher lays them out, of any size, with made-up postcodes at real LSOAs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
#: A few of each sort of row that is at no English LSOA: postcode, code, month of its end.
ELSEWHERE = (
    ("CF10 1AA", "W01001939", ""),
    ("EH1 1AA", "S01013476", ""),
    ("BT1 1AA", "N21000001", ""),
    ("BT1 1AB", "95GG01S1", ""),
    ("JE2 3AA", "L99999999", ""),
    ("IM1 1AA", "M99999999", ""),
    ("BS99 1AA", "", ""),
    ("BS99 1AB", "E99999999", "201503"),
)


def postcodes_of(lsoas: Sequence[str], each: int) -> pd.DataFrame:
    """`each` postcodes for every LSOA: pcds, lsoa21, doterm; every tenth has ended."""
    number = np.arange(len(lsoas) * each)
    area, district = number // 200_000, number // 4_000 % 50
    sector, first, second = number // 400 % 10, number // 20 % 20, number % 20
    two = np.array([f"{a}{b}" for a in "BCDEHLMNST" for b in LETTERS if f"{a}{b}" != "BT"])
    letters = np.array(list(LETTERS))
    units = np.char.add(letters[first], letters[second])
    inward = np.char.add(sector.astype(str), units)
    outward = np.char.add(two[area], (10 + district).astype(str))
    return pd.DataFrame(
        {
            "pcds": np.char.add(np.char.add(outward, " "), inward),
            "lsoa21": np.repeat(np.array(lsoas, dtype=object), each),
            "doterm": np.where(number % 10 == 9, "202403", ""),
        }
    )


def with_elsewhere(postcodes: pd.DataFrame) -> pd.DataFrame:
    """With rows of other countries and of none."""
    return pd.concat(
        [postcodes, pd.DataFrame(list(ELSEWHERE), columns=["pcds", "lsoa21", "doterm"])], ignore_index=True
    )


def directory_csv(postcodes: pd.DataFrame, *, titles: dict[str, str] | None = None) -> bytes:
    """The table with some of the publisher's other columns, all text in quotes, in the order of its postcodes reversed."""
    frame = postcodes.iloc[::-1]
    table = pd.DataFrame(
        {
            "pcd7": frame["pcds"].str.replace(" ", "").str.ljust(7),
            "pcds": frame["pcds"],
            "dointr": "198001",
            "doterm": frame["doterm"],
            "oseast1m": "358000",
            "lsoa11": frame["lsoa21"],
            "lsoa21": frame["lsoa21"],
            "ctry": "E92000001",
        }
    ).rename(columns=titles or {})
    return ("\ufeff" + table.to_csv(index=False, lineterminator="\r\n", quoting=1)).encode()


def directory_zip(path: Path, table: bytes, *, member: str = "Data/ONSPD_AUG_2026_UK.csv") -> Path:
    """The publisher's zip: the table, a part of it by area, and documents beside it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(
            "Documents/2011 Census Output Area Classification Names and Codes UK.csv", "OAC11,Name\n1A1,X\n"
        )
        archive.writestr("User Guide/ONSPD User Guide Aug 2026.pdf", b"%PDF-1.7")
        archive.writestr(member, table)
        part = io.BytesIO(table)
        first = [next(part) for _ in range(3)]
        archive.writestr("Data/multi_csv/ONSPD_AUG_2026_UK_BA.csv", b"".join(first))
    return path
