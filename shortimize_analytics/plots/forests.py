"""Forest plots: one row per video or label, a point with its interval on a logarithmic axis of multiples.

Pitfall: an interval says how well the account's own level is known, not what the video will do next. A grey row has
too few peers, or is too young, to lean on.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .canvas import axes, beside, check_cap, check_columns, heading, note, nothing_to_show
from .messages import gettext, ngettext
from .row_names import fit_label, label_names, label_rows
from .theme import ACCENT, INK, MUTED, NO_VALUE, UNRELIABLE, WARNING, full_number, marked, multiple, short_number, style

_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000)
_FINE_TICKS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.6, 2, 2.5)
_TICK_ROOM = 0.12
"""Least distance between two ticks, as a share of the axis; and in inches, which is more of a narrow one."""
_TICK_INCHES = 0.42
_BESIDE = 1.8
"""Inches that a layout takes from an axis for names and numbers."""
_MAX_STRETCH = 20
"""An interval may widen the axis to this many times beyond the points; longer ones run out of the picture."""


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    mid: float
    lo: float
    hi: float
    colour: str
    columns: tuple[str, ...]


def plot_outliers(outliers: pd.DataFrame, *, top: int = 12, ax: Axes | None = None) -> Axes:
    """Draw how far the best videos are above their own account, each with its interval.

    Parameters
    ----------
    outliers
        What `rank_outliers` returned, best first. Rows without a score are left out.
    top
        Largest number of rows.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        One row per video: title, interval of the score (x, log axis), score, number of peers. Grey: not `reliable`.

    Raises
    ------
    InvalidParameterError
        When `top` is not 1 to 60, or the frame is no outlier ranking.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_outliers
    >>> plot_outliers(schema.empty(schema.OUTLIERS)).texts[0].get_text()
    'No video has a score.'
    """
    check_cap("top", top, limit=60)
    columns = ["title", "username", "mult", "mult_lo", "mult_hi", "n_peers", "reliable"]
    check_columns(outliers, columns, source="rank_outliers")
    scored = outliers[outliers["mult"].notna() & (outliers["mult"] > 0)]
    shown = scored.head(top)
    rows = [
        _Row(
            name=fit_label(row.title, fallback=_account(row.username)),
            mid=float(row.mult),
            lo=_or_nan(row.mult_lo),
            hi=_or_nan(row.mult_hi),
            colour=ACCENT if row.reliable is True or row.reliable == 1 else UNRELIABLE,
            columns=(multiple(row.mult), NO_VALUE if pd.isna(row.n_peers) else full_number(row.n_peers)),
        )
        for row in shown.itertuples()
    ]
    with style():
        ax = axes(ax, height=0.9 + 0.29 * len(rows))
        if not rows:
            return nothing_to_show(ax, gettext("No video has a score."))
        _forest(ax, rows, headings=("score", "peers"))
        if len(scored) > len(rows):
            note(ax, gettext("{shown} of {n} videos with a score", shown=len(rows), n=full_number(len(scored))))
    return ax


def plot_labels(labels: pd.DataFrame, *, top: int = 12, ax: Axes | None = None) -> Axes:
    """Draw the effect of each label against the same accounts' other videos, each with its interval.

    Parameters
    ----------
    labels
        What `compare_labels` returned. Labels with too few videos are counted, not drawn; so are those that whole
        accounts carry: their ratio compares accounts and is no effect of the label.
    top
        Largest number of rows; the largest ratios are kept.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        One row per label: name, 95 % interval of the ratio (x, log axis), ratio, number of videos. Blue: clearly
        higher, red: clearly lower, grey: no clear difference.

    Raises
    ------
    InvalidParameterError
        When `top` is not 1 to 60, or the frame is no label comparison.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_labels
    >>> plot_labels(schema.empty(schema.LABEL_COMPARISON)).texts[0].get_text()
    'No label has enough videos to compare.'
    """
    check_cap("top", top, limit=60)
    columns = ["label_id", "label", "ratio", "ratio_lo", "ratio_hi", "n_videos", "n_accounts_overlap", "verdict"]
    check_columns(labels, columns, source="compare_labels")
    within, apart = label_rows(labels)
    tested, of_accounts = labels[within], int(apart.sum())
    shown = tested.sort_values("ratio", ascending=False, kind="stable").head(top)
    colours = {"higher": ACCENT, "lower": WARNING}
    names = label_names(labels["label_id"], labels["label"], fallback=gettext("unnamed label"), width=28)
    rows = [
        _Row(
            name=names[str(row.label_id)],
            mid=float(row.ratio),
            lo=_or_nan(row.ratio_lo),
            hi=_or_nan(row.ratio_hi),
            colour=colours.get(str(row.verdict), UNRELIABLE),
            columns=(multiple(row.ratio), short_number(row.n_videos)),
        )
        for row in shown.itertuples()
    ]
    with style():
        ax = axes(ax, height=0.9 + 0.29 * len(rows))
        if not rows:
            return nothing_to_show(
                ax,
                gettext("No account has videos with and without a label.")
                if of_accounts
                else gettext("No label has enough videos to compare."),
            )
        _forest(ax, rows, headings=(gettext("ratio"), gettext("videos")))
        few = len(labels) - len(tested) - of_accounts
        left_out = []
        if len(tested) > len(rows):
            compared = full_number(len(tested))
            left_out.append(gettext("{shown} of {n} compared labels", shown=len(rows), n=compared))
        if few and of_accounts:
            values = {"few": full_number(few), "apart": full_number(of_accounts)}
            left_out.append(
                gettext("{few} with too few videos and {apart} that only tell accounts apart not drawn", **values)
            )
        elif few:
            left_out.append(ngettext("{n} with too few videos not drawn", "{n} with too few videos not drawn", few))
        elif of_accounts:
            left_out.append(
                ngettext("{n} that only tell accounts apart not drawn", "{n} that only tell accounts apart not drawn",
                         of_accounts)
            )  # fmt: skip
        if left_out:
            note(ax, "; ".join(left_out))
    return ax


def _account(username: object) -> str:
    return f"@{fit_label(username, fallback=gettext('unknown'))}"


def _or_nan(value: Any) -> float:
    number = math.nan if pd.isna(value) else float(value)
    return number if number > 0 else math.nan


def _forest(ax: Axes, rows: list[_Row], *, headings: tuple[str, str]) -> None:
    """Draw the rows from the top down: the intervals in one call, the points in another."""
    mid, low, high = (np.array([getattr(row, name) for row in rows]) for name in ("mid", "lo", "hi"))
    known = np.isfinite(low) & np.isfinite(high)
    colours, places = np.array([row.colour for row in rows]), np.arange(len(rows))
    effect_scale(ax, mid, low=low[known], high=high[known], which="x")
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.axvline(1, color=MUTED, linewidth=1.0, zorder=1)
    ax.hlines(places[known], low[known], high[known], colors=colours[known], alpha=0.55, linewidth=2.2, zorder=2)
    ax.scatter(mid, places, s=42, color=colours, linewidths=0, zorder=3)
    for place, row in enumerate(rows):
        score, count = row.columns
        beside(ax, score, place, points=44, color=INK, fontweight="bold")
        beside(ax, count, place, points=82, color=MUTED)
    ax.set_yticks(places, labels=[row.name for row in rows], color=INK)
    heading(ax, headings[0], points=44)
    heading(ax, headings[1], points=82)


def effect_scale(ax: Axes, mid: np.ndarray, *, low: np.ndarray, high: np.ndarray, which: Literal["x", "y"]) -> None:
    """Put multiples on a log axis that holds 1x and the points, and the intervals unless they are very long."""
    bottom, top = _limits(mid, low, high=high)
    # upright, labels need more room: they are a line high, and the axis is short
    ticks = _ticks(bottom, top, room=_tick_room(ax) if which == "x" else 2 * _TICK_ROOM)
    if which == "x":
        ax.set_xscale("log")
        ax.set_xlim(bottom, top)
    else:
        ax.set_yscale("log")
        ax.set_ylim(bottom, top)
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_ticks(ticks, labels=[marked(f"{tick:g}x") for tick in ticks])
    axis.set_ticks([], minor=True)
    ax.grid(visible=True, axis=which)
    ax.set_axisbelow(True)


def _tick_room(ax: Axes) -> float:
    """Return the least distance between two ticks below an axis, as a share of it."""
    figure = ax.get_figure(root=True)
    inches = ax.get_window_extent().width / ax.figure.dpi
    later = _BESIDE if figure is not None and figure.get_layout_engine() is not None else 0.0
    return max(_TICK_ROOM, _TICK_INCHES / max(inches - later, 1.0))


def _limits(mid: np.ndarray, low: np.ndarray, *, high: np.ndarray) -> tuple[float, float]:
    bottom = max(float(min([*low, *mid, 1.0])), float(min([*mid, 1.0])) / _MAX_STRETCH)
    top = min(float(max([*high, *mid, 1.0])), float(max([*mid, 1.0])) * _MAX_STRETCH)
    # At least a factor of two in all, so that one row near 1x does not become a microscope.
    margin = max((top / bottom) ** 0.05, 1.08)
    spare = max(1.0, math.sqrt(2 / ((top / bottom) * margin**2)))
    return bottom / margin / spare, top * margin * spare


def _ticks(low: float, high: float, *, room: float) -> list[float]:
    """Choose round multiples outward from 1x, as many as have room for their labels."""
    choice = [tick for tick in (_FINE_TICKS if high / low < 4 else _TICKS) if low <= tick <= high]
    gap = math.log(high / low) * room
    kept: list[float] = []
    for tick in sorted(choice, key=lambda tick: abs(math.log(tick))):
        if all(abs(math.log(tick / other)) >= gap for other in kept):
            kept.append(tick)
    return sorted(kept)
