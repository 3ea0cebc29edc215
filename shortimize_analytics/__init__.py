"""Shortimize videos and their daily history as pandas DataFrames, with the analyses short-form video teams need.

    import shortimize_analytics as sa

    client = sa.connect()                      # SHORTIMIZE_API_KEY, or connect(demo=True)
    videos = sa.load_videos(client)
    history = sa.load_history(client, videos)
    sa.rank_outliers(videos, history)

Importing the package is quick and changes nothing: names load their module when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .accounts import account_metrics, bracket_counts
    from .client import Client, connect
    from .errors import DataQualityWarning, FreshnessWarning, ShortimizeError
    from .filters import VideoFilter
    from .fits import fit_growth
    from .forecast import backtest_forecast, forecast_views
    from .groups import compare_groups, compare_pairs, duration_effect, hashtags, weekday_effect
    from .growth import growth_curves, growth_metrics
    from .history import load_history
    from .labels import compare_labels, label_overlap
    from .loaders import load_account_videos, load_collections, load_video, load_videos
    from .milestones import time_to_views
    from .outliers import rank_outliers
    from .over_time import gain_shares, top_videos, uploads_over_time, views_over_time
    from .plots import (
        plot_brackets,
        plot_cohort_curves,
        plot_data_quality,
        plot_duration_effect,
        plot_forecast,
        plot_growth_curves,
        plot_label_overlap,
        plot_labels,
        plot_movers,
        plot_outlier_scatter,
        plot_outliers,
        plot_pareto,
        plot_uploads_over_time,
        plot_video,
        plot_views_over_time,
        plot_waterfall,
        plot_weekday_effect,
        plot_weekly_series,
    )
    from .prepare import prepare_history, prepare_videos
    from .quality import data_quality
    from .report import Report, compose_report, period_report, weekly_report, write_pdf
    from .report.batch import report_each
    from .report.sidecars import write_report
    from .snapshots import compare_snapshots, load_snapshot
    from .storage import archive_info, clear_cache, list_snapshots, load_archive, storage_info, verify_archive
    from .tracking import stop_tracking_video, stop_tracking_videos, track_video, track_videos
    from .weekly import WeeklySummary, period_summary, weekly_summary
    from .widgets import explore

__version__ = "0.1.0"

_HOMES = {
    "Client": "client",
    "DataQualityWarning": "errors",
    "FreshnessWarning": "errors",
    "Report": "report",
    "ShortimizeError": "errors",
    "VideoFilter": "filters",
    "WeeklySummary": "weekly",
    "account_metrics": "accounts",
    "archive_info": "storage",
    "backtest_forecast": "forecast",
    "bracket_counts": "accounts",
    "clear_cache": "storage",
    "compare_groups": "groups",
    "compare_labels": "labels",
    "compare_pairs": "groups",
    "compare_snapshots": "snapshots",
    "compose_report": "report",
    "connect": "client",
    "data_quality": "quality",
    "duration_effect": "groups",
    "explore": "widgets",
    "fit_growth": "fits",
    "forecast_views": "forecast",
    "gain_shares": "over_time",
    "growth_curves": "growth",
    "growth_metrics": "growth",
    "hashtags": "groups",
    "label_overlap": "labels",
    "list_snapshots": "storage",
    "load_account_videos": "loaders",
    "load_archive": "storage",
    "load_collections": "loaders",
    "load_history": "history",
    "load_snapshot": "snapshots",
    "load_video": "loaders",
    "load_videos": "loaders",
    "period_report": "report",
    "period_summary": "weekly",
    "plot_brackets": "plots",
    "plot_cohort_curves": "plots",
    "plot_data_quality": "plots",
    "plot_duration_effect": "plots",
    "plot_forecast": "plots",
    "plot_growth_curves": "plots",
    "plot_label_overlap": "plots",
    "plot_labels": "plots",
    "plot_movers": "plots",
    "plot_outlier_scatter": "plots",
    "plot_outliers": "plots",
    "plot_pareto": "plots",
    "plot_uploads_over_time": "plots",
    "plot_video": "plots",
    "plot_views_over_time": "plots",
    "plot_waterfall": "plots",
    "plot_weekday_effect": "plots",
    "plot_weekly_series": "plots",
    "prepare_history": "prepare",
    "prepare_videos": "prepare",
    "rank_outliers": "outliers",
    "report_each": "report.batch",
    "stop_tracking_video": "tracking",
    "stop_tracking_videos": "tracking",
    "storage_info": "storage",
    "time_to_views": "milestones",
    "top_videos": "over_time",
    "track_video": "tracking",
    "track_videos": "tracking",
    "uploads_over_time": "over_time",
    "verify_archive": "storage",
    "views_over_time": "over_time",
    "weekday_effect": "groups",
    "weekly_report": "report",
    "weekly_summary": "weekly",
    "write_pdf": "report",
    "write_report": "report.sidecars",
}

__all__ = [
    "Client",
    "DataQualityWarning",
    "FreshnessWarning",
    "Report",
    "ShortimizeError",
    "VideoFilter",
    "WeeklySummary",
    "account_metrics",
    "archive_info",
    "backtest_forecast",
    "bracket_counts",
    "clear_cache",
    "compare_groups",
    "compare_labels",
    "compare_pairs",
    "compare_snapshots",
    "compose_report",
    "connect",
    "data_quality",
    "duration_effect",
    "explore",
    "fit_growth",
    "forecast_views",
    "gain_shares",
    "growth_curves",
    "growth_metrics",
    "hashtags",
    "label_overlap",
    "list_snapshots",
    "load_account_videos",
    "load_archive",
    "load_collections",
    "load_history",
    "load_snapshot",
    "load_video",
    "load_videos",
    "period_report",
    "period_summary",
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
    "prepare_history",
    "prepare_videos",
    "rank_outliers",
    "report_each",
    "stop_tracking_video",
    "stop_tracking_videos",
    "storage_info",
    "time_to_views",
    "top_videos",
    "track_video",
    "track_videos",
    "uploads_over_time",
    "verify_archive",
    "views_over_time",
    "weekday_effect",
    "weekly_report",
    "weekly_summary",
    "write_pdf",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its module (PEP 562)."""
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
