"""Landings of the past: how far they were off, and what interval and chance that leaves for one of today.

Definitions
-----------
ε
    ln(what came ÷ what was expected) at a past day with as many days left; of less than one view as of one.
stretch
    Origins overlap, so that n of them are worth fewer, m = n × min(1, 7 ÷ days left): deviations from their median are
    stretched by √(1 + 1/m).
interval
    So far + expected × e^ε at the ranks ⌊(n + 1) ÷ 10⌋ and ⌈9(n + 1) ÷ 10⌉ of the ε.

References
----------
Conformal intervals: V. Vovk, Ann. Math. Artif. Intell. 74 (2015) 9-28.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

STEP = 7
"""Days between origins."""
MIN_ORIGINS = 10


@dataclass(frozen=True, slots=True)
class Past:
    """Past landings: one row per origin and scope that the interval learns from; `own` are those of the very scope."""

    origin: np.ndarray
    own: np.ndarray
    so_far: np.ndarray
    rest: np.ndarray
    actual: np.ndarray
    linear: np.ndarray
    last7: np.ndarray
    last28: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """ln(what came ÷ what was expected); of less than one view as of one."""
        return np.log(np.maximum(self.actual, 1) / np.maximum(self.rest, 1))


def median_error(landing: np.ndarray, actual: np.ndarray) -> float:
    """Return the median absolute relative error of landings; NaN without any."""
    known = ~np.isnan(landing) & (actual > 0)
    return float(np.median(np.abs(landing[known] / actual[known] - 1))) if known.any() else np.nan


def stretched(errors: np.ndarray, *, left: int) -> np.ndarray:
    """Stretch errors about their median for how few independent ones there are: origins overlap."""
    if not len(errors):
        return errors
    worth = len(errors) * min(1.0, STEP / max(left, 1))
    middle = np.median(errors)
    return np.sort(middle + (errors - middle) * math.sqrt(1 + 1 / worth))


def interval(so_far: float, rest: float, errors: Sequence[float] | np.ndarray) -> tuple[float, float]:
    """Return the ends of the 80 % interval of a landing.

    Examples
    --------
    >>> from shortimize_analytics.analysis.money.pacing import interval
    >>> errors = [-.31, -.22, -.15, -.11, -.06, -.02, .01, .04, .09, .17, .28, .45]
    >>> [round(edge) for edge in interval(620_000, 270_000, errors)]
    [818031, 1043444]
    """
    n = len(errors)
    low, high = max(1, math.floor((n + 1) / 10)), min(n, math.ceil(9 * (n + 1) / 10))
    ranked = np.sort(np.asarray(errors, dtype=float))
    return so_far + rest * math.exp(ranked[low - 1]), so_far + rest * math.exp(ranked[high - 1])


def p_target(so_far: float, rest: float, errors: Sequence[float] | np.ndarray, *, target: float) -> float:
    """Return the chance to reach a target: 1 in n + 1 for what never was.

    Examples
    --------
    >>> from shortimize_analytics.analysis.money.pacing import p_target
    >>> errors = [-.31, -.22, -.15, -.11, -.06, -.02, .01, .04, .09, .17, .28, .45]
    >>> round(p_target(620_000, 270_000, errors, target=1_000_000), 3)
    0.154
    """
    landings = so_far + rest * np.exp(np.asarray(errors, dtype=float))
    return (1 + int((landings >= target).sum())) / (len(landings) + 1)


def past_intervals(past: Past, *, days_left: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval that would have been told at each past origin, from those that were over by then."""
    low, high = np.full(len(past.origin), np.nan), np.full(len(past.origin), np.nan)
    errors = past.errors
    for day in np.unique(past.origin):
        known = errors[past.origin + days_left <= day]
        if len(known) < MIN_ORIGINS:
            continue
        ends = stretched(known, left=days_left)
        for at in np.flatnonzero(past.origin == day):
            low[at], high[at] = interval(float(past.so_far[at]), float(past.rest[at]), ends)
    return low, high
