"""The filter row: controls that write a `VideoFilter` and are set by one.

Every control has a description that is its label, can be reached with the Tab key, and carries a CSS class
``sa-filter-NAME``; see the package's docstring for the list.
"""

from collections.abc import Callable
from typing import Any, get_args

import ipywidgets as w
import numpy as np
import pandas as pd

from shortimize_analytics.analysis.filters.video_filter import DAY_EDGES, FLAGS, NAME_LISTS, VideoFilter
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.plots.theme import platform_name, short_number
from shortimize_analytics.schema.choices import Count, Flag, PostFormat

MOST_ACCOUNTS = 1000
"""Accounts in the list, those with the most videos; the search finds the others."""
_STEPS = {
    "views": (0, *(m * 10**p for p in range(2, 9) for m in (1, 2, 5))),
    "duration": (0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 90, 120, 180, 300, 600, 1800),
}
_OPEN = ("0", "∞")
_RANGES = tuple(_STEPS)
_TITLES = {
    "uploaded_start": "Uploaded from",
    "uploaded_end": "Uploaded to",
    "active_start": "Active from",
    "active_end": "Active to",
    "only_uploaded_in_range": "Only uploaded in the active days",
    "platform": "Platforms",
    "account": "Accounts",
    "label": "Any of the labels",
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


class Controls:
    """All controls of a filter.

    Parameters
    ----------
    videos
        The videos to choose from: their platforms, accounts and labels are offered.
    start
        The filter to begin with.
    on_change
        Called after every change that a user or `write` made, once each.
    """

    def __init__(self, videos: pd.DataFrame, *, start: VideoFilter, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._silent = False
        self._steps = {name: list(steps) for name, steps in _STEPS.items()}
        self.by_name: dict[str, Any] = _make(choices(videos))
        self.reset = w.Button(
            description="Reset filters", tooltip="Show all videos again", layout=w.Layout(width="auto")
        )
        self.reset.add_class("sa-filter-reset")
        self.reset.on_click(lambda _: self.write(VideoFilter()))
        self._set(start)
        for control in self.by_name.values():
            control.observe(self._changed, names="value")
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
        for name in _RANGES:
            low, high = at[name].index
            steps = self._steps[name]
            given[f"{name}_min"] = steps[low] if low > 0 else None
            given[f"{name}_max"] = steps[high] if high < len(steps) else None
        return VideoFilter(**given)

    def write(self, chosen: VideoFilter) -> None:
        """Show a filter; what it names and the lists lack is added to them."""
        self._set(chosen)
        self._on_change()

    def _set(self, chosen: VideoFilter) -> None:
        at = self.by_name
        self._silent = True
        try:
            for name in (*DAY_EDGES, "search", "format", "count", "only_uploaded_in_range", *FLAGS):
                at[name].value = getattr(chosen, name)
            for name in NAME_LISTS:
                wanted = getattr(chosen, name)
                _offer(at[name], wanted)
                at[name].value = wanted
            for name in _RANGES:
                self._set_range(name, getattr(chosen, f"{name}_min"), high=getattr(chosen, f"{name}_max"))
            self._follow_range()
        finally:
            self._silent = False

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
        for control in (*self.by_name.values(), self.reset):
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
        first = ("platform", "account", "label", "search", "views", "count")
        # one day above the other is as high as a list beside them
        uploaded, active = (w.VBox([at[name] for name in pair]) for pair in (DAY_EDGES[:2], DAY_EDGES[2:]))
        second = ("label_all", "label_none", "only_uploaded_in_range", "duration", "format", *FLAGS)
        rest = w.Box([active, *(at[name] for name in second)], layout=w.Layout(**row))
        rest.layout.display = "none"
        # the title of an Accordion cannot be reached with the keyboard
        more = w.ToggleButton(
            description="More filters", tooltip="Show or hide the other filters", layout=w.Layout(width="auto")
        )
        more.add_class("sa-more-filters")
        more.observe(lambda change: unfold(on=change["new"]), names="value")
        basic = w.Box([uploaded, *(at[name] for name in first), more, self.reset], layout=w.Layout(**row))
        basic.add_class("sa-basic")
        box = w.VBox([basic, rest])
        box.add_class("sa-filters")

        def unfold(*, on: bool) -> None:
            rest.layout.display = None if on else "none"
            (box.add_class if on else box.remove_class)("sa-unfolded")

        return box


def choices(videos: pd.DataFrame) -> dict[str, list[tuple[str, str]]]:
    """List the platforms, accounts and labels of some videos as (text, value), the most frequent first.

    An account's value is ``platform/handle`` and a label's its name, where that names one only; otherwise its id.
    """
    platforms = videos["platform"].value_counts()
    labels = _label_choices(videos)
    return {
        "platform": [(f"{platform_name(str(key))} ({count:,})", str(key)) for key, count in platforms.items()],
        "account": _account_choices(videos),
        **dict.fromkeys(("label", "label_all", "label_none"), labels),
    }


def _account_choices(videos: pd.DataFrame) -> list[tuple[str, str]]:
    handle = videos["platform"].astype("str") + "/" + videos["username"].str.lower()
    key = videos["linked_account_id"].fillna(handle)
    found = pd.DataFrame({"key": key, "handle": handle, "platform": videos["platform"], "name": videos["username"]})
    found = found.dropna(subset="key")
    sizes = found["key"].value_counts()
    listed = found.drop_duplicates("key").set_index("key").reindex(sizes.index)
    unique = listed["handle"].notna() & ~listed["handle"].duplicated(keep=False)
    values = np.where(unique, listed["handle"], listed.index)
    rows = zip(listed["name"], listed["platform"], values, sizes, strict=True)
    out = []
    for name, platform, value, size in list(rows)[:MOST_ACCOUNTS]:
        shown = name if isinstance(name, str) else "unnamed"
        place = platform_name(platform) if isinstance(platform, str) else "unknown platform"
        out.append((f"{shown} · {place} ({size:,})", str(value)))
    return out


def _label_choices(videos: pd.DataFrame) -> list[tuple[str, str]]:
    pairs: dict[tuple[str, str], int] = {}
    for row in zip(videos["label_ids"], videos["label_names"], strict=True):
        ids, names = (list(one) if isinstance(one, list | tuple | np.ndarray) else [] for one in row)
        names += ids[len(names) :]
        for key in zip(ids or names, names, strict=False):
            pairs[key] = pairs.get(key, 0) + 1
    repeated = pd.Series([name for _, name in pairs], dtype=object).value_counts()
    ordered = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return [(f"{name} ({count:,})", name if repeated[name] == 1 else key) for (key, name), count in ordered]


def _make(offered: dict[str, list[tuple[str, str]]]) -> dict[str, Any]:
    wide, narrow = w.Layout(width="200px"), w.Layout(width="132px")
    out: dict[str, Any] = {}
    for name, title in _TITLES.items():
        more: dict[str, Any] = {"description": title, "style": {"description_width": "initial"}, "layout": narrow}
        if name in DAY_EDGES:
            control = w.DatePicker(**more)
        elif name in NAME_LISTS:
            control = w.SelectMultiple(options=offered[name], rows=4, **more | {"layout": wide})
        elif name in _RANGES:
            options = _step_names(name, list(_STEPS[name]))
            more |= {"options": options, "index": (0, len(options) - 1), "layout": wide}
            control = w.SelectionRangeSlider(**more)
        elif name == "search":
            control = w.Text(placeholder='words, "a phrase", #tag', **more | {"layout": wide})
        elif name == "only_uploaded_in_range":
            control = w.Checkbox(indent=False, **more | {"layout": w.Layout(width="250px")})
        elif name == "format":
            control = w.Dropdown(options=[("all", None), *((one, one) for one in get_args(PostFormat))], **more)
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
        control.options = [*control.options, *((name, name) for name in missing)]
