"""`data diff`, `verify`, `status` and `lock` on stores of all England and on the packaged one."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest
from stores import rewrite
from typer.testing import CliRunner

from placemap.cli import app
from placemap.core.installed import packaged_folder

MAP = "gp-reg-pat-prac-map_2026-08.csv"


@pytest.fixture
def copy(packaged, tmp_path) -> Path:
    """A copy of the packaged store to do harm to."""
    shutil.copytree(packaged, tmp_path / "data")
    return tmp_path / "data"


def run(*words: str):
    return CliRunner().invoke(app, [str(word) for word in words])


# diff


def workbook(path: Path) -> list[list[str]]:
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True)
    rows = book["PCN Core Partner Details"].iter_rows(min_row=2, values_only=True)
    return [["" if cell is None else str(cell)[:10].replace("-", "") for cell in row] for row in rows]


def members(rows: list[list[str]], day: str) -> dict[str, str]:
    """practice → PCN on a day, by dates as they stand; the last membership to start counts."""
    found = {}
    for row in sorted(rows, key=lambda row: (row[0], row[8], row[4])):
        practice, pcn, start, end = row[0], row[4], row[8], row[9]
        if practice and start <= day and (end == "" or end >= day):
            found[practice] = pcn
    return found


def recount(official_files: Path) -> dict[str, dict[str, int]]:
    """What became of practices, with dicts and sets over the publishers' files."""
    april = members(workbook(official_files / "ePCN_2022-08.xlsx"), "20220401")
    with (official_files / "epcncorepartnerdetails_2024-10.csv").open(encoding="utf-8-sig") as file:
        october = {row[0]: row[4] for row in csv.reader(file) if row[9] == ""}
    with (official_files / MAP).open(encoding="utf-8-sig") as file:
        august_map = {row["PRACTICE_CODE"]: row["PCN_CODE"] for row in csv.DictReader(file)}
    with zipfile.ZipFile(official_files / "gp-reg-pat-prac-lsoa-all-Jul-22.zip") as archive:
        text = io.TextIOWrapper(archive.open(archive.namelist()[0]), encoding="utf-8")
        registered = {row["PRACTICE_CODE"] for row in csv.DictReader(text)}
    august = {practice: pcn for practice, pcn in august_map.items() if pcn != "U"}
    lived = {"2022-04-01": set(april) | registered, "2024-10": set(october), "2026-08-01": set(august_map)}
    in_pcn = {"2022-04-01": april, "2024-10": october, "2026-08-01": august}
    counts = {}
    for old, new in (("2022-04-01", "2026-08-01"), ("2022-04-01", "2024-10"), ("2024-10", "2026-08-01")):
        both = lived[old] & lived[new] & set(in_pcn[old]) & set(in_pcn[new])
        counts[f"{old} {new}"] = {
            "moved": sum(in_pcn[old][code] != in_pcn[new][code] for code in both),
            "closed": len(lived[old] - lived[new]),
            "opened": len(lived[new] - lived[old]),
        }
    return counts


@pytest.fixture(scope="session")
def recounted(official_files):
    return recount(official_files)


@pytest.mark.parametrize(
    ("old", "new"), [("2022-04-01", "2026-08-01"), ("2022-04-01", "2024-10"), ("2024-10", "2026-08-01")]
)
def test_practices_that_moved_closed_and_opened(old, new, england_store, recounted):
    result = run("data", "diff", old, new, "--data", england_store, "--json")
    assert result.exit_code == 5, result.output
    found = json.loads(result.output)["practices"]
    assert {key: len(found[key]) for key in ("moved", "closed", "opened")} == recounted[f"{old} {new}"]
    assert min(recounted[f"{old} {new}"].values()) > 0


def test_districts_that_merged_in_april_2023(england_store):
    """17 districts became four unitary authorities; no other code changed."""
    found = json.loads(run("data", "diff", "2022-08-01", "2024-08-01", "--data", england_store, "--json").output)
    ltla = next(unit for unit in found["units"] if unit["kind"] == "ltla")
    assert (len(ltla["added"]), len(ltla["removed"]), ltla["recoded"]) == (4, 17, {})
    assert set(ltla["added"].values()) == {"Cumberland", "Westmorland and Furness", "North Yorkshire", "Somerset"}
    touched = {(t["system"], t["footprint"], t["place"]): t["reasons"] for t in found["touched"]}
    assert not any(
        system == "norfolk-and-waveney" and "LTLA" in str(reasons) for (system, *_), reasons in touched.items()
    )


def test_icbs_of_april_2026_touch_norfolk_and_waveney(england_store):
    result = run("data", "diff", "2025-08-01", "2026-08-01", "--data", england_store)
    assert result.exit_code == 5
    assert "- norfolk-and-waveney (ICB): ICB E54000022 is no longer in use" in result.output
    assert "E54000022 → E54000068 (624 LSOAs)" in result.output


def test_nothing_changed(packaged):
    result = run("data", "diff", packaged, packaged)
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "Nothing changed.")


def test_a_diff_needs_two_states(monkeypatch):
    monkeypatch.setenv("PLACEMAP_DATA", str(packaged_folder("data")))
    result = run("data", "diff")
    assert result.exit_code == 2
    assert "there is only one state of the reference tables" in result.output


# verify and status


def test_sound_stores(packaged, england_store):
    for store in (packaged, england_store):
        result = run("data", "verify", "--data", store)
        assert (result.exit_code, result.output.count("no problem")) == (0, 1), result.output


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("ltla-2024", lambda frame: frame.iloc[1:], "missing-lsoas"),
        (
            "residents_2021",
            lambda frame: frame.assign(lsoa_code=frame["lsoa_code"].replace("E01014485", "E01999999")),
            "foreign-lsoas",
        ),
        ("registrations-2022-07", lambda frame: frame.assign(patients=frame["patients"] + 1), "wrong-total"),
        ("practices-2022-07", lambda frame: frame.iloc[1:], "nameless-practices"),
        ("pcns-2022-08", lambda frame: frame.iloc[1:], "foreign-pcns"),
        ("utla-2023", lambda frame: frame.assign(utla_code=["E06000022", *frame["utla_code"][1:]]), "split-ltlas"),
    ],
)
def test_tables_that_disagree(name, change, code, copy):
    rewrite(copy, name, change)
    result = run("data", "verify", "--data", copy, "--json")
    assert result.exit_code == 4
    assert code in {finding["code"] for finding in json.loads(result.output)["findings"]}


def test_a_damaged_table_and_a_wrong_content(copy):
    (copy / "tables" / "ward-2024.parquet").write_bytes(b"no")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["tables"]["utla-2023"]["content_sha256"] = "0" * 64
    (copy / "manifest.json").write_text(json.dumps(manifest))
    found = json.loads(run("data", "verify", "--data", copy, "--json").output)["findings"]
    assert [(finding["code"], finding["subject"]) for finding in found] == [
        ("other-content", "utla-2023"),
        ("damaged-table", "ward-2024"),
    ]


def test_status_says_what_is_used_and_why(packaged, monkeypatch, tmp_path):
    monkeypatch.setattr("placemap.reference.open_store.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.delenv("PLACEMAP_DATA", raising=False)
    result = run("data", "status", "--json")
    found = json.loads(result.output)
    assert found["why"] == "the packaged tables, as you have no store of your own"
    used = {table["name"]: table["used"] for table in found["tables"]}
    assert used["ltla-2024"] == "by default: the newest"
    assert used["ltla-2018"].startswith("on request (--vintage ltla=2018")
    assert "it covers only a part of England" in used["icb-2026"]


def test_a_store_that_is_not_complete_is_not_used_yet(official_files, monkeypatch, tmp_path):
    from placemap.reference.open_store import chosen_store
    from placemap.sources.import_files import import_files

    monkeypatch.setattr("placemap.reference.open_store.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.delenv("PLACEMAP_DATA", raising=False)
    import_files([official_files / "LSOA11_LAD18_EN_LU.csv"], tmp_path / "cache")
    folder, why = chosen_store()
    assert folder == packaged_folder("data")
    assert "still lacks LSOA to MSOA, " in why


# lock


def test_a_locked_build_insists_on_its_tables(copy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("build", "bnssg", "--locked", "--data", copy).exit_code == 3
    assert run("data", "lock", "bnssg", "--data", copy).exit_code == 0
    lock = (tmp_path / "placemap.lock").read_text()
    assert run("data", "lock", "bnssg", "--data", copy).exit_code == 0
    assert (tmp_path / "placemap.lock").read_text() == lock
    assert "retrieved" not in lock
    assert run("build", "bnssg", "--locked", "--data", copy, "--out", "one").exit_code == 0
    rewrite(copy, "residents_2021", lambda frame: frame.assign(people=frame["people"].where(frame.index > 0, 7)))
    result = run("build", "bnssg", "--locked", "--data", copy, "--out", "two")
    assert result.exit_code == 4
    assert "the reference tables are not those of the lock: residents_2021 has content" in result.output
    assert not (tmp_path / "two").exists()
    assert run("build", "bnssg", "--data", copy, "--out", "two").exit_code == 0


def test_the_same_lock_gives_the_same_bytes_from_another_store(copy, packaged, tmp_path, monkeypatch):
    """A newer table in the store changes nothing while the lock names the older one."""
    monkeypatch.chdir(tmp_path)
    run("data", "lock", "norfolk-and-waveney", "--data", packaged)
    manifest = json.loads((copy / "manifest.json").read_text())
    newer = {**manifest["tables"]["ltla-2024"], "vintage": "2025"}
    manifest["tables"]["ltla-2025"], manifest["defaults"]["ltla"] = newer, "2025"
    (copy / "manifest.json").write_text(json.dumps(manifest))
    shutil.copy(copy / "tables" / "ltla-2024.parquet", copy / "tables" / "ltla-2025.parquet")
    words = ["norfolk-and-waveney", "--footprint", "option-6"]
    assert run("build", *words, "--locked", "--data", packaged, "--out", "a").exit_code == 0
    assert run("build", *words, "--locked", "--data", copy, "--out", "b").exit_code == 0
    first, second = (
        {path.name: path.read_bytes() for path in sorted((tmp_path / name).rglob("*.*"))} for name in ("a", "b")
    )
    assert first == second
    assert run("build", *words, "--data", copy, "--out", "c").exit_code == 0
    assert list((tmp_path / "c").rglob("place_lad25.csv"))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"placemap_lock": 9}', '{"placemap_lock": 1, "tables": {"a": {}}, "defaults": {}}']
)
def test_a_file_that_is_no_lock(text, packaged, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("placemap.lock").write_text(text)
    result = run("build", "bnssg", "--locked", "--data", packaged)
    assert result.exit_code == 3
    assert "write a new one with `placemap data lock`" in result.output


def test_a_lock_is_never_written_over_a_file_that_is_none(packaged, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("work")
    refused = run("data", "lock", "bnssg", "--to", "mine.yaml", "--data", packaged)
    assert refused.exit_code == 3
    assert "mine.yaml: this file is no lock; it would be replaced\n  → move it away" in refused.stderr
    assert (tmp_path / "mine.yaml").read_text() == "work"
    assert [run("data", "lock", "bnssg", "--data", packaged).exit_code for _ in range(2)] == [0, 0]
