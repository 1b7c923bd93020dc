"""The tables that a warehouse needs as seeds of a dbt package, with tests of their keys, codes and references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from placemap.config.grades import GRADES
from placemap.core.columns import Columns
from placemap.core.tables import DECIMALS, Column, Table, TableSchema
from placemap.crosswalk.practices_today import BASES
from placemap.outputs.tables import csv_text
from placemap.resolve.resolve import METHODS

PACKAGE = "placemap_places"
#: The seed that others refer to.
_PLACES = "placemap_places"


@dataclass(frozen=True)
class _Seed:
    """A seed: the table that it is taken from, its columns, and the values that a column is held to.

    Attributes:
        blank: columns that may be blank.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    accepted: dict[str, tuple[str, ...]]
    blank: tuple[str, ...] = ()


_METHODS = tuple(filter(None, METHODS))
_SEEDS = (
    _Seed(
        _PLACES,
        "places",
        ("PLACECD", "PLACEID", "PLACENM", "ICSID", "FOOTPRINT", "STATUS", "GRADE", "LSOAS", "RESIDENTS", "REGISTERED"),
        {"GRADE": tuple(GRADES), "STATUS": ("current", "proposed", "superseded")},
    ),
    _Seed("placemap_place_lsoa21", "place_lsoa21", ("LSOA21CD", "PLACECD", "METHOD"), {"METHOD": _METHODS}),
    _Seed(
        "placemap_practices",
        "practices",
        ("PRACTICECD", "PRACTICENM", "PCNCD", "PLACECD", "BASIS"),
        {"BASIS": BASES},
        ("PRACTICENM", "PCNCD", "PLACECD", "BASIS"),
    ),
)
_PROJECT = f"""\
# A package of seeds: name its folder under `packages:` of your project's packages.yml as `- local: path/to/dbt`,
# then `dbt deps` and `dbt build --select package:{PACKAGE}`.
name: {PACKAGE}
version: {{version}}
config-version: 2
require-dbt-version: ">=1.10.6"
seed-paths: [seeds]
"""


def dbt_files(tables: Mapping[str, Table], version: str) -> Iterator[tuple[str, str]]:
    """Path and text of the package's files.

    Args:
        tables: by name.
    """
    yield "dbt_project.yml", _PROJECT.format(version=version)
    seeds = [(seed, _cut(seed, tables[seed.table])) for seed in _SEEDS]
    for seed, table in seeds:
        yield f"seeds/{seed.name}.csv", csv_text(table)
    described = {"version": 2, "seeds": [_described(seed, table) for seed, table in seeds]}
    yield "seeds/schema.yml", yaml.safe_dump(described, sort_keys=False, allow_unicode=True, width=120)


def _cut(seed: _Seed, table: Table) -> Table:
    """A table with the seed's columns."""
    columns = {column.name: column for column in table.schema.columns}
    schema = TableSchema(table.schema.title, tuple(columns[name] for name in seed.columns), table.schema.key)
    return Table(seed.name, schema, Columns({name: table.columns.held(name) for name in seed.columns}))


def _described(seed: _Seed, table: Table) -> dict[str, Any]:
    texts = [column.name for column in table.schema.columns if column.type != "int" and column.type not in DECIMALS]
    return {
        "name": seed.name,
        "description": table.schema.title,
        # Codes stay text: an adapter that guesses may take some for figures.
        "config": {"column_types": dict.fromkeys(texts, "varchar(255)")},
        "columns": [_column(seed, column, table.schema.key) for column in table.schema.columns],
    }


def _column(seed: _Seed, column: Column, key: tuple[str, ...]) -> dict[str, Any]:
    tests: list[Any] = [] if column.name in seed.blank else ["not_null"]
    if key == (column.name,) or (seed.name == _PLACES and column.name == "PLACEID"):
        tests.insert(0, "unique")
    if column.name == "PLACECD" and seed.name != _PLACES:
        tests.append(_test("relationships", to=f"ref('{_PLACES}')", field="PLACECD"))
    if column.name in seed.accepted:
        tests.append(_test("accepted_values", values=list(seed.accepted[column.name])))
    described: dict[str, Any] = {"name": column.name, "description": column.description}
    return {**described, "data_tests": tests} if tests else described


def _test(kind: str, **arguments: Any) -> dict[str, Any]:
    return {kind: {"arguments": arguments}}
