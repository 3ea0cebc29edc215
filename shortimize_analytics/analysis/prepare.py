"""Shared preparation: what counts as a video, a duplicate, an observation and a gain, decided once for every analysis.

Definitions
-----------
age
    Calendar days from `uploaded_at` to the day of the count. Day 0 is partial, since the vendor gives no hour.
excluded
    A video that no baseline and no ranking may use: removed, private, with counts that cannot be (see `plausible`),
    without views or without an age.
duplicate group
    Rows that are one post on the platform: a collaboration comes back once under each account, and an account's own row
    may repeat. Totals count one row of a group; each account keeps its copy in its own baseline.
gain
    Raw difference to the row before. Gains telescope, so sums of gains reconcile with totals, corrections included.
views_curve
    The closest non-decreasing curve (least squares), for anything that needs a curve. A running maximum would freeze
    one glitch for the rest of the video's life.
obs
    `observed`: value and daily gain were measured. `gap`: the value was, but the gain covers a longer stretch, because
    days are missing or were interpolated. `interpolated`: neither was. The API marks nothing, so interpolated means
    either more than 90 days before the request (the vendor says so), or inside a run of daily gains too even to be
    true. Both ends of a run are knots and count as measured.

Pitfalls: nulls stay NA and never become 0. Rows of the history without views or date carry nothing and are dropped, and
counted in `attrs["quality"]` like everything else that was set aside.
"""

from datetime import date
from typing import get_args

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.columns import account_keys, column, is_photo
from shortimize_analytics.analysis.base.constants import EARLIEST_UPLOAD
from shortimize_analytics.analysis.base.post_links import names_owner, post_ids
from shortimize_analytics.client.contract import OBSERVED_DAYS
from shortimize_analytics.schema.choices import PostFormat
from shortimize_analytics.schema.rows import (
    NEVER,
    along_runs,
    day_numbers,
    positions_in,
    repeated,
    whole_days,
)

from .clean import clean_history
from .plausible import SET_ASIDE
from .unmeasured import SINCE

MIN_RUN = 3
RUN_CHANCE = 0.001
SAME_VIEWS = 1.005
"""Two copies of one post measured hours apart differ by at most this factor in views."""
COPY_KINDS = ("collaboration_copy", "repeated_post")
OBS = pd.CategoricalDtype(["observed", "interpolated", "gap"])


ADDED = ("format", "age_days", "excluded", "dup_group", "counts_in_totals", SET_ASIDE, SINCE)
"""Columns that `prepare_videos` adds."""


def prepare_videos(videos: pd.DataFrame, *, as_of: date | None = None) -> pd.DataFrame:
    """Add format, age, exclusion and duplicate group to every video.

    Parameters
    ----------
    videos
        Frame of `load_videos`.
    as_of
        Day at which a video without `latest_updated_at` is taken to have been measured; None leaves its age NA.

    Returns
    -------
    DataFrame
        The same rows in the same order, with `format` (video or photo), `age_days` (days), `excluded` (NA, or
        duplicate_row, removed, private, implausible, no_views, no_upload_date, no_age), `dup_group` (NA or the post's
        name), `counts_in_totals`, and two that `prepare` sets: `implausible_views` (NA) and `unmeasured_since` (NaT).
        Counts are in `attrs["quality"]`.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.prepare import prepare_videos
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> row = {"ad_id": "1", "platform": "tiktok", "uploaded_at": "2026-03-01", "latest_views": 90,
    ...        "video_length": 12, "latest_updated_at": "2026-03-05T08:00:00Z"}
    >>> videos, _ = cast([row, row | {"ad_id": "2", "private": True}], VIDEOS)
    >>> prepare_videos(videos)[["format", "age_days", "excluded"]]
      format  age_days excluded
    0  video         4      NaN
    1  video         4  private
    """
    out = videos.drop(columns=SET_ASIDE, errors="ignore").copy()
    out["format"] = pd.Categorical.from_codes(is_photo(videos).astype(np.int8), get_args(PostFormat))
    out["dup_group"] = _duplicate_groups(videos)
    out[SET_ASIDE] = column(videos, SET_ASIDE, "Int64")
    out[SINCE] = pd.Series(pd.NaT, index=out.index, dtype="datetime64[us]")
    return add_age_and_exclusion(out, as_of=as_of)


def add_age_and_exclusion(out: pd.DataFrame, *, as_of: date | None = None) -> pd.DataFrame:
    """Give videos whose format and duplicate group are known their age, exclusion and place in totals, in place."""
    ages, impossible = _ages(out, as_of)
    groups = out["dup_group"]
    out["age_days"] = ages
    out["excluded"] = _exclusions(out, ages)
    out["dup_group"] = groups.where(groups.notna() & groups.duplicated(keep=False))
    out["counts_in_totals"] = _counted_once(out)
    reasons = out["excluded"].value_counts()
    in_group = out["dup_group"].notna()
    quality = {
        "videos": len(out),
        "photos": int((out["format"] == "photo").sum()),
        "excluded": {str(reason): int(count) for reason, count in reasons.items()},
        "duplicate_groups": int(out["dup_group"].nunique()),
        "duplicate_rows": int(in_group.sum()),
        "measured_before_upload": impossible,
    }
    out.attrs = {**out.attrs, "quality": {**out.attrs.get("quality", {}), **quality}}
    return out


def _ages(videos: pd.DataFrame, as_of: date | None) -> tuple[pd.Series, int]:
    measured = whole_days(column(videos, "latest_updated_at", "datetime64[us, UTC]"))
    if as_of is not None:
        measured = measured.fillna(pd.Timestamp(as_of))
    ages = (measured - videos["uploaded_at"]).dt.days.astype("Float64").astype("Int32")
    # the upload day is the platform's or the account's, the measurement's is UTC: one day before is the same day
    impossible = (ages < -1).fillna(value=False)
    unknown = impossible | (videos["uploaded_at"] < EARLIEST_UPLOAD).fillna(value=False)
    return ages.clip(lower=0).mask(unknown), int(impossible.sum())


def _exclusions(videos: pd.DataFrame, ages: pd.Series) -> pd.Series:
    rules = (
        ("duplicate_row", repeated(videos["ad_id"])),
        ("removed", column(videos, "removed", "boolean").fillna(value=False)),
        ("private", column(videos, "private", "boolean").fillna(value=False)),
        ("implausible", videos[SET_ASIDE].notna()),
        ("no_views", videos["latest_views"].isna()),
        ("no_upload_date", videos["uploaded_at"].isna()),
        ("no_age", ages.isna()),
    )
    conditions = [np.asarray(mask, dtype=bool) for _, mask in rules]
    first = np.select(conditions, np.arange(len(rules)), default=-1)
    reasons = pd.array([name for name, _ in rules], dtype="str").take(first, allow_fill=True)
    return pd.Series(reasons, index=videos.index, copy=False)


def _duplicate_groups(videos: pd.DataFrame) -> pd.Series:
    """Name groups by platform post; a row without a link joins the post that looks the same.

    A link of no known shape is nobody's copy: it may lead to a post of its own.
    """
    posts = post_ids(column(videos, "ad_link", "str"))
    # mostly every id is one video's: nobody need name its group
    some = repeated(posts, first_too=True) if posts.notna().all() else np.ones(len(videos), dtype=bool)
    keys = videos.loc[some, "platform"].fillna("").astype("str") + ":" + posts[some]
    if keys.isna().any():
        keys = keys.fillna(_lookalike_keys(videos, keys))
    groups = pd.array([None], dtype="str").take(np.zeros(len(videos), dtype=np.intp))
    groups[some] = keys.where(keys.notna() & keys.duplicated(keep=False)).astype("str").array
    return pd.Series(groups, index=videos.index, copy=False)


def _lookalike_keys(videos: pd.DataFrame, keys: pd.Series) -> pd.Series:
    """Key runs of other accounts' rows with equal platform, day, length and caption whose views differ by ≤ 0.5 %."""
    same = ["platform", "uploaded_at", "video_length", "title"]
    traits = pd.DataFrame({name: column(videos, name, "str") for name in same})
    traits["views"] = videos["latest_views"].astype("Float64")
    traits["account"], traits["key"], traits["ad_id"] = account_keys(videos), keys, videos["ad_id"]
    usable = traits[[*same, "views"]].notna().all(axis=1) & (traits["title"].astype("str") != "")
    usable &= keys.notna() | column(videos, "ad_link", "str").fillna("").astype("str").str.strip().eq("")
    rows = traits[usable].sort_values([*same, "views", "ad_id"])
    before = rows.shift()
    twin = (rows[same] == before[same]).all(axis=1) & (rows["account"] != before["account"])
    twin &= (rows["views"] <= SAME_VIEWS * before["views"]).fillna(value=False).astype(bool)
    twin &= rows["key"].isna() | before["key"].isna()
    run = (~twin).cumsum()
    own = rows["platform"].astype("str") + ":" + rows["ad_id"].astype("str")
    named = rows["key"].groupby(run).transform("first").fillna(own.groupby(run).transform("first"))
    return named.reindex(videos.index)


def _counted_once(videos: pd.DataFrame) -> pd.Series:
    """Pick of each group the row that can be used, is the link owner's, has most views; and drop repeated rows."""
    keep = (videos["excluded"] != "duplicate_row").fillna(value=True)
    best = copies_best_first(videos[keep])
    keep.loc[best.index[best.duplicated()]] = False
    return keep.astype("boolean")


def copies_best_first(videos: pd.DataFrame) -> pd.Series:
    """Return the groups of prepared videos that have copies: usable first, the link's owner, by views, then by id."""
    copies = videos.loc[videos["dup_group"].notna(), ["dup_group", "excluded", "latest_views", "ad_id"]]
    copies["excluded"] = copies["excluded"].notna()
    copies["owner"] = names_owner(videos.loc[copies.index])
    order = ["excluded", "owner", "latest_views", "ad_id"]
    return copies.sort_values(order, ascending=[True, False, False, True], na_position="last")["dup_group"]


def copy_kinds(ready: pd.DataFrame) -> pd.Series:
    """Say of prepared videos that a copy stands for whose copy they are: a collaboration's, or the account's own."""
    totals = ready["counts_in_totals"]
    left_out = totals.eq(other=False) & ready["excluded"].ne("duplicate_row").fillna(value=True)
    counted = ready["dup_group"].notna() & totals.eq(other=True)
    left_out, counted = (marks.fillna(value=False).to_numpy(dtype=bool) for marks in (left_out, counted))
    owners, copies = ready.loc[counted], ready.loc[left_out]  # few: of the others nobody need know the account
    names = pd.Series(account_keys(owners).astype("str").array, index=pd.Index(owners["dup_group"]))
    own = copies["dup_group"].map(names).eq(account_keys(copies).astype("str")).fillna(value=False)
    kinds = np.full(len(ready), -1)
    kinds[left_out] = np.where(own, 1, 0)
    return pd.Series(pd.array(COPY_KINDS, dtype="str").take(kinds, allow_fill=True), index=ready.index, copy=False)


def have_growth(ready: pd.DataFrame) -> np.ndarray:
    """Mark the prepared videos whose growth with age curves and forecasts may learn from."""
    return (~ready["excluded"].isin(["removed", "private", "duplicate_row", "no_upload_date"])).to_numpy(dtype=bool)


def prepare_history(history: pd.DataFrame, videos: pd.DataFrame) -> pd.DataFrame:
    """Sort a history, keep one row per video and day, and say what each value and each gain is worth.

    Parameters
    ----------
    history
        Frame of `load_history`: cumulative totals. A prepared history is returned as it is.
    videos
        The videos of the history, raw or prepared; only `ad_id` and `uploaded_at` are used.

    Returns
    -------
    DataFrame
        One row per video and day with views, in (ad_id, date) order: the columns of the history and `age_days` (days,
        NA without an upload day, negative before it), `views_raw` (views), `views_curve` (views, never falling), `gain`
        (views since the row before, NA on the first), `days` (days since the row before), `obs` (observed,
        interpolated, gap) and `correction` (the count fell). Counts are in `attrs["quality"]`.

    Notes
    -----
    A run of r daily gains that differ by at most 1 is called interpolated when (3/√(4πG))^(r−1) < 0.001, G its median:
    the chance that Poisson days with that mean do so. r = 3 needs G > 716, r = 4 72, r = 7 7.

    References
    ----------
    Isotonic regression: Barlow and others, Statistical Inference under Order Restrictions, 1972.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.prepare import prepare_history
    >>> days = pd.date_range("2026-03-01", periods=4).as_unit("us")
    >>> history = pd.DataFrame({"ad_id": "1", "date": days, "views": pd.array([100, 200, 180, 260], dtype="Int64")})
    >>> videos = pd.DataFrame({"ad_id": ["1"], "uploaded_at": days[:1]})
    >>> prepare_history(history, videos)[["age_days", "views_raw", "views_curve", "gain", "correction"]]
       age_days  views_raw  views_curve  gain  correction
    0         0        100        100.0  <NA>       False
    1         1        200        190.0   100       False
    2         2        180        190.0   -20        True
    3         3        260        260.0    80       False
    """
    if {"obs", "gain", "views_curve"} <= set(history.columns):
        return history
    out, starts, quality = clean_history(history)
    ids = pd.Index(out["ad_id"].iloc[starts])
    codes = along_runs(np.arange(len(ids), dtype=np.int32), starts, rows=len(out))
    first = np.zeros(len(out), dtype=bool)
    first[starts] = True
    views = out["views"].to_numpy(dtype=np.int64)
    day = day_numbers(out["date"])
    gain, days = np.diff(views, prepend=0), np.diff(day, prepend=np.int32(0))
    out["age_days"] = _history_ages(ids, codes, day=day, videos=videos)
    out["views_raw"] = out["views"]
    out["views_curve"] = pd.array(_curve(views, codes, falls=codes[(gain < 0) & ~first]), dtype="Float64")
    out["gain"] = pd.arrays.IntegerArray(gain, first.copy())
    out["days"] = pd.arrays.IntegerArray(days, first.copy())
    inside = _too_even(gain, daily=~first & (days == 1))
    inside |= _beyond_window(out, day)
    gap = ~inside & ~first & ((days > 1) | np.r_[False, inside[:-1]][: len(out)])
    out["obs"] = pd.Categorical.from_codes(inside.astype(np.int8) + 2 * gap.astype(np.int8), dtype=OBS)
    out["correction"] = pd.array((gain < 0) & ~first, dtype="boolean")
    quality |= {
        "unknown_age": int(out["age_days"].isna().sum()),
        "before_upload": int((out["age_days"] < 0).sum()),
        "corrections": int(out["correction"].sum()),
        "interpolated": int(inside.sum()),
        "gap": int(gap.sum()),
    }
    # those asked for, where the loader says how many; others have no rows
    out.attrs = {**history.attrs, "quality": {"videos": len(ids), **history.attrs.get("quality", {}), **quality}}
    return out


def _history_ages(ids: pd.Index, codes: np.ndarray, *, day: np.ndarray, videos: pd.DataFrame) -> pd.array:
    known = videos.drop_duplicates("ad_id").set_index("ad_id")["uploaded_at"].reindex(ids.astype("str"))
    missing = known.isna().to_numpy()
    uploaded = np.zeros(len(ids), dtype=np.int32)
    uploaded[~missing] = day_numbers(known[~missing])
    unknown = missing[codes]
    return pd.arrays.IntegerArray(np.where(unknown, np.int32(0), day - uploaded[codes]), unknown)


def _curve(views: np.ndarray, codes: np.ndarray, *, falls: np.ndarray) -> np.ndarray:
    """Fit a non-decreasing curve to the few videos whose counts fall; the others are their own curve."""
    curve = views.astype(float)
    if not len(falls):
        return curve
    from scipy.optimize import isotonic_regression  # half a second where nothing else needs it yet

    for code in np.unique(falls):
        part = slice(*np.searchsorted(codes, (code, code + 1)))
        curve[part] = isotonic_regression(curve[part]).x
    return curve


def _too_even(gain: np.ndarray, *, daily: np.ndarray) -> np.ndarray:
    """Mark the inner rows of runs of daily gains within 1 of each other that chance would hardly make.

    A run takes two neighbouring values a and a + 1, so it lies whole in one cell of the pairs (0,1)(2,3)… or of
    (−1,0)(1,2)…: two passes find every longest run without a loop.
    """
    inside = np.zeros(len(gain), dtype=bool)
    rows = _even_stretches(gain, daily)
    linked = np.zeros(len(rows), dtype=bool)
    linked[1:] = (np.diff(rows) == 1) & daily[rows[1:]] & daily[rows[:-1]]
    gain, daily = gain[rows], daily[rows]
    for shift in (0, 1):
        cell = (gain + shift) // 2
        starts = np.flatnonzero(~linked | (np.diff(cell, prepend=0) != 0))
        if not len(starts):
            break
        length = np.diff(starts, append=len(gain))
        low = 2 * cell[starts] - shift
        high_count = np.add.reduceat(gain - np.repeat(low, length), starts)
        median = low + 0.5 * (np.sign(2 * high_count - length) + 1)
        # a series of equal days (median 0) is a video at rest, not an interpolation
        chance = np.full(len(starts), np.inf)
        moving = daily[starts] & (length >= MIN_RUN) & (median > 0)
        chance[moving] = (3 / np.sqrt(4 * np.pi * median[moving])) ** (length[moving] - 1)
        caught = np.repeat(chance < RUN_CHANCE, length)
        caught[starts + length - 1] = False
        inside[rows[caught]] = True
    return inside


def _even_stretches(gain: np.ndarray, daily: np.ndarray) -> np.ndarray:
    """Rows in stretches of 3 days and more whose neighbouring gains differ by at most 1 and are not all 0: a few."""
    step = np.diff(gain)
    follows = np.flatnonzero((step <= 1) & (step >= -1) & daily[1:] & daily[:-1]) + 1
    heads = np.flatnonzero(np.diff(follows, prepend=-1) > 1)
    starts, length = follows[heads] - 1, np.diff(heads, append=len(follows)) + 1
    long = length >= MIN_RUN
    starts, length = starts[long], length[long]
    rows = positions_in(starts, length)
    if not len(rows):
        return rows
    moving = np.maximum.reduceat(gain[rows], np.cumsum(length) - length) > 0
    return rows[np.repeat(moving, length)]


def _beyond_window(rows: pd.DataFrame, day: np.ndarray) -> np.ndarray:
    if "fetched_at" not in rows:
        return np.zeros(len(rows), dtype=bool)
    return day < day_numbers(rows["fetched_at"], missing=NEVER) - OBSERVED_DAYS
