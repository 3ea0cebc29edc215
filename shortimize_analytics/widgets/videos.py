"""The tab of single videos: a table of the selection, and one video looked at closely."""

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as w
import pandas as pd

from shortimize_analytics.style import short_number, shorten

from .detail import draw_video
from .selection import Drawn, Selection
from .table import ORDERS, first_rows, make_table, table_frame

LISTED = 200
"""Videos in the dropdown, the first of the table; filters and order bring up others."""


class VideosTab:
    """Table, dropdown and picture of one video.

    Parameters
    ----------
    on_change
        Called when the order changes.
    """

    def __init__(self, *, on_change: Callable[[], None]) -> None:
        wide = w.Layout(width="560px", max_width="100%")
        self.order = w.Dropdown(options=list(ORDERS), description="Order", layout=w.Layout(width="240px"))
        self.order.add_class("sa-order")
        self.order.observe(lambda _: on_change(), names="value")
        self.pick = w.Dropdown(options=[("choose a video", None)], description="Video", layout=wide)
        self.pick.add_class("sa-pick-video")
        self.pick.observe(self._picked, names="value")
        self.note = w.HTML()
        self.table: Any = None
        self.holder = w.VBox()
        self.head, self.foot = w.HTML(), w.HTML()
        self.image = w.Image(format="png", layout=w.Layout(max_width="100%", height="auto", display="none"))
        self.image.add_class("sa-picture")
        self.detail = w.VBox([self.head, self.image, self.foot])
        self.detail.add_class("sa-video-detail")
        self.box = w.VBox([w.Box([self.order, self.pick], layout=w.Layout(flex_flow="row wrap")), self.note,
                           self.holder, self.detail])  # fmt: skip
        self.box.add_class("sa-tab-videos")
        self._selection: Selection | None = None
        self._videos = pd.DataFrame()
        self._shown: tuple[str, str] | None = None

    def show(self, selection: Selection) -> None:
        """Show a selection."""
        self._selection = selection
        if self.table is None:
            self.table = make_table()
            self.table.observe(self._clicked, names="selected_rows")
        self.holder.children = [self.table]
        key = (selection.chosen.to_json(), str(self.order.value))
        if key == self._shown:
            return
        self._shown = key
        videos = self._videos = selection.stock.videos.iloc[first_rows(selection, str(self.order.value))]
        self.table.update(table_frame(videos), selected_rows=[])
        more = f" The first {len(videos)} of {selection.size:,} are listed; export takes all of them."
        self.note.value = f'<p class="sa-note">Select a row or choose a video to see its history.{escape(more)}</p>'
        kept = self.pick.value
        listed = videos.head(LISTED)
        self.pick.options = [("choose a video", None), *zip(_names(listed), listed["ad_id"], strict=True)]
        self.pick.value = kept if kept in set(listed["ad_id"]) else None

    def blank(self, message: str) -> None:
        """Show a message in place of the table."""
        self._shown = None
        self.note.value = message
        self.holder.children = []
        self.pick.options = [("choose a video", None)]
        self.pick.value = None

    def _clicked(self, change: Any) -> None:
        if change["new"] and change["new"][0] < len(self._videos):
            self.pick.value = self._id_at(change["new"][0])

    def _id_at(self, row: int) -> Any:
        video = self._videos.iloc[[row]]
        ad_id = video["ad_id"].iloc[0]
        if ad_id not in {value for _, value in self.pick.options}:
            self.pick.options = [*self.pick.options, (_names(video)[0], ad_id)]
        return ad_id

    def _picked(self, change: Any) -> None:
        drawn = Drawn()
        if change["new"] is not None and self._selection is not None:
            drawn = draw_video(self._selection.stock, change["new"])
        self.head.value, self.foot.value = drawn.head, drawn.foot
        self.image.value = drawn.png
        self.image.tooltip = drawn.alt
        self.image.layout.display = None if drawn.png else "none"


def _names(videos: pd.DataFrame) -> list[str]:
    out = []
    for title, name, views, ad_id in zip(
        videos["title"], videos["username"], videos["latest_views"], videos["ad_id"], strict=True
    ):
        caption = shorten(" ".join(title.split()), 48) if isinstance(title, str) and title.strip() else "untitled"
        account = name if isinstance(name, str) else "unnamed"
        out.append(f"{caption} · @{account} · {short_number(views)} views · {str(ad_id)[:8]}")
    return out
