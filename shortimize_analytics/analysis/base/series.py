"""Arithmetic on prepared histories that more than one analysis needs: values by age, knots, gains of a week.

Everything works on arrays in (ad_id, date) order with a mask of first rows. A *knot* is a row that was measured: runs
of interpolated days collapse to the knots at their ends, so that a gain across a run is known and one inside it is not.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shortimize_analytics.schema.rows import along_runs, day_numbers, run_starts

from .constants import WEEK


@dataclass(frozen=True, slots=True)
class Knots:
    """Measured rows of every video, in (ad_id, date) order.

    Attributes
    ----------
    ids
        The videos, in order.
    code
        Number of each row's video.
    first
        The row is its video's first.
    day
        Days since 1970-01-01.
    age
        Days since upload; NaN when unknown.
    views
        Raw counts.
    curve
        Counts made non-decreasing.
    gain
        Views since the knot before; 0 on the first.
    daily
        The knot before is the day before.
    """

    ids: pd.Index
    code: np.ndarray
    first: np.ndarray
    day: np.ndarray
    age: np.ndarray
    views: np.ndarray
    curve: np.ndarray
    gain: np.ndarray
    daily: np.ndarray


def knots(history: pd.DataFrame) -> Knots:
    """Collapse interpolated runs of a prepared history to the measured rows at their ends."""
    measured = (history["obs"] != "interpolated").to_numpy()
    rows = history if measured.all() else history[measured]
    starts = run_starts(rows["ad_id"])
    first = np.zeros(len(rows), dtype=bool)
    first[starts] = True
    day = day_numbers(rows["date"]).astype(np.int64)
    views = rows["views_raw"].to_numpy(dtype=np.int64)
    return Knots(
        ids=pd.Index(rows["ad_id"].iloc[starts].astype("str")),
        code=np.cumsum(first) - 1,
        first=first,
        day=day,
        age=rows["age_days"].to_numpy(dtype=float, na_value=np.nan),
        views=views,
        curve=rows["views_curve"].to_numpy(dtype=float),
        gain=np.where(first, 0, np.diff(views, prepend=0)),
        daily=~first & (np.diff(day, prepend=0) == 1),
    )


def codes_of(history: pd.DataFrame, ids: pd.Index) -> np.ndarray:
    """Place of each row's video among the ids, −1 where it is none of them; rows of a video stand together."""
    starts = run_starts(history["ad_id"])
    found = ids.get_indexer(pd.Index(history["ad_id"].iloc[starts].astype("str")))
    return along_runs(found, starts, rows=len(history))


def matrix_by_age(history: pd.DataFrame, ids: pd.Index, *, values: np.ndarray, max_age: int) -> np.ndarray:
    """Spread values of history rows over a matrix of one row per video and one column per age from 0 to `max_age`.

    Videos that are not in `ids`, unknown ages and ages outside the range are left out; empty cells are NaN.
    """
    row = codes_of(history, ids)
    age = history["age_days"].to_numpy(dtype=np.int64, na_value=-1)
    keep = (row >= 0) & (age >= 0) & (age <= max_age)
    matrix = np.full((len(ids), max_age + 1), np.nan)
    matrix[row[keep], age[keep]] = values[keep]
    return matrix


def last_rows(first: np.ndarray) -> np.ndarray:
    """Position of the last row of every video."""
    return np.r_[np.flatnonzero(first)[1:], len(first)][: int(first.sum())] - 1


def views_before(series: Knots, days: int) -> np.ndarray:
    """Look up views of every video some days before its last knot, by linear interpolation between knots.

    Before its upload a video has no views; between upload and first knot they are unknown (NaN): a zero is never
    invented for a video that was tracked late.
    """
    last = last_rows(series.first)
    start = np.flatnonzero(series.first)
    target = series.day[last] - days
    span = int(np.ptp(series.day)) + days + 1 if len(series.day) else 1
    # one sorted key for (video, day), so that a single search serves every video
    low = int(series.day.min()) - days if len(series.day) else 0
    key = series.code.astype(np.int64) * span + series.day - low
    after = np.searchsorted(key, series.code[last].astype(np.int64) * span + target - low)
    before = np.maximum(after - 1, start)
    exact = series.day[after] == target
    width = np.maximum(series.day[after] - series.day[before], 1)
    part = (target - series.day[before]) / width
    value = series.views[before] + part * (series.views[after] - series.views[before])
    value = np.where(exact, series.views[after], value)
    early = after == start
    unborn = series.age[last] < days
    return np.where(early & ~exact, np.where(unborn, 0.0, np.nan), value)


def recent_gain(series: Knots) -> pd.Series:
    """Compute what each video gained in the 7 days before its last knot (views), by ad_id; NaN where unknown."""
    gain = series.views[last_rows(series.first)] - views_before(series, WEEK)
    return pd.Series(gain, index=series.ids)
