"""What a period's figures leave out or rest on, in counts and in sentences."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_of
from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.analysis.base.english import Note
from shortimize_analytics.schema.masked import count_masked, plan_masks
from shortimize_analytics.schema.rows import NEVER, among

from .counted import CountedVideos, Period

MAX_NAMES = 5
LEAST_SHARE = 0.0005
UNNAMED = "an unnamed account"
MOVED = {
    "not_refreshed": "{videos}, last seen with {views} views, had no count at the {period}'s end: neither growth nor "
    "loss.",
    "lost": "{videos}, last seen with {views} views, removed or made private by the {period}'s end.",
    "newly_tracked": "{videos}, with {views} views, older but first seen in the {period}, which is no growth.",
}
WITHOUT_COUNTS = {
    True: "Counts masked by the key's plan: {videos}.",
    False: "Measured, yet the API gave no counts: {videos}.",
}


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


def _about_the_period(quality: dict[str, Any], counted: CountedVideos, *, period: Period, kind: str) -> Iterator[Note]:
    fresh, seen = quality["freshness"], period.flows
    noun = "period" if kind == "custom" else kind
    if fresh["history_from"] is None:
        yield Note("There is no daily history: nothing can be said about growth.")
    elif not period.covered:
        yield Note(
            "The {period} is partial: the history covers {first} to {last}.",
            period=noun, first=fresh["history_from"], last=fresh["history_to"],
        )  # fmt: skip
    if share := quality["pct_gain_interpolated"]:
        if share >= LEAST_SHARE:
            yield Note("{much} of the growth rests on values interpolated between measured days.", much=float(share))
        else:
            yield Note("Under 0.1% of the growth rests on values interpolated between measured days.")
    for name, words in MOVED.items():
        count = int((seen[name] != 0).sum())
        if count:
            yield Note(words, videos=(count, "video"), views=abs(int(seen[name].sum())), period=noun)
    silent = _silent_accounts(counted, period)
    named = ", ".join(silent[:MAX_NAMES])
    if len(silent) > MAX_NAMES:
        yield Note(
            "Accounts without any count in the {period}: {names} and {n} more.",
            period=noun, names=named, n=len(silent) - MAX_NAMES,
        )  # fmt: skip
    elif silent:
        yield Note("Accounts without any count in the {period}: {names}.", period=noun, names=named)


def _silent_accounts(counted: CountedVideos, period: Period) -> list[str]:
    """Name accounts that were tracked before the period and have no count in it."""
    if not period.touched:
        return []
    tracked = np.bincount(counted.account, (counted.ledger.first_day <= period.start) & ~counted.gone) > 0
    active = np.bincount(counted.account, period.flows["active"]) > 0
    silent = (tracked & ~active)[counted.account]
    return sorted(column(counted.videos, "username", "str")[silent].fillna(UNNAMED).unique())


def _about_the_data(
    quality: dict[str, Any], prepared: pd.DataFrame, *, rows: pd.DataFrame, counted: CountedVideos
) -> Iterator[Note]:
    without = int((counted.days.first > counted.days.last).sum())
    if without:
        yield Note(
            "No daily history, so no part in growth: {videos} of {whole}.",
            videos=(without, "video"), whole=len(counted.videos),
        )  # fmt: skip
    if copies := quality["n_duplicates"]:
        yield Note(
            "Left out of totals, as they repeat a video or copy a collaboration: {videos}.", videos=(copies, "video")
        )
    unknown = int((~among(pd.Index(rows["ad_id"].unique()).astype("str"), prepared["ad_id"])).sum())
    if unknown:
        yield Note("History left out because its videos are not in the list: {videos}.", videos=(unknown, "video"))
    whole = quality["n_history_rows"]
    if len(rows) < whole:
        yield Note("Of the history only what the summary needs was read: {read} of {whole} rows.",
                   read=len(rows), whole=int(whole))  # fmt: skip
    if masked := quality["n_masked"]:
        yield Note(WITHOUT_COUNTS[plan_masks(prepared)], videos=(int(masked), "video"))
