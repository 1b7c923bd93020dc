"""`placemap build` and `placemap check`: files, options, messages, exit codes."""

import csv
import errno
import json
import os
import re

import pytest
import toy_county

from conftest import files_of

CROSSWALKS = {
    "place_lsoa21",
    "place_lsoa11",
    "place_msoa21",
    "place_wd24",
    "place_lad24",
    "place_utla23",
    "place_sicbl24",
    "place_pcn",
    "place_practice",
}
TABLES = CROSSWALKS | {"places", "findings", "ledger"}


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_build_writes_every_file(cli, tmp_path):
    ran = cli("build", "toyshire")
    assert ran.code == 0
    folder = tmp_path / "out" / "toyshire" / "localities"
    extras = {"datapackage.json", "metadata.json", "README.md"}
    assert {path.name for path in folder.iterdir()} == {f"{name}.csv" for name in TABLES} | extras
    assert [p.name for p in folder.parent.iterdir()] == ["localities"]


def test_summary_goes_to_stdout_and_everything_else_to_stderr(cli):
    ran = cli("build", "toyshire")
    assert ran.out.splitlines()[0] == "Toyshire — Localities by practice (localities)"
    figures = {line.split()[0]: line.split()[1:] for line in ran.out.splitlines()[4:]}
    assert figures == {
        "East": ["5", "5,800", "3,850"],
        "West": ["7", "7,200", "4,800"],
        "total": ["12", "13,000", "8,650"],
    }
    assert ran.err.splitlines()[0] == "coverage: each of the 12 LSOAs of the scope is in exactly one place"
    assert ran.err.splitlines()[-3:] == [
        "12 tables written to out/toyshire/localities",
        "0 errors, 6 warnings, 9 notes",
        "next: placemap map toyshire | report | foi",
    ]


def test_every_finding_says_what_next(cli):
    """A line of findings has severity and code; each group ends with its next step, except plain information."""
    groups = re.split(r"\n(?=error |warning |info )", cli("check", "toyshire", "--all").err)
    for group in (g for g in groups if g.startswith(("error", "warning"))):
        assert re.match(r"(error|warning) [a-z-]+( ×\d+)?( \([\d,]+ people\))?\n", group), group
        assert "\n  → " in group, group


def test_csv_is_plain(cli, tmp_path):
    cli("build", "toyshire", "--all")
    for name, content in files_of(tmp_path / "out").items():
        assert b"\r" not in content, name
        assert not content.startswith(b"\xef\xbb\xbf"), name
        assert content.endswith(b"\n"), name
        content.decode("utf-8")


def test_crosswalk_rows(cli, tmp_path):
    cli("build", "toyshire")
    table = {row["LSOA21CD"]: row for row in rows(tmp_path / "out/toyshire/localities/place_lsoa21.csv")}
    assert sorted(table) == toy_county.IN_SCOPE
    one = table["E01000001"]  # 500 + 200 + 100 of 950 with East, 100 with West
    assert (one["PLACECD"], one["METHOD"]) == ("toyshire/localities/east", "plurality")
    assert (one["SHARE"], one["PLACED_SHARE"]) == ("0.842105", "0.888889")
    assert (one["RUNNER_UP"], one["RUNNER_UPNM"]) == ("toyshire/localities/west", "West")
    assert one["MARGIN"] == "0.736842"
    assert (one["RESIDENTS"], one["IN_SCOPE"]) == ("1000", "true")


def test_out(cli, tmp_path):
    ran = cli("build", "toyshire", "--out", "else/where")
    assert "12 tables written to else/where/toyshire/localities" in ran.err.splitlines()
    assert (tmp_path / "else/where/toyshire/localities/place_lsoa21.csv").is_file()
    assert not (tmp_path / "out").exists()


def test_out_here_does_not_hide_the_system(cli):
    assert cli("build", "toyshire", "--out", ".").code == 0
    assert cli("build", "toyshire", "--out", ".").code == 0


def test_footprints(cli, tmp_path):
    assert cli("build", "toyshire", "-f", "councils", "--footprint", "mixed", "-f", "councils").code == 0
    assert {p.name for p in (tmp_path / "out/toyshire").iterdir()} == {"councils", "mixed"}
    assert cli("build", "toyshire", "--all").code == 0
    assert {p.name for p in (tmp_path / "out/toyshire").iterdir()} == {"councils", "mixed", "localities", "inside"}


def test_unknown_footprint(cli, tmp_path):
    ran = cli("build", "toyshire", "-f", "locality")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        "error: toyshire.yaml: toyshire has no footprint `locality`\n"
        "  → did you mean `localities`? it has councils, inside, localities, mixed\n"
    )
    assert not (tmp_path / "out").exists()


def test_unknown_system(cli):
    ran = cli("build", "toyshir")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        "error: there is no system `toyshir`: no such file, and no config of that name\n  → did you mean `toyshire`?\n"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere.yaml", "nowhere.yaml: no such file\n  → `placemap list` shows the systems there are\n"),
        ("configs", "configs: this is a folder; expected a YAML file\n  → name a file in it\n"),
        (
            "a" * 300,
            f"there is no system `{'a' * 300}`: no such file, and no config of that name\n  → `placemap list` shows the systems there are\n",
        ),
        (
            "configs/toyshire.yaml/x.yaml",
            f"configs/toyshire.yaml/x.yaml: the file cannot be read: {os.strerror(errno.ENOTDIR)}\n  → check the file's permissions\n",
        ),
    ],
)
def test_config_that_cannot_be_read(cli, name, message):
    ran = cli("build", name)
    assert (ran.code, ran.out, ran.err) == (3, "", f"error: {message}")


def test_huge_config(cli, tmp_path):
    (tmp_path / "huge.yaml").write_text("# " + "x" * 2_000_000)
    ran = cli("check", "huge.yaml")
    assert ran.code == 3
    assert ran.err == (
        "error: huge.yaml: the file has 2,000,002 bytes; a config has at most 2,000,000\n"
        "  → is this the right file? A config names units; tables belong in the reference store\n"
    )


def test_unreadable_config(cli, monkeypatch):
    """Permission is refused by the system call, so that the test holds for root, too."""
    from pathlib import Path

    def refuse(self, *_args, **_more):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    ran = cli("check", "toyshire")
    assert ran.code == 3
    assert (
        ran.err
        == "error: toyshire.yaml: the file cannot be read: Permission denied\n  → check the file's permissions\n"
    )


def test_deeply_nested_config(cli, tmp_path):
    (tmp_path / "deep.yaml").write_text("a: " + "[" * 3_000)
    ran = cli("check", "deep.yaml")
    assert ran.code == 3
    assert ran.err.startswith("error: deep.yaml:1:43: this is nested more than 40 levels deep")


def test_strict_makes_warnings_fail(cli):
    assert cli("check", "toyshire", "-f", "councils").code == 0
    assert cli("check", "toyshire", "-f", "councils", "--strict").code == 4


def test_strict_lets_information_pass(cli, tmp_path):
    config = toy_county.footprint("      all: {name: All, sub_icb: [90A]}\n")
    (tmp_path / "calm.yaml").write_text(config)
    ran = cli("check", "calm.yaml", "--strict")
    assert ran.code == 0
    assert "note place-size" in ran.err


def test_check_writes_nothing(cli, tmp_path):
    before = files_of(tmp_path)
    assert cli("check", "toyshire", "--all").code == 0
    assert files_of(tmp_path) == before


def test_json(cli):
    ran = cli("build", "toyshire", "--all", "--json")
    result = json.loads(ran.out)
    assert ran.err == ""
    assert result["exit_code"] == 0
    assert [item["footprint"] for item in result["footprints"]] == ["councils", "inside", "localities", "mixed"]
    councils = result["footprints"][0]
    assert councils["folder"] == "out/toyshire/councils"
    assert councils["scope_lsoas"] == 12
    assert councils["places"][2] == {
        "id": "corley",
        "name": "Corley",
        "lsoas": 4,
        "residents": 3900.0,
        "registered": 2800.0,
    }
    outside = next(f for f in councils["findings"] if f["code"] == "outside-scope")
    assert outside["lsoas"] == ["E01000013"]
    assert (outside["people"], outside["severity"], outside["subject"]) == (900.0, "warning", "corley")
    assert set(outside) == {
        "code",
        "severity",
        "message",
        "subject",
        "place",
        "location",
        "lsoas",
        "people",
        "next_step",
    }


def test_json_of_errors(cli, tmp_path):
    (tmp_path / "gap.yaml").write_text(toy_county.footprint("      a: {name: A, ltla: [E06000901]}\n"))
    ran = cli("check", "gap.yaml", "toyshire", "missing", "--json")
    result = json.loads(ran.out)
    assert ran.code == result["exit_code"] == 4
    assert [item["exit_code"] for item in result["footprints"]] == [4, 0]
    assert ran.err.startswith("error: there is no system `missing`")


def test_several_systems_end_with_the_highest_code(cli, tmp_path):
    (tmp_path / "gap.yaml").write_text(toy_county.footprint("      a: {name: A, ltla: [E06000901]}\n"))
    (tmp_path / "empty.yaml").write_text("")
    assert cli("check", "toyshire", "empty.yaml").code == 3
    assert cli("check", "gap.yaml", "empty.yaml", "toyshire").code == 4
    assert cli("check", "toyshire").code == 0


@pytest.mark.parametrize("more", [[], ["--all"], ["-f", "councils"]])
def test_two_configs_that_would_be_written_to_one_folder(cli, tmp_path, more):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/toyshire.yaml").write_text(toy_county.CONFIG.replace("name: East", "name: Far East"))
    ran = cli("build", "toyshire", "mine/toyshire.yaml", *more)
    folder = "councils" if more else "localities"
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err == (
        f"error: out/toyshire/{folder}: toyshire and mine/toyshire.yaml would both be written here, because both have "
        "the id `toyshire`; expected one config a folder\n"
        "  → give one of them another id under `ics`, or build each with an --out of its own\n"
    )
    assert not (tmp_path / "out").exists()
    checked = cli("check", "toyshire", "mine/toyshire.yaml", *more)
    assert checked.code == 0, "a check writes nothing"
    assert checked.err.count("toyshire and mine/toyshire.yaml both have the id `toyshire`") == 1
    assert "both have" not in cli("check", "toyshire", "toyshire", *more).err


def test_two_configs_of_one_system_with_footprints_of_their_own(cli, tmp_path):
    """They go to folders of their own, as two footprints of one config do."""
    text = toy_county.CONFIG.replace("\n  localities:", "\n  areas:").replace(
        "default_footprint: localities", "default_footprint: areas"
    )
    (tmp_path / "other.yaml").write_text(text)
    assert cli("build", "toyshire", "other.yaml").code == 0
    assert sorted(p.name for p in (tmp_path / "out/toyshire").iterdir()) == ["areas", "localities"]


def test_one_config_by_two_names_is_built_once(cli, tmp_path):
    ran = cli("build", "toyshire", "configs/toyshire.yaml", "--json")
    assert ran.code == 0
    assert len(json.loads(ran.out)["footprints"]) == 1


def test_one_broken_system_leaves_the_others_to_be_built(cli, tmp_path):
    (tmp_path / "empty.yaml").write_text("")
    ran = cli("build", "empty.yaml", "toyshire")
    assert ran.code == 3
    assert (tmp_path / "out/toyshire/localities/places.csv").is_file()


def test_an_error_repeats_no_report(cli, tmp_path):
    """What is printed for one footprint is printed once, whatever happens to the next."""
    blocked = tmp_path / "out" / "toyshire" / "mixed"
    blocked.mkdir(parents=True)
    (blocked / "mine.txt").write_text("keep")
    ran = cli("build", "toyshire", "-f", "localities", "-f", "mixed")
    assert ran.code == 3
    assert ran.out.count("Localities by practice") == 1
    assert ran.err.count("12 tables written") == 1


def test_measure(cli, tmp_path):
    assert cli("build", "toyshire", "-f", "councils", "--measure", "residents_mid_2022").code == 0
    table = rows(tmp_path / "out/toyshire/councils/places.csv")
    assert [row["RESIDENTS"] for row in table] == ["5050", "5040", "3940"]  # ten more for each LSOA
    assert "residents_mid_2022" in (tmp_path / "out/toyshire/councils/README.md").read_text()


def test_measure_in_2011_lsoas(cli, tmp_path):
    """1,000 people an LSOA of 2011, 1,900 in the one that was split, 900 + 600 in the two that were merged."""
    assert cli("build", "toyshire", "-f", "councils", "--measure", "residents_mid_2019").code == 0
    table = rows(tmp_path / "out/toyshire/councils/places.csv")
    assert [row["RESIDENTS"] for row in table] == ["4900.00", "4500.00", "4000.00"]


WHOLE, PARTS, FLAG = re.compile(r"\d+"), re.compile(r"\d+\.\d\d"), re.compile("true|false")
ALWAYS = {"LSOAS": WHOLE, "LIST_SIZE": WHOLE, "REGISTERED": PARTS, "PATIENTS": PARTS, "PATIENTS_IN_PLACE": PARTS}
ALWAYS |= {"PATIENTS_OUT_OF_PLACE": PARTS, **dict.fromkeys(("IN_SCOPE", "BEST_FIT", "DECLARED"), FLAG)}


@pytest.mark.parametrize(
    ("measure", "form"),
    [("residents_2021", WHOLE), ("residents_mid_2022", WHOLE), ("residents_mid_2019", PARTS)],
)
def test_a_column_has_one_form_in_every_row(cli, tmp_path, measure, form):
    """By column and measure: whole people where they are published by LSOA of 2021, else hundredths."""
    assert cli("build", "toyshire", "--all", "--measure", measure).code == 0
    seen = set()
    for path in sorted((tmp_path / "out/toyshire").glob("*/*.csv")):
        residents = PARTS if path.stem == "place_lsoa11" else form
        for row in rows(path):
            for column, value in row.items():
                expected = residents if column == "RESIDENTS" else ALWAYS.get(column)
                assert expected is None or expected.fullmatch(value), (path.stem, column, value)
                seen |= {column} if expected else set()
    assert seen == {*ALWAYS, "RESIDENTS"}


def test_place_ids(cli, tmp_path):
    assert cli("build", "toyshire", "--all").code == 0
    for footprint, expected in (("localities", "toyshire-east"), ("mixed", None)):
        ids = {row["PLACECD"]: row["PLACEID"] for row in rows(tmp_path / f"out/toyshire/{footprint}/places.csv")}
        if expected:
            assert expected in ids.values()
        else:
            assert all(code.replace("/", "-") == found for code, found in ids.items())
        for path in sorted((tmp_path / "out/toyshire" / footprint).glob("*.csv")):
            for row in rows(path):
                assert row.get("PLACEID", "") == ids.get(row.get("PLACECD", ""), ""), path


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        (
            "residents_2031",
            "there is no measure `residents_2031`\n  → the measures are list_size_2020_21, registered_2022_07, residents_2021, residents_mid_2019, residents_mid_2022\n",
        ),
        (
            "list_size_2020_21",
            "`list_size_2020_21` is counted by practice, not by LSOA\n  → choose a measure by LSOA, such as residents_2021\n",
        ),
    ],
)
def test_wrong_measure(cli, toy_store, measure, message):
    ran = cli("check", "toyshire", "--measure", measure)
    assert (ran.code, ran.err) == (3, f"error: {toy_store}: {message}")


def test_data_option_beats_the_environment(cli, tmp_path, monkeypatch, toy_store):
    monkeypatch.setenv("PLACEMAP_DATA", str(tmp_path / "nowhere"))
    ran = cli("check", "toyshire")
    assert (ran.code, ran.err) == (
        3,
        f"error: {tmp_path / 'nowhere'}: there is no such reference folder\n  → check --data and PLACEMAP_DATA\n",
    )
    assert cli("check", "toyshire", "--data", toy_store).code == 0


def test_parquet_has_the_content_of_the_csv(cli, tmp_path):
    import pyarrow.parquet as pq

    cli("build", "toyshire", "--out", "a")
    assert cli("build", "toyshire", "--out", "b", "--format", "parquet").code == 0
    a, b = tmp_path / "a/toyshire/localities", tmp_path / "b/toyshire/localities"
    assert {p.name for p in b.iterdir()} == {f"{name}.parquet" for name in TABLES} | {"metadata.json", "README.md"}
    for name in TABLES:
        table = pq.read_table(b / f"{name}.parquet")
        assert table.column_names == (a / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        for as_text, as_typed in zip(rows(a / f"{name}.csv"), table.to_pylist(), strict=True):
            for column, value in as_typed.items():
                if isinstance(value, bool):
                    assert as_text[column] == str(value).lower()
                elif isinstance(value, int | float):
                    assert float(as_text[column]) == value
                else:
                    assert as_text[column] == (value or "")


def test_excel_keeps_codes_as_text(cli, tmp_path):
    from openpyxl import load_workbook

    assert cli("build", "toyshire", "--excel").code == 0
    folder = tmp_path / "out/toyshire/localities"
    book = load_workbook(folder / "placemap.xlsx")
    assert {"Cover", "Places", "LSOAs", "Sub-ICB locations", "Data dictionary", "Sources"} <= set(book.sheetnames)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    (codes,) = [column for column in book["Sub-ICB locations"].iter_cols() if column[0].value == "SICBL24CDH"]
    assert {(cell.value, cell.data_type, cell.number_format) for cell in codes[1:]} == {("90A", "s", "@")}
    first = (folder / "placemap.xlsx").read_bytes()
    cli("build", "toyshire", "--excel")
    assert (folder / "placemap.xlsx").read_bytes() == first


@pytest.mark.parametrize("name", ["=1+1", "+44 South", "-North", "@home", " =SUM(A1)"])
def test_a_name_that_a_spreadsheet_would_run_is_refused(name, cli, tmp_path):
    (tmp_path / "sly.yaml").write_text(toy_county.footprint(f"""      a: {{name: "{name}", sub_icb: [90A]}}\n"""))
    ran = cli("build", "sly.yaml")
    assert (ran.code, ran.err) == (
        3,
        f"error: sly.yaml:18:17: found `{name.strip()}`; a name cannot start with = + - @, which spreadsheets take for a "
        "formula\n  → start it with a letter or a digit\n",
    )


def test_metadata_describes_each_column(cli, tmp_path):
    cli("build", "toyshire", "--all")
    for folder in (tmp_path / "out/toyshire").iterdir():
        metadata = json.loads((folder / "metadata.json").read_text())
        assert metadata["schema:hasPart"] == sorted(p.name for p in folder.iterdir())
        assert {t["url"] for t in metadata["tables"]} == {f"{name}.csv" for name in TABLES}
        for table in metadata["tables"]:
            with (folder / table["url"]).open(newline="") as file:
                header, *body = csv.reader(file)
            columns = table["tableSchema"]["columns"]
            assert [c["name"] for c in columns] == header
            assert all(c["dc:description"] for c in columns)
            key = [header.index(name) for name in table["tableSchema"].get("primaryKey", [])]
            keys = [tuple(row[i] for i in key) for row in body]
            assert not key or len(set(keys)) == len(keys), table["url"]


def test_readme_has_method_dictionary_and_attribution(cli, tmp_path):
    cli("build", "toyshire")
    text = (tmp_path / "out/toyshire/localities/README.md").read_text()
    for heading in ("## Method", "## Checks", "## Evidence", "## Files and columns", "## Sources", "## Attribution"):
        assert heading in text
    assert "Made up for tests" in text
    assert "The plan (Toy Council, 2022-05)" in text


def test_no_clock_and_no_path_in_any_file(cli, tmp_path):
    from datetime import date

    cli("build", "toyshire", "--all")
    for name, content in files_of(tmp_path / "out").items():
        assert str(tmp_path).encode() not in content, name
        assert date.today().isoformat().encode() not in content, name


def test_failed_build_leaves_no_stale_crosswalk(cli, tmp_path):
    config = tmp_path / "one.yaml"
    good = toy_county.footprint("      a: {name: A, sub_icb: [90A]}\n")
    folder = tmp_path / "out/toyshire/one"
    config.write_text(good)
    assert cli("build", "one.yaml").code == 0
    assert (folder / "place_lsoa21.csv").is_file()
    config.write_text(good.replace("sub_icb: [90A]}\n", "ltla: [E06000901]}\n"))
    ran = cli("build", "one.yaml")
    assert ran.code == 4
    assert ran.err.splitlines()[-3:] == [
        "FAILED: only findings written to out/toyshire/one",
        "2 errors, 0 warnings, 1 note",
        "next: mend what is wrong, then: placemap check one.yaml",
    ]
    assert {p.name for p in folder.iterdir()} == {"FAILED.md", "findings.csv", "metadata.json"}
    assert "gap" in (folder / "FAILED.md").read_text()
    assert {row["FINDING"] for row in rows(folder / "findings.csv")} >= {"gap"}
    config.write_text(good)
    assert cli("build", "one.yaml").code == 0
    assert not (folder / "FAILED.md").exists()
    assert (folder / "place_lsoa21.csv").is_file()


@pytest.mark.parametrize(
    "place", ["ltla: [E07000899]", "ltla: [E06000901], ltla_vintage: 2001", "pcn: [U90001], pcn_vintage: 2001-01"]
)
def test_a_wrong_declaration_leaves_no_stale_crosswalk_either(cli, tmp_path, place):
    (tmp_path / "one.yaml").write_text(toy_county.footprint("      a: {name: A, sub_icb: [90A]}\n"))
    cli("build", "one.yaml")
    (tmp_path / "one.yaml").write_text(toy_county.footprint(f"      a: {{name: A, {place}}}\n"))
    ran = cli("build", "one.yaml", "--excel")
    assert ran.code == 4, ran.err
    assert {p.name for p in (tmp_path / "out/toyshire/one").iterdir()} == {"FAILED.md", "findings.csv", "metadata.json"}


def test_build_is_the_same_every_time(cli, tmp_path):
    cli("build", "toyshire", "--all", "--out", "a")
    cli("build", "toyshire", "--all", "--out", "b")
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")


def test_a_footprint_is_the_same_alone_and_among_others(cli, tmp_path):
    cli("build", "toyshire", "--all", "--out", "a")
    for name in ("councils", "inside", "localities", "mixed"):
        cli("build", "toyshire", "-f", name, "--out", "b")
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
