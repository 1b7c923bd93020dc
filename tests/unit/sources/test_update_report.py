"""The exit code of an update: what may not be found is excused, and the systems that need it are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from placemap.cli.update_summary import print_summary
from placemap.core.errors import Exit, PlacemapError
from placemap.reference.store import Manifest, TableEntry
from placemap.sources.catalogue import load_catalogue
from placemap.sources.download.endpoints import load_endpoints
from placemap.sources.download.targets import all_targets
from placemap.sources.update_report import Result, UpdateReport

TARGETS = {target.source.id: target for target in all_targets(load_catalogue(), [], {}, {})}
#: What the service descriptions know from one author only, or not for sure.
UNCONFIRMED = ("lsoa11-ccg", "mid-year-2019")
#: The two systems of which a district or a place is declared in the CCGs of 2019.
IN_CCGS = ["kent-and-medway", "surrey-heartlands"]


def is_ccg(entry: TableEntry) -> bool:
    return (entry.family, entry.kind, entry.vintage) == ("lookup", "sub_icb", "2019")


def is_mid_2019(entry: TableEntry) -> bool:
    return entry.kind == "residents_mid_2019"


@pytest.fixture
def report(england_store, shipped_systems):
    """A report of an update in which some sources failed, so that tables are not there."""
    manifest = Manifest.from_json(json.loads((england_store / "manifest.json").read_text()))

    def make(failed: tuple[str, ...], lacks: Callable[[TableEntry], bool], *, named: bool = False) -> UpdateReport:
        results = tuple(
            Result(target, "failed" if id in failed else "new", PlacemapError("gone") if id in failed else None)
            for id, target in TARGETS.items()
        )
        tables = {name: entry for name, entry in manifest.tables.items() if not lacks(entry)}
        systems = tuple(shipped_systems.values())
        return UpdateReport(
            results, load_endpoints(), named=named, systems=systems, manifest=replace(manifest, tables=tables)
        )

    return make


@pytest.mark.parametrize(
    ("failed", "lacks"),
    [
        (UNCONFIRMED[:1], is_ccg),
        (UNCONFIRMED[1:], is_mid_2019),
        (UNCONFIRMED, lambda entry: is_ccg(entry) or is_mid_2019(entry)),
    ],
    ids=["ccg", "mid-2019", "both"],
)
def test_what_may_not_be_found_is_excused_and_named(failed, lacks, report, capsys):
    found = report(failed, lacks)
    assert found.exit_code == Exit.OK
    assert [item.system for item in found.unbuildable] == IN_CCGS
    print_summary(found)
    assert f"cannot be built: {', '.join(IN_CCGS)}" in capsys.readouterr().out


def test_it_is_excused_however_many_systems_need_it(report, shipped_systems):
    found = report(UNCONFIRMED[:1], is_ccg)
    needing = tuple(shipped_systems[name] for name in IN_CCGS)
    assert replace(found, systems=needing).exit_code == Exit.OK


def test_a_confirmed_source_is_not_excused(report):
    assert report((*UNCONFIRMED, "lsoa21-ward"), is_ccg).exit_code == Exit.UNREADABLE


def test_a_table_that_is_lost_for_another_reason_is_not_excused(report):
    assert report(UNCONFIRMED[1:], is_ccg).exit_code == Exit.UNREADABLE


def test_a_source_that_is_asked_for_counts(report):
    assert report(UNCONFIRMED[:1], is_ccg, named=True).exit_code == Exit.UNREADABLE
