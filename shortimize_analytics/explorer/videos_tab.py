"""The tab of single videos: a table of the selection, and one video looked at closely."""

import warnings
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as w
import pandas as pd

from shortimize_analytics.plots.theme import counted, short_number, shorten

from .data import ExplorerData
from .detail import awaits_forecast, draw_video
from .panel import UNDRAWN, Picture
from .redraw import Redraw
from .scroll import ScrollMark
from .selection import Selection, TabContent
from .table import ORDERS, fill_table, first_rows, make_table


class VideosTab:
    """Table, dropdown and picture of one video.

    Parameters
    ----------
    on_change
        Called when the order changes.
    """

    def __init__(self, *, on_change: Callable[[], None]) -> None:
        wide, style = w.Layout(width="560px", max_width="100%"), {"description_width": "initial"}
        self.order = w.Dropdown(options=list(ORDERS), description="Order", style=style, layout=w.Layout(width="200px"))
        self.order.add_class("sa-order")
        self.order.observe(lambda _: on_change(), names="value")
        self.pick = w.Dropdown(options=[("choose a video", None)], description="Video", style=style, layout=wide)
        self.pick.add_class("sa-pick-video")
        self.pick.observe(self._picked, names="value")
        self.note = w.HTML(UNDRAWN)
        self.table: Any = None
        self.holder = w.VBox()
        self.holder.add_class("sa-scroll")
        self.head, self.foot = w.HTML(), w.HTML()
        self.picture = Picture()
        self.sight = ScrollMark()
        self.detail = w.VBox([self.sight, self.head, self.picture.box, self.foot])
        self.detail.add_class("sa-video-detail")
        self.box = w.VBox([w.Box([self.order, self.pick], layout=w.Layout(flex_flow="row wrap")), self.detail,
                           self.note, self.holder])  # fmt: skip
        self.box.add_class("sa-tab-videos")
        self._stock: ExplorerData | None = None
        self._later = Redraw(self._forecast)
        self._videos = pd.DataFrame()
        self._shown: tuple[str, str] | None = None

    def show(self, selection: Selection) -> None:
        """Show a selection."""
        self._stock = selection.stock
        if self.table is None:
            self.table = make_table()
            self.table.observe(self._clicked, names="selected_rows")
        self.holder.children = [self.table]
        key = (repr(selection.chosen), str(self.order.value))
        if key == self._shown:
            return
        self._shown = key
        videos = self._videos = selection.stock.ready.iloc[first_rows(selection, str(self.order.value))]
        fill_table(self.table, videos)
        more = f" {counted(selection.size, 'video').capitalize()}."
        if selection.size > len(videos):
            more = f" The first {len(videos)} of {selection.size:,} videos are listed; export takes all of them."
        self.note.value = f'<p class="sa-note">Select a row or choose a video to see its history.{escape(more)}</p>'
        kept = self.pick.value
        self.pick.options = [("choose a video", None), *zip(_names(videos), videos["ad_id"], strict=True)]
        self.pick.value = kept if kept in set(videos["ad_id"]) else None

    def says(self) -> dict[str, str]:
        """Return the label of each dropdown by its CSS class."""
        return {"sa-order": self.order.label, "sa-pick-video": self.pick.label or ""}

    def blank_unless(self, selection: Selection) -> None:
        """Take away the table of another selection."""
        if self._shown is not None and self._shown[0] != repr(selection.chosen):
            self.blank(UNDRAWN)

    def blank(self, message: str) -> None:
        """Show a message in place of the table."""
        self._shown = None
        self.note.value = message
        self.holder.children = []
        self.pick.options = [("choose a video", None)]
        self.pick.value = None

    def _clicked(self, change: Any) -> None:
        if change["new"] and change["new"][0] < len(self._videos):
            self.pick.value = self._videos["ad_id"].iloc[change["new"][0]]
            self.sight.looks += 1

    def flush(self) -> None:
        """Draw at once what waits to be drawn."""
        self._later.flush()

    def _picked(self, _: Any) -> None:
        self._later.cancel()
        self._draw()
        stock, ad_id = self._stock, self.pick.value
        if stock is not None and ad_id is not None and awaits_forecast(stock, ad_id):
            self._later.ask()

    def _forecast(self) -> None:
        if self._stock is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what the data lack is the quality tab's to say
                _ = self._stock.forecasts
            self._draw()

    def _draw(self) -> None:
        drawn = TabContent()
        if self.pick.value is not None and self._stock is not None:
            drawn = draw_video(self._stock, self.pick.value)
        self.head.value, self.foot.value = drawn.head, drawn.foot
        self.picture.show(drawn.png, drawn.alt)


def _names(videos: pd.DataFrame) -> list[str]:
    out = []
    for title, name, views, ad_id in zip(
        videos["title"], videos["username"], videos["latest_views"], videos["ad_id"], strict=True
    ):
        caption = shorten(" ".join(title.split()), 48) if isinstance(title, str) and title.strip() else "untitled"
        account = name if isinstance(name, str) else "unnamed"
        out.append(f"{caption} · @{account} · {short_number(views)} views · {str(ad_id)[:8]}")
    return out
