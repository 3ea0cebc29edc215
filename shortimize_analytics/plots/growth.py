"""Growth curves: what a group's videos have at each age.

Pitfall: with ``value="views"`` each point has its own set of videos (`n_videos`), so a line can fall although no video
lost views; ``value="share"`` follows a fixed set.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from shortimize_analytics.schema.choices import CurveValue, check_choice

from .canvas import axes, check_cap, check_columns, note, nothing_to_show
from .messages import gettext, ngettext
from .row_names import fit_label, groups_shown, with_words_after
from .scales import age_axis, log_axis, name_lines, share_axis
from .theme import MUTED, UNRELIABLE, counted, group_colour, pale_to_dark, platform_name, style

_MIN_VIDEOS = 5
"""Below this many videos a point has no interval, and its line is dotted."""
_MAX_COHORTS = 12


def plot_growth_curves(
    curves: pd.DataFrame, *, value: CurveValue = "share", max_groups: int = 6, ax: Axes | None = None
) -> Axes:
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
    check_cap("max_groups", max_groups, limit=12)
    drawable = _drawable(curves, value=value)
    by_group = drawable.groupby("group", sort=True)
    sizes = by_group["n_videos"].max().sort_values(ascending=False, kind="stable")
    # From the lowest curve to the highest, so that names of lines that end together stand in the order of the lines.
    groups = list(by_group["median_value"].mean()[sizes.index[:max_groups]].sort_values(kind="stable").index)
    with style():
        ax = axes(ax)
        if not groups:
            return nothing_to_show(ax, gettext("No history to draw growth from."))
        ends = [
            _curve(ax, drawable[drawable["group"] == group], name=str(group), colour=group_colour(group, place))
            for place, group in enumerate(groups)
        ]
        _scale(ax, drawable[drawable["group"].isin(groups)], value=value)
        name_lines(ax, ends)
        if len(sizes) > len(groups):
            note(ax, groups_shown(len(groups), len(sizes)), line=2)
    return ax


def plot_cohort_curves(curves: pd.DataFrame, *, value: CurveValue = "share", ax: Axes | None = None) -> Axes:
    """Draw one line per cohort, the oldest palest, to see whether newer videos grow otherwise.

    Parameters
    ----------
    curves
        What `growth_curves` returned for groups whose names sort in time, upload months ("2026-03") say. With more than
        12 the newest are drawn.
    value
        What the curves are of, as given to `growth_curves`.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        One line per cohort from pale (oldest) to dark (newest), named at its end with its number of videos; dotted
        where fewer than five videos are behind a point. No intervals: they would cover each other.

    Raises
    ------
    InvalidParameterError
        When `value` is not views, share or gain, or the frame holds no growth curves.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_cohort_curves
    >>> plot_cohort_curves(schema.empty(schema.GROWTH_CURVES)).texts[0].get_text()
    'No history to draw growth from.'
    """
    drawable = _drawable(curves, value=value)
    groups = sorted(drawable["group"].unique())
    shown = groups[-_MAX_COHORTS:]
    with style():
        ax = axes(ax, height=3.8)
        if not groups:
            return nothing_to_show(ax, gettext("No history to draw growth from."))
        rows = drawable[drawable["group"].isin(shown)]
        _scale(ax, rows.drop(columns=["ci_lo", "ci_hi"]), value=value)
        ends = []
        for name, colour in zip(shown, pale_to_dark(len(shown)), strict=True):
            cohort = rows[rows["group"] == name]
            x, y, _, _ = _curve(ax, cohort, name=str(name), colour=colour, interval=False)
            ends.append(
                (
                    x,
                    y,
                    with_words_after(
                        fit_label(platform_name(str(name)), width=12), f", {counted(cohort['n_videos'].max(), 'video')}"
                    ),
                    colour,
                )
            )
        name_lines(ax, ends, ink=MUTED)
        if len(groups) > len(shown):
            more = ngettext("the newest {shown} of {n} cohort", "the newest {shown} of {n} cohorts", len(groups),
                            shown=len(shown))  # fmt: skip
            note(ax, more, line=2)
    return ax


def _drawable(curves: pd.DataFrame, *, value: CurveValue) -> pd.DataFrame:
    """Return the rows that can be drawn on the scale of the value."""
    check_choice(value, CurveValue, "value")
    check_columns(curves, ["group", "age_days", "n_videos", "median_value", "ci_lo", "ci_hi"], source="growth_curves")
    rows = curves[curves["median_value"].notna()]
    return rows if value == "share" else rows[rows["median_value"] > 0]


def _curve(
    ax: Axes, rows: pd.DataFrame, *, name: str, colour: str, interval: bool = True
) -> tuple[float, float, str, str]:
    """Draw one group; return the end of its line, its name and its colour."""
    rows = rows.sort_values("age_days", kind="stable")
    age, median, low, high = (
        rows[column].to_numpy(dtype=float, na_value=np.nan) for column in ("age_days", "median_value", "ci_lo", "ci_hi")
    )
    enough = rows["n_videos"].to_numpy(dtype=float, na_value=0) >= _MIN_VIDEOS
    ax.plot(age, median, color=UNRELIABLE, linestyle=":", linewidth=1.2, zorder=2)
    ax.plot(age, np.where(enough, median, np.nan), color=colour, zorder=3, marker="o" if len(age) == 1 else None)
    if interval:
        ax.fill_between(age, low, high, color=colour, alpha=0.11, linewidth=0, zorder=1)
    return age[-1], median[-1], fit_label(platform_name(name), fallback=gettext("unnamed"), width=18), colour


def _scale(ax: Axes, rows: pd.DataFrame, *, value: CurveValue) -> None:
    """Set limits and ticks."""
    if value == "share":
        share_axis(ax, float(rows["median_value"].max()))
    else:
        bounds = rows[rows.columns.intersection(["median_value", "ci_lo", "ci_hi"])].to_numpy(
            dtype=float, na_value=np.nan
        )
        bounds = bounds[np.isfinite(bounds) & (bounds > 0)]
        log_axis(ax, bounds.min(), high=bounds.max())
    age_axis(ax, float(rows["age_days"].min()), oldest=float(rows["age_days"].max()))
