"""Faults on request: each is something that public clients of the API met, or that a network does.

A fault is written ``name`` or ``name:option=value,…`` with the options ``times`` (how often; always when left out),
``every`` (each n-th request only), ``path`` (only requests whose path contains this) and ``seconds`` (the wait that
429_wait asks for).
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shortimize_analytics.errors import ConfigError

HTML = b"<html><head><title>Bad gateway</title></head><body>nginx</body></html>"
NUMBERS = ("views", "likes", "comments", "shares", "bookmarks", "engagements")


@dataclass
class Reply:
    """An answer on its way; `wire` names what happens to it in transit: "", reset, reset_body, drip."""

    status: int
    headers: dict[str, str]
    body: bytes
    wire: str = ""


@dataclass
class Fault:
    """One fault and when it strikes."""

    name: str
    times: int | None = None
    every: int = 1
    path: str = ""
    seconds: float = 1.0
    seen: int = 0

    def strikes(self, path: str) -> bool:
        """Tell whether the fault hits this request, and count it."""
        if self.path not in path or self.times == 0:
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return True


def parse_fault(text: str) -> Fault:
    """Read ``name:option=value,…``.

    Examples
    --------
    >>> parse_fault("429:times=2,path=/videos")
    Fault(name='429', times=2, every=1, path='/videos', seconds=1.0, seen=0)
    """
    name, _, rest = text.partition(":")
    options = {key: value for key, _, value in (pair.partition("=") for pair in rest.split(",") if pair)}
    if name not in FAULTS:
        raise ConfigError(f"fault {text!r} is unknown; the faults are {', '.join(sorted(FAULTS))}")
    if unknown := sorted(set(options) - {"times", "every", "path", "seconds"}):
        raise ConfigError(f"fault {text!r} takes no {unknown[0]}; it takes times, every, path and seconds")
    try:
        kinds: dict[str, Callable[[str], Any]] = {"times": _count, "every": _count, "seconds": float}
        return Fault(name, **{key: kinds.get(key, str)(value) for key, value in options.items()})
    except ValueError:
        raise ConfigError(f"fault {text!r}: times and every are whole numbers from 1, seconds a number") from None


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _status(status: int, body: bytes, *, html: bool = False, **headers: str) -> Callable[[Reply, Fault], Reply]:
    kind = "text/html" if html else "application/json"
    return lambda reply, fault: Reply(status, {"Content-Type": kind, **headers}, body)


def _wire(name: str) -> Callable[[Reply, Fault], Reply]:
    return lambda reply, fault: Reply(reply.status, reply.headers, reply.body, wire=name)


def _body(change: Callable[[bytes], bytes]) -> Callable[[Reply, Fault], Reply]:
    return lambda reply, fault: Reply(reply.status, reply.headers, change(reply.body))


def _rows(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Callable[[Reply, Fault], Reply]:
    """Change the rows of a list answer, whatever it is wrapped in."""

    def apply(reply: Reply, _: Fault) -> Reply:
        document = json.loads(reply.body)
        if isinstance(document, list):
            document = change(document)
        elif isinstance(document.get("data"), list):
            document["data"] = change(document["data"])
        return Reply(reply.status, reply.headers, json.dumps(document).encode())

    return apply


def _total(change: Callable[[dict[str, Any]], int]) -> Callable[[Reply, Fault], Reply]:
    def apply(reply: Reply, _: Fault) -> Reply:
        document = json.loads(reply.body)
        if isinstance(document, dict) and "pagination" in document:
            document["pagination"]["total"] = change(document["pagination"])
        return Reply(reply.status, reply.headers, json.dumps(document).encode())

    return apply


def _wrap(wrap: Callable[[Any], Any]) -> Callable[[Reply, Fault], Reply]:
    def apply(reply: Reply, _: Fault) -> Reply:
        document = json.loads(reply.body)
        wrapped = wrap(document) if isinstance(document, list) else document
        return Reply(reply.status, reply.headers, json.dumps(wrapped).encode())

    return apply


def _already_nested(reply: Reply, _: Fault) -> Reply:
    """Tell that a video is tracked already in the other shape that clients met: a refusal with properties."""
    document = json.loads(reply.body)
    if reply.status != 200 or not isinstance(document, dict) or "videoId" not in document or "error" not in document:
        return reply
    problem = {"type": "about:blank", "title": "Conflict", "properties": document}
    return Reply(409, {**reply.headers, "Content-Type": "application/problem+json"}, json.dumps(problem).encode())


def _per_day(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    out = []
    for newer, older in zip(rows, [*rows[1:], {}], strict=True):
        gains = {name: newer[name] - (older.get(name) or 0) for name in NUMBERS if newer.get(name) is not None}
        out.append({**newer, **gains})
    return out


def _shuffled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    doubled = rows + rows[: len(rows) // 3]
    random.Random(len(rows)).shuffle(doubled)  # noqa: S311 no secret
    return doubled


def _each(change: Callable[[Any], Any]) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Change every count of every row."""

    def is_count(key: str, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and key != "video_length"

    return lambda rows: [
        {key: change(value) if is_count(key, value) else value for key, value in row.items()} for row in rows
    ]


FAULTS: dict[str, Callable[[Reply, Fault], Reply]] = {
    "429": _status(429, b'{"message": "Too many requests"}'),
    "429_wait": lambda reply, fault: Reply(429, {"Retry-After": f"{fault.seconds:g}"}, b'{"error": "slow down"}'),
    "500": _status(500, b'{"type": "about:blank", "title": "Internal error", "detail": "something broke"}'),
    "502": _status(502, HTML, html=True),
    "503": _status(503, HTML, html=True),
    "empty": _status(200, b""),
    "html": _status(200, HTML, html=True),
    "shape": _status(200, b'{"videos": {"nested": []}}'),
    "error200": _status(200, b'{"error": "organisation suspended"}'),
    "redirect": _status(302, b"", Location="https://elsewhere.invalid/videos"),
    "reset": _wire("reset"),
    "reset_body": _wire("reset_body"),
    "drip": _wire("drip"),
    "truncated": _body(lambda body: body[: len(body) // 2]),
    "repeated": _rows(lambda rows: rows[:1] + rows[:-1]),
    "missing": _rows(lambda rows: rows[:-1]),
    "twice": _rows(lambda rows: rows + rows[-1:]),
    "total_lies": _total(lambda pagination: pagination["total"] + 7),
    "total_changes": _total(lambda pagination: pagination["total"] + (pagination["page"] > 1)),
    "wrapped": _wrap(lambda rows: {"history": rows}),
    "wrapped_data": _wrap(lambda rows: {"data": {"history": rows}}),
    "per_day": _rows(_per_day),
    "shuffled": _rows(_shuffled),
    "text_numbers": _rows(_each(str)),
    "masked": _rows(_each(lambda _: "***")),
    "nan": _rows(_each(lambda _: float("nan"))),
    "huge": _rows(_each(lambda value: value + 2**60)),
    "already_nested": _already_nested,
    "unknown_fields": _rows(lambda rows: [{**row, "brand_new": {"score": 1}} for row in rows]),
    "no_label_names": _rows(
        lambda rows: [{key: value for key, value in row.items() if key != "label_names"} for row in rows]
    ),
}
