"""Videos that were measured although the API gives no counts of them, told from columns alone.

Limited and Basic plans mask all counts or none. Single videos without counts come with any plan: then the plan is not
why. Columns tell, because what a frame carries in ``attrs`` is gone after a merge.
"""

from collections.abc import Collection

import pandas as pd

from .tables import METRICS

MASKING_TIERS = ("limited", "basic")


def is_masked(videos: pd.DataFrame, *, named: Collection[str] = ()) -> pd.Series:
    """Mark videos that were measured and hide nothing, yet have no view count, and those that came with text for one.

    Parameters
    ----------
    videos
        Frame with the columns of `load_videos`.
    named
        Ids of videos whose counts came as text.
    """
    blank = videos["latest_views"].isna()
    if "implausible_views" in videos:  # counts came, and `prepare` set them aside
        blank &= videos["implausible_views"].isna()
    for name in ("private", "hidden_stats"):
        if name in videos:
            blank &= ~videos[name].fillna(value=False).astype(bool)
    measured = videos["latest_updated_at"].notna() if "latest_updated_at" in videos else False
    return videos["ad_id"].isin(list(named)) | (blank & measured)


def count_masked(videos: pd.DataFrame) -> int | None:
    """Count the masked videos of any frame of videos; None where its columns cannot tell.

    Examples
    --------
    >>> from shortimize_analytics.schema.masked import count_masked
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> videos, _ = cast([{"ad_id": "1", "latest_views": 5}, {"ad_id": "2", "latest_updated_at": "2026-03-05T08:00Z"}],
    ...                  VIDEOS)
    >>> count_masked(videos), count_masked(videos.head(1)), count_masked(videos.drop(columns="latest_updated_at"))
    (1, 0, None)
    """
    if not {"latest_views", "latest_updated_at"} <= set(videos):
        return None
    return int(is_masked(videos).sum())


def plan_masks(videos: pd.DataFrame) -> bool:
    """Say whether the key's plan is why counts are masked: the loader knew it, else a plan masks every one."""
    known = videos.attrs.get("quality", {}).get("masked_by_plan")
    return bool(known) if known is not None else masks_all(videos)


def masks_all(videos: pd.DataFrame, *, named: Collection[str] = ()) -> bool:
    """Say whether no video has a count of any kind although all were measured, as under a plan that masks."""
    counts = videos[[name for name in METRICS if name in videos]]
    return bool(len(videos) and is_masked(videos, named=named).all() and counts.isna().all(axis=None))
