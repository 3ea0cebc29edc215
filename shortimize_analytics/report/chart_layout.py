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
from shortimize_analytics.analysis.base.constants import HIT
from shortimize_analytics.plots.theme import GRID

from .brand import Brand
from .chart_svg import draw_svg
from .effect_words import compared_within
from .paper import PAPERS, SIDE_MARGIN, Paper
from .periods_compared import median_before
from .tables import LABEL_ROWS
from .what_comes_next import FANS, of_uploads
from .words import Naming

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary


_NAMES = 196.0
"""Room for the names of rows."""


@dataclass(frozen=True, slots=True)
class _Job:
    plot: Callable[..., Any]
    frame: pd.DataFrame
    height: float
    margins: tuple[float, float, float, float]


def draw_pictures(
    summary: "PeriodSummary", *, outliers: pd.DataFrame, paths: pd.DataFrame, brand: Brand, names: Naming
) -> tuple[dict[str, dict[str, Any]], dict[str, bytes]]:
    """Draw the report's pictures.

    Parameters
    ----------
    summary
        What `period_summary` returned.
    outliers
        The ranking to show, with titles.
    paths
        Prepared history of the uploads whose forecasts are drawn.
    brand
        Its paper and colours.
    names
        What the periods are called.

    Returns
    -------
    charts, pictures
        For the template, by kind of picture; and SVG files by name.
    """
    charts: dict[str, dict[str, Any]] = {}
    pictures: dict[str, bytes] = {}
    paper = PAPERS[brand.paper]
    for name, job in _jobs(summary, outliers, paths=paths, paper=paper).items():
        charts[name], svg = draw_svg(
            name,
            partial(job.plot, job.frame),
            alt=_in_units(plots.alt_text(job.frame, name), names.unit),
            size=(paper.width - 2 * SIDE_MARGIN, job.height),
            margins=job.margins,
            colours=brand.colours,
        )
        if "nothing" in charts[name]:
            charts[name]["nothing"] = _in_units(charts[name]["nothing"], names.unit)
        if svg:
            pictures[f"{name}.svg"] = svg
    return charts, pictures


def _jobs(summary: "PeriodSummary", outliers: pd.DataFrame, *, paths: pd.DataFrame, paper: Paper) -> dict[str, _Job]:
    bars = _shown(paper.bars, int((summary.movers["gain"] > 0).sum()))
    scores = _shown(paper.forest, int(outliers["mult"].notna().sum()))
    effect_rows = _shown(LABEL_ROWS, len(compared_within(summary.labels)))
    series = partial(plots.plot_weekly_series, reference=median_before(summary))
    ranking = partial(_without_grid, partial(plots.plot_outliers, top=paper.forest), mark=float(HIT))
    fans = partial(plots.plot_forecast, history=paths, top=FANS)
    rows, effects = (_NAMES, 92.0, 18.0, 34.0), (30.0, 8.0, 10.0, 56.0)
    return {
        "waterfall": _Job(plots.plot_waterfall, summary.waterfall, paper.waterfall, (4, 4, 6, 30)),
        "weekly_series": _Job(series, summary.series, paper.series, (4, 80, 6, 30)),
        "movers": _Job(
            partial(plots.plot_movers, top=paper.bars), summary.movers, 34 + 18 * bars, (_NAMES, 92, 18, 16)
        ),
        "outliers": _Job(ranking, outliers, 52 + 19 * scores, rows),
        "labels": _Job(
            partial(_without_grid, partial(plots.plot_labels, top=LABEL_ROWS)),
            summary.labels,
            52 + 19 * effect_rows,
            rows,
        ),
        "duration_effect": _Job(
            partial(_without_grid, plots.plot_duration_effect), summary.durations, paper.effects, effects
        ),
        "weekday_effect": _Job(
            partial(_without_grid, plots.plot_weekday_effect), summary.weekdays, paper.effects, effects
        ),
        "forecast": _Job(fans, of_uploads(summary.forecasts), paper.fans, (34, 150, 18, 56)),
    }


def _in_units(text: str, unit: str) -> str:
    """Call the periods of a plot's own words by their name; a caption may come first only after those words."""
    if unit == "week":
        return text
    own, mark, rest = text.partition("“")
    return re.sub(r"\bweek(s?)\b", rf"{unit}\1", own) + mark + rest


def _without_grid(plot: Callable[..., Any], frame: pd.DataFrame, *, ax: Any, mark: float | None = None) -> Any:
    """Draw without grid lines, but for one: crossed by intervals they look like an untagged table to a checker."""
    drawn = plot(frame, ax=ax)
    drawn.grid(visible=False)
    if mark is not None and drawn.get_xlim()[0] < mark < drawn.get_xlim()[1]:
        drawn.axvline(mark, color=GRID, linewidth=0.8, zorder=0)
    return drawn


def _shown(most: int, count: int) -> int:
    return max(1, min(most, count))
