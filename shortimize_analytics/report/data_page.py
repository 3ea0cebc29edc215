"""The data page: how fresh and how complete the numbers are, what was left out, repaired or replaced.

Every row is a pair of a question and an answer, so that a reader who doubts a number finds where it stops.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.analysis.base.constants import FORECAST_COVERAGE
from shortimize_analytics.analysis.plausible import SET_ASIDE
from shortimize_analytics.analysis.prepared import Prepared, history_of
from shortimize_analytics.analysis.quality import data_quality
from shortimize_analytics.plots.fonts import MORE_SCRIPTS, replace_undrawable
from shortimize_analytics.plots.theme import NO_VALUE, counted, full_number, percent
from shortimize_analytics.schema.masked import plan_masks

from .periods_compared import total_of
from .tables import columns
from .what_comes_next import backtest_figures
from .words import Words, day, piece, regrouped

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

    from .uncounted import Uncounted

LEAST_SHOWN = 0.0005
"""Shares below are not written as 0.0%."""
IDS_SHOWN = 20
"""Ids named in a row, as many as loaders keep as evidence."""


def checks_table(data: Prepared) -> dict[str, Any]:
    """Return the checks that met something: what, how many of how many, and what is done about it.

    Parameters
    ----------
    data
        The videos of the scope, with the history of everyone's.
    """
    videos, history = data.videos, history_of(data)
    found = data_quality(replace(data, history=history[history["ad_id"].isin(videos["ad_id"])]))
    names = {} if plan_masks(videos) else {"masked": "without counts"}
    rows = [
        [
            [piece(names.get(str(row.check), str(row.check).replace("_", " ")))],
            [piece(f"{full_number(row.n)} of {full_number(row.of)} {row.unit}")],
            [piece(str(row.meaning))],
        ]
        for row in found[found["n"] > 0].itertuples()
    ]
    named = columns(("Met", "left", 92), ("How often", "left", 126), ("What it means", "left", "rest"))
    named[-1]["wrap"] = True
    return {"columns": named, "rows": rows, "note": ""}


def uploads_in(videos: pd.DataFrame, summary: "PeriodSummary") -> pd.Series:
    """Mark the prepared videos that count as uploads of the period: copies of a post count once."""
    uploaded = videos["uploaded_at"]
    inside = uploaded.between(pd.Timestamp(summary.first_day), pd.Timestamp(summary.last_day))
    return inside.fillna(value=False).astype(bool) & videos["counts_in_totals"].astype(bool)


def page_one_notes(
    summary: "PeriodSummary", videos: pd.DataFrame, *, history: pd.DataFrame, blank: "Uncounted"
) -> list[str]:
    """Say what page 1 stands on: which of the period's uploads have no history, and how many videos lack counts.

    Parameters
    ----------
    summary, videos
        As for `quality_rows`.
    history
        Prepared history, that of other videos included; its ``attrs`` tell what could not be loaded.
    blank
        The videos without counts.
    """
    if videos.empty:
        return []
    new = uploads_in(videos, summary)
    without = ~videos["ad_id"].isin(pd.Index(history["ad_id"].unique()))
    said = "The one video has a daily history."
    if len(videos) > 1:
        said = f"All of the {counted(len(videos), 'video')} have a daily history."
    if without.any():
        uploads = f"{full_number((new & without).sum())} of {counted(int(new.sum()), 'upload')} and "
        many, number = int(without.sum()), f"{full_number(without.sum())} of {counted(len(videos), 'video')}"
        both = bool((new & without).any())
        said = (
            f"{uploads if both else ''}{number}{' in all' if both else ''} {'have' if both or many > 1 else 'has'} no "
            "daily history, so no part in growth."
        )
    masked = summary.quality.get("n_masked")
    if masked is None:
        said += " How many have no counts is not known: the list lacks the columns that tell."
    elif masked:
        why = "masked by the key’s plan" if plan_masks(videos) else "without counts from the API"
        said += f" {counted(masked, 'video')} {'are' if masked > 1 else 'is'} {why}."
        if blank.matter and not plan_masks(videos):
            part = f"about {percent(blank.share, digits=1)}" if blank.share >= LEAST_SHOWN else "hardly any"
            said += f" What they could change is {part} of the views."
    if doubted := int(_doubted(videos).notna().sum()):
        said += (
            f" The newest counts of {counted(doubted, 'video')} contradict {'their' if doubted > 1 else 'its'} own "
            "history or likes and are set aside."
        )
    loaded = history.attrs.get("quality", {})
    if failed := loaded.get("failed", 0):
        of = loaded.get("videos", failed)
        said += (
            f" {full_number(failed)} of {full_number(of)} {'histories' if of > 1 else 'history'} could not be loaded."
        )
    if summary.scope != "all":
        said += " Scores, levels and forecasts were made with all videos; this part was selected after."
    return [said]


def quality_rows(
    summary: "PeriodSummary",
    videos: pd.DataFrame,
    *,
    words: Words,
    as_of: dt.datetime | None,
    missing: list[str],
    blank: "Uncounted",
) -> dict[str, Any]:
    """Return the rows of the data page and the notes under them.

    Parameters
    ----------
    summary
        What `period_summary` returned.
    videos
        The videos behind it; their `attrs` say how they were loaded.
    words
        Knows what had to be replaced in captions; ask after everything else was written.
    as_of
        When the newest count was measured, or None where nothing was.
    missing
        Font packages that are not installed.
    blank
        The videos without counts.
    """
    rows = [
        *_freshness(summary, as_of=as_of),
        *_completeness(summary, videos),
        *_without_counts(blank),
        *_set_aside(videos),
        *_beside_growth(summary),
        *_text(words, missing),
    ]
    notes = [words.clean(regrouped(note), fallback="", width=300) for note in summary.quality.get("notes", ())]
    return {"rows": [{"name": name, "value": value} for name, value in rows], "notes": list(filter(None, notes))}


def _freshness(summary: "PeriodSummary", *, as_of: dt.datetime | None) -> Iterator[tuple[str, str]]:
    fresh = summary.quality.get("freshness", {})
    yield "Newest count measured", NO_VALUE if as_of is None else _instant(as_of)
    fetched = [fresh.get(name) for name in ("videos_fetched_at", "history_fetched_at")]
    oldest = min(filter(None, fetched), default=None)
    yield "Oldest answer behind this report", _instant(pd.Timestamp(oldest)) if oldest else "not known"
    if fresh.get("history_from"):
        first, last = (pd.Timestamp(fresh[name]) for name in ("history_from", "history_to"))
        yield "Daily history", f"{day(first)} to {day(last)}"


def _completeness(summary: "PeriodSummary", videos: pd.DataFrame) -> Iterator[tuple[str, str]]:
    quality = summary.quality
    excluded = quality.get("n_excluded", {})
    reasons = ", ".join(
        f"{full_number(number)} {str(name).replace('_', ' ')}" for name, number in excluded.items() if number
    )
    yield "Left out of rankings (all videos)", reasons or "none"
    guessed = quality.get("pct_gain_interpolated")
    yield "Gains that rest on interpolated days", NO_VALUE if guessed is None else percent(guessed, digits=1)
    unreadable = videos.attrs.get("quality", {}).get("unreadable", {})
    if unreadable:
        yield "Unreadable values set to missing", full_number(sum(unreadable.values()))
    tried = backtest_figures(summary.forecasts)
    if tried is not None:
        held, number, off = tried
        yield (
            "Forecasts tried on past dates",
            (
                f"{percent(held)} of {full_number(number)} inside their {percent(FORECAST_COVERAGE)} interval; typical "
                f"miss {percent(off)}"
            ),
        )


def _without_counts(blank: "Uncounted") -> Iterator[tuple[str, str]]:
    """Name the videos without counts, those that could change something first."""
    for name, ids in (
        ("Without counts, though counted before or new", blank.matter),
        ("Without counts, as ever", [ad_id for ad_id in blank.ids if ad_id not in set(blank.matter)]),
    ):
        if ids:
            more = f", … ({full_number(len(ids))} in all)" if len(ids) > IDS_SHOWN else ""
            yield name, ", ".join(ids[:IDS_SHOWN]) + more


def _doubted(videos: pd.DataFrame) -> pd.Series:
    return column(videos, SET_ASIDE, "Int64")


def _set_aside(videos: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Name the videos whose newest counts their own history or likes contradict."""
    doubted = _doubted(videos)
    found = videos.loc[doubted.notna().to_numpy(dtype=bool), "ad_id"]
    if len(found):
        views = doubted.dropna().tolist()
        named = [f"{ad_id} ({full_number(number)} views)" for ad_id, number in zip(found, views, strict=True)]
        more = f", … ({full_number(len(named))} in all)" if len(named) > IDS_SHOWN else ""
        yield "Counts set aside: history or likes contradict them", ", ".join(named[:IDS_SHOWN]) + more


def _beside_growth(summary: "PeriodSummary") -> Iterator[tuple[str, str]]:
    total = total_of(summary.totals)
    if total is None:
        return
    for name, part in (
        ("Corrections by the platforms (in growth)", "corrections"),
        ("Newly tracked (not growth)", "newly_tracked"),
        ("Removed or private (not growth)", "lost"),
        ("Not measured again (not growth)", "not_refreshed"),
    ):
        yield name, full_number(total[part], signed=True) + ("" if pd.isna(total[part]) else " views")


def _text(words: Words, missing: list[str]) -> Iterator[tuple[str, str]]:
    number = sum(words.replaced.values())
    lost = " ".join(replace_undrawable(text)[0] for text in words.replaced)
    scripts = [script for script in MORE_SCRIPTS if f"[{script}]" in lost]
    said = f"{full_number(number)} in {counted(len(words.replaced), 'text')}, replaced" if number else "none"
    said += f"; no font for {', '.join(scripts)}" if scripts else ""
    yield "Characters no font could draw", said
    if missing:
        yield "Fonts to install", ", ".join(missing)


def _instant(value: Any) -> str:
    stamp = pd.Timestamp(value)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return f"{day(stamp)}, {stamp:%H:%M} UTC"
