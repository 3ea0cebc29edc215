"""Level of an account, seen from one of its videos: leave-one-out medians, their error, and shrinkage.

Everything works on arrays sorted by account and upload; `groups` numbers the accounts from 0.
"""

from dataclasses import dataclass

import numpy as np

from shortimize_analytics.schema.rows import stable_order

from .age_curve import group_medians
from .drift import drift_per_day, exposure
from .median_regression import MAD_TO_SD

HALF_LIFE = 5.0
"""Uploads after which a peer counts half. Accounts drift: of seven windows this one predicted the next video best on
two real sets."""
REACH = 40
"""Peers farther away than this many uploads weigh less than 0.4 % and are left out."""
INFLATION = 1.25**2
"""Drift and skew widen the error of a level, and how far it is drawn to the platform: without it 90 % intervals covered
83-89 % on real data."""
SKEW_INFLATION = 1.1**2
"""The part of it that stays where the account's drift is known and added by itself: intervals then cover 90-94 % of
accounts that drift by 0 to .06 per √day. Drawing levels by an error with the drift in it raised their RMSE."""
FEW_PEERS = 3.0
MIN_ACCOUNTS_TO_SHRINK = 5
"""Fewer accounts than this say nothing about how accounts differ: no shrinkage then."""
_CHUNK = 4_000  # rows at once: what fits the processor's cache is a third faster
_WIDTH = 2 * REACH + 1
_SHIFT = 7  # bits that hold a place among the neighbours


def neighbour_median(
    values: np.ndarray, groups: np.ndarray, *, days: np.ndarray, half_life: float | None, window_days: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted median of the neighbours in upload order, their number, and how many equal peers they are worth.

    Parameters
    ----------
    values
        Scores, sorted by group and upload.
    groups
        Account of each.
    days
        Day of upload.
    half_life
        Uploads after which the weight halves; None weighs all neighbours within reach alike.
    window_days
        Leave out neighbours uploaded more than this many days apart; None keeps all.

    Returns
    -------
    median, count, n_eff
        NaN, 0 and 0 without neighbours. n_eff = (Σw)² ÷ Σw².
    """
    median, n_eff = np.empty(len(values)), np.empty(len(values))
    number = np.empty(len(values), dtype=np.int64)
    away = np.abs(np.arange(_WIDTH) - REACH)
    weight = (away > 0).astype(float) if half_life is None else (away > 0) * 0.5 ** (away / half_life)
    order = stable_order(values)
    narrow = len(values) < 1 << (31 - _SHIFT)  # half the width sorts in half the time
    rank = np.empty(len(values), dtype=np.int32 if narrow else np.int64)
    rank[order] = np.arange(len(values)) << _SHIFT
    group_of, rank_of, day_of = _windows(groups, fill=-1), _windows(rank, fill=0), _windows(days, fill=0)
    for start in range(0, len(values), _CHUNK):
        rows = slice(start, start + _CHUNK)
        inside = (group_of[rows] == groups[rows, None]) & (away > 0)
        if window_days is not None:
            inside &= np.abs(day_of[rows] - days[rows, None]) <= window_days
        number[rows] = inside.sum(axis=1)
        low, high, total = _middle(rank_of[rows], inside, weight=weight)
        median[rows] = (values[order[low]] + values[order[high]]) / 2
        squares = inside @ weight**2
        n_eff[rows] = np.divide(total**2, squares, out=np.zeros(len(squares)), where=squares > 0)
    median[number == 0] = np.nan
    return median, number, n_eff


def _windows(values: np.ndarray, *, fill: int) -> np.ndarray:
    """Show the neighbours of each value in a row of their own, without copying them."""
    padded = np.pad(values, (REACH, REACH + 1), constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(padded, _WIDTH)[: len(values)]


def _middle(ranks: np.ndarray, inside: np.ndarray, *, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the two ranks between which the weighted median of each row lies, and the sum of the row's weights.

    Rank (from bit 7 on) and place share one integer, so that a plain sort, many times faster than an indirect one,
    keeps them together.
    """
    keys = ranks + np.arange(_WIDTH, dtype=ranks.dtype)
    np.putmask(keys, ~inside, REACH)  # others take the video's own place, of weight 0
    keys.sort(axis=1)
    # one line for each place: sums and counts then go over neighbours in memory, many at a time
    below = weight.take((keys & ((1 << _SHIFT) - 1)).astype(np.uint8).T, mode="clip")
    for place in range(1, _WIDTH):
        below[place] += below[place - 1]
    total = below[-1]
    slack = 1e-9 * total
    # where the weights split exactly in two halves the median lies between two values
    low, high = (below < total / 2 - slack, below <= total / 2 + slack)
    row, last = np.arange(len(keys)), np.uint8(_WIDTH - 1)  # beyond the last lies nothing: a video without neighbours
    places = (np.minimum(marks.view(np.uint8).sum(axis=0, dtype=np.uint8), last) for marks in (low, high))
    first, second = (keys[row, place] >> _SHIFT for place in places)
    return first, second, total


def _median_variance(n_eff: np.ndarray) -> np.ndarray:
    """Variance of the median of n normal values in units of σ²: π/2n for many, 1 for one, right to .02 at 3 and 5."""
    return np.pi / 2 / (n_eff + np.pi / 2 - 1)


def _inflation(n_eff: np.ndarray) -> np.ndarray:
    """Return what a level's variance is inflated by: all of it up to 3 peers, whose median skew moves most."""
    few = np.minimum(1.0, FEW_PEERS / np.maximum(n_eff, 1.0))
    return np.asarray(SKEW_INFLATION + few * (INFLATION - SKEW_INFLATION))


def spread(values: np.ndarray) -> float:
    """Scale the median absolute deviation to a normal's standard deviation; 0 without values."""
    if not len(values):
        return 0.0
    return float(MAD_TO_SD * np.median(np.abs(values - np.median(values))))


@dataclass(frozen=True, slots=True)
class Levels:
    """Account levels as each video sees them.

    Attributes
    ----------
    level
        ln views that the account's videos have at the reference age; NaN without any baseline.
    sd
        Its standard error, widened so that 90 % intervals cover what they say.
    chance_sd
        The same without what is widened for skew: a chance reads the skew from the residuals, and counted twice a .65
        with few peers was true .86 of the times.
    trust
        Weight of the account against its platform, 0-1.
    sigma
        Spread of videos within accounts, ln.
    tau2
        Variance of levels between accounts, by platform; absent where too few accounts were seen.
    centre
        Median level, by platform.
    residuals
        Scores minus account level, rescaled to the spread of videos, one per video with peers.
    drift
        Variance of a level's change per day, ln²; NaN where it was not asked for.
    """

    level: np.ndarray
    sd: np.ndarray
    chance_sd: np.ndarray
    trust: np.ndarray
    sigma: float
    tau2: dict[int, float]
    centre: dict[int, float]
    residuals: np.ndarray
    drift: float


def between_variance(levels: np.ndarray, errors2: np.ndarray) -> float:
    """Variance of the true levels: that of the estimated ones less their typical error, at least 0."""
    return max(0.0, spread(levels) ** 2 - float(np.median(errors2)))


def shrunk(
    estimate: np.ndarray, error2: np.ndarray, *, middle: float, between: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw estimates towards the middle; return levels, their errors and the weight of each estimate.

    An infinite `error2` stands for no estimate: the level is the middle then, its error the spread between levels.
    """
    trust = np.ones(len(estimate))
    np.divide(between, between + error2, out=trust, where=error2 > 0)
    some = np.isfinite(error2)
    pull = np.where(some, estimate, middle) - middle
    left = np.sqrt(np.where(some, trust * np.where(some, error2, 0.0), between))
    return middle + trust * pull, left, trust


def account_levels(
    score: np.ndarray,
    median: np.ndarray,
    *,
    n_eff: np.ndarray,
    groups: np.ndarray,
    platforms: np.ndarray,
    days: np.ndarray | None,
    measured: np.ndarray | None = None,
) -> Levels:
    """Turn leave-one-out medians into levels with errors, shrunk towards the platform's accounts.

    Drift is learnt from videos that are measured (`measured`, None: all), since a count that stands still for want of
    it looks like an account in decline. Without days of upload (`days`) nothing is shrunk and no drift added: all peers
    weigh alike there. The empirical Bayes estimate of Efron and Morris, with medians in place of means: the weight of
    the account is B = τ²/(τ² + s²), s² the error of its own median.
    """
    peers = n_eff > 0
    gap = (score - median)[peers]
    residuals = gap / np.sqrt(1 + _median_variance(n_eff[peers]))
    sigma = spread(residuals)
    error2 = np.full(len(score), np.inf)
    error2[peers] = INFLATION * sigma**2 * _median_variance(n_eff[peers])
    level, sd, trust = median.copy(), np.sqrt(error2), peers.astype(float)
    tau2: dict[int, float] = {}
    centre: dict[int, float] = {}
    size = int(groups.max(initial=-1)) + 1
    account_level = group_medians(median[peers], groups[peers], size=size)
    account_error = group_medians(error2[peers], groups[peers], size=size)
    for platform in np.unique(platforms) if days is not None else ():
        here = platforms == platform
        known = np.flatnonzero(np.bincount(groups[here & peers], minlength=size))
        if len(known) < MIN_ACCOUNTS_TO_SHRINK:
            continue
        middle = float(np.median(account_level[known]))
        between = between_variance(account_level[known], account_error[known] / INFLATION)
        tau2[int(platform)], centre[int(platform)] = between, middle
        level[here], sd[here], trust[here] = shrunk(median[here], error2[here], middle=middle, between=between)
    drift, chance_sd = np.nan, sd
    if days is not None:
        told = score if measured is None else np.where(measured, score, np.nan)
        drift = drift_per_day(told, groups, days=days, sigma=sigma)
        moved = trust**2 * drift * exposure(groups, days=days, half_life=HALF_LIFE)
        chance_sd = np.sqrt(np.where(peers, 1 / INFLATION, 1.0) * sd**2 + moved)
        sd = np.sqrt(np.where(peers, _inflation(n_eff) / INFLATION, 1.0) * sd**2 + moved)
    unknown = np.isnan(level)
    sd, chance_sd = (np.where(unknown, np.nan, each) for each in (sd, chance_sd))
    return Levels(level, sd, chance_sd, trust, sigma, tau2, centre, residuals, drift)
