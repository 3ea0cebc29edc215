"""Growth laws: NIST's certified fits, known curves found again, and final values that are not claimed too early.

Data and certified figures of BoxBOD, Rat42 and Rat43 are those that the tests of the GNU Scientific Library and of
Eigen hold, too (compared digit by digit).
"""

import numpy as np
import pandas as pd
import pytest

from shortimize_analytics.analysis.growth.fits import (
    LAWS,
    aicc,
    fit_growth,
    least_squares,
    log_gompertz,
    log_power,
    log_richards,
    log_stretched,
)
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import GROWTH_FITS, HISTORY, VIDEOS, empty

START = pd.Timestamp("2026-01-01")
BOXBOD = ([1, 2, 3, 5, 7, 10], [109, 149, 149, 191, 213, 224])
RAT42 = ([9, 14, 21, 28, 42, 57, 63, 70, 79], [8.93, 10.8, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08])
RAT43 = (
    list(range(1, 16)),
    [16.08, 33.83, 65.8, 97.2, 191.55, 326.2, 386.87, 520.53, 590.03, 651.92, 724.93, 699.56, 689.96, 637.56, 717.41],
)


def on_views(log_curve):
    """The same curve in views: NIST fits counts, we fit their logarithm."""
    return lambda t, *parameters: np.exp(log_curve(t, *parameters))


def certified(log_curve, *, data, guesses):
    x, y = (np.array(values, dtype=float) for values in data)
    curve = on_views(log_curve)
    found = least_squares(curve, x, y, guesses)
    return found, ((y - curve(x, *found)) ** 2).sum()


def test_the_stretched_exponential_at_shape_one_gives_nist_boxbod():
    (log_k, log_b), rss = certified(
        lambda t, log_k, log_b: log_stretched(t, log_k, log_b, 0.0),
        data=BOXBOD,
        guesses=[[np.log(100), np.log(1 / 0.75)]],
    )
    assert np.exp(log_k) == pytest.approx(213.80940889, rel=1e-5)
    assert np.exp(-log_b) == pytest.approx(0.54723748542, rel=1e-5)
    assert rss == pytest.approx(1168.0088766, rel=1e-8)


def test_richards_at_shape_one_gives_nist_rat42():
    (log_k, b, log_c), rss = certified(
        lambda t, log_k, b, log_c: log_richards(t, log_k, b, log_c, 0.0),
        data=RAT42,
        guesses=[[np.log(75), 2.5, np.log(0.07)]],
    )
    assert np.exp(log_k) == pytest.approx(72.462237576, rel=1e-6)
    assert b == pytest.approx(2.6180768402, rel=1e-6)
    assert np.exp(log_c) == pytest.approx(0.067359200066, rel=1e-6)
    assert rss == pytest.approx(8.0565229338, rel=1e-8)


def test_richards_gives_nist_rat43():
    (log_k, b, log_c, log_d), rss = certified(
        log_richards, data=RAT43, guesses=[[np.log(700), 5.0, np.log(0.75), np.log(1.3)]]
    )
    assert np.exp(log_k) == pytest.approx(699.64151270, rel=1e-5)
    assert b == pytest.approx(5.2771253025, rel=1e-4)
    assert np.exp(log_c) == pytest.approx(0.75962938329, rel=1e-4)
    assert np.exp(log_d) == pytest.approx(1.2792483859, rel=1e-4)
    assert rss == pytest.approx(8786.4049080, rel=1e-8)


def frames(*series):
    ids = [f"v{row}" for row in range(len(series))]
    parts = [
        pd.DataFrame(
            {
                "ad_id": ad_id,
                "date": pd.date_range(START, periods=len(views)).as_unit("us"),
                "views": pd.array(np.round(views).astype(np.int64), dtype="Int64"),
            }
        )
        for ad_id, views in zip(ids, series, strict=True)
    ]
    uploaded = pd.Series([START] * len(ids)).dt.as_unit("us")
    videos = pd.DataFrame({"ad_id": ids, "platform": "tiktok", "uploaded_at": uploaded, "latest_views": 1})
    return videos, pd.concat(parts)


CURVES = {
    "stretched": (log_stretched, [np.log(4e6), np.log(6.0), np.log(0.7)]),
    "gompertz": (log_gompertz, [np.log(4e6), np.log(3.0), np.log(0.25)]),
    "richards": (log_richards, [np.log(4e6), 2.0, np.log(0.4), np.log(0.6)]),
    "power": (log_power, [np.log(9e4), 0.6]),
}


@pytest.mark.parametrize("model", CURVES)
def test_a_curve_of_known_law_is_told_from_the_others_and_read_back(model):
    curve, parameters = CURVES[model]
    days = np.arange(1, 91, dtype=float)
    videos, history = frames(np.r_[0, np.exp(curve(days, *parameters))])
    table = fit_growth(videos, history).set_index("model")
    assert table.index[table["best"]].tolist() == [model]
    mine = table.loc[model]
    assert mine["scale"] == pytest.approx(np.exp(parameters[0]), rel=1e-3)
    assert mine["rmse"] < 1e-4
    if model == "power":
        assert pd.isna(mine["k"])
        assert mine["notes"] == "unidentified"
        assert mine["b"] == pytest.approx(0.6, rel=1e-4)
    else:
        assert mine["k"] == mine["scale"]
        assert float(np.exp(curve(np.array([mine["t50"]]), *parameters))[0]) == pytest.approx(2e6, rel=2e-3)


def test_a_final_value_is_not_claimed_before_three_half_lives():
    days = np.arange(0, 61, dtype=float)
    views = 1e7 * (1 - np.exp(-days / 20))  # half of the views come by day 13.9
    early, late = (fit_growth(*frames(views[:stop]), model="stretched").iloc[0] for stop in (40, 60))
    assert pd.isna(early["k"])
    assert early["notes"] == "unidentified"
    assert early["scale"] == pytest.approx(1e7, rel=0.01)
    assert late["k"] == pytest.approx(1e7, rel=0.01)
    assert late["t50"] == pytest.approx(20 * np.log(2), rel=0.01)


def test_fewer_than_eight_measured_days_are_not_fitted():
    views = 1000 * np.arange(1, 40) ** 0.5
    table = fit_growth(*frames(views[:8], views[:9]), model="power")  # the day of upload is not counted
    assert table["n_days"].tolist() == [7, 8]
    assert table["notes"].tolist() == ["few_days", "unidentified"]
    assert table["b"].isna().tolist() == [True, False]
    assert table["best"].isna().tolist() == [True, False]
    assert table.attrs["quality"]["few_days"] == 1


def test_interpolated_days_are_no_evidence():
    views = 5e5 * (1 - np.exp(-np.arange(40) / 6))
    views[10:31] = np.linspace(views[10], views[30], 21)
    table = fit_growth(*frames(views), model="stretched")
    assert table["n_days"].iloc[0] == 39 - 19
    assert table["k"].iloc[0] == pytest.approx(5e5, rel=0.01)


def test_aicc_adds_the_small_sample_term():
    """n ln(RSS/n) + 2p + 2p(p + 1)/(n − p − 1), p counting the variance: 10 points, 2 parameters, RSS 10 give 10."""
    assert aicc(10.0, 10, parameters=2) == pytest.approx(6 + 24 / 6)


def test_every_video_comes_back_also_without_history_and_ten_times_the_views_scale_k():
    days = np.arange(60)
    videos, history = frames(1e6 * (1 - np.exp(-days / 5)))
    videos = pd.concat([videos.assign(ad_id="lone"), videos], ignore_index=True)
    one = fit_growth(videos, history)
    assert one["ad_id"].tolist() == ["lone"] * len(LAWS) + ["v0"] * len(LAWS)
    assert one["notes"].iloc[0] == "few_days"
    ten = fit_growth(videos, history.assign(views=history["views"] * 10))
    assert ten["k"].iloc[4] == pytest.approx(10 * one["k"].iloc[4], rel=1e-4)
    assert ten["t50"].iloc[4] == pytest.approx(one["t50"].iloc[4], rel=1e-3)


def test_empty_frames_give_an_empty_table_and_an_unknown_model_is_named():
    nothing = fit_growth(empty(VIDEOS), empty(HISTORY))
    assert list(nothing) == GROWTH_FITS.names
    assert nothing.empty
    with pytest.raises(InvalidParameterError, match="weibull"):
        fit_growth(empty(VIDEOS), empty(HISTORY), model="weibull")
