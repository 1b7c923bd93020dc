"""A wheel and an sdist build, and the wheel alone does the main job: nothing of it rests on the checkout.

Without the network: the environment is empty but for the wheel, and borrows its dependencies from this one. `.ci/run`
does the same with dependencies that pip fetches, which shows that all are declared, and with pipx, which cannot do
without the network.
"""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from conftest import REPO

HASHES = REPO / "tests/golden/bnssg.sha256"


def run(*words, cwd):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PLACEMAP_DATA")}
    # Neither may somebody's own store stand in for the tables in the wheel.
    environment |= {"XDG_CACHE_HOME": str(cwd), "LOCALAPPDATA": str(cwd), "HOME": str(cwd)}
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(source, to, target):
    """Build `wheel` or `sdist` with the build backend itself, which needs no network; the file."""
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", to, cwd=source)
    (made,) = to.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return made


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("hatchling", reason="needs hatchling, which builds the wheel (extra `test`)")
    return build(REPO, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def placemap(wheel, tmp_path_factory):
    """The command of an environment that holds the wheel."""
    pytest.importorskip("pip", reason="needs pip, which installs the wheel")
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=os.name != "nt")
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", wheel, cwd=folder)
    found = run(
        python,
        "-c",
        "import placemap, sysconfig; print(placemap.__file__, sysconfig.get_path('purelib'), sep='\\n')",
        cwd=folder,
    )
    module, packages = map(Path, found.splitlines())
    assert module.is_relative_to(packages)
    lent = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (packages / "lent.pth").write_text("\n".join(lent), encoding="utf-8")
    return scripts / ("placemap.exe" if os.name == "nt" else "placemap")


def test_the_wheel_does_the_main_job_from_another_folder(placemap, tmp_path):
    """`placemap build bnssg`, to the byte as it is in the golden file."""
    run(placemap, "build", "bnssg", cwd=tmp_path)
    from hashlib import sha256

    made = {
        path.relative_to(tmp_path / "out").as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    lines = HASHES.read_text(encoding="utf-8").splitlines()
    assert made == {name.removeprefix("./"): digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def test_the_wheel_brings_its_configs_and_tables(wheel):
    inside = {name.removeprefix("placemap/_packaged/") for name in contents(wheel) if "/_packaged/" in name}
    given = {
        path.relative_to(REPO).as_posix()
        for top in ("configs", "data")
        for path in (REPO / top).rglob("*")
        if path.is_file()
    }
    assert inside == given


def test_the_sdist_gives_the_same_wheel(wheel, tmp_path):
    sdist = build(REPO, tmp_path / "sdist", "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.name.startswith("placemap-"))
    assert (source / "tests" / "packaging" / Path(__file__).name).is_file()
    assert contents(build(source, tmp_path / "wheel", "wheel")) == contents(wheel)
