"""Every frame of the package: its columns, dtypes, units and meanings, in one place.

`tables` declares them, `cast` applies them. A frame that a loader or an analysis returns has exactly the columns of its
table, in that order, followed by fields the API sent that this version does not know.

Pitfalls that the declarations encode: counts are nullable (`Int64`), because a missing count is not zero; instants are
UTC-aware; `uploaded_at` and `date` are calendar days (naive, midnight), because the vendor gives no hour; labels are
lists, since a video may carry several.
"""

from .cast import CastReport, cast, conform, empty
from .tables import (
    ACCOUNT_METRICS,
    COLLECTIONS,
    FORECAST_BACKTEST,
    FORECASTS,
    GROWTH_CURVES,
    GROWTH_FITS,
    GROWTH_METRICS,
    HISTORY,
    LABEL_COMPARISON,
    METRICS,
    MILESTONES,
    OUTLIERS,
    TABLES,
    VIDEOS,
    WEEKLY_MOVERS,
    WEEKLY_SERIES,
    WEEKLY_TOTALS,
    Column,
    Table,
)

__all__ = [
    "ACCOUNT_METRICS",
    "COLLECTIONS",
    "FORECASTS",
    "FORECAST_BACKTEST",
    "GROWTH_CURVES",
    "GROWTH_FITS",
    "GROWTH_METRICS",
    "HISTORY",
    "LABEL_COMPARISON",
    "METRICS",
    "MILESTONES",
    "OUTLIERS",
    "TABLES",
    "VIDEOS",
    "WEEKLY_MOVERS",
    "WEEKLY_SERIES",
    "WEEKLY_TOTALS",
    "CastReport",
    "Column",
    "Table",
    "cast",
    "conform",
    "empty",
]
