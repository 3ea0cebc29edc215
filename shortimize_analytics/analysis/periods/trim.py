"""The part of a huge history that a summary needs, found without reading most of it.

A summary of some weeks reads every video's rows in those weeks, the row before them, its first row, and its first 30
days, from which forecasts and scores learn how views grow. Everything else only costs time and memory: four fifths of
50 million rows.

Pitfall: a curve that the full history would lower, since the count fell after day 30 and before the weeks shown, stays
as it was counted; and a run of interpolated days that the cut parts is not seen whole. Totals stay exact.
"""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.constants import HORIZON
from shortimize_analytics.schema.rows import first_at_least, positions_in, starts_day_by_day

HUGE = 5_000_000
"""Rows from which a history is cut; below, everything is used."""
LEARNING_AGE = HORIZON
_DAY = np.timedelta64(1, "D")


def needed_rows(history: pd.DataFrame, videos: pd.DataFrame, *, since: int) -> pd.DataFrame:
    """Cut a history to what a summary needs.

    Parameters
    ----------
    history
        Frame of `load_history`.
    videos
        The videos with their days of upload.
    since
        First edge of the earliest period that is shown (days since 1970-01-01).

    Returns
    -------
    DataFrame
        Rows of the history, in their order; all of them where it is not in (ad_id, date) order.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.periods.trim import needed_rows
    >>> days = pd.date_range("1970-01-01", periods=400).as_unit("us")
    >>> history = pd.DataFrame({"ad_id": "1", "date": days, "views": range(400)})
    >>> videos = pd.DataFrame({"ad_id": ["1"], "uploaded_at": days[:1]})
    >>> needed_rows(history, videos, since=395)["views"].tolist()[-7:]
    [29, 30, 395, 396, 397, 398, 399]
    """
    dates = history["date"].to_numpy()
    starts = starts_day_by_day(history)
    if starts is None:
        return history
    ends = np.append(starts[1:], len(dates))
    ids = pd.Index(history["ad_id"].iloc[starts].astype("str"))
    uploaded = videos.drop_duplicates("ad_id").set_index("ad_id")["uploaded_at"].reindex(ids).to_numpy()
    # without a day of upload nothing is young: comparisons with a missing date are false
    grown = first_at_least(dates, starts, high=ends, wanted=uploaded + (LEARNING_AGE + 1) * _DAY)
    shown = first_at_least(
        dates, starts, high=ends, wanted=np.full(len(ids), np.datetime64(0, "D") + (since + 1) * _DAY)
    )
    grown = np.maximum(grown, starts + 1)
    shown = np.maximum(shown - 1, grown)
    first, length = np.stack([starts, shown], axis=1).ravel(), np.stack([grown - starts, ends - shown], axis=1).ravel()
    return history.iloc[positions_in(first, length)]
