"""Do next: at most three suggestions, each from a difference that is clear after correction, or from a breakout.

Where none is, that is said, with what was looked at. An action suggests; its evidence stands under it, and claims no
more than its range: ends are rounded outwards.
"""

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.plots.theme import counted, percent, short_number
from shortimize_analytics.plots.verdicts import clear_groups, compared_groups

from .breakouts import is_breakout
from .effect_words import compared_within
from .words import Sentence, Words, decimal, number_word, piece

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

MOST = 3
NEARLY_OVER = 1.25
"""A video whose forecast's upper end is at most this many times its views has little of its run left."""


@dataclass(frozen=True, slots=True)
class Action:
    """What to do, and why."""

    do: Sentence
    why: str


def actions(summary: "PeriodSummary", words: Words) -> list[Action]:
    """Return what follows from what is clear: labels, then a breakout, then lengths and weekdays.

    Parameters
    ----------
    summary
        What `period_summary` returned, with the ranking to report as its outliers and its label names typesettable.
    words
        Makes names fit.
    """
    clear = _clear_labels(summary)
    found = [_of_label(clear[clear["verdict"].astype("object") == verdict], words) for verdict in ("higher", "lower")]
    found.append(_of_breakout(summary, words))
    found += [_of_group(summary.durations, what="length"), _of_group(summary.weekdays, what="weekday")]
    return [action for action in found if action is not None][:MOST]


def _clear_labels(summary: "PeriodSummary") -> pd.DataFrame:
    tested = compared_within(summary.labels)
    return tested[tested["verdict"].isin(["higher", "lower"])].sort_values("q", kind="stable")


def _of_label(clear: pd.DataFrame, words: Words) -> Action | None:
    if clear.empty:
        return None
    row = clear.iloc[0]
    name = words.clean(row["label"], fallback="unnamed label", width=30)
    behind = f"({counted(row['n_videos'], 'video')}, {counted(row['n_accounts_overlap'], 'account')})"
    why = f"They get {times(row, than='the same accounts’ other videos')} {behind}."
    if str(row["verdict"]) == "higher":
        return Action([piece(f"Make more {name} videos.")], why)
    return Action([piece(f"Make fewer {name} videos, or test a new form.")], why)


def times(row: Any, *, than: str) -> str:
    """Say a ratio and its range, the ends rounded outwards.

    Examples
    --------
    >>> from shortimize_analytics.report.actions import times
    >>> times({"ratio": 1.39, "ratio_lo": 1.11, "ratio_hi": 1.75}, than="other videos")
    'about 1.4 times the views of other videos, likely 1.1 to 1.8'
    >>> times({"ratio": 0.62, "ratio_lo": 0.51, "ratio_hi": 0.76}, than="other videos")
    'about 38% fewer views than other videos, likely 24% to 49% fewer'
    """
    ratio, low, high = (float(row[name]) for name in ("ratio", "ratio_lo", "ratio_hi"))
    if ratio < 1:
        ends = (floor(100 * (1 - high)) / 100, ceil(100 * (1 - low)) / 100)
        return (
            f"about {percent(1 - ratio)} fewer views than {than}, likely {percent(ends[0])} to {percent(ends[1])} fewer"
        )
    digits = 2 if low < 1.1 or ratio < 1.15 else 1
    scale = 10**digits
    ends = (floor(low * scale) / scale, ceil(high * scale) / scale)
    likely = " to ".join(decimal(end, digits) for end in ends)
    return f"about {decimal(ratio, digits)} times the views of {than}, likely {likely}"


def _of_breakout(summary: "PeriodSummary", words: Words) -> Action | None:
    sure = summary.outliers[is_breakout(summary.outliers)]
    if sure.empty:
        return None
    new = summary.movers.loc[summary.movers["is_new"].fillna(value=False).astype(bool), "ad_id"]
    row = (sure[sure["ad_id"].isin(new)] if sure["ad_id"].isin(new).any() else sure).iloc[0]
    account = words.account(row["username"])
    title = words.clean(row["title"], fallback="", width=24)
    named = [piece("Try “"), piece(title, link=row["ad_link"], tone="link"), piece(f"” again on {account}.")]
    if not title:
        untitled = piece("an untitled video", link=row["ad_link"], tone="link")
        named = [piece("Try the idea of "), untitled, piece(f" of {account} again.")]
    low = f"At least {number_word(floor(row['mult_lo']))} times what the account’s videos usually have at that age"
    return Action(named, f"{low}{_run(summary, row)}.")


def _run(summary: "PeriodSummary", row: pd.Series) -> str:
    """Say how much of its run a video has left, where it is forecast."""
    rows = summary.forecasts[(summary.forecasts["ad_id"] == row["ad_id"]).to_numpy(dtype=bool)]
    if rows.empty or rows[["views", "lo80", "hi80"]].isna().to_numpy().any():
        return ""
    one = rows.iloc[0]
    views = float(one["views"])
    over = ", and its own run is nearly over" if one["hi80"] <= NEARLY_OVER * views else ""
    ends = f"{short_number(one['lo80'])} to {short_number(one['hi80'])}"
    return f"{over}: {short_number(views)} now, {ends} expected by day {int(one['horizon'])}"


def _of_group(effect: pd.DataFrame, *, what: str) -> Action | None:
    clear = clear_groups(effect)
    if clear.empty:
        return None
    row = clear.iloc[0]
    more = str(row["verdict"]) == "higher"
    text = f"Make {'more' if more else 'fewer'} videos of {row['label']}."
    if what == "weekday":
        text = f"Upload {'more' if more else 'less'} on {row['label']}s."
    behind = f"({counted(row['n_videos'], 'video')})"
    return Action([piece(text)], f"They get {times(row, than='the same accounts’ other videos')} {behind}.")


def looked_at(summary: "PeriodSummary", *, found: int) -> str:
    """Say what was looked at and showed no clear difference.

    Parameters
    ----------
    summary
        What `period_summary` returned.
    found
        How many actions there are.
    """
    none = [
        name
        for name, frame in (("video length", summary.durations), ("weekday of upload", summary.weekdays))
        if len(compared_groups(frame)) and clear_groups(frame).empty
    ]
    labels = len(compared_within(summary.labels)) - len(_clear_labels(summary))
    if labels:
        other = "other " if len(_clear_labels(summary)) else ""
        none.append(f"{number_word(labels)} {other}label{'s' * (labels != 1)}")
    if not none:
        return "" if found else "There were too few videos to compare labels, lengths or weekdays."
    listed = none[0] if len(none) == 1 else f"{', '.join(none[:-1])} and {none[-1]}"
    one = len(none) == 1 and labels <= 1
    return f"No case for a change: {listed} {'shows' if one else 'show'} no clear difference."


NOTHING = "Nothing stood out clearly enough to act on."
