"""Users' tables: formats read, and the kind of codes recognised by content."""

from pathlib import Path

import pandas as pd
import pytest

from placemap.commands.workspace import Workspace
from placemap.core.errors import PlacemapError
from placemap.core.read_tables import read_table
from placemap.reference.recognise import clean_codes, code_columns, recognise

ROWS = [("E01014485", "Woodspring"), ("E01014486", "NA"), ("E01014487", "Côte")]


def _expected() -> pd.DataFrame:
    return pd.DataFrame(ROWS, columns=["LSOA", "place"], dtype=object)


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", "\t"), ("utf-16", ","), ("utf-8", "|")],
)
def test_delimited_text_reads_the_same_in_any_common_form(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [delimiter.join(row) for row in [("LSOA", "place"), *ROWS]]
    path = tmp_path / "places.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    pd.testing.assert_frame_equal(read_table(path).frame, _expected())


def test_workbook_skips_titles_and_takes_the_sheet_with_codes(tmp_path: Path) -> None:
    path = tmp_path / "places.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"Notes": ["for internal use", "see over"]}).to_excel(book, sheet_name="Notes", index=False)
        _expected().to_excel(book, sheet_name="List", index=False, startrow=3)
        book.sheets["List"]["A1"] = "Places of the system"
    pd.testing.assert_frame_equal(read_table(path).frame, _expected())


def test_parquet_numbers_become_text_without_decimals(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pd.DataFrame({"code": ["E01014485", None], "n": [1.0, 2.5]}).to_parquet(path)
    assert read_table(path).frame.to_numpy().tolist() == [["E01014485", "1"], ["", "2.5"]]


def test_a_table_without_header_keeps_its_first_row(tmp_path: Path) -> None:
    path = tmp_path / "epcn.csv"
    path.write_text("L81036,Coniston\nL81019,Concord\n")
    table = read_table(path).frame
    assert list(table) == ["column 1", "column 2"]
    assert table["column 1"].tolist() == ["L81036", "L81019"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty; expected a table"),
        (b"LSOA,place\n", "the file holds no table: expected a header and at least one row"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "this is a workbook of the old .xls format, or one with a password"),
        (b"\x89PNG\0\0\0\0", "this is not a table of a format that placemap reads"),
    ],
)
def test_what_is_no_table_is_said_plainly(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(PlacemapError) as caught:
        read_table(path)
    assert caught.value.message == message
    assert caught.value.hint


def test_missing_file_folder_and_sheet(tmp_path: Path) -> None:
    with pytest.raises(PlacemapError, match="no such file"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(PlacemapError, match="this is a folder"):
        read_table(tmp_path)
    _expected().to_excel(tmp_path / "a.xlsx", sheet_name="One", index=False)
    with pytest.raises(PlacemapError, match="there is no sheet `Two`") as caught:
        read_table(tmp_path / "a.xlsx", "Two")
    assert caught.value.hint == "the sheets are One"


def test_codes_are_cleaned_for_comparison() -> None:
    assert clean_codes(pd.Series([" e01014485 ", None, 15])).tolist() == ["E01014485", "", "15"]


def test_shape_alone_gives_the_kind() -> None:
    wards = recognise(pd.Series(["E05010885", "E05010886"], name="x"))
    assert wards is not None
    assert (wards.kind, wards.vintage) == ("ward", "")
    assert recognise(pd.Series(["Bristol", "E05010886"])) is None


def test_vintage_is_told_by_content_not_by_the_title(workspace: Workspace) -> None:
    geography = workspace.geography
    old = recognise(pd.Series(geography.fit_2011.codes, name="LSOA21CD"), geography)
    new = recognise(pd.Series(geography.lsoas, name="LSOA11CD"), geography)
    assert old is not None
    assert new is not None
    assert (old.vintage, new.vintage) == ("2011", "2021")
    assert old.known == len(geography.fit_2011.codes)
    assert not old.unknown


def test_lsoas_that_never_changed_are_said_to_fit_both(workspace: Workspace) -> None:
    geography = workspace.geography
    both = pd.Series(sorted(set(geography.lsoas) & set(geography.fit_2011.codes)))
    found = recognise(both, geography)
    assert found is not None
    assert (found.vintage, found.also) == ("2021", ("2011",))


def test_nhs_codes_are_recognised_only_where_they_are_real(workspace: Workspace) -> None:
    geography = workspace.geography
    found = recognise(pd.Series(["15C", "26A", "00Q"]), geography)
    assert found is not None
    assert found.kind == "sub_icb"
    assert recognise(pd.Series(["YES", "NOT", "ALL"]), geography) is None


def test_a_builds_own_table_is_understood(workspace: Workspace) -> None:
    frame = pd.DataFrame({"area": ["E06000023", "E06000024"], "who": ["L81036", "L81019"], "n": ["1", "2"]})
    assert [(c.column, c.kind) for c in code_columns(frame, workspace.geography)] == [
        ("area", "ltla"),
        ("who", "practice"),
    ]
