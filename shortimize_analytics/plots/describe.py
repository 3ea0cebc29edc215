"""Sentences that stand in for a picture: what a screen reader says instead of it.

An alt text says what kind of picture it is and what a reader would take from it, with the numbers of the rows that
matter most. It repeats what the frame holds and concludes nothing.
"""

from collections.abc import Callable

import pandas as pd

from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.style import day, multiple, percent, platform_name, share, short_number

from ._base import label


def alt_text(frame: pd.DataFrame, kind: str) -> str:
    """Describe the picture of a result frame in one or two sentences.

    Parameters
    ----------
    frame
        The frame that was drawn.
    kind
        One of `KINDS`: growth_curves, outliers, labels, waterfall, weekly_series, movers.

    Returns
    -------
    str
        Plain text, never empty.

    Raises
    ------
    InvalidParameterError
        When `kind` is not one of `KINDS`.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.plots import alt_text
    >>> steps = pd.DataFrame({"step": ["Last week", "Back catalogue", "This week"], "views": [900, -200, 700]})
    >>> alt_text(steps, "waterfall")
    'Waterfall chart of views gained: Last week 900; Back catalogue −200; This week 700.'
    """
    if kind not in _SENTENCES:
        raise InvalidParameterError(f"kind={kind!r}: use one of {', '.join(KINDS)}")
    return _SENTENCES[kind](frame)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _growth(curves: pd.DataFrame) -> str:
    rows = curves[curves["median"].notna()].sort_values("age_days", kind="stable")
    if rows.empty:
        return "Line chart of growth by age, without data."
    # Medians up to 1 are shares of the views at the last age, all of which end at 100 %: their middle tells more.
    shares = float(rows["median"].max()) <= 1
    said = []
    groups = list(rows.groupby("group", sort=True))
    for name, group in groups[:6]:
        half = group[group["median"] >= 0.5]
        row = half.iloc[0] if shares and len(half) else group.iloc[-1]
        size = percent(row["median"]) if shares else short_number(row["median"])
        said.append(f"{label(platform_name(str(name)), fallback='unnamed')} {size} at {row['age_days']} days")
    more = f", and {len(groups) - 6} more groups" if len(groups) > 6 else ""
    what = "share of its last views that the median video has" if shares else "views of the median video"
    return f"Line chart of the {what} by age: {'; '.join(said)}{more}."


def _outliers(outliers: pd.DataFrame) -> str:
    rows = outliers[outliers["mult"].notna()]
    if rows.empty:
        return "Forest plot of outlier scores, without data."
    first = rows.iloc[0]
    above = int((rows["mult_lo"] > 1).sum())
    interval = f" (interval {multiple(first['mult_lo'])} to {multiple(first['mult_hi'])})"
    account = label(first["username"], fallback="an unnamed account")
    return (
        f"Forest plot of {_count(len(rows), 'outlier score')} on a logarithmic axis. The highest is "
        f"{multiple(first['mult'])}{'' if pd.isna(first['mult_lo']) else interval}, by {account}; "
        f"{above:,} {'interval lies' if above == 1 else 'intervals lie'} wholly above 1x."
    )


def _labels(labels: pd.DataFrame) -> str:
    rows = labels[labels["ratio"].notna()].sort_values("ratio", ascending=False, kind="stable")
    if rows.empty:
        return "Forest plot of label effects, without data."
    said = [
        f"{label(row.label, fallback='unnamed label', width=28)} {multiple(row.ratio)} ({row.verdict})"
        for row in rows.head(6).itertuples()
    ]
    more = f", and {len(rows) - 6} more" if len(rows) > 6 else ""
    return f"Forest plot of views with a label over views without it, within accounts: {'; '.join(said)}{more}."


def _waterfall(steps: pd.DataFrame) -> str:
    if steps.empty or steps["views"].isna().any():
        return "Waterfall chart of views gained, without data."
    said = [f"{label(row.step, fallback='step')} {short_number(row.views)}" for row in steps.itertuples()]
    return f"Waterfall chart of views gained: {'; '.join(said)}."


def _weekly_series(series: pd.DataFrame) -> str:
    rows = series[series["views_gained"].notna()]
    if rows.empty:
        return "Bar chart of views gained per week, without data."
    last, first = rows.iloc[-1], rows.iloc[0]
    return (
        f"Bar chart of views gained in {_count(len(rows), 'week')}: "
        f"{short_number(last['views_gained'])} in the week to {day(last['week_end'])}, "
        f"{short_number(last['new_views'])} of it from that week's uploads; the first bar, the week to "
        f"{day(first['week_end'])}, stands at {short_number(first['views_gained'])}."
    )


def _movers(movers: pd.DataFrame) -> str:
    rows = movers[movers["gain"].notna() & (movers["gain"] > 0)]
    if rows.empty:
        return "Bar chart of the videos that gained most views, without data."
    first = rows.iloc[0]
    return (
        f"Bar chart of {_count(len(rows), 'video')} by views gained in the week. The first is "
        f"“{label(first['title'])}” by {label(first['username'], fallback='an unnamed account')} with "
        f"{short_number(first['gain'])}, {share(first['share'])} of all gains."
    )


_SENTENCES: dict[str, Callable[[pd.DataFrame], str]] = {
    "growth_curves": _growth,
    "outliers": _outliers,
    "labels": _labels,
    "waterfall": _waterfall,
    "weekly_series": _weekly_series,
    "movers": _movers,
}
KINDS = tuple(_SENTENCES)
