"""What is asked and answered: the rows of a good one, the typed error of a bad one.

Shapes differ between the vendor's page and what clients met, so both are accepted; anything else is an error, never an
empty frame. Error bodies come as problem JSON (RFC 7807), `{error}`, `{message}`, `{properties: {error}}`, empty, or as
a proxy's HTML.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from shortimize_analytics.errors import (
    ApiError,
    AuthenticationError,
    IncompleteDataError,
    NotFoundError,
    RateLimitError,
    ResponseShapeError,
    ServerError,
)

from . import contract
from .columns import read_columns, type_columns
from .contract import Endpoint

DEEPEST = 64
"""Levels of nesting that an answer may have: data have four, and each level costs every later reader a call."""
AROUND = ("pagination", "count")
"""What is read of a document beside its rows."""
LISTS = (contract.LIST_VIDEOS, contract.LIST_ACCOUNT_VIDEOS)
"""Whose answers list videos, in pages."""
_MAX_DETAIL = 200
_HINTS = {
    400: "Check the parameters",
    401: f"The key is wrong or revoked: copy it again from your Shortimize account ({contract.KEY_PAGE})",
    403: "The plan of this key does not allow the call; `shortimize check` names the tier",
    404: "Your organisation tracks no such video or account: check the id, or track it first",
    429: "Wait a minute, lower --tier, or stop other programs that use the same key",
}
_TOO_FAR_BACK = (
    f"Days more than {contract.OBSERVED_DAYS} back need the premium plan: name a later start (--start), or "
    'your plan, so that none is asked for (tier="basic", --tier basic, SHORTIMIZE_TIER)'
)


@dataclass(frozen=True, slots=True)
class Content:
    """What a body holds: its row objects, and what stands around them (pagination, counts).

    Rows that need no repair stand in `columns` (schema `columns.COLUMNS`), and `rows` is empty.
    """

    rows: list[dict[str, Any]] = field(repr=False)
    around: dict[str, Any]
    columns: pa.Table | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: its body, when its request was sent, and whether it came from the cache.

    `held` is the body, or how to unpack it. `content` is what was read of it to see that it is complete, so that nobody
    need parse it again; None for an answer of the cache without columns.
    """

    held: bytes | Callable[[], bytes] = field(repr=False)
    sent_at: datetime
    from_cache: bool
    server_time: datetime | None = None
    content: Content | None = field(default=None, repr=False)

    @property
    def body(self) -> bytes:
        """The body as it came."""
        return self.held if isinstance(self.held, bytes) else self.held()


@dataclass(frozen=True, slots=True)
class Call:
    """One read to make: endpoint, the parts of its path, and its parameters as `api.validate` returned them."""

    endpoint: Endpoint
    parts: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)


def parse(endpoint: Endpoint, body: bytes) -> Any:
    """Return the document of a complete answer.

    Raises
    ------
    ValueError
        When it is no JSON.
    ResponseShapeError
        When it is nested too deeply.
    """
    try:
        document = json.loads(body)
        deep = _is_deep(document)
    except RecursionError:  # how deep that takes depends on the caller's own stack
        deep = True
    if deep:
        raise ResponseShapeError("the answer is nested too deeply to be data", endpoint=str(endpoint), status=200)
    return document


def _is_deep(document: Any) -> bool:
    level: list[Any] = [[document]]
    for _ in range(DEEPEST):
        inside = (child for node in level for child in (node.values() if isinstance(node, dict) else node))
        level = [child for child in inside if isinstance(child, dict | list)]
    return bool(level)


def read_content(endpoint: Endpoint, body: bytes) -> Content:
    """Read a complete answer that lists rows, its only parse.

    Raises
    ------
    ValueError
        When it is no JSON.
    ResponseShapeError, IncompleteDataError, ApiError
        As `parse` and `rows_of`.
    """
    if endpoint in LISTS and (found := read_columns(body)) is not None:
        rows, around = found
        if (
            isinstance(around["pagination"], dict)
            and not _is_deep(around)
            and (typed := type_columns(rows)) is not None
        ):
            return Content([], {key: around.get(key) for key in AROUND}, columns=typed)
    document = parse(endpoint, body)
    return Content(
        rows_of(endpoint, document), {key: document.get(key) for key in AROUND} if isinstance(document, dict) else {}
    )


def rows_of(endpoint: Endpoint, document: Any) -> list[dict[str, Any]]:
    """Return the row objects of a decoded answer.

    Raises
    ------
    ResponseShapeError
        When the answer has none of the known shapes.
    IncompleteDataError
        When a history announces more days than it holds.
    ApiError
        When a 200 answer carries an error instead of rows.
    """
    rows = _find_rows(endpoint, document)
    if rows is None or not all(isinstance(row, dict) for row in rows):
        if isinstance(document, dict) and (error := detail_of(document)):
            raise ApiError(error, endpoint=str(endpoint), status=200)
        raise ResponseShapeError(
            f"the answer ({_sketch(document)}) has no shape that this version knows",
            endpoint=str(endpoint),
            status=200,
            hint="Update shortimize-analytics, or report the shape without its data",
        )
    pagination = document.get("pagination") if isinstance(document, dict) and endpoint in contract.HISTORIES else None
    total = pagination.get("total") if isinstance(pagination, dict) else None
    if isinstance(total, int) and total > len(rows):
        raise IncompleteDataError(
            f"{len(rows)} of {total} days arrived",
            endpoint=str(endpoint),
            status=200,
            hint="Histories come in pages now, which this version does not read: update shortimize-analytics",
        )
    return rows


def _find_rows(endpoint: Endpoint, document: Any) -> list[Any] | None:
    if endpoint == contract.GET_VIDEO:
        if isinstance(document, dict) and "ad_id" not in document:
            document = document.get("data")
        rows = document if isinstance(document, list) else [document]
        return rows if len(rows) == 1 and isinstance(rows[0], dict) and "ad_id" in rows[0] else None
    if isinstance(document, dict) and endpoint in contract.HISTORIES:
        inner = document.get("data", document)
        document = inner.get("history") if isinstance(inner, dict) else inner
    elif isinstance(document, dict):
        if endpoint == contract.LIST_VIDEOS and not isinstance(document.get("pagination"), dict):
            return None
        document = document.get("data")
    elif endpoint == contract.LIST_VIDEOS:
        return None
    return document if isinstance(document, list) else None


def error_of(
    endpoint: Endpoint, status: int, *, body: bytes, headers: Mapping[str, str], tier: str, secret: str, hint: str = ""
) -> ApiError:
    """Build the typed error of a refused request; `secret` is cut out of whatever the server echoed.

    `hint` says what to do next in place of what is usual for the status.
    """
    kind: type[ApiError] = ApiError
    if status in {401, 403}:
        kind = AuthenticationError
    elif status == 404:
        kind = NotFoundError
    elif status == 429:
        kind = RateLimitError
    elif status >= 500:
        kind = ServerError
    given, hint = hint, _HINTS.get(status, "")
    if 300 <= status < 400:
        detail = "the server redirects elsewhere, and the key does not follow"
        hint = "Check SHORTIMIZE_BASE_URL"
    else:
        detail = _detail_of_body(body, headers) or "no explanation given"
    if status == 404 and not endpoint.names_one:
        hint = "Check SHORTIMIZE_BASE_URL: there is no such path at that address"
    if status == 400 and endpoint in contract.HISTORIES:
        hint = _TOO_FAR_BACK
    if status >= 500:
        hint = "The server is in trouble: try again later; what was loaded so far is kept"
    error = kind(
        detail.replace(secret, "[key]") if secret else detail,
        endpoint=str(endpoint),
        status=status,
        tier=tier,
        hint=given or hint,
    )
    error.document = _document_of(body)
    return error


def detail_of(document: Mapping[str, Any]) -> str:
    """Find the explanation in any of the error shapes that were seen."""
    properties = document.get("properties")
    nested = properties.get("error") if isinstance(properties, dict) else None
    for value in (
        nested,
        document.get("detail"),
        document.get("error"),
        document.get("message"),
        document.get("title"),
    ):
        if isinstance(value, str) and value.strip():
            return _one_line(value)
        if isinstance(value, dict) and isinstance(value.get("message"), str):
            return _one_line(value["message"])
    return ""


def _document_of(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _detail_of_body(body: bytes, headers: Mapping[str, str]) -> str:
    document = _document_of(body)
    if document is None:
        text = body[:4000].decode("utf-8", "replace")
        if "html" in headers.get("Content-Type", "") or text.lstrip().startswith("<"):
            title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
            return (
                f"a web page instead of data ({_one_line(title.group(1))})" if title else "a web page instead of data"
            )
        return _one_line(text)
    return detail_of(document)


def _one_line(text: str) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _MAX_DETAIL else line[: _MAX_DETAIL - 1] + "…"


def _sketch(document: Any) -> str:
    """Describe a shape without showing data."""
    if isinstance(document, dict):
        return "object with " + (", ".join(sorted(map(str, document))[:8]) or "nothing in it")
    if isinstance(document, list):
        return f"list of {len(document)} {type(document[0]).__name__ if document else 'items'}"
    return type(document).__name__
