"""What a frame went through on its way from the API, written into its ``attrs``; and how a loader warns."""

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from shortimize_analytics.client.answers import Answer
from shortimize_analytics.client.connection import Client
from shortimize_analytics.client.contract import Endpoint
from shortimize_analytics.client.decode import TABLES_OF, Decoded, reject_impossible
from shortimize_analytics.errors import DataQualityWarning, warn
from shortimize_analytics.schema import COUNTS, METRICS, VIDEOS
from shortimize_analytics.schema.cast import EVIDENCE
from shortimize_analytics.schema.masked import MASKING_TIERS, is_masked, masks_all

from .future import hold_back

_COUNTS = (*METRICS, *COUNTS, "latest_followers_count", "latest_following_count")
SCRAPED_ENDING = re.compile(
    r"(?<=\S)\s+@(?P<handle>[^\s@]+)\s\d+ (?:second|minute|hour|day|week|month|year)s? ago\s*\Z"
)
"""Account and age of a video, which stand under its title on the page it was scraped from."""


def describe(
    client: Client, decoded: Decoded, *, endpoint: Endpoint, asked: dict[str, Any], answers: Sequence[Answer]
) -> pd.DataFrame:
    """Write into ``attrs`` what was asked, how fresh the answers are, and what decoding met."""
    frame = decoded.frame
    quality: dict[str, Any] = {"rows": len(frame), "duplicates": 0, "unreadable": dict(decoded.report.bad)}
    quality["repaired"] = dict(decoded.report.repaired)
    quality["unknown_fields"] = list(decoded.report.unknown)
    table = TABLES_OF.get(endpoint, VIDEOS)
    if table is VIDEOS:
        masked = is_masked(frame, named=decoded.masked)  # before a count that cannot be becomes NA
        quality["masked"] = int(masked.sum())
        quality["without_metrics"] = int((frame["latest_views"].isna() & ~masked).sum())
        quality["evidence"] = {"masked": frame.loc[masked, "ad_id"].head(EVIDENCE).tolist()}
        quality["masked_by_plan"] = client.tier in MASKING_TIERS or masks_all(frame, named=decoded.masked)
    reject_impossible(frame, [name for name in _COUNTS if name in table.names], decoded.report)
    quality["unreadable"] = dict(decoded.report.bad)
    if {"platform", "username"} <= {*table.names}:
        _lower_platforms(frame, quality)
        _bare_handles(frame, quality)
    if table is VIDEOS:
        _cut_scraped_endings(frame, quality)
        for said in hold_back(frame, answers, quality=quality, evidence=EVIDENCE):
            warn_quality(said)
    frame.attrs = {
        "table": table.name,
        "endpoint": str(endpoint),
        "params": asked,
        "base_url": client.settings.base_url,
        "source": client.source,
        "tier": client.tier,
        "fetched_at": min(answer.sent_at for answer in answers).isoformat(),
        "as_of": client.now().isoformat(),
        "from_cache": all(answer.from_cache for answer in answers),
        "requests": sum(not answer.from_cache for answer in answers),
        "cache_hits": sum(answer.from_cache for answer in answers),
        "quality": quality,
    }
    if decoded.report.bad:
        warn_quality(decoded.report.describe())
    return frame


def _lower_platforms(frame: pd.DataFrame, quality: dict[str, Any]) -> None:
    """Write platforms in lower case, in place: `TikTok` is no second platform beside `tiktok`."""
    lower = frame["platform"].str.strip().str.lower()
    changed = int((lower.fillna("") != frame["platform"].fillna("")).sum())
    if changed:
        frame["platform"] = lower
        quality["repaired"]["platform"] = quality["repaired"].get("platform", 0) + changed


def _bare_handles(frame: pd.DataFrame, quality: dict[str, Any]) -> None:
    """Write handles without ``@``, in place: charts and reports put one before them, which made `@@name`."""
    bare = frame["username"].str.removeprefix("@")
    changed = int((bare.fillna("") != frame["username"].fillna("")).sum())
    if changed:
        frame["username"] = bare
        quality["repaired"]["username"] = quality["repaired"].get("username", 0) + changed


def _cut_scraped_endings(frame: pd.DataFrame, quality: dict[str, Any]) -> None:
    """Cut from YouTube titles, in place, what was scraped with them: `` @handle 9 days ago``, their own handle."""
    rows = frame.loc[frame["platform"] == "youtube", ["title", "username"]]
    rows = rows[rows["title"].str.contains(" ago", regex=False)]
    titles = rows["title"]
    named = titles.str.extract(SCRAPED_ENDING, expand=False).str.lower()
    own = named.eq(rows["username"].str.removeprefix("@").str.lower()).fillna(value=False).astype(bool)
    cut = titles.where(~own, titles.str.replace(SCRAPED_ENDING, "", regex=True))
    cut = cut[cut != titles]
    if not cut.empty:
        frame.loc[cut.index, "title"] = cut
        quality["repaired"]["title"] = quality["repaired"].get("title", 0) + len(cut)
        quality["evidence"]["repaired_title"] = frame.loc[cut.index[:EVIDENCE], "ad_id"].tolist()


def warn_quality(text: str, *, stacklevel: int = 4) -> None:
    """Warn the caller of a loader."""
    warn(text, DataQualityWarning, stacklevel=stacklevel)
