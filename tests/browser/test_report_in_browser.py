"""The report in a real browser: Debian's chromium, driven by Playwright, with axe-core for accessibility.

    apt-get install chromium;  pip install '.[browser]';  npm install --prefix build/axe axe-core

PLACEMAP_CHROMIUM and PLACEMAP_AXE name the browser and `axe.min.js` where they lie elsewhere. PLACEMAP_SCREENSHOTS
names a folder for screenshots, to be looked at.
"""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest

from conftest import REPO

pytestmark = pytest.mark.browser

SYSTEMS = ["bnssg", "norfolk-and-waveney", "lancashire-and-south-cumbria"]
AXE = Path(os.environ.get("PLACEMAP_AXE", REPO / "build/axe/node_modules/axe-core/axe.min.js"))
WIDTHS = {"320": (320, 640), "1440": (1440, 900)}


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: pip install '.[browser]'"
    )
    chromium = os.environ.get("PLACEMAP_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("there is no chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The report and the CSVs of each system's default footprint."""
    from placemap.commands.build import build
    from placemap.commands.report import make_report
    from placemap.commands.workspace import open_workspace
    from placemap.config.load import load_system

    out = tmp_path_factory.mktemp("reports")
    workspace = open_workspace(REPO / "data")
    result = {}
    for name in SYSTEMS:
        system = load_system(REPO / "configs" / f"{name}.yaml")
        footprint = system.footprints[system.default_footprint]
        (page,) = make_report(workspace, system, footprint, out).files
        result[name] = (page, build(workspace, system, footprint, out).folder)
    return result


class Opened:
    """A page with what it complained about and what it asked for."""

    def __init__(self, page, path):
        self.page = page
        self.errors, self.requests = [], []
        page.on("console", lambda said: self.errors.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        self.url = path.as_uri()
        page.goto(self.url)


@pytest.fixture
def opened(browser, made):
    contexts = []

    def open_page(name, width="1440"):
        wide, high = WIDTHS[width]
        context = browser.new_context(viewport={"width": wide, "height": high}, accept_downloads=True)
        contexts.append(context)
        return Opened(context.new_page(), made[name][0])

    yield open_page
    for context in contexts:
        context.close()


def rows(folder, name):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def violations(page):
    if not AXE.is_file():
        pytest.skip(f"there is no axe-core at {AXE}: npm install --prefix build/axe axe-core")
    # Evaluated by the driver, as the page's own policy lets no other script in.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    return [(item["id"], [node["html"][:120] for node in item["nodes"]]) for item in found["violations"]]


def screenshot(page, name):
    folder = os.environ.get("PLACEMAP_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SYSTEMS)
def test_quiet_and_accessible(name, width, opened):
    report = opened(name, width)
    screenshot(report.page, f"{name}-{width}")
    assert report.errors == []
    assert [url for url in report.requests if url != report.url] == []
    assert violations(report.page) == []
    for details in report.page.query_selector_all("summary"):
        details.click()
    assert violations(report.page) == []
    screenshot(report.page, f"{name}-{width}-open")
    assert report.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert report.errors == []


@pytest.mark.parametrize("name", SYSTEMS)
def test_print(name, opened):
    report = opened(name)
    report.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    report.page.emulate_media(media="print")
    assert violations(report.page) == []
    assert not report.page.is_visible("#lsoa-search")
    assert not report.page.is_visible("nav")
    assert report.page.is_visible("#map-svg")
    assert all(item.is_visible() for item in report.page.query_selector_all("details li"))
    folder = os.environ.get("PLACEMAP_SCREENSHOTS")
    if folder:
        report.page.pdf(path=Path(folder) / f"{name}.pdf", format="A4")


@pytest.mark.parametrize("name", SYSTEMS)
def test_tables_and_map_agree_with_the_csvs(name, opened, made):
    page, folder = opened(name).page, made[name][1]
    shown = page.eval_on_selector_all(
        "#places-table tbody tr", "rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    )
    expected = [
        (row["PLACENM"], f"{int(row['LSOAS']):,}", f"{float(row['RESIDENTS']):,.0f}")
        for row in rows(folder, "places.csv")
    ]
    assert [(row[1], row[3], row[4]) for row in shown] == expected
    lsoas = {row["LSOA21CD"]: row for row in rows(folder, "place_lsoa21.csv")}
    data = json.loads(page.text_content("#report-data"))
    assert {row[0] for row in data["lsoas"]} == set(lsoas)
    for code, name_, place, method, share, runner, _, residents, inside in data["lsoas"]:
        row = lsoas[code]
        assert (name_, data["places"][place], method) == (row["LSOA21NM"], row["PLACENM"], row["METHOD"])
        assert (f"{share:.6f}" if share is not None else "") == row["SHARE"]
        assert residents == round(float(row["RESIDENTS"]))
        assert inside == (row["IN_SCOPE"] == "true")
        assert (runner is None) == (row["RUNNER_UP"] == "")
    assert page.locator("#lsoa-layer path").count() == len(lsoas)
    for file in folder.glob("*.csv"):
        assert data["files"][file.name]["text"] == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SYSTEMS)
def test_pointing_at_an_lsoa_tells_its_place(name, opened, made):
    page, folder = opened(name).page, made[name][1]
    lsoas = {row["LSOA21CD"]: row for row in rows(folder, "place_lsoa21.csv")}
    data = json.loads(page.text_content("#report-data"))
    largest = page.evaluate(
        """() => {
            const area = (path) => { const box = path.getBBox(); return box.width * box.height; };
            const paths = [...document.querySelectorAll('#lsoa-layer path')].sort((a, b) => area(b) - area(a));
            for (const path of paths) {
                const box = path.getBoundingClientRect();
                const x = box.x + box.width / 2, y = box.y + box.height / 2;
                path.scrollIntoView({block: 'center', behavior: 'instant'});
                const now = path.getBoundingClientRect();
                const point = [now.x + now.width / 2, now.y + now.height / 2];
                if (document.elementFromPoint(...point) === path) return [Number(path.dataset.index), ...point];
            }
        }"""
    )
    index, x, y = largest
    page.mouse.move(x, y)
    row = lsoas[data["lsoas"][index][0]]
    said = page.text_content("#map-facts")
    assert said.startswith(f"{row['LSOA21CD']} ({row['LSOA21NM']}) is in {row['PLACENM']}")
    if row["SHARE"]:
        assert f"{float(row['SHARE']) * 100:.1f}%" in said


def test_keyboard_alone(opened, made):
    report = opened("bnssg")
    page = report.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.slice(0, 40)"))
    for wanted in ("Zoom in", "map-box", "places-search", "Residents", "lsoa-search", "lsoa-more"):
        assert wanted in seen, seen
    page.focus("#map-box")
    before = page.get_attribute("#map-svg", "viewBox")
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    zoomed = page.get_attribute("#map-svg", "viewBox")
    assert float(zoomed.split()[2]) < float(before.split()[2])
    page.keyboard.press("0")
    assert [float(v) for v in page.get_attribute("#map-svg", "viewBox").split()] == [float(v) for v in before.split()]
    page.focus("#lsoa-search")
    page.keyboard.type("E01014848")
    assert page.text_content("#lsoa-count") == "1 of 1 LSOAs shown"
    page.keyboard.press("Tab")  # the table's region, which scrolls
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "map-box"
    assert page.text_content("#map-facts").startswith("E01014848 (")
    assert page.get_attribute("#lsoa-chosen", "d") != ""
    assert report.errors == []


def test_sorting_and_searching_places(opened):
    page = opened("bnssg").page
    header = page.locator("#places-table thead th").nth(4)
    header.locator("button").click()
    assert header.get_attribute("aria-sort") == "ascending"

    def column():
        cells = page.eval_on_selector_all("#places-table tbody tr", "rows => rows.map(row => row.cells[4].textContent)")
        return [int(text.replace(",", "")) for text in cells]

    assert column() == sorted(column())
    header.locator("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    assert column() == sorted(column(), reverse=True)
    page.fill("#places-search", "bristol")
    assert page.text_content("#places-table-count") == "3 of 6 places shown"
    assert page.locator("#places-table tbody tr:visible").count() == 3


def test_files_come_out_of_the_page_as_built(opened, made, tmp_path):
    report = opened("bnssg")
    for name in ("places.csv", "place_lsoa21.csv", "place_boundaries.geojson"):
        with report.page.expect_download() as waiting:
            report.page.click(f'[data-file="{name}"]')
        waiting.value.save_as(tmp_path / name)
    folder = made["bnssg"][1]
    assert (tmp_path / "places.csv").read_bytes() == (folder / "places.csv").read_bytes()
    assert (tmp_path / "place_lsoa21.csv").read_bytes() == (folder / "place_lsoa21.csv").read_bytes()
    assert report.errors == []


def test_without_scripts_the_facts_are_still_there(browser, made):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(made["bnssg"][0].as_uri())
    assert page.locator("#places-table tbody tr").count() == 6
    assert page.is_visible("#map-svg path.place")
    assert not page.is_visible("[data-file]")
    assert not page.is_visible("#lsoa-search")
    context.close()
