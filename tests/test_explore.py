"""The explorer, driven as a user drives it: controls are set, buttons pressed, and what is shown is read."""

import asyncio
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import shortimize_analytics as sa
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.filters import VideoFilter
from shortimize_analytics.prepare import prepare_videos
from shortimize_analytics.schema import HISTORY, VIDEOS, cast, empty
from shortimize_analytics.simulator import demo_organisation
from shortimize_analytics.style import multiple
from shortimize_analytics.widgets.redraw import Redraw
from shortimize_analytics.widgets.selection import Selection
from shortimize_analytics.widgets.stock import Stock, cut
from shortimize_analytics.widgets.table import TOP, first_rows, link, table_frame

DEMO = demo_organisation()
SMALL = VideoFilter(platforms=["tiktok"])
FEW, DAYS = SMALL.apply(DEMO.videos), SMALL.apply_history(DEMO.history, DEMO.videos)
PNG = b"\x89PNG"
BAD = '<script>alert("1")</script> & <img src=x onerror=alert(1)>'


@pytest.fixture
def explorer():
    return sa.explore(DEMO.videos, DEMO.history)


@pytest.fixture
def plain():
    """Without history: the overview is drawn in a blink."""
    return sa.explore(DEMO.videos)


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    before = plt.get_fignums()
    yield
    assert plt.get_fignums() == before


def shown(explorer):
    """Everything that stands in the tab in sight, as HTML."""
    panel = explorer.panels[0] if explorer.tabs.selected_index == 0 else explorer._panel
    if panel is None:
        return explorer.table.note.value + explorer.table.head.value + explorer.table.foot.value
    return panel.head.value + panel.foot.value


def image(explorer):
    return bytes(explorer._panel.picture.image.value)


def open_tab(explorer, title):
    explorer.tabs.selected_index = explorer.tabs.titles.index(title)
    explorer.flush()


def few(*rows):
    base = {"platform": "tiktok", "username": "ann", "linked_account_id": "a", "uploaded_at": "2026-03-01"}
    base |= {"latest_updated_at": "2026-03-20T00:00:00Z", "created_at": "2026-03-01T00:00:00Z", "video_length": 9}
    return cast([base | {"ad_id": f"v{place}"} | row for place, row in enumerate(rows)], VIDEOS)[0]


CHANGES = {
    "uploaded_from": (pd.Timestamp("2026-09-01").date(), {"uploaded_from": "2026-09-01"}),
    "uploaded_to": (pd.Timestamp("2026-09-01").date(), {"uploaded_to": "2026-09-01"}),
    "active_from": (pd.Timestamp("2026-10-05").date(), {"active_from": "2026-10-05"}),
    "active_to": (pd.Timestamp("2026-07-05").date(), {"active_to": "2026-07-05"}),
    "platforms": (("tiktok",), {"platforms": ["tiktok"]}),
    "accounts": (("tiktok/hook.lab",), {"accounts": ["tiktok/hook.lab"]}),
    "labels_any": (("Flagship",), {"labels_any": ["Flagship"]}),
    "labels_all": (("Flagship", "Hooks v2"), {"labels_all": ["Flagship", "Hooks v2"]}),
    "labels_none": (("Flagship",), {"labels_none": ["Flagship"]}),
    "search": ("#fyp", {"search": "#fyp"}),
    "format": ("photo", {"format": "photo"}),
    "private": ("exclude", {"private": "exclude"}),
    "removed": ("only", {"removed": "only"}),
    "shop": ("exclude", {"shop": "exclude"}),
    "unsafe": ("exclude", {"unsafe": "exclude"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_control_changes_the_filter_and_the_frame(plain, name):
    explorer = plain
    value, given = CHANGES[name]
    explorer.controls.by_name[name].value = value
    assert explorer.filter == VideoFilter(**given)
    expected = VideoFilter(**given).apply(DEMO.videos)
    pd.testing.assert_frame_equal(explorer.frame, expected)
    assert len(expected) > 0
    assert f"{len(expected):,} of {len(DEMO.videos):,} videos" in explorer.status.value


def test_sliders_leave_a_range_open_at_their_ends(plain):
    views, length = plain.controls.by_name["views"], plain.controls.by_name["duration"]
    views.index = (4, 10)
    assert plain.filter == VideoFilter(views_min=1000, views_max=100_000)
    views.index = (0, len(views.options) - 1)
    length.index = (2, len(length.options) - 1)
    assert plain.filter == VideoFilter(duration_min=10)


def test_what_to_count_changes_the_figures_and_chooses_no_video(plain):
    gains = shown(plain)
    plain.controls.by_name["count"].value = "totals"
    assert plain.filter == VideoFilter(count="totals")
    assert len(plain.frame) == len(DEMO.videos)
    assert "Views gained" in gains
    assert "Views, newest counts" in shown(plain)


def test_only_uploaded_in_range_waits_for_a_range(plain):
    at = plain.controls.by_name
    assert at["only_uploaded_in_range"].disabled
    at["only_uploaded_in_range"].value = True
    assert plain.filter == VideoFilter()
    at["active_from"].value = pd.Timestamp("2026-10-05").date()
    assert not at["only_uploaded_in_range"].disabled
    assert plain.filter == VideoFilter(active_from="2026-10-05", only_uploaded_in_range=True)


def test_reset_shows_all_videos_again(plain):
    plain.choose(VideoFilter(platforms=["tiktok"], views_min=5, active_from="2026-10-01", search="x"))
    plain.controls.reset.click()
    assert plain.filter == VideoFilter()
    assert plain.controls.read() == VideoFilter()


@pytest.mark.parametrize(
    "start",
    [
        VideoFilter(views_min=1234, views_max=98765, duration_min=7, search="é", count="totals"),
        VideoFilter(accounts=["not here"], labels_any=["nor here"], platforms=["elsewhere"]),
        VideoFilter(active_from="2026-10-01", active_to="2026-10-31", only_uploaded_in_range=True, format="photo"),
    ],
)
def test_a_filter_to_start_with_is_kept_as_it_is(start):
    assert sa.explore(DEMO.videos, start=start).filter == start


def test_every_control_has_a_label_and_a_class(plain):
    for name, control in plain.controls.by_name.items():
        assert control.description
        assert f"sa-filter-{name.replace('_', '-')}" in control._dom_classes
    for button in plain.actions.buttons.values():
        assert button.description
        assert any(one.startswith("sa-") for one in button._dom_classes)


def contradict(explorer):
    at = explorer.controls.by_name
    at["uploaded_to"].value = pd.Timestamp("2026-09-01").date()
    at["uploaded_from"].value = pd.Timestamp("2026-09-02").date()


CONTRADICTION = "“Uploaded from” (2026-09-02) is later than “Uploaded to” (2026-09-01)"


def test_a_contradiction_is_said_in_the_words_of_the_controls_on_every_tab_until_it_is_gone(plain):
    contradict(plain)
    assert CONTRADICTION in plain.status.value
    assert image(plain) == b""
    for title in plain.tabs.titles:
        open_tab(plain, title)
        assert CONTRADICTION in shown(plain)
        assert "computing" not in everything(plain)
    with pytest.raises(InvalidParameterError, match="is later than"):
        _ = plain.frame
    open_tab(plain, "Overview")
    plain.controls.by_name["uploaded_from"].value = None
    assert image(plain).startswith(PNG)
    assert len(plain.frame) < len(DEMO.videos)
    assert "uploaded_to='2026-09-01'" in plain.actions.code.code


def test_no_button_does_anything_while_the_controls_contradict_each_other(loaded, tmp_path):
    loaded.actions.folder.value = str(tmp_path)
    contradict(loaded)
    for name, button in loaded.actions.buttons.items():
        loaded.actions.clear()
        button.click()
        assert CONTRADICTION in loaded.actions.message.value, name
        assert 'role="alert"' in loaded.actions.message.value
    assert list(tmp_path.iterdir()) == []
    assert loaded.actions.code.code == ""


def test_files_of_nothing_do_not_replace_the_last_ones(loaded, tmp_path):
    loaded.actions.folder.value = str(tmp_path)
    loaded.choose(VideoFilter(platforms=["snapchat"]))
    loaded.actions.buttons["csv"].click()
    before = (tmp_path / "videos.csv").read_bytes()
    loaded.choose(VideoFilter(search="nobody wrote this"))
    for name in ("csv", "parquet", "pdf"):
        loaded.actions.clear()
        loaded.actions.buttons[name].click()
        assert "No video is chosen, so no file was written" in loaded.actions.message.value
    loaded.actions.buttons["png"].click()
    assert "no picture" in loaded.actions.message.value
    assert [path.name for path in tmp_path.iterdir()] == ["videos.csv"]
    assert (tmp_path / "videos.csv").read_bytes() == before


def test_a_message_about_a_file_goes_when_the_filter_changes_and_not_before(plain, tmp_path):
    plain.actions.folder.value = str(tmp_path)
    plain.actions.buttons["csv"].click()
    open_tab(plain, "Labels")
    assert "Written" in plain.actions.message.value
    plain.controls.by_name["platforms"].value = ("tiktok",)
    assert plain.actions.message.value == ""


@pytest.mark.parametrize("title", ["Overview", "Growth", "Outliers", "Labels", "Data quality"])
def test_every_tab_draws_one_picture_for_every_choice(title):
    explorer = sa.explore(FEW, DAYS)
    open_tab(explorer, title)
    panel = explorer._panel
    first = panel.picture.image
    assert bytes(first.value).startswith(PNG)
    assert panel.drawn.alt
    for control in panel.options.values():
        for choice in control.options:
            control.value = choice
            explorer.flush()
            assert panel.picture.image is first
            assert bytes(first.value).startswith(PNG), (choice, panel.head.value)
            assert panel.drawn.alt in panel.picture.box.children[1].value.replace("&#x27;", "'").replace("&lt;", "<")


def test_only_the_tab_in_sight_is_drawn_and_none_keeps_an_old_picture():
    explorer = sa.explore(FEW, DAYS)
    open_tab(explorer, "Outliers")
    outliers = explorer._panel
    assert bytes(outliers.picture.image.value).startswith(PNG)
    open_tab(explorer, "Overview")
    explorer.controls.by_name["platforms"].value = ("tiktok",)
    assert outliers.picture.image.value == b""
    assert all(not one.picture.image.value for one in explorer.panels if one is not explorer._panel)


def test_outliers_are_ranked_among_all_videos_whatever_is_chosen(explorer):
    every = sa.rank_outliers(DEMO.videos, DEMO.history).set_index("ad_id")["mult"]
    explorer.choose(VideoFilter(labels_any=["Flagship"]))
    open_tab(explorer, "Outliers")
    explorer._panel.options["Show"].value = "best videos, unreliable too"
    explorer.flush()
    best = every[every.index.isin(explorer.frame["ad_id"])].max()
    assert f"highest is {multiple(best)}" in explorer._panel.drawn.alt
    mine = explorer.selection.ranked.set_index("ad_id")["mult"]
    assert len(mine) == len(explorer.frame)
    pd.testing.assert_series_equal(mine, every.loc[mine.index])


def test_the_best_videos_are_those_with_a_reliable_score_and_the_others_are_counted(explorer):
    young = VideoFilter(uploaded_from="2026-11-17")
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
    explorer.choose(VideoFilter(uploaded_from="2026-11-21"))
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
    "chosen", [VideoFilter(), VideoFilter(platforms=["tiktok"]), VideoFilter(labels_none=["Campaign"])]
)
def test_the_overview_counts_what_the_analyses_count(chosen):
    stock = Stock(DEMO.videos, DEMO.history)
    mask, frame = chosen.mask(stock.videos), chosen.apply(DEMO.videos)
    weeks = [span for span in cut((stock.newest - 170, stock.newest)) if span[1] - span[0] == 7]
    views = sa.views_over_time(DEMO.history, frame).merge(stock.views_over_time(mask, weeks), on="start")
    assert len(views) >= 20
    for name in ("views_gained", "new_views", "back_views", "corrections", "partial"):
        assert views[f"{name}_x"].tolist() == views[f"{name}_y"].tolist()
    uploads = sa.uploads_over_time(frame).merge(stock.uploads_over_time(mask, weeks), on="start")
    for name in ("n_uploads", "n_photos", "views"):
        assert uploads[f"{name}_x"].tolist() == uploads[f"{name}_y"].tolist()


def test_the_figures_of_a_week_are_those_of_its_summary():
    week = sa.weekly_summary(DEMO.videos, DEMO.history, week_end="2026-11-22")
    week_only = VideoFilter(active_from="2026-11-16", active_to="2026-11-22")
    explorer = sa.explore(DEMO.videos, DEMO.history, start=week_only)
    # the summary counts all videos; of those that were not tracked in the days none gained anything in them
    gained, before = (int(frame.loc[0, "views_gained"]) for frame in (week.totals, week.previous))
    assert f"{gained:,} against {before:,}" in shown(explorer)
    assert "16–22 November 2026" in shown(explorer)


def test_uploads_in_the_active_days_are_compared_with_uploads_in_the_days_before():
    chosen = VideoFilter(active_from="2026-11-16", active_to="2026-11-22", only_uploaded_in_range=True)
    explorer = sa.explore(DEMO.videos, start=chosen)
    before = VideoFilter(active_from="2026-11-09", active_to="2026-11-15", only_uploaded_in_range=True)
    counts = [int(prepare_videos(one.apply(DEMO.videos))["counts_in_totals"].sum()) for one in (chosen, before)]
    assert f"{counts[0]} against {counts[1]}" in shown(explorer)
    assert min(counts) > 0


def test_days_without_any_count_are_said_and_not_drawn(explorer):
    explorer.choose(VideoFilter(active_from="2026-11-23"))  # measured that day, but the history ends before
    assert "Nothing was measured in these days" in shown(explorer)
    assert image(explorer) == b""
    explorer.choose(VideoFilter(active_from="2020-01-01"))
    assert "views gained from 25 May" in explorer._panel.drawn.alt
    explorer.choose(VideoFilter(active_from="2026-11-20", active_to="2026-11-20"))
    assert "20 November 2026, against the day before (19 November 2026)" in shown(explorer)


def test_a_refresh_in_a_notebook_runs_beside_it_and_locks_the_filters(organisation):
    client, videos, history = organisation

    async def run():
        explorer = sa.explore(videos, history, client)
        explorer.flush()
        explorer.actions.buttons["refresh"].click()
        locked = explorer.controls.by_name["search"].disabled, explorer.actions.buttons["pdf"].disabled
        seen = set()
        while explorer.actions.buttons["refresh"].disabled:
            seen.add(explorer.actions.progress.layout.display)
            await asyncio.sleep(0.02)
        explorer.flush()
        return locked, seen, explorer

    locked, seen, explorer = asyncio.run(run())
    assert locked == (True, True)
    assert None in seen
    assert explorer.actions.progress.layout.display == "none"
    assert "Loaded 628 videos" in explorer.actions.message.value
    assert not explorer.controls.by_name["search"].disabled


def test_a_collaboration_counts_once_whichever_account_is_chosen():
    both = [{"ad_link": "https://www.tiktok.com/@x/video/7000000000000000001", "latest_views": 50}] * 2
    videos = few(both[0], both[1] | {"username": "bob", "linked_account_id": "b"}, {"latest_views": 7})
    stock = Stock(videos, None)
    assert stock.counted(np.array([True, True, True])).sum() == 2
    assert stock.counted(np.array([False, True, False])).tolist() == [False, True, False]


def test_twenty_fast_changes_are_drawn_once_or_twice():
    async def storm():
        explorer = sa.explore(DEMO.videos)
        while explorer._redraw.pending:
            await asyncio.sleep(0.01)
        before = explorer.redraws
        for index in range(1, 20):
            explorer.controls.by_name["views"].index = (index, 20)
            assert "sa-stale" in explorer.box._dom_classes
            await asyncio.sleep(0.002)
        while explorer._redraw.pending:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)  # time for requests that nobody took back
        assert "sa-stale" not in explorer.box._dom_classes
        return explorer.redraws - before, explorer.filter.views_min

    drawn, views = asyncio.run(storm())
    assert 1 <= drawn <= 2
    assert views == 100_000_000


def test_a_request_that_waits_is_served_by_flush_and_forgotten_by_cancel():
    async def run():
        calls = []
        redraw = Redraw(lambda: calls.append(1), delay=30)
        redraw.ask()
        redraw.ask()
        assert redraw.pending
        assert not calls
        redraw.flush()
        redraw.flush()
        redraw.ask()
        redraw.cancel()
        return calls, redraw.pending

    assert asyncio.run(run()) == ([1], False)


def test_an_analysis_of_seconds_says_so_before_it_begins():
    async def run():
        explorer = sa.explore(FEW, DAYS)
        explorer.flush()
        explorer.tabs.selected_index = 1
        explorer._redraw.flush()
        waiting = shown(explorer), image(explorer)
        explorer.tabs.selected_index = 0  # the user does not wait
        explorer._redraw.flush()
        cancelled = explorer._later.pending
        explorer.tabs.selected_index = 1
        explorer.flush()
        return waiting, cancelled, image(explorer)

    (text, png), pending, drawn = asyncio.run(run())
    assert "computing" in text
    assert png == b""
    assert not pending
    assert drawn.startswith(PNG)


def test_going_back_to_a_filter_draws_nothing_again():
    explorer = sa.explore(FEW, DAYS)
    open_tab(explorer, "Labels")
    first = image(explorer)
    open_tab(explorer, "Overview")
    drawn = explorer._later.runs
    open_tab(explorer, "Labels")
    assert image(explorer) == first
    assert explorer._later.runs == drawn


def test_an_empty_selection_names_the_clause_that_emptied_it(plain):
    plain.choose(VideoFilter(platforms=["tiktok"], search="nobody wrote this"))
    assert "No video matches this filter: “nobody wrote this” in caption or handle. Loosen" in shown(plain)
    assert "reset the filters" in shown(plain)
    assert image(plain) == b""
    plain.choose(VideoFilter(platforms=["tiktok"], accounts=["youtube/hook.lab"]))
    open_tab(plain, "Videos")
    assert "No video matches" in shown(plain)
    assert plain.table.holder.children == ()


def test_a_missing_value_is_named_as_a_reason_for_an_empty_selection():
    explorer = sa.explore(few({}, {}), start=VideoFilter(views_min=10))
    assert "2 videos lack that value" in shown(explorer)
    assert "1 video lacks that value" in shown(sa.explore(few({}), start=VideoFilter(views_min=10)))
    assert "0 of 1 video:" in sa.explore(few({}), start=VideoFilter(views_min=10)).status.value


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


def nulls():
    return cast([{"ad_id": f"n{place}", "platform": None} for place in range(3)], VIDEOS)[0]


CASES = {
    "none": lambda: (empty(VIDEOS), empty(HISTORY)),
    "none, no history": lambda: (empty(VIDEOS), None),
    "one": lambda: (few({"latest_views": 9}), cast([{"ad_id": "v0", "date": "2026-03-02", "views": 5}], HISTORY)[0]),
    "nulls": lambda: (nulls(), empty(HISTORY)),
    "odd": lambda: (
        few(
            {"title": BAD, "username": BAD, "label_ids": ["1"], "label_names": [BAD], "ad_link": "javascript:alert(1)"},
            {"title": "$x$ _y_ \u202e", "latest_views": 4, "platform": "<b>"},
            {"title": "", "username": "", "latest_views": 0, "uploaded_at": None},
            {"title": "日本 🧑🏿‍🍳 هذا", "latest_views": 10**12},
        ),
        cast([{"ad_id": "v1", "date": f"2026-03-0{day}", "views": day} for day in range(1, 6)], HISTORY)[0],
    ),
    "columns": lambda: (DEMO.videos[["ad_id", "platform", "latest_views", "uploaded_at"]], None),
}


@pytest.mark.parametrize("case", CASES)
def test_odd_data_break_no_tab(case):
    videos, history = CASES[case]()
    explorer = sa.explore(videos, history)
    for title in explorer.tabs.titles:
        open_tab(explorer, title)
        assert "could not be drawn" not in shown(explorer)
        assert "computing" not in shown(explorer)
    if len(videos):
        for value in [value for _, value in explorer.table.pick.options[1:3]]:
            explorer.table.pick.value = value
            explorer.flush()
    assert len(explorer.frame) == len(videos)


def everything(explorer):
    """All HTML that any part of the explorer shows."""
    found, queue = [], [explorer.box]
    while queue:
        one = queue.pop()
        queue += getattr(one, "children", ())
        if type(one).__name__ == "HTML":
            found.append(one.value)
    return "\n".join(found)


def test_text_from_outside_stays_text():
    explorer = sa.explore(*CASES["odd"](), start=VideoFilter(search='<script>alert("1")</script>'))
    for title in explorer.tabs.titles:
        open_tab(explorer, title)
        assert "<script>" not in everything(explorer)
    explorer.choose(VideoFilter())
    explorer.table.pick.value = "v0"
    html = everything(explorer)
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "<img src=x" not in html
    assert "javascript:" not in html


def test_the_table_escapes_and_links_only_to_web_pages():
    frame = table_frame(CASES["odd"]()[0])
    assert "<script" not in frame.to_json()
    assert frame["Link"].tolist()[0] == ""
    safe = link('https://example.org/a?b="c"&d')
    assert 'target="_blank"' in safe
    assert 'rel="noopener noreferrer"' in safe
    assert "&quot;c&quot;&amp;d" in safe
    assert [link(one) for one in ("", None, "javascript:alert(1)", "//x.y", "ftp://x.y", "https://", "http://[")] == [
        ""
    ] * 7


def test_the_table_lists_the_first_five_hundred_in_the_order_asked_for():
    views = np.random.default_rng(0).permutation(1200)
    videos = few(*({"latest_views": int(one)} for one in views), {})
    stock = Stock(videos, None)
    selection = Selection(stock, VideoFilter())
    most = stock.videos["latest_views"].iloc[first_rows(selection, "most views")].tolist()
    assert most == list(range(1199, 1199 - TOP, -1))
    fewest = stock.videos["latest_views"].iloc[first_rows(selection, "fewest views")].tolist()
    assert fewest == list(range(TOP))
    small = Selection(stock, VideoFilter(views_max=2))
    assert stock.videos["latest_views"].iloc[first_rows(small, "most views")].tolist() == [2, 1, 0]
    same_day = first_rows(selection, "newest")
    assert same_day.tolist() == list(range(TOP))


def test_a_video_is_looked_at_by_a_row_of_the_table_or_by_its_name(explorer):
    open_tab(explorer, "Videos")
    tab = explorer.table
    top = DEMO.videos.sort_values("latest_views", ascending=False)["ad_id"]
    tab.table.selected_rows = [1]
    assert tab.pick.value == top.iloc[1]
    assert bytes(tab.picture.image.value).startswith(PNG)
    assert "Line chart of the views of one video" in tab.picture.box.children[1].value
    tab.table.selected_rows = [400]
    assert tab.pick.value == top.iloc[400]
    tab.pick.value = None
    assert tab.picture.image.value == b""
    tab.pick.value = top.iloc[0]
    title = DEMO.videos.set_index("ad_id").loc[top.iloc[0], "title"].split(" ")[0]
    assert title in tab.head.value
    explorer.choose(VideoFilter(views_max=1000))
    assert tab.pick.value is None
    assert tab.picture.image.value == b""


def test_the_list_names_as_many_videos_as_the_table(explorer):
    open_tab(explorer, "Videos")
    assert len(explorer.table.pick.options) - 1 == len(explorer.table.table.df) == TOP
    assert "The first 500 of 629 videos are listed" in shown(explorer)
    explorer.choose(VideoFilter(platforms=["snapchat"]))
    assert len(explorer.table.pick.options) - 1 == len(explorer.table.table.df) == 79
    assert "79 videos." in shown(explorer)
    one = sa.explore(few({}))
    open_tab(one, "Videos")
    assert "1 video." in shown(one)


def test_a_young_video_gets_its_forecast_a_moment_later():
    async def run():
        explorer = sa.explore(DEMO.videos, DEMO.history)
        explorer.tabs.selected_index = explorer.tabs.titles.index("Videos")
        explorer.table.order.value = "newest"
        explorer.flush()
        ready = explorer.selection.stock.ready.set_index("ad_id")
        young = next(one for _, one in explorer.table.pick.options[1:] if 3 < ready["age_days"].fillna(99)[one] < 30)
        explorer.table.pick.value = young
        first = bytes(explorer.table.picture.image.value), explorer.table.foot.value
        explorer.flush()
        return first, bytes(explorer.table.picture.image.value), explorer.table.foot.value

    (before, said), after, rest = asyncio.run(run())
    assert "computing its forecast" in said
    assert rest == ""
    assert before.startswith(PNG)
    assert after.startswith(PNG)
    assert before != after


@pytest.fixture(scope="module")
def organisation(tmp_path_factory):
    """The demo as its users load it."""
    with warnings.catch_warnings(), sa.connect(demo=True, data_dir=tmp_path_factory.mktemp("kept")) as client:
        warnings.simplefilter("ignore")  # the demo has masked videos
        videos = sa.load_videos(client)
        yield client, videos, sa.load_history(client, videos)


@pytest.fixture
def loaded(organisation):
    client, videos, history = organisation
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield sa.explore(videos, history, client)


def test_copied_code_builds_the_very_same_frame(loaded):
    loaded.choose(VideoFilter(labels_any=["Hooks v2"], views_min=1000, search="the"))
    made = {}
    exec(loaded.actions.code.code, made)
    pd.testing.assert_frame_equal(made["frame"], loaded.frame)
    assert 0 < len(loaded.frame) < 628


def test_files_are_written_where_the_message_says(loaded, tmp_path):
    loaded.choose(VideoFilter(platforms=["tiktok"]))
    loaded.actions.folder.value = str(tmp_path / "out")
    for name, file in (("csv", "videos.csv"), ("parquet", "videos.parquet"), ("png", "overview.png")):
        loaded.actions.buttons[name].click()
        assert str(tmp_path / "out" / file) in loaded.actions.message.value
    assert len(pd.read_csv(tmp_path / "out" / "videos.csv")) == len(loaded.frame)
    assert pd.read_parquet(tmp_path / "out" / "videos.parquet")["ad_id"].tolist() == loaded.frame["ad_id"].tolist()
    assert (tmp_path / "out" / "overview.png").read_bytes() == image(loaded)
    open_tab(loaded, "Videos")
    loaded.actions.buttons["png"].click()
    assert "no picture" in loaded.actions.message.value


def test_the_weekly_pdf_is_of_the_selection(loaded, tmp_path):
    from pypdf import PdfReader

    loaded.choose(VideoFilter(platforms=["tiktok"]))
    loaded.actions.folder.value = str(tmp_path)
    loaded.actions.buttons["pdf"].click()
    assert "weekly-report.pdf" in loaded.actions.message.value, loaded.actions.message.value
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "weekly-report.pdf").pages)
    text = " ".join(text.split())
    assert "Only platform tiktok" in text
    assert "this part was selected after" in text
    without = sa.explore(DEMO.videos)
    without.actions.buttons["pdf"].click()
    assert "needs the daily history" in without.actions.message.value


def test_a_folder_that_cannot_be_written_is_said(loaded, tmp_path):
    (tmp_path / "file").write_text("x")
    loaded.actions.folder.value = str(tmp_path / "file")
    for name in ("csv", "png"):
        loaded.actions.buttons[name].click()
        assert str(tmp_path / "file") in loaded.actions.message.value
        assert "sa-trouble" in loaded.actions.message.value


def test_refresh_keeps_the_filter_and_shows_the_new_data(loaded):
    loaded.choose(VideoFilter(platforms=["tiktok"]))
    before = loaded.frame
    loaded.actions.buttons["refresh"].click()
    assert "Loaded 628 videos, as of 2026-11-23 06:10 UTC" in loaded.actions.message.value
    assert loaded.filter == VideoFilter(platforms=["tiktok"])
    pd.testing.assert_frame_equal(loaded.frame, before)
    assert not loaded.actions.buttons["refresh"].disabled
    assert not loaded.controls.by_name["platforms"].disabled


def test_without_a_client_nothing_can_be_refreshed(plain):
    assert plain.actions.buttons["refresh"].disabled
    plain.actions.refresh()
    assert "no client" in plain.actions.message.value


@pytest.mark.filterwarnings("ignore::shortimize_analytics.errors.DataQualityWarning")
def test_a_wrong_key_is_a_message_and_the_data_stay(simulator, tmp_path):
    with simulator(api_keys=["right-key"]) as server:
        right = sa.connect("right-key", base_url=server.base_url, tier="unlimited", data_dir=tmp_path / "a")
        videos = sa.load_videos(right)
        wrong = sa.connect("other-key", base_url=server.base_url, tier="unlimited", data_dir=tmp_path / "b")
        explorer = sa.explore(videos, None, wrong)
        explorer.actions.refresh()
    message = explorer.actions.message.value
    assert "SHORTIMIZE_API_KEY" in message
    assert "sa-trouble" in message
    assert "other-key" not in message
    assert "Traceback" not in message
    assert len(explorer.frame) == len(videos)
    assert not explorer.actions.buttons["refresh"].disabled
