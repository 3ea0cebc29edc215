"""How sure a score and its rank are, given that the account's level is only estimated.

The intervals are about the baseline: how far the account's usual level is known, and for a projected video how far its
day 14 is. They say nothing about the noise of the video itself, which is what the score measures.
"""

from collections.abc import Callable

import numpy as np

from shortimize_analytics.schema.rows import changes


def _outcomes(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of a standard normal (Gauss and Hermite)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(number)
    return nodes, weights / weights.sum()


NODES = np.linspace(-4.5, 4.5, 73)
OUTCOMES = _outcomes(9)
"""What a projected video may come to, in standard errors, and how likely each is."""
DENSITY_POINTS = 2000
FLOOR = 1e-9
"""Density beyond all residuals seen, as a share of its peak: there the level's own error decides."""
DRAWS = 200
POOL_PER_RANK = 20
_CHUNK = 4_000


def chance_above(
    excess: float, score: np.ndarray, *, level: np.ndarray, sd: np.ndarray, own_sd: np.ndarray, residuals: np.ndarray
) -> np.ndarray:
    """Probability that a score lies at least `excess` above its account's true level.

    The level has a normal prior (estimate and error) and the score itself is evidence about it: far above a badly
    known account, the account is probably better than it seemed. The density of scores around their level is taken
    from the residuals, since a normal is badly overconfident. A projected score is a mean of what may come, luck drawn
    in already: its chance is the mean of the chances of these. Taken for an error of the level, what was called .40
    was true .60 of the times.

    Parameters
    ----------
    excess
        ln of the multiple asked for.
    score, level, sd
        Score, level of its account and the level's error, ln.
    own_sd
        Error of the projection, ln; 0 where the score is known.
    residuals
        Scores minus levels of all videos, ln.
    """
    above, drawn = score - level, np.flatnonzero(own_sd > 0)
    chance, density = np.where(np.isnan(above), np.nan, 0.0), _density(residuals)
    known = np.flatnonzero(own_sd <= 0)
    chance[known] += _chance_known(excess, above[known], sd=sd[known], density=density)
    for step, weight in zip(*OUTCOMES, strict=True):
        moved = above[drawn] + step * own_sd[drawn]
        chance[drawn] += weight * _chance_known(excess, moved, sd=sd[drawn], density=density)
    return chance


def _chance_known(
    excess: float, above: np.ndarray, *, sd: np.ndarray, density: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    out = np.zeros(len(above))
    cell = np.maximum(sd * (NODES[1] - NODES[0]), 1e-12)
    # two thirds of all videos are so far below that no node reaches the limit
    near = np.flatnonzero(above + sd * NODES[-1] + cell / 2 > excess)
    prior = np.exp(-(NODES**2) / 2)
    for start in range(0, len(near), _CHUNK):
        rows = near[start : start + _CHUNK]
        gap = above[rows, None] - sd[rows, None] * NODES
        weight = prior * density(gap)
        # the node that the limit cuts counts by the part of its cell beyond it
        beyond = np.clip((gap - excess) / cell[rows, None] + 0.5, 0, 1)
        out[rows] = (weight * beyond).sum(axis=1) / weight.sum(axis=1)
    return out


def _density(residuals: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Kernel density of the residuals as a function; flat where they do not differ."""
    from scipy.stats import gaussian_kde

    if len(residuals) < 2 or np.ptp(residuals) == 0:
        return np.ones_like
    points = np.quantile(residuals, (np.arange(DENSITY_POINTS) + 0.5) / DENSITY_POINTS)
    kernel = gaussian_kde(points)
    margin = 5 * np.sqrt(kernel.covariance[0, 0])
    grid = np.linspace(points[0] - margin, points[-1] + margin, 801)
    values = kernel(grid)
    floor = FLOOR * values.max()
    return lambda gap: np.maximum(np.interp(gap, grid, values, left=0, right=0), floor)


def rank_intervals(
    score: np.ndarray,
    sd: np.ndarray,
    *,
    own_sd: np.ndarray,
    groups: np.ndarray,
    rank: np.ndarray,
    rank_top: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """5 % and 95 % of the ranks over seeded draws of the accounts' levels, NaN far below the top.

    Parameters
    ----------
    score
        ln of the multiple, sorted in an order that does not depend on the input's.
    sd
        Error of the level, one draw per account: its videos move together.
    own_sd
        Error of the projection, one draw per video.
    groups
        Account of each.
    rank
        The ranks of the estimates.
    rank_top
        Videos down to this rank get intervals, and those that may reach it. Only the 20 × rank_top that may reach
        highest are ranked against one another.
    seed
        Of the draws.
    """
    low, high = np.full(len(score), np.nan), np.full(len(score), np.nan)
    reach = score + 3 * np.hypot(sd, own_sd)
    known = np.flatnonzero(~np.isnan(reach))
    pool = known[_largest(reach[known], POOL_PER_RANK * rank_top)]
    if not len(pool):
        return low, high
    rng = np.random.default_rng(seed)
    _, account = np.unique(groups[pool], return_inverse=True)
    moved = rng.standard_normal((DRAWS, int(account.max()) + 1))[:, account] * sd[pool]
    moved += rng.standard_normal((DRAWS, len(pool))) * own_sd[pool]
    ends = np.quantile(_ranks(moved - score[pool]), [0.05, 0.95], axis=0)
    shown = (rank[pool] <= rank_top) | (ends[0] <= rank_top)
    low[pool] = np.where(shown, np.minimum(np.floor(ends[0]), rank[pool]), np.nan)
    high[pool] = np.where(shown, np.maximum(np.ceil(ends[1]), rank[pool]), np.nan)
    return low, high


def _largest(values: np.ndarray, number: int) -> np.ndarray:
    """Find the places of so many values, the largest first and ties by place."""
    if number < len(values):
        some = np.flatnonzero(values >= np.partition(values, len(values) - number)[len(values) - number])
        return some[np.argsort(-values[some], kind="stable")[:number]]
    return np.argsort(-values, kind="stable")


def _ranks(values: np.ndarray) -> np.ndarray:
    """Rank each row's values from 1; equal ones share the first of their ranks."""
    places = np.arange(values.shape[1])
    out = np.empty(values.shape, dtype=np.int64)
    for row, target in zip(values, out, strict=True):
        order = np.argsort(row)
        target[order] = np.maximum.accumulate(np.where(changes(row[order]), places, 0)) + 1
    return out
