"""The vendor's own figures of a video: which are none, and how its growth compares with the history.

Definitions
-----------
agrees
    The figure is the growth in percent that the history shows up to the day of the newest count, give or take
    `TOLERANCE`, with either end of the stretch at most a day off: nobody says at what hour the vendor looks.
not computed
    0 on a video that has views, where the history does not show a standstill.

Pitfall: 0 can mean "not computed yet", so a 0 is never taken for a figure.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import column, is_photo
from shortimize_analytics.schema.rows import NEVER, along_runs, day_numbers, run_starts

from .constants import WEEK

INCREASES = {"increase_1d": 1, "increase_7d": 7, "increase_14d": 14, "increase_30d": 30}
"""Columns of the vendor's growth in views, and over how many days each is."""
TOLERANCE = 1.0
"""Percentage points, which covers a figure rounded to whole percents."""
SHIFT = 1
"""Days by which either end of the vendor's stretch may lie beside ours."""
PLACEHOLDER_LENGTHS = {"youtube": 60}
"""Length (s) that the API has given every video of a platform, whatever its true one."""
COMPARED = ["agrees", "disagrees"]
STATES = pd.CategoricalDtype([*COMPARED, "not computed", "unknown"])


def vendor_figure(videos: pd.DataFrame, name: str) -> pd.Series:
    """Return a figure of the vendor's, NA where it is 0: that can mean "not computed yet".

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.base.vendor import vendor_figure
    >>> vendor_figure(pd.DataFrame({"increase_7d": [0, 12.5]}), "increase_7d").tolist()
    [<NA>, 12.5]
    """
    figure = column(videos, name, "Float64")
    if name not in videos:
        return figure
    figure = figure.astype("Float64")
    return figure.mask((figure == 0).fillna(value=False))


def vendor_growth(videos: pd.DataFrame) -> dict[int, np.ndarray]:
    """Return the growth (%) over 1 and over 7 days, by the days; NaN where unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.base.vendor import vendor_growth
    >>> vendor_growth(pd.DataFrame({"increase_1d": [0, 2.0], "increase_7d": [5.0, 12.5]}))
    {1: array([nan,  2.]), 7: array([ 5. , 12.5])}
    """
    names = [name for name, window in INCREASES.items() if window <= WEEK]
    return {INCREASES[name]: vendor_figure(videos, name).to_numpy(dtype=float, na_value=np.nan) for name in names}


def known_lengths(videos: pd.DataFrame) -> pd.Series:
    """Return the length of each video (s), NA for photos and for placeholders, which say nothing about the one video.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.base.vendor import known_lengths
    >>> known_lengths(pd.DataFrame({"platform": ["tiktok", "tiktok", "youtube"], "video_length": [0, 60, 60]})).tolist()
    [<NA>, 60, <NA>]
    """
    length = column(videos, "video_length", "Int64").astype("Int64").mask(is_photo(videos))
    platform = column(videos, "platform", "str")
    for name, seconds in PLACEHOLDER_LENGTHS.items():
        length = length.mask(((platform == name) & (length == seconds)).fillna(value=False).astype(bool))
    return length


def check_increases(videos: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Compare the vendor's growth in views with what the history says.

    Parameters
    ----------
    videos
        Frame of `load_videos`.
    history
        Prepared history.

    Returns
    -------
    DataFrame
        One row per video and window: `ad_id`, `figure` (the vendor's column), `state` (agrees, disagrees, not computed,
        or unknown: no figure, or a history that does not reach as far or was not measured there).
    """
    latest = column(videos, "latest_views", "Float64").to_numpy(dtype=float, na_value=np.nan)
    days, views_on = _by_day(videos, history)
    ends = np.stack([latest, *(views_on(days - shift) for shift in range(SHIFT + 1))])
    parts = []
    for name, window in INCREASES.items():
        given = column(videos, name, "Float64").to_numpy(dtype=float, na_value=np.nan)
        start = views_on(days - window, measured=True)
        start[start <= 0] = np.nan
        around = np.stack([start, *(views_on(days - window + shift) for shift in (-SHIFT, SHIFT))])
        with np.errstate(divide="ignore", invalid="ignore"):
            low = 100 * (np.fmin.reduce(ends) / np.fmax.reduce(around) - 1)
            high = 100 * (np.fmax.reduce(ends) / np.fmin.reduce(around) - 1)
            still = np.abs(100 * (views_on(days) / start - 1)) <= TOLERANCE
        known = ~np.isnan(start) & ~np.isnan(given)
        fits = np.where(given == 0, still, ~(given < low - TOLERANCE) & ~(given > high + TOLERANCE))
        conditions = [known & fits, (given == 0) & (latest > 0), known & (given != 0)]
        state = np.select(conditions, ["agrees", "not computed", "disagrees"], default="unknown")
        states = pd.Categorical(state, dtype=STATES)
        parts.append(pd.DataFrame({"ad_id": videos["ad_id"].array, "figure": name, "state": states}))
    return pd.concat(parts, ignore_index=True)


def _by_day(videos: pd.DataFrame, history: pd.DataFrame) -> tuple[np.ndarray, Callable[..., np.ndarray]]:
    """Return the day of each video's newest count in the history, and a look-up of the views on any such days."""
    starts = run_starts(history["ad_id"])
    ids = pd.Index(history["ad_id"].iloc[starts].astype("str"))
    days = np.full(len(videos), NEVER)
    keys = _keys(along_runs(np.arange(len(ids)), starts, rows=len(history)), day_numbers(history["date"]))
    if not ids.is_unique or (np.diff(keys) <= 0).any():
        return _by_day(videos, history.sort_values(["ad_id", "date"]).drop_duplicates(["ad_id", "date"]))
    keys = np.r_[keys, np.iinfo(np.int64).max]
    views = np.r_[history["views"].to_numpy(dtype=float, na_value=np.nan), np.nan]
    guessed = np.r_[(history["obs"] == "interpolated").to_numpy(dtype=bool), False]
    own = ids.get_indexer(videos["ad_id"])

    counted = column(videos, "latest_updated_at", "datetime64[us, UTC]")
    known = counted.notna().to_numpy() & (own >= 0)
    day = day_numbers(counted[known])
    place = np.searchsorted(keys, _keys(own[known], day), side="right") - 1
    newest = keys[place] - _keys(own[known], 0)
    days[known] = np.where((newest <= day) & (newest >= day - SHIFT), newest, NEVER)

    def views_on(wanted: np.ndarray, *, measured: bool = False) -> np.ndarray:
        """Return each video's views on its day, NaN where there is no count, or only a guess that nobody measured."""
        wanted_keys = _keys(own, wanted)
        place = np.searchsorted(keys, wanted_keys)
        found = (keys[place] == wanted_keys) & (own >= 0) & ~(measured & guessed[place])
        return np.where(found, views[place], np.nan)

    return days, views_on


def _keys(codes: np.ndarray, days: np.ndarray | int) -> np.ndarray:
    """Make one number of a video and a day, in the order of both."""
    return (codes.astype(np.int64) << 32) + days
