"""Members against the reference: names, nearest codes, what became of dead ones."""

import pytest
import toy_county
from toy_county import footprint


def messages(findings, code):
    return [(f.message, f.hint) for f in findings if f.code == code]


@pytest.mark.parametrize("name", ["ALDER PCN", "Alder", "alder  pcn", "  Alder PCN "])
def test_names_compare_without_case_space_and_a_trailing_pcn(findings_of, name):
    found = findings_of(footprint(f"      a: {{name: A, pcn: {{U90001: '{name}'}}}}\n"))
    assert "name-mismatch" not in {f.code for f in found}


def test_a_name_in_the_members_vintage(findings_of):
    config = footprint("      a: {name: A, ltla: {E07000899: Old Borley}, ltla_vintage: 2019}\n")
    assert "name-mismatch" not in {f.code for f in findings_of(config)}


def test_a_former_district_is_its_lsoas_of_2011_brought_to_2021(toy):
    workspace, system, chosen = toy(footprint("      a: {name: A, ltla: [E07000899], ltla_vintage: 2019}\n"))
    _, resolved = workspace.resolve(system, chosen)
    assignment = resolved.assignment
    assert list(workspace.geography.lsoas[assignment.place == 0]) == ["E01000006", "E01000007"]


def test_ods_and_gss_codes_are_the_same_unit(toy):
    for code in ("90A", "E38000901"):
        workspace, system, chosen = toy(footprint(f"      a: {{name: A, sub_icb: [{code}]}}\n"))
        assert workspace.check(system, chosen).exit_code() == 0


def test_vintage_of_the_footprint_the_place_and_the_member(toy):
    """The nearest one counts: config, then footprint, then place, then `exclude`."""
    config = footprint(
        "      a: {name: A, ltla: [E07000899]}\n      b: {name: B, ltla: [E06000901], ltla_vintage: 2024}\n",
        extra="    ltla_vintage: 2019\n",
    )
    _, _, chosen = toy(config)
    assert [m.vintage for _, m in chosen.members()] == ["2019", "2024"]


def test_a_pcn_of_two_vintages_in_two_places(toy, tmp_path):
    """The practice that both hold is refused; listing it in one of them settles it."""
    tables = toy_county.tables()
    for name in ("pcns", "pcn_members"):
        family, kind, _, base, frame = tables[f"{name}-2022-08"]
        tables[f"{name}-2024-10"] = (family, kind, "2024-10", base, frame)
    store = toy_county.write_store(tmp_path / "two", tables)
    config = footprint("      a: {name: A, pcn: [U90001]}\n      b: {name: B, pcn: [U90001], pcn_vintage: 2024-10}\n")
    workspace, system, chosen = toy(config, store=store)
    found = [f for f in workspace.check(system, chosen).findings if f.code == "duplicate-member"]
    assert [f.subject for f in found] == ["A90001", "A90002"]
    listed = config.replace("pcn: [U90001]}", "pcn: [U90001], practice: [A90001, A90002]}", 1)
    workspace, system, chosen = toy(listed, store=store)
    assert "duplicate-member" not in {f.code for f in workspace.check(system, chosen).findings}


def test_a_scope_place_may_have_exclusions(toy):
    config = toy_county.CONFIG.replace(
        "scope: {place: councils/ashton}", "scope: {place: councils/ashton, exclude: {lsoa: [E01000001]}}"
    )
    workspace, system, chosen = toy(config, "inside")
    _, resolved = workspace.resolve(system, chosen)
    assignment = resolved.assignment
    assert assignment.in_scope.sum() == 4


def test_errors_of_the_scopes_footprint_are_reported(findings_of):
    config = toy_county.CONFIG.replace(
        "ashton: {name: Ashton, ltla: {E06000901: Ashton}}", "ashton: {name: Ashton, ltla: {E06000901: Aston}}"
    )
    assert "name-mismatch" in {f.code for f in findings_of(config, "inside")}
