"""Contrasts that are not within-account effects: accounts against accounts, and how far two samples lie apart.

Pitfalls: accounts that carry a label differ from the others in many ways, so `between_effect` never measures what the
label does. Clustered regressions call 15 to 29 % of meaningless account labels significant, tests on videos 73 %;
permuting the label over accounts keeps 5 %. The intervals of `effect_size` take videos as independent: they describe
the videos at hand, the p-value of the effect is the test.
"""

from math import comb, prod
from typing import NamedTuple

import numpy as np

from .within_accounts import LEVEL, NAN, TINY, Design, Effect, group_means, interval, overlapping, permuted_sums

ACCOUNT_PERMUTATIONS = 1999
SIZE_MIN = 5
HL_MAX_VIDEOS = 1000
"""Pairs grow with the square: 2,000 videos take 45 ms, 1,000 take 11."""


class EffectSize(NamedTuple):
    """P(a member beats a non-member) and the Hodges-Lehmann shift in logs, each with a 95 % interval."""

    prob: float
    prob_low: float
    prob_high: float
    shift: float
    shift_low: float
    shift_high: float
    subsampled: bool


def between_effect(design: Design, member: np.ndarray, *, stratum: np.ndarray, seed: int = 0) -> Effect:
    """Compare accounts that always have a label with accounts that never have it. Not an effect of the label.

    Parameters
    ----------
    design
        Result of `make_design`.
    member
        True for videos of the group; the same for all videos of an account.
    stratum
        Number of each video's account type (its platform): accounts are compared, and permuted, only inside a type.
    seed
        Seed of the permutations.

    Returns
    -------
    Effect
        Generalised least squares of account means with a random intercept; p and interval from membership permuted
        over accounts: the interval holds every difference that the permutations do not reject.
        NaN when no type holds accounts of both kinds.

    References
    ----------
    Between-account variance by moments: DerSimonian and Laird, Meta-analysis in clinical trials, 1986.
    """
    level, spread = account_levels(design)
    x = group_means(member.astype(float), design.account) > 0
    types = np.unique(group_means(stratum.astype(float), design.account), return_inverse=True)[1]
    mixed = overlapping(x, types)
    level, spread, x = level[mixed], spread[mixed], x[mixed]
    types = np.unique(types[mixed], return_inverse=True)[1]
    degrees = len(x) - 1 - len(np.unique(types))
    if degrees < 1 or _arrangements(x, types) < 1 / LEVEL:
        return Effect(NAN, NAN, NAN, NAN, f"too few accounts ({len(x):,}) of the same type to compare")
    weight = 1 / (_between_variance(level, spread, x=x, types=types) + spread)
    kinds = np.equal.outer(types, np.arange(types.max() + 1))
    inside = x.astype(float)
    centred = [each - (kinds @ ((weight * each) @ kinds / (weight @ kinds))) for each in (level, inside)]
    sums = np.column_stack([*(weight * each for each in centred), weight[:, None] * kinds])
    seen = np.vstack([inside @ sums, permuted_sums(x, types, columns=sums, times=ACCOUNT_PERMUTATIONS, seed=seed)])
    information = seen[:, 2:].sum(axis=1) - (seen[:, 2:] ** 2 / (weight @ kinds)).sum(axis=1)

    def p_value(effect: float) -> float:
        found = np.abs(seen[:, 0] - effect * seen[:, 1]) / information
        return float(1 + np.count_nonzero(found[1:] >= found[0] * (1 - 1e-9))) / len(found)

    beta = float(seen[0, 0] / information[0])
    low, high = interval(p_value, beta=beta, spread=1 / float(np.sqrt(information[0])))
    return Effect(beta, low, high, p_value(0.0), f"between {len(x):,} accounts; not an effect of it")


def _arrangements(x: np.ndarray, types: np.ndarray) -> int:
    """In how many ways membership could fall on the accounts of each type: with under 20 no p can reach 0.05."""
    return prod(comb(int((types == one).sum()), int(x[types == one].sum())) for one in np.unique(types))


def account_levels(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Return each account's mean age-adjusted log views and the variance of that mean."""
    counts = np.bincount(design.account)
    noise = (design.residual**2).sum() / max(1, len(design.account) - len(counts) - design.basis.shape[1])
    return group_means(design.adjusted, design.account), np.maximum(noise, TINY) / counts


def _between_variance(level: np.ndarray, spread: np.ndarray, *, x: np.ndarray, types: np.ndarray) -> float:
    """Estimate how far accounts of one kind and type differ beyond what their videos' noise explains."""
    cell = np.unique(2 * types + x, return_inverse=True)[1]
    weight = 1 / spread
    total = np.bincount(cell, weight)
    mean = np.bincount(cell, weight * level) / total
    excess = (weight * (level - mean[cell]) ** 2).sum() - (len(level) - len(total))
    scale = (total - np.bincount(cell, weight**2) / total).sum()
    return float(max(0.0, excess / scale)) if scale > 0 else 0.0


def effect_size(inside: np.ndarray, outside: np.ndarray, *, seed: int = 0) -> EffectSize:
    """Say how far two samples of log scores lie apart, without assuming a shape.

    Parameters
    ----------
    inside, outside
        Log scores of members and of non-members; at least 5 each, else NaN.
    seed
        Seed of the subsample that the Hodges-Lehmann shift uses above 1,000 videos.

    Returns
    -------
    Size
        P(member > non-member), ties counting half, with the interval of Brunner and Munzel; the Hodges-Lehmann shift,
        with Sen's interval.

    References
    ----------
    Brunner and Munzel, The Nonparametric Behrens-Fisher Problem, 2000. Hodges and Lehmann, 1963. Sen, 1968.

    Examples
    --------
    >>> import numpy as np
    >>> from shortimize_analytics.analysis.comparisons.between_accounts import effect_size
    >>> found = effect_size(np.array([3.0, 4, 5, 6, 7]), np.array([1.0, 2, 3, 4, 5.5]))
    >>> found.prob, found.shift
    (0.8, 2.0)
    """
    if min(len(inside), len(outside)) < SIZE_MIN or np.ptp(np.r_[inside, outside]) < TINY:
        return EffectSize(NAN, NAN, NAN, NAN, NAN, NAN, subsampled=False)
    few, many = _subsample(inside, outside, seed=seed)
    subsampled = len(few) + len(many) < len(inside) + len(outside)
    return EffectSize(*_superiority(inside, outside), *hodges_lehmann(few, many), subsampled=subsampled)


def hodges_lehmann(inside: np.ndarray, outside: np.ndarray) -> tuple[float, float, float]:
    """Return the median difference between two samples, and the ends of Sen's 95 % interval.

    It is what scipy's `theilslopes` says of a 0/1 variable, in a fifth of the time: of 1,000 videos only the pairs that
    differ in it are formed, and no more of them is put in order than is asked for.
    """
    from scipy.stats import norm

    gaps = np.subtract.outer(inside, outside).ravel()
    middle = [(len(gaps) - 1) // 2, len(gaps) // 2]
    tied = np.unique(np.r_[inside, outside], return_counts=True)[1]
    size, *ties = (n * (n - 1) * (2 * n + 5) for n in (len(inside) + len(outside), len(inside), len(outside), tied))
    square = 1 / 18 * (size - sum(np.sum(each) for each in ties))
    if square < 0:
        low, high = np.partition(gaps, middle)[middle]
        return float((low + high) / 2), NAN, NAN
    reach = norm.ppf(LEVEL / 2) * np.sqrt(square)
    ends = [
        max(int(np.round((len(gaps) + reach) / 2)) - 1, 0),
        min(int(np.round((len(gaps) - reach) / 2)), len(gaps) - 1),
    ]
    ranked = np.partition(gaps, sorted({*middle, *ends}))
    return float((ranked[middle[0]] + ranked[middle[1]]) / 2), float(ranked[ends[0]]), float(ranked[ends[1]])


def _superiority(inside: np.ndarray, outside: np.ndarray) -> tuple[float, float, float]:
    """Brunner and Munzel's probability and interval, as statsmodels' `rank_compare_2indep` has them, without ranking.

    Completely separated samples have no variance: their interval is NaN.
    """
    from scipy import stats

    sides = np.sort(inside), np.sort(outside)
    beaten = [
        (np.searchsorted(other, side, "left") + np.searchsorted(other, side, "right")) / (2 * len(other))
        for side, other in (sides, sides[::-1])
    ]
    prob = float(beaten[0].mean())
    parts = [share.var(ddof=1) / len(share) for share in beaten]
    if sum(parts) == 0:
        return prob, NAN, NAN
    degrees = sum(parts) ** 2 / sum(part**2 / (len(share) - 1) for part, share in zip(parts, beaten, strict=True))
    reach = float(stats.t.isf(LEVEL / 2, degrees) * np.sqrt(sum(parts)))
    return prob, max(0.0, prob - reach), min(1.0, prob + reach)


def _subsample(inside: np.ndarray, outside: np.ndarray, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut two samples to 1,000 videos in all, sparing the smaller one, which decides the interval's width."""
    rng = np.random.default_rng(seed)
    half = HL_MAX_VIDEOS // 2
    take = [min(len(inside), max(half, HL_MAX_VIDEOS - len(outside)))]
    take.append(min(len(outside), HL_MAX_VIDEOS - take[0]))
    drawn = [
        rng.choice(part, n, replace=False) if n < len(part) else part
        for part, n in zip((inside, outside), take, strict=True)
    ]
    return drawn[0], drawn[1]


def shrink(effects: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Move estimates towards their mean by what their own errors leave open.

    Parameters
    ----------
    effects, errors
        Estimates of several groups and their standard errors.

    Returns
    -------
    ndarray
        Empirical-Bayes estimates. Groups differ by the variance that makes the weighted sum of squares k − 3 (1 at
        least), which for equal errors is the estimate of Efron and Morris.

    References
    ----------
    B. Efron and C. Morris, Stein's paradox in statistics, Scientific American 236 (1977) 119-127. R. C. Paule and
    J. Mandel, Consensus values and weighting factors, J. Research NBS 87 (1982) 377-385.

    Examples
    --------
    >>> import numpy as np
    >>> from shortimize_analytics.analysis.comparisons.between_accounts import shrink
    >>> shrink(np.array([-1.0, 0.0, 2.0, 3.0, 6.0]), np.ones(5)).round(2).tolist()
    [-0.8, 0.13, 2.0, 2.93, 5.73]
    """
    from scipy.optimize import brentq

    if len(effects) < 2:
        return effects

    def centre(between: float) -> float:
        return float(np.average(effects, weights=1 / (between + errors**2)))

    def excess(between: float) -> float:
        squares = (effects - centre(between)) ** 2 / (between + errors**2)
        return float(squares.sum()) - max(1, len(effects) - 3)

    # at the sum of squares of the plain deviations every weighted square is below its share
    top = float(((effects - effects.mean()) ** 2).sum()) + TINY
    between = brentq(excess, 0.0, top) if excess(0.0) > 0 > excess(top) else 0.0
    middle = centre(between)
    return middle + between / (between + errors**2) * (effects - middle)


def kruskal_within(residual: np.ndarray, code: np.ndarray) -> dict[str, float | int | None]:
    """Test whether groups of residuals differ anywhere: Kruskal and Wallis's H, its p, and what it rests on."""
    from scipy.stats import kruskal

    parts = [residual[code == one] for one in np.unique(code)]
    if len(parts) < 2 or np.ptp(residual) < TINY:
        return {"H": None, "p": None, "groups": len(parts), "n": len(residual)}
    found = kruskal(*parts)
    return {"H": float(found.statistic), "p": float(found.pvalue), "groups": len(parts), "n": len(residual)}
