"""Load videos as plain DataFrames: everything that was asked for, or an error.

What a frame went through stands in its ``attrs``: what was asked, when the oldest request behind it was sent, how many
answers came from the cache, and under ``"quality"`` every count of duplicate, masked, dropped or repaired rows, with up
to 20 ids as evidence. Anything that changes what the numbers mean also raises a `DataQualityWarning`.

Pitfalls handled here: the API's default order moves while pages are read, so pages are walked by creation time, without
repeats, and compared with the announced total; ``username`` matches only lower case without ``@``, and for YouTube
handles with a dash it returns other channels' videos too; ``label_names`` may be missing while ``label_ids`` is there;
some YouTube titles end in `` @handle 9 days ago``, which is cut.
"""

from datetime import date
from typing import Any

import pandas as pd

from shortimize_analytics.client import contract
from shortimize_analytics.client.answers import Call
from shortimize_analytics.client.connection import Client
from shortimize_analytics.errors import (
    ArchiveError,
    InvalidParameterError,
)
from shortimize_analytics.schema.cast import EVIDENCE
from shortimize_analytics.schema.days import Day, Instant, read_instants, read_range
from shortimize_analytics.schema.names import Names, each_name, read_account
from shortimize_analytics.store.snapshots import save_snapshot

from .accounts import check_one_account, check_tracked, keep_account, keep_platform
from .labels import fill_label_names, names_to_send
from .paging import decode_dated, read_all_pages
from .provenance import describe, warn_quality

_API_NAMES = {
    "uploaded_start": "uploaded_at_start",
    "uploaded_end": "uploaded_at_end",
    "updated_start": "latest_updated_at_start",
    "updated_end": "latest_updated_at_end",
}
"""What the API calls the filters that have another name here."""
_NAMES = ("platform", "account", "label")
"""Filters that the API does not take as they are."""


def load_videos(
    client: Client,
    *,
    platform: str | None = None,
    account: str | None = None,
    label: Names | None = None,
    uploaded_start: Day | None = None,
    uploaded_end: Day | None = None,
    updated_start: Instant | None = None,
    updated_end: Instant | None = None,
    ad_info_shop: bool | None = None,
    ad_product_id_shop: bool | None = None,
    has_metrics: bool | None = None,
    page_size: int = contract.API_PAGE_LIMIT,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Load all tracked videos that match the filters.

    Parameters
    ----------
    client
        From `connect`.
    platform
        Only videos of this platform, in any case. The API cannot filter by it: the others are loaded and left out.
    account
        Only videos of this account: its handle (with or without @, in any case), ``platform/handle``, link, or UUID,
        which survives a rename.
    label
        Only videos that carry this label (collection), or whose account does: its name or id; of several any fits.
    uploaded_start, uploaded_end
        First and last day of upload, inclusive (YYYY-MM-DD or a date).
    updated_start, updated_end
        First and last instant of the newest measurement, inclusive (YYYY-MM-DDTHH:MM:SS+00:00 or a datetime; UTC where
        it names no zone); a day stands for all of it.
    ad_info_shop, ad_product_id_shop
        TikTok shop ads only (or none); those with a product id only (True).
    has_metrics
        Only videos that were measured at least once.
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
        For a filter outside its limits, or a name that fits nothing, or several things that a load cannot tell apart.
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
    named = None if account is None else read_account(account)
    asked = _asked(
        platform=None if platform is None else platform.lower(),
        account=named and named.text,
        label=None if label is None else each_name(label, "label"),
        uploaded_start=uploaded_start,
        uploaded_end=uploaded_end,
        updated_start=updated_start,
        updated_end=updated_end,
        ad_info_shop=ad_info_shop,
        ad_product_id_shop=ad_product_id_shop,
        has_metrics=has_metrics,
    )
    sent = {_API_NAMES.get(name, name): value for name, value in asked.items() if name not in _NAMES}
    if named is not None:
        sent |= {"linked_account_id": named.id} if named.id else {"username": named.handle}
    contract.validate(contract.LIST_VIDEOS, {**sent, "limit": page_size})  # before a request is spent on labels
    if label is not None:
        sent["collections"] = names_to_send(client, asked["label"])
    params = contract.validate(contract.LIST_VIDEOS, {**sent, "limit": page_size})
    frame = _load(client, Call(contract.LIST_VIDEOS, params=params), asked=asked, progress=progress)
    if named is not None:
        check_tracked(client, frame, sent=sent, account=named)
        frame = keep_account(frame, named)
    frame = keep_platform(frame, asked.get("platform") or (named and named.platform))
    if named is not None:
        check_one_account(frame, named)
    frame = _finish(fill_label_names(client, frame))
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
        The account's UUID or link; `load_videos` takes handles, too.
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

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> some = sa.load_videos(client, account="hook.lab", uploaded_start="2026-11-16")
    >>> mine = sa.load_account_videos(client, some["linked_account_id"].iloc[0], uploaded_start="2026-11-16")
    >>> mine["ad_id"].tolist() == some["ad_id"].tolist()
    True
    """
    account = _one_id(account, "account")
    days = _asked(uploaded_start=uploaded_start, uploaded_end=uploaded_end)
    sent = {"start_date": days.get("uploaded_start"), "end_date": days.get("uploaded_end")}
    params = contract.validate(contract.LIST_ACCOUNT_VIDEOS, {**sent, "limit": page_size, "paginated": True})
    asked = {"account": account, **days}
    call = Call(contract.LIST_ACCOUNT_VIDEOS, {"account_id": account}, params)
    frame = _load(client, call, asked=asked, progress=progress)
    return _finish(fill_label_names(client, frame))


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

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> some = sa.load_videos(client, account="hook.lab", uploaded_start="2026-11-16")
    >>> sa.load_video(client, some["ad_link"].iloc[0])["username"].tolist()
    ['hook.lab']
    """
    video = _one_id(video, "video")
    answer = client.get(Call(contract.GET_VIDEO, {"ad_id": video}))
    decoded = decode_dated(answer, contract.GET_VIDEO)
    frame = describe(client, decoded, endpoint=contract.GET_VIDEO, asked={"ad_id": video}, answers=[answer])
    return _finish(fill_label_names(client, frame))


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
    frame = describe(client, found.decoded, endpoint=call.endpoint, asked=asked, answers=found.answers)
    frame.attrs["quality"]["duplicates"] = len(found.repeated)
    frame.attrs["quality"]["evidence"]["duplicates"] = list(dict.fromkeys(found.repeated))[:EVIDENCE]
    if found.full:
        warn_quality(found.about_repeats())
    return frame


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
