"""Amounts of money in every format: exact, and numbers where a spreadsheet should add them up."""

from decimal import Decimal

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from money import day, history_of, terms_in, video, videos_of

import shortimize_analytics as sa
from shortimize_analytics.analysis.money.sheets import from_bytes, to_bytes
from shortimize_analytics.schema import LINES, STATEMENT, cast, empty
from shortimize_analytics.store.export import write_frame

AD_ID = "7609364728032365845"


@pytest.fixture
def paid(tmp_path):
    counts = {AD_ID: {day("2026-10-05", n): 12_345 for n in range(30)}}
    return sa.creator_payouts(videos_of(video(AD_ID)), history_of(counts), terms=terms_in(tmp_path), end="2026-10-31")


def test_amounts_are_numbers_in_a_workbook_and_ids_stay_text(paid, tmp_path):
    write_frame(paid.lines, tmp_path / "lines.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "lines.xlsx")["lines"]
    head = [cell.value for cell in sheet[1]]
    row = dict(zip(head, sheet[2], strict=True))
    assert (row["amount"].value, row["amount"].data_type, row["amount"].number_format) == (7.41, "n", "#,##0.00")
    assert (row["ad_id"].value, row["ad_id"].data_type) == (AD_ID, "s")
    assert row["counted"].value == 12_345
    about = openpyxl.load_workbook(tmp_path / "lines.xlsx")["About"]
    assert any(cell.value == "currency" for line in about for cell in line)


def test_digits_in_a_workbook_are_those_of_the_currency(tmp_path):
    for amounts, look in ((["5", "-7"], "#,##0"), (["1.125", "2.000"], "#,##0.000")):
        write_frame(pd.DataFrame({"amount": [Decimal(text) for text in amounts]}), tmp_path / "a.xlsx")
        cell = openpyxl.load_workbook(tmp_path / "a.xlsx")["rows"]["A2"]
        assert (cell.number_format, cell.value) == (look, float(amounts[0]))
    large = Decimal("12345678901234567.89")
    write_frame(pd.DataFrame({"amount": [large, None]}), tmp_path / "a.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx")["rows"]["A2"]
    assert (cell.value, cell.data_type) == ("12345678901234567.89", "s")  # a spreadsheet would round it


def test_other_formats_keep_every_digit(paid, tmp_path):
    for ending in ("csv", "json", "parquet"):
        write_frame(paid.statement, tmp_path / f"s.{ending}")
    assert '"payment":"7.41"' in (tmp_path / "s.json").read_text()
    assert ",7.41," in (tmp_path / "s.csv").read_text()
    assert pq.read_schema(tmp_path / "s.parquet").field("payment").type == pa.decimal128(18, 3)
    back = pd.read_parquet(tmp_path / "s.parquet")
    assert back["payment"].tolist() == [Decimal("7.410")]
    rates = pd.DataFrame({"rate": [Decimal("0.123456")]})
    write_frame(rates, tmp_path / "r.parquet")
    assert pd.read_parquet(tmp_path / "r.parquet")["rate"].tolist() == [Decimal("0.123456")]


def test_money_is_cast_from_text_and_whole_numbers_and_never_from_a_float():
    rows = [{"amount": value} for value in ("7.41", 5, Decimal("1.10"), 7.41, "1e3", "NaN", None)]
    frame, report = cast(rows, LINES)
    assert frame["amount"].tolist() == [Decimal("7.41"), Decimal(5), Decimal("1.10"), None, None, None, None]
    assert report.bad["amount"] == 3
    assert empty(STATEMENT)["payment"].dtype == object


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@given(texts, texts, st.decimals(-(10**9), 10**9, places=2), st.none() | st.integers(0, 10**15))
def test_a_sheet_reads_as_it_was_written(clip, reason, amount, counted):
    row = (
        "c-1",
        clip,
        "v1",
        "tiktok",
        20_000,
        "views",
        "",
        counted,
        counted,
        amount,
        amount,
        amount,
        "USD",
        "",
        reason,
    )
    found = list(from_bytes(to_bytes([row], LINES), LINES))
    spelled = [value if value != "" else None for value in row]
    # an apostrophe before what would be a formula is the guard itself
    if clip.startswith("'"):
        return
    if reason.startswith("'"):
        return
    assert found == [spelled]
    assert to_bytes([found[0]], LINES) == to_bytes([row], LINES)


def test_what_would_run_in_a_spreadsheet_is_guarded_and_read_back():
    row = ("c-1", "=HYPERLINK(1)", "v1", "", 20_000, "views", "", 1, 2, *[Decimal("-1.00")] * 3, "USD", "", "@cmd")
    data = to_bytes([row], LINES)
    assert b",'=HYPERLINK(1)," in data
    assert b",-1.00," in data  # an amount below zero is no formula
    assert next(iter(from_bytes(data, LINES)))[1] == "=HYPERLINK(1)"
