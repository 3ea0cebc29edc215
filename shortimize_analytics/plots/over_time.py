"""Views and uploads over time: bars of the whole, or a line per group.

Pitfall: a first or last stretch that is only partly covered looks like a rise or a fall. It is drawn faint, and said.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from shortimize_analytics.schema.rows import day_numbers

from .canvas import axes, check_columns, key, note, nothing_to_show
from .messages import gettext, later
from .row_names import fit_label
from .scales import count_axis, date_axis, middles, name_lines
from .theme import ACCENT, ACCENT_SOFT, RULE, WARNING, full_number, group_colour, platform_name, style

_MAX_LINES = 6
_MAX_BARS = 60
"""More stretches than this are drawn as one area: bars would be thinner than the gaps between them."""
_FAINT = 0.45


def plot_views_over_time(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the views gained in each day, week or month.

    Parameters
    ----------
    frame
        What `views_over_time` returned. With several groups, the six that gained most are drawn.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        One group: new uploads on top of the back catalogue, corrections below zero. Several: a line per group, named
        at its end. Partial stretches are faint (bars) or left open (dots).

    Raises
    ------
    InvalidParameterError
        When the frame holds no views over time.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_views_over_time
    >>> plot_views_over_time(schema.empty(schema.VIEWS_OVER_TIME)).texts[0].get_text()
    'No views to show over time.'
    """
    columns = ["group", "start", "end", "views_gained", "new_views", "back_views", "corrections", "partial"]
    check_columns(frame, columns, source="views_over_time")
    with style():
        ax = axes(ax)
        rows = frame[frame["views_gained"].notna()]
        if rows.empty:
            return nothing_to_show(ax, gettext("No views to show over time."))
        if rows["group"].nunique() > 1:
            return _lines(ax, frame, value="views_gained", what=later("views gained"))
        parts = {"back_views": ACCENT_SOFT, "new_views": ACCENT}
        names = {
            "back_views": gettext("older videos"),
            "new_views": gettext("uploaded then"),
            "corrections": gettext("corrections"),
        }
        _stack(ax, rows, parts=parts)
        if (rows["corrections"] < 0).any():
            parts["corrections"] = WARNING
            _stack(ax, rows, parts={"corrections": WARNING})
        low, high = float(rows["corrections"].min()), float((rows["back_views"] + rows["new_views"]).max())
        count_axis(ax, 0.0 if pd.isna(low) else min(low, 0.0), high=0.0 if pd.isna(high) else high)
        key(ax, {names[part]: colour for part, colour in parts.items()})
        return _finish(ax, rows)


def plot_uploads_over_time(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the uploads of each day, week or month.

    Parameters
    ----------
    frame
        What `uploads_over_time` returned. With several groups, the six that uploaded most are drawn.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        One group: bars of videos and, on top, photo posts. Several: a line per group, named at its end. Partial
        stretches are faint (bars) or left open (dots).

    Raises
    ------
    InvalidParameterError
        When the frame holds no uploads over time.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_uploads_over_time
    >>> plot_uploads_over_time(schema.empty(schema.UPLOADS_OVER_TIME)).texts[0].get_text()
    'No uploads to show over time.'
    """
    check_columns(frame, ["group", "start", "end", "n_uploads", "n_photos", "partial"], source="uploads_over_time")
    with style():
        ax = axes(ax)
        if frame.empty or not (frame["n_uploads"] > 0).any():
            return nothing_to_show(ax, gettext("No uploads to show over time."))
        if frame["group"].nunique() > 1:
            return _lines(ax, frame, value="n_uploads", what=later("uploads"))
        rows = frame.assign(n_videos=frame["n_uploads"] - frame["n_photos"])
        parts = {"n_videos": ACCENT}
        if (rows["n_photos"] > 0).any():
            parts["n_photos"] = ACCENT_SOFT
        _stack(ax, rows, parts=parts)
        count_axis(ax, 0.0, high=float(rows["n_uploads"].max()))
        if "n_photos" in parts:
            key(ax, {gettext("videos"): ACCENT, gettext("photo posts"): ACCENT_SOFT})
        else:
            key(ax, {gettext("uploads"): ACCENT})
        return _finish(ax, rows)


def _stack(ax: Axes, rows: pd.DataFrame, *, parts: dict[str, str]) -> None:
    """Stack these columns on zero, one colour each: as bars, or as one stepped area when they are many."""
    from matplotlib.patches import Polygon, Rectangle

    start, end = day_numbers(rows["start"]), day_numbers(rows["end"]) + 1
    partial = rows["partial"].fillna(value=False).to_numpy(dtype=bool)
    base = np.zeros(len(rows))
    for name, colour in parts.items():
        values = rows[name].to_numpy(dtype=float, na_value=0.0)
        if len(rows) <= _MAX_BARS:
            width = (end - start) * 0.8
            bars = zip(middles(rows) - width / 2, base, width, values, partial, strict=True)
            # not `bar`, which looks for limits that are set anyway, and takes three times as long
            for left, low, wide, high, faint in bars:
                alpha = _FAINT if faint else None
                ax.add_artist(Rectangle((left, low), wide, high, facecolor=colour, alpha=alpha, zorder=2))
        else:
            # stretches without a row stay empty: each one's area goes back to its base before the next begins
            x = np.column_stack([start, start, end, end]).ravel()
            top = np.column_stack([base, base + values, base + values, base]).ravel()
            # a polygon, not `fill_between`, which takes three times as long to draw
            corners = np.column_stack([np.append(x, x[::-1]), np.append(top, np.repeat(base, 4)[::-1])])
            ax.add_artist(Polygon(corners, color=colour, linewidth=0, zorder=2))
        base = base + values


def _lines(ax: Axes, frame: pd.DataFrame, *, value: str, what: str) -> Axes:
    """Draw a line per group, the largest ones."""
    sizes = frame.groupby("group")[value].sum().sort_values(ascending=False, kind="stable")
    groups = list(sizes.index[:_MAX_LINES])
    rows = frame[frame["group"].isin(groups)]
    ends = []
    for place, name in enumerate(groups):
        line = rows[rows["group"] == name].sort_values("start", kind="stable")
        x = middles(line)
        y = line[value].to_numpy(dtype=float, na_value=np.nan)
        whole = ~line["partial"].fillna(value=False).to_numpy(dtype=bool)
        colour, words = (
            group_colour(name, place),
            fit_label(platform_name(str(name)), fallback=gettext("unnamed"), width=18),
        )
        ax.plot(x, y, color=colour, linewidth=1.0, linestyle=":", zorder=2)
        ax.plot(x, np.where(whole, y, np.nan), color=colour, zorder=3, marker="o" if len(x) == 1 else None)
        known = np.flatnonzero(~np.isnan(y))
        if len(known):
            ends.append((float(x[known[-1]]), float(y[known[-1]]), words, colour))
    values = rows[value].to_numpy(dtype=float, na_value=np.nan)
    count_axis(ax, min(0.0, float(np.nanmin(values))), high=float(np.nanmax(values)))
    key(ax, {gettext(what): None})
    _finish(ax, rows, faint=gettext("dotted: not covered whole"))
    name_lines(ax, ends)
    if len(sizes) > len(groups):
        note(
            ax,
            gettext(
                "{shown} of {n} groups, those with the most {what}",
                shown=len(groups), n=full_number(len(sizes)), what=gettext(what),
            ),
            line=3,
        )  # fmt: skip
    return ax


def _finish(ax: Axes, rows: pd.DataFrame, *, faint: str = "") -> Axes:
    first, last = day_numbers(rows["start"]).min(), day_numbers(rows["end"]).max() + 1
    # few stretches keep the width they would have among six
    longest = float((day_numbers(rows["end"]) - day_numbers(rows["start"])).max() + 1)
    spare = max(0.0, (6 * longest - (last - first)) / 2)
    ax.set_xlim(first - spare, last + spare)
    date_axis(ax, rows["start"], ends=rows["end"])
    ax.axhline(0, color=RULE, linewidth=1.0, zorder=3)
    ax.spines["bottom"].set_visible(False)
    group = fit_label(rows["group"].iloc[0], fallback=gettext("unnamed"))
    said = [gettext("only {group}", group=group)] if rows["group"].nunique() == 1 and group != "all" else []
    shown_faint = len(rows) <= _MAX_BARS or rows["group"].nunique() > 1
    if shown_faint and rows["partial"].fillna(value=False).any():
        said.append(faint or gettext("faint: not covered whole"))
    if said:
        note(ax, "; ".join(said), line=2)
    return ax
