"""CSV and JSON as they are written, held to those of Python."""

import csv
import io
import json
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from placemap.core.columns import Columns
from placemap.core.files import as_json
from placemap.core.tables import Column, Table, TableSchema
from placemap.outputs.tables import csv_text, write_csv

words = st.text('aé ,"\n\r;', max_size=5)
figures = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([0.0, -0.0, -1e-12, 0.005, -0.004999, math.nan]))
rows = st.lists(st.tuples(words, st.none() | words, st.integers(), figures, figures, st.booleans()), max_size=12)
SCHEMA = TableSchema(
    "", tuple(Column(name, kind, "") for name, kind in zip("abcdef", ("code", "text", "int", "people", "share", "flag"), strict=True)), ()
)  # fmt: skip


def table(content):
    kinds = (object, object, object, float, float, bool)
    columns = list(zip(*content, strict=True)) or [()] * len(kinds)
    arrays = [np.array([*values, None], dtype=object)[:-1].astype(kind) for values, kind in zip(columns, kinds, strict=True)]  # fmt: skip
    return Table("t", SCHEMA, Columns(dict(zip(SCHEMA.names, arrays, strict=True))))


@given(rows, st.sampled_from([1, 3]))
def test_csv_reads_back_as_what_was_written(content, times):
    content *= times  # figures that are there again and again are formatted once
    found = list(csv.reader(io.StringIO(csv_text(table(content)), newline="")))
    assert found[0] == SCHEMA.names
    expected = [
        [a, b or "", str(c), _fixed(d, 2), _fixed(e, 6), "true" if f else "false"] for a, b, c, d, e, f in content
    ]
    assert found[1:] == expected


@given(rows)
def test_csv_is_quoted_as_by_python(content):
    mine = csv_text(table([(a.replace("\r", ""), (b or "").replace("\r", ""), *rest) for a, b, *rest in content]))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(csv.reader(io.StringIO(mine, newline="")))
    assert mine == text.getvalue()


def _fixed(value, decimals):
    text = "" if math.isnan(value) else f"{value:.{decimals}f}"
    return text.lstrip("-") if text and float(text) == 0 else text


def test_long_tables_are_written_in_batches_without_a_seam(tmp_path):
    content = [(f"c{n}", None, n, n / 3, math.nan, n % 2) for n in range(20_000)]
    write_csv(table(content), tmp_path / "t.csv")
    text = (tmp_path / "t.csv").read_bytes().decode()
    assert text == csv_text(table(content))
    assert [line.split(",")[2] for line in text.splitlines()[1:]] == [str(n) for n in range(20_000)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=3), json_values, max_size=4))
def test_json_is_that_of_python(value):
    assert as_json(value) == json.dumps(value, indent=2, ensure_ascii=False) + "\n"
