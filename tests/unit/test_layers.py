"""Imports point down only, only `cli` prints and exits, only the edge reads, only the writers write."""

import ast

import pytest

from conftest import REPO

SOURCE = REPO / "src" / "placemap"
MODULES = {str(p.relative_to(SOURCE).with_suffix("")).replace("/", "."): p for p in sorted(SOURCE.rglob("*.py"))}
GROUND = {m for m in MODULES if m.startswith("core")}


#: Modules that join stages for commands; `api` joins them for Python.
PIPELINES = {"api", "in_hand", "inferring", "pipeline", "pipeline_england", "understand", "verify_foi"}


def layer(module):
    """0 ground floor, 1 stages and edge, 2 pipelines, 3 command line, 4 entry point."""
    if module in GROUND:
        return 0
    if module.startswith("cli"):
        return 3
    if module in ("__main__", "__init__"):  # the package itself opens `api` when it is asked for
        return 4
    return 2 if module in PIPELINES else 1


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("placemap"):
            parent = (node.module or "").removeprefix("placemap").removeprefix(".")
            for alias in node.names:
                full = f"{parent}.{alias.name}".strip(".")
                yield full if full in MODULES else parent or "__init__"


def names_called(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_imports_point_down():
    wrong = [
        (module, target)
        for module, path in MODULES.items()
        for target in imports(path)
        if target in MODULES and target != "__init__" and layer(target) > layer(module)
    ]
    assert not wrong
    assert sum(1 for path in MODULES.values() for _ in imports(path)) > 50


def test_ground_floor_stands_on_itself():
    assert not [(m, t) for m in GROUND for t in imports(MODULES[m]) if t not in {*GROUND, "__init__"}]


def test_no_module_imports_itself_in_a_circle():
    graph = {
        module: {t for t in imports(path) if t in MODULES and t != "__init__"}
        for module, path in MODULES.items()
        if not module.startswith("cli")
    }
    done = set()
    while ready := {m for m in graph if m not in done and graph[m] - {m} <= done | (set(MODULES) - set(graph))}:
        done |= ready
    assert not set(graph) - done


def test_only_the_command_line_prints_and_exits():
    forbidden = {"print", "sys.exit", "exit", "quit", "typer.echo", "sys.stdout.write", "sys.stderr.write", "os._exit"}
    wrong = [
        (module, name)
        for module, path in MODULES.items()
        if not module.startswith("cli") and module != "__main__"
        for name in names_called(path)
        if name in forbidden
    ]
    assert not wrong


def test_only_the_edge_reads_and_only_writers_write():
    reads = {"read_text", "read_bytes", "read_csv", "read_parquet", "read_table", "open", "urlopen"}
    writes = {"write_text", "write_bytes", "mkdir", "rename", "unlink", "rmtree", "to_csv", "to_parquet"}
    edge = {"core.read_tables", "config", "reference", "stored_table", "yaml_tree", "tables", "scan", "snapshot", "revisions", *PIPELINES}
    writers = {"core.files", "verify_foi"}  # a pack is verified by making it again, in a temporary folder
    wrong = []
    for module, path in MODULES.items():
        if module.startswith(("sources", "write_", "cli")) or module in writers:
            continue
        for name in names_called(path):
            last = name.rsplit(".", 1)[-1]
            if last == "rename" and "drop_duplicates" in name:  # columns of a frame
                continue
            if last in writes or (last in reads and module not in edge and name not in ("os.open",)):
                wrong.append((module, name))
    assert not wrong


def text_writes(tree):
    """Calls that would write other line ends on Windows."""
    ends = {"open": "newline", "TextIOWrapper": "newline", "fdopen": "newline", "NamedTemporaryFile": "newline"}
    ends |= {"writer": "lineterminator", "DictWriter": "lineterminator", "to_csv": "lineterminator"}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        last = name.rsplit(".", 1)[-1]
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        modes = {ast.unparse(item).strip("'\"") for item in node.args} | {given.get("mode", "").strip("'\"")}
        reads = last == "open" and not any(mode[:1] in ("w", "a", "x") and len(mode) < 4 for mode in modes)
        binary = any(mode in ("wb", "ab", "xb", "w+b", "rb") for mode in modes)
        if last == "write_text" and "." in name and given.get("newline") not in ("''", "'\\n'"):
            yield node.lineno, name
        if last in ends and not (reads or binary) and ends[last] not in given:
            yield node.lineno, name


def test_text_is_written_with_the_same_line_ends_on_every_system():
    wrong = [
        (module, *found)
        for module, path in MODULES.items()
        for found in text_writes(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("path.write_text(text, encoding='utf-8')", True),
        ("path.write_text(text, encoding='utf-8', newline='')", False),
        ("write_text(path, text)", False),
        ("path.open('w', encoding='utf-8')", True),
        ("open(path, mode='a')", True),
        ("path.open('wb')", False),
        ("path.open(encoding='utf-8')", False),
        ("csv.writer(file)", True),
        ("frame.to_csv(path)", True),
        ("frame.to_csv(path, lineterminator='\\n')", False),
    ],
)
def test_and_that_test_sees_what_it_should(line, bad):
    assert bool(list(text_writes(ast.parse(line)))) == bad


def test_stages_know_no_clock_and_no_chance():
    stages = (
        "resolve",
        "allocate",
        "crosswalk",
        "checks",
        "check_registry",
        "coverage_checks",
        "evidence_checks",
        "plausibility_checks",
        "vintage_checks",
        "declarations",
        "describe",
        "ledger",
        "geography",
        "places_table",
    )
    forbidden = ("time.", "datetime.", "random.", "np.random", "os.environ", "Path(", "uuid.")
    wrong = [
        (m, n) for m in stages for n in names_called(MODULES[m]) if n.startswith(forbidden) or n in ("Path", "open")
    ]
    assert not wrong


def test_every_merge_says_on_how_and_validate():
    wrong = []
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".merge",)):
                given = {keyword.arg for keyword in node.keywords}
                if not ({"how", "validate"} <= given and given & {"on", "left_on", "left_index"}):
                    wrong.append((module, node.lineno))
    assert not wrong
