"""The account of a period from a digest. Rankings, curves and forecasts are the package's own functions."""

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_of, names_of
from shortimize_analytics.analysis.base.constants import PERIODS_SHOWN, RECENT_DAYS
from shortimize_analytics.analysis.periods.counted import count_videos, period_of
from shortimize_analytics.analysis.periods.reference import reference_at
from shortimize_analytics.analysis.periods.summary import as_known, compared
from shortimize_analytics.analysis.periods.tables import series
from shortimize_analytics.analysis.prepared import Prepared
from shortimize_analytics.errors import InvalidParameterError


@dataclass(frozen=True, slots=True)
class WeeklyTables:
    """The tables of a period, as in `PeriodSummary`.

    Attributes
    ----------
    first_day, last_day, partial
        The period's days, both inclusive; whether the history does not cover all of it.
    totals, previous, series, movers, outliers, revived, labels, durations, weekdays, forecasts, stalled, waterfall
        As the attributes of `PeriodSummary` of the same names; so is `new_uploads`.
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
    new_uploads: pd.DataFrame


def weekly_tables(data: Prepared, *, seed: int = 0) -> WeeklyTables:
    """Account for the period that a digest was made for.

    Parameters
    ----------
    data
        What `read_digest` read.
    seed
        Seed of permutations and draws.

    Returns
    -------
    WeeklyTables
        Totals by platform and account, the nine periods up to this one, what moved and why growth changed; and as of
        the period's end outliers, revived and stalled videos, labels, lengths and weekdays, and forecasts: to the last
        bit what `period_summary` says of the whole history.

    Raises
    ------
    InvalidParameterError
        When `data` hold no digest: `period_summary` is for histories.

    Examples
    --------
    >>> import tempfile
    >>> import shortimize_analytics as sa
    >>> client = sa.connect(demo=True)
    >>> videos = sa.load_videos(client, account="hook.lab", uploaded_start="2026-09-01", has_metrics=True)
    >>> history = sa.load_history(client, videos)
    >>> with tempfile.TemporaryDirectory() as out:
    ...     told = sa.scale.digest(client.storage / "archive", videos, out=out)
    ...     week = sa.scale.weekly_tables(sa.scale.read_digest(out, videos))
    >>> week.totals.equals(sa.period_summary(videos, history).totals)
    True
    """
    if data.digest is None:
        raise InvalidParameterError("these data hold a history and no digest: use period_summary(videos, history)")
    digest, data = data.digest, replace(data, videos=data.videos.sort_values("ad_id", ignore_index=True))
    counted = count_videos(data.videos, digest)
    spans = list(digest.periods)
    periods = [period_of(counted, *span) for span in spans]
    now, before = periods[0], periods[1]
    everyone = reference_at(data, end=now.end, seed=seed, whole_rows=None)
    names = names_of(digest.period, spans[0], before=spans[1])
    since = min(before.start, now.end - RECENT_DAYS)
    return WeeklyTables(
        first_day=day_of(now.start + 1),
        last_day=day_of(now.end),
        partial=not now.covered,
        series=series(counted, periods[:PERIODS_SHOWN]),
        **compared(counted, periods, others=periods[1:], names=names),
        **as_known(counted, now, everyone=everyone, ids=data.videos["ad_id"], since=since),
    )
