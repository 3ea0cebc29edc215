"""Page 1: for somebody without statistics, on a phone. Everything that proves it stands further back.

A headline, how usual that is, at most three sentences, one picture, four key figures, what to do next, and what became
of the last forecasts. What does not fit is left to the pages behind: the template keeps it one page.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.analysis.base.constants import (
    EFFECT_COVERAGE,
    HIT,
    INTERPOLATED_LIMIT,
    MEDIAN_PERIODS,
    SCORE_COVERAGE,
)
from shortimize_analytics.plots.theme import percent

from .actions import NOTHING, actions, looked_at
from .cascade import cascade
from .kept_reports import KeptReport, forecast_board
from .page_facts import read_facts
from .sentence_patterns import say
from .words import Naming, Sentence, Words, number_word, piece

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

MOST_SENTENCES = 3


def page_one(
    summary: "PeriodSummary",
    words: Words,
    *,
    names: Naming,
    history: pd.DataFrame,
    kept: Sequence[KeptReport] | None,
) -> dict[str, Any]:
    """Gather what page 1 says below its headline.

    Parameters
    ----------
    summary
        What `period_summary` returned, with its texts typesettable and the ranking to report as its outliers.
    words
        Makes names fit.
    names
        What the periods are called.
    history
        Prepared history, for what came of earlier forecasts.
    kept
        The reports kept so far, see `read_kept`; None where none are.

    Returns
    -------
    dict
        ``deck`` (sentence), ``sentences`` (at most three), ``cascade`` (or None), ``actions`` (what to do, and why),
        ``leave`` (what showed nothing), ``board`` (of forecasts) and ``terms``, what the words mean.
    """
    if summary.quality.get("n_videos") == 0:
        nothing: list[Sentence] = [[piece("There is no video to report on.")]]
        return {
            "deck": [],
            "sentences": nothing,
            "cascade": None,
            "actions": [],
            "leave": "",
            "board": None,
            "terms": [],
        }
    facts = read_facts(summary, words, names=names)
    found = actions(summary, words)
    said = [_caveat(summary), *(say(facts, slot) for slot in ("growth", "video", "accounts"))]
    leave = looked_at(summary, found=len(found))
    return {
        "deck": say(facts, "deck"),
        "sentences": [sentence for sentence in said if sentence][:MOST_SENTENCES],
        "cascade": cascade(summary, facts),
        "actions": [{"do": action.do, "why": action.why} for action in found],
        "leave": leave if found else f"{NOTHING} {leave}".strip(),
        "board": forecast_board(kept, summary, history, words=words),
        "terms": terms(names),
    }


def lines(page: dict[str, Any], *, most: int) -> list[Sentence]:
    """Return page 1 as few lines: its sentences, then what to do next, as a mail carries it."""
    steps: list[Sentence] = [
        [piece("Next: " if at == 0 else "And: ", strong=True), *action["do"], piece(f" {action['why']}")]
        for at, action in enumerate(page["actions"])
    ]
    if not steps and page["leave"]:
        steps = [[piece(page["leave"])]]
    return [*page["sentences"], *steps][:most]


def terms(names: Naming) -> list[dict[str, str]]:
    """Say what the words of page 1 mean."""
    return [
        {"name": "Usual", "means": f"the median of the {names.unit}s before, {number_word(MEDIAN_PERIODS)} at most."},
        {
            "name": "Breakout",
            "means": f"uploaded {names.now} and above {HIT} times its account’s usual over the whole range we are "
            f"{percent(SCORE_COVERAGE)} sure of (“at least”: its lower end).",
        },
        {
            "name": "Likely",
            "means": f"the range we are {percent(EFFECT_COVERAGE)} sure of. Actions rest on past patterns, which prove "
            "no cause.",
        },
    ]


def _caveat(summary: "PeriodSummary") -> Sentence:
    guessed = summary.quality.get("pct_gain_interpolated")
    if guessed is None or guessed <= INTERPOLATED_LIMIT:
        return []
    return [
        piece("Read with care: ", strong=True),
        piece(f"{percent(guessed)} of the gains rest on days that were interpolated, not measured."),
    ]
