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
)
from shortimize_analytics.plots.messages import gettext
from shortimize_analytics.plots.theme import percent

from .actions import actions, looked_at
from .cascade import cascade
from .kept_reports import KeptReport, forecast_board
from .page_facts import read_facts
from .sentence_patterns import say
from .words import Naming, Sentence, Words, number_word, piece, sentence

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
        nothing: list[Sentence] = [sentence("There is no video to report on.")]
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
        "leave": leave if found else f"{gettext('Nothing stood out clearly enough to act on.')} {leave}".strip(),
        "board": forecast_board(kept, summary, history, words=words),
        "terms": terms(names),
    }


def lines(page: dict[str, Any], *, most: int) -> list[Sentence]:
    """Return page 1 as few lines: its sentences, then what to do next, as a mail carries it."""
    steps: list[Sentence] = [
        [
            piece(gettext("Next: ") if at == 0 else gettext("And: "), strong=True),
            *action["do"],
            piece(f" {action['why']}"),
        ]
        for at, action in enumerate(page["actions"])
    ]
    if not steps and page["leave"]:
        steps = [[piece(page["leave"])]]
    return [*page["sentences"], *steps][:most]


def terms(names: Naming) -> list[dict[str, str]]:
    """Say what the words of page 1 mean."""
    return [
        {
            "name": gettext("Usual"),
            "means": gettext(
                "the middle of the {units} before, {most} at most.",
                units=names.units, most=number_word(MEDIAN_PERIODS), periods=names.many(MEDIAN_PERIODS, word=True),
            ),
        },
        {
            "name": gettext("Breakout"),
            "means": gettext(
                "uploaded {now} and, even cautiously estimated (“at least”), above {hit} times what its account’s "
                "videos usually have at that age.",
                now=names.now, hit=HIT,
            ),
        },
        {
            "name": gettext("Likely"),
            "means": gettext(
                "the range we are {level} sure of. What to do next follows past patterns, which prove no cause.",
                level=percent(EFFECT_COVERAGE),
            ),
        },
    ]  # fmt: skip


def _caveat(summary: "PeriodSummary") -> Sentence:
    guessed = summary.quality.get("pct_gain_interpolated")
    if guessed is None or guessed <= INTERPOLATED_LIMIT:
        return []
    return sentence(
        "*Read with care: *{part} of the gains rest on days that were interpolated, not measured.",
        part=percent(guessed),
    )
