"""Places that follow one of another system: they must be there, in whatever file, and last longer."""

import pytest

from placemap.config.load import load_system
from placemap.core.errors import PlacemapErrors

CONFIG = """\
placemap: 1
ics: {{id: {system}, name: System, icb: {{code: E54000901, ods: QT1, vintage: 2024}}}}
scope: {{sub_icb: [90A]}}
evidence: {{plan: {{title: The plan, publisher: Council}}}}
{more}default_footprint: {footprint}
footprints:
  {footprint}:
    {{name: F, status: current, grade: A, evidence: plan, places: {{
      now: {{name: Now, ltla: [E06000901]}},
      old: {{name: Old, ltla: [E06000901], valid_to: {end}, succeeded_by: [
        {followed}] }} }} }}
"""


@pytest.fixture
def systems(tmp_path):
    """Two systems, each with a place that ended and is said to be followed by one of the other."""

    def write(first, second, *, ends=("2024-03-31", "2025-03-31"), split=False):
        one = CONFIG.format(system="one", footprint="f", end=ends[0], followed=first, more="")
        two = CONFIG.format(system="two", footprint="f", end=ends[1], followed=second, more="")
        if split:  # the footprint `f` in a file of its own
            main = CONFIG.format(
                system="two", footprint="g", end=ends[1], followed="g/now", more="files: [more.yaml]\n"
            )
            (tmp_path / "more.yaml").write_text(two)
            two = main
        (tmp_path / "one.yaml").write_text(one)
        (tmp_path / "two.yaml").write_text(two)
        return tmp_path

    return write


def wrong(path):
    with pytest.raises(PlacemapErrors) as caught:
        load_system(path)
    return [f"{error.location}: {error.message}" for error in caught.value.errors]


def test_place_of_another_system_may_follow_and_end_later(systems):
    folder = systems("two/f/old", "two/f/now")
    assert load_system(folder / "one.yaml").footprints["f"].places[1].succeeded_by == ("two/f/old",)


@pytest.mark.parametrize("ends", [("2024-03-31", "2024-03-31"), ("2025-03-31", "2024-03-31")])
def test_systems_do_not_follow_each_other_in_a_circle(systems, ends):
    """Each of the two names the other's; one of them, or both, cannot have come after."""
    folder = systems("two/f/old", "one/f/old", ends=ends)
    assert wrong(folder / "one.yaml") == [
        f"one.yaml:11:9: two/f/old ended on {ends[1]}, and so cannot follow a place that ended on {ends[0]}"
    ]


def test_other_systems_may_be_written_in_several_files(systems):
    folder = systems("two/f/now", "two/f/now", split=True)
    assert load_system(folder / "one.yaml").id == "one"
    folder = systems("two/f/nowhere", "two/f/now", split=True)
    assert wrong(folder / "one.yaml") == [
        "one.yaml:11:9: old is followed by two/f/nowhere, and two.yaml has no such place"
    ]
