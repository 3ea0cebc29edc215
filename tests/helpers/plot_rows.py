"""Results of a few rows to draw, every value of which is known."""

import numpy as np
from plot_frames import frame

from shortimize_analytics import schema

TITLES = [
    "the 3-second hook",
    "これを見て #fyp",
    "هذا الفيديو غريب",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "$5 vs $500",
    "x" * 10_000,
]


def outliers(rows, *, reliable=True):
    mult = np.linspace(30, 0.5, rows) if rows > 1 else np.array([3.0])
    return frame(
        schema.OUTLIERS,
        rows,
        ad_id=[f"v{i}" for i in range(rows)],
        username=[f"user{i}" for i in range(rows)],
        mult=mult,
        mult_lo=mult / 1.5,
        mult_hi=mult * 1.5,
        n_peers=[20] * rows,
        reliable=[reliable] * rows,
    )


def movers(gains, *, new=()):
    total = max(1, sum(gain for gain in gains if gain > 0))
    return frame(
        schema.WEEKLY_MOVERS,
        len(gains),
        ad_id=[f"v{i}" for i in range(len(gains))],
        title=[TITLES[i % len(TITLES)] for i in range(len(gains))],
        username=["ann"] * len(gains),
        gain=gains,
        is_new=[i in new for i in range(len(gains))],
        share=[gain / total if gain > 0 else None for gain in gains],
    )
