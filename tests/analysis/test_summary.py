"""The weekly summary as a whole: no future in a past week, no crash on poor data, and notes of what is missing."""

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from weekly_frames import END, PARTS, iso, make_history, make_videos

from shortimize_analytics.analysis.base.calendar import day_of, last_full
from shortimize_analytics.analysis.periods.summary import period_summary
from shortimize_analytics.errors import DataQualityWarning, InvalidParameterError
from shortimize_analytics.schema import (
    HISTORY,
    VIDEOS,
    WEEKLY_FORECASTS,
    WEEKLY_MOVERS,
    WEEKLY_SERIES,
    WEEKLY_STALLED,
    WEEKLY_TOTALS,
    cast,
    empty,
)
from shortimize_analytics.simulator import demo_organisation
from shortimize_analytics.simulator.organisation import demo_folder


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_last_full_week_ends_on_the_latest_sunday_that_is_over(today):
    found = day_of(last_full(today, "week")[1])
    assert found.weekday() == 6
    assert timedelta(0) < today - found <= timedelta(7)


def organisation(*, days=75, seed=0):
    """Three accounts, 36 videos, a history from day -60 on; uploads on many days."""
    rng = np.random.default_rng(seed)
    rows, points = [], {}
    for i in range(36):
        uploaded = -60 + 2 * i
        rows.append(
            {
                "uploaded_at": iso(uploaded),
                "linked_account_id": f"a{i % 3}",
                "username": f"user{i % 3}",
                "platform": ("tiktok", "youtube", "tiktok")[i % 3],
                "title": f"<b>{i}</b> 日本",
                "label_ids": [f"L{i % 2}"],
                "latest_views": 10**6,
            }
        )
        growth = np.cumsum(rng.poisson(400 / (1 + np.arange(days)) + 5))
        points[f"v{i}"] = {uploaded + age: int(growth[age]) for age in range(days) if uploaded + age <= days - 60}
    return make_videos(*rows), make_history(points)


FRAMES = ["totals", "previous", "series", "movers", "outliers", "revived", "labels", "waterfall"]


def test_shuffled_rows_give_the_identical_summary():
    videos, history = organisation()
    first = period_summary(videos, history, end=iso(END))
    second = period_summary(
        videos.sample(frac=1, random_state=1), history.sample(frac=1, random_state=2), end=date(2026, 3, 15)
    )
    for name in FRAMES:
        assert_frame_equal(getattr(first, name), getattr(second, name))
    assert first.quality == second.quality
    assert (first.first_day, first.last_day, first.partial) == (date(2026, 3, 9), date(2026, 3, 15), False)


def test_a_past_week_does_not_know_the_future():
    videos, history = organisation()
    then = history[history["date"] <= iso(END)]
    views = then.sort_values("date").groupby("ad_id")["views"].last().reindex(videos["ad_id"])
    old = videos.assign(
        latest_views=views.to_numpy(), latest_updated_at=pd.Timestamp("2026-03-15T09:00:00Z").as_unit("us")
    )
    told, known = (period_summary(v, h, end=iso(END)) for v, h in ((old, then), (videos, history)))
    for name in ("movers", "outliers", "labels", "totals", "waterfall", "forecasts", "stalled"):
        assert_frame_equal(getattr(told, name), getattr(known, name))


def test_the_whole_summary_has_the_schema_s_tables_and_plain_quality():
    videos, history = organisation()
    week = period_summary(videos, history, end=iso(END), periods=4)
    assert week.totals.columns.tolist() == WEEKLY_TOTALS.names
    assert week.movers.columns.tolist() == WEEKLY_MOVERS.names
    assert week.series.columns.tolist() == WEEKLY_SERIES.names
    assert week.forecasts.columns.tolist() == WEEKLY_FORECASTS.names
    assert week.stalled.columns.tolist() == WEEKLY_STALLED.names
    assert len(week.series) == 4
    assert json.loads(json.dumps(week.quality)) == week.quality
    assert week.quality["n_videos"] == 36
    assert week.waterfall["views"].iloc[:-1].sum() == week.totals.loc[0, "views_gained"]
    assert week.previous.loc[0, "views_gained"] == week.series["views_gained"].iloc[-2]
    assert week.outliers["ad_id"].isin(videos.loc[videos["uploaded_at"] > iso(END - 28), "ad_id"]).all()


@pytest.mark.parametrize("which", ["no history", "nothing", "one video", "all null", "unknown videos"])
def test_poor_data_give_typed_tables_and_a_note(which):
    videos, history = organisation()
    videos, history = {
        "no history": (videos, empty(HISTORY)),
        "nothing": (empty(VIDEOS), empty(HISTORY)),
        "one video": (videos.iloc[:1], history[history["ad_id"] == "v0"]),
        "all null": (cast([{"ad_id": "x"}], VIDEOS)[0], cast([{"ad_id": "x"}], HISTORY)[0]),
        "unknown videos": (videos.iloc[:3], history[history["ad_id"] == "v9"]),
    }[which]
    week = period_summary(videos, history, end=iso(END))
    tables = {"totals": WEEKLY_TOTALS, "series": WEEKLY_SERIES, "movers": WEEKLY_MOVERS}
    for name, table in (tables | {"forecasts": WEEKLY_FORECASTS, "stalled": WEEKLY_STALLED}).items():
        frame = getattr(week, name)
        assert {c: str(d) for c, d in frame.dtypes.items()} == {c: str(d) for c, d in empty(table).dtypes.items()}
    assert week.totals.loc[0, "scope"] == "all"
    if which != "one video":
        assert week.totals["views_gained"].isna().all()
        assert week.waterfall["views"].isna().all()
        assert week.quality["notes"]


def test_a_week_that_the_history_cuts_is_partial_and_not_compared():
    videos, history = organisation()
    week = period_summary(videos, history[history["date"] <= iso(12)], end=iso(END))
    assert week.partial
    assert week.totals.loc[0, ["vs_prev", "vs_median8"]].isna().all()
    assert week.totals.loc[0, "views_gained"] > 0
    assert week.totals.loc[0, "not_refreshed"] == 0
    assert any("partial" in note for note in week.quality["notes"])


def test_the_default_week_is_the_last_one_that_clock_and_history_allow():
    videos, history = organisation()
    assert period_summary(videos, history).last_day == date(2026, 3, 15)
    videos.attrs["as_of"] = "2026-03-10T06:00:00+00:00"
    assert period_summary(videos, history).last_day == date(2026, 3, 8)
    videos.attrs["as_of"] = "2026-06-10T06:00:00+00:00"
    assert period_summary(videos, history[history["date"] <= iso(7)]).last_day == date(2026, 3, 8)
    assert period_summary(videos, empty(HISTORY)).last_day == date(2026, 6, 7)


def test_much_interpolation_warns_and_is_counted():
    videos = make_videos({}, {})
    uneven = {day: 30 * day + day % 2 * 9 for day in range(21)}  # even gains would be taken for the vendor's own
    history = make_history({"v0": {0: 0, 20: 2000}, "v1": uneven})
    with pytest.warns(DataQualityWarning, match="interpolated"):
        week = period_summary(videos, history, end=iso(END))
    assert week.quality["pct_gain_interpolated"] == pytest.approx(700 / (700 + 201))
    assert week.quality["notes"][0].startswith("77.7% of the growth")


def test_a_trace_of_interpolation_is_not_called_nothing():
    videos = make_videos({}, {})
    history = make_history({"v0": {0: 0, 20: 20}, "v1": {day: 90_000 * day + day**3 for day in range(21)}})
    notes = period_summary(videos, history, end=iso(END)).quality["notes"]
    assert notes[0].startswith("Under 0.1% of the growth")


def test_notes_name_what_was_not_measured_dropped_or_left_out():
    videos = make_videos(
        {},
        {"linked_account_id": "b", "username": "stale"},
        {"removed": True},
        {},
        {"ad_link": "https://vm.tiktok.com/ZMaaaa1"},
        {},
    )
    videos.loc[5, ["ad_link", "linked_account_id"]] = ["https://vm.tiktok.com/ZMaaaa1", "c"]
    uneven = {day: 900 + day * day for day in range(21)}
    points = {"v0": uneven, "v1": {2: 10, 5: 40}, "v2": {2: 7, 8: 70}, "v3": {9: 11, 14: 15}, "v9": {8: 1}}
    week = period_summary(videos, make_history(points), end=iso(END))
    said = " ".join(week.quality["notes"])
    for words in (
        "1 video, last seen with 70 views, removed or made private by the week's end",
        "1 video, with 11 views, older but first seen in the week, which is no growth",
        "without any count in the week: stale.",
        "no part in growth: 1 video of 5",
        "collaboration: 1 video.",
        "not in the list: 1 video.",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("options", "said"), [({"periods": 0}, "periods=0"), ({"end": "soon"}, "soon"), ({"periods": 500}, "104")]
)
def test_bad_parameters_are_named(options, said):
    with pytest.raises(InvalidParameterError, match=said):
        period_summary(*organisation(), **options)


def test_without_any_date_a_week_must_be_named():
    with pytest.raises(InvalidParameterError, match="pass end"):
        period_summary(empty(VIDEOS), empty(HISTORY))


def test_the_demo_reconciles_and_its_stale_account_is_no_loss_of_growth():
    demo = demo_organisation()
    truth = json.loads((demo_folder() / "truth.json").read_text(encoding="utf-8"))
    stale = date.fromisoformat(truth["stale_account"]["last_day"])
    week = period_summary(demo.videos, demo.history, end=day_of(last_full(stale + timedelta(days=7), "week")[1]))
    table = week.totals.dropna(subset=["views_start"])
    assert (table["views_end"] - table["views_start"] == table[PARTS].sum(axis=1)).all()
    row = table[table["key"] == truth["stale_account"]["linked_account_id"]].iloc[0]
    assert row["not_refreshed"] < 0 <= row["views_gained"]
    corrected = [
        item["size"]
        for item in truth["corrections"]
        if week.first_day <= date.fromisoformat(item["date"]) <= week.last_day
    ]
    assert -table["corrections"].iloc[0] <= sum(corrected)
