"""Past one machine: histories that are too large for one frame, in parts, on any executor.

    import shortimize_analytics as sa

    executor = sa.scale.DaskExecutor(client)
    told = sa.scale.digest("s3://bucket/archive", videos, out="s3://bucket/digest", executor=executor)
    data = sa.scale.read_digest("s3://bucket/digest", videos)
    sa.rank_outliers(data), sa.growth_curves(data), sa.forecast_views(data), sa.scale.weekly_tables(data)

`digest` maps over parts of the archive: each is read, prepared as any history is, and boiled down to one row per video.
No history moves between machines. What compares videos is then done by the package's own analyses on these rows, to the
same last bit as on the whole history.
"""

from .dask_executor import DaskExecutor
from .mapping import DigestReport, digest
from .results import weekly_tables
from .written import read_digest

__all__ = ["DaskExecutor", "DigestReport", "digest", "read_digest", "weekly_tables"]
