"""Time to a number of views, with the videos that are not there yet.

Definitions
-----------
reached
    Age at which the video's count, made non-decreasing, passed the milestone, by a straight line between the two counts
    around it. On the day of upload, whose hour nobody knows, it is half a day.
not yet
    A video that has not reached it counts as watched up to its last count (right-censored). Leaving such videos out, or
    averaging only those that arrived, makes every milestone look quicker and surer than it is.
early
    A video first seen after day 1, already past the milestone: it is not known when it passed. It is left out, and
    counted. So that this does not favour slow videos, a video whose tracking began late and that had not arrived by
    then is compared from that day on only (delayed entry).

Pitfalls: the shares are of all videos, and few may be watched long enough: the interval says so. Milestones of videos
that were tracked because they were already big say little about others.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.analysis.base.constants import EFFECT_COVERAGE, WEEK
from shortimize_analytics.analysis.base.series import Knots, knots
from shortimize_analytics.analysis.prepared import Prepared, as_prepared, history_of
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import MILESTONES, conform
from shortimize_analytics.schema.choices import check_column

from .video_metrics import time_to

if TYPE_CHECKING:
    from statsmodels.duration.survfunc import SurvfuncRight

THRESHOLDS = (10_000, 100_000, 1_000_000)
FIRST_SIGHT = 1
"""A video seen by the day after upload was watched from its start."""
DAY_ZERO = 0.5
MONTH = 30


def time_to_views(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    thresholds: Sequence[int] = THRESHOLDS,
    by: str | None = None,
) -> pd.DataFrame:
    """Estimate how long videos take to reach numbers of views, and how many ever do.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or what `prepare` made of it and the history; removed and private videos count up to
        their last day.
    history
        Frame of `load_history`.
    thresholds
        Numbers of views (1 and more).
    by
        Column of the videos that makes the groups (a list such as `label_names` puts a video in several), or None.

    Returns
    -------
    DataFrame
        One row per group and threshold, by group and threshold. See `schema.MILESTONES`. Estimates are NA where no
        video was watched from its start, or where late starts leave nobody under watch in between.
        `attrs["quality"]` counts videos without history.

    Raises
    ------
    InvalidParameterError
        For an unknown `by`, or a threshold below 1.

    References
    ----------
    E. L. Kaplan and P. Meier, J. Am. Stat. Assoc. 53 (1958) 457-481; interval of the median on the log-log scale: R.
    Brookmeyer and J. Crowley, Biometrics 38 (1982) 29-41; delayed entry: J. P. Klein and M. L. Moeschberger, Survival
    Analysis, 2003, section 4.6. Computed by statsmodels.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.growth.milestones import time_to_views
    >>> days = pd.date_range("2026-03-01", periods=4).as_unit("us")
    >>> views = {"1": [0, 50, 150, 200], "2": [0, 100, 120, 130], "3": [0, 10, 20, 30]}
    >>> history = pd.concat([pd.DataFrame({"ad_id": name, "date": days, "views": pd.array(counts, dtype="Int64")})
    ...                      for name, counts in views.items()])
    >>> videos = pd.DataFrame({"ad_id": ["1", "2", "3"], "platform": "tiktok", "uploaded_at": days[0],
    ...                        "latest_views": pd.array([200, 130, 30], dtype="Int64")})
    >>> time_to_views(videos, history, thresholds=[100])[["threshold", "n_videos", "n_reached", "median_days"]]
       threshold  n_videos  n_reached  median_days
    0        100         3          2          1.5
    """
    data = as_prepared(videos, history)
    videos = data.videos
    if by is not None:
        check_column(by, videos, "by")
    if any(threshold < 1 for threshold in thresholds):
        raise InvalidParameterError(f"thresholds={list(thresholds)} has a number below 1; pass numbers of views")
    ready, rows = data.videos, history_of(data)
    series = knots(rows)
    watched = ready[(ready["excluded"] != "duplicate_row").fillna(value=True).to_numpy(dtype=bool)]
    watched = watched[watched["ad_id"].isin(series.ids).to_numpy() & watched["counts_in_totals"].to_numpy(dtype=bool)]
    places = series.ids.get_indexer(watched["ad_id"])
    records = []
    for threshold in sorted(thresholds):
        spans = _spans(series, threshold)
        for name, members in _groups(watched, by):
            record = _estimate(spans.iloc[places[members]])
            records.append({"group": name, "threshold": threshold} | record)
    table = pd.DataFrame(records, columns=MILESTONES.names).sort_values(["group", "threshold"], ignore_index=True)
    out = conform(table, MILESTONES)
    out.attrs = {
        **videos.attrs,
        "table": MILESTONES.name,
        "params": {"thresholds": [int(threshold) for threshold in thresholds], "by": by},
        "quality": {
            **rows.attrs.get("quality", {}),
            "without_history": int((~ready["ad_id"].isin(series.ids)).sum()),
            "duplicates_left_out": int((~ready["counts_in_totals"].fillna(value=True)).sum()),
        },
    }
    return out


def _groups(watched: pd.DataFrame, by: str | None) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each group's name and the positions of its videos."""
    if by is None:
        yield "all", np.arange(len(watched))
        return
    values = column(watched, by, "str").reset_index(drop=True).astype(object).explode().dropna()
    for name, members in values.groupby(values.astype("str"), sort=True):
        yield str(name), members.index.to_numpy()


def _spans(series: Knots, threshold: int) -> pd.DataFrame:
    """When each video came into view, when it left or arrived, and which of these; videos in the order of the knots."""
    start, last = series.start, series.last
    target = np.full(len(series.ids), float(threshold))
    arrived = time_to(series, target, across_gaps=True)
    arrived = np.where(arrived == 0, DAY_ZERO, arrived)
    reached = series.curve[last] >= threshold
    seen_late = series.age[start] > FIRST_SIGHT
    early = seen_late & (series.curve[start] >= threshold)
    entry = np.where(seen_late, series.age[start], 0.0)
    until = np.where(reached, arrived, series.age[last])
    unknown = ~early & ~(until > entry)
    return pd.DataFrame({"entry": entry, "until": until, "reached": reached, "early": early, "unknown": unknown})


def _estimate(spans: pd.DataFrame) -> dict[str, object]:
    """Estimate the share of one group that has arrived by each age."""
    from statsmodels.duration import survfunc

    known = spans[~spans["early"] & ~spans["unknown"]]
    counts: dict[str, object] = {
        "n_videos": len(known),
        "n_reached": int(known["reached"].sum()),
        "n_early": int(spans["early"].sum()),
        "n_unknown": int(spans["unknown"].sum()),
    }
    if known.empty:
        return counts
    until = known["until"].to_numpy()
    watched_until = float(until.max())
    if not known["reached"].any():
        return counts | {name: 0.0 for name, day in (("share_7", WEEK), ("share_30", MONTH)) if day <= watched_until}
    entry = known["entry"].to_numpy()
    if entry.min() > 0:
        return counts
    curve = survfunc.SurvfuncRight(until, known["reached"].to_numpy(dtype=int), entry=entry if entry.any() else None)
    if entry.any() and curve.surv_prob.min() <= 0 and not known["reached"].all():
        # with late starts, a day on which everyone under watch arrived would end the curve for all who start later
        return counts
    with np.errstate(divide="ignore", invalid="ignore"):  # the scale has no interval where all or none have arrived
        low, high = curve.quantile_ci(0.5, method="cloglog")
    week, month = (_share(curve, day, watched_until=watched_until) for day in (WEEK, MONTH))
    return counts | {
        "median_days": _finite(curve.quantile(0.5)),
        "median_lo": _finite(low),
        "median_hi": _finite(high),
        "share_7": week[0],
        "share_30": month[0],
        "share_30_lo": month[1],
        "share_30_hi": month[2],
    }


def _share(curve: "SurvfuncRight", day: int, *, watched_until: float) -> tuple[float, float, float]:
    """Share that has arrived by a day, and its 95 % interval on the log-log scale."""
    from scipy.stats import norm

    if day > watched_until:
        return np.nan, np.nan, np.nan
    place = int(np.searchsorted(curve.surv_times, day, side="right")) - 1
    left = float(curve.surv_prob[place]) if place >= 0 else 1.0
    if not 0 < left < 1:
        return 1 - left, np.nan, np.nan
    reach = norm.ppf((1 + EFFECT_COVERAGE) / 2) * float(curve.surv_prob_se[place]) / (left * abs(np.log(left)))
    return 1 - left, 1 - left ** np.exp(-reach), 1 - left ** np.exp(reach)


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else np.nan
