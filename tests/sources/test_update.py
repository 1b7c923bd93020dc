"""`data update` against the stand-in: after every fault the right table or the old one, and a clear message."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import publishers_data as data
import pytest
from publishers import drop, error_body, redirect, serving, slow, status
from publishers_services import EDITED, Service

from placemap.core.errors import PlacemapError
from placemap.reference.store import Manifest
from placemap.sources.catalogue import Catalogue, load_catalogue
from placemap.sources.download.client import Client
from placemap.sources.download.endpoints import Endpoints
from placemap.sources.update import Updater

WARD = "LSOA21_WD24_LAD24_EW_LU"
TARGET = "lsoa21-ward-2024"
HISTORY = "LTLA_HISTORY_2016_2024.csv"


ROWS = 6_000


@pytest.fixture(scope="session")
def server(official_files, tmp_path_factory):
    """The stand-in; wards are cut to the first 6,000 LSOAs but in the test of everything, to be quick."""
    with serving(official_files) as standin:
        standin.services[WARD] = part_of_wards(standin)
        yield standin


def part_of_wards(standin) -> Service:
    def make(folder):
        header, rows = data.of_file(f"{WARD}.csv")(folder)
        return header, rows[:ROWS]

    return Service(standin.reference, make, limit=1000)


@pytest.fixture
def standin(server):
    """The server with everything in order and nothing asked yet."""
    before = server.services[WARD]
    server.services[WARD] = replace(before, edited=EDITED, limit=1000, pages=True, rows_lost=0, renamed={})
    server.faults.clear()
    server.requests.clear()
    server.statuses.clear()
    server.files.clear()
    return server


def client(**changes) -> Client:
    return Client(**{"timeout": (2.0, 5.0), "backoff": 0.01, "attempts": 4, **changes})


def small() -> Catalogue:
    """The official sources, with as many wards as the cut service has."""
    whole = load_catalogue()
    return {**whole, **{key: replace(whole[key], rows=(ROWS, ROWS)) for key in ("lsoa21-ward", "lsoa21-ltla")}}


def updater(standin, store: Path, **changes) -> Updater:
    return Updater(store, client(**changes), small(), Endpoints(**standin.endpoints))


def tables(store: Path) -> dict[str, str]:
    manifest = Manifest.from_json(json.loads((store / "manifest.json").read_text()))
    return {name: entry.content_sha256 for name, entry in manifest.tables.items()}


@pytest.fixture(scope="session")
def first(server, tmp_path_factory) -> Path:
    """A folder with a store of wards, its raw files beside it."""
    folder = tmp_path_factory.mktemp("first")
    report = updater(server, folder / "store").run([TARGET])
    assert [(result.id, result.outcome) for result in report.results] == [(TARGET, "new")]
    return folder


@pytest.fixture
def store(first, tmp_path, standin) -> Path:
    """A copy of that store, and a service that says it was edited since."""
    shutil.copytree(first, tmp_path / "user")
    standin.services[WARD].edited = EDITED + 1
    return tmp_path / "user" / "store"


def test_the_store_and_its_raw_files_stand_side_by_side(first):
    assert sorted(path.name for path in first.iterdir()) == ["store", "store-raw"]
    assert sorted(path.name for path in (first / "store-raw").iterdir()) == [f"{TARGET}.csv", f"{TARGET}.json"]
    assert (first / "store" / "placemap.lock").exists()


def test_the_stand_in_repeats_rows_without_an_order(standin):
    """The habit that `orderByFields` guards against is really there."""
    service = standin.services[WARD]
    pages = [service.query({"resultOffset": str(offset)})["features"] for offset in range(0, ROWS, 1_000)]
    codes = [feature["attributes"]["LSOA21CD"] for page in pages for feature in page]
    assert len(codes) == ROWS > len(set(codes))


def test_nothing_new_asks_for_no_rows(first, standin, tmp_path):
    shutil.copytree(first, tmp_path / "user")
    report = updater(standin, tmp_path / "user" / "store").run([TARGET])
    assert [result.outcome for result in report.results] == ["unchanged"]
    assert report.changed == ()
    assert len(standin.requests) == 3  # which services there are, what the layer is, and how many rows it has


PASSING = {
    "an error under 200": ("resultOffset=2000", error_body(500, "Error performing query operation")),
    "too many requests under 200": ("resultOffset=0", error_body(429, "Too many requests")),
    "429": ("resultOffset=2000", status(429, Retry_After="1")),
    "503": ("returnCountOnly", status(503, Retry_After="0")),
    "502 without a hint": ("resultOffset=3000", status(502)),
    "a dropped connection": ("resultOffset=4000", drop),
    "a slow page": ("resultOffset=5000", slow(2.0)),
    "half a JSON": ("resultOffset=1000", lambda handler, content: handler.answer(200, content[:500])),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_waited_for(name, store, standin):
    before = tables(store)
    text, fault = PASSING[name]
    standin.fault(text, fault, times=2)
    started = time.monotonic()
    report = updater(standin, store, timeout=(1.0, 1.0)).run([TARGET])
    assert [(result.outcome, result.error) for result in report.results] == [("unchanged", None)]  # the same rows again
    assert tables(store) == before
    assert not standin.faults
    if name == "429":
        assert time.monotonic() - started >= 2  # both times what the server asked for, not our own pause


def test_a_redirect_on_this_machine_is_followed(store, standin):
    standin.fault("resultOffset=0", lambda handler, _: redirect(standin.url + handler.path)(handler, b""))
    assert updater(standin, store).run([TARGET]).failed == ()


def renamed_column(standin) -> None:
    standin.services[WARD].renamed = {"WD24CD": "WARD24CD"}


def renamed_key(standin) -> None:
    standin.services[WARD].renamed = {"LSOA21CD": "LSOA_CODE"}


def short_table(standin) -> None:
    standin.services[WARD].rows_lost = 500


def next_year(standin) -> None:
    standin.services[WARD].renamed = {"WD24CD": "WD25CD", "WD24NM": "WD25NM"}


def gone(standin) -> None:
    standin.fault(WARD, status(404), times=9)


def gone_the_esri_way(standin) -> None:
    standin.fault(WARD, error_body(400, "Invalid URL"), times=9)


def miscounting(standin) -> None:
    standin.fault("returnCountOnly", lambda handler, _: handler.answer(200, b'{"count": 6008}'))


def always_busy(standin) -> None:
    standin.fault("resultOffset=2000", status(503, Retry_After="0"), times=9)


def to_another_scheme(standin) -> None:
    standin.fault("resultOffset=2000", redirect("file:///etc/passwd"))


def to_plain_http(standin) -> None:
    standin.fault("resultOffset=2000", redirect("http://example.org/rest"))


def round_and_round(standin) -> None:
    standin.fault("resultOffset=2000", lambda handler, _: redirect(standin.url + handler.path)(handler, b""), times=9)


def signed_out(standin) -> None:
    standin.fault(WARD, error_body(499, "Token Required"), times=9)


@pytest.mark.parametrize(
    ("break_it", "message", "next_step"),
    [
        (
            renamed_column,
            "the service has no column WD24CD; it has ObjectId, LSOA21CD, LSOA21NM, WARD24CD",
            "put a new",
        ),
        (renamed_key, "the service has no column LSOA21CD; it has ObjectId, LSOA_CODE, LSOA21NM", "put a new name"),
        (short_table, "5,500 English LSOAs; expected 6,000", "download the file again"),
        (
            next_year,
            "the service has no column WD24CD, WD24NM; it has ObjectId, LSOA21CD, LSOA21NM, WD25CD",
            "put a new",
        ),
        (gone, f"there is no service {WARD} any more", "search geoportal.statistics.gov.uk for “LSOA (2021) to"),
        (gone_the_esri_way, f"there is no service {WARD} any more", "search geoportal.statistics.gov.uk"),
        (miscounting, "the service gives 6,000 rows and counts 6,008", "run the update again"),
        (always_busy, "no good answer after 4 tries; the last: the server answers 503", "try again later"),
        (to_another_scheme, "an address with `file`; expected http or https", "use `placemap data import FILE`"),
        (
            to_plain_http,
            "the server redirects to http://example.org/rest; redirects are followed to https only",
            "by hand",
        ),
        (round_and_round, "more than 5 redirects", "by hand"),
        (signed_out, "the service answers with error 499: Token Required", "by hand"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_stays_broken_leaves_the_old_table(break_it, message, next_step, store, standin):
    before = {path: path.read_bytes() for path in store.rglob("*.*")}
    break_it(standin)
    report = updater(standin, store).run([TARGET])
    (result,) = report.failed
    assert result.id == TARGET
    assert message in str(result.error)
    assert next_step in str(result.error)
    assert standin.url in result.error.location or "://" in result.error.location
    assert {path: path.read_bytes() for path in store.rglob("*.*")} == before


def test_a_service_that_cannot_page_is_asked_by_row_ids(store, standin):
    before = tables(store)
    standin.services[WARD].pages = False
    assert updater(standin, store).run([TARGET]).failed == ()
    assert tables(store) == before
    assert any("objectIds=" in request for request in standin.requests)


def test_one_failure_keeps_nothing_else_back(store, standin):
    standin.fault(WARD, status(404), times=9)
    report = updater(standin, store).run([TARGET, "ltla-history"], {"ltla-history": f"{standin.url}/files/{HISTORY}"})
    assert {result.id: result.outcome for result in report.results} == {TARGET: "failed", "ltla-history": "new"}
    assert set(tables(store)) == {"ward-2024", "ltla_history-2024"}
    assert report.changed == ("ltla_history-2024",)


# Files by address


def test_a_file_is_asked_for_with_its_validator(standin, tmp_path):
    urls = {"ltla-history": f"{standin.url}/files/{HISTORY}"}
    outcomes = [updater(standin, tmp_path / "s").run(["ltla-history"], urls).results[0].outcome for _ in range(2)]
    assert outcomes == ["new", "unchanged"]
    assert standin.statuses == [200, 304]


def test_half_a_file_is_continued(standin, tmp_path):
    standin.fault(HISTORY, drop)
    report = updater(standin, tmp_path / "s").run(["ltla-history"], {"ltla-history": f"{standin.url}/files/{HISTORY}"})
    assert report.failed == ()
    assert standin.statuses == [206]
    whole = (standin.reference / HISTORY).read_bytes()
    assert (tmp_path / "s-raw" / "ltla-history.csv").read_bytes() == whole


def test_halves_of_two_versions_never_meet(standin, tmp_path):
    standin.fault(HISTORY, drop)
    standin.fault(HISTORY, status(503, Retry_After="0"), times=9)
    urls = {"ltla-history": f"{standin.url}/files/{HISTORY}"}
    assert updater(standin, tmp_path / "s").run(["ltla-history"], urls).failed
    standin.faults.clear()
    standin.files[HISTORY] = (standin.reference / HISTORY).read_bytes().replace(b"Suffolk Coastal", b"Suffolk  Coastal")
    assert updater(standin, tmp_path / "s").run(["ltla-history"], urls).failed == ()
    assert standin.statuses[-1] == 200
    assert (tmp_path / "s-raw" / "ltla-history.csv").read_bytes() == standin.files[HISTORY]


@pytest.mark.parametrize(
    ("content", "changes", "message"),
    [
        (b"a page of text", {}, "what came is not Names and codes of local authority districts"),
        (b"<!DOCTYPE html><title>Sign in</title>", {}, "a web page came in the place of data (“Sign in”)"),
        (b"x" * 200_000, {"most_bytes": 100_000}, "the download is larger than 100,000 bytes"),
        (b"PK\x03\x04 no zip", {}, "the file cannot be read: "),
    ],
)
def test_what_is_no_table_is_refused(content, changes, message, standin, tmp_path):
    standin.files["page"] = content
    report = updater(standin, tmp_path / "s", **changes).run(
        ["ltla-history"], {"ltla-history": f"{standin.url}/files/page"}
    )
    assert message in str(report.failed[0].error)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://example.org/x.csv", "an address with `ftp`; expected http or https"),
        ("file:///etc/passwd", "an address with `file`; expected http or https"),
        ("https://me:secret@example.org/x.csv", "a user name or password in the address"),
        ("x.csv", "an address with `no scheme`"),
    ],
)
def test_addresses_that_are_not_followed(url, message, standin, tmp_path):
    report = updater(standin, tmp_path / "s").run(["ltla-history"], {"ltla-history": url})
    assert message in str(report.failed[0].error)
    assert "secret" not in str(report.failed[0].error)


def test_a_name_that_a_server_gives_is_no_path(standin, tmp_path):
    content = (standin.reference / HISTORY).read_bytes()
    headers = {"Content-Disposition": 'attachment; filename="../../evil.csv"'}
    standin.fault("evil.csv", lambda handler, _: handler.answer(200, content, headers))
    standin.files["..%2F..%2Fevil.csv"] = content
    url = f"{standin.url}/files/..%2f..%2fevil.csv"
    assert updater(standin, tmp_path / "deep" / "s").run(["ltla-history"], {"ltla-history": url}).failed == ()
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {name for name in found if "evil" in name} == set()
    assert "deep/s-raw/ltla-history.csv" in found


def test_names_of_sources(standin, tmp_path):
    with pytest.raises(PlacemapError, match="there is no source `lsoa21-wards`") as caught:
        updater(standin, tmp_path / "s").run(["lsoa21-wards"])
    assert "did you mean `lsoa21-ward`?" in str(caught.value)
    with pytest.raises(PlacemapError, match="nothing says where Names and codes of local authority districts"):
        updater(standin, tmp_path / "s").run(["ltla-history"])


# A kill


def test_a_killed_update_leaves_the_last_good_store(store, standin):
    before = tables(store)
    standin.fault("resultOffset=3000", slow(60.0), times=9)
    program = (
        "import sys; from pathlib import Path; from placemap.sources.update import Updater; "
        "Updater(Path(sys.argv[1])).run(['lsoa21-ward-2024'])"
    )
    (store.parent / "endpoints.yaml").write_text(json.dumps(standin.endpoints))
    words = [sys.executable, "-c", program, str(store)]
    child = subprocess.Popen(words, env={**os.environ, "PLACEMAP_ENDPOINTS": str(store.parent / "endpoints.yaml")})
    try:
        deadline = time.monotonic() + 40
        while not any("resultOffset=3000" in request for request in standin.requests):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert tables(store) == before
    standin.faults.clear()
    standin.requests.clear()
    assert updater(standin, store).run([TARGET]).failed == ()
    pages = [request for request in standin.requests if "resultOffset" in request]
    assert len(pages) == 3  # of 6: the three before the kill are not asked for again
    assert tables(store) == before
