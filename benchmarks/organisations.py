"""Organisations unlike the demo, with planted truth: accounts that drift, skewed luck, labels of stretches of time."""

import numpy as np

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
