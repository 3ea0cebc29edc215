"""The explorer's tabs: what each draws and counts, of good and of odd data."""

import re

import numpy as np
import pandas as pd
import pytest
from explorers import CASES, DAYS, DEMO, FEW, PNG, everything, few, image, open_tab, shown

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.prepare import prepare_videos
from shortimize_analytics.explorer.data import ExplorerData, cut_into_bars
from shortimize_analytics.explorer.overview import _unit
from shortimize_analytics.plots.theme import multiple

pytestmark = pytest.mark.usefixtures("no_figure_stays_open")


SILENT = {"brackets by platform", "labels that go together"}
"""Charts that say everything themselves, and do not answer to the pointer."""


@pytest.mark.parametrize("title", ["Overview", "Growth", "Outliers", "Labels", "Data quality"])
def test_every_tab_draws_one_picture_for_every_choice(title):
    explorer = sa.explore(FEW, DAYS)
    open_tab(explorer, title)
    panel = explorer._panel
    first = panel.picture
    assert first.png.startswith(PNG)
    assert panel.drawn.alt
    for control in panel.options.values():
        for choice in control.options:
            control.value = choice
            explorer.flush()
            assert panel.picture is first
            assert first.png.startswith(PNG), (choice, panel.head.value)
            assert panel.drawn.alt in panel.picture.shown["alt"]
            marks = panel.picture.shown["marks"]
            assert marks or choice in SILENT
            boxes = np.array([mark[:4] for mark in marks]).reshape(-1, 4)
            assert ((boxes >= 0) & (boxes <= 1)).all()
            assert (boxes[:, :2] <= boxes[:, 2:]).all()
            assert all(mark[4].strip() for mark in marks)


def test_outliers_are_ranked_among_all_videos_whatever_is_chosen(explorer):
    every = sa.rank_outliers(DEMO.videos, DEMO.history).set_index("ad_id")["mult"]
    explorer.choose(VideoFilter(label=["Flagship"]))
    open_tab(explorer, "Outliers")
    explorer._panel.options["Show"].value = "best videos, unreliable too"
    explorer.flush()
    best = every[every.index.isin(explorer.frame["ad_id"])].max()
    assert f"highest is {multiple(best)}" in explorer._panel.drawn.alt
    mine = explorer.selection.ranked.set_index("ad_id")["mult"]
    assert len(mine) == len(explorer.frame)
    pd.testing.assert_series_equal(mine, every.loc[mine.index])


def test_the_best_videos_are_those_with_a_reliable_score_and_the_others_are_counted(explorer):
    young = VideoFilter(uploaded_start="2026-11-17")
    explorer.choose(young)
    open_tab(explorer, "Outliers")
    ranked = explorer.selection.ranked
    scored = ranked[ranked["mult"].notna()]
    sure = scored[scored["reliable"]]
    assert 0 < len(sure) < len(scored)
    assert f"{len(scored) - len(sure)} unreliable scores left out" in shown(explorer)
    assert explorer._panel.drawn.alt == sa.plots.alt_text(sure, "outliers")
    explorer._panel.options["Show"].value = "best videos, unreliable too"
    explorer.flush()
    assert "left out" not in shown(explorer).replace("filters leave out", "")
    assert explorer._panel.drawn.alt == sa.plots.alt_text(ranked, "outliers")
    explorer._panel.options["Show"].value = "best videos"
    explorer.choose(VideoFilter(uploaded_start="2026-11-21"))
    explorer.flush()
    assert "No score is reliable here" in shown(explorer)
    assert image(explorer).startswith(PNG)


def test_forecasts_are_only_drawn_of_videos_whose_day_is_still_ahead():
    stale = DEMO.history["date"] <= "2026-11-01"
    old = DEMO.videos["uploaded_at"] < "2026-11-01"
    videos = DEMO.videos.copy()
    videos.loc[old, "latest_updated_at"] = pd.Timestamp("2026-11-01", tz="UTC")
    history = DEMO.history[stale | ~DEMO.history["ad_id"].isin(videos.loc[old, "ad_id"])]
    explorer = sa.explore(videos, history)
    open_tab(explorer, "Growth")
    explorer._panel.options["Lines"].value = "forecasts"
    explorer.flush()
    found = sa.forecast_views(videos, history)
    horizon, uploaded = found.attrs["horizon"], videos.set_index("ad_id")["uploaded_at"]
    ahead = found["ad_id"].map(uploaded) + pd.Timedelta(days=horizon) > history["date"].max()
    assert 0 < ahead.sum() < len(found)
    assert f"{len(found)} chosen videos were last counted younger than {horizon} days" in shown(explorer)
    assert f"{len(found) - ahead.sum()} of them left out: day {horizon} has passed" in shown(explorer)
    assert image(explorer).startswith(PNG)


@pytest.mark.parametrize(
    "chosen", [VideoFilter(), VideoFilter(platform=["tiktok"]), VideoFilter(label_none=["Campaign"])]
)
def test_the_overview_counts_what_the_analyses_count(chosen):
    stock = ExplorerData(DEMO.videos, DEMO.history)
    mask, frame = chosen.mask(stock.videos), chosen.apply(DEMO.videos)
    weeks = [span for span in cut_into_bars((stock.newest - 170, stock.newest)) if span[1] - span[0] == 7]
    views = sa.views_over_time(frame, DEMO.history).merge(stock.views_over_time(mask, weeks), on="start")
    assert len(views) >= 20
    for name in ("views_gained", "new_views", "back_views", "corrections", "partial"):
        assert views[f"{name}_x"].tolist() == views[f"{name}_y"].tolist()
    uploads = sa.uploads_over_time(frame).merge(stock.uploads_over_time(mask, weeks), on="start")
    for name in ("n_uploads", "n_photos", "views"):
        assert uploads[f"{name}_x"].tolist() == uploads[f"{name}_y"].tolist()


def test_the_figures_of_a_week_are_those_of_its_summary():
    week = sa.period_summary(DEMO.videos, DEMO.history, end="2026-11-22")
    week_only = VideoFilter(active_start="2026-11-16", active_end="2026-11-22")
    explorer = sa.explore(DEMO.videos, DEMO.history, only=week_only)
    # the summary counts all videos; of those that were not tracked in the days none gained anything in them
    gained, before = (int(frame.loc[0, "views_gained"]) for frame in (week.totals, week.previous))
    assert f"{gained:,} against {before:,}" in shown(explorer)
    assert "16–22 November 2026" in shown(explorer)


def test_uploads_in_the_active_days_are_compared_with_uploads_in_the_days_before():
    chosen = VideoFilter(active_start="2026-11-16", active_end="2026-11-22", only_uploaded_in_range=True)
    explorer = sa.explore(DEMO.videos, only=chosen)
    before = VideoFilter(active_start="2026-11-09", active_end="2026-11-15", only_uploaded_in_range=True)
    counts = [int(prepare_videos(one.apply(DEMO.videos))["counts_in_totals"].sum()) for one in (chosen, before)]
    assert f"{counts[0]} against {counts[1]}" in shown(explorer)
    assert min(counts) > 0


def test_days_without_any_count_are_said_and_not_drawn(explorer):
    explorer.choose(VideoFilter(active_start="2026-11-23"))  # measured that day, but the history ends before
    assert "Nothing was measured in these days" in shown(explorer)
    assert image(explorer) == b""
    explorer.choose(VideoFilter(active_start="2020-01-01"))
    assert "views gained from 25 May" in explorer._panel.drawn.alt
    explorer.choose(VideoFilter(active_start="2026-11-20", active_end="2026-11-20"))
    assert "20 November 2026, against the day before (19 November 2026)" in shown(explorer)


@pytest.mark.parametrize(("days", "unit"), [(1, "day"), (31, "day"), (84, "week"), (5, "day"), (600, "month")])
def test_the_axis_says_what_a_bar_stands_for(days, unit):
    assert _unit(cut_into_bars((20_000, 20_000 + days))) == unit


def test_a_collaboration_counts_once_whichever_account_is_chosen():
    both = [{"ad_link": "https://www.tiktok.com/@x/video/7000000000000000001", "latest_views": 50}] * 2
    videos = few(both[0], both[1] | {"username": "bob", "linked_account_id": "b"}, {"latest_views": 7})
    stock = ExplorerData(videos, None)
    assert stock.counted(np.array([True, True, True])).sum() == 2
    assert stock.counted(np.array([False, True, False])).tolist() == [False, True, False]


def test_without_history_tabs_say_how_to_get_it():
    explorer = sa.explore(FEW)
    assert "sa.load_history(client, videos)" in shown(explorer)
    assert image(explorer).startswith(PNG)
    open_tab(explorer, "Growth")
    assert "sa.load_history(client, videos)" in shown(explorer)
    assert image(explorer) == b""
    for title in ("Outliers", "Labels", "Data quality"):
        open_tab(explorer, title)
        assert image(explorer).startswith(PNG)


@pytest.mark.parametrize("case", CASES)
def test_odd_data_break_no_tab(case):
    videos, history = CASES[case]()
    explorer = sa.explore(videos, history)
    for title in explorer.tabs.titles:
        open_tab(explorer, title)
        assert "could not be drawn" not in shown(explorer)
        assert "computing" not in shown(explorer)
    if len(videos):
        open_tab(explorer, "Videos")
        for row in explorer.table.grid.shown["rows"][:2]:
            explorer.table.pick(row["id"])
            assert explorer.table.head.value
    assert len(explorer.frame) == len(videos)


def test_text_from_outside_stays_text():
    explorer = sa.explore(*CASES["odd"](), only=VideoFilter(search='<script>alert("1")</script>'))
    for title in explorer.tabs.titles:
        open_tab(explorer, title)
        assert "<script>" not in everything(explorer)
    explorer.choose(VideoFilter())
    open_tab(explorer, "Videos")
    explorer.table.pick("v0")
    html = everything(explorer)
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "<img src=x" not in html
    assert "javascript:" not in html


def test_counts_that_cannot_be_press_no_figure_and_lead_no_table():
    """50 videos of 5,000,000,000 views once showed an engagement of 0.0 %."""
    videos = FEW.copy()
    at = [int(place) for place in np.flatnonzero((videos["latest_views"] > 9).fillna(value=False))[:2]]
    videos.loc[at, "latest_views"] = 5_000_000_000
    ids = videos.loc[at, "ad_id"].tolist()
    explorer = sa.explore(videos, DAYS)
    explorer.choose(VideoFilter())
    open_tab(explorer, "Overview")
    said = "The newest counts of 2 videos contradict their own history or likes and are set aside."
    assert shown(explorer).count(said) == 1
    known = videos.drop(index=at)
    known = known[known["latest_views"] > 0]
    rate = known[["latest_likes", "latest_comments", "latest_shares"]].sum().sum() / known["latest_views"].sum()
    assert abs(float(re.search(r"([\d.]+)%</strong><small>likes", shown(explorer))[1]) - 100 * rate) < 0.06
    open_tab(explorer, "Videos")
    assert not set(ids) & {row["id"] for row in explorer.table.grid.shown["rows"]}
    listed = explorer.listed().set_index("ad_id")
    assert listed.loc[ids, "views"].isna().all()
    assert listed.loc[ids, "notes"].str.contains("count set aside").all()
    explorer.table.pick(ids[0])
    assert "newest count of 5,000,000,000 views set aside: its own history or likes contradict it" in shown(explorer)
    for title in ("Outliers", "Labels", "Data quality"):
        open_tab(explorer, title)
        assert "keep_implausible" not in shown(explorer)
    assert "<b>implausible</b>" in shown(explorer)
