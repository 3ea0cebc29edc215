"""The filter row: controls that write a `VideoFilter` and are set by one.

Every control has a description that is its label, can be reached with the Tab key, and carries a CSS class
``sa-filter-NAME``; see the package's docstring for the list.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, get_args

import ipywidgets as w

from shortimize_analytics.analysis.filters.video_filter import DAY_EDGES, FLAGS, NAME_LISTS, VideoFilter
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.plots.theme import short_number
from shortimize_analytics.schema.choices import Count, Flag, PostFormat

from .names import Offer
from .picker import Picker

WINDOWS = {"7 days": 7, "28 days": 28, "90 days": 90}
COUNTED = "28 days"
"""What is counted where no days of gains are chosen."""
CUSTOM = "Dates…"
_STEPS = {
    "views": (0, *(m * 10**p for p in range(2, 9) for m in (1, 2, 5))),
    "duration": (0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 90, 120, 180, 300, 600, 1800),
}
_OPEN = ("0", "∞")
_RANGES = tuple(_STEPS)
_TITLES = {
    "uploaded_start": "Uploaded from",
    "uploaded_end": "Uploaded to",
    "active_start": "Gains from",
    "active_end": "Gains to",
    "only_uploaded_in_range": "Only uploaded in those days",
    "platform": "Platform",
    "account": "Account",
    "label": "Label",
    "label_all": "All of the labels",
    "label_none": "None of the labels",
    "duration": "Length",
    "views": "Views",
    "search": "Search",
    "format": "Format",
    "private": "Private",
    "removed": "Removed",
    "shop": "Shop",
    "unsafe": "Not safe",
    "count": "Count",
}


class Window:
    """Some days up to the newest one, or two dates of one's own; the dates are what counts.

    Parameters
    ----------
    title
        The label.
    controls
        All controls by name.
    edges
        Names of the first and the last day.
    none
        What to call no days at all; it takes the place of a window of that name.
    newest
        Day on which the windows end.
    """

    def __init__(
        self, title: str, controls: Mapping[str, Any], *, edges: tuple[str, ...], none: str, newest: date | None
    ) -> None:
        self._first, self._last = (controls[name] for name in edges)
        self._none = none
        self._told: Callable[[Window], None] | None = None
        self.choice = w.ToggleButtons(options=[none], description=title, style={"button_width": "auto"})
        self.end_on(newest)
        self.choice.add_class("sa-window")
        self._dates = w.Box([self._first, self._last], layout=w.Layout(display="none"))
        self.box = w.Box([self.choice, self._dates], layout=w.Layout(flex_flow="row wrap"))
        self.choice.observe(self._chosen, names="value")

    def end_on(self, newest: date | None) -> None:
        """Let the windows end on a day; without one there are none."""
        self._newest = newest
        self._windows = {text: days for text, days in WINDOWS.items() if text != self._none and newest}
        options = [*(text for text in WINDOWS if text in self._windows or text == self._none), self._none, CUSTOM]
        options = list(dict.fromkeys(options))
        if options != list(self.choice.options):
            told, self._told = self._told, None  # nobody chose
            self.choice.options = options
            self.choice.value = self._none
            self._told = told

    def on_choice(self, told: Callable[["Window"], None]) -> None:
        """Call this when a window was chosen that has days."""
        self._told = told

    def write(self) -> None:
        """Set the dates to the window."""
        days, last = self._windows.get(self.choice.value), self._newest
        first = None if days is None or last is None else last - timedelta(days - 1)
        self._first.value, self._last.value = first, None if first is None else last

    def follow(self) -> None:
        """Show which window the dates are."""
        told, self._told = self._told, None
        first, last = self._first.value, self._last.value
        name = self._none if first is None and last is None else CUSTOM
        for text, days in self._windows.items():
            if self._newest and last == self._newest and first == self._newest - timedelta(days - 1):
                name = text
        self.choice.value = name
        self._told = told

    def _chosen(self, change: Any) -> None:
        self._dates.layout.display = None if change["new"] == CUSTOM else "none"
        if self._told is not None and change["new"] != CUSTOM:
            self._told(self)


class Controls:
    """All controls of a filter.

    Parameters
    ----------
    offered
        Platforms, accounts and labels to choose from, as `NameBook.offered` lists them.
    start
        The filter to begin with.
    newest
        Last day that was counted, on which the windows end; None where nothing was.
    on_change
        Called after every change that a user or `write` made, once each.
    """

    def __init__(
        self, offered: Mapping[str, Offer], *, start: VideoFilter, newest: date | None, on_change: Callable[[], None]
    ) -> None:
        self._on_change = on_change
        self._silent = False
        self._steps = {name: list(steps) for name, steps in _STEPS.items()}
        self.by_name: dict[str, Any] = _make(offered)
        self.names = _names(offered)
        self.windows = {
            "uploaded": Window("Uploaded", self.by_name, edges=DAY_EDGES[:2], none="All", newest=newest),
            "active": Window("Views gained in", self.by_name, edges=DAY_EDGES[2:], none=COUNTED, newest=newest),
        }
        self.reset = w.Button(
            description="Reset filters", tooltip="Show all videos again", layout=w.Layout(width="auto")
        )
        self.reset.add_class("sa-filter-reset")
        self.reset.on_click(lambda _: self.write(VideoFilter()))
        self._set(start)
        for control in self.by_name.values():
            control.observe(self._changed, names="value")
        for window in self.windows.values():
            window.on_choice(self._choose_window)
        self.box = self._lay_out()

    def read(self) -> VideoFilter:
        """Return the filter that the controls show.

        Raises
        ------
        InvalidParameterError
            When they contradict each other, such as an end before its start.
        """
        at = self.by_name
        for first, last in (DAY_EDGES[:2], DAY_EDGES[2:]):
            start, end = at[first].value, at[last].value
            if start is not None and end is not None and start > end:
                raise InvalidParameterError(
                    f"“{_TITLES[first]}” ({start}) is later than “{_TITLES[last]}” ({end}), so no video can match. "
                    "Change one of the two days, or reset the filters."
                )
        given: dict[str, Any] = {
            name: at[name].value for name in (*DAY_EDGES, *NAME_LISTS, *FLAGS, "search", "format", "count")
        }
        ranged = at["active_start"].value is not None or at["active_end"].value is not None
        given["only_uploaded_in_range"] = at["only_uploaded_in_range"].value and ranged
        given["format"] = given["format"] or None
        for name in _RANGES:
            low, high = at[name].index
            steps = self._steps[name]
            given[f"{name}_min"] = steps[low] if low > 0 else None
            given[f"{name}_max"] = steps[high] if high < len(steps) else None
        return VideoFilter(**given)

    def offer(self, offered: Mapping[str, Offer], *, start: VideoFilter, newest: date | None) -> None:
        """Offer the names and days of other videos, and show a filter; what has the focus or is unfolded stays so."""
        self.names = _names(offered)
        for name, found in offered.items():
            self.by_name[name].options = [list(one) for one in found]
        self._silent = True
        for window in self.windows.values():
            window.end_on(newest)
        self._set(start)

    def write(self, chosen: VideoFilter) -> None:
        """Show a filter; what it names and the lists lack is added to them."""
        self._set(chosen)
        self._on_change()

    def _set(self, chosen: VideoFilter) -> None:
        at = self.by_name
        self._silent = True
        try:
            at["format"].value = chosen.format or ""
            for name in (*DAY_EDGES, "search", "count", "only_uploaded_in_range", *FLAGS):
                at[name].value = getattr(chosen, name)
            for name in NAME_LISTS:
                wanted = getattr(chosen, name)
                _offer(at[name], wanted)
                at[name].value = wanted
            for name in _RANGES:
                self._set_range(name, getattr(chosen, f"{name}_min"), high=getattr(chosen, f"{name}_max"))
            self._follow_range()
            for window in self.windows.values():
                window.follow()
        finally:
            self._silent = False

    def _choose_window(self, window: "Window") -> None:
        """Set both days of a window at once."""
        self._silent = True
        try:
            window.write()
        finally:
            self._silent = False
        self._follow_range()
        self._on_change()

    def _set_range(self, name: str, low: int | None, *, high: int | None) -> None:
        """Show a range; a number between two steps becomes a step."""
        steps = sorted({*self._steps[name], *(edge for edge in (low, high) if edge is not None)})
        if steps != self._steps[name]:
            self._steps[name] = steps
            self.by_name[name].options = _step_names(name, steps)
        last = len(steps) if high is None else steps.index(high)
        self.by_name[name].index = (0 if low is None else steps.index(low), last)

    def enable(self, *, on: bool) -> None:
        """Let the user change filters, or not."""
        windows = (window.choice for window in self.windows.values())
        for control in (*self.by_name.values(), *windows, self.reset):
            control.disabled = not on
        if on:
            self._follow_range()

    def _changed(self, _: Any) -> None:
        if not self._silent:
            self._follow_range()
            self._on_change()

    def _follow_range(self) -> None:
        at = self.by_name
        at["only_uploaded_in_range"].disabled = at["active_start"].value is None and at["active_end"].value is None

    def _lay_out(self) -> w.VBox:
        at = self.by_name
        row = {"flex_flow": "row wrap", "align_items": "flex-start", "grid_gap": "6px 14px"}
        first = ("account", "label", "platform", "search")
        second = ("only_uploaded_in_range", "label_all", "label_none", "views", "duration", "format", *FLAGS, "count")
        rest = w.Box([self.windows["active"].box, *(at[name] for name in second)], layout=w.Layout(**row))
        rest.layout.display = "none"
        # the title of an Accordion cannot be reached with the keyboard
        more = w.ToggleButton(
            description="More filters", tooltip="Show or hide the other filters", layout=w.Layout(width="auto")
        )
        more.add_class("sa-more-filters")
        more.observe(lambda change: unfold(on=change["new"]), names="value")
        basic = w.Box(
            [self.windows["uploaded"].box, *(at[name] for name in first), more, self.reset], layout=w.Layout(**row)
        )
        basic.add_class("sa-basic")
        box = w.VBox([basic, rest])
        box.add_class("sa-filters")

        def unfold(*, on: bool) -> None:
            rest.layout.display = None if on else "none"
            (box.add_class if on else box.remove_class)("sa-unfolded")

        return box


def _names(offered: Mapping[str, Offer]) -> dict[tuple[str, str], str]:
    return {(name, value): _plain(text) for name, found in offered.items() for text, value in found}


def _make(offered: Mapping[str, Offer]) -> dict[str, Any]:
    wide, narrow = w.Layout(width="160px"), w.Layout(width="132px")
    out: dict[str, Any] = {}
    for name, title in _TITLES.items():
        more: dict[str, Any] = {"description": title, "style": {"description_width": "initial"}, "layout": narrow}
        if name in DAY_EDGES:
            control = w.DatePicker(**more)
        elif name in NAME_LISTS:
            control = Picker(description=title, options=offered[name])
        elif name in _RANGES:
            options = _step_names(name, list(_STEPS[name]))
            more |= {"options": options, "index": (0, len(options) - 1), "layout": wide}
            control = w.SelectionRangeSlider(**more)
        elif name == "search":
            control = w.Text(placeholder='words, "a phrase", #tag', **more | {"layout": wide})
        elif name == "only_uploaded_in_range":
            control = w.Checkbox(indent=False, **more | {"layout": w.Layout(width="250px")})
        elif name == "format":
            control = w.Dropdown(options=[("all", ""), *((one, one) for one in get_args(PostFormat))], **more)
        else:
            control = w.Dropdown(options=get_args(Count if name == "count" else Flag), **more)
        control.add_class(f"sa-filter-{name.replace('_', '-')}")
        out[name] = control
    return out


def _step_names(name: str, steps: list[int]) -> list[tuple[str, int]]:
    """Name the ends that a range can have: the first and the last leave it open."""
    unit = " s" if name == "duration" else ""
    named = [(f"{short_number(step)}{unit}", place) for place, step in enumerate(steps)]
    return [(_OPEN[0], 0), *named[1:], (_OPEN[1], len(steps))]


def _offer(control: Any, wanted: tuple[str, ...]) -> None:
    known = {value for _, value in control.options}
    if missing := [name for name in wanted if name not in known]:
        control.options = [*control.options, *([name, name] for name in missing)]


def _plain(text: str) -> str:
    """Leave out the number of videos."""
    return text.rpartition(" (")[0]
