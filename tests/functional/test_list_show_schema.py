"""`placemap list`, `show`, `schema`, `--help`, `--version`, and what every command has in common."""

import json
import re
from pathlib import Path

import pytest
import toy_county

from conftest import PACKAGED, REPO
from placemap.cli import MODULES, load


def commands():
    """Every command of the application: path → command."""
    import typer.main

    found = {}

    def walk(command, path):
        children = getattr(command, "commands", None)
        if children is None:
            found[path] = command
        else:
            for name, child in children.items():
                walk(child, (*path, name))

    walk(typer.main.get_command(load()), ())
    return found


def test_each_command_is_found_in_its_own_modules():
    """Only these are imported for it; a module that is not listed would hide its commands."""
    for (first, *_), command in commands().items():
        assert command.callback.__wrapped__.__module__.removeprefix("placemap.cli.") in MODULES[first]
    assert {first for first, *_ in commands()} == set(MODULES)


def test_spine_commands_are_there():
    assert {("build",), ("check",), ("list",), ("show",), ("schema",)} <= set(commands())


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(cli, path):
    ran = cli(*path, "--help")
    assert ran.code == 0
    assert re.search(rf"Example: placemap {' '.join(path)}\b", ran.out), ran.out


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_option_has_help(path):
    for parameter in commands()[path].params:
        assert getattr(parameter, "help", "") or parameter.name == "help", (path, parameter.name)


def test_version(cli):
    from placemap.core.installed import __version__

    ran = cli("--version")
    assert (ran.code, ran.out) == (0, f"placemap {__version__}\n")


@pytest.mark.parametrize(
    "args",
    [
        ["bild"],
        ["build"],
        ["build", "toyshire", "--formt", "csv"],
        ["build", "toyshire", "--format", "xls"],
        ["check", "toyshire", "--out", "x"],
    ],
)
def test_usage_errors(cli, args):
    ran = cli(*args)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.strip()
    assert "Traceback" not in ran.err


def test_list(cli):
    ran = cli("list")
    assert (ran.code, "error" in ran.err) == (0, False)
    assert re.search(
        r"^ *bnssg +Bristol, North Somerset and South Gloucestershire +localities\* +6 +current +B", ran.out, re.M
    )
    assert re.search(r"^ *toyshire +Toyshire +councils +3 +proposed +C", ran.out, re.M)
    for system in ("norfolk-and-waveney", "lancashire-and-south-cumbria"):
        assert system in ran.out


def test_list_json(cli):
    systems = {item["id"]: item for item in json.loads(cli("list", "--json").out)}
    assert set(systems) > {"bnssg", "norfolk-and-waveney", "lancashire-and-south-cumbria", "toyshire"}
    assert len(systems) == 42 + 1
    assert systems["toyshire"]["default_footprint"] == "localities"
    assert {f["id"] for f in systems["toyshire"]["footprints"]} == {"councils", "inside", "localities", "mixed"}


SPLIT = """\
placemap: 1
ics: {id: splitshire, name: Splitshire, icb: {code: E54000901, ods: QT1, vintage: 2024}}
scope: {sub_icb: {90A: NHS Toy ICB - 90A}}
evidence: {plan: {title: The plan, publisher: Toy Council}}
%s
footprints:
  %s:
    name: A footprint
    status: current
    grade: A
    evidence: plan
    places: {%s}
"""


@pytest.mark.parametrize("back", ["", "files: [north.yaml]\n"], ids=["one names the other", "both name each other"])
def test_files_of_one_system_are_listed_as_one(cli, tmp_path, back):
    north = SPLIT % ("files: [wards.yaml]\ndefault_footprint: whole", "whole", "all: {name: All, place: [wards/one]}")
    wards = SPLIT % (f"{back}default_footprint: wards", "wards", "one: {name: One, sub_icb: [90A]}")
    (tmp_path / "configs" / "north.yaml").write_text(north)
    (tmp_path / "configs" / "wards.yaml").write_text(wards)
    (tmp_path / "configs" / "other.yaml").write_text(wards.replace(back, ""))
    found = [item for item in json.loads(cli("list", "--json").out) if item["id"] == "splitshire"]
    files = {Path(item["config"]).name: [Path(one).name for one in item["other_configs"]] for item in found}
    assert files == {"north.yaml": ["wards.yaml"], "other.yaml": []}
    assert [len(item["footprints"]) for item in found] == [2, 1]
    rows = [line.split()[:4] for line in cli("list").out.splitlines() if "Splitshire" in line]
    assert rows == [*[["north", "(with", "wards)", "Splitshire"]] * 2, ["other", "Splitshire", "wards*", "1"]]


def test_list_goes_on_past_a_broken_config(cli, tmp_path):
    (tmp_path / "configs" / "broken.yaml").write_text("placemap: [")
    ran = cli("list")
    assert ran.code == 3
    assert "toyshire" in ran.out
    assert re.match(r"error: broken\.yaml:\d+:\d+: this is not YAML: ", ran.err)


def test_show(cli):
    ran = cli("show", "toyshire", "--footprint", "mixed")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Toyshire (toyshire)\nICB E54000901 QT1 (2024); config toyshire.yaml\n")
    assert "ward E05000902 Bridge; ward E05000903 Castle" in ran.out
    assert "  centre excludes lsoa E01000007\n" in ran.out
    assert "  edge lies within the scope\n" in ran.out
    assert "  plan: The plan (Toy Council, 2022-05)\n" in ran.out


def test_show_json(cli):
    shown = json.loads(cli("show", "toyshire", "-f", "localities", "--json").out)
    (footprint,) = shown["footprints"]
    assert [place["id"] for place in footprint["places"]] == ["east", "west"]
    assert footprint["places"][1]["members"] == [
        {"kind": "pcn", "code": "U90003", "name": "CEDAR PCN", "vintage": None},
        {"kind": "practice", "code": "A90006", "name": "LONE SURGERY", "vintage": None},
    ]


def test_show_source_is_the_file(cli):
    assert cli("show", "toyshire", "--source").out == toy_county.CONFIG
    assert cli("show", "bnssg", "--source").out == (REPO / "configs/bnssg.yaml").read_text(encoding="utf-8")


def test_show_source_writes_a_new_file(cli, tmp_path):
    assert cli("show", "toyshire", "--source", "--out", "mine.yaml").out == ""
    assert (tmp_path / "mine.yaml").read_bytes() == toy_county.CONFIG.encode()
    assert cli("check", "mine.yaml").code == 0
    again = cli("show", "bnssg", "--source", "--out", "mine.yaml")
    assert (again.code, again.err.splitlines()[0]) == (3, "error: mine.yaml: the file exists; it may hold work")
    assert (tmp_path / "mine.yaml").read_bytes() == toy_county.CONFIG.encode()
    assert cli("show", "toyshire", "--out", "other.yaml").code == 2
    assert not (tmp_path / "other.yaml").exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_config_as_windows_may_save_it(cli, tmp_path, encoding):
    mark = "\ufeff" if encoding.endswith("be") else ""
    text = mark + toy_county.CONFIG.replace("name: East", "name: Dŵr").replace("\n", "\r\n")
    (tmp_path / "configs" / "toyshire.yaml").write_bytes(text.encode(encoding))
    assert "Dŵr" in cli("show", "toyshire").out
    shown = cli("show", "toyshire", "--source").out
    assert shown == toy_county.CONFIG.replace("name: East", "name: Dŵr")


def test_a_config_that_is_cut_in_half_a_character(cli, tmp_path):
    (tmp_path / "half.yaml").write_bytes(toy_county.CONFIG.encode("utf-16")[:-1])
    ran = cli("check", "half.yaml")
    assert ran.code == 3
    assert re.match(r"error: half\.yaml: the file is not UTF-16\S* text \(byte [\d,]+ is 0x0a\)\n", ran.err)


def test_what_a_system_leaves_is_no_config(cli, tmp_path):
    for name in ("._toyshire.yaml", ".~lock.toyshire.yaml#", "~$toyshire.yaml"):
        (tmp_path / "configs" / name).write_bytes(b"\0\5\x16\7")
    ran = cli("list")
    assert (ran.code, "error" in ran.err) == (0, False)


def test_own_configs_come_before_the_packaged_ones(cli, tmp_path):
    (tmp_path / "configs" / "bnssg.yaml").write_text(toy_county.CONFIG)
    assert cli("show", "bnssg").out.startswith("Toyshire (toyshire)")


def test_schema_accepts_the_shipped_configs_and_refuses_the_bad_ones(cli):
    jsonschema = pytest.importorskip("jsonschema", reason="needs the package jsonschema")
    from ruamel.yaml import YAML

    schema = json.loads(cli("schema").out)
    validator = jsonschema.Draft202012Validator(schema)

    def plain(path):
        return json.loads(json.dumps(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")), default=str))

    for path in (REPO / "configs").glob("*.yaml"):
        assert not list(validator.iter_errors(plain(path))), path.name
    for name in ("unknown-key", "no-evidence", "bad-values", "missing-everything"):
        assert list(validator.iter_errors(plain(REPO / "tests" / "functional" / "bad_configs" / f"{name}.yaml"))), name


def test_schema_names_every_key_of_the_format(cli):
    schema = json.loads(cli("schema").out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"placemap", "ics", "scope", "evidence", "default_footprint", "footprints"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False


def test_completion(process):
    # Whatever started the tests need be no shell that Typer could tell.
    ran = process("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert ran.code == 0
    assert "_PLACEMAP_COMPLETE" in ran.out


def test_process_from_any_folder(process, tmp_path):
    """The real thing: another process, another folder, the packaged tables, no network needed."""
    ran = process("build", "bnssg", store=PACKAGED)
    assert ran.code == 0, ran.err
    assert "coverage: each of the 581 LSOAs of the scope is in exactly one place" in ran.err
    assert (tmp_path / "out/bnssg/localities/place_lsoa21.csv").read_text().count("\n") == 582
