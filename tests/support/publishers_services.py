"""Feature services, NOMIS and month pages as the publishers' servers give them, page limits and all."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import publishers_data as data

EDITED = 1_700_000_000_000


@dataclass
class Service:
    """One table as a feature service gives it; of a column `geometry` the service makes the rows' geometry."""

    reference: Path
    make: data.Make
    limit: int = 2000
    pages: bool = True
    rows_lost: int = 0
    renamed: dict[str, str] = field(default_factory=dict)
    edited: int = EDITED

    @cached_property
    def table(self) -> data.Rows:
        return self.make(self.reference)

    @property
    def columns(self) -> list[str]:
        return [self.renamed.get(column, column) for column in self.table[0]]

    @property
    def rows(self) -> list[list[Any]]:
        rows = self.table[1]
        return rows[: len(rows) - self.rows_lost]

    def layer(self) -> dict[str, Any]:
        fields = ["ObjectId", *(column for column in self.columns if column != "geometry")]
        return {
            "maxRecordCount": self.limit,
            "objectIdField": "ObjectId",
            "fields": [{"name": name} for name in fields],
            "advancedQueryCapabilities": {"supportsPagination": self.pages},
            "editingInfo": {"lastEditDate": self.edited},
        }

    def query(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked.get("returnCountOnly") == "true":
            return {"count": len(self.rows)}
        rows = self._numbered(self.rows_lost)
        if asked.get("returnIdsOnly") == "true":
            return {"objectIds": [number for number, _ in rows][::-1]}
        if "objectIds" in asked:
            wanted = {int(number) for number in asked["objectIds"].split(",")}
            return {"features": self._features([row for row in rows if row[0] in wanted], asked)}
        return self._page(rows, asked)

    def _page(self, rows: list[tuple[int, list[Any]]], asked: dict[str, str]) -> dict[str, Any]:
        if "orderByFields" in asked:
            rows = self._sorted(asked["orderByFields"], rows)
        else:  # as the real one: no order is promised, and none is kept from one page to the next
            rows = random.sample(rows, len(rows))
        start = int(asked.get("resultOffset", 0))
        end = start + min(int(asked.get("resultRecordCount", self.limit)), self.limit)
        page = {"features": self._features(rows[start:end], asked)}
        return {**page, "exceededTransferLimit": True} if end < len(rows) else page

    def _numbered(self, lost: int) -> list[tuple[int, list[Any]]]:
        if ("", lost) not in self._orders:
            self._orders["", lost] = list(enumerate(self.rows, start=1))
        return self._orders["", lost]

    def _sorted(self, order: str, rows: list[tuple[int, list[Any]]]) -> list[tuple[int, list[Any]]]:
        if (order, len(rows)) not in self._orders:
            keys = [self.columns.index(name) for name in order.split(",") if name != "ObjectId"]
            self._orders[order, len(rows)] = sorted(rows, key=lambda row: [row[1][key] for key in keys] or [row[0]])
        return self._orders[order, len(rows)]

    @cached_property
    def _orders(self) -> dict[tuple[str, int], list[tuple[int, list[Any]]]]:
        return {}

    def _features(self, rows: list[tuple[int, list[Any]]], asked: dict[str, str]) -> list[dict[str, Any]]:
        columns = self.columns
        found = [{"attributes": {"ObjectId": n, **dict(zip(columns, row, strict=True))}} for n, row in rows]
        if "geometry" not in columns:
            return found
        shapes = [feature["attributes"].pop("geometry") for feature in found]
        if asked.get("returnGeometry", "true") != "true":
            return found
        assert asked.get("outSR") == "27700", "the geometry would come as Web Mercator"
        return [
            {**feature, "geometry": shape if isinstance(shape, dict) else {"rings": shape}}
            for feature, shape in zip(found, shapes, strict=True)
        ]


def _empty(_reference: Path) -> data.Rows:
    return ["WD24CD", "WD24NM"], []


#: Names that the services have, and what each one's rows are made from.
SERVICES: dict[str, data.Make] = {
    "LSOA11_LSOA21_LAD22_EW_LU_v5": data.of_file("LSOA11_LSOA21_LAD22_EW_LU_v5.csv"),
    "LSOA21_WD24_LAD24_EW_LU": data.of_file("LSOA21_WD24_LAD24_EW_LU.csv"),
    "LSOA21_WD25_LAD25_EW_LU_v2": data.wards_of_2025,
    "LSOA21_SICBL24_ICB24_CAL24_LAD24_EN_LU": data.of_file("LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv"),
    "LSOA21_SICBL26_ICB26_NHSER26_LAD26": data.sub_icbs_of_2026,
    "OA_LSOA_MSOA_EW_DEC_2021_LU_v3": data.output_areas,
    "LSOA21_UTLA23_EW_LU": data.upper_tiers(lsoas=True),
    "LAD25_CTYUA25_EW_LU_v2": data.upper_tiers(lsoas=False),
    "WD26_LAD26_CTYUA26_RGN26_CTRY26_UK_LU": data.wards_to_counties,
    "LSOA11_WD18_LAD18_EW_LUv3": data.wards_of_2018,
    "LSOA11_CCG19_LAD19_EN_LU": data.of_file("LSOA11_CCG19_LAD19_EN_LU.csv"),
    data.CENTROIDS: data.centroids,
    data.BSC: data.polygons("LSOA21_EN_BSC.gpkg", "21", "W01000001"),
    "LAD_DEC_24_UK_BSC": data.polygons("LAD24_EN_BSC.gpkg", "24", "S12000033"),
    "Local_Authority_Districts_May_2026_Boundaries_UK_BSC": data.polygons("LAD24_EN_BSC.gpkg", "26", "S12000033"),
    "Wards_December_2024_Boundaries_UK_BSC": _empty,
}
#: Services that give 1,000 rows a page.
SMALL_PAGES = {"LSOA21_WD24_LAD24_EW_LU", "LSOA11_LSOA21_LAD22_EW_LU_v5"}


def services_of(reference: Path) -> dict[str, Service]:
    return {
        name: Service(reference, make, limit=1000 if name in SMALL_PAGES else 2000) for name, make in SERVICES.items()
    }


# --- NOMIS ------------------------------------------------------------------------------------------------------------

NOMIS_ROWS = 25_000
#: By dataset, geography type and date: the file that the figures come from.
DATASETS = {
    ("NM_2021_1", "TYPE151", ""): "CENSUS21_LSOA21_usual_residents.csv",
    ("NM_2014_1", "TYPE151", "2022"): "MYE2022_LSOA21.csv",
    ("NM_2010_1", "TYPE298", "2019"): "MYE2019_LSOA11.csv",
    ("NM_2010_1", "TYPE298", "2020"): "MYE2020_LSOA11.csv",
}


@dataclass
class Nomis:
    """The API of NOMIS: 25,000 rows a call, and not a word of the rest unless it is asked for."""

    reference: Path
    revised: dict[str, Callable[[list[list[str]]], list[list[str]]]] = field(default_factory=dict)
    updated: str = "2025-11-26 09:30:00"
    _tables: dict[str, list[list[str]]] = field(default_factory=dict)

    def answer(self, dataset: str, asked: dict[str, str]) -> bytes | None:
        name = DATASETS.get((dataset, asked.get("geography", ""), asked.get("date", "")))
        if name is None:
            return None
        rows = self._rows(name)
        if dataset in self.revised:
            rows = self.revised[dataset](rows)
        start = int(asked.get("RecordOffset", 0))
        selected = asked.get("select", "geography_code,obs_value").lower().split(",")
        page = rows[start : start + min(int(asked.get("RecordLimit", NOMIS_ROWS)), NOMIS_ROWS)]
        known = [{"geography_code": code, "obs_value": value, "record_count": len(rows)} for code, value in page]
        return _csv([name.upper() for name in selected], [[row[name] for name in selected] for row in known])

    def definition(self, dataset: str) -> bytes:
        """What a data set is, and when it was last updated."""
        note = {"annotationtitle": "LastUpdated", "annotationtext": self.updated}
        family = {"id": dataset, "annotations": {"annotation": [note]}}
        return json.dumps({"structure": {"keyfamilies": {"keyfamily": [family]}}}).encode()

    def _rows(self, name: str) -> list[list[str]]:
        if name not in self._tables:
            self._tables[name] = data.of_file(name)(self.reference)[1]
        return self._tables[name]


def _csv(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


# --- month pages ------------------------------------------------------------------------------------------------------

PUBLICATION = "/data-and-information/publications/statistical/patients-registered-at-a-gp-practice"
LANDING = "".join(
    f'<li><a href="{PUBLICATION}/{month}">Patients Registered at a GP Practice, {month}</a> (upcoming)</li>'
    for month in ("december-2026", "january-2027")
)
#: By month, the names of the files that its page links to; a month without any is announced and not out.
MONTHS: dict[str, tuple[str, ...]] = {
    "july-2022": ("gp-reg-pat-prac-lsoa-male-female-July-22.zip", "gp-reg-pat-prac-quin-age.zip"),
    "october-2025": (
        "gp-reg-pat-prac-lsoa-male-female-oct-25.zip",
        "gp-reg-pat-prac-lsoa-2021-male-female-oct-25.zip",
    ),
    "july-2026": ("gp-reg-pat-prac-lsoa-2021-male-female-July-26.zip", "gp-reg-pat-prac-map-jul-26.zip"),
    "august-2026": ("gp-reg-pat-prac-map.csv", "gp-reg-pat-prac-sing-age-male.zip"),
    "september-2026": (),
    "december-2026": (),
}


def month_page(month: str, files: str) -> bytes | None:
    if month not in MONTHS:
        return None
    links = "".join(
        f'<li><a class="nhsd-a-box-link" href="{files}/{number:02X}/A1B2C3/{name}"><p>{name}</p></a></li>'
        for number, name in enumerate(MONTHS[month])
    )
    return f"<!DOCTYPE html><html><body><h1>Patients Registered at a GP Practice, {month}</h1><ul>{links or 'Upcoming'}</ul></body></html>".encode()
