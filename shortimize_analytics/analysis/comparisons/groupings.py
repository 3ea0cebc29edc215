"""Ways to put videos into groups: lengths, weekdays, hashtags, or the values and lists of a column.

Pitfall: a missing value is no group. A video without a known length belongs to no bracket, not to the shortest one.
"""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys, column
from shortimize_analytics.analysis.base.tags import tags_in
from shortimize_analytics.analysis.base.vendor import known_lengths
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema.cast import LIST_OF_STR

from .engine import flat_lists

LENGTH_STARTS = np.arange(0, 61, 5)
LENGTHS = pd.CategoricalDtype([*(f"{low}-{low + 5} s" for low in LENGTH_STARTS[:-1]), "60+ s"], ordered=True)
WEEKDAYS = pd.CategoricalDtype(
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"], ordered=True
)
PLACEHOLDER_SHARE, PLACEHOLDER_VIDEOS = 0.5, 10
"""A platform that gives more than half of its videos (10 at least) one length to the second does not measure it."""


def duration_brackets(videos: pd.DataFrame) -> pd.Series:
    """Put videos into brackets of length, 5 seconds wide: [0, 5) … [55, 60), [60, ∞).

    Parameters
    ----------
    videos
        Frame of `load_videos`.

    Returns
    -------
    Series
        Ordered categories, aligned with the videos. NA for photos (no length), for YouTube's 60 and for any length that
        most videos of a platform share to the second: it is a placeholder.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.comparisons.groupings import duration_brackets
    >>> duration_brackets(pd.DataFrame({"platform": "tiktok", "video_length": [4, 5, 71, 0, None]})).tolist()
    ['0-5 s', '5-10 s', '60+ s', nan, nan]
    """
    length = known_lengths(videos).astype("Float64")
    size = length.groupby(videos["platform"]).transform("count")
    same = length.groupby([videos["platform"], length]).transform("size")
    placeholder = (size >= PLACEHOLDER_VIDEOS) & (same > PLACEHOLDER_SHARE * size)
    seconds = length.mask(placeholder.fillna(value=False)).to_numpy(dtype=float, na_value=np.nan)
    code = np.searchsorted(LENGTH_STARTS, np.nan_to_num(seconds), side="right") - 1
    return pd.Series(pd.Categorical.from_codes(np.where(np.isnan(seconds), -1, code), dtype=LENGTHS), videos.index)


def weekdays(videos: pd.DataFrame) -> pd.Series:
    """Name the weekday of each upload, in the platform's or the account's own calendar; NA without an upload day."""
    day = videos["uploaded_at"].dt.day_of_week
    return pd.Series(pd.Categorical.from_codes(day.fillna(-1).astype(int), dtype=WEEKDAYS), videos.index)


def hashtags(videos: pd.DataFrame) -> pd.Series:
    """List the hashtags of each caption, lower case, without #, each once.

    Parameters
    ----------
    videos
        Frame of `load_videos`.

    Returns
    -------
    Series
        Lists, aligned with the videos; NA without a caption.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.comparisons.groupings import hashtags
    >>> hashtags(pd.DataFrame({"title": ["Day 3 #FYP #日本 #fyp", "no tag"]})).tolist()
    [['fyp', '日本'], []]
    """
    lists = [tags_in(title) if isinstance(title, str) else None for title in column(videos, "title", "str")]
    return pd.Series(lists, index=videos.index, dtype=object)


DERIVED = {"account": account_keys, "duration": duration_brackets, "weekday": weekdays, "hashtag": hashtags}
"""Groupings that are no column of the videos but follow from them."""


def has_lists(groups: pd.Series) -> bool:
    """Say whether a video can have several groups."""
    known = groups.dropna()
    return groups.dtype == LIST_OF_STR or (len(known) > 0 and isinstance(known.iloc[0], list | tuple | np.ndarray))


def flat_groups(groups: pd.Series) -> pd.Series:
    """Give each group of each video a row, indexed by the video's position."""
    if has_lists(groups):
        return flat_lists(groups).droplevel("place")
    return groups.dropna()


def group_sizes(groups: pd.Series) -> pd.Series:
    """Count the videos of each group that has any."""
    flat = flat_groups(groups)
    return flat.reset_index().drop_duplicates().iloc[:, 1].value_counts(sort=False).loc[lambda n: n > 0]


def group_members(groups: pd.Series, min_videos: int) -> dict[str, np.ndarray]:
    """Return the videos of each group that has enough of them, in the order of the groups."""
    if min_videos < 1:
        raise InvalidParameterError(
            f"min_videos={min_videos} is below 1; groups of fewer than 8 are shown but never tested."
        )
    flat, sizes = flat_groups(groups), group_sizes(groups)
    members = {}
    flat = flat[flat.isin(sizes.index[sizes >= min_videos])]
    for key, rows in flat.groupby(flat, sort=True, observed=True):
        members[str(key)] = np.zeros(len(groups), dtype=bool)
        members[str(key)][rows.index.to_numpy()] = True
    return members
