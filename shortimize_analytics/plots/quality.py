"""What is missing from the data, before anybody reads anything into it."""

import pandas as pd
from matplotlib.axes import Axes

from .canvas import axes, beside, check_columns, heading, nothing_to_show
from .messages import gettext
from .row_names import fit_label
from .theme import ACCENT_SOFT, GRID, INK, MUTED, UNRELIABLE, counted, full_number, share, style

_MAX_CELLS = 52


def plot_data_quality(quality: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how much of the data each check concerns.

    Parameters
    ----------
    quality
        What `data_quality` returned: `check`, `n`, `share` (0-1) and, where it has one, `unit` (videos, days).
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        A row per check, in the order of the frame: its name, a bar of its share on a track of 100 %, number, share. A
        check that concerns nothing is grey.

    Raises
    ------
    InvalidParameterError
        When the frame holds no checks.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.plots import plot_data_quality
    >>> checks = pd.DataFrame({"check": ["no_views", "private"], "n": [12, 0], "share": [0.02, 0.0]})
    >>> [text.get_text() for text in plot_data_quality(checks).texts]
    ['12', '2%', '0', '0%', 'number', 'share']
    """
    check_columns(quality, ["check", "n", "share"], source="data_quality")
    with style():
        ax = axes(ax, height=0.6 + 0.29 * len(quality))
        if quality.empty:
            return nothing_to_show(ax, gettext("Nothing was checked."))
        places = range(len(quality))
        ax.barh(places, [1.0] * len(quality), height=0.5, color=GRID, zorder=1)
        ax.barh(places, quality["share"].to_numpy(dtype=float, na_value=0.0), height=0.5, color=ACCENT_SOFT, zorder=2)
        concerned = (quality["n"] > 0).fillna(value=False).to_numpy(dtype=bool)
        for place, row in zip(places, quality.itertuples(), strict=True):
            colour = INK if concerned[place] else UNRELIABLE
            number = full_number(row.n)
            if "unit" in quality and pd.notna(row.n):
                number = counted(row.n, str(row.unit).removesuffix("s"))
            beside(ax, number, place, points=84, color=colour, fontweight="bold")
            beside(ax, share(row.share), place, points=120, color=MUTED)
        names = [
            fit_label(gettext(str(name).replace("_", " ")), fallback=gettext("unnamed"), width=_MAX_CELLS)
            for name in quality["check"]
        ]
        ax.set_yticks(places, labels=names)
        for tick, known in zip(ax.get_yticklabels(), concerned, strict=True):
            tick.set_color(INK if known else UNRELIABLE)
        ax.set_ylim(len(quality) - 0.4, -0.6)
        ax.set_xlim(0, 1)
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
        heading(ax, gettext("number"), points=84)
        heading(ax, gettext("share"), points=120)
    return ax
