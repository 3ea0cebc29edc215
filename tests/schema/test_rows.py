"""The quick ways through millions of rows, beside the slow ones."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortimize_analytics.analysis.models.age_curve import group_medians, loo_median
from shortimize_analytics.schema.rows import (
    latest,
    order_in_groups,
    places_in,
    ranks_in_groups,
    repeated,
    rows_among,
    stable_order,
)

LISTS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([-1.5, 0.0, 2.0, 2.0, 7.25])), min_size=1, max_size=40)


@given(LISTS)
def test_an_order_in_groups_puts_the_same_values_in_every_place_as_a_sort_by_two_keys(pairs):
    codes, values = np.array([code for code, _ in pairs]), np.array([value for _, value in pairs])
    found, slow = order_in_groups(values, codes), np.lexsort((values, codes))
    assert sorted(found.tolist()) == list(range(len(pairs)))
    assert (codes[found] == codes[slow]).all()
    assert (values[found] == values[slow]).all()
    frame = pd.DataFrame({"code": codes, "value": values})
    medians = frame.groupby("code")["value"].median().reindex(range(5)).to_numpy()
    np.testing.assert_array_equal(group_medians(values, codes, size=5), medians)
    others = [np.delete(values, row)[np.delete(codes, row) == code] for row, code in enumerate(codes)]
    expected = [np.median(each) if len(each) else np.nan for each in others]
    np.testing.assert_array_equal(loo_median(values, codes), expected)


def test_missing_values_come_last_in_their_group():
    assert order_in_groups(np.array([np.nan, 1.0, 5.0, 3.0]), np.array([0, 1, 0, 1])).tolist() == [2, 0, 1, 3]


VALUES = st.sampled_from([-1.5, -0.0, 0.0, 2.0, 7.25, np.inf, np.nan])


@given(st.lists(st.tuples(st.integers(0, 4), VALUES), max_size=40))
def test_ranks_in_groups_are_those_of_pandas(pairs):
    codes, values = np.array([code for code, _ in pairs], dtype=int), np.array([value for _, value in pairs])
    np.testing.assert_array_equal(ranks_in_groups(values, codes), pd.Series(values).groupby(codes).rank().to_numpy())


@given(st.lists(VALUES, max_size=200))
def test_a_stable_order_is_the_stable_sort(values):
    np.testing.assert_array_equal(stable_order(np.array(values)), np.argsort(np.array(values), kind="stable"))


@given(st.lists(st.sampled_from(["a", "b", "", None, "éa"]), max_size=12))
def test_texts_are_repeated_where_pandas_calls_them_duplicated(texts):
    series = pd.Series(texts, dtype="str", index=[0] * len(texts))
    assert repeated(series).tolist() == series.duplicated().tolist()
    assert repeated(series, first_too=True).tolist() == series.duplicated(keep=False).tolist()


@pytest.mark.parametrize("dtype", ["str", "category"])
@pytest.mark.parametrize("ids", [["a", "a", "b", "c", "a"], ["a", None, None, "a", "b", None], []])
def test_rows_are_among_the_wanted_ones_as_pandas_says(ids, dtype):
    rows = pd.Series(ids, dtype="str").astype(dtype)
    for wanted in (["a"], ["b", "x"], []):
        found = rows_among(rows, pd.Series(wanted, dtype="str"))
        assert found.tolist() == rows.isin(wanted).tolist()


@given(st.lists(st.sampled_from(["a", "b", "c", None])), st.lists(st.sampled_from(["a", "b", "x", None])))
def test_ids_have_the_places_that_pandas_finds_the_first_where_one_comes_twice(ids, wanted):
    known, asked = pd.Series(ids, dtype="str"), pd.Series(wanted, dtype="str")
    once = known.drop_duplicates()
    found = pd.Index(once).get_indexer(pd.Index(asked))
    expected = [-1 if place < 0 else once.index[place] for place in found]
    assert places_in(known, asked).tolist() == expected


INSTANTS = [None, "1677-09-22", "1969-12-31 23:00", "2026-03-01", "2026-03-01 00:00:01", "2026-03-02"]


@given(st.lists(st.sampled_from(INSTANTS)), st.sampled_from(["us", "ns"]), st.sampled_from([None, "UTC", "Asia/Tokyo"]))
def test_the_latest_is_what_pandas_says(days, unit, zone):
    dates = pd.Series(pd.to_datetime(days, format="ISO8601").as_unit(unit)).dt.tz_localize(zone)
    found, expected = latest(dates), dates.max()
    assert (found is expected) if pd.isna(expected) else (repr(found), found.unit) == (repr(expected), expected.unit)
