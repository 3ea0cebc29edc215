"""Time to a number of views, with a published survival curve as oracle; and the figures of accounts."""

import numpy as np
import pandas as pd
import pytest

from shortimize_analytics.analysis.growth.milestones import time_to_views
from shortimize_analytics.analysis.outliers.accounts import account_metrics
from shortimize_analytics.analysis.outliers.ranking import rank_outliers
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import ACCOUNT_METRICS, HISTORY, MILESTONES, VIDEOS, empty
from shortimize_analytics.simulator.organisation import demo_organisation

START = pd.Timestamp("2026-01-01")
GOAL = 1000


def frames(series, **columns):
    """Videos of one day, each with (age, views) pairs; returns videos and history."""
    rows = [
        (f"v{row:04d}", START + pd.Timedelta(days=int(age)), int(views))
        for row, points in enumerate(series)
        for age, views in points
    ]
    history = pd.DataFrame(rows, columns=["ad_id", "date", "views"])
    history = history.assign(date=history["date"].astype("datetime64[us]"), views=history["views"].astype("Int64"))
    videos = empty(VIDEOS).reindex(range(len(series)))
    videos["ad_id"] = [f"v{row:04d}" for row in range(len(series))]
    videos["platform"], videos["uploaded_at"] = "tiktok", START.as_unit("us")
    videos["username"] = videos["linked_account_id"] = "a"
    videos["latest_views"] = pd.array([int(points[-1][1]) for points in series], dtype="Int64")
    videos["latest_updated_at"] = pd.Series([START + pd.Timedelta(days=99)] * len(series)).dt.tz_localize("UTC")
    return videos.assign(**columns), history


def watched(until, *, arrives, first=0):
    """Daily counts that pass the goal at the end of the last day, or never."""
    ages = np.arange(first, int(np.ceil(until)) + 1)
    views = np.minimum(ages * 7 + 1, GOAL // 2)
    if arrives:
        views[-1] = GOAL
    return list(zip(ages, views, strict=True))


def test_remission_times_of_leukaemia_patients_give_the_published_curve():
    """Freireich and others 1963, 6-MP: S(7) = .8067, S(30) = .4482 (log-log .1881-.6801), median 23 (13, open)."""
    arrived = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    lost = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    series = [watched(day, arrives=True) for day in arrived] + [watched(day, arrives=False) for day in lost]
    # the day's count passes the goal only at its end, so that the straight line ends there
    out = time_to_views(*frames(series), thresholds=[GOAL]).iloc[0]
    assert (out["n_videos"], out["n_reached"], out["n_early"], out["n_unknown"]) == (21, 9, 0, 0)
    assert out["share_7"] == pytest.approx(1 - 0.8067, abs=1e-4)
    assert out["share_30"] == pytest.approx(1 - 0.4482, abs=1e-4)
    assert out["share_30_lo"] == pytest.approx(1 - 0.6801, abs=1e-4)
    assert out["share_30_hi"] == pytest.approx(1 - 0.1881, abs=1e-4)
    assert (out["median_days"], out["median_lo"]) == (23, 13)
    assert pd.isna(out["median_hi"])


def test_leaving_out_the_videos_that_have_not_arrived_would_flatter():
    rng = np.random.default_rng(0)
    true = rng.exponential(20, 400)
    stop = rng.uniform(5, 60, 400)
    series = [watched(min(a, b), arrives=a <= b) for a, b in zip(np.ceil(true), np.ceil(stop), strict=True)]
    out = time_to_views(*frames(series), thresholds=[GOAL]).iloc[0]
    assert out["median_lo"] <= 20 * np.log(2) + 0.5 <= out["median_hi"]
    assert np.median(true[true <= stop]) < out["median_lo"]
    assert out["share_30_lo"] <= (np.ceil(true) <= 30).mean() <= out["share_30_hi"]


def test_videos_tracked_late_neither_slow_nor_speed_the_milestone():
    """Those past it at first sight are left out; those not there yet count from their first day under watch."""
    rng = np.random.default_rng(1)
    true = np.ceil(rng.exponential(12, 900))
    first = np.where(np.arange(900) % 3 == 0, 0, rng.integers(2, 25, 900))
    series = [
        [(start, GOAL), (start + 1, GOAL)] if arrival <= start else watched(arrival, arrives=True, first=start)
        for arrival, start in zip(true, first, strict=True)
    ]
    out = time_to_views(*frames(series), thresholds=[GOAL]).iloc[0]
    assert out["n_early"] == (true <= first)[first > 0].sum()
    assert out["median_lo"] <= 12 * np.log(2) + 0.5 <= out["median_hi"]
    naive = np.median(true[true > first])
    assert naive > out["median_hi"]


def test_without_a_video_watched_from_its_start_nothing_is_claimed():
    out = time_to_views(*frames([watched(9, arrives=True, first=3)] * 8), thresholds=[GOAL]).iloc[0]
    assert out["n_videos"] == 8
    assert out[["median_days", "share_7", "share_30"]].isna().all()


def test_a_passage_between_two_counts_lies_on_a_straight_line_and_day_zero_is_half_a_day():
    series = [[(0, 0), (4, 500), (8, 1500)], [(0, 2000), (1, 2100)], [(1, 2000), (2, 2500)]]
    for points, expected in zip(series, (6.0, 0.5, 0.5), strict=True):
        out = time_to_views(*frames([points] * 3), thresholds=[GOAL]).iloc[0]
        assert out["median_days"] == pytest.approx(expected)


def test_a_milestone_nobody_reached_has_share_zero_as_far_as_anyone_was_watched():
    out = time_to_views(*frames([watched(12, arrives=False)] * 5), thresholds=[10**6]).iloc[0]
    assert out["share_7"] == 0
    assert pd.isna(out["share_30"])
    assert pd.isna(out["median_days"])


def test_groups_split_videos_and_labels_overlap():
    series = [watched(5, arrives=True)] * 4 + [watched(5, arrives=False)] * 4
    labels = pd.Series([["x"], ["x", "y"]] * 4, dtype=object)
    out = time_to_views(*frames(series, label_names=labels), thresholds=[GOAL, 10], by="label_names")
    assert out[["group", "threshold", "n_videos"]].to_numpy().tolist() == [
        ["x", 10, 8],
        ["x", GOAL, 8],
        ["y", 10, 4],
        ["y", GOAL, 4],
    ]
    shuffled = [frame.sample(frac=1, random_state=1) for frame in frames(series, label_names=labels)]
    pd.testing.assert_frame_equal(out, time_to_views(*shuffled, thresholds=[10, GOAL], by="label_names"))


def test_bad_milestones_are_named_and_empty_frames_give_rows_without_figures():
    with pytest.raises(InvalidParameterError, match="nonsense"):
        time_to_views(empty(VIDEOS), empty(HISTORY), by="nonsense")
    with pytest.raises(InvalidParameterError, match="below 1"):
        time_to_views(empty(VIDEOS), empty(HISTORY), thresholds=[0])
    nothing = time_to_views(empty(VIDEOS), empty(HISTORY))
    assert list(nothing) == MILESTONES.names
    assert nothing["n_videos"].tolist() == [0, 0, 0]
    assert nothing["median_days"].isna().all()


def accounts_of(views, **columns):
    videos, _ = frames([[(0, count)] for count in views])
    return videos.assign(video_length=pd.array([20] * len(views), dtype="Int64"), **columns)


def test_shares_above_ten_and_twenty_five_times_come_with_wilson_intervals():
    """2 of 20 at 10x and 1 of 20 at 25x: Wilson gives .0279-.3010 and .0089-.2361."""
    out = account_metrics(accounts_of([100] * 18 + [1200, 2600])).iloc[0]
    assert (out["n_videos"], out["n_scored"]) == (20, 20)
    assert out["share_10x"] == pytest.approx(0.10)
    assert out["share_25x"] == pytest.approx(0.05)
    found = out[["share_10x_lo", "share_10x_hi", "share_25x_lo", "share_25x_hi"]].to_numpy(dtype=float)
    assert found == pytest.approx([0.0279, 0.3010, 0.0089, 0.2361], abs=1e-4)


def test_engagement_is_pooled_and_typical_and_missing_counts_are_not_zero_rates():
    likes = pd.array([10, 5, pd.NA, 7], dtype="Int64")
    comments = pd.array([pd.NA, 5, pd.NA, 0], dtype="Int64")
    out = account_metrics(accounts_of([1000, 100, 50, 0], latest_likes=likes, latest_comments=comments)).iloc[0]
    assert out["n_engagement"] == 2
    assert out["er_pooled"] == pytest.approx(20 / 1100)
    assert out["er_median"] == pytest.approx((0.01 + 0.10) / 2)
    assert out["median_views_non_zero"] == 100


def test_an_age_corrected_ranking_decides_about_ten_times_and_lone_videos_have_no_share():
    demo = demo_organisation()
    ranked = rank_outliers(demo.videos, demo.history)
    out = account_metrics(demo.videos, ranked=ranked).set_index("account")
    mine = ranked.merge(demo.videos[["ad_id", "linked_account_id"]], on="ad_id").dropna(subset="mult")
    mine = mine[mine["n_peers"] >= 3]
    hits = (mine["mult"] >= 10).groupby(mine["linked_account_id"]).mean()
    assert out["share_10x"].to_numpy(dtype=float) == pytest.approx(
        hits.reindex(out.index).to_numpy(dtype=float), nan_ok=True
    )
    assert (out["n_videos"] + out["n_excluded"]).sum() == len(demo.videos)
    lone = accounts_of([100, 5000])
    assert account_metrics(lone)["share_10x"].isna().all()
    assert account_metrics(lone, ranked=rank_outliers(lone))["share_10x"].isna().all()


def test_account_metrics_of_nothing_have_the_columns():
    assert list(account_metrics(empty(VIDEOS))) == ACCOUNT_METRICS.names
    private = accounts_of([100] * 3, private=pd.array([True] * 3, dtype="boolean"))
    out = account_metrics(private).iloc[0]
    assert (out["n_videos"], out["n_excluded"], out["n_scored"]) == (0, 3, 0)
    assert out[["share_10x", "er_pooled", "median_views_non_zero"]].isna().all()
