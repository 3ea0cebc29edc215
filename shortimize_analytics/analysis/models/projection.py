"""Project young videos to a reference age from how other videos grew between the two ages.

Two rules, each fitted on the videos that were seen at both ages, per age h:

level
    L(H) = a + b·L(h), least squares, plus what the account's other videos left over (its growth shape is its own),
    shrunk by the number of those videos.
gain
    Where the last day's gain is known: least absolute deviations of L(H) on L(h), x and x² with
    x = ln(1 + gain·(H − h) ÷ V(h)), the growth that the last day promises.

Each video gets the rule that left the smaller variance at its age for an account as well known as its own: gains from
day 7 on for nearly all, from day 3 on for accounts that show little else. L is ln(1 + views). Interpolated days take no
part.

References
----------
Log-linear growth: G. Szabo and B. Huberman, Communications of the ACM 53 (2010) 80-88. Shrinkage with the median's
variance πσ²/2k. Errors on real data are in tests/analysis/test_outlier_projection.py.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.constants import MAX_LAG
from shortimize_analytics.analysis.base.digested import ByAge, Digested, rows_of
from shortimize_analytics.analysis.base.series import matrix_by_age
from shortimize_analytics.schema.rows import among, run_starts

from .account_level import spread
from .age_curve import REFERENCE_AGE, group_medians, loo_median
from .median_regression import least_deviations

MIN_TRAINING = 30
"""Videos seen at both ages that a fit needs."""


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


@dataclass(frozen=True, slots=True)
class Scatter:
    """What a rule left, per predicted video.

    Attributes
    ----------
    typical
        Median absolute residual: chooses between the rules.
    variance
        Square of the 90 % quantile of absolute residuals, scaled to a normal's standard deviation: growth has heavy
        tails, and intervals from the median absolute deviation covered 77-86 % where they should cover 90 %.
    """

    typical: np.ndarray
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
        found, scatter = by_level(
            start[train], end[train], groups=groups[train], new_start=start[wanted], new_groups=groups[wanted]
        )
        out.logs[wanted], out.variance[wanted] = found, scatter.variance
        told = ~np.isnan(gain[wanted, age])
        train &= ~np.isnan(gain[:, age])
        if train.sum() < MIN_TRAINING or not told.any():
            continue
        rise = promised_growth(gain[:, age], start, days_left=REFERENCE_AGE - age)
        sure = wanted[told]
        found, other = by_gain(start[train], rise[train], end=end[train], new_start=start[sure], new_rise=rise[sure])
        better = other.typical < scatter.typical[told]
        out.logs[sure[better]], out.variance[sure[better]] = found[better], other.variance[better]
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


def by_level(
    start: np.ndarray, end: np.ndarray, *, groups: np.ndarray, new_start: np.ndarray, new_groups: np.ndarray
) -> tuple[np.ndarray, Scatter]:
    """Fit end = a + b·start and apply it with the account's own remainder; return predictions and their scatter."""
    slope, offset = _line(start, end)
    left = end - offset - slope * start
    size = int(max(groups.max(), new_groups.max(initial=0))) + 1
    count = np.bincount(groups, minlength=size)
    middle = group_medians(left, groups, size=size)
    shape = account_shape(left, groups)

    def trust(peers: np.ndarray) -> np.ndarray:
        return account_weight(shape, peers)

    peers = count[groups] - 1
    others = np.nan_to_num(loo_median(left, groups))
    scatter = _scatter(left, left - trust(peers) * others, peers=peers, new_peers=count[new_groups])
    own = np.nan_to_num(middle[new_groups])
    return offset + slope * new_start + trust(count[new_groups]) * own, scatter


def account_shape(left: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Variance between and within accounts of what a rule leaves over."""
    count = np.bincount(groups)
    middle = group_medians(left, groups, size=len(count))
    several = count[groups] >= 2
    # around its own median a small account looks quieter than it is
    within = (left - middle[groups])[several] * np.sqrt(count[groups] / np.maximum(count[groups] - 1, 1))[several]
    inside = spread(within if several.sum() >= MIN_TRAINING else left) ** 2
    return max(0.0, spread(left) ** 2 - inside), inside


def account_weight(shape: tuple[float, float], peers: np.ndarray) -> np.ndarray:
    """Weight of the median of so many other videos of the account: 0 without any."""
    between, inside = shape
    total = between + np.pi * inside / (2 * np.maximum(peers, 1))
    return np.divide(between, total, out=np.zeros(len(total)), where=(peers > 0) & (total > 0))


def by_gain(
    start: np.ndarray, rise: np.ndarray, *, end: np.ndarray, new_start: np.ndarray, new_rise: np.ndarray
) -> tuple[np.ndarray, Scatter]:
    """Fit end on start, rise and rise² by least absolute deviations; return predictions and their scatter."""
    design = np.column_stack([np.ones_like(start), start, rise, rise**2])
    slopes = least_deviations(design, end)
    new = np.column_stack([np.ones_like(new_start), new_start, new_rise, new_rise**2])
    left = end - design @ slopes
    return new @ slopes, _scatter(left, left, peers=np.zeros(len(left)), new_peers=np.zeros(len(new_start)))


def _scatter(stranger: np.ndarray, known: np.ndarray, *, peers: np.ndarray, new_peers: np.ndarray) -> Scatter:
    """Measure what a rule leaves of strangers, and of accounts with 1-2 and with more peers where 30 videos allow."""
    typical, reach = np.empty(len(new_peers)), np.empty(len(new_peers))
    chosen = stranger
    for low, high in ((0, 1), (1, 3), (3, np.inf)):
        here = known[(peers >= low) & (peers < high)]
        chosen = here if low > 0 and len(here) >= MIN_TRAINING else chosen
        wanted = (new_peers >= low) & (new_peers < high)
        typical[wanted] = np.median(np.abs(chosen))
        reach[wanted] = np.quantile(np.abs(chosen), 0.9) / 1.645
    return Scatter(typical, reach**2)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    dx = x - x.mean()
    square = float(dx @ dx)
    slope = float(dx @ y) / square if square > 0 else 1.0
    return slope, float(y.mean() - slope * x.mean())
