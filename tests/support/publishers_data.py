"""What the stand-in for the publishers serves: the reference files in the layouts of the real services.

What the reference lacks is made up from what it has, in the real layout: the output areas, the sexes of the
registrations, the wards of 2018 and 2025, and the registrations of 2026 (those of July 2022 with LSOAs of 2021 and the
odd codes of that year). Sub-ICB locations of 2026 follow the practice map of August 2026: Surrey and Sussex,
Hampshire and Isle of Wight and Thames Valley divide Frimley along its districts.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

Rows = tuple[list[str], list[list[Any]]]
Make = Callable[[Path], Rows]

BSC = "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BSC_V4"
CENTROIDS = "LSOA_PopCentroids_EW_2021_V4"
OUTPUT_AREAS = {"E": 178_605, "W": 10_275}
#: Codes that changed with the boundary between Barnsley and Sheffield in 2025.
RECODED_LADS = {"E08000016": "E08000038", "E08000019": "E08000039"}


def of_file(name: str) -> Make:
    """The rows of a reference file as they are."""

    def make(reference: Path) -> Rows:
        with (reference / name).open(encoding="utf-8-sig", newline="") as file:
            header, *rows = list(csv.reader(file))
        return header, rows

    return make


def _frame(reference: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(reference / f"{name}.csv", dtype=str, keep_default_na=False)


def _rows(frame: pd.DataFrame) -> Rows:
    return list(frame.columns), frame.to_numpy(dtype=object).tolist()


def wards_of_2025(reference: Path) -> Rows:
    frame = _frame(reference, "LSOA21_WD24_LAD24_EW_LU")
    frame["LAD24CD"] = frame["LAD24CD"].replace(RECODED_LADS)
    return _rows(frame.rename(columns=lambda name: name.replace("WD24", "WD25").replace("LAD24", "LAD25")))


def wards_of_2018(reference: Path) -> Rows:
    """Wards made up: one a district, as the reference has none of 2018; the districts are the real ones."""
    frame = _frame(reference, "LSOA11_LAD18_EN_LU")
    numbers = {code: f"E05{number:06}" for number, code in enumerate(sorted(frame["LAD18CD"].unique()), start=1)}
    frame.insert(2, "WD18CD", frame["LAD18CD"].map(numbers))
    frame.insert(3, "WD18NM", frame["LAD18NM"] + " Ward")
    return _rows(frame)


def sub_icbs_of_2026(reference: Path) -> Rows:
    frame = _frame(reference, "LSOA21_SICBL24_ICB24_LAD24_EN_LU")
    of_practices = _frame(reference, "gp-reg-pat-prac-map_2026-08").drop_duplicates("SUB_ICB_LOCATION_CODE")
    of_practices = of_practices.set_index("SUB_ICB_LOCATION_CODE")
    body = frame["SICBL24CDH"].where(frame["SICBL24CDH"] != "D4U1Y", frame["LAD24NM"].map(_after_frimley))
    found = pd.DataFrame(
        {
            "LSOA21CD": frame["LSOA21CD"],
            "LSOA21NM": frame["LSOA21NM"],
            "SICBL26CD": body.map(of_practices["ONS_SUB_ICB_LOCATION_CODE"]),
            "SICBL26CDH": body,
            "SICBL26NM": body.map(of_practices["SUB_ICB_LOCATION_NAME"]),
            "ICB26CD": body.map(of_practices["ONS_ICB_CODE"]),
            "ICB26CDH": body.map(of_practices["ICB_CODE"]),
            "ICB26NM": body.map(of_practices["ICB_NAME"]),
            "NHSER26CD": body.map(of_practices["ONS_COMM_REGION_CODE"]),
            "NHSER26NM": body.map(of_practices["COMM_REGION_NAME"]),
            "LAD26CD": frame["LAD24CD"].replace(RECODED_LADS),
            "LAD26NM": frame["LAD24NM"],
        }
    )
    return _rows(found)


def _after_frimley(district: str) -> str:
    if district in ("Bracknell Forest", "Slough", "Windsor and Maidenhead"):
        return "U2G6B"
    return "D9Y0V" if district in ("Hart", "Rushmoor") else "92A"


def output_areas(reference: Path) -> Rows:
    """As many output areas as there are, dealt out to the real LSOAs."""
    frame = _frame(reference, "LSOA21_MSOA21_EW_LU")
    found = []
    for nation, count in OUTPUT_AREAS.items():
        lsoas = frame[frame["LSOA21CD"].str.startswith(nation)].reset_index(drop=True)
        dealt = lsoas.loc[[position * len(lsoas) // count for position in range(count)]]
        dealt.insert(0, "OA21CD", [f"{nation}00{number:06}" for number in range(1, count + 1)])
        found.append(dealt)
    return _rows(pd.concat(found).assign(LAD22CD="", LAD22NM="", LAD22NMW=""))


def upper_tiers(lsoas: bool) -> Make:
    """LSOA → UTLA of 2023, or LAD → CTYUA of 2025."""

    def make(reference: Path) -> Rows:
        tiers = _frame(reference, "LTLA23_UTLA23_EW_LU")
        if lsoas:
            names = _frame(reference, "LSOA21_SICBL24_ICB24_LAD24_EN_LU")[["LSOA21CD", "LSOA21NM", "LAD24CD"]]
            found = names.merge(tiers, left_on="LAD24CD", right_on="LTLA23CD", how="left", validate="m:1")
            return _rows(found[["LSOA21CD", "LSOA21NM", "UTLA23CD", "UTLA23NM"]])
        tiers = tiers.rename(columns=lambda name: name.replace("LTLA23", "LAD25").replace("UTLA23", "CTYUA25"))
        return _rows(tiers.replace(RECODED_LADS))

    return make


def wards_to_counties(reference: Path) -> Rows:
    """Wards of 2026 of the United Kingdom with all that they lie in; a few made-up wards a district."""
    _, rows = upper_tiers(lsoas=False)(reference)
    found = []
    for number, (lad, name, county, county_name) in enumerate(rows):
        for part in range(26):
            ward = f"{lad[0]}05{number * 26 + part:06}"
            found.append([ward, f"{name} {part}", lad, name, county, county_name, "E12000001", "R", "E92000001", "E"])
    header = [f"{kind}26{what}" for kind in ("WD", "LAD", "CTYUA", "RGN", "CTRY") for what in ("CD", "NM")]
    return header, found


# --- geometry ---------------------------------------------------------------------------------------------------------


def polygons(file: str, vintage: str, elsewhere: str) -> Make:
    """A boundary file as a service gives it: rings as Esri turns them, the rest of the kingdom too."""

    def make(reference: Path) -> Rows:
        import pyogrio

        frame = pyogrio.read_dataframe(reference / file)
        code, name = next(column for column in frame if column.endswith("CD")), ""
        name = code.replace("CD", "NM")
        now = [f"{code[:-4]}{vintage}{what}" for what in ("CD", "NM")]
        rows = [[row[code], row[name], rings(row["geometry"])] for row in frame.to_dict("records")]
        rows.append([elsewhere, "Elsewhere", [[[0, 0], [0, 9], [9, 9], [9, 0], [0, 0]]]])
        if vintage == "26":
            rows = [[RECODED_LADS.get(row[0], row[0]), *row[1:]] for row in rows]
        return [*now, "geometry"], rows

    return make


def rings(shape: Any) -> list[list[list[float]]]:
    """Outer rings clockwise, holes the other way round, each after its outer ring."""
    found = []
    for part in shape.geoms:
        found.append([list(point) for point in part.exterior.coords][::-1])
        found += [[list(point) for point in hole.coords][::-1] for hole in part.interiors]
    return found


def centroids(reference: Path) -> Rows:
    _, rows = of_file("LSOA21_PWC_EW.csv")(reference)
    return ["LSOA21CD", "geometry"], [[code, {"x": float(x), "y": float(y)}] for code, x, y in rows]


# --- files ------------------------------------------------------------------------------------------------------------

REGISTRATIONS = "gp-reg-pat-prac-lsoa-all-Jul-22.zip"
#: Codes of residence that stood in the registrations of 2026 beside LSOAs of England and Wales.
ODD_CODES = ("EMPTY", "S01006506", "N21000001", "L99999999", "95AA01S1")


def _registered(reference: Path) -> pd.DataFrame:
    return pd.read_csv(reference / REGISTRATIONS, dtype=str, keep_default_na=False)


def three_members(frame: pd.DataFrame, month: str) -> bytes:
    """The zip of a month: everybody, men and women, each in a file of its own."""
    men = frame["NUMBER_OF_PATIENTS"].astype(int) // 2
    sexes = {
        "all": ("ALL", None),
        "male": ("MALE", men),
        "female": ("FEMALE", frame["NUMBER_OF_PATIENTS"].astype(int) - men),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member, (sex, people) in sexes.items():
            part = (
                frame.assign(SEX=sex)
                if people is None
                else frame.assign(SEX=sex, NUMBER_OF_PATIENTS=people.astype(str))
            )
            part = part[part["NUMBER_OF_PATIENTS"] != "0"]
            archive.writestr(f"gp-reg-pat-prac-lsoa-{member}-{month}.csv", part.to_csv(index=False))
    return content.getvalue()


def registrations_of_2022(reference: Path) -> bytes:
    return three_members(_registered(reference), "July-22")


def registrations_of_2026(reference: Path) -> bytes:
    """Those of July 2022 at LSOAs of 2021 (a divided one dealt out to its parts), with the odd codes of 2026."""
    frame = _registered(reference)
    parts = _frame(reference, "LSOA11_LSOA21_LAD22_EW_LU_v5").groupby("LSOA11CD")["LSOA21CD"].agg(list)
    of_row = frame["LSOA_CODE"].map(parts)
    dealt = [
        code if isinstance(found, float) else found[row % len(found)]
        for row, (code, found) in enumerate(zip(frame["LSOA_CODE"], of_row, strict=True))
    ]
    lsoa = pd.Series(dealt, index=frame.index).replace("NO2011", "NO2021")
    people = frame["NUMBER_OF_PATIENTS"].astype(int)
    keys = ["PRACTICE_CODE", "PRACTICE_NAME"]
    cells = frame.assign(LSOA_CODE=lsoa, NUMBER_OF_PATIENTS=people).groupby([*keys, "LSOA_CODE"], as_index=False)
    found = cells.agg({"NUMBER_OF_PATIENTS": "sum"})
    odd = found.head(1)[keys].merge(pd.DataFrame({"LSOA_CODE": ODD_CODES, "NUMBER_OF_PATIENTS": 3}), how="cross")
    found = pd.concat([found, odd], ignore_index=True)
    found.insert(0, "PUBLICATION", "GP_PRAC_PAT_LIST")
    found.insert(1, "EXTRACT_DATE", "01JUL2026")
    found = found.assign(NUMBER_OF_PATIENTS=found["NUMBER_OF_PATIENTS"].astype(str), SEX="ALL")
    return three_members(found, "2026")


def location_lookup(reference: Path) -> bytes:
    """LSOA 2011 → LOC 2022 (July 2022) as the workbook that the portal keeps."""
    import openpyxl

    header, rows = of_file("LSOA11_SICBL22_ICB22_LAD22_EN_LU.csv")(reference)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("LSOA11_LOC22_ICB22_LAD22")
    sheet.append([name.replace("SICBL22", "LOC22") for name in header])
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
