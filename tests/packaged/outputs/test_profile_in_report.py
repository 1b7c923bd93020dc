"""`report --profile`: one section more, with the figures of `placemap profile`; without the option none."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest

from conftest import PACKAGED

SAID = ("--title", "Made-up index", "--publisher", "Nobody & Sons", "--licence", "OGL", "--vintage", "2025-10")


class Charts(HTMLParser):
    """The rows of each table of bars, as text."""

    def __init__(self, text):
        super().__init__()
        self.charts, self._inside, self._cell = [], False, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self._inside = dict(attrs).get("class") == "bars"
            if self._inside:
                self.charts.append([])
        elif self._inside and tag == "tr":
            self.charts[-1].append([])
        elif self._inside and tag in ("th", "td"):
            self.charts[-1][-1].append("")
            self._cell = True

    def handle_endtag(self, tag):
        if tag in ("th", "td"):
            self._cell = None

    def handle_data(self, data):
        if self._inside and self._cell:
            self.charts[-1][-1][-1] += data.strip()


@pytest.fixture
def own(cli, workspace, tmp_path, monkeypatch):
    """A store of the user's own that has nothing but such figures; the packaged tables are in use."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PLACEMAP_DATA", str(PACKAGED))
    codes = map(str, workspace.geography.lsoa_codes)
    lines = [f"{code},{number % 40},{number % 10 + 1}" for number, code in enumerate(codes)]
    file = tmp_path / "index.csv"
    file.write_text("\n".join(["LSOA21CD,<b>Index</b> Score,Index Decile", *lines]) + "\n", encoding="utf-8")
    done = cli("data", "import", file, "--as", "measure:index", *SAID)
    assert done.code == 0, done.err
    return cli


def _page(cli, tmp_path, *options):
    done = cli("report", "bnssg", "--out", tmp_path / "out", *options)
    assert done.code == 0, done.err
    return (tmp_path / "out/bnssg/localities-report.html").read_text(encoding="utf-8")


def test_the_section_says_what_the_command_says(own, tmp_path):
    rows = json.loads(own("profile", "bnssg", "--json").out)["rows"]
    text = _page(own, tmp_path, "--profile")
    score, fifths = Charts(text).charts
    said = {row[0]: row[2] for row in score[1:]}
    expected = {row["PLACENM"]: f"{row['VALUE']:,.4g}" for row in rows if row["KIND"] == "score"}
    assert said == expected
    units = {row[0]: [int(re.search(r"\((\d+)\)", cell)[1]) for cell in row[2:7]] for row in fifths[1:]}
    assert units == {
        row["PLACENM"]: [row[f"UNITS_Q{n}"] for n in range(1, 6)] for row in rows if row["KIND"] == "decile"
    }
    assert all(sum(float(cell.split("%")[0]) for cell in row[2:7]) == pytest.approx(100, abs=0.3) for row in fifths[1:])


def test_the_page_names_the_source_and_holds_the_table(own, tmp_path):
    text = _page(own, tmp_path, "--profile")
    assert "Nobody &amp; Sons, Made-up index (October 2025)" in text
    assert "Source: Nobody &amp; Sons, Made-up index (2025-10). Licence: Open Government Licence v3.0" in text
    assert "<b>Index</b>" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    data = json.loads(re.search(r'<script[^>]*id="report-data"[^>]*>(.*?)</script>', text, re.DOTALL)[1])
    rows = list(csv.DictReader(io.StringIO(data["files"]["profile.csv"]["text"])))
    assert {row["FIGURE"] for row in rows} == {"<b>Index</b> Score", "Index Decile"}


def test_without_the_option_there_is_none(own, tmp_path):
    text = _page(own, tmp_path)
    assert 'id="profile"' not in text
    assert "Made-up index" not in text
    assert Charts(text).charts == []


def test_it_is_for_systems_that_have_figures(own, cli, tmp_path, monkeypatch):
    assert own("report", "--england", "--profile").code == 2
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    done = cli("report", "bnssg", "--profile")
    assert done.code == 3
    assert "--as measure:NAME" in done.err
