"""The national report in a real browser. Needs all England: PLACEMAP_ENGLAND, or the official files (see tests/README.md)."""

import csv
import io
import json
import os
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from browser.test_report_in_browser import (
    WIDTHS,
    Opened,
    browser,  # noqa: F401  (a fixture)
    screenshot,
    violations,
)

# The fixtures of the other report, and of the store of all England.
from conftest import PLACES

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_file(england_store, tmp_path_factory):
    from placemap.commands.england import england_systems
    from placemap.commands.report import make_england_report
    from placemap.commands.workspace import open_workspace

    made = make_england_report(open_workspace(england_store), england_systems(), tmp_path_factory.mktemp("report"))
    return made.files[0]


@pytest.fixture
def opened(browser, page_file):  # noqa: F811
    contexts = []

    def open_page(width="1440", **options):
        wide, high = WIDTHS[width]
        context = browser.new_context(viewport={"width": wide, "height": high}, accept_downloads=True, **options)
        contexts.append(context)
        return Opened(context.new_page(), page_file)

    yield open_page
    for context in contexts:
        context.close()


def places(page):
    data = json.loads(page.text_content("#report-data"))
    return list(csv.DictReader(io.StringIO(data["files"]["places.csv"]["text"])))


def shown(page):
    """PLACECDs of the rows that can be seen, in their order."""
    return page.eval_on_selector_all(
        "#places-table tbody tr", "rows => rows.filter(row => row.offsetParent !== null).map(row => row.id)"
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_quiet_and_accessible(width, opened):
    report = opened(width)
    page = report.page
    screenshot(page, f"england-{width}")
    page.eval_on_selector_all("details", "items => items.forEach(item => { item.open = true; })")
    page.select_option("#map-colours", "grade")
    page.fill("#places-search", "norwich")
    page.click("#places-table tbody tr:visible button.name")
    assert violations(page) == []
    assert [url for url in report.requests if url != report.url] == []
    screenshot(page, f"england-{width}-open")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert report.errors == []


def test_filters_show_the_right_rows(opened):
    page = opened().page
    every = places(page)
    assert shown(page) == [row["PLACECD"] for row in every]
    page.select_option("#grade-filter", "C")
    weak = [row for row in every if row["GRADE"] == "C"]
    assert shown(page) == [row["PLACECD"] for row in weak]
    assert page.text_content("#places-table-count") == f"{len(weak)} of {PLACES} places shown"
    assert page.locator("#place-layer path:not(.dim)").count() == len(weak)
    totals = [
        int(text.replace(",", "")) for text in page.locator("#places-table tfoot [data-total]").all_text_contents()
    ]
    assert totals[0] == sum(int(row["LSOAS"]) for row in weak)
    assert totals[1] == sum(round(float(row["RESIDENTS"])) for row in weak)
    page.select_option("#icb-filter", "Devon")
    assert shown(page) == [row["PLACECD"] for row in weak if row["ICSID"] == "devon"]
    page.click("button[type=reset]")
    # A form is emptied after its event, so the page filters once the click is over.
    page.locator("#total-label", has_text="All places").wait_for()
    assert len(shown(page)) == PLACES
    assert page.text_content("#total-label") == "All places"
    page.fill("#places-search", "  BRISTOL south ")
    found = [r["PLACECD"] for r in every if all(w in " ".join(r.values()).lower() for w in ("bristol", "south"))]
    assert "bnssg/localities/south-bristol" in shown(page)
    assert set(shown(page)) <= set(found)
    page.fill("#places-search", "e08000003")
    assert shown(page) == ["greater-manchester/places/manchester"]
    page.fill("#places-search", "E01014485")  # an LSOA that no row of the table names
    assert shown(page) == ["bnssg/localities/inner-city-and-east-bristol"]
    page.fill("#places-search", "no such place")
    assert shown(page) == []
    assert page.text_content("#places-table-count") == f"0 of {PLACES} places shown"


def pixels(page, selector):
    """The picture of a part of the page, RGB."""
    return np.asarray(Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("RGB"), dtype=int)


def test_the_search_dims_the_inset_of_london_too(opened):
    page = opened().page
    page.locator("#map-box").scroll_into_view_if_needed()
    before = pixels(page, "#inset-frame rect")
    page.fill("#places-search", "cornwall")
    page.mouse.move(0, 0)
    after = pixels(page, "#inset-frame rect")
    colour = [(picture.max(axis=2) - picture.min(axis=2) > 30).mean() for picture in (before, after)]
    assert colour[0] > 0.4  # places of London have their colours
    assert colour[1] < 0.02  # and none once the search leaves them out
    page.fill("#places-search", "north-east-london")
    some = pixels(page, "#inset-frame rect")
    assert 0.05 < (some.max(axis=2) - some.min(axis=2) > 30).mean() < colour[0]


def test_sorting(opened):
    page = opened().page
    for column, title, value in (
        (5, "Residents", lambda row: round(float(row["RESIDENTS"]))),
        (7, "Own practices", lambda row: round(float(row["OWN_PRACTICE_SHARE"]) * 1000)),
    ):
        header = page.locator("#places-table thead th").nth(column)
        assert header.locator("button").text_content() == title
        header.locator("button").click()
        assert header.get_attribute("aria-sort") == "ascending"
        of = {row["PLACECD"]: value(row) for row in places(page)}
        order = [of[code] for code in shown(page)]
        assert all(one <= other + 1 for one, other in pairwise(order))  # rounded in the page
        header.locator("button").click()
        assert header.get_attribute("aria-sort") == "descending"


def test_a_row_shows_the_place_on_the_map_and_the_map_the_row(opened):
    report = opened()
    page = report.page
    whole = page.get_attribute("#map-svg", "viewBox")
    page.fill("#places-search", "places/rutland")
    page.click("#places-table tbody tr:visible button.name")
    row = page.locator('[id="leicester-leicestershire-and-rutland/places/rutland"]')
    assert row.get_attribute("aria-current") == "true"
    index = row.get_attribute("data-index")
    assert page.get_attribute("#map-svg > path.chosen", "d") == page.get_attribute(f"#place-{index}", "d")
    assert page.get_attribute("#map-svg", "viewBox") != whole
    assert page.text_content("#map-facts").startswith("Rutland (Leicester, Leicestershire and Rutland): grade B")
    page.click("button[type=reset]")
    page.click('[data-map="reset"]')
    every = places(page)
    wanted = next(i for i, r in enumerate(every) if r["PLACECD"] == "lincolnshire/places/lincolnshire")
    box = page.locator(f"#place-{wanted}").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    chosen = page.locator("#places-table tr[aria-current]")
    assert chosen.get_attribute("id") == "lincolnshire/places/lincolnshire"
    assert page.evaluate(
        """() => {
            const row = document.querySelector('tr[aria-current]').getBoundingClientRect();
            const box = document.getElementById('places-box').getBoundingClientRect();
            return row.top >= box.top && row.bottom <= box.bottom;
        }"""
    )
    inset = page.locator("#inset use[data-index]").first
    wanted = int(inset.get_attribute("data-index"))
    assert wanted < PLACES
    assert report.errors == []


def test_keyboard_alone(opened):
    page = opened().page
    seen = []
    for _ in range(45):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.slice(0, 40)"))
    for wanted in ("places-search", "icb-filter", "grade-filter", "map-colours", "Clear", "map-box", "places-box"):
        assert wanted in seen, seen
    page.focus("#places-search")
    page.keyboard.type("gloucestershire forest")
    page.focus("#places-table tbody tr:not([hidden]) button.name")
    assert page.get_attribute("#map-svg > path.pointed", "d") != ""
    assert page.text_content("#map-facts").startswith("The Forest of Dean (Gloucestershire)")
    page.keyboard.press("Enter")
    page.wait_for_selector('tr[id$="/forest-of-dean"][aria-current]')
    assert page.get_attribute("#map-svg > path.chosen", "d") != ""
    page.click("button[type=reset]")
    page.wait_for_selector("#places-table tbody tr[hidden]", state="detached")  # the filter goes a moment later
    page.focus("#map-box")
    page.keyboard.press("0")
    page.keyboard.press("n")
    after = page.locator("tr[aria-current]").get_attribute("data-index")
    page.keyboard.press("p")
    before = page.locator("tr[aria-current]").get_attribute("data-index")
    assert int(after) == int(before) + 1
    assert before == page.locator('[id$="/forest-of-dean"]').get_attribute("data-index")


def test_a_link_to_a_place_opens_it(opened, page_file):
    page = opened().page
    page.goto(f"{page_file.as_uri()}#bnssg/localities/woodspring")
    page.reload()
    assert page.text_content("#map-facts").startswith("Woodspring (Bristol")
    page.goto(f"{page_file.as_uri()}#evidence-devon")
    assert page.locator("#evidence-devon").get_attribute("open") is not None


def test_files_come_out_of_the_page(opened, tmp_path):
    page = opened().page
    held = json.loads(page.text_content("#report-data"))["files"]
    for name in ("places.csv", "findings.csv", "place_lsoa21.csv"):
        with page.expect_download() as waiting:
            page.click(f'[data-file="{name}"]')
        waiting.value.save_as(tmp_path / name)
        assert (tmp_path / name).read_bytes().decode() == held[name]["text"]


def test_without_scripts_the_whole_table_and_the_map_are_there(opened):
    page = opened(java_script_enabled=False).page
    assert page.locator("#places-table tbody tr").count() == PLACES
    assert page.is_visible("#places-table tbody tr:last-child")
    assert page.locator("#place-layer path").count() == PLACES
    assert page.is_visible("#map-svg")
    assert not page.is_visible("#places-search")
    assert not page.is_visible("[data-file]")


def test_print(opened):
    page = opened().page
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert not page.is_visible("#places-search")
    assert page.is_visible("#map-svg")
    assert len(shown(page)) == PLACES
    folder = os.environ.get("PLACEMAP_SCREENSHOTS")
    if folder:
        page.pdf(path=f"{folder}/england.pdf", prefer_css_page_size=True)
