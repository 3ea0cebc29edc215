"""Age curve of young videos from growth inside videos: chained daily steps, which need no history and no other account.

A median of the few videos of one day of age carries the accounts' levels and the videos' luck with it: the snapshot's
curve of organisations of some thousand videos was off by .15 to .30 in days 1 to 3, by more where platforms grow unlike
one another. How much a video grew since the day before carries neither. The vendor gives it (`increase_1d`).

Definitions
-----------
rise
    ln of the newest views over those of the day before; NaN where unknown.
step
    Mean rise of the videos of an age, the highest and the lowest tenth left out: medians of steps, chained, lose.
    Thin ages lean on a power law through all steps.
pace
    How much larger a platform's steps are than everyone's, drawn to 1 where its young videos are few.

References
----------
Chained medians lose 8-11 % between day 1 and 14 on real data; trimmed means do not. Trimmed means: P. Huber, Robust
Statistics, 1981.
"""

from dataclasses import dataclass

import numpy as np

from .age_curve import REFERENCE_AGE

MIN_RISES = 40
"""Young videos with a known rise that a chain needs."""
TRIMMED = 0.03
STEP_WEIGHT = 4
"""Videos that the power law is worth beside the videos of one age."""
PACE_WEIGHT = 15
"""Young videos that everyone's pace is worth beside a platform's own."""
STRETCHES = ((2, 3), (4, 14))
"""Days between which a platform's pace may differ."""
USUAL_PACE = 0.3
"""By how much the pace of a platform usually differs, as a share."""
LEAST_STEP = 1e-4
FROM_AGE = 2
"""The step to day 1 starts on the day of upload, of which nobody knows how much there was."""
OLD, OLD_PERCENT, YOUNG_PERCENT = 60, 20.0, 3.0
"""Figures that are percent have a median below 20 from 60 days on and above 3 up to 3 days: counts or shares do not."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The age curve of a platform at ages 1 to 14 (ln views, 0 at 14) and the variance of its error."""

    values: np.ndarray
    variance: np.ndarray


def rises(percent: np.ndarray, ages: np.ndarray) -> np.ndarray:
    """Turn the vendor's growth over a day into rises; all NaN where the figures are not plausibly percent.

    Examples
    --------
    >>> import numpy as np
    >>> from shortimize_analytics.analysis.models.age_chain import rises
    >>> ages = np.repeat([2, 90], 10)
    >>> rises(np.where(ages == 2, 50.0, 0.5), ages)[[0, -1]].round(3).tolist()
    [0.405, 0.005]
    >>> bool(np.isnan(rises(np.where(ages == 2, 5_000.0, 80.0), ages)).all())
    True
    """
    old, young = (percent[(ages >= OLD) & ~np.isnan(percent)], percent[(ages <= 3) & ~np.isnan(percent)])
    plausible = len(young) > 0 and np.median(young) > YOUNG_PERCENT and (not len(old) or np.median(old) < OLD_PERCENT)
    usable = plausible & (percent > -100)
    return np.log1p(np.where(usable, percent, np.nan) / 100)


def chained_curves(rise: np.ndarray, ages: np.ndarray, *, platforms: np.ndarray) -> dict[int, Chain]:
    """Chain the steps of young videos back from the reference age.

    Parameters
    ----------
    rise
        Of each video, NaN where unknown.
    ages
        Age (days).
    platforms
        Number of the platform.

    Returns
    -------
    dict
        By platform its `Chain`. Empty with fewer than 40 rises from day 2 to 14.
    """
    young = (ages >= FROM_AGE) & (ages <= REFERENCE_AGE) & ~np.isnan(rise)
    if young.sum() < MIN_RISES:
        return {}
    rise, age, platform = rise[young], ages[young], platforms[young]
    days = np.arange(FROM_AGE, REFERENCE_AGE + 1)
    number = np.array([(age == day).sum() for day in days])
    own = np.array([_trimmed_mean(rise[age == day]) for day in days])
    law = _power_law(days, own, weight=number)
    step = (number * np.where(number > 0, own, 0.0) + STEP_WEIGHT * law) / (number + STEP_WEIGHT)
    step = np.maximum(step, LEAST_STEP)
    spread2 = np.array([np.var(rise[age == day]) if (age == day).any() else 0.0 for day in days])
    shared = _chained(np.maximum(spread2, np.median(spread2)) / (number + STEP_WEIGHT))
    curves = {}
    for code in np.unique(platforms):
        here = platform == code
        pace, error = _pace(rise[here], step[age[here] - FROM_AGE])
        steps = step * pace
        for first, last in STRETCHES:
            in_stretch = here & (age >= first) & (age <= last)
            pace, own_error = _pace(rise[in_stretch], steps[age[in_stretch] - FROM_AGE])
            steps[first - FROM_AGE : last + 1 - FROM_AGE] *= pace
            error = max(error, own_error)
        values = -_chained(steps)
        curves[int(code)] = Chain(values, shared + (values * error) ** 2)
    return curves


def _chained(steps: np.ndarray) -> np.ndarray:
    """Add up the steps from each age to the last; nothing is left at the end."""
    return np.append(np.cumsum(steps[::-1])[::-1], 0.0)


def _pace(rise: np.ndarray, expected: np.ndarray) -> tuple[float, float]:
    """Return how much larger steps are than expected, drawn to 1 where videos are few, and its error as a share."""
    if not len(rise):
        return 1.0, USUAL_PACE
    own = len(rise) / (len(rise) + PACE_WEIGHT)
    total = float(expected.sum())
    ratio = max(float(rise.sum()) / total, LEAST_STEP)
    scatter = float(np.sqrt(((rise - ratio * expected) ** 2).sum())) / total
    return float(np.exp(own * np.log(ratio))), float(np.hypot(own * scatter, (1 - own) * USUAL_PACE))


def _trimmed_mean(values: np.ndarray) -> float:
    if not len(values):
        return np.nan
    cut = int(TRIMMED * len(values))
    return float(np.sort(values)[cut : len(values) - cut].mean())


def _power_law(days: np.ndarray, step: np.ndarray, *, weight: np.ndarray) -> np.ndarray:
    """Draw a line through ln step over ln day, weighted by the number of videos."""
    some = (weight > 0) & (step > 0)
    x, y, w = np.log(days[some]), np.log(step[some]), np.sqrt(weight[some])
    slope, offset = np.polyfit(x, y, 1, w=w) if some.sum() > 1 else (-1.0, float(np.nan_to_num(y.sum() + x.sum())))
    return np.exp(offset + slope * np.log(days))
