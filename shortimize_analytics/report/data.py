"""Everything the template reads, gathered from the week's frames: plain JSON, and the pictures beside it.

Outside text is made typesettable here, once, before anything is drawn or written. Numbers are formatted here too: the
template only sets type.
"""

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics import plots
from shortimize_analytics.fonts import font_families, missing_fonts
from shortimize_analytics.style import day, full_number, period, platform_name

from . import tables
from .charts import draw
from .findings import findings, headline, median_before, total_of
from .quality import quality_rows
from .words import Words, piece

if TYPE_CHECKING:
    from shortimize_analytics.weekly import WeeklySummary

FOREST_ROWS = 12
MIN_PEERS = 3
"""Other videos an account must have for the report to say that a video beat it."""
BAR_ROWS = 10
NAMES = 196.0
"""Room for the names of rows (points)."""
PAPERS = {"a4": 595.28, "us-letter": 612.0}
SIDE_MARGIN = 44.0
"""Left and right page margin (points); the template reads it from here."""


def report_content(
    summary: "WeeklySummary",
    videos: pd.DataFrame,
    *,
    curves: pd.DataFrame,
    as_of: dt.datetime,
    title: str | None,
    paper: str,
    lang: str,
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Gather the content of the weekly report.

    Parameters
    ----------
    summary
        What `weekly_summary` returned.
    videos
        The videos behind it, for titles, links and counts.
    curves
        What `growth_curves` returned with ``value="views"``.
    as_of
        When the newest count was measured.
    title
        A name above the headline, or None.
    paper
        One of `PAPERS`.
    lang
        Language of the document, as in ``en-GB``.

    Returns
    -------
    content, pictures
        JSON for the template, and its SVG files by name.
    """
    words = Words()
    name = words.clean(title, fallback="Weekly report · short-form video", width=80)
    before = len(summary.outliers)
    summary = _readable(summary, videos, words)
    charts, pictures = _charts(summary, curves, paper=paper)
    said = headline(summary)
    content = {
        "paper": paper,
        "margin": SIDE_MARGIN,
        "lang": lang.partition("-")[0],
        "region": lang.partition("-")[2] or None,
        "fonts": [*font_families(), "Last Resort High-Efficiency"],
        "document_title": f"{name}: {said}, {_period(summary)}",
        "name": piece(name),
        "headline": said,
        "scope": _scope(summary, videos),
        "figures": tables.key_figures(summary),
        "findings": findings(summary, words),
        "charts": charts,
        "movers": tables.movers_table(summary.movers, words),
        "platforms": tables.scopes_table(summary.totals, "platform", words),
        "accounts": tables.scopes_table(summary.totals, "account", words),
        "revived": tables.revived_table(summary.revived, words),
        "outliers": tables.outliers_table(summary.outliers, words),
        "without_peers": before - len(summary.outliers),
        "labels": tables.labels_table(summary.labels, words),
        "footer": _footer(summary, videos, words, as_of=as_of),
    }
    content["quality"] = quality_rows(summary, videos, words, as_of=as_of, missing=missing_fonts())
    return content, pictures


def _readable(summary: "WeeklySummary", videos: pd.DataFrame, words: Words) -> "WeeklySummary":
    """Give the ranking its titles and links, keep what has peers to beat, and make label names typesettable."""
    about = videos.drop_duplicates("ad_id").set_index("ad_id")
    outliers = summary.outliers.copy()
    for column in ("title", "ad_link"):
        known = about[column] if column in about else pd.Series(dtype="object")
        outliers[column] = outliers["ad_id"].map(known).astype("object")
    with_peers = outliers["n_peers"].fillna(0) >= MIN_PEERS
    if with_peers.any():
        outliers = outliers[with_peers].reset_index(drop=True)
    labels = summary.labels.copy()
    labels["label"] = [words.clean(label, fallback="unnamed label") for label in labels["label"]]
    return replace(summary, outliers=outliers, labels=labels)


def _charts(
    summary: "WeeklySummary", curves: pd.DataFrame, *, paper: str
) -> tuple[dict[str, dict[str, Any]], dict[str, bytes]]:
    """Draw the six pictures of the report."""
    median = median_before(summary)
    rows = {
        "movers": _shown(BAR_ROWS, int((summary.movers["gain"] > 0).sum())),
        "outliers": _shown(FOREST_ROWS, int(summary.outliers["mult"].notna().sum())),
        "labels": _shown(tables.LABEL_ROWS, int(summary.labels["ratio"].notna().sum())),
    }
    tall = paper == "a4"
    named = (NAMES, 92.0, 18.0, 34.0)
    jobs: dict[str, tuple[Any, pd.DataFrame, float, tuple[float, float, float, float]]] = {
        "waterfall": (plots.plot_waterfall, summary.waterfall, 204 if tall else 166, (4, 4, 6, 30)),
        "weekly_series": (
            partial(plots.plot_weekly_series, reference=median), summary.series, 150 if tall else 122, (4, 80, 6, 30),
        ),
        "movers": (
            partial(plots.plot_movers, top=BAR_ROWS), summary.movers, 34 + 18 * rows["movers"], (NAMES, 92, 18, 16),
        ),
        "outliers": (
            partial(plots.plot_outliers, videos=summary.outliers, top=FOREST_ROWS),
            summary.outliers, 52 + 19 * rows["outliers"], named,
        ),
        "labels": (
            partial(plots.plot_labels, top=tables.LABEL_ROWS), summary.labels, 52 + 19 * rows["labels"], named,
        ),
        "growth_curves": (partial(plots.plot_growth_curves, value="views"), curves, 180, (34, 96, 8, 40)),
    }  # fmt: skip
    charts: dict[str, dict[str, Any]] = {}
    pictures: dict[str, bytes] = {}
    for name, (plot, frame, height, margins) in jobs.items():
        charts[name], svg = draw(
            name,
            partial(plot, frame),
            alt=plots.alt_text(frame, name),
            size=(PAPERS[paper] - 2 * SIDE_MARGIN, float(height)),
            margins=margins,
        )
        if svg:
            pictures[f"{name}.svg"] = svg
    return charts, pictures


def _shown(most: int, count: int) -> int:
    return max(1, min(most, count))


def _period(summary: "WeeklySummary") -> str:
    return period(summary.week_start + dt.timedelta(days=1), summary.week_end)


def _scope(summary: "WeeklySummary", videos: pd.DataFrame) -> str:
    platforms = [platform_name(str(name)) for name in sorted(videos["platform"].dropna().unique())]
    accounts = int((summary.totals["scope"].astype("object") == "account").sum())
    total = total_of(summary.totals)
    uploads = 0 if total is None or pd.isna(total["n_uploads"]) else int(total["n_uploads"])
    said = platforms[0] if len(platforms) == 1 else f"{len(platforms)} platforms"
    parts = [
        said if platforms else "no platform",
        f"{accounts:,} {'account' if accounts == 1 else 'accounts'}",
        f"{uploads:,} {'upload' if uploads == 1 else 'uploads'}",
    ]
    against = "" if total is None or pd.isna(total["vs_prev"]) else ", against the week before"
    return f"{_period(summary)}{against}. {', '.join(parts)}."


def _footer(summary: "WeeklySummary", videos: pd.DataFrame, words: Words, *, as_of: dt.datetime) -> str:
    source = words.clean(videos.attrs.get("source"), fallback="", width=40)
    masked = int(summary.quality.get("n_masked") or 0)
    parts = [
        source,
        f"data as of {day(as_of)} {as_of:%H:%M} UTC",
        f"{full_number(masked)} of {full_number(len(videos))} videos masked",
    ]
    return " · ".join(filter(None, parts))
