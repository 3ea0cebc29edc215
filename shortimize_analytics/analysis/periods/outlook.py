"""What comes next, as it could be known on a period's last day: forecasts of young videos, and videos that stalled.

Definitions
-----------
forecast
    That of `forecast_views`, from videos and history up to the last day alone.
pace
    What a video gained in its last 7 days, in units of its views before: ln(1 + gain) − ln(1 + views).
expected
    The gain at the median pace of other videos between the same two ages, on the same platform; times what the
    account's other videos did beyond that, as far as they are many and alike (see `projection.account_weight`):
    growth has the account's shape.
stalled
    Gained less than a fifth of what was expected, at least 1,000 views having been, and less than 39 of 40 videos do
    of theirs at that age. The fifth makes it matter, the fortieth keeps out what is usual where growth varies much, so
    that at most 2.5 % of ordinary videos are called stalled. A video can only be judged from 8 to 28 days of age, with
    measured counts at both ends and no correction between them. The two limits are this package's own.
"""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.constants import WEEK
from shortimize_analytics.analysis.base.digested import Digested
from shortimize_analytics.analysis.forecast.age_matrix import AgeMatrix, build_age_matrix
from shortimize_analytics.analysis.models.age_curve import loo_median
from shortimize_analytics.analysis.models.projection import account_shape, account_weight
from shortimize_analytics.schema import WEEKLY_FORECASTS, WEEKLY_STALLED, conform
from shortimize_analytics.schema.cast import naming_columns
from shortimize_analytics.schema.rows import among

from .counted import CountedVideos, Period

WATCHED = 28
SLOW = 0.2
LEAST_EXPECTED = 1000
TAIL = 1 / 40
MIN_PACES = 40
"""Videos whose pace at an age says what is usual there."""
LATE = 2
"""Days that the newest count may lie back."""


def outlook(
    counted: CountedVideos, period: Period, *, found: pd.DataFrame, judged: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecast the young videos of a scope, and list those that stalled.

    Parameters
    ----------
    book, period
        The counted videos of the scope, and the accounts of the period.
    found
        What `forecast_views` says of everyone's videos, from what was known on the period's last day.
    judged
        What `judge_paces` says of them.

    Returns
    -------
    forecasts, stalled
        One video per row, see `schema.WEEKLY_FORECASTS` and `schema.WEEKLY_STALLED`.
    """
    names = _named(counted, period)
    own = [name for name in found if name not in names or name == "ad_id"]
    forecasts = conform(names.merge(found[own], on="ad_id"), WEEKLY_FORECASTS)
    forecasts = forecasts.sort_values(["pred", "ad_id"], ascending=[False, True], ignore_index=True)
    forecasts.attrs = {**found.attrs, "table": WEEKLY_FORECASTS.name}
    return forecasts, _stalled(names, judged)


def _named(counted: CountedVideos, period: Period) -> pd.DataFrame:
    """Say what a reader knows the scope's videos by."""
    return naming_columns(counted.videos).assign(uploaded_at=counted.videos["uploaded_at"], is_new=period.uploads)


def judge_paces(then: pd.DataFrame, past: pd.DataFrame | Digested, *, end: int) -> pd.DataFrame:
    """Compare the paces of everyone's videos, see `paces`, leaving out those that were corrected in the last 7 days.

    `then` and `past` are prepared videos and history, or its digest, up to the day `end`.
    """
    matrix, _ = build_age_matrix(then, past, horizon=WATCHED, min_reach=0)
    judged = paces(matrix, end=end)
    fell = pd.Series(past.ids[past.fell]) if isinstance(past, Digested) else past.loc[corrected(past, end=end), "ad_id"]
    return judged[~among(judged["ad_id"], fell)]


def corrected(past: pd.DataFrame, *, end: int) -> np.ndarray:
    """Mark the rows of a prepared history that are corrections of the 7 days up to one."""
    week = past["date"] > pd.Timestamp(end - WEEK, unit="D")
    return (week & past["correction"]).to_numpy(dtype=bool)


def _stalled(names: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    slow = (judged["ratio"] < SLOW) & (judged["expected"] >= LEAST_EXPECTED) & judged["unusual"]
    missed = (judged["expected"] - judged["gain"])[slow].sort_values(ascending=False, kind="stable")
    out = conform(judged.loc[missed.index].merge(names, on="ad_id"), WEEKLY_STALLED)
    out.attrs = {"table": WEEKLY_STALLED.name, "judged": int(among(judged["ad_id"], names["ad_id"]).sum())}
    return out


def paces(matrix: AgeMatrix, *, end: int) -> pd.DataFrame:
    """Compare the last 7 days of every video of 8 to 28 days with what videos gain at that age.

    Returns
    -------
    DataFrame
        One video per row that can be judged: `ad_id`, `age_days`, `views`, `gain` (views), `expected` (views), `ratio`
        of the two, `unusual` (among the slowest fortieth at its age), `n_videos` and `n_peers` (paces known at its age,
        of all and of its account).
    """
    views = np.expm1(matrix.logs)
    gain = views[:, WEEK + 1 :] - views[:, 1:-WEEK]
    pace = np.log1p(gain) - matrix.logs[:, 1:-WEEK]
    usual = _usual(pace, matrix.pools)
    row, place = np.nonzero(~np.isnan(pace) & ~np.isnan(usual))
    left = (pace - usual)[row, place]
    cell = matrix.groups[row] * pace.shape[1] + place
    peers = np.bincount(cell, minlength=1)[cell] - 1
    weight = account_weight(account_shape(left, cell), peers) if len(left) else left
    own = weight * np.nan_to_num(loo_median(left, cell))
    cells = pd.DataFrame(
        {
            "ad_id": matrix.ids.to_numpy()[row],
            "age_days": place + WEEK + 1,
            "views": np.rint(views[row, place + WEEK + 1]),
            "gain": np.rint(gain[row, place]),
            "expected": np.expm1(usual[row, place] + own + matrix.logs[row, place + 1]),
            "error": left - own,
            "n_videos": np.bincount(place, minlength=1)[place],
            "n_peers": peers,
        }
    )
    cells["ratio"] = cells["gain"] / cells["expected"]
    cells["unusual"] = cells["error"] < cells.groupby("age_days")["error"].transform("quantile", TAIL)
    newest = cells.groupby("ad_id")["age_days"].transform("max") == cells["age_days"]
    return cells[newest & (matrix.uploaded[row] + cells["age_days"] >= end - LATE)]


def _usual(pace: np.ndarray, pools: np.ndarray) -> np.ndarray:
    """Median pace at each age over the videos of a pool (platform and way of counting), or of all where it has few."""
    everyone = _medians(pace)
    out = np.empty_like(pace)
    for pool in np.unique(pools):
        own = _medians(pace[pools == pool])
        out[pools == pool] = np.where(np.isnan(own), everyone, own)
    return out


def _medians(pace: np.ndarray) -> np.ndarray:
    known = np.sum(~np.isnan(pace), axis=0)
    out = np.full(pace.shape[1], np.nan)
    out[known >= MIN_PACES] = np.nanmedian(pace[:, known >= MIN_PACES], axis=0)
    return out
