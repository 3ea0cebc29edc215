"""The age curve of young videos from the vendor's growth of a day, where there is no history."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from outlier_frames import growth, histories, video_frame

from shortimize_analytics.analysis.models.age_chain import chained_curves, rises
from shortimize_analytics.analysis.outliers.ranking import rank_outliers
from shortimize_analytics.analysis.prepared import prepare


def organisation(seed, *, videos=1200, spread=0.2):
    """A thousand videos of 30 accounts that grow as the platform does, with the vendor's growth of a day in percent."""
    rng = np.random.default_rng(seed)
    account, ages = np.sort(rng.integers(0, 30, videos)), np.minimum(rng.exponential(120, videos), 700).astype(int) + 1
    luck = (rng.gamma(4, 1, videos) - 3.672) / 2 * 0.75
    frame = video_frame(account, ages=ages, log_views=rng.normal(9, 1.2, 30)[account] + luck + growth(ages))
    rise = (growth(ages) - growth(ages - 1)) * np.exp(spread * rng.standard_normal(videos))
    return frame.assign(increase_1d=pd.array(np.round(100 * np.expm1(rise), 1), dtype="Float64"))


def test_the_chain_finds_the_curve_that_the_snapshot_s_few_young_videos_hide():
    for seed in range(6):
        frame = organisation(seed)
        ages = frame["latest_updated_at"].dt.tz_localize(None).dt.normalize() - frame["uploaded_at"]
        rise = rises(frame["increase_1d"].to_numpy(dtype=float), ages.dt.days.to_numpy(), window=1)
        curve = chained_curves({1: rise}, ages.dt.days.to_numpy(), platforms=np.zeros(len(frame), dtype=int))[0]
        assert np.abs(curve.values - growth(np.arange(1, 15))) == pytest.approx(0, abs=0.16)
        assert (np.abs(curve.values - growth(np.arange(1, 15))) <= 3 * np.sqrt(curve.variance)).all()
        assert curve.values[-1] == curve.variance[-1] == 0


def test_growth_of_a_week_tells_the_first_days_of_videos_that_are_older():
    rng, ages = np.random.default_rng(0), np.repeat(np.arange(8, 21), 12)
    rise = (growth(ages) - growth(ages - 7)) * np.exp(0.2 * rng.standard_normal(len(ages)))
    curve = chained_curves({7: rise}, ages, platforms=np.zeros(len(ages), dtype=int))[0]
    assert np.abs(curve.values - growth(np.arange(1, 15))).max() < 0.16
    assert not chained_curves({7: rise}, ages - 1, platforms=ages % 2 + 8)[9].values[-1]
    assert chained_curves({7: rise}, ages + 13, platforms=ages % 2) == {}


@pytest.mark.parametrize("unit", [0.01, 1000], ids=["shares", "views"])
def test_figures_that_cannot_be_percent_are_left_alone(unit):
    frame = organisation(0)
    other = frame.assign(increase_1d=frame["increase_1d"] * unit)
    columns = ["ad_id", "mult", "mult_lo", "mult_hi"]
    without = rank_outliers(frame.drop(columns="increase_1d"))[columns]
    pd.testing.assert_frame_equal(rank_outliers(other)[columns], without)


def test_the_error_of_the_curve_is_in_the_intervals_of_young_videos():
    frame = organisation(1)
    ranked = rank_outliers(frame).dropna(subset="mult")
    width = np.log((ranked["mult_hi"] / ranked["mult_lo"]).to_numpy(dtype=float))
    young = (ranked["age_days"] <= 2).to_numpy()
    assert np.median(width[young]) > np.median(width[~young])
    plain = rank_outliers(frame.drop(columns="increase_1d")).set_index("ad_id").loc[ranked["ad_id"]]
    plain_width = np.log((plain["mult_hi"] / plain["mult_lo"]).to_numpy(dtype=float))
    assert (width[young] > plain_width[young]).mean() > 0.9


def test_growth_up_to_a_later_count_says_nothing_of_a_past_day():
    frame = organisation(2, videos=60)
    data = prepare(frame, histories(frame, days=40))
    past = data.until(dt.date(2026, 5, 20)).videos
    assert past.loc[past["latest_updated_at"] < "2026-05-21", "increase_1d"].isna().all()
    assert data.until(dt.date(2026, 5, 31)).videos["increase_1d"].notna().sum() > 40
