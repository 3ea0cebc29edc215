"""The names of the room: read by type checkers, and at run time by lazy_loader, so that words need no matplotlib."""

from .describe import KINDS, alt_text
from .effects import plot_duration_effect, plot_label_overlap, plot_weekday_effect
from .forests import plot_labels, plot_outliers
from .growth import plot_cohort_curves, plot_growth_curves
from .over_time import plot_uploads_over_time, plot_views_over_time
from .pareto import plot_pareto
from .quality import plot_data_quality
from .scores import plot_brackets, plot_outlier_scatter
from .videos import plot_forecast, plot_video
from .weekly import plot_movers, plot_waterfall, plot_weekly_series

__all__ = [
    "KINDS",
    "alt_text",
    "plot_brackets",
    "plot_cohort_curves",
    "plot_data_quality",
    "plot_duration_effect",
    "plot_forecast",
    "plot_growth_curves",
    "plot_label_overlap",
    "plot_labels",
    "plot_movers",
    "plot_outlier_scatter",
    "plot_outliers",
    "plot_pareto",
    "plot_uploads_over_time",
    "plot_video",
    "plot_views_over_time",
    "plot_waterfall",
    "plot_weekday_effect",
    "plot_weekly_series",
]
