"""The headline of a period, and the sentences that open the questions behind page 1, made from numbers.

A sentence claims only what the numbers carry. None claims a cause, and none says again what page 1 says.
"""

from typing import TYPE_CHECKING

import pandas as pd

from shortimize_analytics.analysis.base.constants import HIT, RECENT_DAYS
from shortimize_analytics.plots.messages import gettext, ngettext
from shortimize_analytics.plots.theme import full_number, multiple, percent, short_number

from .breakouts import is_breakout, may_become_one
from .effect_words import effect_sentence
from .periods_compared import days_compared, days_in, total_of
from .sentence_patterns import SAME
from .what_comes_next import forecast_sentence
from .words import Naming, Sentence, Words, capital, counted_sentence, number_word, piece, sentence

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary


def headline(summary: "PeriodSummary", names: Naming) -> str:
    """Say the period's views and their change in one line.

    A change is named only when the frames hold one, and as one per day where the periods differ in length; nothing is
    called growth that fell.
    """
    total = total_of(summary.totals)
    if summary.quality.get("n_videos") == 0:
        return gettext("No videos")
    if total is None or pd.isna(total["views_gained"]):
        return gettext("No history for {now}", now=names.now)
    views, change = total["views_gained"], total["vs_prev"]
    if views == 0:
        return gettext("No views gained")
    said = ngettext("{views} view gained", "{views} views gained", views, views=short_number(views))
    if views < 0:
        said = ngettext(
            "{views} view lost to corrections", "{views} views lost to corrections", -views, views=short_number(-views)
        )
    if summary.partial:
        return gettext("{headline}, in a {unit} not covered whole", headline=said, unit=names.unit)
    if pd.isna(change) or views < 0:
        return said
    values = {
        "headline": said, "before": names.before, "against": names.against, "change": percent(abs(change)),
    }  # fmt: skip
    per_day = days_compared(summary) != days_in(summary)
    if abs(change) <= SAME:
        if per_day:
            return gettext("{headline}, per day level with {before}", **values)
        return gettext("{headline}, level with {before}", **values)
    if change >= 9:
        values["times"] = multiple(change + 1)
        if per_day:
            return gettext("{headline}, per day {times} as many as {before}", **values)
        return gettext("{headline}, {times} as many as {before}", **values)
    if per_day:
        more = gettext("{headline}, per day {change} more than {before}", **values)
        return more if change > 0 else gettext("{headline}, per day {change} less than {before}", **values)
    more = gettext("{headline}, {change} more than {before}", **values)
    return more if change > 0 else gettext("{headline}, {change} less than {before}", **values)


def openings(
    summary: "PeriodSummary", words: Words, *, names: Naming, known: str = "", came: pd.Series | None = None
) -> dict[str, Sentence]:
    """Answer the questions behind page 1.

    Parameters
    ----------
    summary
        What `period_summary` returned, with its texts already typesettable.
    words
        Makes names fit.
    names
        What the periods are called.
    known
        The period's last day where the data go on beyond it: forecasts are told as known on it.
    came
        What its uploads had on the day they were forecast for, where that has passed.

    Returns
    -------
    dict
        A sentence for each of earned, beat, more and next; an empty one where the data cannot answer.
    """
    return {
        "earned": _earned(summary, names),
        "beat": _beat(summary, words),
        "more": effect_sentence(summary, words),
        "next": _next(summary, names, known=known, came=came),
    }


def _earned(summary: "PeriodSummary", names: Naming) -> Sentence:
    """Say how many of the videos that gained most are of the period, and how few hold half of the gains."""
    gained = summary.movers[summary.movers["gain"] > 0]
    if len(gained) < 2:
        return []
    best = gained.head(10)
    new = int(best["is_new"].fillna(value=False).astype(bool).sum())
    half = int((gained["share"].cumsum() < 0.5).sum()) + 1
    values = {"best": number_word(len(best)), "now": names.now}
    said = sentence("None of the {best} that gained most was uploaded {now}.", **values)
    if new:
        said = counted_sentence(
            "{n} of the {best} that gained most was uploaded {now}.",
            "{n} of the {best} that gained most were uploaded {now}.",
            new, n=capital(number_word(new)), **values,
        )  # fmt: skip
    if half < len(gained):
        said += counted_sentence(
            " One video of {gained} holds half of it.", " {n} videos of {gained} hold half of it.",
            half, n=capital(number_word(half)), gained=full_number(len(gained)),
        )  # fmt: skip
    return said


def _beat(summary: "PeriodSummary", words: Words) -> Sentence:
    scored = summary.outliers[summary.outliers["mult"].notna()]
    if scored.empty:
        return []
    sure = scored[is_breakout(scored)]
    days = max(RECENT_DAYS, days_in(summary))
    values = {"days": full_number(days), "hit": number_word(HIT)}
    rest = _may_become(int(may_become_one(scored).sum()), also=len(sure) > 0)
    if sure.empty:
        said = gettext("No video of the last {days} days is clearly above {hit} times their account’s usual.", **values)
        return [piece(f"{said}{rest}")]
    first = sure.iloc[0]
    values |= {"account": words.account(first["username"]), "multiple": multiple(first["mult"])}
    told = counted_sentence(
        "*{n} video* of the last {days} days is clearly above {hit} times its account’s usual: {account} with "
        "{multiple}.",
        "*{n} videos* of the last {days} days are clearly above {hit} times their account’s usual, first {account} "
        "with {multiple}.",
        len(sure), **values,
    )  # fmt: skip
    return [*told, piece(rest)] if rest else told


def _may_become(number: int, *, also: bool) -> str:
    """Count those above the limit that rest on too little."""
    if not number:
        return ""
    if also:
        return ngettext(
            " {n} more may be, but is too new or has too few videos to be compared with.",
            " {n} more may be, but are too new or have too few videos to be compared with.",
            number,
        )
    return ngettext(
        " {n} other may be, but is too new or has too few videos to be compared with.",
        " {n} others may be, but are too new or have too few videos to be compared with.",
        number,
    )


def _next(summary: "PeriodSummary", names: Naming, *, known: str, came: pd.Series | None) -> Sentence:
    said = forecast_sentence(summary.forecasts, names, known=known, came=came)
    revived, stalled = len(summary.revived), len(summary.stalled)
    lists = []
    if revived:
        lists.append(ngettext("{n} old video gained speed again", "{n} old videos gained speed again", revived))
    if stalled:
        lists.append(
            ngettext(
                "{n} video of the last 28 days nearly stopped", "{n} videos of the last 28 days nearly stopped", stalled
            )
        )
    if lists:
        more = lists[0] if len(lists) == 1 else gettext("{most} and {last}", most=lists[0], last=lists[1])
        said = [*said, piece(f" {more}." if said else f"{more}.")]
    return said
