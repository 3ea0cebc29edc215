"""Sentences that stand in for a picture: what a screen reader says instead of it.

An alt text says what kind of picture it is and what a reader would take from it, with the numbers of the rows that
matter most. It repeats what the frame holds and concludes nothing.
"""

from collections.abc import Callable
from functools import partial

import pandas as pd

from shortimize_analytics.analysis.base.constants import HIT
from shortimize_analytics.errors import InvalidParameterError

from .messages import gettext, later, ngettext
from .row_names import bracket_name, fit_label, in_bracket_order, label_names, label_rows
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
        return gettext("Line chart of growth by age, without data.")
    # Medians up to 1 are shares of the views at the last age, all of which end at 100 %: their middle tells more.
    shares = float(rows["median_value"].max()) <= 1
    said = []
    groups = list(rows.groupby("group", sort=True))
    for name, group in groups[:6]:
        half = group[group["median_value"] >= 0.5]
        row = half.iloc[0] if shares and len(half) else group.iloc[-1]
        size = percent(row["median_value"]) if shares else short_number(row["median_value"])
        said.append(_at_age(platform_name(str(name)), size, row["age_days"]))
    values = {"groups": _listed(said, len(groups))}
    if shares:
        return gettext(
            "Line chart of the share of its last views that the median video has by age: {groups}.", **values
        )
    return gettext("Line chart of the views of the median video by age: {groups}.", **values)


def _at_age(name: object, size: str, days: float) -> str:
    """Say how far a group is at an age (days)."""
    named = fit_label(name, fallback=gettext("unnamed"))
    return ngettext("{group} {size} at {n} days", "{group} {size} at {n} days", days, group=named, size=size)


def _listed(said: list[str], total: int) -> str:
    """List the first groups, and count the rest."""
    listed = "; ".join(said)
    if total <= len(said):
        return listed
    return gettext("{groups}, and {n} more groups", groups=listed, n=full_number(total - len(said)))


def _outliers(outliers: pd.DataFrame) -> str:
    rows = outliers[outliers["mult"].notna()]
    if rows.empty:
        return gettext("Forest plot of outlier scores, without data.")
    first = rows.iloc[0]
    above = int((rows["mult_lo"] > 1).sum())
    account = fit_label(first["username"], fallback=gettext("an unnamed account"))
    highest = multiple(first["mult"])
    if pd.notna(first["mult_lo"]):
        ends = {"low": multiple(first["mult_lo"]), "high": multiple(first["mult_hi"])}
        highest = gettext("{multiple} (interval {low} to {high})", multiple=highest, **ends)
    return gettext(
        "Forest plot of {scores} on a logarithmic axis. The highest is {highest}, by {account}; {above}.",
        scores=counted(len(rows), "outlier score"), highest=highest, account=account,
        above=ngettext("{n} interval lies wholly above 1x", "{n} intervals lie wholly above 1x", above),
    )  # fmt: skip


def _labels(labels: pd.DataFrame) -> str:
    rows = labels[label_rows(labels)[0]].sort_values("ratio", ascending=False, kind="stable")
    if rows.empty:
        return gettext("Forest plot of label effects, without data.")
    names = label_names(labels["label_id"], labels["label"], fallback=gettext("unnamed label"), width=28)
    said = [
        f"{names[str(row.label_id)]} {multiple(row.ratio)} ({gettext(str(row.verdict))})"
        for row in rows.head(6).itertuples()
    ]
    labels_ = "; ".join(said)
    if len(rows) > len(said):
        labels_ = gettext("{labels}, and {n} more", labels=labels_, n=full_number(len(rows) - len(said)))
    return gettext(
        "Forest plot of views with a label over views without it, within accounts: {labels}.", labels=labels_
    )


def _waterfall(steps: pd.DataFrame) -> str:
    if steps.empty or steps["views"].isna().any():
        return gettext("Waterfall chart of views gained, without data.")
    said = [f"{gettext(fit_label(row.step))} {short_number(row.views)}" for row in steps.itertuples()]
    return gettext("Waterfall chart of views gained: {steps}.", steps="; ".join(said))


def _weekly_series(series: pd.DataFrame) -> str:
    rows = series[series["views_gained"].notna()]
    if rows.empty:
        return gettext("Bar chart of views gained per week, without data.")
    last, first = rows.iloc[-1], rows.iloc[0]
    return gettext(
        "Bar chart of views gained in {weeks}: {views} in the week to {last}, {new} of it from that week's uploads; "
        "the first bar, the week to {first}, stands at {start}.",
        weeks=counted(len(rows), "week"), views=short_number(last["views_gained"]), last=day(last["end"]),
        new=short_number(last["new_views"]), first=day(first["end"]), start=short_number(first["views_gained"]),
    )  # fmt: skip


def _movers(movers: pd.DataFrame) -> str:
    rows = movers[movers["gain"].notna() & (movers["gain"] > 0)]
    if rows.empty:
        return gettext("Bar chart of the videos that gained most views, without data.")
    first = rows.iloc[0]
    return gettext(
        "Bar chart of {videos} by views gained in the week. The first is “{title}” by {account} with {views}, {share} "
        "of all gains.",
        videos=counted(len(rows), "video"), title=fit_label(first["title"]),
        account=fit_label(first["username"], fallback=gettext("an unnamed account")),
        views=short_number(first["gain"]), share=share(first["share"]),
    )  # fmt: skip


def _cohorts(curves: pd.DataFrame) -> str:
    rows = curves[curves["median_value"].notna()]
    names = sorted(rows["group"].unique())
    if not names:
        return gettext("Line chart of growth by cohort, without data.")
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
        said.append(_at_age(name, size, row["age_days"]))
    return gettext(
        "Line chart of the median video by age, one line for each of {cohorts}, oldest and newest: {groups}.",
        cohorts=counted(len(names), "cohort"), groups="; ".join(said),
    )  # fmt: skip


def _scatter(outliers: pd.DataFrame) -> str:
    rows = outliers[((outliers["mult"] > 0) & (outliers["views"] > 0)).fillna(value=False)]
    if rows.empty:
        return gettext("Scatter plot of scores against views, without data.")
    above, sure = int((rows["mult"] >= HIT).sum()), int(rows["reliable"].fillna(value=False).sum())
    return gettext(
        "Scatter plot of {videos}, score against views on logarithmic axes: {above} at {hit}x or more, the highest "
        "{highest}, views from {low} to {high}; {sure} scores are reliable.",
        videos=counted(len(rows), "video"), above=full_number(above), hit=HIT, highest=multiple(rows["mult"].max()),
        low=short_number(rows["views"].min()), high=short_number(rows["views"].max()), sure=full_number(sure),
    )  # fmt: skip


def _brackets(brackets: pd.DataFrame) -> str:
    rows = in_bracket_order(brackets[(brackets["n"] > 0).fillna(value=False)])
    if rows.empty:
        return gettext("Bar chart of virality brackets, without data.")
    groups = list(rows.groupby("group", sort=False))
    said = [
        ("" if len(groups) == 1 else f"{fit_label(platform_name(str(name)), fallback=gettext('unnamed'))}: ")
        + ", ".join(f"{share(row.share)} {bracket_name(row.bracket)}" for row in group.itertuples() if row.n_videos > 0)
        for name, group in groups[:4]
    ]
    shown = "; ".join(said)
    if len(groups) > len(said):
        shown = ngettext("{groups}; and {n} more group", "{groups}; and {n} more groups", len(groups) - len(said),
                         groups=shown)  # fmt: skip
    return gettext("Bar chart of videos by multiple of their account: {groups}.", groups=shown)


def _overlap(overlap: pd.DataFrame) -> str:
    rows = overlap[(overlap["n_both"] > 0).fillna(value=False)]
    if rows.empty:
        return gettext("Heat map of labels that share videos, without data.")
    ids, called = (pd.concat([rows[f"{name}_a"], rows[f"{name}_b"]]) for name in ("label_id", "label"))
    names = label_names(ids, called, fallback=gettext("unnamed"), width=28)
    said = [
        gettext(
            "{first} and {second} {n} ({share} of those with either)",
            first=names[str(row.label_id_a)], second=names[str(row.label_id_b)],
            n=full_number(row.n_both), share=share(row.jaccard),
        )
        for row in rows.head(3).itertuples()
    ]  # fmt: skip
    return gettext(
        "Heat map of videos that two labels share, {pairs}; the largest: {labels}.",
        pairs=counted(len(rows), "pair"), labels="; ".join(said),
    )  # fmt: skip


def _effect(effect: pd.DataFrame, *, what: str) -> str:
    rows = effect[effect["ratio"].notna()]
    if rows.empty:
        return gettext(_NO_EFFECT[what])
    return gettext(
        _EFFECT[what],
        n=full_number(len(rows)), low=multiple(rows["ratio"].min()), high=multiple(rows["ratio"].max()),
        verdict=group_verdict(effect, what=what),
    )  # fmt: skip


_NO_EFFECT = {
    "length": later("Plot of views by length, without data."),
    "weekday": later("Plot of views by weekday, without data."),
}
_EFFECT = {
    "length": later(
        "Plot of views by length over the same accounts' other videos, {n} compared, from {low} to {high}; {verdict}."
    ),
    "weekday": later(
        "Plot of views by weekday over the same accounts' other videos, {n} compared, from {low} to {high}; {verdict}."
    ),
}


def _over_time(frame: pd.DataFrame, *, value: str, what: str) -> str:
    rows = frame[frame[value].notna()].sort_values("start", kind="stable")
    if rows.empty:
        return gettext("Chart of {what} over time, without data.", what=gettext(what))
    sizes = rows.groupby("group")[value].sum().sort_values(ascending=False, kind="stable")
    values = {
        "what": gettext(what),
        "stretches": counted(rows["start"].nunique(), "stretch"),
        "first": day(rows["start"].min()),
        "last": day(rows["end"].max()),
    }
    if len(sizes) > 1:
        said = [
            f"{fit_label(platform_name(str(name)), fallback=gettext('unnamed'))} {short_number(n)}"
            for name, n in sizes[:6].items()
        ]
        return gettext(
            "Line chart of {what} in {stretches}, from {first} to {last}; in all: {groups}.",
            groups=_listed(said, len(sizes)), **values,
        )  # fmt: skip
    top, newest = rows.loc[rows[value].idxmax()], rows.iloc[-1]
    values |= {"day": day(top["start"]), "most": short_number(top[value]), "views": short_number(newest[value])}
    if newest["partial"] is True or newest["partial"] == 1:
        return gettext(
            "Bar chart of {what} in {stretches}, from {first} to {last}: most from {day} with {most}; {views} in the "
            "last, which is not covered whole.", **values,
        )  # fmt: skip
    return gettext(
        "Bar chart of {what} in {stretches}, from {first} to {last}: most from {day} with {most}; {views} in the last.",
        **values,
    )


def _pareto(gains: pd.DataFrame) -> str:
    rows = gains[gains["cum_share"].notna()]
    if rows.empty:
        return gettext("Curve of how few videos earned most views, without data.")
    reached = rows[rows["cum_share"] >= 0.8 - 1e-9]
    row = reached.iloc[0] if len(reached) else rows.iloc[-1]
    return gettext(
        "Curve of the share of all gains by rank of {videos}: the first earned {first}, the first {n} together {part}.",
        videos=counted(len(rows), "video"), first=share(rows.iloc[0]["cum_share"]), n=full_number(row["position"]),
        part=percent(row["cum_share"]),
    )  # fmt: skip


def _video(history: pd.DataFrame) -> str:
    rows = history[history["views_raw"].notna()].sort_values("date", kind="stable")
    if rows.empty:
        return gettext("Line chart of one video's views, without data.")
    first, last = rows.iloc[0], rows.iloc[-1]
    measured = int((rows["obs"].astype("object") == "observed").sum())
    fixed = int(rows["correction"].fillna(value=False).sum())
    values = {
        "start": short_number(first["views_raw"]), "first": day(first["date"]), "end": short_number(last["views_raw"]),
        "last": day(last["date"]), "days": counted(len(rows), "day"), "measured": full_number(measured),
    }  # fmt: skip
    if fixed:
        return gettext(
            "Line chart of one video's views from {start} on {first} to {end} on {last}: {days}, {measured} of them "
            "measured, {corrections}.", corrections=counted(fixed, "downward correction"), **values,
        )  # fmt: skip
    return gettext(
        "Line chart of one video's views from {start} on {first} to {end} on {last}: {days}, {measured} of them "
        "measured.", **values,
    )  # fmt: skip


def _forecast(forecast: pd.DataFrame) -> str:
    rows = forecast[forecast["pred"].notna()]
    if rows.empty:
        return gettext("Forecast of young videos, without data.")
    said = [
        gettext(
            "{account} {views} now, {expected} at day {day} (80% interval {low} to {high})",
            account=f"@{fit_label(row.username, fallback=gettext('unknown'))}", views=short_number(row.views),
            expected=short_number(row.pred), day=row.horizon, low=short_number(row.lo80), high=short_number(row.hi80),
        )
        for row in rows.head(3).itertuples()
    ]  # fmt: skip
    return gettext(
        "Forecast fans of {videos}, highest first: {forecasts}.",
        videos=counted(len(rows), "young video"), forecasts="; ".join(said),
    )  # fmt: skip


def _quality(quality: pd.DataFrame) -> str:
    if quality.empty:
        return gettext("Bar chart of checks of the data, without data.")
    met = quality[(quality["n"] > 0).fillna(value=False)].sort_values("share", ascending=False, kind="stable")
    values = {"checks": counted(len(quality), "check"), "met": full_number(len(met))}
    if met.empty:
        return gettext("Bar chart of {checks} of the data, {met} of which met something.", **values)
    said = [
        f"{fit_label(gettext(str(row.check).replace('_', ' ')))} {full_number(row.n)} ({share(row.share)})"
        for row in met.head(6).itertuples()
    ]
    return gettext(
        "Bar chart of {checks} of the data, {met} of which met something: {found}.", found="; ".join(said), **values
    )


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
