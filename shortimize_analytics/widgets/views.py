"""The tabs that draw one chart of a selection, and the choices each offers.

Figures come from the analyses that a notebook calls, on the chosen videos; outliers are ranked among all videos first.
An analysis of many videos takes seconds: such a tab says "computing…" and is drawn once the filters have rested.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

import pandas as pd

from shortimize_analytics import plots
from shortimize_analytics.growth import growth_curves
from shortimize_analytics.labels import compare_labels

from .overview import draw_overview
from .redraw import picture
from .selection import Drawn, Selection

MANY = 2_000
"""Chosen videos above which comparisons and curves take longer than a redraw may."""
SAMPLE = 5_000
"""Videos that growth curves are drawn from; a median of more would look the same and take minutes."""
TOP = 12
_NEEDS_HISTORY = (
    "<p>This tab needs the daily history of the videos. Load it with <code>history = sa.load_history(client, videos)"
    "</code> and call <code>sa.explore(videos, history, client)</code>.</p>"
)


@dataclass(frozen=True, slots=True)
class View:
    """A tab that draws.

    Attributes
    ----------
    name, title
        For CSS classes and files; for people.
    draw
        Draws a selection.
    options
        Dropdowns of the tab: name, and its choices.
    slow
        Tells whether drawing a selection takes longer than a redraw may.
    """

    name: str
    title: str
    draw: Callable[[Selection], Drawn]
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    slow: Callable[[Selection], bool] = lambda _: False


def draw_growth(selection: Selection) -> Drawn:
    """Draw how views grow with age."""
    if not selection.stock.has_history:
        return Drawn(_NEEDS_HISTORY)
    by, value = selection.options["Lines"], selection.options["Values"]
    age = int(selection.options["Up to day"])
    videos, said = _sample(selection)
    rows = selection.stock.rows_of(videos["ad_id"])
    columns = {"platforms": "platform", "accounts": "username", "labels": "label_names"}
    kind = {"share of the last day": "share", "views": "views", "gain per day": "gain"}[value]
    curves = growth_curves(rows, videos, by=columns.get(by), max_age=age, value=kind)
    png = picture(lambda ax: plots.plot_growth_curves(curves, value=kind, ax=ax), height=4.2)  # type: ignore[arg-type]
    return Drawn("", png, plots.alt_text(curves, "growth_curves"), said)


def _sample(selection: Selection) -> tuple[pd.DataFrame, str]:
    videos = selection.videos
    known = videos[videos["ad_id"].isin(selection.stock.seen)]
    if len(known) <= SAMPLE:
        return known, ""
    some = known.sample(SAMPLE, random_state=0).sort_index().reset_index(drop=True)
    return (
        some,
        f'<p class="sa-note">Drawn from {SAMPLE:,} of {len(known):,} videos with a history, picked at random.</p>',
    )


def draw_outliers(selection: Selection) -> Drawn:
    """Draw the scores of the selection: the best ones, all of them, or their brackets."""
    ranked = selection.ranked
    what = selection.options["Show"]
    note = _note(
        "Scores compare each video with all videos of its account, also with those that the filters leave out."
    )
    if what == "every video":
        png = picture(lambda ax: plots.plot_outlier_scatter(ranked, ax=ax), height=4.2)
    else:
        titles = selection.stock.videos[["ad_id", "title"]]
        titles = titles[titles["ad_id"].isin(ranked["ad_id"].head(200))]
        png = picture(lambda ax: plots.plot_outliers(ranked, videos=titles, top=TOP, ax=ax), height=4.6)
    return Drawn("", png, plots.alt_text(ranked, "outliers"), note)


def draw_labels(selection: Selection) -> Drawn:
    """Draw which labels go with more views, within accounts."""
    found = compare_labels(selection.videos, outliers=selection.ranked)
    png = picture(lambda ax: plots.plot_labels(found, top=TOP, ax=ax), height=4.4)
    tested = found.attrs["tested"]
    note = _note(
        f"{tested} of {len(found)} labels could be tested, inside accounts that use and leave out the label. "
        "A ratio is no proof that the label causes the views."
    )
    return Drawn("", png, plots.alt_text(found, "labels"), note)


def _note(text: str) -> str:
    return f'<p class="sa-note">{escape(text)}</p>'


def views() -> list[View]:
    """Return the tabs that draw, in order."""
    lines = ("platforms", "one line", "labels", "accounts")
    values = ("share of the last day", "views", "gain per day")
    return [
        View("overview", "Overview", draw_overview),
        View(
            "growth",
            "Growth",
            draw_growth,
            {"Lines": lines, "Values": values, "Up to day": ("30", "14", "60", "90")},
            slow=lambda _: True,
        ),
        View(
            "outliers",
            "Outliers",
            draw_outliers,
            {"Show": ("best videos", "every video")},
            slow=lambda selection: "ranked" not in vars(selection.stock),
        ),
        View("labels", "Labels", draw_labels, slow=lambda _: True),
    ]
