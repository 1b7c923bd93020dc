"""Every shipped config has what its system can say in a reply, in the voice of that system."""

import re

import pytest
from outsiders import OUTSIDE

from conftest import REPO
from placemap.config.in_words import public_notes
from placemap.config.load import load_system, system_from_text
from placemap.config.public import public_text

CONFIGS = sorted((REPO / "configs").glob("*.yaml"))


def as_given_out(path):
    """The system as an FOI pack is made from it, and the text that stands in the pack."""
    text = public_text(path.read_text(encoding="utf-8"))
    return system_from_text(text, path.name), text


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_footprint_says_on_what_basis(path):
    system, _ = as_given_out(path)
    silent = [item.id for item in system.footprints.values() if not public_notes(system, item)]
    assert silent == [], "the reply would have a field to fill in"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_nothing_that_is_given_out_is_said_from_outside(path):
    """Not the notes, nor titles and publishers, names and reasons: all of the declaration in the pack."""
    system, text = as_given_out(path)
    said = [*(note for item in system.footprints.values() for note in public_notes(system, item)), system.name]
    said += [f"{item.title} {item.publisher}" for item in system.evidence.values()]
    for footprint in system.footprints.values():
        said += [footprint.name, *(place.name for place in footprint.places)]
        said += [accept.reason for owner in (footprint, *footprint.places) for accept in owner.accepts]
    said += re.findall(r"(?:^|\s)#(.*)", text)
    assert [one for one in said if OUTSIDE.search(one)] == []


def test_words_from_outside_are_told():
    """Most of what outside readers noted in the shipped configs has such words, so they would be seen in a reply."""
    notes = []
    for path in CONFIGS:
        system = load_system(path)
        notes.append(" ".join([system.notes, *(item.notes for item in system.footprints.values())]))
    assert sum(bool(OUTSIDE.search(note)) for note in notes) > 0.7 * len(notes)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_public_note_is_not_the_outside_readers_own(path):
    system = load_system(path)
    for item in system.footprints.values():
        for note in public_notes(system, item):
            assert len(note) < 600, "one to three sentences"
            assert note not in (system.notes, item.notes)
            assert re.fullmatch("[A-Z].*[.]", note), note
