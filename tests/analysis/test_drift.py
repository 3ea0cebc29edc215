"""Accounts that drift: what is estimated of it, and what it adds to the error of a level."""

import numpy as np
import pytest

from shortimize_analytics.analysis.models.account_level import HALF_LIFE, account_levels, neighbour_median
from shortimize_analytics.analysis.models.drift import USUAL_DRIFT, drift_per_day, exposure


def walking(seed, *, drift, accounts=120):
    """Accounts of 3 to 60 uploads half a day to a week apart; returns account, day, level and score of each video."""
    rng = np.random.default_rng(seed)
    size, every = rng.integers(3, 60, accounts), rng.choice([0.5, 1, 3, 7], accounts)
    account = np.repeat(np.arange(accounts), size)
    day = np.concatenate([np.sort(rng.uniform(0, n * gap, n)) for n, gap in zip(size, every, strict=True)]).astype(int)
    steps = np.maximum(np.diff(day, prepend=0), 0)
    level = np.cumsum(drift * np.sqrt(steps) * rng.standard_normal(len(day))) + rng.normal(9, 1.2, accounts)[account]
    return account, day, level, level + (rng.gamma(4, 1, len(day)) - 3.672) / 2 * 0.75


def test_the_exposure_is_the_variance_that_a_walk_gives_a_weighted_mean():
    account, day = np.array([0] * 6 + [1] * 3), np.array([0, 3, 3, 10, 11, 30, 5, 50, 51])
    expected = []
    for video in range(9):
        peers = np.flatnonzero((account == account[video]) & (np.arange(9) != video))
        weight = 0.5 ** (np.abs(peers - video) / HALF_LIFE)
        away = day[peers] - day[video]
        side = np.sign(peers - video)
        shared = np.minimum.outer(np.abs(away), np.abs(away)) * np.equal.outer(side, side)
        expected.append(weight @ shared @ weight / weight.sum() ** 2)
    assert exposure(account, days=day, half_life=HALF_LIFE) == pytest.approx(expected)


@pytest.mark.parametrize("drift", [0.0, 0.06, 0.12])
def test_drift_is_found_and_90_percent_intervals_of_the_level_hold_it(drift):
    covered, found = [], []
    for seed in range(3):
        account, day, level, score = walking(seed, drift=drift)
        median, _, n_eff = neighbour_median(score, account, days=day, half_life=HALF_LIFE, window_days=None)
        platforms = np.zeros(len(day), dtype=int)
        levels = account_levels(score, median, n_eff=n_eff, groups=account, platforms=platforms, days=day)
        covered.append(np.mean(np.abs(levels.level - level) <= 1.645 * levels.sd))
        found.append(np.sqrt(levels.drift))
    assert 0.88 <= np.mean(covered) <= 0.95
    assert np.mean(found) == pytest.approx(drift, abs=0.025)


def test_few_videos_drift_as_accounts_usually_do_and_equal_ones_not_at_all():
    account, day, _, score = walking(0, drift=0.12, accounts=1)
    few = slice(0, 6)
    assert drift_per_day(score[few], account[few], days=day[few], sigma=0.5) == USUAL_DRIFT * 0.25
    assert drift_per_day(np.zeros(len(day)), account, days=day, sigma=0.0) == 0
