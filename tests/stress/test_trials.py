"""A trial kit: what people and machines do to placemap by accident, each trial repeated by its number.

A trial holds if there is no traceback, the exit code is one of those that the docs name, a refusal has words, no input
has changed, and each row is accounted for where there is a result. `PLACEMAP_EXAMPLES=500` runs 25 times as many.
Repeat one with `pytest tests/stress/test_trials.py -k trial-17-`.
"""

import contextlib
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import threading

import pytest
import toy_county
from trials import (
    BRISTOL,
    CODES_OF_BRISTOL,
    ODD_NAMES,
    Table,
    Trial,
    as_csv,
    damage,
    damage_json,
    damage_pack,
    odd_table,
    plain_table,
    write_table,
)

from conftest import PACKAGED, environment, files_of

EXAMPLES = int(os.environ.get("PLACEMAP_EXAMPLES", "20"))
TRIALS = 156 * EXAMPLES // 20
#: Says 2 usage, 3 cannot be read, 4 wrong (docs/reference/cli.md); 1 is a bug.
REFUSED = (2, 3, 4)
SYSTEM = ["--system", "toyshire"]
APPLY = ["--by", "lsoa", "--sum", "n", "--json", *SYSTEM]

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes and links of POSIX")


# --- the kinds: each makes a trial in a folder ------------------------------------------------------------------------


def odd_table_applied(rng, folder, made):
    table = odd_table(rng)
    path = write_table(rng, table, folder)
    return Trial(
        ["apply", str(path), "--json", *SYSTEM, "--max-loss", "100"], (path,), rows=(len(table.rows), table.coded)
    )


def odd_table_inferred(rng, folder, made):
    table = odd_table(rng, CODES_OF_BRISTOL)
    path = write_table(rng, table, folder)
    more = rng.choice(([], ["--place", "n"], ["--code", "area"], ["--out", "new.yaml"]))
    return Trial(["infer", str(path), "--json", "--data", str(PACKAGED), *more], (path,))


def table_inferred(rng, folder, made):
    lsoas = rng.sample(BRISTOL, rng.randint(3, len(BRISTOL)))
    unknown = ["E01999999"] * rng.randint(0, 1)
    rows = [[code, str(at), "East" if at % 2 else "West"] for at, code in enumerate([*lsoas, *unknown])]
    path = write_table(rng, Table([["lsoa", "n", "place"], *rows], len(rows)), folder)
    words = ["infer", str(path), "--json", "--data", str(PACKAGED)]
    return Trial(words, (path,), ends=(4,) if unknown else (0,), inferred=(len(lsoas), len(unknown)))


def literal_path(rng, folder, made):
    odd = ("data[1].csv", "star*.csv", "q?.csv", "n=7/d.csv", "lsoa=E01000009/d.csv", "it's.csv", "a b.csv", "%20.csv", "$x.csv", "{a,b}.csv", "é.csv", "~.csv", "s3:/d.csv")  # fmt: skip
    path = folder / rng.choice(odd)
    path.parent.mkdir(exist_ok=True)
    for decoy in ("data1.csv", "star1.csv", "starstar.csv", "qq.csv", "a.csv", "b.csv", "n=7/e.csv"):
        (folder / decoy).parent.mkdir(exist_ok=True)
        (folder / decoy).write_text("lsoa,n\nE01000001,1000\n")
    table = plain_table(rng)
    path.write_bytes(as_csv(table))
    name = str(path.relative_to(folder)) if rng.random() < 0.5 else str(path)
    return Trial(["apply", name, *APPLY], (path,), ends=(0,), rows=(len(table.rows), table.coded))


def pipe(rng, folder, made):
    table = plain_table(rng, most=rng.choice((5, 5000, 20_000)))
    os.mkfifo(folder / "pipe")
    return Trial(
        ["apply", "pipe", *APPLY], ends=(0,), rows=(len(table.rows), table.coded), feed=(folder / "pipe", as_csv(table))
    )


def input_is_output(rng, folder, made):
    path = folder / "data.csv"
    path.write_bytes(as_csv(plain_table(rng)))
    (folder / "link.csv").symlink_to(path)
    (folder / "hard.csv").hardlink_to(path)
    (folder / "here").symlink_to(folder)
    names = ("data.csv", str(path), "./data.csv", "configs/../data.csv", "link.csv", "hard.csv", "here/data.csv")
    source, target = rng.choice(names), rng.choice(names)
    config = folder / "configs/toyshire.yaml"
    words = rng.choice(
        (
            ["apply", source, "--by", "lsoa", *SYSTEM, "--out", target],
            ["apply", source, "--by", "lsoa", *SYSTEM, "--join", "--out", target],
            ["apply", source, "--by", "lsoa", *SYSTEM, "--reconciliation", target],
            ["apply", source, "--by", "lsoa", *SYSTEM, "--reconciliation", str(config)],
            ["apply", source, "--by", "lsoa", *SYSTEM, "--sql", "--keys", target],
            ["apply", source, "--by", "lsoa", *SYSTEM, "--out", "o.csv", "--reconciliation", "./o.csv"],
            ["infer", source, "--out", target],
            ["infer", source, "--out", str(config)],
            ["data", "lock", "toyshire", "--to", str(config)],
            ["new", "QUY", "--data", str(PACKAGED), "--out", str(config)],
        )
    )
    return Trial(words, (path, config), ends=REFUSED)


def column_clash(rng, folder, made):
    names = ("PLACECD", "PLACENM", "ICSID", "FOOTPRINT", "ROWS", "VALUE", "MEASURE", "UNIT_COVERAGE", "WEIGHT", "CODE", "OUTCOME", "placecd", "n", "m0a", "")  # fmt: skip
    one, two = rng.choice(names), rng.choice(names)
    rows = [[rng.choice(toy_county.LSOAS), str(rng.randint(1, 9)), rng.choice(("", "a", "b"))] for _ in range(9)]
    path = folder / "data.csv"
    text = "\n".join(",".join(row) for row in [["lsoa", one, two], *rows]) + "\n"
    path.write_text(text)
    wanted = rng.choice((["--sum", one], ["--sum", one, "--group", two], ["--group", one, "--sum", one], ["--mean", one], ["--rate", f"{one}/{one}"], ["--sum", one, "--sum", one]))  # fmt: skip
    more = rng.choice(([], ["--long"], ["--join", "--out", "o.csv"], ["--long", "--out", "o.parquet"]))
    return Trial(["apply", str(path), "--by", "lsoa", *SYSTEM, "--json", *wanted, *more], (path,), rows=(10, 9))


def odd_name_in_config(rng, folder, made):
    name = rng.choice(ODD_NAMES)
    spots = ("name: East", "name: Localities by practice", "name: Toyshire", "title: The plan", "notes: A county for tests.", "publisher: Toy Council")  # fmt: skip
    spot = rng.choice(spots)
    key = spot.split(":", maxsplit=1)[0]
    other = (("date: 2022-05", f"date: {rng.choice(('2024-13', '2024-00', '0', '[]', '9999-99'))}"), ("vintage: 2024", "vintage: 2099"), ("{90A: NHS Toy ICB - 90A}", "{90A: }\n  exclude: {sub_icb: [90A]}"), ("  localities:", f'  "{name}":'), ("      east:", f'      "{name}":'))  # fmt: skip
    old, new = rng.choice(((spot, f'{key}: "{name}"'), (spot, f"{key}: {name}"), *other))
    path = folder / "configs/odd.yaml"
    path.write_text(toy_county.CONFIG.replace(old, new).replace("id: toyshire", "id: odd"), encoding="utf-8")
    words = rng.choice((["check"], ["check", "--json"], ["build"], ["build", "--excel"], ["show"], ["build", "--all"]))
    return Trial([words[0], str(path), *words[1:]], (path,))


def damaged_store(rng, folder, made):
    store = folder / "store"
    shutil.copytree(made.store, store)
    files = sorted((store / "tables").glob("*.parquet"))
    path = rng.choice([*files, *[store / "manifest.json"] * 8])
    content = path.read_bytes()
    path.write_bytes((damage_json if path.name == "manifest.json" else damage)(rng, content))
    words = rng.choice(
        (
            ["check", "toyshire"],
            ["build", "toyshire"],
            ["apply", "d.csv", *APPLY],
            ["data", "status"],
            ["data", "verify"],
        )
    )
    data = folder / "d.csv"
    data.write_text("lsoa,n\nE01000001,5\nE01000091,7\n")
    table = path.suffix == ".parquet"
    same = made.applied if table and words[0] == "apply" else None
    rows = (3, 2) if words[0] == "apply" else None
    return Trial([*words, "--data", str(store)], (data, path), rows=rows, same=same)


def damaged_lock(rng, folder, made):
    path = folder / "placemap.lock"
    path.write_bytes(damage_json(rng, made.lock))
    return Trial(["build", "toyshire", "--locked"], (path,))


def damaged_folder(rng, folder, made):
    shutil.copytree(made.built, folder / "new")
    path = rng.choice(sorted(p for p in (folder / "new").iterdir() if p.is_file()))
    path.write_bytes((damage_json if path.suffix == ".json" else damage)(rng, path.read_bytes()))
    sides = [str(made.built), "new"]
    rng.shuffle(sides)
    return Trial(["diff", *sides, *rng.choice(([], ["--json"]))], (path,), ends=(0, 2, 3, 4, 5))


def damaged_pack(rng, folder, made):
    path = folder / "pack.zip"
    path.write_bytes(damage_pack(rng, made.pack))
    return Trial(["foi", "--verify", str(path), "--data", str(PACKAGED)], (path,), ends=(3, 4))


def damaged_store_pack(rng, folder, made):
    path = folder / "store.zip"
    path.write_bytes(damage_pack(rng, made.store_pack))
    return Trial(["data", "import", str(path), "--to", str(folder / "to")], (path,))


def closed_stream(rng, folder, made):
    path = folder / "data.csv"
    path.write_bytes(as_csv(plain_table(rng)))
    words = ["apply", "data.csv", "--by", "lsoa", "--sum", "n", *SYSTEM, "--out", "out.csv"]
    shell = rng.choice((">&-", "2>&-", ">&- 2>&- <&-", "<&-", "| true", "2>&1 | head -1", ">/dev/full"))
    return Trial(words, (path,), ends=(0, 3, 141), shell=shell)


def stdin_named(rng, folder, made):
    path = folder / "data.csv"
    table = plain_table(rng, most=rng.choice((5, 9000)))
    path.write_bytes(as_csv(table))
    shell = rng.choice(("<data.csv", "< <(cat data.csv)"))
    return Trial(["apply", "/dev/stdin", *APPLY], (path,), ends=(0,), rows=(len(table.rows), table.coded), shell=shell)


#: Quick ones often, those that take a process or a build seldom: 26 in a round.
KINDS = (
    odd_table_applied, odd_table_inferred, literal_path, input_is_output, column_clash, odd_name_in_config,
    damaged_store, odd_table_applied, damaged_lock, pipe, input_is_output, damaged_folder, column_clash,
    odd_table_applied, table_inferred, literal_path, odd_name_in_config, damaged_store, damaged_pack,
    odd_table_applied, damaged_store_pack, column_clash, damaged_store, input_is_output, closed_stream, stdin_named,
)  # fmt: skip


# --- what they are made from, and how they are run --------------------------------------------------------------------


class Made:
    """What trials damage: a store, a build, a lock, packs; made once."""

    def __init__(self, folder, store):
        self.store = store
        (folder / "configs").mkdir()
        (folder / "configs/toyshire.yaml").write_text(toy_county.CONFIG)
        (folder / "d.csv").write_text("lsoa,n\nE01000001,5\nE01000091,7\n")
        with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLACEMAP_DATA", str(store))
            assert invoke(["build", "toyshire"])[0] == 0
            assert invoke(["data", "lock", "toyshire"])[0] == 0
            code, self.applied, _ = invoke(["apply", "d.csv", *APPLY])
            assert code == 0
            assert invoke(["data", "pack", "store.zip", "--data", str(PACKAGED)])[0] == 0
            assert invoke(["foi", "bnssg", "-f", "single-place", "--data", str(PACKAGED)])[0] == 0
        self.built = folder / "out/toyshire/localities"
        self.lock = (folder / "placemap.lock").read_bytes()
        self.store_pack = (folder / "store.zip").read_bytes()
        self.pack = next(folder.rglob("*-foi.zip")).read_bytes()


@pytest.fixture(scope="module")
def made(tmp_path_factory, toy_store):
    return Made(tmp_path_factory.mktemp("made"), toy_store)


def invoke(words):
    """Run a command in this process; whatever it did not foresee is raised."""
    from typer.testing import CliRunner

    from placemap.cli import app

    result = CliRunner().invoke(app, words, prog_name="placemap")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def in_shell(trial, folder, store):
    command = f"set -o pipefail; {shlex.join([sys.executable, '-m', 'placemap', *trial.words])} {trial.shell}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(store),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@contextlib.contextmanager
def fed(trial):
    """Write into the trial's pipe while it runs; a command that never opens it fails after a minute instead of hanging."""
    if trial.feed is None:
        yield
        return
    path, content = trial.feed
    threading.Thread(target=lambda: path.write_bytes(content), daemon=True).start()
    signal.alarm(60)
    try:
        yield
    finally:
        signal.alarm(0)


def accounted(shown, rows, coded):
    """Whether each row of a result printed as JSON has become something, and each row with a code was data."""
    result = json.loads(shown)
    if (account := result["file"]) is not None:
        assert account["rows"] == rows
        assert sum(count for part, count in account.items() if part != "rows") == rows
    for item in result["reconciliations"]:
        came = item.pop("in")
        parts = [part for part in item.values() if isinstance(part, dict)]
        for title, whole in came.items():
            assert sum(part[title] for part in parts) == pytest.approx(whole), title
        assert coded <= came["rows"] <= rows
        if account is not None:
            assert came["rows"] == account["data"]


@pytest.mark.parametrize(
    "number", [pytest.param(n, id=f"trial-{n}-{KINDS[n % len(KINDS)].__name__}") for n in range(TRIALS)]
)
def test_trial(number, made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLACEMAP_DATA", str(made.store))
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/toyshire.yaml").write_text(toy_county.CONFIG)
    trial = KINDS[number % len(KINDS)](random.Random(number), tmp_path, made)
    before = {path: path.read_bytes() for path in trial.kept}
    with fed(trial):
        code, out, err = in_shell(trial, tmp_path, made.store) if trial.shell else invoke(trial.words)
    assert "Traceback" not in out + err
    assert code in trial.ends, err
    assert {path: path.read_bytes() for path in trial.kept} == before, "an input was changed"
    if code in REFUSED and not trial.shell:
        assert out.strip() or err.strip(), "refused without a word"
    if code == 0 and trial.rows:
        accounted(out, *trial.rows)
    if trial.inferred:
        found = json.loads(out)
        assert (sum(place["lsoas"] for place in found["places"]), len(found["unknown"])) == trial.inferred
    if code == 0 and trial.same is not None:
        assert out == trial.same
    if trial.shell and "--out" in trial.words:
        monkeypatch.undo()
        whole_result(trial, tmp_path, made)


def whole_result(trial, folder, made):
    """Whatever became of the streams, the file is the one that an undisturbed run writes, or none."""
    if (folder / "out.csv").exists():
        got = (folder / "out.csv").read_bytes()
        with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLACEMAP_DATA", str(made.store))
            assert invoke(trial.words)[0] == 0
        assert (folder / "out.csv").read_bytes() == got


IMPORTED = ("LSOA11_LAD18_EN_LU.csv", "LSOA21_MSOA21_EW_LU.csv")


def test_two_imports_into_one_new_store_keep_both_tables(official_files, tmp_path):
    store = tmp_path / "store"
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "placemap", "data", "import", str(official_files / name), "--to", str(store)],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name in IMPORTED
    ]
    said = [process.communicate(timeout=120)[0] for process in running]
    tables = json.loads((store / "manifest.json").read_text())["tables"]
    done = [process.returncode for process in running]
    assert "Traceback" not in "".join(said)
    assert all(code == 0 for code in done), said
    assert {"ltla-2018", "msoa-2021"} <= set(tables)
    assert {f"tables/{name}.parquet" for name in tables} <= set(files_of(store))
