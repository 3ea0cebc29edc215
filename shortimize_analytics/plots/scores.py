"""All outlier scores at once: a point per video, or a bar per bracket.

Pitfall: a hollow point has too few peers, or is too young, to lean on; small accounts make many of them.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from shortimize_analytics.style import (
    ACCENT,
    INK,
    MUTED,
    OTHER_COLOUR,
    RULE,
    UNRELIABLE,
    full_number,
    multiple,
    platform_colour,
    platform_name,
    sequence,
    share,
    short_number,
    style,
)

from ._base import axes, below, beside, check_columns, heading, key, label, note, nothing_to_show
from ._scales import log_axis, name_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MAX_NAMED = 12
_MAX_GROUPS = 12
_MANY = 500
"""More points than this are smaller, paler, and one bitmap in an SVG or PDF."""


def plot_outlier_scatter(
    outliers: pd.DataFrame, *, highlight: str | Iterable[str] | None = None, ax: "Axes | None" = None
) -> "Axes":
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
            return nothing_to_show(ax, "No video has a score.")
        views, mult = rows["views"].to_numpy(dtype=float), rows["mult"].to_numpy(dtype=float)
        log_axis(ax, views.min(), views.max(), which="x")
        log_axis(ax, min(mult.min(), 0.8), max(mult.max(), 6.0), words=lambda tick: f"{tick:g}x")
        ax.axhline(1, color=MUTED, linewidth=1.0, zorder=1)
        ax.axhline(5, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        platforms = rows["platform"].fillna("").astype("str")
        hollow = bool(_points(ax, rows, platforms.map(platform_colour).to_numpy()))
        named = list(platforms.value_counts().index)
        key(
            ax,
            {platform_name(name) or "unknown": platform_colour(name) for name in named[:6]}
            | ({"hollow: unreliable": None} if hollow else {}),
        )
        ax.set_xlabel("views", loc="left")
        ax.set_ylabel("score")
        if highlight is None:
            beside(ax, "5x", 5, points=18, color=MUTED, fontsize=8.5)
        left_out = len(outliers) - len(rows)
        count = f"{len(rows):,} {'video' if len(rows) == 1 else 'videos'}"
        note(ax, count + (f"; {left_out:,} without a score or views" if left_out else ""), line=2)
        if highlight is not None:
            _ring(ax, rows, [highlight] if isinstance(highlight, str) else list(highlight))
    return ax


def plot_brackets(brackets: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """Draw how many videos reach which multiple of their account.

    Parameters
    ----------
    brackets
        What `bracket_counts` returned: `bracket`, `n_videos`, `share`, and `group` where it was asked for groups.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        One group: a bar per bracket with its number of videos and, below, its share. Several (at most 12 are drawn,
        those with the most videos): a row per group, split into shares from pale (<1x) to dark (100x and more).

    Raises
    ------
    InvalidParameterError
        When the frame holds no brackets.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.plots import plot_brackets
    >>> counts = pd.DataFrame({"bracket": ["<1", "1-5"], "n_videos": [6, 4], "share": [0.6, 0.4]})
    >>> [text.get_text() for text in plot_brackets(counts).texts]
    ['6', '4', '60%', '40%', '10 videos with a score']
    """
    check_columns(brackets, ["bracket", "n_videos", "share"], source="bracket_counts")
    with style():
        rows = brackets.assign(n_videos=brackets["n_videos"].fillna(0), share=brackets["share"].fillna(0.0))
        grouped = "group" in rows and rows["group"].nunique() > 1
        ax = axes(ax, height=2.8 if not grouped else 0.9 + 0.29 * min(rows["group"].nunique(), _MAX_GROUPS))
        if not (rows["n_videos"] > 0).any():
            return nothing_to_show(ax, "No video has a score.")
        return _shares_by_group(ax, rows) if grouped else _bars(ax, rows)


def _points(ax: "Axes", rows: pd.DataFrame, colours: np.ndarray) -> int:
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


def _ring(ax: "Axes", rows: pd.DataFrame, wanted: list[str]) -> None:
    """Ring and name the videos that were asked for."""
    found = rows[rows["ad_id"].isin(wanted)]
    views, mult = found["views"].to_numpy(dtype=float), found["mult"].to_numpy(dtype=float)
    ax.scatter(views, mult, s=90, facecolors="none", edgecolors=INK, linewidths=1.4, zorder=4)
    named = [
        (x, y, f"@{label(row.username, fallback='unknown', width=20)} {multiple(row.mult)}", INK)
        for x, y, row in zip(views[:_MAX_NAMED], mult[:_MAX_NAMED], found.itertuples(), strict=False)
    ]
    if named:
        name_lines(ax, named, width=28, right=ax.get_xlim()[1])


def _bars(ax: "Axes", rows: pd.DataFrame) -> "Axes":
    rows = rows.sort_values("bracket", key=lambda names: names.astype("str").map(_start), kind="stable")
    counts = rows["n_videos"].to_numpy(dtype=float)
    x = np.arange(len(rows))
    bars = ax.bar(x, counts, width=0.62, color=ACCENT, zorder=2)
    ax.bar_label(
        bars, labels=[full_number(value) for value in counts], padding=3, color=INK, fontweight="bold", zorder=4
    )
    for place, value in zip(x, rows["share"], strict=True):
        below(ax, share(value), float(place), line=1, fontsize=8.5)
    ax.set_xticks(x, labels=[_bracket(name) for name in rows["bracket"]])
    ax.set_yticks([])
    ax.set_xlim(-0.6, len(rows) - 0.4)
    ax.set_ylim(0, counts.max() * 1.14)
    ax.axhline(0, color=RULE, linewidth=1.0, zorder=3)
    ax.spines["bottom"].set_visible(False)
    total = int(counts.sum())
    note(ax, f"{total:,} {'video' if total == 1 else 'videos'} with a score", line=2)
    return ax


def _shares_by_group(ax: "Axes", rows: pd.DataFrame) -> "Axes":
    sizes = rows.groupby("group", sort=False)["n_videos"].sum().sort_values(ascending=False, kind="stable")
    sizes = sizes[sizes > 0]
    groups = list(sizes.index[:_MAX_GROUPS])
    names = sorted(rows["bracket"].astype("str").unique(), key=_start)
    colours = [UNRELIABLE, *sequence(len(names) - 1)] if len(names) > 1 else [OTHER_COLOUR]
    table = rows.assign(bracket=rows["bracket"].astype("str")).pivot_table(
        index="group", columns="bracket", values="share", aggfunc="first", observed=True
    )
    table = table.reindex(index=groups, columns=names).fillna(0.0)
    left = np.zeros(len(groups))
    for name, colour in zip(names, colours, strict=True):
        width = table[name].to_numpy(dtype=float)
        ax.barh(range(len(groups)), width, left=left, height=0.62, color=colour, zorder=2)
        left = left + width
    for place, name in enumerate(groups):
        beside(ax, short_number(sizes[name]), place, points=40, color=MUTED)
    heading(ax, "videos", points=40)
    ax.set_yticks(range(len(groups)), labels=[label(platform_name(str(name)), width=28) for name in groups], color=INK)
    ax.set_ylim(len(groups) - 0.4, -0.6)
    ax.set_xlim(0, max(1.0, float(left.max())))
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], labels=["0%", "25%", "50%", "75%", "100%"])
    ax.spines["bottom"].set_visible(False)
    key(ax, {_bracket(name): colour for name, colour in zip(names, colours, strict=True)})
    if len(sizes) > len(groups):
        note(ax, f"{len(groups)} of {len(sizes):,} groups, those with the most videos", line=2)
    return ax


def _bracket(name: object) -> str:
    """Write a bracket as multiples: "1-5" → "1–5x", "100+" → "100x+"."""
    text = str(name).replace("-", "–")
    return f"{text[:-1]}x+" if text.endswith("+") else f"{text}x"


def _start(name: str) -> float:
    """Lower end of a bracket: "<1" → 0, "5-10" → 5, "100+" → 100."""
    return 0.0 if name.startswith("<") else float(name.rstrip("+").partition("-")[0])
