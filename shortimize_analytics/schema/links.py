"""Whether an address that came from outside may be shown as a link: one answer for reports, pages and messages."""

from typing import Any
from urllib.parse import urlsplit

MAX_URL = 2000


def web_link(url: Any) -> str | None:
    """Return a web address that is safe to print as a link, or None.

    Examples
    --------
    >>> from shortimize_analytics.schema.links import web_link
    >>> web_link("https://www.tiktok.com/@a/video/1")
    'https://www.tiktok.com/@a/video/1'
    >>> web_link("javascript:alert(1)") is None, web_link("") is None
    (True, True)
    """
    if not isinstance(url, str) or not 0 < len(url) <= MAX_URL or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return None
    return url if usable else None
