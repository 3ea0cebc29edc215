"""Every video at one age: counted where it got there, expected where it did not, so that young and old compare.

Definitions
-----------
views at an age
    The count of the day on which the video had it, of a neighbouring day, or between two counts; of a younger video the
    expected views (`pred_mean` of `forecast_views`, never the median, which must not be summed). Of a removed or
    private video, and of any other without a forecast, the newest count.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.analysis.forecast.totals import Errors
from shortimize_analytics.analysis.periods.ledger import Edge, Ledger, counts_at
from shortimize_analytics.schema.rows import NEVER, day_numbers

_ACTS = ("likes", "comments", "shares")


@dataclass(frozen=True, slots=True)
class AtAge:
    """Every video at one age, by row: views, whether they are a guess or a forecast, and actions (NaN unknown)."""

    age: int
    views: np.ndarray
    now: np.ndarray
    young: np.ndarray
    estimated: np.ndarray
    forecast: np.ndarray
    logs: np.ndarray
    above: np.ndarray
    model_age: np.ndarray
    lo80: np.ndarray
    hi80: np.ndarray
    acts: np.ndarray
    at_newest: np.ndarray
    errors: Errors
    short: bool


def views_at_age(
    ready: pd.DataFrame, rows: pd.DataFrame, *, ledger: Ledger, forecasts: pd.DataFrame, age: int
) -> AtAge:
    """Look every video up at an age, or expect it there; where too few videos got that far, at the forecast's."""
    uploaded = day_numbers(ready["uploaded_at"], missing=NEVER).astype(np.int64)
    dated = uploaded > NEVER
    newest_day = int(ledger.day[:-1].max(initial=0))
    horizon = int(forecasts.attrs.get("horizon", age))
    short = horizon < age and bool((dated & (uploaded + age > newest_day)).any())
    age = horizon if short else age
    wanted = np.where(dated, uploaded + age, NEVER)
    edge = counts_at(ledger, wanted)
    measured = edge.known & dated & (wanted <= newest_day)
    now = column(ready, "latest_views", "Int64").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    told = forecasts.set_index("ad_id").reindex(ready["ad_id"])
    expected, pred, lo80, hi80 = (
        told[name].to_numpy(dtype=float, na_value=np.nan) for name in ("pred_mean", "pred", "lo80", "hi80")
    )
    forecast = ~measured & ~np.isnan(expected)
    at_newest = ~measured & ~forecast & ~np.isnan(now)
    views = np.select([measured, forecast, at_newest], [edge.value.astype(float), expected, now], default=np.nan)
    return AtAge(
        age=age,
        views=views,
        now=now,
        young=dated & (wanted > newest_day),
        estimated=(measured & edge.interpolated) | forecast | at_newest,
        forecast=forecast,
        logs=np.log1p(pred),
        above=np.log1p(hi80) - np.log1p(pred),
        model_age=told["model_age"].to_numpy(dtype=float, na_value=0).astype(int),
        lo80=lo80,
        hi80=hi80,
        acts=_acts(rows, ledger=ledger, edge=edge, measured=measured),
        at_newest=at_newest,
        errors=Errors.from_plain(forecasts.attrs.get("errors")),
        short=short,
    )


def _acts(rows: pd.DataFrame, *, ledger: Ledger, edge: Edge, measured: np.ndarray) -> np.ndarray:
    """Add up likes, comments and shares of the row that counts; unknown without likes."""
    if "likes" not in rows or not len(ledger.rows):
        return np.full(len(measured), np.nan)
    place = np.minimum(np.maximum(edge.row, 0), len(ledger.rows) - 1)
    here = ledger.rows.iloc[place]
    found = np.zeros(len(place))
    for name in _ACTS:
        own = column(here, name, "Int64").to_numpy(dtype=float, na_value=np.nan)
        found += own if name == "likes" else np.nan_to_num(own)
    return np.where(measured & (edge.row >= ledger.first), found, np.nan)
