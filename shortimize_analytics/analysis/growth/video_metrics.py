"""Figures of single videos from their knots: time to a share of the views, peak, speed, decay, revival.

All vectorised over videos; each function returns one value per video of `Knots.ids`, NaN where the history cannot say.
"""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys
from shortimize_analytics.analysis.base.constants import WEEK
from shortimize_analytics.analysis.base.series import Knots, codes_of, recent_gain
from shortimize_analytics.schema.rows import day_numbers, first_at_least, last_of_each

REVIVAL_RATIO = 3.0
REVIVAL_AGE = 35
REVIVAL_VIEWS = 1000
"""The three thresholds of `revived` are this package's own and untested on many real revivals."""
DECAY_DAYS = 10


def time_to(series: Knots, target: np.ndarray, *, across_gaps: bool = False) -> np.ndarray:
    """Age at which each video's curve reaches its target (days), NaN unless that day and the day before were measured.

    A first knot on the day of upload or the day after starts from no views at upload. `across_gaps` draws the straight
    line between measured days that lie farther apart, too.
    """
    out = np.full(len(target), np.nan)
    reached = np.flatnonzero(series.curve >= target[series.code])
    code, position = np.unique(series.code[reached], return_index=True)
    row = reached[position]
    first = series.first[row]
    usable = np.where(first, series.age[row] <= 1, across_gaps | series.daily[row])
    before = np.maximum(row - 1, 0)
    age0 = np.where(first, 0.0, series.age[before])
    views0 = np.where(first, 0.0, series.curve[before])
    rise = series.curve[row] - views0
    part = np.divide(target[code] - views0, rise, out=np.ones_like(rise), where=rise > 0)
    out[code] = np.where(usable, age0 + part * (series.age[row] - age0), np.nan)
    return out


def peak(series: Knots) -> tuple[np.ndarray, np.ndarray]:
    """Age of the largest measured daily gain, and its share of the last count."""
    born = series.first & (series.age == 0)
    known = series.daily | born
    gain = np.where(series.first, series.views, series.gain)
    order = np.lexsort((-np.arange(len(gain)), np.where(known, gain, -1), series.code))
    best = order[last_of_each(series.code[order])]
    start = series.start
    hidden = np.maximum.reduceat(np.where(known, -1, gain), start) if len(start) else start
    found = known[best] & (gain[best] >= hidden) & (gain[best] > 0) & ~np.isnan(series.age[best])
    total = series.views[series.last]
    share = np.divide(gain[best], total, out=np.full(len(best), np.nan), where=found & (total > 0))
    # a correction after the peak can leave less than the peak had brought
    return np.where(found, series.age[best], np.nan), np.minimum(share, 1.0)


def velocity(series: Knots) -> np.ndarray:
    """Gain of the last 7 days ÷ days between the knots that show it (views per day)."""
    last = series.last
    within = series.day >= series.day[last][series.code] - WEEK
    start = np.flatnonzero(within & (series.first | ~np.r_[False, within[:-1]][: len(within)]))
    days = (series.day[last] - series.day[start]).astype(float)
    gain = series.views[last] - series.views[start]
    return np.divide(gain, days, out=np.full(len(days), np.nan), where=days > 0)


def decay(series: Knots, peak: np.ndarray) -> np.ndarray:
    """Least-squares slope of ln gain on ln days since the peak, over at least 10 measured days with a gain."""
    since = series.age - peak[series.code]
    use = series.daily & (series.gain > 0) & (since >= 1)
    code = series.code[use]
    x, y = np.log(since[use]), np.log(series.gain[use])
    size = len(peak)
    n = np.bincount(code, minlength=size)
    count = np.maximum(n, 1)
    mean_x = np.bincount(code, x, size) / count
    mean_y = np.bincount(code, y, size) / count
    dx, dy = x - mean_x[code], y - mean_y[code]
    sxx, sxy = np.bincount(code, dx * dx, size), np.bincount(code, dx * dy, size)
    return np.divide(sxy, sxx, out=np.full(size, np.nan), where=(n >= DECAY_DAYS) & (sxx > 0))


def compare_weeks(series: Knots, rows: pd.DataFrame) -> pd.DataFrame:
    """Compare the last week's gain with the four before it.

    Returns
    -------
    DataFrame
        One row per video with a knot, by ``ad_id``: what it gained in its last 7 days (views; ``week`` only between
        knots that are exactly these days apart, ``recent`` between any), ``ratio`` of ``week`` to its usual week, and
        whether that can be ``judged``.
    """
    last = series.last
    edges = np.stack([_exactly_before(series, days) for days in range(0, REVIVAL_AGE + 1, WEEK)], axis=1)
    weeks = edges[:, :-1] - edges[:, 1:]
    usual = np.maximum(np.median(weeks[:, 1:], axis=1), 1.0) if len(weeks) else np.empty(0)
    ratio = np.divide(weeks[:, 0], usual)
    doubted = np.flatnonzero((rows["obs"] == "interpolated").to_numpy() | rows["correction"].to_numpy(dtype=bool))
    code = codes_of(rows, series.ids, chosen=doubted)
    day = day_numbers(rows["date"].iloc[doubted])
    newest = np.append(series.day[last], 0)[code]  # the 0 is for videos without a knot, whose code is -1
    bad = (code >= 0) & (day > newest - REVIVAL_AGE)
    clean = np.bincount(code[bad], minlength=len(last)) == 0
    judged = clean & ~np.isnan(ratio) & (series.last_age >= REVIVAL_AGE)
    recently = recent_gain(series)
    return pd.DataFrame({"week": weeks[:, 0], "ratio": ratio, "judged": judged, "recent": recently}, index=series.ids)


def revival(weeks: pd.DataFrame, *, videos: pd.DataFrame) -> tuple[pd.array, np.ndarray]:
    """Say of what `compare_weeks` found whether each video revived, and by which ratio."""
    judged, ratio = weeks["judged"].to_numpy(), weeks["ratio"].to_numpy()
    floor = np.maximum(REVIVAL_VIEWS, np.nan_to_num(_usual_week(weeks["recent"], videos)))
    revived = judged & (ratio >= REVIVAL_RATIO) & (weeks["week"].to_numpy() >= floor)
    return pd.arrays.BooleanArray(revived, ~judged), np.where(judged, ratio, np.nan)


def _exactly_before(series: Knots, days: int) -> np.ndarray:
    """Look up views at a knot exactly some days before each video's last one; NaN without such a knot."""
    out = np.full(len(series.ids), np.nan)
    wanted = series.day[series.last] - days
    place = first_at_least(series.day, series.start, high=series.last, wanted=wanted)
    there = series.day[place] == wanted
    out[there] = series.views[place[there]]
    return out


def _usual_week(recent: pd.Series, videos: pd.DataFrame) -> np.ndarray:
    """Median gain of the last 7 days over the videos of the same account (views); NaN where no account is known."""
    account = pd.Series(account_keys(videos).to_numpy(), index=videos["ad_id"].to_numpy())
    account = account[~account.index.duplicated()].reindex(recent.index)
    return recent.groupby(account.to_numpy()).transform("median").to_numpy()
