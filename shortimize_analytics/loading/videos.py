"""Load videos, accounts, collections and history as plain DataFrames: everything that was asked for, or an error.

What a frame went through stands in its ``attrs``: what was asked, when the oldest request behind it was sent, how many
answers came from the cache, and under ``"quality"`` every count of duplicate, masked, dropped or repaired rows, with up
to 20 ids as evidence. Anything that changes what the numbers mean also raises a `DataQualityWarning`.

Pitfalls handled here: the API's default order moves while pages are read, so pages are walked by creation time, without
repeats, and compared with the announced total; ``username`` matches only lower case without ``@``, and for YouTube
handles with a dash it returns other channels' videos too; ``label_names`` may be missing while ``label_ids`` is there;
some YouTube titles end in `` @handle 9 days ago``, which is cut.
"""

import re
from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from typing import Any

import pandas as pd

from shortimize_analytics.client import contract
from shortimize_analytics.client.answers import Answer, Call
from shortimize_analytics.client.connection import Client
from shortimize_analytics.client.contract import Endpoint
from shortimize_analytics.client.decode import Decoded, decode_page, reject_negative
from shortimize_analytics.errors import (
    ApiError,
    ArchiveError,
    DataQualityWarning,
    IncompleteDataError,
    InvalidParameterError,
    RateLimitError,
    warn,
)
from shortimize_analytics.schema import METRICS
from shortimize_analytics.schema.cast import EVIDENCE
from shortimize_analytics.schema.days import Day, Instant, read_instants, read_range
from shortimize_analytics.schema.masked import MASKING_TIERS, is_masked
from shortimize_analytics.store.snapshots import save_snapshot

from .future import hold_back
from .paging import decode_videos, read_all_pages

_API_NAMES = {
    "uploaded_start": "uploaded_at_start",
    "uploaded_end": "uploaded_at_end",
    "updated_start": "latest_updated_at_start",
    "updated_end": "latest_updated_at_end",
}
"""What the API calls the filters that have another name here."""
SCRAPED_ENDING = re.compile(r"(?<=\S)\s+@[^\s@]+\s\d+ (?:second|minute|hour|day|week|month|year)s? ago\s*\Z")
"""Account and age of a video, which stand under its title on the page it was scraped from."""


def load_videos(
    client: Client,
    *,
    username: str | None = None,
    linked_account_id: str | None = None,
    uploaded_start: Day | None = None,
    uploaded_end: Day | None = None,
    updated_start: Instant | None = None,
    updated_end: Instant | None = None,
    ad_info_shop: bool | None = None,
    ad_product_id_shop: bool | None = None,
    has_metrics: bool | None = None,
    collections: str | Sequence[str] | None = None,
    page_size: int = contract.API_PAGE_LIMIT,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Load all tracked videos that match the filters.

    Parameters
    ----------
    client
        From `connect`.
    username
        Account handle; ``@`` and capitals do not matter.
    linked_account_id
        Account UUID; survives a rename.
    uploaded_start, uploaded_end
        First and last day of upload, inclusive (YYYY-MM-DD or a date).
    updated_start, updated_end
        First and last instant of the newest measurement, inclusive (YYYY-MM-DDTHH:MM:SS+00:00 or a datetime; UTC where
        it names no zone); a day stands for all of it.
    ad_info_shop, ad_product_id_shop
        TikTok shop ads only (or none); those with a product id only (True).
    has_metrics
        Only videos that were measured at least once.
    collections
        Names of collections (labels), any of which a video or its account must carry.
    page_size
        Videos per request, 1-5000.
    progress
        Show a bar; None shows it on a terminal only.

    Returns
    -------
    DataFrame
        One row per video with the columns of `schema.VIDEOS`, oldest first by ``created_at``.

    Raises
    ------
    InvalidParameterError
        For a filter outside its limits; nothing was sent.
    IncompleteDataError
        When the API delivers other rows than it announces, three times over.
    ApiError
        When the API refuses or fails.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> videos = sa.load_videos(sa.connect(demo=True), uploaded_start="2026-11-16", has_metrics=True)
    >>> videos.attrs["source"], bool(videos["uploaded_at"].min() >= __import__("pandas").Timestamp("2026-11-16"))
    ('Demo organisation', True)
    """
    asked = _asked(
        username=username.strip().removeprefix("@").lower() if isinstance(username, str) else username,
        linked_account_id=linked_account_id,
        uploaded_start=uploaded_start,
        uploaded_end=uploaded_end,
        updated_start=updated_start,
        updated_end=updated_end,
        ad_info_shop=ad_info_shop,
        ad_product_id_shop=ad_product_id_shop,
        has_metrics=has_metrics,
        collections=collections,
    )
    sent = {_API_NAMES.get(name, name): value for name, value in asked.items()}
    params = contract.validate(contract.LIST_VIDEOS, {**sent, "limit": page_size})
    frame = _load(client, Call(contract.LIST_VIDEOS, params=params), asked=asked, progress=progress)
    frame = _keep_account(frame, params.get("username"))
    frame = _finish(_fill_label_names(client, frame))
    _keep_snapshot(client, frame)
    return frame


def load_account_videos(
    client: Client,
    account: str,
    *,
    uploaded_start: Day | None = None,
    uploaded_end: Day | None = None,
    page_size: int = contract.API_PAGE_LIMIT,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Load all tracked videos of one account.

    Parameters
    ----------
    client
        From `connect`.
    account
        The account's UUID or URL.
    uploaded_start, uploaded_end
        First and last day of upload, inclusive.
    page_size
        Videos per request, 1-5000.
    progress
        Show a bar; None shows it on a terminal only.

    Returns
    -------
    DataFrame
        As `load_videos`; the API gives no ``increase_14d`` and ``increase_30d`` here, so they are NA.

    Raises
    ------
    NotFoundError
        When the organisation tracks no such account.
    IncompleteDataError, InvalidParameterError, ApiError
        As `load_videos`.
    """
    account = _one_id(account, "account")
    days = _asked(uploaded_start=uploaded_start, uploaded_end=uploaded_end)
    sent = {"start_date": days.get("uploaded_start"), "end_date": days.get("uploaded_end")}
    params = contract.validate(contract.LIST_ACCOUNT_VIDEOS, {**sent, "limit": page_size, "paginated": True})
    asked = {"account_id": account, **days}
    call = Call(contract.LIST_ACCOUNT_VIDEOS, {"account_id": account}, params)
    frame = _load(client, call, asked=asked, progress=progress)
    return _finish(_fill_label_names(client, frame))


def load_video(client: Client, video: str) -> pd.DataFrame:
    """Load one video.

    Parameters
    ----------
    client
        From `connect`.
    video
        The video's UUID or URL.

    Returns
    -------
    DataFrame
        One row, as `load_videos`.

    Raises
    ------
    NotFoundError
        When the organisation does not track the video.
    """
    video = _one_id(video, "video")
    answer = client.get(Call(contract.GET_VIDEO, {"ad_id": video}))
    decoded = decode_videos(answer, contract.GET_VIDEO)
    frame = _describe(client, decoded, endpoint=contract.GET_VIDEO, asked={"ad_id": video}, answers=[answer])
    return _finish(_fill_label_names(client, frame))


def load_collections(client: Client) -> pd.DataFrame:
    """Load the organisation's collections, which the vendor also calls labels.

    Returns
    -------
    DataFrame
        One row per collection: ``id``, ``name`` (str). Names can repeat; the id is the key.

    Raises
    ------
    IncompleteDataError
        When fewer collections arrive than the API counts.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> sa.load_collections(sa.connect(demo=True)).columns.tolist()
    ['id', 'name']
    """
    answer = client.get(Call(contract.LIST_COLLECTIONS))
    decoded = decode_page(answer, contract.LIST_COLLECTIONS)
    announced = decoded.count
    arrived = decoded.frame["id"].nunique()
    if isinstance(announced, int) and (announced != arrived or announced != len(decoded.frame)):
        raise IncompleteDataError(
            f"{arrived} of {announced} collections arrived", endpoint=str(contract.LIST_COLLECTIONS)
        )
    return _describe(client, decoded, endpoint=contract.LIST_COLLECTIONS, asked={}, answers=[answer])


def _asked(**filters: Any) -> dict[str, Any]:
    """Keep the filters that were given, days and instants as text."""
    days = read_range(filters["uploaded_start"], filters["uploaded_end"], names=("uploaded_start", "uploaded_end"))
    filters |= dict(zip(("uploaded_start", "uploaded_end"), days, strict=True))
    if "updated_start" in filters:
        names = ("updated_start", "updated_end")
        filters |= dict(zip(names, read_instants(*(filters[name] for name in names), names=names), strict=True))
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in filters.items()
        if value is not None
    }


def _one_id(value: str, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidParameterError(f"{what}={value!r} must be a UUID or a URL")
    return value.strip()


def _load(client: Client, call: Call, *, asked: dict[str, Any], progress: bool | None) -> pd.DataFrame:
    found = read_all_pages(client, call, progress=progress)
    frame = _describe(client, found.decoded, endpoint=call.endpoint, asked=asked, answers=found.answers)
    frame.attrs["quality"]["duplicates"] = len(found.repeated)
    frame.attrs["quality"]["evidence"]["duplicates"] = list(dict.fromkeys(found.repeated))[:EVIDENCE]
    if found.full:
        warn_quality(found.about_repeats())
    return frame


def _describe(
    client: Client, decoded: Decoded, *, endpoint: Endpoint, asked: dict[str, Any], answers: Sequence[Answer]
) -> pd.DataFrame:
    """Write into ``attrs`` what was asked, how fresh the answers are, and what decoding met."""
    frame = decoded.frame
    quality: dict[str, Any] = {"rows": len(frame), "duplicates": 0, "unreadable": dict(decoded.report.bad)}
    quality["repaired"] = dict(decoded.report.repaired)
    quality["unknown_fields"] = list(decoded.report.unknown)
    if endpoint is not contract.LIST_COLLECTIONS:
        masked = is_masked(frame, named=decoded.masked)
        quality["masked"] = int(masked.sum())
        quality["masked_by_plan"] = client.tier in MASKING_TIERS or bool(len(masked) and masked.all())
        quality["without_metrics"] = int((frame["latest_views"].isna() & ~masked).sum())
        quality["evidence"] = {"masked": frame.loc[masked, "ad_id"].head(EVIDENCE).tolist()}
        reject_negative(frame, METRICS, decoded.report)
        quality["unreadable"] = dict(decoded.report.bad)
        _cut_scraped_endings(frame, quality)
        for said in hold_back(frame, answers, quality=quality, evidence=EVIDENCE):
            warn_quality(said)
    frame.attrs = {
        "table": "collections" if endpoint is contract.LIST_COLLECTIONS else "videos",
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


def _cut_scraped_endings(frame: pd.DataFrame, quality: dict[str, Any]) -> None:
    """Cut from YouTube titles, in place, what was scraped with them: `` @handle 9 days ago`` at their end."""
    titles = frame.loc[(frame["platform"] == "youtube") & frame["title"].str.contains(" ago", regex=False), "title"]
    cut = titles.str.replace(SCRAPED_ENDING, "", regex=True)
    cut = cut[cut != titles]
    if not cut.empty:
        frame.loc[cut.index, "title"] = cut
        quality["repaired"]["title"] = quality["repaired"].get("title", 0) + len(cut)
        quality["evidence"]["repaired_title"] = frame.loc[cut.index[:EVIDENCE], "ad_id"].tolist()


def _keep_account(frame: pd.DataFrame, username: str | None) -> pd.DataFrame:
    """Drop rows of other accounts, which the API returns for some handles."""
    if username is None:
        return frame
    others = frame["username"].str.lower() != username
    dropped = int(others.sum())
    frame.attrs["quality"]["other_accounts"] = dropped
    if dropped:
        frame.attrs["quality"]["evidence"]["other_accounts"] = frame.loc[others, "ad_id"].head(EVIDENCE).tolist()
        warn_quality(f"username={username!r}: {dropped} videos of other accounts came along and were left out")
        attrs = frame.attrs
        frame = frame[~others].reset_index(drop=True)
        frame.attrs = attrs
    return frame


def _fill_label_names(client: Client, frame: pd.DataFrame) -> pd.DataFrame:
    """Fill missing label names from the collections, without a request when none is missing."""
    ids, names = frame["label_ids"].tolist(), frame["label_names"].tolist()
    lacking = [row for row, own in enumerate(ids) if own and len(own) != len(names[row] or ())]
    if not lacking:
        return frame
    known, failure = _collection_names(client)
    unnamed = sum(label not in known for row in lacking for label in ids[row])
    for row in lacking:
        names[row] = [known.get(label, label) for label in ids[row]]
    frame["label_names"] = pd.Series(names, index=frame.index, dtype=object)
    frame.attrs["quality"]["label_names_filled"] = 0 if failure else len(lacking)
    if unnamed:
        frame.attrs["quality"]["labels_without_name"] = unnamed
        why = f"the collections could not be loaded ({failure})" if failure else "they are not among the collections"
        warn_quality(f"{unnamed} labels have no name, and their id stands in for it: {why}")
    return frame


def _collection_names(client: Client) -> tuple[dict[str, str], str]:
    """Return the names of collections by id; without names, why not: the videos are whole all the same."""
    try:
        collections = load_collections(client)
    except RateLimitError:
        raise  # it would hit whatever is asked for next, and to wait helps
    except ApiError as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            raise
        return {}, str(error)
    return dict(zip(collections["id"], collections["name"], strict=True)), ""


def _finish(frame: pd.DataFrame) -> pd.DataFrame:
    """Warn about what changes the meaning of the numbers."""
    quality = frame.attrs["quality"]
    quality["rows"] = len(frame)
    if quality["masked"]:
        videos = f"{quality['masked']:,} of {len(frame):,} videos"
        warn_quality(
            f"{videos} have masked metrics (tier {frame.attrs['tier']}): their counts are NA; Limited and Basic plans "
            "get masked results"
            if quality["masked_by_plan"]
            else f"the API gave no figures for {videos}: their counts are NA, and analyses leave them out"
        )
    if frame.empty and frame.attrs["params"]:
        asked = ", ".join(f"{name}={value!r}" for name, value in frame.attrs["params"].items())
        warn_quality(f"no video matches {asked}: check the spelling; a renamed account goes by its new name")
    return frame


def _keep_snapshot(client: Client, frame: pd.DataFrame) -> None:
    """Keep a dated copy of what the API just said, unless it says nothing (all masked)."""
    if frame.attrs["from_cache"] or frame["latest_views"].isna().all():
        return
    try:
        save_snapshot(client.storage, frame)
    except ArchiveError as error:
        warn_quality(f"no snapshot of these videos was kept: {error}")


def warn_quality(text: str, *, stacklevel: int = 4) -> None:
    """Warn the caller of a loader."""
    warn(text, DataQualityWarning, stacklevel=stacklevel)
