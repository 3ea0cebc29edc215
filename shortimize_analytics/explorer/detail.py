"""One video looked at closely: its history, the band of its account, and what it will have at day 30."""

from html import escape
from typing import Any

import pandas as pd

from shortimize_analytics.analysis.growth.curves import growth_curves
from shortimize_analytics.analysis.plausible import SET_ASIDE
from shortimize_analytics.plots import plot_video
from shortimize_analytics.plots.texts import shorten
from shortimize_analytics.plots.theme import day, full_number, multiple, platform_name
from shortimize_analytics.schema.links import web_link

from . import answers
from .chart import WIDTH, picture
from .data import ExplorerData
from .selection import TabContent

BAND_AGES = (7, 90)
"""Shortest and longest band of an account (days)."""


def draw_video(stock: ExplorerData, ad_id: str, *, width: float = WIDTH) -> TabContent:
    """Draw one video, with its forecast."""
    video = stock.ready[(stock.ready["ad_id"] == ad_id).to_numpy(dtype=bool)].iloc[0]
    head = _facts(stock, video)
    rows = stock.rows_of(pd.Series([ad_id]))
    if rows.empty:
        return TabContent(head, foot='<p class="sa-note">No daily history of this video was loaded.</p>')
    curves = _band(stock, video, rows=rows)
    chart = picture(
        lambda ax: plot_video(rows, forecast=stock.forecasts, curves=curves, ax=ax),
        height=3.8,
        width=width,
        marks=[answers.measured(rows)],
    )
    last = rows.iloc[-1]
    alt = (
        f"Line chart of the views of one video over {len(rows):,} days, {full_number(last['views_raw'])} on "
        f"{day(last['date'])}."
    )
    return TabContent(head, chart, alt)


def link_html(url: Any, text: str) -> str:
    """Write a link that opens in a new tab; nothing for an address that is not safe to follow."""
    safe = web_link(url)
    if safe is None:
        return ""
    return f'<a href="{escape(safe)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'


def _band(stock: ExplorerData, video: pd.Series, *, rows: pd.DataFrame) -> pd.DataFrame | None:
    """Describe what the videos of the account usually have at each age."""
    oldest = rows["age_days"].max()
    if pd.isna(oldest):
        return None
    mine = stock.ready[(stock.ready["account"] == video["account"]).to_numpy(dtype=bool)]
    name = video["username"] if isinstance(video["username"], str) else "its account"
    age = int(min(max(oldest, BAND_AGES[0]), BAND_AGES[1]))
    days = stock.rows_of(mine["ad_id"])
    return growth_curves(
        mine.drop(columns="account").assign(username=name), days, by="username", max_age=age, value="views"
    )


def _views(video: pd.Series) -> str:
    if pd.isna(video[SET_ASIDE]):
        return f"{full_number(video['latest_views'])} views"
    return f"newest count of {full_number(video[SET_ASIDE])} views set aside: its own history or likes contradict it"


def _facts(stock: ExplorerData, video: pd.Series) -> str:
    title = " ".join(video["title"].split()) if isinstance(video["title"], str) else ""
    account = video["username"] if isinstance(video["username"], str) else "unnamed"
    platform = platform_name(video["platform"]) if isinstance(video["platform"], str) else "unknown platform"
    facts = [
        f"@{account} on {platform}",
        f"uploaded {day(video['uploaded_at'])}" if pd.notna(video["uploaded_at"]) else "upload day unknown",
        _views(video),
    ]
    if "ranked" in vars(stock):
        row = stock.ranked[(stock.ranked["ad_id"] == video["ad_id"]).to_numpy(dtype=bool)]
        if len(row) and pd.notna(row["mult"].iloc[0]):
            counted = row["counted_on"].iloc[0]
            when = f", by the end of {day(counted)}" if pd.notna(counted) else ""
            facts.append(f"{multiple(row['mult'].iloc[0])} its account's usual views{when}")
    if pd.notna(video["excluded"]) and pd.isna(video[SET_ASIDE]):
        facts.append(f"left out of rankings: {str(video['excluded']).replace('_', ' ')}")
    where = link_html(video["ad_link"], "open the post")
    return (
        f'<h3 class="sa-video-title">{escape(shorten(title, 120) or "untitled")}</h3>'
        f'<p class="sa-note">{escape(" · ".join(facts))} {where}</p>'
    )
