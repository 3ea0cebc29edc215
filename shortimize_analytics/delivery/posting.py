"""One HTTPS request that delivers a message, or does not: what chats and webhooks have in common.

The certificate is always verified and a redirect is never followed, since it could take the message, and the secret in
the address, anywhere.
"""

import datetime as dt
import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from .attempts import SendingError, silent_libraries
from .secret import Secret, without

CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
MAX_ANSWER = 65_536
SHOWN = 200
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True, slots=True)
class Parcel:
    """A request to make.

    Attributes
    ----------
    url
        Where it goes.
    body
        JSON as bytes, or None where `fields` and `files` make a form of several parts.
    headers
        Besides the usual ones.
    fields, files
        Parts of a form; a file is (name, content, type).
    method
        Of the request.
    """

    url: Secret
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[str, bytes, str]] = field(default_factory=dict)
    method: str = "POST"


def json_parcel(url: Secret, document: Any, *, headers: Mapping[str, str] | None = None) -> Parcel:
    """Make a parcel of a JSON document."""
    body = json.dumps(document, ensure_ascii=False).encode()
    return Parcel(url, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def deliver_parcel(parcel: Parcel, *, ca_file: str | None, secrets: Iterable[Secret] = ()) -> "Answer":
    """Make the request; return a good answer.

    Parameters
    ----------
    parcel
        What to send.
    ca_file
        Certificates to trust instead of the usual ones.
    secrets
        To be cut out of whatever the server says, besides the address.

    Raises
    ------
    SendingError
        When the answer is not 2xx, or there is none.
    """
    secrets = [parcel.url, *secrets]
    host = host_of(parcel.url)
    with silent_libraries():
        answer = _answer(parcel, host=host, ca_file=ca_file)
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise refusal(answer, host=host, said=shown(answer.text, secrets))
    return answer


def shown(text: str, secrets: Iterable[Secret]) -> str:
    """Return what may be shown of a server's words: one line of 200 printable characters without any secret."""
    return without(_printable(text), secrets)[:SHOWN].strip()


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, first 64 kB and headers of an answer; `cut` where it broke off."""

    status: int
    text: str
    headers: Mapping[str, str]
    cut: bool


def _answer(parcel: Parcel, *, host: str, ca_file: str | None) -> Answer:
    try:
        with requests.Session() as session:
            session.auth = _no_netrc
            response = session.request(
                parcel.method,
                parcel.url.reveal(),
                data=dict(parcel.fields) if parcel.body is None else parcel.body,
                files=dict(parcel.files) or None,
                headers={"User-Agent": "shortimize-analytics", **parcel.headers},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                verify=ca_file or True,
                stream=True,
            )
            with response:
                content, cut = _first_bytes(response)
            return Answer(response.status_code, content.decode("utf-8", "replace"), response.headers, cut)
    except requests.exceptions.SSLError:
        failed = SendingError(f"{host}: its certificate was not accepted; if it is your own, name it with ca_file")
    except requests.exceptions.ConnectTimeout:
        failed = SendingError(f"{host} could not be reached in {CONNECT_SECONDS:g} s", passing=True)
    except (requests.RequestException, HTTPError, OSError) as error:
        unreached = "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
        if unreached:
            failed = SendingError(f"{host} could not be reached", passing=True)
        else:
            failed = SendingError(f"{host}: the connection broke off before its answer", passing=True, unclear=True)
    except (ValueError, UnicodeError):  # an address or a proxy that is none
        failed = SendingError(f"the address of {host} cannot be used; copy it again")
    raise failed


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from adding a password of ~/.netrc."""
    return request


def _first_bytes(response: requests.Response) -> tuple[bytes, bool]:
    """Read what may be shown of an answer, and say whether it broke off."""
    content, end = b"", time.monotonic() + READ_SECONDS
    try:
        for chunk in response.iter_content(4096):
            content += chunk
            if len(content) > MAX_ANSWER or time.monotonic() > end:
                break
    except (requests.RequestException, HTTPError, OSError):
        return content, True
    return content[:MAX_ANSWER], False


def refusal(answer: Answer, *, host: str, said: str) -> SendingError:
    """Say what an answer other than 2xx means."""
    status = answer.status
    tail = f": {said}" if said else ""
    if status < HTTPStatus.BAD_REQUEST:
        return SendingError(f"{host} answered {status}: the address has moved; copy the address again")
    if status in _GONE:
        return SendingError(f"{host} knows no such address ({status}){tail}; copy it again, or make a new one")
    if status in _REFUSED:
        return SendingError(f"{host} refused the token or the address ({status}){tail}")
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return SendingError(f"{host} takes no message of this size (413){tail}", too_large=True)
    if status in _PASSING:
        return SendingError(f"{host} asked to wait ({status}){tail}", passing=True, wait=_wait(answer))
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return SendingError(f"{host} did not accept the message ({status}){tail}")
    return SendingError(f"{host} failed ({status}){tail}", passing=True, wait=_wait(answer))


def _wait(answer: Answer) -> float | None:
    """Read how long to wait: Retry-After in seconds or as a date (RFC 9110, 10.2.3), or what Discord and Telegram say.

    A date is compared with the answer's own, where there is one: this machine's clock may be off.
    """
    text = (answer.headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return float(text)
    until, now = _date(text), _date(answer.headers.get("Date")) or dt.datetime.now(dt.UTC)
    if until is not None:
        return max(0.0, (until - now).total_seconds())
    try:
        document = json.loads(answer.text)
    except (ValueError, RecursionError):
        return None
    inner = document.get("parameters") if isinstance(document, dict) else None
    for place in (document, inner):
        if isinstance(place, dict) and isinstance(place.get("retry_after"), int | float):
            return max(0.0, float(place["retry_after"]))
    return None


def _date(text: str | None) -> dt.datetime | None:
    try:
        date = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=dt.UTC)


def _printable(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def document_of(answer: Answer) -> dict[str, Any]:
    """Return the JSON object of an answer; an empty one where it is none."""
    try:
        document = json.loads(answer.text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def not_taken(answer: Answer, url: Secret, *, secrets: Iterable[Secret] = ()) -> SendingError:
    """Say that an answer that looks good is none."""
    said = shown(answer.text, [url, *secrets])
    return SendingError(
        f"{host_of(url)} answered {answer.status}, yet did not take the message{f': {said}' if said else ''}"
    )


def host_of(url: Secret) -> str:
    """Name the host of an address: the only part of it that is ever shown."""
    return urlsplit(url.reveal()).hostname or "the server"
