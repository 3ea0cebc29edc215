"""Days typed by people mean one day or are refused, everywhere alike."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from case_files import lines_of
from hypothesis import given
from hypothesis import strategies as st

import shortimize_analytics as sa
from shortimize_analytics.cli import main
from shortimize_analytics.client import settings
from shortimize_analytics.errors import ConfigError, InvalidParameterError
from shortimize_analytics.schema import HISTORY, VIDEOS, empty
from shortimize_analytics.schema.days import read_day, read_instant, read_instants, read_range

BERLIN = dt.timezone(dt.timedelta(hours=1))
DAY = dt.date(2026, 11, 8)
ONE_DAY = [
    DAY,
    dt.datetime(2026, 11, 8, 23, 59),  # noqa: DTZ001 people have such
    dt.datetime(2026, 11, 8, 0, 30, tzinfo=BERLIN),  # the day it shows, though it is the 7th in UTC
    pd.Timestamp("2026-11-08"),
    pd.Timestamp("2026-11-08 10:00", tz="Asia/Tokyo"),
    np.datetime64("2026-11-08"),
    np.datetime64("2026-11-08T10:00:00", "ns"),
]
NO_DAY = [
    20261108,
    1.0,
    True,
    pd.NaT,
    np.datetime64("NaT"),
    np.datetime64("2026-11"),
    np.timedelta64(5, "D"),
    ["2026-11-08"],
]


@pytest.mark.parametrize("value", ONE_DAY, ids=repr)
def test_what_names_one_day_is_read_as_that_day(value):
    found = read_day(value, "end")
    assert found == DAY
    assert type(found) is dt.date


@pytest.mark.parametrize("value", NO_DAY, ids=repr)
def test_everything_else_is_refused_with_the_value_and_how_to_write_it(value):
    with pytest.raises(InvalidParameterError) as caught:
        read_day(value, "end")
    assert str(caught.value) == f"end={value!r} is no day; write it as YYYY-MM-DD, such as 2026-03-15"


@pytest.mark.parametrize("case", lines_of("days.jsonl"), ids=lambda case: repr(case["typed"]))
def test_a_typed_day_is_written_one_way_or_refused(case):
    if case["day"] is None:
        with pytest.raises(InvalidParameterError, match="is no day; write it as YYYY-MM-DD"):
            read_day(case["typed"], "end")
    else:
        assert read_day(case["typed"], "end") == dt.date.fromisoformat(case["day"])


@given(st.dates())
def test_every_day_of_the_calendar_goes_through_its_own_text(day):
    assert read_day(day.isoformat(), "end") == read_day(day, "end") == read_day(np.datetime64(day), "end") == day


@given(st.text(max_size=12))
def test_text_is_one_day_written_one_way_or_refused(text):
    try:
        found = read_day(text, "end")
    except InvalidParameterError:
        return
    assert found.isoformat() == text


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-11-08T10:30:00Z", "2026-11-08T10:30:00+00:00"),
        ("2026-11-08 10:30", "2026-11-08T10:30:00+00:00"),
        ("2026-11-08T10:30:00.5+0100", "2026-11-08T10:30:00.500000+01:00"),
        (dt.datetime(2026, 11, 8, 10), "2026-11-08T10:00:00+00:00"),  # noqa: DTZ001
        (np.datetime64("2026-11-08T10:00"), "2026-11-08T10:00:00+00:00"),
        (pd.Timestamp("2026-11-08 10:00", tz=BERLIN), "2026-11-08T10:00:00+01:00"),
        (DAY, "2026-11-08T00:00:00+00:00"),
    ],
)
def test_an_instant_is_utc_where_it_names_no_zone(value, instant):
    assert read_instant(value, "updated_start").isoformat() == instant


@pytest.mark.parametrize("value", ["20261108T100000", "10:30", "2026-11-08T25:00", 5, pd.NaT, "08.11.2026 10:00"])
def test_no_other_writing_is_an_instant(value):
    with pytest.raises(InvalidParameterError, match="is no instant; write it as YYYY-MM-DDTHH:MM:SS"):
        read_instant(value, "updated_start")


def test_ranges_end_when_or_after_they_start():
    assert read_range(DAY, "2026-11-08") == (DAY, DAY)
    assert read_range(None, "2026-11-08") == (None, DAY)
    names = ("updated_start", "updated_end")
    first, last = read_instants("2026-11-08T10:00Z", "2026-11-08", names=names)
    assert first < last
    with pytest.raises(InvalidParameterError, match="updated_end=2026-11-08T09:00Z lies before updated_start"):
        read_instants("2026-11-08T10:00Z", "2026-11-08T09:00Z", names=names)


CALLS = {
    "load_videos": lambda day: sa.load_videos(sa.connect(demo=True), uploaded_end=day),
    "load_account_videos": lambda day: sa.load_account_videos(sa.connect(demo=True), "a", uploaded_start=day),
    "load_history": lambda day: sa.load_history(sa.connect(demo=True), [], end=day),
    "VideoFilter": lambda day: sa.VideoFilter(uploaded_start=day),
    "VideoFilter, active": lambda day: sa.VideoFilter(active_end=day),
    "period_summary": lambda day: sa.period_summary(empty(VIDEOS), empty(HISTORY), end=day),
    "compare": lambda day: sa.period_summary(empty(VIDEOS), empty(HISTORY), end=DAY, compare=(day, day)),
    "top_videos": lambda day: sa.top_videos(empty(VIDEOS), empty(HISTORY), start=day, end=DAY),
    "compose_report": lambda day: sa.compose_report(empty(VIDEOS), empty(HISTORY), end=day),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("day", ["08.11.2026", "8 Nov", "20261108", 20261108])
def test_every_function_refuses_the_same_days_with_the_same_words(call, day):
    with pytest.raises(InvalidParameterError, match="is no day; write it as YYYY-MM-DD"):
        call(day)


@pytest.mark.parametrize(
    "command",
    [
        ["videos", "--demo", "--uploaded-start"],
        ["history", "--demo", "--end"],
        ["weekly", "--demo", "--end"],
        ["weekly", "--demo", "--compare", "2026-11-01"],
        ["report", "weekly", "--demo", "--end"],
    ],
    ids=" ".join,
)
def test_every_command_refuses_them_before_it_loads(command, capsys, tmp_path):
    with pytest.raises(SystemExit) as caught:
        main([*command, "08.11.2026", "--data-dir", str(tmp_path / "data")])
    assert caught.value.code == 2
    assert "'08.11.2026' is no day; write it as YYYY-MM-DD" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_the_clock_s_variable_is_read_by_the_same_rule():
    for text in ("08.11.2026", "20261108T060000", "now"):
        with pytest.raises(ConfigError, match=r"SHORTIMIZE_NOW=.* is no instant"):
            settings.resolve("k", environ={"SHORTIMIZE_NOW": text})
    found = settings.resolve("k", environ={"SHORTIMIZE_NOW": "2026-08-23T06:00:00"})
    assert found.now == dt.datetime(2026, 8, 23, 6, tzinfo=dt.UTC)
