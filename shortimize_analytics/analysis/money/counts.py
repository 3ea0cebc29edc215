"""The count of a post on a day that is paid: the newest row up to that day, never a later one, never a guess.

Definitions
-----------
count
    Raw views of the newest history row up to the cut-off, over the copies of the post. Where a closing holds a row
    that today's history no longer has (archives get lost, plans look back 90 days), the closing's row stands.
settled
    The row was asked for at least `SETTLE_DAYS` after its day, and so was the post after the cut-off; or a table of
    videos asked for that late says that the post was not measured since. Until then the vendor may still revise it.
vanished
    Its rows stop more than `VANISHED_DAYS` before the cut-off, while a post of the same account that is at least as old
    goes on: `removed` is not reliable. Also a post that a closing holds and the videos no longer do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_of
from shortimize_analytics.analysis.prepare import OBS, prepare_history
from shortimize_analytics.schema.rows import day_numbers, run_starts

SETTLE_DAYS = 3
"""Days after which the vendor no longer revises a count, see `loading.history`."""
VANISHED_DAYS = 7
SPIKE_VIEWS, SPIKE_SHARE, SPIKE_ENGAGEMENT = 10_000, 0.5, 0.1
_RAW = ("ad_id", "date", "views", "fetched_at")
_NEVER = np.int64(-(2**62))
_DAY_US = 86_400_000_000


class Count(NamedTuple):
    """One history row: its day (since 1970-01-01), views, instant of its request (µs, or None), and worth."""

    day: int
    views: int
    fetched: int | None
    obs: str


@dataclass(frozen=True, slots=True)
class Series:
    """History rows of posts up to a day, one per post and day, in that order.

    Attributes
    ----------
    names
        The posts, in order.
    key
        Number of (post, day).
    first
        Position of each post's first row; one more at the end.
    day, views, fetched, obs
        Of each row; `fetched` in µs, `_NEVER` where unknown.
    newest
        Newest request behind any row of each post, also of later days.
    first_seen
        Day of each post's first row, also of a later day.
    """

    names: pd.Index
    key: np.ndarray
    first: np.ndarray
    day: np.ndarray
    views: np.ndarray
    fetched: np.ndarray
    obs: np.ndarray
    newest: Mapping[str, int]
    first_seen: Mapping[str, int]

    def rows(self, posts: Sequence[str], days: np.ndarray) -> np.ndarray:
        """Position of the newest row of each post up to a day; −1 without any."""
        code = self.names.get_indexer(pd.Index(posts, dtype=object))
        row = np.searchsorted(self.key, _key(code, days), side="right") - 1
        none = (code < 0) | (row < self.first[code]) if len(self.first) else np.ones(len(code), dtype=bool)
        return np.where(none, -1, row)

    def counts(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Count]:
        """Return the counts of posts at cut-offs, those that there are."""
        asked = list(wanted)
        rows = self.rows([post for post, _ in asked], np.array([day for _, day in asked], dtype=np.int64))
        words = OBS.categories.to_numpy()
        found = {}
        for what, row in zip(asked, rows.tolist(), strict=True):
            if row >= 0:
                fetched = int(self.fetched[row])
                found[what] = Count(
                    int(self.day[row]),
                    int(self.views[row]),
                    None if fetched == _NEVER else fetched,
                    str(words[self.obs[row]]),
                )
        return found


def _key(code: np.ndarray, day: np.ndarray) -> np.ndarray:
    return (code.astype(np.int64) << 32) + day


def read_series(history: pd.DataFrame, videos: pd.DataFrame, *, posts: np.ndarray, end: int) -> Series:
    """Gather the rows of posts up to a day.

    Parameters
    ----------
    history
        Frame of `load_history`.
    videos
        Videos, in the order of `posts`.
    posts
        Post of each video; "" for none.
    end
        Last day, since 1970-01-01: what comes later changes nothing.
    """
    own = pd.Series(posts, index=videos["ad_id"].astype("str"))
    own = own[(own != "") & ~own.index.duplicated()]
    starts = run_starts(history["ad_id"])
    ids = pd.Index(history["ad_id"].iloc[starts].astype("str"))
    place = own.index.get_indexer(ids)
    mine = np.repeat(place, np.diff(starts, append=len(history)))
    kept = history[(mine >= 0) & history["date"].notna().to_numpy()]
    newest_of = _newest(kept, own)
    first_seen = _first_seen(kept, own)
    rows = kept[(kept["date"] <= pd.Timestamp(day_of(end))).to_numpy()]
    rows = prepare_history(rows[[name for name in _RAW if name in rows]], videos)
    return _pooled(rows, own, newest_of, first_seen)


def _newest(rows: pd.DataFrame, own: pd.Series) -> dict[str, int]:
    """Return the newest request behind the rows of each post, µs."""
    if "fetched_at" not in rows or rows.empty:
        return {}
    newest = rows.groupby("ad_id", sort=False, observed=True)["fetched_at"].max().dropna()
    posts = dict(zip(own.index, own, strict=True))
    micros = newest.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    found: dict[str, int] = {}
    for ad_id, at in zip(newest.index, micros.tolist(), strict=True):
        post = posts[str(ad_id)]
        found[post] = max(found.get(post, at), at)
    return found


def _first_seen(rows: pd.DataFrame, own: pd.Series) -> dict[str, int]:
    """Return the day of the first count of each post."""
    counted = rows[rows["views"].notna().to_numpy()]
    if counted.empty:
        return {}
    first = counted.groupby("ad_id", sort=False, observed=True)["date"].min()
    posts = dict(zip(own.index, own, strict=True))
    found: dict[str, int] = {}
    for ad_id, day in zip(first.index, day_numbers(first).tolist(), strict=True):
        post = posts[str(ad_id)]
        found[post] = min(found.get(post, day), day)
    return found


def _pooled(rows: pd.DataFrame, own: pd.Series, newest: Mapping[str, int], first_seen: Mapping[str, int]) -> Series:
    """Give the rows of copies to their post; of one day the copy with the smallest id counts."""
    ids = rows["ad_id"].astype("str")
    starts = run_starts(rows["ad_id"])
    sizes = np.diff(starts, append=len(rows))
    heads = ids.iloc[starts].to_numpy(dtype=object)
    post = own.reindex(heads).to_numpy(dtype=object)
    names = pd.Index(sorted(set(post)), dtype=object)
    code = np.repeat(names.get_indexer(pd.Index(post, dtype=object)), sizes).astype(np.int64)
    rank = np.repeat(np.argsort(np.argsort(heads.astype(str))), sizes)
    day = day_numbers(rows["date"]).astype(np.int64)
    order = np.lexsort((-rank, day, code))
    key = _key(code, day)[order]
    last = np.append(key[1:] != key[:-1], True)[: len(key)]
    order = order[last]
    fetched = np.full(len(rows), _NEVER)
    if "fetched_at" in rows:
        at = rows["fetched_at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        fetched = np.where(np.isnat(at), _NEVER, at.astype(np.int64))
    return Series(
        names=names,
        key=key[last],
        first=np.searchsorted(code[order], np.arange(len(names) + 1)),
        day=day[order],
        views=rows["views_raw"].to_numpy(dtype=np.int64)[order],
        fetched=fetched[order],
        obs=rows["obs"].cat.codes.to_numpy()[order].astype(np.int64),
        newest=newest,
        first_seen=first_seen,
    )


def instant_us(value: str | pd.Timestamp | None) -> int | None:
    """Return an instant in µs since 1970 (UTC)."""
    if value is None:
        return None
    at = pd.Timestamp(value)
    at = at.tz_localize("UTC") if at.tzinfo is None else at.tz_convert("UTC")
    return int(at.tz_localize(None).to_datetime64().astype("datetime64[us]").astype(np.int64))


def settled_from(day: int) -> int:
    """Return the instant (µs) from which a count of a day no longer changes."""
    return (day + SETTLE_DAYS) * _DAY_US


def is_settled(
    count: Count, cut_off: int, *, newest: int | None, asked: int | None, measured: int | None, gone: bool
) -> bool:
    """Say whether a count is final.

    Parameters
    ----------
    count, cut_off
        The row, and the day it stands for.
    newest
        Newest request behind any row of the post (µs).
    asked
        When the table of videos was asked for (µs).
    measured
        The post's `latest_updated_at` (µs).
    gone
        Removed or private: the loader never asks again.
    """
    if count.fetched is None:
        return False
    late = settled_from(cut_off)
    if count.fetched >= settled_from(count.day) and max(newest or 0, count.fetched) >= late:
        return True
    still = measured is not None and measured <= count.fetched
    return asked is not None and asked >= late and (still or gone)


def find_vanished(series: Series, *, uploaded: Mapping[str, int], account: Mapping[str, str], end: int) -> set[str]:
    """Find posts whose rows stop although those of posts at least as old of the same account go on."""
    last = {name: int(series.day[series.first[at + 1] - 1]) for at, name in enumerate(series.names)}
    order = sorted((name for name in last if name in uploaded), key=lambda name: (uploaded[name], -last[name]))
    newest: dict[str, int] = {}
    gone = set()
    for name in order:
        own = account.get(name, name)
        newest[own] = max(newest.get(own, last[name]), last[name])
        if min(end, newest[own]) - last[name] > VANISHED_DAYS:
            gone.add(name)
    return gone


def find_spikes(history: pd.DataFrame, series: Series, *, posts: Mapping[str, str], since: int) -> dict[str, date]:
    """Find posts of which one measured day brought at least half of the views, with hardly any likes and comments.

    Parameters
    ----------
    history
        Rows with likes and comments; without them nothing is found.
    posts
        Post by ad_id of its copies.
    since
        Only days from here on.

    Returns
    -------
    dict
        The day of the spike, by post.
    """
    if not {"likes", "comments"} <= set(history.columns) or not len(series.names):
        return {}
    gain = np.diff(series.views, prepend=0)
    gain[series.first[:-1]] = 0
    step = np.diff(series.day, prepend=0)
    total = np.repeat(series.views[series.first[1:] - 1], np.diff(series.first))
    big = (gain >= SPIKE_VIEWS) & (gain >= SPIKE_SHARE * total) & (step == 1) & (series.day >= since)
    found: dict[str, date] = {}
    rows = np.flatnonzero(big)
    if not len(rows):
        return found
    code = np.searchsorted(series.first, rows, side="right") - 1
    names = set(series.names[code])
    ids = history["ad_id"].astype("str")
    mine = history[ids.isin([ad_id for ad_id, post in posts.items() if post in names])]
    acts = mine.assign(post=mine["ad_id"].map(posts), acts=mine["likes"] + mine["comments"]).dropna(subset=["acts"])
    by_day = acts.drop_duplicates(["post", "date"]).set_index(["post", "date"])["acts"].astype(int)
    for row, name in zip(rows.tolist(), series.names[code], strict=True):
        day, before = (pd.Timestamp(day_of(int(series.day[at]))) for at in (row, row - 1))
        last = pd.Timestamp(day_of(int(series.day[series.first[series.names.get_loc(name) + 1] - 1])))
        try:
            on_day = by_day[(name, day)] - by_day[(name, before)]
            others = by_day[(name, last)] - on_day
        except KeyError:
            continue
        rest = int(total[row] - gain[row])
        if rest > 0 and on_day / gain[row] < SPIKE_ENGAGEMENT * others / rest:
            found[name] = day.date()
    return found
