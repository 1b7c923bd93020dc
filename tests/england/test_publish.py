"""`publish`: the folder of all England, held against its own tables, readers of others, and the configs."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser

import duckdb
import geopandas
import numpy as np
import pytest
import yaml

from conftest import PLACES, REPO

MEGABYTE = 1_000_000
LSOAS, RESIDENTS_2021 = 33_755, 56_490_108
EVIDENCE = {"rel": "noreferrer"}


@pytest.fixture(scope="module")
def folder(published):
    return published.folder


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_another_process_gives_the_same_bytes_over_an_older_folder(published, folder, england_store, tmp_path):
    words = [sys.executable, "-m", "placemap", "publish", "--out", "site", "--data", str(england_store), "--json"]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    older = tmp_path / "site"
    older.mkdir()
    (older / "metadata.json").write_text('{"schema:hasPart": ["metadata.json", "old.html"]}')
    (older / "old.html").write_text("old")
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert hashes(older) == hashes(folder)
    said = json.loads(done.stdout)
    assert said == {"folder": "site", "files": published.files, "bytes": published.size, "left_out": []}


def test_the_folder_is_whole_and_says_what_is_in_it(published, folder):
    found = hashes(folder)
    assert published.files == len(found)
    assert published.size == sum((folder / name).stat().st_size for name in found) < 60 * MEGABYTE
    listed = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert listed == {name: digest for name, digest in found.items() if name != "SHA256SUMS"}
    metadata = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    assert metadata["schema:hasPart"] == sorted(found)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    named = {name for name in found if name.count("/") < 2 and not name.startswith(("places/", "dbt/", "README"))}
    stems = {name.removesuffix(".parquet") for name in named if name.startswith("tables/")}
    assert [name for name in named if not name.startswith("tables/") and name.split("/")[-1] not in readme] == []
    assert [stem for stem in stems if f"{stem.split('/')[-1].removesuffix('.csv')}.csv" not in readme] == []


def test_no_page_asks_for_anything_outside_and_every_link_leads_somewhere(folder):
    pages = sorted(folder.rglob("*.html"))
    now = {row["PLACECD"] for row in rows(folder / "tables/places.csv")}
    assert {path.relative_to(folder).as_posix() for path in pages} >= {f"places/{code}.html" for code in now}
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert "default-src 'none'" in text
        for tag, attributes in Links(text).tags:
            assert "src" not in attributes
            assert tag != "link"
            target = attributes.get("href", "#")
            if re.match(r"[a-z]+:", target):
                assert tag == "a", path
                assert attributes["rel"] == "noreferrer", path
            elif not target.startswith("#"):
                assert (path.parent / target.split("#")[0]).is_file(), (path, target)


def test_each_place_has_a_page_and_its_lsoas(folder):
    whole = rows(folder / "tables/place_lsoa21.csv")
    places = rows(folder / "tables/places.csv")
    assert len(places) == PLACES
    together = []
    for place in places:
        mine = rows(folder / f"places/{place['PLACECD']}.csv")
        assert len(mine) == int(place["LSOAS"])
        assert {row["PLACECD"] for row in mine} == {place["PLACECD"]}
        together += mine
    assert together == whole
    assert len({row["LSOA21CD"] for row in whole}) == LSOAS
    assert sum(float(row["RESIDENTS"]) for row in whole) == RESIDENTS_2021
    page = (folder / "places/bnssg/localities/woodspring.html").read_text(encoding="utf-8")
    for text in ("Woodspring", "120,343", "grade B", "U78490", "GORDANO VALLEY PCN", "FOI.ICB-2223/093"):
        assert text in page


def test_neighbours_are_mutual_and_share_a_border(folder):
    outlines = geopandas.read_file(folder / "outlines/place_boundaries.gpkg").set_index("PLACECD")
    beside = {}
    for code in outlines.index:
        text = (folder / f"places/{code}.html").read_text(encoding="utf-8")
        said = re.search(r"<p>It borders on (.*?)</p>", text)
        found = re.findall(r'href="\.\./\.\./\.\./places/([^"]+)\.html"', said[1]) if said else []
        beside[code] = set(found)
    assert all(one in beside[other] for one, others in beside.items() for other in others)
    touching = outlines.sindex.query(outlines.geometry, predicate="intersects")
    near = {(outlines.index[a], outlines.index[b]) for a, b in touching.T if a != b}
    said = {(one, other) for one, others in beside.items() for other in others}
    # Places that meet in one point, or over a river in a tunnel, are neighbours by one of the two only.
    assert len(said & near) > 0.97 * len(said)


def test_places_that_ended_keep_their_address(folder):
    history = rows(folder / "tables/place_history.csv")
    now = {row["PLACECD"] for row in rows(folder / "tables/places.csv")}
    ended = {row["PLACECD"] for row in history} - now
    assert {"birmingham-and-solihull/councils/birmingham"} <= ended or len(ended) >= 2
    for code in ended:
        text = (folder / f"places/{code}.html").read_text(encoding="utf-8")
        followed = {row["SUCCESSORCD"] for row in history if row["PLACECD"] == code} - {""}
        assert set(re.findall(r"places/([^\"]+)\.html\">", text)) == followed & now


# --- practices ---


def test_each_practice_open_today_is_listed_once(folder, england_store):
    found = rows(folder / "tables/practices.csv")
    store = england_store / "tables"
    newest = max(store.glob("practices-*.parquet"))
    open_today = duckdb.sql(f"select practice_code, practice_name from '{newest}' order by 1").fetchall()
    assert [(row["PRACTICECD"], row["PRACTICENM"]) for row in found] == open_today
    members = max(store.glob("pcn_members-*.parquet"))
    pcns = dict(duckdb.sql(f"select practice_code, pcn_code from '{members}' where \"end\" = ''").fetchall())
    assert {row["PRACTICECD"]: row["PCNCD"] for row in found if row["PCNCD"]} == {
        code: pcn for code, pcn in pcns.items() if code in dict(open_today)
    }
    assert sum(row["PLACECD"] != "" for row in found) > 0.999 * len(found)


def test_practices_of_a_system_of_2022_go_with_their_pcn_of_today(folder, shipped_systems):
    """Norfolk and Waveney lists PCNs of August 2022; read from the config alone."""
    system = shipped_systems["norfolk-and-waveney"]
    footprint = system.footprints[system.default_footprint]
    place_of = {
        member.code: f"{system.id}/{footprint.id}/{place.id}"
        for place in footprint.places
        for member in place.members
        if member.kind == "pcn"
    }
    practices = rows(folder / "tables/practices.csv")
    mine = [row for row in practices if row["PCNCD"] in place_of]
    assert len(mine) > 50
    assert {row["PRACTICECD"]: row["PLACECD"] for row in mine} == {
        row["PRACTICECD"]: place_of[row["PCNCD"]] for row in mine
    }
    assert {row["BASIS"] for row in mine} == {"pcn"}


def test_practices_that_a_config_names_go_where_it_says(folder, england_store, shipped_systems):
    """All systems that list practices or PCNs, by dicts: the practice, else its PCN of today, else that of August 2022."""
    store = england_store / "tables"
    then = dict(
        duckdb.sql(
            f"select practice_code, pcn_code from '{store}/pcn_members-2022-08.parquet' where \"end\" = ''"
        ).fetchall()
    )
    listed, by_pcn = {}, {}
    for system in shipped_systems.values():
        footprint = system.footprints[system.default_footprint]
        for place, member in footprint.members():
            if member.kind in ("practice", "pcn"):
                into = listed if member.kind == "practice" else by_pcn
                into[member.code] = f"{system.id}/{footprint.id}/{place.id}"
    assert len(by_pcn) > 40
    expected = {}
    for row in rows(folder / "tables/practices.csv"):
        code, now, before = row["PRACTICECD"], row["PCNCD"], then.get(row["PRACTICECD"], "")
        found = [("listed", listed.get(code)), ("pcn", by_pcn.get(now)), ("former pcn", by_pcn.get(before))]
        expected[code] = next(((basis, place) for basis, place in found if place), None)
        if row["BASIS"] in ("listed", "pcn", "former pcn") or expected[code]:
            assert (row["BASIS"], row["PLACECD"]) == expected[code], code
    assert len({basis for basis, _ in filter(None, expected.values())}) == 3


def test_other_practices_go_where_most_of_their_patients_live(folder, england_store):
    """Counted again in SQL, over LSOAs of 2011 that are not divided between places."""
    registrations = max((england_store / "tables").glob("registrations-*.parquet"))
    whole = f"""(select LSOA11CD as lsoa11_code, any_value(PLACECD) as place
        from read_csv('{folder}/tables/place_lsoa11.csv', all_varchar = true)
        group by 1 having count(*) = 1)"""
    counted = duckdb.sql(f"""select practice_code, arg_max(place, people), max(people) / sum(people)
        from (select practice_code, place, sum(patients) as people
              from '{registrations}' join {whole} using (lsoa11_code) group by 1, 2)
        group by 1""").fetchall()
    homes = {code: (place, share) for code, place, share in counted}
    found = [row for row in rows(folder / "tables/practices.csv") if row["BASIS"] == "patients"]
    assert len(found) > 5_000
    clear = [row for row in found if homes[row["PRACTICECD"]][1] > 0.55]
    assert len(clear) > 0.9 * len(found)
    assert [row["PRACTICECD"] for row in clear if row["PLACECD"] != homes[row["PRACTICECD"]][0]] == []


# --- outlines ---


def test_outlines_are_the_same_in_all_forms(folder):
    gpkg = geopandas.read_file(folder / "outlines/place_boundaries.gpkg")
    parquet = geopandas.read_parquet(folder / "outlines/place_boundaries.parquet")
    assert parquet.crs.to_epsg() == gpkg.crs.to_epsg() == 27700
    assert parquet["PLACECD"].tolist() == gpkg["PLACECD"].tolist()
    assert parquet.geometry.geom_equals(gpkg.geometry).all()
    names = [row["PLACECD"] for row in rows(folder / "tables/places.csv")]
    assert gpkg["PLACECD"].tolist() == names


def test_topojson_as_gdal_reads_it(folder):
    path = folder / "outlines/place_boundaries.topojson"
    read = geopandas.read_file(path).set_crs(4326, allow_override=True)
    other = geopandas.read_file(folder / "outlines/place_boundaries.geojson")
    assert read.geometry.is_valid.all()
    assert read["PLACECD"].tolist() == other["PLACECD"].tolist()
    area = read.to_crs(27700).area.to_numpy() / 1e6
    assert np.abs(area / other["AREA_KM2"].to_numpy() - 1).max() < 0.001
    assert path.stat().st_size < 0.5 * (folder / "outlines/place_boundaries.geojson").stat().st_size
    # Each border between two places is one arc that both go along, one of them backwards.
    topology = json.loads(path.read_text(encoding="utf-8"))
    geometries = topology["objects"]["places"]["geometries"]
    used = [arc for item in geometries for polygon in item["arcs"] for ring in polygon for arc in ring]
    times = Counter(arc if arc >= 0 else ~arc for arc in used)
    assert sorted(times) == list(range(len(topology["arcs"])))
    assert set(times.values()) == {1, 2}
    assert all(({arc, ~arc} <= set(used)) == (count == 2) for arc, count in times.items())


# --- for machines ---


def test_descriptors_are_valid(folder):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the validator's dependencies are not ours to mend
        import frictionless

        descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        small = ("places", "practices", "place_history", "place_sicbl24", "findings")
        kept = [item for item in descriptor["resources"] if item["name"] in small]
        assert len(kept) == len(small)
        assert all((folder / item["path"]).stat().st_size == item["bytes"] for item in descriptor["resources"])
        package = frictionless.Package({**descriptor, "resources": kept}, basepath=str(folder))
        assert package.validate().valid
    metadata = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    assert all((folder / item["url"]).is_file() for item in metadata["tables"])
    for item in metadata["tables"]:
        with (folder / item["url"]).open(encoding="utf-8", newline="") as file:
            assert next(csv.reader(file)) == [column["name"] for column in item["tableSchema"]["columns"]]


def test_parquet_holds_what_the_csv_holds(folder):
    for path in sorted((folder / "tables").glob("*.csv")):
        text = f"select * from read_csv('{path}', all_varchar = true)"
        binary = f"select * from '{path.with_suffix('.parquet')}'"
        names = duckdb.sql(text).columns
        assert duckdb.sql(binary).columns == names
        lengths = [duckdb.sql(f"select count(*) from ({query})").fetchall() for query in (text, binary)]
        assert lengths[0] == lengths[1] != [(0,)]
        codes = [name for name in names if name.endswith("CD")] or ["ICSID"]
        chosen = ", ".join(f'"{name}"' for name in codes)
        left = duckdb.sql(f"select {chosen} from ({text}) except all select {chosen} from ({binary})").fetchall()
        assert left == [], path.name


def test_the_citation_has_what_the_format_asks_for(folder):
    found = yaml.safe_load((folder / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= found.keys()
    assert found["type"] == "dataset"
    assert all(set(author) <= {"name"} for author in found["authors"])
    for reference in found["references"]:
        assert {"type", "title", "authors"} <= reference.keys()
    licence = (folder / "LICENCE.md").read_text(encoding="utf-8")
    for line in (REPO / "data/LICENCE.md").read_text(encoding="utf-8").splitlines():
        if line.startswith(("- Source", "- Contains information")):
            assert line in licence


def test_what_dbt_would_test_holds(folder):
    """The tests of schema.yml, each as the query that dbt makes of it."""
    seeds = folder / "dbt/seeds"
    described = yaml.safe_load((seeds / "schema.yml").read_text(encoding="utf-8"))["seeds"]
    assert {f"{seed['name']}.csv" for seed in described} == {path.name for path in seeds.glob("*.csv")}
    done = Counter()
    for seed in described:
        # Blank cells of a seed are nulls.
        table = f"read_csv('{seeds / seed['name']}.csv', all_varchar = true, nullstr = '')"
        assert duckdb.sql(f"select * from {table}").columns == [column["name"] for column in seed["columns"]]
        assert set(seed["config"]["column_types"]) <= {column["name"] for column in seed["columns"]}
        for column in seed["columns"]:
            for test in column.get("data_tests", []):
                kind, given = (
                    (test, {}) if isinstance(test, str) else next((kind, test[kind]["arguments"]) for kind in test)
                )
                done[kind] += 1
                assert failures(kind, given, table, f'"{column["name"]}"', seeds) == [], (seed["name"], column["name"])
    assert set(done) == {"unique", "not_null", "relationships", "accepted_values"}


def failures(kind, given, table, column, seeds):
    if kind == "unique":
        query = f"select {column} from {table} where {column} is not null group by 1 having count(*) > 1"
    elif kind == "not_null":
        query = f"select 1 from {table} where {column} is null"
    elif kind == "accepted_values":
        values = ", ".join(f"'{value}'" for value in given["values"])
        query = f"select {column} from {table} where {column} not in ({values})"
    else:
        parent = seeds / f"{given['to'].removeprefix('ref(').strip(')').strip(chr(39))}.csv"
        query = f"select {column} from {table} where {column} is not null and {column} not in (select {given['field']} from read_csv('{parent}', all_varchar = true))"
    return duckdb.sql(query).fetchall()


# --- refusals ---


def test_a_folder_of_others_is_refused_and_stays(published, run, england_store, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "CNAME").write_text("mine")
    result = run("publish", "--out", str(folder), store=england_store)
    assert result.code == 3
    assert "did not write (CNAME)" in result.err
    assert [path.name for path in folder.iterdir()] == ["CNAME"]
    assert not list(tmp_path.glob(".site*"))


@pytest.mark.parametrize("out", [".", ".."])
def test_the_folder_that_one_is_in_is_refused(run, england_store, out):
    result = run("publish", "--out", out, store=england_store)
    assert result.code == 2
    assert "you are in it" in result.err


def test_an_extract_is_refused(run, packaged, tmp_path):
    result = run("publish", store=packaged)
    assert result.code == 3
    assert not (tmp_path / "published").exists()
    assert "placemap publish --download" in result.err or "data update" in result.err


def test_the_changelog_names_what_came_and_went():
    """Three releases, made up: a place that stays, one that comes, one that ends."""
    from placemap.core.columns import Columns
    from placemap.core.tables import Table, TableSchema
    from placemap.outputs.publish.texts import changelog

    text = """PLACECD,PLACENM,FIRST_RELEASE,LAST_RELEASE,SUCCESSORNM
a/f/old,Old_Town,0.2.0,0.9.0,New
a/f/new,New,0.10.0,0.10.0,
a/f/stays,Stays,0.2.0,0.10.0,
"""
    head, *cells = csv.reader(io.StringIO(text))
    columns = {name: np.array(of, dtype=object) for name, *of in zip(head, *cells, strict=True)}
    history = Table("place_history", TableSchema("", (), ()), Columns(columns))
    made = changelog(history, {"a/f/new", "a/f/stays"}, "0.10.0")
    head, newest, between, first = re.split(r"\n*^## ", made, flags=re.MULTILINE)
    assert head.startswith("# Changes")
    appeared, ended = "- appeared: New (`a/f/new`)", r"- ended: Old\_Town (`a/f/old`); its area is now in New"
    assert newest.splitlines() == ["0.10.0", "", appeared, ended]
    assert between.splitlines() == ["0.9.0", "", "No place appeared or ended."]
    assert first.startswith("0.2.0\n\n2 places")
