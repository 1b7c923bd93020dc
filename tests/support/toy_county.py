"""A made-up county, small enough to check by hand: its reference store and its config.

Thirteen LSOAs stand in a row, 1 to 13; each borders the next. The first twelve are the system, the last one belongs
to another sub-ICB location although its district (Corley) and its ward (906) lie mostly inside.

    LSOA      1  2  3  4  5 | 6  7  8  9 | 10 11 12 (13)
    ward     901------ 902--| 903-- 904--| 905-- 906----
    MSOA     901------ 902--| 903--------| 904----------
    LTLA     Ashton         | Borley     | Corley
    UTLA     Ashton         | Toyshire

In 2011, LSOAs 2 and 3 were one (E01000091, split), and LSOA 6 was two (E01000092 and E01000093, merged).
"""

import hashlib
import io
import json
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

LSOAS = [f"E010000{n:02}" for n in range(1, 14)]
#: The LSOAs of the footprint `councils` by place, counted from 1; Corley has the 13th, too, which lies outside the system.
PLACES = {"ashton": range(1, 6), "borley": range(6, 10), "corley": range(10, 14)}
IN_SCOPE = LSOAS[:12]
OUTSIDE = LSOAS[12]
RESIDENTS = dict(zip(LSOAS, [1000, 600, 1400, 1200, 800, 2000, 1000, 1500, 500, 1000, 1000, 1000, 900], strict=True))

WARDS = {
    "E05000901": (1, 2, 3),
    "E05000902": (4, 5),
    "E05000903": (6, 7),
    "E05000904": (8, 9),
    "E05000905": (10, 11),
    "E05000906": (12, 13),
}
WARD_NAMES = dict(zip(WARDS, ["Abbey", "Bridge", "Castle", "Dene", "Elm", "Ford"], strict=True))
MSOAS = {"E02000901": (1, 2, 3), "E02000902": (4, 5), "E02000903": (6, 7, 8, 9), "E02000904": (10, 11, 12, 13)}
LTLAS = {"E06000901": (1, 2, 3, 4, 5), "E07000902": (6, 7, 8, 9), "E07000903": (10, 11, 12, 13)}
LTLA_NAMES = {"E06000901": "Ashton", "E07000902": "Borley", "E07000903": "Corley"}
SUB_ICB = {"E38000901": tuple(range(1, 13)), "E38000902": (13,)}

#: LSOA of 2011 → LSOAs of 2021, and what became of it.
EXACT_FIT = {
    **{LSOAS[n - 1]: ([n], "U") for n in (1, 4, 5, 7, 8, 9, 10, 11, 12, 13)},
    "E01000091": ([2, 3], "S"),
    "E01000092": ([6], "M"),
    "E01000093": ([6], "M"),
}
MID_2019 = {**dict.fromkeys(EXACT_FIT, 1000), "E01000091": 1900, "E01000092": 900, "E01000093": 600}

PCNS = {
    "U90001": "ALDER PCN",
    "U90002": "BIRCH PCN",
    "U90003": "CEDAR PCN",
    "U90004": "DOGWOOD PCN",
    "U90009": "OLD ELM PCN",
}
PRACTICES = {
    "A90001": ("ALDER SURGERY", "U90001"),
    "A90002": ("APPLE SURGERY", "U90001"),
    "A90003": ("BIRCH SURGERY", "U90002"),
    "A90004": ("CEDAR SURGERY", "U90003"),
    "A90005": ("DOGWOOD SURGERY", "U90004"),
    "A90006": ("LONE SURGERY", ""),
}
#: Patients by LSOA of 2011 (or class), then by practice A90001 … A90006.
PATIENTS = {
    "E01000001": (500, 200, 100, 100, 50, 0),
    "E01000091": (300, 100, 0, 600, 0, 0),
    "E01000004": (400, 0, 0, 400, 0, 100),
    "E01000005": (0, 100, 100, 200, 0, 0),
    "E01000092": (100, 0, 0, 300, 0, 0),
    "E01000093": (300, 0, 50, 50, 0, 0),
    "E01000007": (0, 0, 0, 500, 300, 0),
    "E01000008": (0, 0, 300, 0, 900, 0),
    "E01000009": (10, 0, 0, 0, 490, 0),
    "E01000010": (0, 0, 0, 700, 0, 0),
    "E01000011": (100, 0, 0, 300, 0, 300),
    "E01000012": (300, 0, 0, 400, 0, 0),
    "E01000013": (0, 0, 0, 500, 200, 0),
    "W01000001": (0, 0, 0, 20, 0, 0),
    "NO2011": (7, 0, 0, 0, 3, 0),
}
REMAINDER = {"ENGLAND": 100_000, "WALES": 5_000, "CLOSED": 40}
TOTAL_PATIENTS = sum(map(sum, PATIENTS.values())) + sum(REMAINDER.values())
LIST_SIZES = {"A90001": 2000, "A90002": 400, "A90003": 550, "A90004": 4000, "A90005": 1900, "A90006": 400}

ADJACENT = list(pairwise(LSOAS))

TABLES_FOLDER = "tables"


def _lookup(units, name, base="2021", ods=None):
    kind = name
    rows = []
    for code, members in units.items():
        for n in members:
            row = [LSOAS[n - 1], code]
            if ods is not None:
                row.append(ods[code])
            rows.append([*row, _NAMES.get(code, f"{kind} {code}")])
    columns = ["lsoa_code", f"{kind}_code", *([f"{kind}_ods"] if ods is not None else []), f"{kind}_name"]
    return pd.DataFrame(rows, columns=columns)


_NAMES = {
    **WARD_NAMES,
    **LTLA_NAMES,
    **{code: f"Toy {code[-3:]}" for code in MSOAS},
    "E10000901": "Toyshire",
    "E38000901": "NHS Toy ICB - 90A",
    "E38000902": "NHS Other ICB - 90B",
}
SUB_ICB_ODS = {"E38000901": "90A", "E38000902": "90B"}


def tables():
    """Table name → (family, kind, vintage, base, frame)."""
    ltla_2019 = pd.DataFrame(
        [
            (code, "E07000899", "Old Borley") if targets in ([6], [7]) else (code, "E07000898", "The Rest")
            for code, (targets, _) in EXACT_FIT.items()
        ],
        columns=["lsoa11_code", "ltla_code", "ltla_name"],
    )
    registrations = [
        (practice, lsoa, count)
        for lsoa, counts in PATIENTS.items()
        for practice, count in zip(PRACTICES, counts, strict=True)
        if count
    ] + [("REMAINDER", lsoa, count) for lsoa, count in REMAINDER.items()]
    return {
        "lsoa_names-2021": (
            "lsoa_names",
            "",
            "2021",
            "",
            pd.DataFrame({"lsoa_code": LSOAS, "lsoa_name": [f"Toy {n:03}A" for n in range(1, 14)]}),
        ),
        "exact_fit-2021": (
            "exact_fit",
            "",
            "2021",
            "",
            pd.DataFrame(
                [
                    (code, f"Toy 2011 {code[-3:]}", LSOAS[n - 1], change)
                    for code, (targets, change) in EXACT_FIT.items()
                    for n in targets
                ],
                columns=["lsoa11_code", "lsoa11_name", "lsoa_code", "change"],
            ),
        ),
        "ward-2024": ("lookup", "ward", "2024", "2021", _lookup(WARDS, "ward")),
        "msoa-2021": ("lookup", "msoa", "2021", "2021", _lookup(MSOAS, "msoa")),
        "ltla-2024": ("lookup", "ltla", "2024", "2021", _lookup(LTLAS, "ltla")),
        "ltla-2019": ("lookup", "ltla", "2019", "2011", ltla_2019),
        "utla-2023": (
            "lookup",
            "utla",
            "2023",
            "2021",
            _lookup({"E06000901": (1, 2, 3, 4, 5), "E10000901": tuple(range(6, 14))}, "utla"),
        ),
        "sub_icb-2024": ("lookup", "sub_icb", "2024", "2021", _lookup(SUB_ICB, "sub_icb", ods=SUB_ICB_ODS)),
        "ltla_history-2024": (
            "ltla_history",
            "",
            "2024",
            "",
            pd.DataFrame(
                [
                    ("E06000901", "Ashton", 2016, 2024, "", ""),
                    ("E07000902", "Borley", 2020, 2024, "", ""),
                    ("E07000903", "Corley", 2016, 2024, "", ""),
                    ("E07000899", "Old Borley", 2016, 2019, "E07000902", "Borley"),
                ],
                columns=["ltla_code", "ltla_name", "first_year", "last_year", "successor_code", "successor_name"],
            ),
        ),
        "adjacency-2021": ("adjacency", "", "2021", "", pd.DataFrame(ADJACENT, columns=["lsoa_code_a", "lsoa_code_b"])),
        "residents_2021": ("lsoa_measure", "residents_2021", "2021", "2021", _people("lsoa_code", RESIDENTS)),
        "residents_mid_2022": (
            "lsoa_measure",
            "residents_mid_2022",
            "2022",
            "2021",
            _people("lsoa_code", {k: v + 10 for k, v in RESIDENTS.items()}),
        ),
        "residents_mid_2019": ("lsoa_measure", "residents_mid_2019", "2019", "2011", _people("lsoa11_code", MID_2019)),
        "list_size_2020_21": (
            "practice_measure",
            "list_size_2020_21",
            "2021",
            "",
            _people("practice_code", LIST_SIZES),
        ),
        "registrations-2022-07": (
            "registrations",
            "",
            "2022-07",
            "2011",
            pd.DataFrame(registrations, columns=["practice_code", "lsoa11_code", "patients"]),
        ),
        "practices-2022-07": (
            "practices",
            "",
            "2022-07",
            "",
            pd.DataFrame(
                [(code, name) for code, (name, _) in PRACTICES.items()], columns=["practice_code", "practice_name"]
            ),
        ),
        "pcns-2022-08": (
            "pcns",
            "",
            "2022-08",
            "",
            pd.DataFrame(
                [(code, name, "90A", "NHS Toy ICB - 90A", "2019-07-01", "") for code, name in PCNS.items()],
                columns=["pcn_code", "pcn_name", "sub_icb_ods", "sub_icb_name", "opened", "closed"],
            ),
        ),
        "pcn_members-2022-08": (
            "pcn_members",
            "",
            "2022-08",
            "",
            pd.DataFrame(
                [(code, name, "90A", pcn, "2019-07-01", "") for code, (name, pcn) in PRACTICES.items() if pcn]
                + [("A90005", "DOGWOOD SURGERY", "90A", "U90009", "2019-07-01", "2021-03-31")],
                columns=["practice_code", "practice_name", "practice_sub_icb_ods", "pcn_code", "start", "end"],
            ),
        ),
    }


def _people(column, figures):
    return pd.DataFrame({column: list(figures), "people": list(figures.values())})


DEFAULTS = {
    "ltla": "2024",
    "msoa": "2021",
    "pcn": "2022-08",
    "registrations": "2022-07",
    "sub_icb": "2024",
    "utla": "2023",
    "ward": "2024",
}


def parquet(frame):
    """A frame as the bytes of a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), buffer)
    return buffer.getvalue()


def write_store(folder: Path, content=None, *, coverage="England", shuffle=None):
    """Write a store: `tables/*.parquet` and the manifest that describes them.

    Args:
        content: what `tables` gives, changed as a test likes.
        coverage: `England`, or `extract`.
        shuffle: a seed to shuffle the rows of all tables by.
    """
    (folder / TABLES_FOLDER).mkdir(parents=True)
    entries = {}
    for name, (family, kind, vintage, base, frame) in (content or tables()).items():
        rows = frame if shuffle is None else frame.sample(frac=1, random_state=shuffle)
        data = parquet(rows)
        (folder / TABLES_FOLDER / f"{name}.parquet").write_bytes(data)
        entries[name] = {
            "family": family,
            "kind": kind,
            "vintage": vintage,
            "base": base,
            "rows": len(frame),
            "sha256": hashlib.sha256(data).hexdigest(),
            "content_sha256": hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest(),
            "source": "toy",
            "title": f"Toy {name}",
            "publisher": "Toy Office",
            "url": "",
            "licence": "none",
            "attribution": "Made up for tests",
            "coverage": coverage,
        }
    manifest = {"placemap_store": 1, "defaults": DEFAULTS, "tables": entries}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True))
    return folder


def rehash(store: Path, name: str):
    """Make the manifest describe the file as it now is (what a forger, or another writer of Parquet, would do)."""
    path = store / "manifest.json"
    manifest = json.loads(path.read_text())
    data = (store / TABLES_FOLDER / f"{name}.parquet").read_bytes()
    manifest["tables"][name]["sha256"] = hashlib.sha256(data).hexdigest()
    path.write_text(json.dumps(manifest))


HEAD = """\
placemap: 1
ics:
  id: toyshire
  name: Toyshire
  icb: {code: E54000901, ods: QT1, vintage: 2024}
scope:
  sub_icb: {90A: NHS Toy ICB - 90A}
evidence:
  plan: {title: The plan, publisher: Toy Council, date: 2022-05}
"""

CONFIG = (
    HEAD
    + """\
notes: A county for tests.
default_footprint: localities
footprints:
  localities:
    name: Localities by practice
    status: current
    grade: A
    evidence: plan
    accept: [{finding: unplaced-pcn, subject: U90004, reason: Dogwood serves the hospital only}]
    places:
      east:
        name: East
        pcn: {U90001: ALDER PCN, U90002: BIRCH PCN}
      west:
        name: West
        pcn: {U90003: CEDAR PCN}
        practice: {A90006: LONE SURGERY}
  councils:
    name: Whole councils
    status: proposed
    grade: C
    evidence: plan
    places:
      ashton: {name: Ashton, ltla: {E06000901: Ashton}}
      borley: {name: Borley, ltla: [E07000902]}
      corley:
        name: Corley
        ltla: {E07000903: Corley}
        expect:
          - {measure: residents_2021, value: 3900}
  mixed:
    name: Areas and practices
    status: superseded
    grade: B
    basis: inferred
    evidence: [plan]
    accept: [{finding: unplaced-pcn, subject: [U90002], reason: Birch is for students of all places}]
    places:
      centre:
        name: Centre
        ward: {E05000902: Bridge, E05000903: Castle}
        lsoa: [E01000003]
        exclude: {lsoa: [E01000007]}
      edge:
        name: Edge
        ltla: {E07000903: Corley}
        within: scope
      north:
        name: North
        pcn: {U90001: ALDER PCN}
      rest:
        name: Rest
        pcn: {U90004: DOGWOOD PCN, U90003: CEDAR PCN}
  inside:
    name: Parts of Ashton
    status: current
    grade: A
    evidence: plan
    scope: {place: councils/ashton}
    places:
      a: {name: A, msoa: [E02000901]}
      b: {name: B, msoa: [E02000902]}
"""
)


def footprint(places, scope="", extra=""):
    """A config with one footprint, `places` indented by six blanks."""
    return (
        HEAD
        + "default_footprint: one\nfootprints:\n  one:\n    name: One\n    status: current\n    grade: A\n    evidence: plan\n"
        + (f"    scope: {scope}\n" if scope else "")
        + extra
        + "    places:\n"
        + places
    )
