"""A week, month or any period in figures: growth and its sources, the videos that earned it, and how sure this is.

Definitions
-----------
period
    Days (start, end]: the last count of its first edge is not part of it, its last day is. A week is 7 days.
scope
    All videos, or those of a platform, an account, a label or a filter. A collaboration counts once in every scope.
growth
    New + back + corrections, see `ledger`. Views of accounts that were added in the period, or that nobody
    measured, are no growth and no loss of growth; they stand beside it so that totals reconcile to the single view.
partial
    The history does not cover the whole period. Such a period is shown and never compared.

Pitfalls: the counts of the last day are only whole when the day is over. Where days are missing a value is
interpolated; `quality["pct_gain_interpolated"]` says how much of the growth rests on that.
"""

import warnings
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_of, names_of
from shortimize_analytics.analysis.base.constants import INTERPOLATED_LIMIT, PERIODS_SHOWN, RECENT_DAYS
from shortimize_analytics.analysis.base.digested import Digested
from shortimize_analytics.analysis.base.one_thread import on_one_thread
from shortimize_analytics.analysis.base.series import knots
from shortimize_analytics.analysis.comparisons.engine import make_sample
from shortimize_analytics.analysis.comparisons.groups import compare_groups_of
from shortimize_analytics.analysis.comparisons.labels import compare_labels_of
from shortimize_analytics.analysis.filters.scope import select_scope
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.growth.video_metrics import compare_weeks, revival
from shortimize_analytics.analysis.prepared import Prepared, history_of, rows_or_digest
from shortimize_analytics.errors import DataQualityWarning, InvalidParameterError
from shortimize_analytics.schema.choices import PeriodKind
from shortimize_analytics.schema.days import Day
from shortimize_analytics.schema.names import Names
from shortimize_analytics.schema.rows import among

from .counted import CountedVideos, Period, count_videos, periods_of
from .notes import describe_quality
from .outlook import outlook
from .reference import Reference, compared_spans, given_frames, needed_data, read_span, reference_at, whole_rows
from .tables import movers, series, totals, upload_effects, waterfall

MAX_WEEKS = 104
REVIVAL_DAYS = 56
"""What tells a revived video: the five weeks before its last count, and slack for counts that come late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodTables:
    """The tables of one week, or other period.

    Attributes
    ----------
    first_day, last_day
        The period's days, both inclusive.
    partial
        The history does not cover the whole period.
    totals, previous
        `schema.WEEKLY_TOTALS` of the period and of the one it is compared with: all, platforms, accounts, largest
        growth first.
    series
        `schema.WEEKLY_SERIES`, oldest period first.
    movers
        `schema.WEEKLY_MOVERS`, largest gain first.
    outliers
        `schema.OUTLIERS` as of the period's end, best first, of videos uploaded in its last 28 days, or since the start
        of the period it is compared with where that is longer.
    revived
        Rows of `movers` that had slowed down and rose again, with `revival_ratio` (x), largest first.
    labels
        `schema.LABEL_COMPARISON` as of the period's end.
    durations, weekdays
        `schema.GROUP_COMPARISON` of lengths in brackets of 5 s, and of weekdays of upload, as of the period's end.
    forecasts
        `schema.WEEKLY_FORECASTS`: what the period's uploads, and others that still grow, will have at day 30 (or 14),
        as known on its last day. Its `attrs` hold the horizon and the backtest.
    stalled
        `schema.WEEKLY_STALLED`: videos of the last 28 days that nearly stopped, see `outlook`.
    waterfall
        `step` and `views`, from the growth of the period compared with to this one's; the steps add up exactly.
    new_uploads
        `step` and `views`: the two steps of new uploads in `waterfall`, the second split into the uploads' ages and
        their views at equal age; adds up exactly.
    """

    first_day: date
    last_day: date
    partial: bool
    totals: pd.DataFrame
    previous: pd.DataFrame
    series: pd.DataFrame
    movers: pd.DataFrame
    outliers: pd.DataFrame
    revived: pd.DataFrame
    labels: pd.DataFrame
    durations: pd.DataFrame
    weekdays: pd.DataFrame
    forecasts: pd.DataFrame
    stalled: pd.DataFrame
    waterfall: pd.DataFrame
    new_uploads: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSummary(PeriodTables):
    """One week, or other period, of an organisation or a part of it: `PeriodTables`, and how good the data are.

    Attributes
    ----------
    quality
        Plain values: `n_videos`, `n_history_rows`, `pct_gain_interpolated` (0-1 of all movement, None without any),
        `n_masked`, `n_excluded` by reason, `n_duplicates`, `freshness` (ISO instants and days), `notes` (sentences).
    period, scope
        "week", "month", "quarter" or "custom"; "all", or for example "platform tiktok".
    compared_with
        First and last day of the period that `previous` and `waterfall` compare with.
    """

    quality: dict[str, Any]
    period: PeriodKind = "week"
    scope: str = "all"
    compared_with: tuple[date, date] | None = None


@on_one_thread
def period_summary(
    videos: pd.DataFrame | Prepared,
    history: pd.DataFrame | None = None,
    *,
    period: PeriodKind = "week",
    start: Day | None = None,
    end: Day | None = None,
    compare: tuple[Day, Day] | None = None,
    platform: Names | None = None,
    account: Names | None = None,
    label: Names | None = None,
    only: VideoFilter | None = None,
    periods: int = PERIODS_SHOWN,
    seed: int = 0,
    everyone: Reference | None = None,
) -> PeriodSummary:
    """Summarise a period: growth and its sources, movers, outliers, revived videos, labels, and how good the data are.

    Parameters
    ----------
    videos
        Frame of `load_videos`: all videos, also for a scope, since baselines and tracking need the others.
    history
        Frame of `load_history`; it should reach back 10 periods for all comparisons.
    period
        "week" (7 days), "month" or "quarter" (of the calendar). With `start` it is "custom".
    start
        First day of a period of any length, inclusive; needs `end`.
    end
        Last day, inclusive; for a month or quarter any day of it. None for the last one that is over and that the
        history covers.
    compare
        First and last day of the period to compare with, inclusive; None for the one before (of equal length, or the
        month or quarter before).
    platform, account, label, only
        Only these videos, see `select_videos`.
    periods
        Number of periods in `series`, this one included.
    seed
        Seed of permutations and draws.
    everyone
        What `make_reference` found in the same data for the same period, for many parts of it; None finds it.

    Returns
    -------
    PeriodSummary
        Frames and plain values. In `totals`, `vs_prev` and `vs_median8` compare growth per day, since months differ in
        length; the steps of `waterfall` are views.

    Raises
    ------
    InvalidParameterError
        For impossible days, days to compare with that overlap the period, an unknown period, a scope without videos,
        or the name of several labels.

    Warns
    -----
    DataQualityWarning
        When more than 10 % of the movement rests on interpolated values.

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.schema import HISTORY, VIDEOS, cast
    >>> from shortimize_analytics.analysis.periods.summary import period_summary
    >>> videos, _ = cast([{"ad_id": "1", "platform": "tiktok", "uploaded_at": "2026-01-01", "latest_views": 9000,
    ...     "latest_updated_at": "2026-04-02T06:00:00Z"}], VIDEOS)
    >>> history, _ = cast([{"ad_id": "1", "date": str(day.date()), "views": 90 * n + n * n}
    ...     for n, day in enumerate(pd.date_range("2026-01-20", "2026-04-01"))], HISTORY)
    >>> march = period_summary(videos, history, period="month", end="2026-03-10", platform="tiktok")
    >>> str(march.last_day), march.scope, march.totals.views_gained.tolist()[0]
    ('2026-03-31', 'platform tiktok', 6169)
    """
    if not 1 <= periods <= MAX_WEEKS:
        raise InvalidParameterError(f"periods={periods} is out of range; choose 1 to {MAX_WEEKS}.")
    frames = given_frames(videos, history)
    span, period = read_span(*frames, period=period, start=start, end=end)
    spans, others = compared_spans(span, period, compare=compare, periods=periods)
    names = names_of(period if compare is None else "custom", span, before=others[0])
    since = min(first for first, _ in [*spans, *others])
    data = needed_data(videos, history, since=since) if everyone is None else everyone.data
    scope = select_scope(data.videos, platform=platform, account=account, label=label, only=only)
    if everyone is None:
        everyone = reference_at(data, end=span[1], seed=seed, whole_rows=whole_rows(videos, frames[1]))
    everyone.check(end=span[1], seed=seed)
    rows = history_of(data)
    inside = data.part(scope.rows).videos if scope.names else data.videos
    counted = count_videos(inside, rows, everyone=data.videos)
    needed = sorted({*spans, *others})
    accounts = dict(zip(needed, periods_of(counted, needed), strict=True))
    now, before = accounts[span], accounts[others[0]]
    quality = describe_quality(inside, rows, counted=counted, period=now, kind=period, whole_rows=everyone.whole_rows)
    _warn_of_interpolation(quality["pct_gain_interpolated"])
    ids = (counted.videos if scope.names else inside)["ad_id"]
    return PeriodSummary(
        quality=quality,
        period=period,
        scope=scope.name,
        compared_with=(day_of(before.start + 1), day_of(before.end)),
        **tables_of(
            counted,
            [accounts[each] for each in spans],
            others=[accounts[each] for each in others],
            periods=periods,
            names=names,
            everyone=everyone,
            ids=ids,
        ),
    )


def tables_of(
    counted: CountedVideos,
    own: list[Period],
    *,
    others: list[Period],
    periods: int,
    names: tuple[str, str],
    everyone: Reference,
    ids: pd.Series,
) -> dict[str, Any]:
    """Make what `PeriodTables` holds.

    Parameters
    ----------
    counted
        The videos that count.
    own, others
        The period and the one it is compared with, each with those before it, latest first.
    periods
        Number of periods in the series.
    names
        The two periods' names, for the waterfall.
    everyone, ids
        What is known of everyone's videos at the period's end, and which of them are told of.
    """
    now, before, then = own[0], others[0], everyone.then
    chosen = among(then.videos["ad_id"], ids)
    inside = then if chosen.all() else then.part(chosen)
    moved = movers(counted, now)
    forecasts, stalled = outlook(counted, now, found=everyone.forecasts, judged=everyone.paces)
    sample, quality = make_sample(inside.videos, history=None, outcome="adj", at_age=None, outliers=everyone.ranked)
    seed = everyone.seed
    since = min(before.start, now.end - RECENT_DAYS)
    return {
        "first_day": day_of(now.start + 1),
        "last_day": day_of(now.end),
        "partial": not now.covered,
        "totals": totals(counted, own, against=before),
        "previous": totals(counted, others),
        "series": series(counted, own[:periods]),
        "movers": moved,
        "outliers": _recent(everyone.ranked, inside.videos, since=since),
        "revived": _revived(moved, then, last=day_of(now.end)),
        "labels": compare_labels_of(inside, sample, quality, seed=seed),
        "durations": compare_groups_of(inside, sample, by="duration", seed=seed),
        "weekdays": compare_groups_of(inside, sample, by="weekday", seed=seed),
        "forecasts": forecasts,
        "stalled": stalled,
        "waterfall": waterfall(now, before, names=names),
        "new_uploads": upload_effects(counted, now, before=before),
    }


def _warn_of_interpolation(share: float | None) -> None:
    if share is not None and share > INTERPOLATED_LIMIT:
        warnings.warn(
            f"{share:.0%} of the period's growth rests on interpolated values; load the missing days of the history",
            DataQualityWarning,
            stacklevel=3,
        )


def _recent(ranked: pd.DataFrame, videos: pd.DataFrame, *, since: int) -> pd.DataFrame:
    uploaded = videos.loc[videos["uploaded_at"] > pd.Timestamp(since, unit="D"), "ad_id"]
    return ranked.loc[among(ranked["ad_id"], uploaded)].reset_index(drop=True)


def _revived(moved: pd.DataFrame, then: Prepared, *, last: date) -> pd.DataFrame:
    past = rows_or_digest(then)
    weeks = past.weeks if isinstance(past, Digested) else None
    if weeks is None:
        weeks = recent_weeks(history_of(then), last=last)
    again, ratio = revival(weeks, videos=then.videos)
    risen = pd.DataFrame({"ad_id": weeks.index.astype("str"), "revival_ratio": pd.array(ratio, dtype="Float64")})
    found = moved.loc[moved["gain"] > 0].merge(risen[again.fillna(value=False)], on="ad_id")
    return found.sort_values(["revival_ratio", "ad_id"], ascending=[False, True], ignore_index=True)


def recent_weeks(past: pd.DataFrame, *, last: date) -> pd.DataFrame:
    """Compare the last weeks of every video of a prepared history up to a day, see `compare_weeks`."""
    recent = (past["date"] > pd.Timestamp(last) - pd.Timedelta(days=REVIVAL_DAYS)).to_numpy()
    series = knots(past, kept=recent)
    return compare_weeks(series, past[["ad_id", "date", "obs", "correction"]].loc[recent])
