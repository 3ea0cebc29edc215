"""Two labels, accounts, platforms or periods side by side: the same figures of both, and the ratio of their views."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_of, stretches
from shortimize_analytics.analysis.base.constants import EFFECT_COVERAGE, HIT
from shortimize_analytics.analysis.comparisons.two import compare_two
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.growth.curves import growth_curves
from shortimize_analytics.plots import alt_text, plot_growth_curves
from shortimize_analytics.plots.theme import counted, day, full_number, multiple, percent, period, short_number
from shortimize_analytics.schema.choices import Frequency
from shortimize_analytics.schema.rows import NEVER

from . import answers
from .chart import picture
from .names import Offer
from .overview import engagement_rate
from .selection import Selection, TabContent

KINDS = ("labels", "accounts", "platforms", "upload months", "upload weeks")
_NAMED = {"labels": "label", "accounts": "account", "platforms": "platform"}
_PERIODS: dict[str, Frequency] = {"upload months": "M", "upload weeks": "W"}
_MOST_PERIODS = 60
_CURVE_AGE = 30
NO_PROOF = "A ratio is no proof that the choice causes the views."
_PERIOD_OF_TWO = "/"


def offered(selection: Selection, says: Mapping[str, str]) -> dict[str, Offer]:
    """List what can be compared among the chosen videos as (text, value), the most videos or the newest first."""
    kind = says["Compare"]
    if kind in _PERIODS:
        found = _periods(selection, kind)
    else:
        found = selection.stock.names.offered(selection.videos)[_NAMED[kind]]
    return {"First": found, "Second": found[1:] + found[:1]}


def draw_two(selection: Selection) -> TabContent:
    """Draw the two that were picked side by side."""
    kind, keys = selection.options["Compare"], [selection.options.get(name, "") for name in ("First", "Second")]
    offers = offered(selection, selection.options)["First"]
    names = {value: text.rpartition(" (")[0] for text, value in offers}
    if len(offers) < 2 or not all(keys):
        few = f"{counted(len(offers), kind.removesuffix('s'))} among the chosen videos: two are needed to compare."
        return TabContent(f'<p class="sa-note">{few} Choose more videos, or compare something else.</p>')
    if keys[0] == keys[1]:
        return TabContent('<p class="sa-note">The same is picked twice: pick another one beside it.</p>')
    this, other = (_filter(kind, key) for key in keys)
    both = [names.get(key, key) for key in keys]
    stock = selection.stock
    found = compare_two(stock.data.part(selection.mask), this=this, other=other).iloc[0]
    masks = [one.mask(stock.videos) & selection.counted for one in (this, other)]
    twice = masks[0] & masks[1]
    masks = [mask & ~twice for mask in masks]
    head = f'<p class="sa-finding">{escape(verdict(found, *both))}</p>{_figures(selection, masks, names=both)}'
    note = "" if not twice.any() else f"Left out: {counted(int(twice.sum()), 'video')} of both. "
    note += NO_PROOF
    foot = f'<p class="sa-note">{escape(note)}</p>'
    return _with_curves(TabContent(head, foot=foot), selection, masks, names=both)


def verdict(found: Any, first: str, second: str) -> str:
    """Say in words what a row of `compare_two` found."""
    if pd.isna(found.ratio):
        return f"“{first}” and “{second}” cannot be compared: {found.method}."
    sizes = f"from {found.n_a:,} and {found.n_b:,} videos"
    interval = f"{percent(EFFECT_COVERAGE)} interval {multiple(found.ratio_lo)} to {multiple(found.ratio_hi)}, {sizes}"
    size = f"{multiple(found.ratio)} the views of"
    if found.n_accounts_overlap > 0:
        accounts = counted(int(found.n_accounts_overlap), "account")
        said = f"“{first}” has {size} “{second}” in the same accounts at equal age ({interval}, {accounts} with both)"
        ends = {"higher": "clearly more.", "lower": "clearly fewer."}
        return f"{said}: {ends.get(str(found.verdict), 'no clear difference.')}"
    said = f"At equal age, “{first}” has {size} “{second}” ({interval})"
    clear = "a clear difference" if str(found.verdict) == "accounts differ" else "no clear difference"
    return f"{said}: {clear}. No account has both, so this tells accounts apart and nothing more."


def _filter(kind: str, key: str) -> VideoFilter:
    if kind in _PERIODS:
        first, _, last = key.partition(_PERIOD_OF_TWO)
        return VideoFilter(uploaded_start=first, uploaded_end=last)
    named: dict[str, Any] = {_NAMED[kind]: [key]}
    return VideoFilter(**named)


def _periods(selection: Selection, kind: str) -> Offer:
    """List the months or weeks with uploads among the chosen videos, the newest first."""
    days = selection.stock.uploaded[selection.mask]
    days = np.sort(days[days != NEVER])
    if not len(days):
        return []
    out = []
    for start, end in stretches(int(days[0]), int(days[-1]), freq=_PERIODS[kind]):
        count = int(np.searchsorted(days, end, "right") - np.searchsorted(days, start, "right"))
        first, last = day_of(start + 1), day_of(end)
        name = day(first).partition(" ")[2] if kind == "upload months" else period(first, last)
        if count:
            out.append((f"{name} ({count:,})", f"{first}{_PERIOD_OF_TWO}{last}"))
    return out[::-1][:_MOST_PERIODS]


def _figures(selection: Selection, masks: Sequence[np.ndarray], *, names: Sequence[str]) -> str:
    """Write the same figures of both beside each other."""
    columns = [_column(selection, mask) for mask in masks]
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(one[name])}</td>" for one in columns)}</tr>'
        for name in columns[0]
    )
    return f'<table class="sa-two"><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _column(selection: Selection, mask: np.ndarray) -> dict[str, str]:
    stock, rows = selection.stock, selection.table.loc[mask]
    sure = rows.loc[rows["reliable"].fillna(value=False).to_numpy(dtype=bool), "mult"]
    out = {
        "Videos": full_number(int(mask.sum())),
        "Accounts": full_number(len(np.unique(stock.accounts[mask]))),
        "Views, newest counts": short_number(rows["views"].sum(min_count=1)),
        "Median views": short_number(rows["views"].median()),
    }
    if selection.table_days is not None:
        out[f"Views gained, {period(*selection.table_days)}"] = short_number(rows["views_gained"].sum(min_count=1))
    return out | {
        "Median score": multiple(sure.median()),
        f"At least {HIT}x, of reliable scores": f"{int((sure >= HIT).sum()):,} of {len(sure):,}",
        "Engagement": percent(engagement_rate(stock.counts[mask]), digits=1),
    }


def _with_curves(
    content: TabContent, selection: Selection, masks: Sequence[np.ndarray], *, names: Sequence[str]
) -> TabContent:
    """Add what videos of both usually have at each age."""
    stock = selection.stock
    side = np.select(masks, ["0", "1"], default="")
    videos = stock.data.videos.assign(side=pd.Series(side, index=stock.data.videos.index)).loc[side != ""]
    if not stock.has_history or videos.empty:
        return content
    videos["side"] = videos["side"].map({"0": names[0], "1": names[1]})
    curves = growth_curves(
        videos.reset_index(drop=True), stock.rows_of(videos["ad_id"]), by="side", max_age=_CURVE_AGE, value="views"
    )
    if curves.empty:
        return content
    chart = picture(
        lambda ax: plot_growth_curves(curves, value="views", ax=ax).set_ylabel("median views", fontsize=9),
        height=3.8,
        width=selection.width,
        marks=[answers.grown(curves, value="views", newest=False)],
    )
    return content._replace(chart=chart, alt=alt_text(curves, "growth_curves"))
