"""An explorer for notebooks and web pages: filters, tabs, single videos, files, the weekly PDF, fresh data.

`explore` needs ipywidgets and nothing that only one front end has: the same code serves JupyterLab and Voila, and loads
nothing from the network.

Names
-----
CSS classes under ``.sa-explorer``, for styles and tests. What is in brackets is the control's visible label.

filters
    ``sa-window`` [Uploaded, Views gained in] are days up to the newest; with "Dates…" they open
    ``sa-filter-uploaded-start`` [Uploaded from], ``-uploaded-end`` [Uploaded to], ``-active-start`` [Gains from],
    ``-active-end`` [Gains to]; ``-only-uploaded-in-range`` [Only uploaded in those days]; ``sa-picker``: ``-platform``
    [Platform], ``-account`` [Account], ``-label`` [Label], ``-label-all`` [All of the labels], ``-label-none`` [None of
    the labels]; ``-duration`` [Length], ``-views`` [Views], ``-search`` [Search], ``-format`` [Format], ``-private``
    [Private], ``-removed`` [Removed], ``-shop`` [Shop], ``-unsafe`` [Not safe], ``-count`` [Count], ``-reset`` [Reset
    filters]; ``sa-more-filters`` [More filters] unfolds those not in the first row; ``sa-chips`` takes active ones away
state
    ``sa-status`` (how many videos, or what is wrong); ``sa-fresh`` (whose data, how old and how complete; what was said
    while they were loaded, in ``sa-note``; ``sa-trouble`` when older than a day); ``sa-stale`` on the explorer while a
    change waits to be drawn; ``sa-live`` once Python has answered, which hides ``sa-unconnected``; ``sa-behind`` while
    a dropdown of the tab says something else than its picture shows; ``sa-silent`` while nothing that is clicked is
    answered, which shows ``sa-unanswered``
tabs
    ``sa-tab-overview``, ``-growth``, ``-outliers``, ``-labels``, ``-compare``, ``-videos``, ``-quality``; in each
    ``sa-chart`` with ``sa-picture`` (the PNG, its words are its alt text), ``sa-card`` (what the pointer is on; a click
    opens that video) and ``sa-band`` (the stretch that is brushed); ``sa-finding`` and ``sa-two`` (two side by side);
    ``sa-note``, ``sa-trouble``; dropdowns ``sa-option-NAME``
one video
    ``sa-table`` (its heads are buttons that order it, its rows pick a video), ``sa-pager``, ``sa-video-detail``,
    ``sa-video-title``, ``sa-sight``
buttons
    ``sa-copy-code`` [Copy this view as code] in ``sa-code``, ``sa-export-csv`` [Export CSV], ``sa-export-parquet``
    [Export Parquet], ``sa-export-xlsx`` [Export Excel], ``sa-share`` [Share as page], ``sa-export-png``
    [Save picture], ``sa-weekly-pdf`` [Weekly PDF], ``sa-refresh`` [Refresh data], ``sa-folder`` [Folder],
    ``sa-progress``, ``sa-message``
"""

from collections.abc import Iterable

import pandas as pd

from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.money.payouts import Payouts
from shortimize_analytics.analysis.money.terms import Terms
from shortimize_analytics.client.connection import Client

from .data import Money
from .explorer import Explorer

__all__ = ["explore"]


def explore(
    videos: pd.DataFrame,
    history: pd.DataFrame | None = None,
    *,
    client: Client | None = None,
    only: VideoFilter | None = None,
    notes: Iterable[str] = (),
    costs: pd.DataFrame | None = None,
    terms: Terms | None = None,
    paid: Payouts | None = None,
) -> Explorer:
    """Explore videos with filters, charts and a table, in a notebook or a web page.

    Parameters
    ----------
    videos
        Frame of `load_videos`.
    history
        Frame of `load_history`; None leaves out what needs it, and says so.
    client
        From `connect`, to refresh the data; None for none.
    only
        Filter to begin with. None, or one that chooses all, begins where this notebook was left for this organisation;
        at first with all videos.
    notes
        What the loads warned of, from `errors.collect_warnings`: it stands above the filters.
    costs, terms, paid
        Results of `read_costs`, `read_terms` and `creator_payouts`: the table shows what each video cost, per 1,000
        views too, and what is owed for it (`video_money`). A page that is shared leaves money out.

    Returns
    -------
    Explorer
        Shows itself as the last line of a cell. ``filter`` is the `VideoFilter` of the moment, ``choose`` sets another,
        and ``frame`` are the videos that it chooses.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> videos = sa.load_videos(sa.connect(demo=True), uploaded_start="2026-11-16", has_metrics=True)
    >>> explorer = sa.explore(videos, only=sa.VideoFilter(platform=["tiktok"], views_min=1000))
    >>> explorer.filter
    VideoFilter(platform=('tiktok',), views_min=1000)
    >>> bool((explorer.frame["latest_views"] >= 1000).all())
    True
    """
    money = Money(costs, terms, paid)
    return Explorer(videos, history, client=client, start=only, notes=notes, money=money)
