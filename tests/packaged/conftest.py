"""The registrations that packaged tables were made from."""

from __future__ import annotations

import zipfile

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def registrations(official_files) -> pd.DataFrame:
    """The registrations of July 2022, as published."""
    with zipfile.ZipFile(official_files / "gp-reg-pat-prac-lsoa-all-Jul-22.zip") as archive:
        name = next(name for name in archive.namelist() if name.endswith(".csv"))
        with archive.open(name) as file:
            text = {"PRACTICE_CODE": str, "LSOA_CODE": str}
            return pd.read_csv(file, dtype=text, usecols=[*text, "NUMBER_OF_PATIENTS"], keep_default_na=False)
