"""Columns that analyses read of a frame that may lack them, and what names an account, a photo, a way of counting."""

import numpy as np
import pandas as pd

REGIME_BREAKS = {"youtube": ("2025-03-31",)}
"""Days from which a platform counts views differently: YouTube Shorts count every play and replay since. Baselines
never straddle one."""


ENGAGEMENT = ("latest_likes", "latest_comments", "latest_shares")
"""Newest counts that engagement rates divide by the views."""


def column(frame: pd.DataFrame, name: str, dtype: str) -> pd.Series:
    """Return a column, or one of NA where the frame has none."""
    return frame[name] if name in frame else pd.Series(pd.NA, index=frame.index, dtype=dtype)


def is_photo(videos: pd.DataFrame) -> np.ndarray:
    """Tell which posts have no length: photos, for all that the API says."""
    return (column(videos, "video_length", "Int64").fillna(0) <= 0).to_numpy(dtype=bool)


def account_keys(videos: pd.DataFrame) -> pd.Series:
    """Name the account of each video: `linked_account_id`, or platform and lower-case username where it is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.base.columns import account_keys
    >>> account_keys(pd.DataFrame({"linked_account_id": ["a", None], "platform": "tiktok", "username": "ann"})).tolist()
    ['a', 'tiktok/ann']
    """
    ids = column(videos, "linked_account_id", "str")
    missing = ids.isna().to_numpy()
    keys = ids.rename("account")
    if missing.any():
        nameless = videos.loc[missing]
        handle = column(nameless, "username", "str").fillna("").str.lower()
        keys = keys.copy()
        keys.array[missing] = (nameless["platform"].fillna("").astype("str") + "/" + handle).array
    return keys


def by_account_key(listed: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of the frame of `load_accounts`, to be looked up by what `account_keys` names accounts.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.base.columns import by_account_key
    >>> account = {"account_id": "a", "platform": "tiktok", "username": "Ann", "tracking_type": "latest_30"}
    >>> listed = pd.DataFrame([account])
    >>> by_account_key(listed, "tracking_type").to_dict()
    {'a': 'latest_30', 'tiktok/ann': 'latest_30'}
    """
    names = listed["platform"].astype("str") + "/" + listed["username"].astype("str").str.lower()
    values = pd.concat([listed[name].set_axis(listed["account_id"].astype("str")), listed[name].set_axis(names)])
    return values[values.index.notna() & ~values.index.duplicated()]


def regimes(videos: pd.DataFrame) -> np.ndarray:
    """Tell which way of counting was in force at each upload: 0 before the platform's first break."""
    out = np.zeros(len(videos), dtype=np.int64)
    for platform, breaks in REGIME_BREAKS.items():
        here = (videos["platform"] == platform).fillna(value=False).to_numpy(dtype=bool)
        for day in breaks:
            out += here & (videos["uploaded_at"] >= pd.Timestamp(day)).to_numpy(dtype=bool)
    return out
