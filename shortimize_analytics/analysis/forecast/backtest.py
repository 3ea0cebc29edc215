"""Forecasts of the past at dates of the past, beside two plain rivals, and their scores."""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.constants import FORECAST_COVERAGE
from shortimize_analytics.analysis.models.conformal import MIN_CALIBRATION, conformal_quantile
from shortimize_analytics.schema import FORECAST_BACKTEST, conform

from .age_matrix import AgeMatrix, forecast_at

ORIGINS = 6
MIN_TRIED = 100
"""Past forecasts from which it shows whether intervals hold."""
MAX_REACH = 30.0
TINY = 1e-9
FIRST_ORIGIN, LAST_ORIGIN = 0.2, 0.9
"""Shares of the finished videos that the first and the last origin may learn from."""


def backtest_at_origins(matrix: AgeMatrix, *, ages: np.ndarray, seed: int) -> pd.DataFrame:
    """Score forecasts made at past origins, see `tried_cases`."""
    return score(tried_cases(matrix, ages=ages, seed=seed), matrix.horizon)


def tried_cases(matrix: AgeMatrix, *, ages: np.ndarray, seed: int) -> pd.DataFrame:
    """Forecast at past origins, each video once per age: at the last origin before it reached that age.

    Returns
    -------
    DataFrame
        One row per forecast: `platform`, `account` (number), `model_age` (days), `origin` (day), and as ln(1 + views)
        `truth`, `logs` (the forecast), `naive` and `growth` (the rivals); `below` and `above` (reach of the interval,
        ln, before it was widened by the factors `down` and `up`), `gain_known` and `done` (day on which the truth was
        known).
    """
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
        return pd.DataFrame(columns=[*_CASE, "model_age", "origin"])
    return _widened_in_turn(pd.concat(parts, ignore_index=True).dropna(subset="logs"))


_CASE = (
    "platform",
    "account",
    "truth",
    "logs",
    "below",
    "above",
    "gain_known",
    "done",
    "naive",
    "growth",
    "down",
    "up",
)


def _widened_in_turn(cases: pd.DataFrame) -> pd.DataFrame:
    """Add the factors by which the intervals of each origin were widened: what the forecasts before it had missed."""
    factors = {origin: widening(cases[(cases["done"] <= origin).to_numpy()]) for origin in np.unique(cases["origin"])}
    down, up = np.array([factors[origin] for origin in cases["origin"]]).reshape(-1, 2).T
    return cases.assign(down=down, up=up)


def widening(cases: pd.DataFrame) -> tuple[float, float]:
    """Return the factors, at least 1, by which intervals must reach further down and up to hold what they promise.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.forecast.backtest import widening
    >>> errors = np.linspace(-1, 3, 401)
    >>> cases = pd.DataFrame({"truth": errors, "logs": 0.0, "below": 1.0, "above": 1.0})
    >>> tuple(round(factor, 1) for factor in widening(cases))
    (1.0, 2.6)
    """
    if len(cases) < MIN_TRIED:
        return 1.0, 1.0
    error = (cases["truth"] - cases["logs"]).to_numpy(dtype=float)
    reach = {side: np.maximum(cases[side].to_numpy(dtype=float), TINY) for side in ("below", "above")}
    level = (1 + FORECAST_COVERAGE) / 2
    down, up = (conformal_quantile(signed, level) for signed in (-error / reach["below"], error / reach["above"]))
    return max(1.0, down), max(1.0, up)


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
            "account": matrix.groups[wanted],
            "truth": end[wanted],
            "logs": found["logs"],
            "below": found["below"],
            "above": found["above"],
            "gain_known": ~np.isnan(matrix.gain[wanted, age]),
            "done": matrix.uploaded[wanted] + matrix.horizon,
            "naive": _last_gain(matrix, wanted, age=age),
            "growth": start[wanted] + np.median((end - start)[learned]),
        }
    )


def _last_gain(matrix: AgeMatrix, rows: np.ndarray, *, age: int) -> np.ndarray:
    """Let the last day's gain go on; where it is unknown, the mean of the days so far."""
    views = np.expm1(matrix.logs[rows, age])
    gain = matrix.gain[rows, age]
    return np.log1p(views + np.where(np.isnan(gain), views / age, np.maximum(gain, 0)) * (matrix.horizon - age))


def widened(reach: pd.Series, factor: pd.Series | float) -> pd.Series:
    """Widen one side of intervals; no views grow by e³⁰, so that no side reaches farther."""
    return (reach * factor).clip(upper=MAX_REACH)


def score(cases: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Score the forecasts of every platform and model age, and of all platforms together."""
    if cases.empty:
        return conform(pd.DataFrame({name: [] for name in FORECAST_BACKTEST.names}), FORECAST_BACKTEST)
    ratio = {name: np.exp(cases[name] - cases["truth"]) for name in ("logs", "naive", "growth")}
    error = cases["truth"] - cases["logs"]
    below, above = widened(cases["below"], cases["down"]), widened(cases["above"], cases["up"])
    scores = cases.assign(
        coverage=((-error <= below) & (error <= above)).astype(float),
        width=np.exp(below + above),
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
