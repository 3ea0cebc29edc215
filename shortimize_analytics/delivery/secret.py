"""Passwords, tokens and addresses that open a door: kept out of every text.

A `Secret` shows itself as ``***``, cannot be pickled or copied, and gives its value to nobody but `reveal`, which is
called where a request is made. What a server answers, and what an error says, goes through `without` before anybody
sees it, since servers echo what they were sent.
"""

import base64
import json
from collections.abc import Iterable
from html import escape
from typing import NoReturn
from urllib.parse import quote, quote_plus, urlsplit

SHORTEST = 6
"""Parts of an address that are shorter could be part of honest text."""
MASK = "***"


class Secret:
    """A text that shows itself as ``***``.

    Examples
    --------
    >>> from shortimize_analytics.delivery.secret import Secret
    >>> token = Secret("xoxb-1")
    >>> token, f"{token}", token.reveal()
    ('***', "'***'", 'xoxb-1')
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return f"'{MASK}'"

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError("a secret is neither pickled nor copied")

    def reveal(self) -> str:
        """Return the value, for a request alone."""
        return self._value


def without(text: str, secrets: Iterable[Secret]) -> str:
    """Cut secrets out of a text, in every spelling in which a server may give them back.

    Examples
    --------
    >>> from shortimize_analytics.delivery.secret import Secret, without
    >>> without("no such hook: /services/T0/B0/s3cr3t-part", [Secret("https://x.example/services/T0/B0/s3cr3t-part")])
    'no such hook: ***'
    """
    for spelling in sorted({each for secret in secrets for each in _spellings(secret.reveal())}, key=len, reverse=True):
        text = text.replace(spelling, MASK)
    return text


def _spellings(value: str) -> set[str]:
    texts = {value, *_parts(value)}
    found = set()
    for text in filter(None, texts):
        in_json = json.dumps(text)[1:-1]
        found |= {text, in_json, in_json.replace("/", "\\/"), quote(text), quote(text, safe=""), quote_plus(text)}
        found |= {escape(text), base64.b64encode(text.encode()).decode().rstrip("=")}
    return found


def _parts(url: str) -> set[str]:
    """Return what of an address opens the door: path and query, and their longer pieces; nothing of other texts."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return set()
    if not parts.scheme or not parts.netloc:
        return set()
    whole = parts.path + (f"?{parts.query}" if parts.query else "")
    credentials = parts.netloc.rpartition("@")[0]
    pieces = [*parts.path.split("/"), *parts.query.replace("=", "&").split("&"), *credentials.split(":")]
    return {whole.rstrip("/")} - {""} | {piece for piece in pieces if len(piece) >= SHORTEST}
