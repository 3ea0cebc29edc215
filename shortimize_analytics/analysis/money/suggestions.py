"""Posts that look like one clip, for a person to look at: nothing here is applied."""

import re

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys, column
from shortimize_analytics.analysis.base.vendor import known_lengths
from shortimize_analytics.analysis.prepare import prepare_videos
from shortimize_analytics.analysis.prepared import Prepared
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import CLIP_SUGGESTIONS, conform

SAME_LENGTH = 1
"""Seconds by which two platforms may round one length."""
MIN_CAPTION, ALIKE = 8, 30
"""Characters of a caption that say something, and at which two that begin alike count as alike."""
_NOISE = re.compile(r"#\S+|@\S+|https?://\S+|[^\w\s]|_", re.UNICODE)


def suggest_clips(videos: pd.DataFrame | Prepared, *, days: int = 3) -> pd.DataFrame:
    """List pairs of posts on different platforms that may be one clip, and why.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or the result of `prepare`.
    days
        Days that may lie between the two uploads (0 to 60).

    Returns
    -------
    DataFrame
        One row per pair, most alike first: `schema.CLIP_SUGGESTIONS`. Write those that are one clip into clips.csv, two
        lines each; a wrong pair would cost a creator a post.

    Raises
    ------
    InvalidParameterError
        For days out of range.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> row = {"ad_id": "1", "platform": "tiktok", "uploaded_at": "2026-10-05", "title": "How to boil an egg #food"}
    >>> videos, _ = cast([row, row | {"ad_id": "2", "platform": "youtube", "title": "How to boil an egg"}], VIDEOS)
    >>> sa.suggest_clips(videos)[["video", "other", "days_apart", "why"]].to_dict("records")
    [{'video': '1', 'other': '2', 'days_apart': 0, 'why': 'the same caption'}]
    """
    if not 0 <= days <= 60:
        raise InvalidParameterError(f"days={days} is out of range; choose 0 to 60, usually 3")
    ready = videos.videos if isinstance(videos, Prepared) else prepare_videos(videos)
    ready = ready[ready["counts_in_totals"].fillna(value=False).to_numpy(dtype=bool)]
    posts = pd.DataFrame(
        {
            "video": ready["ad_id"].astype("str").to_numpy(),
            "account": account_keys(ready).to_numpy(),
            "platform": ready["platform"].fillna("").astype("str").to_numpy(),
            "link": column(ready, "ad_link", "str").to_numpy(),
            "day": ready["uploaded_at"].to_numpy(),
            "length": known_lengths(ready).astype("Float64").to_numpy(dtype=float, na_value=np.nan),
            "caption": [_plain(text) for text in column(ready, "title", "str").tolist()],
        }
    )
    posts = posts[posts["day"].notna() & (posts["caption"].str.len() >= MIN_CAPTION)]
    posts["start"] = posts["caption"].str.slice(0, ALIKE)
    pairs = posts.merge(posts, on="start", suffixes=("", "_other"))
    apart = (pairs["day"] - pairs["day_other"]).dt.days.abs()
    lengths = (pairs["length"] - pairs["length_other"]).abs()
    first = (pairs["day"] < pairs["day_other"]) | (
        (pairs["day"] == pairs["day_other"]) & (pairs["video"] < pairs["video_other"])
    )
    keep = first & (apart <= days) & (pairs["platform"] != pairs["platform_other"]) & ~(lengths > SAME_LENGTH)
    pairs = pairs.assign(days_apart=apart, same=pairs["caption"] == pairs["caption_other"], measured=lengths.notna())[
        keep
    ]
    pairs["why"] = [
        _why(same=same, measured=known) for same, known in zip(pairs["same"], pairs["measured"], strict=True)
    ]
    order = pairs.sort_values(["same", "measured", "days_apart", "video"], ascending=[False, False, True, True])
    names = {"video_other": "other", "account_other": "other_account", "link_other": "other_link"}
    out = conform(order.rename(columns=names), CLIP_SUGGESTIONS)
    out.attrs["table"] = CLIP_SUGGESTIONS.name
    return out


def _plain(text: object) -> str:
    """Reduce a caption to its words."""
    return " ".join(_NOISE.sub(" ", text.casefold()).split()) if isinstance(text, str) else ""


def _why(*, same: bool, measured: bool) -> str:
    caption = "the same caption" if same else "captions that begin alike"
    return caption + (", the same length" if measured else "")
