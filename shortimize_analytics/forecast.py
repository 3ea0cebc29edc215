"""What young videos will have at day 30, how sure that is, and how such forecasts did in the past.

Definitions
-----------
model age
    The largest of 1, 2, 3, 5, 7, 10, 14 and 21 days at which the video was measured: the forecast starts there. What
    came later only bounds it from below.
forecast
    Median of L(H) = ln(1 + V(H)), by a regression through the median on L(h), and on what the last day's gain promises
    where that gain is known; plus the part of the account's own errors that repeats. See `_conformal`.
lo80, hi80
    Interval that covers 80 % of new videos without assuming a distribution, calibrated on videos of other accounts.
backtest
    The same at six past dates: trained on videos that were H days old by then, tried on videos whose day h came after.
    Its rivals are the median growth multiple, and the last day's gain times the days left.

Pitfalls: forecasts are medians, and medians must not be summed: for totals there is `pred_mean`. A forecast from day 1
is a guess within a factor of two or three, as its interval says. Rules are fitted on the user's own data and hold while
the platform and the accounts go on as before; the backtest tells how well they did.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ._conformal import MIN_CALIBRATION, Cases, Rule, fit_rule
from ._projection import comparable, promise
from ._series import by_age
from .errors import InvalidParameterError
from .prepare import account_keys, prepare_history, prepare_videos, regimes
from .schema import FORECAST_BACKTEST, FORECASTS, conform

MODEL_AGES = (1, 2, 3, 5, 7, 10, 14, 21)
COVERAGE = 0.80
SHORT_HORIZON = 14
ORIGINS = 6
FIRST_ORIGIN, LAST_ORIGIN = 0.2, 0.9
"""Shares of the finished videos that the first and the last origin of the backtest may learn from."""
LONGEST_HORIZON = 365


@dataclass(frozen=True, slots=True)
class _Panel:
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
        return int(self.groups.max(initial=-1)) + 1

    def cases(self, rows: np.ndarray, age: int) -> Cases:
        start = self.logs[rows, age]
        return Cases(start, promise(self.gain[rows, age], start, self.horizon - age), self.groups[rows])


def forecast_views(
    videos: pd.DataFrame, history: pd.DataFrame, *, horizon: int = 30, min_reach: int = 300, seed: int = 0
) -> pd.DataFrame:
    """Forecast the views that videos will have at an age they have not reached.

    Parameters
    ----------
    videos
        Frame of `load_videos`; removed and private videos take no part.
    history
        Frame of `load_history`, raw or prepared.
    horizon
        Age to forecast (days, 2 to 365).
    min_reach
        Videos that must have been seen at the horizon; with fewer, and a horizon beyond 14 days, day 14 is forecast
        instead and flagged `short_horizon`.
    seed
        Deals accounts into folds for calibration.

    Returns
    -------
    DataFrame
        One row per usable video younger than the horizon, highest forecast first. See `schema.FORECASTS`. `pred` and
        its interval are NA, and `flags` says why, where no count at a model age was measured or fewer than 30 videos
        were seen at both ages. `attrs` has `horizon`, `reached` (videos seen at it), `backtest` (the rows of
        `backtest_forecast`), and in `quality` the videos left out.

    Raises
    ------
    InvalidParameterError
        For a horizon or `min_reach` out of range.

    Notes
    -----
    Flags: gain (last day's gain known) or level, pooled (fitted over all platforms: fewer than 30 videos of its own),
    short_horizon, no_history, too_young (not yet measured at an age of 1 day), too_few.

    References
    ----------
    Log-linear growth: G. Szabo and B. Huberman, Communications of the ACM 53 (2010) 80-88. Cross-conformal intervals:
    V. Vovk, Ann. Math. Artif. Intell. 74 (2015) 9-28. Smearing: N. Duan, J. Am. Stat. Assoc. 78 (1983) 605-610.

    Examples
    --------
    >>> from shortimize_analytics.forecast import forecast_views
    >>> from shortimize_analytics.simulator import demo_organisation
    >>> demo = demo_organisation()
    >>> found = forecast_views(demo.videos, demo.history)
    >>> found.attrs["horizon"]
    30
    >>> bool((found["lo80"] <= found["pred"]).all())
    True
    """
    _check(horizon=horizon, min_reach=min_reach)
    ready = prepare_videos(videos)
    panel, rows, reached = _panel(ready, history, horizon=horizon, min_reach=min_reach)
    young = ready[_usable(ready) & (ready["age_days"] < panel.horizon).fillna(value=False).to_numpy(dtype=bool)]
    row = panel.ids.get_indexer(young["ad_id"])
    start_age = np.where(row >= 0, _model_ages(panel)[row], -1)
    table = _predictions(panel, row, start_age, seed=seed)
    backtest = _backtest(panel, ages=np.unique(start_age[start_age > 0]), seed=seed)
    table = _complete(table, young, panel, start_age, row, short=panel.horizon < horizon)
    table = _with_backtest(table, backtest).sort_values(["pred", "ad_id"], ascending=[False, True], ignore_index=True)
    out = conform(table, FORECASTS)
    quality = {
        **rows.attrs.get("quality", {}),
        "past_horizon": int((ready["age_days"] >= panel.horizon).sum()),
        "excluded": ready.attrs["quality"]["excluded"],
        "without_forecast": int(out["pred"].isna().sum()),
    }
    out.attrs = {
        **videos.attrs,
        "table": FORECASTS.name,
        "params": {"horizon": horizon, "min_reach": min_reach, "seed": seed},
        "horizon": panel.horizon,
        "reached": reached,
        "backtest": backtest.astype(object).where(backtest.notna(), None).to_dict("records"),
        "quality": quality,
    }
    return out


def backtest_forecast(
    videos: pd.DataFrame, history: pd.DataFrame, *, horizon: int = 30, min_reach: int = 300, seed: int = 0
) -> pd.DataFrame:
    """Repeat the forecast at past dates and compare it with what came, beside two plain rivals.

    Parameters
    ----------
    videos, history, horizon, min_reach, seed
        As in `forecast_views`.

    Returns
    -------
    DataFrame
        One row per platform and model age, and per model age over all platforms ("all"). See
        `schema.FORECAST_BACKTEST`. Empty when no video finished before another began.

    Raises
    ------
    InvalidParameterError
        For a horizon or `min_reach` out of range.

    References
    ----------
    Rolling origin: L. J. Tashman, Int. J. Forecasting 16 (2000) 437-450. Relative squared error: G. Szabo and B.
    Huberman, Communications of the ACM 53 (2010) 80-88.

    Examples
    --------
    >>> from shortimize_analytics.forecast import backtest_forecast
    >>> from shortimize_analytics.simulator import demo_organisation
    >>> demo = demo_organisation()
    >>> found = backtest_forecast(demo.videos, demo.history)
    >>> week = found[(found["platform"] == "all") & (found["model_age"] == 7)]
    >>> bool((week["mdape"] < week["mdape_naive"]).all())
    True
    """
    _check(horizon=horizon, min_reach=min_reach)
    panel, _, reached = _panel(prepare_videos(videos), history, horizon=horizon, min_reach=min_reach)
    out = _backtest(panel, ages=np.array(MODEL_AGES), seed=seed)
    out.attrs = {**videos.attrs, "table": FORECAST_BACKTEST.name, "horizon": panel.horizon, "reached": reached}
    return out


def _check(*, horizon: int, min_reach: int) -> None:
    if not 2 <= horizon <= LONGEST_HORIZON:
        raise InvalidParameterError(
            f"horizon={horizon} is out of range; choose 2 to {LONGEST_HORIZON} days, usually 30"
        )
    if min_reach < 0:
        raise InvalidParameterError(f"min_reach={min_reach} is below 0; pass how many videos must have got that far")


def _usable(ready: pd.DataFrame) -> np.ndarray:
    return (~ready["excluded"].isin(["removed", "private", "duplicate_row", "no_upload_date"])).to_numpy(dtype=bool)


def _panel(
    ready: pd.DataFrame, history: pd.DataFrame, *, horizon: int, min_reach: int
) -> tuple[_Panel, pd.DataFrame, int]:
    """Spread the history by age; day 14 takes the place of a horizon that too few videos reached."""
    rows = prepare_history(history, ready)
    known = ready[_usable(ready) & ready["ad_id"].isin(rows["ad_id"]).to_numpy()].sort_values("ad_id")
    ids = pd.Index(known["ad_id"])
    measured = rows[comparable(rows)]
    logs = np.log1p(by_age(measured, ids, measured["views_curve"].to_numpy(dtype=float), max_age=horizon))
    reached = int((~np.isnan(logs[:, horizon])).sum())
    if reached < min_reach and horizon > SHORT_HORIZON:
        horizon = SHORT_HORIZON
    daily = measured["gain"].to_numpy(dtype=float, na_value=np.nan)
    daily = np.where(measured["obs"] == "observed", daily, np.nan)
    platforms = known["platform"].fillna("").astype("str")
    return (
        _Panel(
            ids=ids,
            logs=logs[:, : horizon + 1],
            gain=by_age(measured, ids, daily, max_age=horizon),
            groups=pd.factorize(account_keys(known))[0],
            pools=pd.factorize(platforms + "/" + regimes(known).astype(str))[0],
            platforms=platforms.to_numpy(dtype=object),
            uploaded=known["uploaded_at"].to_numpy().astype("datetime64[D]").astype(np.int64),
            horizon=horizon,
        ),
        rows,
        reached,
    )


def _model_ages(panel: _Panel) -> np.ndarray:
    """Last model age at which each video was measured; −1 without any."""
    ages = np.array([age for age in MODEL_AGES if age < panel.horizon])
    known = ~np.isnan(panel.logs[:, ages])
    return np.where(known.any(axis=1), ages[len(ages) - 1 - known[:, ::-1].argmax(axis=1)], -1)


def _rules(panel: _Panel, train: np.ndarray, age: int, *, seed: int) -> list[Rule]:
    """Fit what can be fitted, the best rule last: on the level, and on the gain where that leaves less."""
    cases, end = panel.cases(train, age), panel.logs[train, panel.horizon]
    level, gain = (
        fit_rule(cases, end, gain=which, size=panel.size, coverage=COVERAGE, seed=seed) for which in (False, True)
    )
    better = gain is not None and level is not None and gain.typical <= level.typical
    return [rule for rule in (level, gain if better else None) if rule is not None]


def _apply(rules: list[Rule], cases: Cases) -> dict[str, np.ndarray]:
    """Predict each video with the best rule that it has the data for."""
    count = len(cases.start)
    out = {name: np.full(count, np.nan) for name in ("logs", "half", "smear", "n_cal")}
    out["gain"] = np.zeros(count, dtype=bool)
    for rule in rules:
        use = np.flatnonzero(~np.isnan(cases.rise)) if rule.gain else np.arange(count)
        out["logs"][use], out["half"][use] = rule.predict(cases[use])
        out["smear"][use], out["n_cal"][use], out["gain"][use] = rule.smear, rule.n, rule.gain
    return out


def _forecast_at(
    panel: _Panel, finished: np.ndarray, wanted: np.ndarray, age: int, *, seed: int
) -> dict[str, np.ndarray]:
    """Forecast videos from one age with what the finished ones of their pool tell, or those of all pools."""
    train = finished & ~np.isnan(panel.logs[:, age])
    out: dict[str, np.ndarray] = {}
    everyone: list[Rule] | None = None
    for pool in np.unique(panel.pools[wanted]):
        here = np.flatnonzero(panel.pools[wanted] == pool)
        rules = _rules(panel, np.flatnonzero(train & (panel.pools == pool)), age, seed=seed)
        pooled = not rules
        if pooled:
            everyone = _rules(panel, np.flatnonzero(train), age, seed=seed) if everyone is None else everyone
            rules = everyone
        for name, values in _apply(rules, panel.cases(wanted[here], age)).items():
            out.setdefault(name, np.full(len(wanted), np.nan, dtype=values.dtype if values.dtype == bool else float))
            out[name][here] = values
        out.setdefault("pooled", np.zeros(len(wanted), dtype=bool))[here] = pooled
    return out


def _predictions(panel: _Panel, row: np.ndarray, start_age: np.ndarray, *, seed: int) -> pd.DataFrame:
    table = pd.DataFrame(
        {name: np.full(len(row), np.nan) for name in ("logs", "half", "smear", "n_cal")}
        | {name: np.zeros(len(row), dtype=bool) for name in ("gain", "pooled")}
    )
    finished = ~np.isnan(panel.logs[:, panel.horizon])
    for age in np.unique(start_age[start_age > 0]):
        here = np.flatnonzero(start_age == age)
        for name, values in _forecast_at(panel, finished, row[here], int(age), seed=seed).items():
            table.loc[here, name] = values
    return table


def _complete(
    found: pd.DataFrame, young: pd.DataFrame, panel: _Panel, start_age: np.ndarray, row: np.ndarray, *, short: bool
) -> pd.DataFrame:
    """Turn predictions into the columns of the table; a forecast never falls below the newest count."""
    floor = young["latest_views"].to_numpy(dtype=float, na_value=0.0)

    def views(logs: pd.Series) -> np.ndarray:
        return np.maximum(np.expm1(logs.to_numpy()), floor)

    logs, half = found["logs"], found["half"]
    missing = np.where(row < 0, "no_history", np.where(start_age < 0, "too_young", "too_few"))
    flags = np.where(logs.isna(), missing, np.where(found["gain"], "gain", "level")).astype(object)
    flags = np.where(found["pooled"] & logs.notna(), flags + ",pooled", flags)
    return pd.DataFrame(
        {name: young[name].array for name in ("ad_id", "username", "platform", "age_days")}
        | {
            "views": young["latest_views"].array,
            "horizon": panel.horizon,
            "model_age": pd.array(np.where(start_age > 0, start_age, 0), dtype="Int16"),
            "pred": views(logs),
            "lo80": views(logs - half),
            "hi80": views(logs + half),
            "pred_mean": np.maximum(np.exp(logs.to_numpy()) * found["smear"].to_numpy() - 1, floor),
            "n_cal": found["n_cal"].array,
            "flags": flags + (",short_horizon" if short else ""),
        }
    ).assign(model_age=lambda table: table["model_age"].mask(table["model_age"] == 0))


def _backtest(panel: _Panel, *, ages: np.ndarray, seed: int) -> pd.DataFrame:
    """Forecast at past origins, each video once per age: at the last origin before it reached that age."""
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
                case = _tried(panel, learned & known, wanted, int(age), seed=seed)
                parts.append(case.assign(model_age=age, origin=start))
    if not parts:
        return conform(pd.DataFrame({name: [] for name in FORECAST_BACKTEST.names}), FORECAST_BACKTEST)
    return _scored(pd.concat(parts, ignore_index=True), panel.horizon)


def _periods(done: np.ndarray) -> list[tuple[float, float]]:
    """Days from one origin to the next; each origin has more finished videos to learn from."""
    if not len(done):
        return []
    places = np.quantile(done, np.linspace(FIRST_ORIGIN, LAST_ORIGIN, ORIGINS))
    days = [float(day) for day in np.unique(np.floor(places))]
    return list(zip(days, [*days[1:], np.inf], strict=True))


def _tried(panel: _Panel, learned: np.ndarray, wanted: np.ndarray, age: int, *, seed: int) -> pd.DataFrame:
    """Forecasts of one origin from one age, those of the rivals, and what came."""
    found = _forecast_at(panel, learned, wanted, age, seed=seed)
    start, end = panel.logs[:, age], panel.logs[:, panel.horizon]
    return pd.DataFrame(
        {
            "platform": panel.platforms[wanted],
            "truth": end[wanted],
            "logs": found["logs"],
            "half": found["half"],
            "gain_known": ~np.isnan(panel.gain[wanted, age]),
            "naive": _last_gain(panel, wanted, age),
            "growth": start[wanted] + np.median((end - start)[learned]),
        }
    )


def _last_gain(panel: _Panel, rows: np.ndarray, age: int) -> np.ndarray:
    """Let the last day's gain go on; where it is unknown, the mean of the days so far."""
    views = np.expm1(panel.logs[rows, age])
    gain = panel.gain[rows, age]
    return np.log1p(views + np.where(np.isnan(gain), views / age, np.maximum(gain, 0)) * (panel.horizon - age))


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


def _with_backtest(table: pd.DataFrame, backtest: pd.DataFrame) -> pd.DataFrame:
    """Attach the platform's own backtest where it has 30 videos, otherwise that of all platforms."""
    scores = backtest.rename(columns={"coverage": "cov_backtest", "n": "n_backtest"}).set_index(
        ["platform", "model_age"]
    )[["cov_backtest", "n_backtest", "mdape", "mdape_naive", "mdape_growth"]]
    enough = scores[scores["n_backtest"] >= MIN_CALIBRATION]
    age = table["model_age"]
    own = enough.reindex(pd.MultiIndex.from_arrays([table["platform"], age]))
    shared = enough.reindex(pd.MultiIndex.from_arrays([np.full(len(table), "all"), age]))
    picked = own.reset_index(drop=True).fillna(shared.reset_index(drop=True))
    return pd.concat([table, picked.set_index(table.index)], axis=1)
