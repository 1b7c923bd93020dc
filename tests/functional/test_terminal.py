"""What a terminal shows, and what a pipe does: colour, width, how much, and what comes next."""

import io
import json
import re
import time

import pytest
import terminals
import toy_county

from conftest import PACKAGED, REPO, environment
from placemap.cli import live
from placemap.cli.tables import table_text

ESCAPE = "\x1b"
SYSTEMS = sorted(path.stem for path in (REPO / "configs").glob("*.yaml"))


@pytest.fixture
def terminal(tmp_path, toy_store):
    """Run `placemap` on a terminal of some width, in a folder with the toy config."""
    (tmp_path / "toyshire.yaml").write_text(toy_county.CONFIG)

    def run(*args, width=80, store=toy_store, **more):
        env = environment(store, **more)
        code, lines = terminals.in_terminal(*args, width=width, cwd=tmp_path, env={**env, **more})
        return code, lines

    return run


def plain(line):
    return re.sub(r"\x1b\[[\d;]*m", "", line)


@pytest.mark.parametrize("width", [50, 80])
def test_findings_fit_the_terminal(terminal, width):
    _, lines = terminal("check", "toyshire.yaml", "--verbose", width=width)
    start = next(number for number, line in enumerate(lines) if line.startswith("coverage"))
    assert max(len(plain(line)) for line in lines[start + 1 :]) < width
    first = next(n for n, line in enumerate(lines) if line.startswith("  toyshire.yaml:"))
    assert lines[first + 1].startswith("      "), "the rest of a finding hangs below its start"


def test_severity_has_a_colour_on_a_terminal_only(terminal, process, tmp_path):
    _, lines = terminal("check", "toyshire.yaml")
    assert [line for line in lines if line.startswith(f"{ESCAPE}[33mwarning{ESCAPE}[0m ")]
    assert [line for line in lines if line.startswith(f"{ESCAPE}[36mnote{ESCAPE}[0m ")]
    assert f"0 errors, {ESCAPE}[33m6 warnings{ESCAPE}[0m, {ESCAPE}[36m9 notes{ESCAPE}[0m" in lines
    piped = process("check", "toyshire.yaml")
    assert ESCAPE not in piped.out + piped.err
    assert ESCAPE in process("check", "toyshire.yaml", FORCE_COLOR="1").err


def test_no_color_is_kept(process, tmp_path, toy_store):
    (tmp_path / "toyshire.yaml").write_text(toy_county.CONFIG)
    assert ESCAPE not in process("check", "toyshire.yaml", FORCE_COLOR="1", NO_COLOR="1").err


def test_an_error_of_a_config_has_a_colour(terminal, tmp_path):
    (tmp_path / "bad.yaml").write_text("placemap: [")
    code, lines = terminal("check", "bad.yaml")
    assert (code, lines[0].split()[0]) == (3, f"{ESCAPE}[1;31merror:{ESCAPE}[0m")


def test_in_a_pipe_a_finding_is_one_line(cli):
    ran = cli("check", "toyshire", "--all", "--verbose")
    found = json.loads(cli("check", "toyshire", "--all", "--json").out)["footprints"]
    lines = ran.err.splitlines()
    for finding in (finding for item in found for finding in item["findings"]):
        assert len([line for line in lines if finding["message"] in line]) >= 1, finding["message"]


def test_one_finding_a_code_unless_verbose(cli):
    found = json.loads(cli("check", "toyshire", "--json").out)["footprints"][0]["findings"]
    short, long = cli("check", "toyshire").err, cli("check", "toyshire", "--verbose").err
    for code in {finding["code"] for finding in found}:
        group = [finding["message"] for finding in found if finding["code"] == code]
        assert [message in short for message in group] == [True] + [False] * (len(group) - 1)
        assert all(message in long for message in group)
        if len(group) > 1:
            assert f"{code} ×{len(group)}" in short
            assert f"… and {len(group) - 1} more: --verbose" in short
    assert "more: --verbose" not in long


def test_errors_are_shown_every_one(cli, tmp_path):
    text = toy_county.footprint("      a: {name: A, lsoa: [E01999991, E01999992, E01999993]}\n")
    (tmp_path / "wrong.yaml").write_text(text)
    ran = cli("check", "wrong.yaml")
    assert [f"E0199999{n}" in ran.err for n in (1, 2, 3)] == [True, True, True]
    assert ran.err.splitlines()[-2].startswith("3 errors, ")


@pytest.mark.parametrize(
    ("args", "last"),
    [
        (["check", "toyshire"], "next: placemap build toyshire"),
        (["check", "toyshire", "-f", "councils"], "next: placemap build toyshire --footprint councils"),
        (["build", "toyshire"], "next: placemap map toyshire | report | foi"),
        # its evidence is of grade C, which `foi` refuses
        (["build", "toyshire", "-f", "councils"], "next: placemap map toyshire --footprint councils | report"),
        (
            ["compare", "toyshire", "councils", "mixed"],
            "next: placemap map toyshire --footprint councils --compare mixed",
        ),
    ],
)
def test_what_comes_next(cli, args, last):
    ran = cli(*args)
    assert ran.code == 0
    assert ran.err.splitlines()[-1] == last


def test_the_next_command_works_as_it_stands(run):
    told = [run("build", "bnssg", "--out", "out with blanks").err.splitlines()[-1]]
    assert told == ["next: placemap map bnssg | report | foi"]
    tally, last = run("map", "bnssg").err.splitlines()[-2:]
    assert re.fullmatch(r"0 errors, 0 warnings, \d+ notes \(`placemap check bnssg` lists them\)", tally)
    assert last == "next: placemap report bnssg | foi"


@pytest.mark.parametrize(
    "args",
    [
        ["check", "toyshire", "--all"],
        ["build", "toyshire"],
        ["map", "norfolk-and-waveney"],
        ["report", "norfolk-and-waveney", "-f", "option-1"],
        ["foi", "norfolk-and-waveney"],
        ["compare", "toyshire"],
        ["list"],
        ["show", "toyshire"],
        ["data", "status"],
    ],
    ids=" ".join,
)
def test_quiet_says_nothing(cli, args):
    args = [*args, "--data", PACKAGED] if "norfolk-and-waveney" in args else args
    loud, quiet = cli(*args), cli(*args, "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (loud.code, loud.out, "")


def test_quiet_says_what_fails(cli, tmp_path):
    (tmp_path / "gap.yaml").write_text(toy_county.footprint("      a: {name: A, ltla: [E06000901]}\n"))
    ran = cli("check", "gap.yaml", "--quiet")
    assert ran.code == 4
    assert ran.err.startswith("error gap")
    assert {"note", "warning", "next:", "coverage:"} & set(ran.err.split()) == set()
    assert cli("check", "nosuch", "--quiet").err.startswith("error: there is no system `nosuch`")
    strict = cli("check", "toyshire", "--strict", "--quiet")
    assert (strict.code, strict.err.splitlines()[0][:18]) == (4, "FAILED: 6 warnings")


@pytest.mark.parametrize("more", [[], ["--quiet"], ["--verbose"]])
def test_json_is_the_same_however_much_is_said(cli, more):
    assert cli("check", "toyshire", "--json", *more) == cli("check", "toyshire", "--json")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_list_breaks_no_id(terminal, width):
    _, lines = terminal("list", width=width, store=PACKAGED)
    words = set(" ".join(lines).split())
    assert set(SYSTEMS) <= words
    assert "local-care-partnerships-by-district*" in words
    assert max(map(len, lines)) < width + 20


def test_list_in_a_pipe_has_a_footprint_a_line(process):
    lines = process("list", store=PACKAGED).out.splitlines()
    rows = [line.split()[0] for line in lines[3:]]
    assert sorted(set(rows)) == SYSTEMS


@pytest.mark.parametrize("args", [["show", "bnssg"], ["data", "status"], ["explain", "E01014848"]], ids=" ".join)
@pytest.mark.parametrize("width", [60, 80])
def test_results_fit_the_terminal(terminal, args, width):
    code, lines = terminal(*args, width=width, store=PACKAGED)
    assert code == 0
    too_long = [line for line in lines if len(line) > width]
    assert [line for line in too_long if len(line.split()) > 1] == []


@pytest.mark.parametrize("width", range(40, 200, 7))
def test_a_table_keeps_every_word_at_every_width(width):
    headers = ["id", "name of it", "LSOAs", "members"]
    rows = [
        ["bath-and-north-east-somerset-swindon-and-wiltshire", "Bath", "1,234", "ltla E06000022; ltla E06000054"],
        ["b", "A name of a good many words, more than fit", "5", "pcn U12345 A NETWORK; " * 8],
    ]
    text = table_text(headers, rows, right=[2], width=width)
    assert sorted(text.replace("─", "").split()) == sorted(" ".join([*headers, *rows[0], *rows[1]]).split())


def test_a_cell_that_would_act_on_a_terminal():
    text = table_text(["a"], [["red \x1b[31m\nnext"]], width=80)
    assert ESCAPE not in text
    assert len(text.splitlines()) == 4


class _Terminal(io.StringIO):
    def isatty(self):
        return True

    def fileno(self):
        raise OSError


def test_a_line_says_what_goes_on(monkeypatch):
    stream = _Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(live, "PATIENCE", 0.02)
    monkeypatch.setattr(live, "_TICK", 0.02)
    for _ in live.progress(["north", "south"], lambda item: f"drawing {item}"):
        time.sleep(0.1)
    shown = stream.getvalue()
    assert re.search(r"\[-{20}\] 0 of 2  drawing north  0 s", shown)
    assert re.search(r"\[#{10}-{10}\] 1 of 2  drawing south  0 s", shown)
    assert shown.endswith("\r\x1b[2K"), "it is gone at the end"


def test_short_work_shows_no_line(monkeypatch):
    stream = _Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with live.working("drawing"):
        pass
    assert stream.getvalue() == ""


def test_no_line_without_a_terminal(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    with live.working("drawing") as line:
        time.sleep(0.05)
    assert (line, stream.getvalue()) == (None, "")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Bristol", "did you mean `bnssg`? Bristol is a place in it"),
        ("Bristol City Council", "did you mean `bnssg`? Bristol is a place in it"),
        ("weston", "did you mean `bnssg`? Weston, Worle and Villages is a place in it"),
        ("QUY", "did you mean `bnssg`?"),
        ("NHS Devon ICB", "did you mean `devon`?"),
        ("BLMK", "did you mean `bedfordshire-luton-and-milton-keynes`?"),
        ("Norwitch", "did you mean `norfolk-and-waveney`? Norwich is a place in it"),
        ("somerst", "did you mean `somerset`?"),
        (
            "London",
            "did you mean `north-central-london`, `north-east-london`, `north-west-london`, `south-east-london` or "
            "`south-west-london`?",
        ),
        ("zzz", "`placemap list` shows the systems there are"),
    ],
)
def test_an_unknown_name_suggests(cli, name, hint):
    ran = cli("build", name)
    assert ran.code == 3
    assert ran.err.splitlines()[1] == f"  → {hint}"


@pytest.mark.parametrize(
    ("name", "code", "hint"),
    [
        ("Eeast", 3, "did you mean `toyshire/localities/east`?"),
        ("toyshire/localities/wesst", 2, "did you mean `toyshire/localities/west`?"),
    ],
)
def test_an_unknown_place_suggests(cli, name, code, hint):
    ran = cli("explain", name, "--system", "toyshire")
    assert ran.code == code
    assert hint in ran.err
