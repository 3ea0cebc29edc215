"""Weekly summary: every view accounted for, glitches and copies without effect, no future in a past week, no crash.

The accounts are checked against a slow scalar version written from the definitions, on random histories with gaps,
falls, removed and private videos, late tracking, stale accounts and collaborations.
"""

import json
import os
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from shortimize_analytics._waterfall import NEVER, flows, make_ledger, new_upload_effects
from shortimize_analytics._weekly_tables import concentration, make_book, movers, period_of, series, totals, waterfall
from shortimize_analytics.errors import DataQualityWarning, InvalidParameterError
from shortimize_analytics.prepare import prepare_history, prepare_videos
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
from shortimize_analytics.weekly import last_full_week, weekly_summary

DAY0 = date(2026, 3, 1)
"""A Sunday, and day 0 of the histories below: the week (7, 14] ends on Sunday 15 March."""
START, END = 7, 14


def iso(offset):
    return str(DAY0 + timedelta(days=offset))


def number(offset):
    return (DAY0 - date(1970, 1, 1)).days + offset


def week_of(book, end):
    return period_of(book, end - 7, end)


def make_videos(*rows):
    base = {
        "platform": "tiktok",
        "username": "ann",
        "linked_account_id": "a",
        "uploaded_at": iso(-30),
        "latest_views": 1,
        "latest_updated_at": "2026-03-31T08:00:00Z",
        "video_length": 9,
    }
    links = (
        {"ad_id": f"v{i}", "ad_link": f"https://www.tiktok.com/@x/video/76093647280323658{i:02}"} for i in range(99)
    )
    return cast([base | link | row for link, row in zip(links, rows, strict=False)], VIDEOS)[0]


def make_history(points):
    rows = [
        {"ad_id": key, "date": iso(day), "views": views} for key, days in points.items() for day, views in days.items()
    ]
    return cast(rows, HISTORY)[0]


def book_of(videos, history):
    prepared = prepare_videos(videos.sort_values("ad_id", ignore_index=True))
    return make_book(prepared, prepare_history(history, prepared))


def account_for(videos, points, *, end=END, earlier=9):
    """Totals and per-video flows of the week to day `end`."""
    book = book_of(videos, make_history(points))
    weeks = [week_of(book, number(end) - 7 * back) for back in range(earlier + 1)]
    return totals(book, weeks), weeks[0].flows.assign(ad_id=book.videos["ad_id"]).set_index("ad_id")


def steady(first, last, *, start=1000, gain=10):
    return {day: start + gain * (day - first) for day in range(first, last + 1)}


PARTS = ["new_views", "back_views", "corrections", "newly_tracked", "not_refreshed", "lost"]


# Every view accounted for


def slow_flows(points, *, uploaded, tracked_before, gone):
    """The definitions of B4 for one video and the week (7, 14], one number at a time."""

    def value(day):
        known = sorted(points)
        if not known or known[0] > day or known[-1] < day - 1:
            return None
        for near in (day, day - 1, day + 1):
            if near in points:
                return points[near]
        left, right = max(k for k in known if k < day), min(k for k in known if k > day)
        return points[left] + round((day - left) / (right - left) * (points[right] - points[left]))

    opening, closing = value(START), value(END)
    inside = [points[day] for day in sorted(points) if START < day <= END]
    out = dict.fromkeys(PARTS, 0) | {"views_start": opening or 0, "views_end": closing or 0}
    if opening is None and (not inside or min(points) <= START):
        return out
    late = uploaded == START and opening is None and tracked_before
    new = uploaded is not None and (START < uploaded <= END or late)
    path = ([opening] if opening is not None else []) + inside + ([closing] if closing is not None else [])
    steps = [after - before for before, after in pairwise(path)]
    if new:
        out["new_views"] = path[-1] - (opening or 0)
    else:
        out["back_views"] = sum(step for step in steps if step > 0)
        out["corrections"] = sum(step for step in steps if step < 0)
        out["newly_tracked"] = path[0] if opening is None else 0
    if closing is None:
        out["lost" if gone else "not_refreshed"] = -path[-1]
    return out


points_of_a_video = st.dictionaries(st.integers(-6, 24), st.integers(0, 2000), max_size=14)
random_video = st.fixed_dictionaries(
    {
        "points": points_of_a_video,
        "uploaded": st.none() | st.integers(-8, 20),
        "account": st.sampled_from("abc"),
        "platform": st.sampled_from(["tiktok", "youtube"]),
        "removed": st.booleans(),
        "private": st.none() | st.booleans(),
        "copy": st.booleans(),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(random_video, max_size=7))
def test_every_view_is_accounted_for_in_every_scope(drawn):
    rows, points = [], {}
    for i, video in enumerate(drawn):
        link = (
            f"https://www.tiktok.com/@x/video/9{i - video['copy']:09}" if i else "https://www.tiktok.com/@x/video/9000"
        )
        rows.append(
            {
                "linked_account_id": video["account"],
                "platform": video["platform"],
                "uploaded_at": None if video["uploaded"] is None else iso(video["uploaded"]),
                "removed": video["removed"],
                "private": video["private"],
                "ad_link": link,
            }
        )
        points[f"v{i}"] = video["points"]
    rows.append({"linked_account_id": "z"})  # keeps the history going to the end, as the week would be cut short
    points[f"v{len(drawn)}"] = {0: 5, 20: 5}
    table, seen = account_for(make_videos(*rows), points, earlier=0)
    known = table.dropna(subset=["views_start"])
    assert (known["views_end"] - known["views_start"] == known[PARTS].sum(axis=1)).all()
    assert (known["views_gained"] == known[["new_views", "back_views", "corrections"]].sum(axis=1)).all()
    whole = table.iloc[0].fillna(0)
    for scope in ("platform", "account"):
        parts = table[table["scope"] == scope].fillna(dict.fromkeys(PARTS, 0))
        assert parts[PARTS].sum().tolist() == whole[PARTS].tolist()
    first_seen = {account: [] for account in "abc"}
    for video in drawn:
        if video["points"]:
            first_seen[video["account"]].append(min(video["points"]))
    for i, video in enumerate(drawn):
        if f"v{i}" in seen.index:
            expected = slow_flows(
                video["points"],
                uploaded=video["uploaded"],
                tracked_before=min(first_seen[video["account"]], default=99) <= START,
                gone=video["removed"] or bool(video["private"]),
            )
            assert seen.loc[f"v{i}", list(expected)].to_dict() == expected


def test_a_late_sighting_of_a_start_day_upload_is_new_only_if_its_account_was_tracked():
    points = {"v0": steady(0, 20), "v1": {8: 500, 14: 900}, "v2": {8: 70, 14: 90}}
    videos = make_videos({}, {"uploaded_at": iso(7)}, {"uploaded_at": iso(7), "linked_account_id": "b"})
    _, seen = account_for(videos, points)
    assert seen.loc["v1", ["new_views", "newly_tracked"]].tolist() == [900, 0]
    assert seen.loc["v2", ["new_views", "newly_tracked", "back_views"]].tolist() == [0, 70, 20]


def test_removed_and_stale_videos_leave_the_total_without_touching_growth():
    points = {"v0": steady(0, 20), "v1": steady(0, 6, start=5000), "v2": steady(0, 7, start=300), "v3": steady(0, 10)}
    videos = make_videos({}, {"removed": True}, {"linked_account_id": "b"}, {"private": True})
    table, seen = account_for(videos, points)
    assert seen.loc["v1", ["lost", "views_gained"]].tolist() == [-5060, 0]
    assert seen.loc["v2", ["not_refreshed", "views_gained"]].tolist() == [-370, 0]
    assert seen.loc["v3", ["lost", "views_gained"]].tolist() == [-1100, 30]
    assert table.loc[0, "views_gained"] == 70 + 30


def test_gaps_at_an_edge_use_the_neighbouring_day_or_are_interpolated_and_marked():
    points = {"v0": {0: 0, 6: 60, 9: 90, 13: 130, 20: 200}, "v1": {0: 0, 8: 80, 20: 200}, "v2": {0: 0, 20: 200}}
    _, seen = account_for(make_videos({}, {}, {}), points)
    assert seen.loc["v0", ["views_start", "views_end", "interpolated"]].tolist() == [60, 130, False]
    assert seen.loc["v1", ["views_start", "views_end", "interpolated"]].tolist() == [80, 140, True]
    assert seen.loc["v2", ["views_start", "views_end", "interpolated"]].tolist() == [70, 140, True]
    assert seen["back_views"].tolist() == [70, 60, 70]


def test_totals_at_one_week_s_end_are_those_at_the_next_week_s_start():
    rng = np.random.default_rng(7)
    points = {
        f"v{i}": {int(day): int(views) for day, views in zip(rng.choice(40, 9, replace=False), rng.integers(0, 99, 9))}  # noqa: B905  # equal by construction
        for i in range(30)
    }
    videos = make_videos(*[{"linked_account_id": f"a{i % 4}"} for i in range(30)])
    first, second = (account_for(videos, points, end=end)[0] for end in (14, 21))
    merged = first.merge(second, on=["scope", "key"])
    assert (merged["views_end_x"] == merged["views_start_y"]).all()


def test_new_upload_effects_add_up_and_follow_the_worked_example():
    assert new_upload_effects((10, 1000), (12, 1800)) == (250, 550)
    assert new_upload_effects((0, 0), (3, 500)) == (500, 0)
    assert new_upload_effects((3, 500), (0, 0)) == (-500, 0)


@given(*[st.tuples(st.integers(0, 99), st.integers(0, 10**12))] * 2)
def test_new_upload_effects_leave_no_remainder(before, now):
    assert sum(new_upload_effects(before, now)) == now[1] - before[1]


# What must not change the figures


def test_a_copy_of_a_collaboration_changes_no_total():
    points = {"v0": steady(0, 20), "v1": steady(3, 20, start=0, gain=50)}
    rows = [{"latest_views": 3000}, {"uploaded_at": iso(9), "latest_views": 2000}]
    alone, _ = account_for(make_videos(*rows), points)
    copies = make_videos(
        *rows, rows[1] | {"linked_account_id": "b", "ad_link": "https://tiktok.com/@y/video/7609364728032365801?x=1"}
    )
    double, _ = account_for(copies, points | {"v2": points["v1"]})
    assert_frame_equal(alone.iloc[:2], double.iloc[:2])
    assert alone.loc[0, "new_views"] > 0


def test_one_glitch_inside_the_week_leaves_growth_alone():
    plain = {"v0": steady(0, 20)}
    glitch = {"v0": steady(0, 20) | {10: 999_999}}
    (before, _), (after, _) = (account_for(make_videos({}), points) for points in (plain, glitch))
    assert after.loc[0, "views_gained"] == before.loc[0, "views_gained"] == 70
    assert after.loc[0, "corrections"] < -900_000


# The tables


def test_comparisons_use_whole_earlier_weeks_and_need_growth():
    gains = {week: 10 * (week + 1) for week in range(10)}  # per day, 0 = this week
    values, total = {}, 0
    for day in range(-56, 15):
        total += gains[(14 - day) // 7] if day > -56 else 5000
        values[day] = total
    table, _ = account_for(make_videos({}), {"v0": values})
    assert table.loc[0, "views_gained"] == 70
    assert table.loc[0, "vs_prev"] == pytest.approx(10 / 20 - 1)
    assert table.loc[0, "vs_median8"] == pytest.approx(10 / 55 - 1)
    flat, _ = account_for(make_videos({}), {"v0": dict.fromkeys(range(-20, 8), 5) | steady(8, 20)})
    assert flat.loc[0, ["vs_prev", "vs_median8"]].isna().all()
    fallen, _ = account_for(make_videos({}), {"v0": {day: 900 - day for day in range(-20, 8)} | steady(8, 20)})
    assert fallen.loc[0, ["vs_prev", "vs_median8"]].isna().all()
    short, _ = account_for(make_videos({}), {"v0": steady(0, 20)})
    assert short.loc[0, "vs_prev"] == 0
    assert pd.isna(short.loc[0, "vs_median8"])


def test_an_account_added_last_week_is_not_compared_with_its_first_days():
    points = {"v0": steady(-20, 20), "v1": steady(3, 20)}
    table, _ = account_for(make_videos({}, {"linked_account_id": "b"}), points)
    by_key = table[table["scope"] == "account"].set_index("key")["vs_prev"]
    assert by_key["a"] == pytest.approx(0)
    assert pd.isna(by_key["b"])


def test_concentration_follows_textbook_values():
    top, gini = concentration(np.array([1, 2, 3, 4, -9, 0]), np.zeros(6, dtype=int), 1)
    assert (top[0], gini[0]) == pytest.approx((1.0, 0.25))
    gains = np.r_[np.full(10, 100), np.full(90, 1), 7]
    top, gini = concentration(gains, np.r_[np.zeros(100, dtype=int), 1], 3)
    assert top[:2] == pytest.approx([1000 / 1090, 1.0])
    assert gini[1] == 0
    assert np.isnan(top[2])
    assert np.isnan(gini[2])


def test_engagement_is_pooled_over_videos_that_show_it():
    days = [{"ad_id": f"v{i}", "date": iso(day), "views": 1000 + day} for i in range(4) for day in (0, 7, 14)]
    days[2] |= {"likes": 50, "comments": 5, "shares": 2}
    days[5] |= {"likes": 10, "comments": 1}  # a platform that gives no shares
    days[8] |= {"likes": 10}
    days[11] |= {"likes": 900, "comments": 1}
    videos = make_videos({}, {}, {}, {"hidden_stats": True})
    book = book_of(videos, cast(days, HISTORY)[0])
    table = totals(book, [week_of(book, number(END))])
    assert table.loc[0, "er_view"] == pytest.approx(68 / 2028)
    assert table.loc[0, "n_active"] == 4


def test_movers_rank_by_gain_and_share_the_positive_gains():
    points = {"v0": steady(0, 20), "v1": {9: 5, 14: 930}, "v2": {0: 90, 7: 90, 14: 60}, "v3": steady(0, 20, gain=0)}
    videos = make_videos({"title": "old"}, {"uploaded_at": iso(9)}, {}, {})
    book = book_of(videos, make_history(points))
    found = movers(book, week_of(book, number(END)))
    assert found["ad_id"].tolist() == ["v1", "v0", "v2"]
    assert found["gain"].tolist() == [930, 70, -30]
    assert found["share"].tolist()[:2] == pytest.approx([0.93, 0.07])
    assert pd.isna(found["share"].iloc[2])
    assert found["is_new"].tolist() == [True, False, False]
    assert found["age_days"].tolist() == [5, 44, 44]
    assert found["views"].tolist() == [930, 1140, 60]


def test_the_waterfall_leads_from_last_week_to_this_one():
    points = {"v0": steady(-10, 20), "v1": steady(2, 20, start=0, gain=30), "v2": steady(9, 20, start=0, gain=50)}
    points["v3"] = steady(10, 20, start=0, gain=70)
    videos = make_videos({}, {"uploaded_at": iso(2)}, {"uploaded_at": iso(9)}, {"uploaded_at": iso(10)})
    book = book_of(videos, make_history(points))
    steps = waterfall(week_of(book, number(END)), week_of(book, number(END) - 7)).set_index("step")["views"]
    assert steps["Last week"] == 70 + 150
    assert steps["This week"] == 70 + 210 + 250 + 280
    assert steps.iloc[:-1].sum() == steps["This week"]
    assert steps["New uploads: number"] == round((2 - 1) * (150 + 265) / 2)
    assert steps["Back catalogue"] == 210


def test_series_lists_weeks_oldest_first_and_marks_what_the_history_cuts():
    book = book_of(make_videos({}), make_history({"v0": steady(4, 17)}))
    table = series([week_of(book, number(end)) for end in (21, 14, 7, 0)])
    assert table["week_end"].dt.day.tolist() == [1, 8, 15, 22]
    assert table["partial"].tolist() == [True, True, False, True]
    assert table["views_gained"].isna().tolist() == [True, False, False, False]
    assert table["views_gained"].tolist()[1:] == [30, 70, 30]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_the_last_full_week_ends_on_the_latest_sunday_that_is_over(today):
    found = last_full_week(today)
    assert found.weekday() == 6
    assert timedelta(0) < today - found <= timedelta(7)


# The whole summary


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
    first = weekly_summary(videos, history, week_end=iso(END))
    second = weekly_summary(
        videos.sample(frac=1, random_state=1), history.sample(frac=1, random_state=2), week_end=date(2026, 3, 15)
    )
    for name in FRAMES:
        assert_frame_equal(getattr(first, name), getattr(second, name))
    assert first.quality == second.quality
    assert (first.week_start, first.week_end, first.partial) == (date(2026, 3, 8), date(2026, 3, 15), False)


def test_a_past_week_does_not_know_the_future():
    videos, history = organisation()
    then = history[history["date"] <= iso(END)]
    views = then.sort_values("date").groupby("ad_id")["views"].last().reindex(videos["ad_id"])
    old = videos.assign(
        latest_views=views.to_numpy(), latest_updated_at=pd.Timestamp("2026-03-15T09:00:00Z").as_unit("us")
    )
    told, known = (weekly_summary(v, h, week_end=iso(END)) for v, h in ((old, then), (videos, history)))
    for name in ("movers", "outliers", "labels", "totals", "waterfall", "forecasts", "stalled"):
        assert_frame_equal(getattr(told, name), getattr(known, name))


def test_the_whole_summary_has_the_schema_s_tables_and_plain_quality():
    videos, history = organisation()
    week = weekly_summary(videos, history, week_end=iso(END), weeks=4)
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
    week = weekly_summary(videos, history, week_end=iso(END))
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
    week = weekly_summary(videos, history[history["date"] <= iso(12)], week_end=iso(END))
    assert week.partial
    assert week.totals.loc[0, ["vs_prev", "vs_median8"]].isna().all()
    assert week.totals.loc[0, "views_gained"] > 0
    assert week.totals.loc[0, "not_refreshed"] == 0
    assert any("partial" in note for note in week.quality["notes"])


def test_the_default_week_is_the_last_one_that_clock_and_history_allow():
    videos, history = organisation()
    assert weekly_summary(videos, history).week_end == date(2026, 3, 15)
    videos.attrs["as_of"] = "2026-03-10T06:00:00+00:00"
    assert weekly_summary(videos, history).week_end == date(2026, 3, 8)
    videos.attrs["as_of"] = "2026-06-10T06:00:00+00:00"
    assert weekly_summary(videos, history[history["date"] <= iso(7)]).week_end == date(2026, 3, 8)
    assert weekly_summary(videos, empty(HISTORY)).week_end == date(2026, 6, 7)


def test_much_interpolation_warns_and_is_counted():
    videos = make_videos({}, {})
    uneven = {day: 30 * day + day % 2 * 9 for day in range(21)}  # even gains would be taken for the vendor's own
    history = make_history({"v0": {0: 0, 20: 2000}, "v1": uneven})
    with pytest.warns(DataQualityWarning, match="interpolated"):
        week = weekly_summary(videos, history, week_end=iso(END))
    assert week.quality["pct_gain_interpolated"] == pytest.approx(700 / (700 + 201))
    assert week.quality["notes"][0].startswith("77.7% of the growth")


def test_a_trace_of_interpolation_is_not_called_nothing():
    videos = make_videos({}, {})
    history = make_history({"v0": {0: 0, 20: 20}, "v1": {day: 90_000 * day + day**3 for day in range(21)}})
    notes = weekly_summary(videos, history, week_end=iso(END)).quality["notes"]
    assert notes[0].startswith("Under 0.1% of the growth")


def test_notes_name_what_was_not_measured_dropped_or_left_out():
    videos = make_videos(
        {}, {"linked_account_id": "b", "username": "stale"}, {"removed": True}, {}, {"ad_link": "https://t.co/v0"}, {}
    )
    videos.loc[5, ["ad_link", "linked_account_id"]] = ["https://t.co/v0", "c"]
    uneven = {day: 900 + day * day for day in range(21)}
    points = {"v0": uneven, "v1": {2: 10, 5: 40}, "v2": {2: 7, 8: 70}, "v3": {9: 11, 14: 15}, "v9": {8: 1}}
    week = weekly_summary(videos, make_history(points), week_end=iso(END))
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
    ("options", "said"), [({"weeks": 0}, "weeks=0"), ({"week_end": "soon"}, "soon"), ({"weeks": 500}, "104")]
)
def test_bad_parameters_are_named(options, said):
    with pytest.raises(InvalidParameterError, match=said):
        weekly_summary(*organisation(), **options)


def test_without_any_date_a_week_must_be_named():
    with pytest.raises(InvalidParameterError, match="week_end"):
        weekly_summary(empty(VIDEOS), empty(HISTORY))


def test_the_demo_reconciles_and_its_stale_account_is_no_loss_of_growth():
    demo = demo_organisation()
    truth = json.loads((demo_folder() / "truth.json").read_text(encoding="utf-8"))
    stale = date.fromisoformat(truth["stale_account"]["last_day"])
    week = weekly_summary(demo.videos, demo.history, week_end=last_full_week(stale + timedelta(days=7)))
    table = week.totals.dropna(subset=["views_start"])
    assert (table["views_end"] - table["views_start"] == table[PARTS].sum(axis=1)).all()
    row = table[table["key"] == truth["stale_account"]["linked_account_id"]].iloc[0]
    assert row["not_refreshed"] < 0 <= row["views_gained"]
    corrected = [
        item["size"]
        for item in truth["corrections"]
        if week.week_start < date.fromisoformat(item["date"]) <= week.week_end
    ]
    assert -table["corrections"].iloc[0] <= sum(corrected)


@pytest.mark.skipif("SHORTIMIZE_REAL_DATA" not in os.environ, reason="SHORTIMIZE_REAL_DATA names no folder")
def test_real_weeks_reconcile_and_follow_the_daily_counts():
    folder = Path(os.environ["SHORTIMIZE_REAL_DATA"])
    videos, history = pd.read_parquet(folder / "videos.parquet"), pd.read_parquet(folder / "history.parquet")
    videos["uploaded_at"] = pd.to_datetime(videos["uploaded_at"]).astype("datetime64[us]")
    history["date"] = pd.to_datetime(history["date"]).astype("datetime64[us]")
    book = book_of(videos, history)
    for end in ("2026-02-01", "2026-03-15", "2026-08-16"):
        day = (date.fromisoformat(end) - date(1970, 1, 1)).days
        table = totals(book, [week_of(book, day)])
        assert (table["views_end"] - table["views_start"] == table[PARTS].sum(axis=1)).all()
        whole = history.pivot_table(index="ad_id", columns="date", values="views")
        edges = [pd.Timestamp(end) - pd.Timedelta(days=7), pd.Timestamp(end)]
        seen = flows(
            make_ledger(book.ledger.rows, pd.Index(book.videos["ad_id"])),
            start=day - 7,
            end=day,
            uploaded=np.full(len(book.videos), NEVER),
            since=book.since,
            gone=book.gone,
        ).set_index(book.videos["ad_id"])
        both = whole[edges].dropna()
        assert (both[edges[1]] - both[edges[0]] == seen["views_gained"].reindex(both.index)).all()
