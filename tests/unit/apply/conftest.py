"""The toy county, for data to be applied to."""

import pytest
import toy_county

import placemap


@pytest.fixture(scope="module")
def county(toy_store, tmp_path_factory):
    """The places of Toyshire."""
    path = tmp_path_factory.mktemp("county") / "toyshire.yaml"
    path.write_text(toy_county.CONFIG, encoding="utf-8")
    return placemap.load(str(path), data=toy_store)
