"""Project young videos to a reference age from how other videos grew between the two ages.

Two rules, each fitted on the videos that were seen at both ages, per age h:

level
    L(H) = a + b·L(h), least squares.
gain
    Where the last day's gain is known: least absolute deviations of L(H) on L(h), x and x² with
    x = ln(1 + gain·(H − h) ÷ V(h)), the growth that the last day promises.

To both comes what the account's other videos left over on average (its growth shape is its own), shrunk by their
number. A video gets the mean of both, since they err differently, unless one alone left a fifth less at its age. L is
ln(1 + views). Interpolated days take no part.

References
----------
Log-linear growth: G. Szabo and B. Huberman, Communications of the ACM 53 (2010) 80-88. Shrinkage with the mean's
variance σ²/k. Errors on real data are in tests/analysis/test_outlier_projection.py.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.constants import MAX_LAG
from shortimize_analytics.analysis.base.digested import ByAge, Digested, rows_of
from shortimize_analytics.analysis.base.series import matrix_by_age
from shortimize_analytics.schema.rows import among, run_starts

from .account_level import spread
from .age_curve import REFERENCE_AGE, group_medians
from .median_regression import least_deviations

MIN_TRAINING = 30
"""Videos seen at both ages that a fit needs."""
ALONE = 0.8
"""What a rule alone may leave at most, of what the mean of both leaves, to be taken in its place."""
FAR = 3.0
"""Standard deviations beyond which what a video left counts no more for its account."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Videos at the reference age.

    Attributes
    ----------
    logs
        ln(1 + views) at the reference age; NaN where not projected.
    variance
        Residual variance of the fit, ln².
    """

    logs: np.ndarray
    variance: np.ndarray


def project(
    history: pd.DataFrame | Digested, ids: pd.Index, *, ages: np.ndarray, groups: np.ndarray, platforms: np.ndarray
) -> Projection:
    """Project every video younger than the reference age from its last day in the history.

    A snapshot's newest count is taken at some hour of its day, a day of the history mostly at its end: only counts from
    the history are compared with one another. A video whose history ends more than 2 days before its newest count, or
    that has none, is not projected.

    Parameters
    ----------
    history
        Prepared history, or its digest.
    ids
        The videos.
    ages
        Age of each at its newest count (days).
    groups
        Account of each.
    platforms
        Platform of each: fitted apart where it has 30 videos, otherwise together.
    """
    everywhere = Projection(np.full(len(ids), np.nan), np.zeros(len(ids)))
    inside, measured = _young_days(history, ids)
    ids, ages, groups, platforms = ids[inside], ages[inside], groups[inside], platforms[inside]
    seen, gain = np.log1p(measured.curve), measured.gain
    known = ~np.isnan(seen)
    last = np.where(known.any(axis=1), REFERENCE_AGE - known[:, ::-1].argmax(axis=1), -1)
    young = (ages < REFERENCE_AGE) & (last >= ages - MAX_LAG) & (last >= 0) & (last < REFERENCE_AGE)
    out = Projection(np.full(len(ids), np.nan), np.zeros(len(ids)))
    for age, platform in np.unique(np.column_stack([last, platforms])[young], axis=0):
        wanted = np.flatnonzero(young & (last == age) & (platforms == platform))
        trained = known[:, age] & known[:, REFERENCE_AGE]
        train = trained & (platforms == platform)
        train = train if train.sum() >= MIN_TRAINING else trained
        if train.sum() < MIN_TRAINING:
            continue
        start, end = seen[:, age], seen[:, REFERENCE_AGE]
        rise = promised_growth(gain[:, age], start, days_left=REFERENCE_AGE - age)
        out.logs[wanted], out.variance[wanted] = _best(
            start, rise, end=end, groups=groups, train=np.flatnonzero(train), wanted=wanted
        )
    everywhere.logs[inside], everywhere.variance[inside] = out.logs, out.variance
    return everywhere


def _young_days(history: pd.DataFrame | Digested, ids: pd.Index) -> tuple[np.ndarray, ByAge]:
    """Tell which videos have days up to the reference age, and spread these by age."""
    if isinstance(history, Digested):
        place, young = history.place(ids), history.moment_measured
        inside = (place >= 0) & rows_of(~np.isnan(young.curve).all(axis=1), place, missing=False)
        return inside, ByAge(young.curve[place[inside]], young.gain[place[inside]])
    early = (history["age_days"] <= REFERENCE_AGE).fillna(value=False).to_numpy(dtype=bool)
    rows = history[comparable_rows(history) & early]
    inside = among(ids, rows["ad_id"].iloc[run_starts(rows["ad_id"])])
    return inside, spread_by_age(rows, ids[inside], max_age=REFERENCE_AGE)


def measured_by_age(
    history: pd.DataFrame,
    ids: pd.Index,
    *,
    max_age: int,
    whole_days: bool | None = None,
    kept: np.ndarray | None = None,
) -> ByAge:
    """Spread the comparable rows of a history by age; what is unknown is NaN. `kept` marks the rows that take part."""
    known = (history["age_days"] <= max_age).fillna(value=False).to_numpy(dtype=bool)
    known &= comparable_rows(history, whole_days=whole_days)
    return spread_by_age(history[known if kept is None else known & kept], ids, max_age=max_age)


def spread_by_age(rows: pd.DataFrame, ids: pd.Index, *, max_age: int) -> ByAge:
    """Spread rows by age: views that never fall, and the gain of each observed day."""
    daily = np.where(rows["obs"] == "observed", rows["gain"].to_numpy(dtype=float, na_value=np.nan), np.nan)
    views = rows["views_curve"].to_numpy(dtype=float)
    return ByAge(
        curve=matrix_by_age(rows, ids, values=views, max_age=max_age),
        gain=matrix_by_age(rows, ids, values=daily, max_age=max_age),
    )


def comparable_rows(history: pd.DataFrame, *, whole_days: bool | None = None) -> np.ndarray:
    """Pick measured rows, and of these only days that were over when asked for, unless most rows were not.

    `whole_days` says of a part of a history what holds for all of it.
    """
    measured = (history["obs"] != "interpolated").to_numpy()
    if "fetched_at" not in history or whole_days is False:
        return measured
    over = days_over(history)
    return measured & over if whole_days or 2 * over.sum() > len(over) else measured


def days_over(history: pd.DataFrame) -> np.ndarray:
    """Mark the rows whose day was over when it was asked for."""
    fetched = history["fetched_at"].dt.tz_localize(None)
    return ~(fetched < history["date"] + pd.Timedelta(days=1)).to_numpy()


def promised_growth(gain: np.ndarray, logs: np.ndarray, *, days_left: int) -> np.ndarray:
    """Log growth if the last day's gain went on every day left."""
    return np.log1p(np.maximum(gain, 0) * days_left / np.maximum(np.expm1(logs), 1))


@dataclass(frozen=True, slots=True)
class Fit:
    """What a rule predicts, and what it left of the videos it learnt from.

    Attributes
    ----------
    logs
        Predicted ln(1 + views) at the reference age.
    stranger, known
        Left of each training video: by the rule alone, and with what its account's other videos had left.
    """

    logs: np.ndarray
    stranger: np.ndarray
    known: np.ndarray

    def parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return all three."""
        return self.logs, self.stranger, self.known


def _best(
    start: np.ndarray, rise: np.ndarray, *, end: np.ndarray, groups: np.ndarray, train: np.ndarray, wanted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Predict the wanted videos by the level and, where the last day's gain is known, by what is best of both rules.

    Returns
    -------
    logs, variance
        Of each wanted video.
    """
    size = int(groups.max(initial=-1)) + 1
    level = by_level(start[train], end[train], groups=groups[train], new_start=start[wanted], new_groups=groups[wanted])

    def scatter(fit: Fit, rows: np.ndarray, new: np.ndarray) -> np.ndarray:
        count = np.bincount(groups[rows], minlength=size)
        return _scatter(fit, peers=count[groups[rows]] - 1, new_peers=count[groups[new]])

    logs, variance = level.logs.copy(), scatter(level, train, wanted)
    told, has = ~np.isnan(rise[wanted]), ~np.isnan(rise[train])
    if has.sum() < MIN_TRAINING or not told.any():
        return logs, variance
    rows, new = train[has], wanted[told]
    gain = by_gain(
        start[rows], rise[rows], end=end[rows], groups=groups[rows], new_start=start[new], new_rise=rise[new],
        new_groups=groups[new],
    )  # fmt: skip
    same = Fit(level.logs[told], level.stranger[has], level.known[has])
    both = Fit(*((one + other) / 2 for one, other in zip(same.parts(), gain.parts(), strict=True)))
    fits = (both, same, gain)
    left = np.array([scatter(fit, rows, new) for fit in fits])
    pick = np.argmin(left * np.array([[ALONE**2], [1.0], [1.0]]), axis=0)
    logs[told] = np.choose(pick, [fit.logs for fit in fits])
    variance[told] = np.choose(pick, left)
    return logs, variance


def by_level(
    start: np.ndarray, end: np.ndarray, *, groups: np.ndarray, new_start: np.ndarray, new_groups: np.ndarray
) -> Fit:
    """Fit end = a + b·start and apply it with the account's own remainder."""
    slope, offset = _line(start, end)
    return _with_accounts(
        end - offset - slope * start, offset + slope * new_start, groups=groups, new_groups=new_groups
    )


def by_gain(
    start: np.ndarray,
    rise: np.ndarray,
    *,
    end: np.ndarray,
    groups: np.ndarray,
    new_start: np.ndarray,
    new_rise: np.ndarray,
    new_groups: np.ndarray,
) -> Fit:
    """Fit end on start, rise and rise² by least absolute deviations and apply it with the account's own remainder."""
    design = np.column_stack([np.ones_like(start), start, rise, rise**2])
    slopes = least_deviations(design, end)
    new = np.column_stack([np.ones_like(new_start), new_start, new_rise, new_rise**2])
    return _with_accounts(end - design @ slopes, new @ slopes, groups=groups, new_groups=new_groups)


def _with_accounts(left: np.ndarray, predicted: np.ndarray, *, groups: np.ndarray, new_groups: np.ndarray) -> Fit:
    """Add to predictions what the account's videos left on average, shrunk by their number; one far off counts less.

    A mean of k videos is surer than their median, and few accounts have many.
    """
    size = int(max(groups.max(), new_groups.max(initial=0))) + 1
    shape, limit = account_shape(left, groups), FAR * spread(left)
    near = np.clip(left, -limit, limit) if limit > 0 else left
    count, total = np.bincount(groups, minlength=size), np.bincount(groups, near, minlength=size)
    peers = count[groups] - 1
    others = (total[groups] - near) / np.maximum(peers, 1)
    own = (total / np.maximum(count, 1))[new_groups]
    logs = predicted + account_weight(shape, count[new_groups], of_mean=True) * own
    return Fit(logs, left, left - account_weight(shape, peers, of_mean=True) * others)


def account_shape(left: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Variance between and within accounts of what a rule leaves over."""
    count = np.bincount(groups)
    middle = group_medians(left, groups, size=len(count))
    several = count[groups] >= 2
    # around its own median a small account looks quieter than it is
    within = (left - middle[groups])[several] * np.sqrt(count[groups] / np.maximum(count[groups] - 1, 1))[several]
    inside = spread(within if several.sum() >= MIN_TRAINING else left) ** 2
    return max(0.0, spread(left) ** 2 - inside), inside


def account_weight(shape: tuple[float, float], peers: np.ndarray, *, of_mean: bool = False) -> np.ndarray:
    """Weight of the median, or the mean, of so many other videos of the account: 0 without any."""
    between, inside = shape
    total = between + (1 if of_mean else np.pi / 2) * inside / np.maximum(peers, 1)
    return np.divide(between, total, out=np.zeros(len(total)), where=(peers > 0) & (total > 0))


def _scatter(fit: Fit, *, peers: np.ndarray, new_peers: np.ndarray) -> np.ndarray:
    """Variance of what a rule leaves: of strangers, and of accounts with 1-2 and with more peers where 30 videos allow.

    It is the square of the 90 % quantile of absolute residuals, scaled to a normal's standard deviation: growth has
    heavy tails, and intervals from the median absolute deviation covered 77-86 % where they should cover 90 %.
    """
    reach = np.empty(len(new_peers))
    chosen = fit.stranger
    for low, high in ((0, 1), (1, 3), (3, np.inf)):
        here = fit.known[(peers >= low) & (peers < high)]
        chosen = here if low > 0 and len(here) >= MIN_TRAINING else chosen
        wanted = (new_peers >= low) & (new_peers < high)
        reach[wanted] = np.quantile(np.abs(chosen), 0.9) / 1.645
    return np.asarray(reach**2)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    dx = x - x.mean()
    square = float(dx @ dx)
    slope = float(dx @ y) / square if square > 0 else 1.0
    return slope, float(y.mean() - slope * x.mean())
