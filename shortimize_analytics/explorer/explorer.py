"""The explorer: filters above, tabs below, and everything in between that decides what is drawn when.

What is shown first is drawn before there is anything to show it in: where a notebook is run without a browser nobody
calls back later.
"""

import base64
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as w
import pandas as pd

from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.client.connection import Client
from shortimize_analytics.errors import InvalidParameterError, ReportError, ShortimizeError
from shortimize_analytics.plots.theme import DRAWING, counted
from shortimize_analytics.store.export import check_target

from .actions import Actions
from .active import active_clauses, brushed, why_empty, without
from .chart import WIDTH, Brush, fitting_width
from .connection import Connection
from .controls import Controls
from .css import CSS
from .data import NO_MONEY, ExplorerData, Money
from .freshness import freshness, heading, lacking
from .memory import Memory, Settings
from .panel import BUSY, Panel
from .picker import Chips
from .redraw import DELAY, Redraw
from .selection import Selection, TabContent
from .share import charts_of, page_html, write_html
from .table import BY_VIEWS, ORDERS, Order
from .tabs import chart_tabs, drawn_with_notes
from .videos_tab import VideosTab, days_in_words

DRAWINGS_KEPT = 24
"""Drawings kept, so that going back to a tab or a filter is instant."""
SAVED = (
    '<p class="sa-note sa-unconnected sa-saved">Not connected to Python: run the notebook to use the filters and see '
    "the other tabs.</p>"
)
UNANSWERED = (
    '<p class="sa-trouble sa-unanswered" role="alert">Python has not answered for 20 seconds. If no cell and no button '
    "is at work, reload this page in the browser and run the cell again: the filters come back as they were left.</p>"
)
REST = 0.6
"""Seconds without a change of a filter before an analysis of seconds begins."""


class Explorer:
    """Filters, tabs and buttons around a frame of videos; displays itself as the last line of a notebook cell.

    Made by `explore`.

    Attributes
    ----------
    box
        The widget.
    selection
        What is chosen now.
    """

    def __init__(
        self,
        videos: pd.DataFrame,
        history: pd.DataFrame | None,
        *,
        client: Client | None,
        start: VideoFilter | None,
        notes: Iterable[str] = (),
        money: Money = NO_MONEY,
    ) -> None:
        self.client, self.money = client, money
        self._trouble: str | None = None
        self._notes: list[str] = []
        self._width, self._wanted = WIDTH, ""
        self._drawings: OrderedDict[tuple[str, ...], TabContent] = OrderedDict()
        self._redraw, self._later = Redraw(self._draw), Redraw(self._draw_slow)
        self.status = w.HTML()
        self.status.add_class("sa-status")
        self.fresh = w.HTML()
        self.fresh.add_class("sa-fresh")
        self.connection = Connection(on_behind=self._send_dropdowns, on_width=self._fit)
        self.panels = [
            Panel(view, on_change=self._changed, on_pick=self._open, on_brush=self._brushed) for view in chart_tabs()
        ]
        self.table = VideosTab(on_order=self._follow)
        self._shown: list[Panel | None] = [*self.panels[:-1], None, self.panels[-1]]
        self.tabs = w.Tab(children=[panel.box if panel else self.table.box for panel in self._shown], selected_index=0)
        self.tabs.titles = [panel.view.title if panel else "Videos" for panel in self._shown]
        self.tabs.add_class("sa-tabs")
        self._filters = w.VBox()
        self.controls: Controls
        self.chips = Chips(on_remove=self._remove)
        self.actions = Actions(self)
        shown = [self.fresh, self._filters, self.chips, self.status, self.tabs, self.actions.box, self.connection]
        self.box = w.VBox([w.HTML(f"<style>{CSS}</style>{SAVED}{UNANSWERED}"), *shown])
        self.box.add_class("sa-explorer")
        self._memory = Memory(client)
        known = self._memory.settings or Settings()
        chosen = known.chosen if start is None or start.chooses_all else start
        self.selection = Selection(ExplorerData(videos, history, money=self.money), chosen)
        self._restore(known)
        self._begin(self.selection.stock, chosen)
        self.tell([*notes, *([self._memory.said] if self._memory.said else [])])
        self.tabs.observe(lambda _: self._changed(), names="selected_index")

    def _repr_mimebundle_(self, **more: Any) -> Any:
        """Show the widget, and what stands in for it where none can be shown: a sentence, and the first picture."""
        found = self.box._repr_mimebundle_(**more) | {"text/plain": repr(self)}
        drawn = self.panels[0].drawn
        if drawn is not None and drawn.png:
            found["image/png"] = base64.b64encode(drawn.png).decode()
        return found

    def __repr__(self) -> str:
        chosen, every = self.selection.size, len(self.selection.stock.videos)
        return (
            f"Explorer of {chosen:,} of {counted(every, 'video')}. Run this cell in JupyterLab, Notebook 7 or Voila to "
            "use it, or `shortimize app` for a page of its own."
        )

    @property
    def filter(self) -> VideoFilter:
        """The filter that the controls show.

        Raises
        ------
        InvalidParameterError
            When the controls contradict each other.
        """
        self._redraw.flush()
        if self._trouble is not None:
            raise InvalidParameterError(self._trouble)
        return self.selection.chosen

    def choose(self, chosen: VideoFilter) -> None:
        """Set the controls to a filter."""
        self.controls.write(chosen)

    def _remove(self, key: str) -> None:
        self.controls.write(without(self.controls.read(), key))

    def _open(self, ad_id: str) -> None:
        """Show a video of a chart in the tab of single videos."""
        self._wanted = ad_id
        self.tabs.selected_index = self._shown.index(None)

    def _brushed(self, brush: Brush, low: float, high: float) -> None:
        """Filter by a stretch of a chart's axis."""
        self.controls.write(brushed(self.controls.read(), brush, low=low, high=high))

    def _fit(self, pixels: float) -> None:
        """Draw pictures that fill the room there is."""
        if (width := fitting_width(pixels)) != self._width:
            self._width = width
            self._changed()

    @property
    def frame(self) -> pd.DataFrame:
        """The chosen videos, with the columns and ``attrs`` of the frame that was given."""
        return self.filter.apply(self.selection.stock.original)

    def listed(self) -> pd.DataFrame:
        """Return the table of the chosen videos, all pages, in the order in sight; see `schema.VIDEO_TABLE`."""
        _ = self.filter
        return self.table.listed(self.selection)

    def replace(self, videos: pd.DataFrame, history: pd.DataFrame | None, *, start: VideoFilter) -> None:
        """Explore other data with a filter; the controls offer what the new data have."""
        stock = ExplorerData(videos, history, money=self.money)
        with DRAWING:  # else a drawing of the older data could be kept as one of these
            self._begin(stock, start)

    def _begin(self, stock: ExplorerData, start: VideoFilter) -> None:
        self._trouble, self._notes = None, []
        self.selection = Selection(stock, start, {}, self._width)
        self._later.cancel()
        self._lacks = lacking(stock.original, seen=stock.seen if stock.has_history else None)
        self._drawings.clear()
        offered = stock.names.offered(stock.videos)
        if self._filters.children:
            self.controls.offer(offered, start=start, newest=stock.newest_day)
        else:
            self.controls = Controls(offered, start=start, newest=stock.newest_day, on_change=self._changed)
            self._filters.children = [self.controls.box]
        self._redraw.now()
        self._later.flush()

    def tell(self, notes: Iterable[str]) -> None:
        """Show what was said while the data were loaded, for as long as they are explored."""
        self._notes = list(dict.fromkeys(notes))
        self._tell_freshness()

    def flush(self) -> None:
        """Draw at once what waits to be drawn."""
        self._redraw.flush()
        self._later.flush()

    def current_picture(self) -> tuple[str, bytes]:
        """Return the name and the PNG of the chart in sight; no bytes where there is none."""
        panel = self._panel
        if panel is None:
            return "video", self.table.picture.png
        return panel.view.name, panel.drawn.png if panel.drawn is not None else b""

    def _changed(self) -> None:
        self._later.cancel()
        self.status.value = '<p role="status">updating…</p>'
        self.box.add_class("sa-stale")
        self._redraw.ask()

    @property
    def _panel(self) -> Panel | None:
        return self._shown[self.tabs.selected_index or 0]

    def _draw(self) -> None:
        """Draw the tab in sight, or say why not, or that it takes longer."""
        try:
            chosen = self.controls.read()
        except InvalidParameterError as error:
            self._contradicted(str(error))
            return
        filtered = chosen != self.selection.chosen
        if self._trouble is not None or filtered:
            self.actions.clear()
        self._trouble = None
        panel = self._panel
        wanted = Selection(self.selection.stock, chosen, {}, self._width)
        if panel is not None:
            panel.offer(wanted)
            wanted = replace(wanted, options=panel.values())
        if wanted != self.selection:
            self.selection = wanted
        self._blank_others(panel)
        if not self.selection.size:
            stock = self.selection.stock
            text = why_empty(chosen, stock.videos, names=self.controls.names, said=stock.names.named(chosen))
            (panel or self.table).blank(_alert(text))
        elif panel is None:
            if self.table.slow(self.selection):
                self.table.blank(BUSY)
                self._later.ask(delay=DELAY)
            else:
                self._show_table()
        elif (known := self._drawings.get(self._key(panel))) is not None:
            panel.show(known)
        elif panel.view.slow(self.selection):
            panel.blank(BUSY)
            self._later.ask(delay=REST if filtered else DELAY)
        else:
            self._show(panel)
        self._told()

    def _draw_slow(self) -> None:
        if (panel := self._panel) is not None:
            self._show(panel)
        else:
            self._show_table()

    def _show_table(self) -> None:
        text, shown = "This tab could not be drawn: see the log.", False
        try:
            self.table.show(self.selection)
            if self._wanted:
                self.table.pick(self._wanted)
            self._wanted = ""
            shown = True
        except ShortimizeError as error:
            text = str(error)
        finally:
            # as in `_show`
            if not shown:
                self.table.blank(_alert(text))

    def page(self) -> str:
        """Return one self-contained page of what is chosen: table, filters and charts, without Python or network."""
        _ = self.filter
        chosen, stock = self.selection.chosen, self.selection.stock
        now = None if self.client is None else self.client.now()
        said = f"{self.selection.said}. {self._lacks}"
        return page_html(
            self.listed(),
            charts_of(stock, chosen),
            head=heading(stock.original, whose="", now=now),
            title=self._whose or "Videos",
            said=said,
            order={**self.table.order._asdict(), "days": days_in_words(self.selection)},
        )

    def write_page(self, path: str | Path) -> Path:
        """Write `page` to a file that ends in ``.html``; an older one is replaced whole.

        Raises
        ------
        InvalidParameterError
            For another ending, or while the controls contradict each other.
        ReportError
            When no video is chosen, or the file cannot be written.
        """
        path = check_target(path, (".html",))
        if self.frame.empty:
            raise ReportError("No video is chosen, so no page was written. Loosen the filters first.")
        return write_html(self.page(), path)

    def _show(self, panel: Panel) -> None:
        drawn = None
        try:
            drawn = drawn_with_notes(panel.view, self.selection)
            self._drawings[self._key(panel)] = drawn
            if len(self._drawings) > DRAWINGS_KEPT:
                self._drawings.popitem(last=False)
        except ShortimizeError as error:
            drawn = TabContent(_alert(str(error)))
        finally:
            # a bug must not leave an older picture, or "computing…" for ever
            panel.show(drawn or TabContent(_alert("This tab could not be drawn: see the log.")))

    def _key(self, panel: Panel) -> tuple[str, ...]:
        # of what is drawn: dropdowns may say something else by then, from the browser's thread
        chosen, options, width = self.selection.chosen, self.selection.options, self.selection.width
        return (panel.view.name, repr(chosen), str(width), *options.values())

    def _contradicted(self, text: str) -> None:
        """Say what is wrong with the controls, and take away everything that belonged to the filter before."""
        self._trouble = text
        self._say(text, trouble=True)
        message = _alert(text)
        self.table.blank(message)
        for panel in self.panels:
            panel.blank(message)
        self.actions.clear()
        self.actions.follow(None)

    def _blank_others(self, shown: Panel | None) -> None:
        for panel in self.panels:
            if panel is not shown:
                panel.blank()
        if shown is not None:
            self.table.blank_unless(self.selection)

    def _send_dropdowns(self) -> None:
        """Send what the dropdowns of the tab in sight say: a change of the browser's may have crossed one of ours."""
        panel = self._panel
        for control in panel.options.values() if panel else ():
            control.send_state()

    def _told(self) -> None:
        chosen = self.selection.chosen
        self._say(self.selection.said)
        self.chips.shown = [list(one) for one in active_clauses(chosen, self.controls.names)]
        self._follow()
        self._tell_freshness()

    def _follow(self) -> None:
        self.actions.follow(self.selection, order=self.table.order)
        says = {panel.view.name: panel.values() for panel in self.panels}
        tab = self.tabs.titles[self.tabs.selected_index or 0]
        if refused := self._memory.keep(Settings(self.selection.chosen, tab, says, *self.table.order)):
            self.tell([*self._notes, refused])

    def _restore(self, known: Settings) -> None:
        for panel in self.panels:
            panel.restore(known.options.get(panel.view.name, {}), self.selection)
        self.table.order = next((Order(by, bool(known.ascending)) for by in ORDERS if by == known.by), BY_VIEWS)
        self.tabs.selected_index = self.tabs.titles.index(known.tab) if known.tab in self.tabs.titles else 0

    @property
    def _whose(self) -> str:
        source = self.selection.stock.original.attrs.get("source", "")
        return str(source) if self.client is None else self.client.source

    def _tell_freshness(self) -> None:
        now = None if self.client is None else self.client.now()
        videos = self.selection.stock.original
        line = f'<p class="sa-note">{escape(self._lacks)}</p>' if self._lacks else ""
        if freshness(videos, now=now)[1]:
            more = "" if self.client is None else " Refresh data asks for newer ones."
            line += f'<p class="sa-trouble">These figures are more than a day old.{more}</p>'
        said = "".join(f'<p class="sa-note">{escape(note)}</p>' for note in self._notes)
        self.fresh.value = heading(videos, whose=self._whose, now=now) + line + said

    def _say(self, text: str, *, trouble: bool = False) -> None:
        role, kind = ("alert", ' class="sa-trouble"') if trouble else ("status", "")
        self.status.value = f'<p role="{role}"{kind}>{escape(text)}</p>'
        self.box.remove_class("sa-stale")
        # what the dropdowns beside the picture said when it was drawn
        panel = self._panel
        tab = f"sa-tab-{panel.view.name if panel else 'videos'}"
        self.connection.drawn = {"tab": tab, "says": panel.says() if panel else {}}


def _alert(text: str) -> str:
    return f'<p class="sa-trouble" role="alert">{escape(text)}</p>'
