"""Views and uploads per day, week or month, and the videos that gained most in a stretch of days.

Definitions
-----------
stretch
    A day, a week from Monday to Sunday, or a month of the calendar. Its first and last days are both inclusive.
views gained
    New + back + corrections, as in `weekly`: the weeks of `views_over_time` are the weeks of `period_summary`, to the
    view. "New" are the uploads of the stretch itself, so that days have fewer new and more back views than weeks.

Pitfalls: the first and last stretch are usually partial, and say so. Views of a day whose count is missing are
interpolated between the counts around it; `pct_interpolated` says how much of the movement rests on that. Newest counts
of uploads grow with time: a falling line of `median_views` is no decline.
"""

from itertools import islice
from typing import Any
from warnings import warn

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import Span, day_of, span_of, stretches
from shortimize_analytics.analysis.base.columns import account_keys, column
from shortimize_analytics.analysis.base.constants import EARLIEST_UPLOAD
from shortimize_analytics.analysis.filters.scope import select_scope
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.prepared import Prepared, as_prepared, history_of
from shortimize_analytics.errors import DataQualityWarning, InvalidParameterError
from shortimize_analytics.schema import GAIN_SHARES, UPLOADS_OVER_TIME, VIEWS_OVER_TIME, WEEKLY_MOVERS, conform
from shortimize_analytics.schema.choices import Frequency, check_choice, check_column
from shortimize_analytics.schema.days import Day
from shortimize_analytics.schema.names import Names
from shortimize_analytics.schema.rows import NEVER, dates_of, day_numbers

from .counted import SUMS, Period, count_videos, period_of, periods_of
from .ledger import counted_at_end
from .tables import movers

MAX_STRETCHES = 1500
_SUMS = tuple(name for name in SUMS if name != "views_start")


def views_over_time(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    freq: Frequency = "W",
    by: str | None = None,
    platform: Names | None = None,
    account: Names | None = None,
    label: Names | None = None,
    only: VideoFilter | None = None,
) -> pd.DataFrame:
    """Account for the views of every day, week or month of a history.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or what `prepare` made of it and the history; a collaboration counts once.
    history
        Frame of `load_history`.
    freq
        "D" (days), "W" (weeks, Monday to Sunday) or "M" (months).
    by
        Column of the videos that makes the groups (a list, such as `label_names`, puts a video in several), "account",
        or None.
    platform, account, label, only
        Count only these videos, see `select_videos`.

    Returns
    -------
    DataFrame
        One row per group and stretch, see `schema.VIEWS_OVER_TIME`.

    Raises
    ------
    InvalidParameterError
        For an unknown `freq` or `by`, or more than 1,500 stretches.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.periods.over_time import views_over_time
    >>> from shortimize_analytics.schema import HISTORY, VIDEOS, cast
    >>> videos, _ = cast([{"ad_id": "1", "platform": "tiktok", "uploaded_at": "2026-03-01", "latest_views": 400,
    ...                    "latest_updated_at": "2026-03-20"}], VIDEOS)
    >>> history, _ = cast([{"ad_id": "1", "date": str(day.date()), "views": 10 * n * n}
    ...                    for n, day in enumerate(pd.date_range("2026-03-01", "2026-03-20"))], HISTORY)
    >>> views_over_time(videos, history)[["start", "end", "views_gained", "new_views", "partial"]]
           start        end  views_gained  new_views  partial
    0 2026-02-23 2026-03-01             0          0     True
    1 2026-03-02 2026-03-08           490          0    False
    2 2026-03-09 2026-03-15          1470          0    False
    3 2026-03-16 2026-03-22          1650          0     True
    """
    data = as_prepared(videos, history)
    rows = history_of(data)
    prepared = _chosen(data, platform=platform, account=account, label=label, only=only)
    _check(prepared, freq=freq, by=by)
    counted = count_videos(prepared, rows, everyone=data.videos)
    video, code, names = _groups(counted.videos, by)
    spans = [] if counted.newest == NEVER else _spans(counted.oldest, counted.newest, freq=freq)
    parts = [_account(period, video, code=code, names=names) for period in periods_of(counted, spans)]
    out = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=VIEWS_OVER_TIME.names)
    out = conform(out.sort_values(["group", "start"], ignore_index=True), VIEWS_OVER_TIME)
    out.attrs = _provenance(VIEWS_OVER_TIME.name, prepared, quality=rows.attrs.get("quality", {}), freq=freq, by=by)
    return out


def uploads_over_time(
    videos: pd.DataFrame | Prepared,
    *,
    freq: Frequency = "W",
    by: str | None = None,
    platform: Names | None = None,
    account: Names | None = None,
    label: Names | None = None,
    only: VideoFilter | None = None,
) -> pd.DataFrame:
    """Count the uploads of every day, week or month.

    Parameters
    ----------
    videos
        Frame of `load_videos`; removed and private videos count, a collaboration counts once.
    freq, by, platform, account, label, only
        As for `views_over_time`.

    Returns
    -------
    DataFrame
        One row per group and stretch from the first upload to the last, see `schema.UPLOADS_OVER_TIME`.
        `attrs["quality"]["no_upload_date"]` counts videos left out.

    Raises
    ------
    InvalidParameterError
        For an unknown `freq` or `by`, or more than 1,500 stretches.

    Examples
    --------
    >>> from shortimize_analytics.analysis.periods.over_time import uploads_over_time
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> videos, _ = cast([{"ad_id": day, "platform": "tiktok", "uploaded_at": f"2026-03-{day}", "latest_views": 90,
    ...                    "video_length": 9, "latest_updated_at": "2026-03-20"} for day in ("02", "03", "17")], VIDEOS)
    >>> uploads_over_time(videos)[["start", "n_uploads", "median_views", "partial"]]
           start  n_uploads  median_views  partial
    0 2026-03-02          2          90.0    False
    1 2026-03-09          0          <NA>    False
    2 2026-03-16          1          90.0     True
    """
    data = as_prepared(videos)
    prepared = _chosen(data, platform=platform, account=account, label=label, only=only)
    _check(prepared, freq=freq, by=by)
    counted = prepared.loc[prepared["counts_in_totals"].to_numpy(dtype=bool)].reset_index(drop=True)
    counted = counted.assign(account=account_keys(counted))
    video, code, names = _groups(counted, by)
    day = day_numbers(counted["uploaded_at"], missing=NEVER)
    early = (counted["uploaded_at"] < EARLIEST_UPLOAD).to_numpy(dtype=bool)
    if early.any():
        _warn_of_early(counted.loc[early])
    known = (day != NEVER) & ~early
    video, code = video[known[video]], code[known[video]]
    spans = _spans(int(day[video].min()), int(day[video].max()), freq=freq) if len(video) else []
    ends = np.array([end for _, end in spans], dtype=np.int64)
    cells = pd.DataFrame(
        {
            "group": code,
            "stretch": np.searchsorted(ends, day[video]),
            "photo": (counted["format"] == "photo").to_numpy()[video],
            "account": counted["account"].to_numpy()[video],
            "views": counted["latest_views"].array[video],
        }
    )
    out = _upload_counts(cells, groups=len(names), stretches=len(spans))
    starts = np.array([start + 1 for start, _ in spans], dtype=np.int64)
    measured = column(data.videos, "latest_updated_at", "datetime64[us, UTC]")
    out["partial"] = ends[out["stretch"]] >= day_numbers(measured, missing=NEVER).max(initial=NEVER)
    out["start"], out["end"] = (dates_of(edges[out["stretch"]]) for edges in (starts, ends))
    out["group"] = np.array(names, dtype=object)[out["group"]]
    out = conform(out, UPLOADS_OVER_TIME)
    quality = {**prepared.attrs.get("quality", {}), "no_upload_date": int((day == NEVER).sum())}
    quality["impossible_upload_date"] = int(early.sum())
    out.attrs = _provenance(UPLOADS_OVER_TIME.name, prepared, quality=quality, freq=freq, by=by)
    return out


def _upload_counts(cells: pd.DataFrame, *, groups: int, stretches: int) -> pd.DataFrame:
    """Count the uploads of each group in each stretch, those without any included."""
    every = pd.MultiIndex.from_product([range(groups), range(stretches)], names=["group", "stretch"])
    grouped = cells.groupby(["group", "stretch"])
    return pd.DataFrame(
        {
            "n_uploads": grouped.size().reindex(every, fill_value=0),
            "n_photos": grouped["photo"].sum().reindex(every, fill_value=0),
            "n_accounts": grouped["account"].nunique().reindex(every, fill_value=0),
            "views": grouped["views"].sum(min_count=1).reindex(every),
            "median_views": grouped["views"].median().reindex(every),
        }
    ).reset_index()


def top_videos(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    start: Day,
    end: Day,
    n: int = 10,
    platform: Names | None = None,
    account: Names | None = None,
    label: Names | None = None,
    only: VideoFilter | None = None,
) -> pd.DataFrame:
    """List the videos that gained most views in a stretch of days.

    Parameters
    ----------
    videos, history
        Frames of `load_videos` and `load_history`.
    start, end
        First and last day, inclusive.
    n
        Number of videos.
    platform, account, label, only
        List only these videos, see `select_videos`; `share` is of their gains.

    Returns
    -------
    DataFrame
        One video per row, largest gain first, see `schema.WEEKLY_MOVERS`: `share` is of all gains, also of videos
        beyond the n, and `is_new` means uploaded in the stretch.

    Raises
    ------
    InvalidParameterError
        For impossible days or n below 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.periods.over_time import top_videos
    >>> from shortimize_analytics.schema import HISTORY, VIDEOS, cast
    >>> row = {"platform": "tiktok", "uploaded_at": "2026-02-01", "latest_updated_at": "2026-03-20", "latest_views": 1}
    >>> videos, _ = cast([row | {"ad_id": key} for key in "ab"], VIDEOS)
    >>> history, _ = cast([{"ad_id": key, "date": f"2026-03-{day}", "views": day * day * gain}
    ...                    for key, gain in (("a", 1), ("b", 3)) for day in range(10, 21)], HISTORY)
    >>> top_videos(videos, history, start="2026-03-16", end="2026-03-20")[["position", "ad_id", "gain", "share"]]
       position ad_id  gain  share
    0         1     b   525   0.75
    1         2     a   175   0.25
    """
    span = span_of(start, end)
    if n < 1:
        raise InvalidParameterError(f"n={n} is below 1; pass how many videos to list.")
    data = as_prepared(videos, history)
    rows = history_of(data)
    prepared = _chosen(data, platform=platform, account=account, label=label, only=only)
    counted = count_videos(prepared, rows, everyone=data.videos)
    out = movers(counted, period_of(counted, *span))
    out = out.loc[out["gain"] > 0].head(n)
    out.attrs = {
        **prepared.attrs,
        "table": WEEKLY_MOVERS.name,
        "params": {"start": str(day_of(span[0] + 1)), "end": str(day_of(span[1])), "n": n},
    }
    out.attrs["quality"] = rows.attrs.get("quality", {})
    return out


def gain_shares(movers: pd.DataFrame) -> pd.DataFrame:
    """Add up the gains from the largest down: how few videos earned how much.

    Parameters
    ----------
    movers
        `PeriodSummary.movers`, or the result of `top_videos` (whose shares are of all gains, so that they end below 1).

    Returns
    -------
    DataFrame
        One row per video that gained views, largest gain first. See `schema.GAIN_SHARES`.

    References
    ----------
    M. O. Lorenz, Publications of the American Statistical Association 9 (1905) 209-219, from the top.

    Examples
    --------
    >>> from shortimize_analytics.analysis.periods.over_time import gain_shares
    >>> from shortimize_analytics.schema import WEEKLY_MOVERS, cast
    >>> gains = {"a": 60, "b": 30, "c": 10, "d": -5}
    >>> movers, _ = cast([{"ad_id": key, "gain": n, "share": n / 100} for key, n in gains.items()], WEEKLY_MOVERS)
    >>> gain_shares(movers)[["position", "ad_id", "gain", "cum_share"]]
       position ad_id  gain  cum_share
    0         1     a    60        0.6
    1         2     b    30        0.9
    2         3     c    10        1.0
    """
    out = movers[(movers["gain"] > 0).to_numpy(dtype=bool)].sort_values(["gain", "ad_id"], ascending=[False, True])
    position = np.arange(1, len(out) + 1)
    out = out.assign(position=position, cum_share=out["share"].cumsum(), part=position / max(1, len(out)))
    table = conform(out, GAIN_SHARES)
    table.attrs = {**movers.attrs, "table": GAIN_SHARES.name}
    return table


def _chosen(data: Prepared, **scope: Any) -> pd.DataFrame:
    """Return the prepared videos of a scope, sorted by ``ad_id``."""
    found = select_scope(data.videos, **scope)
    chosen = data.part(found.rows) if found.names else data
    return chosen.videos.sort_values("ad_id", ignore_index=True)


def _check(videos: pd.DataFrame, *, freq: str, by: str | None) -> None:
    check_choice(freq, Frequency, "freq")
    if by is not None:
        check_column(by, ["account", *videos], "by")


def _groups(videos: pd.DataFrame, by: str | None) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return the videos' positions and group numbers, one pair per membership, and the groups' names."""
    if by is None:
        return np.arange(len(videos)), np.zeros(len(videos), dtype=np.int64), ["all"]
    flat = videos[by].reset_index(drop=True).astype(object).explode().dropna().astype("str")
    code, names = pd.factorize(flat, sort=True)
    pairs = pd.DataFrame({"video": flat.index, "code": code}).drop_duplicates()
    return pairs["video"].to_numpy(), pairs["code"].to_numpy(), [str(name) for name in names]


def _warn_of_early(videos: pd.DataFrame) -> None:
    """Say which uploads are left out for a day on which nobody could upload."""
    first = videos.iloc[0]
    warn(
        f"{len(videos)} video(s) uploaded before 2005 were left out, e.g. {first['ad_id']} of "
        f"{first['uploaded_at']:%Y-%m-%d}: that day cannot be right",
        DataQualityWarning,
        stacklevel=3,
    )


def _spans(first: int, last: int, *, freq: Frequency) -> list[Span]:
    """List the stretches that hold some days."""
    spans = list(islice(stretches(first, last, freq=freq), MAX_STRETCHES + 1))
    if len(spans) > MAX_STRETCHES:
        raise InvalidParameterError(f"freq={freq!r} makes more than {MAX_STRETCHES} stretches; choose a longer one.")
    return spans


def _account(period: Period, video: np.ndarray, *, code: np.ndarray, names: list[str]) -> pd.DataFrame:
    """Sum one stretch by group."""
    seen, size = period.flows, len(names)
    known = np.bincount(code, seen["known"].to_numpy()[video], minlength=size) > 0
    ended = np.bincount(code, counted_at_end(seen)[video], minlength=size) > 0
    moved = np.abs(seen["views_gained"].to_numpy())
    guessed = np.bincount(code, (moved * seen["interpolated"].to_numpy())[video], minlength=size)
    total = np.bincount(code, moved[video], minlength=size)
    sums = {
        # whole views stay exact below 2⁵³, which no organisation reaches
        name: pd.arrays.IntegerArray(
            np.bincount(code, seen[name].to_numpy()[video], minlength=size).astype(np.int64),
            ~(ended if name == "views_end" else known),
        )
        for name in _SUMS
    }
    return pd.DataFrame(
        {
            "group": names,
            "start": dates_of(np.full(size, period.start + 1)),
            "end": dates_of(np.full(size, period.end)),
            **sums,
            "n_uploads": np.bincount(code, period.uploads[video], minlength=size).astype(np.int64),
            "n_active": np.bincount(code, seen["active"].to_numpy()[video], minlength=size).astype(np.int64),
            "pct_interpolated": guessed / np.where(total > 0, total, np.nan),
            "partial": not period.covered,
        }
    )


def _provenance(
    name: str, videos: pd.DataFrame, *, quality: dict[str, object], freq: str, by: str | None
) -> dict[str, object]:
    return {**videos.attrs, "table": name, "params": {"freq": freq, "by": by}, "quality": quality}
