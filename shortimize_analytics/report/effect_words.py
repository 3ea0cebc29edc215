"""What labels, lengths and weekdays do to views, in words, and which labels that can be said of.

Pitfall: where no account has videos with and without a label, the comparison is one of accounts. It is no effect of the
label: it is listed apart, with the words of its `method`, and neither drawn nor told.
"""

from typing import TYPE_CHECKING

import pandas as pd

from shortimize_analytics.analysis.base.constants import EFFECT_COVERAGE
from shortimize_analytics.plots.theme import counted, full_number, multiple, percent
from shortimize_analytics.plots.verdicts import compared_groups, group_verdict

from .words import Sentence, Words, interval, piece

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary


def compared_within(labels: pd.DataFrame) -> pd.DataFrame:
    """Return the labels compared within accounts."""
    return labels[_compared(labels) & (labels["n_accounts_overlap"].fillna(0) > 0)]


def compared_between(labels: pd.DataFrame) -> pd.DataFrame:
    """Return the labels that could only be compared between accounts."""
    return labels[_compared(labels) & ~(labels["n_accounts_overlap"].fillna(0) > 0)]


def _compared(labels: pd.DataFrame) -> pd.Series:
    return labels["ratio"].notna() & (labels["verdict"].astype("object") != "too few")


def effect_sentence(summary: "PeriodSummary", words: Words) -> Sentence:
    """Name what differs clearly: labels first, then lengths and weekdays."""
    said = _labels(summary.labels, words)
    groups = [(summary.durations, "length"), (summary.weekdays, "weekday")]
    more = [
        f"{noun.capitalize()}: {group_verdict(frame, what=noun)}."
        for frame, noun in groups
        if len(compared_groups(frame))
    ]
    if more:
        text = " ".join(more)
        said = [*said, piece(f" {text}" if said else text)]
    return said


def _labels(labels: pd.DataFrame, words: Words) -> Sentence:
    tested = compared_within(labels)
    if tested.empty:
        return []
    clear = tested[tested["verdict"].isin(["higher", "lower"])].sort_values("q", kind="stable")
    clear = clear.sort_values("verdict", key=lambda verdict: verdict.astype("str"), kind="stable")  # higher first
    if clear.empty:
        text = f"No label differs clearly from the same accounts’ other videos ({full_number(len(tested))} compared)."
        return [piece(text)]
    first = clear.iloc[0]
    behind = f"{counted(first['n_videos'], 'video')}, {counted(first['n_accounts_overlap'], 'account')} with both"
    text = (
        f" videos have {multiple(first['ratio'])} the views of the same accounts’ other videos ("
        f"{percent(EFFECT_COVERAGE)} interval {interval(first['ratio_lo'], first['ratio_hi'])}, {behind}). "
        f"{_other_labels(clear.iloc[1:], words)}"
    )
    name = piece(words.clean(first["label"], fallback="unnamed label", width=30), strong=True)
    if str(first["verdict"]) == "higher":
        return [name, piece(text)]
    return [piece("No label is clearly better. Less of "), name, piece(f": its{text}")]


def _other_labels(rest: pd.DataFrame, words: Words) -> str:
    if rest.empty:
        return "No other label is clearly different."
    named = [
        f"{words.clean(row.label, fallback='unnamed label', width=30)} ({multiple(row.ratio)})"
        for row in rest.head(3).itertuples()
    ]
    more = f" and {full_number(len(rest) - 3)} more" if len(rest) > 3 else ""
    return f"Also clearly different: {', '.join(named)}{more}."
