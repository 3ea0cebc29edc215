"""Effects in their natural order (lengths, weekdays), and how much labels overlap.

Pitfall: an effect compares videos of the same accounts, so it says what the accounts could change, not what differs
between them. A row with too few videos has a faint name and no point.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .canvas import axes, below, check_cap, check_columns, key, note, nothing_to_show, own_font
from .forests import effect_scale
from .messages import gettext, later, ngettext
from .row_names import fit_label, label_names, with_words_after
from .theme import ACCENT, INK, MUTED, UNRELIABLE, WARNING, full_number, multiple, pale_to_dark, short_number, style
from .verdicts import compared_groups, verdict_lines

_COLUMNS = ["label", "n_videos", "ratio", "ratio_lo", "ratio_hi", "verdict"]
_NAME_CELLS = 14
_NOTHING = {
    "length": later("No length has enough videos to compare."),
    "weekday": later("No weekday has enough videos to compare."),
}
_COLOURS = {"higher": ACCENT, "lower": WARNING}


def plot_duration_effect(effect: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what each length of video gets, against the same accounts' other videos.

    Parameters
    ----------
    effect
        What `duration_effect` returned, in its order.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        A point per length with its 95 % interval (y, log axis) and number of videos. Blue: clearly higher, red: clearly
        lower, grey: no clear difference. Below, the surest of those that are clear.

    Raises
    ------
    InvalidParameterError
        When the frame holds no such effects.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_duration_effect
    >>> plot_duration_effect(schema.empty(schema.GROUP_COMPARISON)).texts[0].get_text()
    'No length has enough videos to compare.'
    """
    check_columns(effect, [*_COLUMNS, "optimum"], source="duration_effect")
    return _in_order(effect, ax=ax, what="length", width=12)


def plot_weekday_effect(effect: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what videos of each weekday get, against the same accounts' other videos.

    Parameters
    ----------
    effect
        What `weekday_effect` returned, in its order.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        A point per weekday with its 95 % interval (y, log axis) and number of videos, coloured as in
        `plot_duration_effect`.

    Raises
    ------
    InvalidParameterError
        When the frame holds no such effects.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_weekday_effect
    >>> plot_weekday_effect(schema.empty(schema.GROUP_COMPARISON)).texts[0].get_text()
    'No weekday has enough videos to compare.'
    """
    check_columns(effect, [*_COLUMNS, "optimum"], source="weekday_effect")
    # three letters: "Wednesday" would touch its neighbours
    return _in_order(effect.assign(label=effect["label"].str[:3].map(gettext)), ax=ax, what="weekday", width=9)


def plot_label_overlap(overlap: pd.DataFrame, *, top: int = 12, ax: Axes | None = None) -> Axes:
    """Draw which labels are given to the same videos.

    Parameters
    ----------
    overlap
        What `label_overlap` returned, largest overlap first.
    top
        Largest number of labels; those of the largest overlaps are kept.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        A cell per pair of labels, darker for a larger part of shared videos (Jaccard index), with their number; the
        number of videos behind each name.

    Raises
    ------
    InvalidParameterError
        When `top` is not 1 to 16, or the frame holds no overlaps.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_label_overlap
    >>> plot_label_overlap(schema.empty(schema.LABEL_OVERLAP)).texts[0].get_text()
    'No two labels share a video.'
    """
    check_cap("top", top, limit=16)
    columns = ["label_id_a", "label_a", "label_id_b", "label_b", "n_a", "n_b", "n_both", "jaccard"]
    check_columns(overlap, columns, source="label_overlap")
    pairs = overlap[(overlap["n_both"] > 0).fillna(value=False)]
    about: dict[str, tuple[object, object]] = {}
    for row in pairs.itertuples():
        about.setdefault(row.label_id_a, (row.label_a, row.n_a))
        about.setdefault(row.label_id_b, (row.label_b, row.n_b))
    place = {key_: at for at, key_ in enumerate(list(about)[: max(top, 2)])}
    with style():
        ax = axes(ax, height=1.2 + 0.3 * len(place))
        if not place:
            return nothing_to_show(ax, gettext("No two labels share a video."))
        shown = pairs[pairs["label_id_a"].isin(place) & pairs["label_id_b"].isin(place)]
        _cells(ax, shown, place=place)
        ax.set_yticks(range(1, len(place)), labels=_sized(about, width=26)[1 : len(place)], color=INK)
        ends = _sized(about, width=16)[: len(place) - 1]
        ax.set_xticks(range(len(place) - 1), labels=ends, rotation=30, ha="right", color=INK)
        ax.spines["bottom"].set_visible(False)
        said = gettext("videos with both labels; darker: a larger part of those with either")
        if len(about) > len(place):
            said = gettext(
                "videos with both labels; darker: a larger part of those with either; {shown} of {n} labels",
                shown=len(place), n=full_number(len(about)),
            )  # fmt: skip
        key(ax, {said: None})
    return ax


def _in_order(effect: pd.DataFrame, *, ax: Axes | None, what: str, width: int) -> Axes:
    with style():
        ax = axes(ax, width=max(5.0, min(9.6, 0.66 * len(effect) + 1.6)))
        rows = compared_groups(effect.assign(place=np.arange(len(effect))))
        tested = np.isin(np.arange(len(effect)), rows["place"])
        if rows.empty:
            return nothing_to_show(ax, gettext(_NOTHING[what]))
        mid, low, high = (
            rows[name].to_numpy(dtype=float, na_value=np.nan) for name in ("ratio", "ratio_lo", "ratio_hi")
        )
        x, known = rows["place"].to_numpy(), (low > 0) & np.isfinite(high)
        colours = np.array([_COLOURS.get(str(verdict), UNRELIABLE) for verdict in rows["verdict"]])
        effect_scale(ax, mid, low=low[known], high=high[known], which="y")
        ax.axhline(1, color=MUTED, linewidth=1.0, zorder=1)
        ax.vlines(x[known], low[known], high[known], colors=colours[known], alpha=0.55, linewidth=2.4, zorder=2)
        ax.scatter(x, mid, s=44, color=colours, zorder=3)
        _names(ax, effect, tested=tested, width=width)
        ax.set_xlim(-0.6, len(effect) - 0.4)
        few = len(effect) - len(rows)
        said = verdict_lines(effect, what=what, most=1, width=_NAME_CELLS)
        if few:
            said.append(ngettext("{n} with too few videos", "{n} with too few videos", few))
        for place, line in enumerate(said):
            note(ax, line, line=3 + place)
    return ax


def _names(ax: Axes, effect: pd.DataFrame, *, tested: np.ndarray, width: int) -> None:
    """Write name, ratio and number of videos under each place."""
    ax.set_xticks(
        range(len(effect)),
        labels=[fit_label(name, fallback=gettext("unnamed"), width=width) for name in effect["label"]],
    )
    crowded = len(effect) > 9
    for place, (tick, row) in enumerate(zip(ax.get_xticklabels(), effect.itertuples(), strict=True)):
        tick.set(color=INK if tested[place] else UNRELIABLE, fontsize=8.0 if crowded else 9.5)
        if tested[place]:
            below(ax, multiple(row.ratio), x=place, line=1, color=INK, fontweight="bold", fontsize=8.5)
        below(ax, f"n {short_number(row.n_videos)}", x=place, line=2, fontsize=8.0)


def _sized(about: dict[str, tuple[object, object]], *, width: int) -> list[str]:
    """Name labels with their numbers of videos."""
    names = label_names(about, [name for name, _ in about.values()], fallback=gettext("unnamed"), width=width)
    return [
        with_words_after(name, f"  {short_number(n)}")
        for name, (_, n) in zip(names.values(), about.values(), strict=True)
    ]


def _cells(ax: Axes, pairs: pd.DataFrame, *, place: dict[str, int]) -> None:
    """Draw the lower triangle: one image, and a number in each cell that has one."""
    from matplotlib.colors import LinearSegmentedColormap

    size = len(place)
    jaccard = np.full((size, size), np.nan)
    first = pairs["label_id_a"].map(place).to_numpy(dtype=int)
    second = pairs["label_id_b"].map(place).to_numpy(dtype=int)
    row, column = np.maximum(first, second), np.minimum(first, second)
    jaccard[row, column] = pairs["jaccard"].to_numpy(dtype=float)
    colours = LinearSegmentedColormap.from_list("overlap", ["#f2f5fb", *pale_to_dark(3)])
    ax.imshow(jaccard, cmap=colours, vmin=0, vmax=1, aspect="auto", interpolation="nearest", zorder=1)
    for y, x, both, part in zip(row, column, pairs["n_both"], jaccard[row, column], strict=True):
        ink = "white" if part > 0.4 else INK
        text = short_number(both)
        ax.text(
            x, y, text, ha="center", va="center_baseline", color=ink, fontsize=8.5, fontfamily=own_font(text), zorder=3
        )
    ax.set_xlim(-0.5, size - 1.5)
    ax.set_ylim(size - 0.5, 0.5)
    ax.set_xticks(np.arange(size) - 0.5, minor=True)
    ax.hlines(np.arange(1, size) - 0.5, -0.5, size - 1.5, color="white", linewidth=2, zorder=2)
    ax.vlines(np.arange(size) - 0.5, 0.5, size - 0.5, color="white", linewidth=2, zorder=2)
