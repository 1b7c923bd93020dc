"""`check` beyond its findings: why it fails, what is new since a baseline, annotations; bugs and closed streams in one line."""

import json
import os
import subprocess
import sys

import pytest
import toy_county

from conftest import REPO, environment

LOW = "      a: {name: A, pcn: [U90002]}\n      b: {name: B, sub_icb: [90A], exclude: {lsoa: [E01000001]}}\n"
LOW_WAIVED = LOW.replace(
    "[U90002]",
    "[U90002], accept: [{finding: low-share, subject: [E01000001, E01000009], reason: 'near 100%, but: the edge'}]",
)


@pytest.fixture
def low(tmp_path):
    """A config with one warning, `low-share`, in a folder below the working folder."""
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / "low.yaml"
    path.write_text(toy_county.footprint(LOW))
    return path


def test_strict_says_why(cli, low):
    assert cli("check", "sub/low.yaml").code == 0
    ran = cli("check", "sub/low.yaml", "--strict")
    assert ran.code == 4
    assert ran.err.endswith(
        "FAILED: 1 warning, which fails with --strict: low-share\n"
        "  → mend what they are about, or accept each with a reason (`accept` in the config)\n"
        "next: mend what is wrong, then: placemap check sub/low.yaml\n"
    )


def test_a_list_of_subjects_is_a_waiver_each(cli, tmp_path):
    (tmp_path / "waived.yaml").write_text(toy_county.footprint(LOW_WAIVED))
    ran = cli("check", "waived.yaml", "--json")
    found = {(f["code"], f["subject"]): f for f in json.loads(ran.out)["footprints"][0]["findings"]}
    assert found["waived", "E01000001"]["severity"] == "info"
    unused = found["unused-waiver", "E01000009"]
    assert unused["message"] == "the waiver of low-share for E01000009 matches no finding."
    line = LOW_WAIVED.splitlines()[0]
    number = (tmp_path / "waived.yaml").read_text().splitlines().index(line) + 1
    assert unused["location"] == f"waived.yaml:{number}:{line.index('E01000009') + 1}"


def test_a_baseline_lets_through_what_was_there(cli, low):
    assert cli("build", "sub/low.yaml").code == 0
    before = "out/toyshire/one/findings.csv"
    assert cli("check", "sub/low.yaml", "--strict").code == 4
    assert cli("check", "sub/low.yaml", "--baseline", before).code == 0
    low.write_text(toy_county.footprint(LOW).replace("date: 2022-05", "date: 2012-05"))
    ran = cli("check", "sub/low.yaml", "--baseline", before)
    assert ran.code == 4
    assert "FAILED: 1 warning, not in the baseline: stale-evidence\n" in ran.err


def test_an_error_fails_though_it_is_in_the_baseline(cli, tmp_path):
    (tmp_path / "gap.yaml").write_text(toy_county.footprint("      a: {name: A, ltla: [E06000901]}\n"))
    assert cli("build", "gap.yaml").code == 4
    assert cli("check", "gap.yaml", "--baseline", "out/toyshire/one/findings.csv").code == 4


def test_a_baseline_that_is_none(cli, low):
    ran = cli("check", "sub/low.yaml", "--baseline", "nothing.csv")
    assert (ran.code, ran.err) == (3, "error: nothing.csv: no such file\n  → check the path\n")
    cli("build", "sub/low.yaml")
    ran = cli("check", "sub/low.yaml", "--baseline", "out/toyshire/one/places.csv")
    assert ran.code == 3
    assert "this is no table of findings: it has no column FINDING" in ran.err


def test_annotations_stand_at_the_line_of_the_config(cli, low):
    ran = cli("check", "sub/low.yaml", "--annotate", "github")
    (line,) = [text for text in ran.out.splitlines() if text.startswith("::")]
    number = low.read_text().splitlines().index(LOW.splitlines()[0]) + 1
    assert line.startswith(
        f"::warning file=sub/low.yaml,line={number},col=7,title=low-share::E01000001 (Toy 001A) is placed in A, which "
    )
    assert "10.5%25 of " in line
    assert "%0Aaccept it with a reason" in line


def test_annotations_of_mistakes(cli, tmp_path):
    (tmp_path / "bad.yaml").write_text(
        toy_county.footprint(LOW).replace("grade: A", "grade: D").replace("name: One", "nam: One")
    )
    ran = cli("check", "bad.yaml", "nosuch", "--annotate", "github")
    lines = [text for text in ran.out.splitlines() if text.startswith("::")]
    assert ran.code == 3
    assert [line.partition("::")[2].partition("::")[0] for line in lines] == [
        "error file=bad.yaml,line=12,col=3,title=placemap",
        "error file=bad.yaml,line=13,col=5,title=placemap",
        "error file=bad.yaml,line=15,col=12,title=placemap",
        "error title=placemap",
    ]


def test_annotations_and_json_do_not_mix(cli, low):
    ran = cli("check", "sub/low.yaml", "--annotate", "github", "--json")
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize(
    ("before", "after", "location", "message"),
    [
        ("name: One", 'name: "O\\x07ne"', "13:11", "the text has the character U+0007 in it, which nobody can see"),
        ("The plan", '"The\\u202eplan"', "9:17", "the text has the character U+202E in it, which nobody can see"),
        ("name: One", 'name: "One\\nTwo"', "13:11", "a name is one line; found a line break or a tab in it"),
        ("The plan", '"@plan"', "9:17", "found `@plan`; a name cannot start with = + - @"),
        ("2022-05", "2024-13", "9:57", "`date`: found `2024-13`; expected a date like 2021, 2021-05 or 2021-05-14"),
        ("2022-05", "2024-00", "9:57", "`date`: found `2024-00`; expected a date like"),
        ("2022-05", "2023-02-29", "9:57", "`date`: there is no day 2023-02-29"),
    ],
)
def test_texts_and_dates_that_no_output_could_hold(before, after, location, message, cli, tmp_path):
    text = toy_county.footprint("      a: {name: A, sub_icb: [90A]}\n")
    assert before in text
    (tmp_path / "odd.yaml").write_text(text.replace(before, after))
    ran = cli("check", "odd.yaml")
    assert ran.code == 3
    assert ran.err.startswith(f"error: odd.yaml:{location}: {message}")


def test_a_vintage_of_the_icb_that_nobody_has_yet(cli, tmp_path, packaged):
    config = (REPO / "configs" / "bnssg.yaml").read_text().replace("vintage: 2024}", "vintage: 2099}", 1)
    (tmp_path / "late.yaml").write_text(config)
    ran = cli("check", "late.yaml", "--data", packaged)
    assert ran.code == 4
    assert "error unknown-vintage" in ran.err
    assert "ICB E54000039 is meant in vintage 2099, which is later than all that the reference data have" in ran.err


def test_what_is_left_to_fill_in_does_not_go_out(cli, tmp_path, packaged):
    config = (REPO / "configs" / "bnssg.yaml").read_text()
    first = next(number for number, line in enumerate(config.splitlines(), 1) if line.startswith("    title: "))
    lines = config.splitlines()
    lines[first - 1] = "    title: TO FILL IN"
    (tmp_path / "draft.yaml").write_text("\n".join(lines) + "\n")
    ran = cli("check", "draft.yaml", "--data", packaged, "--footprint", "local-authorities")
    assert ran.code == 0
    assert f"draft.yaml:{first}:12: `title` is still TO FILL IN." in ran.err
    ran = cli("foi", "draft.yaml", "--data", packaged, "--footprint", "local-authorities")
    assert (ran.code, (tmp_path / "out").exists()) == (4, False)
    assert f"draft.yaml:{first}:12: `title` is still TO FILL IN, and would go out so" in ran.err


def test_names_show_in_markdown_as_they_are(cli, tmp_path):
    places = """      a: {name: "A | *B* <b> $x$ [c](d)", sub_icb: [90A]}\n"""
    text = (
        toy_county.footprint(places).replace("name: One", "name: 'One <i> | _two_'").replace("The plan", "'<script>'")
    )
    (tmp_path / "odd.yaml").write_text(text)
    assert cli("build", "odd.yaml").code == 0
    page = (tmp_path / "out/toyshire/one/README.md").read_text()
    assert r"# Toyshire: One \<i\> \| \_two\_" in page
    assert r"- \<script\> (Toy Council" in page
    assert "A | *B* <b> $x$ [c](d)" in (tmp_path / "out/toyshire/one/places.csv").read_text()


@pytest.mark.parametrize(
    "words", [["check", "toyshire.yaml"], ["check", "toyshire.yaml", "--json"], ["list"], ["--version"]]
)
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_no_error(words, closed, tmp_path, toy_store):
    (tmp_path / "toyshire.yaml").write_text(toy_county.CONFIG)
    command = f'"$0" -m placemap {" ".join(words)} {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable],
        cwd=tmp_path,
        env=environment(toy_store),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_a_build_with_closed_streams_writes_the_same(tmp_path, toy_store):
    (tmp_path / "toyshire.yaml").write_text(toy_county.CONFIG)
    made = []
    for out, closed in (("open", ""), ("closed", ">&- 2>&- <&-")):
        command = f'"$0" -m placemap build toyshire.yaml --out {out} {closed}'
        subprocess.run(["sh", "-c", command, sys.executable], cwd=tmp_path, env=environment(toy_store), check=True)
        files = sorted((tmp_path / out).rglob("*.*"))
        made.append({path.name: path.read_bytes() for path in files if path.is_file()})
    assert made[0] == made[1]
    assert len(made[0]) > 10


#: A command that fails as nobody foresaw.
BUG = """
import sys
from placemap.commands import workspace
def broken(*args, **kwargs):
    raise KeyError("line one\\nline two" + "x" * 500)
workspace.open_workspace = broken
from placemap.__main__ import main
main()
"""


@pytest.mark.parametrize("debug", [False, True])
def test_what_nobody_foresaw_is_one_line_and_how_to_report_it(debug, tmp_path, toy_store):
    (tmp_path / "toyshire.yaml").write_text(toy_county.CONFIG)
    words = ["check", "toyshire.yaml", *(["--debug"] if debug else [])]
    done = subprocess.run(
        [sys.executable, "-c", BUG, *words],
        cwd=tmp_path,
        env=environment(toy_store),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) == debug
    if not debug:
        first, second = done.stderr.splitlines()
        assert first.startswith("error: placemap ")
        assert "met something that it does not know: KeyError in " in first
        assert len(first) < 400
        assert "please open an issue" in second


def test_two_imports_into_one_new_store_lose_nothing(tmp_path, official_files):
    """Each of two processes brings its own tables; the store has both, whichever was last."""
    files = {"one": "LSOA21_MSOA21_EW_LU.csv", "two": "LTLA_HISTORY_2016_2024.csv"}
    store = tmp_path / "store"
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "placemap", "data", "import", str(official_files / name), "--to", str(store)],
            env={**os.environ, **environment()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name in files.values()
    ]
    assert [process.wait(120) for process in running] == [0, 0]
    tables = set(json.loads((store / "manifest.json").read_text())["tables"])
    alone = set()
    for label, name in files.items():
        command = [
            sys.executable,
            "-m",
            "placemap",
            "data",
            "import",
            str(official_files / name),
            "--to",
            str(tmp_path / label),
        ]
        subprocess.run(command, env={**os.environ, **environment()}, check=True, capture_output=True)
        alone |= set(json.loads((tmp_path / label / "manifest.json").read_text())["tables"])
    assert tables == alone
    assert len(tables) > 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("build", "toyshire", "--as-of", ""), "--as-of"),
        (("build", "toyshire", "--as-of="), "--as-of"),
        (("build", "toyshire", "--out", ""), "--out"),
        (("build", "toyshire", "-f", ""), "-f"),
        (("check", ""), "one of the words of the command"),
        (("apply", "d.csv", "--system", "toyshire", "--denominator", ""), "--denominator"),
        (("apply", "d.csv", "--system", "toyshire", "--keys", ""), "--keys"),
    ],
)
def test_an_empty_value_is_not_taken_for_none(cli, words, named):
    """`--as-of "$DAY"` of a script whose DAY is not set built another year, and `--keys ""` wrote into the folder."""
    done = cli(*words)
    assert done.code == 2
    assert f"{named} is empty; a variable of a script may have no value" in done.err
    assert not done.out
