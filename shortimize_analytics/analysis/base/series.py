"""Arithmetic on prepared histories that more than one analysis needs: values by age, knots, gains of a week.

Everything works on arrays in (ad_id, date) order with a mask of first rows. A *knot* is a row that was measured: runs
of interpolated days collapse to the knots at their ends, so that a gain across a run is known and one inside it is not.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from shortimize_analytics.schema.rows import along_runs, day_numbers, first_at_least, run_starts

from .constants import WEEK


@dataclass(frozen=True)
class Knots:
    """Measured rows of every video, in (ad_id, date) order.

    Attributes
    ----------
    rows
        The rows as they were prepared.
    ids
        The videos, in order.
    start, last
        Position of each video's first and last row.
    day
        Days since 1970-01-01.
    views
        Raw counts.
    """

    rows: pd.DataFrame
    ids: pd.Index
    start: np.ndarray
    last: np.ndarray
    day: np.ndarray
    views: np.ndarray

    @cached_property
    def first(self) -> np.ndarray:
        """The row is its video's first."""
        out = np.zeros(len(self.day), dtype=bool)
        out[self.start] = True
        return out

    @cached_property
    def code(self) -> np.ndarray:
        """Number of each row's video."""
        return along_runs(np.arange(len(self.start)), self.start, rows=len(self.day))

    @cached_property
    def age(self) -> np.ndarray:
        """Days since upload; NaN when unknown."""
        return self.rows["age_days"].to_numpy(dtype=float, na_value=np.nan)

    @cached_property
    def last_age(self) -> np.ndarray:
        """Days from upload to each video's last row; NaN when unknown."""
        return self.rows["age_days"].array.take(self.last).to_numpy(dtype=float, na_value=np.nan)

    @cached_property
    def curve(self) -> np.ndarray:
        """Counts made non-decreasing."""
        return self.rows["views_curve"].to_numpy(dtype=float)

    @cached_property
    def gain(self) -> np.ndarray:
        """Views since the knot before; 0 on the first."""
        return np.where(self.first, 0, np.diff(self.views, prepend=0))

    @cached_property
    def daily(self) -> np.ndarray:
        """The knot before is the day before."""
        return ~self.first & (np.diff(self.day, prepend=0) == 1)


def knots(history: pd.DataFrame, *, kept: np.ndarray | None = None) -> Knots:
    """Collapse interpolated runs of a prepared history, or of rows kept of it, to the measured rows at their ends."""
    measured = (history["obs"] != "interpolated").to_numpy()
    measured = measured if kept is None else measured & kept
    rows = history[["ad_id", "date", "age_days", "views_raw", "views_curve"]]
    rows = rows if measured.all() else rows[measured]
    start = run_starts(rows["ad_id"])
    return Knots(
        rows=rows,
        ids=pd.Index(rows["ad_id"].iloc[start].astype("str")),
        start=start,
        last=np.append(start[1:], len(rows))[: len(start)] - 1,
        day=day_numbers(rows["date"]).astype(np.int64),
        views=rows["views_raw"].to_numpy(dtype=np.int64),
    )


def codes_of(history: pd.DataFrame, ids: pd.Index, *, chosen: np.ndarray | None = None) -> np.ndarray:
    """Place of each row's video among the ids, −1 where it is none of them; rows of a video stand together.

    `chosen` are the positions of the rows that are asked for; None asks for all.
    """
    starts = run_starts(history["ad_id"])
    found = ids.get_indexer(pd.Index(history["ad_id"].iloc[starts].astype("str")))
    if chosen is None:
        return along_runs(found, starts, rows=len(history))
    return found[np.searchsorted(starts, chosen, side="right") - 1]


def matrix_by_age(history: pd.DataFrame, ids: pd.Index, *, values: np.ndarray, max_age: int) -> np.ndarray:
    """Spread values of history rows over a matrix of one row per video and one column per age from 0 to `max_age`.

    Videos that are not in `ids`, unknown ages and ages outside the range are left out; empty cells are NaN.
    """
    age = history["age_days"].to_numpy(dtype=np.int64, na_value=-1)
    row = codes_of(history, ids)
    keep = (row >= 0) & (age >= 0) & (age <= max_age)
    matrix = np.full((len(ids), max_age + 1), np.nan)
    matrix[row[keep], age[keep]] = values[keep]
    return matrix


def views_before(series: Knots, days: int) -> np.ndarray:
    """Look up views of every video some days before its last knot, by linear interpolation between knots.

    Before its upload a video has no views; between upload and first knot they are unknown (NaN): a zero is never
    invented for a video that was tracked late.
    """
    start, last = series.start, series.last
    target = series.day[last] - days
    after = first_at_least(series.day, start, high=last, wanted=target)
    before = np.maximum(after - 1, start)
    exact = series.day[after] == target
    width = np.maximum(series.day[after] - series.day[before], 1)
    part = (target - series.day[before]) / width
    value = series.views[before] + part * (series.views[after] - series.views[before])
    value = np.where(exact, series.views[after], value)
    early = after == start
    unborn = series.last_age < days
    return np.where(early & ~exact, np.where(unborn, 0.0, np.nan), value)


def recent_gain(series: Knots) -> pd.Series:
    """Compute what each video gained in the 7 days before its last knot (views), by ad_id; NaN where unknown."""
    gain = series.views[series.last] - views_before(series, WEEK)
    return pd.Series(gain, index=series.ids)
