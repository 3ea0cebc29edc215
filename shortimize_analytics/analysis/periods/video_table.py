"""One table of all that is known of each video: counts, gains, score, forecast and what speaks against them.

Scores, ranks and forecasts come from all videos, whatever is listed. Videos without a value stand last in any order.
"""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import Span, day_number
from shortimize_analytics.analysis.base.columns import ENGAGEMENT, column
from shortimize_analytics.analysis.base.constants import WEEK
from shortimize_analytics.analysis.filters.scope import select_scope
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.forecast.views import forecast_views, is_overdue
from shortimize_analytics.analysis.outliers.ranking import rank_outliers
from shortimize_analytics.analysis.plausible import SET_ASIDE
from shortimize_analytics.analysis.prepared import Prepared, as_prepared
from shortimize_analytics.schema import VIDEO_TABLE, conform
from shortimize_analytics.schema.choices import TableOrder, check_choice
from shortimize_analytics.schema.days import Day, read_day
from shortimize_analytics.schema.names import Names
from shortimize_analytics.schema.rows import NEVER

from .counted import CountedVideos, Period, count_videos, period_of

TABLE_DAYS = 4 * WEEK
"""Days whose gains are listed where none are named: whole weeks, so that weekdays cancel out."""
_SCORES = ("position", "mult", "mult_lo", "mult_hi", "n_peers", "reliable")


def video_table(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    sort_by: TableOrder = "views",
    ascending: bool = False,
    start: Day | None = None,
    end: Day | None = None,
    platform: Names | None = None,
    account: Names | None = None,
    label: Names | None = None,
    only: VideoFilter | None = None,
) -> pd.DataFrame:
    """List videos with their gains, score, rank and forecast: the table of the explorer.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or what `prepare` made of it and the history.
    history
        Frame of `load_history`; without one there are no gains and no forecasts.
    sort_by, ascending
        Column that orders the rows; videos without a value stand last either way.
    start, end
        First and last day of the gains, inclusive; None takes the active days of `only`, else the 28 days up to the
        newest of the history.
    platform, account, label, only
        List only these videos, see `select_videos`; scores and forecasts stay everyone's.

    Returns
    -------
    DataFrame
        One video per row, see `schema.VIDEO_TABLE`.

    Raises
    ------
    InvalidParameterError
        For an unknown column, or impossible days.

    Examples
    --------
    >>> from shortimize_analytics.analysis.periods.video_table import video_table
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> row = {"platform": "tiktok", "username": "ann", "uploaded_at": "2026-02-01", "latest_updated_at": "2026-03-20"}
    >>> videos, _ = cast([row | {"ad_id": key, "latest_views": views} for key, views in (("a", 5), ("b", 9))], VIDEOS)
    >>> video_table(videos)[["ad_id", "age_days", "views", "notes"]]
      ad_id  age_days  views            notes
    0     b        47      9  uncertain score
    1     a        47      5  uncertain score
    """
    check_choice(sort_by, TableOrder, "sort_by")
    data = as_prepared(videos, history)
    ranked = rank_outliers(data)
    # as `VideoFilter.apply` chooses: by the counts that were given, also where preparing set them aside
    given = data.videos if isinstance(videos, Prepared) else videos
    chosen = select_scope(given, platform=platform, account=account, label=label, only=only)
    gained = forecasts = None
    if data.history is not None:
        counted = count_videos_once(data.videos, data.history)
        first, last = (only.active_start, only.active_end) if only is not None else (None, None)
        days = table_days(counted, start if start is not None else first, end=end if end is not None else last)
        gained = None if days is None else gains(counted, period_of(counted, *days))
        forecasts = forecast_views(data)
    table = join_table(data.videos, ranked=ranked, forecasts=forecasts)
    out = with_gains(table, gained).loc[chosen.rows]
    out = out.iloc[np.argsort(order_keys(out[sort_by], ascending=ascending), kind="stable")].reset_index(drop=True)
    out.attrs = dict(data.videos.attrs)
    return out


def count_videos_once(videos: pd.DataFrame, history: pd.DataFrame) -> CountedVideos:
    """Count prepared videos by id, each collaboration under every account that has it."""
    once = (videos["excluded"] != "duplicate_row").fillna(value=True).to_numpy(dtype=bool)
    return count_videos(videos.loc[once].assign(counts_in_totals=True), history)


def table_days(counted: CountedVideos, start: Day | None, *, end: Day | None) -> Span | None:
    """Return the days (start, end] whose gains are listed; None where none of them was counted."""
    if counted.newest == NEVER:
        return None
    last = counted.newest if end is None else min(day_number(read_day(end, "end")), counted.newest)
    first = last - TABLE_DAYS if start is None else day_number(read_day(start, "start")) - 1
    return (first, last) if first < last else None


def gains(counted: CountedVideos, period: Period) -> pd.Series:
    """Return the views gained in a period by id, NA where nothing is known."""
    flows = period.flows
    known = flows["known"].to_numpy()
    gained = pd.arrays.IntegerArray(flows["views_gained"].to_numpy().astype(np.int64), ~known)
    return pd.Series(gained, index=pd.Index(counted.videos["ad_id"]))


def join_table(videos: pd.DataFrame, *, ranked: pd.DataFrame, forecasts: pd.DataFrame | None) -> pd.DataFrame:
    """Join prepared videos, in their order, with scores and forecasts; gains are not known yet."""
    scores = _by_id(ranked, videos["ad_id"])
    out = videos[[name for name in VIDEO_TABLE.names if name in videos]].copy()
    out["views"] = videos["latest_views"]
    for name in _SCORES:
        out[name] = scores[name].array
    if forecasts is None:
        out[["horizon", "pred", "lo80", "hi80"]] = np.nan
    else:
        ahead = _by_id(forecasts.loc[~is_overdue(forecasts)], videos["ad_id"])
        for name in ("horizon", "pred", "lo80", "hi80"):
            out[name] = ahead[name].where(ahead["pred"].notna()).array
    counts = videos[["latest_views", *ENGAGEMENT]].to_numpy(dtype=float, na_value=np.nan)
    acted = np.where(np.isnan(counts[:, 1:]).all(axis=1), np.nan, np.nansum(counts[:, 1:], axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(counts[:, 0] > 0, acted / counts[:, 0], np.nan)
    out["engagement"] = pd.array(rate, dtype="Float64")
    out["views_gained"] = pd.array([pd.NA] * len(out), dtype="Int64")
    out["notes"] = _notes(videos, out)
    return conform(out, VIDEO_TABLE)


def with_gains(table: pd.DataFrame, gained: pd.Series | None) -> pd.DataFrame:
    """Put the views gained in some days into a table."""
    if gained is None:
        return table
    place = gained.index.get_indexer(table["ad_id"])
    known = gained.array.take(np.maximum(place, 0)) if len(gained) else table["views_gained"].array
    return table.assign(views_gained=pd.Series(known, index=table.index).mask(place < 0))


def order_keys(values: pd.Series, *, ascending: bool) -> np.ndarray:
    """Return numbers that put values in order, those that are missing last; text is ordered whatever its case."""
    if values.name in {"cost", "owed"}:  # exact decimals
        values = values.astype("Float64")
    if pd.api.types.is_numeric_dtype(values.dtype):
        keys = values.to_numpy(dtype=float, na_value=np.nan)
    elif pd.api.types.is_datetime64_any_dtype(values.dtype):
        keys = np.where(values.isna(), np.nan, values.astype("int64").to_numpy(dtype=float))
    else:
        text = values.astype("str").str.casefold()
        codes = pd.factorize(text.where(text.str.strip() != ""), sort=True)[0]
        keys = np.where(codes < 0, np.nan, codes)
    return np.where(np.isnan(keys), np.inf, keys if ascending else -keys)


def _by_id(frame: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    first = frame.loc[~frame["ad_id"].duplicated()]
    return first.set_index("ad_id").reindex(ids)


def _notes(videos: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """Write what a reader must know of each video, in words."""
    said = {
        "private": column(videos, "private", "boolean").fillna(value=False),
        "removed": column(videos, "removed", "boolean").fillna(value=False),
        "count set aside": videos[SET_ASIDE].notna(),
        "no counts": table["views"].isna() & videos[SET_ASIDE].isna(),
        "no score": table["mult"].isna() & table["views"].notna(),
        "uncertain score": table["mult"].notna() & ~table["reliable"].fillna(value=False),
    }
    out = np.full(len(videos), "", dtype=object)
    for word, mask in said.items():
        rows = mask.to_numpy(dtype=bool)
        out[rows] = [f"{one}, {word}" if one else word for one in out[rows]]
    return out.tolist()
