"""A reader with all tables of one run learns of no count of 1 to 7 more than the rule says: it may differ by 6."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import toy_county
from reader_of_tables import NOWHERE, Reader
from toy_county import IN_SCOPE, LSOAS

import placemap

GROUPS = ["F", "M", "X"]
CODES = {"unknown code": "E01099999", "missing code": "", "abroad": "W01000001"}
#: As wide as 1 to 7.
WIDTH = 6


@pytest.fixture(scope="module")
def membership(toy_store, tmp_path_factory):
    """The LSOAs of each place, by a run that publishes everything."""
    path = tmp_path_factory.mktemp("county") / "toyshire.yaml"
    path.write_text(toy_county.CONFIG, encoding="utf-8")
    county = placemap.load(str(path), data=toy_store)
    frame = pd.DataFrame(np.eye(len(LSOAS), dtype=int), columns=LSOAS).assign(code=LSOAS)
    found = {}
    for footprint in ("localities", "councils", "mixed"):
        result = county.apply(frame, by="code", sums=LSOAS, footprint=footprint).frame
        for row in result.to_dict("records"):
            found[row["PLACECD"]] = [code for code in LSOAS if row[code] == 1]
    return found


def people(chance, few):
    """Rows of a table with a row a unit and group: columns old and young make all; seen is a part of all."""
    rows = []
    for unit in [*LSOAS, *NOWHERE]:
        for group in GROUPS:
            size = few if chance.random() < 0.6 else 60
            old, young = (int(chance.integers(0, size)) if chance.random() < 0.8 else 0 for _ in range(2))
            seen = int(chance.integers(0, old + young + 1))
            rows.append((unit, CODES.get(unit, unit), group, old, young, old + young, seen))
    return pd.DataFrame(rows, columns=["unit", "code", "sex", "old", "young", "all", "seen"])


def values_of(data):
    long = data.melt(["unit", "sex"], ["old", "young", "all", "seen"])
    return dict(zip(zip(long["unit"], long["sex"], long["variable"], strict=True), long["value"], strict=True))


@dataclass(frozen=True)
class Case:
    """What is asked; `thin` leaves most of Ashton out of the data; `rates` are pairs of columns, of which the reader has each rate's counts as they were rounded."""

    footprints: tuple[str, ...]
    sums: tuple[str, ...] = ()
    rates: tuple[tuple[str, str], ...] = ()
    group: str | None = None
    thin: bool = False

    @property
    def columns(self):
        return list(dict.fromkeys([*self.sums, *(column for rate in self.rates for column in rate)]))

    @property
    def options(self):
        named = [part for name in self.footprints for part in ("--footprint", name)]
        sums = [part for column in self.sums for part in ("--sum", column)]
        rates = [part for rate in self.rates for part in ("--rate", "/".join(rate))]
        compared = ["--per", 1000, "--compare", "system"] if rates else []
        least = ["--min-coverage", 0.5] if self.thin else []
        return [*named, *sums, *rates, *compared, *least, *(["--group", self.group] if self.group else [])]


def publish(cli, tmp_path, data, case, rule):
    given = data[~data["unit"].isin(LSOAS[:4])] if case.thin else data
    given.drop(columns="unit").to_csv(tmp_path / "data.csv", index=False)
    result = cli(
        *("apply", "data.csv", "--system", "toyshire", "--by", "code", "--max-loss", 100, *case.options, *rule),
        *("--out", "out.csv", "--reconciliation", "lines.csv"),
    )
    assert result.code == 0, result.err
    return tmp_path / "out.csv", tmp_path / "lines.csv"


def read(data, membership, case, out, lines, to):
    """A reader of all that a run gave, who knows that old and young make all, and that those seen are a part of all."""
    places = {place: units for place, units in membership.items() if place.split("/")[1] in case.footprints}
    reader = Reader(LSOAS, IN_SCOPE, places, GROUPS, case.columns, to=to)
    reader.result(out, case.group, thin=case.thin)
    reader.left_blank(lines, case.group)
    for footprint in case.footprints:
        reader.reconciliation(lines, footprint)
    for rate in case.rates:
        reader.rates(out, *rate, case.group, values_of(data))
    for unit in reader.units:
        for sex in GROUPS:
            if {"old", "young", "all"} <= set(case.columns):
                reader.know({(unit, sex, "all"): 1, (unit, sex, "old"): -1, (unit, sex, "young"): -1}, 0, 0)
            if {"seen", "all"} <= set(case.columns):
                reader.know({(unit, sex, "all"): 1, (unit, sex, "seen"): -1}, 0, np.inf)
    return reader


def targets(reader, case):
    """Sums of people that are a count of some table, or the difference of two, by keys with a sign."""
    sexes = [[sex] for sex in GROUPS] if case.group else [GROUPS]
    areas = list(reader.membership.values())
    for one in case.footprints[1:]:
        of = [
            [set(reader.membership[place]) for place in reader.membership if f"/{name}/" in place]
            for name in (case.footprints[0], one)
        ]
        areas += [sorted(first & second) for first in of[0] for second in of[1] if first & second]
    for area in areas:
        for sex in sexes:
            keys = {column: [(unit, one, column) for unit in area for one in sex] for column in case.columns}
            yield from (dict.fromkeys(found, 1) for found in keys.values())
            for part, whole in case.rates:
                yield dict.fromkeys(keys[whole], 1) | dict.fromkeys(keys[part], -1)
    for outcome in ("in", "placed", "in the scope but in no place", "out of area", "unknown code", "missing code"):
        for footprint in case.footprints:
            for column in case.columns:
                yield dict.fromkeys(reader.of_line(outcome, footprint, column), 1)


CASES = [
    Case(("councils",), ("all",)),
    Case(("councils",), ("old", "young", "all"), group="sex"),
    Case(("councils",), ("seen",), (("seen", "all"),), group="sex"),
    Case(("localities", "councils"), ("all",)),
    Case(("councils",), ("all",), group="sex", thin=True),
    Case(("councils", "mixed"), ("old", "seen"), group="sex"),
    Case(("councils", "mixed"), rates=(("seen", "all"),)),
    Case(("localities", "councils", "mixed"), ("all",)),
    Case(("localities", "councils"), ("old", "young", "all"), group="sex"),
    Case(("councils", "mixed"), ("all",), (("seen", "all"),), "sex"),
]


@pytest.mark.parametrize("few", [4, 12])
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("rule", "to"), [(("--publish", "nhs"), 5), (("--suppress-below", "8"), 0)])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_small_count_follows(cli, tmp_path, membership, seed, few, case, rule, to):
    data = people(np.random.default_rng([seed, few]), few)
    if case.thin:
        columns = ["old", "young", "all", "seen"]
        data.loc[data["unit"].isin(LSOAS[:4]), columns] = 0
    values = values_of(data)
    reader = read(data, membership, case, *publish(cli, tmp_path, data, case, rule), to)
    for keys in targets(reader, case):
        value = sum(sign * values[key] for key, sign in keys.items())
        if 1 <= value <= 7:
            least, most = reader.interval(keys)
            assert most - least >= WIDTH - 1e-6, f"{value} can only be {least} to {most}"
