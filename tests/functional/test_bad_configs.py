"""One file a mistake in tests/functional/bad_configs: `NAME.yaml` beside `NAME.txt`, its exit code and exact message."""

import re
import shutil
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "bad_configs"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))

#: What the YAML parser says, and at which column: its own words, which differ from release to release.
PARSERS_WORDS = re.compile(r"(:\d+):\d+: this is not YAML: .*")


@pytest.mark.parametrize("name", CASES)
def test_message(name, cli, tmp_path, request):
    shutil.copy(FOLDER / f"{name}.yaml", tmp_path)
    ran = cli("check", f"{name}.yaml")
    expected = FOLDER / f"{name}.txt"
    text = PARSERS_WORDS.sub(r"\1:…: this is not YAML: …", f"exit {ran.code}\n{ran.err}")
    if request.config.getoption("--update-golden"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert ran.code in (3, 4) or name == "waiver-matches-nothing"
    assert "Traceback" not in text


def test_each_message_has_its_file():
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == CASES
