"""What a load of histories met, and what its caller is told of it: counts and ids in ``attrs``, and warnings."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from shortimize_analytics.errors import ApiError
from shortimize_analytics.schema import HISTORY, CastReport
from shortimize_analytics.schema.cast import EVIDENCE

from .provenance import warn_quality

SHOWN = 3
"""Ids named in a warning; more stand in ``attrs``."""


@dataclass(slots=True)
class Tally:
    """What a load of histories met: the videos asked for, those that were not, and why."""

    asked: int = 0
    cache_hits: int = 0
    fresh: int = 0
    unchanged: int = 0
    gone: int = 0
    not_found: list[str] = field(default_factory=list)
    failed: dict[str, ApiError] = field(default_factory=dict)
    masked: list[str] = field(default_factory=list)
    per_day: bool = False
    undated: int = 0
    ahead: int = 0
    duplicates: int = 0
    report: CastReport = field(default_factory=CastReport)


def describe_load(frame: pd.DataFrame, ids: pd.Series, *, unsent: pd.Index, tally: Tally) -> dict[str, Any]:
    """Count what the history lacks and what happened to its rows."""
    # plain sets: `isin` looks at every text of an Arrow column one by one
    there, asked = set(frame["ad_id"].unique()), {*tally.not_found, *tally.masked, *tally.failed}
    without = [ad_id for ad_id in ids if ad_id not in there]
    return {
        "rows": len(frame),
        "videos": len(ids),
        "without_history": len(without),
        "never_loaded": sum(ad_id not in asked for ad_id in unsent),
        "not_found": len(tally.not_found),
        "failed": len(tally.failed),
        "masked": len(tally.masked),
        "skipped_fresh": tally.fresh,
        "skipped_unchanged": tally.unchanged,
        "skipped_removed_or_private": tally.gone,
        "converted_from_per_day": tally.per_day,
        "undated": tally.undated,
        "ahead": tally.ahead,
        "duplicates": tally.duplicates,
        "unreadable": dict(tally.report.bad),
        "repaired": dict(tally.report.repaired),
        "unknown_fields": [name for name in frame if name not in HISTORY.names],
        "evidence": {
            "not_found": tally.not_found[:EVIDENCE],
            "failed": {ad_id: str(error) for ad_id, error in list(tally.failed.items())[:EVIDENCE]},
            "masked": tally.masked[:EVIDENCE],
            "without_history": without[:EVIDENCE],
        },
    }


def warn_of(tally: Tally, *, tier: str, never: int, videos: int) -> None:
    """Warn the caller of `load_history` about what is missing."""
    said = [f"history: {tally.report.describe()}"] if tally.report.bad else []
    if tally.undated:
        said.append(f"history: {tally.undated} rows without a day were left out")
    if tally.ahead:
        said.append(f"history: {tally.ahead} rows of days that have not begun yet were left out")
    if tally.not_found:
        said.append(
            f"{len(tally.not_found)} videos were not found, e.g. {tally.not_found[0]}: deleted or no longer tracked; "
            "days fetched earlier are kept"
        )
    if tally.failed:
        said.append(_about_failed(tally.failed, videos=videos))
    if tally.masked:
        said.append(f"the history of {len(tally.masked)} videos came masked (tier {tier}) and was left out")
    if never:
        said.append(f"offline: {never} of {videos} videos were never loaded and have no history here")
    for text in said:
        warn_quality(text, stacklevel=5)


def _about_failed(failed: Mapping[str, ApiError], *, videos: int) -> str:
    """Say how many histories could not be loaded, why, of which videos, and what happens next."""
    error = next(iter(failed.values()))
    statuses = Counter("no answer" if one.status is None else str(one.status) for one in failed.values())
    why = ", ".join(f"{status}: {count}" if len(statuses) > 1 else status for status, count in statuses.items())
    ids = ", ".join(list(failed)[:SHOWN]) + (", …" if len(failed) > SHOWN else "")
    return (
        f"{len(failed)} of {videos} histories could not be loaded ({why}): {ids}; first: {error.detail}. Days fetched "
        "earlier are kept, and the next load asks for the missing ones again"
    )
