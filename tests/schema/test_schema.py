"""Casting keeps every row, repairs what it can, and counts what it cannot; both decoding paths agree."""

import gc
import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_json import CLEAN_ROWS, VIDEO_ROWS
from organisations import answered

from shortimize_analytics.client import contract
from shortimize_analytics.client.columns import read_columns, type_columns
from shortimize_analytics.client.decode import Decoded, _cast, _read_clean, decode_histories, decode_page
from shortimize_analytics.schema import HISTORY, LABELS, TABLES, VIDEOS, cast, conform, empty
from shortimize_analytics.schema.cast import PANDAS_DTYPES
from shortimize_analytics.schema.tables import METRICS

PUBLISHED_ROW = json.loads(
    """{"organisation_id":"4d5b2d7b-660f-41e4-8506-021b7e7aa110","ad_id":"2cd88fa1-46f9-447f-9901-ef9520779347",
    "username":"flow_bruce","platform":"tiktok","ad_link":"https://www.tiktok.com/@flow_bruce/video/7609364728032365845",
    "created_at":"2026-02-22T00:31:05.461255+00:00","removed":false,
    "linked_account_id":"f4367436-a135-45c3-a337-9883ffbb9d05","uploaded_at":"2026-02-21","video_length":13,
    "title":"Are aliens real?? #skit #alien #fyp ","not_safe":false,"private":false,"hidden_stats":false,
    "ad_info_shop":false,"ad_product_id_shop":null,"ad_is_ad":false,"latest_views":367,"latest_likes":14,
    "latest_comments":1,"latest_bookmarks":0,"latest_shares":1,"latest_engagement":16,
    "latest_updated_at":"2026-02-22T00:31:06.859191+00:00","outlier_multiplier":0,"increase_1d":0,"increase_7d":0,
    "increase_14d":0,"increase_30d":0,
    "label_ids":["79689376-d475-4e7e-8c96-7993b18d6e55","8dd8b959-6f08-4a84-89d6-6610ac5a7c40"]}"""
)


def page(rows, **extra):
    return json.dumps({"data": rows, "pagination": {"total": len(rows), "page": 1}, "filters": {}, **extra}).encode()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_an_empty_frame_has_every_declared_column_and_dtype(table):
    frame = empty(table)
    assert frame.columns.tolist() == table.names
    assert all(str(frame[c.name].dtype) == str(pd.Series(dtype=PANDAS_DTYPES[c.kind]).dtype) for c in table)


def test_the_published_row_gets_the_declared_dtypes_and_values():
    frame = decode_page(answered(page([PUBLISHED_ROW])), contract.LIST_VIDEOS).frame
    row = frame.iloc[0]
    assert frame.dtypes.equals(empty(VIDEOS).dtypes)
    assert row["latest_views"] == 367
    assert row["uploaded_at"] == pd.Timestamp("2026-02-21")
    assert row["created_at"] == pd.Timestamp("2026-02-22T00:31:05.461255", tz="UTC")
    assert row["label_ids"] == PUBLISHED_ROW["label_ids"]
    assert gc.isenabled()
    assert frame["label_names"].isna().all()  # the published row has none


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("latest_views", "367", 367),
        ("latest_views", 367.0, 367),
        ("latest_views", 2**53 + 1, 2**53 + 1),
        ("increase_1d", "12.5", 12.5),
        ("removed", "false", False),
        ("removed", 1, True),
        ("uploaded_at", "2026-02-21T23:59:59+09:00", pd.Timestamp("2026-02-21")),
        ("created_at", "2026-02-21 10:00:00", pd.Timestamp("2026-02-21T10:00", tz="UTC")),
        ("title", "half \ud83d", "half \ufffd"),
        ("title", "nul \x00 stays", "nul \x00 stays"),
        ("ad_product_id_shop", 12345, "12345"),
    ],
)
def test_a_value_in_another_spelling_is_read(column, value, expected):
    frame, report = cast([{column: value}], VIDEOS)
    assert frame[column].iloc[0] == expected
    assert not report.bad


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("latest_views", "***"),
        ("latest_views", 2**63),
        ("latest_views", 1.5),
        ("latest_views", True),
        ("latest_views", float("nan")),
        ("latest_views", float("inf")),
        ("latest_views", [1]),
        ("uploaded_at", "2026-02-30"),
        ("uploaded_at", 20260221),
        ("created_at", "noon"),
        ("label_ids", "abc"),
        ("removed", "maybe"),
        ("outlier_multiplier", "1e999"),
    ],
)
def test_a_value_that_cannot_be_read_becomes_na_and_is_counted_with_an_example(column, value):
    frame, report = cast([{column: value, "ad_id": "x"}], VIDEOS)
    assert frame[column].isna().all()
    assert frame["ad_id"].tolist() == ["x"]
    assert report.bad == {column: 1}
    assert repr(value)[:60] in report.describe()


def test_unknown_fields_are_kept_and_named():
    row = {**PUBLISHED_ROW, "new_score": {"a": 1}}
    decoded = decode_page(answered(page([row])), contract.LIST_VIDEOS)
    assert decoded.report.unknown == ["new_score"]
    assert decoded.frame["new_score"].tolist() == [{"a": 1}]


MASKED = {**dict.fromkeys(METRICS, "•••"), "latest_likes": "upgrade"}


def test_text_in_every_metric_counts_as_masked_not_as_unreadable():
    row = {**PUBLISHED_ROW, **MASKED}
    decoded = decode_page(answered(page([row])), contract.LIST_VIDEOS)
    assert decoded.masked == [PUBLISHED_ROW["ad_id"]]
    assert decoded.report.bad == {}
    assert decoded.frame["latest_views"].isna().all()


def test_only_counts_tell_a_mask_and_what_else_is_unreadable_beside_one_is_said():
    """Views that are there are there, whatever stands in a figure derived from them."""
    rows = [
        {**PUBLISHED_ROW, "ad_id": "a", "outlier_multiplier": "n/a", "increase_7d": "soon"},
        {**PUBLISHED_ROW, "ad_id": "b", **MASKED, "increase_7d": "•••"},
        {**PUBLISHED_ROW, "ad_id": "c", "latest_views": 1.5},
    ]
    decoded = decode_page(answered(page(rows)), contract.LIST_VIDEOS)
    assert decoded.masked == ["b"]
    assert decoded.report.bad == {"outlier_multiplier": 1, "increase_7d": 1, "latest_views": 1}
    assert decoded.frame["latest_views"].tolist() == [PUBLISHED_ROW["latest_views"], pd.NA, pd.NA]


@pytest.mark.parametrize("value", ["", " ", "N/A", "-", "1.2K", "12,34", "1,2345", ",123"])
@pytest.mark.parametrize("metric", METRICS)
def test_one_cell_that_cannot_be_read_is_no_mask(metric, value):
    """Of any count, the views among them: what stands beside it was shown."""
    decoded = decode_page(answered(page([{**PUBLISHED_ROW, metric: value}])), contract.LIST_VIDEOS)
    assert (decoded.masked, decoded.report.bad) == ([], {metric: 1})
    others = [name for name in METRICS if name != metric]
    assert decoded.frame[metric].isna().all()
    assert decoded.frame[others].notna().all(axis=None)


@given(st.integers(1000, 10**12), st.sampled_from(["", " "]))
def test_a_number_with_separators_is_that_number(number, blank):
    frame, report = cast([{"latest_shares": f"{blank}{number:,}{blank}"}], VIDEOS)
    assert frame["latest_shares"].tolist() == [number]
    assert (report.bad, report.repaired) == ({}, {"latest_shares": 1})


@given(st.lists(st.sampled_from(["text", "number"]), min_size=1, max_size=8))
def test_a_history_is_masked_only_where_no_day_of_it_shows_a_count(kinds):
    days = [
        {"date": f"2026-02-{day:02}", "views": "N/A" if kind == "text" else day, "likes": None}
        for day, kind in enumerate(kinds, 1)
    ]
    decoded = decode_histories([("a", answered(json.dumps(days).encode()))])
    text = kinds.count("text")
    assert decoded.masked == (["a"] * text if text == len(kinds) else [])
    assert decoded.report.bad == ({"views": text} if 0 < text < len(kinds) else {})
    assert decoded.frame["views"].notna().sum() == len(kinds) - text


DAY = {"date": "2026-02-21", "views": 5, "likes": 1, "comments": 0, "shares": 0, "bookmarks": 0, "engagements": 1}


@pytest.mark.parametrize("shape", [lambda r: r, lambda r: {"history": r}, lambda r: {"data": {"history": r}}])
def test_history_is_read_in_every_shape_that_was_seen(shape):
    bodies = [("a", json.dumps(shape([DAY, DAY])).encode()), ("b", json.dumps(shape([])).encode())]
    frame = decode_histories([(ad_id, answered(body)) for ad_id, body in bodies]).frame
    assert frame["ad_id"].tolist() == ["a", "a"]
    assert frame["views"].tolist() == [5, 5]
    assert frame.dtypes.equals(empty(HISTORY).dtypes)


def test_a_frame_survives_parquet_as_pandas_writes_it(tmp_path):
    frame = decode_page(answered(page([PUBLISHED_ROW])), contract.LIST_VIDEOS).frame
    frame.to_parquet(tmp_path / "videos.parquet")
    back = pd.read_parquet(tmp_path / "videos.parquet")
    assert list(back["label_ids"][0]) == PUBLISHED_ROW["label_ids"]
    pd.testing.assert_frame_equal(back.drop(columns=["label_ids"]), frame.drop(columns=["label_ids"]))


def test_conform_names_a_column_that_was_not_computed():
    with pytest.raises(KeyError, match="name"):
        conform(pd.DataFrame({"id": ["x"]}), LABELS)


@given(VIDEO_ROWS)
def test_any_row_keeps_its_place_and_gets_the_declared_dtypes(rows):
    frame, report = cast(json.loads(json.dumps(rows)), VIDEOS)
    assert len(frame) == len(rows)
    assert frame.dtypes.equals(empty(VIDEOS).dtypes)
    assert sum(report.bad.values()) <= sum(len(row) for row in rows)


@given(CLEAN_ROWS | VIDEO_ROWS)
def test_the_fast_path_gives_what_the_tolerant_path_gives(rows):
    body = page(rows)
    fast = _read_clean(json.loads(body)["data"], VIDEOS)
    if fast is not None:
        tolerant = _cast(json.loads(body)["data"], VIDEOS)
        pd.testing.assert_frame_equal(fast.frame, tolerant.frame)
        assert not tolerant.report.bad
        assert not tolerant.masked


@given(CLEAN_ROWS | VIDEO_ROWS)
def test_rows_that_never_were_python_objects_are_what_the_tolerant_path_gives(rows):
    body = page(rows)
    if (found := read_columns(body)) is None or (columns := type_columns(found[0])) is None:
        return
    tolerant = _cast(json.loads(body)["data"], VIDEOS)
    pd.testing.assert_frame_equal(Decoded(columns).frame, tolerant.frame)
    assert not tolerant.report.bad
    assert not tolerant.masked
    assert {"data": rows, **found[1]} == json.loads(body)


ROW = b'{"ad_id": "a", "latest_views": 5}'


@pytest.mark.parametrize(
    "rows",
    [
        ROW.replace(b'"a"', b'"a", "ad_id": "b"'),
        ROW.replace(b'"a"', b'"\\ud800"'),
        ROW.replace(b'"a"', b'"\xff"'),
        ROW.replace(b'"a"', b'["a"], "pagination": {}'),
        ROW.replace(b'"a"', b"1"),
        ROW.replace(b"5", b"5.0"),
        ROW.replace(b"5", b'"5"'),
        ROW.replace(b"5", b"true"),
        ROW.replace(b"5", b"9223372036854775808"),
        ROW.replace(b"5", b"5, " + b'"reach": 1'),
        ROW + b", null",
        ROW + b", 7",
        ROW + b"]}, {",
        ROW[:-1],
    ],
)
def test_a_page_with_anything_undeclared_is_read_by_json(rows):
    around = b', "pagination": {"total": 1, "page": 1}, "filters": {}}'
    assert read_columns(b'{"data": [' + ROW + b"]" + around) is not None
    assert read_columns(b'{"data": [' + rows + b"]" + around) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": null, "pagination": {}}',
        b'{"data": [' + ROW + b'], "pagination": {"total": 1}, "data": []}',
        b'{"data": [' + ROW + b'], "pagination": {"total": 1}',
        b'{"data": [' + ROW + b'], "pagination": {"total": 1}} x',
        b'{"error": "no", "data": [' + ROW + b'], "pagination": {"total": 1}}',
        b'{"pagination": {"total": 1}, "data": [' + ROW + b"]}",
        b"[" + ROW + b"]",
        b'"pagination"',
        b"",
    ],
)
def test_a_document_of_another_form_is_read_by_json(body):
    assert read_columns(body) is None


def test_an_instant_that_is_none_is_counted_though_the_rest_of_its_page_is_sound():
    rows = [PUBLISHED_ROW, {**PUBLISHED_ROW, "created_at": "yesterday"}]
    assert read_columns(page(rows)) is not None
    decoded = decode_page(answered(page(rows)), contract.LIST_VIDEOS)
    assert decoded.report.bad == {"created_at": 1}
    assert decoded.frame["latest_views"].tolist() == [367, 367]
    assert decoded.pagination == {"total": 2, "page": 1}


def test_a_number_too_large_for_a_float_is_no_value_on_either_path():
    body = page([PUBLISHED_ROW]).replace(b'"outlier_multiplier": 0', b'"outlier_multiplier": 1e999')
    decoded = decode_page(answered(body), contract.LIST_VIDEOS)
    assert decoded.frame["outlier_multiplier"].isna().all()
    assert decoded.report.bad == {"outlier_multiplier": 1}


def test_a_clean_page_takes_the_fast_path():
    assert _read_clean([PUBLISHED_ROW] * 3, VIDEOS) is not None
    assert read_columns(page([PUBLISHED_ROW] * 3)) is not None


def test_examples_of_unreadable_values_differ_and_show_an_empty_text_as_one():
    rows = [{"ad_id": str(number), "uploaded_at": value} for number, value in enumerate(["", "", "  ", "x", "x", "y"])]
    _, report = cast(rows, VIDEOS)
    assert report.describe() == "uploaded_at: 6 value(s) unreadable and set to NA, e.g. an empty text, 'x', 'y'"
    _, more = cast([{"ad_id": "z", "uploaded_at": value} for value in ("", "z")], VIDEOS)
    more.merge(report)
    assert more.examples["uploaded_at"] == ["an empty text", "'z'", "'x'"]
    assert more.bad == {"uploaded_at": 8}
