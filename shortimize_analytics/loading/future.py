"""Stamps of the future: nothing was measured after the answer that tells of it was asked for.

Two clocks are compared, the server's and this machine's, and the later one is believed; `LEEWAY` is allowed for both. A
day of upload may lie one day ahead, because it is a day somewhere on earth.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from shortimize_analytics.client.answers import Answer
from shortimize_analytics.client.connection import LEEWAY

MEASURED = ("created_at", "latest_updated_at")
"""Instants at which the vendor did something."""


def asked_at(answers: Sequence[Answer]) -> datetime:
    """Return the latest instant at which answers can have been made, by either clock."""
    return max(max(answer.sent_at, answer.server_time or answer.sent_at) for answer in answers).astimezone(UTC)


def hold_back(videos: pd.DataFrame, answers: Sequence[Answer], *, quality: dict[str, Any], evidence: int) -> list[str]:
    """Correct in place what lies ahead of the answers that brought it, and say so.

    An instant becomes that of the answers, the latest that it can be; a day of upload becomes NA.

    Parameters
    ----------
    videos
        Rows of the answers.
    answers
        Where they come from.
    quality
        Where corrections are counted, with up to `evidence` ids.

    Returns
    -------
    list of str
        What to warn of.
    """
    latest = pd.Timestamp(asked_at(answers))
    said = []
    for name in MEASURED:
        ahead = (videos[name] > latest + LEEWAY).fillna(value=False)
        if ahead.any():
            hours, one = (videos.loc[ahead, name].max() - latest) / pd.Timedelta(hours=1), videos.loc[ahead].iloc[0]
            said.append(
                f"{name} of {int(ahead.sum())} videos lies up to {hours:,.1f} hours ahead of the answer that brought "
                f"it, e.g. {one['ad_id']}: taken as {latest:%Y-%m-%d %H:%M} UTC, when it was asked for"
            )
            quality["repaired"][name] = quality["repaired"].get(name, 0) + int(ahead.sum())
            quality["evidence"][f"ahead_{name}"] = videos.loc[ahead, "ad_id"].head(evidence).tolist()
            videos[name] = videos[name].mask(ahead, latest)
    tomorrow = latest.tz_localize(None).normalize() + pd.Timedelta(days=1)
    ahead = (videos["uploaded_at"] > tomorrow).fillna(value=False)
    if ahead.any():
        count, one = int(ahead.sum()), videos.loc[ahead].iloc[0]
        said.append(
            f"uploaded_at of {count} videos lies ahead, e.g. {one['uploaded_at']:%Y-%m-%d} of {one['ad_id']}: set to NA"
        )
        quality["unreadable"]["uploaded_at"] = quality["unreadable"].get("uploaded_at", 0) + count
        quality["evidence"]["ahead_uploaded_at"] = videos.loc[ahead, "ad_id"].head(evidence).tolist()
        videos["uploaded_at"] = videos["uploaded_at"].mask(ahead)
    return said
