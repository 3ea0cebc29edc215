"""How few videos earn most of the views."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .canvas import axes, check_columns, nothing_to_show
from .messages import gettext
from .scales import log_axis, share_axis
from .theme import ACCENT, INK, MUTED, counted, full_number, percent, style

_MARK = 0.8
_FEW = 30
"""Up to this many videos the ranks are evenly spaced; more need a log axis, or the top would be one stroke."""


def plot_pareto(movers: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what part of all gains the best videos earned together.

    Parameters
    ----------
    movers
        What ``gain_shares(movers)`` returned.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        The shares added up by rank (y), with a mark where they reach 80 %, or at their end.

    Raises
    ------
    InvalidParameterError
        When the frame holds no added shares.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.plots import plot_pareto
    >>> ax = plot_pareto(pd.DataFrame({"position": [1, 2, 3], "cum_share": [0.7, 0.9, 1.0]}))
    >>> ax.texts[0].get_text()
    '2 of 3 videos earned 90%'
    """
    check_columns(movers, ["position", "cum_share"], source="gain_shares")
    rows = movers[movers["cum_share"].notna()]
    with style():
        ax = axes(ax)
        if rows.empty:
            return nothing_to_show(ax, gettext("No video gained views."))
        total, ranks = rows["cum_share"].to_numpy(dtype=float), rows["position"].to_numpy(dtype=float)
        share_axis(ax)
        _rank_axis(ax, len(rows))
        ax.fill_between(ranks, total, color=ACCENT, alpha=0.11, linewidth=0, zorder=1)
        ax.plot(ranks, total, color=ACCENT, zorder=3, marker="o" if len(rows) <= _FEW else None, markersize=4)
        reached = np.flatnonzero(total >= _MARK - 1e-9)
        place = int(reached[0]) if len(reached) else len(rows) - 1
        if len(reached):
            ax.axhline(_MARK, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        ax.plot(ranks[place], total[place], marker="o", markersize=7, color=INK, linestyle="none", zorder=4)
        early = place < len(rows) / 2
        ax.annotate(
            gettext(
                "{first} of {videos} earned {part}",
                first=full_number(ranks[place]),
                videos=counted(len(rows), "video"),
                part=percent(total[place]),
            ),
            xy=(ranks[place], total[place]),
            xytext=(8, -16) if early else (-8, -16),
            textcoords="offset points",
            ha="left" if early else "right",
            color=INK,
            fontweight="bold",
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1},
        )
    return ax


def _rank_axis(ax: Axes, count: int) -> None:
    ax.set_xlabel(gettext("videos, by views gained"), loc="left")
    if count > _FEW:
        log_axis(ax, 1.0, high=float(count), which="x")
        ax.set_xlim(1.0, count)
    else:
        ax.set_xlim(0.5, count + 0.5)
        ticks = np.arange(1, count + 1, max(1, count // 10))
        ax.set_xticks(ticks, labels=[f"{tick}" for tick in ticks])
