"""The import over the publishers' own files, and the packaged tables that it makes from them."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import shapely

from placemap.core.errors import PlacemapError
from placemap.reference.schemas import REST_ENGLAND, REST_PRACTICES, REST_WALES
from placemap.reference.store import Manifest, canonical_hash
from placemap.sources.catalogue import load_catalogue
from placemap.sources.import_files import import_files, read_files
from placemap.sources.tables.derive import derived
from placemap.sources.tables.extract import extract
from placemap.sources.tables.needs import NeededUnit, needs_of
from placemap.sources.tables.write_store import write_store

PATIENTS = 61_768_942


def units(table) -> int:
    return table.frame[f"{table.kind}_code"].nunique()


def test_every_official_file_is_recognised(read):
    _, files = read
    skipped = {report.file: report.format for report in files if report.skipped}
    assert skipped == {"README.md": ""}


@pytest.mark.parametrize(
    ("name", "rows", "found"),
    [
        ("sub_icb-2024", 33_755, 106),
        ("icb-2024", 33_755, 42),
        ("ltla-2024", 33_755, 296),
        ("utla-2023", 33_755, 153),
        ("msoa-2021", 33_755, 6_856),
        ("ward-2024", 33_755, None),
        ("sub_icb-2022", 32_844, 106),
        ("icb-2022", 32_844, 42),
        ("icb-2026", 31_675, 36),
        ("ltla-2022", 32_844, 309),
        ("sub_icb-2019", 32_844, 191),
        ("ltla-2019", 32_844, 317),
        ("ltla-2018", 32_844, 326),
    ],
)
def test_lookups_of_all_england(england, name, rows, found):
    table = england[name]
    assert len(table.frame) == rows
    assert found in (None, units(table))


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("residents_2021", 56_490_108),
        ("residents_mid_2022", 57_112_129),
        ("residents_mid_2020", 56_550_138),
        ("residents_mid_2019", 56_286_961),
        ("list_size_2020_21", 60_716_244),
    ],
)
def test_figures_have_their_totals(england, name, total):
    assert england[name].total == england[name].frame["people"].sum() == total


def test_registrations_of_all_england(england):
    table = england["registrations-2022-07"]
    assert (len(table.frame), table.frame["patients"].sum(), table.base) == (865_965, PATIENTS, "2011")
    assert len(england["practices-2022-07"].frame) == 6_484


@pytest.mark.parametrize(("month", "pcns", "members"), [("2022-08", 1_318, 7_359), ("2024-10", 1_366, 7_705)])
def test_pcns_by_month(england, month, pcns, members):
    assert len(england[f"pcns-{month}"].frame) == pcns
    assert len(england[f"pcn_members-{month}"].frame) == members
    assert set(england[f"pcn_members-{month}"].frame["pcn_code"]) <= set(england[f"pcns-{month}"].frame["pcn_code"])


def test_the_workbook_and_the_reports_of_a_month_are_the_same_table(read):
    made, _ = read
    both = [item for item in made if item.table.name == "pcn_members-2024-10"]
    assert {Path(item.file).suffix for item in both} == {".xlsx", ".csv"}
    assert len({canonical_hash(item.table.frame, item.table.schema) for item in both}) == 1


def test_the_ltla_of_a_ward_is_not_taken(england):
    """E01027305 is in West Northamptonshire; its best-fit ward is in Cherwell."""
    ltla = england["ltla-2024"].frame.set_index("lsoa_code")["ltla_name"]
    assert ltla["E01027305"] == "West Northamptonshire"


def test_the_isles_of_scilly_alone_have_no_neighbour(england):
    pairs = england["adjacency-2021"].frame
    lonely = set(england["lsoa_names-2021"].frame["lsoa_code"]) - set(pairs["lsoa_code_a"]) - set(pairs["lsoa_code_b"])
    assert lonely == {"E01019077"}
    assert (pairs["lsoa_code_a"] < pairs["lsoa_code_b"]).all()


@pytest.mark.parametrize("name", ["lsoa_boundaries-2021", "ltla_boundaries-2024"])
def test_outlines_are_valid_after_rounding(england, name):
    outlines = shapely.from_wkb(england[name].frame["geometry"].to_numpy())
    assert shapely.is_valid(outlines).all()
    assert (shapely.area(outlines) > 0).all()


def test_codes_that_died_name_their_successors(england):
    history = england["ltla_history-2024"].frame
    waveney = history[history["ltla_code"] == "E07000206"].iloc[0]
    assert waveney[["last_year", "successor_code", "successor_name"]].tolist() == [2018, "E07000244", "East Suffolk"]
    assert (history["successor_code"] == "").sum() == 296


def test_all_sources_but_the_generic_ones_are_used(england):
    named = {table.source.id for table in england.values()}
    unused = {"residents", "list-size", "lsoa21-ltla", "output-areas", "lsoa21-utla", "lsoa11-ward", "postcodes"}
    assert set(load_catalogue()) - named == unused


# The extract


def test_the_extract_keeps_every_patient(extracted):
    frame = extracted["registrations-2022-07"].frame
    assert frame["patients"].sum() == PATIENTS
    rest = frame[frame["practice_code"] == REST_PRACTICES]
    assert sorted(rest["lsoa11_code"]) == [REST_ENGLAND, "NO2011", REST_WALES]


def test_the_extract_is_england_on_kept_rows(england, extracted):
    for name, table in extracted.items():
        frame, whole = table.frame, england[name].frame
        if table.family == "registrations":
            plain = (frame["practice_code"] != REST_PRACTICES) & ~frame["lsoa11_code"].isin([REST_ENGLAND, REST_WALES])
            frame = frame[plain]
        both = frame.merge(whole, on=list(frame.columns), how="left", validate="1:1", indicator=True)
        assert (both["_merge"] == "both").all(), name


def test_every_patient_of_a_kept_lsoa_is_there(england, extracted):
    """Shares of an LSOA need all its patients, of whatever practice."""
    kept = set(extracted["residents_mid_2019"].frame["lsoa11_code"])
    sums = [
        table.frame[table.frame["lsoa11_code"].isin(kept)].groupby("lsoa11_code")["patients"].sum()
        for table in (england["registrations-2022-07"], extracted["registrations-2022-07"])
    ]
    pd.testing.assert_series_equal(*sums)


def test_every_patient_of_a_kept_practice_is_there(england, extracted):
    kept = set(extracted["practices-2022-07"].frame["practice_code"])
    sums = [
        table.frame[table.frame["practice_code"].isin(kept)].groupby("practice_code")["patients"].sum()
        for table in (england["registrations-2022-07"], extracted["registrations-2022-07"])
    ]
    pd.testing.assert_series_equal(*sums)


def test_a_pcn_of_a_kept_practice_has_all_its_members(england, extracted):
    """So that the patients of a PCN can be summed."""
    members = england["pcn_members-2022-08"].frame.query("end == ''")
    practices = set(extracted["practices-2022-07"].frame["practice_code"])
    living_inside = set(
        extracted["registrations-2022-07"].frame.query("lsoa11_code.str.startswith('E01')")["practice_code"]
    )
    pcns = set(members.loc[members["practice_code"].isin(living_inside), "pcn_code"])
    registered = set(england["practices-2022-07"].frame["practice_code"])
    assert set(members.loc[members["pcn_code"].isin(pcns), "practice_code"]) & registered <= practices


@pytest.mark.parametrize(
    ("name", "code", "lsoas"),
    [
        ("sub_icb-2024", "15C", 581),
        ("sub_icb-2024", "26A", 624),
        ("ltla-2024", "E07000244", 145),
        ("utla-2023", "E10000029", None),
        ("ltla-2024", "E06000065", None),
        ("ltla-2024", "E06000063", None),
        ("ltla-2018", "E07000206", None),
    ],
)
def test_units_that_reach_outside_are_whole(england, extracted, name, code, lsoas):
    def size(table):
        columns = [column for column in table.frame.columns if column.endswith(("_code", "_ods"))][1:]
        return table.frame[columns].eq(code).any(axis="columns").sum()

    assert size(extracted[name]) == size(england[name]) > 0
    assert lsoas in (None, size(extracted[name]))


def test_a_split_lsoa_keeps_all_its_parts(england, extracted):
    fit = england["exact_fit-2021"].frame
    kept = set(extracted["lsoa_names-2021"].frame["lsoa_code"])
    kept11 = set(fit.loc[fit["lsoa_code"].isin(kept), "lsoa11_code"])
    assert set(fit.loc[fit["lsoa11_code"].isin(kept11), "lsoa_code"]) == kept


def test_what_the_configs_name_is_there(extracted, offline_systems):
    needs = needs_of(offline_systems)
    members = extracted["pcn_members-2022-08"].frame
    assert needs.pcns <= set(extracted["pcns-2022-08"].frame["pcn_code"])
    assert needs.pcns <= set(members["pcn_code"])
    assert needs.practices <= set(extracted["practices-2022-07"].frame["practice_code"])
    assert {"residents_2021", "residents_mid_2019", "list_size_2020_21"} <= needs.measures <= set(extracted)
    assert "pcns-2024-10" not in extracted


def test_a_vintage_that_a_config_names_is_kept(england, offline_systems):
    needs = needs_of(offline_systems)
    named = replace(
        needs,
        areas=needs.areas | {NeededUnit("ltla", "E07000206", "2018")},
        vintages=needs.vintages | {("pcn", "2024-10")},
        measures=needs.measures | {"residents_mid_2020"},
    )
    names = {table.name for table in extract(list(england.values()), named)}
    assert {"pcns-2022-08", "pcns-2024-10", "ltla-2018", "residents_mid_2020"} <= names


def test_no_whole_table_is_packaged(packaged, england):
    manifest = Manifest.from_json(json.loads((packaged / "manifest.json").read_text(encoding="utf-8")))
    for name, entry in manifest.tables.items():
        assert entry.coverage in ("extract", "part extract")
        assert entry.rows < len(england[name].frame) * 3 / 4, name


def test_the_packaged_tables_are_what_the_files_and_configs_make(packaged, extracted):
    """Fails when configs need other rows: make the tables anew with `placemap data import`."""
    manifest = Manifest.from_json(json.loads((packaged / "manifest.json").read_text(encoding="utf-8")))
    made = {name: canonical_hash(table.frame, table.schema) for name, table in extracted.items()}
    assert {name: entry.content_sha256 for name, entry in manifest.tables.items()} == made


def test_packaged_tables_are_small(packaged):
    assert sum(path.stat().st_size for path in (packaged / "tables").iterdir()) < 3_000_000


# Bytes


def _shuffled(content: bytes, headed: bool) -> bytes:
    frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, header=0 if headed else None)
    return frame.sample(frac=1, random_state=7).to_csv(index=False, header=headed).encode()


def _shuffle_zip(path: Path, to: Path) -> None:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for name in old.namelist():
            new.writestr(name, _shuffled(old.read(name), headed=True))


@pytest.fixture(scope="session")
def shuffled(official_files, tmp_path_factory) -> Path:
    """The official files with their rows in another order (workbooks and boundaries as they are)."""
    folder = tmp_path_factory.mktemp("shuffled")
    for path in sorted(official_files.iterdir()):
        if path.suffix == ".csv":
            (folder / path.name).write_bytes(_shuffled(path.read_bytes(), headed="epcn" not in path.name))
        elif path.suffix == ".zip":
            _shuffle_zip(path, folder / path.name)
        elif path.name != "LSOA21_EN_BSC.gpkg":  # the slowest, and its rows are sorted before anything else
            shutil.copy(path, folder)
    return folder


def test_the_order_of_rows_changes_no_byte(shuffled, extracted, offline_systems, tmp_path):
    boundaries = {"adjacency-2021", "lsoa_boundaries-2021"}
    tables = [table for name, table in extracted.items() if name not in boundaries]
    write_store(tables, tmp_path / "plain", covers={system.icb_code: system.id for system in offline_systems})
    import_files([shuffled], tmp_path / "shuffled", systems=offline_systems)
    plain, other = (
        {path.name: path.read_bytes() for path in sorted((tmp_path / name).rglob("*.*"))}
        for name in ("plain", "shuffled")
    )
    assert plain == other


# Folders and single files


def test_england_by_several_imports(official_files, tmp_path):
    """Each import adds to a store of all England and leaves the other tables as they are."""
    store = tmp_path / "store"
    first = import_files([official_files / "LSOA11_LAD18_EN_LU.csv"], store)
    assert set(first.manifest.tables) == {"ltla-2018"}
    assert "LSOA to MSOA" in first.missing
    (store / "retrieved.json").write_text("{}")
    second = import_files([official_files / "LSOA21_MSOA21_EW_LU.csv", official_files / "README.md"], store)
    assert set(second.manifest.tables) == {"ltla-2018", "msoa-2021"}
    assert [report.file for report in second.skipped] == ["README.md"]
    assert second.manifest.defaults == {"ltla": "2018", "msoa": "2021"}
    assert (store / "retrieved.json").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]


def test_mid_2021_must_be_named(official_files, tmp_path):
    """A file of the same columns whose total is not known."""
    lines = (official_files / "MYE2022_LSOA21.csv").read_text().splitlines()
    changed = tmp_path / "mye.csv"
    changed.write_text("\n".join([lines[0], lines[1].rsplit(",", 1)[0] + ",9", *lines[2:]]) + "\n")
    with pytest.raises(PlacemapError, match="the figures add up to 57,110,343; the known totals are"):
        import_files([changed], tmp_path / "store")
    assert not (tmp_path / "store").exists()
    report = import_files([changed], tmp_path / "store", as_measure={"mye.csv": "residents_mid_2021"})
    assert report.manifest.tables["residents_mid_2021"].total == 57_110_343


@pytest.mark.parametrize(
    ("without", "message"),
    [
        ("exact_fit-2021", "an extract needs the exact-fit lookup of LSOAs 2011 and 2021"),
        ("ltla-", r"configs name LTLAs \(2024\), and no file is a lookup of these"),
    ],
)
def test_an_extract_needs_the_lookups_that_it_goes_by(england, offline_systems, without, message):
    tables = [table for name, table in england.items() if not name.startswith(without)]
    with pytest.raises(PlacemapError, match=message):
        extract(tables, needs_of(offline_systems))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: [folder / "nothing.csv"], "there is no such file or folder"),
        (lambda folder: [folder], "no official file among 1 \\(notes.txt: not one of .csv"),
    ],
)
def test_nothing_to_import(make, message, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("hello")
    with pytest.raises(PlacemapError, match=message):
        import_files(make(tmp_path / "in"), tmp_path / "store")


def test_a_figure_that_is_named_must_be_among_the_files(tmp_path):
    with pytest.raises(PlacemapError, match=r"it is said what x\.csv holds, but it is not among the files"):
        read_files([tmp_path], {"x.csv": "residents_mid_2021"}, load_catalogue())


def test_a_folder_that_is_no_store_is_left_alone(official_files, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(PlacemapError, match="this is not a reference store, and it is not empty"):
        import_files([official_files / "LSOA11_LAD18_EN_LU.csv"], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_damaged_file_leaves_the_old_store(official_files, tmp_path):
    store = tmp_path / "store"
    import_files([official_files / "LSOA11_LAD18_EN_LU.csv"], store)
    before = {path: path.read_bytes() for path in store.rglob("*.*")}
    cut = tmp_path / "LSOA11_LAD18_EN_LU.csv"
    cut.write_text("\n".join((official_files / cut.name).read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(PlacemapError, match="32,843 English LSOAs; expected 32,844"):
        import_files([cut], store)
    assert {path: path.read_bytes() for path in store.rglob("*.*")} == before


def test_derived_tables_do_not_depend_on_the_order_of_files(read):
    made, _ = read
    names = [table.name for table in derived(made)]
    assert [table.name for table in derived(made[::-1])] == names
