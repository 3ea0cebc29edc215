"""An organisation with every oddity of a history, and periods of it."""

import warnings
from datetime import date, timedelta

import numpy as np

from shortimize_analytics.analysis.periods.summary import period_summary
from shortimize_analytics.schema import HISTORY, VIDEOS, cast

PARTS = ["new_views", "back_views", "corrections", "newly_tracked", "not_refreshed", "lost"]
GROWTH = PARTS[:3]
DAY0 = date(2026, 2, 1)


def iso(offset):
    return str(DAY0 + timedelta(days=offset))


def organisation(*, videos=24, days=80, seed=0):
    """Four accounts on two platforms, two labels; gaps, falls, removals, a late account and one collaboration."""
    rng = np.random.default_rng(seed)
    rows, points = [], []
    for i in range(videos):
        uploaded = int(rng.integers(-20, days - 5))
        account = i % 4
        rows.append(
            {
                "ad_id": f"v{i:02}",
                "platform": "tiktok" if account < 2 else "youtube",
                "linked_account_id": f"a{account}",
                "username": f"user{account}",
                "ad_link": f"https://www.tiktok.com/@x/video/76093647280{i // 5 if i < 2 else i:03}",
                "uploaded_at": iso(uploaded),
                "latest_updated_at": f"{iso(days)}T08:00:00Z",
                "latest_views": 10**6,
                "video_length": 9,
                "label_ids": [f"L{i % 3}"] * (i % 3 < 2),
                "label_names": [f"Label {i % 3}"] * (i % 3 < 2),
                "removed": bool(rng.random() < 0.1),
            }
        )
        seen = [d for d in range(max(0, uploaded, 30 * (account == 3)), days) if rng.random() < 0.85]
        counts = np.cumsum(rng.poisson(500 / (1 + np.arange(len(seen))) + 8)) - 300 * (rng.random(len(seen)) < 0.05)
        points += [
            {"ad_id": f"v{i:02}", "date": iso(d), "views": max(0, int(c))} for d, c in zip(seen, counts, strict=True)
        ]
    return cast(rows, VIDEOS)[0], cast(points, HISTORY)[0]


def summary(*args, **options):
    """The histories have gaps on purpose, so the warning of much interpolation says nothing here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return period_summary(*args, **options)
