"""Newest counts that a video's own history or its likes contradict.

A server that answers nonsense for some videos must not put them at the top of every ranking. Three contradictions are
looked for, each far beyond what real videos do, since a video that takes off is what everybody waits for:

pace
    From the last day of its history to its newest count it gained more in a day than five times the fastest of all,
    where the fastest is the largest daily gain of any other history, and at least `FASTEST`.
likes stood still
    Its views for each like and comment are a thousand times what its history ends in, or more than a million: views
    rise alone. Comments count along because some platforms give a few likes where the account hides them.
no views behind the actions
    More than ten times as many likes, comments, shares or bookmarks as views, and at least a thousand. Photo posts are
    not judged: platforms count their views otherwise, or not at all.

Only contradictions are found: a wrong figure that is plausible stays, and so does one that nothing is known beside.

References
----------
Measured on 30,469 public YouTube videos of at most 180 s, with 81,832 steps between days of 6,636 on the charts of 110
countries: the fastest gained 19.7 million views in a day; views for each like rose at most 20-fold in a step and
43-fold over a history, and were at most 15,706; likes were at most 1.5 times the views.
"""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.analysis.base.digested import Digested
from shortimize_analytics.schema.rows import run_starts, whole_days
from shortimize_analytics.schema.tables import METRICS

FASTEST = 20_000_000
"""Views a day that a video on the charts may gain, whatever the other videos do."""
PACE_FACTOR = 5
LIKES_FACTOR = 1_000
VIEWS_PER_ACTION = 1_000_000
LEAST_GAIN = 1_000_000
"""Views that likes can contradict: below, a promoted post may have next to none."""
ACTIONS_FACTOR, ACTIONS_FLOOR = 10, 1_000
ACTIONS = ("latest_likes", "latest_comments", "latest_shares", "latest_bookmarks")
SET_ASIDE = "implausible_views"


def set_aside(videos: pd.DataFrame, rows: pd.DataFrame | Digested | None) -> np.ndarray:
    """Take from prepared videos the newest counts that cannot be, in place; their history stays.

    Parameters
    ----------
    videos
        Prepared videos. Their counts become NA where they are implausible, and `implausible_views` keeps the views.
    rows
        Prepared history, or its digest, or None.

    Returns
    -------
    ndarray
        Positions of the videos whose counts were taken.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.plausible import set_aside
    >>> videos = pd.DataFrame({"ad_id": ["a", "b"], "latest_views": [900, 5 * 10**9], "latest_likes": [40, 14],
    ...                        "format": "video", "implausible_views": pd.NA})
    >>> set_aside(videos, None)
    array([1])
    """
    found = np.flatnonzero(_too_few_views(videos) | _beyond(videos, rows))
    if len(found):
        doubted = np.zeros(len(videos), dtype=bool)
        doubted[found] = True
        given = column(videos, "latest_views", "Int64").astype("Int64")
        videos[SET_ASIDE] = column(videos, SET_ASIDE, "Int64").astype("Int64").mask(doubted, given)
        for name in METRICS:
            if name in videos:
                videos[name] = videos[name].astype("Int64").mask(doubted)
    return found


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    return column(frame, name, "Int64").to_numpy(dtype=float, na_value=np.nan)


def _too_few_views(videos: pd.DataFrame) -> np.ndarray:
    """Mark videos with far more actions of one kind than views; an unknown count is neither."""
    views = _numbers(videos, "latest_views")
    found = np.zeros(len(videos), dtype=bool)
    for name in ACTIONS:
        if name in videos:
            actions = _numbers(videos, name)
            found |= (actions >= ACTIONS_FLOOR) & (actions > ACTIONS_FACTOR * views)
    return found & (videos["format"] != "photo").to_numpy(dtype=bool)


def _beyond(videos: pd.DataFrame, rows: pd.DataFrame | Digested | None) -> np.ndarray:
    """Mark videos with more views than their likes or their last day allow; nearly none is looked at closely."""
    views, actions = _numbers(videos, "latest_views"), _told(videos, "latest_likes", "latest_comments")
    if "hidden_stats" in videos:
        actions[videos["hidden_stats"].fillna(value=False).to_numpy(dtype=bool)] = np.nan
    found = views > VIEWS_PER_ACTION * actions
    large = np.flatnonzero((views >= LEAST_GAIN) & ~found)
    if rows is None or not len(large):
        return found
    ids = (
        rows.ids
        if isinstance(rows, Digested)
        else pd.Index(rows["ad_id"].iloc[run_starts(rows["ad_id"])].astype("str"))
    )
    place = ids.get_indexer(videos["ad_id"].iloc[large].astype("str"))
    large, place = large[place >= 0], place[place >= 0]
    if not len(large):
        return found
    last = (rows.ends if isinstance(rows, Digested) else last_days(rows)).iloc[place]
    seen = last["views_raw"].to_numpy(dtype=float)
    gain = views[large] - seen
    rose = (views[large] / np.maximum(seen, 1)) / (actions[large] / _told(last, "likes", "comments"))
    alone = (gain >= LEAST_GAIN) & (rose > LIKES_FACTOR)
    pace = gain / _days(videos.iloc[large], last["date"])
    fast = pace > PACE_FACTOR * FASTEST
    if fast.any():
        best = np.array(rows.ends["fastest"] if isinstance(rows, Digested) else fastest_days(rows))
        best[place[fast]] = 0
        fast &= pace > PACE_FACTOR * best.max(initial=0)
    found[large[alone | fast]] = True
    return found


def last_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Return day and counts of each video's last row in a prepared history."""
    told = [name for name in ("date", "views_raw", "likes", "comments") if name in rows]
    return rows[told] if rows.empty else rows[told].iloc[np.append(run_starts(rows["ad_id"])[1:], len(rows)) - 1]


def fastest_days(rows: pd.DataFrame) -> np.ndarray:
    """Largest gain in a day of each video in a prepared history."""
    pace = rows["gain"].to_numpy(dtype=float, na_value=0.0) / rows["days"].to_numpy(dtype=float, na_value=1.0)
    return np.maximum.reduceat(pace, run_starts(rows["ad_id"]))


def _told(frame: pd.DataFrame, likes: str, comments: str) -> np.ndarray:
    """Add up likes and comments; NaN without likes, which are then hidden or not told."""
    given = _numbers(frame, likes)
    return np.where(given > 0, given, np.nan) + np.nan_to_num(_numbers(frame, comments))


def _days(videos: pd.DataFrame, last: pd.Series) -> np.ndarray:
    """Count the days in which a newest count may have grown, those at both ends included; without end if unknown."""
    measured = whole_days(column(videos, "latest_updated_at", "datetime64[us, UTC]"))
    since = (measured.to_numpy() - last.to_numpy()) / np.timedelta64(1, "D")
    return np.where(np.isnan(since), np.inf, np.maximum(since, 0) + 1)
