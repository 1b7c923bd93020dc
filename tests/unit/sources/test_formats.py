"""Each official layout with its variants, and what a broken file is told, on files of a few rows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
import shapely

from placemap.core.errors import PlacemapError
from placemap.reference.schemas import EXACT_FIT, PCN_MEMBERS, lookup_schema
from placemap.reference.store import canonical_hash
from placemap.sources.catalogue import Catalogue, Release, load_catalogue
from placemap.sources.formats.boundaries import adjacent_pairs
from placemap.sources.formats.raw import clean_column, read_raw
from placemap.sources.formats.registry import recognise
from placemap.sources.formats.rules import iso_dates
from placemap.sources.store_table import StoreTable, store_table
from placemap.sources.tables.derive import TableOfFile, derived, one_of_each, settle_pcn_months

WHOLE = load_catalogue()


def _lenient(catalogue: Catalogue) -> Catalogue:
    """The catalogue without sizes and totals, so that files of a few rows pass."""
    return {
        key: replace(source, rows=(1, 10**7), lsoas=0, releases={}, total=None, measure="")
        for key, source in catalogue.items()
    }


SMALL = _lenient(WHOLE)


def read(name: str, content: str | bytes, catalogue: Catalogue = SMALL, says: str = "") -> dict[str, StoreTable]:
    """The tables of a file by name."""
    data = content if isinstance(content, bytes) else content.encode()
    tables: dict[str, StoreTable] = {}
    for raw in read_raw(name, data):
        layout = recognise(raw)
        assert layout is not None, list(raw.frame.columns)
        tables |= {table.name: table for table in layout.tables(raw, catalogue, says)}
    return tables


def layout_of(content: str, name: str = "file.csv") -> str:
    layout = recognise(read_raw(name, content.encode())[0])
    return layout.id if layout else ""


def with_rows(source: str, least: int, most: int) -> Catalogue:
    return {**SMALL, source: replace(SMALL[source], rows=(least, most))}


WARDS = """LSOA21CD,LSOA21NM,WD24CD,WD24NM,LAD24CD,LAD24NM
E01000001,City of London 001A,E05009288,Aldersgate,E09000001,City of London
E01027305,South Northamptonshire 003A,E05013078,Deddington,E07000177,Cherwell
W01000003,Isle of Anglesey 007A,W05001496,Canolbarth Môn,W06000001,Isle of Anglesey
"""
SUB_ICBS = """LSOA21CD,LSOA21NM,SICBL24CD,SICBL24CDH,SICBL24NM,ICB24CD,ICB24CDH,ICB24NM,LAD24CD,LAD24NM
E01000001,City of London 001A,E38000255,A3A8R,NHS NEL ICB - A3A8R,E54000029,QMF,NHS NEL,E09000001,City of London
E01014485,Bristol 001A,E38000222,15C,NHS BNSSG ICB - 15C,E54000039,QUY,NHS BNSSG,E06000023,Bristol
"""


def test_a_ward_file_gives_wards_of_english_lsoas_and_never_an_ltla():
    tables = read("x.csv", WARDS)
    assert list(tables) == ["ward-2024"]
    table = tables["ward-2024"]
    assert table.frame.to_dict("list") == {
        "lsoa_code": ["E01000001", "E01027305"],
        "ward_code": ["E05009288", "E05013078"],
        "ward_name": ["Aldersgate", "Deddington"],
    }
    assert (table.family, table.kind, table.base, table.source.id) == ("lookup", "ward", "2021", "lsoa21-ward")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda text: "\ufeff" + text, "a byte order mark"),
        (lambda text: "ï»¿" + text, "a byte order mark read as Latin-1"),
        (lambda text: text.replace("LSOA21CD", "F_LSOA21CD"), "the portal's prefix"),
        (lambda text: text.replace("LSOA21CD", "lsoa21cd"), "small letters"),
        (lambda text: text.replace("\n", ",7\n").replace("LAD24NM,7", "LAD24NM,ObjectId"), "ObjectId"),
        (lambda text: "\n".join(f"7,{line}" for line in text.splitlines()).replace("7,L", "FID,L", 1), "FID"),
        (lambda text: text.replace("\n", "\r\n"), "CRLF"),
    ],
)
def test_portal_habits_change_nothing(change, what):
    plain, changed = read("x.csv", WARDS)["ward-2024"], read("x.csv", change(WARDS))["ward-2024"]
    pd.testing.assert_frame_equal(plain.frame, changed.frame)


def test_the_vintage_is_read_from_the_columns():
    tables = read("x.csv", WARDS.replace("24", "25"))
    assert list(tables) == ["ward-2025"]
    assert tables["ward-2025"].source.titled("2025") == (
        "LSOA (2021) to electoral ward (2025) best-fit lookup for England and Wales"
    )


def test_a_sub_icb_file_gives_each_kind_it_has():
    tables = read("x.csv", SUB_ICBS)
    assert list(tables) == ["sub_icb-2024", "icb-2024", "ltla-2024"]
    assert tables["sub_icb-2024"].frame.columns.tolist() == lookup_schema("sub_icb", "2021").names
    assert tables["sub_icb-2024"].frame["sub_icb_ods"].tolist() == ["A3A8R", "15C"]
    assert tables["ltla-2024"].frame["ltla_name"].tolist() == ["City of London", "Bristol"]


def test_loc_columns_of_2022_are_sub_icb_locations():
    text = SUB_ICBS.replace("SICBL24", "LOC22").replace("ICB24", "ICB22").replace("LAD24", "LAD22")
    tables = read("x.csv", text.replace("LSOA21", "LSOA11"))
    assert list(tables) == ["sub_icb-2022", "icb-2022", "ltla-2022"]
    assert tables["sub_icb-2022"].base == "2011"
    assert tables["sub_icb-2022"].source.id == "lsoa11-sub-icb"


def test_ccgs_are_sub_icb_locations_of_their_year():
    text = (
        "LSOA11CD,LSOA11NM,CCG19CD,CCG19CDH,CCG19NM,LAD19CD,LAD19NM\n"
        "E01026535,Breckland 001A,E38000159,07J,NHS South Norfolk CCG,E07000143,Breckland\n"
    )
    tables = read("x.csv", text)
    assert list(tables) == ["sub_icb-2019", "ltla-2019"]
    assert {table.source.id for table in tables.values()} == {"lsoa11-ccg"}


EXACT = """LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM,ObjectId
E01014485,Bristol 001A,E01014485,Bristol 001A,U,E06000023,"Bristol, City of",1
E01014486,Bristol 001B,E01033769,Bristol 001F,S,E06000023,"Bristol, City of",2
E01014486,Bristol 001B,E01033770,Bristol 001G,S,E06000023,"Bristol, City of",3
W01000003,Isle of Anglesey 007A,W01000003,Isle of Anglesey 007A,U,W06000001,Isle of Anglesey,4
"""


@pytest.mark.parametrize("spelling", ["CHGIND", "CHNGIND", "chngind"])
def test_exact_fit_and_the_names_of_lsoas(spelling):
    tables = read("x.csv", EXACT.replace("CHGIND", spelling))
    assert list(tables) == ["exact_fit-2021", "lsoa_names-2021"]
    assert tables["exact_fit-2021"].frame["change"].tolist() == ["U", "S", "S"]
    assert tables["lsoa_names-2021"].frame["lsoa_code"].tolist() == ["E01014485", "E01033769", "E01033770"]


def test_best_fit_of_lsoas_is_known_and_left_aside():
    raw = read_raw("x.csv", EXACT.replace("CHGIND", "OTHER").encode())[0]
    layout = recognise(raw)
    assert layout is not None
    assert layout.id == "best-fit-of-lsoas"
    assert "placemap uses the exact fit" in layout.left_out


HISTORY = """ltla22_code,ltla22_name,ltla23_code,ltla23_name,ltla24_code,ltla24_name
E07000026,Allerdale,E06000063,Cumberland,E06000063,Cumberland
E07000029,Copeland,E06000063,Cumberland,E06000063,Cumberland
E07000112,Shepway,E07000112,Folkestone & Hythe,E07000112,Folkestone & Hythe
S12000005,Clackmannanshire,S12000005,Clackmannanshire,S12000005,Clackmannanshire
"""


def test_history_gives_years_and_successors():
    frame = read("x.csv", HISTORY)["ltla_history-2024"].frame
    assert frame.to_numpy().tolist() == [
        ["E06000063", "Cumberland", 2023, 2024, "", ""],
        ["E07000026", "Allerdale", 2022, 2022, "E06000063", "Cumberland"],
        ["E07000029", "Copeland", 2022, 2022, "E06000063", "Cumberland"],
        ["E07000112", "Folkestone & Hythe", 2022, 2024, "", ""],
    ]


def test_a_divided_ltla_has_a_row_a_successor():
    text = (
        "ltla23_code,ltla23_name,ltla24_code,ltla24_name\n"
        "E07000001,Old,E07000002,North\nE07000001,Old,E07000003,South\nE07000003,South,E07000003,South\n"
    )
    frame = read("x.csv", text)["ltla_history-2024"].frame
    assert frame.loc[frame["ltla_code"] == "E07000001", "successor_name"].tolist() == ["North", "South"]


def test_a_code_that_half_ends_is_refused():
    text = (
        "ltla23_code,ltla23_name,ltla24_code,ltla24_name\nE07000001,Old,E07000002,North\nE07000001,Old,E07000001,Old\n"
    )
    with pytest.raises(PlacemapError, match="E07000001 ends for some of its area and lives on for the rest"):
        read("x.csv", text)


RESIDENTS = "LSOA21CD,TOTAL\nE01000001,1474\nE01000002,1386\nW01000003,1000\n"


def _census(total: int) -> Catalogue:
    return {**SMALL, "census-2021": replace(WHOLE["census-2021"], rows=(2, 2), total=total)}


def test_residents_are_told_by_the_english_total():
    table = read("x.csv", RESIDENTS, _census(2860))["residents_2021"]
    assert (table.family, table.kind, table.vintage, table.base, table.total) == (
        "lsoa_measure",
        "residents_2021",
        "2021",
        "2021",
        2860,
    )
    assert table.frame["people"].tolist() == [1474, 1386]


def test_residents_of_an_unknown_total_must_be_named():
    with pytest.raises(PlacemapError) as caught:
        read("mye.csv", RESIDENTS, _census(56490108))
    assert str(caught.value) == (
        "mye.csv: People by LSOA, named by who imported it: the figures add up to 2,860; "
        "the known totals are 56,490,108 (residents_2021)\n"
        "  → say what it is, as in `placemap data import FILE --as residents_mid_2021`"
    )
    table = read("mye.csv", RESIDENTS, _census(56490108), says="residents_mid_2021")["residents_mid_2021"]
    assert (table.kind, table.vintage, table.total) == ("residents_mid_2021", "2021", 2860)


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ("residents_2021", r"the figures add up to 2,860; expected 56,490,108"),
        ("../../etc", r"'../../etc' is not a figure's name; expected one such as residents_mid_2021"),
        ("residents", r"'residents' is not a figure's name"),
    ],
)
def test_a_wrong_name_for_a_figure(says, message):
    with pytest.raises(PlacemapError, match=message):
        read("mye.csv", RESIDENTS, _census(56490108), says=says)


def test_a_known_figure_by_other_lsoas_is_refused():
    with pytest.raises(PlacemapError, match="residents_2021 is by other units than this file's"):
        read("mye.csv", RESIDENTS.replace("LSOA21", "LSOA11"), _census(2860), says="residents_2021")


def test_list_sizes_are_told_by_their_total():
    text = "PRACTICE_CODE,PRACTICE_LIST_SIZE,PRACTICE_NAME\nA81001,4098,One\nA81002,18809,Two\n"
    catalogue = {**SMALL, "list-size-2020-21": replace(WHOLE["list-size-2020-21"], rows=(2, 2), total=22907)}
    table = read("x.csv", text, catalogue)["list_size_2020_21"]
    assert (table.family, table.frame["people"].tolist()) == ("practice_measure", [4098, 18809])


def registrations(
    rows: str = "", *, lsoa: str = "LSOA_CODE", count: str = "NUMBER_OF_PATIENTS", day: str = "01Jul2022"
) -> str:
    rows = rows or "A81001,One,E01000001,ALL,7\nA81001,One,NO2011,ALL,2\nA81002,Two,W01000003,ALL,1\n"
    head = f"PUBLICATION,EXTRACT_DATE,PRACTICE_CODE,PRACTICE_NAME,{lsoa},SEX,{count}\n"
    return head + "".join(f"GP_PRAC_PAT_LIST,{day},{row}\n" for row in rows.splitlines())


@pytest.mark.parametrize("count", ["NUMBER_OF_PATIENTS", "Number of Patients", "Number_of_Patients "])
def test_registrations_and_their_column_names(count):
    tables = read("x.csv", registrations(count=count))
    assert list(tables) == ["registrations-2022-07", "practices-2022-07"]
    table = tables["registrations-2022-07"]
    assert (table.vintage, table.base, table.total) == ("2022-07", "2011", 10)
    assert table.frame.to_numpy().tolist() == [
        ["A81001", "E01000001", 7],
        ["A81001", "NO2011", 2],
        ["A81002", "W01000003", 1],
    ]
    assert tables["practices-2022-07"].frame["practice_name"].tolist() == ["One", "Two"]


@pytest.mark.parametrize(
    ("day", "month"),
    [("04JAN2021", "2021-01"), ("01Jul2022", "2022-07"), ("01/07/2026", "2026-07"), ("2025-10-01", "2025-10")],
)
def test_extract_dates_in_every_way_they_are_written(day, month):
    assert f"registrations-{month}" in read("x.csv", registrations(day=day))


@pytest.mark.parametrize(
    ("code", "base"),
    [("E01033768", "2011"), ("E01033769", "2021"), ("W01001958", "2011"), ("W01001959", "2021"), ("NO2021", "2021")],
)
def test_the_vintage_of_lsoas_is_told_by_their_codes(code, base):
    table = read("x.csv", registrations(f"A81001,One,{code},ALL,7"))["registrations-2022-07"]
    assert table.base == base


def test_sexes_are_summed_where_there_is_no_row_for_all():
    rows = "A81001,One,E01000001,MALE,3\nA81001,One,E01000001,FEMALE,4\n"
    assert read("x.csv", registrations(rows))["registrations-2022-07"].frame["patients"].tolist() == [7]
    both = rows + "A81001,One,E01000001,ALL,7\n"
    assert read("x.csv", registrations(both))["registrations-2022-07"].frame["patients"].tolist() == [7]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("A81001,One,E01000001,MALE,3\n", "SEX is MALE only; expected ALL"),
        ("A81001,One,E01000001,ALL,7\nA81001,One,E01000001,ALL,7\n", "1 rows repeat a key"),
        ("A81001,One,E01000001,ALL,7*\n", "1 values of patients are not whole numbers, first '7\\*'"),
        ("A81001,One,E02000001,ALL,7\n", "1 values of lsoa are not codes of LSOAs"),
        ("1E5,One,E01000001,ALL,7\n", "1 values of practice_code are not codes of practices, first '1E5'"),
        ("A81001,One,E01000001,ALL,7\nA81001,Uno,E01000002,ALL,7\n", "A81001 has 2 values of practice_name"),
    ],
)
def test_damaged_registrations(rows, message):
    with pytest.raises(PlacemapError, match=message):
        read("x.csv", registrations(rows))


def test_registrations_must_have_the_published_total():
    known = replace(SMALL["registrations"], releases={"2022-07": Release(total=61768942)})
    with pytest.raises(PlacemapError, match="the figures add up to 10; expected 61,768,942"):
        read("x.csv", registrations(), {**SMALL, "registrations": known})


def test_a_csv_in_a_zip():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("deep/gp-reg-pat-prac-lsoa-all.csv", registrations())
    raw = read_raw("x.zip", buffer.getvalue())[0]
    assert raw.where == "x.zip (gp-reg-pat-prac-lsoa-all.csv)"
    assert "registrations-2022-07" in read("x.zip", buffer.getvalue())


PCNS = "U16600,4PCC PCN,15C,NHS BNSSG ICB - 15C,20190701,,10 A STREET,,,BRISTOL,,BS1 1AA\n"
MEMBERS = (
    "L81036,CONISTON,15C,NHS BNSSG ICB - 15C,U16600,4PCC PCN,15C,NHS BNSSG ICB - 15C,20190701,,True\n"
    "L81019,CONCORD,15C,NHS BNSSG ICB - 15C,U16600,4PCC PCN,15C,NHS BNSSG ICB - 15C,20190701,20220629,True\n"
)


def test_the_ods_reports_have_no_header_and_lose_no_row():
    pcns, members = read("epcn.csv", PCNS), read("epcncorepartnerdetails.csv", MEMBERS)
    assert pcns["pcns-2019-07-01"].frame.to_numpy().tolist() == [
        ["U16600", "4PCC PCN", "15C", "NHS BNSSG ICB - 15C", "2019-07-01", ""]
    ]
    frame = members["pcn_members-2022-06-29"].frame
    assert frame.columns.tolist() == PCN_MEMBERS.names
    assert frame[["practice_code", "start", "end"]].to_numpy().tolist() == [
        ["L81019", "2019-07-01", "2022-06-29"],
        ["L81036", "2019-07-01", ""],
    ]


def _workbook(details: list[list[object]], partners: list[list[object]]) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    first = book.active
    first.title = "PCNDetails"
    second = book.create_sheet("PCN Core Partner Details")
    for sheet, rows in ((first, details), (second, partners)):
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


PCN_HEADER = [
    "PCN Code",
    "PCN Name",
    "Current Clinical \nCommissioning \nGroup Code",
    "Clinical\nCommissioning\nGroup Name",
    "Open Date",
    "Close Date",
]
MEMBER_HEADER = [
    "Partner\nOrganisation\nCode",
    "Partner\nName",
    "Practice\nParent\nCCG Code",
    "Practice\nParent\nCCG Name",
    "PCN Code",
    "PCN Name",
    "PCN Parent\nCCG Code",
    "PCN Parent\nCCG Name",
    "Practice to PCN\nRelationship\nStart Date",
    "Practice to PCN\nRelationship\nEnd Date",
    "Practice CCG and PCN\nCCG Match ",
]


@pytest.mark.parametrize("day", ["20190701", 20190701, 20190701.0, date(2019, 7, 1), datetime(2019, 7, 1)])
def test_a_workbook_with_newlines_in_headers_and_dates_of_any_kind(day):
    partner = ["L81036", "CONISTON", "15C", "NHS", "U16600", "4PCC PCN", "15C", "NHS", day, None, True]
    book = _workbook(
        [PCN_HEADER, ["U16600", "4PCC PCN", "15C", "NHS", day, ""]],
        [MEMBER_HEADER, partner, [None] * 11],
    )
    tables = read("ePCN.xlsx", book)
    assert tables["pcns-2019-07-01"].frame["closed"].tolist() == [""]
    assert tables["pcn_members-2019-07-01"].frame["end"].tolist() == [""]


def test_sub_icb_headers_of_later_workbooks():
    later = [name.replace("CCG", "Sub ICB Loc") for name in MEMBER_HEADER]
    details = [*PCN_HEADER[:2], "Current Sub ICB Loc Code", "Sub ICB Location", *PCN_HEADER[4:]]
    partner = ["L81036", "CONISTON", "15C", "NHS", "U16600", "4PCC PCN", "15C", "NHS", "20190701", None, True]
    book = _workbook([details, ["U16600", "4PCC PCN", "15C", "NHS", "20190701", ""]], [later, partner])
    assert list(read("ePCN.xlsx", book)) == ["pcns-2019-07-01", "pcn_members-2019-07-01"]


def test_a_workbook_with_columns_in_another_order_is_refused():
    swapped = [PCN_HEADER[0], PCN_HEADER[2], PCN_HEADER[1], *PCN_HEADER[3:]]
    book = _workbook([swapped, ["U16600", "15C", "4PCC PCN", "NHS", "20190701", ""]], [["nothing"]])
    with pytest.raises(PlacemapError, match="expected one like 'PCN NAME' there"):
        read("ePCN.xlsx", book)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MEMBERS.replace("20190701,,", "2019,,"), "'2019' in start is not a date; expected one such as 20220701"),
        (MEMBERS.replace("20190701,,", "20191301,,"), "'20191301' in start is not a date"),
        (MEMBERS.replace("20190701,,", ",,"), "a membership has no start date"),
        (MEMBERS.replace("L81019", "L81036"), r"1 rows repeat a key \(practice_code, pcn_code, start\)"),
        (MEMBERS.replace("L81019,", "1E5,"), "1 values of practice_code are not codes of practices"),
    ],
)
def test_damaged_memberships(text, message):
    with pytest.raises(PlacemapError, match=message):
        read("epcncorepartnerdetails.csv", text)


def _made(name: str, content: str, says: str = "", catalogue: Mapping = SMALL) -> list[TableOfFile]:
    return [TableOfFile(name, name, table) for table in read(name, content, catalogue, says).values()]


def test_two_reports_in_two_files_get_one_month():
    made = settle_pcn_months([*_made("epcn.csv", PCNS), *_made("partners.csv", MEMBERS)])
    assert [item.table.name for item in made] == ["pcns-2022-06", "pcn_members-2022-06"]


def test_a_known_release_is_told_by_its_rows():
    known = replace(
        SMALL["epcn"], releases={"2022-08": Release(units={"pcns": 1, "pcn_members": 2}, newest="2022-06-29")}
    )
    catalogue = {**SMALL, "epcn": known}
    made = settle_pcn_months(
        [*_made("a.csv", PCNS, catalogue=catalogue), *_made("b.csv", MEMBERS, catalogue=catalogue)]
    )
    assert [item.table.vintage for item in made] == ["2022-08", "2022-08"]
    later = MEMBERS.replace("20220629", "20230101")
    made = settle_pcn_months(_made("b.csv", later, catalogue=catalogue))
    assert [item.table.vintage for item in made] == ["2023-01"]


def test_the_user_may_say_the_month():
    assert list(read("x.csv", PCNS, says="2023-09")) == ["pcns-2023-09"]
    with pytest.raises(PlacemapError, match="'2023-13' is not a month; expected one such as 2022-08"):
        read("x.csv", PCNS, says="2023-13")


TIERS = """LTLA23CD,LTLA23NM,UTLA23CD,UTLA23NM
E09000001,City of London,E09000001,City of London
E06000023,"Bristol, City of",E06000023,"Bristol, City of"
W06000001,Isle of Anglesey,W06000001,Isle of Anglesey
"""


def test_upper_tiers_come_to_lsoas_by_the_ltla_lookup():
    tables = {table.name: table for table in derived([*_made("s.csv", SUB_ICBS), *_made("t.csv", TIERS)])}
    assert tables["utla-2023"].frame["utla_code"].tolist() == ["E09000001", "E06000023"]
    assert (tables["utla-2023"].base, tables["utla-2023"].source.id) == ("2021", "ltla-utla")


def test_upper_tiers_of_other_ltlas_are_refused():
    with pytest.raises(PlacemapError, match=r"no LSOA to LTLA lookup has the 2 LTLAs .* \(lookups: none\)"):
        derived(_made("t.csv", TIERS))


def test_one_table_of_each_name():
    same = one_of_each([*_made("a.csv", WARDS), *_made("b.csv", WARDS)])
    assert [item.file for item in same] == ["a.csv"]
    other = WARDS.replace("Aldersgate", "Cheap")
    with pytest.raises(PlacemapError, match=r"a\.csv and b\.csv both give the table ward-2024, with different"):
        one_of_each([*_made("a.csv", WARDS), *_made("b.csv", other)])


def test_a_table_by_lsoa_2021_goes_before_one_by_lsoa_2011():
    old = registrations("A81001,One,E01000001,ALL,7")
    new = registrations("A81001,One,E01033769,ALL,7")
    made = one_of_each([*_made("a.csv", old), *_made("b.csv", new)])
    assert [item.table.base for item in made if item.table.family == "registrations"] == ["2021"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WARDS.replace("WD24NM", "NAME"), "no column WD24NM; the file has LSOA21CD, LSOA21NM, WD24CD, NAME,"),
        (WARDS.replace("E01000001", "E1000001"), "1 values of LSOA21CD are not codes of LSOAs, first 'E1000001'"),
        (WARDS.replace("E01027305", "E01000001"), r"1 rows repeat a key \(LSOA21CD\), first E01000001"),
        (WARDS.replace("E05009288", "E36009288"), "1 values of ward_code are not codes of wards"),
        (WARDS.replace("E05013078", "E05009288"), "E05009288 has 2 values of ward_name; expected one"),
    ],
)
def test_damaged_lookups(text, message):
    with pytest.raises(PlacemapError, match=message) as caught:
        read("wards.csv", text)
    assert caught.value.location == "wards.csv"
    assert "download the file again" in caught.value.hint


def test_lost_rows_are_told():
    with pytest.raises(PlacemapError) as caught:
        read("wards.csv", WARDS, WHOLE)
    assert str(caught.value).startswith(
        "wards.csv: LSOA (2021) to electoral ward best-fit lookup for England and Wales: "
        "2 English LSOAs; expected 33,755\n"
    )
    with pytest.raises(PlacemapError, match="2 English LSOAs; expected 5 to 9"):
        read("wards.csv", WARDS, with_rows("lsoa21-ward", 5, 9))


def test_lost_units_are_told():
    known = replace(SMALL["lsoa21-sub-icb"], releases={"2024": Release(units={"sub_icb": 106})})
    with pytest.raises(PlacemapError, match="2 sub-ICB locations in vintage 2024; expected 106"):
        read("x.csv", SUB_ICBS, {**SMALL, "lsoa21-sub-icb": known})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"", "the file cannot be read"),
        ("x.csv", "LSOA21CD,TOTAL\nE01000001,\xe9\n".encode("latin-1"), "the file cannot be read"),
        ("x.csv", b"LSOA21CD,TOTAL\nE01000001,1,2\n", "there are rows with more cells than the header"),
        ("x.csv", b"a,b\n1,2\n1,2,3,4\n", "the file cannot be read"),
        ("x.zip", b"not a zip", "the file cannot be read: "),
        ("x.xlsx", b"not a workbook", "the file cannot be read"),
        ("x.gpkg", b"not a geopackage", "the file cannot be read: not a GeoPackage"),
        ("x.pdf", b"", r"a file ending in \.pdf; expected one of \.csv, \.zip, \.xlsx, \.gpkg"),
    ],
)
def test_files_that_cannot_be_read(name, content, message):
    with pytest.raises(PlacemapError, match=message) as caught:
        read_raw(name, content)
    assert caught.value.location == name


def test_a_row_that_was_cut_short():
    with pytest.raises(PlacemapError, match="its last row has fewer cells than the others"):
        read("x.csv", "LSOA21CD,TOTAL\nE01000001,7\nE01000002")
    with pytest.raises(PlacemapError, match="1 values of TOTAL are not whole numbers, first ''"):
        read("x.csv", "LSOA21CD,TOTAL\nE01000002\nE01000001,7")


def test_a_zip_that_was_cut_short():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.csv", registrations())
    with pytest.raises(PlacemapError, match="the file cannot be read"):
        read_raw("x.zip", buffer.getvalue()[:-40])


def test_a_zip_that_a_mac_made():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.csv", "LSOA21CD,TOTAL\nE01000001,7\n")
        archive.writestr("__MACOSX/._x.csv", b"\0\5\x16\7\xff")
    assert [raw.part for raw in read_raw("x.zip", buffer.getvalue())] == ["x.csv"]


def test_a_zip_without_a_csv():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "")
    with pytest.raises(PlacemapError, match="the zip holds no CSV file"):
        read_raw("x.zip", buffer.getvalue())


@pytest.mark.parametrize(
    ("header", "layout"),
    [
        ("LSOA21CD,LSOA21NM,MSOA21CD,MSOA21NM", "lookup"),
        ("LSOA21CD,SICBL26CD,SICBL26CDH,SICBL26NM,ICB26CD,ICB26CDH,ICB26NM,NHSER26CD,LAD26CD,LAD26NM", "lookup"),
        ("OA21CD,LSOA21CD,MSOA21CD,LAD22CD", "output-areas"),
        ("LSOA21CD,x,y", "centroids"),
        ("LSOA21CD,EASTING,NORTHING", "centroids"),
        ("LAD23CD,LAD23NM,UTLA23CD,UTLA23NM", "upper-tiers"),
        ("SICBL24CD,SICBL24CDH,ICB26CD,ICB26CDH,ICB26NM", "sub-icb-to-icb"),
        ("EXTRACT_DATE,PRACTICE_CODE,PCN_CODE,SUB_ICB_LOCATION_CODE", "practice-map"),
        ("name,age", ""),
    ],
)
def test_layouts_are_told_by_columns(header, layout):
    row = ",".join("1" for _ in header.split(","))
    assert layout_of(f"{header}\n{row}\n") == layout


@pytest.mark.parametrize(
    ("found", "cleaned"),
    [
        ("\ufeffLSOA21CD", "LSOA21CD"),
        ("F_LSOA11CD", "LSOA11CD"),
        ("LOC22CDH", "SICBL22CDH"),
        ("LOCALE", "LOCALE"),
        ("Open\nDate ", "Open Date"),
        ("PRACTICE_CODE", "PRACTICE_CODE"),
    ],
)
def test_cleaned_column_names(found, cleaned):
    assert clean_column(found) == cleaned


def test_dates_keep_empty_ones_empty():
    raw = read_raw("x.csv", b"a\n1\n")[0]
    values = pd.Series(["", "20220701", "1Jul2022"], name="day", dtype=str)
    assert iso_dates(raw, SMALL["epcn"], values).tolist() == ["", "2022-07-01", "2022-07-01"]


def test_centroids_must_be_metres():
    good = "LSOA21CD,EASTING,NORTHING\nE01000001,532181.8,181792.3\n"
    assert read("x.csv", good)["centroids-2021"].frame["easting"].tolist() == [532181.8]
    for bad in ("-0.09", "abc"):
        with pytest.raises(PlacemapError, match="EASTING is not always metres of the National Grid"):
            read("x.csv", good.replace("532181.8", bad))


def test_units_touch_along_a_line_not_in_a_point():
    boxes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2), shapely.box(5, 5, 6, 6)]
    pairs = adjacent_pairs(pd.Series(["E01000001", "E01000002", "E01000003", "E01000004"]), boxes)
    assert pairs.to_numpy().tolist() == [["E01000001", "E01000002"], ["E01000002", "E01000003"]]


def _gpkg(folder: Path, crs: str, **columns: list[object]) -> bytes:
    geopandas = pytest.importorskip("geopandas")
    path = folder / "x.gpkg"
    geopandas.GeoDataFrame(columns, crs=crs).to_file(path)
    return path.read_bytes()


def test_boundaries_give_shapes_and_pairs(tmp_path):
    content = _gpkg(
        tmp_path,
        "EPSG:27700",
        LSOA21CD=["E01000002", "E01000001"],
        geometry=[shapely.box(1, 0, 2, 1.04), shapely.box(0, 0, 1, 1.04)],
    )
    tables = read("x.gpkg", content)
    assert list(tables) == ["adjacency-2021", "lsoa_boundaries-2021"]
    assert tables["adjacency-2021"].frame.to_numpy().tolist() == [["E01000001", "E01000002"]]
    shapes = shapely.from_wkb(tables["lsoa_boundaries-2021"].frame["geometry"].tolist())
    assert [shape.bounds for shape in shapes] == [(0, 0, 1, 1), (1, 0, 2, 1)]


def test_boundaries_in_degrees_are_refused(tmp_path):
    content = _gpkg(
        tmp_path, "EPSG:4326", LAD24CD=["E06000023"], LAD24NM=["Bristol"], geometry=[shapely.box(0, 0, 1, 1)]
    )
    with pytest.raises(PlacemapError, match="the boundaries are in EPSG:4326; expected EPSG:27700"):
        read("x.gpkg", content)


def test_the_hash_of_content_is_the_same_however_it_is_held():
    frame = pd.DataFrame(
        {
            "lsoa11_code": ["E01000001", "E01000002"],
            "lsoa11_name": ["a", "é"],
            "lsoa_code": ["E01000001", "E01000002"],
            "change": ["U", "U"],
        }
    )
    plain = canonical_hash(frame, EXACT_FIT)
    assert canonical_hash(frame.iloc[::-1], EXACT_FIT) == plain
    assert canonical_hash(frame.astype(object), EXACT_FIT) == plain
    assert canonical_hash(frame.astype("category").astype(str)[frame.columns[::-1]], EXACT_FIT) == plain
    assert canonical_hash(frame.assign(change=["U", "S"]), EXACT_FIT) != plain


def test_a_store_table_is_sorted_by_its_key():
    frame = pd.DataFrame({"lsoa_code": ["E01000002", "E01000001"], "people": [2, 1], "more": [0, 0]})
    table = store_table(frame, SMALL["residents"], "lsoa_measure", "2021", kind="residents_2021", base="2021")
    assert table.frame.to_dict("list") == {"lsoa_code": ["E01000001", "E01000002"], "people": [1, 2]}


def test_every_source_says_who_publishes_it_and_under_what_licence():
    for source in WHOLE.values():
        assert source.licence == "Open Government Licence v3.0"
        assert source.attribution
        assert source.url.startswith("https://")
        assert source.rows[0] <= source.rows[1]
