"""What a tab draws from, and what it hands back."""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import Span, day_of
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.plots.theme import counted as number_of

from .chart import NO_CHART, WIDTH, Chart
from .data import ExplorerData


@dataclass(frozen=True)
class Selection:
    """The videos that a filter chose, worked out from the stock when a tab asks for them.

    Attributes
    ----------
    width
        Of the pictures (inches).
    """

    stock: ExplorerData
    chosen: VideoFilter
    options: dict[str, str] = field(default_factory=dict)
    width: float = WIDTH

    @cached_property
    def mask(self) -> np.ndarray:
        """Tell of each video of the stock whether it is chosen."""
        return self.chosen.mask(self.stock.videos)

    def counted_before(self, span: Span) -> np.ndarray:
        """Tell which videos the same filter chooses with its active days moved to others, one row per collaboration.

        Without that, videos that dropped out since would be missing from what is compared with.
        """
        if self.chosen.active_start is None and self.chosen.active_end is None:
            return self.counted
        moved = replace(self.chosen, active_start=day_of(span[0] + 1), active_end=day_of(span[1]))
        return self.stock.counted(moved.mask(self.stock.videos))

    @cached_property
    def size(self) -> int:
        """Number of chosen rows."""
        return int(self.mask.sum())

    @property
    def said(self) -> str:
        """How many videos are chosen, and which, in words."""
        stock = self.stock
        words = stock.names.named(self.chosen).describe()
        return f"{self.size:,} of {number_of(len(stock.videos), 'video')}: {words}"

    @cached_property
    def counted(self) -> np.ndarray:
        """Tell the same with one row per video and per collaboration."""
        return self.stock.counted(self.mask)

    @cached_property
    def videos(self) -> pd.DataFrame:
        """The chosen videos, prepared: what was set aside of all stays aside."""
        return self.stock.data.videos.loc[self.mask].reset_index(drop=True)

    @cached_property
    def rows(self) -> np.ndarray:
        """Positions of the chosen rows among all videos."""
        return np.flatnonzero(self.mask)

    @cached_property
    def table_days(self) -> tuple[date, date] | None:
        """First and last day of the gains of `table`."""
        span = self._table_span
        return None if span is None else (day_of(span[0] + 1), day_of(span[1]))

    @cached_property
    def table(self) -> pd.DataFrame:
        """All videos with their gains in the active days of the filter, see `schema.VIDEO_TABLE`."""
        return self.stock.table(self._table_span)

    @cached_property
    def _table_span(self) -> Span | None:
        return self.stock.table_span(self.chosen.active_start, self.chosen.active_end)

    def same_videos(self, other: "Selection") -> bool:
        """Tell whether another selection has the same videos and days, of the same data."""
        return self.stock is other.stock and self.chosen == other.chosen

    @cached_property
    def ranked(self) -> pd.DataFrame:
        """Their rows of the ranking among all videos."""
        return self.stock.ranked.loc[self.mask[self.stock.ranked_rows]].reset_index(drop=True)


class TabContent(NamedTuple):
    """What a tab shows: HTML above, a chart with its alternative text, HTML below. Outside text in it is escaped."""

    head: str = ""
    chart: Chart = NO_CHART
    alt: str = ""
    foot: str = ""

    @property
    def png(self) -> bytes:
        """The picture of the chart; no bytes where there is none."""
        return self.chart.png
