"""Every video at one age: counted where it got there, expected where it did not, so that young and old compare.

Definitions
-----------
views at an age
    The count of the day on which the video had it, of a neighbouring day, or between two counts; of a younger video the
    expected views (`pred_mean` of `forecast_views`, never the median, which must not be summed). Of one that is too
    young for a forecast, what its account's uploads of late usually have. Of a removed or private video, and of any
    other, the newest count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys, column
from shortimize_analytics.analysis.forecast.totals import Errors
from shortimize_analytics.analysis.periods.ledger import Edge, Ledger, counts_at
from shortimize_analytics.schema.rows import NEVER, day_numbers

RECENT_DAYS, LEAST_POOL = 70, 5
"""Uploads of so many days, and so many of them, tell what a video usually has: as in `landing`."""
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
    pools: Mapping[int, np.ndarray] = field(default_factory=dict)


def views_at_age(
    ready: pd.DataFrame, rows: pd.DataFrame, *, ledger: Ledger, forecasts: pd.DataFrame, age: int
) -> AtAge:
    """Look every video up at an age, or expect it there; where too few videos got that far, at the forecast's."""
    uploaded = day_numbers(ready["uploaded_at"], missing=NEVER).astype(np.int64)
    dated = uploaded > NEVER
    newest_day = ledger.newest
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
    reached = np.where(measured, edge.value.astype(float), np.nan)
    gone = [column(ready, name, "boolean").fillna(value=False).to_numpy(dtype=bool) for name in ("removed", "private")]
    lost = dated & (wanted > newest_day) & ~measured & ~forecast & ~np.logical_or(*gone)
    pools = _pools(ready, reached, uploaded=uploaded, lost=lost, newest=newest_day)
    usual = np.isin(np.arange(len(ready)), list(pools))
    for row, pool in pools.items():
        expected[row] = np.fmax(pool.mean(), now[row])
    at_newest = ~measured & ~forecast & ~usual & ~np.isnan(now)
    views = np.select([measured, forecast | usual, at_newest], [reached, expected, now], default=np.nan)
    return AtAge(
        age=age,
        views=views,
        now=now,
        young=dated & (wanted > newest_day),
        estimated=(measured & edge.interpolated) | forecast | usual | at_newest,
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
        pools=pools,
    )


def _pools(
    ready: pd.DataFrame, reached: np.ndarray, *, uploaded: np.ndarray, lost: np.ndarray, newest: int
) -> dict[int, np.ndarray]:
    """Give young videos that no forecast tells of what their account's uploads of late had at that age, or everyone's.

    A video of the last day or two would count at next to no views, and make its account look dear.
    """
    rows = np.flatnonzero(lost)
    if not len(rows):
        return {}
    known = ~np.isnan(reached) & (uploaded > newest - RECENT_DAYS)
    accounts = account_keys(ready).to_numpy(dtype=object)
    everyone, out = reached[known], {}
    for row in rows.tolist():
        own = reached[known & (accounts == accounts[row])]
        pool = own if len(own) >= LEAST_POOL else everyone
        if len(pool) >= LEAST_POOL:
            out[row] = pool
    return out


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
