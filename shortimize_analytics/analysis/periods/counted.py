"""The videos that count, joined with their history or its digest, and what each gained in a period."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys, column
from shortimize_analytics.analysis.base.digested import Digested, rows_of
from shortimize_analytics.analysis.base.series import matrix_by_age
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema.rows import FOREVER, NEVER, day_numbers

from .ledger import Ledger, LedgerDigest, flows, make_ledger, with_others


@dataclass(frozen=True, slots=True)
class Period:
    """Accounts of (start, end]: its flows by video, its uploads, and what the history covers of it."""

    start: int
    end: int
    flows: pd.DataFrame
    uploads: np.ndarray
    covered: bool
    touched: bool


@dataclass(frozen=True, slots=True)
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
    oldest, newest
        First and last day of the whole history; `NEVER` without rows.
    """

    videos: pd.DataFrame
    ledger: Ledger | LedgerDigest
    uploaded: np.ndarray
    account: np.ndarray
    since: np.ndarray
    gone: np.ndarray
    oldest: int
    newest: int

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


def count_videos(
    videos: pd.DataFrame, history: pd.DataFrame | Digested, *, everyone: pd.DataFrame | None = None
) -> CountedVideos:
    """Join prepared videos, sorted by ad_id, with their prepared history.

    `everyone` are all videos of the history where `videos` are only some of them: they say since when an account was
    tracked.
    """
    counted = videos.loc[videos["counts_in_totals"].to_numpy(dtype=bool)].reset_index(drop=True)
    counted = counted.assign(account=account_keys(counted))
    gone = column(counted, "removed", "boolean").fillna(value=False) | column(counted, "private", "boolean").fillna(
        value=False
    )
    since, oldest, newest = _tracking(videos if everyone is None else everyone, history, account=counted["account"])
    ids = pd.Index(counted["ad_id"])
    ledger: Ledger | LedgerDigest
    if isinstance(history, Digested):
        place = history.place(ids)
        ledger = LedgerDigest(history, place, rows_of(history.first_day, place, missing=FOREVER))
    else:
        ledger = make_ledger(history, ids)
    return CountedVideos(
        videos=counted,
        ledger=ledger,
        uploaded=day_numbers(counted["uploaded_at"], missing=NEVER),
        account=pd.factorize(counted["account"], sort=True)[0],
        since=since,
        gone=gone.to_numpy(dtype=bool),
        oldest=oldest,
        newest=newest,
    )


def _tracking(
    videos: pd.DataFrame, history: pd.DataFrame | Digested, *, account: pd.Series
) -> tuple[np.ndarray, int, int]:
    """Day some accounts were first seen on (`FOREVER` for never), and first and last day of all videos."""
    if isinstance(history, Digested):
        ids, first, last = history.ids, history.first_day, history.last_day
    else:
        starts = np.flatnonzero(history["gain"].isna().to_numpy())
        ids = history["ad_id"].iloc[starts]
        first, last = (
            day_numbers(history["date"].iloc[rows]) for rows in (starts, np.append(starts, len(history))[1:] - 1)
        )
    owner = pd.Series(account_keys(videos).to_numpy(), index=pd.Index(videos["ad_id"]))
    owner = owner[~owner.index.duplicated()].reindex(ids).reset_index(drop=True)
    known = owner.notna().to_numpy()
    if not known.any():
        return np.full(len(account), FOREVER), int(NEVER), int(NEVER)
    seen = pd.Series(first).groupby(owner).min()
    since = seen.reindex(account).fillna(FOREVER).to_numpy(dtype=np.int64)
    return since, int(first[known].min()), int(last[known].max())


def period_of(counted: CountedVideos, start: int, end: int) -> Period:
    """Account for (start, end], as far as the history reaches."""
    until, ledger = max(start, min(end, counted.newest)), counted.ledger
    others: dict[str, Any] = {"uploaded": counted.uploaded, "since": counted.since, "gone": counted.gone}
    if isinstance(ledger, LedgerDigest):
        alone = ledger.digest.flows[start, until]
        alone = pd.DataFrame({name: rows_of(alone[name].to_numpy(), ledger.place, missing=0) for name in alone})
        seen = with_others(alone, first_day=ledger.first_day, start=start, **others)
    else:
        seen = flows(ledger, start=start, end=until, **others)
    return Period(
        start=start,
        end=end,
        flows=seen,
        uploads=(counted.uploaded > start) & (counted.uploaded <= end),
        covered=counted.oldest <= start and end <= counted.newest and counted.newest != NEVER,
        touched=counted.newest > start and counted.oldest <= end,
    )


def last_rows(counted: CountedVideos, week: Period, chosen: np.ndarray) -> pd.DataFrame:
    """Return the last row up to a period's end of some videos that have one."""
    ledger = counted.ledger
    if isinstance(ledger, LedgerDigest):
        until = max(week.start, min(week.end, counted.newest))
        return ledger.digest.counts[week.start, until].iloc[ledger.place[chosen]]
    return ledger.rows.iloc[week.flows["row"].to_numpy()[chosen]]


def young_cells(rows: pd.DataFrame, ids: pd.Index, *, longest: int) -> np.ndarray:
    """Spread the views of prepared rows over ages 0 to `longest`."""
    young = ((rows["age_days"] <= longest) & (rows["age_days"] >= 0)).fillna(value=False).to_numpy(dtype=bool)
    rows = rows.loc[young]
    return matrix_by_age(rows, ids, values=rows["views_curve"].to_numpy(dtype=float), max_age=longest)
