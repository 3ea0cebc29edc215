"""Why no complete answer came: a setting that cannot work, which no repetition mends, or a network that may recover.

The words of the libraries below stay out of the message where they could hold a proxy's password; what they mean is
read from the kinds of their exceptions.
"""

import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from shortimize_analytics.errors import ConfigError, ConnectionFailedError

from .contract import Endpoint
from .scrub import without_passwords

_CA = "REQUESTS_CA_BUNDLE (or CURL_CA_BUNDLE, or your session's verify)"
_CERTIFICATES = "behind a company's proxy, let REQUESTS_CA_BUNDLE name the file of its certificates"
_PROXY = "HTTPS_PROXY (or your session's proxies)"
_ENCODED = "special characters of its password must be encoded, # as %23, @ as %40, / as %2F"
_NO_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"}
"""What OpenSSL says where the other side does not speak TLS."""
_DATES = {9, 10}
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED: the server's to mend, or a wrong clock."""
_MAY_PASS = {408, 425, 429}
"""Refusals of a proxy below 500 that another try may not meet."""


def failure_of(
    error: Exception, endpoint: Endpoint, *, options: Mapping[str, Any], timeout_seconds: float, tier: str
) -> ConfigError | ConnectionFailedError:
    """Return the error to raise for what the network's libraries raised.

    Parameters
    ----------
    error
        What was raised.
    endpoint
        What was asked.
    options
        What the request was sent with: its ``proxies``, ``verify`` and ``cert``.
    timeout_seconds
        How long an answer may take.
    tier
        The tier whose pace is kept.
    """
    wrong = _wrong_setting(error, options)
    if wrong:
        return ConfigError(f"{endpoint}: {wrong}")
    causes = list(_causes(error))
    unreached = _unreached(causes)
    if isinstance(error, requests.exceptions.ProxyError):
        unreached = True
        detail, hint = f"no connection through the proxy {_proxy(options)}", f"Check the network and {_PROXY}"
    elif any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        detail = f"the server's certificate was not accepted ({_verdict(causes)})"
        hint = "Check this machine's clock; if it is right, the server's owner has to renew it"
        unreached = True
    elif unreached:
        detail, hint = "no connection to the server", "Check the network and SHORTIMIZE_BASE_URL, or use offline"
    elif isinstance(error, requests.Timeout | TimeoutError):
        detail = f"no complete answer within {timeout_seconds:g} s"
        hint = "Try again later, or raise SHORTIMIZE_TIMEOUT"
    else:
        detail, hint = f"the connection broke off ({type(error).__name__})", "Try again; what was loaded is kept"
    failed = ConnectionFailedError(detail, endpoint=str(endpoint), tier=tier, hint=hint)
    failed.reached = not unreached
    return failed


def proxy_refusal(endpoint: Endpoint, status: int, options: Mapping[str, Any]) -> ConfigError:
    """Return the error for a proxy that refuses to pass anything on."""
    return ConfigError(f"{endpoint}: {_refusal(status, options)}")


def _wrong_setting(error: Exception, options: Mapping[str, Any]) -> str:
    """Say which setting cannot work, and why; an empty string where none is known to be wrong."""
    causes = list(_causes(error))
    if isinstance(error, requests.exceptions.InvalidSchema):
        return f'the proxy {_proxy(options)} needs a package for SOCKS: pip install "requests[socks]"'
    if isinstance(error, requests.exceptions.InvalidURL):
        return f"the proxy's address cannot be read: check {_PROXY}; {_ENCODED}"
    unread = any(isinstance(cause, FileNotFoundError | PermissionError) for cause in causes)
    # requests raises a bare OSError for a file that is not there; one of the system has a number
    if (type(error) is OSError and error.errno is None) or (unread and not _unreached(causes)):
        return _unreadable_file(options)
    refused = [found for cause in causes if (found := re.search(r"Tunnel connection failed: (\d{3})", str(cause)))]
    if refused and (status := int(refused[0].group(1))) < 500 and status not in _MAY_PASS:
        return _refusal(status, options)
    said = (_tls(cause, error, options) for cause in causes if isinstance(cause, ssl.SSLError))
    return next(filter(None, said), "")


def _unreached(causes: Iterable[BaseException]) -> bool:
    return any(isinstance(cause, requests.ConnectTimeout | NewConnectionError) for cause in causes)


def _tls(cause: ssl.SSLError, error: Exception, options: Mapping[str, Any]) -> str:
    by_proxy = isinstance(error, requests.exceptions.ProxyError)
    if isinstance(cause, ssl.SSLCertVerificationError):
        if cause.verify_code in _DATES:
            return ""
        whose = f"of the proxy {_proxy(options)}" if by_proxy else "of the server"
        return f"the certificate {whose} was not accepted ({cause.verify_message}): {_CERTIFICATES}"
    if cause.reason in _NO_TLS and by_proxy:
        return f"the proxy {_proxy(options)} does not speak TLS itself: write http:// instead of https:// in {_PROXY}"
    if cause.reason in _NO_TLS:
        return "the server does not speak TLS at that address and port: check SHORTIMIZE_BASE_URL"
    if cause.library in {"X509", "PEM"} or "PEM lib" in str(cause):
        return _unreadable_file(options)
    return ""


def _unreadable_file(options: Mapping[str, Any]) -> str:
    certificate = options.get("cert")
    own = ", ".join([certificate] if isinstance(certificate, str) else certificate or ())
    named = f"{options['verify']!r}, which {_CA} names" if isinstance(options.get("verify"), str) else "the usual one"
    also = f"; or your session's cert ({own})" if own else ""
    return f"the file of certificates cannot be read: {named}{also}. Check that it is there and in PEM format"


def _refusal(status: int, options: Mapping[str, Any]) -> str:
    if status == 407:
        return (
            f"the proxy {_proxy(options)} wants a user and a password (407): check "
            f"http://USER:PASSWORD@HOST:PORT in {_PROXY}; {_ENCODED}"
        )
    return f"the proxy {_proxy(options)} refuses to connect to the server ({status}): ask whoever runs it"


def _proxy(options: Mapping[str, Any]) -> str:
    """Name the proxy without user and password; what could be part of either is left out."""
    proxies = options.get("proxies") or {}
    given = next((proxies[name] for name in ("https", "all", "http") if proxies.get(name)), "")
    plain = without_passwords(given).rpartition("@")[2]
    return urlsplit(plain if "//" in plain else f"//{plain}").netloc or "that is set"


def _verdict(causes: Iterable[BaseException]) -> str:
    return next(cause.verify_message for cause in causes if isinstance(cause, ssl.SSLCertVerificationError))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk through an exception and those that it was made from: requests and urllib3 wrap them in arguments."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inside = (*current.args, getattr(current, "reason", None), current.__cause__, current.__context__)
        waiting += [one for one in inside if isinstance(one, BaseException)]
