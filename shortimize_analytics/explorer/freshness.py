"""How old the data in sight are, in words that stay right while a page stays open."""

from datetime import UTC, datetime, timedelta

import pandas as pd

STALE = timedelta(hours=24)
"""The vendor measures a video every few hours, and a report refuses a list older than this."""


def freshness(videos: pd.DataFrame, *, now: datetime | None) -> tuple[str, bool]:
    """Say when the oldest part of a list was asked for and its newest count measured, and whether that is old.

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
    ('Loaded 2026-03-05 09:30 UTC, 2 days ago; newest count measured 2026-03-05 08:00 UTC.', True)
    """
    measured, fetched = _of(videos, "latest_updated_at").max(), _of(videos, "fetched_at").min()
    asked = videos.attrs.get("as_of")
    at = now or (None if asked is None else datetime.fromisoformat(asked))
    since = measured if pd.isna(fetched) else fetched
    old = at is not None and not pd.isna(since) and at - since > STALE
    said = []
    if not pd.isna(fetched):
        said.append(f"loaded {_stamp(fetched)}" + ("" if at is None else f", {_ago(at - fetched)}"))
    if not pd.isna(measured):
        said.append(f"newest count measured {_stamp(measured)}")
    text = "; ".join(said)
    return (f"{text[:1].upper()}{text[1:]}." if text else ""), bool(old)


def _of(videos: pd.DataFrame, name: str) -> pd.Series:
    return videos[name] if name in videos else pd.Series(dtype="datetime64[us, UTC]")


def _stamp(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _ago(age: timedelta) -> str:
    hours = age / timedelta(hours=1)
    if hours < 1:
        return "within the last hour"
    if hours < 48:
        return f"{int(hours)} hour{'s' if int(hours) > 1 else ''} ago"
    return f"{age.days} days ago"
