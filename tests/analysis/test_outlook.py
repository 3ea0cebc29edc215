"""What comes next: the summary's forecasts know nothing of later days, and videos that stopped are found, others not.

Organisations are simulated: accounts with growth of their own shape, skewed and heavy-tailed luck. On the YouTube
shorts of 2026, 1.5 to 3.9 % of the videos that three weekly summaries could judge were stalled.
"""

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from shortimize_analytics.analysis.forecast.views import forecast_views
from shortimize_analytics.analysis.periods.outlook import SLOW
from shortimize_analytics.analysis.periods.summary import period_summary
from shortimize_analytics.schema import HISTORY, VIDEOS, WEEKLY_FORECASTS, WEEKLY_STALLED, cast, empty

END = pd.Timestamp("2026-03-15")


@cache
def organisation(*, stopped=0, videos=400, accounts=10, seed=0, cut=None):
    """Videos of 0 to 79 days on END with counts up to four days later, or to the day `cut`.

    The `stopped` largest of 12 to 25 days gain nothing in the last 7 days before END, and nothing later.
    """
    rng = np.random.default_rng(seed)
    account = rng.integers(0, accounts, videos)
    age = np.sort(rng.integers(0, 80, videos))
    pace = rng.lognormal(1.5, 0.5, accounts)[account] * rng.lognormal(0, 0.2, videos)
    size = np.exp(rng.normal(10, 1, accounts)[account] + rng.gamma(1.5, 0.6, videos) + rng.standard_t(4, videos) * 0.3)
    chosen = np.argsort(-size * ((age >= 12) & (age <= 25)))[:stopped]
    rows, points = [], []
    for i in range(videos):
        uploaded = END - pd.Timedelta(days=int(age[i]))
        gains = rng.poisson(size[i] * np.diff(1 - np.exp(-((np.arange(age[i] + 6) / pace[i]) ** 0.8))))
        if i in chosen:
            gains[age[i] - 6 :] = 0
        views = np.cumsum(gains)
        days = pd.date_range(uploaded, END + pd.Timedelta(days=4))
        rows.append(
            {
                "ad_id": f"v{i:04}",
                "platform": "tiktok",
                "linked_account_id": f"a{account[i]}",
                "username": f"user{account[i]}",
                "title": f"title {i}",
                "video_length": 9,
                "uploaded_at": str(uploaded.date()),
                "latest_views": int(views[-1]),
                "latest_updated_at": "2026-03-20T08:00:00Z",
            }
        )
        points += [
            {"ad_id": f"v{i:04}", "date": str(day.date()), "views": int(count)}
            for day, count in zip(days, views, strict=True)
            if cut is None or day <= cut
        ]
    return cast(rows, VIDEOS)[0], cast(points, HISTORY)[0], {f"v{i:04}" for i in chosen}


@cache
def last_week(**options):
    videos, history, _ = organisation(**options)
    return period_summary(videos, history, end=END.date())


def test_forecasts_of_a_past_week_know_nothing_of_later_days():
    videos, history, _ = organisation()
    known = last_week(seed=0)
    told = period_summary(videos, history[history["date"] <= END], end=END.date())
    later = history["views"] * np.where(history["date"] > END, 50, 1)
    other = period_summary(videos, history.assign(views=later), end=END.date())
    assert known.forecasts["pred"].notna().sum() > 50
    for each in (told, other):
        assert_frame_equal(known.forecasts, each.forecasts)
        assert_frame_equal(known.stalled, each.stalled)


def test_the_summary_s_forecasts_are_those_of_its_last_day_with_what_names_the_videos():
    videos, history, _ = organisation(cut=END)
    then = videos.assign(
        latest_views=history.groupby("ad_id")["views"].last().array,
        latest_updated_at=pd.Timestamp("2026-03-15T20:00:00Z").as_unit("us"),
    )
    alone = forecast_views(then, history)
    inside = period_summary(videos, history, end=END.date()).forecasts
    same = [name for name in alone if name in inside]
    assert_frame_equal(alone[same], inside[same])
    assert inside.attrs["horizon"] == alone.attrs["horizon"] == 14
    assert inside.attrs["backtest"] == alone.attrs["backtest"]
    week = videos["uploaded_at"].between(END - pd.Timedelta(days=6), END)
    assert set(inside.loc[inside["is_new"], "ad_id"]) == set(videos.loc[week, "ad_id"])
    assert inside["title"].str.startswith("title").all()


def test_a_scope_has_its_own_videos_and_everyone_s_experience():
    videos, history, stopped = organisation(stopped=8)
    account = videos.loc[videos["ad_id"].isin(stopped), "linked_account_id"].iloc[0]
    whole = last_week(stopped=8)
    part = period_summary(videos, history, end=END.date(), account=account)
    mine = set(videos.loc[videos["linked_account_id"] == account, "ad_id"])
    for name in ("forecasts", "stalled"):
        every, own = (getattr(each, name) for each in (whole, part))
        assert_frame_equal(every[every["ad_id"].isin(mine)].reset_index(drop=True), own)
    assert stopped & mine


def test_videos_that_stopped_are_found_and_hardly_any_other():
    _, history, stopped = organisation(stopped=8)
    found = last_week(stopped=8).stalled
    assert set(found["ad_id"]) >= stopped
    assert len(found) <= len(stopped) + 2
    assert (found["gain"] < SLOW * found["expected"]).all()
    assert (found["expected"] - found["gain"]).is_monotonic_decreasing
    one = found.iloc[0]
    views = history[history["ad_id"] == one["ad_id"]].set_index("date")["views"]
    assert (one["views"], one["gain"]) == (views[END], views[END] - views[END - pd.Timedelta(days=7)])
    assert one["age_days"] == (END - one["uploaded_at"]).days


@pytest.mark.parametrize("seed", range(3))
def test_where_nothing_stopped_at_most_a_fortieth_is_called_stalled(seed):

    found = last_week(seed=seed).stalled
    assert found.attrs["judged"] > 80
    assert len(found) <= found.attrs["judged"] / 40


def test_a_slow_account_s_videos_are_no_stalled_videos():
    """One account grows in a day, all others in weeks: next to them its videos seem to stop, next to each other not."""
    videos, history, _ = organisation(videos=600)
    first = history.groupby("ad_id")["views"].transform(lambda views: views.iloc[: min(3, len(views))].max())
    quick = history["ad_id"].isin(videos.loc[videos["linked_account_id"] == "a1", "ad_id"])
    grown = history.assign(views=history["views"].mask(quick, history["views"].clip(upper=first)))
    found = period_summary(videos, grown, end=END.date()).stalled
    assert (found["username"] != "user1").all()


def test_a_correction_or_a_missing_day_is_no_stall():
    videos, history, stopped = organisation(stopped=4)
    one, other = sorted(stopped)[:2]
    within = (history["date"] > END - pd.Timedelta(days=4)) & (history["ad_id"] == one)
    fallen = history.assign(views=(history["views"] - np.where(within, 5, 0)).clip(lower=0))
    gone = (fallen["ad_id"] == other) & (fallen["date"] == END - pd.Timedelta(days=7))
    found = period_summary(videos, fallen[~gone], end=END.date()).stalled
    assert set(found["ad_id"]) & stopped == stopped - {one, other}


def test_without_history_there_is_nothing_to_say():
    videos, _, _ = organisation(videos=20)
    week = period_summary(videos, empty(HISTORY), end=date(2026, 3, 15))
    assert week.forecasts["pred"].isna().all()
    assert list(week.forecasts) == WEEKLY_FORECASTS.names
    assert list(week.stalled) == WEEKLY_STALLED.names
    assert week.stalled.empty
