"""What of a filter is active, one clause at a time: to show, to take away, and to find which one leaves nothing."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pandas as pd

from shortimize_analytics.analysis.base.calendar import day_of
from shortimize_analytics.analysis.filters.video_filter import FLAGS, NAME_LISTS, VideoFilter
from shortimize_analytics.plots.theme import counted

from .chart import Brush

_TOGETHER: dict[str, tuple[str, ...]] = {
    "uploaded": ("uploaded_start", "uploaded_end"),
    "active": ("active_start", "active_end", "only_uploaded_in_range"),
    "views": ("views_min", "views_max"),
    "duration": ("duration_min", "duration_max"),
    "search": ("search",),
    "format": ("format",),
    **{name: (name,) for name in FLAGS},
}
_PREFIX = {"label": "label ", "label_all": "all of: ", "label_none": "not ", "account": "", "platform": ""}
_DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(VideoFilter)}


def active_clauses(chosen: VideoFilter, names: Mapping[tuple[str, str], str]) -> list[tuple[str, str]]:
    """Return key and words of everything that a filter asks for.

    Parameters
    ----------
    chosen
        The filter.
    names
        What to call a platform, an account or a label, by the field and its value.

    Examples
    --------
    >>> chosen = VideoFilter(label=["Hooks v2"], uploaded_start="2026-11-16", views_min=1000)
    >>> active_clauses(chosen, {})
    [('uploaded', 'uploaded from 2026-11-16'), ('views', 'at least 1,000 views'), ('label=Hooks v2', 'label Hooks v2')]
    """
    out = []
    for key, parts in _TOGETHER.items():
        given: dict[str, Any] = {name: getattr(chosen, name) for name in parts}
        alone = VideoFilter(**given)
        if not alone.chooses_all:
            out.append((key, alone.describe()))
    for name in NAME_LISTS:
        out += [(f"{name}={one}", _PREFIX[name] + names.get((name, one), one)) for one in getattr(chosen, name)]
    return out


def without(chosen: VideoFilter, key: str) -> VideoFilter:
    """Take one clause away.

    Examples
    --------
    >>> without(VideoFilter(label=["a", "b"], views_min=5), "label=a")
    VideoFilter(label=('b',), views_min=5)
    """
    name, _, value = key.partition("=")
    if name in _TOGETHER:
        changed: dict[str, Any] = {part: _DEFAULTS[part] for part in _TOGETHER[name]}
    else:
        changed = {name: tuple(one for one in getattr(chosen, name) if one != value)}
    return replace(chosen, **changed)


def brushed(chosen: VideoFilter, brush: Brush, *, low: float, high: float) -> VideoFilter:
    """Filter by a stretch of a chart's axis as well: whole bars of days, or views.

    Examples
    --------
    >>> from datetime import date
    >>> week = (date(2026, 11, 9), date(2026, 11, 15))
    >>> brushed(VideoFilter(search="a"), Brush("uploaded", [week]), low=20_768.2, high=20_770)
    VideoFilter(uploaded_start='2026-11-09', uploaded_end='2026-11-15', search='a')
    >>> brushed(VideoFilter(), Brush("views"), low=1000.2, high=2e6)
    VideoFilter(views_min=1000, views_max=2000000)
    """
    if brush.field == "views":
        return replace(chosen, views_min=round(low), views_max=round(high))
    first, last = (day_of(int(end)) for end in (low, high))
    touched = [span for span in brush.spans if span[0] <= last and span[1] >= first]
    if not touched:
        return chosen
    days: dict[str, Any] = {f"{brush.field}_start": touched[0][0], f"{brush.field}_end": touched[-1][1]}
    return replace(chosen, **days)


def why_empty(
    chosen: VideoFilter, videos: pd.DataFrame, *, names: Mapping[tuple[str, str], str], said: VideoFilter | None = None
) -> str:
    """Say which clause left nothing, and which one to take away for most.

    `said` is the same filter, with names instead of ids.

    Examples
    --------
    >>> from shortimize_analytics.schema import VIDEOS, cast
    >>> videos, _ = cast([{"ad_id": "1", "platform": "tiktok", "latest_views": 5}], VIDEOS)
    >>> print(why_empty(VideoFilter(platform=["tiktok"], views_min=9), videos, names={}))
    No video matches this filter: at least 9 views. 1 video would match without: at least 9 views. Take a filter away
    above, or reset the filters.
    """
    if not len(videos):
        return "There are no videos yet. Track some, or load with other filters."
    steps = chosen.explain(videos)
    if said is not None:
        steps["clause"] = said.explain(videos.head(0))["clause"]
    emptied = steps.loc[(steps["left"] == 0).to_numpy(dtype=bool)].iloc[0]
    alone = int((steps["dropped"] == len(videos)).sum())
    text = f"No video matches this filter: {emptied['clause']}" + (
        "." if alone else ", together with the filters before it."
    )
    if emptied["missing"]:
        lacking = int(emptied["missing"])
        text += f" {counted(lacking, 'video')} {'lacks' if lacking == 1 else 'lack'} that value."
    found = [(int(without(chosen, key).mask(videos).sum()), words) for key, words in active_clauses(chosen, names)]
    most, words = max(found, default=(0, ""), key=lambda one: one[0])
    if most:
        text += f" {counted(most, 'video').capitalize()} would match without: {words}."
    return f"{text} Take a filter away above, or reset the filters."
