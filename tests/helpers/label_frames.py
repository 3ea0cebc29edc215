"""Videos to compare, and labels of known effect."""

import numpy as np
import pandas as pd

from shortimize_analytics.schema import VIDEOS, cast


def make_videos(rows):
    base = {
        "platform": "tiktok",
        "uploaded_at": "2026-01-01",
        "latest_updated_at": "2026-03-01T08:00:00Z",
        "video_length": 15,
        "latest_views": 100,
        "linked_account_id": "a",
        "label_ids": [],
        "label_names": [],
    }
    return cast([base | {"ad_id": f"{i:05}"} | row for i, row in enumerate(rows)], VIDEOS)[0]


def simulated(*, accounts=14, each=24, effect=0.0, seed=0, share=0.4):
    """Videos of accounts of very different size; label "L" multiplies views by e**effect, "N" does nothing."""
    rng = np.random.default_rng(seed)
    rows = []
    for account in range(accounts):
        level = rng.normal(8, 1.5)
        for _ in range(each):
            carries, null, age = rng.random() < share, rng.random() < 0.3, int(rng.integers(0, 60))
            views = np.exp(level + effect * carries + 0.3 * np.log1p(age) + 0.7 * rng.gumbel())
            rows.append(
                {
                    "linked_account_id": f"a{account:02}",
                    "uploaded_at": str((pd.Timestamp("2026-03-01") - pd.Timedelta(days=age)).date()),
                    "latest_views": int(views),
                    "label_ids": ["L"] * carries + ["N"] * null,
                    "label_names": ["Like"] * carries + ["Null"] * null,
                }
            )
    return make_videos(rows)
