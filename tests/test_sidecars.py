"""What lies beside the PDF, read back by other programs: openpyxl, html.parser and json."""

import datetime as dt
import math

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from shortimize_analytics import _workbook, schema
from shortimize_analytics._workbook import MAX_TEXT, Sheet, write_workbook
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.export import write_frame
from shortimize_analytics.simulator import demo_organisation

FORMULAS = [
    "=HYPERLINK(1)",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "{=1}",
    "https://x.example",
    "mailto:a@b",
]
ODD = [*FORMULAS, "<r>bold</r>", "</t></is></c>", "_x0041_", " spaces ", "a\nb", "é 🔥 هذا", "", "12", "TRUE", "#N/A"]


def read_back(path, name):
    sheet = openpyxl.load_workbook(path)[name]
    rows = list(sheet.iter_rows(values_only=True, max_row=openpyxl.utils.range_boundaries(sheet.auto_filter.ref)[3]))
    return list(rows[0]), rows[1:], sheet


def cell(value):
    """What a spreadsheet is expected to hold of a frame's value."""
    if isinstance(value, list):
        return "; ".join(value)
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        naive = value.tz_convert("UTC").tz_localize(None) if value.tzinfo else value
        return naive.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def same(found, expected):
    if isinstance(expected, dt.datetime):
        return isinstance(found, dt.datetime) and abs(found - expected) < dt.timedelta(milliseconds=1)
    if isinstance(expected, float):
        return isinstance(found, int | float) and math.isclose(found, expected, rel_tol=1e-15)
    return found == expected or (expected == "" and found is None)


def test_a_frame_comes_back_from_a_workbook_with_its_types(tmp_path):
    organisation = demo_organisation()
    videos = schema.conform(pd.DataFrame(organisation.videos), schema.VIDEOS)
    names, rows, sheet = read_back(write_frame(videos, tmp_path / "videos.xlsx"), "videos")
    assert names == list(videos.columns)
    assert len(rows) == len(videos) > 600
    for found, expected in zip(rows, videos.itertuples(index=False, name=None), strict=True):
        assert all(same(a, cell(b)) for a, b in zip(found, expected, strict=True)), (found, expected)
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold


@pytest.mark.parametrize("text", ODD)
def test_outside_text_stays_text_whatever_it_begins_with(tmp_path, text):
    frame = pd.DataFrame({"title": [text, "next"]})
    _, rows, sheet = read_back(write_frame(frame, tmp_path / "x.xlsx"), "rows")
    assert unescape(rows[0][0] or "").rstrip(" ") == text.rstrip(" ")
    assert sheet["A2"].data_type in {"s", "n", "inlineStr"}
    assert isinstance(rows[0][0], str | None)
    assert sheet["A2"].hyperlink is None
    assert rows[1] == ("next",)


def test_what_a_cell_cannot_hold_is_changed_and_counted(tmp_path):
    long = "x" * 40_000
    frame = pd.DataFrame({"title": ["a\x00b\x1bc", long, "🔥" * 20_000], "views": [2**53 + 1, -(2**60), 5]})
    path = write_frame(frame, tmp_path / "x.xlsx")
    _, rows, _ = read_back(path, "rows")
    assert rows[0] == ("abc", str(2**53 + 1))
    assert rows[1] == ("x" * (MAX_TEXT - 1) + "…", str(-(2**60)))
    assert rows[2][0] == "🔥" * ((MAX_TEXT - 1) // 2) + "…"
    about = {row[0]: row[1] for row in openpyxl.load_workbook(path)["About"].iter_rows(max_col=2, values_only=True)}
    assert about["Control characters removed"] == "2"
    assert about["Texts cut to what a cell holds"] == "2"
    assert about["Counts beyond 2⁵³ written as text"] == "2"


@given(st.lists(st.text(), min_size=1, max_size=5))
@settings(max_examples=40)
def test_any_text_gives_a_workbook_that_opens(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("any") / "x.xlsx"
    write_workbook([Sheet("rows", pd.DataFrame({"text": pd.Series(texts, dtype="object")}))], path)
    _, rows, _ = read_back(path, "rows")
    assert len(rows) == len(texts)
    # a line break of any kind reads as one: https://www.w3.org/TR/xml/#sec-line-ends
    plain = [_workbook._ILLEGAL.sub("", text).replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    assert [unescape(row[0] or "") for row in rows] == plain


def test_numbers_carry_the_format_of_their_unit(tmp_path):
    totals = schema.empty(schema.WEEKLY_TOTALS)
    totals.loc[0, ["key", "views_gained", "vs_prev", "top10_share"]] = ["all", 1234, -0.25, 0.5]
    names, rows, sheet = read_back(write_frame(totals, tmp_path / "x.xlsx"), "weekly_totals")
    looks = {name: sheet.cell(2, at + 1).number_format for at, name in enumerate(names)}
    assert looks["views_gained"] == "#,##0"
    assert looks["top10_share"] == "0.0%"
    assert looks["vs_prev"].startswith("+0.0%")
    assert rows[0][names.index("vs_prev")] == -0.25


def test_the_first_sheet_explains_every_column(tmp_path):
    path = write_frame(schema.empty(schema.OUTLIERS), tmp_path / "x.xlsx")
    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
    explained = {row[1]: row[3] for row in rows if row[0] == "outliers" and row[1] in schema.OUTLIERS.names}
    assert {name: meaning or "" for name, meaning in explained.items()} == {
        column.name: column.meaning for column in schema.OUTLIERS
    }


def test_days_before_the_spreadsheets_first_true_day_are_text(tmp_path):
    frame = pd.DataFrame({"day": pd.to_datetime(["1899-12-31", "1900-03-01", None])})
    _, rows, _ = read_back(write_frame(frame, tmp_path / "x.xlsx"), "rows")
    assert [row[0] for row in rows] == ["1899-12-31T00:00:00", pd.Timestamp("1900-03-01"), None]


def test_a_frame_that_a_sheet_cannot_hold_is_refused_with_the_next_step(tmp_path):
    frame = pd.DataFrame({"n": range(_workbook.MAX_ROWS + 1)})
    with pytest.raises(InvalidParameterError, match=r"1,048,576 rows do not fit .* \.parquet or \.csv"):
        write_frame(frame, tmp_path / "x.xlsx")
    assert list(tmp_path.glob("*.xlsx")) == []


def test_the_same_frame_gives_the_same_bytes(tmp_path, monkeypatch):
    frame = pd.DataFrame({"title": ["a", None], "views": [1, 2]})
    first = write_frame(frame, tmp_path / "a.xlsx").read_bytes()
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert write_frame(frame, tmp_path / "b.xlsx").read_bytes() == first
