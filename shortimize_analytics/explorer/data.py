"""What a redraw needs of all videos and no filter changes, worked out once and only when first asked for.

Figures of a part of the videos follow by adding up: the accounts of a stretch of days are kept by video, so that their
sum over any choice of videos is what `views_over_time` gives for it, to the view.

Pitfall: outliers are ranked among all videos. A filter must not change what an account usually has.
"""

from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import Span, day_number, day_of, stretches
from shortimize_analytics.analysis.base.columns import ENGAGEMENT, account_keys
from shortimize_analytics.analysis.base.constants import WEEK
from shortimize_analytics.analysis.forecast.views import forecast_views
from shortimize_analytics.analysis.money.payouts import Payouts
from shortimize_analytics.analysis.money.terms import Terms
from shortimize_analytics.analysis.money.video_money import video_money
from shortimize_analytics.analysis.outliers.ranking import rank_outliers
from shortimize_analytics.analysis.periods.counted import CountedVideos, Period, period_of, periods_of
from shortimize_analytics.analysis.periods.tables import movers
from shortimize_analytics.analysis.periods.video_table import (
    count_videos_once,
    gains,
    join_table,
    table_days,
    with_gains,
)
from shortimize_analytics.analysis.plausible import SET_ASIDE
from shortimize_analytics.analysis.prepare import copies_best_first
from shortimize_analytics.analysis.prepared import Prepared, history_of, prepare
from shortimize_analytics.errors import collect_warnings
from shortimize_analytics.schema import HISTORY, UPLOADS_OVER_TIME, VIDEOS, VIEWS_OVER_TIME, Table, conform, empty
from shortimize_analytics.schema.choices import Frequency
from shortimize_analytics.schema.days import Day, read_day
from shortimize_analytics.schema.rows import NEVER, dates_of, day_numbers, positions_in, run_starts

from .names import NameBook

KPI_DAYS = 4 * WEEK
"""Days of the overview where no active days are chosen: whole weeks, so that weekdays cancel out."""
SERIES_DAYS = 12 * WEEK
MOST_DAILY = 31
"""A longer stretch is shown by week."""
MOST_BARS = 60
STRETCHES_KEPT = 3
"""Stretches kept: going back and forth between two ranges is instant, and a long slide does not fill the memory."""
_PARTS = ("new_views", "back_views", "corrections")


class Money(NamedTuple):
    """What `video_money` takes beside the data."""

    costs: pd.DataFrame | None = None
    terms: Terms | None = None
    paid: Payouts | None = None

    @property
    def period(self) -> str:
        """Name of the period that is stated; empty without a statement."""
        return "" if self.paid is None else self.paid.period

    def __bool__(self) -> bool:
        return self.costs is not None or self.paid is not None


NO_MONEY = Money()


class Stretches(NamedTuple):
    """Accounts of some stretches, by counted video: `parts` is (stretch, part, video), `known` (stretch, video)."""

    spans: list[Span]
    parts: np.ndarray
    known: np.ndarray
    covered: np.ndarray


class ExplorerData:
    """All videos of an explorer, with what is worked out once.

    Parameters
    ----------
    videos
        Frame of `load_videos`.
    history
        Frame of `load_history`, or None.
    money
        What was given of money.
    """

    def __init__(self, videos: pd.DataFrame, history: pd.DataFrame | None, *, money: Money = NO_MONEY) -> None:
        self.money = money
        attrs = dict(videos.attrs)
        self.original = videos
        self.videos = _fit(videos.reset_index(drop=True), VIDEOS)
        self.videos.attrs = attrs
        self.history = history
        self._stretches: dict[tuple[Span, ...], Stretches] = {}
        self._periods: dict[Span, Period] = {}
        self._movers: dict[Span, pd.DataFrame] = {}

    @cached_property
    def data(self) -> Prepared:
        """The videos and their history, prepared; a history without rows where there is none."""
        with collect_warnings():  # what was set aside, the overview says
            return prepare(self.videos, empty(HISTORY) if self.history is None else self.history)

    @cached_property
    def ready(self) -> pd.DataFrame:
        """The videos, prepared, with `account`."""
        return self.data.videos.assign(account=account_keys(self.data.videos))

    @cached_property
    def names(self) -> NameBook:
        """What accounts and labels are called."""
        return NameBook(self.videos)

    @cached_property
    def accounts(self) -> np.ndarray:
        """Number of each video's account."""
        return pd.factorize(self.ready["account"])[0]

    @cached_property
    def counts(self) -> np.ndarray:
        """Views, likes, comments and shares of each video, NaN where unknown."""
        return self.ready[["latest_views", *ENGAGEMENT]].to_numpy(dtype=float, na_value=np.nan)

    @cached_property
    def doubted(self) -> np.ndarray:
        """Tell whose newest counts were set aside, since its own history or likes contradict them."""
        return self.ready[SET_ASIDE].notna().to_numpy(dtype=bool)

    @cached_property
    def photos(self) -> np.ndarray:
        """Tell which videos are photo posts."""
        return (self.ready["format"] == "photo").to_numpy(dtype=bool)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The history, prepared; without rows where there is none."""
        return history_of(self.data)

    @cached_property
    def _starts(self) -> np.ndarray:
        return run_starts(self.rows["ad_id"])

    @cached_property
    def seen(self) -> pd.Index:
        """Ids of the videos that have a history."""
        return pd.Index(self.rows["ad_id"].iloc[self._starts].astype("str"))

    def rows_of(self, ids: pd.Series) -> pd.DataFrame:
        """Return the prepared days of some videos without a look at the others."""
        place = np.sort(self.seen.get_indexer(ids.astype("str")))
        place = place[place >= 0]
        lengths = np.diff(self._starts, append=len(self.rows))
        return self.rows.iloc[positions_in(self._starts[place], lengths[place])].reset_index(drop=True)

    @cached_property
    def forecasts(self) -> pd.DataFrame:
        """Forecasts of all young videos."""
        return forecast_views(self.data)

    @property
    def has_history(self) -> bool:
        """Tell whether any day of any video is known."""
        return self.newest is not None

    @cached_property
    def ranked(self) -> pd.DataFrame:
        """All videos ranked against their own accounts."""
        return rank_outliers(self.data if self.has_history else replace(self.data, history=None))

    @cached_property
    def ranked_rows(self) -> np.ndarray:
        """Position among the videos of each row of `ranked`."""
        ids = pd.Index(self.videos["ad_id"])
        first = ~ids.duplicated()
        return np.flatnonzero(first)[ids[first].get_indexer(self.ranked["ad_id"])]

    @cached_property
    def usable(self) -> np.ndarray:
        """Positions of the videos that can be counted: one row per id."""
        return np.flatnonzero((self.ready["excluded"] != "duplicate_row").fillna(value=True).to_numpy(dtype=bool))

    @cached_property
    def _counted_videos(self) -> CountedVideos:
        # every copy of a collaboration keeps its accounts; `counted` picks one of those that are chosen
        return count_videos_once(self.ready, self.rows)

    @cached_property
    def scored(self) -> pd.DataFrame:
        """All videos with score, rank and forecast, without gains; see `schema.VIDEO_TABLE`."""
        table = join_table(self.ready, ranked=self.ranked, forecasts=self.forecasts if self.has_history else None)
        if not self.money:
            return table
        with collect_warnings():
            found = video_money(self.data, **self.money._asdict())
        return table.merge(found, on="ad_id", how="left").set_axis(table.index)

    def table_span(self, first: Day | None, last: Day | None) -> Span | None:
        """Return the days (start, end] whose gains a table lists."""
        return table_days(self._counted_videos, first, end=last) if self.has_history else None

    def table(self, span: Span | None) -> pd.DataFrame:
        """Return all videos with their gains in some days; see `schema.VIDEO_TABLE`."""
        if span is None:
            return self.scored
        return with_gains(self.scored, gains(self._counted_videos, self.period(span)))

    @cached_property
    def _copies(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of duplicate groups, best copy first, and the number of each one's group."""
        best = copies_best_first(self.ready)
        return best.index.to_numpy(), pd.factorize(best)[0]

    def counted(self, mask: np.ndarray) -> np.ndarray:
        """Keep one row per id and one copy of a collaboration of the chosen videos, as `prepare_videos` would."""
        out = np.zeros(len(mask), dtype=bool)
        out[self.usable] = mask[self.usable]
        rows, group = self._copies
        chosen = out[rows]
        rows, group = rows[chosen], group[chosen]
        again = np.ones(len(rows), dtype=bool)
        again[np.unique(group, return_index=True)[1]] = False
        out[rows[again]] = False
        return out

    @property
    def warm(self) -> bool:
        """Tell whether an overview can be drawn at once."""
        return {"ready", "_copies"} <= vars(self).keys() and (self.history is None or bool(self._stretches))

    @cached_property
    def newest(self) -> int | None:
        """Last day of the history (days since 1970-01-01), or None."""
        return None if self.history is None or self._counted_videos.newest == NEVER else self._counted_videos.newest

    @property
    def newest_day(self) -> date | None:
        """Last day that was counted, or None."""
        last = self.newest if self.newest is not None else self.measured
        return None if last == NEVER else day_of(last)

    @cached_property
    def measured(self) -> int:
        """Day of the newest count of any video, `NEVER` without one."""
        return int(day_numbers(self.videos["latest_updated_at"], missing=NEVER).max(initial=NEVER))

    @cached_property
    def uploaded(self) -> np.ndarray:
        """Upload day of each video, `NEVER` where unknown."""
        return day_numbers(self.videos["uploaded_at"], missing=NEVER)

    def span(self, first: Day | None, last: Day | None) -> Span | None:
        """Return the days (start, end] that an overview counts; None where nothing was measured in them."""
        newest = self.newest if self.newest is not None else self.measured
        if newest == NEVER:
            return None
        end = newest if last is None else min(day_number(read_day(last, "end")), newest)
        start = end - KPI_DAYS if first is None else day_number(read_day(first, "start")) - 1
        return (start, end) if start < end else None

    @cached_property
    def oldest(self) -> int:
        """First day of any upload or count; the newest count where there is none."""
        days = self.uploaded[self.uploaded != NEVER]
        counted = self._counted_videos.oldest if self.has_history else self.measured
        return int(min(days.min(initial=self.measured), counted))

    def period(self, span: Span) -> Period:
        """Account for a stretch of days by video; only with a history."""
        if span not in self._periods:
            if len(self._periods) >= STRETCHES_KEPT:
                self._periods.pop(next(iter(self._periods)))
            self._periods[span] = period_of(self._counted_videos, *span)
        return self._periods[span]

    def movers(self, span: Span) -> pd.DataFrame:
        """List all videos that gained or lost views in a stretch of days; see `schema.WEEKLY_MOVERS`."""
        if span not in self._movers:
            self._movers = {span: movers(self._counted_videos, self.period(span))}
        return self._movers[span]

    def stretches(self, spans: list[Span]) -> Stretches:
        """Account for several stretches; kept for the next redraw."""
        key = tuple(spans)
        if key not in self._stretches:
            if len(self._stretches) >= STRETCHES_KEPT:
                self._stretches.pop(next(iter(self._stretches)))
            periods = list(periods_of(self._counted_videos, spans))
            self._stretches[key] = Stretches(
                spans,
                np.array([[one.flows[part].to_numpy(dtype=float) for part in _PARTS] for one in periods]),
                np.array([one.flows["known"].to_numpy() for one in periods]),
                np.array([one.covered for one in periods]),
            )
        return self._stretches[key]

    def views_over_time(self, mask: np.ndarray, spans: list[Span]) -> pd.DataFrame:
        """Sum the accounts of some stretches over the chosen videos; see `schema.VIEWS_OVER_TIME`."""
        found = self.stretches(spans)
        chosen = self.counted(mask)[self.usable]
        sums = (found.parts @ chosen.astype(float)).round().astype(np.int64)
        known = (found.known & chosen).any(axis=1)
        frame = _frame(spans) | {
            name: pd.arrays.IntegerArray(sums[:, place].copy(), ~known) for place, name in enumerate(_PARTS)
        }
        frame["views_gained"] = pd.arrays.IntegerArray(sums.sum(axis=1), ~known)
        return _fit(pd.DataFrame(frame | {"partial": ~found.covered}), VIEWS_OVER_TIME)

    def uploads_over_time(self, mask: np.ndarray, spans: list[Span]) -> pd.DataFrame:
        """Count the chosen uploads of some stretches; see `schema.UPLOADS_OVER_TIME`."""
        chosen = self.counted(mask)
        ends = np.array([end for _, end in spans], dtype=np.int64)
        starts = np.array([start for start, _ in spans], dtype=np.int64)
        day, photo, views = self.uploaded[chosen], self.photos[chosen], self.counts[chosen, 0]
        place = np.searchsorted(ends, day)
        inside = (place < len(ends)) & (day > starts[np.minimum(place, len(ends) - 1)])
        place, photo, views = place[inside], photo[inside], views[inside]
        size = len(spans)
        frame = _frame(spans) | {
            "n_uploads": np.bincount(place, minlength=size),
            "n_photos": np.bincount(place, photo, minlength=size).astype(np.int64),
            "views": np.bincount(place, np.nan_to_num(views), minlength=size).astype(np.int64),
            "partial": ends >= self.measured,
        }
        return _fit(pd.DataFrame(frame), UPLOADS_OVER_TIME)


def _fit(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Give a frame the columns of a table, NA where it has none."""
    return conform(frame.reindex(columns=table.names), table)


def _frame(spans: list[Span]) -> dict[str, Any]:
    return {
        "group": ["all"] * len(spans),
        "start": dates_of(np.array([start + 1 for start, _ in spans])),
        "end": dates_of(np.array([end for _, end in spans])),
    }


def cut_into_bars(span: Span) -> list[Span]:
    """Cut days into days, weeks from Monday to Sunday, or months: whichever gives at most 60 bars."""
    start, end = span
    weekly = (end - start) / WEEK <= MOST_BARS
    freq: Frequency = "D" if end - start <= MOST_DAILY else "W" if weekly else "M"
    return list(stretches(start + 1, end, freq=freq))[-MOST_BARS:]
