"""All outlier scores at once: a point per video, or a bar per bracket.

Pitfall: a hollow point has too few peers, or is too young, to lean on; small accounts make many of them.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from shortimize_analytics.analysis.base.constants import HIT

from .canvas import axes, below, beside, check_columns, heading, key, note, nothing_to_show
from .messages import gettext, ngettext
from .row_names import bracket_name, fit_label, groups_shown, in_bracket_order, with_words_after
from .scales import log_axis, name_lines
from .theme import (
    ACCENT,
    ACCENT_SOFT,
    INK,
    MUTED,
    OTHER_COLOUR,
    RULE,
    UNRELIABLE,
    counted,
    full_number,
    multiple,
    pale_to_dark,
    percent,
    platform_colour,
    platform_name,
    share,
    short_number,
    style,
)

_MAX_NAMED = 12
_MAX_GROUPS = 12
_MANY = 500
"""More points than this are smaller, paler, and one bitmap in an SVG or PDF."""


def plot_outlier_scatter(
    outliers: pd.DataFrame, *, highlight: str | Iterable[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw every video's score against its views.

    Parameters
    ----------
    outliers
        What `rank_outliers` returned. Videos without a score or without views are counted, not drawn.
    highlight
        `ad_id` of the videos to ring and name (at most 12 are named), or None.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        A point per video: views (x, log axis), score (y, log axis), colour of the platform, hollow where not
        `reliable`; lines at 1x and 5x.

    Raises
    ------
    InvalidParameterError
        When the frame is no outlier ranking.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_outlier_scatter
    >>> plot_outlier_scatter(schema.empty(schema.OUTLIERS)).texts[0].get_text()
    'No video has a score.'
    """
    check_columns(outliers, ["ad_id", "username", "platform", "views", "mult", "reliable"], source="rank_outliers")
    drawable = ((outliers["mult"] > 0) & (outliers["views"] > 0)).fillna(value=False)
    rows = outliers[drawable]
    with style():
        ax = axes(ax, height=3.8)
        if rows.empty:
            return nothing_to_show(ax, gettext("No video has a score."))
        views, mult = rows["views"].to_numpy(dtype=float), rows["mult"].to_numpy(dtype=float)
        log_axis(ax, views.min(), high=views.max(), which="x")
        log_axis(ax, min(mult.min(), 0.8), high=max(mult.max(), 6.0), words=lambda tick: f"{tick:g}x")
        ax.axhline(1, color=MUTED, linewidth=1.0, zorder=1)
        ax.axhline(HIT, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        platforms = rows["platform"].fillna("").astype("str")
        hollow = bool(_points(ax, rows, colours=platforms.map(platform_colour).to_numpy()))
        named = list(platforms.value_counts().index)
        key(
            ax,
            {
                fit_label(platform_name(name), fallback=gettext("unknown"), width=18): platform_colour(name)
                for name in named[:6]
            }
            | ({gettext("hollow: unreliable"): None} if hollow else {}),
        )
        ax.set_xlabel(gettext("views"), loc="left")
        ax.set_ylabel(gettext("score"))
        if highlight is None:
            beside(ax, f"{HIT}x", HIT, points=18, color=MUTED, fontsize=8.5)
        left_out = len(outliers) - len(rows)
        count = counted(len(rows), "video")
        if left_out:
            count = gettext("{videos}; {n} without a score or views", videos=count, n=full_number(left_out))
        note(ax, count, line=2)
        if highlight is not None:
            _ring(ax, rows, wanted=[highlight] if isinstance(highlight, str) else list(highlight))
    return ax


def plot_brackets(brackets: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how many videos reach which multiple of their account.

    Parameters
    ----------
    brackets
        What `bracket_counts` returned.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        One group: a bar per bracket with the share of its videos (y), its 95 % interval, and below both numbers.
        Several (at most 12 are drawn, those with the most videos): a row per group, split into shares from grey (<1x)
        over pale to dark (100x and more).

    Raises
    ------
    InvalidParameterError
        When the frame holds no brackets.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_brackets
    >>> plot_brackets(schema.empty(schema.BRACKET_COUNTS)).texts[0].get_text()
    'No video has a score.'
    """
    check_columns(brackets, ["group", "bracket", "n_videos", "n", "share", "lo", "hi"], source="bracket_counts")
    with style():
        sizes = brackets.groupby("group", sort=False)["n"].max().sort_values(ascending=False, kind="stable")
        groups = list(sizes[sizes > 0].index)
        ax = axes(ax, height=2.8 if len(groups) < 2 else 0.9 + 0.29 * min(len(groups), _MAX_GROUPS))
        if not groups:
            return nothing_to_show(ax, gettext("No video has a score."))
        if len(groups) > 1:
            return _shares_by_group(ax, brackets, sizes=sizes[groups])
        return _bars(ax, brackets[brackets["group"] == groups[0]])


def _points(ax: Axes, rows: pd.DataFrame, *, colours: np.ndarray) -> int:
    """Draw the points in two calls; return how many are hollow."""
    sure = rows["reliable"].fillna(value=False).to_numpy(dtype=bool)
    many = len(rows) > _MANY
    # one shuffle for all: the platform drawn last would cover the others
    order = np.random.default_rng(0).permutation(len(rows))
    for solid in (False, True):
        at = order[sure[order] == solid]
        if len(at):
            ax.scatter(
                rows["views"].to_numpy(dtype=float)[at],
                rows["mult"].to_numpy(dtype=float)[at],
                s=12 if many else 26,
                facecolors=list(colours[at]) if solid else "none",
                edgecolors="none" if solid else list(colours[at]),
                linewidths=0.8,
                alpha=0.65 if solid else 0.4,
                rasterized=many,
                zorder=3 if solid else 2,
            )
    return int((~sure).sum())


def _ring(ax: Axes, rows: pd.DataFrame, *, wanted: list[str]) -> None:
    """Ring and name the videos that were asked for."""
    found = rows[rows["ad_id"].isin(wanted)]
    views, mult = found["views"].to_numpy(dtype=float), found["mult"].to_numpy(dtype=float)
    ax.scatter(views, mult, s=90, facecolors="none", edgecolors=INK, linewidths=1.4, zorder=4)
    named = [
        (
            x,
            y,
            with_words_after(
                f"@{fit_label(row.username, fallback=gettext('unknown'), width=20)}", f" {multiple(row.mult)}"
            ),
            INK,
        )
        for x, y, row in zip(views[:_MAX_NAMED], mult[:_MAX_NAMED], found.itertuples(), strict=False)
    ]
    if named:
        name_lines(ax, named, right=ax.get_xlim()[1])


def _bars(ax: Axes, rows: pd.DataFrame) -> Axes:
    rows = in_bracket_order(rows)
    shares, low, high = (rows[name].to_numpy(dtype=float, na_value=np.nan) for name in ("share", "lo", "hi"))
    x = np.arange(len(rows))
    ax.bar(x, shares, width=0.62, color=ACCENT_SOFT, zorder=2)
    ax.vlines(x, low, high, color=ACCENT, linewidth=2.2, zorder=3)
    for place, row in enumerate(rows.itertuples()):
        colour = INK if row.n_videos > 0 else UNRELIABLE
        below(ax, share(row.share), x=place, line=1, color=colour, fontweight="bold")
        below(ax, f"n {full_number(row.n_videos)}", x=place, line=2, fontsize=8.5)
    ax.set_xticks(x, labels=[bracket_name(name) for name in rows["bracket"]])
    ax.set_xlim(-0.6, len(rows) - 0.4)
    ax.set_ylim(0, max(float(np.nanmax(high, initial=0.0)), float(np.nanmax(shares))) * 1.04)
    ax.set_yticks([])
    ax.axhline(0, color=RULE, linewidth=1.0, zorder=3)
    ax.spines["bottom"].set_visible(False)
    total = int(rows["n"].max())
    note(
        ax,
        ngettext(
            "{n} video with a score; strokes: 95 % intervals", "{n} videos with a score; strokes: 95 % intervals", total
        ),
        line=3,
    )
    return ax


def _shares_by_group(ax: Axes, rows: pd.DataFrame, *, sizes: pd.Series) -> Axes:
    groups = list(sizes.index[:_MAX_GROUPS])
    names = list(in_bracket_order(rows)["bracket"].astype("str").unique())
    colours = [UNRELIABLE, *pale_to_dark(len(names) - 1)] if len(names) > 1 else [OTHER_COLOUR]
    shown = rows[rows["group"].isin(groups)]
    table = shown.assign(bracket=shown["bracket"].astype("str")).pivot(index="group", columns="bracket", values="share")
    table = table.reindex(index=groups, columns=names).fillna(0.0)
    left = np.zeros(len(groups))
    for name, colour in zip(names, colours, strict=True):
        width = table[name].to_numpy(dtype=float)
        ax.barh(range(len(groups)), width, left=left, height=0.62, color=colour, zorder=2)
        left = left + width
    for place, name in enumerate(groups):
        beside(ax, short_number(sizes[name]), place, points=40, color=MUTED)
    heading(ax, gettext("videos"), points=40)
    ax.set_yticks(
        range(len(groups)), labels=[fit_label(platform_name(str(name)), width=28) for name in groups], color=INK
    )
    ax.set_ylim(len(groups) - 0.4, -0.6)
    ax.set_xlim(0, max(1.0, float(left.max())))
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], labels=[percent(part) for part in (0, 0.25, 0.5, 0.75, 1)])
    ax.spines["bottom"].set_visible(False)
    key(ax, {bracket_name(name): colour for name, colour in zip(names, colours, strict=True)})
    if len(sizes) > len(groups):
        note(ax, groups_shown(len(groups), len(sizes)), line=2)
    return ax
