"""The report in a real browser: Debian's chromium, driven by Playwright, with axe-core for accessibility.

    apt-get install chromium;  pip install '.[browser]';  npm install --prefix build/axe axe-core

PLACEMAP_CHROMIUM and PLACEMAP_AXE name the browser and `axe.min.js` where they lie elsewhere. PLACEMAP_SCREENSHOTS
names a folder for screenshots, to be looked at.
"""

import csv
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import REPO

pytestmark = pytest.mark.browser

SYSTEMS = ["bnssg", "norfolk-and-waveney", "lancashire-and-south-cumbria"]
#: A footprint inside another: its table says what each place lies in.
INNER = "neighbourhoods"
#: The same of another system, with more places and more findings than any other.
MANY = "bnssg-neighbourhoods"
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
    for name, key in (("norfolk-and-waveney", INNER), ("bnssg", MANY)):
        system = load_system(REPO / "configs" / f"{name}.yaml")
        (page,) = make_report(workspace, system, workspace.footprint(system, INNER), out).files
        result[key] = (page, out)
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


@pytest.fixture
def profiled(browser, tmp_path, monkeypatch):
    """The report of a system with imported figures, of each form: means, shares with limits, numbers, fifths."""
    from placemap.commands.report import make_report
    from placemap.commands.workspace import open_workspace
    from placemap.config.load import load_system
    from placemap.reference.open_store import cache_folder
    from placemap.sources.formats.profile import Description
    from placemap.sources.import_files import import_files

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    workspace = open_workspace(REPO / "data")
    lines = [
        f"{code},{n % 40},{n % 10 + 1},100,{n % 60}" for n, code in enumerate(map(str, workspace.geography.lsoa_codes))
    ]
    file = tmp_path / "figures.csv"
    file.write_text("\n".join(["LSOA21CD,Index Score,Index Decile,People,Ill", *lines]) + "\n", encoding="utf-8")
    said = Description("Figures", "Nobody", "OGL", "2025", over="People")
    import_files([file], cache_folder(), as_measure={file.name: "measure:made_up"}, described=said)
    system = load_system(REPO / "configs" / "bnssg.yaml")
    footprint = system.footprints[system.default_footprint]
    (page,) = make_report(workspace, system, footprint, tmp_path, with_profile=True).files
    contexts = []

    def open_page(width):
        wide, high = WIDTHS[width]
        contexts.append(browser.new_context(viewport={"width": wide, "height": high}))
        return Opened(contexts[-1].new_page(), page)

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
@pytest.mark.parametrize("name", [*SYSTEMS, INNER])
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


def test_places_open_to_their_neighbourhoods_by_keyboard(opened):
    """Each place of Norfolk and Waveney divides, and has a list that is closed until it is asked for."""
    page = opened("norfolk-and-waveney").page
    parts = page.query_selector_all("section:has(#places) details:has(li)")
    assert len(parts) == 5
    for details in parts:
        assert not details.query_selector("li").is_visible()
        details.query_selector("summary").focus()
        page.keyboard.press("Enter")
        assert details.query_selector("li").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_profile_is_quiet_and_accessible(width, profiled):
    report = profiled(width)
    screenshot(report.page, f"profile-{width}")
    assert report.errors == []
    assert violations(report.page) == []
    assert report.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    charts = report.page.query_selector_all("table.bars")
    heads = [[cell.text_content() for cell in chart.query_selector_all("thead th")] for chart in charts]
    fifths = [f"Fifth {number}" for number in range(1, 6)]
    assert [head[1:-1] for head in heads] == [
        ["Figure"],
        fifths,
        ["Figure", "95% interval"],
        ["Figure", "95% interval"],
    ]


def test_bars_are_as_long_as_their_figures(profiled):
    """The widest of a chart fills it, and all others are as much shorter as their figures are smaller."""
    chart = profiled("1440").page.query_selector("table.bars")
    drawn = [float(bar.get_attribute("width")) for bar in chart.query_selector_all("rect")]
    said = [float(row.query_selector("td.number").text_content()) for row in chart.query_selector_all("tbody tr")]
    assert max(drawn) == 100
    assert drawn == pytest.approx([100 * figure / max(said) for figure in said], abs=0.05)


def _listed(page):
    """How many findings each code has."""
    items = "all => all.map(list => list.querySelectorAll('li:not(.print)').length)"
    return page.eval_on_selector_all("section:has(#findings) details ul", items)


@pytest.mark.parametrize("name", SYSTEMS)
def test_print(name, opened):
    report = opened(name)
    report.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    report.page.emulate_media(media="print")
    assert violations(report.page) == []
    assert not report.page.is_visible("#lsoa-search")
    assert not report.page.is_visible("nav")
    assert report.page.is_visible("#map-svg")
    assert all(item.is_visible() for item in report.page.query_selector_all("details:not(.screen) li:not(.screen)"))
    left = report.page.locator("details li.print")
    assert all(re.fullmatch(r"and \d+ more, in the file findings\.csv", text) for text in left.all_inner_texts())
    assert left.count() == sum(count > 9 for count in _listed(report.page))


def test_captions_are_read_whole_on_a_narrow_screen(opened):
    page = opened("bnssg", "320").page
    ends = page.eval_on_selector_all(
        "caption", "all => all.filter(c => c.offsetParent).map(c => c.getBoundingClientRect().right)"
    )
    assert len(ends) >= 3
    assert max(ends) <= 320


@pytest.mark.parametrize("name", [*SYSTEMS, INNER, MANY])
def test_six_pages_of_paper_at_most(name, opened):
    pages = opened(name).page.pdf(format="A4")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pages)) <= 6
    folder = os.environ.get("PLACEMAP_SCREENSHOTS")
    if folder:
        (Path(folder) / f"{name}.pdf").write_bytes(pages)


# How far down the page something is, and how long a printed page of A4 is, at 96 pixels to the inch.
HEADINGS = """() => [...document.querySelectorAll('h2, h3, summary, caption')].filter((item) => item.offsetParent)
    .map((item) => [item.textContent.trim(), item.tagName])"""


@pytest.mark.parametrize("name", [*SYSTEMS, INNER, MANY])
def test_no_heading_ends_a_printed_page(name, opened, tmp_path):
    """The text of each page, as a PDF reader finds it, does not end with a heading."""
    reader = shutil.which("pdftotext")
    if not reader:
        pytest.skip("there is no pdftotext: apt-get install poppler-utils")
    page = opened(name).page
    page.emulate_media(media="print")
    headings = {" ".join(text.split()) for text, _ in page.evaluate(HEADINGS)}
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    text = subprocess.run([reader, "-layout", tmp_path / "report.pdf", "-"], capture_output=True, check=True).stdout
    ends = [
        [line for line in part.splitlines() if line.strip()][-1] for part in text.decode().split("\f") if part.strip()
    ]
    assert len(ends) > 1
    assert not {" ".join(line.split()) for line in ends} & headings


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
    assert page.text_content("#lsoa-count") == "1 of 1 LSOA shown"
    for _ in range(1 + page.locator("#lsoa-table thead button").count() + 1):  # the region, its titles, the LSOA
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "E01014848"
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


def lsoa_rows(page):
    return page.eval_on_selector_all(
        "#lsoa-table tbody tr", "rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    )


def test_the_table_of_lsoas_sorts_and_finds_wards_and_practices(opened, made):
    report = opened("bnssg")
    page, folder = report.page, made["bnssg"][1]
    lsoas = rows(folder, "place_lsoa21.csv")
    header = page.locator("#lsoa-table thead th").nth(7)
    header.locator("button").click()
    header.locator("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    most = sorted((round(float(row["RESIDENTS"])) for row in lsoas), reverse=True)
    assert [int(row[7].replace(",", "")) for row in lsoa_rows(page)] == most[:25]
    page.locator("#lsoa-table thead th").nth(5).locator("button").click()
    shares = sorted(float(row["SHARE"]) for row in lsoas if row["SHARE"])
    assert lsoa_rows(page)[0][5] == f"{shares[0] * 100:.1f}%"
    page.fill("#lsoa-search", "e05010885")  # the ward Ashley, of which place_wd24.csv has the LSOAs
    wards = [row for row in rows(folder, "place_wd24.csv") if row["WD24CD"] == "E05010885"]
    count = sum(int(row["LSOAS"]) for row in wards)
    assert page.text_content("#lsoa-count") == f"{count} of {count} LSOAs shown"
    assert {row[2] for row in lsoa_rows(page)} == {"Ashley"}
    assert {row[3] for row in lsoa_rows(page)} == {row["PLACENM"] for row in wards}
    practice = rows(folder, "place_practice.csv")[0]
    for words in (practice["PRACTICECD"], practice["PRACTICENM"].lower()):
        page.fill("#lsoa-search", words)
        said = page.locator("#practice-hits li").first.text_content()
        assert said.startswith(f"GP practice {practice['PRACTICENM']} ({practice['PRACTICECD']}): declared in ")
        assert practice["PLACENM"] in said
        assert f"{round(float(practice['LIST_SIZE'])):,} patients" in said
    page.fill("#lsoa-search", "")
    assert page.locator("#practice-hits li").count() == 0
    assert report.errors == []


def test_the_search_finds_a_postcode_where_the_report_has_them(browser, made, tmp_path):
    page_file, folder = made["bnssg"]
    lsoas = rows(folder, "place_lsoa21.csv")
    packed = ["BS15AA,AB;BS161XY", *[""] * (len(lsoas) - 2), "BS15AC"]
    text = page_file.read_text(encoding="utf-8")
    assert text.count('"postcodes":[]') == 1
    (tmp_path / "with.html").write_text(text.replace('"postcodes":[]', f'"postcodes":{json.dumps(packed)}'))
    context = browser.new_context()
    report = Opened(context.new_page(), tmp_path / "with.html")
    codes = report.page.evaluate("placemap.data.lsoas.map((row) => row[0])")
    for asked, position in (("BS1 5AB", 0), ("bs161xy", 0), ("Bs1 5ac", -1)):
        report.page.fill("#lsoa-search", asked)
        assert [row[0] for row in lsoa_rows(report.page)] == [codes[position]]
    report.page.fill("#lsoa-search", "BS1 5AD")
    assert report.page.text_content("#lsoa-count") == "Postcode BS1 5AD is not in use in these places."
    assert report.errors == []
    context.close()


def test_a_report_without_postcodes_says_how_to_find_one(opened):
    page = opened("bnssg").page
    page.fill("#lsoa-search", "bs1 5ab")
    assert 'placemap explain "BS1 5AB"' in page.text_content("#lsoa-count")


def test_lines_to_names_end_at_them_at_every_size(opened):
    page = opened("bnssg").page
    where = """() => [...document.querySelectorAll(".leader")].map((line) => {
      const text = line.nextElementSibling.getBBox(), x = line.x1.baseVal.value, y = line.y1.baseVal.value;
      const away = Math.max(text.x - x, x - text.x - text.width, text.y - y, y - text.y - text.height);
      return away / parseFloat(line.parentElement.getAttribute("font-size"));
    })"""
    assert len(page.evaluate(where)) > 0
    for _ in range(3):
        assert all(-0.3 < away < 1.5 for away in page.evaluate(where))
        page.click("[data-map=in]")


def view_of(page):
    return [float(value) for value in page.get_attribute("#map-svg", "viewBox").split()]


def until(page, is_so):
    """Wait for what follows an event in its own time; the page's own policy keeps Playwright from waiting inside."""
    for _ in range(60):
        if is_so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come about in three seconds")


def test_the_wheel_scrolls_the_page_until_the_map_is_chosen(opened):
    page = opened("bnssg").page
    page.locator("#map-box").scroll_into_view_if_needed()
    box = page.locator("#map-box").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    whole, top = view_of(page), page.evaluate("window.scrollY")
    page.mouse.move(*middle)
    page.mouse.wheel(0, 120)
    until(page, lambda: page.evaluate("window.scrollY") > top)
    assert view_of(page) == whole
    page.locator("#map-box").scroll_into_view_if_needed()
    page.locator("#map-box").click(position={"x": 20, "y": 20})
    top = page.evaluate("window.scrollY")
    page.mouse.wheel(0, -240)
    until(page, lambda: view_of(page)[2] < whole[2] - 1)
    assert page.evaluate("window.scrollY") == top
    assert "Once you have clicked on it, the wheel zooms" in page.text_content("#map-help")


def test_a_drag_moves_the_map_and_goes_on_beyond_its_edge(opened):
    page = opened("bnssg").page
    page.locator("#map-box").scroll_into_view_if_needed()
    page.click('[data-map="in"]')
    page.click('[data-map="in"]')
    before = view_of(page)
    box = page.locator("#map-box").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] - 30, box["y"] + box["height"] / 2, steps=4)
    moved = view_of(page)
    page.mouse.up()
    page.mouse.move(box["x"] + 200, box["y"] + box["height"] / 2)
    assert moved[0] > before[0]
    assert moved[2:] == before[2:]
    metre = box["width"] / before[2]
    assert abs((moved[0] - before[0]) * min(metre, box["height"] / before[3]) - 90) < 12
    assert view_of(page) == moved


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
