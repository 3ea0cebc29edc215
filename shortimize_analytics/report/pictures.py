"""The six pictures of the weekly report and the room each gets on a page.

Sizes are points. They are chosen so that page 1 always holds its two pictures, and so that each question's picture and
table share a page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics import plots

from .charts import draw
from .findings import median_before

if TYPE_CHECKING:
    from shortimize_analytics.weekly import WeeklySummary


@dataclass(frozen=True, slots=True)
class Paper:
    """A page: its width, the heights of its pictures (points) and the rows of its lists."""

    width: float
    waterfall: float
    series: float
    growth: float
    bars: int
    forest: int
    video_rows: int


PAPERS = {
    "a4": Paper(width=595.28, waterfall=204, series=150, growth=545, bars=10, forest=12, video_rows=10),
    "us-letter": Paper(width=612.0, waterfall=166, series=122, growth=495, bars=10, forest=10, video_rows=8),
}
SIDE_MARGIN = 44.0
"""Left and right page margin; the template reads it from here."""
LABEL_ROWS = 10
_NAMES = 196.0
"""Room for the names of rows."""
_LABEL_ROW = 37
"""Height of a label in its picture and its table together."""


@dataclass(frozen=True, slots=True)
class _Job:
    plot: Callable[..., Any]
    frame: pd.DataFrame
    height: float
    margins: tuple[float, float, float, float]


def draw_pictures(
    summary: "WeeklySummary", curves: pd.DataFrame, *, paper: Paper
) -> tuple[dict[str, dict[str, Any]], dict[str, bytes]]:
    """Draw the report's pictures.

    Parameters
    ----------
    summary
        What `weekly_summary` returned, with titles beside the outliers.
    curves
        What `growth_curves` returned with ``value="share"``.
    paper
        The page they go on.

    Returns
    -------
    charts, pictures
        For the template, by kind of picture; and SVG files by name.
    """
    charts: dict[str, dict[str, Any]] = {}
    pictures: dict[str, bytes] = {}
    for name, job in _jobs(summary, curves, paper=paper).items():
        charts[name], svg = draw(
            name,
            partial(job.plot, job.frame),
            alt=plots.alt_text(job.frame, name),
            size=(paper.width - 2 * SIDE_MARGIN, job.height),
            margins=job.margins,
        )
        if svg:
            pictures[f"{name}.svg"] = svg
    return charts, pictures


def _jobs(summary: "WeeklySummary", curves: pd.DataFrame, *, paper: Paper) -> dict[str, _Job]:
    bars = _shown(paper.bars, int((summary.movers["gain"] > 0).sum()))
    scores = _shown(paper.forest, int(summary.outliers["mult"].notna().sum()))
    labels = _shown(LABEL_ROWS, int(summary.labels["ratio"].notna().sum()))
    # Labels and growth share a page: the growth chart takes what few labels leave.
    growth = min(340, max(180, paper.growth - _LABEL_ROW * labels))
    series = partial(plots.plot_weekly_series, reference=median_before(summary))
    outliers = partial(plots.plot_outliers, videos=summary.outliers, top=paper.forest)
    rows = (_NAMES, 92.0, 18.0, 34.0)
    return {
        "waterfall": _Job(plots.plot_waterfall, summary.waterfall, paper.waterfall, (4, 4, 6, 30)),
        "weekly_series": _Job(series, summary.series, paper.series, (4, 80, 6, 30)),
        "movers": _Job(
            partial(plots.plot_movers, top=paper.bars), summary.movers, 34 + 18 * bars, (_NAMES, 92, 18, 16)
        ),
        "outliers": _Job(outliers, summary.outliers, 52 + 19 * scores, rows),
        "labels": _Job(partial(plots.plot_labels, top=LABEL_ROWS), summary.labels, 52 + 19 * labels, rows),
        "growth_curves": _Job(plots.plot_growth_curves, curves, growth, (34, 96, 8, 40)),
    }


def _shown(most: int, count: int) -> int:
    return max(1, min(most, count))
