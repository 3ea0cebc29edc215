"""Exact accounts of a period: where every view between two totals came from.

Definitions
-----------
value at day d
    The count of that day; else of the day before, or of the day after inside a gap; else interpolated in the gap and
    marked. A video has a value at d from its first row on and until one day after its last.
new
    Views of videos uploaded in the period (start, end], and of those uploaded on its first edge that nobody had seen by
    then although their account was tracked: without them a quarter of growth can look like "newly tracked".
back, corrections
    Rises and falls from row to row of all other videos, from the start or from first sight, to the end or to last
    sight. A glitch inside the period adds to both and nothing to their sum.
newly tracked
    Count at first sight of an older video. Not growth.
lost, not refreshed
    Minus the last count of a video that has no value at the end: lost when it was removed or made private, else merely
    not measured, most often because its whole account was not. Neither is a loss of growth.

Per video, total at the end − total at the start = new + back + corrections + newly tracked + lost + not refreshed, in
whole views: everything is integer arithmetic on raw counts.

Pitfall: what a video gained before it dropped out inside the period is growth and stays in new or back, so that lost
and not refreshed start from the last count, not from the count at the start.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.digested import Digested
from shortimize_analytics.schema.rows import FOREVER, NEVER, along_runs, day_numbers


@dataclass(frozen=True, slots=True)
class Ledger:
    """History rows of the counted videos, ready for the accounts of any period.

    Attributes
    ----------
    rows
        The prepared history, in (video, date) order.
    key
        Sorted number of (video, day).
    span
        Distance of two videos in `key`.
    low
        Day that `key` counts from (days since 1970-01-01).
    day, views, rises, interpolated
        Of each row: day, count, sum of all rises up to it, and whether the API interpolated it. One row of zeros stands
        at the end so that a position of −1 is valid.
    first, last
        Of each video: position of its first and last row; first > last without rows.
    first_day
        Day each video was first seen, `FOREVER` without rows.
    """

    rows: pd.DataFrame
    key: np.ndarray
    span: int
    low: int
    day: np.ndarray
    views: np.ndarray
    rises: np.ndarray
    interpolated: np.ndarray
    first: np.ndarray
    last: np.ndarray
    first_day: np.ndarray


@dataclass(frozen=True, slots=True)
class LedgerDigest:
    """What accounts need of the counted videos' rows, where a digest stands for them; see `base.digested`."""

    digest: Digested
    place: np.ndarray
    first_day: np.ndarray


class Edge(NamedTuple):
    """Each video at a day: the last row up to it, whether it has a value, the value, and whether that is a guess."""

    row: np.ndarray
    known: np.ndarray
    value: np.ndarray
    interpolated: np.ndarray


def make_ledger(history: pd.DataFrame, ids: pd.Index) -> Ledger:
    """Index a prepared history by video and day.

    Parameters
    ----------
    history
        Result of `prepare_history`.
    ids
        The videos to count, unique; rows of others are left out.
    """
    # only a video's first row lacks a gain, which spares hashing millions of ids
    starts = np.flatnonzero(history["gain"].isna().to_numpy())
    code = along_runs(ids.get_indexer(history["ad_id"].iloc[starts]), starts, rows=len(history))
    if (np.diff(code, prepend=0) < 0).any():
        order = np.argsort(code, kind="stable")
        order = order[code[order] >= 0]
        history, code = history.iloc[order], code[order]
    day = day_numbers(history["date"]).astype(np.int64)
    views = history["views_raw"].to_numpy(dtype=np.int64)
    rise = np.maximum(history["gain"].to_numpy(dtype=np.int64, na_value=0), 0)
    low = int(day.min(initial=0)) - 1
    span = int(day.max(initial=0)) - low + 2
    key = code.astype(np.int64) * span + (day - low)
    edges = np.searchsorted(key, np.arange(len(ids) + 1, dtype=np.int64) * span)
    day = np.append(day, NEVER)
    return Ledger(
        rows=history,
        key=key,
        span=span,
        low=low,
        day=day,
        views=np.append(views, 0),
        rises=np.append(np.cumsum(rise), 0),
        interpolated=np.append((history["obs"] == "interpolated").to_numpy(), False),
        first=edges[:-1],
        last=edges[1:] - 1,
        first_day=np.where(edges[:-1] < edges[1:], day[edges[:-1]], FOREVER),
    )


def counts_at(ledger: Ledger, at: int | np.ndarray) -> Edge:
    """Look up every video at the end of a day, or each at the end of one of its own.

    `row` lies before `first` when there is none up to the day.
    """
    base = np.arange(len(ledger.first), dtype=np.int64) * ledger.span
    row = np.searchsorted(ledger.key, base + np.clip(at - ledger.low, 0, ledger.span - 1), side="right") - 1
    after = np.minimum(row + 1, len(ledger.day) - 1)
    known = (row >= ledger.first) & (ledger.day[ledger.last] >= at - 1)
    exact = ledger.day[row] >= at - 1
    near = ~exact & (ledger.day[after] == at + 1)
    between = known & ~exact & ~near
    width = np.where(between, ledger.day[after] - ledger.day[row], 1)
    part = np.where(between, at - ledger.day[row], 0) / width
    inside = ledger.views[row] + np.rint(part * (ledger.views[after] - ledger.views[row])).astype(np.int64)
    value = np.where(near, ledger.views[after], inside)
    marked = between | np.where(near, ledger.interpolated[after], ledger.interpolated[row])
    return Edge(row, known, np.where(known, value, 0), known & marked)


def flows(
    ledger: Ledger,
    *,
    start: int,
    end: int,
    uploaded: np.ndarray,
    since: np.ndarray,
    gone: np.ndarray,
) -> pd.DataFrame:
    """Account for every view between two days, video by video.

    Parameters
    ----------
    ledger
        Result of `make_ledger`.
    start, end
        The period (start, end], days since 1970-01-01.
    uploaded
        Upload day of each video, `NEVER` where unknown.
    since
        Day on which any video of each video's account was first seen.
    gone
        The video was removed or made private.

    Returns
    -------
    DataFrame
        One row per video, in the order of the ledger's ids, views as int64: `views_start`, `views_end`, `views_gained`,
        `new_views`, `back_views`, `corrections`, `newly_tracked`, `lost`, `not_refreshed`, `views` (last count in the
        period); and `known` (it has any part in the totals), `is_new`, `active` (a row inside the period),
        `interpolated` (an edge of its gain is), `row` (position of the last row up to the end).

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.periods.ledger import flows, make_ledger
    >>> from shortimize_analytics.analysis.prepare import prepare_history
    >>> days = pd.date_range("1970-01-01", periods=4).as_unit("us")
    >>> history = pd.DataFrame({"ad_id": "1", "date": days, "views": pd.array([50, 90, 70, 100], dtype="Int64")})
    >>> history = prepare_history(history, pd.DataFrame({"ad_id": ["1"], "uploaded_at": days[:1]}))
    >>> found = flows(make_ledger(history, pd.Index(["1"])), start=0, end=3, uploaded=np.array([0]),
    ...               since=np.array([0]), gone=np.array([False]))
    >>> found[["views_start", "views_end", "back_views", "corrections"]].to_dict("records")
    [{'views_start': 50, 'views_end': 100, 'back_views': 70, 'corrections': -20}]
    """
    alone = flows_alone(ledger, start=start, end=end, uploaded=uploaded)
    return with_others(alone, first_day=ledger.first_day, start=start, uploaded=uploaded, since=since, gone=gone)


def flows_alone(ledger: Ledger, *, start: int, end: int, uploaded: np.ndarray) -> pd.DataFrame:
    """Account as `flows` does for what each video's own rows say: as though no account had been tracked before.

    In place of `lost` and `not_refreshed` stands `dropped`, their sum.
    """
    opening, closing = counts_at(ledger, start), counts_at(ledger, end)
    arrived = ~opening.known & (ledger.first_day > start) & (ledger.first_day <= end)
    known = opening.known | arrived
    is_new = known & (uploaded > start) & (uploaded <= end)
    base = np.where(opening.known, opening.value, np.where(is_new, 0, ledger.views[ledger.first]))
    final = np.where(closing.known, closing.value, ledger.views[closing.row])
    gained = np.where(known, final - base, 0)
    old = known & ~is_new
    # from the base up to the first row of the path, along its rows, and from its last row to the final value
    begin = np.where(opening.known, opening.row + 1, ledger.first)
    inside = closing.row >= begin
    begin = np.minimum(begin, len(ledger.day) - 1)
    path = ledger.rises[closing.row] - ledger.rises[begin]
    path += np.maximum(ledger.views[begin] - base, 0) + np.maximum(final - ledger.views[closing.row], 0)
    rises = np.where(old, np.where(inside, path, np.maximum(gained, 0)), 0)
    dropped = np.where(known & ~closing.known, -final, 0)
    return pd.DataFrame(
        {
            "views_start": opening.value,
            "views_end": closing.value,
            "views_gained": gained,
            "new_views": np.where(is_new, gained, 0),
            "back_views": rises,
            "corrections": np.where(old, gained - rises, 0),
            "newly_tracked": np.where(arrived & old, base, 0),
            "dropped": dropped,
            "views": np.where(known, final, 0),
            "known": known,
            "is_new": is_new,
            "active": (closing.row >= ledger.first) & (ledger.day[closing.row] > start),
            "interpolated": known & (opening.interpolated | closing.interpolated),
            "row": closing.row,
        }
    )


def with_others(
    alone: pd.DataFrame,
    *,
    first_day: np.ndarray,
    start: int,
    uploaded: np.ndarray,
    since: np.ndarray,
    gone: np.ndarray,
) -> pd.DataFrame:
    """Complete `flows_alone`: uploads of the first edge whose account was tracked are new, and who is gone is lost."""
    known, views = alone["known"].to_numpy(), alone["views"].to_numpy()
    also = known & (first_day > start) & (uploaded == start) & (since <= start)
    dropped = alone["dropped"].to_numpy()
    changed = {
        "views_gained": np.where(also, views, alone["views_gained"]),
        "new_views": np.where(also, views, alone["new_views"]),
        "back_views": np.where(also, 0, alone["back_views"]),
        "corrections": np.where(also, 0, alone["corrections"]),
        "newly_tracked": np.where(also, 0, alone["newly_tracked"]),
        "lost": np.where(gone, dropped, 0),
        "not_refreshed": np.where(gone, 0, dropped),
        "is_new": alone["is_new"].to_numpy() | also,
    }
    rest = [
        name
        for name in ("views_start", "views_end", "views", "known", "active", "interpolated", "row")
        if name in alone
    ]
    return pd.DataFrame(changed | {name: alone[name].to_numpy() for name in rest})


def counted_at_end(seen: pd.DataFrame) -> np.ndarray:
    """Mark the videos of `flows` that have a value at the end: they have there what they were last seen with.

    A sum of `views_end` over none of these is not known, and no 0.
    """
    return (seen["known"] & (seen["views_end"] == seen["views"])).to_numpy()


def tracked(ledger: Ledger | LedgerDigest, group: np.ndarray, *, by: int, size: int) -> np.ndarray:
    """Mark which of `size` groups of videos had any video seen by a day."""
    return np.bincount(group, ledger.first_day <= by, minlength=size) > 0


def new_upload_effects(before: tuple[int, int], now: tuple[int, int]) -> tuple[int, int]:
    """Split the change of the views of new uploads into how many they were and how well each did.

    Parameters
    ----------
    before, now
        Number of new videos and sum of their views, in the earlier and the later period.

    Returns
    -------
    volume, performance
        Views; their sum is exactly the change. A period without uploads has no mean: all is volume then.

    References
    ----------
    Midpoint (Marshall and Edgeworth) weights, with which a product's change splits without a remainder.

    Examples
    --------
    >>> from shortimize_analytics.analysis.periods.ledger import new_upload_effects
    >>> new_upload_effects((10, 1000), (12, 1800))
    (250, 550)
    """
    (count_before, views_before), (count_now, views_now) = before, now
    change = views_now - views_before
    if not count_before or not count_now:
        return change, 0
    mean = (views_before / count_before + views_now / count_now) / 2
    volume = round((count_now - count_before) * mean)
    return volume, change - volume


def age_mix_effect(
    before: tuple[int, int], now: tuple[int, int], *, shares: tuple[float, float], performance: int
) -> tuple[int | None, int | None]:
    """Split what each new upload brought into how old the uploads were at the end and how well they did for their age.

    Parameters
    ----------
    before, now
        Number of new videos and sum of their views, in the earlier and the later period.
    shares
        Mean share of their later views that videos of those ages have, in both periods; NaN where unknown.
    performance
        Second result of `new_upload_effects`.

    Returns
    -------
    age, rest
        Views; their sum is exactly `performance`. None where a period has no uploads or no share.

    Examples
    --------
    >>> from shortimize_analytics.analysis.periods.ledger import age_mix_effect
    >>> age_mix_effect((10, 1000), (10, 1500), shares=(0.4, 0.6), performance=500)
    (500, 0)
    >>> age_mix_effect((10, 1000), (10, 1500), shares=(0.4, float("nan")), performance=500)
    (None, None)
    """
    if not (before[0] and now[0] and all(share > 0 for share in shares)):
        return None, None
    levels = [views / count / share for (count, views), share in zip((before, now), shares, strict=True)]
    age = round((shares[1] - shares[0]) * sum(levels) / 2 * (before[0] + now[0]) / 2)
    return age, performance - age
