"""One tab: its own dropdowns, HTML, one picture that is replaced, and HTML below it."""

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as w

from .redraw import DPI, WIDTH
from .selection import TabContent
from .tabs import ChartTab

BUSY = '<p class="sa-note" role="status">computing…</p>'
UNDRAWN = '<p class="sa-note sa-unconnected">Run the notebook to see this.</p>'
"""Of a tab that nobody has opened; a page that is connected to Python hides it."""


class Picture:
    """A PNG that is replaced, never wider than it was drawn, and its words for screen readers beside it.

    ipywidgets has no alt attribute.
    """

    def __init__(self) -> None:
        wide = w.Layout(width="100%", max_width=f"{WIDTH * DPI:.0f}px", height="auto", display="none")
        self.image = w.Image(format="png", layout=wide)
        self.image.add_class("sa-picture")
        self._words = w.HTML()
        self._words.add_class("sa-alt")
        self.box = w.VBox([self.image, self._words])

    def show(self, png: bytes, alt: str) -> None:
        """Replace the picture; without bytes nothing is shown."""
        self._words.value = f'<p role="img" aria-label="{escape(alt)}"></p>' if png else ""
        self.image.value = png
        self.image.layout.display = None if png else "none"


class Panel:
    """The widgets of a tab that draws.

    Parameters
    ----------
    view
        What the tab draws.
    on_change
        Called when one of its dropdowns changes.
    """

    def __init__(self, view: ChartTab, *, on_change: Callable[[], None]) -> None:
        self.view = view
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
            control.observe(lambda _: on_change(), names="value")
            self.options[name] = control
        self.head, self.foot = w.HTML(UNDRAWN), w.HTML()
        self.picture = Picture()
        row = w.Box(list(self.options.values()), layout=w.Layout(flex_flow="row wrap"))
        self.box = w.VBox([*([row] if self.options else []), self.head, self.picture.box, self.foot])
        self.box.add_class(f"sa-tab-{view.name}")

    def values(self) -> dict[str, str]:
        """Return what the dropdowns say."""
        return {name: control.value for name, control in self.options.items()}

    def show(self, drawn: TabContent) -> None:
        """Replace what the tab shows."""
        self.drawn = drawn
        self.head.value, self.foot.value = drawn.head, drawn.foot
        self.picture.show(drawn.png, drawn.alt)

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
