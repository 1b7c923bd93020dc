"""Only `cli` prints and exits, only the edge reads, only the writers write; line ends, clocks and merges."""

import ast

import pytest

from conftest import REPO

SOURCE = REPO / "src" / "placemap"
MODULES = {str(p.relative_to(SOURCE).with_suffix("")).replace("/", "."): p for p in sorted(SOURCE.rglob("*.py"))}


def names_called(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


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
    edge = (
        "cli",
        "commands",
        "config",
        "reference",
        "sources",
        "core",
        "analysis.snapshot",
    )
    writers = (
        "cli",
        "outputs",
        "sources",
        "core.file_locks",
        "core.files",
    )
    wrong = []
    for module, path in MODULES.items():
        for name in names_called(path):
            last = name.rsplit(".", 1)[-1]
            if last == "rename" and "drop_duplicates" in name:  # columns of a frame
                continue
            if last in writes and not module.startswith(writers):
                wrong.append((module, name))
            if last in reads and not module.startswith((*edge, *writers)) and name != "os.open":
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
    stages = [m for m in MODULES if m.startswith(("resolve", "checks", "crosswalk", "analysis"))]
    stages += ["reference.geography", "reference.by_lsoa", "reference.describe"]
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


def test_messages_point_to_what_an_installed_placemap_has():
    """The documentation is not in the wheel; comments and docstrings are for those who have it."""

    def texts(path):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in notes)
        return [node.value for node in constants if isinstance(node.value, str)]

    wrong = [(module, text) for module, path in MODULES.items() for text in texts(path) if "docs/" in text]
    assert wrong == []
