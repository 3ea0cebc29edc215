"""The data page: how fresh and how complete the numbers are, what was left out, repaired or replaced.

Every row is a pair of a question and an answer, so that a reader who doubts a number finds where it stops.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.analysis.base.constants import FORECAST_COVERAGE
from shortimize_analytics.analysis.plausible import SET_ASIDE
from shortimize_analytics.analysis.prepared import Prepared, history_of
from shortimize_analytics.analysis.quality import DAY_CHECKS, VIDEO_CHECKS, data_quality
from shortimize_analytics.plots.fonts import MORE_SCRIPTS, replace_undrawable
from shortimize_analytics.plots.messages import gettext, later, ngettext
from shortimize_analytics.plots.theme import NO_VALUE, counted, full_number, percent
from shortimize_analytics.schema.masked import plan_masks

from .periods_compared import total_of
from .tables import columns
from .what_comes_next import backtest_figures
from .words import Words, day, piece, said_from, said_of_analysis

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
    names = {} if plan_masks(videos) else {"masked": later("without counts")}
    rows = [
        [
            [piece(gettext(names.get(str(row.check), str(row.check).replace("_", " "))))],
            [piece(_how_often(row))],
            [piece(_meaning(str(row.check), str(row.meaning)))],
        ]
        for row in found[found["n"] > 0].itertuples()
    ]
    named = columns(
        (gettext("Met"), "left", 92), (gettext("How often"), "left", 136), (gettext("What it means"), "left", "rest")
    )
    for one in named:
        one["wrap"] = True
    return {"columns": named, "rows": rows, "note": ""}


def _meaning(check: str, meaning: str) -> str:
    """Say what a check does, and where it names accounts, which and since when."""
    known = (VIDEO_CHECKS | DAY_CHECKS).get(check, meaning)
    found = re.fullmatch(r"\. ([\d,]+) accounts?: (.*?)(?: and ([\d,]+) more)?", meaning.removeprefix(known))
    if found is None:
        return gettext(meaning)
    number, named, more = found.groups()
    accounts = "; ".join(said_from(name, _SINCE) for name in named.split("; "))
    if more:
        accounts = gettext("{accounts} and {n} more", accounts=accounts, n=more)
    return f"{gettext(known)}. {counted(int(number.replace(',', '')), 'account')}: {accounts}"


_SINCE = (later("{account} since {day}, tracked as {kind}"), later("{account} since {day}"))


def _how_often(row: Any) -> str:
    """Write how many videos or days of how many a check met."""
    values = {"n": full_number(row.n), "all": full_number(row.of)}
    if str(row.unit) == "videos":
        return gettext("{n} of {all} videos", **values)
    if str(row.unit) == "days":
        return gettext("{n} of {all} days", **values)
    return gettext("{n} of {all} {things}", things=gettext(str(row.unit)), **values)


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
    said = ngettext("The one video has a daily history.", "All of the {n} videos have a daily history.", len(videos))
    if without.any():
        said = _no_history(int((new & without).sum()), int(new.sum()), without=int(without.sum()), videos=len(videos))
    masked = summary.quality.get("n_masked")
    if masked is None:
        said += gettext(" How many have no counts is not known: the list lacks the columns that tell.")
    elif masked and plan_masks(videos):
        said += ngettext(" {n} video is masked by the key’s plan.", " {n} videos are masked by the key’s plan.", masked)
    elif masked:
        said += ngettext(
            " {n} video is without counts from the API.", " {n} videos are without counts from the API.", masked
        )
        if blank.matter and blank.share >= LEAST_SHOWN:
            part = percent(blank.share, digits=1)
            said += gettext(" They could change about {part} of all views.", part=part)
        elif blank.matter:
            said += gettext(" They could change next to none of all views.")
    if doubted := int(_doubted(videos).notna().sum()):
        said += ngettext(
            " The newest counts of {n} video contradict its own history or likes and are set aside.",
            " The newest counts of {n} videos contradict their own history or likes and are set aside.", doubted,
        )  # fmt: skip
    loaded = history.attrs.get("quality", {})
    if failed := loaded.get("failed", 0):
        of = loaded.get("videos", failed)
        said += ngettext(
            " {failed} of {n} history could not be loaded.", " {failed} of {n} histories could not be loaded.", of,
            failed=full_number(failed),
        )  # fmt: skip
    if summary.scope != "all":
        said += gettext(" Scores, levels and forecasts were made with all videos; this part was selected after.")
    return [said]


def _no_history(new_without: int, new: int, *, without: int, videos: int) -> str:
    """Say how many videos, and how many of the period's uploads, have no daily history."""
    values = {"without": full_number(without), "videos": counted(videos, "video")}
    if new_without:
        return gettext(
            "{new} of {uploads} and {without} of {videos} in all have no daily history, so no part in growth.",
            new=full_number(new_without), uploads=counted(new, "upload"), **values,
        )  # fmt: skip
    return ngettext(
        "{without} of {videos} has no daily history, so no part in growth.",
        "{without} of {videos} have no daily history, so no part in growth.",
        without, **values,
    )  # fmt: skip


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
    notes = [words.clean(said_of_analysis(note), fallback="", width=300) for note in summary.quality.get("notes", ())]
    return {"rows": [{"name": name, "value": value} for name, value in rows], "notes": list(filter(None, notes))}


def _freshness(summary: "PeriodSummary", *, as_of: dt.datetime | None) -> Iterator[tuple[str, str]]:
    fresh = summary.quality.get("freshness", {})
    yield gettext("Newest count measured"), NO_VALUE if as_of is None else _instant(as_of)
    fetched = [fresh.get(name) for name in ("videos_fetched_at", "history_fetched_at")]
    oldest = min(filter(None, fetched), default=None)
    yield (
        gettext("Oldest answer behind this report"),
        _instant(pd.Timestamp(oldest)) if oldest else gettext("not known"),
    )
    if fresh.get("history_from"):
        first, last = (pd.Timestamp(fresh[name]) for name in ("history_from", "history_to"))
        yield gettext("Daily history"), gettext("{first} to {last}", first=day(first), last=day(last))


def _completeness(summary: "PeriodSummary", videos: pd.DataFrame) -> Iterator[tuple[str, str]]:
    quality = summary.quality
    excluded = quality.get("n_excluded", {})
    reasons = ", ".join(
        f"{full_number(number)} {gettext(str(name).replace('_', ' '))}" for name, number in excluded.items() if number
    )
    yield gettext("Left out of rankings (all videos)"), reasons or gettext("none")
    guessed = quality.get("pct_gain_interpolated")
    part = NO_VALUE if guessed is None else percent(guessed, digits=1)
    yield gettext("Gains that rest on interpolated days"), part
    unreadable = videos.attrs.get("quality", {}).get("unreadable", {})
    if unreadable:
        yield gettext("Unreadable values set to missing"), full_number(sum(unreadable.values()))
    tried = backtest_figures(summary.forecasts)
    if tried is not None:
        held, number, off = tried
        yield (
            gettext("Forecasts tried on past dates"),
            gettext(
                "{part} of {n} inside their {level} interval; typical miss {miss}",
                part=percent(held), n=full_number(number), level=percent(FORECAST_COVERAGE), miss=percent(off),
            ),
        )  # fmt: skip


def _without_counts(blank: "Uncounted") -> Iterator[tuple[str, str]]:
    """Name the videos without counts, those that could change something first."""
    for name, ids in (
        (gettext("Without counts, though counted before or new"), blank.matter),
        (gettext("Without counts, as ever"), [ad_id for ad_id in blank.ids if ad_id not in set(blank.matter)]),
    ):
        if ids:
            yield name, _listed(ids)


def _listed(names: list[str]) -> str:
    """Name the first, and say how many there are in all."""
    listed = ", ".join(names[:IDS_SHOWN])
    if len(names) <= IDS_SHOWN:
        return listed
    return gettext("{names}, … ({n} in all)", names=listed, n=full_number(len(names)))


def _doubted(videos: pd.DataFrame) -> pd.Series:
    return column(videos, SET_ASIDE, "Int64")


def _set_aside(videos: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Name the videos whose newest counts their own history or likes contradict."""
    doubted = _doubted(videos)
    found = videos.loc[doubted.notna().to_numpy(dtype=bool), "ad_id"]
    if len(found):
        views = doubted.dropna().tolist()
        named = [
            ngettext("{video} ({n} view)", "{video} ({n} views)", number, video=ad_id)
            for ad_id, number in zip(found, views, strict=True)
        ]
        yield gettext("Counts set aside: history or likes contradict them"), _listed(named)


def _beside_growth(summary: "PeriodSummary") -> Iterator[tuple[str, str]]:
    total = total_of(summary.totals)
    if total is None:
        return
    for name, part in (
        (gettext("Corrections by the platforms (in growth)"), "corrections"),
        (gettext("Newly tracked (not growth)"), "newly_tracked"),
        (gettext("Removed or private (not growth)"), "lost"),
        (gettext("Not measured again (not growth)"), "not_refreshed"),
    ):
        number = full_number(total[part], signed=True)
        yield name, number if pd.isna(total[part]) else ngettext("{n} view", "{n} views", abs(total[part]), n=number)


def _text(words: Words, missing: list[str]) -> Iterator[tuple[str, str]]:
    number = sum(words.replaced.values())
    lost = " ".join(replace_undrawable(text)[0] for text in words.replaced)
    scripts = [script for script in MORE_SCRIPTS if f"[{script}]" in lost]
    said = gettext("none")
    if number:
        texts = ngettext("{n} text", "{n} texts", len(words.replaced))
        said = gettext("{n} in {texts}, replaced", n=full_number(number), texts=texts)
    if scripts:
        said = gettext("{replaced}; no font for {scripts}", replaced=said, scripts=", ".join(scripts))
    yield gettext("Characters no font could draw"), said
    if missing:
        yield gettext("Fonts to install"), ", ".join(missing)


def _instant(value: Any) -> str:
    stamp = pd.Timestamp(value)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return f"{day(stamp)}, {stamp:%H:%M} UTC"
