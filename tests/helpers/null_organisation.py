"""Organisations in which nothing happens: the demo's accounts and growth, and one spread of luck for every video.

No outlier, label, drift, revival, correction or outage is planted, so that every alert about data or silence is a false
one, and of "took off" those are whose video truly is below 5x. Uploads are as many a week as the demo's, by chance on
any day and account.
"""

import numpy as np
import pandas as pd

from shortimize_analytics.schema import HISTORY, VIDEOS, conform

LEVELS = (110_000, 90_000, 80_000, 70_000, 60_000, 45_000, 30_000, 22_000, 15_000, 12_000, 8_000, 5_000, 3_000)
SPREAD = 0.8
"""Standard deviation of ln views between the videos of an account."""
UPLOADS_A_WEEK = 25
ACCOUNTS = 15
LAST = pd.Timestamp("2026-11-22")
DAYS = 182


def grown(age, pace, tail):
    """Share of the level that a video has at an age in days: a fast part and a slow tail; 0 before the upload."""
    age = np.clip(age, 0, None)
    return (1 - tail) * (1 - np.exp(-((age / pace) ** 0.75))) + tail * np.log1p(age / 10) / np.log(4)


def null_organisation(seed, *, uploads_a_week=UPLOADS_A_WEEK, accounts=ACCOUNTS, frozen=()):
    """Return videos, history and the true multiple of every video.

    `frozen` are (days before the last day, age): one more video each, of the largest account, whose count stands still
    from that age on; their ids begin with "frozen".
    """
    rng = np.random.default_rng(seed)
    number = uploads_a_week * DAYS // 7
    day = np.r_[np.sort(rng.integers(0, DAYS, number)), [DAYS - 1 - back for back, _ in frozen]].astype(int)
    weight = rng.dirichlet(np.full(accounts, 3.0))
    account = np.r_[rng.choice(accounts, number, p=weight), np.zeros(len(frozen), dtype=int)]
    level = np.resize(LEVELS, accounts)[account].astype(float)
    pace, tail = rng.uniform(0.7, 4, accounts)[account], rng.uniform(0.05, 0.4, accounts)[account]
    pace = pace * np.exp(0.2 * rng.standard_normal(len(day)))
    luck = np.exp(SPREAD * rng.standard_normal(len(day)))
    age = np.arange(DAYS + 1)[None, :] - (day + rng.uniform(0.25, 0.95, len(day)))[:, None]
    share = np.diff(grown(age, pace[:, None], tail[:, None]), axis=1)
    share /= grown(np.full((len(day), 1), 30.0), pace[:, None], tail[:, None])
    gains = rng.poisson((level * luck)[:, None] * share * rng.gamma(7, 1 / 7, share.shape))
    for row, (_, stop) in enumerate(frozen, start=number):
        gains[row, day[row] + stop :] = 0
    views = gains.cumsum(axis=1)
    ids = [f"v{at:04d}" for at in range(number)] + [f"frozen{at:03d}" for at in range(len(frozen))]
    row, at = np.nonzero(np.arange(DAYS)[None, :] >= day[:, None])
    first = LAST - pd.Timedelta(days=DAYS - 1)
    history = pd.DataFrame({"ad_id": np.array(ids)[row], "date": first + pd.to_timedelta(at, unit="D")})
    history["views"] = views[row, at]
    videos = pd.DataFrame({"ad_id": ids, "uploaded_at": first + pd.to_timedelta(day, unit="D")})
    videos["linked_account_id"] = [f"account-{who}" for who in account]
    videos["username"] = [f"user{who}" for who in account]
    videos["platform"], videos["video_length"], videos["latest_views"] = "tiktok", 20, views[:, -1]
    videos["latest_updated_at"] = (LAST + pd.Timedelta(days=1, hours=3)).tz_localize("UTC")
    videos = conform(videos.reindex(columns=VIDEOS.names), VIDEOS)
    videos.attrs = {"params": {}, "quality": {"rows": len(videos), "masked": 0}}
    return videos, conform(history.reindex(columns=HISTORY.names), HISTORY), dict(zip(ids, luck, strict=True))
