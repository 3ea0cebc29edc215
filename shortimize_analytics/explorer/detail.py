"""One video looked at closely: its history, the band of its account, and what it will have at day 30."""

from html import escape

import pandas as pd

from shortimize_analytics.analysis.base.constants import HORIZON
from shortimize_analytics.analysis.growth.curves import growth_curves
from shortimize_analytics.analysis.plausible import SET_ASIDE
from shortimize_analytics.plots import plot_video
from shortimize_analytics.plots.theme import day, full_number, multiple, platform_name, shorten

from .data import ExplorerData
from .redraw import picture
from .selection import TabContent
from .table import link_html

BAND_AGES = (7, 90)
"""Shortest and longest band of an account (days)."""


def awaits_forecast(stock: ExplorerData, ad_id: str) -> bool:
    """Tell whether a video is young enough for a forecast that has not been worked out yet: that takes seconds."""
    age = stock.ready.loc[(stock.ready["ad_id"] == ad_id).to_numpy(dtype=bool), "age_days"]
    young = bool((age < HORIZON).fillna(value=False).any())
    return young and stock.has_history and "forecasts" not in vars(stock)


def draw_video(stock: ExplorerData, ad_id: str) -> TabContent:
    """Draw one video, with its forecast where the forecasts have been worked out."""
    video = stock.ready[(stock.ready["ad_id"] == ad_id).to_numpy(dtype=bool)].iloc[0]
    head = _facts(stock, video)
    rows = stock.rows_of(pd.Series([ad_id]))
    if rows.empty:
        return TabContent(head, foot='<p class="sa-note">No daily history of this video was loaded.</p>')
    found = stock.forecasts if "forecasts" in vars(stock) else None
    curves = _band(stock, video, rows=rows)
    png = picture(lambda ax: plot_video(rows, forecast=found, curves=curves, ax=ax), height=3.8)
    last = rows.iloc[-1]
    alt = (
        f"Line chart of the views of one video over {len(rows):,} days, {full_number(last['views_raw'])} on "
        f"{day(last['date'])}."
    )
    foot = '<p class="sa-note" role="status">computing its forecast…</p>' if awaits_forecast(stock, ad_id) else ""
    return TabContent(head, png, alt, foot)


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
            facts.append(f"{multiple(row['mult'].iloc[0])} its account's usual views")
    if pd.notna(video["excluded"]) and pd.isna(video[SET_ASIDE]):
        facts.append(f"left out of rankings: {str(video['excluded']).replace('_', ' ')}")
    where = link_html(video["ad_link"], "open the post")
    return (
        f'<h3 class="sa-video-title">{escape(shorten(title, 120) or "untitled")}</h3>'
        f'<p class="sa-note">{escape(" · ".join(facts))} {where}</p>'
    )
