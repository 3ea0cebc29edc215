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
    >>> videos, _ = cast([{"ad_id": "1", "latest_updated_at": "2026-03-05T08:00Z"}], VIDEOS)
    >>> videos.attrs["fetched_at"] = "2026-03-05T09:30:00+00:00"
    >>> freshness(videos, now=datetime(2026, 3, 7, 10, tzinfo=UTC))
    ('Loaded 2026-03-05 09:30 UTC, 2 days ago; newest count measured 2026-03-05 08:00 UTC.', True)
    """
    measured = videos["latest_updated_at"].max() if "latest_updated_at" in videos else pd.NaT
    said = [] if pd.isna(measured) else [f"newest count measured {_stamp(measured)}"]
    fetched, asked = (_instant(videos.attrs.get(name)) for name in ("fetched_at", "as_of"))
    since, at = fetched or (None if pd.isna(measured) else measured), now or asked
    old = since is not None and at is not None and at - since > STALE
    if fetched is not None:
        ago = f", {_ago(at - fetched)}" if at is not None else ""
        said.insert(0, f"loaded {_stamp(fetched)}{ago}")
    text = "; ".join(said)
    return (f"{text[:1].upper()}{text[1:]}." if text else ""), bool(old)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _stamp(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _ago(age: timedelta) -> str:
    hours = age / timedelta(hours=1)
    if hours < 1:
        return "within the last hour"
    if hours < 48:
        return f"{int(hours)} hour{'s' if int(hours) > 1 else ''} ago"
    return f"{age.days} days ago"
