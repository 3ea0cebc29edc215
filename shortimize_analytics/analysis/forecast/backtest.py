"""Forecasts of the past at dates of the past, beside two plain rivals, and their scores."""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.models.conformal import MIN_CALIBRATION
from shortimize_analytics.schema import FORECAST_BACKTEST, conform

from .age_matrix import Panel, forecast_at

ORIGINS = 6
FIRST_ORIGIN, LAST_ORIGIN = 0.2, 0.9
"""Shares of the finished videos that the first and the last origin may learn from."""


def roll(panel: Panel, *, ages: np.ndarray, seed: int) -> pd.DataFrame:
    """Score forecasts made at past origins, see `tried_cases`."""
    return score(tried_cases(panel, ages=ages, seed=seed), panel.horizon)


def tried_cases(panel: Panel, *, ages: np.ndarray, seed: int) -> pd.DataFrame:
    """Forecast at past origins, each video once per age: at the last origin before it reached that age.

    Returns
    -------
    DataFrame
        One row per forecast: `platform`, `account` (number), `model_age` (days), `origin` (day), and as ln(1 + views)
        `truth`, `logs` (the forecast), `naive` and `growth` (the rivals); `half` (of the interval's width, ln) and
        `gain_known`.
    """
    finished = ~np.isnan(panel.logs[:, panel.horizon])
    done = panel.uploaded + panel.horizon
    parts = []
    for start, stop in _periods(done[finished]):
        learned = finished & (done <= start)
        for age in ages[ages < panel.horizon]:
            asked = panel.uploaded + age
            known = ~np.isnan(panel.logs[:, age])
            wanted = np.flatnonzero(finished & known & (asked >= start) & (asked < stop))
            if len(wanted) and (learned & known).sum() >= MIN_CALIBRATION:
                case = _tried(panel, learned & known, wanted=wanted, age=int(age), seed=seed)
                parts.append(case.assign(model_age=age, origin=start))
    if not parts:
        return pd.DataFrame(columns=[*_CASE, "model_age", "origin"])
    return pd.concat(parts, ignore_index=True).dropna(subset="logs")


_CASE = ("platform", "account", "truth", "logs", "half", "gain_known", "naive", "growth")


def _periods(done: np.ndarray) -> list[tuple[float, float]]:
    """Days from one origin to the next; each origin has more finished videos to learn from."""
    if not len(done):
        return []
    places = np.quantile(done, np.linspace(FIRST_ORIGIN, LAST_ORIGIN, ORIGINS))
    days = [float(day) for day in np.unique(np.floor(places))]
    return list(zip(days, [*days[1:], np.inf], strict=True))


def _tried(panel: Panel, learned: np.ndarray, *, wanted: np.ndarray, age: int, seed: int) -> pd.DataFrame:
    """Forecasts of one origin from one age, those of the rivals, and what came."""
    found = forecast_at(panel, learned, wanted=wanted, age=age, seed=seed)
    start, end = panel.logs[:, age], panel.logs[:, panel.horizon]
    return pd.DataFrame(
        {
            "platform": panel.platforms[wanted],
            "account": panel.groups[wanted],
            "truth": end[wanted],
            "logs": found["logs"],
            "half": found["half"],
            "gain_known": ~np.isnan(panel.gain[wanted, age]),
            "naive": _last_gain(panel, wanted, age=age),
            "growth": start[wanted] + np.median((end - start)[learned]),
        }
    )


def _last_gain(panel: Panel, rows: np.ndarray, *, age: int) -> np.ndarray:
    """Let the last day's gain go on; where it is unknown, the mean of the days so far."""
    views = np.expm1(panel.logs[rows, age])
    gain = panel.gain[rows, age]
    return np.log1p(views + np.where(np.isnan(gain), views / age, np.maximum(gain, 0)) * (panel.horizon - age))


def score(cases: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Score the forecasts of every platform and model age, and of all platforms together."""
    if cases.empty:
        return conform(pd.DataFrame({name: [] for name in FORECAST_BACKTEST.names}), FORECAST_BACKTEST)
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
