"""Newest counts that a video's own history or likes contradict are set aside, named and can be put back; no others."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shortimize_analytics as sa
from shortimize_analytics.analysis.plausible import ACTIONS, FASTEST, PACE_FACTOR
from shortimize_analytics.errors import DataQualityWarning, collect_warnings
from shortimize_analytics.schema import HISTORY, VIDEOS, cast
from shortimize_analytics.schema.masked import count_masked

NONSENSE = 5_000_000_000
WEEK = 7


def organisation(*, latest=None, days=WEEK, **changes):
    """Twelve videos that gain 100 views and 4 likes a day; `latest` are the newest counts of the last."""
    videos, points = [], []
    for number in range(12):
        counts = {"latest_views": 100 * (days + 1), "latest_likes": 4 * (days + 1), "latest_comments": 1}
        mine = counts | changes | (latest or {}) if number == 11 else counts
        videos.append({
            "ad_id": f"v{number:02}",
            "platform": "tiktok",
            "linked_account_id": "a",
            "uploaded_at": "2026-03-01",
            "video_length": 9,
            "latest_updated_at": f"2026-03-{days + 2:02}T08:00:00Z",
            **mine,
        })  # fmt: skip
        points += [{"ad_id": f"v{number:02}", "date": f"2026-03-{day + 1:02}", "views": 100 * day, "likes": 4 * day,
                    "comments": 1} for day in range(1, days + 1)]  # fmt: skip
    return cast(videos, VIDEOS)[0], cast(points, HISTORY)[0]


def doubted(videos, history=None):
    """Ids whose counts `prepare` sets aside; the warning comes exactly where there are some."""
    with collect_warnings() as heard:
        found = sa.prepare(videos, history)
    ids = found.videos.loc[found.videos["excluded"].eq("implausible").fillna(value=False), "ad_id"].tolist()
    assert [all(name in text for name in ids) for text in heard] == [True] * bool(ids)
    return ids


@pytest.mark.parametrize(
    "latest",
    [
        {"latest_views": NONSENSE, "latest_likes": 14},  # as seen: even without its history
        {"latest_views": NONSENSE, "latest_likes": NONSENSE // 20},  # likes that are as wrong: the pace
        {"latest_views": NONSENSE, "latest_likes": None},
        {"latest_views": 50_000_000, "latest_likes": 60},  # a plausible pace: likes stood still
        {"latest_views": 40, "latest_likes": 1_000},
        {"latest_views": 0, "latest_comments": 90_000},
    ],
)
def test_counts_that_cannot_be_are_set_aside_and_named(latest):
    videos, history = organisation(latest=latest)
    assert doubted(videos, history) == ["v11"]
    with pytest.warns(DataQualityWarning, match=r"1 video cannot be, by its own history or likes .*: v11\. If they"):
        data = sa.prepare(videos, history)
    row = data.videos.iloc[11]
    assert row["implausible_views"] == latest["latest_views"]
    assert row[["latest_views", *ACTIONS]].isna().all()
    assert data.left_out.to_dict("records") == [{"table": "videos", "reason": "implausible", "n": 1, "ad_ids": ["v11"]}]
    assert count_masked(data.videos) == 0
    found = sa.data_quality(data).set_index("check")["n"]
    assert found[["implausible", "no_views", "masked"]].to_list() == [1, 0, 0]


def test_what_is_set_aside_leads_no_ranking_total_rate_or_forecast_and_its_history_stays():
    videos, history = organisation(latest={"latest_views": NONSENSE, "latest_likes": 14})
    with pytest.warns(DataQualityWarning, match="v11"):
        data = sa.prepare(videos, history)
    assert sa.rank_outliers(data)["views"].max() == 700  # scored by the last whole day of its own history
    with pytest.warns(DataQualityWarning, match="v11"):
        last = sa.rank_outliers(videos).iloc[-1]
    assert (last["ad_id"], last["notes"], pd.isna(last["mult"])) == ("v11", "implausible", True)
    assert sa.uploads_over_time(data)["views"].sum() == 11 * 800
    assert sa.account_metrics(data)["er_pooled"].iloc[0] == pytest.approx(33 / 800)
    assert "v11" not in set(sa.forecast_views(data)["ad_id"])
    assert sa.views_over_time(data)["views_gained"].sum() == 12 * 600
    # as of a day that its history covers, its count is the history's
    then = data.until(dt.date(2026, 3, 8)).videos.iloc[11]
    assert (then["latest_views"], pd.isna(then["excluded"]), pd.isna(then["implausible_views"])) == (700, True, True)
    again = sa.prepare(data.videos, history)
    pd.testing.assert_frame_equal(again.videos, data.videos)
    part = data.part(np.arange(12) > 5).left_out
    assert part.loc[part["reason"] == "implausible", "ad_ids"].to_list() == [["v11"]]


def test_they_can_be_put_back():
    videos, history = organisation(latest={"latest_views": NONSENSE, "latest_likes": 14})
    data = sa.prepare(videos, history, keep_implausible=True)
    assert data.left_out.empty
    assert sa.uploads_over_time(data)["views"].sum() == NONSENSE + 11 * 800


@pytest.mark.parametrize(
    "latest",
    [
        {"latest_views": 20_000_000, "latest_likes": 300_000},  # from 700 views: it took off
        {"latest_views": 20_000_000, "latest_likes": 0},  # hidden likes
        {"latest_views": 20_000_000, "latest_likes": 3, "hidden_stats": True},
        {"latest_views": 20_000_000, "latest_likes": 3, "latest_comments": 4_000},
        {"latest_views": 900_000, "latest_likes": 32},  # a promoted post
        {"latest_views": NONSENSE, "latest_likes": 10**8, "latest_updated_at": None},
        {"latest_views": 3, "latest_likes": 30},  # views come later than likes
        {"latest_views": 0, "latest_likes": 90_000, "video_length": 0},  # a photo post
        {"latest_views": None, "latest_likes": 90_000},
    ],
)
def test_what_can_be_stays(latest):
    assert doubted(*organisation(latest=latest)) == []


def test_a_fast_organisation_sets_its_own_pace():
    videos, history = organisation(latest={"latest_views": 150_000_000, "latest_likes": 9_000_000}, days=2)
    videos["latest_updated_at"] = pd.Timestamp("2026-03-03T23:00Z")
    assert doubted(videos, history) == ["v11"]
    second = (history["ad_id"] == "v10") & (history["date"] == "2026-03-03")
    history.loc[second, "views"] = 35_000_000
    assert doubted(videos, history) == []
    history.loc[(history["ad_id"] == "v11") & (history["date"] == "2026-03-03"), "views"] = 35_000_000
    history.loc[second, "views"] = 200
    assert doubted(videos, history) == ["v11"], "its own leap is no measure for itself"


@settings(max_examples=25)
@given(
    st.integers(0, 5 * 10**8),
    st.floats(0, PACE_FACTOR * FASTEST),
    st.floats(1 / 1_000, 1),
    st.integers(0, 40),
    st.integers(0, 28),
)
def test_no_growth_that_was_ever_seen_is_set_aside(seen, pace, share, behind, age):
    """Any pace up to the limit, at any age, with likes that rise with the views."""
    day = pd.Timestamp("2026-03-01") + pd.Timedelta(days=age)
    views = int(seen + pace * (behind + 1))
    likes = int(seen * share), int(views * share)
    counts = {"latest_views": views, "latest_likes": likes[1]}
    measured = {"latest_updated_at": f"{day + pd.Timedelta(days=behind):%Y-%m-%d}T08:00Z"}
    row = {"ad_id": "1", "platform": "tiktok", "uploaded_at": "2026-03-01", "video_length": 9}
    videos, _ = cast([row | counts | measured], VIDEOS)
    history, _ = cast([{"ad_id": "1", "date": f"{day:%Y-%m-%d}", "views": seen, "likes": likes[0]}], HISTORY)
    assert doubted(videos, history) == []


def test_nobody_real_is_set_aside(real_frames):
    """30,469 videos; and every history cut to its first days, as if nothing had been loaded since."""
    videos, history = real_frames
    assert doubted(videos, history) == []
    order = history.sort_values(["ad_id", "date"])
    for days in (1, 3, 14):
        assert doubted(videos, order[order.groupby("ad_id").cumcount() < days]) == []
