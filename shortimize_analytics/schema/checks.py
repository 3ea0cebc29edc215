"""Is a history cumulative? The vendor says only "daily aggregated metrics", so a load is checked instead of trusted.

A cumulative count falls on few days (corrections by the platform), a count per day falls about as often and as much as
it rises. Both are asked of every series, and the load follows the majority of the series that can be judged: wrongly
adding up totals would be worse than the warning that a doubtful load leaves out.

Pitfall: turning counts per day into totals cannot recover what came before the first row, so such totals start there.
"""

import numpy as np
import pandas as pd

from .rows import NEVER, changes, day_numbers, positions_in, starts_day_by_day
from .tables import COUNTS

MIN_STEPS = 6
"""Fewer changes than this say nothing about a series."""
FALLING_STEPS = 0.10
"""On 6,636 real series of at least 7 days, 1.0 % of the cumulative ones fall on more of their steps, 99.7 % of the same
series taken per day do."""
FALLEN_SHARE = 0.25
"""Share of all movement that goes down. Both rules together: tests/analysis/test_prepare.py has the figures."""
BLOCK = 262_144
"""Rows that are judged at a time, in whole series: what they need beside them stays in the processor's cache."""


def series_order(history: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Order rows by video and date.

    Returns
    -------
    order, codes
        Positions of the rows in (ad_id, date) order, stable; and for each row of that order the number of its video.
    """
    codes, _ = pd.factorize(history["ad_id"], sort=True)
    order = np.lexsort((day_numbers(history["date"], missing=NEVER), codes))
    return order, codes[order]


def looks_per_day(history: pd.DataFrame) -> bool:
    """Say whether the views of a history are counts per day rather than running totals.

    Parameters
    ----------
    history
        Rows with ad_id, date and views, in any order.

    Returns
    -------
    bool
        True when most series that can be judged (at least 6 changes) fall on more than 10 % of their steps and by more
        than a quarter of their whole movement. False when none can be judged.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.schema.checks import looks_per_day
    >>> days = pd.date_range("2026-01-01", periods=8).as_unit("us")
    >>> frame = pd.DataFrame({"ad_id": "a", "date": days, "views": [10, 40, 30, 20, 22, 9, 4, 1]})
    >>> looks_per_day(frame), looks_per_day(frame.assign(views=frame.views.cumsum()))
    (True, False)
    """
    judged, per_day = judge_series(history)
    return 2 * per_day > judged


def judge_series(history: pd.DataFrame) -> tuple[int, int]:
    """Count the series that can be judged, and those of them that look like counts per day; see `looks_per_day`."""
    named = history["views"].notna() & history["date"].notna() & history["ad_id"].notna()
    rows = history if named.all() else history.loc[named, ["ad_id", "date", "views"]]
    if len(rows) < 2:
        return 0, 0
    views, starts = rows["views"].to_numpy(dtype=np.int64), starts_day_by_day(rows)
    if starts is None:
        order, codes = series_order(rows)
        views, starts = views[order], np.flatnonzero(changes(codes))
    begin = np.unique(np.searchsorted(starts, np.arange(0, len(views), BLOCK)))
    begin = np.append(begin[begin < len(starts)], len(starts))
    bounds = np.append(starts, len(views))[begin]
    found = [
        _judge_some(views[low:high], starts[one:other] - low)
        for low, high, one, other in zip(bounds[:-1], bounds[1:], begin[:-1], begin[1:], strict=True)
    ]
    return sum(judged for judged, _ in found), sum(per_day for _, per_day in found)


def _judge_some(views: np.ndarray, starts: np.ndarray) -> tuple[int, int]:
    """Count as `judge_series` does, given where each series starts."""
    if len(views) < 2:
        return 0, 0
    step = np.diff(views)
    step[starts[1:] - 1] = 0
    # the step to a video's first row stands with the steps of the video before
    first = starts[starts < len(step)]
    length = np.diff(first, append=len(step))
    inside = length - np.isin(first + length, starts)
    moves = np.add.reduceat(step != 0, first, dtype=np.int64)
    fallen = np.flatnonzero(step < 0)  # of totals, few
    falls = np.bincount(np.searchsorted(first, fallen, side="right") - 1, minlength=len(first))
    judged = moves >= MIN_STEPS
    doubtful = np.flatnonzero(judged & (falls > FALLING_STEPS * inside))
    per_day = 0
    if len(doubtful):
        some = step[positions_in(first[doubtful], length[doubtful])].astype(np.float64)
        begin = np.cumsum(length[doubtful]) - length[doubtful]
        movement, down = (np.add.reduceat(what, begin) for what in (np.abs(some), np.maximum(-some, 0)))
        per_day = int((down > FALLEN_SHARE * movement).sum())
    return int(judged.sum()), per_day


def to_cumulative(history: pd.DataFrame) -> pd.DataFrame:
    """Add up counts per day into running totals, video by video.

    Parameters
    ----------
    history
        Rows of counts per day.

    Returns
    -------
    DataFrame
        The same rows in (ad_id, date) order; a missing count stays NA and the sum goes on behind it. Totals start at
        the first row: what a video had before it is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.schema.checks import to_cumulative
    >>> days = pd.date_range("2026-01-01", periods=3).as_unit("us")
    >>> frame = pd.DataFrame({"ad_id": "a", "date": days, "views": pd.array([5, None, 2], dtype="Int64")})
    >>> to_cumulative(frame)["views"].tolist()
    [5, <NA>, 7]
    """
    order, codes = series_order(history)
    out = history.iloc[order].reset_index(drop=True)
    for column in (name for name in COUNTS if name in out):
        out[column] = out[column].groupby(codes).cumsum()
    return out
