"""One `data update` from an empty cache gives all England: the reference's own tables, and every system builds."""

from __future__ import annotations

import json
import shutil
from datetime import date

import pytest
from publishers import error_body, serving

from placemap.config.find_config import england_configs
from placemap.config.load import load_system
from placemap.reference.open_store import open_store
from placemap.reference.store import Manifest, canonical_hash
from placemap.sources.download.client import Client
from placemap.sources.download.endpoints import Endpoints
from placemap.sources.update import Updater

#: What the reference has and no service gives: list sizes of the Quality and Outcomes Framework, and two tables that
#: are worked out of others.
NO_SERVICE = {"list_size_2020_21", "ltla-2018", "ltla_history-2024"}
#: Memberships of a month that a config pins, worked out from dates; ICBs of 2026 of all LSOAs, not of most.
OTHERWISE = {"pcn_members-2022-08", "pcns-2022-08", "icb-2026"}


@pytest.fixture(scope="session")
def systems():
    return tuple(load_system(path) for path in england_configs().values())


@pytest.fixture(scope="session")
def world(official_files):
    with serving(official_files) as publishers:
        yield publishers


def updater(world, store, systems=()) -> Updater:
    client = Client(timeout=(5.0, 60.0), backoff=0.01)
    return Updater(store, client, endpoints=Endpoints(**world.endpoints), systems=systems, today=date(2026, 11, 25))


@pytest.fixture(scope="session")
def updated(world, systems, tmp_path_factory):
    """The store, and the report of the update that made it."""
    store = tmp_path_factory.mktemp("updated") / "store"
    return store, updater(world, store, systems).run()


def test_all_comes_and_all_can_be_built(updated, systems):
    _, report = updated
    assert [str(result.error) for result in report.failed] == []
    assert report.problems == ()
    assert len(report.buildable) == len(systems) == 42
    assert report.unbuildable == ()
    assert report.exit_code == 0


def test_the_tables_are_those_that_the_files_give(updated, england):
    store, _ = updated
    made = open_store(store).manifest.tables
    expected = {name: canonical_hash(table.frame, table.schema) for name, table in england.items()}
    same = set(expected) - NO_SERVICE - OTHERWISE
    assert {name: made[name].content_sha256 for name in same} == {name: expected[name] for name in same}
    assert set(made) - set(expected) == {
        *(f"{kind}-2026" for kind in ("ltla", "sub_icb", "utla", "ltla_boundaries", "ltla_history")),
        *(f"{kind}-2026-07" for kind in ("practices", "registrations")),
        "output_areas-2021",
        "utla-2025",
        "ward-2018",
        "ward-2025",
    }


def test_memberships_of_a_pinned_month_agree_with_the_workbook_of_that_month(updated, england):
    """6,371 of 6,424 practices that are in both are in the same network, of 6,474 in the workbook."""
    store, _ = updated
    entry = open_store(store).manifest.tables["pcn_members-2022-08"]
    assert entry.derived == "pcn_members-2024-10, by the dates in it"
    derived = current(open_store(store).table(entry).frame())
    published = current(england["pcn_members-2022-08"].frame)
    both = derived.index.intersection(published.index)
    assert (len(published), len(both), int((derived[both] == published[both]).sum())) == (6474, 6424, 6371)


def current(members):
    """PCN by practice, of the memberships that have no end."""
    lives = members[members["end"] == ""]
    return lives.drop_duplicates("practice_code", keep="last").set_index("practice_code")["pcn_code"]


def test_the_history_of_ltlas_is_that_of_the_publisher(updated, england):
    """As far as both go: codes, successors, and the year of every change from 2018 to 2024."""
    store, _ = updated
    reference = open_store(store)
    derived = reference.table(reference.manifest.tables["ltla_history-2026"]).frame()
    published = england["ltla_history-2024"].frame
    ended = published[published["successor_code"] != ""]
    found = derived[derived["last_year"] < 2024]
    columns = ["ltla_code", "ltla_name", "last_year", "successor_code", "successor_name"]
    assert rows(found[columns]) == rows(ended[columns])
    later = published[published["first_year"] > 2016][["ltla_code", "first_year"]]
    began = derived[(derived["first_year"] > 2018) & (derived["first_year"] < 2025)][["ltla_code", "first_year"]]
    assert rows(began) == rows(later)


def rows(frame) -> set[tuple]:
    return set(frame.astype(object).itertuples(index=False, name=None))


def test_a_second_update_transfers_only_what_says_whether_it_changed(updated, world, systems):
    store, _ = updated
    world.requests.clear()
    world.statuses.clear()
    report = updater(world, store, systems).run()
    assert [result.id for result in report.results if result.outcome != "unchanged"] == []
    assert report.changed == ()
    assert not [path for path in world.requests if "resultOffset" in path or "RecordOffset" in path]
    assert world.statuses.count(304) == 6  # two reports, three files of month pages, one item
    assert len(world.requests) < 70


def test_without_a_source_that_may_not_be_found_the_systems_are_named(updated, world, systems, tmp_path):
    """The lookup of 2019 is known from one author only: its end is no failure, and says who lacks it."""
    store = copied(updated, tmp_path)
    for name in ("sub_icb-2019", "ltla-2019"):
        forget(store, name)
    (store.with_name("store-raw") / "lsoa11-ccg-2019.csv").unlink()
    (store.with_name("store-raw") / "lsoa11-ccg-2019.json").unlink()
    world.fault("LSOA11_CCG19", error_body(400, "Invalid URL"), times=9)
    report = updater(world, store, systems).run()
    world.faults.clear()
    assert [result.id for result in report.failed] == ["lsoa11-ccg-2019"]
    assert [item.system for item in report.unbuildable] == ["kent-and-medway", "surrey-heartlands"]
    assert report.exit_code == 0


def copied(updated, to):
    store, _ = updated
    for folder in (store, store.with_name("store-raw")):
        shutil.copytree(folder, to / folder.name)
    return to / "store"


def forget(store, name):
    path = store / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["tables"][name]
    path.write_text(json.dumps(manifest))
    assert name not in Manifest.from_json(manifest).tables
    (store / "tables" / f"{name}.parquet").unlink()


def test_each_default_footprint_builds(updated, systems):
    from placemap.commands.workspace import open_workspace

    store, _ = updated
    workspace = open_workspace(store)
    errors = {}
    for system in systems:
        outcome = workspace.build(system, system.footprints[system.default_footprint])
        wrong = [f"{f.code}: {f.message}" for f in outcome.findings if f.severity.name == "ERROR"]
        if wrong:
            errors[system.id] = wrong
    assert errors == {}
