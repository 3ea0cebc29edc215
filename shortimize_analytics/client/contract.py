"""The Shortimize REST API, declared once: base URL, tiers, endpoints and their parameters.

Sources: the vendor's documentation of video management, and what public clients of the API found in production. A path
marked "inferred" is not written in the vendor's page. Fields of the answers are declared in `schema.tables`.

The client sends only what stands here, the simulator serves only what stands here, and `validate` refuses the rest
before a request is spent.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema.days import read_day, read_instant

BASE_URL = "https://api.shortimize.com"
KEY_PAGE = "https://www.shortimize.com"
API_PAGE_LIMIT = 5000
BULK_LIMIT = 100
HISTORY_DEFAULT_DAYS = 30
OBSERVED_DAYS = 90
"""History older than this is interpolated from periodic snapshots (vendor)."""
PREMIUM_HISTORY_DAYS = 730
REFRESH_HOURS = 4
"""The vendor measures a video at most this often: asking sooner brings nothing new."""

Family = Literal["read", "history", "write"]

TIERS: dict[str, dict[Family, int]] = {
    "limited": {"read": 5, "history": 5, "write": 5},
    "basic": {"read": 15, "history": 15, "write": 15},
    "premium": {"read": 30, "history": 120, "write": 120},
}
"""Requests per minute and key, by tier and family of endpoints (vendor)."""

WINDOW_SECONDS = 60.0
"""The minute slides: a request counts against the next ones for so long."""

UNPACED = "unlimited"
"""A tier for the demo and for simulators on this machine only: no pacing."""

ORDER_BY = (
    "created_at",
    "uploaded_at",
    "latest_views",
    "latest_likes",
    "latest_comments",
    "latest_bookmarks",
    "latest_shares",
    "latest_engagement",
    "latest_updated_at",
)

ParamKind = Literal["int", "choice", "text", "date", "instant", "bool", "true", "names", "url", "texts"]


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: its kind and, for numbers and choices, its limits."""

    name: str
    kind: ParamKind
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call: method, path template, rate-limit family, and its query (GET) or body (else) parameters."""

    name: str
    method: Literal["GET", "POST", "DELETE"]
    path: str
    family: Family
    params: tuple[Param, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def names_one(self) -> bool:
        """Tell whether the path holds the id of one video or account."""
        return "{" in self.path

    def url_path(self, **parts: str) -> str:
        """Fill the path, URL-encoding each part whole: an id can be a video's URL."""
        if dots := {".", ".."} & set(parts.values()):
            raise InvalidParameterError(f"{dots.pop()!r} is no UUID and no URL")  # it would lead to another path
        return self.path.format(**{key: quote(value, safe="") for key, value in parts.items()})


_PAGE = Param("page", "int", low=1)
_LIMIT = Param("limit", "int", low=1, high=API_PAGE_LIMIT)
_ORDER = (Param("order_by", "choice", choices=ORDER_BY), Param("order_direction", "choice", choices=("asc", "desc")))

AUTHENTICATE = Endpoint("authenticate", "GET", "/authenticate", "read")
LIST_COLLECTIONS = Endpoint("list_collections", "GET", "/collections", "read")
LIST_VIDEOS = Endpoint(
    "list_videos",
    "GET",
    "/videos",
    "read",
    (
        _PAGE,
        _LIMIT,
        *_ORDER,
        Param("username", "text"),
        Param("linked_account_id", "text"),
        Param("uploaded_at_start", "date"),
        Param("uploaded_at_end", "date"),
        Param("latest_updated_at_start", "instant"),
        Param("latest_updated_at_end", "instant"),
        Param("ad_info_shop", "bool"),
        Param("ad_product_id_shop", "true"),
        Param("has_metrics", "bool"),
        Param("collections", "names"),
    ),
)
GET_VIDEO = Endpoint("get_video", "GET", "/videos/{ad_id}", "read")
GET_HISTORY = Endpoint(
    "get_history",
    "GET",
    "/videos/{ad_id}/history",
    "history",
    (Param("start_date", "date"), Param("end_date", "date")),
)
LIST_ACCOUNT_VIDEOS = Endpoint(
    "list_account_videos",
    "GET",
    "/accounts/{account_id}/videos",  # inferred
    "read",
    (Param("start_date", "date"), Param("end_date", "date"), Param("paginated", "true"), _PAGE, _LIMIT, *_ORDER),
)
LIST_ACCOUNTS = Endpoint(
    "list_accounts",
    "GET",
    "/accounts",
    "read",
    (
        Param("collections", "names"),
        Param("paginated", "true"),
        _PAGE,
        Param("limit", "int", low=1),  # how high, and by what to order, is not known
        Param("order_by", "text"),
        Param("order_direction", "choice", choices=("asc", "desc")),
    ),
)
GET_ORGANISATION_HISTORY = Endpoint(
    "get_organisation_history",
    "GET",
    "/organisation/history",
    "history",
    (Param("start_date", "date"), Param("end_date", "date")),
)
HISTORIES = (GET_HISTORY, GET_ORGANISATION_HISTORY)
"""Their answers list days."""
TRACK_VIDEO = Endpoint(
    "track_video",
    "POST",
    "/videos",
    "write",
    (Param("link", "url", required=True), Param("collection_ids", "texts"), Param("collection_names", "texts")),
)
TRACK_VIDEOS = Endpoint(
    "track_videos",
    "POST",
    "/videos/bulk",  # inferred
    "write",
    (Param("links", "texts", high=BULK_LIMIT, required=True), Param("label_ids", "texts")),
)
STOP_VIDEO = Endpoint("stop_video", "DELETE", "/videos", "write", (Param("id", "text", required=True),))
STOP_VIDEOS = Endpoint(
    "stop_videos",
    "DELETE",
    "/videos/bulk",  # inferred
    "write",
    (Param("ids", "texts", high=BULK_LIMIT, required=True),),
)
STOP_VIDEO_BY_ID = Endpoint("stop_video_by_id", "DELETE", "/videos/{ad_id}", "write")

ENDPOINTS = (
    AUTHENTICATE,
    LIST_COLLECTIONS,
    LIST_VIDEOS,
    GET_VIDEO,
    GET_HISTORY,
    LIST_ACCOUNT_VIDEOS,
    LIST_ACCOUNTS,
    GET_ORGANISATION_HISTORY,
    TRACK_VIDEO,
    TRACK_VIDEOS,
    STOP_VIDEO,
    STOP_VIDEOS,
    STOP_VIDEO_BY_ID,
)


def _integer(param: Param, value: Any) -> int:
    low, high = param.low, param.high
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or (low is not None and value < low)
        or (high is not None and value > high)
    ):
        limits = f"at least {low}" if high is None else f"from {low} to {high}"
        raise InvalidParameterError(f"{param.name}={value!r} is not a whole number {limits}")
    return value


def _choice(param: Param, value: Any) -> str:
    if value not in param.choices:
        raise InvalidParameterError(f"{param.name}={value!r} is unknown; choose one of {', '.join(param.choices)}")
    return str(value)


def _flag(param: Param, value: Any) -> str:
    if not isinstance(value, bool) or (param.kind == "true" and not value):
        allowed = "True or left out" if param.kind == "true" else "True or False"
        raise InvalidParameterError(f"{param.name}={value!r} must be {allowed}")
    return "true" if value else "false"


def _texts(param: Param, value: Any) -> list[str]:
    items = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else []
    if not items or not all(isinstance(item, str) and item.strip() for item in items):
        raise InvalidParameterError(f"{param.name}={value!r} must be one or more non-empty texts")
    if param.high is not None and len(items) > param.high:
        raise InvalidParameterError(f"{param.name} has {len(items)} entries; the API takes at most {param.high}")
    return items


def _text(param: Param, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidParameterError(f"{param.name}={value!r} must be a non-empty text")
    if param.kind == "url" and not re.fullmatch(r"https?://[^\s/]\S*", value):
        raise InvalidParameterError(
            f"{param.name}={value!r} is not a link; it must start with https://, without spaces"
        )
    return value


def _encode(param: Param, value: Any) -> str | int | list[str]:
    match param.kind:
        case "int":
            return _integer(param, value)
        case "choice":
            return _choice(param, value)
        case "date":
            return read_day(value, param.name).isoformat()
        case "instant":
            return read_instant(value, param.name, last=param.name.endswith("end")).isoformat()
        case "bool" | "true":
            return _flag(param, value)
        case "names":
            # a name may hold a comma: each is encoded before joining, and the query string encodes the whole again
            return ",".join(quote(name, safe="") for name in _texts(param, value))
        case "texts":
            return _texts(param, value)
        case _:
            return _text(param, value)


def _lies_before(end: str, start: str) -> bool:
    return datetime.fromisoformat(end) < datetime.fromisoformat(start)


def validate(endpoint: Endpoint, values: Mapping[str, Any]) -> dict[str, Any]:
    """Check parameters against an endpoint and return them as they go over the wire.

    Parameters
    ----------
    endpoint
        The call.
    values
        Parameters by name; None means "not given".

    Returns
    -------
    dict
        Encoded parameters, without those not given.

    Raises
    ------
    InvalidParameterError
        For an unknown name, a value outside its limits, a missing required parameter, or a range that ends before it
        starts.

    Examples
    --------
    >>> from shortimize_analytics.client import contract
    >>> contract.validate(contract.LIST_VIDEOS, {"limit": 100, "collections": ["Hooks, v2"], "username": None})
    {'limit': 100, 'collections': 'Hooks%2C%20v2'}
    >>> contract.validate(contract.LIST_VIDEOS, {"limit": 0})
    Traceback (most recent call last):
    shortimize_analytics.errors.InvalidParameterError: limit=0 is not a whole number from 1 to 5000
    """
    declared = {param.name: param for param in endpoint.params}
    unknown = sorted(set(values) - set(declared))
    if unknown:
        raise InvalidParameterError(
            f"{endpoint} takes no {', '.join(unknown)}; it takes {', '.join(declared) or 'none'}"
        )
    encoded = {name: _encode(declared[name], value) for name, value in values.items() if value is not None}
    missing = [param.name for param in endpoint.params if param.required and param.name not in encoded]
    if missing:
        raise InvalidParameterError(f"{endpoint} needs {', '.join(missing)}")
    for name, start in encoded.items():
        end = name.removesuffix("start") + "end" if name.endswith("start") else name.replace("start_", "end_")
        if end != name and end in encoded and _lies_before(str(encoded[end]), str(start)):
            raise InvalidParameterError(f"{end}={encoded[end]} lies before {name}={start}")
    return encoded
