"""Videos of which the API gives no counts: which they are, and how much of a period they could change.

Single videos without counts come with any plan, and posts that were private all along stay without. So they are judged
by what is at stake: one that was never counted, and is not new, was in no total before and is missing in none now. What
the others hold is known where their history goes on, and else taken as what counted videos of their kind, new or older,
gained on average; where none of the kind is counted, as what all did.
"""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from shortimize_analytics.schema.masked import is_masked


@dataclass(frozen=True, slots=True)
class Uncounted:
    """Videos without counts.

    Attributes
    ----------
    ids
        All of them.
    matter
        Those that were counted before, or uploaded in the period.
    share
        Their part of the views that the period gained, 0 to 1.
    """

    ids: list[str]
    matter: list[str]
    share: float


def uncounted(videos: pd.DataFrame, rows: pd.DataFrame, *, first: dt.date, last: dt.date) -> Uncounted:
    """Find the videos without counts, and estimate what they hold.

    Parameters
    ----------
    videos
        Prepared videos of the report.
    rows
        Prepared history, that of other videos included.
    first, last
        The period's days.

    Examples
    --------
    >>> from shortimize_analytics.analysis.prepared import history_of, prepare
    >>> from shortimize_analytics.schema import HISTORY, VIDEOS, cast
    >>> at = {"uploaded_at": "2026-02-01", "latest_updated_at": "2026-03-16T06:00Z"}
    >>> videos, _ = cast([at | {"ad_id": "a", "latest_views": 300}, at | {"ad_id": "b"}, at | {"ad_id": "c"}], VIDEOS)
    >>> history, _ = cast([{"ad_id": name, "date": f"2026-03-{day:02}", "views": views} for name, day, views in
    ...                    (("a", 8, 0), ("a", 15, 300), ("b", 8, 0), ("b", 15, 100))], HISTORY)
    >>> data = prepare(videos, history)
    >>> uncounted(data.videos, history_of(data), first=dt.date(2026, 3, 9), last=dt.date(2026, 3, 15))
    Uncounted(ids=['b', 'c'], matter=['b'], share=0.25)
    """
    ids = videos["ad_id"]
    low, high = pd.Timestamp(first), pd.Timestamp(last)
    blank = is_masked(videos).fillna(value=False).astype(bool)
    new = videos["uploaded_at"].between(low, high).fillna(value=False).astype(bool)
    known = rows.loc[rows["views_raw"].notna() & (rows["date"] <= high), ["ad_id", "date", "views_raw"]]
    now, before = _last(known, ids), _last(known[known["date"] < low], ids)
    then = before["views_raw"].where(before["views_raw"].notna() | ~new.to_numpy(), 0)
    gain = (now["views_raw"] - then).where(now["date"] >= low).astype("Float64").clip(lower=0)
    counted = gain[~blank.to_numpy()]
    kinds = counted.groupby(new.to_numpy()[~blank.to_numpy()]).mean()
    typical = new.map({kind: kinds.get(kind, pd.NA) for kind in (True, False)}).astype("Float64").fillna(counted.mean())
    held = gain.fillna(typical.set_axis(gain.index))
    gone = videos["removed"].fillna(value=False).astype(bool) if "removed" in videos else False
    matter = (blank & ~gone & (new | now["date"].notna().to_numpy())).to_numpy()
    at_stake, rest = float(held[matter].sum()), float(counted.sum())
    share = at_stake / (at_stake + rest) if at_stake + rest else float(matter.sum() / max(1, len(videos)))
    return Uncounted(ids[blank].tolist(), ids[matter].tolist(), share)


def _last(rows: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Give each video's last row, all NA where it has none."""
    return rows.drop_duplicates("ad_id", keep="last").set_index("ad_id").reindex(ids)
