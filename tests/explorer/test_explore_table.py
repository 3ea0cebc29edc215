"""The explorer's table of videos: what a page holds, its order, and that files and code are the table one sees."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from explorers import BAD, CASES, DAYS, FEW, PNG, few, open_tab

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.periods.video_table import order_keys
from shortimize_analytics.explorer.data import ExplorerData
from shortimize_analytics.explorer.detail import link_html
from shortimize_analytics.explorer.selection import Selection
from shortimize_analytics.explorer.table import PAGE_ROWS, Order, ordered, page_of, records_of
from shortimize_analytics.schema.choices import TableOrder

pytestmark = pytest.mark.usefixtures("no_figure_stays_open")
WEEK = VideoFilter(search="#fyp", active_start="2026-11-16", active_end="2026-11-22")


@pytest.fixture(scope="module")
def seen():
    """An explorer whose table has been opened; nobody changes its filter for good."""
    explorer = sa.explore(FEW, DAYS)
    open_tab(explorer, "Videos")
    return explorer


def say(explorer, **content):
    """Send what the browser would."""
    explorer.table.grid._handle_custom_msg(content, [])


@pytest.mark.parametrize(
    ("by", "ascending", "only"),
    [("mult", False, VideoFilter()), ("title", True, WEEK), ("views_gained", False, WEEK), ("pred", True, WEEK)],
)
def test_what_is_listed_is_what_the_public_table_lists(seen, by, ascending, only):
    seen.choose(only)
    say(seen, ask={"by": by, "ascending": ascending, "page": 0})
    expected = sa.video_table(FEW, DAYS, only=only, sort_by=by, ascending=ascending)
    pd.testing.assert_frame_equal(seen.listed(), expected)
    shown = seen.table.grid.shown
    assert [row["id"] for row in shown["rows"]] == expected["ad_id"].tolist()[:PAGE_ROWS]
    assert shown["total"] == len(expected)
    ranked = sa.rank_outliers(FEW, DAYS).set_index("ad_id")
    assert expected["mult"].tolist() == ranked["mult"].reindex(expected["ad_id"]).tolist()
    forecasts = sa.forecast_views(FEW, DAYS)
    assert shown["horizon"] == forecasts.attrs["horizon"] == expected["horizon"].max()
    assert shown["days"] == f"{7 if only == WEEK else 28} days to 22 Nov 2026"
    seen.choose(VideoFilter())


def test_gains_of_the_table_add_up_to_the_period_s(seen):
    week = sa.period_summary(FEW, DAYS, end="2026-11-22")
    only = VideoFilter(active_start="2026-11-16", active_end="2026-11-22")
    table = sa.video_table(FEW, DAYS, start=only.active_start, end=only.active_end)
    once = sa.prepare(FEW, DAYS).videos.set_index("ad_id")["counts_in_totals"]
    counted = table[once[table["ad_id"]].to_numpy(dtype=bool)]
    assert counted["views_gained"].sum() == week.totals.loc[0, "views_gained"]


def test_every_row_is_ordered_and_not_only_the_first_ones():
    views = np.random.default_rng(0).permutation(1200)
    stock = ExplorerData(few(*({"latest_views": int(one)} for one in views), {}), None)
    selection = Selection(stock, VideoFilter())
    rows = ordered(selection.table, selection.rows, Order("views", ascending=True))
    first = page_of(selection.table, rows, order=Order(), page=0)
    assert [row["views"] for row in first["rows"]] == list(range(PAGE_ROWS))
    last = page_of(selection.table, rows, order=Order(), page=999)
    assert (last["page"], last["pages"], last["first"], last["total"]) == (48, 49, 1200, 1201)
    assert [row["views"] for row in last["rows"]] == [None]  # missing stands last either way
    most = ordered(selection.table, selection.rows, Order("views"))
    assert stock.videos["latest_views"].iloc[most[:3]].tolist() == [1199, 1198, 1197]
    assert most[-1] == 1200
    nothing = page_of(selection.table, most[:0], order=Order(), page=3)
    assert (nothing["rows"], nothing["page"], nothing["pages"]) == ([], 0, 1)


def test_text_is_ordered_whatever_its_case_and_nothing_comes_last():
    values = pd.Series(["b", None, "A", " ", "a", "C"], dtype="str")
    assert np.argsort(order_keys(values, ascending=True), kind="stable").tolist() == [2, 4, 0, 5, 1, 3]
    assert np.argsort(order_keys(values, ascending=False), kind="stable").tolist() == [5, 0, 2, 4, 1, 3]


@pytest.mark.parametrize("case", CASES)
def test_odd_videos_have_a_row_in_every_order(case):
    videos, history = CASES[case]()
    selection = Selection(ExplorerData(videos, history), VideoFilter())
    for by in get_args(TableOrder):
        rows = ordered(selection.table, selection.rows, Order(by))
        assert sorted(rows.tolist()) == list(range(len(videos)))
        assert len(page_of(selection.table, rows, order=Order(by), page=0)["rows"]) == min(len(videos), PAGE_ROWS)


def test_titles_travel_as_text_and_links_only_lead_to_web_pages():
    videos, history = CASES["odd"]()
    rows = records_of(Selection(ExplorerData(videos, history), VideoFilter()).table, horizon=None)
    assert rows[0]["title"] == BAD
    assert rows[0]["link"] is None
    safe = link_html('https://example.org/a?b="c"&d', "open")
    assert 'target="_blank"' in safe
    assert 'rel="noopener noreferrer"' in safe
    assert "&quot;c&quot;&amp;d" in safe
    unsafe = ("", None, "javascript:alert(1)", "//x.y", "ftp://x.y", "https://", "http://[")
    assert [link_html(one, "open") for one in unsafe] == [""] * 7


def test_a_row_shows_its_video_until_the_filter_leaves_it_out(seen):
    tab = seen.table
    row = tab.grid.shown["rows"][1]
    say(seen, pick=row["id"])
    assert tab.picked == tab.grid.shown["picked"] == row["id"]
    assert bytes(tab.picture.png).startswith(PNG)
    assert "Line chart of the views of one video" in tab.picture.shown["alt"]
    assert f"@{row['account']}" in tab.head.value
    for odd in ("no such id", 7, {"pick": "x"}, None):
        say(seen, pick=odd)
    say(seen, ask={"by": "__class__"})
    seen.table.grid._handle_custom_msg("text", [])
    seen.choose(VideoFilter(views_max=1000))
    assert tab.picked is None
    assert tab.picture.png == b""
    seen.choose(VideoFilter())


def test_files_and_copied_code_are_the_table_in_sight(seen, tmp_path):
    seen.choose(WEEK)
    say(seen, ask={"by": "mult", "ascending": False, "page": 0})
    seen.actions.folder.value = str(tmp_path)
    for name in ("csv", "parquet", "xlsx"):
        seen.actions.buttons[name].click()
        assert f"videos.{name}" in seen.actions.message.value
    listed = seen.listed()
    assert 0 < len(listed) < len(FEW)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "videos.parquet"), listed)
    for text in (pd.read_csv(tmp_path / "videos.csv"), pd.read_excel(tmp_path / "videos.xlsx", sheet_name=-1)):
        assert text["ad_id"].tolist() == listed["ad_id"].tolist()
        np.testing.assert_allclose(text["mult"], listed["mult"].to_numpy(dtype=float, na_value=np.nan))
    assert seen.actions.code.code.endswith("table = sa.video_table(videos, history, only=chosen, sort_by='mult')")
    seen.choose(VideoFilter())
