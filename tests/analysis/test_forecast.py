"""Forecasts: their intervals cover what comes, they never look ahead, and they beat the rivals that are printed beside.

Organisations are simulated: growth of each account's own shape, luck that is skewed and heavy-tailed, and levels that
drift. On the YouTube shorts of 2026 the backtest at day 14 from day 1 / 3 / 7 erred by .45 / .21 / .075 (MdAPE; last
gain × days .77 / .42 / .15) and covered .82 / .79 / .81; at day 30 from day 3 / 7 / 14 by .30 / .14 / .06 (.90 / .38 /
.07) and covered .76 / .84 / .84.
"""

import json
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.regression.quantile_regression import QuantReg

from shortimize_analytics.analysis.forecast.age_matrix import build_age_matrix
from shortimize_analytics.analysis.forecast.backtest import widening
from shortimize_analytics.analysis.forecast.views import backtest_forecast, forecast_views
from shortimize_analytics.analysis.models.conformal import Cases, conformal_quantile, fit_rule
from shortimize_analytics.analysis.models.median_regression import least_deviations
from shortimize_analytics.analysis.prepared import prepare
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import FORECAST_BACKTEST, FORECASTS, HISTORY, VIDEOS, empty
from shortimize_analytics.simulator.organisation import demo_folder, demo_organisation

END = pd.Timestamp("2026-06-01")


@cache
def organisation(seed=0, *, accounts=40, videos=600, drift=0.0, days=150):
    """Videos of the last days with daily counts up to END or day 40, not lognormal; and each one's views at day 30."""
    rng = np.random.default_rng(seed)
    account = rng.integers(0, accounts, videos)
    age = np.sort(rng.integers(1, days, videos))[::-1]
    pace = rng.lognormal(1.2, 0.5, accounts)[account] * rng.lognormal(0, 0.25, videos)
    luck = rng.gamma(1.5, 0.9, videos) + rng.standard_t(3, videos) * 0.3
    level = rng.normal(8, 1.2, accounts)[account] + drift * (days - age) / days
    size = np.exp(level + luck)
    late = rng.random(videos) < 0.1  # one in ten is found by the platform a second time
    again = size * late * rng.uniform(0.2, 1.0, videos)
    ages = np.arange(41)
    curve = size[:, None] * (1 - np.exp(-(((ages + 0.5) / pace[:, None]) ** 0.7)))
    curve += again[:, None] / (1 + np.exp(-(ages - 12) / 2))
    counts = np.cumsum(rng.poisson(np.diff(curve, axis=1, prepend=0).clip(0)), axis=1)
    uploaded = END - pd.to_timedelta(age, unit="D")
    frame = empty(VIDEOS).reindex(range(videos))
    frame["ad_id"] = [f"v{row:05d}" for row in range(videos)]
    frame["linked_account_id"] = frame["username"] = [f"a{code:03d}" for code in account]
    frame["platform"], frame["uploaded_at"] = "tiktok", uploaded.astype("datetime64[us]")
    frame["video_length"] = pd.array([20] * videos, dtype="Int64")
    last = np.minimum(age, 40)
    frame["latest_views"] = pd.array(counts[np.arange(videos), last], dtype="Int64")
    frame["latest_updated_at"] = pd.Series([END] * videos).dt.tz_localize("UTC").dt.as_unit("us")
    seen = ages[None, :] <= last[:, None]
    row, day = np.nonzero(seen)
    history = pd.DataFrame(
        {
            "ad_id": frame["ad_id"].to_numpy()[row],
            "date": (uploaded[row] + pd.to_timedelta(day, unit="D")).astype("datetime64[us]"),
            "views": pd.array(counts[row, day], dtype="Int64"),
        }
    )
    return frame, history, pd.Series(counts[:, 30].astype(float), index=frame["ad_id"])


def covered(table, truth):
    known = table.dropna(subset="lo80")
    views = truth[known["ad_id"]].to_numpy()
    return ((known["lo80"] <= views) & (views <= known["hi80"])).to_numpy(dtype=bool)


def test_eighty_percent_intervals_cover_eighty_percent_though_views_are_not_lognormal():
    hits = np.concatenate([covered(forecast_views(v, h), t) for v, h, t in map(organisation, range(3))])
    assert len(hits) > 250
    assert 0.75 <= hits.mean() <= 0.85


def test_intervals_still_cover_where_accounts_grow_fivefold():
    hits = np.concatenate(
        [covered(forecast_views(v, h), t) for v, h, t in (organisation(seed, drift=1.6) for seed in range(3))]
    )
    assert 0.75 <= hits.mean() <= 0.85


@pytest.mark.parametrize("drift", [0.0, 1.6], ids=["steady accounts", "accounts that grow fivefold"])
def test_intervals_cover_as_asked_for_accounts_that_a_rule_knows_and_for_others(drift):
    """With and without the last day's gain; learnt from 25 accounts and tried on the others, or on 6 of 10 videos.

    Before the two kinds had intervals of their own, 90 % covered .80 of the videos of unknown accounts.
    """
    hits = {}
    for seed in range(6):
        videos, history, _ = organisation(seed, videos=900, drift=drift)
        data = prepare(videos, history)
        matrix, _ = build_age_matrix(data.videos, data.history, horizon=30, min_reach=0)
        rng = np.random.default_rng(seed)
        learnt = {"unknown": (rng.permutation(40) < 25)[matrix.groups], "known": rng.random(len(matrix.ids)) < 0.6}
        for age, gain, coverage in product((1, 5), (False, True), (0.8, 0.9)):
            seen = ~np.isnan(matrix.logs[:, [age, 30]]).any(axis=1)
            for kind, mask in learnt.items():
                old, new = np.flatnonzero(seen & mask), np.flatnonzero(seen & ~mask)
                end, options = matrix.logs[old, 30], {"size": matrix.size, "coverage": coverage, "seed": 0}
                rule = fit_rule(matrix.cases(old, age), end, gain=gain, **options)
                logs, below, above = rule.predict(matrix.cases(new, age))
                error = matrix.logs[new, 30] - logs
                hits.setdefault((kind, coverage), []).append((-below <= error) & (error <= above))
    for (_, coverage), found in hits.items():
        assert np.concatenate(found).mean() == pytest.approx(coverage, abs=0.05)


def test_a_tail_that_only_goes_up_makes_an_interval_longer_upwards():
    """One quantile for each side: symmetric intervals left 1 of 20 truths below and 3 of 20 above."""
    rng = np.random.default_rng(0)
    cases = Cases(rng.normal(9, 1, 4000), np.full(4000, np.nan), np.arange(4000) % 200)
    end = cases.start + 0.3 + rng.exponential(0.5, 4000)
    rule = fit_rule(cases[:2000], end[:2000], gain=False, size=200, coverage=0.8, seed=0)
    logs, below, above = rule.predict(cases[2000:])
    error = end[2000:] - logs
    assert (error < -below).mean() == pytest.approx(0.1, abs=0.03)
    assert (error > above).mean() == pytest.approx(0.1, abs=0.03)
    assert above.min() > 2 * below.max()


def test_intervals_are_widened_by_what_forecasts_of_the_past_had_missed():
    rng = np.random.default_rng(1)
    cases = pd.DataFrame({"truth": rng.standard_t(3, 4000), "logs": 0.0, "below": 9.0, "above": 0.4})
    down, up = widening(cases)
    assert down == 1
    assert (cases["truth"] > up * cases["above"]).mean() == pytest.approx(0.1, abs=0.001)
    assert widening(cases.head(99)) == (1, 1)


def test_expected_views_may_be_summed_and_medians_may_not():
    """Summed over organisations, the smeared means come within 15 % of the truth; medians fall short of the means."""
    tables = [(forecast_views(v, h, horizon=30), t) for v, h, t in map(organisation, range(3))]
    early = [(table[table["model_age"] <= 3].dropna(subset="pred"), truth) for table, truth in tables]
    mean, median, true = (
        sum(float(part.sum()) for part in parts)
        for parts in (
            [table["pred_mean"] for table, _ in early],
            [table["pred"] for table, _ in early],
            [truth[table["ad_id"]] for table, truth in early],
        )
    )
    assert mean == pytest.approx(true, rel=0.15)
    assert median < mean


def test_the_backtest_covers_as_asked_and_beats_both_rivals():
    videos, history, _ = organisation(0, videos=1500)
    found = backtest_forecast(videos, history)
    everything = found[found["platform"] == "all"].set_index("model_age")
    assert everything.index.tolist() == [1, 2, 3, 5, 7, 10, 14, 21]
    assert np.average(everything["coverage"], weights=everything["n"]) == pytest.approx(0.8, abs=0.05)
    assert (everything["mdape"] < everything["mdape_naive"]).all()
    assert (everything["mdape"] < everything["mdape_growth"]).all()
    assert (everything["n_origins"] >= 4).all()
    assert everything["mdape"].is_monotonic_decreasing


def test_the_backtest_knows_nothing_of_what_came_after_its_origin():
    """The oldest third grew tenfold after day 7, nothing since does: what learned from them alone must be far too high.

    A rule that saw all videos would follow the other two thirds, and hardly err.
    """
    videos, history, _ = organisation(3, videos=900)
    rows = history.merge(videos[["ad_id", "uploaded_at"]], on="ad_id")
    age = (rows["date"] - rows["uploaded_at"]).dt.days
    old = rows["uploaded_at"] < videos["uploaded_at"].quantile(0.3)
    boosted = history.assign(views=(rows["views"] * np.where(old & (age > 7), 10, 1)).to_numpy())
    found = backtest_forecast(videos, boosted).set_index(["platform", "model_age"])
    assert found.loc[("all", 7), "rse"] > 10


def test_columns_follow_the_schema_and_forecasts_stay_above_the_newest_count():
    videos, history, _ = organisation(1)
    out = forecast_views(videos, history)
    assert list(out) == FORECASTS.names
    known = out.dropna(subset="pred")
    for name in ("lo80", "pred", "hi80", "pred_mean"):
        assert (known[name] >= known["views"]).all()
    assert (known["lo80"] <= known["pred"]).all()
    assert (known["pred"] <= known["hi80"]).all()
    assert known["pred"].is_monotonic_decreasing
    assert (known["model_age"] <= known["age_days"]).all()
    assert (out["age_days"] < 30).all()
    json.dumps(out.attrs)
    quality = out.attrs["quality"]
    assert len(out) + quality["past_horizon"] == len(videos)
    assert out.attrs["reached"] == (videos["uploaded_at"] <= END - pd.Timedelta(days=30)).sum()


def test_with_few_finished_videos_day_fourteen_is_forecast_and_said():
    videos, history, _ = organisation(2, videos=260)
    out = forecast_views(videos, history)
    assert out.attrs["horizon"] == 14
    assert (out["horizon"] == 14).all()
    assert out["notes"].str.endswith("short_horizon").all()
    assert forecast_views(videos, history, min_reach=50).attrs["horizon"] == 30


def test_too_few_videos_give_no_forecast_and_say_why():
    videos, history, _ = organisation(2, videos=60)
    young = videos["uploaded_at"] > END - pd.Timedelta(days=14)
    few = videos[young | (videos.index < 12)]
    lone = few.tail(1).assign(ad_id="lone")
    out = forecast_views(pd.concat([few, lone]), history[history["ad_id"].isin(few["ad_id"])]).set_index("ad_id")
    assert out["pred"].isna().all()
    assert out.loc["lone", "notes"].startswith("no_history")
    assert out["notes"].str.contains("too_few").any()
    assert out["n_cal"].isna().all()


def test_a_platform_of_its_own_is_fitted_apart_and_a_small_one_pooled():
    videos, history, _ = organisation(0)
    small = videos["linked_account_id"].isin(["a001", "a002"])
    mixed = videos.assign(platform=np.where(small, "facebook", "tiktok"))
    out = forecast_views(mixed, history)
    pooled = out["notes"].str.contains("pooled")
    assert (out["platform"][pooled] == "facebook").all()
    assert not pooled[out["platform"] == "tiktok"].any()


def test_shuffled_rows_give_the_identical_table_and_ten_times_the_views_ten_times_the_forecast():
    videos, history, _ = organisation(4, videos=500)
    straight = forecast_views(videos, history)
    shuffled = forecast_views(videos.sample(frac=1, random_state=1), history.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(straight, shuffled)
    large = videos.assign(latest_views=videos["latest_views"] * 10)
    ten = forecast_views(large, history.assign(views=history["views"] * 10)).set_index("ad_id")
    one = straight[straight["views"] > 2000].set_index("ad_id").dropna(subset="pred")
    ratio = ten.loc[one.index, "pred"] / one["pred"]
    assert ratio.to_numpy(dtype=float) == pytest.approx(10, rel=0.02)


def test_a_forecast_of_a_day_that_has_passed_is_flagged():
    frame, history, _ = organisation()
    stale = frame.loc[frame["uploaded_at"] == END - pd.Timedelta(days=60), "ad_id"].iloc[0]
    fresh = frame.loc[frame["uploaded_at"] == END - pd.Timedelta(days=5), "ad_id"].iloc[0]
    first = history[history["ad_id"] == stale].iloc[:8]
    frame = frame.set_index("ad_id")
    frame.loc[stale, "latest_views"] = first["views"].iloc[-1]
    frame.loc[stale, "latest_updated_at"] = first["date"].iloc[-1].tz_localize("UTC")
    kept = pd.concat([history[history["ad_id"] != stale], first]).sort_values(["ad_id", "date"], ignore_index=True)
    found = forecast_views(frame.reset_index(), kept).set_index("ad_id")
    assert found.loc[stale, "notes"].split(",")[-1] == "overdue"
    assert found.loc[stale, "pred"] > 0
    assert "overdue" not in found.loc[fresh, "notes"]


def test_an_empty_organisation_has_an_empty_forecast_and_backtest():
    assert list(forecast_views(empty(VIDEOS), empty(HISTORY))) == FORECASTS.names
    assert list(backtest_forecast(empty(VIDEOS), empty(HISTORY))) == FORECAST_BACKTEST.names
    videos, _, _ = organisation(1)
    out = forecast_views(videos, empty(HISTORY))
    assert (out["notes"].str.startswith("no_history")).all()


@pytest.mark.parametrize("options", [{"horizon": 1}, {"horizon": 999}, {"min_reach": -1}])
def test_a_bad_parameter_is_named(options):
    with pytest.raises(InvalidParameterError, match=next(iter(options))):
        forecast_views(empty(VIDEOS), empty(HISTORY), **options)


@given(st.integers(1, 60), st.sampled_from([0.5, 0.8, 0.9]))
def test_the_conformal_quantile_is_the_value_at_its_rank_or_infinite(n, coverage):
    errors = np.random.default_rng(n).permutation(np.arange(1.0, n + 1))
    rank = int(np.ceil((n + 1) * coverage))
    assert conformal_quantile(errors, coverage) == (rank if rank <= n else np.inf)


def test_a_rule_gives_an_account_back_what_its_videos_have_in_common():
    """Accounts that are alike inside and differ outside: known ones are met within the noise, strangers not."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 8)
    start = rng.normal(9, 1, len(groups))
    end = start + 1 + rng.normal(0, 0.5, 40)[groups] + rng.normal(0, 0.05, len(groups))
    cases = Cases(start, np.full(len(start), np.nan), groups)
    rule = fit_rule(cases, end, gain=False, size=41, coverage=0.8, seed=0)
    assert rule.typical < 0.06
    logs, _, _ = rule.predict(Cases(np.array([9.0, 9.0]), np.full(2, np.nan), np.array([0, 40])))
    assert logs[0] == pytest.approx(9 + np.mean((end - start)[groups == 0]), abs=0.1)
    assert logs[1] == pytest.approx(10, abs=0.25)
    assert fit_rule(cases, end, gain=True, size=41, coverage=0.8, seed=0) is None


@pytest.mark.parametrize("n", [30, 90, 400])
def test_median_regression_is_that_of_statsmodels_for_all_rows_and_for_each_selection(n):
    rng = np.random.default_rng(n)
    start, rise = rng.normal(9, 2, n), rng.exponential(0.5, n)
    design = np.column_stack([np.ones(n), start, rise, rise**2])
    end = start + 0.5 * rise + rng.standard_t(3, n) * 0.3 * rng.random(n)
    use = np.arange(n) % 3 != np.arange(-1, 3)[:, None]
    for rows, slopes in zip(use, least_deviations(design, end, use=use), strict=True):
        best = QuantReg(end[rows], design[rows]).fit(q=0.5, p_tol=1e-10, max_iter=5000).params
        assert design @ slopes == pytest.approx(design @ best, abs=0.02)
        deviations = [np.abs(end - design @ found)[rows].sum() for found in (slopes, best)]
        assert deviations[0] <= deviations[1] * 1.0005


def test_median_regression_copes_with_a_column_that_never_changes():
    """Videos at rest: no rise at all, which leaves two of the four columns empty."""
    start = np.linspace(5, 9, 40)
    design = np.column_stack([np.ones(40), start, np.zeros(40), np.zeros(40)])
    use = np.stack([np.ones(40), start > 6]).astype(bool)
    assert design @ least_deviations(design, start + 0.5, use=use).T == pytest.approx(np.stack([start + 0.5] * 2).T)


def test_the_demo_is_forecast_near_its_planted_truth():
    """Level × luck × labels says what each video should have at day 30; revived and dead videos are past it."""
    demo = demo_organisation()
    out = forecast_views(demo.videos, demo.history)
    parts = json.loads((demo_folder() / "truth.json").read_text(encoding="utf-8"))["parts"]
    assert out.attrs["horizon"] == 30
    assert not set(out["ad_id"]) & {*parts["revived"], *parts["dead"], *parts["removed"], *parts["private"]}
    backtest = pd.DataFrame(out.attrs["backtest"]).query("platform == 'all'").set_index("model_age")
    assert (backtest["mdape"] < backtest["mdape_naive"]).all()
    assert backtest.loc[7, "mdape"] < 0.1


def test_real_shorts_are_forecast_as_well_as_measured(real_frames):
    videos, history = real_frames
    month = backtest_forecast(videos, history).query("platform == 'all'").set_index("model_age")
    fortnight = backtest_forecast(videos, history, horizon=14).query("platform == 'all'").set_index("model_age")
    assert fortnight.loc[[1, 3, 7], "mdape"].tolist() == pytest.approx([0.45, 0.21, 0.075], abs=0.02)
    assert month.loc[[3, 7, 14], "mdape"].tolist() == pytest.approx([0.30, 0.14, 0.06], abs=0.02)
    assert pd.concat([month, fortnight])["coverage"].between(0.75, 0.86).all()
