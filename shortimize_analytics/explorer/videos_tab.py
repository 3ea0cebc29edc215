"""The tab of single videos: the table of the selection, and one video looked at closely."""

import warnings
from collections.abc import Callable

import ipywidgets as w
import numpy as np
import pandas as pd

from shortimize_analytics.plots.theme import counted

from .detail import draw_video
from .panel import UNDRAWN, Picture
from .scroll import ScrollMark
from .selection import Selection, TabContent
from .table import Order, VideoGrid, ordered, page_of


class VideosTab:
    """Table and picture of one video.

    Parameters
    ----------
    on_order
        Called when another order was asked for.

    Attributes
    ----------
    order
        The order that the table shows.
    picked
        Id of the video that is looked at closely, or None.
    """

    def __init__(self, *, on_order: Callable[[], None]) -> None:
        self._on_order = on_order
        self.order = Order()
        self.picked: str | None = None
        self.note = w.HTML(UNDRAWN)
        self.grid = VideoGrid(on_ask=self.turn, on_pick=self.pick)
        self.holder = w.VBox()
        self.head, self.foot = w.HTML(), w.HTML()
        self.picture = Picture(on_pick=self.pick, on_brush=lambda *_: None)
        self.sight = ScrollMark()
        self.detail = w.VBox([self.sight, self.head, self.picture, self.foot])
        self.detail.add_class("sa-video-detail")
        self.box = w.VBox([self.detail, self.note, self.holder])
        self.box.add_class("sa-tab-videos")
        self._selection: Selection | None = None
        self._page = 0

    def slow(self, selection: Selection) -> bool:
        """Tell whether showing a selection takes longer than a redraw may: scores are worked out once."""
        return "scored" not in vars(selection.stock)

    def show(self, selection: Selection) -> None:
        """Show a selection, from its first page where it is another one."""
        before = self._selection
        if before is not None and before.same_videos(selection):
            if before.width != selection.width:
                self._selection = selection
                self._draw()
            return
        self._selection, self._page = selection, 0
        if self.picked is not None and self.picked not in set(selection.videos["ad_id"]):
            self.pick(None)
        self._fill()
        self.holder.children = [self.grid]
        self.note.value = (
            '<p class="sa-note">A row shows its history, a title opens the post. Scores and ranks are among all '
            "videos, whatever the filters leave.</p>"
        )

    def turn(self, order: Order, page: int) -> None:
        """Show another page, or another order."""
        changed = order != self.order
        self.order, self._page = order, page
        self._fill()
        if changed:
            self._on_order()

    def listed(self, selection: Selection) -> pd.DataFrame:
        """Return all rows of the table, not only the page in sight, in its order; see `schema.VIDEO_TABLE`."""
        table, rows = _rows(selection, self.order)
        out = table.iloc[rows].reset_index(drop=True)
        out.attrs = dict(selection.stock.original.attrs)
        return out

    def blank_unless(self, selection: Selection) -> None:
        """Take away the table of another selection."""
        if self._selection is not None and not self._selection.same_videos(selection):
            self.blank(UNDRAWN)

    def blank(self, message: str) -> None:
        """Show a message in place of the table."""
        self._selection = None
        self.note.value = message
        self.holder.children = []
        self.pick(None)

    def pick(self, ad_id: str | None) -> None:
        """Look at a video closely, or at none."""
        selection = self._selection
        known = selection is not None and ad_id is not None and ad_id in set(selection.videos["ad_id"])
        self.picked = ad_id if known else None
        self._draw()
        if selection is not None and self.grid.shown:
            self._fill()
        if known:
            self.sight.looks += 1

    def _draw(self) -> None:
        """Draw the video that is looked at, as wide as there is room."""
        drawn, selection = TabContent(), self._selection
        if selection is not None and self.picked is not None:
            drawn = draw_video(selection.stock, self.picked, width=selection.width)
        self.head.value, self.foot.value = drawn.head, drawn.foot
        self.picture.show(drawn.chart, drawn.alt)

    def _fill(self) -> None:
        selection = self._selection
        if selection is None:
            return
        table, rows = _rows(selection, self.order)
        said, period = days_in_words(selection), selection.stock.money.period
        shown = page_of(table, rows, order=self.order, page=self._page, days=said, picked=self.picked, period=period)
        self._page, self.grid.shown = shown["page"], shown


def days_in_words(selection: Selection) -> str:
    """Say which days the gains are of."""
    if selection.table_days is None:
        return ""
    first, last = selection.table_days
    return f"{counted((last - first).days + 1, 'day')} to {last.day} {last:%b %Y}"


def _rows(selection: Selection, order: Order) -> tuple[pd.DataFrame, np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the data lack is the quality tab's to say
        table = selection.table
    return table, ordered(table, selection.rows, order)
