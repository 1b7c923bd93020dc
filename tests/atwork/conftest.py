"""Fixtures of `apply`: the packaged systems, and the July 2022 registrations where the reference folder is there."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import placemap

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"


@pytest.fixture(scope="session")
def reference() -> Path:
    folder = Path(os.environ.get("PLACEMAP_REFERENCE") or ROOT.parent / "shared" / "reference")
    if not folder.is_dir():
        pytest.skip(f"the official files are not at {folder} (PLACEMAP_REFERENCE)")
    return folder


@pytest.fixture(scope="session")
def bnssg() -> placemap.Places:
    return placemap.load("bnssg", data=DATA)


@pytest.fixture(scope="session")
def norfolk() -> placemap.Places:
    return placemap.load("norfolk-and-waveney", data=DATA)


@pytest.fixture(scope="session")
def registrations(reference: Path) -> pd.DataFrame:
    with zipfile.ZipFile(reference / "gp-reg-pat-prac-lsoa-all-Jul-22.zip") as archive:
        name = next(name for name in archive.namelist() if name.endswith(".csv"))
        with archive.open(name) as file:
            text = {"PRACTICE_CODE": str, "LSOA_CODE": str}
            return pd.read_csv(file, dtype=text, usecols=[*text, "NUMBER_OF_PATIENTS"], keep_default_na=False)


def line(reconciliation, outcome: str):
    return next(one for one in reconciliation.lines if one.outcome == outcome)
