"""What all tests share: the toy county, the command line in this process and in another, the real reference files."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import toy_county
from hypothesis import HealthCheck, settings

import placemap
from placemap.cli import load

load()  # tests call the app of this process, with any of its commands

REPO = Path(__file__).parents[1]
PACKAGED = REPO / "data"
# What Hypothesis finds must not hang on how busy the machine is, nor may a run differ from the one before it: a deadline
# for each example says nothing of placemap, and new examples are what `make stress` is for.
settings.register_profile(
    "placemap",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("placemap")

#: Places of England, as the page of checks on the atlas counts them.
PLACES = 191


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden/expected from what is built")


@pytest.fixture(scope="session", autouse=True)
def _never_the_users_cache(tmp_path_factory):
    """Whatever a test forgets to say, it reads the packaged tables and not the cache of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLACEMAP_DATA", str(PACKAGED))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def toy_store(tmp_path_factory):
    """The toy county's reference store; read it, don't change it."""
    return toy_county.write_store(tmp_path_factory.mktemp("toy") / "store")


@pytest.fixture
def own_store(tmp_path):
    """A toy store of the test's own, to damage."""
    return toy_county.write_store(tmp_path / "own-store")


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


def ran(*args):
    """Run `placemap` in this process; what was not meant to be raised is."""
    from typer.testing import CliRunner

    from placemap.cli import app

    result = CliRunner().invoke(app, [str(arg) for arg in args], prog_name="placemap")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def cli(tmp_path, monkeypatch, toy_store):
    """Run `placemap` in this process, in a folder of the test's own with the toy config in `configs/`."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "toyshire.yaml").write_text(toy_county.CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLACEMAP_DATA", str(toy_store))

    return ran


def environment(store=PACKAGED, **more):
    """The environment of a subprocess that runs placemap from this checkout."""
    return {**os.environ, "PYTHONPATH": str(REPO / "src"), "PLACEMAP_DATA": str(store), **more}


@pytest.fixture
def process(tmp_path, toy_store):
    """Run `placemap` as a process of its own."""

    def run(*args, store=toy_store, cwd=tmp_path, **more):
        done = subprocess.run(
            [sys.executable, "-m", "placemap", *map(str, args)],
            cwd=cwd,
            env=environment(store, **more),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def toy(toy_store):
    """Make a Workspace on the toy county and a footprint of a config text: `workspace, system, footprint`."""
    from placemap.commands.workspace import Workspace
    from placemap.config.load import system_from_text
    from placemap.reference.geography import Geography
    from placemap.reference.open_store import open_store

    def make(text=toy_county.CONFIG, footprint=None, store=toy_store):
        workspace = Workspace(Geography(open_store(store)))
        system = system_from_text(text, "toy.yaml")
        return workspace, system, system.footprints[footprint or system.default_footprint]

    return make


@pytest.fixture
def findings_of(toy):
    """All findings about a footprint of a config text, on the toy county."""

    def find(text=toy_county.CONFIG, footprint=None, **more):
        workspace, system, chosen = toy(text, footprint, **more)
        return workspace.check(system, chosen).findings

    return find


@pytest.fixture(scope="session")
def official_files() -> Path:
    """The folder of official files; a test that needs it is skipped where it is not there."""
    folder = Path(os.environ.get("PLACEMAP_REFERENCE") or REPO.parent / "shared" / "reference")
    if not folder.is_dir():
        pytest.skip(f"needs the official files: there is no {folder} (set PLACEMAP_REFERENCE)")
    return folder


@pytest.fixture(scope="session")
def england_store(official_files, tmp_path_factory) -> Path:
    """A store of all England, to be read only; PLACEMAP_ENGLAND names one that is there already."""
    if given := os.environ.get("PLACEMAP_ENGLAND"):
        return Path(given)
    from placemap.sources.import_files import import_files

    store = tmp_path_factory.mktemp("england") / "store"
    import_files([official_files], store)
    return store


@pytest.fixture(scope="session")
def packaged() -> Path:
    """The packaged store."""
    return PACKAGED


@pytest.fixture(scope="session")
def shipped_systems():
    """Every shipped config, by id."""
    from placemap.config.load import load_system

    found = [load_system(path) for path in sorted((REPO / "configs").glob("*.yaml"))]
    return {system.id: system for system in found}


@pytest.fixture(scope="session")
def workspace():
    """A workspace on the packaged tables."""
    from placemap.commands.workspace import open_workspace

    return open_workspace(PACKAGED)


@pytest.fixture(scope="session")
def system():
    """A shipped config by its id."""
    from placemap.config.load import load_system

    return lambda name: load_system(REPO / "configs" / f"{name}.yaml")


@pytest.fixture(scope="session")
def outcome(workspace, system):
    """A built footprint of a shipped system, by the names of the two."""
    made = {}

    def build(name, footprint):
        if (name, footprint) not in made:
            found = system(name)
            made[name, footprint] = workspace.build(found, found.footprints[footprint])
        return made[name, footprint]

    return build


@pytest.fixture(scope="session")
def bnssg() -> placemap.Places:
    return placemap.load("bnssg", data=PACKAGED)


@pytest.fixture(scope="session")
def norfolk() -> placemap.Places:
    return placemap.load("norfolk-and-waveney", data=PACKAGED)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run `placemap` in this process on the packaged tables (or another `store`), in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*args, store=PACKAGED):
        monkeypatch.setenv("PLACEMAP_DATA", str(store))
        return ran(*args)

    return call


def files_of(folder: Path):
    """Every file below a folder: relative name → bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
