"""What the keys of money files stand for: videos by id or link, accounts by id or handle, labels by id or name."""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys, column
from shortimize_analytics.analysis.base.post_links import post_of

_HOST = re.compile(r"^(?:https?:)?//|^https?://")
CANDIDATES = 3


def link_key(text: str) -> str | None:
    """Name the post that a link leads to, whatever the handle and the spelling; None for no link.

    Examples
    --------
    >>> from shortimize_analytics.analysis.money.keys import link_key
    >>> link_key("https://www.tiktok.com/@hook.lab/video/7609364728032365845?lang=en")
    'tiktok:7609364728032365845'
    >>> link_key("https://youtu.be/dQw4w9WgXcQ") == link_key("http://youtube.com/shorts/dQw4w9WgXcQ")
    True
    """
    bare = _HOST.sub("", text.strip())
    if bare == text.strip() and "/" not in bare:
        return None
    host, _, path = bare.partition("/")
    host = host.lower().removeprefix("www.").removeprefix("m.")
    if "." not in host or not path:
        return None
    post = post_of(bare)
    # of a shape that nobody knows, any part may name the post, the query too
    return ":".join(post) if post else f"{host}/{path.partition('#')[0].rstrip('/')}"


class VideoKeys:
    """Posts by ad_id and by link."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Take pairs of a key (ad_id or link) and the post it stands for."""
        self._posts: dict[str, str] = {}
        for key, post in pairs:
            self._posts.setdefault(key, post)
            link = link_key(key)
            if link is not None:
                self._posts.setdefault(link, post)

    def find(self, key: str) -> str | None:
        """Return the post of an id or a link; None when there is none."""
        found = self._posts.get(key)
        if found is None:
            link = link_key(key)
            found = self._posts.get(link) if link else None
        return found

    def advice(self, key: str) -> str:
        """Say what to write instead of a key that is no video's."""
        near = difflib.get_close_matches(link_key(key) or key, self._posts, n=CANDIDATES, cutoff=0.8)
        return f"no video has this id or link{'; near it: ' + ', '.join(near) if near else ''}"


class AccountKeys:
    """Rows of videos by account: its id, platform/handle, or a handle that one platform alone has."""

    def __init__(self, videos: pd.DataFrame) -> None:
        """Index the accounts of videos; their rows are numbered from 0."""
        self.accounts = account_keys(videos).astype("str").to_numpy(dtype=object)
        handles = column(videos, "username", "str").fillna("").astype("str").str.lower()
        platforms = videos["platform"].fillna("").astype("str")
        self._of: dict[str, set[str]] = defaultdict(set)
        self.names: dict[str, str] = {}
        named = pd.DataFrame({"account": self.accounts, "platform": platforms.to_numpy(), "handle": handles.to_numpy()})
        for account, platform, handle in named.drop_duplicates().itertuples(index=False):
            self.names[account] = f"{platform}/{handle}"
            for key in (account, f"{platform}/{handle}", handle):
                self._of[key].add(account)

    def find(self, key: str) -> tuple[str | None, str]:
        """Return the account of a key, or None and what to write instead."""
        wanted = key.strip().removeprefix("@").replace("/@", "/")
        found = self._of.get(wanted) or self._of.get(wanted.lower()) or set()
        if len(found) == 1:
            return next(iter(found)), ""
        if found:
            both = ", ".join(f"{self.names[account]} ({account})" for account in sorted(found))
            return None, f"stands for {len(found)} accounts: write one of {both}"
        near = difflib.get_close_matches(wanted, self._of, n=CANDIDATES, cutoff=0.7)
        known = ", ".join(near) or ", ".join(sorted(self.names.values())[:CANDIDATES])
        return None, f"no video is of this account (it may be renamed); write its id, or one of {known}"


class LabelKeys:
    """Labels by id, or by a name that no other has, and the rows that carry them."""

    def __init__(self, videos: pd.DataFrame) -> None:
        """Index the labels of videos; their rows are numbered from 0."""
        self.rows: dict[str, list[int]] = defaultdict(list)
        self.names: dict[str, str] = {}
        self._ids: dict[str, set[str]] = defaultdict(set)
        names = column(videos, "label_names", "object").tolist()
        for row, ids in enumerate(column(videos, "label_ids", "object").tolist()):
            if not isinstance(ids, list | np.ndarray):
                continue
            called = names[row] if isinstance(names[row], list | np.ndarray) else ()
            for place, key in enumerate(ids):
                self.rows[key].append(row)
                name = str(called[place]) if place < len(called) else ""
                if name:
                    self.names[key] = name
                    self._ids[name].add(key)

    def find(self, key: str) -> tuple[str | None, str]:
        """Return the id of a label, or None and what to write instead."""
        if key in self.rows:
            return key, ""
        found = self._ids.get(key, set())
        if len(found) == 1:
            return next(iter(found)), ""
        if found:
            listed = ", ".join(f"{one} ({len(self.rows[one])} videos)" for one in sorted(found))
            return None, f"is the name of {len(found)} labels: write the id of one: {listed}"
        near = difflib.get_close_matches(key, self._ids, n=CANDIDATES, cutoff=0.6)
        known = ", ".join(near) or ", ".join(sorted(self._ids)[:CANDIDATES]) or "none"
        return None, f"no video carries this label; write its id, or one of {known}"
