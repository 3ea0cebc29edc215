"""What all plots share: an Axes to draw in, the empty state, and notes.

Texts that belong to a row or a column are placed at a distance in points from the data, so they keep clear of it at
every figure size.
"""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from shortimize_analytics.errors import InvalidParameterError

from .theme import MUTED


def axes(ax: Axes | None, *, width: float = 7.2, height: float = 3.2) -> Axes:
    """Return the caller's Axes, or one in a new figure of this size (inches); call it inside `style`."""
    import matplotlib as mpl

    if ax is not None:
        # made outside the style, its ticks and frame would keep matplotlib's own, whose font lacks most scripts
        house: Any = mpl.rcParams
        ax.tick_params(which="both", length=0, labelfontfamily=house["font.family"])
        for side, spine in ax.spines.items():
            spine.set(visible=house[f"axes.spines.{side}"], edgecolor=house["axes.edgecolor"])
        return ax
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def nothing_to_show(ax: Axes, reason: str) -> Axes:
    """Say why there is no picture, in its place."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, reason, transform=ax.transAxes, ha="center", va="center_baseline", color=MUTED)
    return ax


def check_cap(name: str, value: int, *, limit: int) -> None:
    """Refuse a number of rows or groups that cannot be drawn legibly."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= limit:
        raise InvalidParameterError(f"{name}={value!r}: give a whole number from 1 to {limit}")


def check_columns(frame: pd.DataFrame, columns: list[str], *, source: str) -> None:
    """Refuse a frame that is not the result this plot draws."""
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise InvalidParameterError(f"the frame lacks {', '.join(missing)}: pass the frame of {source}")


def own_font(text: str) -> list[str]:
    """Return the fonts to look through: the first alone for plain words, which saves a fifth of a picture's time."""
    import matplotlib as mpl

    families: Any = mpl.rcParams["font.family"]
    return families[:1] if text.isascii() else families


def beside(ax: Axes, text: str, y: float, *, points: float, **options: Any) -> None:
    """Write at the right of the Axes, ending `points` from its edge, at the height of data value `y`."""
    ax.annotate(
        text,
        xy=(1, y),
        xycoords=("axes fraction", "data"),
        xytext=(points, 0),
        textcoords="offset points",
        ha="right",
        va="center_baseline",
        annotation_clip=False,
        fontfamily=own_font(text),
        **options,
    )


def heading(ax: Axes, text: str, *, points: float) -> None:
    """Write a column heading above the Axes, ending `points` right of its right edge."""
    ax.annotate(
        text,
        xy=(1, 1),
        xycoords="axes fraction",
        xytext=(points, 5),
        textcoords="offset points",
        ha="right",
        va="baseline",
        fontsize=8.5,
        fontfamily=own_font(text),
        color=MUTED,
        annotation_clip=False,
    )


def below(ax: Axes, text: str, *, x: float, line: int, **options: Any) -> None:
    """Write under the Axes, centred on data value `x`, on the given line (0 is the first)."""
    ax.annotate(
        text,
        xy=(x, 0),
        xycoords=("data", "axes fraction"),
        xytext=(0, -14 - 12 * line),
        textcoords="offset points",
        ha="center",
        va="baseline",
        annotation_clip=False,
        fontfamily=own_font(text),
        **{"color": MUTED, **options},
    )


def note(ax: Axes, text: str, *, line: int = 1) -> None:
    """Write a remark under the Axes, at its right edge."""
    ax.annotate(
        text,
        xy=(1, 0),
        xycoords="axes fraction",
        xytext=(0, -14 - 12 * line),
        textcoords="offset points",
        ha="right",
        va="baseline",
        fontsize=8.5,
        fontfamily=own_font(text),
        color=MUTED,
        annotation_clip=False,
    )


def _fitting_columns(names: list[str], *, ax: Axes) -> int:
    """Return how many names of a key fit beside each other: a row wider than the figure would squeeze its chart."""
    figure = ax.get_figure(root=True)
    room = math.inf if figure is None else figure.get_figwidth() - 0.9
    wide = [0.35 + 0.065 * len(name) for name in names]
    return len(names) if sum(wide) <= room else max(1, int(room / max(wide)))


def key(ax: Axes, parts: Mapping[str, str | None]) -> None:
    """Say above the Axes, at its left edge, what is drawn: a coloured square before each name, none without colour."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="none", marker="s" if colour else "", markersize=6, color=colour or MUTED, label=name)
        for name, colour in parts.items()
    ]
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=_fitting_columns(list(parts), ax=ax),
        frameon=False,
        prop={"size": 8.5, "family": own_font("".join(parts))},
        labelcolor=MUTED,
        handlelength=1.0 if any(parts.values()) else 0,
        handletextpad=0.4 if any(parts.values()) else 0,
        columnspacing=1.4,
        borderaxespad=0.2,
        borderpad=0,
    )
