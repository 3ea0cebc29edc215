"""What labels, lengths and weekdays do to views, in words, and which labels that can be said of.

Pitfall: where no account has videos with and without a label, the comparison is one of accounts. It is no effect of the
label: it is listed apart, with the words of its `method`, and neither drawn nor told.
"""

from typing import TYPE_CHECKING

import pandas as pd

from shortimize_analytics.plots.messages import gettext, later
from shortimize_analytics.plots.theme import full_number
from shortimize_analytics.plots.verdicts import compared_groups, group_verdict

from .words import Sentence, Words, capital, counted_sentence, number_word, piece, sentence

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

MOST_NAMED = 3
"""Labels of each kind in a sentence; the table has the others, and all numbers."""


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
    groups = [
        (later("Length: {verdict}."), summary.durations, "length"),
        (later("Weekday: {verdict}."), summary.weekdays, "weekday"),
    ]
    more = [
        gettext(text, verdict=group_verdict(frame, what=what))
        for text, frame, what in groups
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
        return sentence(
            "No label differs clearly from the same accounts’ other videos ({n} compared).", n=full_number(len(tested))
        )
    if len(tested) == 1:
        said = sentence("The one compared label differs clearly from the same accounts’ other videos.")
    else:
        said = counted_sentence(
            "{n} of {all} compared labels differs clearly from the same accounts’ other videos.",
            "{n} of {all} compared labels differ clearly from the same accounts’ other videos.",
            len(clear), n=capital(number_word(len(clear))), all=full_number(len(tested)),
        )  # fmt: skip
    for verdict, text in (("higher", later(" More views: {labels}.")), ("lower", later(" Fewer views: {labels}."))):
        rows = clear[clear["verdict"].astype("object") == verdict]
        if len(rows):
            said += sentence(text, labels=piece(_label_names(rows, words), strong=True))
    return said


def _label_names(rows: pd.DataFrame, words: Words) -> str:
    unnamed = gettext("unnamed label")
    named = ", ".join(words.clean(label, fallback=unnamed, width=30) for label in rows["label"].head(MOST_NAMED))
    if len(rows) <= MOST_NAMED:
        return named
    return gettext("{labels} and {n} more", labels=named, n=full_number(len(rows) - MOST_NAMED))
