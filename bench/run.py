"""The benchmark: every claim of speed, beside its peers in the same run. `python bench/run.py [--only a,f] [--rows N]`.

Each line is a whole process, so imports count; `work` is the time after them. Peers take turns, so that a busy machine is equally unkind to all. Medians
of `--repeats` (5). Data are made once in `--work`; the official files are read from PLACEMAP_REFERENCE or
../shared/reference, and items that need all England are left out where they are not there.
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PLACEMAP_DATA": str(ROOT / "data")}
# pip compiles what it installs. Where bytecode is not kept, each run from source would time the compiler, too.
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)


@dataclass
class Cost:
    """What runs of one command took: seconds on the clock, seconds of processor, megabytes at the peak.

    `work` is seconds on the clock after the imports, `count` those after tables were read, and `grown` the kilobytes that
    a long process grew by with each run, for scripts that print them.
    """

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    count: list[float] = field(default_factory=list)
    grown: list[float] = field(default_factory=list)

    def of(self, name: str) -> float:
        return statistics.median(getattr(self, name))


@dataclass(frozen=True)
class Row:
    item: str
    what: str
    cost: Cost
    against: Cost | None = None
    goal: str = ""
    note: str = ""


def run(command: list[str], cost: Cost, quiet: bool = True) -> None:
    """Run a command to its end and add what it took."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, env=ENVIRONMENT, stdout=out if quiet else None, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise SystemExit(
                f"{' '.join(command)[:300]}\nended with {process.returncode}:\n{errors.read().decode()[-2000:]}"
            )
        cost.wall.append(time.perf_counter() - start)
        out.seek(0)
        for line in out.read().decode().splitlines():
            name, _, seconds = line.partition(" ")
            if name in ("work", "count", "grown"):
                getattr(cost, name).append(float(seconds))
    cost.cpu.append(usage.ru_utime + usage.ru_stime)
    cost.memory.append(usage.ru_maxrss / 1024)


def compare(commands: dict[str, list[str]], repeats: int) -> dict[str, Cost]:
    """Medians of commands that take turns; the first round only warms the disk's cache."""
    costs = {name: Cost() for name in commands}
    for command in commands.values():
        run(command, Cost())
    for _ in range(repeats):
        for name, command in commands.items():
            run(command, costs[name])
    return costs


def placemap(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "placemap", *map(str, arguments)]


def script(name: str, *arguments: object) -> list[str]:
    return [sys.executable, str(HERE / name), *map(str, arguments)]


# --- the items --------------------------------------------------------------------------------------------------------


def item_a(work: Path, repeats: int, _rows: int) -> list[Row]:
    """Build and check of one system: the bare floor, and what an analyst would write in DuckDB and in pandas."""
    run(script("floor.py", "prepare", work / "floor"), Cost())
    commands = {
        "floor": script("floor.py", "run", work / "floor", work / "floor-out"),
        "pandas": script("plain.py", ROOT / "data", work / "plain-out"),
        "duckdb": script("plain_duckdb.py", ROOT / "data", work / "duckdb-out"),
        "placemap": placemap("build", "bnssg", "--out", work / "build"),
        "check": placemap("check", "bnssg"),
    }
    costs = compare(commands, repeats)
    ours = work / "build" / "bnssg" / "localities"
    for peer in ("plain-out", "duckdb-out"):
        run(script("equal.py", "build", ours, work / peer), Cost(), quiet=False)
    mine, sql, plain = (costs[name] for name in ("placemap", "duckdb", "pandas"))
    return [
        Row("a", "build bnssg", mine, sql, "≤ 1.5 × DuckDB script"),
        Row("a", "  the same, beside the pandas script", mine, plain, "≤ 0.55 × pandas script"),
        Row("a", "check bnssg", costs["check"], sql, "≤ 1.4 × DuckDB script"),
        Row("a", "  DuckDB script, equal LSOAs and shares", sql),
        Row("a", "  plain pandas script, equal LSOAs and shares", plain, sql),
        Row("a", "  floor: imports pandas, reads, writes the same", costs["floor"]),
    ]


def item_b(work: Path, repeats: int, _rows: int) -> list[Row]:
    """All 42 ICBs in one process, and whether time grows with their number."""
    configs = sorted((work / "configs").glob("*.yaml"))
    commands = {
        str(count): placemap("build", *configs[:count], "--data", work / "england", "--out", work / "icbs")
        for count in (1, 14, 28, 42)
    }
    costs = compare(commands, repeats)
    one, slope = costs["1"].of("wall"), (costs["42"].of("wall") - costs["14"].of("wall")) / 28
    straight = (costs["28"].of("wall") - costs["14"].of("wall")) / 14
    note = f"first {one:.2f} s, each further {slope:.3f} s (from 14 to 28: {straight:.3f})"
    return [Row("b", "all 42 ICBs, places = LTLAs", costs["42"], goal="< 10 s, linear", note=note)]


def item_c(work: Path, repeats: int, _rows: int) -> list[Row]:
    """Plurality over the national registrations."""
    names = ("placemap", "duckdb", "pandas")
    commands = {name: script("plurality.py", name, work / "england", work / f"plurality-{name}.csv") for name in names}
    costs = compare(commands, repeats)
    for peer in names[1:]:
        run(script("equal.py", "files", work / "plurality-placemap.csv", work / f"plurality-{peer}.csv"), Cost())
    counts = {name: f"count alone {cost.of('count'):.3f} s" for name, cost in costs.items()}
    mine, sql, groupby = (costs[name] for name in names)
    what = "plurality, 866,000 rows, 106 places, England"
    return [
        Row("c", what, mine, sql, "≤ 1.2 × DuckDB SQL", counts["placemap"]),
        Row("c", "  DuckDB SQL, equal", sql, note=counts["duckdb"]),
        Row("c", "  pandas groupby, equal", groupby, sql, note=counts["pandas"]),
    ]


def item_d(work: Path, repeats: int, rows: int) -> list[Row]:
    """`apply` on a row a person."""
    people = work / f"people-{rows}.parquet"
    if not people.exists():
        run(script("people.py", rows, work / "england", people), Cost())
    configs = sorted((work / "configs").glob("*.yaml"))
    systems = [argument for config in configs for argument in ("--system", config)]
    crosswalk = work / "crosswalk.csv"
    run(script("by_hand.py", "crosswalk", work / "england", crosswalk, *configs), Cost())
    commands = {
        "placemap": placemap(
            "apply", people, *systems, "--sum", "visits", "--count", "--data", work / "england", "--out", work / "p.csv"
        ),
        **{
            name: script("by_hand.py", name, people, crosswalk, work / f"{name}.csv")
            for name in ("duckdb", "polars", "pandas")
        },
    }
    costs = compare(commands, repeats)
    for peer in ("duckdb", "polars", "pandas"):
        run(script("equal.py", "applied", work / "p.csv", work / f"{peer}.csv"), Cost())
    return [
        Row(
            "d",
            f"apply, {rows / 1e6:g} million rows, 42 systems",
            costs["placemap"],
            costs["duckdb"],
            "≤ 1.0 × DuckDB; < 2 GB",
        ),
        Row("d", "  DuckDB SQL by hand, equal, no reconciliation", costs["duckdb"]),
        Row("d", "  polars by hand, equal, no reconciliation", costs["polars"], costs["duckdb"]),
        Row("d", "  pandas by hand, equal, no reconciliation", costs["pandas"], costs["duckdb"]),
    ]


def item_e(work: Path, repeats: int, _rows: int) -> list[Row]:
    """Polygons to LSOAs, as `infer` does it."""
    folder = work / "polygons"
    if not (folder / "lsoas.parquet").exists():
        run(script("polygons.py", "prepare", work / "england", folder), Cost())
    names = ("placemap", "geopandas", "tobler")
    out = {name: folder / f"{name}.csv" for name in names}
    costs = compare({name: script("polygons.py", name, work / "england", folder, out[name]) for name in names}, repeats)
    run(script("equal.py", "lines", out["placemap"], out["geopandas"]), Cost())
    mine, other = (set(out[name].read_text().splitlines()) for name in ("placemap", "tobler"))
    return [
        Row("e", "polygons of 296 LTLAs to LSOAs, by centroid", costs["placemap"], costs["geopandas"], "≤ 1.2 × sjoin"),
        Row("e", "  geopandas.sjoin, equal", costs["geopandas"]),
        Row(
            "e",
            "  tobler area_join, by largest overlap",
            costs["tobler"],
            costs["geopandas"],
            note=f"{len(other - mine)} of {len(other):,} LSOAs elsewhere",
        ),
    ]


def item_f(_work: Path, repeats: int, _rows: int) -> list[Row]:
    """Start-up."""
    commands = {
        "bare": [sys.executable, "-c", "pass"],
        "help": placemap("--help"),
        "typer": [sys.executable, "-c", "import typer"],
        "import": [sys.executable, "-c", "import placemap"],
    }
    costs = compare(commands, repeats)
    more = costs["help"].of("wall") - costs["typer"].of("wall")
    return [
        Row("f", "placemap --help", costs["help"], costs["typer"], "≤ 0.02 s over typer", f"{more:.3f} s over typer"),
        Row("f", "import placemap", costs["import"], costs["bare"]),
        Row("f", "  python -c 'import typer'", costs["typer"], costs["bare"]),
        Row("f", "  python -c pass", costs["bare"]),
    ]


def item_g(work: Path, repeats: int, _rows: int) -> list[Row]:
    """Pictures, against importing what others draw maps with."""
    england = ("--data", work / "england")
    drawn: dict[str, tuple[str, tuple[object, ...]]] = {
        "map bnssg": ("≤ 2.5 × the imports", ()),
        "map north-east-and-north-cumbria": ("≤ 2.5 × the imports", england),
        "foi bnssg": ("≤ 3 × the imports", ()),
        "report --england": ("≤ 5 × the imports", england),
    }
    imports = "  importing matplotlib and geopandas, nothing drawn"
    commands = {imports: [sys.executable, "-c", "import matplotlib, geopandas"]}
    for name, (_, more) in drawn.items():
        commands[name] = placemap(*name.split(), "--out", work / "pictures", *more)
    costs = compare(commands, repeats)
    rows = [Row("g", name, costs[name], costs[imports], goal) for name, (goal, _) in drawn.items()]
    return [*rows, Row("g", imports, costs[imports])]


#: Runs of item h; the first fifth of them fills caches.
_RUNS = 1_000


def item_h(work: Path, _repeats: int, _rows: int) -> list[Row]:
    """Whether a process that applies or builds again and again grows."""
    rows = []
    for what in ("apply", "build"):
        cost = Cost()
        run(script("memory.py", what, _RUNS, work / "memory"), cost)
        rows.append(
            Row(
                "h",
                f"{_RUNS:,} × {what}, one process",
                cost,
                goal="< 1 kB each",
                note=f"{cost.of('grown'):.2f} kB each",
            )
        )
    return rows


def item_i(work: Path, repeats: int, _rows: int) -> list[Row]:
    """All systems of England in one build, beside a build of one of them."""
    commands = {
        "one": placemap("build", "bnssg", "--out", work / "build"),
        "all": placemap("build", "--england", "--data", work / "england", "--out", work / "build"),
    }
    costs = compare(commands, repeats)
    return [
        Row("i", "build --england: 42 systems, all checks", costs["all"], costs["one"], "≤ 4 × build bnssg; ≤ 300 MB"),
        Row("i", "  build bnssg", costs["one"]),
    ]


ITEMS: dict[str, Callable[[Path, int, int], list[Row]]] = {
    "a": item_a,
    "b": item_b,
    "c": item_c,
    "d": item_d,
    "e": item_e,
    "f": item_f,
    "g": item_g,
    "h": item_h,
    "i": item_i,
}
ENGLAND = "bcdegi"


def reference() -> Path | None:
    folder = Path(os.environ.get("PLACEMAP_REFERENCE") or ROOT.parent / "shared" / "reference")
    return folder if folder.is_dir() else None


def prepare_england(work: Path) -> bool:
    """The store of all England and a config an ICB; False where the official files are not there."""
    files = reference()
    if not (work / "england" / "manifest.json").exists():
        if files is None:
            return False
        run(placemap("data", "import", files, "--to", work / "england"), Cost())
    if not list((work / "configs").glob("*.yaml")):
        run(script("icbs.py", work / "england", work / "configs"), Cost())
    return True


def table(rows: list[Row]) -> str:
    head = ("", "what", "wall s", "cpu s", "work s", "peak MB", "× peer", "of work", "goal", "")
    lines = [head]
    for row in rows:
        figures = (
            f"{row.cost.of('wall'):.3f}",
            f"{row.cost.of('cpu'):.2f}",
            f"{row.cost.of('work'):.3f}" if row.cost.work else "",
            f"{row.cost.of('memory'):.0f}",
            f"{row.cost.of('wall') / row.against.of('wall'):.2f}" if row.against else "",
            f"{row.cost.of('work') / row.against.of('work'):.2f}" if row.against and row.cost.work else "",
        )
        lines.append((row.item, row.what, *figures, row.goal, row.note))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            text.rjust(width) if 2 <= i <= 7 else text.ljust(width)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="".join(ITEMS), help="items, such as a,f")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rows", type=int, default=62_000_000, help="rows of item d")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "placemap-bench")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    # As an installation has it; Python writes none of its own where PYTHONDONTWRITEBYTECODE is set.
    compileall.compile_dir(ROOT / "src", quiet=1)
    wanted = [item for item in ITEMS if item in given.only]
    if set(wanted) & set(ENGLAND) and not prepare_england(given.work):
        print("items b, c, d, e, g and i are left out: they need the official files (PLACEMAP_REFERENCE)")
        wanted = [item for item in wanted if item not in ENGLAND]
    rows: list[Row] = []
    for item in wanted:
        rows += ITEMS[item](given.work, given.repeats, given.rows)
    load = os.getloadavg()[0]
    print(
        f"medians of {given.repeats}, whole processes, {os.cpu_count()} cores, load {load:.1f}, Python {sys.version.split()[0]}\n"
    )
    print(table(rows))


if __name__ == "__main__":
    main()
