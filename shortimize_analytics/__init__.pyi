"""The public names, and the module that each comes from: read by type checkers, and at run time by lazy_loader."""

from . import errors, scale, schema
from .analysis.comparisons.groupings import hashtags
from .analysis.comparisons.groups import compare_groups, compare_pairs, duration_effect, weekday_effect
from .analysis.comparisons.labels import compare_labels, label_overlap
from .analysis.comparisons.two import compare_two
from .analysis.filters.scope import select_videos
from .analysis.filters.video_filter import VideoFilter
from .analysis.forecast.views import backtest_forecast, forecast_views
from .analysis.growth.curves import growth_curves, growth_metrics
from .analysis.growth.fits import fit_growth
from .analysis.growth.milestones import time_to_views
from .analysis.money.closing import close_payouts, payout_costs
from .analysis.money.costs import cost_figures
from .analysis.money.files import read_costs, read_targets
from .analysis.money.liability import forecast_payouts
from .analysis.money.pacing import backtest_pacing, pace_targets
from .analysis.money.payouts import creator_payouts
from .analysis.money.suggestions import suggest_clips
from .analysis.money.terms import read_terms
from .analysis.money.verify import verify_closings
from .analysis.money.video_money import video_money
from .analysis.outliers.accounts import account_metrics, bracket_counts
from .analysis.outliers.ranking import rank_outliers
from .analysis.periods.over_time import gain_shares, top_videos, uploads_over_time, views_over_time
from .analysis.periods.summary import PeriodSummary, period_summary
from .analysis.periods.video_table import video_table
from .analysis.prepared import Prepared, prepare
from .analysis.quality import data_quality
from .client.connection import Client
from .delivery.alerts import find_alerts
from .delivery.configuration import Delivery, read_delivery
from .delivery.ledger import Ledger
from .delivery.message import Message, report_message
from .delivery.sending import deliver
from .errors import DataQualityWarning, FreshnessWarning, ShortimizeError
from .explorer import explore
from .loading.connect import connect
from .loading.history import load_history
from .loading.labels import load_labels
from .loading.organisation import load_accounts, load_organisation_history
from .loading.tracking import stop_tracking_video, stop_tracking_videos, track_video, track_videos
from .loading.videos import load_account_videos, load_video, load_videos
from .plots.effects import plot_duration_effect, plot_label_overlap, plot_weekday_effect
from .plots.forests import plot_labels, plot_outliers
from .plots.growth import plot_cohort_curves, plot_growth_curves
from .plots.over_time import plot_uploads_over_time, plot_views_over_time
from .plots.pareto import plot_pareto
from .plots.quality import plot_data_quality
from .plots.scores import plot_brackets, plot_outlier_scatter
from .plots.videos import plot_forecast, plot_video
from .plots.weekly import plot_movers, plot_waterfall, plot_weekly_series
from .report.batch import report_each
from .report.compose import Report, compose_report
from .report.statements import write_statements
from .report.write import write_report
from .store.move import move_archive
from .store.snapshots import compare_snapshots, load_snapshot
from .store.storage import archive_info, clear_cache, list_snapshots, load_archive, storage_info
from .store.verify import verify_archive

__all__ = [
    "Client",
    "DataQualityWarning",
    "Delivery",
    "FreshnessWarning",
    "Ledger",
    "Message",
    "PeriodSummary",
    "Prepared",
    "Report",
    "ShortimizeError",
    "VideoFilter",
    "account_metrics",
    "archive_info",
    "backtest_forecast",
    "backtest_pacing",
    "bracket_counts",
    "clear_cache",
    "close_payouts",
    "compare_groups",
    "compare_labels",
    "compare_pairs",
    "compare_snapshots",
    "compare_two",
    "compose_report",
    "connect",
    "cost_figures",
    "creator_payouts",
    "data_quality",
    "deliver",
    "duration_effect",
    "errors",
    "explore",
    "find_alerts",
    "fit_growth",
    "forecast_payouts",
    "forecast_views",
    "gain_shares",
    "growth_curves",
    "growth_metrics",
    "hashtags",
    "label_overlap",
    "list_snapshots",
    "load_account_videos",
    "load_accounts",
    "load_archive",
    "load_history",
    "load_labels",
    "load_organisation_history",
    "load_snapshot",
    "load_video",
    "load_videos",
    "move_archive",
    "pace_targets",
    "payout_costs",
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
    "prepare",
    "rank_outliers",
    "read_costs",
    "read_delivery",
    "read_targets",
    "read_terms",
    "report_each",
    "report_message",
    "scale",
    "schema",
    "select_videos",
    "stop_tracking_video",
    "stop_tracking_videos",
    "storage_info",
    "suggest_clips",
    "time_to_views",
    "top_videos",
    "track_video",
    "track_videos",
    "uploads_over_time",
    "verify_archive",
    "verify_closings",
    "video_money",
    "video_table",
    "views_over_time",
    "weekday_effect",
    "write_report",
    "write_statements",
]

__version__: str
