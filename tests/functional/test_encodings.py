"""A table in any encoding that Excel or PowerShell writes is the same table to every command."""

import codecs

import pytest

from conftest import PACKAGED

ROWS = "lsoa,n,place\n" + "".join(
    f"E010144{n},{n},{'St Paul’s' if n < 90 else 'Café'}\n" for n in range(85, 97) if n != 90
)
WRITTEN = {
    "UTF-8 with a mark": codecs.BOM_UTF8 + ROWS.encode(),
    "UTF-16, little-endian": codecs.BOM_UTF16_LE + ROWS.encode("utf-16-le"),
    "UTF-16, big-endian": codecs.BOM_UTF16_BE + ROWS.encode("utf-16-be"),
    "UTF-16, big-endian, lines of Windows": codecs.BOM_UTF16_BE + ROWS.replace("\n", "\r\n").encode("utf-16-be"),
    "Windows-1252": ROWS.encode("cp1252"),
}


@pytest.mark.parametrize("encoding", WRITTEN)
@pytest.mark.parametrize("words", [["apply", "--by", "lsoa", "--sum", "n", "--system", "bnssg"], ["infer"]])
def test_a_table_reads_alike_in_every_encoding(cli, tmp_path, monkeypatch, words, encoding):
    monkeypatch.setenv("PLACEMAP_DATA", str(PACKAGED))
    table = tmp_path / "data.csv"
    table.write_text(ROWS, encoding="utf-8")
    plain = cli(words[0], table, *words[1:])
    table.write_bytes(WRITTEN[encoding])
    assert cli(words[0], table, *words[1:]) == plain
    assert plain.code == 0
    assert "996" in plain.out if words[0] == "apply" else "St Paul’s" in plain.out
