"""What platforms, accounts and labels are called wherever the explorer lists them: one name each, and no two alike.

Names are those among all videos of an explorer, so that a filter changes none of them.
"""

from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.plots.theme import platform_name
from shortimize_analytics.schema.names import told_apart

MOST_ACCOUNTS = 1000
"""Accounts in the list, those with the most videos; the search finds the others."""
_LISTS = (list, tuple, np.ndarray)
_LABELS = ("label", "label_all", "label_none")
Offer = list[tuple[str, str]]
"""Text and value of what can be picked."""


class NameBook:
    """Names of the accounts and labels of all videos of an explorer.

    Parameters
    ----------
    videos
        All videos, with the columns of `schema.VIDEOS`.
    """

    def __init__(self, videos: pd.DataFrame) -> None:
        self._videos = videos

    @cached_property
    def _pairs(self) -> list[list[tuple[str, str]]]:
        return _label_pairs(self._videos)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Name of each label by its id; a name without an id stands for itself."""
        found: dict[str, str] = {}
        for pairs in self._pairs:
            for key, name in pairs:
                found.setdefault(key, name)
        return told_apart(found)

    @cached_property
    def _accounts(self) -> tuple[dict[str, str], dict[str, str]]:
        """Name of each account by its key, and the value that a filter knows it by."""
        keys, handles = _account_keys(self._videos)
        listed = pd.DataFrame({"key": keys, "handle": handles, "name": self._videos["username"]})
        listed = listed.assign(platform=self._videos["platform"]).dropna(subset="key").drop_duplicates("key")
        names = {
            str(row.key): f"{row.name if isinstance(row.name, str) else 'unnamed'} · {_platform(row.platform)}"
            for row in listed.itertuples(index=False)
        }
        unique = listed["handle"].notna() & ~listed["handle"].duplicated(keep=False)
        values = np.where(unique, listed["handle"], listed["key"])
        return told_apart(names), dict(zip(names, map(str, values), strict=True))

    def account_of(self, videos: pd.DataFrame) -> pd.Series:
        """Name the account of each of some videos, NA where it has none."""
        return _account_keys(videos)[0].map(self._accounts[0])

    def labels_of(self, videos: pd.DataFrame) -> pd.Series:
        """List the names of the labels of each of some videos."""
        named = [[self.labels[key] for key, _ in pairs] for pairs in _label_pairs(videos)]
        return pd.Series(named, index=videos.index, dtype=object)

    def offered(self, videos: pd.DataFrame) -> dict[str, Offer]:
        """List the platforms, accounts and labels of some of the videos as (text, value), the most frequent first.

        An account's value is ``platform/handle`` and a label's its name, where that names one only; otherwise its id.
        """
        platforms = videos["platform"].value_counts()
        accounts = _account_keys(videos)[0].value_counts().head(MOST_ACCOUNTS)
        listed = self._pairs if videos is self._videos else _label_pairs(videos)
        labels = Counter(key for pairs in listed for key, _ in pairs)
        names, values = self._accounts
        most_first = sorted(labels.items(), key=lambda one: (-one[1], one[0]))
        offer = [(f"{self.labels[key]} ({count:,})", self._label_value(key)) for key, count in most_first]
        return {
            "platform": [(f"{platform_name(str(key))} ({count:,})", str(key)) for key, count in platforms.items()],
            "account": [(f"{names[str(key)]} ({count:,})", values[str(key)]) for key, count in accounts.items()],
            **dict.fromkeys(_LABELS, offer),
        }

    @cached_property
    def _own_names(self) -> set[str]:
        """Names that stand for one label only, and for all of its videos."""
        known = {pair for pairs in self._pairs for pair in pairs}
        ids, names = Counter(key for key, _ in known), Counter(name for _, name in known)
        return {name for key, name in known if ids[key] == names[name] == 1 and self.labels[key] == name}

    def _label_value(self, key: str) -> str:
        return self.labels[key] if self.labels[key] in self._own_names else key

    def named(self, chosen: VideoFilter) -> VideoFilter:
        """Call the labels of a filter by their names instead of their ids, to describe it."""
        changed: dict[str, Any] = {
            field: tuple(self.labels.get(one, one) for one in getattr(chosen, field)) for field in _LABELS
        }
        return replace(chosen, **changed)


def _platform(platform: object) -> str:
    return platform_name(platform) if isinstance(platform, str) else "unknown platform"


def _account_keys(videos: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return what each video's account is told by, and its ``platform/handle``; NA where there is none."""
    handles = videos["platform"].astype("str") + "/" + videos["username"].str.lower()
    return videos["linked_account_id"].fillna(handles), handles


def _label_pairs(videos: pd.DataFrame) -> list[list[tuple[str, str]]]:
    """Return id and name of the labels of each video; videos with the same labels share one list."""
    out: list[list[tuple[str, str]]] = []
    known: dict[tuple[Any, ...], list[tuple[str, str]]] = {}
    for row in zip(videos["label_ids"], videos["label_names"], strict=True):
        both = tuple(tuple(one) if isinstance(one, _LISTS) else () for one in row)
        pairs = known.get(both)
        if pairs is None:
            ids, names = both
            names += ids[len(names) :]
            pairs = known[both] = [(key, name or key) for key, name in zip(ids or names, names, strict=False)]
        out.append(pairs)
    return out
