"""Everything the template reads, gathered from the week's frames: plain JSON, and the pictures beside it.

Outside text is made typesettable here, once, before anything is drawn or written. Numbers are formatted here too: the
template only sets type.
"""

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from shortimize_analytics.fonts import font_families, missing_fonts
from shortimize_analytics.style import day, full_number, period, platform_name

from . import tables
from .findings import findings, headline, total_of
from .pictures import PAPERS, SIDE_MARGIN, Paper, draw_pictures
from .quality import quality_rows
from .words import Words, count, piece

if TYPE_CHECKING:
    from shortimize_analytics.weekly import WeeklySummary

MIN_PEERS = 3
"""Other videos an account must have for the report to say that a video beat it."""


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
        What `growth_curves` returned with ``value="share"``.
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
    summary = _readable(summary, videos, words, paper=PAPERS[paper])
    charts, pictures = draw_pictures(summary, curves, paper=PAPERS[paper])
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
        "outliers": tables.outliers_table(summary.outliers, words, rows=PAPERS[paper].video_rows),
        "growth_age": int(curves["age_days"].max()) if len(curves) else None,
        "left_out": _left_out(before - len(summary.outliers)),
        "labels": tables.labels_table(summary.labels, words),
        "footer": _footer(summary, videos, words, as_of=as_of),
    }
    content["quality"] = quality_rows(summary, videos, words, as_of=as_of, missing=missing_fonts())
    return content, pictures


def _readable(summary: "WeeklySummary", videos: pd.DataFrame, words: Words, *, paper: Paper) -> "WeeklySummary":
    """Give the ranking its titles and links, keep what has peers to beat, and make label names typesettable."""
    about = videos.drop_duplicates("ad_id").set_index("ad_id")
    outliers = summary.outliers.copy()
    for column in ("title", "ad_link"):
        known = about[column] if column in about else pd.Series(dtype="object")
        outliers[column] = outliers["ad_id"].map(known).astype("object")
    with_peers = outliers["n_peers"].fillna(0) >= MIN_PEERS
    if with_peers.any():
        outliers = outliers[with_peers].reset_index(drop=True)
    for frame in (summary.movers.head(paper.bars), outliers.head(paper.forest)):
        for title in frame["title"]:
            words.clean(title, fallback="")  # the pictures show more titles than the tables: count these too
    labels = summary.labels.copy()
    labels["label"] = _label_names(labels, words)
    return replace(summary, outliers=outliers, labels=labels)


def _label_names(labels: pd.DataFrame, words: Words) -> list[str]:
    """Make label names typesettable, and tell labels of one name apart by the start of their id."""
    twice = labels["label"].duplicated(keep=False) & labels["label"].notna()
    return [
        words.clean(label, fallback="unnamed label", width=48)
        + (f" [{words.clean(label_id, fallback='?', width=40)[:4]}]" if repeated else "")
        for label, label_id, repeated in zip(labels["label"], labels["label_id"], twice, strict=True)
    ]


def _left_out(number: int) -> str:
    if not number:
        return ""
    return f" Left out: {count(number, 'video')} of accounts with fewer than {MIN_PEERS} others to compare with."


def _period(summary: "WeeklySummary") -> str:
    return period(summary.week_start + dt.timedelta(days=1), summary.week_end)


def _scope(summary: "WeeklySummary", videos: pd.DataFrame) -> str:
    if videos.empty:
        return f"{_period(summary)}. No videos."
    platforms = [platform_name(str(name)) for name in sorted(videos["platform"].dropna().unique())]
    accounts = int((summary.totals["scope"].astype("object") == "account").sum())
    total = total_of(summary.totals)
    uploads = 0 if total is None or pd.isna(total["n_uploads"]) else int(total["n_uploads"])
    said = platforms[0] if len(platforms) == 1 else f"{len(platforms)} platforms"
    parts = [said if platforms else "no platform", count(accounts, "account"), count(uploads, "upload")]
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
