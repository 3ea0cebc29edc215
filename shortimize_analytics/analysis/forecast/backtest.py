"""Forecasts of the past at dates of the past, beside two plain rivals, and their scores."""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.models.conformal import MIN_CALIBRATION
from shortimize_analytics.schema import FORECAST_BACKTEST, conform

from .age_matrix import AgeMatrix, forecast_at

ORIGINS = 6
FIRST_ORIGIN, LAST_ORIGIN = 0.2, 0.9
"""Shares of the finished videos that the first and the last origin may learn from."""


def backtest_at_origins(matrix: AgeMatrix, *, ages: np.ndarray, seed: int) -> pd.DataFrame:
    """Forecast at past origins, each video once per age: at the last origin before it reached that age."""
    finished = ~np.isnan(matrix.logs[:, matrix.horizon])
    done = matrix.uploaded + matrix.horizon
    parts = []
    for start, stop in _periods(done[finished]):
        learned = finished & (done <= start)
        for age in ages[ages < matrix.horizon]:
            asked = matrix.uploaded + age
            known = ~np.isnan(matrix.logs[:, age])
            wanted = np.flatnonzero(finished & known & (asked >= start) & (asked < stop))
            if len(wanted) and (learned & known).sum() >= MIN_CALIBRATION:
                case = _tried(matrix, learned & known, wanted=wanted, age=int(age), seed=seed)
                parts.append(case.assign(model_age=age, origin=start))
    if not parts:
        return conform(pd.DataFrame({name: [] for name in FORECAST_BACKTEST.names}), FORECAST_BACKTEST)
    return _scored(pd.concat(parts, ignore_index=True), matrix.horizon)


def _periods(done: np.ndarray) -> list[tuple[float, float]]:
    """Days from one origin to the next; each origin has more finished videos to learn from."""
    if not len(done):
        return []
    places = np.quantile(done, np.linspace(FIRST_ORIGIN, LAST_ORIGIN, ORIGINS))
    days = [float(day) for day in np.unique(np.floor(places))]
    return list(zip(days, [*days[1:], np.inf], strict=True))


def _tried(matrix: AgeMatrix, learned: np.ndarray, *, wanted: np.ndarray, age: int, seed: int) -> pd.DataFrame:
    """Forecasts of one origin from one age, those of the rivals, and what came."""
    found = forecast_at(matrix, learned, wanted=wanted, age=age, seed=seed)
    start, end = matrix.logs[:, age], matrix.logs[:, matrix.horizon]
    return pd.DataFrame(
        {
            "platform": matrix.platforms[wanted],
            "truth": end[wanted],
            "logs": found["logs"],
            "half": found["half"],
            "gain_known": ~np.isnan(matrix.gain[wanted, age]),
            "naive": _last_gain(matrix, wanted, age=age),
            "growth": start[wanted] + np.median((end - start)[learned]),
        }
    )


def _last_gain(matrix: AgeMatrix, rows: np.ndarray, *, age: int) -> np.ndarray:
    """Let the last day's gain go on; where it is unknown, the mean of the days so far."""
    views = np.expm1(matrix.logs[rows, age])
    gain = matrix.gain[rows, age]
    return np.log1p(views + np.where(np.isnan(gain), views / age, np.maximum(gain, 0)) * (matrix.horizon - age))


def _scored(cases: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Score the forecasts of every platform and model age, and of all platforms together."""
    cases = cases.dropna(subset="logs")
    ratio = {name: np.exp(cases[name] - cases["truth"]) for name in ("logs", "naive", "growth")}
    scores = cases.assign(
        coverage=((cases["logs"] - cases["truth"]).abs() <= cases["half"]).astype(float),
        width=np.exp(2 * cases["half"]),
        bias=ratio["logs"],
        mdape=(ratio["logs"] - 1).abs(),
        mdape_naive=(ratio["naive"] - 1).abs(),
        mdape_growth=(ratio["growth"] - 1).abs(),
        rse=(ratio["logs"] - 1) ** 2,
        rse_naive=(ratio["naive"] - 1) ** 2,
        gain_known=cases["gain_known"].astype(float),
    )
    groups = pd.concat([scores.assign(platform="all"), scores]).groupby(["platform", "model_age"], sort=True)
    how = dict.fromkeys(("width", "bias", "mdape", "mdape_naive", "mdape_growth"), "median")
    how |= dict.fromkeys(("coverage", "gain_known", "rse", "rse_naive"), "mean")
    table = groups.agg({**how, "truth": "size", "origin": "nunique"}).reset_index()
    table = table.rename(columns={"truth": "n", "origin": "n_origins"}).assign(horizon=horizon)
    return conform(table, FORECAST_BACKTEST)
