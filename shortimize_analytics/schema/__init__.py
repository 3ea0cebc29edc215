"""Every frame of the package: its columns, dtypes, units and meanings, in one place.

`tables`, `analysis_tables` and `period_tables` declare them, `cast` applies them. A frame that a loader or an analysis
returns has exactly the columns of its table, in that order, followed by fields the API sent that this version does not
know.

Pitfalls that the declarations encode: counts are nullable (`Int64`), because a missing count is not zero; instants are
UTC-aware; `uploaded_at` and `date` are calendar days (naive, midnight), because the vendor gives no hour; labels are
lists, since a video may carry several.
"""

from . import analysis_tables, period_tables, tables
from .analysis_tables import (
    ACCOUNT_METRICS,
    BRACKET_COUNTS,
    FORECAST_BACKTEST,
    FORECASTS,
    GROUP_COMPARISON,
    GROUP_PAIRS,
    GROWTH_CURVES,
    GROWTH_FITS,
    GROWTH_METRICS,
    LABEL_COMPARISON,
    LABEL_OVERLAP,
    LEFT_OUT,
    MILESTONES,
    OUTLIERS,
)
from .cast import CastReport, cast, conform, empty
from .columns import Column, Table
from .period_tables import (
    DATA_QUALITY,
    GAIN_SHARES,
    UPLOADS_OVER_TIME,
    VIEWS_OVER_TIME,
    WEEKLY_FORECASTS,
    WEEKLY_MOVERS,
    WEEKLY_SERIES,
    WEEKLY_STALLED,
    WEEKLY_TOTALS,
)
from .tables import COLLECTIONS, COUNTS, HISTORY, METRICS, VIDEOS

TABLES = {
    table.name: table
    for module in (tables, analysis_tables, period_tables)
    for table in vars(module).values()
    if isinstance(table, Table)
}

__all__ = [
    "ACCOUNT_METRICS",
    "BRACKET_COUNTS",
    "COLLECTIONS",
    "COUNTS",
    "DATA_QUALITY",
    "FORECASTS",
    "FORECAST_BACKTEST",
    "GAIN_SHARES",
    "GROUP_COMPARISON",
    "GROUP_PAIRS",
    "GROWTH_CURVES",
    "GROWTH_FITS",
    "GROWTH_METRICS",
    "HISTORY",
    "LABEL_COMPARISON",
    "LABEL_OVERLAP",
    "LEFT_OUT",
    "METRICS",
    "MILESTONES",
    "OUTLIERS",
    "TABLES",
    "UPLOADS_OVER_TIME",
    "VIDEOS",
    "VIEWS_OVER_TIME",
    "WEEKLY_FORECASTS",
    "WEEKLY_MOVERS",
    "WEEKLY_SERIES",
    "WEEKLY_STALLED",
    "WEEKLY_TOTALS",
    "CastReport",
    "Column",
    "Table",
    "cast",
    "conform",
    "empty",
]
