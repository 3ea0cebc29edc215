"""The ranking of outliers: columns, peers, brackets, invariances and edge cases."""

import numpy as np
import pandas as pd
import pytest
from outlier_frames import growth, histories, log, simulated, video_frame

from shortimize_analytics.analysis.outliers.ranking import rank_outliers
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import HISTORY, OUTLIERS, VIDEOS, empty


@pytest.mark.parametrize("mode", ["age", "raw"])
def test_ten_times_the_views_leave_the_multiples_alone(mode):
    videos, _ = simulated(1, accounts=40, most=30)
    large = videos.assign(latest_views=videos["latest_views"] * 10)
    # zero views stay zero and small counts feel the 1 in ln(1 + views)
    big = videos.loc[videos["latest_views"] > 1000, "ad_id"]
    one = rank_outliers(videos, mode=mode).set_index("ad_id").loc[big]
    ten = rank_outliers(large, mode=mode).set_index("ad_id").loc[big]
    assert log(ten["mult"]) == pytest.approx(log(one["mult"]), abs=0.02, nan_ok=True)
    assert (one["mult"].isna() == ten["mult"].isna()).all()


def test_shuffled_rows_give_the_identical_table():
    videos, _ = simulated(1, accounts=40, most=30)
    history = histories(videos, days=20)
    straight = rank_outliers(videos, history)
    shuffled = rank_outliers(videos.sample(frac=1, random_state=3), history.sample(frac=1, random_state=4))
    pd.testing.assert_frame_equal(straight, shuffled)
    assert straight.attrs["projected"] > 10
    other_seed = rank_outliers(videos, history, seed=1)
    assert not other_seed["position_hi"].equals(straight["position_hi"])


def test_columns_and_dtypes_follow_the_schema_also_when_empty():
    full, nothing = rank_outliers(simulated(1, accounts=40, most=30)[0]), rank_outliers(empty(VIDEOS))
    assert list(full) == OUTLIERS.names == list(nothing)
    assert nothing.attrs["n"] == 0
    for videos in (empty(VIDEOS), simulated(1, accounts=40, most=30)[0]):
        assert len(rank_outliers(videos, empty(HISTORY))) == len(videos)
        assert len(rank_outliers(videos, empty(HISTORY), mode="strict")) == len(videos)
    for column in OUTLIERS:
        assert full[column.name].dtype == nothing[column.name].dtype
    assert full["bracket"].cat.ordered
    assert full["bracket"].cat.categories.tolist() == ["<1", "1-5", "5-10", "10-25", "25-50", "50-100", "100+"]


def test_a_video_without_views_has_the_multiple_zero():
    videos = video_frame([0] * 5, ages=np.arange(60, 55, -1), log_views=np.log1p([100, 200, 300, 900, 0]))
    out = rank_outliers(videos, mode="raw")
    assert out["mult"].tolist()[-1] == 0.0
    assert out["position"].tolist() == [1, 2, 3, 4, 5]
    assert out["bracket"].iloc[-1] == "<1"


def test_rows_given_twice_are_ranked_once_and_counted():
    videos, _ = simulated(1, accounts=40, most=30)
    out = rank_outliers(pd.concat([videos, videos.head(7)]))
    assert len(out) == len(videos) + 7
    assert out["notes"].tail(7).tolist() == ["duplicate_row"] * 7
    pd.testing.assert_frame_equal(out.head(len(videos)), rank_outliers(videos))


def test_one_video_alone_has_no_baseline():
    out = rank_outliers(video_frame([0], ages=np.array([30]), log_views=np.array([9.0])))
    assert out["mult"].isna().all()
    assert "no_baseline" in out["notes"].iloc[0]


def test_all_views_missing_lists_every_video_without_a_score():
    videos = video_frame([0, 0, 1], ages=np.array([30, 20, 10]), log_views=np.full(3, 9.0))
    out = rank_outliers(videos.assign(latest_views=pd.array([pd.NA] * 3, dtype="Int64")))
    assert len(out) == 3
    assert out["position"].isna().all()
    assert (out["notes"] == "no_views").all()


def test_equal_views_everywhere_score_one_with_certainty():
    account = np.repeat(np.arange(8), 5)
    out = rank_outliers(video_frame(account, ages=np.tile([90, 80, 70, 60, 50], 8), log_views=np.full(40, 7.0)))
    for name in ("mult", "mult_lo", "mult_hi", "mult_raw"):
        assert out[name].to_numpy(dtype=float) == pytest.approx(1)
    assert (out["position"] == 1).all()
    assert (out["p_ge_5x"] == 0).all()


def test_one_account_is_compared_with_itself_and_not_with_a_platform():
    rng = np.random.default_rng(0)
    logs = rng.normal(8, 0.4, 30)
    logs[7] += 3
    out = rank_outliers(video_frame(np.zeros(30, dtype=int), ages=np.arange(120, 90, -1), log_views=logs))
    assert out["ad_id"].iloc[0] == "v00007"
    assert (out["baseline"] == "account").all()
    assert out["reliable"].all()
    assert out["mult_lo"].iloc[0] < out["mult"].iloc[0] < out["mult_hi"].iloc[0]


def test_videos_set_aside_come_last_and_are_nobodys_peers():
    videos, _ = simulated(1, accounts=40, most=30)
    private = pd.array([row % 7 == 0 for row in range(len(videos))], dtype="boolean")
    out = rank_outliers(videos.assign(private=private, latest_views=videos["latest_views"].mask(private, 10**9)))
    tail = out.tail(int(private.sum()))
    assert (tail["notes"] == "private").all()
    assert tail["mult"].isna().all()
    kept = rank_outliers(videos[~private.astype(bool)])
    head = out.head(len(kept)).drop(columns="n_peers").reset_index(drop=True)
    pd.testing.assert_frame_equal(head, kept.drop(columns="n_peers"), check_dtype=False)


def test_day_zero_is_scored_only_when_asked():
    account = np.repeat(np.arange(8), 5)
    videos = video_frame(account, ages=np.tile([90, 80, 70, 60, 0], 8), log_views=np.full(40, 7.0))
    assert rank_outliers(videos)["notes"].eq("age_0").sum() == 8
    assert rank_outliers(videos, day_zero=True)["mult"].notna().all()


def test_photos_and_earlier_ways_of_counting_are_not_peers():
    account = np.zeros(12, dtype=int)
    videos = video_frame(account, ages=np.arange(60, 48, -1), log_views=np.full(12, 7.0))
    photos = videos.assign(video_length=pd.array([0] * 4 + [20] * 8, dtype="Int64"))
    assert rank_outliers(photos).set_index("ad_id")["n_peers"].sort_index().tolist() == [3] * 4 + [7] * 8
    days = pd.Series(pd.to_datetime(["2025-03-30"] * 5 + ["2025-03-31"] * 7)).dt.as_unit("us")
    broken = videos.assign(uploaded_at=days, platform="youtube")
    assert rank_outliers(broken).set_index("ad_id")["n_peers"].sort_index().tolist() == [4] * 5 + [6] * 7


def test_a_video_of_an_unknown_account_is_compared_with_its_platform_and_says_so():
    videos, _ = simulated(1, accounts=40, most=30)
    lone = video_frame([999], ages=np.array([60]), log_views=np.array([14.0])).assign(ad_id="lone")
    out = rank_outliers(pd.concat([videos, lone], ignore_index=True)).set_index("ad_id")
    assert out.loc["lone", "baseline"] == "platform"
    assert out.loc["lone", "n_peers"] == 0
    assert pd.isna(out.loc["lone", "mult_raw"])
    assert log(out.loc[["lone"], "mult_hi"])[0] - log(out.loc[["lone"], "mult_lo"])[0] > 3


def test_raw_mode_is_views_over_the_median_of_the_others():
    videos = video_frame([0] * 4 + [1] * 2, ages=np.arange(60, 54, -1), log_views=np.log1p([100, 200, 300, 900, 5, 50]))
    out = rank_outliers(videos, mode="raw").set_index("ad_id").sort_index()
    assert out["mult"].iloc[:4].tolist() == pytest.approx([100 / 300, 200 / 300, 300 / 200, 900 / 200])
    assert out["mult"].iloc[4:].isna().all()
    assert rank_outliers(videos, mode="raw", min_peers=1)["mult"].notna().all()


def test_a_multiple_on_the_edge_belongs_to_the_bracket_above():
    videos = video_frame([0] * 6, ages=np.arange(60, 54, -1), log_views=np.log1p([100, 100, 100, 100, 500, 1000]))
    out = rank_outliers(videos, mode="raw").set_index("ad_id").sort_index()
    assert out["bracket"].tolist() == ["1-5"] * 4 + ["5-10", "10-25"]


def test_strict_mode_compares_views_at_one_age():
    """All videos of an account are equally good: at equal age every multiple is 1, raw ones are not."""
    account = np.repeat(np.arange(6), 6)
    ages = np.tile([25, 20, 15, 10, 5, 2], 6)
    videos = video_frame(account, ages=ages, log_views=9 + growth(ages))
    history = histories(videos, days=60)
    out = rank_outliers(videos, history, mode="strict", min_peers=1).set_index("ad_id").sort_index()
    assert out["n_peers"].tolist() == [0, 1, 2, 3, 4, 5] * 6
    assert out["mult"].dropna().to_numpy(dtype=float) == pytest.approx(1, abs=0.05)
    raw = rank_outliers(videos, mode="raw").set_index("ad_id").sort_index()
    assert raw["mult"].iloc[5] < 0.5


def test_a_niche_is_the_smallest_label_with_fifty_videos_on_the_platform():
    account = np.repeat(np.arange(12), 10)
    ages = np.tile(np.arange(100, 90, -1), 12)
    logs = np.where(account < 6, 9.0, 6.0)
    logs[3] += np.log(8)
    labels = [["all", "big"] if code < 6 else ["all"] for code in account]
    out = rank_outliers(video_frame(account, ages=ages, log_views=logs, labels=labels)).set_index("ad_id")
    assert out.loc["v00003", "niche_mult"] == pytest.approx(8, rel=0.05)
    assert out.loc["v00003", "dual_high"]
    assert out.loc["v00000", "niche_mult"] == pytest.approx(1, rel=0.05)
    few = rank_outliers(video_frame(account[:40], ages=ages[:40], log_views=logs[:40]))
    assert few["niche_mult"].isna().all()
    assert few["dual_high"].isna().all()


def test_brackets_are_half_open_and_ranks_stay_inside_their_intervals():
    out = rank_outliers(simulated(0)[0])
    known = out.dropna(subset="mult")
    edges = np.array([1, 5, 10, 25, 50, 100])
    names = np.array(["<1", "1-5", "5-10", "10-25", "25-50", "50-100", "100+"])
    assert (known["bracket"] == names[np.searchsorted(edges, known["mult"].to_numpy(dtype=float), side="right")]).all()
    assert known["mult"].is_monotonic_decreasing
    shown = known.dropna(subset="position_lo")
    assert (shown["position"] <= 500).sum() == 500
    assert ((shown["position_lo"] <= shown["position"]) & (shown["position"] <= shown["position_hi"])).all()
    assert known.loc[known["position"] > 1500, "position_lo"].isna().all()


def test_the_vendor_s_multiple_is_passed_on_but_its_0_is_unknown():
    videos, _ = simulated(1, accounts=40, most=30)
    given = pd.Series(np.arange(len(videos)) / 7, dtype="Float64")
    out = rank_outliers(videos.assign(outlier_multiplier=given.array)).set_index("ad_id")
    expected = given.mask(given == 0)
    assert expected.isna().sum() == 1
    assert out.loc[videos["ad_id"], "outlier_api"].array.equals(expected.array)
    assert rank_outliers(videos)["outlier_api"].isna().all()


def test_attrs_say_what_the_scores_rest_on():
    attrs = rank_outliers(simulated(0)[0]).attrs
    assert attrs["n"] == attrs["cross_sectional"] > 2000
    assert attrs["sigma"] == pytest.approx(0.71, abs=0.05)
    assert attrs["tau2"]["tiktok"] == pytest.approx(1.2**2, rel=0.4)
    assert attrs["centre"]["tiktok"] == pytest.approx(9, abs=0.5)


@pytest.mark.parametrize(
    "options",
    [{"mode": "best"}, {"mode": "strict"}, {"ci": 1}, {"min_peers": 0}, {"window_days": 0}, {"rank_top": 0}],
)
def test_a_bad_parameter_is_named(options):
    with pytest.raises(InvalidParameterError, match=next(iter(options))):
        rank_outliers(empty(VIDEOS), **options)
