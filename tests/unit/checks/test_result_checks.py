"""Every check: a case that triggers it, and one that it stays silent for, on the toy county."""

from dataclasses import replace

import numpy as np
import pytest
import toy_county
from toy_county import CONFIG, footprint

WHOLE = "      all: {name: All, sub_icb: [90A]}\n"
COUNCILS = """\
      ashton: {name: Ashton, ltla: [E06000901]}
      borley: {name: Borley, ltla: [E07000902]}
      corley: {name: Corley, ltla: [E07000903], within: scope}
"""
ONE_PCN = "      all: {name: All, pcn: [U90001, U90002, U90003, U90004], practice: [A90006]}\n"


def places(*lines):
    return footprint("".join(f"      {line}\n" for line in lines))


def tiers(parts):
    """Parts of the county inside the three councils; the default footprint is that of the parts."""
    outer = (
        footprint(COUNCILS).replace("one:", "councils:").replace("default_footprint: one", "default_footprint: parts")
    )
    head = "  parts:\n    name: Parts\n    status: current\n    grade: A\n    evidence: plan\n    inside: councils\n"
    return f"{outer}{head}    places:\n" + "".join(f"      {line}\n" for line in parts)


PARTS = (
    "abbey: {name: Abbey, parent: ashton, ward: [E05000901]}",
    "bridge: {name: Bridge, parent: ashton, ward: [E05000902]}",
    "east: {name: East, parent: borley, ltla: [E07000902]}",
    "far: {name: Far, parent: corley, ltla: [E07000903], within: scope}",
)


#: Check → (config that triggers it, subjects expected), (config that it stays silent for).
CASES = {
    "gap": (places("a: {name: A, ltla: [E06000901, E07000902]}"), ["E07000903"], footprint(WHOLE)),
    "overlap": (
        places("a: {name: A, ltla: [E06000901, E07000902]}", "b: {name: B, utla: [E10000901], within: scope}"),
        ["a+b"],
        places(
            "a: {name: A, ltla: [E06000901, E07000902]}",
            "b: {name: B, utla: [E10000901], within: scope, exclude: {ltla: [E07000902]}}",
        ),
    ),
    "empty-place": (
        footprint(WHOLE + "      b: {name: B, lsoa: [E01000013], within: scope}\n"),
        ["b"],
        footprint(COUNCILS),
    ),
    "expectation-missed": (
        footprint(WHOLE.replace("]}", "], expect: [{measure: residents_2021, value: 13001}]}")),
        ["residents_2021"],
        footprint(WHOLE.replace("]}", "], expect: [{measure: residents_2021, value: 13000}]}")),
    ),
    "expectation-unchecked": (
        footprint(WHOLE.replace("]}", "], expect: [{measure: residents_1991, value: 13000}]}")),
        ["residents_1991"],
        footprint(WHOLE.replace("]}", "], expect: [{measure: registered_2022_07, value: 8650}]}")),
    ),
    "outside-scope": (footprint(COUNCILS.replace(", within: scope", "")), ["corley"], footprint(COUNCILS)),
    "low-share": (
        places("a: {name: A, pcn: [U90002]}", "b: {name: B, sub_icb: [90A], exclude: {lsoa: [E01000008]}}"),
        ["E01000008"],
        footprint(ONE_PCN),
    ),
    "split-ward": (
        places("a: {name: A, lsoa: [E01000001]}", "b: {name: B, sub_icb: [90A], exclude: {lsoa: [E01000001]}}"),
        ["E05000901"],
        footprint(COUNCILS),
    ),
    "split-ltla": (
        places("a: {name: A, lsoa: [E01000001]}", "b: {name: B, sub_icb: [90A], exclude: {lsoa: [E01000001]}}"),
        ["E06000901"],
        footprint(COUNCILS),
    ),
    "not-contiguous": (
        places(
            "a: {name: A, ltla: [E06000901], lsoa: [E01000008]}",
            "b: {name: B, utla: [E10000901], within: scope, exclude: {lsoa: [E01000008]}}",
        ),
        ["E01000008", "E01000006"],
        footprint(COUNCILS),
    ),
    "empty-scope": (
        footprint(COUNCILS, scope="{sub_icb: [90A], exclude: {sub_icb: [90A]}}"),
        ["one"],
        footprint(WHOLE, scope="{sub_icb: [90A], exclude: {ltla: [E06000901, E07000902]}}"),
    ),
    "unplaced-pcn": (
        footprint(ONE_PCN.replace(", U90004", "")),
        ["U90004"],
        footprint(ONE_PCN.replace(", U90004]", "]").replace("A90006", "A90005, A90006")),
    ),
    "placeholder": (footprint(WHOLE).replace("The plan", "To fill in"), ["title"], footprint(WHOLE)),
    "practice-without-pcn": (footprint(ONE_PCN.replace(", practice: [A90006]", "")), ["A90006"], footprint(ONE_PCN)),
    "weak-evidence": (
        footprint(WHOLE).replace("grade: A", "grade: C"),
        ["one"],
        footprint(WHOLE).replace("grade: A", "grade: B"),
    ),
    "stale-evidence": (
        footprint(WHOLE).replace("date: 2022-05", "date: 2018-05"),
        ["plan"],
        footprint(WHOLE).replace("date: 2022-05", "date: 2019-05"),
    ),
    "tie": (
        CONFIG,
        ["E01000005"],
        CONFIG.replace("{A90006: LONE SURGERY}", "{A90006: LONE SURGERY}\n        lsoa: [E01000005]"),
    ),
    "exact-beats-plurality": (
        places("a: {name: A, pcn: [U90001, U90002], lsoa: [E01000010]}", "b: {name: B, pcn: [U90003, U90004]}"),
        ["E01000010"],
        places("a: {name: A, pcn: [U90001, U90002], lsoa: [E01000001]}", "b: {name: B, pcn: [U90003, U90004]}"),
    ),
    "crosses-tier": (
        tiers([PARTS[0], PARTS[1].replace("]", "], lsoa: [E01000006]"), *PARTS[2:]]).replace(
            "parent: borley, ltla: [E07000902]", "parent: borley, ward: [E05000904], lsoa: [E01000007]"
        ),
        ["bridge"],
        tiers(PARTS),
    ),
    "parent-found": (tiers([PARTS[0].replace(" parent: ashton,", ""), *PARTS[1:]]), ["abbey"], tiers(PARTS)),
    "duplicate-member": (
        places("a: {name: A, ltla: [E06000901]}", "b: {name: B, ltla: [E06000901]}"),
        ["E06000901"],
        footprint(COUNCILS),
    ),
    "wrong-kind": (places("a: {name: A, ltla: [E05000901]}"), ["E05000901"], footprint(COUNCILS)),
    "unknown-code": (places("a: {name: A, msoa: [E02000990]}"), ["E02000990"], footprint(COUNCILS)),
    "dead-code": (
        places("a: {name: A, ltla: [E07000899]}"),
        ["E07000899"],
        places("a: {name: A, ltla: [E07000899, E07000898], ltla_vintage: 2019}"),
    ),
    "unknown-vintage": (
        places("a: {name: A, ltla: [E07000899], ltla_vintage: 2018}"),
        ["E07000899"],
        places("a: {name: A, ltla: [E07000899], ltla_vintage: 2019}"),
    ),
    "name-mismatch": (
        places("a: {name: A, ward: {E05000901: Abby}}"),
        ["E05000901"],
        places("a: {name: A, ward: {E05000901: ' ABBEY '}}"),
    ),
    "councils-changed": (
        places("a: {name: A, ltla: [E07000899], ltla_vintage: 2019}", "b: {name: B, ltla: [E06000901, E07000903]}"),
        ["ltla-2024"],
        places("a: {name: A, ltla: [E06000901], ltla_vintage: 2019}", "b: {name: B, ltla: [E07000902, E07000903]}"),
    ),
    "unused-waiver": (
        footprint(WHOLE.replace("]}", "], accept: [{finding: gap, subject: E06000901, reason: so}]}")),
        ["E06000901"],
        footprint(COUNCILS.replace("within: scope", "accept: [{finding: outside-scope, subject: corley, reason: so}]")),
    ),
    "waived": (
        footprint(COUNCILS.replace("within: scope", "accept: [{finding: outside-scope, subject: corley, reason: so}]")),
        ["corley"],
        footprint(COUNCILS),
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_triggers(code, findings_of):
    config, subjects, _ = CASES[code]
    found = [finding for finding in findings_of(config) if finding.code == code]
    assert [finding.subject for finding in found] == subjects
    for finding in found:
        assert finding.message.endswith((".", "so"))
        assert finding.location.startswith("toy.yaml:")
        assert finding.hint or finding.severity == "info"


@pytest.mark.parametrize("code", CASES)
def test_stays_silent(code, findings_of):
    assert code not in {finding.code for finding in findings_of(CASES[code][2])}


#: Below: nobody in the toy county lives in a place of 250,000; the others in tests/packaged/test_vintages.py,
#: tests/england/test_place_history.py, tests/sources/test_all_england.py and tests/functional/test_what_a_build_needs.py.
ELSEWHERE = {
    "place-size",
    "place-id-reused",
    "not-confirmed-since",
    "system-differs",
    "system-as-declared",
    "system-not-checked",
    "icb-gone",
    "not-determinable",
    "not-in-force",
    "footprint-not-in-force",
    "not-held",
    "older-than-asked",
    "left-out-tables",
    "derived-vintage",
}


def test_every_check_has_its_case():
    from placemap.checks.registry import RESULT_CHECKS

    assert set(RESULT_CHECKS) <= set(CASES) | ELSEWHERE


def test_every_code_in_the_source_has_its_case():
    """Codes are strings in the source; a new one needs a case here (and a word in docs/reference/findings.md)."""
    import re

    from conftest import REPO

    files = (REPO / "src/placemap/checks").glob("*.py")
    source = "".join(path.read_text() for path in files)
    codes = set(re.findall(r'(?:finding|_error|Finding)\(\s*"([a-z-]+)"', source)) | set(
        re.findall(r'@result_check\("([a-z-]+)"\)', source)
    )
    assert len(codes) > 25
    assert codes - {"not-packaged", "mixed-lsoas"} <= set(CASES) | ELSEWHERE


# --- what they say ---------------------------------------------------------------------------------------------------


def only(findings, code):
    found = [finding for finding in findings if finding.code == code]
    assert len(found) == 1
    return found[0]


def test_gap_counts_lsoas_and_people(findings_of):
    finding = only(findings_of(CASES["gap"][0]), "gap")
    assert finding.lsoas == ("E01000010", "E01000011", "E01000012")
    assert finding.people == 3000
    assert (
        finding.message
        == "3 LSOAs (3,000 people: E01000010, E01000011, E01000012) of Corley in the scope are in no place."
    )


def test_overlap_counts_lsoas_and_people(findings_of):
    finding = only(findings_of(CASES["overlap"][0]), "overlap")
    assert finding.lsoas == tuple(toy_county.LSOAS[5:9])
    assert finding.people == 5000


@pytest.mark.parametrize(
    ("value", "pct", "ok"),
    [
        (13000, 0, True),
        (13001, 0, False),
        (13130, 1, True),
        (13132, 1, False),
        (12871, 1, False),
        (12872, 1, True),
        (0, 100, False),
    ],
)
def test_tolerance_is_of_the_published_figure(findings_of, value, pct, ok):
    """13,000 people: within 1% of 13,130 (131.3 off at most) but not of 13,132, nor of 12,871 (128.71 off at most)."""
    config = footprint(
        WHOLE.replace("]}", f"], expect: [{{measure: residents_2021, value: {value}, within_pct: {pct}}}]}}")
    )
    assert ("expectation-missed" not in {f.code for f in findings_of(config)}) == ok


@pytest.mark.parametrize(
    ("found", "published", "ok"),
    [(10.49, 10, True), (10.5, 11, True), (11.5, 12, True), (12.5, 13, True), (12.5, 12, False)],
)
def test_rounding_to_whole_people(found, published, ok):
    from placemap.checks.evidence import within

    assert within(found, published, 0) == ok


def test_practice_measure_sums_over_the_places_practices(findings_of):
    """East 2,000 + 400 + 550; West 4,000 + 400; a listed practice leaves the place of its PCN."""
    config = CONFIG.replace(
        "        pcn: {U90003: CEDAR PCN}\n",
        "        pcn: {U90003: CEDAR PCN}\n        expect: [{measure: list_size_2020_21, value: 4400}]\n",
        1,
    )
    assert "expectation-missed" not in {f.code for f in findings_of(config)}
    config = config.replace("A90006: LONE SURGERY", "A90006: LONE SURGERY, A90002: APPLE SURGERY", 1)
    assert "expectation-missed" in {f.code for f in findings_of(config)}
    assert "expectation-missed" not in {f.code for f in findings_of(config.replace("4400", "4800"))}


@pytest.mark.parametrize(("people", "reported"), [(249_999, True), (250_000, False), (500_000, False), (500_001, True)])
def test_place_size(toy, people, reported):
    from placemap.checks.registry import RESULT_CHECKS

    workspace, system, chosen = toy(footprint(WHOLE))
    _, resolved = workspace.resolve(system, chosen)
    residents = np.zeros(workspace.geography.size)
    residents[0] = people
    result = replace(resolved, populations=replace(workspace.populations, residents=residents))
    assert bool(list(RESULT_CHECKS["place-size"](result))) == reported


def test_far_side_of_a_border_that_touches_nothing_else_is_an_island(toy, tmp_path):
    """A part that borders no other place's LSOAs (an island) is not reported as cut off."""
    tables = toy_county.tables()
    family, kind, vintage, base, frame = tables["adjacency-2021"]
    tables["adjacency-2021"] = (family, kind, vintage, base, frame[frame["lsoa_code_a"] != "E01000001"])
    store = toy_county.write_store(tmp_path / "island", tables)
    config = places(
        "a: {name: A, lsoa: [E01000001, E01000008, E01000009]}",
        "b: {name: B, sub_icb: [90A], exclude: {lsoa: [E01000001, E01000008, E01000009]}}",
    )
    workspace, system, chosen = toy(config, store=store)
    found = [f for f in workspace.check(system, chosen).findings if f.code == "not-contiguous"]
    assert [f.place for f in found] == ["b"]


def test_errors_come_first(findings_of):
    ranks = ["error", "warning", "info"]
    found = [ranks.index(f.severity) for f in findings_of(CASES["gap"][0])]
    assert found == sorted(found)


# --- waivers -----------------------------------------------------------------------------------------------------------


def test_a_waiver_keeps_its_reason(findings_of):
    finding = only(findings_of(CASES["waived"][0]), "waived")
    assert finding.severity == "info"
    assert finding.message.startswith("outside-scope accepted: Corley reaches outside the scope")
    assert finding.message.endswith("Reason: so")


def test_a_waiver_of_one_place_does_not_reach_another(findings_of):
    config = footprint(
        COUNCILS.replace(", within: scope", "").replace(
            "[E06000901]", "[E06000901], accept: [{finding: outside-scope, subject: corley, reason: so}]"
        )
    )
    codes = [f.code for f in findings_of(config)]
    assert "outside-scope" in codes
    assert "unused-waiver" in codes


def test_a_waiver_of_the_footprint_reaches_every_place(findings_of):
    config = footprint(
        COUNCILS.replace(", within: scope", ""),
        extra="    accept: [{finding: outside-scope, subject: corley, reason: so}]\n",
    )
    codes = [f.code for f in findings_of(config)]
    assert "outside-scope" not in codes
    assert "unused-waiver" not in codes


def test_a_waived_error_lets_the_build_pass(toy):
    config = footprint(
        WHOLE.replace(
            "]}",
            "], expect: [{measure: residents_2021, value: 99}], accept: [{finding: expectation-missed, subject: residents_2021, reason: a misprint}]}",
        )
    )
    workspace, system, chosen = toy(config)
    assert workspace.check(system, chosen).exit_code() == 0


@pytest.mark.parametrize("finding", ["gap", "overlap"])
def test_coverage_cannot_be_waived(toy, finding):
    """A crosswalk promises that each LSOA of the scope is in exactly one place; nobody can accept otherwise."""
    config = CASES[finding][0].replace(
        "    places:", f"    accept: [{{finding: {finding}, subject: {CASES[finding][1][0]}, reason: so}}]\n    places:"
    )
    workspace, system, chosen = toy(config)
    outcome = workspace.check(system, chosen)
    assert outcome.exit_code() == 4
    assert finding in {f.code for f in outcome.findings}
    assert "unused-waiver" in {f.code for f in outcome.findings}
