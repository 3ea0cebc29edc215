"""The week in figures: growth and its sources, the videos that earned it, and how sure all of this is.

Definitions
-----------
week
    The 7 days (start, end]: the last count of its first edge is not part of it, its last day is.
growth
    New + back + corrections, see `_waterfall`. Views of accounts that were added in the week, or that nobody measured,
    are no growth and no loss of growth; they stand beside it so that totals reconcile to the single view.
partial
    The history does not cover the whole week. Such a week is shown and never compared.

Pitfalls: the counts of the last day are only whole when the day is over. Where days are missing a value is
interpolated; `quality["pct_gain_interpolated"]` says how much of the growth rests on that.
"""

import warnings
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from ._weekly_quality import describe_quality
from ._weekly_tables import DAYS, MEDIAN_WEEKS, make_book, movers, series, totals, waterfall, week_of
from .errors import DataQualityWarning, InvalidParameterError
from .growth import growth_metrics
from .labels import compare_labels
from .outliers import rank_outliers
from .prepare import column, prepare_history, prepare_videos

RECENT_DAYS = 28
"""Outliers are listed among videos uploaded this shortly before the week's end: the all-time best hardly changes."""
INTERPOLATED_LIMIT = 0.10
MAX_WEEKS = 104
_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class WeeklySummary:
    """One week of an organisation.

    Attributes
    ----------
    week_start, week_end
        The week is (week_start, week_end]: its first day is the one after `week_start`.
    partial
        The history does not cover the whole week.
    totals, previous
        `schema.WEEKLY_TOTALS` of the week and of the week before: all, platforms, accounts, largest growth first.
    series
        `schema.WEEKLY_SERIES`, oldest week first.
    movers
        `schema.WEEKLY_MOVERS`, largest gain first.
    outliers
        `schema.OUTLIERS` as of the week's end, of the videos uploaded in the last 28 days, best first.
    revived
        Rows of `movers` that had slowed down and rose again, with `revival_ratio` (x), largest first.
    labels
        `schema.LABEL_COMPARISON` as of the week's end.
    waterfall
        `step` and `views`, from the growth of the week before to this week's; the steps add up exactly.
    quality
        Plain values: `n_videos`, `n_history_rows`, `pct_gain_interpolated` (0-1 of all movement, None without any),
        `n_masked`, `n_excluded` by reason, `n_duplicates`, `freshness` (ISO instants and days), `notes` (sentences).
    """

    week_start: date
    week_end: date
    partial: bool
    totals: pd.DataFrame
    previous: pd.DataFrame
    series: pd.DataFrame
    movers: pd.DataFrame
    outliers: pd.DataFrame
    revived: pd.DataFrame
    labels: pd.DataFrame
    waterfall: pd.DataFrame
    quality: dict[str, Any]


def last_full_week(as_of: date) -> date:
    """Return the last Sunday that is over.

    Parameters
    ----------
    as_of
        Today, for whoever asks; the day itself is not over.

    Examples
    --------
    >>> from datetime import date
    >>> from shortimize_analytics.weekly import last_full_week
    >>> last_full_week(date(2026, 3, 16)), last_full_week(date(2026, 3, 15))
    (datetime.date(2026, 3, 15), datetime.date(2026, 3, 8))
    """
    yesterday = date(as_of.year, as_of.month, as_of.day) - timedelta(days=1)
    return yesterday - timedelta(days=(yesterday.weekday() - _SUNDAY) % DAYS)


def weekly_summary(
    videos: pd.DataFrame,
    history: pd.DataFrame,
    *,
    week_end: date | str | None = None,
    weeks: int = 9,
    seed: int = 0,
) -> WeeklySummary:
    """Summarise a week: growth and its sources, movers, outliers, revived videos, labels, and how good the data are.

    Parameters
    ----------
    videos
        Frame of `load_videos`.
    history
        Frame of `load_history`; it should reach back 10 weeks for all comparisons.
    week_end
        Last day of the week, inclusive; None for the last Sunday that is over and that the history covers.
    weeks
        Number of weeks in `series`, this one included.
    seed
        Seed of permutations and draws.

    Returns
    -------
    WeeklySummary
        Frames and plain values.

    Raises
    ------
    InvalidParameterError
        For an impossible `week_end` or `weeks`, or when neither data nor `week_end` name a week.

    Warns
    -----
    DataQualityWarning
        When more than 10 % of the movement rests on interpolated values.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.schema import HISTORY, VIDEOS, cast
    >>> from shortimize_analytics.weekly import weekly_summary
    >>> videos, _ = cast([{"ad_id": "1", "platform": "tiktok", "username": "ann", "linked_account_id": "a",
    ...     "uploaded_at": "2026-02-20", "latest_views": 2000, "video_length": 9,
    ...     "latest_updated_at": "2026-03-16T06:00:00Z"}], VIDEOS)
    >>> days = pd.date_range("2026-02-22", "2026-03-16")
    >>> history, _ = cast([{"ad_id": "1", "date": str(day.date()), "views": 900 + 2 * n * n - 200 * (n > 17)}
    ...     for n, day in enumerate(days)], HISTORY)
    >>> week = weekly_summary(videos, history)
    >>> str(week.week_end), week.partial
    ('2026-03-15', False)
    >>> week.totals.loc[0, ["views_start", "views_gained", "back_views", "corrections", "views_end"]].tolist()
    [1292, 290, 420, -130, 1582]
    """
    if not 1 <= weeks <= MAX_WEEKS:
        raise InvalidParameterError(f"weeks={weeks} is out of range; choose 1 to {MAX_WEEKS}.")
    videos = videos.sort_values("ad_id", ignore_index=True)
    prepared = prepare_videos(videos)
    rows = history if "obs" in history else prepare_history(history, prepared)
    last = _day(week_end) if week_end is not None else _default_end(videos, rows)
    book = make_book(prepared, rows)
    end = (last - date(1970, 1, 1)).days
    # one week more than the median needs: the week before is compared with its own eight
    accounts = [week_of(book, end - DAYS * back) for back in range(max(weeks, MEDIAN_WEEKS + 2))]
    then, past = _at_end(videos, rows, last)
    ranked = rank_outliers(then, history=past, seed=seed)
    moved = movers(book, accounts[0])
    quality = describe_quality(prepared, rows, book=book, week=accounts[0])
    share = quality["pct_gain_interpolated"]
    if share is not None and share > INTERPOLATED_LIMIT:
        warnings.warn(
            f"{share:.0%} of the week's growth rests on interpolated values; load the missing days of the history",
            DataQualityWarning,
            stacklevel=2,
        )
    return WeeklySummary(
        week_start=last - timedelta(days=DAYS),
        week_end=last,
        partial=not accounts[0].covered,
        totals=totals(book, accounts),
        previous=totals(book, accounts[1:]),
        series=series(accounts[:weeks]),
        movers=moved,
        outliers=_recent(ranked, then, last),
        revived=_revived(moved, then, past),
        labels=compare_labels(then, history=past, outliers=ranked, seed=seed),
        waterfall=waterfall(accounts[0], accounts[1]),
        quality=quality,
    )


def _day(value: date | str) -> date:
    try:
        stamp = pd.Timestamp(value)
    except ValueError as error:
        raise InvalidParameterError(f"week_end={value!r} is no day; write it as 2026-03-15.") from error
    if pd.isna(stamp):
        raise InvalidParameterError(f"week_end={value!r} is no day; write it as 2026-03-15.")
    return date(stamp.year, stamp.month, stamp.day)


def _default_end(videos: pd.DataFrame, rows: pd.DataFrame) -> date:
    newest = rows["date"].max() if len(rows) else column(videos, "latest_updated_at", "datetime64[us, UTC]").max()
    asked = videos.attrs.get("as_of")
    if asked is None and pd.isna(newest):
        raise InvalidParameterError("Neither history nor videos name a day; pass week_end, as 2026-03-15.")
    if asked is None:
        return last_full_week(newest)
    today = _day(asked)
    return last_full_week(today if not len(rows) else min(today, _day(newest) + timedelta(days=1)))


def _at_end(videos: pd.DataFrame, rows: pd.DataFrame, last: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Show videos and history as they stood on the week's last day: a past week must not know the future."""
    edge = pd.Timestamp(last)
    past = rows.loc[(rows["date"] <= edge).to_numpy()]
    then = videos.loc[~(videos["uploaded_at"] > edge).to_numpy()].copy()
    # only a video's first row lacks a gain, so the row before it is another video's last
    final = np.append(past["gain"].isna().to_numpy()[1:], True)[: len(past)]
    known = past.loc[final, ["ad_id", "date", "views_raw"]].set_index("ad_id").reindex(then["ad_id"])
    measured = column(then, "latest_updated_at", "datetime64[us, UTC]")
    later = ((measured >= pd.Timestamp(edge + pd.Timedelta(days=1), tz="UTC")) | measured.isna()).to_numpy()
    replace = later & known["date"].notna().to_numpy()
    seen = known["date"].dt.tz_localize("UTC").astype("datetime64[us, UTC]").to_numpy()
    then["latest_views"] = then["latest_views"].where(~replace, known["views_raw"].to_numpy())
    then["latest_updated_at"] = measured.where(~replace, pd.Series(seen, index=then.index))
    return prepare_videos(then.reset_index(drop=True)), past.reset_index(drop=True)


def _recent(ranked: pd.DataFrame, videos: pd.DataFrame, last: date) -> pd.DataFrame:
    uploaded = videos.loc[videos["uploaded_at"] > pd.Timestamp(last) - pd.Timedelta(days=RECENT_DAYS), "ad_id"]
    return ranked.loc[ranked["ad_id"].isin(uploaded)].reset_index(drop=True)


def _revived(moved: pd.DataFrame, videos: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    metrics = growth_metrics(past, videos)
    risen = metrics.loc[metrics["revived"].fillna(value=False), ["ad_id", "revival_ratio"]]
    found = moved.loc[moved["gain"] > 0].merge(risen, on="ad_id")
    return found.sort_values(["revival_ratio", "ad_id"], ascending=[False, True], ignore_index=True)
