"""Columns of tables and codes by position, held to pandas, which did the same before."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placemap.core.arrays import distinct
from placemap.core.columns import Codes, Words, as_words, columns_of, columns_of_rows, stacked
from placemap.core.tables import Column, TableSchema

texts = st.lists(st.text("abcÅ,", max_size=3), max_size=20)


@given(texts)
def test_numbers_stand_for_words_in_order(values):
    numbers, words = as_words(values).numbered()
    assert words.tolist() == sorted(set(values))
    assert [words[number] for number in numbers] == values
    assert as_words(values).values.tolist() == values


@given(texts, st.data())
def test_rows_that_are_taken_keep_their_words(values, data):
    rows = np.array(
        data.draw(st.lists(st.sampled_from(range(len(values))), max_size=9) if values else st.just([])), int
    )
    taken = as_words(values).take(rows)
    assert taken.values.tolist() == [values[row] for row in rows]
    assert taken.numbered()[1].tolist() == sorted({values[row] for row in rows})


def test_blanks_are_none_and_have_no_number():
    words = Words(np.array([1, -1, 0]), np.array(["b", "a"], dtype=object))
    assert words.values.tolist() == ["a", None, "b"]
    numbers, found = words.numbered()
    assert (numbers.tolist(), found.tolist()) == ([0, -1, 1], ["a", "b"])


@given(st.lists(st.text("abc", max_size=2), unique=True).map(sorted), texts)
def test_positions_are_those_of_an_index(codes, wanted):
    ours, index = Codes(np.array(codes, dtype=object)), pd.Index(codes, dtype=object)
    expected = index.get_indexer(pd.Index(wanted, dtype=object)).tolist()
    assert ours.positions(wanted).tolist() == expected
    assert ours.positions(as_words(wanted)).tolist() == expected
    assert ours.positions(ours).tolist() == list(range(len(codes)))
    assert [code in ours for code in wanted] == [code in index for code in wanted]
    assert (list(ours), len(ours), [ours.position(code) for code in ours]) == (
        codes,
        len(codes),
        list(range(len(codes))),
    )


@given(st.lists(st.integers(-5, 5), max_size=30))
def test_distinct_is_unique(numbers):
    values, first, of, counts = np.unique(
        np.array(numbers, dtype=np.int64), return_index=True, return_inverse=True, return_counts=True
    )
    found = distinct(np.array(numbers, dtype=np.int64))
    expected = [part.tolist() for part in (values, of, first, counts)]
    assert [part.tolist() for part in found] == expected


def test_a_frame_there_and_back():
    frame = pd.DataFrame({"text": ["a", "b"], "int": [1, 2], "share": [0.5, np.nan], "flag": [True, False]})
    columns = columns_of(frame)
    assert (columns.names, len(columns), "int" in columns, "no" in columns) == (list(frame), 2, True, False)
    pd.testing.assert_frame_equal(columns.frame(), frame.astype({"text": object}))
    assert (
        columns.records() == columns.frame().to_dict("records") or columns.records()[1]["share"] != columns["share"][1]
    )
    assert columns.take(np.array([1]))["text"].tolist() == ["b"]
    assert stacked([columns, columns])["int"].tolist() == [1, 2, 1, 2]


def test_rows_become_columns_of_their_types():
    schema = TableSchema("", tuple(Column(kind, kind, "") for kind in ("code", "int", "people", "flag")), ())
    columns = columns_of_rows([("a", 1, None, True), ("b", 2, 1.5, False)], schema)
    assert [columns[name].dtype.kind for name in columns.names] == ["O", "i", "f", "b"]
    assert np.isnan(columns["people"][0])
    assert columns_of_rows([("a", None, 0, True)], schema)["int"].tolist() == [None]
    assert [len(columns_of_rows([], schema)), columns_of_rows([], schema).names] == [0, schema.names]
    with pytest.raises(ValueError, match="shorter|longer"):
        columns_of_rows([("a", 1), ("b",)], schema)
