"""What networks do to `data update`: one line a host within 15 seconds, no further try there, and the store as it was."""

from __future__ import annotations

import json
import socketserver
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest
from publishers import BLOCKED, NO_SERVICES, error_body, redirect, serving, status

from conftest import files_of
from placemap.sources.download.client import Client
from placemap.sources.download.endpoints import Endpoints
from placemap.sources.update import Updater

WARDS = "lsoa21-ward-2024"
SOME = ["lsoa21-ward", "census-2021", "mid-year-2022", "practice-map", "epcn"]


@pytest.fixture
def publishers(official_files):
    with serving(official_files) as found:
        yield found


@pytest.fixture
def store(publishers, tmp_path):
    """A small store that an update made."""
    folder = tmp_path / "s" / "store"
    report = updater(publishers, folder).run(["epcn"])
    assert report.failed == ()
    publishers.requests.clear()
    return folder


def updater(publishers, store, **endpoints) -> Updater:
    client = Client(timeout=(1.0, 5.0), attempts=3, backoff=0.01)
    return Updater(store, client, endpoints=Endpoints(**{**publishers.endpoints, **endpoints}))


def run(publishers, store, names=SOME, **endpoints):
    """Update; what stood in the store before still stands there, and it took less than 15 seconds."""
    before = files_of(store)
    started = time.monotonic()
    report = updater(publishers, store, **endpoints).run(names)
    assert time.monotonic() - started < 15
    assert report.exit_code == 3
    assert files_of(store) == before
    return report


def lines(report) -> dict[str, str]:
    return {item.host: item.error.message for item in report.hosts_down}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (status(403), "the network or the host refuses (403)"),
        (status(407), "the proxy asks for a sign-in (407)"),
        (BLOCKED, "a web page came in the place of data (“Access blocked”): the network blocks the host, or wants"),
    ],
    ids=["403", "407", "block page"],
)
def test_a_blocked_host_is_named_once(fault, message, publishers, store):
    publishers.fault("", fault, times=99)
    report = run(publishers, store)
    (line,) = lines(report).values()
    assert line.startswith(message)
    assert {result.outcome for result in report.results} == {"failed"}
    assert len(publishers.requests) <= 4  # those that were under way at the first failure


def test_one_blocked_host_keeps_the_others_going(publishers, store):
    publishers.fault("/api/v01", status(403), times=99)
    nomis = publishers.endpoints["nomis"].replace("127.0.0.1", "localhost")
    updated = updater(publishers, store, nomis=nomis).run(["census-2021", "mid-year-2022", "epcn"])
    assert list(lines(updated)) == [nomis.split("/")[2]]
    assert {result.id: result.outcome for result in updated.results} == {
        "census-2021": "failed",
        "mid-year-2022": "failed",
        "epcn": "unchanged",
        "epcncorepartnerdetails": "unchanged",
    }


def test_a_name_that_is_not_found(publishers, store):
    names = ["lsoa21-ward", "census-2021", "mid-year-2022"]
    report = run(publishers, store, names, nomis="https://nowhere.invalid/api", arcgis="https://nowhere.invalid/rest")
    (line,) = lines(report).values()
    assert line.startswith("the name of the host is not found (DNS:")
    assert {result.id for result in report.failed} >= {"census-2021", "mid-year-2022", WARDS}


def test_nobody_listens(publishers, store):
    report = run(publishers, store, names=["census-2021"], nomis="http://127.0.0.1:1/api")
    assert lines(report) == {"127.0.0.1:1": "Connection refused"}


@contextmanager
def _listening(handler, context=None):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class Refusing(socketserver.StreamRequestHandler):
    """A proxy that wants to know who is asking."""

    def handle(self):
        while self.rfile.readline().strip():
            pass
        self.wfile.write(
            b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )


def test_a_proxy_that_asks_for_a_sign_in(publishers, store, monkeypatch):
    with _listening(Refusing) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        report = run(publishers, store, names=["census-2021"], nomis="https://nomis.invalid/api")
    assert lines(report) == {"nomis.invalid": "the proxy asks for a sign-in (407)"}
    assert "put what they say into HTTPS_PROXY" in report.hosts_down[0].error.hint
    assert "set HTTPS_PROXY" not in report.hosts_down[0].error.hint  # it is set


def test_a_certificate_that_nobody_vouches_for(publishers, store, tmp_path):
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    files = [tmp_path / "key.pem", tmp_path / "cert.pem"]
    subprocess.run([*words, "-keyout", files[0], "-out", files[1]], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[1], files[0])
    with _listening(Refusing, context) as port:
        report = run(publishers, store, names=["census-2021"], nomis=f"https://127.0.0.1:{port}/api")
    (line,) = lines(report).values()
    assert line.startswith("the connection is not trusted: ")
    assert "--ca-bundle or REQUESTS_CA_BUNDLE" in report.hosts_down[0].error.hint


# What is found, and what is passed over


def test_an_empty_list_of_services_is_asked_for_again(publishers, tmp_path):
    publishers.fault("services?f=json", NO_SERVICES, times=2)
    report = updater(publishers, tmp_path / "s").run([WARDS])
    assert [(r.outcome, r.chosen) for r in report.results] == [
        ("new", "LSOA21_WD24_LAD24_EW_LU, from the list of services")
    ]


def test_a_list_that_stays_empty_gives_way_to_the_search(publishers, tmp_path):
    publishers.fault("services?f=json", NO_SERVICES, times=9)
    report = updater(publishers, tmp_path / "s").run([WARDS])
    assert report.results[0].chosen == "LSOA21_WD24_LAD24_EW_LU, from a search of the portal"


def test_without_list_and_search_the_known_name_is_taken(publishers, tmp_path):
    publishers.fault("services?f=json", NO_SERVICES, times=9)
    publishers.fault("/sharing/rest/search", error_body(400, "no"), times=9)
    report = updater(publishers, tmp_path / "s").run([WARDS])
    assert report.results[0].chosen == "LSOA21_WD24_LAD24_EW_LU, from the name that placemap knows"


def test_the_newest_service_that_fits_is_taken(publishers, tmp_path):
    """A newer version is empty, one lacks a column: both are passed over, and it says why."""
    from dataclasses import replace

    whole = publishers.services["LSOA21_WD24_LAD24_EW_LU"]
    publishers.services["LSOA21_WD24_LAD24_EW_LU_v4"] = replace(whole, make=lambda _: (whole.table[0], []))
    publishers.services["LSOA21_WD24_LAD24_EW_LU_v3"] = replace(whole, renamed={"WD24NM": "NAME"})
    publishers.services["LSOA21_WD24_LAD24_EW_LU_v2"] = replace(whole)
    (result,) = updater(publishers, tmp_path / "s").run([WARDS]).results
    assert result.chosen == "LSOA21_WD24_LAD24_EW_LU_v2, from the list of services"
    empty, nameless = result.passed_over
    assert empty == "the service LSOA21_WD24_LAD24_EW_LU_v4 is empty"
    assert nameless.startswith("the service has no column WD24NM; it has ObjectId, LSOA21CD, LSOA21NM, WD24CD, NAME")
    note = json.loads((tmp_path / "s-raw" / f"{WARDS}.json").read_text())
    assert note["chosen"] == result.chosen
    assert note["passed_over"] == [empty, nameless]


def test_years_that_placemap_does_not_know_yet_are_found(publishers, tmp_path):
    from dataclasses import replace

    wards = publishers.services["LSOA21_WD25_LAD25_EW_LU_v2"]
    renamed = {column: column.replace("25", "27") for column in wards.table[0]}
    publishers.services["LSOA21_WD27_LAD27_EW_LU"] = replace(wards, renamed=renamed)
    report = updater(publishers, tmp_path / "s").run(["lsoa21-ward"])
    assert [result.id for result in report.results] == [f"lsoa21-ward-{year}" for year in ("2024", "2025", "2027")]
    assert report.manifest is not None
    assert report.manifest.defaults["ward"] == "2027"


# NOMIS


def test_nomis_is_asked_page_by_page(publishers, tmp_path):
    report = updater(publishers, tmp_path / "s").run(["census-2021"])
    assert report.failed == ()
    pages = [path for path in publishers.requests if "data.csv" in path]
    assert [path.rpartition("RecordOffset=")[2] for path in pages] == ["0", "25000"]
    assert report.manifest is not None
    assert report.manifest.tables["residents_2021"].total == 56_490_108


def test_a_table_of_nomis_that_is_cut_is_refused(publishers, store):
    publishers.fault(
        "RecordOffset=25000", lambda handler, _: handler.answer(200, b"GEOGRAPHY_CODE,OBS_VALUE,RECORD_COUNT\r\n")
    )
    report = run(publishers, store, names=["census-2021"])
    assert "NOMIS gives 25,000 rows and counts 0" in str(report.failed[0].error)


def test_a_revised_estimate_is_taken_and_said(publishers, tmp_path):
    def one_more(rows):
        return [[rows[0][0], str(int(rows[0][1]) + 1000)], *rows[1:]]

    publishers.nomis.revised["NM_2014_1"] = one_more
    (result,) = updater(publishers, tmp_path / "s").run(["mid-year-2022"]).results
    assert result.outcome == "new"
    assert result.notes == (
        "the figures add up to 57,113,129, +1,000 (0.0018%) from the published 57,112,129 (as first published; the "
        "estimates were revised in November 2025)",
    )


# Month pages


def test_month_pages_are_asked_for_backwards_and_the_landing_page_never(publishers, tmp_path):
    from dataclasses import replace
    from datetime import date

    report = replace(updater(publishers, tmp_path / "s"), today=date(2026, 11, 25)).run(["practice-map"])
    assert report.results[0].chosen == "gp-reg-pat-prac-map.csv, from the page of 2026-08"
    pages = [path.rsplit("/", 1)[1] for path in publishers.requests if "statistical" in path]
    assert pages == ["november-2026", "october-2026", "september-2026", "august-2026"]


def test_a_link_to_another_host_is_not_followed(publishers, tmp_path):
    from dataclasses import replace
    from datetime import date

    page = b"patients registered at a gp practice <a href='https://evil.example/gp-reg-pat-prac-map.csv'>map</a>"
    publishers.fault("/november-2026", lambda handler, _: handler.answer(200, page))
    report = replace(updater(publishers, tmp_path / "s"), today=date(2026, 11, 25)).run(["practice-map"])
    assert report.results[0].chosen.endswith("from the page of 2026-08")


def test_a_redirect_to_a_sign_in_page_on_plain_http_is_refused(publishers, store):
    publishers.fault("getReport", redirect("http://login.example.org/"), times=9)
    report = run(publishers, store, names=["epcn"])
    assert "the server redirects to http://login.example.org/; redirects are followed to https only" in str(
        report.failed[0].error
    )


# What is printed


def test_the_end_names_hosts_links_and_file_names(publishers, store, cli, monkeypatch, tmp_path):
    path = tmp_path / "endpoints.yaml"
    path.write_text(json.dumps(publishers.endpoints))
    monkeypatch.setenv("PLACEMAP_ENDPOINTS", str(path))
    publishers.fault("", status(403), times=99)
    ran = cli("data", "update", "--to", store)
    assert ran.code == 3
    host = publishers.url.removeprefix("http://")
    assert [line for line in ran.err.splitlines() if line.startswith("error:")] == [
        f"error: {host}: the network or the host refuses (403) (25 not fetched: census-2021, epcn, "
        "epcncorepartnerdetails, lsoa11-ccg-2019, lsoa11-lsoa21-2021, lsoa11-sub-icb-2022 and 19 more)"
    ]
    assert f"hosts that an update talks to, for whoever runs the network: {host}" in ran.err
    assert f"  epcn.csv: {publishers.endpoints['ods']}?report=epcn" in ran.err.splitlines()
    assert "all in one folder, then `placemap data import FOLDER`" in ran.err
    assert "can be built now: 0 of 42 systems" in ran.out
    assert "{vintage}" not in ran.err + ran.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nomis: http://example.org/api", "http://example.org/api is plain http; expected https"),
        ("nomys: https://example.org", "nomys is no address of a service"),
        ("[1]", "it is no address of a service"),
    ],
)
def test_endpoints_that_are_refused(text, message, cli, monkeypatch, tmp_path):
    (tmp_path / "e.yaml").write_text(text)
    monkeypatch.setenv("PLACEMAP_ENDPOINTS", str(tmp_path / "e.yaml"))
    ran = cli("data", "update", "--to", tmp_path / "s")
    assert ran.code == 3
    assert message in ran.err


def test_a_file_of_endpoints_that_is_not_there(cli, monkeypatch, tmp_path):
    monkeypatch.setenv("PLACEMAP_ENDPOINTS", str(tmp_path / "none.yaml"))
    ran = cli("data", "update", "--to", tmp_path / "s")
    assert ran.code == 3
    assert "no such file\n  → check PLACEMAP_ENDPOINTS, or unset it to use the publishers' own addresses" in ran.err
