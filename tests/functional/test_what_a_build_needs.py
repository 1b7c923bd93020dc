"""A store without each table that a build can do without, in turn: what is still built, and what is said."""

import json

import pytest
import toy_county

from placemap.config.load import system_from_text
from placemap.reference.store import OPTIONAL, Manifest, missing_tables
from placemap.sources.tables.requirements import buildable, incomplete, missing

COUNCILS = toy_county.footprint(
    "      ashton: {name: Ashton, ltla: [E06000901]}\n"
    "      borley: {name: Borley, ltla: [E07000902]}\n"
    "      corley: {name: Corley, ltla: [E07000903], within: scope}\n"
)
OLD_COUNCILS = toy_county.footprint(
    "      a: {name: A, ltla: [E07000899, E07000898], ltla_vintage: 2019, within: scope}\n"
)
NAMES = {
    "exact_fit": "exact_fit-2021",
    "mid_2019": "residents_mid_2019",
    "ltla_history": "ltla_history-2024",
    "adjacency": "adjacency-2021",
}
SAID = {
    "exact_fit": "LSOA 2011 to LSOA 2021, exact fit",
    "mid_2019": "mid-2019 population estimates by LSOA",
    "ltla_history": "LTLA codes and names year by year",
    "adjacency": "boundaries of LSOAs 2021",
}


def newer_registrations(tables):
    """The toy county with its registrations by LSOA of 2021, as they are published today."""
    family, kind, vintage, _, frame = tables["registrations-2022-07"]
    of = {old: toy_county.LSOAS[targets[0] - 1] for old, (targets, _) in toy_county.EXACT_FIT.items()}
    frame = frame.rename(columns={"lsoa11_code": "lsoa_code"})
    frame["lsoa_code"] = [of.get(code, code) for code in frame["lsoa_code"]]
    frame = frame.groupby(["practice_code", "lsoa_code"], as_index=False, sort=False)["patients"].sum()
    return {**tables, "registrations-2022-07": (family, kind, vintage, "2021", frame)}


@pytest.fixture
def without(tmp_path):
    """Make a store without some tables."""

    def make(*names):
        gone = {NAMES[name] for name in names}
        kept = {name: table for name, table in newer_registrations(toy_county.tables()).items() if name not in gone}
        folder = tmp_path / f"store-{len(list(tmp_path.glob('store-*')))}"
        return toy_county.write_store(folder, kept)

    return make


@pytest.mark.parametrize("name", NAMES)
def test_councils_are_built_without_it_and_it_is_said_once(name, cli, tmp_path, without):
    (tmp_path / "councils.yaml").write_text(COUNCILS)
    full = cli("build", "councils.yaml", "--data", without(), "--out", "full", "--json")
    less = cli("build", "councils.yaml", "--data", without(name), "--out", "less", "--json")
    assert (full.code, less.code) == (0, 0)
    found = [f for f in json.loads(less.out)["footprints"][0]["findings"] if f["code"] == "left-out-tables"]
    assert [(f["severity"], SAID[name] in f["message"]) for f in found] == [("info", True)]
    assert "left-out-tables" not in full.out
    page = (tmp_path / "less/toyshire/one/README.md").read_text()
    assert page.count("**Incomplete**: the tables in use lack") == 1
    assert SAID[name] in page
    assert "Incomplete" not in (tmp_path / "full/toyshire/one/README.md").read_text()
    for table in ("place_lsoa21", "places", "place_pcn", "place_wd24", "ledger"):
        texts = [(tmp_path / f"{out}/toyshire/one/{table}.csv").read_text() for out in ("full", "less")]
        assert texts[0] == texts[1]
    made = (tmp_path / "less/toyshire/one/place_lsoa11.csv").exists()
    assert made == (name not in ("exact_fit", "mid_2019"))


@pytest.mark.parametrize("names", [*([name] for name in NAMES), list(NAMES)], ids="-".join)
def test_other_commands_do_without_them(names, cli, tmp_path, without):
    (tmp_path / "councils.yaml").write_text(COUNCILS)
    store = without(*names)
    assert cli("build", "councils.yaml", "--data", store).code == 0
    (tmp_path / "data.csv").write_text("LSOA21CD,N\n" + "".join(f"{code},1\n" for code in toy_county.IN_SCOPE))
    for words in (
        ["explain", "E01000001", "--system", "councils.yaml"],
        ["find", "abbey"],
        ["data", "status"],
        ["apply", "data.csv", "--system", "councils.yaml", "--out", "by-place.csv"],
    ):
        ran = cli(*words, "--data", store)
        assert ran.code == 0, (words, ran.err)


@pytest.mark.parametrize("name", ["exact_fit", "mid_2019"])
def test_a_config_that_needs_it_says_so(name, cli, tmp_path, without):
    (tmp_path / "old.yaml").write_text(OLD_COUNCILS)
    assert cli("check", "old.yaml", "--data", without()).code == 0
    ran = cli("check", "old.yaml", "--data", without(name))
    assert ran.code == 4
    assert "error unknown-vintage" in ran.err
    assert "2019, but the reference data have LTLAs of 2024 only" in ran.err


def test_what_can_be_built_goes_by_what_is_used(without):
    """Registrations by LSOA of 2011 need the exact fit; those of 2021 do not, but for a config of old councils."""
    councils, old = (system_from_text(text, "toy.yaml").footprints["one"] for text in (COUNCILS, OLD_COUNCILS))

    def manifest(*names):
        return Manifest.from_json(json.loads((without(*names) / "manifest.json").read_text()))

    def labels(items):
        return {item.label for item in items}

    assert missing(manifest(*NAMES), councils) == []
    assert labels(incomplete(manifest(*NAMES), councils)) == {*SAID.values(), "LSOA to ICB"}
    assert labels(missing(manifest("exact_fit", "adjacency"), old)) == {SAID["exact_fit"]}
    assert labels(missing(manifest("mid_2019", "ltla_history"), old)) == {SAID["mid_2019"]}


def test_registrations_of_2011_need_the_exact_fit(tmp_path):
    tables = {name: table for name, table in toy_county.tables().items() if name != "exact_fit-2021"}
    store = toy_county.write_store(tmp_path / "store", tables)
    manifest = Manifest.from_json(json.loads((store / "manifest.json").read_text()))
    assert missing_tables(manifest) == (SAID["exact_fit"],)
    (item,) = buildable(manifest, [system_from_text(COUNCILS, "toy.yaml")])
    assert [lack.label for lack in item.lacks] == [SAID["exact_fit"]]


def test_each_table_that_may_be_missing_is_tried_here():
    assert {label for _, _, label, loss in OPTIONAL if loss} == set(SAID.values())
