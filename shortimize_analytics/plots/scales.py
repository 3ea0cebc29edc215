"""Axes with few, round ticks: counts from zero, counts on a log scale, ages in days, calendar days.

Every function sets limits and ticks at once and leaves no locator behind that would look for ticks at each redraw.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis

from shortimize_analytics.schema.rows import day_numbers

from .canvas import own_font
from .messages import gettext
from .theme import RULE, day, percent, short_number

_STEPS = (1, 2, 5, 7, 10, 15, 30, 60, 90, 180, 365, 730, 1825, 10_000)
"""Days between two ticks of an age."""
_ROOM = 0.08
"""Part of an axis of counts that stays free above the highest."""
_MOST_DATES = 7
_DECADES_SHOWN = 6
"""A log axis never reaches further below its top than this: a single video with one view would flatten the rest."""


def count_axis(ax: Axes, low: float, *, high: float) -> None:
    """Put counts on the y axis, from zero (or below, for corrections) to a little above the highest."""
    from matplotlib.ticker import MaxNLocator

    high = max(high, 1.0)
    steps = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10], integer=high < 10).tick_values(0.0, high)
    ticks = [tick for tick in steps if tick <= high * (1 + _ROOM)]
    ax.set_ylim(low * (1 + _ROOM) if low < 0 else 0.0, high * (1 + _ROOM))
    _set_ticks(ax.yaxis, ticks, words=[short_number(tick) for tick in ticks])
    ax.grid(visible=True, axis="y")
    ax.set_axisbelow(True)


def _set_ticks(axis: Axis, places: Any, *, words: list[str]) -> None:
    axis.set_ticks(places, labels=words, fontfamily=own_font("".join(words)))


def share_axis(ax: Axes, high: float = 1.0) -> None:
    """Put shares on the y axis, from 0 to 100 %."""
    ax.set_ylim(0, max(1.04, high * 1.05))
    ticks = [0, 0.25, 0.5, 0.75, 1]
    _set_ticks(ax.yaxis, ticks, words=[percent(tick) for tick in ticks])
    ax.grid(visible=True, axis="y")


def log_axis(
    ax: Axes, low: float, *, high: float, which: Literal["x", "y"] = "y", words: Callable[[Any], str] = short_number
) -> None:
    """Put positive numbers on a log axis, with 1-2-5 ticks, or decades where those would be many."""
    low, high = max(low, high / 10**_DECADES_SHOWN) / 1.3, high * 1.3
    # at least a factor of eight, which always holds two ticks
    spare = max(1.0, (8 * low / high) ** 0.5)
    low, high = low / spare, high * spare
    ticks = [m * 10.0**p for p in range(-4, 16) for m in (1, 2, 5) if low <= m * 10.0**p <= high]
    if len(ticks) > 6:
        ticks = [10.0**p for p in range(-4, 16) if low <= 10.0**p <= high]
    axis = getattr(ax, f"{which}axis")
    getattr(ax, f"set_{which}scale")("log")
    getattr(ax, f"set_{which}lim")(low, high)
    _set_ticks(axis, ticks, words=[words(tick) for tick in ticks])
    axis.set_ticks([], minor=True)
    ax.grid(visible=True, axis=which)
    ax.set_axisbelow(True)


def age_axis(ax: Axes, youngest: float, *, oldest: float) -> None:
    """Put ages on the x axis."""
    ax.set_xlim(min(0.0, youngest), max(oldest, 1.0))
    step = next(step for step in _STEPS if oldest / step <= 7)
    ages = np.arange(0, oldest + 1, step)
    _set_ticks(ax.xaxis, ages, words=[f"{age:.0f}" for age in ages])
    ax.set_xlabel(gettext("days since upload"), loc="left")


def date_axis(ax: Axes, starts: pd.Series, *, ends: pd.Series) -> None:
    """Put ticks in the middle of some of these stretches of days; the year stands under the first one of each year."""
    spans = pd.DataFrame({"start": starts, "end": ends}).drop_duplicates().sort_values("start")
    months = bool(((spans["start"].dt.day == 1) & (spans["end"] - spans["start"] > pd.Timedelta(days=26))).all())
    shown = spans.iloc[:: max(1, -(-len(spans) // _MOST_DATES))]
    words, year = [], None
    for value in shown["start"]:
        text = day(value, year=False)
        words.append((text.split()[1] if months else text) + (f"\n{value.year}" if value.year != year else ""))
        year = value.year
    _set_ticks(ax.xaxis, middles(shown), words=words)
    ax.tick_params(axis="x", pad=6)


def middles(spans: pd.DataFrame) -> np.ndarray:
    """Middle of each stretch from `start` to the end of `end`, in days since 1970."""
    return (day_numbers(spans["start"]) + day_numbers(spans["end"]) + 1) / 2


def name_lines(
    ax: Axes,
    ends: list[tuple[float, float, str, str]],
    *,
    right: float | None = None,
    ink: str | None = None,
) -> None:
    """Write each line's name (x, y, name, colour) beside its end, moved apart where names would touch.

    Names from outside have been through `label`. They stand at `right`, or at the rightmost end. Names in
    an `ink` of their own, for lines too pale for text, are joined to their lines by a stroke of the line's colour.
    """
    from matplotlib.transforms import ScaledTranslation

    # A layout that runs later may take a fifth of the height: the gap must still hold then.
    gap = 12.0 / 72 * ax.figure.dpi / (0.8 * ax.get_window_extent().height)
    ordered = sorted(ends, key=lambda end: end[1])
    to_axes = ax.transData + ax.transAxes.inverted()
    points = to_axes.transform([(x, y) for x, y, _, _ in ordered])
    placed = _apart(points[:, 1], gap)
    right = max(x for x, _, _, _ in ends) if right is None else right
    edge = to_axes.transform((right, ordered[0][1]))[0]
    beside_end = ax.get_xaxis_transform() + ScaledTranslation((14 if ink else 6) / 72, 0, ax.figure.dpi_scale_trans)
    stroke = {"arrowstyle": "-", "linewidth": 1.2 if ink else 0.8, "shrinkA": 1, "shrinkB": 1, "relpos": (0.0, 0.5)}
    for (x, y, name, colour), (across, up), target in zip(ordered, points, placed, strict=True):
        # A name beside a line that ends early would lie on the lines that go on.
        far = abs(target - up) > 0.75 * gap or across < edge - 0.02
        ax.annotate(
            name,
            xy=(x, y),
            xytext=(right, target),
            textcoords=beside_end,
            va="center_baseline",
            color=ink or colour,
            fontweight="bold",
            annotation_clip=False,
            fontfamily=own_font(name),
            arrowprops=stroke | {"color": colour if ink else RULE} if far or ink else None,
        )


def _apart(heights: np.ndarray, gap: float) -> np.ndarray:
    """Move ascending heights (0 to 1) at least a gap apart, each as little as possible.

    Less `gap` per place, the heights must not descend: neighbours that do are pooled at their mean.
    """
    steps = np.arange(len(heights)) * gap
    pools: list[tuple[float, int]] = []
    for value in heights - steps:
        mean, size = float(value), 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        pools.append((mean, size))
    flat = np.repeat([mean for mean, _ in pools], [size for _, size in pools])
    return np.clip(flat, 0.0, max(0.0, 1.0 - steps[-1])) + steps
