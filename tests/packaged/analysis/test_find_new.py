"""`find` and `new`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from placemap.analysis.find import find, index
from placemap.commands.new import BY, first_config
from placemap.commands.workspace import Workspace
from placemap.config.draft import place_ids, quoted, slug
from placemap.config.load import load_system, system_from_text
from placemap.config.model import System
from placemap.core.errors import PlacemapError

SHIPPED = {"E54000039": "bnssg", "E54000022": "norfolk-and-waveney", "E54000048": "lancashire-and-south-cumbria"}


def _best(workspace: Workspace, shipped_systems: dict[str, System], text: str, **more: object) -> tuple[str, str, bool]:
    hit = find(text, workspace.geography, list(shipped_systems.values()), **more)[0]  # type: ignore[arg-type]
    return hit.entry.kind, hit.entry.code, hit.entry.alive


NEIGHBOURHOODS = "norfolk-and-waveney/neighbourhoods"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("E05010885", ("ward", "E05010885", True)),
        ("15c", ("sub_icb", "E38000222", True)),
        ("QMM", ("icb", "E54000022", False)),
        ("Swafham and Downham Market", ("place", f"{NEIGHBOURHOODS}/swaffham-and-downham-market", True)),
        ("gordano valley pcn", ("place", "bnssg/neighbourhoods/gordano-valley", True)),
        ("Coniston Medical", ("practice", "L81036", True)),
        ("Waveney", ("ltla", "E07000206", False)),
        ("Bristol 020F", ("lsoa", "E01014671", True)),
        ("Winford", ("ward", "E05010308", True)),
        ("winford", ("ward", "E05010308", True)),
        ("CLIFTON", ("ward", "E05010893", True)),
        ("inner city AND east bristol", ("place", "bnssg/localities/inner-city-and-east-bristol", True)),
        ("E54000022", ("icb", "E54000022", False)),
    ],
)
def test_names_and_codes_are_found(
    workspace: Workspace, shipped_systems: dict[str, System], text: str, expected: tuple[str, str, bool]
) -> None:
    assert _best(workspace, shipped_systems, text) == expected


def test_a_misspelt_name_finds_all_kinds_of_it(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    hits = find("Norwhich", workspace.geography, list(shipped_systems.values()))
    assert {"ltla", "pcn", "place"} <= {hit.entry.kind for hit in hits}
    assert all("norwich" in hit.entry.name.lower() for hit in hits[:7])


def test_the_dead_say_what_followed_them_and_the_living_what_they_lie_in(
    workspace: Workspace, shipped_systems: dict[str, System]
) -> None:
    (hit,) = find("E07000206", workspace.geography, list(shipped_systems.values()))
    assert (hit.entry.vintages, hit.entry.note) == (("2018",), "followed by E07000244 East Suffolk")
    (ward,) = find("E05010308", workspace.geography, list(shipped_systems.values()))
    assert [parent.code for parent in ward.parents if parent.kind == "ltla"] == ["E06000024"]


def test_a_unit_lives_only_in_the_newest_table_held_and_the_dead_name_their_successor(
    workspace: Workspace, shipped_systems: dict[str, System]
) -> None:
    """Norfolk and Waveney's ICB ended in April 2026 (a fact of NHS England's list), though 2024 is the vintage in use."""
    entry = find("E54000022", workspace.geography, list(shipped_systems.values()))[0].entry
    assert (entry.alive, entry.vintages[-1]) == (False, "2024")
    assert "E54000068 (NHS Norfolk and Suffolk Integrated Care Board, 624 of its 624 LSOAs)" in entry.note
    (other,) = find("E54000039", workspace.geography, list(shipped_systems.values()))
    assert (other.entry.alive, other.entry.vintages[-1]) == (True, "2026")


def test_at_the_same_name_the_living_stand_before_the_dead(
    workspace: Workspace, shipped_systems: dict[str, System]
) -> None:
    systems = list(shipped_systems.values())
    states: dict[str, set[bool]] = {}
    for entry in index(workspace.geography, systems):
        states.setdefault(entry.name, set()).add(entry.alive)
    both = sorted(name for name, alive in states.items() if len(alive) == 2 and len(name) > 8)
    assert len(both) > 5
    for name in both[:6]:
        same = [
            hit.entry.alive for hit in find(name, workspace.geography, systems, limit=500) if hit.entry.name == name
        ]
        assert same == sorted(same, reverse=True)
        assert set(same) == {True, False}


def test_codes_that_are_newer_than_the_tables_are_told_so(run) -> None:  # type: ignore[no-untyped-def]
    """E06000066 and E07000247 were given after 2024; E06000099 may be some day."""
    for command in ("find", "explain"):
        shown = run(command, "E06000099")
        assert "its number is higher than any of 2024, the newest held: it is newer, or mistyped" in shown.err
        assert shown.code == (0 if command == "find" else 3)
        older = run(command, "E06000003")
        assert "E06000003 is not in the packaged tables" in older.err


def test_kind_limit_and_nothing(run) -> None:  # type: ignore[no-untyped-def]
    hits = json.loads(run("find", "weston super mare", "--kind", "ward", "--limit", "3", "--json").out)
    assert [hit["kind"] for hit in hits] == ["ward"] * 3
    assert run("find", "clifton", "--kind", "parish").code == 2
    nothing = run("find", "qqzzxxkk")
    assert (nothing.code, nothing.out) == (0, "")
    assert "nothing called or coded like `qqzzxxkk` in the packaged tables" in nothing.err


# --- new --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("icb", sorted(SHIPPED))
def test_a_first_config_covers_its_system_at_once(
    workspace: Workspace, shipped_systems: dict[str, System], icb: str, by: str
) -> None:
    text, _ = first_config(icb, workspace.geography, by=by, places=["One: and only", "Two"], name="", packaged=SHIPPED)
    system = system_from_text(text, "new.yaml")
    outcome = workspace.check(system, system.footprints["places"])
    assert outcome.exit_code() == 0
    assert outcome.assignment is not None
    shipped = shipped_systems[SHIPPED[icb]]
    default = workspace.resolve(shipped, shipped.footprints[shipped.default_footprint])[1].assignment
    assert default is not None
    assert (outcome.assignment.in_scope == default.in_scope).all()
    assert "# two:" in text


def test_every_pcn_that_the_shipped_config_declares_is_listed(
    workspace: Workspace, shipped_systems: dict[str, System]
) -> None:
    text, _ = first_config("QMM", workspace.geography, by="pcn", places=[], name="", packaged=SHIPPED)
    listed = {m.code for _, m in system_from_text(text, "x").footprints["places"].members()}
    assert listed == {m.code for _, m in shipped_systems["norfolk-and-waveney"].footprints["option-4"].members()}
    text, _ = first_config("QUY", workspace.geography, by="pcn", places=[], name="", packaged=SHIPPED)
    assert "L81036: CONISTON MEDICAL PRACTICE" in text


def test_taking_a_stub_s_comments_away_makes_a_second_place(workspace: Workspace) -> None:
    text, _ = first_config("QMM", workspace.geography, by="pcn", places=["A", "B"], name="", packaged=SHIPPED)
    line = next(line for line in text.splitlines() if "U59961" in line)
    moved = text.replace(f"{line}\n", "")
    for stub in ("# b:", "#   name: B", "#   pcn:"):
        moved = moved.replace(stub, stub.removeprefix("# "))
    moved = (
        moved.replace("        pcn:\n\n", f"        pcn:\n{line}\n\n")
        if "        pcn:\n\n" in moved
        else f"{moved}{line}\n"
    )
    system = system_from_text(moved, "x")
    assert [place.id for place in system.footprints["places"].places] == ["a", "b"]


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("icb", sorted(SHIPPED))
def test_taking_every_comment_away_leaves_yaml(workspace: Workspace, icb: str, by: str) -> None:
    places = ["First: a", "Second: b", "second b", "No", 'The "third"']
    text, _ = first_config(icb, workspace.geography, by=by, places=places, name="", packaged=SHIPPED)
    bare = re.sub(r"^( *)# ", r"\1", text, flags=re.MULTILINE)
    assert bare != text
    tree = YAML(typ="safe").load(bare)
    declared = tree["footprints"]["places"]["places"]
    assert [place["name"] for place in declared.values()] == places
    assert tree["evidence"]["to-fill-in"]["date"] is not None
    assert (by == "pcn" and icb == "E54000039") == ("practice" in declared["first-a"])


def test_each_pcn_stands_under_the_council_where_most_of_its_patients_live(
    workspace: Workspace, registrations: pd.DataFrame, official_files: Path
) -> None:
    """Counted over from the official registrations and the official lookup of LSOAs of 2011 to councils."""
    text, _ = first_config("QMM", workspace.geography, by="pcn", places=[], name="", packaged=SHIPPED)
    council_of: dict[str, str] = {}
    council = ""
    for line in text.splitlines():
        if line.startswith("          ## "):
            council = line.removeprefix("          ## ")
        elif found := re.match(r"          (U\d{5}): .*, (\d+)% of them there$", line):
            council_of[found[1]] = council
    lookup = pd.read_csv(official_files / "LSOA11_LSOA21_LAD22_EW_LU_v5.csv", dtype=str, encoding="utf-8-sig")
    whole = lookup.drop_duplicates("LSOA11CD").set_index("LSOA11CD")["LAD22NM"]
    pcns = workspace.geography.pcns()
    rows = registrations.assign(pcn=registrations["PRACTICE_CODE"].map(pcns.pcn_of))
    rows = rows[rows["pcn"].isin(council_of)].assign(council=rows["LSOA_CODE"].map(whole))
    counts = rows.groupby(["pcn", "council"])["NUMBER_OF_PATIENTS"].sum().reset_index()
    most = counts.sort_values("NUMBER_OF_PATIENTS").drop_duplicates("pcn", keep="last")
    assert len(council_of) == 17
    assert council_of == dict(zip(most["pcn"], most["council"], strict=True))


@pytest.mark.parametrize(
    ("icb", "by", "message"),
    [
        ("somerset", "pcn", "no ICB is called or coded `somerset`"),
        ("QUY", "parish", "places cannot be started from `parish`"),
        ("E54000043", "pcn", "the packaged tables hold only parts of"),
    ],
)
def test_what_cannot_be_started(workspace: Workspace, icb: str, by: str, message: str) -> None:
    if icb.startswith("E54") and workspace.geography.units("icb").position(icb) is None:
        icb = next(str(code) for code in workspace.geography.units("icb").codes if code not in SHIPPED)
    with pytest.raises(PlacemapError, match=message):
        first_config(icb, workspace.geography, by=by, places=[], name="", packaged=SHIPPED)


@pytest.mark.parametrize("text", ["Bristol", "south gloucestershire", "NHS Bristol, North Somerset"])
def test_a_word_of_a_long_name_finds_it(workspace: Workspace, text: str) -> None:
    """An ICB's name is so long that one word is a small part of it."""
    hits = find(text, workspace.geography, [], kinds=["icb"])
    assert "E54000039" in [hit.entry.code for hit in hits]


def test_command(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    shown = run("new", "QMM", "--by", "ltla")
    assert shown.code == 0
    assert "`norfolk-and-waveney` now means this file, in `--england`, too" in shown.err
    assert load_system(tmp_path / "configs" / "norfolk-and-waveney.yaml").icb_ods == "QMM"
    assert run("new", "QMM", "--by", "ltla").code == 3
    assert run("new").code == 2
    elsewhere = run("new", "QMM", "--by", "ltla", "--out", "configs/norfolk.yaml")
    assert (elsewhere.code, "now means this file" in elsewhere.err) == (0, False)
    (tmp_path / "configs" / "other.yml").write_text("on: push\n", encoding="utf-8")
    found = run("find", "Norfolk", "--kind", "icb")
    assert (found.code, found.err) == (0, ""), "YAML of other programs is no config"
    tiers = run("new", "QUY", "--tiers", "--by", "pcn")
    assert tiers.err.endswith(
        ".yaml; edit it, then: placemap check configs/bristol-north-somerset-and-south-gloucestershire.yaml --all\n"
    )
    assert run("new", "QUY", "--out", "-", "--by", "ward").out.count("residents") > 90


def test_ids_and_yaml_words() -> None:
    assert slug("Weston, Worle & Villages") == "weston-worle-villages"
    assert place_ids(["A b", "a-b", "Á b"]) == {"A b": "a-b", "a-b": "a-b-2", "Á b": "a-b-3"}
    words = [
        "No",
        "1E5",
        "01234",
        "a: b",
        "x #y",
        "'tis",
        "15C",
        "Ynys Môn",
        "",
        "- a",
        'say "x"',
        "E05010885",
        "null",
        "~",
    ]
    text = "\n".join(f"- {quoted(word)}" for word in words)
    assert YAML(typ="safe").load(text) == words
