"""Do next: at most three suggestions, each from a difference that is clear after correction, or from a breakout.

Where none is, that is said, with what was looked at. An action suggests; its evidence stands under it, and claims no
more than its range: ends are rounded outwards.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.plots.messages import gettext, later, ngettext
from shortimize_analytics.plots.theme import counted, percent, short_number
from shortimize_analytics.plots.verdicts import clear_groups, compared_groups

from .breakouts import is_breakout
from .effect_words import compared_within
from .words import Sentence, Words, decimal, number_word, piece, sentence

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

MOST = 3
TIMES = 2
"""A ratio whose range ends below is told in percent, as one below 1 is; one that may be more, in times."""
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
    name = words.clean(row["label"], fallback=gettext("unnamed label"), width=30)
    behind = {"videos": counted(row["n_videos"], "video"), "accounts": counted(row["n_accounts_overlap"], "account")}
    why = gettext("They get {times} ({videos}, {accounts}).", times=times(row), **behind)
    if str(row["verdict"]) == "higher":
        return Action(sentence("Make more videos labelled “{label}”.", label=name), why)
    return Action(sentence("Make fewer videos labelled “{label}”.", label=name), why)


def times(row: Any) -> str:
    """Say a ratio against the same accounts' other videos, and its range, the ends rounded outwards.

    Examples
    --------
    >>> from shortimize_analytics.report.actions import times
    >>> times({"ratio": 1.39, "ratio_lo": 1.11, "ratio_hi": 1.75})
    'about 39% more views than the same accounts’ other videos, likely 11% to 75% more'
    >>> times({"ratio": 0.62, "ratio_lo": 0.51, "ratio_hi": 0.76})
    'about 38% fewer views than the same accounts’ other videos, likely 24% to 49% fewer'
    >>> times({"ratio": 2.31, "ratio_lo": 1.44, "ratio_hi": 3.6})
    'about 2.3 times the views of the same accounts’ other videos, likely 1.4 to 3.6 times'
    >>> times({"ratio": 1.62, "ratio_lo": 1.04, "ratio_hi": 2.5})
    'about 1.6 times the views of the same accounts’ other videos, likely 1.04 to 2.5 times'
    """
    ratio, low, high = (float(row[name]) for name in ("ratio", "ratio_lo", "ratio_hi"))
    if ratio < 1:
        return gettext(
            "about {part} fewer views than the same accounts’ other videos, likely {least} to {most} fewer",
            part=percent(1 - ratio),
            least=_percent(1 - high, floor),
            most=_percent(1 - low, ceil),
        )
    if high < TIMES:
        return gettext(
            "about {part} more views than the same accounts’ other videos, likely {least} to {most} more",
            part=percent(ratio - 1),
            least=_percent(low - 1, floor),
            most=_percent(high - 1, ceil),
        )
    return gettext(
        "about {ratio} times the views of the same accounts’ other videos, likely {low} to {high} times",
        ratio=decimal(ratio, 1),
        low=_times(low, floor),
        high=_times(high, ceil),
    )


def _times(ratio: float, end: Callable[[float], int]) -> str:
    """Write the end of a range outwards, with as many decimals as tell it from 1."""
    digits = 1 if ratio >= 1.1 else 2
    return decimal(end(round(ratio * 10**digits, 6)) / 10**digits, digits)


def _percent(share: float, end: Callable[[float], int]) -> str:
    """Write the end of a range outwards; what floats add to a whole number is none of it."""
    return percent(end(round(100 * share, 6)) / 100)


def _of_breakout(summary: "PeriodSummary", words: Words) -> Action | None:
    sure = summary.outliers[is_breakout(summary.outliers)]
    if sure.empty:
        return None
    new = summary.movers.loc[summary.movers["is_new"].fillna(value=False).astype(bool), "ad_id"]
    row = (sure[sure["ad_id"].isin(new)] if sure["ad_id"].isin(new).any() else sure).iloc[0]
    account = words.account(row["username"])
    title = words.clean(row["title"], fallback="", width=24)
    link = {"link": row["ad_link"], "tone": "link"}
    if title:
        named = sentence("Make another video like “{title}” on {account}.", title=piece(title, **link), account=account)
    else:
        untitled = piece(gettext("an untitled video"), **link)
        named = sentence("Make another video like {video} of {account}.", video=untitled, account=account)
    low = floor(row["mult_lo"])
    return Action(named, _run(summary, row, times=number_word(low)))


def _run(summary: "PeriodSummary", row: pd.Series, *, times: str) -> str:
    """Say how far a video is above its account, and how much of its run it has left, where it is forecast."""
    rows = summary.forecasts[(summary.forecasts["ad_id"] == row["ad_id"]).to_numpy(dtype=bool)]
    if rows.empty or rows[["views", "lo80", "hi80"]].isna().to_numpy().any():
        return gettext("At least {times} times what the account’s videos usually have at that age.", times=times)
    one = rows.iloc[0]
    values = {
        "times": times, "views": short_number(one["views"]), "low": short_number(one["lo80"]),
        "high": short_number(one["hi80"]), "day": int(one["horizon"]),
    }  # fmt: skip
    if one["hi80"] <= NEARLY_OVER * float(one["views"]):
        return gettext(
            "At least {times} times what the account’s videos usually have at that age. Most of its own views are in: "
            "{views} now, {low} to {high} expected by day {day}.", **values,
        )  # fmt: skip
    return gettext(
        "At least {times} times what the account’s videos usually have at that age: {views} now, {low} to {high} "
        "expected by day {day}.", **values,
    )  # fmt: skip


def _of_group(effect: pd.DataFrame, *, what: str) -> Action | None:
    clear = clear_groups(effect)
    if clear.empty:
        return None
    row = clear.iloc[0]
    group = gettext(str(row["label"]))
    do = _GROUP_STEPS[what][str(row["verdict"]) == "higher"]
    why = gettext("They get {times} ({videos}).", times=times(row), videos=counted(row["n_videos"], "video"))
    return Action(sentence(do, group=group), why)


_GROUP_STEPS = {
    "length": (later("Make fewer videos of {group}."), later("Make more videos of {group}.")),
    "weekday": (later("Upload less on {group}s."), later("Upload more on {group}s.")),
}


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
        gettext(name)
        for name, frame in ((later("video length"), summary.durations), (later("weekday of upload"), summary.weekdays))
        if len(compared_groups(frame)) and clear_groups(frame).empty
    ]
    clear = len(_clear_labels(summary))
    if labels := len(compared_within(summary.labels)) - clear:
        n = number_word(labels)
        none.append(
            ngettext("{n} other label", "{n} other labels", labels, n=n) if clear
            else ngettext("{n} label", "{n} labels", labels, n=n)
        )  # fmt: skip
    if not none:
        return "" if found else gettext("There were too few videos to compare labels, lengths or weekdays.")
    listed = none[0]
    if len(none) > 1:
        listed = gettext("{most} and {last}", most=", ".join(none[:-1]), last=none[-1])
    return gettext("No clear difference: {listed}.", listed=listed)
