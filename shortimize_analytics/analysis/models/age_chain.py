"""Age curve of young videos from growth inside videos: chained daily steps, which need no history and no other account.

A median of the few videos of one day of age carries the accounts' levels and the videos' luck with it: the snapshot's
curve of organisations of some thousand videos was off by .15 to .30 in days 1 to 3, by more where platforms grow unlike
one another. How much a video grew since some day before carries neither. The vendor gives it (`increase_1d`,
`increase_7d`).

Definitions
-----------
rise
    ln of the newest views over those of one or seven days before; NaN where unknown.
cell
    Rises of one platform, age and window, whose mean counts, the highest and lowest 3 % left out: medians of steps,
    chained, lose.
step
    How much views grow in ln from the day before to a day of age: everyone's law (a power of the day times an
    exponential), times what the age, the platform and the platform's slope have of their own. These are drawn to none,
    the less the more rises speak for them: the fit is that of the highest posterior probability, and its curvature
    there is the curve's error.

References
----------
Chained medians lose 8-11 % between day 1 and 14 on real data; trimmed means do not. Normal approximation of a
posterior: A. Gelman et al., Bayesian Data Analysis, 3rd ed., 2013, section 4.1; variances in proportion to the squared
mean: P. McCullagh and J. Nelder, Generalized Linear Models, 2nd ed., 1989, chapter 9.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shortimize_analytics.schema.rows import along_runs, changes

from .age_curve import REFERENCE_AGE

MIN_RISES = 40
"""Known rises of young videos that a chain needs."""
TRIMMED = 0.03
FIRST_STEP, LAST_STEP = 2, 20
"""Days of the steps. That to day 1 starts on the day of upload, of which nobody knows how much there was; those beyond
the reference age tell how fast growth slows, and videos of 15 to 20 days how they grew in the week before."""
USUAL_LAW, LAW_SPREAD = (np.log(0.15), -1.3, 0.0), (2.0, 0.7, 0.5)
"""Law of the steps and how loosely it is held: ln step at day 4, its slope over ln day, and over every four days."""
AGE_SPREAD, PLATFORM_SPREAD, SLOPE_SPREAD = 0.15, 0.4, 0.15
"""By how much (ln) steps of an age usually lie off the law, and a platform's steps and slope off everyone's. They
erred least, of a dozen, on simulated organisations that serve no benchmark."""
SCATTER2, SCATTER_WORTH = 0.25, 4
"""Squared scatter of rises as a share of their mean before any is seen, and how many rises that is worth."""
CLUSTERED = 4.0
"""Videos of an account grow alike, so that rises are worth fewer than they are: with variances this much larger the
curve's error was .84 to .93 of what it says of itself on organisations of 1,000 and 4,000 videos."""
ROUNDS, TOLERANCE, LARGEST_MOVE = 30, 1e-6, 1.0
OLD, OLD_PERCENT, YOUNG_PERCENT = 60, 20.0, 3.0
"""Figures that are percent have a median below 20 from 60 days on and above 3 in the first days: counts or shares do
not."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The age curve of a platform at ages 1 to 14 (ln views, 0 at 14) and the variance of its error."""

    values: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True, slots=True)
class _Cells:
    """Mean rises by platform (from 0), age and window (days), their number and squared deviations from the mean."""

    platforms: np.ndarray
    ages: np.ndarray
    windows: np.ndarray
    number: np.ndarray
    mean: np.ndarray
    squares: np.ndarray


def rises(percent: np.ndarray, ages: np.ndarray, *, window: int) -> np.ndarray:
    """Turn the vendor's growth over some days into rises; all NaN where the figures are not plausibly percent.

    Examples
    --------
    >>> import numpy as np
    >>> from shortimize_analytics.analysis.models.age_chain import rises
    >>> ages = np.repeat([2, 90], 10)
    >>> rises(np.where(ages == 2, 50.0, 0.5), ages, window=1)[[0, -1]].round(3).tolist()
    [0.405, 0.005]
    >>> bool(np.isnan(rises(np.where(ages == 2, 5_000.0, 80.0), ages, window=1)).all())
    True
    """
    known, first = ~np.isnan(percent), (ages > window) & (ages <= window + 2)
    old, young = percent[(ages >= OLD) & known], percent[first & known]
    plausible = len(young) > 0 and np.median(young) > YOUNG_PERCENT and (not len(old) or np.median(old) < OLD_PERCENT)
    usable = plausible & (percent > -100)
    return np.log1p(np.where(usable, percent, np.nan) / 100)


def chained_curves(rises: Mapping[int, np.ndarray], ages: np.ndarray, *, platforms: np.ndarray) -> dict[int, Chain]:
    """Chain the steps of young videos back from the reference age.

    Parameters
    ----------
    rises
        Of each video, NaN where unknown, by the days that they are over.
    ages
        Age (days).
    platforms
        Number of the platform.

    Returns
    -------
    dict
        By platform its `Chain`. Empty with fewer than 40 rises that start on day 1 or later and end by day 20.
    """
    codes, place = np.unique(platforms, return_inverse=True)
    cells = _cells(rises, ages, platforms=place)
    if cells.number.sum() < MIN_RISES:
        return {}
    steps, design, covariance = _fit(cells, size=len(codes))
    young = REFERENCE_AGE - FIRST_STEP + 1
    later = np.tril(np.ones((young, young))).T  # a row per age, which adds up the steps after it
    curves = {}
    for number, code in enumerate(codes):
        moved = later @ (steps[number, :young, None] * design[number, :young])
        variance = np.einsum("ij,jk,ik->i", moved, covariance, moved)
        curves[int(code)] = Chain(np.append(-later @ steps[number, :young], 0.0), np.append(variance, 0.0))
    return curves


def _cells(rises: Mapping[int, np.ndarray], ages: np.ndarray, *, platforms: np.ndarray) -> _Cells:
    parts = []
    for days, grown in rises.items():
        rows = np.flatnonzero(~np.isnan(grown) & (ages - days >= FIRST_STEP - 1) & (ages <= LAST_STEP))
        parts.append((platforms[rows], ages[rows], np.full(len(rows), days), grown[rows]))
    joined: list[np.ndarray] = [np.concatenate(each) for each in zip(*parts, strict=True)]
    order = np.lexsort(joined[::-1])
    platform, age, window, rise = (each[order] for each in joined)
    starts = np.flatnonzero(changes(platform, age, window))
    count = np.diff(starts, append=len(rise))
    cut = (TRIMMED * count).astype(int)
    back = np.arange(len(rise)) - along_runs(starts + cut, starts, rows=len(rise))
    kept = (back >= 0) & (back < along_runs(count - 2 * cut, starts, rows=len(rise)))
    cell = along_runs(np.arange(len(starts)), starts, rows=len(rise))[kept]
    number = np.bincount(cell, minlength=len(starts))
    mean = np.bincount(cell, rise[kept], minlength=len(starts)) / np.maximum(number, 1)
    squares = np.bincount(cell, (rise[kept] - mean[cell]) ** 2, minlength=len(starts))
    return _Cells(platform[starts], age[starts], window[starts], number.astype(float), mean, squares)


def _fit(cells: _Cells, *, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit ln steps by Gauss-Newton.

    Returns
    -------
    steps, design, covariance
        Steps by platform and day; how ln steps move with the parameters; the covariance of these.
    """
    days = np.arange(FIRST_STEP, LAST_STEP + 1)
    line = np.column_stack([np.ones(len(days)), np.log(days / 4)])
    shared = np.tile(np.column_stack([line, days / 4 - 1, np.eye(len(days))]), (size, 1, 1))
    own = np.kron(np.eye(size), line).reshape(size, len(days), 2 * size)
    design = np.concatenate([shared, own], axis=2)
    spreads = [*LAW_SPREAD, *[AGE_SPREAD] * len(days), *[PLATFORM_SPREAD, SLOPE_SPREAD] * size]
    held, usual = 1 / np.square(spreads), np.r_[USUAL_LAW, np.zeros(len(spreads) - 3)]
    inside = (days <= cells.ages[:, None]) & (days > (cells.ages - cells.windows)[:, None])
    found = usual.copy()
    for _ in range(ROUNDS):
        grown = np.where(inside, np.exp(design @ found)[cells.platforms], 0.0)
        expected = grown.sum(axis=1)
        weight = cells.number / (CLUSTERED * expected**2 * _scatter2(cells, expected))
        moved = np.einsum("cd,cdk->ck", grown, design[cells.platforms])
        precision = moved.T @ (moved * weight[:, None]) + np.diag(held)
        move = np.linalg.solve(precision, moved.T @ (weight * (cells.mean - expected)) - held * (found - usual))
        found += move * min(1.0, LARGEST_MOVE / np.abs(move).max())
        if np.abs(move).max() < TOLERANCE:
            break
    return np.exp(design @ found), design, np.linalg.inv(precision)


def _scatter2(cells: _Cells, expected: np.ndarray) -> np.ndarray:
    """Squared scatter of rises as a share of what is expected, one figure per window."""
    _, window = np.unique(cells.windows, return_inverse=True)
    seen = np.bincount(window, cells.squares / expected**2) + SCATTER_WORTH * SCATTER2
    free = np.bincount(window, np.maximum(cells.number - 1, 0)) + SCATTER_WORTH
    return np.asarray(seen / free)[window]
