"""Growth curves over fixed cohorts, chains, intervals, and the figures of single videos.

An outside check, whose data may not be kept here (CC BY-NC): the 130 daily counts of video 00-6OyXVA0M in the README of
andrei-rizoiu/hip-popularity, day k's views as arrived at age k, give v1 90158, v7 1488424, v30 2055821, t50 2.7753, t90
9.5699, peak day 2 with share .3199, and no revival: the ratio is at most 1.633, on day 120.
"""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from shortimize_analytics.analysis.growth import curves
from shortimize_analytics.analysis.growth.curves import growth_curves, growth_metrics
from shortimize_analytics.errors import DataQualityWarning, InvalidParameterError
from shortimize_analytics.schema import GROWTH_CURVES, GROWTH_METRICS, HISTORY, VIDEOS, empty
from shortimize_analytics.schema.columns import VIDEO
from shortimize_analytics.simulator.organisation import demo_folder, demo_organisation

START = pd.Timestamp("2026-01-01")


def make_videos(count, *, accounts=None, **columns):
    frame = empty(VIDEOS).reindex(range(count))
    frame["ad_id"] = [f"v{row:05d}" for row in range(count)]
    frame["linked_account_id"] = [f"a{code:03d}" for code in (range(count) if accounts is None else accounts)]
    frame["platform"], frame["uploaded_at"] = "tiktok", START.as_unit("us")
    frame["video_length"] = pd.array([20] * count, dtype="Int64")
    frame["latest_views"] = pd.array([1] * count, dtype="Int64")
    return frame.assign(**columns)


def make_history(series, *, first_age=0):
    """Daily totals by video; a None is a day without a row. `first_age` may be one number per video."""
    first = np.broadcast_to(first_age, len(series))
    rows = [
        (f"v{row:05d}", START + pd.Timedelta(days=int(first[row]) + day), views)
        for row, totals in enumerate(series)
        for day, views in enumerate(totals)
        if views is not None
    ]
    frame = pd.DataFrame(rows, columns=["ad_id", "date", "views"])
    return frame.assign(date=frame["date"].astype("datetime64[us]"), views=frame["views"].astype("Int64"))


def saturating(count, days, *, seed=0):
    """Videos of very different size whose share of day `days` is known: 1 − e^(−h/5), with noise."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(9, 1.5, (count, 1))
    speed = rng.lognormal(0, 0.2, (count, 1))
    return np.round(size * (1 - np.exp(-(np.arange(days + 1) + 0.5) * speed / 5))).astype(int)


def true_share(age, end):
    return (1 - np.exp(-(age + 0.5) / 5)) / (1 - np.exp(-(end + 0.5) / 5))


def test_shares_of_a_cohort_follow_the_known_curve():
    out = growth_curves(make_videos(200), make_history(saturating(200, 30)), max_age=30).set_index("age_days")
    for age in (0, 1, 3, 7, 14):
        assert out.loc[age, "median_value"] == pytest.approx(true_share(age, 30), rel=0.06)
        assert out.loc[age, "ci_lo"] <= true_share(age, 30) * 1.01
        assert out.loc[age, "lo"] < out.loc[age, "ci_lo"] <= out.loc[age, "median_value"] <= out.loc[age, "ci_hi"]
    assert out.loc[30, "median_value"] == 1
    assert (out["n_videos"] == 200).all()


def test_videos_too_young_for_the_last_age_do_not_bend_the_shares():
    """A hundred young videos that explode early would lift a curve of mixed cohorts."""
    old, young = saturating(100, 30), [[5_000, 6_000, 7_000]] * 100
    history = make_history([*old.tolist(), *young])
    out = growth_curves(make_videos(200), history, max_age=30).set_index("age_days")
    assert (out["n_videos"] == 100).all()
    assert out.loc[1, "median_value"] == pytest.approx(true_share(1, 30), rel=0.08)


def test_ages_that_no_twenty_videos_span_are_chained():
    """Nobody is followed from day 0 to day 40, yet overlapping stretches carry the curve over the whole range."""
    whole = saturating(120, 40, seed=3)
    first = np.repeat([0, 10, 20], 40)
    series = [totals[start : start + 21].tolist() for totals, start in zip(whole, first, strict=True)]
    out = growth_curves(make_videos(120), make_history(series, first_age=first), max_age=40)
    assert out["age_days"].tolist() == list(range(41))
    chained = out[out["age_days"] < 20]
    assert out.attrs["quality"]["chained_points"] == len(chained) == 20
    expected = true_share(chained["age_days"].to_numpy(), 40)
    assert chained["median_value"].to_numpy(dtype=float) == pytest.approx(expected, rel=0.12)
    assert chained["lo"].isna().all()
    assert out[out["age_days"] >= 20]["lo"].notna().all()


def test_a_fall_in_the_counts_never_lifts_a_share_above_one():
    out = growth_curves(make_videos(6), make_history([[100, 200, 180, 150]] * 6), max_age=3)
    assert out["median_value"].max() == 1
    assert out["hi"].max() <= 1


def test_without_any_video_of_that_age_the_curve_is_empty_and_says_why():
    history = make_history([[10, 20, 30]] * 5)
    with pytest.warns(DataQualityWarning, match="oldest age in this history is 2 days"):
        out = growth_curves(make_videos(5), history, max_age=90)
    assert len(out) == 0
    assert out.attrs["quality"]["groups_without_max_age"] == 1


def test_views_come_from_the_cohort_that_reaches_the_last_age():
    old, young = [[1, 10, 100, 1000]] * 20, [[10_000]] * 50
    history = make_history([*old, *young])
    out = growth_curves(make_videos(70), history, value="views", max_age=3)
    assert out["median_value"].tolist() == [1, 10, 100, 1000]
    mixed = growth_curves(make_videos(70), history, value="views", max_age=4)
    assert mixed["median_value"].iloc[0] == 10_000
    assert mixed.attrs["quality"]["groups_of_mixed_cohorts"] == 1


def test_gains_use_measured_days_only():
    history = make_history([[0, 10, 30, None, 90, 95]] * 5)
    out = growth_curves(make_videos(5), history, value="gain", max_age=5)
    assert out["age_days"].tolist() == [1, 2, 5]
    assert out["median_value"].tolist() == [10, 20, 5]


def test_interpolated_points_are_counted():
    series = [[0, 5000, 6000, 7000, 8000, 9000, 20_000]] * 8
    out = growth_curves(make_videos(8), make_history(series), value="views", max_age=6)
    assert out["n_interpolated"].tolist() == [0, 0, 8, 8, 8, 0, 0]


def test_groups_are_split_by_a_column_and_labels_overlap():
    history = make_history([[1, 2]] * 6)
    labels = pd.Series([["x"], ["x", "y"], ["y"], ["y"], [], None], dtype=empty(VIDEOS)["label_names"].dtype)
    videos = make_videos(6, platform=["tiktok"] * 4 + ["youtube"] * 2, label_names=labels)
    platforms = growth_curves(videos, history, by="platform", max_age=1)
    assert platforms.set_index(["group", "age_days"])["n_videos"].to_dict() == {
        ("tiktok", 0): 4,
        ("tiktok", 1): 4,
        ("youtube", 0): 2,
        ("youtube", 1): 2,
    }
    by_label = growth_curves(videos, history, by="label_names", max_age=1)
    assert by_label.loc[by_label["age_days"] == 1].set_index("group")["n_videos"].to_dict() == {"x": 2, "y": 3}


def test_removed_videos_stay_out_and_a_collaboration_counts_once_per_group():
    link = "https://www.tiktok.com/@a/video/123456789"
    removed = pd.array([False, False, False, True], dtype="boolean")
    videos = make_videos(4, ad_link=pd.Series([link, link, None, None], dtype="str"), removed=removed)
    history = make_history([[1, 2], [1, 2], [1, 4], [1, 9]])
    assert growth_curves(videos, history, max_age=1)["n_videos"].tolist() == [2, 2]
    apart = growth_curves(videos, history, by="linked_account_id", max_age=1)
    assert apart["group"].unique().tolist() == ["a000", "a001", "a002"]


def test_intervals_of_the_median_cover_it_though_accounts_differ():
    """Twelve accounts with levels of their own: nearly all intervals hold the median, naive ones half."""
    covered = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        accounts = np.repeat(np.arange(12), 10)
        logs = rng.normal(0, 1, 12)[accounts] + rng.normal(0, 0.5, 120)
        ends = np.round(np.exp(8 + logs)).astype(int)
        history = make_history([[int(end)] for end in ends])
        out = growth_curves(make_videos(120, accounts=accounts), history, value="views", max_age=1).iloc[0]
        covered += out["ci_lo"] <= np.exp(8) <= out["ci_hi"]
    assert covered >= 35


def test_few_videos_have_a_median_but_no_band():
    out = growth_curves(make_videos(4), make_history([[5, 10]] * 4), max_age=1)
    assert out["median_value"].tolist() == [0.5, 1]
    assert out[["lo", "hi", "ci_lo", "ci_hi"]].isna().all(axis=None)


def test_shuffled_input_gives_identical_results():
    history, videos = make_history(saturating(60, 35)), make_videos(60, accounts=np.arange(60) % 9)
    shuffled = videos.sample(frac=1, random_state=2), history.sample(frac=1, random_state=1)
    for options in ({}, {"by": "linked_account_id"}, {"value": "gain"}):
        pd.testing.assert_frame_equal(
            growth_curves(videos, history, max_age=20, **options), growth_curves(*shuffled, max_age=20, **options)
        )
    metrics = growth_metrics(*shuffled).sort_values("ad_id", ignore_index=True)
    pd.testing.assert_frame_equal(growth_metrics(videos, history), metrics)


@pytest.mark.parametrize("value", ["share", "views"])
def test_curves_are_the_same_however_many_ages_are_described_at_once(demo, monkeypatch, value):
    found = []
    for columns in (1, 8, 1000):
        monkeypatch.setattr(curves, "COLUMNS_AT_ONCE", columns)
        found.append(growth_curves(demo.videos, demo.history, by="platform", value=value))
    for other in found[1:]:
        pd.testing.assert_frame_equal(other, found[0], check_exact=True)


def test_empty_frames_give_empty_tables():
    assert list(growth_curves(empty(VIDEOS), empty(HISTORY))) == GROWTH_CURVES.names
    out = growth_metrics(make_videos(2), empty(HISTORY))
    assert list(out) == GROWTH_METRICS.names
    assert out.iloc[:, len(VIDEO) :].isna().all(axis=None)
    assert out.attrs["quality"]["without_history"] == 2


@pytest.mark.parametrize("options", [{"value": "median"}, {"max_age": 0}, {"band": (0.9, 0.1)}, {"by": "colour"}])
def test_a_bad_parameter_is_named(options):
    with pytest.raises(InvalidParameterError, match=next(iter(options))):
        growth_curves(empty(VIDEOS), empty(HISTORY), **options)


def metrics_of(totals, *, first_age=0):
    return growth_metrics(make_videos(1), make_history([totals], first_age=first_age)).iloc[0]


def test_time_to_half_and_ninety_percent_is_interpolated_within_the_day():
    totals = [0, 100, 300, 500, 650, 750, 820, 870, 890, 910, *[930] * 20, 1000]
    out = metrics_of(totals)
    assert out["v30"] == 1000
    assert out["t50"] == pytest.approx(3)
    assert out["t90"] == pytest.approx(8.5)
    assert metrics_of([0, 100, 400, *[700] * 27, 1000])["t50"] == pytest.approx(2 + 100 / 300)


def test_a_video_first_seen_the_day_after_upload_starts_from_nothing_and_later_ones_stay_unknown():
    """Day k's views arrive by time k, as in the published half-lives of single YouTube videos."""
    assert metrics_of([600, *[800] * 28, 1000], first_age=1)["t50"] == pytest.approx(500 / 600)
    assert pd.isna(metrics_of([600, *[800] * 27, 1000], first_age=2)["t50"])


def test_views_at_an_age_are_unknown_when_younger_missing_or_interpolated():
    out = metrics_of([5, 10, 20, None, 40])
    assert out["v1"] == 10
    assert out[["v3", "v7", "v30"]].isna().all()
    flat = metrics_of([0, 5000, 6000, 7000, 8000, 9000, 30_000])
    assert flat["v1"] == 5000
    assert pd.isna(flat["v3"])


def test_the_peak_is_the_largest_measured_day():
    out = metrics_of([10, 40, 140, 200, 220])
    assert (out["peak_day"], out["peak_share"]) == (2, pytest.approx(100 / 220))
    born = metrics_of([500, 600, 650])
    assert (born["peak_day"], born["peak_share"]) == (0, pytest.approx(500 / 650))


def test_a_peak_that_may_lie_in_days_nobody_measured_is_unknown():
    assert pd.isna(metrics_of([500, 600, 650], first_age=4)["peak_day"])
    assert metrics_of([50, 600, 650], first_age=4)["peak_day"] == 5
    assert pd.isna(metrics_of([0, 10, None, None, 5000, 5100])["peak_day"])


def test_velocity_is_over_the_days_between_measurements():
    assert metrics_of([0, 400, 415, 420, 435, 440, 455, 460, 470])["velocity_7d"] == 10
    assert metrics_of([0, 30, 90])["velocity_7d"] == 45
    assert metrics_of([0, 100, *[None] * 6, 800, 900])["velocity_7d"] == 100
    assert pd.isna(metrics_of([7])["velocity_7d"])


def test_decay_is_the_exponent_of_the_days_after_the_peak():
    gains = np.r_[10, 100_000, 50_000 * np.arange(1, 21) ** -1.4]
    out = metrics_of(np.round(gains.cumsum()).astype(int).tolist())
    assert out["peak_day"] == 1
    assert out["decay_exp"] == pytest.approx(-1.4, abs=0.02)
    assert pd.isna(metrics_of(np.round(gains[:9].cumsum()).astype(int).tolist())["decay_exp"])


def noisy(weekly, *, seed=0):
    """Daily totals of 36 days from five weekly gains, uneven within the week."""
    part = np.random.default_rng(seed).dirichlet(np.full(7, 5), len(weekly)) * np.array(weekly)[:, None]
    return np.round(np.r_[1000, 1000 + part.ravel().cumsum()]).astype(int).tolist()


def test_a_video_is_revived_when_its_last_week_triples_the_four_before():
    out = metrics_of(noisy([4000, 900, 700, 600, 9000]))
    assert out["revived"]
    assert out["revival_ratio"] == pytest.approx(9000 / 800, rel=0.01)
    assert not metrics_of(noisy([4000, 900, 700, 600, 2000]))["revived"]
    assert not metrics_of(noisy([40, 9, 7, 6, 90]))["revived"]
    assert pd.isna(metrics_of(noisy([4000, 900, 700, 600, 9000])[1:])["revived"])


def test_no_revival_is_claimed_across_corrections_or_interpolated_days():
    totals = noisy([4000, 900, 700, 600, 9000])
    fallen = [*totals[:10], totals[9] - 5, *totals[11:]]
    assert pd.isna(metrics_of(fallen)["revived"])
    even = [*totals[:29], *np.linspace(totals[28], totals[35], 8).round().astype(int)[1:].tolist()]
    assert pd.isna(metrics_of(even)["revived"])


def test_a_revival_must_stand_out_in_its_account():
    """A gain of 9,000 is a revival alone, and an ordinary week where the account's videos gain 20,000."""
    quiet, busy = noisy([4000, 900, 700, 600, 9000]), noisy([20_000] * 5, seed=1)
    videos = make_videos(4, accounts=[0, 0, 0, 1])
    out = growth_metrics(videos, make_history([quiet, busy, busy, quiet]))
    assert out["revived"].tolist() == [False, False, False, True]


def test_every_video_comes_back_in_order_also_without_history():
    history = make_history([[1, 2], [3, 4]])
    videos = make_videos(3).iloc[[2, 1]]
    out = growth_metrics(videos, history)
    assert out["ad_id"].tolist() == ["v00002", "v00001"]
    assert out["v1"].tolist() == [pd.NA, 4]
    assert out.attrs["quality"]["history_of_unknown_videos"] == 1


def test_the_demo_s_revived_videos_are_found_and_no_others():
    organisation = demo_organisation()
    parts = json.loads((demo_folder() / "truth.json").read_text(encoding="utf-8"))["parts"]
    out = growth_metrics(organisation.videos, organisation.history).set_index("ad_id")
    assert set(out.index[out["revived"].fillna(value=False)]) == set(parts["revived"])
    assert (out.loc[parts["dead"], "velocity_7d"] == 0).all()


def test_half_lives_of_real_charting_videos(real_frames):
    """YouTube shorts while on a chart: half of the views at day 14 come by day 5, of those at day 30 by day 10."""
    videos, history = real_frames
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        month = growth_curves(videos, history, max_age=30).set_index("age_days")
        fortnight = growth_curves(videos, history, max_age=14).set_index("age_days")
    assert month.loc[10, "median_value"] == pytest.approx(0.51, abs=0.02)
    assert fortnight.loc[5, "median_value"] == pytest.approx(0.48, abs=0.02)
    assert fortnight.loc[14, "n_videos"] == 2553
    metrics = growth_metrics(videos, history)
    assert metrics["v30"].notna().sum() == 642
    assert metrics["revived"].fillna(value=False).sum() == 0
