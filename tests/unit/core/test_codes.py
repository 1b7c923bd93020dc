"""How names compare: as people write them, whatever ONS and the NHS add."""

import pytest

from placemap.core.codes import normal_name


@pytest.mark.parametrize(
    ("official", "said"),
    [
        ("Bristol, City of", "Bristol"),
        ("Kingston upon Hull, City of", "KINGSTON UPON HULL"),
        ("Herefordshire, County of", "  Herefordshire "),
        ("MENDIP VALE PCN", "Mendip  Vale"),
    ],
)
def test_what_is_official_and_seldom_said_does_not_matter(official, said):
    assert normal_name(official) == normal_name(said) == normal_name(said.strip())


@pytest.mark.parametrize(
    ("one", "other"),
    [("City of London", "London"), ("County Durham", "Durham"), ("Bristol, City of", "City of Bristol"), ("PCN", "")],
)
def test_what_belongs_to_a_name_matters(one, other):
    assert normal_name(one) != normal_name(other)
