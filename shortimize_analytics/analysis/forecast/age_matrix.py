"""Videos by age, and forecasts of some of them by what others did: shared by the forecast and its backtest."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys, regimes
from shortimize_analytics.analysis.base.constants import FORECAST_COVERAGE
from shortimize_analytics.analysis.base.digested import Digested, up_to_age
from shortimize_analytics.analysis.models.conformal import Cases, Rule, fit_rule
from shortimize_analytics.analysis.models.projection import measured_by_age, promised_growth
from shortimize_analytics.analysis.prepare import have_growth
from shortimize_analytics.analysis.unmeasured import SINCE, measured_rows
from shortimize_analytics.schema.rows import among, day_numbers, run_starts

MODEL_AGES = (1, 2, 3, 5, 7, 10, 14, 21)
SHORT_HORIZON = 14


@dataclass(frozen=True, slots=True)
class AgeMatrix:
    """Videos by age: ln views and daily gain, with account, pool (platform and way of counting) and day of upload."""

    ids: pd.Index
    logs: np.ndarray
    gain: np.ndarray
    groups: np.ndarray
    pools: np.ndarray
    platforms: np.ndarray
    uploaded: np.ndarray
    horizon: int

    @property
    def size(self) -> int:
        """Number of accounts."""
        return int(self.groups.max(initial=-1)) + 1

    def cases(self, rows: np.ndarray, age: int) -> Cases:
        """Return videos as they stood at an age."""
        start = self.logs[rows, age]
        return Cases(
            start, promised_growth(self.gain[rows, age], start, days_left=self.horizon - age), self.groups[rows]
        )


def build_age_matrix(
    ready: pd.DataFrame, rows: pd.DataFrame | Digested, *, horizon: int, min_reach: int
) -> tuple[AgeMatrix, int]:
    """Spread prepared days by age; day 14 takes the place of a horizon that too few videos reached.

    Returns
    -------
    panel, reached
        The videos by age, and how many were seen at the horizon that was asked for.
    """
    tracked = pd.Series(rows.ids) if isinstance(rows, Digested) else rows["ad_id"].iloc[run_starts(rows["ad_id"])]
    known = ready[have_growth(ready) & among(ready["ad_id"], tracked)].sort_values("ad_id")
    ids = pd.Index(known["ad_id"])
    if isinstance(rows, Digested):
        place, whole = rows.place(ids), rows.measured
        curve, gain = (up_to_age(each, horizon, name="horizon")[place] for each in (whole.curve, whole.gain))
        unmeasured = _ages_unmeasured(known, horizon)
        curve[unmeasured], gain[unmeasured] = np.nan, np.nan
    else:
        found = measured_by_age(rows, ids, max_age=horizon, kept=measured_rows(rows, ready))
        curve, gain = found.curve, found.gain
    logs = np.log1p(curve)
    reached = int((~np.isnan(logs[:, horizon])).sum())
    if reached < min_reach and horizon > SHORT_HORIZON:
        horizon = SHORT_HORIZON
    platforms = known["platform"].fillna("").astype("str")
    return (
        AgeMatrix(
            ids=ids,
            logs=logs[:, : horizon + 1],
            gain=gain[:, : horizon + 1],
            groups=pd.factorize(account_keys(known))[0],
            pools=pd.factorize(platforms + "/" + regimes(known).astype(str))[0],
            platforms=platforms.to_numpy(dtype=object),
            uploaded=day_numbers(known["uploaded_at"]).astype(np.int64),
            horizon=horizon,
        ),
        reached,
    )


def _ages_unmeasured(videos: pd.DataFrame, horizon: int) -> np.ndarray:
    """Mark the ages at which videos were not measured any more: as `measured_rows` does, for a matrix by age."""
    since = (videos[SINCE] - videos["uploaded_at"]).dt.days.to_numpy(dtype=float, na_value=np.inf)
    return np.arange(horizon + 1) >= np.where(np.isnan(since), np.inf, since)[:, None]


def model_ages(matrix: AgeMatrix) -> np.ndarray:
    """Last model age at which each video was measured; −1 without any."""
    ages = np.array([age for age in MODEL_AGES if age < matrix.horizon])
    known = ~np.isnan(matrix.logs[:, ages])
    return np.where(known.any(axis=1), ages[len(ages) - 1 - known[:, ::-1].argmax(axis=1)], -1)


def _rules(matrix: AgeMatrix, train: np.ndarray, *, age: int, seed: int) -> list[Rule]:
    """Fit what can be fitted, the best rule last: on the level, and on the gain where that leaves less."""
    cases, end = matrix.cases(train, age), matrix.logs[train, matrix.horizon]
    level, gain = (
        fit_rule(cases, end, gain=which, size=matrix.size, coverage=FORECAST_COVERAGE, seed=seed)
        for which in (False, True)
    )
    better = gain is not None and level is not None and gain.typical <= level.typical
    return [rule for rule in (level, gain if better else None) if rule is not None]


def _apply(rules: list[Rule], cases: Cases) -> dict[str, np.ndarray]:
    """Predict each video with the best rule that it has the data for."""
    count = len(cases.start)
    out = {name: np.full(count, np.nan) for name in ("logs", "below", "above", "smear", "n_cal")}
    out["gain"] = np.zeros(count, dtype=bool)
    for rule in rules:
        use = np.flatnonzero(~np.isnan(cases.rise)) if rule.gain else np.arange(count)
        out["logs"][use], out["below"][use], out["above"][use] = rule.predict(cases[use])
        out["smear"][use], out["n_cal"][use], out["gain"][use] = rule.smear, rule.n, rule.gain
    return out


def forecast_at(
    matrix: AgeMatrix, finished: np.ndarray, *, wanted: np.ndarray, age: int, seed: int
) -> dict[str, np.ndarray]:
    """Forecast videos from one age with what the finished ones of their pool tell, or those of all pools."""
    train = finished & ~np.isnan(matrix.logs[:, age])
    out: dict[str, np.ndarray] = {}
    everyone: list[Rule] | None = None
    for pool in np.unique(matrix.pools[wanted]):
        here = np.flatnonzero(matrix.pools[wanted] == pool)
        rules = _rules(matrix, np.flatnonzero(train & (matrix.pools == pool)), age=age, seed=seed)
        pooled = not rules
        if pooled:
            everyone = _rules(matrix, np.flatnonzero(train), age=age, seed=seed) if everyone is None else everyone
            rules = everyone
        for name, values in _apply(rules, matrix.cases(wanted[here], age)).items():
            out.setdefault(name, np.full(len(wanted), np.nan, dtype=values.dtype if values.dtype == bool else float))
            out[name][here] = values
        out.setdefault("pooled", np.zeros(len(wanted), dtype=bool))[here] = pooled
    return out
