"""What a summary is about: which days, and what was known on the last of them."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import (
    PERIODS,
    Span,
    day_of,
    last_full,
    number,
    period_with,
    periods_back,
    read_day,
)
from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.analysis.forecast.views import forecast_views
from shortimize_analytics.analysis.outliers.ranking import rank_outliers
from shortimize_analytics.analysis.prepare import prepare_history, prepare_videos
from shortimize_analytics.errors import InvalidParameterError

from .outlook import judge_paces
from .tables import MEDIAN_WEEKS
from .trim import HUGE, needed_rows

_USED = ("ad_id", "date", "views", "likes", "comments", "shares", "fetched_at")


@dataclass(frozen=True, slots=True)
class Reference:
    """What was known of everyone's videos on a period's last day: the summaries of all parts are read against it.

    Attributes
    ----------
    end, seed
        The day (since 1970-01-01), and the seed that was used.
    rows
        Prepared history, also of later days.
    then, past
        Prepared videos and history up to the day.
    ranked, forecasts, paces
        What `rank_outliers`, `forecast_views` and `judge_paces` say of them.
    """

    end: int
    seed: int
    rows: pd.DataFrame
    then: pd.DataFrame
    past: pd.DataFrame
    ranked: pd.DataFrame
    forecasts: pd.DataFrame
    paces: pd.DataFrame

    def check(self, *, end: int, seed: int) -> None:
        """Refuse a summary of another day or seed."""
        if (self.end, self.seed) != (end, seed):
            raise InvalidParameterError(
                f"everyone is of {day_of(self.end)} and seed {self.seed}: find it for {day_of(end)} and {seed}"
            )


def reference_at(videos: pd.DataFrame, rows: pd.DataFrame, *, end: int, seed: int) -> Reference:
    """Score and forecast everyone's videos from what was known on a day."""
    then, past = at_end(videos, rows, last=day_of(end))
    return Reference(
        end=end,
        seed=seed,
        rows=rows,
        then=then,
        past=past,
        ranked=rank_outliers(then, history=past, seed=seed),
        forecasts=forecast_views(then, past, seed=seed),
        paces=judge_paces(then, past, end=end),
    )


_KNOWN = (
    "ad_id",
    "date",
    "age_days",
    "views_raw",
    "views_curve",
    "gain",
    "obs",
    "correction",
    "fetched_at",
)
"""What analyses read of a prepared history."""


def read_span(
    videos: pd.DataFrame, history: pd.DataFrame, *, period: str, start: date | str | None, end: date | str | None
) -> tuple[Span, str]:
    """Read the period that was asked for; its kind is custom where a first day was."""
    if period not in PERIODS or (period == "custom") > (start is not None):
        raise InvalidParameterError(f"period={period!r}: choose week, month or quarter, or pass start and end.")
    if start is not None:
        if end is None:
            raise InvalidParameterError(f"start={start!r} needs end, the last day of the period.")
        return between((start, end), "start and end"), "custom"
    if end is not None:
        return period_with(read_day(end, "end"), period), period
    blank = history["views"].isna().to_numpy()
    counted = (history.loc[~blank, "date"] if blank.any() else history["date"]).max()
    newest = column(videos, "latest_updated_at", "datetime64[us, UTC]").max() if pd.isna(counted) else counted
    asked = videos.attrs.get("as_of")
    if asked is None and pd.isna(newest):
        raise InvalidParameterError("Neither history nor videos name a day; pass end (or week_end), as 2026-03-15.")
    if asked is None:
        return last_full(newest, period), period
    today = read_day(asked, "as_of")
    return last_full(today if pd.isna(counted) else min(today, day_of(number(newest.date()) + 1)), period), period


def between(days: tuple[date | str, date | str], name: str) -> Span:
    """Read a first and a last day, both inclusive."""
    first, last = (number(read_day(day, name)) for day in days)
    if first > last:
        raise InvalidParameterError(f"{name}={days}: the first day is after the last; pass (first, last).")
    return first - 1, last


def at_end(videos: pd.DataFrame, rows: pd.DataFrame, *, last: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Show videos and history as they stood on the week's last day: a past week must not know the future."""
    edge = pd.Timestamp(last)
    past = rows.loc[(rows["date"] <= edge).to_numpy(), [name for name in _KNOWN if name in rows]]
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


def make_reference(
    videos: pd.DataFrame,
    history: pd.DataFrame,
    *,
    period: str = "week",
    start: date | str | None = None,
    end: date | str | None = None,
    compare: tuple[date | str, date | str] | None = None,
    periods: int = 9,
    seed: int = 0,
) -> Reference:
    """Score and forecast everyone's videos once, for the summaries of many parts; parameters as in `period_summary`.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.schema import HISTORY, VIDEOS, cast
    >>> from shortimize_analytics.analysis.periods.reference import make_reference
    >>> from shortimize_analytics.analysis.periods.summary import period_summary
    >>> videos, _ = cast([{"ad_id": "1", "platform": "tiktok", "uploaded_at": "2026-03-02", "latest_views": 9000}],
    ...                  VIDEOS)
    >>> history, _ = cast([{"ad_id": "1", "date": str(day.date()), "views": 90 * n * n}
    ...     for n, day in enumerate(pd.date_range("2026-03-02", "2026-03-16"))], HISTORY)
    >>> everyone = make_reference(videos, history, end="2026-03-15")
    >>> part = period_summary(videos, history, end="2026-03-15", platform="tiktok", everyone=everyone)
    >>> part.totals["views_gained"].tolist()[0]
    11970
    """
    videos = videos.sort_values("ad_id", ignore_index=True)
    span, period = read_span(videos, history, period=period, start=start, end=end)
    spans, others = compared_spans(span, period, compare=compare, periods=periods)
    rows = prepared_rows(history, prepare_videos(videos), since=min(first for first, _ in [*spans, *others]))
    return reference_at(videos, rows, end=span[1], seed=seed)


def compared_spans(
    span: Span, period: str, *, compare: tuple[date | str, date | str] | None, periods: int
) -> tuple[list[Span], list[Span]]:
    """List the period and those before it, and the one it is compared with and those before that, latest first."""
    # one period more than the median needs: the one before is compared with its own eight
    spans = periods_back(span, period, count=max(periods, MEDIAN_WEEKS + 2))
    if compare is None:
        return spans, spans[1:]
    other = between(compare, "compare")
    if other[0] < span[1] and span[0] < other[1]:
        raise InvalidParameterError(
            f"compare={tuple(map(str, compare))} overlaps the period it is compared with, {day_of(span[0] + 1)} to "
            f"{day_of(span[1])}; choose days before or after it."
        )
    return spans, periods_back(other, "custom", count=MEDIAN_WEEKS + 1)


def prepared_rows(history: pd.DataFrame, videos: pd.DataFrame, *, since: int) -> pd.DataFrame:
    """Prepare a history, and of a huge one what the summary needs."""
    if "obs" in history:
        return history
    used = history[[name for name in _USED if name in history]]
    kept = used if len(used) <= HUGE else needed_rows(used, videos, since=since)
    rows = prepare_history(kept, videos)
    rows.attrs = {**history.attrs, **rows.attrs}
    if len(kept) < len(used):
        rows.attrs["whole_rows"] = len(used)
    return rows
