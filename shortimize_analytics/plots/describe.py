"""Sentences that stand in for a picture: what a screen reader says instead of it.

An alt text says what kind of picture it is and what a reader would take from it, with the numbers of the rows that
matter most. It repeats what the frame holds and concludes nothing.
"""

from collections.abc import Callable
from functools import partial

import pandas as pd

from shortimize_analytics.analysis.base.constants import HIT
from shortimize_analytics.errors import InvalidParameterError

from .row_names import bracket_name, fit_label, in_bracket_order, label_rows
from .theme import counted, day, full_number, multiple, percent, platform_name, share, short_number
from .verdicts import group_verdict


def alt_text(frame: pd.DataFrame, kind: str) -> str:
    """Describe the picture of a result frame in one or two sentences.

    Parameters
    ----------
    frame
        The frame that was drawn.
    kind
        One of `KINDS`: the name of the plot without ``plot_``.

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


def _growth(curves: pd.DataFrame) -> str:
    rows = curves[curves["median_value"].notna()].sort_values("age_days", kind="stable")
    if rows.empty:
        return "Line chart of growth by age, without data."
    # Medians up to 1 are shares of the views at the last age, all of which end at 100 %: their middle tells more.
    shares = float(rows["median_value"].max()) <= 1
    said = []
    groups = list(rows.groupby("group", sort=True))
    for name, group in groups[:6]:
        half = group[group["median_value"] >= 0.5]
        row = half.iloc[0] if shares and len(half) else group.iloc[-1]
        size = percent(row["median_value"]) if shares else short_number(row["median_value"])
        said.append(f"{fit_label(platform_name(str(name)), fallback='unnamed')} {size} at {row['age_days']} days")
    more = f", and {full_number(len(groups) - 6)} more groups" if len(groups) > 6 else ""
    what = "share of its last views that the median video has" if shares else "views of the median video"
    return f"Line chart of the {what} by age: {'; '.join(said)}{more}."


def _outliers(outliers: pd.DataFrame) -> str:
    rows = outliers[outliers["mult"].notna()]
    if rows.empty:
        return "Forest plot of outlier scores, without data."
    first = rows.iloc[0]
    above = int((rows["mult_lo"] > 1).sum())
    interval = f" (interval {multiple(first['mult_lo'])} to {multiple(first['mult_hi'])})"
    account = fit_label(first["username"], fallback="an unnamed account")
    return (
        f"Forest plot of {counted(len(rows), 'outlier score')} on a logarithmic axis. The highest is "
        f"{multiple(first['mult'])}{'' if pd.isna(first['mult_lo']) else interval}, by {account}; "
        f"{full_number(above)} {'interval lies' if above == 1 else 'intervals lie'} wholly above 1x."
    )


def _labels(labels: pd.DataFrame) -> str:
    rows = labels[label_rows(labels)[0]].sort_values("ratio", ascending=False, kind="stable")
    if rows.empty:
        return "Forest plot of label effects, without data."
    said = [
        f"{fit_label(row.label, fallback='unnamed label', width=28)} {multiple(row.ratio)} ({row.verdict})"
        for row in rows.head(6).itertuples()
    ]
    more = f", and {full_number(len(rows) - 6)} more" if len(rows) > 6 else ""
    return f"Forest plot of views with a label over views without it, within accounts: {'; '.join(said)}{more}."


def _waterfall(steps: pd.DataFrame) -> str:
    if steps.empty or steps["views"].isna().any():
        return "Waterfall chart of views gained, without data."
    said = [f"{fit_label(row.step, fallback='step')} {short_number(row.views)}" for row in steps.itertuples()]
    return f"Waterfall chart of views gained: {'; '.join(said)}."


def _weekly_series(series: pd.DataFrame) -> str:
    rows = series[series["views_gained"].notna()]
    if rows.empty:
        return "Bar chart of views gained per week, without data."
    last, first = rows.iloc[-1], rows.iloc[0]
    return (
        f"Bar chart of views gained in {counted(len(rows), 'week')}: "
        f"{short_number(last['views_gained'])} in the week to {day(last['end'])}, "
        f"{short_number(last['new_views'])} of it from that week's uploads; the first bar, the week to "
        f"{day(first['end'])}, stands at {short_number(first['views_gained'])}."
    )


def _movers(movers: pd.DataFrame) -> str:
    rows = movers[movers["gain"].notna() & (movers["gain"] > 0)]
    if rows.empty:
        return "Bar chart of the videos that gained most views, without data."
    first = rows.iloc[0]
    return (
        f"Bar chart of {counted(len(rows), 'video')} by views gained in the week. The first is "
        f"“{fit_label(first['title'])}” by {fit_label(first['username'], fallback='an unnamed account')} with "
        f"{short_number(first['gain'])}, {share(first['share'])} of all gains."
    )


def _cohorts(curves: pd.DataFrame) -> str:
    rows = curves[curves["median_value"].notna()]
    names = sorted(rows["group"].unique())
    if not names:
        return "Line chart of growth by cohort, without data."
    last = rows.sort_values("age_days", kind="stable").groupby("group").tail(1).set_index("group")
    half = (
        rows[rows["median_value"] >= 0.5]
        .sort_values("age_days", kind="stable")
        .drop_duplicates("group")
        .set_index("group")
    )
    shares = float(rows["median_value"].max()) <= 1
    said = []
    for name in dict.fromkeys((names[0], names[-1])):
        row = half.loc[name] if shares and name in half.index else last.loc[name]
        size = percent(row["median_value"]) if shares else short_number(row["median_value"])
        said.append(f"{fit_label(name, fallback='unnamed')} {size} at {row['age_days']:.0f} days")
    return (
        f"Line chart of the median video by age, one line for each of {counted(len(names), 'cohort')}, oldest and "
        f"newest: {'; '.join(said)}."
    )


def _scatter(outliers: pd.DataFrame) -> str:
    rows = outliers[((outliers["mult"] > 0) & (outliers["views"] > 0)).fillna(value=False)]
    if rows.empty:
        return "Scatter plot of scores against views, without data."
    above, sure = int((rows["mult"] >= HIT).sum()), int(rows["reliable"].fillna(value=False).sum())
    return (
        f"Scatter plot of {counted(len(rows), 'video')}, score against views on logarithmic axes: {full_number(above)} "
        f"at {HIT}x or more, the highest {multiple(rows['mult'].max())}, views from "
        f"{short_number(rows['views'].min())} to {short_number(rows['views'].max())}; {full_number(sure)} scores are "
        "reliable."
    )


def _brackets(brackets: pd.DataFrame) -> str:
    rows = in_bracket_order(brackets[(brackets["n"] > 0).fillna(value=False)])
    if rows.empty:
        return "Bar chart of virality brackets, without data."
    groups = list(rows.groupby("group", sort=False))
    said = [
        ("" if len(groups) == 1 else f"{fit_label(platform_name(str(name)), fallback='unnamed')}: ")
        + ", ".join(f"{share(row.share)} {bracket_name(row.bracket)}" for row in group.itertuples() if row.n_videos > 0)
        for name, group in groups[:4]
    ]
    more = f"; and {counted(len(groups) - 4, 'more group')}" if len(groups) > 4 else ""
    return f"Bar chart of videos by multiple of their account: {'; '.join(said)}{more}."


def _overlap(overlap: pd.DataFrame) -> str:
    rows = overlap[(overlap["n_both"] > 0).fillna(value=False)]
    if rows.empty:
        return "Heat map of labels that share videos, without data."
    said = [
        " and ".join(fit_label(name, fallback="unnamed", width=28) for name in (row.label_a, row.label_b))
        + f" {full_number(row.n_both)} ({share(row.jaccard)} of those with either)"
        for row in rows.head(3).itertuples()
    ]
    return f"Heat map of videos that two labels share, {counted(len(rows), 'pair')}; the largest: {'; '.join(said)}."


def _effect(effect: pd.DataFrame, *, what: str) -> str:
    rows = effect[effect["ratio"].notna()]
    if rows.empty:
        return f"Plot of views by {what}, without data."
    return (
        f"Plot of views by {what} over the same accounts' other videos, {full_number(len(rows))} compared, from "
        f"{multiple(rows['ratio'].min())} to {multiple(rows['ratio'].max())}; {group_verdict(effect, what=what)}."
    )


def _over_time(frame: pd.DataFrame, *, value: str, what: str) -> str:
    rows = frame[frame[value].notna()].sort_values("start", kind="stable")
    if rows.empty:
        return f"Chart of {what} over time, without data."
    sizes = rows.groupby("group")[value].sum().sort_values(ascending=False, kind="stable")
    spans = counted(rows["start"].nunique(), "stretch")
    when = f"{spans}, from {day(rows['start'].min())} to {day(rows['end'].max())}"
    if len(sizes) > 1:
        said = [
            f"{fit_label(platform_name(str(name)), fallback='unnamed')} {short_number(n)}"
            for name, n in sizes[:6].items()
        ]
        more = f", and {full_number(len(sizes) - 6)} more groups" if len(sizes) > 6 else ""
        return f"Line chart of {what} in {when}; in all: {'; '.join(said)}{more}."
    top, last = rows.loc[rows[value].idxmax()], rows.iloc[-1]
    partial = ", which is not covered whole" if last["partial"] is True or last["partial"] == 1 else ""
    return (
        f"Bar chart of {what} in {when}: most from {day(top['start'])} with {short_number(top[value])}; "
        f"{short_number(last[value])} in the last{partial}."
    )


def _pareto(gains: pd.DataFrame) -> str:
    rows = gains[gains["cum_share"].notna()]
    if rows.empty:
        return "Curve of how few videos earned most views, without data."
    reached = rows[rows["cum_share"] >= 0.8 - 1e-9]
    row = reached.iloc[0] if len(reached) else rows.iloc[-1]
    return (
        f"Curve of the share of all gains by rank of {counted(len(rows), 'video')}: the first earned "
        f"{share(rows.iloc[0]['cum_share'])}, the first {row['position']:,} together {percent(row['cum_share'])}."
    )


def _video(history: pd.DataFrame) -> str:
    rows = history[history["views_raw"].notna()].sort_values("date", kind="stable")
    if rows.empty:
        return "Line chart of one video's views, without data."
    first, last = rows.iloc[0], rows.iloc[-1]
    measured = int((rows["obs"].astype("object") == "observed").sum())
    fixed = int(rows["correction"].fillna(value=False).sum())
    corrected = f", {counted(fixed, 'downward correction')}" if fixed else ""
    return (
        f"Line chart of one video's views from {short_number(first['views_raw'])} on {day(first['date'])} to "
        f"{short_number(last['views_raw'])} on {day(last['date'])}: {counted(len(rows), 'day')}, {measured:,} of them "
        f"measured{corrected}."
    )


def _forecast(forecast: pd.DataFrame) -> str:
    rows = forecast[forecast["pred"].notna()]
    if rows.empty:
        return "Forecast of young videos, without data."
    said = [
        f"@{fit_label(row.username, fallback='unknown')} {short_number(row.views)} now, {short_number(row.pred)} at "
        f"day {row.horizon} (80% interval {short_number(row.lo80)} to {short_number(row.hi80)})"
        for row in rows.head(3).itertuples()
    ]
    return f"Forecast fans of {counted(len(rows), 'young video')}, highest first: {'; '.join(said)}."


def _quality(quality: pd.DataFrame) -> str:
    if quality.empty:
        return "Bar chart of checks of the data, without data."
    met = quality[(quality["n"] > 0).fillna(value=False)].sort_values("share", ascending=False, kind="stable")
    said = [
        f"{fit_label(str(row.check).replace('_', ' '))} {full_number(row.n)} ({share(row.share)})"
        for row in met.head(6).itertuples()
    ]
    found = f": {'; '.join(said)}" if said else ""
    return f"Bar chart of {counted(len(quality), 'check')} of the data, {len(met):,} of which met something{found}."


_SENTENCES: dict[str, Callable[[pd.DataFrame], str]] = {
    "growth_curves": _growth,
    "outliers": _outliers,
    "labels": _labels,
    "waterfall": _waterfall,
    "weekly_series": _weekly_series,
    "movers": _movers,
    "cohort_curves": _cohorts,
    "outlier_scatter": _scatter,
    "brackets": _brackets,
    "label_overlap": _overlap,
    "duration_effect": partial(_effect, what="length"),
    "weekday_effect": partial(_effect, what="weekday"),
    "views_over_time": partial(_over_time, value="views_gained", what="views gained"),
    "uploads_over_time": partial(_over_time, value="n_uploads", what="uploads"),
    "pareto": _pareto,
    "video": _video,
    "forecast": _forecast,
    "data_quality": _quality,
}
KINDS = tuple(_SENTENCES)
