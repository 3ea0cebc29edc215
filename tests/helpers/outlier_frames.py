"""Accounts and videos whose luck is known, to rank."""

from functools import cache

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.outliers.ranking import rank_outliers
from shortimize_analytics.schema import VIDEOS, empty

NOW = pd.Timestamp("2026-06-01")


def growth(age):
    """Log views at an age against day 14, as the simulated platform grows."""
    shape = -2.2 * np.exp(-np.asarray(age) / 3) - 0.25 * np.exp(-np.asarray(age) / 40)
    return shape - (-2.2 * np.exp(-14 / 3) - 0.25 * np.exp(-14 / 40))


def video_frame(accounts, *, ages, log_views, platform="tiktok", labels=None):
    count = len(ages)
    names = [f"a{code:04d}" for code in accounts]
    frame = empty(VIDEOS).reindex(range(count))
    frame["ad_id"] = [f"v{row:05d}" for row in range(count)]
    frame["linked_account_id"], frame["username"], frame["platform"] = names, names, platform
    frame["video_length"] = pd.array([20] * count, dtype="Int64")
    frame["uploaded_at"] = (NOW - pd.to_timedelta(ages, unit="D")).astype("datetime64[us]")
    frame["latest_updated_at"] = pd.Series([NOW + pd.Timedelta(hours=5)] * count).dt.tz_localize("UTC").dt.as_unit("us")
    frame["latest_views"] = pd.array(np.round(np.expm1(log_views)).astype(np.int64), dtype="Int64")
    if labels is not None:
        frame["label_ids"] = pd.Series(labels, dtype=frame["label_ids"].dtype)
    return frame


@cache
def simulated(seed=0, *, accounts=80, most=60):
    """Accounts of known level with skewed videos of known luck; returns videos and each one's true ln multiple."""
    rng = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), rng.integers(2, most, accounts))
    ages = np.concatenate([np.sort(np.minimum(rng.geometric(0.02, size), 400))[::-1] for size in np.bincount(account)])
    luck = (rng.gamma(4, 1, len(account)) - 3.672) / 2 * 0.75
    level = rng.normal(9, 1.2, accounts)[account]
    return video_frame(account, ages=ages, log_views=level + luck + growth(ages)), luck


def scored(videos, luck, **options):
    ranked = rank_outliers(videos, **options)
    return ranked.merge(pd.DataFrame({"ad_id": videos["ad_id"], "luck": luck}), on="ad_id").dropna(subset="mult")


def log(column):
    return np.log(column.to_numpy(dtype=float))


def histories(videos, *, days, seed=0):
    """Daily totals of every video from the day after upload to now, at most so many days, along the growth curve."""
    rng = np.random.default_rng(seed)
    parts = []
    for ad_id, uploaded, views in zip(videos["ad_id"], videos["uploaded_at"], videos["latest_views"], strict=True):
        age = (NOW - uploaded).days
        ages = np.arange(max(0, age - days), age + 1)
        logs = np.log1p(views) - growth(age) + growth(ages) + rng.normal(0, 0.002, len(ages))
        totals = np.maximum.accumulate(np.round(np.expm1(logs))).astype(np.int64)
        parts.append(
            pd.DataFrame({"ad_id": ad_id, "date": uploaded + pd.to_timedelta(ages, unit="D"), "views": totals})
        )
    out = pd.concat(parts, ignore_index=True)
    return out.assign(date=out["date"].astype("datetime64[us]"), views=out["views"].astype("Int64"))
