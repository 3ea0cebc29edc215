"""Links of posts and accounts: their platform and the account's handle, as far as a link tells."""

import re
from urllib.parse import urlsplit

_PLATFORMS = {
    "tiktok.com": "tiktok",
    "instagram.com": "instagram",
    "youtube.com": "youtube",
    "youtu.be": "youtube",
    "facebook.com": "facebook",
    "fb.watch": "facebook",
    "snapchat.com": "snapchat",
    "twitter.com": "twitter",
    "x.com": "twitter",
}
_NO_HANDLES = {"p", "reel", "reels", "shorts", "watch", "video", "videos", "share", "spotlight"}


def read_link(link: str) -> tuple[str | None, str | None]:
    """Return the platform and the handle (lower case, without @) that a link names, None for what it does not tell.

    Examples
    --------
    >>> read_link("https://www.tiktok.com/@Some.One/video/7609364728032365845")
    ('tiktok', 'some.one')
    >>> read_link("https://www.snapchat.com/add/some.one"), read_link("https://www.instagram.com/reel/Cx1/")
    (('snapchat', 'some.one'), ('instagram', None))
    >>> read_link("not a link")
    (None, None)
    """
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "") if parts.scheme in {"http", "https"} else ""
    except ValueError:
        return None, None
    platform = next((name for end, name in _PLATFORMS.items() if host == end or host.endswith("." + end)), None)
    found = re.match(r"/(?:(?:add|c|user)/)?(@?)([^/]+)", parts.path) if platform else None
    if found is None or host == "youtu.be" or (not found[1] and found[2].lower() in _NO_HANDLES):
        return platform, None
    return platform, found[2].lower()
