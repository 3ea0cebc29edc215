"""What a period's figures leave out or rest on, in counts and in sentences."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base import english
from shortimize_analytics.analysis.base.calendar import day_of
from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.schema.masked import count_masked, plan_masks
from shortimize_analytics.schema.rows import NEVER

from .counted import CountedVideos, Period

MAX_NAMES = 5
LEAST_SHARE = 0.0005


def describe_quality(
    prepared: pd.DataFrame,
    rows: pd.DataFrame,
    *,
    counted: CountedVideos,
    period: Period,
    kind: str,
    whole_rows: int | None,
) -> dict[str, Any]:
    """Count and say what the figures of a period leave out or rest on.

    Parameters
    ----------
    prepared, rows
        Prepared videos and history.
    book, period
        The counted videos, and the accounts of the period.
    kind
        week, month, quarter or custom, for the sentences.
    whole_rows
        Rows of the history before what the summary does not need was left out; None where nothing was.

    Returns
    -------
    dict
        Plain values, see `PeriodSummary.quality`.
    """
    movement = period.flows["views_gained"].abs()
    guessed = movement[period.flows["interpolated"]].sum()
    known = prepared.attrs.get("quality", {})
    quality = {
        "n_videos": len(prepared),
        "n_history_rows": whole_rows or len(rows),
        "pct_gain_interpolated": float(guessed / movement.sum()) if movement.any() else None,
        "n_masked": count_masked(prepared),
        "n_excluded": dict(known.get("excluded", {})),
        "n_duplicates": len(prepared) - len(counted.videos),
        "freshness": _freshness(prepared, rows, counted=counted),
    }
    notes = [
        *_about_the_period(quality, counted, period=period, kind=kind),
        *_about_the_data(quality, prepared, rows=rows, counted=counted),
    ]
    return quality | {"notes": notes}


def _freshness(prepared: pd.DataFrame, rows: pd.DataFrame, *, counted: CountedVideos) -> dict[str, str | None]:
    measured = column(prepared, "latest_updated_at", "datetime64[us, UTC]").max()
    reached = counted.oldest != NEVER
    return {
        "videos_fetched_at": _oldest(prepared),
        "history_fetched_at": _oldest(rows),
        "newest_count": None if pd.isna(measured) else measured.isoformat(),
        "history_from": str(day_of(counted.oldest)) if reached else None,
        "history_to": str(day_of(counted.newest)) if reached else None,
    }


def _oldest(frame: pd.DataFrame) -> str | None:
    """Tell when the oldest answer behind a frame was asked for; None where its rows do not say."""
    oldest = column(frame, "fetched_at", "datetime64[us, UTC]").min()
    return None if pd.isna(oldest) else str(oldest.isoformat())


def _about_the_period(quality: dict[str, Any], counted: CountedVideos, *, period: Period, kind: str) -> Iterator[str]:
    fresh, seen = quality["freshness"], period.flows
    noun = "period" if kind == "custom" else kind
    if fresh["history_from"] is None:
        yield "There is no daily history: nothing can be said about growth."
    elif not period.covered:
        yield f"The {noun} is partial: the history covers {fresh['history_from']} to {fresh['history_to']}."
    if quality["pct_gain_interpolated"]:
        share = quality["pct_gain_interpolated"]
        much = f"{share:.1%}" if share >= LEAST_SHARE else "Under 0.1%"
        yield f"{much} of the growth rests on values interpolated between measured days."
    for name, words in (
        ("not_refreshed", "{}, last seen with {} views, had no count at the {}'s end: neither growth nor loss."),
        ("lost", "{}, last seen with {} views, removed or made private by the {}'s end."),
        ("newly_tracked", "{}, with {} views, older but first seen in the {}, which is no growth."),
    ):
        count = int((seen[name] != 0).sum())
        if count:
            yield words.format(english.counted(count, "video"), f"{abs(int(seen[name].sum())):,}", noun)
    silent = _silent_accounts(counted, period)
    if silent:
        more = f" and {len(silent) - MAX_NAMES:,} more" if len(silent) > MAX_NAMES else ""
        yield f"Accounts without any count in the {noun}: {', '.join(silent[:MAX_NAMES])}{more}."


def _silent_accounts(counted: CountedVideos, period: Period) -> list[str]:
    """Name accounts that were tracked before the period and have no count in it."""
    if not period.touched:
        return []
    tracked = np.bincount(counted.account, (counted.ledger.first_day <= period.start) & ~counted.gone) > 0
    active = np.bincount(counted.account, period.flows["active"]) > 0
    silent = (tracked & ~active)[counted.account]
    return sorted(column(counted.videos, "username", "str")[silent].fillna("an unnamed account").unique())


def _about_the_data(
    quality: dict[str, Any], prepared: pd.DataFrame, *, rows: pd.DataFrame, counted: CountedVideos
) -> Iterator[str]:
    without = int((counted.days.first > counted.days.last).sum())
    if without:
        yield f"No daily history, so no part in growth: {english.counted(without, 'video')} of {len(counted.videos):,}."
    if quality["n_duplicates"]:
        copies = english.counted(quality["n_duplicates"], "video")
        yield f"Left out of totals, as they repeat a video or copy a collaboration: {copies}."
    unknown = int((~pd.Index(rows["ad_id"].unique()).isin(prepared["ad_id"])).sum())
    if unknown:
        yield f"History left out because its videos are not in the list: {english.counted(unknown, 'video')}."
    whole = quality["n_history_rows"]
    if len(rows) < whole:
        yield f"Of the history only what the summary needs was read: {len(rows):,} of {whole:,} rows."
    if quality["n_masked"]:
        why = "Counts masked by the key's plan" if plan_masks(prepared) else "Measured, yet the API gave no counts"
        yield f"{why}: {english.counted(quality['n_masked'], 'video')}."
