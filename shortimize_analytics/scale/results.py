"""The account of a period from a digest. Rankings, curves and forecasts are the package's own functions."""

from dataclasses import replace

from shortimize_analytics.analysis.base.calendar import names_of
from shortimize_analytics.analysis.base.constants import PERIODS_SHOWN
from shortimize_analytics.analysis.base.one_thread import on_one_thread
from shortimize_analytics.analysis.periods.counted import count_videos, periods_of
from shortimize_analytics.analysis.periods.reference import reference_at
from shortimize_analytics.analysis.periods.summary import PeriodTables, tables_of
from shortimize_analytics.analysis.prepared import Prepared
from shortimize_analytics.errors import InvalidParameterError


@on_one_thread
def weekly_tables(data: Prepared, *, seed: int = 0) -> PeriodTables:
    """Account for the period that a digest was made for.

    Parameters
    ----------
    data
        What `read_digest` read.
    seed
        Seed of permutations and draws.

    Returns
    -------
    PeriodTables
        To the last bit what `period_summary` says of the whole history, its `quality` left out.

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
    periods = list(periods_of(counted, spans))
    everyone = reference_at(data, end=periods[0].end, seed=seed, whole_rows=None)
    return PeriodTables(
        **tables_of(
            counted,
            periods,
            others=periods[1:],
            periods=PERIODS_SHOWN,
            names=names_of(digest.period, spans[0], before=spans[1]),
            everyone=everyone,
            ids=data.videos["ad_id"],
        )
    )
