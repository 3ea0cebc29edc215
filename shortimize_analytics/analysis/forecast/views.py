"""What young videos will have at day 30, how sure that is, and how such forecasts did in the past.

Definitions
-----------
model age
    The largest of 1, 2, 3, 5, 7, 10, 14 and 21 days at which the video was measured: the forecast starts there. What
    came later only bounds it from below.
forecast
    Median of L(H) = ln(1 + V(H)), by a regression through the median on L(h), and on what the last day's gain promises
    where that gain is known; plus the part of the account's own errors that repeats. See `conformal`.
lo80, hi80
    Interval that covers 80 % of new videos without assuming a distribution, calibrated on videos of other accounts.
backtest
    The same at six past dates: trained on videos that were H days old by then, tried on videos whose day h came after.
    Its rivals are the median growth multiple, and the last day's gain times the days left.

Pitfalls: forecasts are medians, and medians must not be summed: for totals there is `pred_mean`. A forecast from day 1
is a guess within a factor of two or three, as its interval says. Rules are fitted on the user's own data and hold while
the platform and the accounts go on as before; the backtest tells how well they did.
"""

from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.constants import HORIZON
from shortimize_analytics.analysis.base.one_thread import on_one_thread
from shortimize_analytics.analysis.filters.scope import select_scope
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.models.conformal import MIN_CALIBRATION
from shortimize_analytics.analysis.prepare import have_growth
from shortimize_analytics.analysis.prepared import Prepared, as_prepared, history_of, newest_day, rows_or_digest
from shortimize_analytics.analysis.unmeasured import SINCE
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import FORECAST_BACKTEST, FORECASTS, conform
from shortimize_analytics.schema.cast import naming_columns
from shortimize_analytics.schema.names import Names

from .age_matrix import MODEL_AGES, AgeMatrix, build_age_matrix, forecast_at, model_ages
from .backtest import backtest_at_origins, score, tried_cases, widened, widening
from .totals import learn_errors

LONGEST_HORIZON = 365
_SHORT = ["platform", "model_age", "n", "coverage", "mdape", "mdape_naive"]


@on_one_thread
def forecast_views(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    horizon: int = HORIZON,
    min_reach: int = 300,
    seed: int = 0,
    platform: Names | None = None,
    account: Names | None = None,
    label: Names | None = None,
    only: VideoFilter | None = None,
) -> pd.DataFrame:
    """Forecast the views that videos will have at an age they have not reached.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or what `prepare` made of it and the history; removed and private videos take no part.
    history
        Frame of `load_history`.
    horizon
        Age to forecast (days, 2 to 365).
    min_reach
        Videos that must have been seen at the horizon; with fewer, and a horizon beyond 14 days, day 14 is forecast
        instead and flagged `short_horizon`.
    seed
        Deals accounts into folds for calibration.
    platform, account, label, only
        Show only these videos, see `select_videos`. The rules are learnt from all of them.

    Returns
    -------
    DataFrame
        One row per usable video younger than the horizon, highest forecast first. See `schema.FORECASTS`. `pred` and
        its interval are NA, and `notes` says why, where no count at a model age was measured or fewer than 30 videos
        were seen at both ages. `attrs` has `horizon`, `reached` (videos seen at it), `backtest` (how such
        forecasts did, by model age; `backtest_forecast` has it by platform and beside its rivals), and in `quality` the
        videos left out.

    Raises
    ------
    InvalidParameterError
        For a horizon or `min_reach` out of range.

    Notes
    -----
    The column `notes`: gain (last day's gain known) or level, pooled (fitted over all platforms: fewer than 30 videos
    of its own), short_horizon, no_history, too_young (not yet measured at an age of 1 day), too_few, overdue (the day
    of the horizon is not after the newest day of the history: the video was last counted too young, and what is
    forecast has been).

    References
    ----------
    Log-linear growth: G. Szabo and B. Huberman, Communications of the ACM 53 (2010) 80-88. Cross-conformal intervals:
    V. Vovk, Ann. Math. Artif. Intell. 74 (2015) 9-28. Smearing: N. Duan, J. Am. Stat. Assoc. 78 (1983) 605-610.

    Examples
    --------
    >>> from shortimize_analytics.analysis.forecast.views import forecast_views
    >>> from shortimize_analytics.simulator import demo_organisation
    >>> demo = demo_organisation()
    >>> found = forecast_views(demo.videos, demo.history)
    >>> found.attrs["horizon"]
    30
    >>> bool((found["lo80"] <= found["pred"]).all())
    True
    """
    _check(horizon=horizon, min_reach=min_reach)
    data = as_prepared(videos, history, digested=True)
    ready, rows = data.videos, rows_or_digest(data)
    scope = select_scope(ready, platform=platform, account=account, label=label, only=only)
    matrix, reached = build_age_matrix(ready, rows, horizon=horizon, min_reach=min_reach)
    asked = (ready["age_days"] < matrix.horizon).fillna(value=False) & ready["implausible_views"].isna()
    asked &= ready[SINCE].isna()
    young = ready[have_growth(ready) & asked.to_numpy(dtype=bool)]
    row = matrix.ids.get_indexer(young["ad_id"])
    start_age = np.append(model_ages(matrix), -1)[row]  # the −1 at the end is that of videos without history
    table = _predictions(matrix, row, start_age=start_age, seed=seed)
    cases = tried_cases(matrix, ages=np.unique(start_age[start_age > 0]), seed=seed)
    backtest = score(cases, matrix.horizon)
    down, up = widening(cases)
    table["below"], table["above"] = widened(table["below"], down), widened(table["above"], up)
    table = _complete(table, young, matrix=matrix, start_age=start_age, row=row, short=matrix.horizon < horizon)
    overdue = young["uploaded_at"] + pd.Timedelta(days=matrix.horizon) <= newest_day(rows)
    table["notes"] += np.where(overdue.to_numpy(dtype=bool), ",overdue", "")
    table = _with_backtest(table, backtest).sort_values(["pred", "ad_id"], ascending=[False, True], ignore_index=True)
    out = conform(table, FORECASTS)
    quality = {
        **rows.attrs.get("quality", {}),
        "past_horizon": int((ready["age_days"] >= matrix.horizon).sum()),
        "excluded": {str(reason): int(n) for reason, n in ready["excluded"].value_counts().items()},
        "not_measured": int(ready[SINCE].notna().sum()),
        "without_forecast": int(out["pred"].isna().sum()),
    }
    out.attrs = {
        **ready.attrs,
        "table": FORECASTS.name,
        "params": {"horizon": horizon, "min_reach": min_reach, "seed": seed},
        "horizon": matrix.horizon,
        "reached": reached,
        "backtest": _over_all(backtest),
        "errors": learn_errors(cases, seed=seed).to_plain(),
        "quality": quality,
    }
    return scope.keep(out, ready)


def _over_all(backtest: pd.DataFrame) -> list[dict[str, Any]]:
    """Keep of a backtest what tells how such forecasts did: pandas copies attrs at each access, so they stay small."""
    rows = backtest.loc[(backtest["platform"] == "all") & (backtest["n"] > 0), _SHORT]
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


@on_one_thread
def backtest_forecast(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    horizon: int = HORIZON,
    min_reach: int = 300,
    seed: int = 0,
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
    >>> from shortimize_analytics.analysis.forecast.views import backtest_forecast
    >>> from shortimize_analytics.simulator import demo_organisation
    >>> demo = demo_organisation()
    >>> found = backtest_forecast(demo.videos, demo.history)
    >>> week = found[(found["platform"] == "all") & (found["model_age"] == 7)]
    >>> bool((week["mdape"] < week["mdape_naive"]).all())
    True
    """
    _check(horizon=horizon, min_reach=min_reach)
    data = as_prepared(videos, history)
    matrix, reached = build_age_matrix(data.videos, history_of(data), horizon=horizon, min_reach=min_reach)
    out = backtest_at_origins(matrix, ages=np.array(MODEL_AGES), seed=seed)
    out.attrs = {**data.videos.attrs, "table": FORECAST_BACKTEST.name, "horizon": matrix.horizon, "reached": reached}
    return out


def is_overdue(forecasts: pd.DataFrame) -> np.ndarray:
    """Mark the forecasts of a day that has passed, without a newer count."""
    return forecasts["notes"].str.contains("overdue", regex=False).fillna(value=False).to_numpy(dtype=bool)


def _check(*, horizon: int, min_reach: int) -> None:
    if not 2 <= horizon <= LONGEST_HORIZON:
        raise InvalidParameterError(
            f"horizon={horizon} is out of range; choose 2 to {LONGEST_HORIZON} days, usually {HORIZON}"
        )
    if min_reach < 0:
        raise InvalidParameterError(f"min_reach={min_reach} is below 0; pass how many videos must have got that far")


def _predictions(matrix: AgeMatrix, row: np.ndarray, *, start_age: np.ndarray, seed: int) -> pd.DataFrame:
    table = pd.DataFrame(
        {name: np.full(len(row), np.nan) for name in ("logs", "below", "above", "smear", "n_cal")}
        | {name: np.zeros(len(row), dtype=bool) for name in ("gain", "pooled")}
    )
    finished = ~np.isnan(matrix.logs[:, matrix.horizon])
    for age in np.unique(start_age[start_age > 0]):
        here = np.flatnonzero(start_age == age)
        for name, values in forecast_at(matrix, finished, wanted=row[here], age=int(age), seed=seed).items():
            table.loc[here, name] = values
    return table


def _complete(
    found: pd.DataFrame, young: pd.DataFrame, *, matrix: AgeMatrix, start_age: np.ndarray, row: np.ndarray, short: bool
) -> pd.DataFrame:
    """Turn predictions into the columns of the table; a forecast never falls below the newest count."""
    floor = young["latest_views"].to_numpy(dtype=float, na_value=0.0)

    def views(logs: pd.Series) -> np.ndarray:
        return np.maximum(np.expm1(logs.to_numpy()), floor)

    logs = found["logs"]
    missing = np.where(row < 0, "no_history", np.where(start_age < 0, "too_young", "too_few"))
    notes = np.where(logs.isna(), missing, np.where(found["gain"], "gain", "level")).astype(object)
    notes = np.where(found["pooled"] & logs.notna(), notes + ",pooled", notes)
    return pd.DataFrame(
        dict(naming_columns(young).reset_index(drop=True))
        | {
            "age_days": young["age_days"].array,
            "views": young["latest_views"].array,
            "horizon": matrix.horizon,
            "model_age": pd.array(np.where(start_age > 0, start_age, 0), dtype="Int16"),
            "pred": views(logs),
            "lo80": views(logs - found["below"]),
            "hi80": views(logs + found["above"]),
            "pred_mean": np.maximum(np.exp(logs.to_numpy()) * found["smear"].to_numpy() - 1, floor),
            "n_cal": found["n_cal"].array,
            "notes": notes + (",short_horizon" if short else ""),
        }
    ).assign(model_age=lambda table: table["model_age"].mask(table["model_age"] == 0))


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
