"""Faults on request: each is something that public clients of the API met, or that a network does.

`FAULTS` are those to play by hand. A `Fault` may carry any other change of a reply: the tests have many more.

A fault is written ``name`` or ``name:option=value,…`` with the options ``times`` (how often; always when left out),
``every`` (each n-th request only), ``path`` (only requests whose path contains this) and ``seconds`` (the wait that
429_wait asks for).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shortimize_analytics.errors import ConfigError

HTML = b"<html><head><title>Bad gateway</title></head><body>nginx</body></html>"


@dataclass
class Reply:
    """An answer on its way; `wire` names what happens to it in transit: "", reset, reset_body, drip."""

    status: int
    headers: dict[str, str]
    body: bytes
    wire: str = ""


@dataclass
class Fault:
    """One fault: what it makes of a reply, and when it strikes."""

    name: str
    change: "Change" = field(repr=False)
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


Change = Callable[[Reply, Fault], Reply]


def parse_fault(text: str, *, known: Mapping[str, Change] | None = None) -> Fault:
    """Read ``name:option=value,…``; `known` takes the place of `FAULTS`.

    Examples
    --------
    >>> parse_fault("429:times=2,path=/videos")
    Fault(name='429', times=2, every=1, path='/videos', seconds=1.0, seen=0)
    """
    name, _, rest = text.partition(":")
    options = {key: value for key, _, value in (pair.partition("=") for pair in rest.split(",") if pair)}
    changes = FAULTS if known is None else known
    if name not in changes:
        raise ConfigError(f"fault {text!r} is unknown; the faults are {', '.join(sorted(changes))}")
    if unknown := sorted(set(options) - {"times", "every", "path", "seconds"}):
        raise ConfigError(f"fault {text!r} takes no {unknown[0]}; it takes times, every, path and seconds")
    try:
        kinds: dict[str, Callable[[str], Any]] = {"times": _count, "every": _count, "seconds": float}
        return Fault(name, changes[name], **{key: kinds.get(key, str)(value) for key, value in options.items()})
    except ValueError:
        raise ConfigError(f"fault {text!r}: times and every are whole numbers from 1, seconds a number") from None


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def status(status: int, body: bytes, *, html: bool = False, **headers: str) -> Change:
    """Answer with a status and a body of one's own."""
    kind = "text/html" if html else "application/json"
    return lambda reply, fault: Reply(status, {"Content-Type": kind, **headers}, body)


def wire(name: str) -> Change:
    """Let a reply break on its way, see `Reply`."""
    return lambda reply, fault: Reply(reply.status, reply.headers, reply.body, wire=name)


def rows_changed(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Change:
    """Change the rows of a list answer, whatever it is wrapped in."""

    def apply(reply: Reply, _: Fault) -> Reply:
        document = json.loads(reply.body)
        if isinstance(document, list):
            document = change(document)
        elif isinstance(document.get("data"), list):
            document["data"] = change(document["data"])
        return Reply(reply.status, reply.headers, json.dumps(document).encode())

    return apply


FAULTS: dict[str, Change] = {
    "429": status(429, b'{"message": "Too many requests"}'),
    "429_wait": lambda reply, fault: Reply(429, {"Retry-After": f"{fault.seconds:g}"}, b'{"error": "slow down"}'),
    "500": status(500, b'{"type": "about:blank", "title": "Internal error", "detail": "something broke"}'),
    "503": status(503, HTML, html=True),
    "reset": wire("reset"),
    "drip": wire("drip"),
    "truncated": lambda reply, fault: Reply(reply.status, reply.headers, reply.body[: len(reply.body) // 2]),
    "missing": rows_changed(lambda rows: rows[:-1]),
}
