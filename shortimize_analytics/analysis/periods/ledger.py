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
from shortimize_analytics.schema.rows import FOREVER, NEVER, instants_of, rows_that_fall, run_starts


@dataclass(frozen=True, slots=True)
class Ledger:
    """History rows of the counted videos, ready for the accounts of any period.

    Attributes
    ----------
    rows
        The history: each video's rows together, by date, each day once; also of videos that are not counted.
    instants, per_day
        Of each row: its date, in units of which a day has so many.
    views
        Of each row: its count.
    interpolated
        Of each row: whether the API interpolated it. None where the history was not prepared, so that nothing says.
    falls, fallen
        Rows whose count is below that of the video's row before, and the sum of the falls before each of them and of
        all. Rises over any stretch are its difference and its falls, and falls are few.
    first, last
        Of each video: position of its first and last row; first > last without rows.
    first_day, last_day
        Days each video was first and last seen, `FOREVER` and `NEVER` without rows.
    """

    rows: pd.DataFrame
    instants: np.ndarray
    per_day: int
    views: np.ndarray
    interpolated: np.ndarray | None
    falls: np.ndarray
    fallen: np.ndarray
    first: np.ndarray
    last: np.ndarray
    first_day: np.ndarray
    last_day: np.ndarray

    def day(self, row: np.ndarray) -> np.ndarray:
        """Days of some rows; those beyond either end are taken to be the end."""
        return np.asarray(self.instants.take(row, mode="clip") // self.per_day)

    def falls_until(self, row: np.ndarray) -> np.ndarray:
        """Sum of all falls up to some rows and on them, those of other videos included."""
        return self.fallen[np.searchsorted(self.falls, row, side="right")]

    @property
    def newest(self) -> int:
        """Last day on which any of the videos was seen; 0 without rows."""
        return int(self.last_day.max(initial=0))


@dataclass(frozen=True, slots=True)
class LedgerDigest:
    """What accounts need of the counted videos' rows, where a digest stands for them; see `base.digested`."""

    digest: Digested
    place: np.ndarray
    first_day: np.ndarray


class Edge(NamedTuple):
    """Each video at a day: the last row up to it and that row's day, whether it has a value, the value.

    `interpolated` says whether the value is a guess, as far as the ledger knows.
    """

    row: np.ndarray
    day: np.ndarray
    known: np.ndarray
    value: np.ndarray
    interpolated: np.ndarray


class Runs(NamedTuple):
    """The videos of a history, and the positions of their first and last rows."""

    ids: pd.Index
    first: np.ndarray
    last: np.ndarray


def runs_of(history: pd.DataFrame, *, starts: np.ndarray | None = None) -> Runs:
    """Find each video's rows in the result of `prepare_history` or of `clean_history`, which knows where they begin."""
    if starts is None:
        # only a video's first row lacks a gain
        prepared = "gain" in history
        starts = np.flatnonzero(history["gain"].isna().to_numpy()) if prepared else run_starts(history["ad_id"])
    ids = pd.Index(history["ad_id"].iloc[starts].astype("str"))
    return Runs(ids, starts, np.append(starts[1:], len(history))[: len(starts)] - 1)


def make_ledger(history: pd.DataFrame, ids: pd.Index, *, runs: Runs | None = None) -> Ledger:
    """Place videos in a history, and find where counts fall.

    Parameters
    ----------
    history
        Result of `prepare_history` or of `clean_history`.
    ids
        The videos to count.
    runs
        `runs_of` the history; None finds them.
    """
    runs = runs or runs_of(history)
    prepared = "gain" in history
    views = history["views_raw" if prepared else "views"].to_numpy(dtype=np.int64)
    instants, per_day = instants_of(history["date"])
    place = runs.ids.get_indexer(ids)
    without, falls = place < 0, rows_that_fall(views, runs.first)
    first, last = np.zeros(len(ids), dtype=np.int64), np.full(len(ids), -1)
    first[~without], last[~without] = runs.first[place[~without]], runs.last[place[~without]]
    if not len(history):  # something that a position without meaning can point to
        instants, views = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    return Ledger(
        rows=history,
        instants=instants,
        per_day=per_day,
        views=views,
        interpolated=(history["obs"] == "interpolated").to_numpy() if prepared else None,
        falls=falls,
        fallen=np.append(0, np.cumsum(views[falls - 1] - views[falls])),
        first=first,
        last=last,
        first_day=np.where(without, FOREVER, instants[first] // per_day),
        last_day=np.where(without, NEVER, instants[last] // per_day),
    )


def last_row_at(ledger: Ledger, at: int | np.ndarray) -> np.ndarray:
    """Find the last row up to a day of every video, or up to one of its own; a place before its first without any.

    Days that the video has no row of lie between its last row and this one, or between its first row and this one, and
    most videos have one a day: then both ways of counting meet, and nothing need be searched.
    """
    row = np.maximum(ledger.last - np.maximum(ledger.last_day - at, 0), ledger.first)
    most = np.minimum(ledger.first + (at - ledger.first_day), ledger.last)
    days = np.broadcast_to(at, row.shape)
    open_ = np.flatnonzero(row < most)
    open_ = open_[ledger.day(row[open_] + 1) <= days[open_]]
    low, high, days = row[open_] + 1, most[open_], days[open_]
    while (wide := low < high).any():
        middle = (low + high + 1) // 2
        reached = ledger.day(middle) <= days
        low, high = np.where(wide & reached, middle, low), np.where(wide & ~reached, middle - 1, high)
    row[open_] = low
    return np.where(ledger.first_day <= at, row, ledger.first - 1)


def counts_at(ledger: Ledger, at: int | np.ndarray) -> Edge:
    """Look up every video at the end of a day, or each at the end of one of its own.

    `row` lies before `first` when there is none up to the day.
    """
    row = last_row_at(ledger, at)
    day, days = ledger.day(row), np.broadcast_to(at, row.shape)
    known = (ledger.first_day <= at) & (ledger.last_day >= days - 1)
    value = np.where(known, ledger.views.take(row, mode="clip"), 0)
    marked = np.zeros(len(row), dtype=bool)
    if ledger.interpolated is not None:
        marked = ledger.interpolated.take(row, mode="clip") if len(ledger.interpolated) else marked
    # the few in a gap take the count of the day after, or lie between two
    gaps = np.flatnonzero(known & (day < days - 1))
    before, after, wanted = row[gaps], row[gaps] + 1, days[gaps]
    following = ledger.day(after)
    near = following == wanted + 1
    width = np.where(near, 1, following - day[gaps])
    part = np.where(near, 0, wanted - day[gaps]) / width
    inside = ledger.views[before] + np.rint(part * (ledger.views[after] - ledger.views[before])).astype(np.int64)
    value[gaps] = np.where(near, ledger.views[after], inside)
    marked[gaps] = ~near if ledger.interpolated is None else ~near | ledger.interpolated[after]
    return Edge(row, day, known, value, known & marked)


def flows(
    ledger: Ledger,
    *,
    start: int,
    end: int,
    uploaded: np.ndarray,
    since: np.ndarray,
    gone: np.ndarray,
    edges: tuple[Edge, Edge] | None = None,
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
    edges
        `counts_at` of both days; None looks them up.

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
    edges = edges or (counts_at(ledger, start), counts_at(ledger, end))
    alone = flows_alone(ledger, edges, start=start, end=end, uploaded=uploaded)
    return with_others(alone, first_day=ledger.first_day, start=start, uploaded=uploaded, since=since, gone=gone)


def flows_alone(
    ledger: Ledger, edges: tuple[Edge, Edge], *, start: int, end: int, uploaded: np.ndarray
) -> dict[str, np.ndarray]:
    """Account as `flows` does for what each video's own rows say: as though no account had been tracked before.

    In place of `lost` and `not_refreshed` stands `dropped`, their sum.
    """
    opening, closing = edges
    arrived = ~opening.known & (ledger.first_day > start) & (ledger.first_day <= end)
    known = opening.known | arrived
    is_new = known & (uploaded > start) & (uploaded <= end)
    begin = np.where(opening.known, opening.row + 1, ledger.first)
    inside = closing.row >= begin
    first, last = (ledger.views.take(row, mode="clip") for row in (begin, closing.row))
    base = np.where(opening.known, opening.value, np.where(is_new, 0, first))
    final = np.where(closing.known, closing.value, last)
    gained = np.where(known, final - base, 0)
    old = known & ~is_new
    # from the base up to the first row of the path, along its rows, and from its last row to the final value
    path = last - first + ledger.falls_until(closing.row) - ledger.falls_until(begin)
    path += np.maximum(first - base, 0) + np.maximum(final - last, 0)
    rises = np.where(old, np.where(inside, path, np.maximum(gained, 0)), 0)
    return {
        "views_start": opening.value,
        "views_end": closing.value,
        "views_gained": gained,
        "new_views": np.where(is_new, gained, 0),
        "back_views": rises,
        "corrections": np.where(old, gained - rises, 0),
        "newly_tracked": np.where(arrived & old, base, 0),
        "dropped": np.where(known & ~closing.known, -final, 0),
        "views": np.where(known, final, 0),
        "known": known,
        "is_new": is_new,
        "active": (closing.row >= ledger.first) & (closing.day > start),
        "interpolated": known & (opening.interpolated | closing.interpolated),
        "row": closing.row,
    }


def with_others(
    alone: dict[str, np.ndarray],
    *,
    first_day: np.ndarray,
    start: int,
    uploaded: np.ndarray,
    since: np.ndarray,
    gone: np.ndarray,
) -> pd.DataFrame:
    """Complete `flows_alone`: uploads of the first edge whose account was tracked are new, and who is gone is lost."""
    also = alone["known"] & (first_day > start) & (uploaded == start) & (since <= start)
    views, dropped = alone["views"], alone["dropped"]
    changed = {
        "views_gained": np.where(also, views, alone["views_gained"]),
        "new_views": np.where(also, views, alone["new_views"]),
        "back_views": np.where(also, 0, alone["back_views"]),
        "corrections": np.where(also, 0, alone["corrections"]),
        "newly_tracked": np.where(also, 0, alone["newly_tracked"]),
        "lost": np.where(gone, dropped, 0),
        "not_refreshed": np.where(gone, 0, dropped),
        "is_new": alone["is_new"] | also,
    }
    rest = ("views_start", "views_end", "views", "known", "active", "interpolated", "row")
    return pd.DataFrame(changed | {name: alone[name] for name in rest if name in alone}, copy=False)


def counted_at_end(seen: pd.DataFrame) -> np.ndarray:
    """Mark the videos of `flows` that have a value at the end: they have there what they were last seen with.

    A sum of `views_end` over none of these is not known, and no 0.
    """
    return (seen["known"] & (seen["views_end"] == seen["views"])).to_numpy()


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
