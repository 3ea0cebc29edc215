"""Videos whose count stands still because nobody measures them any more: not measured is not flat.

An account may be tracked as ``latest_30`` or ``latest_200``: perhaps only its newest so many videos are measured, and
the API goes on to send the last count of the others, day after day. A video that dies slows down over weeks first; one
that is no longer measured stops within a day.

Definitions
-----------
still
    No change for at least 7 days up to its last row, with 5 rows or more in them.
broke off
    Still, though its count moved on 5 or more of the 7 observed days before.
not measured
    All still videos of an account that are older than every video of it that moves, if at least 5 of them broke off,
    and at least half of those did so on one day (or the day before it), or within 2 days of the upload that made them
    the 31st or the 201st newest. The limits are this package's own.

Pitfalls: a video that died before the others broke off counts as not measured from that day on, since nobody looked. A
video that is removed stands still, too, and takes no part. Days beyond the vendor's window lie on lines between
snapshots and prove nothing.
"""

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys
from shortimize_analytics.analysis.base.digested import Digested
from shortimize_analytics.schema.rows import NEVER, changes, dates_of, day_numbers, run_starts

SINCE = "unmeasured_since"
"""First day on which a video was not measured any more; NaT where it is, or nothing is known."""
STILL_DAYS, STILL_ROWS = 7, 5
LOOK_BACK, MOVING = 7, 5
MIN_BROKEN = 5
NEWEST = (30, 200)
"""Videos of an account that the vendor's tracking types name."""
SLACK = 2


def find_unmeasured(videos: pd.DataFrame, rows: pd.DataFrame | Digested) -> pd.Series:
    """Say from which day on each video's count was no longer measured.

    Parameters
    ----------
    videos
        Prepared videos.
    rows
        Prepared history, or its digest.

    Returns
    -------
    Series
        One day per video, in the order of `videos`; NaT where it is measured.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.prepared import prepare
    >>> from shortimize_analytics.schema import HISTORY, VIDEOS, cast
    >>> videos, _ = cast([{"ad_id": str(n), "platform": "tiktok", "username": "ann", "uploaded_at": f"2026-01-0{n + 1}",
    ...                    "latest_views": 90, "latest_updated_at": "2026-03-31"} for n in range(6)], VIDEOS)
    >>> days = pd.date_range("2026-03-01", "2026-03-30")
    >>> history, _ = cast([{"ad_id": str(n), "date": str(day.date()), "views": (day.day if n == 5 else min(day.day, 12))
    ...                     ** 2} for n in range(6) for day in days], HISTORY)
    >>> prepare(videos, history).videos["unmeasured_since"].dt.day.tolist()
    [13.0, 13.0, 13.0, 13.0, 13.0, nan]
    """
    since = pd.Series(pd.NaT, index=videos.index, dtype="datetime64[us]")
    facts = rows.moves if isinstance(rows, Digested) else last_moves(rows)
    usable = videos["excluded"].isna() & videos["uploaded_at"].notna()
    if facts.empty or not usable.any():
        return since
    table = pd.DataFrame(
        {
            "row": np.flatnonzero(usable),
            "account": pd.factorize(account_keys(videos)[usable])[0],
            "uploaded": day_numbers(videos.loc[usable, "uploaded_at"]).astype(np.int64),
        }
    )
    found = facts.reindex(videos.loc[usable, "ad_id"]).reset_index(drop=True)
    table = pd.concat([table, found], axis=1).sort_values(["account", "uploaded"], ignore_index=True)
    account, seen = table["account"].to_numpy(), table["moved_on"].notna().to_numpy()
    still = seen & _is_true(table["still"])
    passed = np.cumsum(seen & ~still)
    before = np.maximum.accumulate(np.where(changes(account), passed - (seen & ~still), 0))
    older = still & (passed == before)
    broke = older & _is_true(table["broke_off"])
    if np.bincount(account, broke).max(initial=0) < MIN_BROKEN:
        return since
    moved_on = table["moved_on"].fillna(NEVER).to_numpy(dtype=np.int64)
    displaced = _displaced(account, table["uploaded"].to_numpy(), moved_on=moved_on)
    first = np.full(len(table), NEVER)
    for number in np.flatnonzero(np.bincount(account, broke) >= MIN_BROKEN):
        here = account == number
        day, together = _most(moved_on[here & broke])
        enough = max(MIN_BROKEN, int(np.ceil((here & broke).sum() / 2)))
        if together >= enough:
            first[here & older] = np.maximum(moved_on[here & older], day) + 1
        elif (here & broke & displaced).sum() >= enough:
            first[here & older] = moved_on[here & older] + 1
    known = first > NEVER
    since.iloc[table["row"].to_numpy()[known]] = dates_of(first[known]).to_numpy()
    return since


def measured_rows(rows: pd.DataFrame, videos: pd.DataFrame) -> np.ndarray:
    """Mark the days of a prepared history on which videos still were measured."""
    gone = videos.loc[videos[SINCE].notna(), ["ad_id", SINCE]].drop_duplicates("ad_id").set_index("ad_id")[SINCE]
    out = np.ones(len(rows), dtype=bool)
    if gone.empty:
        return out
    starts = run_starts(rows["ad_id"])
    limit = gone.reindex(rows["ad_id"].iloc[starts]).to_numpy()
    lengths = np.diff(starts, append=len(rows))
    out &= ~(rows["date"].to_numpy() >= np.repeat(limit, lengths))
    return out


def _is_true(marks: pd.Series) -> np.ndarray:
    """Read marks of which some are missing: a missing one is no."""
    return marks.astype("boolean").fillna(value=False).to_numpy(dtype=bool)


def last_moves(rows: pd.DataFrame) -> pd.DataFrame:
    """Say of each video on which day its count last changed, whether it stands still, and whether it broke off."""
    if rows.empty:
        return pd.DataFrame(columns=["moved_on", "still", "broke_off"])
    starts = run_starts(rows["ad_id"])
    last = np.append(starts[1:], len(rows)) - 1
    gain = rows["gain"].to_numpy(dtype=np.int64, na_value=0)
    place = np.arange(len(rows))
    moved = gain != 0
    latest = np.maximum.reduceat(np.where(moved, place, -1), starts)
    any_move = latest >= starts
    latest = np.where(any_move, latest, starts)
    day = day_numbers(rows["date"]).astype(np.int64)
    still = any_move & (day[last] - day[latest] >= STILL_DAYS) & (last - latest >= STILL_ROWS)
    risen = np.r_[0, np.cumsum((gain > 0) & (rows["obs"] == "observed").to_numpy())]
    begin = np.maximum(starts, latest + 1 - LOOK_BACK)
    near = day[latest] - day[begin] < LOOK_BACK
    broke = still & near & (risen[latest + 1] - risen[begin] >= MOVING)
    ids = pd.Index(rows["ad_id"].iloc[starts].astype("str"))
    facts = pd.DataFrame({"moved_on": day[latest], "still": still, "broke_off": broke}, index=ids)
    return facts[~ids.duplicated()]


def _displaced(account: np.ndarray, uploaded: np.ndarray, *, moved_on: np.ndarray) -> np.ndarray:
    """Tell which videos last moved when so many newer ones of their account were up that they left the newest."""
    out = np.zeros(len(account), dtype=bool)
    for size in NEWEST:
        if len(account) > size:
            same = account[size:] == account[:-size]
            out[:-size] |= same & (np.abs(moved_on[:-size] - uploaded[size:]) <= SLACK)
    return out


def _most(days: np.ndarray) -> tuple[int, int]:
    """Find the day on which, or on the day before, most videos moved for the last time, and how many."""
    each, count = np.unique(days, return_counts=True)
    before = np.where(np.isin(each - 1, each), count[np.searchsorted(each, each - 1).clip(max=len(count) - 1)], 0)
    best = int((count + before).argmax())
    return int(each[best]), int((count + before)[best])
