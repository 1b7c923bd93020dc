"""Fuzz the readers of configs and of users' tables: `fuzz.py yaml|csv --seconds N`. Needs atheris (Linux).

Anything but a PlacemapError is a crash, which atheris prints with the input that made it. The seeds are the packaged
configs and a few small tables; what atheris finds on the way is kept in memory only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[1]
TABLES = (
    b"LSOA,n,rate\nE01014485,10,0.1\n e01014486 ,20,0.2\nW01000001,3,\n",
    b'\xef\xbb\xbfward;n\nE05010885;"1,005"\nX;*\n',
    b"A title\n\npractice\tn\nL81036\t1\n\t2\n",
    "Área,n\nE01014485,é\n".encode("latin-1"),
    "lsoa,n\nE01014485,1\n".encode("utf-16"),
)


def yaml_target() -> object:
    with atheris.instrument_imports(include=["placemap"]):
        from placemap.config.load import system_from_text
        from placemap.core.errors import PlacemapError

    def read(data: bytes) -> None:
        try:
            system_from_text(data.decode("utf-8", errors="surrogateescape"), "fuzz.yaml")
        except PlacemapError as error:
            assert str(error)

    return read


def csv_target() -> object:
    with atheris.instrument_imports(include=["placemap"]):
        import placemap.apply.scan
        import placemap.reference.recognise
    import placemap
    from placemap.core.errors import PlacemapError

    places = placemap.load("bnssg", data=ROOT / "data")
    path = Path(tempfile.mkdtemp()) / "fuzz.csv"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        try:
            applied = places.apply(path, sums=["n"])
        except PlacemapError as error:
            assert str(error)
            return
        (found,) = applied.reconciliations
        assert abs(sum(line.rows for line in found.lines) - found.total.rows) < 1e-6

    return read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("yaml", "csv"))
    parser.add_argument("--seconds", type=int, default=60)
    given = parser.parse_args()
    corpus = Path(tempfile.mkdtemp())
    seeds = [path.read_bytes() for path in (ROOT / "configs").glob("*.yaml")] if given.what == "yaml" else TABLES
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    target = yaml_target() if given.what == "yaml" else csv_target()
    options = [f"-max_total_time={given.seconds}", "-max_len=8192", "-rss_limit_mb=4096", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
