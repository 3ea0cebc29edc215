"""Growth curves: what a group's videos have at each age.

Pitfall: with ``value="views"`` each point has its own set of videos (`n_videos`), so a line can fall although no video
lost views; ``value="share"`` follows a fixed set.
"""

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.style import (
    GROUP_COLOURS,
    OTHER_COLOUR,
    PLATFORM_COLOURS,
    UNRELIABLE,
    percent,
    platform_name,
    short_number,
    style,
)

from ._base import axes, check_cap, check_columns, label, note, nothing_to_show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Value = Literal["views", "share", "gain"]
_MIN_VIDEOS = 5
"""Below this many videos a point has no interval, and its line is dotted."""


def plot_growth_curves(
    curves: pd.DataFrame, *, value: Value = "share", max_groups: int = 6, ax: "Axes | None" = None
) -> "Axes":
    """Draw the median of each group by age, with its interval where the frame has one.

    Parameters
    ----------
    curves
        What `growth_curves` returned.
    value
        What the curves are of, as given to `growth_curves`: share of the views at the last age, views (log axis), or
        gain per day (log axis).
    max_groups
        Largest number of lines; the groups with the most videos are kept.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        One line per group, named at its end; dotted where fewer than five videos are behind a point.

    Raises
    ------
    InvalidParameterError
        When `value` or `max_groups` (1 to 12) is not one of those, or the frame holds no growth curves.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_growth_curves
    >>> plot_growth_curves(schema.empty(schema.GROWTH_CURVES)).texts[0].get_text()
    'No history to draw growth from.'
    """
    if value not in {"views", "share", "gain"}:
        raise InvalidParameterError(f"value={value!r}: use views, share or gain")
    check_cap("max_groups", max_groups, limit=12)
    check_columns(curves, ["group", "age_days", "n_videos", "median", "ci_lo", "ci_hi"], source="growth_curves")
    drawable = curves[curves["median"].notna()]
    if value != "share":
        drawable = drawable[drawable["median"] > 0]
    by_group = drawable.groupby("group", sort=True)
    sizes = by_group["n_videos"].max().sort_values(ascending=False, kind="stable")
    # From the lowest curve to the highest, so that names of lines that end together stand in the order of the lines.
    groups = list(by_group["median"].mean()[sizes.index[:max_groups]].sort_values(kind="stable").index)
    with style():
        ax = axes(ax)
        if not groups:
            return nothing_to_show(ax, "No history to draw growth from.")
        if value != "share":
            ax.set_yscale("log")
        ends = [
            _curve(ax, drawable[drawable["group"] == group], name=str(group), place=place)
            for place, group in enumerate(groups)
        ]
        _scale(ax, drawable[drawable["group"].isin(groups)], value=value)
        _name_lines(ax, ends)
        if len(sizes) > len(groups):
            note(ax, f"{len(groups)} of {len(sizes):,} groups, those with the most videos", line=2)
    return ax


def _curve(ax: "Axes", rows: pd.DataFrame, *, name: str, place: int) -> tuple[float, float, str, str]:
    """Draw one group; return the end of its line, its name and its colour."""
    rows = rows.sort_values("age_days", kind="stable")
    age, median, low, high = (
        rows[column].to_numpy(dtype=float, na_value=np.nan) for column in ("age_days", "median", "ci_lo", "ci_hi")
    )
    enough = rows["n_videos"].to_numpy(dtype=float, na_value=0) >= _MIN_VIDEOS
    colour = PLATFORM_COLOURS.get(name.lower()) or (
        GROUP_COLOURS[place] if place < len(GROUP_COLOURS) else OTHER_COLOUR
    )
    ax.plot(age, median, color=UNRELIABLE, linestyle=":", linewidth=1.2, zorder=2)
    ax.plot(age, np.where(enough, median, np.nan), color=colour, zorder=3, marker="o" if len(age) == 1 else None)
    ax.fill_between(age, low, high, color=colour, alpha=0.11, linewidth=0, zorder=1)
    return age[-1], median[-1], name, colour


def _scale(ax: "Axes", rows: pd.DataFrame, *, value: Value) -> None:
    """Set limits and ticks: three to six round numbers on each axis."""
    low, high = float(rows["median"].min()), float(rows["median"].max())
    if value == "share":
        ax.set_ylim(0, max(1.04, high * 1.05))
        ticks = [0, 0.25, 0.5, 0.75, 1]
        ax.set_yticks(ticks, labels=[percent(tick) for tick in ticks])
    else:
        bounds = rows[["ci_lo", "ci_hi"]].to_numpy(dtype=float, na_value=np.nan)
        bounds = bounds[np.isfinite(bounds) & (bounds > 0)]
        low, high = min([low, *bounds]), max([high, *bounds])
        low, high = max(low, high / 1e6) / 1.3, high * 1.3
        ax.set_ylim(low, high)
        ticks = [m * 10.0**p for p in range(-1, 13) for m in (1, 2, 5) if low <= m * 10.0**p <= high]
        if len(ticks) > 6:
            ticks = [10.0**p for p in range(-1, 13) if low <= 10.0**p <= high]
        ax.set_yticks(ticks, labels=[short_number(tick) for tick in ticks])
        ax.set_yticks([], minor=True)
    ax.grid(visible=True, axis="y")
    oldest = float(rows["age_days"].max())
    ax.set_xlim(min(0.0, float(rows["age_days"].min())), max(oldest, 1.0))
    step = next(step for step in (1, 2, 5, 7, 10, 15, 30, 60, 90, 180, 365, 10_000) if oldest / step <= 7)
    ages = np.arange(0, oldest + 1, step)
    ax.set_xticks(ages, labels=[f"{age:.0f}" for age in ages])
    ax.set_xlabel("days since upload")


def _name_lines(ax: "Axes", ends: list[tuple[float, float, str, str]]) -> None:
    """Write each group's name at the end of its line, moved apart where they would touch."""
    gap = 12.0 * ax.figure.dpi / 72
    ordered = sorted(ends, key=lambda end: end[1])
    top = ax.transAxes.transform((0, 1))[1]
    heights = [ax.transData.transform((age, median))[1] for age, median, _, _ in ordered]
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + gap) if placed else height)
    # Pushing up only would let the block drift off its lines: centre the drift, but stay below the top.
    drift = sum(after - before for after, before in zip(placed, heights, strict=True)) / len(placed)
    drift = max(drift, placed[-1] - top)
    for (age, median, name, colour), height, target in zip(ordered, heights, placed, strict=True):
        ax.annotate(
            label(platform_name(name), fallback="unnamed", width=18),
            xy=(age, median),
            xytext=(6, (target - drift - height) * 72 / ax.figure.dpi),
            textcoords="offset points",
            va="center_baseline",
            color=colour,
            fontweight="bold",
            annotation_clip=False,
        )
