"""Pictures of analysis results: a result frame in, matplotlib Axes out.

Every function takes the frame an analysis returned, then options by keyword; draws into ``ax`` when it is given, else
into a figure of its own; and returns the Axes. Nothing is computed here beyond what drawing needs: an interval or a
median that a frame does not hold is not drawn. Rows beyond a cap are left out with their number written under the
picture. A frame without anything to draw gives an Axes that says so.

Video titles and account names are outside text: they are cut to length, and what no font can draw is replaced. The
pictures carry numbers, not headings; ``ax.set_title`` adds one.

A figure made here (no ``ax``) is one of pyplot's: close it with ``plt.close(ax.figure)`` when many are made.

Pitfall: matplotlib draws emoji as line drawings, flags as empty frames, and does not use the bold weights of variable
fonts. The weekly report does not have these limits, because its text is set by Typst.
"""

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
