"""Trust under stress: kills at every step of writing, full disks, damaged stores, writers at once, hostile tables.

`PLACEMAP_EXAMPLES=500` runs the same at length: the figures of docs/developers/reliability.md.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import PACKAGED
from placemap.api import Places
from placemap.commands.build import build
from placemap.commands.workspace import open_workspace
from placemap.config.find_config import config_path
from placemap.config.load import load_system
from placemap.core.errors import PlacemapError
from placemap.core.files import write_whole
from placemap.outputs.applied import result_table, write_frame

EXAMPLES = int(os.environ.get("PLACEMAP_EXAMPLES", "20"))

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills and limits are tried in forked children"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def ready():
    """Two workspaces whose results differ, and the system, with all tables read before any fork."""
    system = load_system(config_path("bnssg"))
    footprint = system.footprints["localities"]
    old = open_workspace(PACKAGED, "residents_mid_2022")
    new = open_workspace(PACKAGED)
    old.build(system, footprint)
    new.build(system, footprint)
    return system, footprint, old, new


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def in_child(work: Callable[[], None]) -> int:
    """Run `work` in a forked child: 0 done, 1 PlacemapError, 2 anything else, or minus the signal."""
    child = os.fork()
    if child == 0:
        code = 2
        try:
            work()
            code = 0
        except PlacemapError:
            code = 1
        except BaseException as error:  # the child must never run the parent's tests
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


STEPS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate")


def kill_at(step: int, under: Path) -> None:
    """Have this process killed as it takes its `step`-th step of writing under a folder."""
    left = [step]

    def watch(event: str, arguments: tuple) -> None:
        if event not in STEPS or not str(arguments[0]).startswith(str(under)):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def builder(ready, workspace, out):
    system, footprint, *_ = ready
    return lambda: build(workspace, system, footprint, out)


def test_a_kill_at_any_step_of_writing_leaves_the_old_or_the_new_folder(ready, tmp_path):
    _, _, old_workspace, new_workspace = ready
    builder(ready, old_workspace, tmp_path / "old")()
    builder(ready, new_workspace, tmp_path / "new")()
    old, new = (tree(tmp_path / name / "bnssg" / "localities") for name in ("old", "new"))
    assert old != new
    step, kills = 1, 0
    while True:
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(tmp_path / "old", out)

        def killed(out=out, step=step):
            kill_at(step, out)
            builder(ready, new_workspace, out)()

        code = in_child(killed)
        folder = out / "bnssg" / "localities"
        whole = [tree(folder), tree(folder.with_name(".localities.old"))]
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
        assert whole[0] in (old, new) or (not whole[0] and whole[1] == old), f"torn by a kill at step {step}"
        builder(ready, new_workspace, out)()
        assert tree(folder) == new
        assert sorted(path.name for path in folder.parent.iterdir()) == ["localities"], "the next build tidies up"
        step += 1
    assert kills >= 18, "every file, folder and rename is a step"
    assert whole[0] == new


def test_a_kill_while_a_result_is_written_leaves_the_old_file(bnssg, tmp_path):
    applied = bnssg.apply(pd.DataFrame({"lsoa": ["E01014485"], "n": [1]}), sums=["n"])
    from placemap.apply.measures import measures_of

    table, path = result_table(applied, measures_of(["n"])), tmp_path / "out" / "o.csv"
    for step in range(1, 10):
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir()
        path.write_text("old")

        def killed(step=step):
            kill_at(step, tmp_path)
            write_frame(table, path)

        code = in_child(killed)
        text = path.read_text()
        assert text == "old" or text.startswith("ICSID,")
        if code == 0:
            break
    else:
        pytest.fail("more steps than a file needs")
    assert step == 6, "the folder, the file beside it, its header, its rows, the rename, then done"


@pytest.mark.parametrize("limit", [0, 1, 1_000, 30_000, 100_000])
def test_a_full_disk_leaves_the_old_folder(ready, tmp_path, limit):
    _, _, old_workspace, new_workspace = ready
    builder(ready, old_workspace, tmp_path)()
    before = tree(tmp_path / "bnssg" / "localities")

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        builder(ready, new_workspace, tmp_path)()

    assert in_child(limited) == 1, "a PlacemapError, no traceback"
    assert tree(tmp_path / "bnssg" / "localities") == before
    assert [path.name for path in (tmp_path / "bnssg").iterdir()] == ["localities"]


def test_folders_that_cannot_be_written(ready, tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "deeper", Path("/proc/placemap")):
        with pytest.raises(PlacemapError, match="cannot be written"):
            builder(ready, ready[3], out)()
    with pytest.raises(PlacemapError, match="cannot be written"):
        write_whole(Path("/proc/placemap/o.csv"), lambda path: path.write_text(""))
    if os.getuid():
        (tmp_path / "locked").mkdir(mode=0o500)
        with pytest.raises(PlacemapError, match="cannot be written"):
            builder(ready, ready[3], tmp_path / "locked")()


def test_two_builds_into_one_folder_at_once(ready, tmp_path):
    _, _, old_workspace, new_workspace = ready
    builder(ready, new_workspace, tmp_path / "alone")()
    wanted = tree(tmp_path / "alone" / "bnssg" / "localities")
    for _ in range(3):
        children = []
        for workspace in (old_workspace, new_workspace, old_workspace, new_workspace):
            child = os.fork()
            if child == 0:
                try:
                    builder(ready, workspace, tmp_path / "out")()
                    os._exit(0)
                except BaseException:
                    os._exit(2)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
        builder(ready, new_workspace, tmp_path / "out")()
        assert tree(tmp_path / "out" / "bnssg" / "localities") == wanted
        assert [path.name for path in (tmp_path / "out" / "bnssg").iterdir()] == ["localities"]


def damage(random_: random.Random, content: bytes) -> bytes:
    """Content that is not what it was."""
    at = random_.randrange(len(content))
    how = random_.randrange(4)
    if how == 0:
        return content[:at]
    if how == 1:
        return content[:at] + bytes([content[at] ^ 1 << random_.randrange(8)]) + content[at + 1 :]
    if how == 2:
        return content[:at] + content[at : at + 50] * 2 + content[at + 50 :]
    return content[:at] + bytes(random_.randrange(256) for _ in range(20)) + content[at + 20 :]


def test_a_damaged_store_never_gives_a_crosswalk(ready, tmp_path):
    """Tables are known by their hash; a damaged manifest either is refused or says the same."""
    system, footprint, _, workspace = ready
    right = {table.name: table.frame for table in workspace.build(system, footprint).tables}
    store, random_ = tmp_path / "store", random.Random(7)
    shutil.copytree(PACKAGED, store)
    used = sorted(workspace.geography.data._tables)
    for name in used:
        path = store / "tables" / f"{name}.parquet"
        content = path.read_bytes()
        path.write_bytes(damage(random_, content))
        with pytest.raises(PlacemapError):
            open_workspace(store).build(system, footprint)
        path.write_bytes(content)
    manifest = (store / "manifest.json").read_bytes()
    for _ in range(EXAMPLES):
        (store / "manifest.json").write_bytes(damage(random_, manifest))
        try:
            tables = open_workspace(store).build(system, footprint).tables
        except PlacemapError:
            continue
        got = {table.name: table.frame for table in tables}
        assert got["place_lsoa21"][["LSOA21CD", "PLACECD"]].equals(right["place_lsoa21"][["LSOA21CD", "PLACECD"]])


# --- tables of any kind -----------------------------------------------------------------------------------------------

CODES = st.sampled_from(
    [
        "E01014485",
        "E01014486",
        "E01033907",
        "E01014848",
        " e01014485",
        "E01999999",
        "W01000001",
        "S01006506",
        "NO2011",
        "",
        "E0101448",
        "ZZZ",
        "Ünïcødé",
        "E01014485\u200b",
        "💥",
        "'; DROP TABLE placemap_data; --",
        "null",
    ]
)
NUMBERS = st.one_of(
    st.none(),
    st.integers(-(10**6), 10**6),
    st.integers(2**52, 2**70),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from(["", "*", "1,234", "1e3", "0x10", "１２", "-", " 7 ", "1_000", "nan", "inf"]),
)
ROWS = st.lists(st.tuples(CODES, NUMBERS), min_size=1, max_size=30)
QUICK = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES < 100,
)


def conserved(places: Places, frame: pd.DataFrame | Path, **options) -> pd.DataFrame | None:
    """Apply a table: refused in words, or every row and total accounted for."""
    try:
        applied = places.apply(frame, by="code", kind="lsoa", **options)
    except PlacemapError as error:
        assert str(error).strip()
        return None
    (found,) = applied.reconciliations
    assert sum(line.rows for line in found.lines) == pytest.approx(found.total.rows)
    for number, total in enumerate(found.total.totals):
        assert sum(line.totals[number] for line in found.lines) == pytest.approx(total, rel=1e-9, abs=1e-6)
    return applied.frame


@QUICK
@given(rows=ROWS, seed=st.integers(0, 9))
def test_any_table_in_memory_is_refused_or_accounted_for(bnssg, rows, seed):
    frame = pd.DataFrame({"code": [r[0] for r in rows], "n": pd.Series([r[1] for r in rows], dtype=object).map(str)})
    frame["n"] = frame["n"].where(frame["n"] != "None", "")
    first = conserved(bnssg, frame, sums=["n"], extensive=["n"])
    shuffled = frame.sample(frac=1, random_state=seed)
    again = conserved(bnssg, shuffled, sums=["n"], extensive=["n"])
    assert (first is None) == (again is None)
    if first is not None and again is not None:
        assert first["n"].tolist() == pytest.approx(again["n"].tolist(), nan_ok=True)


@QUICK
@given(rows=st.lists(st.tuples(CODES, st.integers(0, 10**9)), min_size=1, max_size=30))
def test_whole_counts_are_conserved_to_the_unit_and_agree_with_a_loop(bnssg, rows):
    place_of = dict(bnssg.crosswalk("lsoa21")[["LSOA21CD", "PLACECD"]].to_numpy())
    expected: dict[str, int] = {}
    for code, number in rows:
        if code.strip().upper() in place_of:
            place = place_of[code.strip().upper()]
            expected[place] = expected.get(place, 0) + number
    frame = conserved(bnssg, pd.DataFrame(rows, columns=["code", "n"]), sums=["n"], whole=True, max_loss=100)
    assert (frame is None) == (not expected), "refused where nothing could be placed, and only there"
    if frame is None:
        return
    assert {k: v for k, v in zip(frame["PLACECD"], frame["n"].fillna(0), strict=True) if v} == {
        k: v for k, v in expected.items() if v
    }


@QUICK
@given(
    content=st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda t: ("code,n\n" + t).encode("utf-8", "ignore"))
    )
)
def test_any_bytes_are_refused_or_accounted_for(bnssg, tmp_path, content):
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    conserved(bnssg, path, sums=["n"], extensive=["n"])


TITLES = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1, max_size=12)


@QUICK
@given(title=TITLES)
def test_any_title_of_a_column_is_quoted(bnssg, title):
    if title.casefold() in ("code", "placecd", "placenm", "icsid", "footprint"):
        return
    frame = pd.DataFrame({"code": ["E01014485", "E01014486"], title: [1, 2]})
    result = conserved(bnssg, frame, sums=[title], extensive=[title])
    assert result is None or result[title].sum() == 3


# --- configs of any shape ---------------------------------------------------------------------------------------------


@settings(QUICK, max_examples=max(EXAMPLES // 4, 3))
@given(data=st.data())
def test_any_partition_of_the_lsoas_gives_each_to_one_place_whatever_the_order(ready, bnssg, data):
    from placemap.config.load import system_from_text

    _, _, _, workspace = ready
    lsoas = sorted(bnssg.crosswalk("lsoa21")["LSOA21CD"])
    cuts = sorted(data.draw(st.sets(st.integers(1, len(lsoas) - 1), max_size=5)))
    order = data.draw(st.randoms(use_true_random=False))
    parts = [lsoas[a:b] for a, b in zip([0, *cuts], [*cuts, len(lsoas)], strict=True)]
    wanted = {f"bnssg/any/p{number}": sorted(part) for number, part in enumerate(parts)}
    texts = []
    for shuffled in (False, True):
        numbered = list(enumerate(parts))
        if shuffled:
            order.shuffle(numbered)
        lines = [HEAD]
        for number, part in numbered:
            members = list(part)
            if shuffled:
                order.shuffle(members)
            lines.append(f"      p{number}:\n        name: Place {number}\n        lsoa: [{', '.join(members)}]\n")
        system = system_from_text("".join(lines), "any.yaml")
        outcome = workspace.build(system, system.footprints["any"])
        frame = next(table.frame for table in outcome.tables if table.name == "place_lsoa21")
        assert {place: sorted(of["LSOA21CD"]) for place, of in frame.groupby("PLACECD")} == wanted
        texts.append(frame.to_csv())
    assert texts[0] == texts[1]


HEAD = """placemap: 1
ics:
  id: bnssg
  name: Any
  icb: {code: E54000039, ods: QUY, vintage: 2024}
scope: {sub_icb: {15C: }}
evidence:
  made: {title: "Made for a test", publisher: "placemap", date: 2024}
default_footprint: any
footprints:
  any:
    name: Any
    status: proposed
    grade: B
    evidence: made
    places:
"""
