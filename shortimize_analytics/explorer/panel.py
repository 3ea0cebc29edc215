"""One tab: its own dropdowns, HTML, one picture that is replaced, and HTML below it."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as w
import traitlets

from .chart import NO_CHART, Brush, Chart
from .selection import Selection, TabContent
from .tabs import ChartTab

BUSY = '<p class="sa-note" role="status">computing…</p>'
UNDRAWN = '<p class="sa-note sa-unconnected">Run the notebook to see this.</p>'
"""Of a tab that nobody has opened; a page that is connected to Python hides it."""
OnPick = Callable[[str], None]
OnBrush = Callable[[Brush, float, float], None]


class Picture(anywidget.AnyWidget):
    """A chart that is replaced, never wider than it was drawn, and tells what is clicked and brushed in it.

    Picture, words and what answers travel as one value: none can be of another chart than the others.

    Parameters
    ----------
    on_pick
        Called with the id of a video.
    on_brush
        Called with what a brush filters, and the two ends on its axis.

    Attributes
    ----------
    shown
        ``png``, ``alt``, and ``marks`` and ``areas`` of the `Chart`.
    """

    _esm = Path(__file__).with_name("chart.js")
    shown = traitlets.Dict().tag(sync=True)

    def __init__(self, *, on_pick: OnPick, on_brush: OnBrush) -> None:
        super().__init__()
        self._on_pick, self._on_brush, self._chart = on_pick, on_brush, NO_CHART
        self.on_msg(self._told)

    @property
    def png(self) -> bytes:
        """The picture in sight; no bytes where there is none."""
        return self._chart.png

    def show(self, chart: Chart, alt: str) -> None:
        """Replace the picture; without bytes nothing is shown."""
        self._chart = chart
        said = alt if chart.png else ""
        self.shown = {"png": chart.png, "alt": said, "marks": list(chart.marks), "areas": list(chart.areas)}

    def _told(self, _: Any, content: Any, __: Any) -> None:
        if not isinstance(content, dict):
            return
        known = {mark[-1] for mark in self._chart.marks}
        if isinstance(ad_id := content.get("pick"), str) and ad_id in known:
            self._on_pick(ad_id)
        elif isinstance(asked := content.get("brush"), dict) and asked.get("area") in range(len(self._chart.brushes)):
            ends = [end for end in (asked.get("from"), asked.get("to")) if isinstance(end, int | float)]
            if len(ends) == 2 and all(map(math.isfinite, ends)):
                self._on_brush(self._chart.brushes[asked["area"]], min(ends), max(ends))


class Panel:
    """The widgets of a tab that draws.

    Parameters
    ----------
    view
        What the tab draws.
    on_change
        Called when one of its dropdowns changes.
    on_pick, on_brush
        See `Picture`.
    """

    def __init__(self, view: ChartTab, *, on_change: Callable[[], None], on_pick: OnPick, on_brush: OnBrush) -> None:
        self.view = view
        self._on_change, self._offering = on_change, False
        self.drawn: TabContent | None = None
        self.options: dict[str, Any] = {}
        for name, choices in view.options.items():
            control = w.Dropdown(
                options=choices,
                description=name,
                style={"description_width": "initial"},
                layout=w.Layout(width="260px"),
            )
            control.add_class(option_class(name))
            control.observe(self._changed, names="value")
            self.options[name] = control
        self.head, self.foot = w.HTML(UNDRAWN), w.HTML()
        self.picture = Picture(on_pick=on_pick, on_brush=on_brush)
        row = w.Box(list(self.options.values()), layout=w.Layout(flex_flow="row wrap"))
        self.box = w.VBox([*([row] if self.options else []), self.head, self.picture, self.foot])
        self.box.add_class(f"sa-tab-{view.name}")

    def values(self) -> dict[str, str]:
        """Return what the dropdowns say."""
        return {name: control.value for name, control in self.options.items() if control.value is not None}

    def offer(self, selection: Selection) -> None:
        """Offer what a selection has, and keep what was picked where it is still offered."""
        if self.view.offers is None:
            return
        with self._quiet():
            for name, offers in self.view.offers(selection, self.values()).items():
                control, picked = self.options[name], self.options[name].value
                if tuple(offers) != tuple(control.options):
                    control.options = offers
                    values = [value for _, value in offers]
                    control.value = picked if picked in values else next(iter(values), None)

    def restore(self, says: Mapping[str, str], selection: Selection) -> None:
        """Let the dropdowns say what they said, where that is still offered."""
        for name, control in self.options.items():
            if name not in says:
                continue
            self.offer(selection)
            with self._quiet():
                if says[name] in dict(control._options_full).values():
                    control.value = says[name]

    @contextlib.contextmanager
    def _quiet(self) -> Iterator[None]:
        self._offering = True
        try:
            yield
        finally:
            self._offering = False

    def _changed(self, _: Any) -> None:
        if not self._offering:
            self._on_change()

    def show(self, drawn: TabContent) -> None:
        """Replace what the tab shows."""
        self.drawn = drawn
        self.head.value, self.foot.value = drawn.head, drawn.foot
        self.picture.show(drawn.chart, drawn.alt)

    def says(self) -> dict[str, str]:
        """Return the label of each dropdown by its CSS class."""
        return {option_class(name): control.label or "" for name, control in self.options.items()}

    def blank(self, message: str = UNDRAWN) -> None:
        """Take away what no longer belongs to the filters."""
        if self.drawn is not None or self.head.value != message:
            self.show(TabContent(message))
            self.drawn = None


def option_class(name: str) -> str:
    """Return the CSS class of a tab's dropdown."""
    return f"sa-option-{name.lower().replace(' ', '-')}"
