"""Preparation: exclusions, collaborations, gains, the curve, interpolated days, and totals versus counts per day."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortimize_analytics.analysis.base.columns import account_keys
from shortimize_analytics.analysis.prepare import prepare_history, prepare_videos
from shortimize_analytics.schema import HISTORY, VIDEOS, cast, empty
from shortimize_analytics.schema.checks import (
    BLOCK,
    FALLEN_SHARE,
    FALLING_STEPS,
    MIN_STEPS,
    judge_series,
    looks_per_day,
    to_cumulative,
)

BASE = {
    "ad_id": "v1",
    "platform": "tiktok",
    "linked_account_id": "acc1",
    "username": "ann",
    "ad_link": "https://www.tiktok.com/@ann/video/7609364728032365845",
    "uploaded_at": "2026-03-01",
    "latest_views": 1000,
    "video_length": 12,
    "title": "hello",
    "latest_updated_at": "2026-03-11T08:00:00Z",
}


def make_videos(*changes):
    rows = [BASE | {"ad_id": f"v{i}", "ad_link": f"{BASE['ad_link']}{i}"} | c for i, c in enumerate(changes, 1)]
    return cast(rows, VIDEOS)[0]


def make_history(views, *, ad_id="v1", start="2026-03-01", fetched_at="2026-03-20T00:00:00Z"):
    days = pd.date_range(start, periods=len(views)).as_unit("us")
    rows = [
        {"ad_id": ad_id, "date": day.date(), "views": value, "fetched_at": fetched_at}
        for day, value in zip(days, views, strict=True)
    ]
    return cast(rows, HISTORY)[0]


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(0, 10**6)),
        min_size=1,
        unique_by=lambda row: row[:2],
    )
)
def test_days_that_carry_an_hour_are_those_days_once_each_with_the_last_measurement(rows):
    first = pd.Timestamp("2026-11-01")
    stamps = [first + pd.Timedelta(days=day, hours=hour) for day, hour, _ in rows]
    views = pd.array([count for _, _, count in rows], dtype="Int64")
    history = pd.DataFrame({"ad_id": "v1", "date": pd.Series(stamps).dt.as_unit("us"), "views": views})
    last = {day: count for day, _, count in sorted(rows)}
    found = prepare_history(history, make_videos({}))
    assert found["date"].tolist() == [first + pd.Timedelta(days=day) for day in sorted(last)]
    assert found["views"].tolist() == [last[day] for day in sorted(last)]
    assert found.attrs["quality"]["duplicate_days"] == len(rows) - len(last)


def test_each_reason_keeps_a_video_out_and_is_counted():
    videos = make_videos(
        {},
        {"removed": True},
        {"private": True},
        {"latest_views": None},
        {"uploaded_at": None},
        {"latest_updated_at": None},
        {"ad_id": "v1"},
    )
    out = prepare_videos(videos)
    reasons = ["removed", "private", "no_views", "no_upload_date", "no_age", "duplicate_row"]
    assert pd.isna(out["excluded"].iloc[0])
    assert out["excluded"].iloc[1:].tolist() == reasons
    assert out.attrs["quality"]["excluded"] == dict.fromkeys(reasons, 1)
    assert len(out) == len(videos)


def test_hidden_stats_and_zero_views_keep_a_video_in():
    out = prepare_videos(make_videos({"hidden_stats": True, "latest_likes": None}, {"latest_views": 0}))
    assert out["excluded"].isna().all()


def test_photo_is_a_post_without_length():
    out = prepare_videos(make_videos({"video_length": 0}, {"video_length": None}, {"video_length": 3}))
    assert out["format"].tolist() == ["photo", "photo", "video"]
    assert out.attrs["quality"]["photos"] == 2


def test_age_is_measured_at_the_last_measurement_not_today():
    out = prepare_videos(
        make_videos(
            {},
            {"latest_updated_at": "2026-03-01T23:59:59Z"},
            {"latest_updated_at": "2026-02-28T22:00:00Z"},
            {"latest_updated_at": "2026-02-20T00:00:00Z"},
        )
    )
    assert out["age_days"].tolist() == [10, 0, 0, pd.NA]
    assert out.attrs["quality"]["measured_before_upload"] == 1
    late = prepare_videos(make_videos({"latest_updated_at": None}, {}), as_of=date(2026, 3, 31))
    assert late["age_days"].tolist() == [30, 10]


def test_account_without_an_id_falls_back_to_platform_and_name():
    videos = make_videos({}, *({"linked_account_id": None, "username": name} for name in ("ann", "Ann", "ANN")))
    assert account_keys(videos).tolist() == ["acc1", *["tiktok/ann"] * 3]


def test_a_collaboration_is_one_post_under_two_accounts():
    link = "https://www.instagram.com/{}/C9xYz_1-a/?igsh=abc"
    videos = make_videos(
        {"platform": "instagram", "ad_link": link.format("reel"), "latest_views": 990},
        {"platform": "instagram", "ad_link": link.format("p"), "linked_account_id": "acc2"},
        {"platform": "instagram", "ad_link": link.format("reel"), "linked_account_id": "acc3", "private": True},
        {},
    )
    out = prepare_videos(videos)
    assert out["dup_group"].iloc[:3].tolist() == ["instagram:C9xYz_1-a"] * 3
    assert pd.isna(out["dup_group"].iloc[3])
    assert out["counts_in_totals"].tolist() == [False, True, False, True]


def test_equal_post_ids_on_two_platforms_are_two_posts():
    out = prepare_videos(
        make_videos(
            {"ad_link": "https://www.tiktok.com/@a/video/123456"},
            {"platform": "facebook", "ad_link": "https://facebook.com/a/videos/123456"},
        )
    )
    assert out["dup_group"].isna().all()


def test_without_a_link_a_lookalike_of_another_account_is_the_same_post():
    videos = make_videos(
        {"ad_link": None, "latest_views": 10_000},
        {"ad_link": None, "latest_views": 10_040, "linked_account_id": "acc2"},
        {"ad_link": None, "latest_views": 10_200, "linked_account_id": "acc3"},
        {"ad_link": None, "latest_views": 10_040, "linked_account_id": "acc4", "title": "other"},
    )
    groups = prepare_videos(videos)["dup_group"]
    assert groups.iloc[:2].tolist() == ["tiktok:v1"] * 2
    assert groups.iloc[2:].isna().all()
    own_repost = make_videos({"ad_link": None}, {"ad_link": None})
    assert prepare_videos(own_repost)["dup_group"].isna().all()
    different_posts = make_videos({}, {"linked_account_id": "acc2"})
    assert prepare_videos(different_posts)["dup_group"].isna().all()


def test_shuffled_videos_are_prepared_alike():
    rng = np.random.default_rng(1)
    link = [f"https://www.tiktok.com/@x/video/{n}" for n in rng.integers(100_000, 100_030, 60)]
    videos = make_videos(
        *({"ad_link": link[i], "linked_account_id": f"a{i % 7}", "latest_views": int(i % 5)} for i in range(60))
    )
    straight = prepare_videos(videos).set_index("ad_id")
    shuffled = prepare_videos(videos.sample(frac=1, random_state=2)).set_index("ad_id")
    assert straight["dup_group"].nunique() > 5
    pd.testing.assert_frame_equal(straight, shuffled.loc[straight.index])


def test_an_empty_frame_stays_typed():
    videos = prepare_videos(empty(VIDEOS))
    assert len(videos) == 0
    assert str(videos["age_days"].dtype) == "Int32"
    history = prepare_history(empty(HISTORY), videos)
    assert [str(history[name].dtype) for name in ("age_days", "gain", "views_curve")] == ["Int32", "Int64", "Float64"]


def test_the_curve_shares_a_fall_between_its_neighbours():
    """The published example: a running maximum would give 200, 200 instead of 190, 190."""
    out = prepare_history(make_history([100, 200, 180, 260]), make_videos({}))
    assert out["views_curve"].tolist() == [100, 190, 190, 260]
    assert out["views_raw"].tolist() == [100, 200, 180, 260]
    assert out["gain"].tolist() == [pd.NA, 100, -20, 80]
    assert out["correction"].tolist() == [False, False, True, False]
    assert out.attrs["quality"]["corrections"] == 1


def test_one_row_per_day_the_newest_measurement_and_every_drop_counted():
    old = make_history([5, 6, None], fetched_at="2026-03-05T00:00:00Z")
    new = make_history([7], start="2026-03-02", fetched_at="2026-03-06T00:00:00Z")
    out = prepare_history(pd.concat([new, old], ignore_index=True), make_videos({}))
    assert out["views"].tolist() == [5, 7]
    quality = out.attrs["quality"]
    assert (quality["history_rows"], quality["without_views"], quality["duplicate_days"]) == (4, 1, 1)


def test_gains_never_cross_from_one_video_to_the_next():
    history = pd.concat([make_history([5, 9], ad_id="b"), make_history([100, 101], ad_id="a")], ignore_index=True)
    out = prepare_history(history, make_videos({"ad_id": "a"}))
    assert out["ad_id"].tolist() == ["a", "a", "b", "b"]
    assert out["gain"].tolist() == [pd.NA, 1, pd.NA, 4]
    assert out["days"].tolist() == [pd.NA, 1, pd.NA, 1]
    assert out["age_days"].tolist() == [0, 1, pd.NA, pd.NA]


def test_a_day_missing_makes_the_next_gain_a_gap():
    history = make_history([10, 30, 60, 90]).drop(index=2)
    out = prepare_history(history, make_videos({}))
    assert out["obs"].tolist() == ["observed", "observed", "gap"]
    assert out["days"].tolist() == [pd.NA, 1, 2]


@pytest.mark.parametrize(
    ("gain", "length", "expected"), [(700, 3, 0), (720, 3, 2), (70, 4, 0), (73, 4, 3), (7, 7, 0), (8, 7, 6), (0, 50, 0)]
)
def test_a_run_too_even_for_its_size_is_interpolated_between_its_knots(gain, length, expected):
    views = np.r_[1000, 6000, 6000 + gain * np.arange(1, length + 1), 30_000 + gain * length]
    out = prepare_history(make_history(views.tolist()), make_videos({}))
    inner = (out["obs"] == "interpolated").to_numpy()
    assert inner.sum() == expected
    if expected:
        assert inner[2 : 2 + expected].all()
        assert out["obs"].iloc[2 + expected] == "gap"


@pytest.mark.parametrize("gain", [800, 801])
def test_rounded_interpolation_next_to_a_close_gain_is_still_found(gain):
    """Gains of 800 and 801 in turn, then 799 by chance: a run of two neighbouring values, whichever is even."""
    gains = [gain, gain + 1, gain, gain + 1, gain, gain - 1, 5000]
    out = prepare_history(make_history(np.cumsum([1000, *gains]).tolist()), make_videos({}))
    assert (out["obs"].to_numpy()[1:5] == "interpolated").all()
    assert out["obs"].iloc[-1] == "observed"


def test_days_beyond_the_window_are_interpolated_and_nothing_without_a_fetch_time():
    history = make_history([10, 50, 90, 200, 700], start="2026-03-01", fetched_at="2026-06-01T00:00:00Z")
    out = prepare_history(history, make_videos({}))
    assert out["obs"].tolist() == ["interpolated", "interpolated", "gap", "observed", "observed"]
    assert (prepare_history(history.drop(columns="fetched_at"), make_videos({}))["obs"] == "observed").all()
    assert (prepare_history(history.assign(fetched_at=pd.NaT), make_videos({}))["obs"] == "observed").all()


def test_true_random_days_are_hardly_ever_called_interpolated():
    """About 1 day in 1,000 of a video with 200 views a day; a rule of three equal days takes far more."""
    rng = np.random.default_rng(4)
    frames = [make_history(rng.poisson(200, 101).cumsum().tolist(), ad_id=f"v{i}") for i in range(1, 21)]
    history = pd.concat(frames, ignore_index=True).assign(fetched_at=pd.NaT)
    out = prepare_history(history, make_videos(*[{}] * 20))
    assert (out["obs"] == "interpolated").mean() < 0.005


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=40))
def test_gains_add_up_to_the_change_and_the_curve_never_falls(views):
    history = pd.DataFrame(
        {
            "ad_id": "v1",
            "date": pd.date_range("2026-03-01", periods=len(views)).as_unit("us"),
            "views": pd.array(views, dtype="Int64"),
        }
    )
    out = prepare_history(history, make_videos({}))
    assert out["gain"].sum() == views[-1] - views[0]
    curve = out["views_curve"].to_numpy(dtype=float)
    assert (np.diff(curve) >= 0).all()
    assert curve.sum() == pytest.approx(sum(views))


def per_day(history):
    first = ~history["ad_id"].duplicated()
    return history.assign(views=history["views"].diff().mask(first))[~first]


def test_a_load_of_counts_per_day_is_recognised_and_one_correction_is_not_mistaken_for_it():
    rng = np.random.default_rng(3)
    decay = 1 / np.arange(1, 31)
    totals = pd.concat(
        [
            make_history((1e5 * decay * rng.lognormal(0, 0.5, 30)).astype(int).cumsum().tolist(), ad_id=f"v{i}")
            for i in range(9)
        ],
        ignore_index=True,
    )
    assert not looks_per_day(totals)
    assert looks_per_day(per_day(totals))
    assert not looks_per_day(make_history([100, 200, 180, 260, 300, 350, 400, 420]))
    assert not looks_per_day(make_history([5, 5, 5, 5, 5, 5, 5, 5, 5]))
    assert not looks_per_day(empty(HISTORY))


def judged_one_by_one(history):
    judged = per_day = 0
    for _, rows in history.groupby("ad_id", observed=True):
        step = np.diff(rows["views"].to_numpy(dtype=float))
        if (step != 0).sum() < MIN_STEPS:
            continue
        judged += 1
        falls, fallen = (step < 0).sum(), np.maximum(-step, 0).sum()
        per_day += bool(falls > FALLING_STEPS * len(step) and fallen > FALLEN_SHARE * np.abs(step).sum())
    return judged, per_day


@pytest.mark.parametrize("longest", [1, 40, 3 * BLOCK])
def test_series_are_judged_many_at_a_time_as_they_are_one_by_one(longest):
    rng = np.random.default_rng(11)
    lengths = np.r_[1, rng.integers(1, 400, 2_000), longest, rng.integers(1, 400, 1_000), 1]
    lengths = np.r_[lengths, BLOCK - lengths.sum() % BLOCK, 1]  # one row alone in the last block
    starts = np.cumsum(lengths) - lengths
    moves = rng.integers(-3, 20, lengths.sum()) * np.repeat(rng.integers(-1, 2, len(lengths)), lengths)
    history = pd.DataFrame(
        {
            "ad_id": pd.Categorical.from_codes(np.repeat(np.arange(len(lengths)), lengths), range(len(lengths))),
            "date": pd.Timestamp("2020-01-01").as_unit("us")
            + pd.to_timedelta(np.arange(lengths.sum()) - np.repeat(starts, lengths), unit="D"),
            "views": pd.array(moves.cumsum(), dtype="Int64"),
        }
    )
    expected = judged_one_by_one(history)
    assert 500 < expected[1] < expected[0] - 500
    assert judge_series(history) == expected
    assert judge_series(history.sample(frac=1, random_state=1)) == expected


def test_counts_per_day_become_totals_video_by_video():
    totals = pd.concat([make_history([3, 4, 9], ad_id="b"), make_history([1, 1, 1], ad_id="a")], ignore_index=True)
    back = to_cumulative(totals)
    assert back["ad_id"].tolist() == ["a"] * 3 + ["b"] * 3
    assert back["views"].tolist() == [1, 2, 3, 3, 7, 16]


def test_facts_of_the_real_histories_are_reproduced(real_frames):
    """The data's own README: 81,832 steps, 110 falls, 686 gaps of which the longest is 29 days."""
    videos, history = real_frames
    out = prepare_history(history, videos)
    steps = out["gain"].notna()
    assert (steps.sum(), out["correction"].sum(), (out["days"] > 1).sum(), out["days"].max()) == (81_832, 110, 686, 29)
    assert (out["obs"] == "interpolated").mean() < 0.001
    assert not looks_per_day(history)
    assert looks_per_day(per_day(out))
