"""Numbers that several analyses, charts and sentences rest on: each stands here once.

A number that one module alone needs stands in that module.
"""

import pandas as pd

WEEK = 7
"""Days."""
HORIZON = 30
"""Age (days) that forecasts are made for unless another is asked for."""
MEDIAN_PERIODS = 8
"""Periods whose median a period is compared with."""
PERIODS_SHOWN = MEDIAN_PERIODS + 1
"""Periods of a series unless another number is asked for: one, and those it is compared with."""
RECENT_DAYS = 28
"""Outliers are listed among videos uploaded this shortly before a period's end, or in it: the all-time best hardly
changes."""
INTERPOLATED_LIMIT = 0.10
"""Share of a period's movement on interpolated days above which the reader is warned."""

EARLIEST_UPLOAD = pd.Timestamp("2005-01-01")
"""An upload before there were sites for videos is a date that was never filled in."""

HIT = 5
"""A video that beats its account has at least this many times the account's usual views."""
MIN_PEERS = 3
"""Other videos that an account must have to say what is usual there."""
RELIABLE_PEERS, RELIABLE_AGE = 10, 3
"""Peers, and days of age, from which a score is one to lean on."""

MAX_LAG = 2
"""Days that a history may end before the newest count and still tell of it."""

SCORE_COVERAGE, EFFECT_COVERAGE, FORECAST_COVERAGE = 0.90, 0.95, 0.80
"""Shares that intervals are to cover: of scores, of estimates and comparisons, and of forecasts."""
