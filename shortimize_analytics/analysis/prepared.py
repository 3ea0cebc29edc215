"""Videos and history, checked and prepared once, and handed from analysis to analysis as one value.

Every analysis takes the two frames of the loaders, or a `Prepared` in place of both: then nothing is prepared again.

Pitfall: a `Prepared` does not follow its frames. Prepare again after a change of either.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from shortimize_analytics.errors import DataQualityWarning, InvalidParameterError, warn
from shortimize_analytics.schema import LEFT_OUT, conform
from shortimize_analytics.schema.days import read_instant
from shortimize_analytics.schema.frames import check_history, check_videos
from shortimize_analytics.schema.rows import among, latest, places_in, rows_among, whole_days

from .base import english
from .base.calendar import day_number
from .base.columns import column
from .base.constants import MAX_LAG
from .base.digested import Digested
from .base.vendor import INCREASES
from .plausible import SET_ASIDE, set_aside
from .prepare import ADDED, COPY_KINDS, add_age_and_exclusion, copy_kinds, prepare_history, prepare_videos
from .unmeasured import SINCE, STILL_DAYS, find_unmeasured

EXAMPLES = 20
"""Ids kept per reason."""
_KNOWN = ("ad_id", "date", "age_days", "views_raw", "views_curve", "gain", "obs", "correction", "fetched_at")
"""What analyses read of a prepared history."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Videos and history, prepared once.

    Attributes
    ----------
    videos
        The videos with `format`, `age_days`, `excluded`, `dup_group`, `counts_in_totals` and `implausible_views`, see
        `prepare_videos`, and `unmeasured_since`, see `find_unmeasured`.
    history
        The days with `age_days`, `gain`, `obs` and more, see `prepare_history`; None where none was given.
    left_out
        What no baseline, ranking or total uses, and why: one row per reason (schema `LEFT_OUT`).
    digest
        In place of a history that is too large for one frame: rankings, growth curves, forecasts, comparisons take it.
    """

    videos: pd.DataFrame
    history: pd.DataFrame | None
    left_out: pd.DataFrame
    digest: Digested | None = None

    @property
    def rows(self) -> pd.DataFrame | Digested | None:
        """The history, or its digest."""
        return self.history if self.digest is None else self.digest

    def part(self, chosen: np.ndarray) -> "Prepared":
        """Return some of the videos with everyone's history: a copy of a post of another account counts here.

        Parameters
        ----------
        chosen
            Whether each video belongs to the part.
        """
        videos = add_age_and_exclusion(self.videos.loc[chosen].reset_index(drop=True))
        return replace(self, videos=videos, left_out=_left_out(videos, self.rows))

    def until(self, end: date) -> "Prepared":
        """Show videos and history as they stood at the end of a day: a past week must not know the future.

        A video that was measured later has the count that its history gives for the day.
        """
        then = self.videos.loc[~(self.videos["uploaded_at"] > pd.Timestamp(end)).to_numpy()].reset_index(drop=True)
        if self.digest is not None:
            known = self.digest.until(day_number(end))
            videos = _with_counts_of(then, known.ends.set_index(known.ids), end=end)
            known = replace(known, moment=last_full_day(videos, newest=known.newest))
            return Prepared(videos, None, _left_out(videos, known), known)
        rows = _no_history() if self.history is None else self.history
        videos, past = _stood(then, rows, end=end)
        return Prepared(videos, past, _left_out(videos, past))

    def last_full_day(self) -> date | None:
        """Return the last day of the history that was over when it was asked for: the moment of scores.

        None without a history, or where it ends more than 2 days before the newest count.
        """
        return None if self.rows is None else last_full_day(self.videos, newest=newest_day(self.rows))

    def at_end_of(self, end: date) -> "Prepared":
        """Show the same videos as they stood at the end of a day; those uploaded later are excluded and say so."""
        edge = pd.Timestamp(end)
        later = (self.videos["uploaded_at"] > edge).to_numpy()
        rows = _no_history() if self.rows is None else self.rows
        if isinstance(rows, Digested) and rows.moment not in {None, end}:
            raise InvalidParameterError(f"this digest is as of {rows.moment}, not of {end}: digest anew with end=")
        if not (later.any() or _measured_after(self.videos, end).any() or newest_day(rows) > edge):
            return self
        then = self.videos.copy()
        if isinstance(rows, Digested):
            if rows.moment is None:
                raise InvalidParameterError(f"this digest is as of its newest day, not of {end}: digest anew with end=")
            videos, past = _with_counts_of(then, rows.moment_ends.set_index(rows.ids), end=end), None
        else:
            videos, past = _stood(then, rows, end=end)
        videos["excluded"] = videos["excluded"].mask(later & videos["excluded"].isna().to_numpy(), "uploaded_later")
        return replace(self, videos=videos, history=past)


def last_full_day(videos: pd.DataFrame, *, newest: pd.Timestamp) -> date | None:
    """See `Prepared.last_full_day`; `newest` is the history's last day."""
    if pd.isna(newest):
        return None
    measured = column(videos, "latest_updated_at", "datetime64[us, UTC]").max()
    if pd.notna(measured) and measured.date() > newest.date() + timedelta(days=MAX_LAG):
        return None
    asked = asked_on(videos)
    return newest.date() if asked is None or asked > newest.date() else asked - timedelta(days=1)


def newest_day(rows: pd.DataFrame | Digested) -> pd.Timestamp:
    """Return the last day of a history or of its digest; NaT without rows."""
    return rows.newest if isinstance(rows, Digested) else latest(rows["date"])


def asked_on(videos: pd.DataFrame) -> date | None:
    """Return the day on which videos were asked for, as their loader or their rows say; None where neither does."""
    fetched = column(videos, "fetched_at", "datetime64[us, UTC]").max()
    asked = videos.attrs.get("as_of", None if pd.isna(fetched) else fetched)
    return None if asked is None else read_instant(asked, "as_of").date()


def _measured_after(videos: pd.DataFrame, end: date) -> np.ndarray:
    """Tell which videos were measured after a day, or at an unknown time."""
    measured = column(videos, "latest_updated_at", "datetime64[us, UTC]")
    after = (measured >= pd.Timestamp(end + timedelta(days=1), tz="UTC")) | measured.isna()
    return after.to_numpy(dtype=bool)


def _stood(then: pd.DataFrame, rows: pd.DataFrame, *, end: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give videos, in place, the counts that their history has at the end of a day; return them and the days so far."""
    past = rows.loc[(rows["date"] <= pd.Timestamp(end)).to_numpy(), [name for name in _KNOWN if name in rows]]
    return _with_counts_of(then, last_counts(past).set_index("ad_id"), end=end), past.reset_index(drop=True)


def last_counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return day and views of each video's last row in a prepared history, or in one cut after a day."""
    # only a video's first row lacks a gain, so the row before it is another video's last
    final = np.append(rows["gain"].isna().to_numpy()[1:], True)[: len(rows)]
    return rows.loc[final, ["ad_id", "date", "views_raw"]]


def _with_counts_of(then: pd.DataFrame, known: pd.DataFrame, *, end: date) -> pd.DataFrame:
    """Give videos, in place, the counts they had at the end of a day, where the newest are of later."""
    known = known.reset_index(drop=True).reindex(places_in(known.index, then["ad_id"]))
    measured = column(then, "latest_updated_at", "datetime64[us, UTC]")
    replaced = _measured_after(then, end) & known["date"].notna().to_numpy()
    seen = known["date"].dt.tz_localize("UTC").astype("datetime64[us, UTC]").array
    then["latest_views"] = then["latest_views"].where(~replaced, known["views_raw"].to_numpy())
    then[SET_ASIDE] = then[SET_ASIDE].mask(replaced)
    # what stands still can be told a week later
    then[SINCE] = then[SINCE].mask(then[SINCE] > pd.Timestamp(end) - pd.Timedelta(days=STILL_DAYS - 1))
    old = replaced & (known["date"].to_numpy() < (whole_days(measured) - pd.Timedelta(days=1)).to_numpy())
    for name in INCREASES:
        if name in then:  # growth up to a later count says nothing of this one
            then[name] = then[name].mask(old)
    then["latest_updated_at"] = measured.where(~replaced, pd.Series(seen, index=then.index))
    return add_age_and_exclusion(then)


def prepare(
    videos: pd.DataFrame,
    history: pd.DataFrame | None = None,
    *,
    as_of: date | None = None,
    keep_implausible: bool = False,
    digest: Digested | None = None,
) -> Prepared:
    """Check and prepare videos and their history once, for any number of analyses.

    Parameters
    ----------
    videos
        Frame of `load_videos`.
    history
        Frame of `load_history`; None where the analyses to come need none.
    as_of
        Day at which a video without `latest_updated_at` is taken to have been measured; None leaves its age NA.
    keep_implausible
        Use newest counts although a video's own history or likes contradict them, see `analysis.plausible`. Otherwise
        they become NA, `implausible_views` keeps the views, and a `DataQualityWarning` names the videos; no ranking,
        forecast, total of newest counts or engagement uses them, while the history counts as before.

    digest
        What `scale.read_digest` read, in place of the history.

    Returns
    -------
    Prepared
        Videos, history, and what was left out and why. Every analysis takes it in place of the two frames.

    Raises
    ------
    InvalidParameterError
        When a frame lacks a column, holds text where days or counts belong, or the two are swapped.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> row = {"platform": "tiktok", "uploaded_at": "2026-03-01", "latest_views": 9, "latest_updated_at": "2026-03-05"}
    >>> videos, _ = cast([row | {"ad_id": "1"}, row | {"ad_id": "2", "private": True}], VIDEOS)
    >>> data = sa.prepare(videos)
    >>> data.left_out[["table", "reason", "n"]].to_dict("records")
    [{'table': 'videos', 'reason': 'private', 'n': 1}]
    >>> len(sa.rank_outliers(data))
    2
    """
    check_videos(videos, history)
    ready = prepare_videos(_without_own(videos), as_of=as_of)
    rows = None
    if history is not None:
        check_history(history)
        rows = prepare_history(history, ready)
    if not keep_implausible:
        found = set_aside(ready, rows if digest is None else digest)
        if len(found):
            ready = add_age_and_exclusion(ready, as_of=as_of)
            _tell(ready.iloc[found])
    known = rows if digest is None else digest
    if known is not None:
        ready[SINCE] = find_unmeasured(ready, known)
    return Prepared(ready, rows, _left_out(ready, known, given=history), digest)


def _without_own(videos: pd.DataFrame) -> pd.DataFrame:
    """Leave out columns of the user's own whose names analyses give to theirs: they would be mixed up."""
    taken = [name for name in (*ADDED, "account", "y", "age") if name in videos]
    ours = set(ADDED) <= set(taken)  # prepared before: made anew, but for what was set aside
    if taken and not ours:
        warn(
            f"videos has a column {taken[0]!r} of your own, a name that analyses give to theirs: it is not used; to "
            f"group by it rename it with videos.rename(columns={{{taken[0]!r}: 'my_{taken[0]}'}})",
            DataQualityWarning,
            stacklevel=4,
        )
    return videos.drop(columns=[name for name in taken if not (ours and name == SET_ASIDE)])


def _tell(doubted: pd.DataFrame) -> None:
    ids, one = doubted["ad_id"].tolist(), len(doubted) == 1
    named = ", ".join(ids[:EXAMPLES]) + (f" and {len(ids) - EXAMPLES:,} more" if len(ids) > EXAMPLES else "")
    warn(
        f"the newest counts of {english.counted(len(ids), 'video')} cannot be, by {'its' if one else 'their'} own "
        f"history or likes (the first has {doubted[SET_ASIDE].iloc[0]:,} views), and were set aside: {named}. If they "
        "are right, use sa.prepare(videos, history, keep_implausible=True)",
        DataQualityWarning,
        stacklevel=3,
    )


def as_prepared(
    videos: pd.DataFrame | Prepared, history: pd.DataFrame | None = None, *, digested: bool = False
) -> Prepared:
    """Take what an analysis was given: two frames, or what was prepared of them.

    `digested` says that it makes do with a digest of the history.

    Raises
    ------
    InvalidParameterError
        As `prepare`, and where a history stands beside a `Prepared`, which has one, or a digest does not do.
    """
    if not isinstance(videos, Prepared):
        return prepare(videos, history)
    if history is not None:
        raise InvalidParameterError("a history beside prepared data: it stands in them; leave it out, or prepare both")
    if videos.digest is not None and not digested:
        raise InvalidParameterError("this analysis reads single days, which a digest does not keep: pass the history")
    return videos


def rows_or_digest(data: Prepared) -> pd.DataFrame | Digested:
    """Return the prepared history of an analysis that needs one, or its digest.

    Raises
    ------
    InvalidParameterError
        When there is neither.
    """
    return history_of(data) if data.digest is None else data.digest


def history_of(data: Prepared) -> pd.DataFrame:
    """Return the prepared history of an analysis that needs one.

    Raises
    ------
    InvalidParameterError
        When there is none.
    """
    if data.history is None:
        raise InvalidParameterError("this needs a history: pass the frame of load_history as the second argument")
    return data.history


def _no_history() -> pd.DataFrame:
    from shortimize_analytics.schema import HISTORY, VIDEOS, empty

    return prepare_history(empty(HISTORY), empty(VIDEOS))


def _left_out(
    videos: pd.DataFrame, rows: pd.DataFrame | Digested | None, *, given: pd.DataFrame | None = None
) -> pd.DataFrame:
    """List reasons with their number and first ids: of videos from their columns, of days from those that are gone."""
    reasons = [*videos["excluded"].dropna().unique()]
    found = [("videos", str(reason), videos.loc[videos["excluded"] == reason, "ad_id"]) for reason in reasons]
    kinds = copy_kinds(videos)
    found += [("videos", kind, videos.loc[kinds == kind, "ad_id"]) for kind in COPY_KINDS]
    if given is not None:
        blank = given["views"].isna() | given["date"].isna() | given["ad_id"].isna()
        found.append(("history", "without_views", given.loc[blank, "ad_id"]))
    if isinstance(rows, Digested):
        unknown = ~among(rows.ids, videos["ad_id"])
        found.append(("history", "unknown_video", pd.Series(rows.ids[unknown].repeat(rows.rows[unknown]))))
    elif rows is not None:
        found.append(("history", "unknown_video", rows.loc[~rows_among(rows["ad_id"], videos["ad_id"]), "ad_id"]))
    parts = [
        {"table": name, "reason": reason, "n": len(ids), "ad_ids": list(dict.fromkeys(ids.dropna()))[:EXAMPLES]}
        for name, reason, ids in found
        if len(ids)
    ]
    return conform(pd.DataFrame(parts, columns=LEFT_OUT.names), LEFT_OUT)
