"""What people wait for at every command is what it loads: those that need no frames, maps or models load none."""

import os
import subprocess
import sys

import pytest

from conftest import PACKAGED

#: Libraries that take longer to load than a build takes to run; `numpy.ma` and `pyarrow.compute` come with some uses of
#: numpy and Arrow alone.
HEAVY = ("pandas", "geopandas", "matplotlib", "rich", "pydantic", "duckdb", "shapely", "openpyxl", "requests", "numpy.ma", "pyarrow.compute")  # fmt: skip
#: What numpy loads itself: older releases load more of their own.
WITH_NUMPY = set(
    subprocess.run(
        [sys.executable, "-c", "import sys, numpy; print(*sys.modules)"], capture_output=True, text=True, check=True
    ).stdout.split()
)
#: What no command needs that only reads configs.
NUMBERS = ("numpy", "pyarrow")
COMMANDS = {
    "help": (["--help"], (*NUMBERS, "yaml", "jsonschema_rs")),
    "list": (["list"], NUMBERS),
    "show": (["show", "bnssg"], ()),
    "show --json": (["show", "bnssg", "--json"], ()),
    "check": (["check", "bnssg", "norfolk-and-waveney"], ()),
    "check --json": (["check", "bnssg", "--all", "--json"], ()),
    "build": (["build", "bnssg", "norfolk-and-waveney", "--all", "--out", "{out}"], ()),
    "explain an LSOA": (["explain", "E01014848"], ()),
    "explain a PCN": (["explain", "U48538", "--json"], ()),
    "explain a place": (["explain", "bnssg/localities/south-bristol"], ()),
}
RUN = """
import sys
from placemap.__main__ import main
try:
    main()
except SystemExit as end:
    code = end.code
print("LOADED", *sorted(sys.modules), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_loads_no_more_than_it_needs(command, tmp_path):
    words, more = COMMANDS[command]
    environment = {**os.environ, "PLACEMAP_DATA": str(PACKAGED), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, *(word.format(out=tmp_path / "out") for word in words)],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.rpartition("LOADED ")[2].split())
    assert "placemap" in loaded
    assert sorted(loaded & {*(set(HEAVY) - WITH_NUMPY), *more}) == []
