"""What the 42 configs say, held against the official lookups and against the researched facts."""

import re
from collections import Counter

import numpy as np
import pytest

WORDS = re.compile(r"[a-z0-9'&]+")
#: Runs of that many words in common with the researched prose are taken for copying, unless they are names and codes.
RUN = 10


def prose(system):
    yield system.notes
    for evidence in system.evidence.values():
        yield evidence.states
    for footprint in system.footprints.values():
        yield footprint.notes
        for place in footprint.places:
            yield place.notes


def sentences(text):
    return {" ".join(WORDS.findall(part.lower())) for part in re.split(r"(?<=[.!?;:])\s", text)}


def runs(text):
    """Runs of words that are not mostly names, numbers and codes."""
    words = re.findall(r"[\w'&]+", text)
    for start in range(len(words) - RUN + 1):
        run = words[start : start + RUN]
        if sum(word.islower() and word.isalpha() for word in run) >= RUN - 3:
            yield " ".join(run).lower()


def test_there_is_one_config_for_each_icb_of_2024(shipped_systems, workspace):
    icbs = workspace.geography.units("icb", "2024")
    assert {system.icb_code: system.icb_ods for system in shipped_systems.values()} == dict(
        zip(icbs.codes, icbs.ods, strict=True)
    )
    assert len(shipped_systems) == 42


def test_files_are_called_by_the_id_of_their_system(shipped_systems):
    assert all(system.loc.file == f"{system.id}.yaml" for system in shipped_systems.values())


def test_scopes_are_whole_icbs_and_name_sub_icb_locations(shipped_systems, workspace):
    from placemap.resolve.resolve import scope_of

    icbs = workspace.geography.units("icb", "2024")
    for system in shipped_systems.values():
        scope = system.footprints[system.default_footprint].scope
        assert {member.kind for member in scope.include} == {"sub_icb"}, system.id
        expected = icbs.of == icbs.position(system.icb_code)
        assert (scope_of(scope, workspace.geography) == expected).all(), system.id


def test_every_footprint_builds_without_errors(shipped_systems, workspace):
    from placemap.core.findings import Severity

    wrong = [
        (system.id, footprint.id, finding.code, finding.message)
        for system in shipped_systems.values()
        for footprint in system.footprints.values()
        for finding in workspace.check(system, footprint).findings
        if finding.severity == Severity.ERROR
    ]
    assert wrong == []
    assert sum(len(system.footprints) for system in shipped_systems.values()) >= 57


def test_every_name_of_a_unit_is_given_and_so_checked(shipped_systems):
    unnamed = [(s.id, m.kind, m.code) for s in shipped_systems.values() for m in s.units() if m.name is None]
    assert unnamed == []


def test_weak_footprints_say_why(shipped_systems):
    silent = [
        (system.id, footprint.id)
        for system in shipped_systems.values()
        for footprint in system.footprints.values()
        if footprint.grade == "C" and len(footprint.notes) < 40
    ]
    assert silent == []


def test_grades_and_basis_agree(shipped_systems):
    """What no source states is not grade A."""
    odd = [
        (system.id, footprint.id)
        for system in shipped_systems.values()
        for footprint in system.footprints.values()
        if footprint.grade == "A" and footprint.basis == "inferred"
    ]
    assert odd == []


def test_evidence_can_be_found(shipped_systems):
    """Every document has a date, or says when it was seen; and a title that is no address."""
    odd = [
        (system.id, key)
        for system in shipped_systems.values()
        for key, item in system.evidence.items()
        if not (item.date or item.accessed or system.id == "bnssg") or item.title.startswith("http")
    ]
    assert odd == []


def test_all_evidence_is_used_or_is_background(shipped_systems):
    """At least half of a system's documents are named by a place or footprint."""
    for system in shipped_systems.values():
        named = {key for f in system.footprints.values() for key in f.evidence}
        named |= {key for f in system.footprints.values() for place in f.places for key in place.evidence}
        assert len(named) * 2 >= len(system.evidence), system.id


# --- against the researched facts -------------------------------------------------------------------------------------


def test_no_grade_is_above_the_researched_one(shipped_systems, researched):
    above = [
        (key, footprint.id)
        for key, facts in researched.items()
        for footprint in facts.footprints.values()
        if shipped_systems[key].footprints[footprint.id].grade < footprint.grade
    ]
    assert above == []
    assert len(researched) == 39


def test_places_have_the_researched_lsoas(shipped_systems, researched, workspace):
    """Though some are declared from other units: former CCGs instead of wards, former districts instead of MSOAs."""
    for key, facts in researched.items():
        for footprint in facts.footprints.values():
            _, theirs = workspace.resolve(facts, footprint)
            _, ours = workspace.resolve(shipped_systems[key], shipped_systems[key].footprints[footprint.id])
            assert [p.id for p in theirs.places] == [p.id for p in ours.places], (key, footprint.id)
            assert np.array_equal(theirs.assignment.place, ours.assignment.place), (key, footprint.id)


def test_documents_are_cited_as_researched(shipped_systems, researched):
    """But for remarks in brackets on where a copy was found: a title is the document's, and is quoted in replies."""
    remark = re.compile(r" \((?:title|panel on|hosted by|copy on)\b[^)]*\)")

    def facts(item):
        parts = (item.title, item.publisher, item.date, item.url, item.accessed)
        return [remark.sub("", " ".join(text.split())) for text in parts]

    for key, found in researched.items():
        for name, item in found.evidence.items():
            assert facts(shipped_systems[key].evidence[name]) == facts(item), (key, name)


#: What later evidence changed: a default footprint, and names of places.
OTHER_DEFAULT = {"birmingham-and-solihull": "localities"}
RENAMED = {
    "gloucestershire": {
        "Gloucester City",
        "Stroud and Berkeley Vale",
        "Tewkesbury, Newent and Staunton",
        "The Forest of Dean",
    }
}


def test_status_default_and_evidence_are_as_researched(shipped_systems, researched):
    """Each footprint cites the document that the facts rest it on, and may cite more."""
    for key, facts in researched.items():
        ours = shipped_systems[key]
        assert (ours.name, ours.icb_code, ours.default_footprint) == (
            facts.name,
            facts.icb_code,
            OTHER_DEFAULT.get(key, facts.default_footprint),
        )
        for footprint in facts.footprints.values():
            mine = ours.footprints[footprint.id]
            assert mine.status == footprint.status, (key, footprint.id)
            assert set(footprint.evidence) <= set(mine.evidence), (key, footprint.id)


def test_places_are_called_as_researched(shipped_systems, researched):
    """But for two whose researched name has their districts added in brackets; a build lists those anyway."""
    shorter = []
    for key, facts in researched.items():
        for footprint in facts.footprints.values():
            for theirs, ours in zip(
                footprint.places, shipped_systems[key].footprints[footprint.id].places, strict=True
            ):
                if ours.name != theirs.name and ours.name not in RENAMED.get(key, ()):
                    assert theirs.name.startswith(f"{ours.name} ("), (key, theirs.name)
                    shorter.append((key, ours.name))
    for key, names in RENAMED.items():
        ours = shipped_systems[key]
        assert names <= {place.name for place in ours.footprints[ours.default_footprint].places}
    assert shorter == [("cambridgeshire-and-peterborough", "North"), ("cambridgeshire-and-peterborough", "South")]


def test_no_sentence_is_copied(shipped_systems, researched):
    for key, facts in researched.items():
        theirs = {s for text in prose(facts) for s in sentences(text) if len(s.split()) >= 6}
        ours = {s for text in prose(shipped_systems[key]) for s in sentences(text)}
        assert not theirs & ours, key


def test_no_long_run_of_words_is_copied(shipped_systems, researched):
    for key, facts in researched.items():
        theirs = {run for text in prose(facts) for run in runs(text)}
        ours = {run for text in prose(shipped_systems[key]) for run in runs(text)}
        assert not theirs & ours, key


def test_folded_text_holds_no_marks(shipped_systems):
    assert not [s.id for s in shipped_systems.values() for text in prose(s) if "\a" in text]


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page():
    from conftest import REPO

    return (REPO / "docs" / "method" / "atlas.md").read_text(encoding="utf-8")


def test_the_page_is_up_to_date(page, shipped_systems):
    from atlas_page import overview, sections

    found = sorted(shipped_systems.values(), key=lambda system: system.name)
    assert overview(found) in page, "run `python docs/refresh.py`"
    assert sections(found) in page, "run `python docs/refresh.py`"


def test_the_page_has_every_place_grade_and_document(page, shipped_systems):
    for system in shipped_systems.values():
        section = page.partition(f"### {system.name}\n")[2].partition("\n### ")[0]
        for footprint in system.footprints.values():
            assert f"`{footprint.id}`" in section
            assert f"grade {footprint.grade}" in section
            assert all(f"| {place.name} |" in section for place in footprint.places)
        assert all(item.title in section for item in system.evidence.values())


def test_counts_by_grade_are_those_of_the_page(page, shipped_systems):
    grades = Counter(system.footprints[system.default_footprint].grade for system in shipped_systems.values())
    assert f"{grades['A']} graded A, {grades['B']} graded B, {grades['C']} graded C" in page
