"""How fast accounts drift, and what that adds to the error of a level that neighbouring uploads tell.

Definitions
-----------
drift
    Variance of the change of an account's ln level per day, a random walk.
exposure
    Days of drift between a video and the peers behind its level, as their weights see them: Σ gap·(weight beyond it)²
    on either side, in upload order.

References
----------
Variogram by median absolute differences: N. Cressie, Statistics for Spatial Data, 1993, section 2.4.
"""

import numpy as np
import pandas as pd

from .median_regression import MAD_TO_SD

USUAL_DRIFT = (0.057 / 0.78) ** 2
"""Per day, in units of the variance of an account's videos: .057 per √day on real data, where their spread was .78."""
USUAL_WEIGHT = 400
"""Pairs of videos that the usual drift is worth beside an organisation's own."""
LAGS = (1, 2, 4, 8, 16, 32)
DAY_EDGES = np.array([1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
MIN_PAIRS, MIN_BINS = 30, 3
MAX_PAIRS = 100_000
"""More pairs of a lag tell nothing more."""


def drift_per_day(score: np.ndarray, groups: np.ndarray, *, days: np.ndarray, sigma: float) -> float:
    """Estimate the drift of an organisation's accounts, drawn to what is usual where videos are few.

    Parameters
    ----------
    score
        Scores, sorted by group and upload; NaN without one.
    groups
        Account of each.
    days
        Day of upload.
    sigma
        Spread of videos within accounts, ln.

    Returns
    -------
    float
        ln² per day: the slope of the squared difference of two videos of an account over the days between them.
    """
    apart, days_apart = [np.empty(0)], [np.empty(0)]
    for lag in LAGS:
        pairs = np.flatnonzero(groups[lag:] == groups[:-lag])
        pairs = pairs[:: max(1, len(pairs) // MAX_PAIRS)]
        apart.append(np.abs(score[pairs + lag] - score[pairs]))
        days_apart.append((days[pairs + lag] - days[pairs]).astype(float))
    difference, between = np.concatenate(apart), np.concatenate(days_apart)
    known = ~np.isnan(difference)
    difference, between = difference[known], between[known]
    bins = np.searchsorted(DAY_EDGES, between, side="right")
    points = []
    for number in np.unique(bins):
        here = bins == number
        square = (MAD_TO_SD * float(np.median(difference[here]))) ** 2
        if here.sum() >= MIN_PAIRS and square > 0:
            points.append((square, float(between[here].mean()), np.sqrt(here.sum()) / square))
    usual = USUAL_DRIFT * sigma**2
    if len(points) < MIN_BINS:
        return usual
    square, day, weight = np.array(points).T
    slope = np.linalg.lstsq(np.column_stack([weight, weight * day]), weight * square, rcond=None)[0][1]
    own = len(difference) / (len(difference) + USUAL_WEIGHT)
    return float(own * max(0.0, slope) + (1 - own) * usual)


def exposure(groups: np.ndarray, *, days: np.ndarray, half_life: float) -> np.ndarray:
    """Days of drift that a level by neighbours, whose weight halves after so many uploads, is exposed to.

    Examples
    --------
    >>> import numpy as np
    >>> from shortimize_analytics.analysis.models.drift import exposure
    >>> exposure(np.array([0, 0, 0]), days=np.array([0, 10, 10]), half_life=5).round(1).tolist()
    [10.0, 2.5, 2.2]
    """
    ratio = 0.5 ** (1 / half_life)
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    size = np.diff(starts, append=len(groups))
    before = np.arange(len(groups)) - np.repeat(starts, size)
    after = np.repeat(size, size) - 1 - before
    gap = np.diff(days, prepend=0).astype(float)
    gap[starts] = 0
    later = np.append(gap[1:], 0.0)
    past = _decaying(gap, before, ratio=ratio)
    future = _decaying(later[::-1], after[::-1], ratio=ratio)[::-1]
    weights = 1 - _powers(ratio, before), 1 - _powers(ratio, after)
    total = np.maximum(weights[0] + weights[1], 1 - ratio)
    return np.asarray((past + future) / total**2)


def _decaying(gap: np.ndarray, before: np.ndarray, *, ratio: float) -> np.ndarray:
    """Sum the gaps back to each group's first video, each by the squared weight of what lies beyond it.

    Beyond the k-th gap of n lie the weights r^(k−1) − r^n, so that the square has three geometric sums.
    """
    last = _powers(ratio, before)
    one = _sums(gap, before, ratio=1.0)
    return _sums(gap, before, ratio=ratio**2) - 2 * last * _sums(gap, before, ratio=ratio) + last**2 * one


def _sums(gap: np.ndarray, before: np.ndarray, *, ratio: float) -> np.ndarray:
    """Σ gap·ratio^(steps back), from each row to the first of its group."""
    if ratio == 1.0:
        total = np.cumsum(gap)
        return np.asarray(total - total[np.arange(len(gap)) - before])
    # an exponential mean is this sum times 1 − ratio where the first gap is 0, as it is; scipy.signal loads for as long
    # as the rest of a ranking takes
    run = pd.Series(gap).ewm(alpha=1 - ratio, adjust=False).mean().to_numpy() / (1 - ratio)
    return np.asarray(run - _powers(ratio, before) * run[np.arange(len(gap)) - before])


def _powers(ratio: float, steps: np.ndarray) -> np.ndarray:
    """Look up ratio^steps, each computed once: steps are few, videos many."""
    return np.asarray(ratio ** np.arange(steps.max(initial=0) + 1))[steps]
