"""The reply of every system, read as its officer would: filled in as far as the config goes, in its own voice."""

import io
import re

import pytest
from docx import Document
from outsiders import OUTSIDE
from PIL import Image

from conftest import REPO
from placemap.commands.foi import Asked, foi_files
from placemap.config.load import load_system
from placemap.outputs.foi.pack import METHOD, RESPONSE
from placemap.outputs.foi.questions import Letter

#: What no config can know.
FIELDS = {
    *("[reference]", "[date]", "[organisation]", "[name]", "[date of the request]", "[name, job title]"),
    *("[team, postal and e-mail address]", "[address for internal reviews]"),
}
NO_ADDRESS = "[where to find it, or enclose it]"
NO_DOCUMENT = "[the documents that set out this division, and where to find them]"
SYSTEMS = sorted(path.stem for path in (REPO / "configs").glob("*.yaml"))
#: What only England's tables can resolve of the other footprints: wards, former CCGs, one place, parts of areas.
MORE = [
    ("lincolnshire", "former-ccgs"),
    ("northamptonshire", "localities"),
    ("north-east-and-north-cumbria", "thirteen-places"),
    ("nottingham-and-nottinghamshire", "districts"),
]


@pytest.fixture(scope="module")
def replies(workspace):
    """Makes the reply and the method of a footprint, without the tables and pictures that come with them."""
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(picture, "PNG")
    found = {}

    def make(name, footprint=None):
        path = REPO / "configs" / f"{name}.yaml"
        system = load_system(path)
        key = name, footprint or system.default_footprint
        if key not in found:
            files = foi_files(workspace, Asked(path.read_text(encoding="utf-8"), path.name, key[1], Letter()))
            document = Document(io.BytesIO(files[RESPONSE]))
            cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
            letter = "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
            found[key] = system, system.footprints[key[1]], letter, files[METHOD].decode("utf-8")
        return found[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("placemap.outputs.foi.pack.png", lambda _: picture.getvalue())
        patch.setattr("placemap.outputs.foi.pack.workbook_of", lambda *_: b"")
        patch.setattr("placemap.outputs.foi.pack.geojson", lambda _: "")
        patch.setattr("placemap.outputs.foi.pack.svg_text", lambda _: "")
        yield make


def cited(system, footprint):
    keys = {*footprint.evidence, *(key for place in footprint.places for key in place.evidence)}
    return [system.evidence[key] for key in sorted(keys)]


ALL = [*((name, None) for name in SYSTEMS), *MORE]


@pytest.mark.parametrize(("name", "footprint"), ALL)
def test_no_field_is_left_that_the_config_fills(name, footprint, replies):
    system, chosen, letter, _ = replies(name, footprint)
    own = [item for item in cited(system, chosen) if not item.third_party]
    left = set(re.findall(r"\[[^\]]*\]", letter.split("Our response")[0] + letter.split("Our response")[1]))
    expected = FIELDS | ({NO_ADDRESS} if any(not item.url for item in own) else set())
    assert left == expected | (set() if own else {NO_DOCUMENT})


@pytest.mark.parametrize(("name", "footprint"), ALL)
def test_it_names_the_documents_of_the_system_and_no_others(name, footprint, replies):
    system, chosen, letter, method = replies(name, footprint)
    for item in cited(system, chosen):
        assert (f"{item.title} ({item.publisher}" in letter) is not item.third_party, item.title
        assert not (item.third_party and item.url and item.url in letter + method)


@pytest.mark.parametrize(("name", "footprint"), ALL)
def test_it_speaks_as_the_system(name, footprint, replies):
    system, chosen, letter, _ = replies(name, footprint)
    for item in cited(system, chosen):
        letter = letter.replace(item.title, "").replace(item.url or "nothing", "")
    assert [line for line in letter.splitlines() if OUTSIDE.search(line)] == []


@pytest.mark.parametrize(("name", "footprint"), ALL)
def test_its_sentences_are_whole(name, footprint, replies):
    _, chosen, letter, _ = replies(name, footprint)
    ours = letter.split("Our response")[1]
    assert not re.search(r"\b(1|one) (places|wards|LSOAs|people|of them are)\b|\bnan\b|None|  |\.\.| [,.;:]|\(\)", ours)
    assert re.search(r"We have (one place|([2-9]|1\d) places)\. (It is|They (are|were)) [\w ]+", ours)
    spoken = re.findall(r"\b(?:[Oo]ur|[Tt]hese) places\b|\beach place\b|\b(?:do|are) the places\b", ours)
    assert bool(spoken) == (len(chosen.places) > 1)
    for place in chosen.places:
        assert place.name in ours
