"""Start and stop tracking videos: one result row per link, and never a write that is repeated on a guess.

The vendor takes at most 100 links per request and handles each on its own, so longer lists are split in order. A
request is sent again only when the server said that it did nothing (429) or was never reached. When a run breaks off,
the error carries the results so far (`PartialWriteError.results`): what went through, what was in flight, what was
never sent.

The vendor documents ``success`` and "a summary" for bulk requests without its fields. Results per link are read where
they come; a bare success counts for every link of the request; a failure that names no link is ``unclear`` for all of
them, not a guess.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from shortimize_analytics.client import contract
from shortimize_analytics.client.answers import Call
from shortimize_analytics.client.connection import Client
from shortimize_analytics.errors import (
    ApiError,
    ConfigError,
    ConnectionFailedError,
    InvalidParameterError,
    PartialWriteError,
    ShortimizeError,
)
from shortimize_analytics.schema import conform
from shortimize_analytics.schema.choices import did_you_mean
from shortimize_analytics.schema.names import Names, each_name
from shortimize_analytics.schema.tables import TRACKING

from .labels import load_labels
from .progress import bar

_LINK_KEYS = ("link", "url", "id", "ad_link")
_ID_KEYS = ("videoId", "video_id", "ad_id")
_URL_KEYS = ("directUrl", "direct_url")
_REFUSED = {400, 404, 409, 422}
"""Statuses that speak of one link; others speak of the key, the plan or the pace."""
_BAD_STATUS = ("failed", "failure", "error")
_NOTHING = (0, None, "", "0")
_TROUBLE = re.compile(r"fail|error|invalid|reject|skip|not.found|could not|cannot|unable|denied", re.IGNORECASE)
_GOOD_COUNTS = {"total", "requested", "processed", "tracked", "added", "stopped", "removed", "deleted", "success",
                "successful", "succeeded"}  # fmt: skip
"""Counts in a summary that do not speak of trouble; any other count above 0 does."""


def track_video(client: Client, link: str, *, label: Names | None = None) -> pd.DataFrame:
    """Start tracking one video.

    Parameters
    ----------
    client
        From `connect`.
    link
        The video's URL.
    label
        Name or id of a label (collection) to put it into, or several; names that do not exist are created.

    Returns
    -------
    DataFrame
        One row (schema `TRACKING`): ``link``, ``status`` (tracked, already tracked, failed), ``ad_id``, ``direct_url``,
        ``reason``.

    Raises
    ------
    InvalidParameterError
        When the link is none; nothing was sent.
    ApiError
        When the API refuses the key, the plan or the pace.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> sa.track_video(client, "https://www.tiktok.com/@new.handle/video/7000000000000000001")["status"].tolist()
    ['tracked']
    """
    (link,) = _unique([link])
    ids, names = _split_labels(client, label)
    body = contract.validate(contract.TRACK_VIDEO, {"link": link, "collection_ids": ids, "collection_names": names})
    try:
        document = _send(client, Call(contract.TRACK_VIDEO), body=body)
    except ApiError as error:
        if error.status not in _REFUSED:
            raise
        document = {**(error.document or {}), "error": error.detail}
    return _frame([_result(link, document, done="tracked")])


def track_videos(
    client: Client,
    links: Iterable[str],
    *,
    label: Names | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Start tracking many videos, 100 per request, in order.

    Parameters
    ----------
    client
        From `connect`.
    links
        Video URLs; repeated ones are sent once.
    label
        Name or id of an existing label (collection), or several; bulk requests cannot create any.
    progress
        Show a bar; None shows it on a terminal only.

    Returns
    -------
    DataFrame
        One row per link, as `track_video`; ``status`` can also be unclear.

    Raises
    ------
    InvalidParameterError
        When an entry is no link or a label does not exist; nothing was sent.
    PartialWriteError
        When a request fails; ``results`` says of each link what became of it.
    """
    wanted = check_links(links)
    ids, unknown = _split_labels(client, label)
    if unknown:
        raise InvalidParameterError(
            f"label={unknown[0]!r} does not exist{did_you_mean(unknown[0], load_labels(client)['name'])}, and bulk "
            "requests create none: make it first, or use track_video"
        )
    extra = {"label_ids": ids} if ids else {}
    return _in_bulk(
        client, contract.TRACK_VIDEOS, wanted=wanted, key="links", extra=extra, done="tracked", progress=progress
    )


def stop_tracking_video(client: Client, video: str) -> pd.DataFrame:
    """Stop tracking one video; its history stays in your archive.

    Parameters
    ----------
    client
        From `connect`.
    video
        UUID or URL.

    Returns
    -------
    DataFrame
        One row, as `track_video`, with ``status`` stopped or failed.
    """
    (video,) = _unique([video])
    body = contract.validate(contract.STOP_VIDEO, {"id": video})
    try:
        document = _send(client, Call(contract.STOP_VIDEO), body=body)
    except ApiError as error:
        if error.status not in _REFUSED:
            raise
        return _frame([{"link": video, "status": "failed", "reason": error.detail}])
    return _frame([_result(video, document, done="stopped")])


def stop_tracking_videos(client: Client, videos: Iterable[str], *, progress: bool | None = None) -> pd.DataFrame:
    """Stop tracking many videos, 100 per request, in order.

    Parameters
    ----------
    client
        From `connect`.
    videos
        UUIDs or URLs; repeated ones are sent once.
    progress
        Show a bar; None shows it on a terminal only.

    Returns
    -------
    DataFrame
        One row per video, as `stop_tracking_video`; ``status`` can also be unclear.

    Raises
    ------
    PartialWriteError
        As `track_videos`.
    """
    wanted = _unique(videos)
    return _in_bulk(client, contract.STOP_VIDEOS, wanted=wanted, key="ids", extra={}, done="stopped", progress=progress)


def check_links(links: Iterable[str]) -> list[str]:
    """Return links once each, trimmed, after a look at every one of them; nothing is sent.

    Raises
    ------
    InvalidParameterError
        When an entry is no link.
    """
    wanted = _unique(links)
    for link in wanted:
        contract.validate(contract.TRACK_VIDEO, {"link": link})
    return wanted


def _unique(values: Iterable[str]) -> list[str]:
    listed = [values] if isinstance(values, str) else list(values)
    bad = [value for value in listed if not isinstance(value, str) or not value.strip()]
    if bad or not listed:
        raise InvalidParameterError(f"{bad[0]!r} is no link or id" if bad else "no link or id was given")
    return list(dict.fromkeys(value.strip() for value in listed))


def _split_labels(client: Client, given: Names | None) -> tuple[list[str] | None, list[str] | None]:
    """Find the ids of known labels, and the names that do not exist yet; a name of several labels is refused."""
    if not given:
        return None, None
    labels = load_labels(client)
    known = dict(zip(labels["id"], labels["name"], strict=True))
    ids, unknown = [], []
    for name in each_name(given, "label"):
        same = [name] if name in known else sorted(key for key, called in known.items() if called == name)
        if len(same) > 1:
            raise InvalidParameterError(
                f"label={name!r} is the name of {len(same)} labels: {', '.join(same)}; pass an id"
            )
        ids += same
        unknown += [] if same else [name]
    return ids or None, unknown or None


def _send(client: Client, call: Call, *, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = client.send(call, body)
    try:
        document = json.loads(answer.body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {"results": document}


def _in_bulk(
    client: Client,
    endpoint: contract.Endpoint,
    *,
    wanted: list[str],
    key: str,
    extra: dict[str, Any],
    done: str,
    progress: bool | None,
) -> pd.DataFrame:
    results: list[dict[str, Any]] = []
    with bar(total=len(wanted), unit="link", show=progress) as ticks:
        for start in range(0, len(wanted), contract.BULK_LIMIT):
            part = wanted[start : start + contract.BULK_LIMIT]
            body = contract.validate(endpoint, {key: part, **extra})
            try:
                document = _send(client, Call(endpoint), body=body)
            except (ShortimizeError, Warning, KeyboardInterrupt) as error:
                if isinstance(error, ConfigError) and not results:
                    raise  # nothing left this machine
                raise _partial(endpoint, results, part=part, rest=wanted[start + len(part) :], error=error) from error
            results += _results_of(part, document, done=done)
            ticks.update(len(part))
    return _frame(results)


def _partial(
    endpoint: contract.Endpoint,
    results: list[dict[str, Any]],
    *,
    part: list[str],
    rest: list[str],
    error: BaseException,
) -> PartialWriteError:
    refused = isinstance(error, ApiError) and 400 <= (error.status or 0) < 500
    refused |= isinstance(error, ConfigError) or (isinstance(error, ConnectionFailedError) and not error.reached)
    fate = {
        "status": "failed" if refused else "unclear",
        "reason": getattr(error, "detail", str(error) or "interrupted"),
    }
    frame = _frame(
        results + [{"link": link, **fate} for link in part] + [{"link": link, "status": "not sent"} for link in rest]
    )
    status = frame["status"].tolist()
    counts = ", ".join(f"{status.count(one)} {one}" for one in dict.fromkeys(status))
    return PartialWriteError(
        f"broke off after {len(results)} of {len(frame)} links ({counts}): {fate['reason']}",
        endpoint=str(endpoint),
        status=getattr(error, "status", None),
        hint="The error's `results` name each link; check the unclear ones before sending them again",
        results=frame,
    )


def _results_of(part: list[str], document: dict[str, Any], *, done: str) -> list[dict[str, Any]]:
    """Find each link's own result, or spread the request's over its links."""
    own, trouble = _listed(part, document)
    clear = document.get("success") is True and not trouble
    reason = None if clear else f"the API answered {_in_words(document)} without naming links"
    fallback = {"status": done if clear else "unclear", "reason": reason}
    return [_result(link, own[link], done=done) if link in own else {"link": link, **fallback} for link in part]


def _listed(part: list[str], document: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], bool]:
    """Find what an answer or its summary lists of each link, and whether anything that names no link means trouble."""
    summary = document.get("summary")
    counts = summary if isinstance(summary, dict) else {}
    own: dict[str, dict[str, Any]] = {}
    trouble = any(value not in _NOTHING for name, value in counts.items() if _is_count(name, value))
    for name, value in (*document.items(), *counts.items()):
        bad = _TROUBLE.search(name) is not None
        trouble |= bad and value not in _NOTHING and not isinstance(value, list)
        for item in value if isinstance(value, list) else ():
            result = item if isinstance(item, dict) else {"link": item, "success": not bad, "reason": f"under {name!r}"}
            link = _first(result, _LINK_KEYS)
            if link in part:
                own[link] = {"error": f"under {name!r}", **result} if bad else result
            else:
                trouble |= bad or bool(result.get("error")) or result.get("status") in _BAD_STATUS
    return own, trouble


def _is_count(name: str, value: object) -> bool:
    return name not in _GOOD_COUNTS and not isinstance(value, list)


def _result(link: str, document: Mapping[str, Any], *, done: str) -> dict[str, Any]:
    """Read one link's result: an error says failed, an id, a page or a success says done, anything else is unclear."""
    inner = [value for name in ("data", "properties") if isinstance(value := document.get(name), dict)]
    found = {name: value for part in (document, *inner) for name, value in part.items()}
    said = _first(found, ("message", "detail", "reason"))
    ad_id, page, reason = _first(found, _ID_KEYS), _first(found, _URL_KEYS), found.get("error") or None
    if reason or found.get("success") is False or found.get("status") in _BAD_STATUS:
        reason = str(reason or said or "the API gave no reason")
        known = done == "tracked" and (ad_id or "already" in reason.lower())
        status = "already tracked" if known else "failed"
    elif ad_id or page or found.get("success") is True or (done == "stopped" and said and not _TROUBLE.search(said)):
        status = done
    else:
        status, reason = "unclear", f"the API answered {_in_words(document)}, which names no video and no success"
    return {"link": link, "status": status, "ad_id": ad_id, "direct_url": page, "reason": reason}


def _in_words(document: Mapping[str, Any]) -> str:
    """Say what an answer held: its message, else its plain values by name."""
    if message := _first(document, ("message", "detail", "reason")):
        return f"“{message[:120]}”"
    inner = [value for value in document.values() if isinstance(value, dict)]
    values = [(name, value) for part in (document, *inner) for name, value in part.items()]
    plain = [f"{name}: {json.dumps(value)}" for name, value in values if not isinstance(value, dict | list)]
    return ", ".join(plain)[:120] or "nothing"


def _first(document: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((document[name] for name in names if isinstance(document.get(name), str)), None)


def _frame(results: list[dict[str, Any]]) -> pd.DataFrame:
    return conform(pd.DataFrame(results, columns=TRACKING.names), TRACKING)
