"""The videos that count, joined with their history or its digest, and what each gained in a period."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import Span
from shortimize_analytics.analysis.base.columns import account_keys, column
from shortimize_analytics.analysis.base.digested import Digested, rows_of
from shortimize_analytics.analysis.base.series import matrix_by_age
from shortimize_analytics.analysis.clean import clean_history
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema.rows import FOREVER, NEVER, day_numbers, repeated

from .ledger import Edge, Ledger, LedgerDigest, counted_at_end, counts_at, flows, make_ledger, runs_of, with_others

SUMS = (
    "views_start",
    "views_end",
    "views_gained",
    "new_views",
    "back_views",
    "corrections",
    "lost",
    "newly_tracked",
    "not_refreshed",
)


class Cells(NamedTuple):
    """The videos of one account on one platform make a cell, and cells make accounts, platforms and the whole.

    Attributes
    ----------
    code
        Number of each video's cell.
    scopes
        By "all", "platform" and "account": the number that each cell has there, and the names.
    """

    code: np.ndarray
    scopes: dict[str, tuple[np.ndarray, pd.Index]]


@dataclass(frozen=True)
class CountedVideos:
    """The counted videos with their history: everything a week's accounts need.

    Attributes
    ----------
    videos
        Prepared videos that count in totals.
    ledger
        Their history, or what a digest says of it.
    uploaded, account, since, gone
        Upload day, account number, day the account was first seen, and whether the video was removed or made private.
    accounts
        Name of each account number.
    oldest, newest
        First and last day of the whole history; `NEVER` without rows.
    """

    videos: pd.DataFrame
    ledger: Ledger | LedgerDigest
    uploaded: np.ndarray
    account: np.ndarray
    since: np.ndarray
    gone: np.ndarray
    accounts: pd.Index
    oldest: int
    newest: int

    @cached_property
    def cells(self) -> Cells:
        """What sums are made of."""
        platform, platforms = pd.factorize(self.videos["platform"].astype("str").fillna("unknown"), sort=True)
        pair = self.account * len(platforms) + platform
        some = np.bincount(pair, minlength=1) > 0
        pairs = np.flatnonzero(some)
        kinds = max(1, len(platforms))
        scopes = {
            "all": (np.zeros(len(pairs), dtype=np.int64), pd.Index(["all"])),
            "platform": (pairs % kinds, platforms),
            "account": (pairs // kinds, self.accounts),
        }
        return Cells((np.cumsum(some) - 1)[pair], scopes)

    @property
    def days(self) -> Ledger:
        """The history itself.

        Raises
        ------
        InvalidParameterError
            Where a digest stands for it.
        """
        if isinstance(self.ledger, LedgerDigest):
            raise InvalidParameterError("this reads single days, which a digest does not keep: pass the history")
        return self.ledger


@dataclass(frozen=True)
class Period:
    """Accounts of (start, end]: its flows by video, its uploads, and what the history covers of it."""

    counted: CountedVideos
    start: int
    end: int
    flows: pd.DataFrame
    uploads: np.ndarray
    covered: bool
    touched: bool

    @cached_property
    def sums(self) -> dict[str, np.ndarray]:
        """Sums over each of the cells, from which those of any scope follow.

        Of views as in `SUMS`; numbers of videos `known`, `ended` (counted at the end), `uploads`, `active`, and
        `tracked` (seen by the start); and of active videos whose counts are public `views` and `actions`.
        """
        code, size = self.counted.cells.code, len(self.counted.cells.scopes["all"][0])
        seen = {name: self.flows[name].to_numpy() for name in (*SUMS, "known", "active")}
        seen |= {"ended": counted_at_end(self.flows), "uploads": self.uploads}
        seen["tracked"] = self.counted.ledger.first_day <= self.start
        out = {name: np.bincount(code, values, minlength=size) for name, values in seen.items()}
        return out | self._engagement(code, size=size)

    def _engagement(self, code: np.ndarray, *, size: int) -> dict[str, np.ndarray]:
        """Sum views and actions over the last counts of the active videos.

        A video counts when likes and comments are known; shares are added where the platform gives them.
        """
        hidden = column(self.counted.videos, "hidden_stats", "boolean").fillna(value=False).to_numpy(dtype=bool)
        active = self.flows["active"].to_numpy() & ~hidden
        rows = last_rows(self.counted, self, active)
        if not {"likes", "comments"} <= set(rows):
            return dict.fromkeys(("views", "actions"), np.zeros(size))
        likes, comments, shares = (
            column(rows, name, "Int64").to_numpy(dtype=float, na_value=np.nan)
            for name in ("likes", "comments", "shares")
        )
        actions = likes + comments + np.nan_to_num(shares)
        known = ~np.isnan(actions)
        group, views = code[active][known], rows["views_raw"].to_numpy(dtype=float)[known]
        return {
            "views": np.bincount(group, views, minlength=size),
            "actions": np.bincount(group, actions[known], minlength=size),
        }


def count_videos(
    videos: pd.DataFrame, history: pd.DataFrame | Digested, *, everyone: pd.DataFrame | None = None
) -> CountedVideos:
    """Join prepared videos, sorted by ad_id, with their history, which need not be prepared, or its digest.

    `everyone` are all videos of the history where `videos` are only some of them: they say since when an account was
    tracked.
    """
    counted = videos.loc[videos["counts_in_totals"].to_numpy(dtype=bool)].reset_index(drop=True)
    counted = counted.assign(account=account_keys(counted))
    starts = None
    if isinstance(history, pd.DataFrame) and "gain" not in history:
        history, starts, _ = clean_history(history)
    gone = column(counted, "removed", "boolean").fillna(value=False) | column(counted, "private", "boolean").fillna(
        value=False
    )
    ids = pd.Index(counted["ad_id"])
    ledger: Ledger | LedgerDigest
    if isinstance(history, Digested):
        place = history.place(ids)
        ledger = LedgerDigest(history, place, rows_of(history.first_day, place, missing=FOREVER))
        known, first, last = history.ids, history.first_day, history.last_day
    else:
        runs = runs_of(history, starts=starts)
        ledger = make_ledger(history, ids, runs=runs)
        known, (first, last) = runs.ids, (ledger.instants[rows] // ledger.per_day for rows in runs[1:])
    tracked = videos if everyone is None else everyone
    since, oldest, newest = _tracking(tracked, known, first=first, last=last, account=counted["account"])
    owner, accounts = pd.factorize(counted["account"], sort=True)
    return CountedVideos(
        videos=counted,
        ledger=ledger,
        uploaded=day_numbers(counted["uploaded_at"], missing=NEVER),
        account=owner,
        accounts=accounts,
        since=since,
        gone=gone.to_numpy(dtype=bool),
        oldest=oldest,
        newest=newest,
    )


def _tracking(
    videos: pd.DataFrame, ids: pd.Index, *, first: np.ndarray, last: np.ndarray, account: pd.Series
) -> tuple[np.ndarray, int, int]:
    """Day some accounts were first seen on (`FOREVER` for never), and first and last day of all videos.

    `first` and `last` are the days of first and last rows of the videos of a history.
    """
    rows = np.flatnonzero(~repeated(videos["ad_id"]))
    place = ids.get_indexer(videos["ad_id"].iloc[rows])
    seen = place >= 0
    if not seen.any():
        return np.full(len(account), FOREVER), int(NEVER), int(NEVER)
    place = place[seen]
    owner, names = pd.factorize(account_keys(videos).iloc[rows[seen]])
    earliest = np.full(len(names), FOREVER)
    np.minimum.at(earliest, owner, first[place])
    mine = pd.Index(names).get_indexer(account)
    since = np.where(mine < 0, FOREVER, earliest[mine])
    return since, int(first[place].min()), int(last[place].max())


def period_of(counted: CountedVideos, start: int, end: int) -> Period:
    """Account for (start, end], as far as the history reaches."""
    return next(periods_of(counted, [(start, end)]))


def periods_of(counted: CountedVideos, spans: Iterable[Span]) -> Iterator[Period]:
    """Account for periods as far as the history reaches; a day that ends one and begins the next is looked up once."""
    edges: dict[int, Edge] = {}
    for start, end in spans:
        until = max(start, min(end, counted.newest))
        if not isinstance(counted.ledger, LedgerDigest):
            edges = {day: edges[day] if day in edges else counts_at(counted.ledger, day) for day in (start, until)}
        yield Period(
            counted=counted,
            start=start,
            end=end,
            flows=_flows(counted, start, until=until, edges=edges),
            uploads=(counted.uploaded > start) & (counted.uploaded <= end),
            covered=counted.oldest <= start and end <= counted.newest and counted.newest != NEVER,
            touched=counted.newest > start and counted.oldest <= end,
        )


def _flows(counted: CountedVideos, start: int, *, until: int, edges: dict[int, Edge]) -> pd.DataFrame:
    ledger = counted.ledger
    others: dict[str, Any] = {"uploaded": counted.uploaded, "since": counted.since, "gone": counted.gone}
    if isinstance(ledger, LedgerDigest):
        kept = ledger.digest.flows[start, until]
        alone = {name: rows_of(kept[name].to_numpy(), ledger.place, missing=0) for name in kept}
        return with_others(alone, first_day=ledger.first_day, start=start, **others)
    return flows(ledger, start=start, end=until, edges=(edges[start], edges[until]), **others)


def last_rows(counted: CountedVideos, week: Period, chosen: np.ndarray) -> pd.DataFrame:
    """Return the counts of the last row up to a period's end of some videos that have one."""
    ledger = counted.ledger
    if isinstance(ledger, LedgerDigest):
        until = max(week.start, min(week.end, counted.newest))
        return ledger.digest.counts[week.start, until].iloc[ledger.place[chosen]]
    counts = ledger.rows[[name for name in ("likes", "comments", "shares", "views_raw") if name in ledger.rows]]
    return counts.iloc[week.flows["row"].to_numpy()[chosen]]


def young_cells(rows: pd.DataFrame, ids: pd.Index, *, longest: int, end: int) -> np.ndarray:
    """Spread the views of prepared rows up to a day over ages 0 to `longest`."""
    age = rows["age_days"].to_numpy(dtype=np.int32, na_value=-1)
    rows = rows[["ad_id", "date", "age_days", "views_curve"]].loc[(age >= 0) & (age <= longest)]
    rows = rows.loc[(rows["date"] <= pd.Timestamp(end, unit="D")).to_numpy()]
    return matrix_by_age(rows, ids, values=rows["views_curve"].to_numpy(dtype=float), max_age=longest)
