"""The published folder in a real browser: its pages are accessible, link to each other and ask for nothing else."""

import csv
import os
from pathlib import Path

import pytest

from browser.test_report_in_browser import (
    WIDTHS,
    Opened,
    browser,  # noqa: F401  (a fixture)
    screenshot,
    violations,
)
from conftest import PLACES

pytestmark = pytest.mark.browser

PLACE = "places/bnssg/localities/woodspring.html"


@pytest.fixture(scope="module")
def folder(england_store, tmp_path_factory):
    if given := os.environ.get("PLACEMAP_PUBLISHED"):
        return Path(given)
    from placemap.commands.england import england_systems
    from placemap.commands.publish import publish
    from placemap.commands.workspace import open_workspace

    out = tmp_path_factory.mktemp("published") / "england"
    return publish(open_workspace(england_store), england_systems(), out).folder


@pytest.fixture
def opened(browser, folder):  # noqa: F811
    contexts = []

    def open_page(name, width="1440", **options):
        wide, high = WIDTHS[width]
        context = browser.new_context(viewport={"width": wide, "height": high}, **options)
        contexts.append(context)
        return Opened(context.new_page(), folder / name)

    yield open_page
    for context in contexts:
        context.close()


def rows(folder, name):
    with (folder / "tables" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["index.html", "search.html", PLACE, "places/cornwall-and-the-isles-of-scilly"])
def test_quiet_and_accessible(name, width, opened, folder):
    page_name = name if name.endswith(".html") else str(min((folder / name).rglob("*.html")).relative_to(folder))
    shown = opened(page_name, width)
    page = shown.page
    page.eval_on_selector_all("details", "items => items.forEach(item => { item.open = true; })")
    if name == "search.html":
        page.fill("#search-words", "norwich")
    screenshot(page, f"published-{name.split('/')[-1].removesuffix('.html')}-{width}")
    assert violations(page) == []
    assert [url for url in shown.requests if url != shown.url] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert shown.errors == []


def found(page, words):
    """Lines of the search's result, and the addresses that they lead to."""
    page.fill("#search-words", words)
    return page.locator("#found li").all_text_contents(), page.eval_on_selector_all(
        "#found a", "links => links.map(link => link.getAttribute('href'))"
    )


def test_the_search_finds_what_the_tables_say(opened, folder):
    page = opened("search.html").page
    assert found(page, "E01014485")[1] == ["places/bnssg/localities/inner-city-and-east-bristol.html"]
    assert found(page, "E01999999")[1] == []
    assert "places/greater-manchester/places/manchester.html" in found(page, "e08000003")[1]
    wards = [row for row in rows(folder, "place_wd24.csv") if row["WD24NM"] == "Clifton Down"]
    assert sorted(found(page, "clifton down ward")[1]) == sorted(f"places/{row['PLACECD']}.html" for row in wards)
    practice = next(row for row in rows(folder, "practices.csv") if row["PLACECD"] and row["PCNNM"])
    lines, links = found(page, practice["PRACTICECD"].lower())
    assert links == [f"places/{practice['PLACECD']}.html"]
    assert practice["PRACTICENM"] in lines[0]
    page.goto(page.url.split("#")[0] + "#q=woodspring")
    page.reload()
    assert page.locator("#found a").first.get_attribute("href") == PLACE


def test_places_link_to_their_neighbours_and_home(opened):
    page = opened(PLACE).page
    neighbour = page.locator("#map ~ p a").first
    name = neighbour.text_content()
    neighbour.click()
    assert page.text_content("h1") == name != "Woodspring"
    page.click("nav a >> text=All places of England")
    assert page.locator("#places-table tbody tr").count() == PLACES
    link = page.locator('[id="bnssg/localities/woodspring"] a')
    link.click()
    assert page.text_content("h1") == "Woodspring"


def test_without_scripts_every_place_can_be_reached(opened):
    page = opened("search.html", java_script_enabled=False).page
    assert page.locator("#all ~ .systems a").count() == PLACES
    assert not page.is_visible("#search-words")
