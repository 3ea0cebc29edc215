"""Rules that carry a video's views from one age to another, with intervals that hold without assuming a distribution.

A rule is a regression through the median (least absolute deviations) of L(H) on L(h), and where the last day's gain is
known on the growth that it promises, see `projection.promised_growth`. What it leaves of an account's other videos is
given back in part, since growth has the account's shape.

Intervals are cross-conformal: accounts are dealt into folds, every video is predicted by a fit without its account, and
the signed errors, in units of the typical error of the same third of videos, give one quantile for each side, since
views have longer tails upwards: with what the account's other videos give back for accounts that were seen, without it
for others. Thirds are those of the promised
growth, or of L(h) where it is unknown. On real data, where 80 % was asked for, thirds of L(h) covered 88-94 % of the
videos that promised little and 63-70 % of those that promised much, thirds of the promise 75-84 % of each, with
intervals as wide.

References
----------
V. Vovk, Cross-conformal predictors, Ann. Math. Artif. Intell. 74 (2015) 9-28. Smearing: N. Duan, J. Am. Stat. Assoc. 78
(1983) 605-610.
"""

from dataclasses import dataclass

import numpy as np

from .age_curve import group_medians, loo_median
from .median_regression import least_deviations
from .projection import account_shape, account_weight

FOLDS = 5
MIN_CALIBRATION = 30
"""Videos whose errors an interval needs, and a fit."""
MIN_SCALE = 1e-6
CAP = 0.99
MAX_LEARNING = 4000
"""Cases that a regression is fitted on, drawn from more: its four coefficients get no better, errors are measured on
all."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Videos seen at the starting age.

    Attributes
    ----------
    start
        ln(1 + views) at the starting age.
    rise
        Log growth that the last day promises; NaN where its gain is unknown.
    groups
        Number of the account.
    """

    start: np.ndarray
    rise: np.ndarray
    groups: np.ndarray

    def difficulty(self, *, gain: bool) -> np.ndarray:
        """Give what errors depend on: the promised growth, or L(h)."""
        return self.rise if gain else self.start

    def __getitem__(self, rows: np.ndarray) -> "Cases":
        return Cases(self.start[rows], self.rise[rows], self.groups[rows])

    def design(self, *, gain: bool, cap: float) -> np.ndarray:
        """Columns of the regression; rises beyond the cap count as the cap."""
        columns = [np.ones_like(self.start), self.start]
        rise = np.minimum(self.rise, cap)
        return np.column_stack([*columns, rise, rise**2] if gain else columns)


@dataclass(frozen=True, slots=True)
class Rule:
    """A fitted rule.

    Attributes
    ----------
    gain
        Whether it uses the last day's gain.
    slopes
        Coefficients of the regression.
    cap
        Rises beyond it count as it: 99 % of the videos rose less, and a square must not run on beyond them.
    own
        What the rule leaves of each account, already weighted; 0 for accounts it never saw.
    met
        Whether it saw a video of each account.
    cuts
        Two limits between the thirds.
    reach
        How far the interval goes down and up in each third, ln: of accounts it never saw, and of the others.
    smear
        Mean of exp(error): turns a median into a mean.
    typical
        Median absolute error of videos whose account took no part in the fit, ln.
    n
        Videos behind it.
    """

    gain: bool
    slopes: np.ndarray
    cap: float
    own: np.ndarray
    met: np.ndarray
    cuts: np.ndarray
    reach: np.ndarray
    smear: float
    typical: float
    n: int

    def predict(self, cases: Cases) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return ln(1 + views) at the later age, and how far the interval goes below it and above it."""
        logs = cases.design(gain=self.gain, cap=self.cap) @ self.slopes + self.own[cases.groups]
        third = np.searchsorted(self.cuts, cases.difficulty(gain=self.gain))
        below, above = self.reach[self.met[cases.groups].astype(int), third].T
        return logs, below, above


def conformal_quantile(errors: np.ndarray, coverage: float) -> float:
    """Quantile ⌈(n + 1)·coverage⌉ of n errors: covers the next one as often as asked, whatever their shape."""
    n = len(errors)
    rank = int(np.ceil((n + 1) * coverage))
    return float(np.partition(errors, rank - 1)[rank - 1]) if rank <= n else np.inf


def fit_rule(cases: Cases, end: np.ndarray, *, gain: bool, size: int, coverage: float, seed: int) -> Rule | None:
    """Fit a rule on videos seen at both ages; None when fewer than 30 can be used.

    Parameters
    ----------
    cases
        The videos at the starting age.
    end
        ln(1 + views) at the later age.
    gain
        Use the last day's gain, and only videos where it is known.
    size
        Number of accounts, also of those without such videos.
    coverage
        Of the intervals (0-1).
    seed
        Deals accounts into folds.
    """
    usable = ~np.isnan(cases.rise) if gain else np.ones(len(end), dtype=bool)
    cases, end = cases[usable], end[usable]
    if len(end) < MIN_CALIBRATION:
        return None
    cap = float(np.quantile(cases.rise, CAP)) if gain else np.inf
    design = cases.design(gain=gain, cap=cap)
    slopes, left = _fit(design, end, groups=cases.groups, seed=seed)
    count = np.bincount(cases.groups, minlength=size)
    shape = account_shape(left, cases.groups)
    own = account_weight(shape, count) * np.nan_to_num(group_medians(end - design @ slopes, cases.groups, size=size))
    others = np.nan_to_num(loo_median(left, cases.groups))
    error = left - account_weight(shape, count[cases.groups] - 1) * others
    known = cases.difficulty(gain=gain)
    cuts = np.quantile(known, [1 / 3, 2 / 3])
    third = np.searchsorted(cuts, known)
    # videos whose account has no other tell nothing of those whose account is known
    peers = count[cases.groups] > 1
    peers = peers if peers.sum() >= MIN_CALIBRATION else np.ones(len(end), dtype=bool)
    reach = np.stack([_reach(left, third, coverage=coverage), _reach(error[peers], third[peers], coverage=coverage)])
    typical = float(np.median(np.abs(error)))
    return Rule(gain, slopes, cap, own, count > 0, cuts, reach, float(np.exp(error).mean()), typical, len(end))


def _reach(error: np.ndarray, third: np.ndarray, *, coverage: float) -> np.ndarray:
    """Reach down and up in each third: conformal quantiles of either sign, in units of the third's typical error."""
    scale = np.maximum(np.nan_to_num(group_medians(np.abs(error), third, size=3)), MIN_SCALE)
    unit = error / scale[third]
    sides = [conformal_quantile(sign * unit, (1 + coverage) / 2) for sign in (-1, 1)]
    # a side shorter than a tenth of the other would leave the forecast on the interval's edge
    return np.outer(scale, np.maximum(sides, max(sides) / 10))


def _fit(design: np.ndarray, end: np.ndarray, *, groups: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Fit on all cases, and return with it the errors of fits that saw no video of the same account.

    With one account alone they saw no video of the same fold.
    """
    _, account = np.unique(groups, return_inverse=True)
    if account.max() == 0:
        account = np.arange(len(end))
    rng = np.random.default_rng(seed)
    fold = (rng.permutation(int(account.max()) + 1) % FOLDS)[account]
    learn = np.sort(rng.permutation(len(end))[:MAX_LEARNING])
    use = fold != np.arange(-1, FOLDS)[:, None]  # no fold has the number −1: the first fit uses all
    slopes = least_deviations(design[learn], end[learn], use=use[:, learn])
    return slopes[0], end - (design * slopes[1:][fold]).sum(axis=1)
