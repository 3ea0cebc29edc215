"""What single clauses of a filter ask of the videos.

Every function returns two truth values per video: whether it meets the clause, and whether it lacks what is asked for.
Texts and lists are searched in Arrow, all rows at once: a redraw of 100,000 videos leaves no time for a loop.
"""

import re
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from shortimize_analytics.analysis.base.columns import column
from shortimize_analytics.schema.days import Day
from shortimize_analytics.schema.names import Names, read_account

Met = tuple[np.ndarray, np.ndarray]
_WORDS = re.compile(r'["“”„]([^"“”„]*[^"“”„\s][^"“”„]*)(?:["“”„]|$)|(\S+)')
_BLANKS = r"[\s\pZ\x0b\x1c-\x1f\x{85}]+"
_TAG_END = r"(?:[^\pL\pN_·]|$)"
"""A hashtag ends where `groups.hashtags` ends it."""


def stamp(day: Day | None) -> pd.Timestamp | None:
    """Turn an edge of a range into an instant; None stays open."""
    return None if day is None else pd.Timestamp(day)


def days_in(videos: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of dates or instants as days without a time zone."""
    if name not in videos:
        return pd.Series(pd.NaT, index=videos.index, dtype="datetime64[us]")
    days = videos[name]
    return days.dt.tz_localize(None).dt.normalize() if days.dt.tz is not None else days


def between(values: pd.Series, low: Any, high: Any) -> Met:
    """Ask for values from `low` to `high`, both inclusive, None open."""
    missing = values.isna().to_numpy()
    met = ~missing
    for edge, compare in ((low, values.ge), (high, values.le)):
        if edge is not None:
            met &= compare(edge).fillna(value=False).to_numpy(dtype=bool)
    return met, missing


def of_platforms(videos: pd.DataFrame, wanted: Names) -> Met:
    """Ask for platforms, in any case."""
    platform = column(videos, "platform", "str").str.lower()
    return platform.isin([name.lower() for name in wanted]).to_numpy(dtype=bool), platform.isna().to_numpy()


def of_accounts(videos: pd.DataFrame, wanted: Names) -> Met:
    """Ask for accounts as `read_account` reads them, row by row: an older handle is another one here."""
    ids, handle = column(videos, "linked_account_id", "str"), column(videos, "username", "str").str.lower()
    named = [read_account(name) for name in wanted]
    keys = [name.text for name in named] + [name.id for name in named if name.id]
    met = ids.isin(keys).to_numpy(dtype=bool)
    of_platform: dict[str | None, list[str]] = {}
    for name in named:
        if name.handle is not None:
            of_platform.setdefault(name.platform, []).append(name.handle)
    for platform, handles in of_platform.items():
        here = handle.isin(handles).to_numpy(dtype=bool)
        met = met | (here if platform is None else here & of_platforms(videos, [platform])[0])
    return met, (ids.isna() & handle.isna()).to_numpy()


def labelled(videos: pd.DataFrame, wanted: Names, *, kind: str) -> Met:
    """Ask for labels by name or id: any, all or none of them, as the clause is called."""
    carries = np.zeros((len(wanted), len(videos)), dtype=bool)
    missing = np.ones(len(videos), dtype=bool)
    for name in ("label_ids", "label_names"):
        if name not in videos:
            continue
        lists = pa.array(videos[name], from_pandas=True)
        if isinstance(lists, pa.ChunkedArray):
            lists = lists.combine_chunks()
        missing &= videos[name].isna().to_numpy()
        if pa.types.is_null(lists.type) or not len(lists):
            continue
        owner = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
        items = pc.list_flatten(lists).cast(pa.string())
        for row, label in enumerate(wanted):
            hits = pc.fill_null(pc.equal(items, label), fill_value=False).to_numpy(zero_copy_only=False)
            carries[row, owner[hits]] = True
    enough = len(wanted) if kind == "label_all" else 1
    met = carries.sum(axis=0) >= enough
    return (~met if kind == "label_none" else met), missing


def found(videos: pd.DataFrame, search: str) -> Met:
    """Ask for every word and every quoted phrase of a search in caption or handle; a last quote may still be open."""
    title, handle = column(videos, "title", "str"), column(videos, "username", "str")
    met = np.ones(len(videos), dtype=bool)
    for phrase, word in _WORDS.findall(search):
        if phrase:
            pattern = _BLANKS.join(map(_quoted, phrase.split()))
            hits = _matches(title, pattern) | _matches(handle, pattern)
        elif word[0] in "#＃" and len(word) > 1:
            hits = _matches(title, "[#＃]" + _quoted(word[1:]) + _TAG_END)
        elif word[0] == "@" and len(word) > 1:
            hits = _matches(handle, _quoted(word[1:]))
        else:
            hits = _matches(title, _quoted(word)) | _matches(handle, _quoted(word))
        met &= hits
    return met, (title.isna() & handle.isna()).to_numpy()


def _quoted(word: str) -> str:
    """Take the special meaning off every sign: RE2 has no other quoting that is safe for all text."""
    return "".join(sign if sign.isalnum() else f"\\x{{{ord(sign):x}}}" for sign in word)


def _matches(text: pd.Series, pattern: str) -> np.ndarray:
    """Search all texts at once in Arrow: pandas would turn to Python for a pattern."""
    values = pa.array(text, type=pa.large_string(), from_pandas=True)
    found = pc.match_substring_regex(values, pattern, ignore_case=True)
    return pc.fill_null(found, fill_value=False).to_numpy(zero_copy_only=False)
