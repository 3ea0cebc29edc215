"""The headline of a period, and the sentences that open the questions behind page 1, made from numbers.

A sentence claims only what the numbers carry. None claims a cause, and none says again what page 1 says.
"""

from typing import TYPE_CHECKING

import pandas as pd

from shortimize_analytics.analysis.base.constants import HIT, RECENT_DAYS
from shortimize_analytics.plots.theme import counted, full_number, multiple, percent, short_number

from .breakouts import is_breakout, may_become_one
from .effect_words import effect_sentence
from .periods_compared import days_compared, days_in, total_of
from .sentence_patterns import SAME
from .what_comes_next import forecast_sentence
from .words import Naming, Sentence, Words, number_word, piece

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary


def headline(summary: "PeriodSummary", names: Naming) -> str:
    """Say the period's views and their change in one line.

    A change is named only when the frames hold one, and as one per day where the periods differ in length; nothing is
    called growth that fell.
    """
    total = total_of(summary.totals)
    if summary.quality.get("n_videos") == 0:
        return "No videos"
    if total is None or pd.isna(total["views_gained"]):
        return f"No history for {names.now}"
    views = total["views_gained"]
    if views == 0:
        return "No views gained"
    said = f"{short_number(views)} views gained" if views > 0 else f"{short_number(-views)} views lost to corrections"
    if summary.partial:
        return f"{said}, in a {names.unit} not covered whole"
    change = total["vs_prev"]
    if pd.isna(change) or views < 0:
        return said
    said = f"{said}, {'' if days_compared(summary) == days_in(summary) else 'per day '}"
    if abs(change) <= SAME:
        return f"{said}level with {names.before}"
    if change >= 9:
        return f"{said}{multiple(change + 1)} as many as {names.before}"
    return f"{said}{percent(abs(change))} {'more' if change > 0 else 'less'} than {names.before}"


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
    those = f"the {number_word(len(best))} that gained most"
    said = [piece(f"{number_word(new).capitalize()} of {those} {'was' if new == 1 else 'were'} uploaded {names.now}.")]
    if half < len(gained):
        number = f"{number_word(half)} video{'s' * (half != 1)}"
        said.append(piece(f" {number.capitalize()} of {full_number(len(gained))} hold{'s' * (half == 1)} half of it."))
    return said


def _beat(summary: "PeriodSummary", words: Words) -> Sentence:
    scored = summary.outliers[summary.outliers["mult"].notna()]
    if scored.empty:
        return []
    sure = scored[is_breakout(scored)]
    days = max(RECENT_DAYS, days_in(summary))
    usual = f"clearly above {number_word(HIT)} times their account’s usual"
    rest = _may_become(int(may_become_one(scored).sum()), also=len(sure) > 0)
    if sure.empty:
        return [piece(f"No video of the last {full_number(days)} days is {usual}.{rest}")]
    first = sure.iloc[0]
    said = (
        f" of the last {full_number(days)} days {'are' if len(sure) > 1 else 'is'} "
        f"{usual if len(sure) > 1 else usual.replace('their', 'its')}{', first' if len(sure) > 1 else ':'} "
        f"{words.account(first['username'])} with {multiple(first['mult'])}.{rest}"
    )
    return [piece(counted(len(sure), "video"), strong=True), piece(said)]


def _may_become(number: int, *, also: bool) -> str:
    """Count those above the limit that rest on too little."""
    if not number:
        return ""
    other = "more" if also else "other" if number == 1 else "others"
    one = number == 1
    return (
        f" {full_number(number)} {other} may be, but {'is' if one else 'are'} too new or {'has' if one else 'have'} "
        "too few videos to be compared with."
    )


def _next(summary: "PeriodSummary", names: Naming, *, known: str, came: pd.Series | None) -> Sentence:
    said = forecast_sentence(summary.forecasts, names, known=known, came=came)
    lists = [
        f"{counted(len(frame), noun)} {what}"
        for frame, noun, what in (
            (summary.revived, "old video", "gained speed again"),
            (summary.stalled, "video", "of the last 28 days nearly stopped"),
        )
        if len(frame)
    ]
    if lists:
        said = [*said, piece((" " if said else "") + " and ".join(lists) + ".")]
    return said
