"""The last hop: pace, send, read the whole answer, check it, and try again where that is safe.

`PacedAdapter` stands below the cache and above the real network adapter, so a cached answer costs nothing and every try
is paced. It adds the key to its own copy of the request: neither the cache nor a redirect ever sees it.

What is tried again: reads after 429, 5xx, a connection that failed, or an answer cut short; writes only where the
server said that it did nothing (429) or was never reached. Everything else is raised at once.
"""

import json
import logging
import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import escape
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, quote_plus

import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import HTTPError

from shortimize_analytics.errors import ApiError, ConnectionFailedError, RateLimitError, ResponseShapeError, ServerError

from .answers import Content, error_of, parse, read_content
from .contract import Endpoint
from .failures import failure_of, proxy_refusal
from .limiter import Limiter
from .parallel import backoff, pause
from .settings import Clock, Settings

TRIES = 5
BACKOFF_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 120.0
CONNECT_SECONDS = 10.0
LARGEST_ANSWER_BYTES = 500_000_000
"""Unpacked. A page of 5,000 videos has 5 MB; a body that unpacks without end would take the machine's memory."""
SHORTEST_KEY = 12
"""Shorter ones (the demo's, a simulator's) could be part of honest data."""
SENT_AT = "X-Shortimize-Sent-At"
"""Header under which the cache keeps when a request was sent, by the client's clock."""

_MAY_NAME_A_WAIT = {429, 503}
"""Statuses with which a server says when it will answer again (RFC 9110, 10.2.3; RFC 6585, 4)."""
_LONGEST_TOLD_SECONDS = 366 * 86_400.0
_LIMIT_HEADERS = ("RateLimit-Limit", "X-RateLimit-Limit", "RateLimit-Policy", "RateLimit")

log = logging.getLogger(__name__)


class PacedAdapter(BaseAdapter):
    """Send one endpoint's requests through a limiter, with bounded retries and typed errors."""

    def __init__(self, inner: BaseAdapter, *, limiter: Limiter, settings: Settings, clock: Clock) -> None:
        super().__init__()
        self._inner = inner
        self._limiter = limiter
        self._settings = settings
        self._clock = clock

    def close(self) -> None:
        """Close the network adapter below."""
        self._inner.close()

    def send(self, request: requests.PreparedRequest, *_: Any, **kwargs: Any) -> requests.Response:
        """Send a prepared request of `Client`, which names its endpoint in the request's `endpoint` attribute."""
        endpoint: Endpoint = request.endpoint  # type: ignore[attr-defined]
        for attempt in range(1, TRIES + 1):
            self._limiter.acquire(endpoint.family)
            try:
                return self._try(request, endpoint, kwargs)
            except ApiError as error:
                wait = self._wait_before_retry(error, endpoint, attempt)
                if wait is None:
                    raise
                log.info("%s; trying again in %.1f s (%d of %d)", error.detail, wait, attempt, TRIES)
                pause(wait)
        raise AssertionError  # the last attempt returned or raised

    def _try(self, request: requests.PreparedRequest, endpoint: Endpoint, kwargs: dict[str, Any]) -> requests.Response:
        outgoing = request.copy()
        outgoing.headers["Authorization"] = f"Bearer {self._settings.api_key}"
        sent_at = self._clock()
        deadline = time.monotonic() + self._settings.timeout_seconds
        kwargs |= {"stream": True, "timeout": (CONNECT_SECONDS, self._settings.timeout_seconds)}
        try:
            response = self._inner.send(outgoing, **kwargs)
            body = self._without_key(response, _read_all(response, deadline))
        except _TooLargeError:
            raise ResponseShapeError(
                f"the answer is larger than {LARGEST_ANSWER_BYTES / 1e6:.0f} MB",
                endpoint=str(endpoint),
                hint="Check SHORTIMIZE_BASE_URL; load smaller pages (page_size)",
            ) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            timeout, tier = self._settings.timeout_seconds, self._limiter.tier_in_force()
            raise failure_of(error, endpoint, options=kwargs, timeout_seconds=timeout, tier=tier) from None
        response.request = request
        self._follow_limits(endpoint, response.headers)
        if response.status_code != 200 and not (endpoint.method != "GET" and 200 <= response.status_code < 300):
            if response.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
                raise proxy_refusal(endpoint, response.status_code, kwargs)
            raise self._refused(endpoint, response, body)
        if endpoint.method == "GET":
            request.content = self._check_complete(endpoint, body)  # type: ignore[attr-defined] # read by Client
        response.headers[SENT_AT] = sent_at.isoformat()
        return response

    def _without_key(self, response: requests.Response, body: bytes) -> bytes:
        """Cut the key out of an answer that echoes it, before anything is stored or said."""
        key = self._settings.api_key
        clean = body
        for spelling in _spellings(key) if len(key) >= SHORTEST_KEY else ():
            clean = clean.replace(spelling, b"[key]")
        if clean is not body:
            vars(response).update(_content=clean)
        return clean

    def _refused(self, endpoint: Endpoint, response: requests.Response, body: bytes) -> ApiError:
        wait = _retry_after(response.headers, self._clock) if response.status_code in _MAY_NAME_A_WAIT else None
        error = error_of(
            endpoint,
            response.status_code,
            body=body,
            headers=response.headers,
            tier=self._limiter.tier_in_force(),
            secret=self._settings.api_key,
            hint=_until(wait, self._clock) if wait is not None and wait > LONGEST_PAUSE_SECONDS else "",
        )
        error.retry_after = wait
        if isinstance(error, RateLimitError) and not _named_limit(response.headers):
            self._limiter.slower(endpoint.family)
        return error

    def _check_complete(self, endpoint: Endpoint, body: bytes) -> Content | None:
        try:
            if endpoint.name == "authenticate":
                parse(endpoint, body)
                return None
            return read_content(endpoint, body)
        except ValueError:
            raise ConnectionFailedError(
                "the answer is not complete JSON",
                endpoint=str(endpoint),
                status=200,
                hint="Try again; if it persists, a proxy may be cutting answers short",
            ) from None

    def _follow_limits(self, endpoint: Endpoint, headers: Mapping[str, str]) -> None:
        limit = _named_limit(headers)
        if limit is not None:
            self._limiter.learn(endpoint.family, limit)

    def _wait_before_retry(self, error: ApiError, endpoint: Endpoint, attempt: int) -> float | None:
        if attempt == TRIES:
            return None
        own = backoff(BACKOFF_SECONDS, attempt)
        if isinstance(error, ConnectionFailedError) and (endpoint.method == "GET" or not error.reached):
            return own
        if not isinstance(error, RateLimitError) and not (isinstance(error, ServerError) and endpoint.method == "GET"):
            return None
        if error.retry_after is None:
            return own
        if error.retry_after > LONGEST_PAUSE_SECONDS:
            return None
        self._limiter.pause(endpoint.family, error.retry_after)
        # a wait that is already over must not turn into five tries at once
        return own if self._limiter.per_minute(endpoint.family) else max(own, error.retry_after)


def _spellings(key: str) -> set[bytes]:
    """Give the ways in which a server may write a key back: as it is, in JSON (PHP's, too), in a URL, in HTML."""
    in_json = json.dumps(key)[1:-1]
    in_urls = (quote(key), quote(key, safe=""), quote_plus(key))
    return {text.encode() for text in (key, in_json, in_json.replace("/", "\\/"), *in_urls, escape(key))}


class _TooLargeError(Exception):
    """A body beyond `LARGEST_ANSWER_BYTES`."""


def _read_all(response: requests.Response, deadline: float) -> bytes:
    """Read a body to its end or to the deadline: the socket's own timeout starts anew with every drop."""
    if not hasattr(response.raw, "read1"):
        return response.content
    chunks, size = [], 0
    while chunk := response.raw.read1(1 << 16, decode_content=True):
        chunks.append(chunk)
        size += len(chunk)
        if size > LARGEST_ANSWER_BYTES:
            response.close()
            raise _TooLargeError
        if time.monotonic() > deadline:
            response.close()
            raise requests.ReadTimeout
    body = b"".join(chunks)
    vars(response).update(_content=body, _content_consumed=True)  # as `Response.content` would have left it
    response.raw.release_conn()
    return body


def _named_limit(headers: Mapping[str, str]) -> int | None:
    """Read requests per minute from any draft's headers: "120", "120, 120;w=60", "limit=120" or '"name";q=120;w=60'.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    """
    text = next((headers[name] for name in _LIMIT_HEADERS if headers.get(name)), "")
    found = re.match(r"\s*(\d{1,9})", text) or re.search(r"\b(?:q|limit)=(\d{1,9})", text)
    if not found:
        return None
    window = re.search(r"w=(\d{1,9})", text)
    seconds = int(window.group(1)) if window else 60
    return max(1, int(found.group(1)) * 60 // seconds) if seconds else None


def _retry_after(headers: Mapping[str, str], clock: Clock) -> float | None:
    """Read `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), or `RateLimit-Reset` in seconds.

    A date is compared with the answer's own `Date`, where there is one: this machine's clock may be hours off.
    """
    text = (headers.get("Retry-After") or headers.get("RateLimit-Reset") or "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return float(text)
    until, now = http_date(text), http_date(headers.get("Date")) or clock()
    return max(0.0, (until - now).total_seconds()) if until is not None else None


def _until(seconds: float, clock: Clock) -> str:
    """Say how long a wait is that nobody would sit through, and when it is over."""
    if seconds > _LONGEST_TOLD_SECONDS:
        return "The server asks to wait for more than a year"
    minutes = math.ceil(seconds / 60)
    said = f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"
    over = clock() + timedelta(seconds=seconds)
    return f"The server asks to wait {said}: run again after {over.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def http_date(text: str | None) -> datetime | None:
    """Read a date of HTTP, UTC-aware; None when it is none."""
    try:
        date = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
