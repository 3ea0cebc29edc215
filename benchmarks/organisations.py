"""Organisations unlike the demo, with planted truth: accounts that drift, skewed luck, labels of stretches of time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shortimize_analytics.schema import HISTORY, VIDEOS, conform, empty

FIRST = pd.Timestamp("2024-01-01")
DRIFT = 0.06
"""Standard deviation of an account's ln level after a day; grows with the square root of the days."""


def labelled_accounts(
    rng: np.random.Generator, accounts: int, *, stretched: bool, effect: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return ln views, account, age (days) and label of videos in account and upload order.

    The label sits on a quarter of the uploads at random, or on one stretch of 25 to 50 days in each account.
    """
    size = rng.integers(12, 41, accounts)
    account = np.repeat(np.arange(accounts), size)
    day = np.concatenate([np.sort(rng.integers(0, 180, n)) for n in size])
    step = np.maximum(np.diff(day, prepend=0), 0.25)
    walk = np.cumsum(DRIFT * np.sqrt(np.abs(step)) * rng.standard_normal(len(day)))
    luck = (rng.gamma(4, 1, len(day)) - 4) / 2 * 0.8
    if stretched:
        start, length = rng.uniform(0, 140, accounts)[account], rng.uniform(25, 50, accounts)[account]
        member = (day >= start) & (day < start + length)
    else:
        member = rng.random(len(day)) < 0.25
    views = rng.normal(9, 1, accounts)[account] + walk + luck + effect * member
    return views, account, 180 - day, member


def drifting_accounts(
    rng: np.random.Generator, *, drift: float, accounts: int = 120, most: int = 60
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return videos of more than 200 days, whose age no longer matters, and the true ln multiple of each.

    Accounts upload every half day to every eighth; levels walk by `drift` per √day; luck is skewed, of median 0.
    """
    size = rng.integers(3, most, accounts)
    account = np.repeat(np.arange(accounts), size)
    every = rng.choice([0.5, 1, 2, 4, 8], accounts)
    day = np.concatenate([np.sort(rng.uniform(0, n * gap, n)) for n, gap in zip(size, every, strict=True)]).astype(int)
    walk = np.cumsum(drift * np.sqrt(np.maximum(np.diff(day, prepend=0), 0)) * rng.standard_normal(len(day)))
    luck = (rng.gamma(4, 1, len(day)) - 3.672) / 2 * 0.75
    logs = rng.normal(9, 1.2, accounts)[account] + walk - walk[np.searchsorted(account, account)] + luck
    names = [f"a{code:04d}" for code in account]
    frame = empty(VIDEOS).reindex(range(len(day)))
    frame["ad_id"] = [f"v{row:06d}" for row in range(len(day))]
    frame["linked_account_id"], frame["username"], frame["platform"] = names, names, "tiktok"
    frame["video_length"] = pd.array([20] * len(day), dtype="Int64")
    frame["uploaded_at"] = (FIRST + pd.to_timedelta(day, unit="D")).astype("datetime64[us]")
    frame["latest_updated_at"] = pd.Timestamp(FIRST + pd.Timedelta(days=900), tz="UTC").as_unit("us")
    frame["latest_views"] = pd.array(np.round(np.exp(logs)).astype(np.int64), dtype="Int64")
    return frame, luck


def late_bursts(rng: np.random.Generator, *, videos: int = 1600, days: int = 200) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return videos and their first 31 days, of which more and more burst once between day 4 and 27.

    A burst brings a Pareto multiple of what the video earned before, over some days: a tail that only goes up.
    """
    day, account = np.sort(rng.integers(0, days - 31, videos)), rng.integers(0, 50, videos)
    level = np.exp(rng.normal(9, 1, 50)[account] + 0.8 * rng.standard_normal(videos))[:, None]
    pace = (np.exp(rng.normal(0.8, 0.4, 50))[account] * np.exp(0.25 * rng.standard_normal(videos)))[:, None]
    share = 1 - np.exp(-((np.arange(1, 32) / pace) ** 0.7))
    gains = np.diff(share, axis=1, prepend=0) * level * rng.gamma(5, 0.2, share.shape)
    starts, size = rng.integers(4, 28, videos)[:, None], 0.5 * level * rng.pareto(1.2, (videos, 1)).clip(0, 30)
    since = np.arange(31) - starts
    burst = np.where(since >= 0, np.exp(-np.maximum(since, 0) / 2), 0.0)
    bursts = rng.random((videos, 1)) < 0.05 + 0.15 * day[:, None] / days
    views = np.round((gains + bursts * size * burst / burst.sum(axis=1, keepdims=True)).cumsum(axis=1)).astype(int)
    ids, uploaded = np.array([f"v{row:05d}" for row in range(videos)]), FIRST + pd.to_timedelta(day, unit="D")
    history = pd.DataFrame({"ad_id": np.repeat(ids, 31), "views": views.ravel()})
    history["date"] = np.repeat(uploaded, 31) + pd.to_timedelta(np.tile(np.arange(31), videos), unit="D")
    frame = pd.DataFrame({"ad_id": ids, "uploaded_at": uploaded, "latest_views": views[:, -1]})
    frame["linked_account_id"] = frame["username"] = [f"a{code}" for code in account]
    frame["platform"], frame["video_length"] = "tiktok", 20
    frame["latest_updated_at"] = (frame["uploaded_at"] + pd.Timedelta(days=30, hours=23)).dt.tz_localize("UTC")
    return (
        conform(frame.reindex(columns=VIDEOS.names), VIDEOS),
        conform(history.reindex(columns=HISTORY.names), HISTORY),
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Videos of one snapshot: ln views, age, account, platform, the vendor's growth (%) by days, and the truth.

    `true_curve` is, by platform, ln views at ages 1 to 3 against day 14.
    """

    logs: np.ndarray
    ages: np.ndarray
    accounts: np.ndarray
    platforms: np.ndarray
    increase: dict[int, np.ndarray]
    true_curve: np.ndarray


def grown(age: np.ndarray | float, pace: np.ndarray, tail: np.ndarray) -> np.ndarray:
    """Views at an age: a fast part and a slow tail."""
    return (1 - tail) * (1 - np.exp(-((age / pace) ** 0.75))) + tail * np.log1p(age / 10) / np.log(4)


def young_snapshot(rng: np.random.Generator, *, videos: int) -> Snapshot:
    """Return an organisation of three platforms, whose accounts grow at paces of their own, at one moment."""
    accounts = max(20, videos // 40)
    platform = rng.choice(3, accounts, p=(0.6, 0.25, 0.15))
    weight = rng.dirichlet(np.ones(accounts))
    account = rng.choice(accounts, videos, p=weight)
    age = np.minimum(rng.exponential(150, videos), 700).astype(int) + 1
    usual = np.array([1.0, 3.0, 2.0]) * np.exp(0.2 * rng.standard_normal(3))
    pace = usual[platform] * np.exp(0.35 * rng.standard_normal(accounts))
    tail = np.clip(0.2 + 0.07 * rng.standard_normal(accounts), 0.05, 0.4)
    own, hour = pace[account] * np.exp(0.2 * rng.standard_normal(videos)), rng.uniform(0.1, 0.9, videos)
    seen = [grown(np.maximum(age - back - hour, 0.02), own, tail[account]) for back in range(8)]
    now, gains = seen[0], -np.diff(seen, axis=0)
    gains[0] *= rng.gamma(6, 1 / 6, videos)
    logs = rng.normal(9, 1.3, accounts)[account] + (rng.gamma(4, 1, videos) - 3.67) / 2 * 0.8 + np.log(now)
    hours, paces = np.linspace(0.12, 0.88, 12)[:, None, None], np.exp(0.2 * np.array([-1.3, 0, 1.3]))[None, :, None]
    true = np.empty((3, 3))
    for code in range(3):
        here = platform == code
        at = [
            np.median(np.log(grown(day - hours, pace[here] * paces, tail[here])).reshape(-1, here.sum()), axis=0)
            for day in (1, 2, 3, 14)
        ]
        true[code] = [np.average(day - at[-1], weights=weight[here]) for day in at[:-1]]
    gains[1:] *= rng.gamma(6, 1 / 6, gains[1:].shape)
    increase = {}
    for window in (1, 7):
        percent = np.round(100 * gains[:window].sum(axis=0) / seen[window], 1)
        increase[window] = np.where((age <= window) | (percent == 0), np.nan, percent)
    return Snapshot(logs, age, account, platform[account], increase, true)


def growing_accounts(
    rng: np.random.Generator, *, accounts: int = 220, most: int = 24, days: int = 15
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Return videos, their first days, and the ln multiple that each was given.

    Accounts grow at paces of their own, videos around these; luck is skewed and walks in over the first days: what a
    video does at first says only a part of it.
    """
    size = rng.integers(2, most, accounts)
    account, videos = np.repeat(np.arange(accounts), size), int(size.sum())
    day = np.concatenate([np.sort(rng.integers(0, 200, n)) for n in size])
    luck = (rng.gamma(4, 1, videos) - 3.672) / 2 * 0.75
    early = luck * rng.beta(4, 2, videos) + 0.25 * rng.standard_normal(videos)
    pace = np.exp(rng.normal(0.7, 0.5, accounts)[account] + 0.25 * rng.standard_normal(videos))[:, None]
    tail = np.clip(rng.normal(0.2, 0.08, accounts), 0.02, 0.5)[account][:, None]
    age = np.arange(days)[None, :] + rng.uniform(0.2, 0.9, videos)[:, None]
    weight = np.exp(-age / 2.5)
    level = rng.normal(9, 1.2, accounts)[account][:, None]
    logs = level + np.log(grown(age, pace, tail) / grown(14.5, pace, tail)) + luck[:, None] * (1 - weight)
    logs += early[:, None] * weight
    views = np.maximum.accumulate(np.round(np.exp(logs) * rng.gamma(400, 1 / 400, logs.shape)).astype(int), axis=1)
    ids = np.array([f"v{row:05d}" for row in range(videos)])
    uploaded = FIRST + pd.to_timedelta(day, unit="D")
    history = pd.DataFrame({"ad_id": np.repeat(ids, days), "views": views.ravel()})
    history["date"] = np.repeat(uploaded, days) + pd.to_timedelta(np.tile(np.arange(days), videos), unit="D")
    frame = pd.DataFrame({"ad_id": ids, "uploaded_at": uploaded, "latest_views": views[:, -1]})
    frame["linked_account_id"] = frame["username"] = [f"a{code}" for code in account]
    frame["platform"], frame["video_length"] = "tiktok", 20
    frame["latest_updated_at"] = (frame["uploaded_at"] + pd.Timedelta(days=days - 1, hours=23)).dt.tz_localize("UTC")
    return (
        conform(frame.reindex(columns=VIDEOS.names), VIDEOS),
        conform(history.reindex(columns=HISTORY.names), HISTORY),
        pd.Series(luck, index=ids),
    )
