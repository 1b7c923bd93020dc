"""What can go wrong while a folder is written: what stood there stays, nothing is half done, and nobody sees a traceback."""

import _pyio
import errno
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import toy_county

from conftest import environment, files_of

ELSEWHERE = "or choose another place with --out; what stood there before is unchanged\n"
NO_SPACE = f"  → free some space, {ELSEWHERE}"
NO_RIGHT = f"  → get permission to write there, close any program that has it open, {ELSEWHERE}"


@pytest.fixture
def built(cli, tmp_path):
    """The files of a good build in `out`."""
    assert cli("build", "toyshire").code == 0
    return files_of(tmp_path / "out")


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_out_is_a_file(cli, tmp_path):
    (tmp_path / "out").write_text("mine")
    ran = cli("build", "toyshire")
    assert ran.code == 3
    assert (
        ran.err
        == f"error: out/toyshire/localities: the output cannot be written: {os.strerror(errno.ENOTDIR)}\n  → `out` is in the way: move it away, {ELSEWHERE}"
    )
    assert (tmp_path / "out").read_text() == "mine"


def test_target_is_a_file(cli, tmp_path):
    (tmp_path / "out/toyshire").mkdir(parents=True)
    (tmp_path / "out/toyshire/localities").write_text("mine")
    ran = cli("build", "toyshire")
    assert ran.code == 3
    assert ran.err == (
        "error: out/toyshire/localities: this is not a folder that placemap wrote; it would be replaced\n"
        "  → move it away, or choose another folder with --out\n"
    )
    assert files_of(tmp_path / "out") == {"toyshire/localities": b"mine"}


def test_target_is_a_link(cli, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "out/toyshire").mkdir(parents=True)
    (tmp_path / "out/toyshire/localities").symlink_to(elsewhere)
    ran = cli("build", "toyshire")
    assert ran.code == 3
    assert "this is not a folder that placemap wrote" in ran.err
    assert (tmp_path / "out/toyshire/localities").is_symlink()


def test_name_that_is_too_long(cli, tmp_path):
    ran = cli("build", "toyshire", "--out", "o" * 300)
    assert ran.code == 3
    assert ran.err.splitlines()[0].endswith(f"the output cannot be written: {os.strerror(errno.ENAMETOOLONG)}")
    assert ran.err.splitlines()[1] == ("  → choose a shorter name with --out; what stood there before is unchanged")


@pytest.mark.parametrize(
    "command", [["apply", "data.csv", "--system", "toyshire", "--out"], ["data", "lock", "toyshire", "--to"]]
)
def test_a_folder_where_a_file_shall_be(cli, tmp_path, command):
    (tmp_path / "data.csv").write_text("lsoa\nE01000001\n")
    (tmp_path / "here.csv").mkdir()
    (tmp_path / "here.csv/mine").write_text("mine")
    ran = cli(*command, "here.csv")
    assert ran.code == 3
    assert ran.err.endswith(
        f"cannot be written: {os.strerror(errno.EISDIR)}\n  → `here.csv` is in the way: move it away, "
        f"or choose another place with {command[-1]}; what stood there before is unchanged\n"
    )
    assert "mine" in files_of(tmp_path / "here.csv")


@pytest.mark.parametrize("more", [[], ["--join"]])
def test_a_name_that_is_too_long_for_a_file(cli, tmp_path, more):
    (tmp_path / "data.csv").write_text("lsoa\nE01000001\n")
    ran = cli("apply", "data.csv", "--system", "toyshire", "--by", "lsoa", "--out", "o" * 300 + ".csv", *more)
    assert ran.code == 3
    assert (
        f"the output cannot be written: {os.strerror(errno.ENAMETOOLONG)}\n  → choose a shorter name with --out"
        in ran.err
    )


@pytest.mark.parametrize(
    ("code", "step"),
    [
        (errno.ENOSPC, "free some space, or choose another place with"),
        (errno.EDQUOT, "free some space, or choose another place with"),
        (errno.EACCES, "get permission to write there"),
        (errno.EPERM, "get permission to write there"),
        (errno.EROFS, "get permission to write there"),
        (errno.EEXIST, "is in the way: move it away"),
        (errno.ENOTDIR, "is in the way: move it away"),
        (errno.EISDIR, "is in the way: move it away"),
        (errno.ENAMETOOLONG, "choose a shorter name with"),
        (errno.EIO, "choose another place with"),
    ],
)
def test_the_next_step_follows_what_the_system_says(tmp_path, code, step):
    """Each writer of one file, a folder or a store asks this function."""
    from placemap.core.files import cannot_write

    (tmp_path / "file").write_text("")
    error = cannot_write(OSError(code, os.strerror(code)), tmp_path / "file/below", option="--to")
    assert error.message == f"the output cannot be written: {os.strerror(code)}"
    assert step in error.hint
    assert error.hint.endswith(" --to; what stood there before is unchanged")
    assert (f"`{tmp_path / 'file'}`" in error.hint) == ("in the way" in step)
    assert ("space" in error.hint) == (code in (errno.ENOSPC, errno.EDQUOT))


def test_the_same_bytes_where_lines_end_otherwise(cli, tmp_path, monkeypatch):
    """Windows ends lines of text with CRLF unless it is told not to; Python's own `open` in Python can be made to."""
    commands = [
        ["build", "toyshire", "--out", "out"],
        ["build", "bad.yaml", "--out", "out/bad"],
        ["data", "lock", "toyshire", "--to", "out/placemap.lock"],
        ["compare", "toyshire", "--out", "out/compared"],
        ["apply", "data.csv", "--system", "toyshire", "--by", "lsoa", "--reconciliation", "out/rest.csv"],
    ]
    (tmp_path / "data.csv").write_text("lsoa\nE01000001\n")
    (tmp_path / "bad.yaml").write_text(
        toy_county.CONFIG.replace("practice: {A90006: LONE SURGERY}", "practice: [A99999]")
    )
    for command in commands:
        cli(*command)
    usual = files_of(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "usual")
    monkeypatch.setattr(os, "linesep", "\r\n")
    monkeypatch.setattr(io, "open", _pyio.open)
    (tmp_path / "proof").write_text("\n")
    assert (tmp_path / "proof").read_bytes() == b"\r\n"
    for command in commands:
        cli(*command)
    assert files_of(tmp_path / "out") == usual
    assert {"README.md", "FAILED.md", "metadata.json", "placemap.lock", "rest.csv"} <= {
        Path(name).name for name in usual
    }


def test_foreign_files_are_kept(cli, tmp_path, built):
    folder = tmp_path / "out/toyshire/localities"
    (folder / "analysis.xlsx").write_text("mine")
    ran = cli("build", "toyshire")
    assert ran.code == 3
    assert ran.err == (
        "error: out/toyshire/localities: the folder holds files that placemap did not write (analysis.xlsx); they would be lost\n"
        "  → move them away, or choose another folder with --out\n"
    )
    assert files_of(tmp_path / "out") == {**built, "toyshire/localities/analysis.xlsx": b"mine"}


LITTER = (".DS_Store", "._places.csv", "Thumbs.db", "desktop.ini", ".~lock.places.csv#", "~$placemap.xlsx")


@pytest.mark.parametrize("name", LITTER)
def test_litter_of_systems_does_no_harm(cli, tmp_path, built, name):
    (tmp_path / "out/toyshire/localities" / name).write_bytes(b"\0\1")
    assert cli("build", "toyshire").code == 0
    assert files_of(tmp_path / "out") == built


@pytest.mark.parametrize("mine", ["notes.txt", ".hidden", "~notes", "thumbs.db.csv", ".DS_Store/notes.txt", "desktop"])
def test_and_hides_no_file_of_a_user(cli, tmp_path, built, mine):
    folder = tmp_path / "out/toyshire/localities"
    for name in LITTER:
        if not mine.startswith(name):
            (folder / name).write_bytes(b"\0\1")
    (folder / mine).parent.mkdir(exist_ok=True)
    (folder / mine).write_text("mine")
    ran = cli("build", "toyshire")
    assert ran.code == 3
    assert f"holds files that placemap did not write ({mine}); they would be lost" in ran.err
    assert (folder / mine).read_text() == "mine"


def test_litter_does_no_harm_to_a_pack_or_a_store(tmp_path):
    from placemap.core.errors import PlacemapError
    from placemap.outputs.foi.write import write_pack
    from placemap.sources.tables.write_store import write_store

    pack = tmp_path / "pack"
    (pack / "tables").mkdir(parents=True)
    (pack / "tables/.~lock.places.csv#").write_text("")
    write_pack({"SHA256SUMS": b"", "a.txt": b"a"}, pack, "")
    assert files_of(pack) == {"SHA256SUMS": b"", "a.txt": b"a"}
    (pack / "notes.txt").write_text("mine")
    with pytest.raises(PlacemapError, match=r"files that placemap did not write \(a.txt, notes.txt\)"):
        write_pack({"SHA256SUMS": b""}, pack, "")
    (tmp_path / "store").mkdir()
    (tmp_path / "store/Thumbs.db").write_text("")
    write_store((), tmp_path / "store")
    assert (tmp_path / "store/manifest.json").is_file()


def test_folder_without_metadata_is_foreign(cli, tmp_path, built):
    (tmp_path / "out/toyshire/localities/metadata.json").write_text("{}")
    assert cli("build", "toyshire").code == 3


def test_not_writable(cli, tmp_path, monkeypatch):
    """Permission is refused by the system call, so that the test holds for root, too."""

    def refuse(self, *_args, **_more):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    ran = cli("build", "toyshire")
    assert ran.code == 3
    assert (
        ran.err
        == f"error: out/toyshire/localities: the output cannot be written: {os.strerror(errno.EACCES)}\n{NO_RIGHT}"
    )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_really_not_writable(cli, tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)
    ran = cli("build", "toyshire")
    assert (ran.code, ran.err.splitlines()[0].split(": ")[-1]) == (3, os.strerror(errno.EACCES))


@pytest.mark.parametrize("formats", ["csv", "parquet"])
@pytest.mark.parametrize("after", [0, 1, 6, 13])
def test_disk_full(cli, tmp_path, monkeypatch, built, after, formats):
    """The disk fills up after some files: what was there before is untouched, and nothing is left beside it."""
    import pyarrow.parquet as pq

    written = 0

    def filling(write):
        def maybe(*args, **more):
            nonlocal written
            written += 1
            if written > after:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(*args, **more)

        return maybe

    monkeypatch.setattr(Path, "write_text", filling(Path.write_text))
    monkeypatch.setattr(pq, "write_table", filling(pq.write_table))
    ran = cli("build", "toyshire", "--format", formats)
    assert ran.code == 3
    assert (
        ran.err
        == f"error: out/toyshire/localities: the output cannot be written: {os.strerror(errno.ENOSPC)}\n{NO_SPACE}"
    )
    assert files_of(tmp_path / "out") == built
    assert names(tmp_path / "out/toyshire") == ["localities"]


def test_really_full_disk(process, tmp_path):
    """On a file system of 200 kB, where one can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs a right to mount a small file system")
    try:
        (tmp_path / "toy.yaml").write_text(toy_county.CONFIG)
        ran = process("build", "toy.yaml", "--all", "--out", disk)
        assert ran.code == 3
        assert f"the output cannot be written: {os.strerror(errno.ENOSPC)}" in ran.err
        assert "Traceback" not in ran.err
        assert not list(disk.rglob(".*"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("after", [0, 5, 13])
def test_interrupt_while_writing(cli, tmp_path, monkeypatch, built, after):
    written = 0
    really = Path.write_text

    def interrupted(self, *args, **more):
        nonlocal written
        written += 1
        if written > after:
            raise KeyboardInterrupt
        return really(self, *args, **more)

    monkeypatch.setattr(Path, "write_text", interrupted)
    ran = cli("build", "toyshire")
    assert ran.code == 130
    assert ran.err == "Interrupted. Every folder that was written is complete; nothing is half done.\n"
    assert files_of(tmp_path / "out") == built
    assert names(tmp_path / "out/toyshire") == ["localities"]


@pytest.mark.parametrize("at", [1, 2])
def test_interrupt_while_swapping(cli, tmp_path, monkeypatch, built, at):
    """Between the two renames and at the second, too, the folder is complete afterwards."""
    renamed = 0
    really = Path.rename

    def interrupted(self, target):
        nonlocal renamed
        renamed += 1
        if renamed == at:
            raise KeyboardInterrupt
        return really(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    assert cli("build", "toyshire").code == 130
    monkeypatch.undo()
    assert files_of(tmp_path / "out") == built


SLOW = """
import sys, time
from pathlib import Path
import placemap.outputs.folder as w
write = w.write_csv
def slow(table, path):
    write(table, path)
    print("wrote", flush=True)
    time.sleep(0.5)
w.write_csv = slow
sys.argv = ["placemap", *sys.argv[1:]]
from placemap.__main__ import main
main()
"""


def started(tmp_path, script, *args, store):
    (tmp_path / "toy.yaml").write_text(toy_county.CONFIG)
    return subprocess.Popen(
        [sys.executable, "-c", script, *args],
        cwd=tmp_path,
        env=environment(store),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background of a script has Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def test_ctrl_c(tmp_path, toy_store):
    with started(tmp_path, SLOW, "build", "toy.yaml", store=toy_store) as job:
        assert job.stdout.readline() == "wrote\n"
        job.send_signal(signal.SIGINT)
        _, err = job.communicate(timeout=30)
    assert job.returncode == 130
    assert err == "Interrupted. Every folder that was written is complete; nothing is half done.\n"
    assert files_of(tmp_path / "out") == {}
    assert names(tmp_path / "out/toyshire") == []


def test_kill_while_writing_and_build_again(tmp_path, toy_store, process):
    with started(tmp_path, SLOW, "build", "toy.yaml", store=toy_store) as job:
        assert job.stdout.readline() == "wrote\n"
        job.kill()
        job.communicate(timeout=30)
    assert names(tmp_path / "out/toyshire") == [".localities.new"]
    assert process("build", "toy.yaml").code == 0
    assert names(tmp_path / "out/toyshire") == ["localities"]


SLOW_FILE = """
import sys, time
from pathlib import Path
import placemap.outputs.applied as w
write = w.ENDINGS[".csv"]
def slow(table, path):
    path.write_text("half")
    print("half", flush=True)
    sys.stdin.readline()
    write(table, path)
w.ENDINGS[".csv"] = slow
sys.argv = ["placemap", *sys.argv[1:]]
from placemap.__main__ import main
main()
"""


def applying(tmp_path, store, out):
    (tmp_path / "data.csv").write_text("lsoa\nE01000001\n")
    return started(
        tmp_path, SLOW_FILE, "apply", "data.csv", "-s", "toy.yaml", "--by", "lsoa", "--out", out, store=store
    )


@pytest.mark.parametrize("again", ["the same file", "another file", "a build"])
def test_kill_while_a_file_is_written(tmp_path, toy_store, process, again):
    """What the dead writer left is cleared by whatever is written to that folder next."""
    folder = tmp_path / "out/toyshire/localities"
    (tmp_path / "toy.yaml").write_text(toy_county.CONFIG)
    assert process("build", "toy.yaml").code == 0
    before = names(folder)
    with applying(tmp_path, toy_store, folder / "by-place.csv") as job:
        assert job.stdout.readline() == "half\n"
        job.kill()
        job.communicate(timeout=30)
    assert names(folder) == sorted([*before, f".by-place.{job.pid}.new.csv"])
    if again == "a build":
        assert process("build", "toy.yaml").code == 0
        assert names(folder) == before
        return
    out = "by-place.csv" if again == "the same file" else "other.csv"
    assert process("apply", "data.csv", "-s", "toy.yaml", "--by", "lsoa", "--out", folder / out).code == 0
    assert names(folder) == sorted([*before, out])


def test_a_living_writer_keeps_its_file(tmp_path, toy_store, process):
    with applying(tmp_path, toy_store, "slow.csv") as job:
        assert job.stdout.readline() == "half\n"
        assert process("apply", "data.csv", "-s", "toy.yaml", "--by", "lsoa", "--out", "quick.csv").code == 0
        assert (tmp_path / f".slow.{job.pid}.new.csv").read_text() == "half"
        job.communicate("go on\n", timeout=30)
    assert job.returncode == 0
    assert (tmp_path / "slow.csv").read_bytes() == (tmp_path / "quick.csv").read_bytes()
    assert not list(tmp_path.glob(".*.new*"))


DIES = """
import os, sys
from pathlib import Path
rename, renamed = Path.rename, 0
def dying(self, target):
    global renamed
    rename(self, target)
    renamed += 1
    if renamed == 1:
        os._exit(9)
Path.rename = dying
sys.argv = ["placemap", *sys.argv[1:]]
from placemap.__main__ import main
main()
"""


@pytest.mark.parametrize("second", ["good", "failing"])
def test_kill_between_the_renames(tmp_path, toy_store, process, second):
    """The old folder is complete, though under another name; the next build tidies up, whatever becomes of it."""
    (tmp_path / "toy.yaml").write_text(toy_county.CONFIG)
    process("build", "toy.yaml")
    before = files_of(tmp_path / "out/toyshire/localities")
    with started(tmp_path, DIES, "build", "toy.yaml", store=toy_store) as job:
        job.communicate(timeout=30)
    assert job.returncode == 9
    assert names(tmp_path / "out/toyshire") == [".localities.new", ".localities.old"]
    assert files_of(tmp_path / "out/toyshire/.localities.old") == before
    assert files_of(tmp_path / "out/toyshire/.localities.new") == before
    if second == "failing":
        (tmp_path / "toy.yaml").write_text(
            toy_county.CONFIG.replace("practice: {A90006: LONE SURGERY}", "practice: [A99999]")
        )
    assert process("build", "toy.yaml").code == (4 if second == "failing" else 0)
    assert names(tmp_path / "out/toyshire") == ["localities"]
    assert ("FAILED.md" in names(tmp_path / "out/toyshire/localities")) == (second == "failing")


def test_the_old_folder_comes_back_though_the_next_build_fails(cli, tmp_path, monkeypatch, built):
    folder = tmp_path / "out/toyshire/localities"
    folder.rename(folder.with_name(".localities.old"))

    def full(*_args, **_more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    assert cli("build", "toyshire").code == 3
    assert files_of(tmp_path / "out") == built


def test_two_builds_at_once(tmp_path, toy_store):
    """They wait for one another and the folder is that of one build, whole."""
    jobs = [
        started(tmp_path, SLOW.replace("0.5", "0.02"), "build", "toy.yaml", "--all", store=toy_store) for _ in range(3)
    ]
    ended = [job.communicate(timeout=60) for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0, 0], [err for _, err in ended]
    for name in ("councils", "inside", "localities", "mixed"):
        folder = tmp_path / "out/toyshire" / name
        assert names(folder) == json.loads((folder / "metadata.json").read_text())["schema:hasPart"]
    assert names(tmp_path / "out/toyshire") == ["councils", "inside", "localities", "mixed"]


def test_lock_that_is_held_too_long(cli, tmp_path, monkeypatch):
    from placemap.core import files as folders

    monkeypatch.setattr("placemap.core.file_locks.LOCK_SECONDS", 0.1)
    (tmp_path / "out/toyshire").mkdir(parents=True)
    with folders.replacing(Path("out/toyshire/localities")):
        ran = cli("build", "toyshire")
    assert ran.code == 3
    assert "another placemap has been writing here for over 0.1 seconds" in ran.err


COUNT = """
import sys, time
from pathlib import Path
from placemap.core.file_locks import locked
for _ in range(40):
    with locked(Path("shared")):
        number = int(Path("number").read_text())
        time.sleep(0.0005)
        Path("number").write_text(str(number + 1))
"""


def test_locks_let_in_one_at_a_time_and_leave_nothing(tmp_path):
    """Six processes read a number and write the next; with two at once one would be lost. The files of locks are deleted."""
    (tmp_path / "number").write_text("0")
    (tmp_path / "tmp").mkdir()
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", COUNT], cwd=tmp_path, env={**environment(), "TMPDIR": str(tmp_path / "tmp")}
        )
        for _ in range(6)
    ]
    assert [job.wait(timeout=100) for job in jobs] == [0] * 6
    assert (tmp_path / "number").read_text() == "240"
    assert names(tmp_path / "tmp") == [f"placemap-{os.getuid()}-all.lock"]


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path):
    (tmp_path / "tmp").mkdir()
    env = {**environment(), "TMPDIR": str(tmp_path / "tmp")}
    code = "from pathlib import Path\nfrom placemap.core.file_locks import locked\nwith locked(Path('shared'), 5): {}"
    killed = "__import__('os').kill(__import__('os').getpid(), 9)"
    assert (
        subprocess.run([sys.executable, "-c", code.format(killed)], cwd=tmp_path, env=env, check=False).returncode == -9
    )
    assert len(names(tmp_path / "tmp")) == 2
    subprocess.run([sys.executable, "-c", code.format("pass")], cwd=tmp_path, env=env, check=True)
    assert names(tmp_path / "tmp") == [f"placemap-{os.getuid()}-all.lock"]


def left_after(tmp_path, store, lines, *args, **streams):
    """Run placemap into a pipe whose reader leaves after some lines."""
    job = subprocess.Popen(
        [sys.executable, "-m", "placemap", *args],
        cwd=tmp_path,
        env=environment(store),
        stdout=subprocess.PIPE,
        **streams,
    )
    for _ in range(lines):
        assert job.stdout.readline()
    job.stdout.close()
    err = job.stderr.read() if job.stderr else b""
    if job.stderr:
        job.stderr.close()
    return job.wait(timeout=60), err


@pytest.mark.parametrize("command", [["schema"], ["list"], ["--help"], ["build", "--help"], ["build", "toy.yaml"]])
def test_reader_of_a_pipe_leaves(tmp_path, toy_store, command):
    """`placemap list | head -0` ends without a word, as programs do that SIGPIPE ends."""
    (tmp_path / "toy.yaml").write_text(toy_county.CONFIG)
    assert left_after(tmp_path, toy_store, 0, *command, stderr=subprocess.PIPE) == (141, b"")


def test_files_are_whole_though_the_reader_left(tmp_path, toy_store, process):
    """`placemap build … 2>&1 | head -1`; what comes after is not built, and the exit code does not say that it was."""
    (tmp_path / "toy.yaml").write_text(toy_county.CONFIG)
    assert process("build", "toy.yaml", "--all", "--out", "all").code == 0
    args = ("build", "toy.yaml", "--all", "--out", "cut")
    code, _ = left_after(tmp_path, toy_store, 1, *args, stderr=subprocess.STDOUT)
    assert code == 141
    made, cut = files_of(tmp_path / "all"), files_of(tmp_path / "cut")
    assert cut
    written = {str(Path(name).parent) for name in cut}
    assert cut == {name: content for name, content in made.items() if str(Path(name).parent) in written}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", [["schema"], ["list"], ["check", "bnssg", "-f", "single-place"]])
def test_stdout_that_is_full(tmp_path, command):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "placemap", *command],
            cwd=tmp_path,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert os.strerror(errno.ENOSPC) in done.stderr


@pytest.mark.parametrize(
    "command", [["list"], ["show", "toy.yaml"], ["check", "toy.yaml"], ["show", "toy.yaml", "--json"]]
)
def test_stdout_that_knows_few_characters(tmp_path, process, command):
    """A pipe on Windows takes the characters of Western Europe; others come as escapes, and JSON stays JSON."""
    (tmp_path / "configs").mkdir()
    text = toy_county.CONFIG.replace("name: East", "name: Dŵr → East")
    (tmp_path / "toy.yaml").write_text(text, encoding="utf-8")
    ran = process(*command, PYTHONIOENCODING="cp1252")
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err
    assert "\\u2500" not in ran.out
    assert "\\u2192" not in ran.out + ran.err or "--json" in command
    if "--json" in command:
        assert json.loads(ran.out)["footprints"][2]["places"][0]["name"] == "Dŵr → East"
