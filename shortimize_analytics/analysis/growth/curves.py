"""Growth of videos with age: typical curves of groups, and the figures of each video.

Definitions
-----------
age h
    Calendar days since upload; V(h) is the count on that day. Day 0 is partial.
share
    V(h) ÷ V(H) with H = `max_age`, over videos seen at both ages. A curve of raw medians mixes cohorts: the videos seen
    at day 60 are not those seen at day 3.
chained point
    Where fewer than 20 videos were seen at both h and H, the step from h to the farthest age that 20 videos span is
    averaged (10 % trimmed mean of log growth) and joined to the rest of the curve. Chained medians would lose 8-11 %
    between day 1 and day 14. A chained point has no band and no interval.
band
    Quantiles of the videos: how different videos are. Not the uncertainty of the median, which is `ci_lo`, `ci_hi`.
revived
    The last 7 days gained at least 3 times the median of the four 7-day gains before, and enough views to matter.

Pitfalls: platforms interpolate and correct counts, see `prepare`. On YouTube a chart's videos have longer half-lives
than others; compare within one way of collecting.
"""

import warnings

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys
from shortimize_analytics.analysis.base.constants import EFFECT_COVERAGE
from shortimize_analytics.analysis.base.digested import Digested, up_to_age
from shortimize_analytics.analysis.base.series import knots, matrix_by_age
from shortimize_analytics.analysis.prepare import have_growth
from shortimize_analytics.analysis.prepared import Prepared, as_prepared, history_of, rows_or_digest
from shortimize_analytics.errors import DataQualityWarning, InvalidParameterError
from shortimize_analytics.schema import GROWTH_CURVES, GROWTH_METRICS, conform
from shortimize_analytics.schema.cast import naming_columns
from shortimize_analytics.schema.choices import CurveValue, check_choice, check_column
from shortimize_analytics.schema.rows import among, changes, places_in, rows_among, run_starts

from .video_metrics import compare_weeks, decay, peak, revival, time_to, velocity

MIN_DIRECT = 20
"""Videos seen at both ages that make a direct median preferable to a chain."""
MIN_BAND = 5
"""Fewer videos than this have a median but neither band nor interval."""
TRIM = 0.10
COLUMNS_AT_ONCE = 8
"""Ages that are described together."""
LONGEST_AGE = 730


def growth_curves(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    by: str | None = None,
    max_age: int = 90,
    value: CurveValue = "share",
    band: tuple[float, float] = (0.1, 0.9),
) -> pd.DataFrame:
    """Describe how views grow with age, per group of videos.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or what `prepare` made of it and the history. Removed and private videos are left out,
        a collaboration counts once per group.
    history
        Frame of `load_history`.
    by
        Column of the videos that makes the groups (a list such as `label_names` puts a video in several), or None.
    max_age
        Last age of the curve and reference of shares (days, 1 to 730).
    value
        "share" (of the views at `max_age`, 0-1), "views" (of the videos seen up to `max_age`, or of all where fewer
        than 20 were), or "gain" (views per day, measured days only).
    band
        Two quantiles of the videos (0-1).

    Returns
    -------
    DataFrame
        One row per group and age in days, by group and age. See `schema.GROWTH_CURVES`. `attrs["quality"]` counts the
        chained points, the groups that never reach `max_age`, and the groups of mixed cohorts.

    Raises
    ------
    InvalidParameterError
        For an unknown `value` or `by`, or limits out of range.

    References
    ----------
    Interval of the median from the sampling error of the share of videos below it, accounts as clusters: R. S.
    Woodruff, J. Am. Stat. Assoc. 47 (1952) 635-646. In simulations of 5 to 100 accounts its 95 % intervals covered
    .92-.96, those of a bootstrap of accounts .86-.95.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.growth.curves import growth_curves
    >>> days = pd.date_range("2026-03-01", periods=4).as_unit("us")
    >>> history = pd.DataFrame({"ad_id": "1", "date": days, "views": pd.array([10, 60, 90, 100], dtype="Int64")})
    >>> videos = pd.DataFrame({"ad_id": ["1"], "platform": "tiktok", "uploaded_at": days[:1],
    ...                        "latest_views": pd.array([100], dtype="Int64")})
    >>> growth_curves(videos, history, max_age=3)[["group", "age_days", "n_videos", "median_value"]]
      group  age_days  n_videos  median_value
    0   all         0         1           0.1
    1   all         1         1           0.6
    2   all         2         1           0.9
    3   all         3         1           1.0
    """
    data = as_prepared(videos, history, digested=True)
    _check(data.videos, by=by, max_age=max_age, value=value, band=band)
    rows = rows_or_digest(data)
    members = _members(data.videos, by)
    tracked = pd.Series(rows.ids) if isinstance(rows, Digested) else rows["ad_id"].iloc[run_starts(rows["ad_id"])]
    members = members[among(members["ad_id"], tracked)]
    ids = pd.Index(members["ad_id"].unique())
    place, cells, interpolated = _cells(rows, ids, value=value, max_age=max_age)
    parts = []
    for name, group in members.groupby("group", sort=True):
        picked = place[places_in(ids, group["ad_id"])]
        account = pd.factorize(group["account"])[0]
        part = _curve(cells[picked], interpolated[picked], account=account, value=value, band=band)
        parts.append(part | {"group": np.full(max_age + 1, str(name), dtype=object)})
    columns = [*GROWTH_CURVES.names, "chained", "mixed"]
    table = pd.DataFrame({name: np.concatenate([part[name] for part in parts]) if parts else [] for name in columns})
    table = table[table["n_videos"] > 0]
    out = conform(table, GROWTH_CURVES)
    quality = {
        "chained_points": int(table["chained"].sum()),
        "groups_without_max_age": len(parts) - int(table.loc[table["age_days"] == max_age, "group"].nunique()),
        "groups_of_mixed_cohorts": int(table.loc[table["mixed"].astype(bool), "group"].nunique()),
    }
    if value == "share" and len(tracked) and not len(out):
        warnings.warn(
            f"no video was seen at max_age={max_age} days, so there are no shares of that day's views; "
            f"the oldest age in this history is {_oldest_age(rows)} days",
            DataQualityWarning,
            stacklevel=2,
        )
    out.attrs = {
        **data.videos.attrs,
        "table": GROWTH_CURVES.name,
        "params": {"by": by, "max_age": max_age, "value": value, "band": list(band)},
        "quality": {**rows.attrs.get("quality", {}), **quality},
    }
    return out


def _check(videos: pd.DataFrame, *, by: str | None, max_age: int, value: str, band: tuple[float, float]) -> None:
    check_choice(value, CurveValue, "value")
    if not 1 <= max_age <= LONGEST_AGE:
        raise InvalidParameterError(f"max_age={max_age} is out of range; choose 1 to {LONGEST_AGE} days")
    if not 0 <= band[0] < band[1] <= 1:
        raise InvalidParameterError(f"band={band} is not two rising quantiles; choose for example (0.1, 0.9)")
    if by is not None:
        check_column(by, videos, "by")


def _members(videos: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """List (ad_id, group, account) of the videos that curves may use, a post once per group, accounts together."""
    out = pd.DataFrame(
        {
            "ad_id": videos["ad_id"],
            "group": videos[by] if by else "all",
            "account": account_keys(videos),
            "post": videos["dup_group"].fillna(videos["ad_id"]),
        }
    )[have_growth(videos)]
    if by:
        out = out.assign(group=out["group"].astype(object)).explode("group")
    out = out[out["group"].notna()].sort_values(["account", "ad_id"])
    return out.drop_duplicates(["group", "post"])


def _oldest_age(rows: pd.DataFrame | Digested) -> object:
    return rows["age_days"].max() if isinstance(rows, pd.DataFrame) else int(np.nanmax(rows.oldest_age))


def _cells(
    rows: pd.DataFrame | Digested, ids: pd.Index, *, value: str, max_age: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spread views (or measured daily gains) by age and mark what was interpolated; say in which row each video is."""
    if not isinstance(rows, Digested):
        return np.arange(len(ids)), *cells_by_age(rows, ids, value=value, max_age=max_age)
    if value == "gain":
        raise InvalidParameterError("a digest keeps no daily gains: choose value='share' or 'views', or pass a history")
    cells, flags = (up_to_age(each, max_age, name="max_age") for each in (rows.cells, rows.interpolated))
    return rows.place(ids), cells, flags


def cells_by_age(rows: pd.DataFrame, ids: pd.Index, *, value: str, max_age: int) -> tuple[np.ndarray, np.ndarray]:
    """Spread views (or measured daily gains) of prepared rows by age, and mark the cells that were interpolated."""
    if value == "gain":
        measured = (rows["obs"] == "observed").to_numpy() & rows["gain"].notna().to_numpy()
        amounts = np.where(measured, rows["gain"].to_numpy(dtype=float, na_value=np.nan), np.nan)
    else:
        amounts = rows["views_curve"].to_numpy(dtype=float)
    cells = matrix_by_age(rows, ids, values=amounts, max_age=max_age)
    flags = matrix_by_age(rows, ids, values=(rows["obs"] == "interpolated").to_numpy(dtype=float), max_age=max_age) == 1
    return cells, flags & ~np.isnan(cells)


def _curve(
    cells: np.ndarray, interpolated: np.ndarray, *, account: np.ndarray, value: str, band: tuple[float, float]
) -> dict[str, np.ndarray]:
    """One group's columns by age, and `chained` and `mixed`; cells are videos by ages, an account's videos together."""
    if value == "share":
        end = np.where(cells[:, -1:] > 0, cells[:, -1:], np.nan)
        return _chain(_describe(cells, interpolated, account=account, band=band, end=end), cells)
    mixed = False
    if value == "views":
        cohort = ~np.isnan(cells[:, -1])
        mixed = bool(cohort.sum() < MIN_DIRECT)
        if not mixed:
            cells, interpolated, account = cells[cohort], interpolated[cohort], account[cohort]
    out = _describe(cells, interpolated, account=account, band=band)
    return out | {"mixed": np.full(cells.shape[1], mixed)}


def _describe(
    cells: np.ndarray,
    interpolated: np.ndarray,
    *,
    account: np.ndarray,
    band: tuple[float, float],
    end: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Median, band and interval of every column, or of its shares of the `end` (one column), NaN apart.

    A few columns at a time: sorting and comparing them takes several times their memory.
    """
    parts = []
    for start in range(0, cells.shape[1], COLUMNS_AT_ONCE):
        some = slice(start, start + COLUMNS_AT_ONCE)
        values, flags = cells[:, some], interpolated[:, some]
        if end is not None:
            values = values / end
            flags = flags & ~np.isnan(values)
        parts.append(_described(values, flags, account=account, band=band))
    out = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return out | {"age_days": np.arange(cells.shape[1])}


def _described(
    values: np.ndarray, interpolated: np.ndarray, *, account: np.ndarray, band: tuple[float, float]
) -> dict[str, np.ndarray]:
    known = ~np.isnan(values)
    n = known.sum(axis=0)
    ordered = np.sort(values, axis=0)
    median = _quantile(ordered, n, q=np.full(len(n), 0.5))
    error = _cluster_error(values, known, median=median, account=account)
    enough = np.where(n >= MIN_BAND, 0.0, np.nan)
    return {
        "n_videos": n,
        "median_value": median,
        "lo": _quantile(ordered, n, q=band[0] + enough),
        "hi": _quantile(ordered, n, q=band[1] + enough),
        "ci_lo": _quantile(ordered, n, q=np.maximum(0.5 - error, 0) + enough),
        "ci_hi": _quantile(ordered, n, q=np.minimum(0.5 + error, 1) + enough),
        "n_interpolated": interpolated.sum(axis=0),
        "chained": np.zeros(len(n), dtype=bool),
        "mixed": np.zeros(len(n), dtype=bool),
    }


def _quantile(ordered: np.ndarray, n: np.ndarray, *, q: np.ndarray) -> np.ndarray:
    """Linear quantile of the first n values of each sorted column; NaN where n = 0 or q is NaN."""
    if not len(ordered):
        return np.full(len(n), np.nan)
    place = np.nan_to_num(q) * np.maximum(n - 1, 0)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(n - 1, 0))
    column = np.arange(len(n))
    below, above = ordered[low, column], ordered[high, column]
    return np.where(np.isnan(q), np.nan, below + (place - low) * (above - below))


def _cluster_error(values: np.ndarray, known: np.ndarray, *, median: np.ndarray, account: np.ndarray) -> np.ndarray:
    """95 % error of the share of videos below the median, accounts as clusters (videos, when there is one account)."""
    from scipy.stats import t

    if not len(values):
        return np.full(len(median), np.nan)
    n = np.maximum(known.sum(axis=0), 1)
    below = np.where(known, (values < median) + 0.5 * (values == median) - 0.5, 0.0)
    if account[0] != account[-1]:
        starts = np.flatnonzero(changes(account))
        below = np.add.reduceat(below, starts, axis=0)
        known = np.add.reduceat(known, starts, axis=0)
    clusters = known.astype(bool).sum(axis=0)
    others = np.maximum(clusters - 1, 1)
    spread = np.sqrt((below**2).sum(axis=0) * clusters / others) / n
    return np.where(clusters > 1, t.ppf((1 + EFFECT_COVERAGE) / 2, others) * spread, 0.5)


def _chain(direct: dict[str, np.ndarray], cells: np.ndarray) -> dict[str, np.ndarray]:
    """Replace points that too few videos carry by a chain of steps that enough videos span."""
    from scipy.stats import trim_mean

    out = {name: column.copy() for name, column in direct.items()}
    enough = direct["n_videos"] >= MIN_DIRECT
    if enough.all():
        return out
    logs = np.log1p(np.ascontiguousarray(cells.T))  # by age, since videos are compared at two ages
    seen = (~np.isnan(cells)).astype(float)
    both = seen.T @ seen
    last = cells.shape[1] - 1
    left = np.full(last + 1, np.nan)  # log growth from an age to the last one
    left[last] = 0.0
    for age in range(last - 1, -1, -1):
        if enough[age]:
            left[age] = -np.log(max(direct["median_value"][age], np.finfo(float).tiny))
            continue
        steps = age + 1 + np.flatnonzero((both[age, age + 1 :] >= MIN_DIRECT) & ~np.isnan(left[age + 1 :]))
        if not len(steps):
            continue
        growth = logs[steps[-1]] - logs[age]
        left[age] = left[steps[-1]] + trim_mean(growth[~np.isnan(growth)], TRIM)
        out["median_value"][age] = np.exp(-left[age])
        for name in ("lo", "hi", "ci_lo", "ci_hi"):
            out[name][age] = np.nan
        out["n_videos"][age] = both[age, steps[-1]]
        out["chained"][age] = True
    return out


def growth_metrics(videos: pd.DataFrame | Prepared, history: pd.DataFrame | None = None) -> pd.DataFrame:
    """Describe the growth of each video.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or what `prepare` made of it and the history; all of them come back.
    history
        Frame of `load_history`.

    Returns
    -------
    DataFrame
        One row per video, in the order of `videos`. See `schema.GROWTH_METRICS`. A figure is NA where the history does
        not show it: the video is younger, that day is missing or interpolated, the first days were not tracked, or a
        stretch that was not measured daily gained more than the largest measured day. `revived` is NA unless the last
        35 days hold a measured count every 7 days and no interpolated day or correction.

    References
    ----------
    Half-life as time to a share of the views at day 30, day k's views arriving by time k: M.-A. Rizoiu and others,
    Expecting to be HIP, WWW 2017, https://github.com/andrei-rizoiu/hip-popularity. Power-law decay after the peak:
    R. Crane and D. Sornette, PNAS 105 (2008) 15649-15653. The rule of `revived` is this package's own.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.growth.curves import growth_metrics
    >>> days = pd.date_range("2026-03-01", periods=32).as_unit("us")
    >>> views = pd.array([0, 400, 800, *range(1000, 1029), ], dtype="Int64")
    >>> history = pd.DataFrame({"ad_id": "1", "date": days, "views": views})
    >>> videos = pd.DataFrame({"ad_id": ["1"], "platform": "tiktok", "uploaded_at": days[:1],
    ...                        "latest_views": pd.array([1028], dtype="Int64")})
    >>> growth_metrics(videos, history)[["v1", "v30", "t50", "peak_day", "velocity_7d"]]
          v1     v30      t50  peak_day  velocity_7d
    0  400.0  1027.0  1.28375         1          1.0
    """
    data = as_prepared(videos, history)
    videos, rows = data.videos, history_of(data)
    series = knots(rows)
    ids = series.ids
    table = pd.DataFrame(index=ids)
    marks = matrix_by_age(
        rows, ids, values=np.where(rows["obs"] == "interpolated", np.nan, rows["views_curve"]), max_age=30
    )
    for age in (1, 3, 7, 30):
        table[f"v{age}"] = marks[:, age]
    for name, share in (("t50", 0.5), ("t90", 0.9)):
        table[name] = time_to(series, share * marks[:, 30])
    table["peak_day"], table["peak_share"] = peak(series)
    table["velocity_7d"] = velocity(series)
    table["decay_exp"] = decay(series, table["peak_day"].to_numpy())
    table["revived"], table["revival_ratio"] = revival(compare_weeks(series, rows), videos=videos)
    figures = table.assign(peak_day=table["peak_day"].astype("Float64")).reindex(pd.Index(videos["ad_id"]))
    names = naming_columns(videos)
    out = conform(names.join(figures.set_axis(names.index)), GROWTH_METRICS)
    known = rows_among(rows["ad_id"], videos["ad_id"])
    quality = {
        "without_history": int((~among(videos["ad_id"], pd.Series(ids))).sum()),
        "history_of_unknown_videos": int(rows.loc[~known, "ad_id"].nunique()),
    }
    out.attrs = {
        **videos.attrs,
        "table": GROWTH_METRICS.name,
        "quality": {**rows.attrs.get("quality", {}), **quality},
    }
    return out
