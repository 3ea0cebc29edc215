"""What a summary is about: which days, and what was known on the last of them."""

from dataclasses import dataclass, replace

import pandas as pd

from shortimize_analytics.analysis.base.calendar import (
    Span,
    day_number,
    day_of,
    last_full,
    period_with,
    periods_back,
    span_of,
)
from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.analysis.base.constants import MEDIAN_PERIODS, PERIODS_SHOWN
from shortimize_analytics.analysis.base.one_thread import on_one_thread
from shortimize_analytics.analysis.forecast.views import forecast_views
from shortimize_analytics.analysis.outliers.ranking import rank_outliers
from shortimize_analytics.analysis.prepared import Prepared, as_prepared, asked_on, history_of, prepare, rows_or_digest
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import HISTORY, empty
from shortimize_analytics.schema.choices import PeriodKind, check_choice
from shortimize_analytics.schema.days import Day, read_day
from shortimize_analytics.schema.frames import check_history, check_videos
from shortimize_analytics.schema.rows import latest

from .outlook import judge_paces
from .trim import HUGE, needed_rows

_USED = ("ad_id", "date", "views", "likes", "comments", "shares", "fetched_at")


@dataclass(frozen=True, slots=True)
class Reference:
    """What was known of everyone's videos on a period's last day: the summaries of all parts are read against it.

    Attributes
    ----------
    end, seed
        The day (since 1970-01-01), and the seed that was used.
    data
        Prepared videos, sorted by ``ad_id``, and history, also of later days.
    then
        The same as they stood at the end of the day.
    whole_rows
        Rows that the history had before what no summary needs was left out; None where nothing was.
    ranked, forecasts, paces
        What `rank_outliers`, `forecast_views` and `judge_paces` say of them.
    """

    end: int
    seed: int
    data: Prepared
    then: Prepared
    whole_rows: int | None
    ranked: pd.DataFrame
    forecasts: pd.DataFrame
    paces: pd.DataFrame

    def check(self, *, end: int, seed: int) -> None:
        """Refuse a summary of another day or seed."""
        if (self.end, self.seed) != (end, seed):
            raise InvalidParameterError(
                f"everyone is of {day_of(self.end)} and seed {self.seed}: find it for {day_of(end)} and {seed}"
            )


def reference_at(data: Prepared, *, end: int, seed: int, whole_rows: int | None) -> Reference:
    """Score and forecast everyone's videos from what was known on a day."""
    then = data.until(day_of(end))
    return Reference(
        end=end,
        seed=seed,
        data=data,
        then=then,
        whole_rows=whole_rows,
        ranked=rank_outliers(then, seed=seed),
        forecasts=forecast_views(then, seed=seed),
        paces=judge_paces(then.videos, rows_or_digest(then), end=end),
    )


def read_span(
    videos: pd.DataFrame, history: pd.DataFrame, *, period: PeriodKind, start: Day | None, end: Day | None
) -> tuple[Span, PeriodKind]:
    """Read the period that was asked for; its kind is custom where a first day was."""
    check_choice(period, PeriodKind, "period")
    if period == "custom" and start is None:
        raise InvalidParameterError("period='custom' needs start and end, the first and the last day")
    if start is not None:
        if end is None:
            raise InvalidParameterError(f"start={start!r} needs end, the last day of the period.")
        return span_of(start, end), "custom"
    if end is not None:
        return period_with(read_day(end, "end"), period), period
    blank = history["views"].isna().to_numpy()
    counted = latest(history.loc[~blank, "date"] if blank.any() else history["date"])
    newest = column(videos, "latest_updated_at", "datetime64[us, UTC]").max() if pd.isna(counted) else counted
    today = asked_on(videos)
    if today is None and pd.isna(newest):
        raise InvalidParameterError("Neither history nor videos name a day; pass end, such as 2026-03-15")
    if today is None:
        return last_full(newest, period), period
    return last_full(today if pd.isna(counted) else min(today, day_of(day_number(newest.date()) + 1)), period), period


@on_one_thread
def make_reference(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    period: PeriodKind = "week",
    start: Day | None = None,
    end: Day | None = None,
    compare: tuple[Day, Day] | None = None,
    periods: int = PERIODS_SHOWN,
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
    frames = given_frames(videos, history)
    span, period = read_span(*frames, period=period, start=start, end=end)
    spans, others = compared_spans(span, period, compare=compare, periods=periods)
    data = needed_data(videos, history, since=min(first for first, _ in [*spans, *others]))
    return reference_at(data, end=span[1], seed=seed, whole_rows=whole_rows(videos, frames[1]))


def compared_spans(
    span: Span, period: str, *, compare: tuple[Day, Day] | None, periods: int
) -> tuple[list[Span], list[Span]]:
    """List the period and those before it, and the one it is compared with and those before that, latest first."""
    # one period more than the median needs: the one before is compared with its own eight
    spans = periods_back(span, period, count=max(periods, MEDIAN_PERIODS + 2))
    if compare is None:
        return spans, spans[1:]
    if isinstance(compare, str) or len(compare) != 2:
        raise InvalidParameterError(f"compare={compare!r} is no pair of days; give the first and the last")
    other = span_of(*compare, names=("compare", "compare"))
    if other[0] < span[1] and span[0] < other[1]:
        raise InvalidParameterError(
            f"compare={tuple(map(str, compare))} overlaps the period it is compared with, {day_of(span[0] + 1)} to "
            f"{day_of(span[1])}; choose days before or after it."
        )
    return spans, periods_back(other, "custom", count=MEDIAN_PERIODS + 1)


def given_frames(videos: pd.DataFrame | Prepared, history: pd.DataFrame | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the frames that were given, or that stand in prepared data; checked."""
    if isinstance(videos, Prepared):
        data = as_prepared(videos, history)
        return data.videos, history_of(data)
    check_videos(videos, history)
    check_history(history)
    return videos, history if history is not None else empty(HISTORY)


def whole_rows(videos: pd.DataFrame | Prepared, history: pd.DataFrame) -> int | None:
    """Return the length of a history of which only a part is needed; None where `needed_data` takes all."""
    return len(history) if len(history) > HUGE and not isinstance(videos, Prepared) else None


def needed_data(videos: pd.DataFrame | Prepared, history: pd.DataFrame | None, *, since: int) -> Prepared:
    """Prepare checked videos, sorted by ``ad_id``, and of their history what a summary needs.

    Prepared data only get sorted.
    """
    if isinstance(videos, Prepared):
        return replace(videos, videos=videos.videos.sort_values("ad_id", ignore_index=True))
    videos, history = videos.sort_values("ad_id", ignore_index=True), empty(HISTORY) if history is None else history
    used = history[[name for name in _USED if name in history]]
    huge = whole_rows(videos, used) is not None
    return prepare(videos, needed_rows(used, videos, since=since) if huge else used)
