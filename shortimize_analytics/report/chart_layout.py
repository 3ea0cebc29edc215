"""The pictures of the report and the room each gets on a page.

Sizes are points. They are chosen so that page 1 always holds its two pictures, and so that each question's picture and
table share a page.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics import plots
from shortimize_analytics.plots.verdicts import clear_groups

from .brand import Brand
from .chart_svg import draw_svg
from .paper import PAPERS, SIDE_MARGIN, Paper
from .periods_compared import median_before
from .words import Naming

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary


@dataclass(frozen=True, slots=True)
class _Job:
    plot: Callable[..., Any]
    frame: pd.DataFrame
    height: float
    margins: tuple[float, float, float, float]


def draw_pictures(
    summary: "PeriodSummary", *, brand: Brand, names: Naming, series: bool
) -> tuple[dict[str, dict[str, Any]], dict[str, bytes]]:
    """Draw the report's pictures: those that say something, since drawing is slow.

    Parameters
    ----------
    summary
        What `period_summary` returned.
    brand
        Its paper and colours.
    names
        What the periods are called.
    series
        Whether page 1 shows the periods' views, for want of the parts of their change.

    Returns
    -------
    charts, pictures
        For the template, by kind of picture, without those that would be empty; and SVG files by name.
    """
    charts: dict[str, dict[str, Any]] = {}
    pictures: dict[str, bytes] = {}
    paper = PAPERS[brand.paper]
    for name, job in _jobs(summary, paper=paper, series=series).items():
        chart, svg = draw_svg(
            name,
            partial(job.plot, job.frame),
            alt=_in_units(plots.alt_text(job.frame, name), names.key),
            size=(paper.width - 2 * SIDE_MARGIN, job.height),
            margins=job.margins,
            colours=brand.colours,
        )
        if svg:
            charts[name], pictures[f"{name}.svg"] = chart, svg
    return charts, pictures


def _jobs(summary: "PeriodSummary", *, paper: Paper, series: bool) -> dict[str, _Job]:
    # a plot is looked up where it is drawn, since that loads matplotlib
    jobs = {
        name: _Job(partial(_without_grid, getattr(plots, f"plot_{name}")), frame, paper.effects, (30, 8, 10, 56))
        for name, frame in (("duration_effect", summary.durations), ("weekday_effect", summary.weekdays))
        if len(clear_groups(frame))
    }
    if series:
        plot = partial(plots.plot_weekly_series, reference=median_before(summary))
        jobs["weekly_series"] = _Job(plot, summary.series, paper.series, (4, 80, 6, 30))
    return jobs


def _in_units(text: str, unit: str) -> str:
    """Call the periods of a plot's own English by their name; a caption may come first only after those words."""
    if unit == "week":
        return text
    own, mark, rest = text.partition("“")
    return re.sub(r"\bweek(s?)\b", rf"{unit}\1", own) + mark + rest


def _without_grid(plot: Callable[..., Any], frame: pd.DataFrame, *, ax: Any) -> Any:
    """Draw without grid lines: crossed by intervals they look like an untagged table to a checker."""
    drawn = plot(frame, ax=ax)
    drawn.grid(visible=False)
    return drawn
