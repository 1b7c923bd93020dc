"""The resolving rules a second time, as plainly as they can be written.

Nothing here is shared with the package: dicts, loops and exact fractions over the publishers' own files.
Where this and the package disagree, one of them is wrong, and this one is short enough to check by reading.

    reference = load(Path("../shared/reference"))
    results = resolve(reference, Path("configs/bnssg.yaml"))
    results["localities"].rows["E01014485"].place_id
"""

import csv
import io
import zipfile
from collections import ChainMap, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import load_workbook
from ruamel.yaml import YAML

Number = int | Fraction
"""An exact count of people: a fraction only where an LSOA 2011 was split."""

REGISTRATIONS = "gp-reg-pat-prac-lsoa-all-Jul-22.zip"
EXACT_FIT_2011 = "LSOA11_LSOA21_LAD22_EW_LU_v5.csv"
RESIDENTS = "CENSUS21_LSOA21_usual_residents.csv"
LTLA_LOOKUP = "LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv"
SUB_ICB_2022 = "LSOA11_SICBL22_ICB22_LAD22_EN_LU.csv"

AREAS_2021 = {
    ("lsoa", "2021"): (LTLA_LOOKUP, "LSOA21CD"),
    ("msoa", "2021"): ("LSOA21_MSOA21_EW_LU.csv", "MSOA21CD"),
    ("ward", "2024"): ("LSOA21_WD24_LAD24_EW_LU.csv", "WD24CD"),
    ("ltla", "2024"): (LTLA_LOOKUP, "LAD24CD"),
    ("sub_icb", "2024"): (LTLA_LOOKUP, "SICBL24CDH"),
}
AREAS_2011 = {
    ("ltla", "2018"): ("LSOA11_LAD18_EN_LU.csv", "LAD18CD"),
    ("ltla", "2019"): ("LSOA11_CCG19_LAD19_EN_LU.csv", "LAD19CD"),
    ("ltla", "2022"): (SUB_ICB_2022, "LAD22CD"),
    ("sub_icb", "2022"): (SUB_ICB_2022, "SICBL22CDH"),
}
NEWEST = {"lsoa": "2021", "msoa": "2021", "ward": "2024", "ltla": "2024", "utla": "2023", "sub_icb": "2024"}
"""The vintage of an area kind whose member states none. The keys are the area kinds."""

EXACT_KINDS = ("lsoa", "msoa", "ltla", "utla", "sub_icb")
PATIENT_KINDS = ("pcn", "practice")

MEASURES_2021 = {"residents_2021": RESIDENTS, "residents_mid_2022": "MYE2022_LSOA21.csv"}
MEASURES_2011 = {"residents_mid_2019": "MYE2019_LSOA11.csv", "residents_mid_2020": "MYE2020_LSOA11.csv"}


class Row(NamedTuple):
    """Where one LSOA 2021 went. The shares are None unless the method is plurality."""

    place_id: str
    method: str  # exact-fit | best-fit | plurality
    share: Fraction | None  # of everyone registered who lives here
    placed_share: Fraction | None  # of those registered with any place of the footprint
    runner_up: str | None  # None where no other candidate place has a patient here
    margin: Fraction | None  # share less the runner-up's, the whole share where there is none
    in_scope: bool


class Expectation(NamedTuple):
    """A published figure beside the one found."""

    place_id: str
    measure: str
    published: int
    found: Number
    ok: bool


@dataclass(frozen=True)
class Result:
    """One footprint, resolved."""

    scope: frozenset[str]
    rows: dict[str, Row]
    gaps: frozenset[str]
    overlaps: dict[str, list[str]]  # LSOA -> the places that all claim it; the first of them has the row
    practices: dict[str, str]  # practice -> the place it is registered to
    ledger: dict[str, Number] = field(default_factory=dict)
    expectations: list[Expectation] = field(default_factory=list)

    def lsoas(self, place_id: str) -> set[str]:
        """All LSOAs of a place, in scope or not."""
        return {lsoa for lsoa, row in self.rows.items() if row.place_id == place_id}


@dataclass(frozen=True)
class Reference:
    """The official files, read once."""

    areas: dict[tuple[str, str], dict[str, set[str]]]  # (kind, vintage) -> code -> LSOAs 2021
    pcn_of: dict[str, dict[str, str]]  # vintage -> practice -> the PCN it is a current member of
    patients: dict[str, dict[str, Number]]  # practice -> LSOA 2021 of England -> registered patients
    registered: dict[str, Number]  # LSOA 2021 -> registered patients, wherever their practice
    no_lsoa: int
    welsh: int
    lsoa_measures: dict[str, dict[str, Number]]
    practice_measures: dict[str, dict[str, int]]


# --- reading the official files -------------------------------------------------------------------


def load(reference_dir: Path) -> Reference:
    """Read every file that any config may need."""
    residents = counts(reference_dir / RESIDENTS, "LSOA21CD", "TOTAL")
    split = split_2011(reference_dir, residents)
    by_practice, no_lsoa, welsh = registrations(reference_dir / REGISTRATIONS)
    patients = {practice: to_2021(people, split) for practice, people in by_practice.items()}
    registered = add_up(patients.values())
    measures: dict[str, dict[str, Number]] = {"registered_2022_07": registered}
    for name, file in MEASURES_2021.items():
        measures[name] = dict(counts(reference_dir / file, "LSOA21CD", "TOTAL"))
    for name, file in MEASURES_2011.items():
        measures[name] = to_2021(counts(reference_dir / file, "LSOA11CD", "TOTAL"), split)
    list_sizes = counts(reference_dir / "QOF_2020-21_practice_list_size.csv", "PRACTICE_CODE", "PRACTICE_LIST_SIZE")
    return Reference(
        areas=all_areas(reference_dir),
        pcn_of={book.stem.removeprefix("ePCN_"): current_pcns(book) for book in reference_dir.glob("ePCN_*.xlsx")},
        patients=patients,
        registered=registered,
        no_lsoa=no_lsoa,
        welsh=welsh,
        lsoa_measures=measures,
        practice_measures={"list_size_2020_21": list_sizes},
    )


def read_csv(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file, every value as text."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def counts(path: Path, key: str, value: str) -> dict[str, int]:
    """One whole number for each code; a code that comes twice is refused."""
    found: dict[str, int] = {}
    for row in read_csv(path):
        if row[key] in found:
            raise ValueError(f"{path.name}: {row[key]} comes twice")
        found[row[key]] = int(row[value])
    return found


def split_2011(reference_dir: Path, residents: Mapping[str, int]) -> dict[str, dict[str, Number]]:
    """For each LSOA 2011, the share of its people that goes to each LSOA 2021.

    Unchanged and merged LSOAs have one target and go whole; the others are split by their targets' residents.
    """
    targets: dict[str, list[str]] = defaultdict(list)
    for row in read_csv(reference_dir / EXACT_FIT_2011):
        targets[row["LSOA11CD"]].append(row["LSOA21CD"])
    return {lsoa11: shares_of(lsoas21, residents) for lsoa11, lsoas21 in targets.items()}


def shares_of(lsoas21: list[str], residents: Mapping[str, int]) -> dict[str, Number]:
    """Shares that sum to one, by residents, or equal where nobody lives there."""
    if len(lsoas21) == 1:
        return {lsoas21[0]: 1}
    total = sum(residents[lsoa] for lsoa in lsoas21)
    if total == 0:
        return {lsoa: Fraction(1, len(lsoas21)) for lsoa in lsoas21}
    return {lsoa: Fraction(residents[lsoa], total) for lsoa in lsoas21}


def to_2021(people: Mapping[str, int], split: Mapping[str, Mapping[str, Number]]) -> dict[str, Number]:
    """Figures of LSOAs 2011 carried to LSOAs 2021; the total does not change."""
    carried: dict[str, Number] = defaultdict(int)
    for lsoa11, number in people.items():
        for lsoa21, share in split[lsoa11].items():
            carried[lsoa21] += number * share
    return dict(carried)


def add_up(parts: Iterable[Mapping[str, Number]]) -> dict[str, Number]:
    """The sum of several figures, code by code."""
    total: dict[str, Number] = defaultdict(int)
    for part in parts:
        for code, number in part.items():
            total[code] += number
    return dict(total)


def registrations(path: Path) -> tuple[dict[str, dict[str, int]], int, int]:
    """Patients by practice and English LSOA 2011, then those without an LSOA, then those in Wales."""
    by_practice: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    no_lsoa = welsh = 0
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, "utf-8-sig", newline="")):
            lsoa11, number = row["LSOA_CODE"], int(row["NUMBER_OF_PATIENTS"])
            if lsoa11 in ("NO2011", "CLOSED"):
                no_lsoa += number
            elif lsoa11.startswith("W01"):
                welsh += number
            else:
                by_practice[row["PRACTICE_CODE"]][lsoa11] += number
    return by_practice, no_lsoa, welsh


def current_pcns(book: Path) -> dict[str, str]:
    """Each practice's PCN: the partner rows whose end date is blank."""
    sheet = load_workbook(io.BytesIO(book.read_bytes()), read_only=True)["PCN Core Partner Details"]
    lines = sheet.iter_rows(values_only=True)
    header = [" ".join(str(title).split()) for title in next(lines)]  # the titles hold line breaks
    practice, pcn, end = (
        header.index(title)
        for title in ("Partner Organisation Code", "PCN Code", "Practice to PCN Relationship End Date")
    )
    found: dict[str, str] = {}
    for line in lines:
        if not line[practice] or line[end]:
            continue
        if line[practice] in found:
            raise ValueError(f"{book.name}: {line[practice]} is a current member twice")
        found[line[practice]] = line[pcn]
    return found


def all_areas(reference_dir: Path) -> dict[tuple[str, str], dict[str, set[str]]]:
    """The LSOAs 2021 of every area code, by kind and vintage."""
    areas = {
        key: group((row[column], row["LSOA21CD"]) for row in read_csv(reference_dir / file))
        for key, (file, column) in AREAS_2021.items()
    }
    parent = home_2011(reference_dir)
    for key, (file, column) in AREAS_2011.items():
        code_of = {row["LSOA11CD"]: row[column] for row in read_csv(reference_dir / file)}
        areas[key] = group((code_of[lsoa11], lsoa21) for lsoa21, lsoa11 in parent.items() if lsoa11 in code_of)
    areas["ltla", "2023"] = areas["ltla", "2024"]  # no code changed between the two
    areas["utla", "2023"] = upper_tiers(reference_dir, areas["ltla", "2023"])
    return areas


def group(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Code -> LSOAs."""
    found: dict[str, set[str]] = defaultdict(set)
    for code, lsoa in pairs:
        found[code].add(lsoa)
    return dict(found)


def upper_tiers(reference_dir: Path, ltlas: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """UTLA -> LSOAs, through the districts; the Welsh rows of the lookup have no LSOAs here."""
    rows = read_csv(reference_dir / "LTLA23_UTLA23_EW_LU.csv")
    return group((row["UTLA23CD"], lsoa) for row in rows for lsoa in ltlas.get(row["LTLA23CD"], ()))


def home_2011(reference_dir: Path) -> dict[str, str]:
    """For each LSOA 2021, the LSOA 2011 whose older areas it belongs to.

    Only four (all `X`) have parents in different districts; each goes with its own district of 2022.
    """
    district = {row["LSOA11CD"]: row["LAD22CD"] for row in read_csv(reference_dir / SUB_ICB_2022)}
    parents: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    for row in read_csv(reference_dir / EXACT_FIT_2011):
        away = district.get(row["LSOA11CD"]) != row["LAD22CD"]
        parents[row["LSOA21CD"]].append((away, row["LSOA11CD"]))
    return {lsoa21: min(found)[1] for lsoa21, found in parents.items()}


# --- reading a config -----------------------------------------------------------------------------


def codes(members: Any) -> list[str]:
    """The codes of one member kind, given as `code: name` or as a list; each must have been read as text."""
    found = list(members or ())
    for code in found:
        if not isinstance(code, str):
            raise TypeError(f"{code!r} was not read as text")
    return found


def vintage(kind: str, where: Mapping[str, Any]) -> str:
    """The vintage of a member kind, from the place, else its footprint, else the config, else the newest."""
    stated = where.get(f"{kind}_vintage", NEWEST.get(kind))
    if stated is None:
        raise ValueError(f"{kind}_vintage is needed")
    return str(stated)


def area_lsoas(reference: Reference, members: Mapping[str, Any], where: Mapping[str, Any]) -> set[str]:
    """The LSOAs of every area member; other keys are left alone."""
    found: set[str] = set()
    for kind in NEWEST:
        for code in codes(members.get(kind)):
            found |= reference.areas[kind, vintage(kind, where)][code]
    return found


def member_practices(reference: Reference, members: Mapping[str, Any], where: Mapping[str, Any]) -> set[str]:
    """The practices named and those of the PCNs named."""
    return set(codes(members.get("practice"))) | pcn_practices(reference, members, where)


def pcn_practices(reference: Reference, members: Mapping[str, Any], where: Mapping[str, Any]) -> set[str]:
    """The current members of the PCNs named; a PCN without any is refused."""
    found: set[str] = set()
    for pcn in codes(members.get("pcn")):
        pcn_of = reference.pcn_of[vintage("pcn", where)]
        practices = {practice for practice, its in pcn_of.items() if its == pcn}
        if not practices:
            raise ValueError(f"{pcn} has no practices in {vintage('pcn', where)}")
        found |= practices
    return found


# --- resolving ------------------------------------------------------------------------------------


@dataclass
class Place:
    """A place of a footprint, its members made into sets."""

    claims: dict[str, str] = field(default_factory=dict)  # LSOA -> method, before overlaps are looked at
    excluded: set[str] = field(default_factory=set)
    within: set[str] | None = None

    def may_have(self, lsoa: str) -> bool:
        """Whether `exclude` and `within` leave this LSOA to the place."""
        return lsoa not in self.excluded and (self.within is None or lsoa in self.within)


def resolve(reference: Reference, config_path: Path) -> dict[str, Result]:
    """Every footprint of a config, by its id."""
    config = YAML(typ="safe").load(config_path)
    return {footprint_id: resolve_footprint(reference, config, footprint_id) for footprint_id in config["footprints"]}


def resolve_footprint(reference: Reference, config: dict[str, Any], footprint_id: str) -> Result:
    """One footprint: exact and best-fit claims first, then plurality for what is left of the scope."""
    footprint = config["footprints"][footprint_id]
    raws = footprint["places"]
    wheres = {place_id: ChainMap(raw, footprint, config) for place_id, raw in raws.items()}
    scope = footprint_scope(reference, config, footprint)
    places = {place_id: make_place(reference, raw, wheres[place_id], scope) for place_id, raw in raws.items()}
    practices = place_practices(reference, raws, wheres)
    rows, overlaps = claimed_rows(places, scope)
    rows |= plurality_rows(reference, places, practices, scope - set(rows))
    result = Result(frozenset(scope), rows, frozenset(scope - set(rows)), overlaps, practices)
    if uses_patients(footprint):
        pcn_of = reference.pcn_of[vintage("pcn", ChainMap(footprint, config))]
        result.ledger.update(patient_ledger(reference, result, pcn_of))
    else:
        result.ledger.update(area_ledger(reference, scope))
    result.expectations.extend(expectations(reference, footprint, result))
    return result


def footprint_scope(reference: Reference, config: dict[str, Any], footprint: dict[str, Any]) -> set[str]:
    """The LSOAs that the footprint must cover: its own scope, else the system's."""
    if "inside" in footprint:
        other, _, place_id = footprint["inside"].partition("/")
        outer = resolve_footprint(reference, config, other)
        return outer.lsoas(place_id) if place_id else set(outer.rows)
    scope = footprint.get("scope", config["scope"])
    where = ChainMap(footprint, config)
    lsoas = area_lsoas(reference, scope, where)
    if "place" in scope:
        other, place_id = scope["place"].split("/")
        lsoas |= resolve_footprint(reference, config, other).lsoas(place_id)
    return lsoas - area_lsoas(reference, scope.get("exclude", {}), where)


def make_place(reference: Reference, raw: dict[str, Any], where: Mapping[str, Any], scope: set[str]) -> Place:
    """Members, `exclude` and `within` of one place, as LSOAs."""
    place = Place(excluded=area_lsoas(reference, raw.get("exclude", {}), where))
    if raw.get("within") == "scope":
        place.within = scope
    elif "within" in raw:
        place.within = area_lsoas(reference, raw["within"], where)
    wards = area_lsoas(reference, {"ward": raw.get("ward")}, where)
    nested = area_lsoas(reference, {kind: raw.get(kind) for kind in EXACT_KINDS}, where)
    methods = dict.fromkeys(wards, "best-fit") | dict.fromkeys(nested, "exact-fit")
    place.claims = {lsoa: method for lsoa, method in methods.items() if place.may_have(lsoa)}
    return place


def claimed_rows(places: dict[str, Place], scope: set[str]) -> tuple[dict[str, Row], dict[str, list[str]]]:
    """A row for each LSOA that a place claims by area, and the LSOAs that several do."""
    claimants: dict[str, list[str]] = defaultdict(list)
    for place_id in sorted(places):
        for lsoa in places[place_id].claims:
            claimants[lsoa].append(place_id)
    rows = {
        lsoa: Row(found[0], places[found[0]].claims[lsoa], None, None, None, None, lsoa in scope)
        for lsoa, found in claimants.items()
    }
    return rows, {lsoa: found for lsoa, found in claimants.items() if len(found) > 1}


def place_practices(
    reference: Reference, raws: dict[str, dict[str, Any]], wheres: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Practice -> place: by its PCN, unless a place names it, and unless its place excludes it."""
    by_pcn = {place_id: pcn_practices(reference, raw, wheres[place_id]) for place_id, raw in raws.items()}
    by_name = {place_id: set(codes(raw.get("practice"))) for place_id, raw in raws.items()}
    placed = only_once(by_pcn) | only_once(by_name)
    for place_id, raw in raws.items():
        for practice in member_practices(reference, raw.get("exclude", {}), wheres[place_id]):
            if placed.get(practice) == place_id:
                del placed[practice]
    return placed


def only_once(members: Mapping[str, set[str]]) -> dict[str, str]:
    """Practice -> place; a practice of two places is refused."""
    placed: dict[str, str] = {}
    for place_id, practices in members.items():
        for practice in practices:
            if practice in placed:
                raise ValueError(f"{practice} is in {placed[practice]} and in {place_id}")
            placed[practice] = place_id
    return placed


def plurality_rows(
    reference: Reference, places: dict[str, Place], practices: dict[str, str], open_lsoas: set[str]
) -> dict[str, Row]:
    """Each LSOA that is still open, to the candidate place with most of its patients."""
    votes: dict[str, dict[str, Number]] = defaultdict(lambda: defaultdict(int))
    for practice, place_id in practices.items():
        for lsoa, number in reference.patients.get(practice, {}).items():
            votes[lsoa][place_id] += number
    rows: dict[str, Row] = {}
    for lsoa in open_lsoas:
        candidates = [p for p, number in votes[lsoa].items() if number > 0 and places[p].may_have(lsoa)]
        if candidates:
            rows[lsoa] = elect(votes[lsoa], candidates, reference.registered[lsoa])
    return rows


def elect(votes: Mapping[str, Number], candidates: list[str], registered: Number) -> Row:
    """The winner of one LSOA: most patients, then the place id that sorts first."""
    winner, *others = sorted(candidates, key=lambda place_id: (-votes[place_id], place_id))
    runner_up = others[0] if others else None
    share = Fraction(votes[winner]) / registered
    return Row(
        place_id=winner,
        method="plurality",
        share=share,
        placed_share=Fraction(votes[winner]) / sum(votes.values()),
        runner_up=runner_up,
        margin=share - (Fraction(votes[runner_up]) / registered if runner_up else 0),
        in_scope=True,
    )


# --- accounting -----------------------------------------------------------------------------------


def uses_patients(footprint: dict[str, Any]) -> bool:
    """Whether any place is declared from PCNs or practices."""
    return any(kind in raw for raw in footprint["places"].values() for kind in PATIENT_KINDS)


def area_ledger(reference: Reference, scope: set[str]) -> dict[str, Number]:
    """Every registered patient by residence only."""
    inside = sum(number for lsoa, number in reference.registered.items() if lsoa in scope)
    outside = sum(number for lsoa, number in reference.registered.items() if lsoa not in scope)
    return {"no_lsoa": reference.no_lsoa, "welsh": reference.welsh, "outside": outside, "in_scope": inside}


def patient_ledger(reference: Reference, result: Result, pcn_of: Mapping[str, str]) -> dict[str, Number]:
    """Every registered patient by residence and by registration."""
    ledger: dict[str, Number] = {
        "no_lsoa": reference.no_lsoa,
        "welsh": reference.welsh,
        "outside_registered_with_place": 0,
        "outside_other": 0,
        "in_scope_own_place": 0,
        "in_scope_other_place": 0,
        "in_scope_practice_without_pcn": 0,
        "in_scope_not_in_a_place": 0,
    }
    for practice, people in reference.patients.items():
        for lsoa, number in people.items():
            ledger[ledger_line(result, pcn_of, practice, lsoa)] += number
    return ledger


def ledger_line(result: Result, pcn_of: Mapping[str, str], practice: str, lsoa: str) -> str:
    """The line that counts the patients of a practice who live in an English LSOA."""
    place_id = result.practices.get(practice)
    if lsoa not in result.scope:
        return "outside_registered_with_place" if place_id else "outside_other"
    if place_id:
        row = result.rows.get(lsoa)
        return "in_scope_own_place" if row and row.place_id == place_id else "in_scope_other_place"
    return "in_scope_not_in_a_place" if practice in pcn_of else "in_scope_practice_without_pcn"


def expectations(reference: Reference, footprint: dict[str, Any], result: Result) -> Iterator[Expectation]:
    """Each published figure, held against the places as resolved."""
    for place_id, raw in footprint["places"].items():
        for expect in raw.get("expect", ()):
            found = measured(reference, result, place_id, expect["measure"])
            tolerance = Fraction(str(expect.get("within_pct", 0))) * expect["value"] / 100
            ok = abs(floor(found + Fraction(1, 2)) - expect["value"]) <= tolerance
            yield Expectation(place_id, expect["measure"], expect["value"], found, ok)


def measured(reference: Reference, result: Result, place_id: str, measure: str) -> Number:
    """A measure of one place: over its practices if it is theirs, else over all its LSOAs."""
    if measure in reference.practice_measures:
        figures = reference.practice_measures[measure]
        practices = [practice for practice, its in result.practices.items() if its == place_id]
        return sum(figures.get(practice, 0) for practice in practices)
    figures_by_lsoa = reference.lsoa_measures[measure]
    return sum(figures_by_lsoa[lsoa] for lsoa in result.lsoas(place_id))
