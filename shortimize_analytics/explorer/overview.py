"""The overview: six figures against the days before, and views and uploads over time."""

from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import Span, day_of
from shortimize_analytics.analysis.base.constants import WEEK
from shortimize_analytics.analysis.periods.counted import Period
from shortimize_analytics.analysis.periods.over_time import gain_shares
from shortimize_analytics.plots import alt_text, plot_movers, plot_pareto, plot_uploads_over_time, plot_views_over_time
from shortimize_analytics.plots.canvas import own_font
from shortimize_analytics.plots.theme import counted as number_of
from shortimize_analytics.plots.theme import day, full_number, percent, period, short_number

from . import answers
from .chart import CHART_ROWS, picture
from .data import SERIES_DAYS, cut_into_bars
from .selection import Selection, TabContent

NO_HISTORY = (
    "Views over time need the daily history: <code>history = sa.load_history(client, videos)</code>, then "
    "<code>sa.explore(videos, history, client=client)</code>."
)
SERIES = "views and uploads"
_PARTLY = ", not covered whole"
_MARGINS = (0.72, 0.12, 0.3, 0.48)


class Figure(NamedTuple):
    """One figure: its name, its value in words, how it compares, and the exact value for a tooltip."""

    name: str
    value: str
    compared: str
    exact: str


def draw_overview(selection: Selection) -> TabContent:
    """Draw the overview of a selection."""
    stock, chosen = selection.stock, selection.chosen
    span = stock.span(chosen.active_start, chosen.active_end)
    figures, said = key_figures(selection, span)
    head = _tiles(figures) + f'<p class="sa-note">{escape(said)}</p>'
    if span is None:
        return TabContent(head, foot='<p class="sa-note">Nothing was measured in these days, so there is no chart.</p>')
    if selection.options.get("Show", SERIES) != SERIES:
        return _gainers(selection, span, head=head)
    shown = span if chosen.active_start is not None else (min(span[0], span[1] - SERIES_DAYS), span[1])
    spans = cut_into_bars((min(max(shown[0], stock.oldest - 1), shown[1] - 1), shown[1]))
    uploads = stock.uploads_over_time(selection.mask, spans)
    each = f"a {_unit(spans)}"
    draws: list[Callable[[Any], Any]] = [
        lambda ax: plot_uploads_over_time(uploads, ax=ax).set_ylabel(
            f"uploads {each}", fontsize=9, fontfamily=own_font(each)
        )
    ]
    alt = _alt("Uploads", uploads["n_uploads"], spans)
    marks = [answers.bars(spans, _upload_words(uploads), field="uploaded")]
    if stock.has_history:
        views = stock.views_over_time(selection.mask, spans)
        draws.insert(
            0,
            lambda ax: plot_views_over_time(views, ax=ax).set_ylabel(
                f"views gained {each}", fontsize=9, fontfamily=own_font(each)
            ),
        )
        marks.insert(0, answers.bars(spans, _view_words(views), field="active"))
        alt = f"{_alt('Views gained', views['views_gained'], spans)} {alt}"
    foot = "" if stock.has_history else f'<p class="sa-note">{NO_HISTORY}</p>'
    chart = picture(*draws, height=2.5, width=selection.width, margins=_MARGINS, marks=marks)
    return TabContent(head, chart, alt, foot)


def _view_words(views: pd.DataFrame) -> list[str]:
    """Say what each bar of views gained holds."""
    return [
        f"{full_number(row.views_gained)} views gained{_PARTLY * bool(row.partial)}\n"
        f"{full_number(row.new_views)} of videos uploaded then, {full_number(row.back_views)} of older ones"
        + (f", {full_number(row.corrections)} corrected" if pd.notna(row.corrections) and row.corrections else "")
        for row in views.itertuples()
    ]


def _upload_words(uploads: pd.DataFrame) -> list[str]:
    """Say what each bar of uploads holds."""
    return [
        f"{number_of(int(row.n_uploads), 'upload')}{_PARTLY * bool(row.partial)}\n{full_number(row.views)} views so far"
        for row in uploads.itertuples()
    ]


def _unit(spans: list[Span]) -> str:
    """Say what most bars stand for."""
    longest = max(end - start for start, end in spans)
    return "day" if longest == 1 else "week" if longest <= WEEK else "month"


def _gainers(selection: Selection, span: Span, *, head: str) -> TabContent:
    """Draw the chosen videos that gained most in the days that are counted."""
    stock = selection.stock
    if not stock.has_history:
        return TabContent(head, foot=f'<p class="sa-note">{NO_HISTORY}</p>')
    every = stock.movers(span)
    ids = stock.videos.loc[selection.counted, "ad_id"]
    mine = every[every["ad_id"].isin(ids)].reset_index(drop=True)
    gains = mine["gain"].clip(lower=0)
    mine["share"] = (gains / max(1, int(gains.sum()))).where(mine["gain"] > 0)
    if selection.options["Show"] == "videos that gained most":
        chart = picture(
            lambda ax: plot_movers(mine, top=CHART_ROWS, ax=ax),
            height=4.4,
            width=selection.width,
            marks=[answers.gained(mine, span=span)],
        )
        return TabContent(head, chart, alt_text(mine, "movers"))
    shares = gain_shares(mine)
    chart = picture(lambda ax: plot_pareto(shares, ax=ax), width=selection.width, marks=[answers.added_up(shares)])
    return TabContent(head, chart, alt_text(mine, "movers"))


def key_figures(selection: Selection, span: Span | None) -> tuple[list[Figure], str]:
    """Work out the figures of a selection, and say which days they count."""
    stock, counted = selection.stock, selection.counted
    counts = stock.counts[counted]
    views = counts[:, 0]
    known = ~np.isnan(views)
    accounts = len(np.unique(stock.accounts[selection.mask]))
    figures, said = [], "Newest counts of all chosen videos."
    if selection.chosen.count == "gains" and span is not None:
        before = (span[0] - (span[1] - span[0]), span[0])
        figures += _gains(selection, span, before=before)
        length = span[1] - span[0]
        said = f"{_days(span)}, against the {f'{length} days' if length > 1 else 'day'} before ({_days(before)})."
    else:
        total = float(np.nansum(views)) if known.any() else None
        figures.append(Figure("Views, newest counts", short_number(total), "", full_number(total)))
        figures.append(Figure("Uploads", short_number(int(counted.sum())), "", f"{counted.sum():,}"))
    if doubted := int(stock.doubted[counted].sum()):
        whose = "their" if doubted > 1 else "its"
        said += f" The newest counts of {number_of(doubted, 'video')} contradict {whose} own history or likes and are "
        said += "set aside."
    median = float(np.median(views[known])) if known.any() else None
    share = engagement_rate(counts)
    figures += [
        Figure("Videos", short_number(selection.size), f"of {len(stock.videos):,}", f"{selection.size:,}"),
        Figure("Accounts", short_number(accounts), "", f"{accounts:,}"),
        Figure("Median views", short_number(median), "newest counts", full_number(median)),
        Figure("Engagement", percent(share, digits=1), "likes, comments, shares ÷ views", percent(share, digits=3)),
    ]
    return figures, said


def _gains(selection: Selection, span: Span, *, before: Span) -> list[Figure]:
    stock = selection.stock
    chosen = (selection.counted, selection.counted_before(before))
    uploads = [_uploads(stock.uploaded[mask], days) for mask, days in zip(chosen, (span, before), strict=True)]
    figures = [Figure("Uploads", short_number(uploads[0]), _change(*uploads), f"{uploads[0]:,} against {uploads[1]:,}")]
    if not stock.has_history:
        return [Figure("Views gained", "–", "needs the history", "no history was given"), *figures]
    now, then = stock.period(span), stock.period(before)
    gained, earlier = (_gained(one, mask[stock.usable]) for one, mask in zip((now, then), chosen, strict=True))
    whole = now.covered and then.covered
    compared = _change(gained, earlier) if whole else "days before not covered whole"
    exact = f"{full_number(gained)} against {full_number(earlier)}"
    return [Figure("Views gained", short_number(gained), compared, exact), *figures]


def _uploads(day: np.ndarray, span: Span) -> int:
    return int(((day > span[0]) & (day <= span[1])).sum())


def _gained(one: Period, chosen: np.ndarray) -> int | None:
    if not (one.flows["known"].to_numpy() & chosen).any():
        return None
    return int(one.flows["views_gained"].to_numpy()[chosen].sum())


def _change(now: int | None, before: int | None) -> str:
    if now is None or before is None or before <= 0:
        return "nothing to compare with"
    return f"{percent(now / before - 1, signed=True)} on the days before"


def engagement_rate(counts: np.ndarray) -> float | None:
    """Pooled rate as in `account_metrics`: an unknown count is none, a video without any of the three has no rate."""
    usable = (counts[:, 0] > 0) & ~np.isnan(counts[:, 1:]).all(axis=1)
    return float(np.nansum(counts[usable, 1:]) / counts[usable, 0].sum()) if usable.any() else None


def _tiles(figures: list[Figure]) -> str:
    tiles = [
        f'<div class="sa-tile" title="{escape(one.exact)}"><span>{escape(one.name)}</span>'
        f"<strong>{escape(one.value)}</strong><small>{escape(one.compared)}</small></div>"
        for one in figures
    ]
    return f'<div class="sa-tiles">{"".join(tiles)}</div>'


def _days(span: Span) -> str:
    first, last = day_of(span[0] + 1), day_of(span[1])
    return day(last) if first == last else period(first, last)


def _alt(what: str, values: Any, spans: list[Span]) -> str:
    known = values.dropna()
    if known.empty:
        return f"Bar chart of {what.lower()}, without data."
    best = int(known.to_numpy().argmax())
    place = spans[int(known.index[best])]
    return (
        f"Bar chart of {what.lower()} from {_days((spans[0][0], spans[-1][1]))}: {short_number(known.sum())} in all, "
        f"most in {_days(place)} with {short_number(known.iloc[best])}."
    )
