"""However a page of videos is read, it gives the same rows, the same counts of what was odd, the same surroundings."""

from unittest.mock import patch

import pandas as pd
import pytest
from organisations import answered

from shortimize_analytics.client import answers, contract, decode
from shortimize_analytics.client.columns import read_columns

SOUND = {
    "ad_id": '"a"',
    "title": '"one"',
    "latest_views": "5",
    "outlier_multiplier": "1.5",
    "removed": "false",
    "created_at": '"2026-01-01T00:00:00+00:00"',
    "uploaded_at": '"2026-01-01"',
    "label_ids": '["x"]',
}
NUMBERS = [
    *("1.0", "1e3", "-1", "-0", "-0.0", "1e999", "1e-400", "NaN", "-Infinity"),
    *("9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775809"),
]
TEXTS = [
    *('""', '" 5 "', '"1,234"', '"•••"', r'"\ud800"', r'"half \ude00\ud83d"', r'"\ud83d\ude00"', r'"\u0000"'),
    *(r'"],\"pagination\":{}"', '"],"', r'"],\\"', '"pagination"'),
]
INSTANTS = [
    *("2026-01-01", "20260101", " 2026-01-01", "2026-02-30", "2026-W01-1", "0000-01-01", "9999-12-31", "10000-01-01"),
    *("2026-01-01T00:00:00", "2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00+02:00", "2026-01-01T23:59:60Z"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00Z", "2026-01-01T24:00:00Z"),
]
OTHERS = ["null", "true", "[]", '["a", "b"]', "[null]", '["a", null]', "[1]", r'["\ud800"]', "[[]]", "{}", '{"a": 1}']
ODD = [*NUMBERS, *TEXTS, *(f'"{at}"' for at in INSTANTS), *OTHERS]


def row(**fields):
    return "{" + ", ".join(f'"{name}": {value}' for name, value in (SOUND | fields).items()) + "}"


def page(*rows, around='"pagination": {"total": 2}, "count": 2'):
    return f'{{"data": [{", ".join(rows)}], {around}}}'.encode()


def read(body):
    decoded = decode.decode_page(answered(body), contract.LIST_VIDEOS)
    return decoded.frame, (decoded.report, decoded.masked, decoded.pagination, decoded.count)


def check_by_value(*bodies):
    """Compare with what `cast` makes of the same rows, value by value."""
    with patch.object(answers, "read_columns", lambda _: None), patch.object(decode, "_read_clean", lambda *_: None):
        expected, wanted = read(bodies[0])
    for body in bodies:
        frame, beside = read(body)
        pd.testing.assert_frame_equal(frame, expected, check_exact=True)
        assert repr(beside) == repr(wanted)


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("value", ODD)
def test_an_odd_value_is_what_it_is_value_by_value(name, value):
    """Also in a document of another form, which Arrow does not read."""
    body = page(row(), row(**{name: value}))
    other = body.replace(b'{"data"', b'{"error": null, "data"')
    assert read_columns(other) is None
    check_by_value(body, other)


@pytest.mark.parametrize(
    ("rows", "by_arrow"),
    [
        ([row(), row()[:-1] + ', "latest_views": 7}'], False),
        ([row(), row()[:-1] + r', "latest_view\u0073": 7}'], False),
        ([row(), row(reach="1")], False),
        ([row(), row(fetched_at='"2026-01-01T00:00:00Z"')], False),
        ([row(), '{"ad_id": "b"}', "{}"], True),
        ([row(), row(username="null", video_length="null")], True),
        ([], True),
    ],
)
def test_rows_of_other_fields_are_what_they_are_value_by_value(rows, by_arrow):
    check_by_value(page(*rows))
    assert (read_columns(page(*rows)) is not None) == by_arrow


def test_one_title_with_half_a_character_costs_no_other_row_its_place():
    frame, (report, *_) = read(page(row(), row(title=r'"half \ud83d"'), row()))
    assert frame["title"].tolist() == ["one", "half \ufffd", "one"]
    assert report.repaired == {"title": 1}


def test_a_null_in_a_list_of_labels_is_no_label():
    frame, (report, *_) = read(page(row(), row(label_ids='["a", null]')))
    assert frame["label_ids"].tolist() == [["x"], ["a"]]
    assert report.repaired == {"label_ids": 1}
