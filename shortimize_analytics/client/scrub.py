"""Cut passwords out of whatever is said: proxies and addresses may be written with a user and a password."""

import re

_IN_URLS = re.compile(r"(?<=://)[^/\s@:]*:(?!\d+(?:/|\s|$))\S*@")
"""From the user up to the last @ of a word: a password that is not encoded may hold #, / or @ itself. Digits up to a
slash or the end are a port, so that a link to an account (/@name) behind one stays."""
_BARE = re.compile(r"^[^/\s@:]+:(?!//|\d+(?:/|\s|$))\S*@")
"""The same where the word begins with it, as in ``user:password@proxy:8080``."""


def without_passwords(text: str) -> str:
    """Cut user and password out of the addresses in a text.

    Examples
    --------
    >>> without_passwords("HTTPS_PROXY=http://ann:pa#ss@proxy.example.org:8080 is set")
    'HTTPS_PROXY=http://proxy.example.org:8080 is set'
    >>> without_passwords("https://www.tiktok.com/@ann/video/1")
    'https://www.tiktok.com/@ann/video/1'
    """
    return _BARE.sub("", _IN_URLS.sub("", text))
