"""The API's behaviour as a function from request to reply: no socket in it, so the demo needs none.

It serves what `api.ENDPOINTS` declares and refuses the rest, so that a client that sends something else notices. The
traps that public clients fell into are here on purpose: the default order moves while pages are read (``drift``), the
``username`` filter is case-sensitive and returns foreign rows for YouTube handles with a dash, limited plans get one
masked row, and history reaches 90 days back unless the plan is premium.
"""

import hashlib
import json
import math
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from shortimize_analytics.client import contract
from shortimize_analytics.client.contract import WINDOW_SECONDS, Endpoint
from shortimize_analytics.schema.names import read_link

from .faults import Fault, Reply, parse_fault
from .organisation import Organisation
from .store import ServedVideos

ACCOUNTS_PAGE = 50
"""Accounts on a page, where a request names no number; the vendor's own is not known."""


class ProblemError(Exception):
    """A refusal, told as problem JSON (RFC 7807)."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One served request; the key only as a hash."""

    method: str
    path: str
    query: str
    status: int
    key_hash: str
    at: float


class Service:
    """Serve one organisation.

    Parameters
    ----------
    organisation
        What to serve.
    tier
        The plan to play: rate limits, reach of the history, masked answers.
    api_keys
        Keys to accept; None accepts any.
    limit_requests
        Enforce the tier's requests per minute, exactly, at arrival.
    faults
        `Fault`s or their text (see `faults`).
    drift
        Let videos be measured anew between requests.
    latency
        Seconds before each answer.
    mask
        What a masked count looks like: None or text.
    clock
        The service's instant; it stands at the organisation's `as_of` when left out.
    monotonic
        Seconds that the rate limit counts with.
    """

    def __init__(
        self,
        organisation: Organisation,
        *,
        tier: str = "premium",
        api_keys: Iterable[str] | None = None,
        limit_requests: bool = True,
        faults: Iterable[Fault | str] = (),
        drift: bool = False,
        latency: float = 0.0,
        mask: str | None = None,
        clock: Callable[[], datetime] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.organisation = organisation
        self.tier = tier
        self.api_keys = None if api_keys is None else frozenset(api_keys)
        self.limit_requests = limit_requests
        self.faults = [parse_fault(fault) if isinstance(fault, str) else fault for fault in faults]
        self.latency = latency
        self.mask = mask
        self.clock = clock or (lambda: organisation.as_of)
        self._monotonic = monotonic
        self.store = ServedVideos(organisation, drift=drift)
        self.log: list[LogEntry] = []
        self._arrivals: dict[tuple[str, str], deque[float]] = {}
        self._lock = threading.RLock()
        self._routes: dict[str, Callable[..., Any]] = {
            "authenticate": lambda params, **_: {"authenticated": True, "tier": self.tier},
            "list_collections": self._collections,
            "list_videos": self._list_videos,
            "get_video": self._get_video,
            "get_history": self._get_history,
            "list_account_videos": self._list_account,
            "list_accounts": self._list_accounts,
            "get_organisation_history": self._get_organisation_history,
            "track_video": self._track,
            "track_videos": self._track_many,
            "stop_video": self._stop,
            "stop_videos": self._stop_many,
            "stop_video_by_id": self._stop,
        }

    def handle(self, method: str, path: str, *, query: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Answer one request; `path` is as sent, still encoded."""
        if self.latency:
            time.sleep(self.latency)
        given = {name.lower(): value for name, value in headers.items()}
        scheme, _, key = given.get("authorization", "").partition(" ")
        key = key.strip() if scheme.lower() == "bearer" else ""
        with self._lock:
            reply = self._answer(method, path, query=query, key=key, body=body, content=given.get("content-type", ""))
            for fault in self.faults:
                if fault.strikes(path):
                    reply = fault.change(reply, fault)
            reply.headers.setdefault("Content-Type", "application/json")
            reply.headers["Date"] = format_datetime(self.clock().astimezone(UTC), usegmt=True)
            self.log.append(LogEntry(method, path, query, reply.status, _hash(key), time.time()))
        return reply

    def _answer(self, method: str, path: str, *, query: str, key: str, body: bytes, content: str) -> Reply:
        limits: dict[str, str] = {}
        key_hash = _hash(key)
        try:
            self._admit(key)
            endpoint, parts = _route(method, path)
            limits = self._count(endpoint, key_hash)
            params = _parameters(endpoint, query, body=body, content=content)
            document = self._routes[endpoint.name](params, **parts)
        except ProblemError as problem:
            if problem.status == 429:
                limits = self._limit_headers(_route(method, path)[0], key_hash, refused=True)
            text = {"type": "about:blank", "title": _TITLES[problem.status], "detail": problem.detail}
            return Reply(
                problem.status, {"Content-Type": "application/problem+json", **limits}, json.dumps(text).encode()
            )
        payload = document if isinstance(document, bytes) else json.dumps(document).encode()
        return Reply(200, limits, payload)

    def _admit(self, key: str) -> None:
        if not key or (self.api_keys is not None and key not in self.api_keys):
            raise ProblemError(401, "Invalid API key")

    def _count(self, endpoint: Endpoint, key_hash: str) -> dict[str, str]:
        """Count a request against its family's sliding window, at arrival."""
        if not self.limit_requests:
            return {}
        arrivals = self._arrivals.setdefault((key_hash, endpoint.family), deque())
        now = self._monotonic()
        while arrivals and now - arrivals[0] >= WINDOW_SECONDS:
            arrivals.popleft()
        if len(arrivals) >= contract.TIERS[self.tier][endpoint.family]:
            raise ProblemError(429, "Rate limit exceeded")
        arrivals.append(now)
        return self._limit_headers(endpoint, key_hash)

    def _limit_headers(self, endpoint: Endpoint, key_hash: str, *, refused: bool = False) -> dict[str, str]:
        arrivals = self._arrivals[key_hash, endpoint.family]
        limit = contract.TIERS[self.tier][endpoint.family]
        reset = math.ceil(max(0.0, WINDOW_SECONDS - (self._monotonic() - arrivals[0])))
        headers = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(limit - len(arrivals)),
            "RateLimit-Reset": str(reset),
        }
        return {**headers, "Retry-After": str(reset)} if refused else headers

    def _masked(self, rows: list[dict[str, Any]]) -> bytes | None:
        """Give what a plan below premium gets: one row without its counts."""
        if self.tier == "premium":
            return None
        row = {name: self.mask if _is_count(name) else value for name, value in rows[0].items()} if rows else {}
        return json.dumps([row] if row else []).encode()

    def _collections(self, params: dict[str, Any]) -> Any:
        return {"data": self.store.collections, "count": len(self.store.collections)}

    def _list_videos(self, params: dict[str, Any]) -> bytes:
        self.store.drift_on(self.clock())
        return self._page(self.store.select(params), params, limit=params.get("limit", contract.API_PAGE_LIMIT))

    def _page(self, positions: Any, params: dict[str, Any], *, limit: int) -> bytes:
        positions = self.store.ordered(positions, params)
        masked = self._masked([self.store.row(position) for position in positions[:1]])
        page, total = params.get("page", 1), len(positions) if masked is None else min(1, len(positions))
        data = masked if masked is not None else self.store.page(positions[(page - 1) * limit : page * limit])
        order = {"order_by": params.get("order_by", "latest_updated_at")}
        order["order_direction"] = params.get("order_direction", "desc")
        pages = -(-total // limit)
        pagination = {"total": total, "page": page, "limit": limit, "total_pages": pages, **order}
        filters = {name: value for name, value in params.items() if name not in {"page", "limit", *order}}
        tail = json.dumps({"pagination": pagination, "filters": filters})[1:].encode()
        return b'{"data":' + data + b"," + tail

    def _get_video(self, params: dict[str, Any], ad_id: str) -> bytes:
        row = self.store.row(self._find(ad_id))
        return (self._masked([row]) or json.dumps([row]).encode())[1:-1]

    def _get_history(self, params: dict[str, Any], ad_id: str) -> bytes:
        start, end = self._days(params)
        rows = self.store.history(self._find(ad_id), start, end)
        return self._masked(rows) or json.dumps(rows).encode()

    def _get_organisation_history(self, params: dict[str, Any]) -> bytes:
        rows = self.store.days(*self._days(params))
        return self._masked(rows) or json.dumps(rows).encode()

    def _days(self, params: dict[str, Any]) -> tuple[str, str]:
        """Read a range of days: 30 by default, and no further back than the plan reaches."""
        today = self.clock().date()
        reach = contract.PREMIUM_HISTORY_DAYS if self.tier == "premium" else contract.OBSERVED_DAYS
        start = params.get("start_date") or (today - timedelta(days=contract.HISTORY_DEFAULT_DAYS)).isoformat()
        end = params.get("end_date") or today.isoformat()
        if start < (today - timedelta(days=reach)).isoformat():
            raise ProblemError(400, f"start_date cannot be older than {reach} days")
        return start, end

    def _list_accounts(self, params: dict[str, Any]) -> Any:
        rows = self.store.accounts(params.get("collections"))
        masked = self._masked(rows)
        rows = rows if masked is None else json.loads(masked)
        if "paginated" not in params:
            return rows
        page, limit, total = params.get("page", 1), params.get("limit", ACCOUNTS_PAGE), len(rows)
        pagination = {"total": total, "page": page, "limit": limit, "total_pages": -(-total // limit)}
        return {"data": rows[(page - 1) * limit : page * limit], "pagination": pagination}

    def _list_account(self, params: dict[str, Any], account_id: str) -> Any:
        positions = self.store.of_account(account_id, params.get("start_date"), end=params.get("end_date"))
        if positions is None:
            raise ProblemError(404, "Account not found")
        if "paginated" not in params:
            ordered = self.store.ordered(positions, params)[: params.get("limit")]
            rows = [_without_long_growth(self.store.row(position)) for position in ordered]
            return self._masked(rows) or rows
        document = json.loads(self._page(positions, params, limit=params.get("limit", contract.API_PAGE_LIMIT)))
        rows = [_without_long_growth(row) for row in document["data"]]
        return {"data": rows, "pagination": document["pagination"]}

    def _find(self, ad_id: str) -> int:
        position = self.store.find(ad_id)
        if position is None:
            raise ProblemError(404, "Video not found")
        return position

    def _track(self, params: dict[str, Any]) -> Any:
        if read_link(params["link"])[0] is None:
            raise ProblemError(400, "Unsupported link")
        labels = self._known_labels(params.get("collection_ids", []))
        labels += self.store.label_ids(params.get("collection_names", []))
        ((ad_id, known),) = self.store.track([params["link"]], self.clock(), labels)
        return _tracked(ad_id, known=known)

    def _track_many(self, params: dict[str, Any]) -> Any:
        labels = self._known_labels(params.get("label_ids", []))
        good = [link for link in params["links"] if read_link(link)[0] is not None]
        found = iter(self.store.track(good, self.clock(), labels))
        results = []
        for link in params["links"]:
            ad_id, known = next(found) if link in good else ("", False)
            results.append({"link": link, **(_tracked(ad_id, known=known) if ad_id else {"error": "Unsupported link"})})
        failed = sum("videoId" not in result for result in results)
        already = sum("error" in result for result in results) - failed
        tracked = len(results) - failed - already
        summary = {"total": len(results), "tracked": tracked, "already_tracked": already, "failed": failed}
        return {"success": failed == 0, "summary": summary, "results": results}

    def _known_labels(self, ids: list[str]) -> list[str]:
        if unknown := set(ids) - {entry["id"] for entry in self.store.collections}:
            raise ProblemError(400, f"Unknown collection {min(unknown)}")
        return list(ids)

    def _stop(self, params: dict[str, Any], ad_id: str | None = None) -> Any:
        self.store.stop(self._find(ad_id or params["id"]))
        return {"message": "Video is no longer tracked"}

    def _stop_many(self, params: dict[str, Any]) -> Any:
        found = [self.store.find(name) for name in params["ids"]]
        for position in found:
            if position is not None:
                self.store.stop(position)
        stopped = sum(position is not None for position in found)
        return {"success": stopped == len(found), "summary": {"stopped": stopped, "not_found": len(found) - stopped}}


_TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    404: "Not found",
    415: "Unsupported media type",
    429: "Too many requests",
}
_MASKED = {"views", "likes", "comments", "shares", "bookmarks", "engagements", "outlier_multiplier"}
_MASKED |= {"mean_views", "median_views_non_zero"}


def _is_count(name: str) -> bool:
    return name in _MASKED or (name.startswith(("latest_", "increase_")) and name != "latest_updated_at")


def _route(method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
    for endpoint in contract.ENDPOINTS:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", endpoint.path)
        found = re.fullmatch(pattern, path) if endpoint.method == method else None
        if found and not (endpoint.path == "/videos/{ad_id}" and path == "/videos/bulk"):
            return endpoint, {name: unquote(value) for name, value in found.groupdict().items()}
    raise ProblemError(404, f"No route {method} {path}")


def _hash(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=6).hexdigest()


def _tracked(ad_id: str, *, known: bool) -> dict[str, str]:
    answer = {"directUrl": f"https://app.shortimize.invalid/v/{ad_id[:8]}", "videoId": ad_id}
    return {"error": "Video is already tracked", **answer} if known else answer


def _without_long_growth(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the account listing does not have (vendor)."""
    return {name: value for name, value in row.items() if name not in {"increase_14d", "increase_30d"}}


def _parameters(endpoint: Endpoint, query: str, *, body: bytes, content: str) -> dict[str, Any]:
    """Read and check parameters; what is not declared, comes twice or in another place is refused."""
    declared = {param.name: param for param in endpoint.params}
    pairs = parse_qsl(query, keep_blank_values=True)
    try:
        given: dict[str, Any] = dict(pairs)
        if len(given) < len(pairs) or (pairs and endpoint.method != "GET"):
            raise ProblemError(400, f"{endpoint} takes each parameter once, and only GET takes them from the URL")
        if endpoint.method != "GET" and body:
            if endpoint.method == "POST" and content.partition(";")[0].strip().lower() != "application/json":
                raise ProblemError(415, "Content-Type must be application/json")
            given = json.loads(body)
        for name, value in given.items():
            kind = declared[name].kind if name in declared else ""
            if kind == "int":
                given[name] = int(value)
            elif kind in {"bool", "true"}:
                given[name] = {"true": True, "false": False}[value]
            elif kind == "names":
                given[name] = [unquote(part) for part in value.split(",")]
        if given.get("limit", 0) > contract.API_PAGE_LIMIT:
            given["limit"] = contract.API_PAGE_LIMIT
        checked = contract.validate(endpoint, given)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ProblemError(400, str(error)) from error
    names = {name: given[name] for name in checked if declared[name].kind in {"names", "bool", "true"}}
    return {**checked, **names}
