"""`--small-numbers hide`: no small count is in the pack, none follows from its sums, and the pack is proved."""

import csv
import io
import json
from collections import defaultdict

import pytest
from attack import interval
from docx import Document
from typer.testing import CliRunner

from conftest import REPO
from placemap.cli import app
from placemap.commands.foi import Asked, foi_files
from placemap.commands.verify_foi import verify
from placemap.outputs.foi.pack import RESPONSE, zipped
from placemap.outputs.foi.questions import Letter

COUNTS = ("RESIDENTS", "REGISTERED", "PATIENTS", "LIST_SIZE", "PATIENTS_IN_PLACE", "PATIENTS_OUT_OF_PLACE", "PEOPLE")
SYSTEMS = [
    ("bnssg", "localities"),
    ("bnssg", "neighbourhoods"),
    ("norfolk-and-waveney", "option-4"),
    ("norfolk-and-waveney", "option-2-without-waveney"),
    ("lancashire-and-south-cumbria", "places-2022"),
]
#: The tables whose sums are solved for each small count: those that have any.
ATTACKED = {"place_pcn", "ledger", "place_practice"}


def made(workspace, name, footprint, *, hide):
    text = (REPO / "configs" / f"{name}.yaml").read_text(encoding="utf-8")
    return foi_files(workspace, Asked(text, f"{name}.yaml", footprint, Letter(), hide_small=hide))


def tables(files):
    return {
        name.removeprefix("tables/").removesuffix(".csv"): list(csv.DictReader(io.StringIO(content.decode("utf-8"))))
        for name, content in files.items()
        if name.endswith(".csv")
    }


@pytest.fixture(scope="module", params=SYSTEMS, ids="-".join)
def both(request, workspace):
    """The tables with all counts, those without small ones, and the files that those are from."""
    shown = tables(made(workspace, *request.param, hide=False))
    files = made(workspace, *request.param, hide=True)
    return shown, tables(files), files


def figures(rows_by_table):
    """Every count by table, column and row, in hundredths; None for a blank."""
    return {
        (table, column, number): round(float(row[column]) * 100) if row[column] else None
        for table, rows in rows_by_table.items()
        for number, row in enumerate(rows)
        for column in COUNTS
        if column in row
    }


def test_no_small_count_is_left_and_few_others_go(both):
    shown, hidden = figures(both[0]), figures(both[1])
    assert shown.keys() == hidden.keys()
    small = {cell for cell, value in shown.items() if value and value < 750}
    blank = {cell for cell, value in hidden.items() if value is None and shown[cell] is not None}
    assert small, "there is nothing to leave out"
    assert small <= blank
    assert len(blank) < 2 * len(small)
    assert all(hidden[cell] == value for cell, value in shown.items() if cell not in blank)


def test_no_share_gives_a_count_away(both):
    """Where a count is blank, so are the shares that it is a part of; those of LSOAs are whole per cents."""
    for name, rows in both[1].items():
        for row in rows:
            if row.get("PATIENTS") == "" and "UNIT_REGISTERED_SHARE" in row:
                assert (row["PLACE_REGISTERED_SHARE"], row["UNIT_REGISTERED_SHARE"]) == ("", ""), name
            for share in ("SHARE", "PLACED_SHARE", "MARGIN"):
                assert row.get(share, "").removeprefix("-")[4:].strip("0") == "", (name, row)


def sums(shown):
    """What a reader knows, written down anew from the tables: by cell its sign, and the parts that no table has."""
    cells = {cell: value for cell, value in figures(shown).items() if value is not None}
    number = {cell: at for at, cell in enumerate(cells)}
    values, rests, equations = list(cells.values()), [], []

    def known(parts, minus=(), total=None):
        equation = {number[cell]: 1 for cell in parts} | {number[cell]: -1 for cell in minus}
        if total is not None:
            rest = total - sum(sign * values[at] for at, sign in equation.items())
            if abs(rest) > 50:
                rests.append(len(values))
                equation[len(values)] = 1 if rest > 0 else -1
                values.append(abs(rest))
        equations.append(equation)

    pcns, ledger, practices = shown["place_pcn"], shown["ledger"], shown.get("place_practice", [])
    by = defaultdict(list)
    for at, row in enumerate(pcns):
        by["place", row["PLACECD"]].append(at)
        by["pcn", row["PCNCD"]].append(at)
    for (kind, code), rows in by.items():
        row = pcns[max(rows, key=lambda at: float(pcns[at]["UNIT_REGISTERED_SHARE"] or 0))]
        parts = [("place_pcn", "PATIENTS", at) for at in rows]
        if kind == "place":
            known(parts)
        elif code:
            known(parts, total=round(float(row["PATIENTS"]) / float(row["UNIT_REGISTERED_SHARE"])) * 100)
    homes = defaultdict(list)
    for at, row in enumerate(ledger):
        homes[row["RESIDENCE"]].append(("ledger", "PATIENTS", at))
        if row["RESIDENCE"] and row["REGISTERED_WITH"]:
            own = {
                one["PCNCD"] for one in pcns if one["DECLARED"] == "true" and one["PLACECD"] == row["REGISTERED_WITH"]
            }
            there = [at for at, one in enumerate(pcns) if one["PCNCD"] in own and one["PLACECD"] == row["RESIDENCE"]]
            known([("ledger", "PATIENTS", at)], [("place_pcn", "PATIENTS", one) for one in there], total=0)
    for parts in homes.values():
        known(parts)
    inside, outside, size = ("PATIENTS_IN_PLACE", "PATIENTS_OUT_OF_PLACE", "LIST_SIZE")
    for at in range(len(practices)):
        known([("place_practice", inside, at), ("place_practice", outside, at)], [("place_practice", size, at)])
    for at, row in enumerate(pcns):
        pair = row["PLACECD"], row["PCNCD"]
        own = [place for place, one in enumerate(practices) if pair == (one["PLACECD"], one["PCNCD"]) and pair[1]]
        if own:
            known([("place_pcn", "PATIENTS", at)], [("place_practice", inside, one) for one in own], total=0)
    for at, row in enumerate(ledger):
        if row["RESIDENCE"] and row["RESIDENCE"] == row["REGISTERED_WITH"]:
            own = [place for place, one in enumerate(practices) if one["PLACECD"] == row["RESIDENCE"]]
            known([("ledger", "PATIENTS", at)], [("place_practice", inside, one) for one in own], total=0)
    return cells, values, equations, rests


def test_no_small_count_follows_from_the_sums(both):
    shown, hidden, _ = both
    cells, values, equations, rests = sums(shown)
    left = figures(hidden)
    blank = {at for at, cell in enumerate(cells) if left[cell] is None}
    small = {at: cell for at, cell in enumerate(cells) if 0 < values[at] < 750}
    assert {table for table, _, _ in small.values()} <= ATTACKED | {"findings"}
    looked_at = 0
    for at, cell in small.items():
        if cell[0] in ATTACKED:
            least, most = interval([value / 100 for value in values], equations, blank, rests, at)
            assert most - least >= 1 - 1e-6, f"{cell} of {values[at] / 100} can only be {least} to {most}"
            looked_at += 1
    assert looked_at > 50


def test_the_pack_says_so_and_is_proved(both, tmp_path):
    files = both[2]
    assert json.loads(files["lock.json"])["small_numbers"] == "hide"
    assert "Counts of 1 to 7 people are left blank" in files["method.md"].decode("utf-8")
    reply = "\n".join(paragraph.text for paragraph in Document(io.BytesIO(files[RESPONSE])).paragraphs)
    assert "withheld under [section of the Act, and why it applies]" in reply
    assert "Nothing has been withheld" not in reply
    path = tmp_path / "pack.zip"
    path.write_bytes(zipped(files, "pack"))
    assert verify(path, REPO / "data").verdict == "proved"


def test_the_tables_pass_the_validators(both, tmp_path):
    import frictionless

    for name, content in both[2].items():
        if name.startswith("tables/"):
            (tmp_path / name.removeprefix("tables/")).write_bytes(content)
    assert frictionless.Package(str(tmp_path / "datapackage.json")).validate().valid


def test_otherwise_the_pack_says_that_the_counts_are_public(workspace):
    method = made(workspace, "bnssg", "single-place", hide=False)["method.md"].decode("utf-8")
    assert "a data set that NHS England publishes openly, small counts included" in method


def test_the_option(tmp_path, monkeypatch):
    monkeypatch.setenv("PLACEMAP_DATA", str(REPO / "data"))
    options = ["-f", "single-place", "--small-numbers", "hide", "--out", str(tmp_path)]
    assert CliRunner().invoke(app, ["foi", "bnssg", *options]).exit_code == 0
    assert json.loads((tmp_path / "bnssg/single-place-foi/lock.json").read_text())["small_numbers"] == "hide"
