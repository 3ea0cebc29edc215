"""Accounts and labels as people name them: by handle, link, name or id.

One way to read them for loaders, filters, analyses and commands. Nothing is guessed: a name that fits nothing is an
error that asks whether the nearest one is meant, and a name that fits several is one that lists them.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from shortimize_analytics.errors import InvalidParameterError

from .choices import did_you_mean

Names = str | Sequence[str]
"""One name, or several of which any fits."""

MOST_LISTED = 10
"""Names in an error."""
ID_START = 4
"""Characters of an id that tell what it names from others of that name."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
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
_NO_HANDLES = {"p", "reel", "reels", "shorts", "watch", "video", "videos", "share", "spotlight", "channel", "people"}


class AccountName(NamedTuple):
    """What a text says of an account; None where it does not. `text` is the text, without blanks around it."""

    text: str
    id: str | None = None
    platform: str | None = None
    handle: str | None = None


def read_link(link: str) -> tuple[str | None, str | None]:
    """Return the platform and the handle (lower case, without @) that a link names, None for what it does not tell.

    Examples
    --------
    >>> from shortimize_analytics.schema.names import read_link
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


def read_account(account: Any) -> AccountName:
    """Read a handle (with or without @, in any case), platform/handle, the link of an account, or its UUID.

    Raises
    ------
    InvalidParameterError
        For no text, or a link that names no handle.

    Examples
    --------
    >>> from shortimize_analytics.schema.names import read_account
    >>> read_account("@Hook.Lab").handle, read_account("https://www.tiktok.com/@hook.lab")[2:]
    ('hook.lab', ('tiktok', 'hook.lab'))
    """
    text = account.strip() if isinstance(account, str) else ""
    if not text.strip("@"):
        raise InvalidParameterError(f"account={account!r} names no account; give its handle, link or UUID")
    if _UUID.fullmatch(text):
        return AccountName(text, id=text.lower())
    if "://" in text:
        platform, handle = read_link(text)
        if handle is None:
            raise InvalidParameterError(f"account={text!r} is no link of an account; give its handle or UUID")
        return AccountName(text, platform=platform, handle=handle)
    platform, _, handle = text.lower().rpartition("/")
    return AccountName(text, platform=platform or None, handle=handle.removeprefix("@"))


def each_name(names: Names, what: str) -> list[str]:
    """List the names that were given, each once.

    Raises
    ------
    InvalidParameterError
        For anything but texts, or none at all.
    """
    listed = [names] if isinstance(names, str) else list(names) if isinstance(names, Sequence) else []
    if not listed or not all(isinstance(name, str) and name.strip() for name in listed):
        raise InvalidParameterError(f"{what}={names!r} must be one or more non-empty texts")
    return list(dict.fromkeys(name.strip() for name in listed))


def match_label(label: str, known: Mapping[str, str]) -> list[str]:
    """Find the ids of the labels that a text names: by id, by name, or by name in another case.

    Parameters
    ----------
    label
        What was given.
    known
        Names of all labels by id.

    Raises
    ------
    InvalidParameterError
        When there is none; it asks whether the nearest name is meant.

    Examples
    --------
    >>> from shortimize_analytics.schema.names import match_label
    >>> known = {"1c81": "UGC", "4e35": "Hooks v2", "77d0": "Campaign", "a90e": "Campaign"}
    >>> match_label("ugc", known), match_label("Campaign", known)
    (['1c81'], ['77d0', 'a90e'])
    >>> match_label("UCG", known)
    Traceback (most recent call last):
    shortimize_analytics.errors.InvalidParameterError: label='UCG' is no label here (did you mean UGC?); known are
    Campaign, Hooks v2, UGC
    """
    if label in known:
        return [label]
    for fold in (str, str.casefold):
        if found := [key for key, name in known.items() if fold(name) == fold(label)]:
            return found
    names = sorted(set(known.values()))
    raise InvalidParameterError(f"label={label!r} is no label here{did_you_mean(label, names)}; {listing(names)}")


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Name things as they are to be read: those that look alike carry the start of their id.

    Parameters
    ----------
    names
        Name by id, as it would be shown.

    Returns
    -------
    dict
        Name by id, no two alike. Four characters of the id are shown, more where four are the same, and a number where
        ids look alike, too.

    Examples
    --------
    >>> from shortimize_analytics.schema.names import told_apart
    >>> told_apart({"1c81f0": "UGC", "77d0aa": "Campaign", "a90e11": "Campaign"})
    {'1c81f0': 'UGC', '77d0aa': 'Campaign [77d0]', 'a90e11': 'Campaign [a90e]'}
    >>> told_apart({"ab-001": "Hook", "ab-002": "Hook "})
    {'ab-001': 'Hook [ab-001]', 'ab-002': 'Hook [ab-002]'}
    """
    alike: dict[str, list[str]] = {}
    for key, name in names.items():
        alike.setdefault(_as_seen(name), []).append(key)
    out = dict(names)
    taken = {seen for seen, keys in alike.items() if len(keys) == 1}  # a name can end like an id
    for keys in alike.values():
        if len(keys) > 1:
            out |= (mine := _with_ids({key: names[key].rstrip() for key in keys}, taken=taken))
            taken |= {_as_seen(name) for name in mine.values()}
    return out


def _with_ids(names: dict[str, str], *, taken: set[str]) -> dict[str, str]:
    """Add as much of their ids as tells names from each other and from those taken; a number where no id does."""
    for size in range(ID_START, max(ID_START, *map(len, names)) + 1):
        found = {key: f"{name} [{key[:size]}]" for key, name in names.items()}
        seen = {_as_seen(name) for name in found.values()}
        if len(seen) == len(found) and not seen & taken:
            return found
    free = (f"[{n}]" for n in count(1) if _as_seen(f"{next(iter(names.values()))} [{n}]") not in taken)
    return {key: f"{name} {next(free)}" for key, name in names.items()}


def _as_seen(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()))


def listing(names: Sequence[str]) -> str:
    """List some known names in an error."""
    more = f" and {len(names) - MOST_LISTED:,} more" if len(names) > MOST_LISTED else ""
    return f"known are {', '.join(names[:MOST_LISTED])}{more}" if names else "there are none"
