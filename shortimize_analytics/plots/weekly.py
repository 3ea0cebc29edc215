"""The week in bars: from last week to this one, week after week, and the videos that earned it.

Blue is new (uploaded in the week), pale blue the back catalogue, red what went down. Numbers stand on the bars.
"""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .canvas import axes, below, beside, check_cap, check_columns, heading, note, nothing_to_show, own_font
from .messages import gettext
from .row_names import fit_label
from .theme import ACCENT, ACCENT_SOFT, INK, MUTED, RULE, WARNING, day, full_number, share, short_number, style

_NUMBER_HEIGHT = 17.0
"""Points above a bar that its number takes, and a little more: a layout that runs later may lower the Axes."""

_NAME_CLEARANCE = 8.0
"""Points between the middle of a part's name and the reference line."""


def plot_waterfall(waterfall: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how one week's growth became the next one's.

    Parameters
    ----------
    waterfall
        `PeriodSummary.waterfall`: columns `step` and `views`; the first and the last row are levels, those between
        are changes.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        A bar per step with its number.

    Raises
    ------
    InvalidParameterError
        When the frame is no waterfall.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.plots import plot_waterfall
    >>> plot_waterfall(pd.DataFrame({"step": [], "views": []})).texts[0].get_text()
    'No week before to compare with.'
    """
    check_columns(waterfall, ["step", "views"], source="period_summary(...).waterfall")
    with style():
        ax = axes(ax)
        if len(waterfall) < 2 or waterfall["views"].isna().any():
            return nothing_to_show(ax, gettext("No week before to compare with."))
        if (waterfall["views"] == 0).all():
            return nothing_to_show(ax, gettext("No views were gained in this week or the one before."))
        views = waterfall["views"].to_numpy(dtype=float)
        last = len(views) - 1
        bottoms = np.concatenate([[0.0], np.cumsum(views[:-1])])
        bottoms[-1] = 0.0
        tops = bottoms + views
        for x in range(last + 1):
            level = x in {0, last}
            colour = INK if level else (ACCENT if views[x] >= 0 else WARNING)
            ax.bar(x, views[x], bottom=bottoms[x], width=0.62, color=colour, zorder=2)
            _on_bar(ax, x, y=max(tops[x], bottoms[x]), text=short_number(views[x], signed=not level), colour=colour)
            if x < last:
                ax.plot([x + 0.31, x + 0.69], [tops[x], tops[x]], color=MUTED, linewidth=0.8, zorder=1)
        low, high = min(0.0, tops.min(), bottoms.min()), max(0.0, tops.max(), bottoms.max())
        _bar_axis(ax, low, high=high, count=last + 1)
        for x, step in enumerate(waterfall["step"]):
            for line, words in enumerate(_two_lines(gettext(fit_label(step, fallback="", width=40)))):
                below(ax, words, x=x, line=line)
    return ax


def plot_weekly_series(series: pd.DataFrame, *, reference: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw the views gained in each week, new uploads on top of the back catalogue.

    Parameters
    ----------
    series
        `PeriodSummary.series`, oldest first.
    reference
        Views: a level to draw across, the median of the weeks before, say.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        A bar per week with its total; corrections by the platform hang below zero; a week that the history does not
        cover whole is faint and starred.

    Raises
    ------
    InvalidParameterError
        When the frame is no weekly series.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_weekly_series
    >>> plot_weekly_series(schema.empty(schema.WEEKLY_SERIES)).texts[0].get_text()
    'No weeks to show.'
    """
    columns = ["end", "views_gained", "new_views", "back_views", "corrections", "partial"]
    check_columns(series, columns, source="period_summary(...).series")
    with style():
        ax = axes(ax, height=2.4)
        rows = series[series["views_gained"].notna()]
        if rows.empty:
            return nothing_to_show(ax, gettext("No weeks to show."))
        if (rows[["views_gained", "new_views", "back_views", "corrections"]].fillna(0) == 0).all(axis=None):
            return nothing_to_show(ax, gettext("No views were gained in these weeks."))
        new, back, corrections = (
            rows[name].to_numpy(dtype=float, na_value=0.0) for name in ("new_views", "back_views", "corrections")
        )
        highest = max(0.0, (new + back).max(), reference or 0.0)
        _bar_axis(ax, min(0.0, corrections.min()), high=highest, count=len(rows))
        alpha = np.where(rows["partial"].fillna(value=False).to_numpy(dtype=bool), 0.45, 1.0)
        for x in range(len(rows)):
            options = {"width": 0.62, "alpha": alpha[x], "zorder": 2}
            ax.bar(x, back[x], color=ACCENT_SOFT, **options)
            ax.bar(x, new[x], bottom=back[x], color=ACCENT, **options)
            ax.bar(x, corrections[x], color=WARNING, **options)
            total = short_number(rows["views_gained"].iloc[x]) + ("*" if alpha[x] < 1 else "")
            level = _clear_of(ax, max(new[x] + back[x], 0.0), reference=reference)
            _on_bar(ax, x, y=level, text=total, colour=INK, strong=x == len(rows) - 1)
            below(ax, day(rows["end"].iloc[x], year=False), x=x, line=0)
        _name_parts(ax, back[-1], new=new[-1], x=len(rows) - 1, reference=reference)
        if reference is not None:
            ax.axhline(reference, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            beside(
                ax,
                gettext("median {views}", views=short_number(reference)),
                reference,
                points=72,
                color=MUTED,
                fontsize=8.5,
            )
        if (alpha < 1).any():
            note(ax, gettext("* not covered whole by the history"))
    return ax


def plot_movers(movers: pd.DataFrame, *, top: int = 10, ax: Axes | None = None) -> Axes:
    """Draw the videos that gained most views in the week.

    Parameters
    ----------
    movers
        `PeriodSummary.movers`, largest gain first.
    top
        Largest number of rows.
    ax
        Axes to draw in.

    Returns
    -------
    Axes
        A bar per video: title, views gained, share of all positive gains. Blue: uploaded in the week.

    Raises
    ------
    InvalidParameterError
        When `top` is not 1 to 60, or the frame holds no movers.

    Examples
    --------
    >>> from shortimize_analytics import schema
    >>> from shortimize_analytics.plots import plot_movers
    >>> plot_movers(schema.empty(schema.WEEKLY_MOVERS)).texts[0].get_text()
    'No video gained views in the week.'
    """
    check_cap("top", top, limit=60)
    check_columns(movers, ["title", "username", "gain", "is_new", "share"], source="period_summary(...).movers")
    gained = movers[movers["gain"].notna() & (movers["gain"] > 0)]
    shown = gained.head(top)
    with style():
        ax = axes(ax, height=0.7 + 0.29 * len(shown))
        if shown.empty:
            return nothing_to_show(ax, gettext("No video gained views in the week."))
        for y, row in enumerate(shown.itertuples()):
            new = not pd.isna(row.is_new) and bool(row.is_new)
            ax.barh(y, float(row.gain), height=0.62, color=ACCENT if new else ACCENT_SOFT, zorder=2)
            beside(ax, short_number(row.gain), y, points=44, color=INK, fontweight="bold")
            beside(ax, share(row.share), y, points=82, color=MUTED)
        names = [fit_label(row.title, fallback=f"@{fit_label(row.username)}") for row in shown.itertuples()]
        ax.set_yticks(range(len(shown)), labels=names, color=INK)
        ax.set_ylim(len(shown) - 0.4, -0.6)
        ax.set_xlim(0, float(shown["gain"].max()) * 1.02)
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
        ax.axvline(0, color=RULE, linewidth=1.0, zorder=3)
        heading(ax, gettext("gained"), points=44)
        heading(ax, gettext("share"), points=82)
        if len(gained) > len(shown):
            more = gettext("{shown} of {n} videos that gained views", shown=len(shown), n=full_number(len(gained)))
            note(ax, more, line=0)
    return ax


def _clear_of(ax: Axes, top: float, *, reference: float | None) -> float:
    """Return where a bar's number goes: on the bar, or on the reference line where that would cross the number."""
    if reference is None or reference < top:
        return top
    (_, low), (_, high) = ax.transData.transform([(0, top), (0, reference)])
    return reference if (high - low) * 72 / ax.figure.dpi < _NUMBER_HEIGHT else top


def _on_bar(ax: Axes, x: float, *, y: float, text: str, colour: str, strong: bool = True) -> None:
    ax.annotate(
        text,
        xy=(x, y),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        va="baseline",
        color=colour if strong else MUTED,
        fontweight="bold" if strong else "normal",
        fontfamily=own_font(text),
        annotation_clip=False,
    )


def _bar_axis(ax: Axes, low: float, *, high: float, count: int) -> None:
    span = (high - low) or 1.0
    ax.set_ylim(low - 0.02 * span if low < 0 else 0.0, high + 0.14 * span)
    # Few bars keep the width they would have among six: one bar alone must not fill the page.
    spare = max(0.0, (6 - count) / 2)
    ax.set_xlim(-0.6 - spare, count - 0.4 + spare)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines["bottom"].set_visible(False)
    ax.axhline(0, color=RULE, linewidth=1.0, zorder=3)


def _name_parts(ax: Axes, back: float, *, new: float, x: float, reference: float | None) -> None:
    """Say beside the last bar which part is which, where it is tall enough, and clear of the reference line."""
    low, high = ax.get_ylim()
    points = ax.get_window_extent().height * 72 / ax.figure.dpi / (high - low)
    for bottom, height, name in ((0.0, back, gettext("back")), (back, new, gettext("new"))):
        if height > 0.09 * (high - low):
            middle = bottom + height / 2
            above = _NAME_CLEARANCE if reference is None else (middle - reference) * points
            away = max(0.0, _NAME_CLEARANCE - abs(above))
            ax.annotate(
                name,
                xy=(x + 0.31, middle),
                xytext=(5, away if above > 0 else -away),
                textcoords="offset points",
                va="center_baseline",
                color=MUTED,
                fontsize=8.5,
                annotation_clip=False,
            )


def _two_lines(text: str) -> list[str]:
    """Break a step's name after its colon, else where it is too long for its column."""
    first, colon, rest = text.partition(": ")
    return [first + ":", rest] if colon else textwrap.wrap(text, 17)[:2]
