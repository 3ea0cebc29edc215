"""Whose data are in sight, how old they are and what they lack, in words that stay right while a page stays open."""

from datetime import UTC, datetime, timedelta
from html import escape

import pandas as pd

from shortimize_analytics.plots.theme import counted

STALE = timedelta(hours=24)
"""The vendor measures a video every few hours, and a report refuses a list older than this."""


def freshness(videos: pd.DataFrame, *, now: datetime | None) -> tuple[str, bool]:
    """Say as of when a list is, by the oldest part that was asked for, and whether that is old.

    Parameters
    ----------
    videos
        Frame of `load_videos`.
    now
        The client's instant; None takes the one at which the frame was loaded, where its ``attrs`` tell.

    Returns
    -------
    text, old
        An empty text where nothing tells.

    Examples
    --------
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> stamps = {"latest_updated_at": "2026-03-05T08:00Z", "fetched_at": "2026-03-05T09:30Z"}
    >>> videos, _ = cast([{"ad_id": "1", **stamps}], VIDEOS)
    >>> freshness(videos, now=datetime(2026, 3, 7, 10, tzinfo=UTC))
    ('data as of 5 Mar 2026, 09:30 UTC (2 days ago), newest count of 5 Mar 2026, 08:00 UTC', True)
    """
    measured, fetched = _of(videos, "latest_updated_at").max(), _of(videos, "fetched_at").min()
    asked = videos.attrs.get("as_of")
    at = now or (None if asked is None else datetime.fromisoformat(asked))
    since = measured if pd.isna(fetched) else fetched
    old = at is not None and not pd.isna(since) and at - since > STALE
    said = []
    if not pd.isna(fetched):
        said.append(f"data as of {_stamp(fetched)}" + ("" if at is None else f" ({_ago(at - fetched)})"))
    if not pd.isna(measured):
        said.append(f"newest count of {_stamp(measured)}")
    return ", ".join(said), bool(old)


def lacking(videos: pd.DataFrame, *, seen: pd.Index | None) -> str:
    """Say in how far a load is partial; nothing where every video has counts, and days where a history was loaded.

    Parameters
    ----------
    videos
        Frame of `load_videos`.
    seen
        Ids that have a daily history; None where none was loaded.

    Examples
    --------
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> videos, _ = cast([{"ad_id": "1", "latest_views": 5}, {"ad_id": "2"}, {"ad_id": "3"}], VIDEOS)
    >>> lacking(videos, seen=pd.Index(["1"]))
    '1 of 3 videos have counts; 1 of 3 have a daily history.'
    """
    total, said = len(videos), []
    known = int(videos["latest_views"].notna().sum()) if "latest_views" in videos else total
    if known < total:
        said.append(f"{known:,} of {counted(total, 'video')} have counts")
    if seen is not None and total:
        followed = int(videos["ad_id"].isin(seen).sum())
        if followed < total:
            of = f"{total:,}" if said else counted(total, "video")
            said.append(f"{followed:,} of {of} have a daily history")
    return f"{'; '.join(said)}." if said else ""


def heading(videos: pd.DataFrame, *, whose: str, now: datetime | None) -> str:
    """Write whose data they are, and as of when, as HTML."""
    text, old = freshness(videos, now=now)
    mark = '<span aria-hidden="true">●</span> ' if text else ""
    age = f'<span class="sa-age{" sa-old" if old else ""}">{mark}{escape(text)}</span>' if text else ""
    parts = (f'<strong class="sa-whose">{escape(whose)}</strong>' if whose else "", age)
    return f'<p class="sa-head">{" ".join(part for part in parts if part)}</p>' if any(parts) else ""


def _of(videos: pd.DataFrame, name: str) -> pd.Series:
    return videos[name] if name in videos else pd.Series(dtype="datetime64[us, UTC]")


def _stamp(instant: datetime) -> str:
    here = instant.astimezone(UTC)
    return f"{here.day} {here:%b %Y, %H:%M} UTC"


def _ago(age: timedelta) -> str:
    hours = age / timedelta(hours=1)
    if hours < 1:
        return "within the last hour"
    return f"{int(hours)} h ago" if hours < 48 else f"{age.days} days ago"
