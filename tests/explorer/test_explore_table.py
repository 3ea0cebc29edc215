"""The explorer's table and list of videos."""

import numpy as np
import pytest
from explorers import CASES, DEMO, PNG, few, open_tab, shown

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.explorer.data import ExplorerData
from shortimize_analytics.explorer.selection import Selection
from shortimize_analytics.explorer.table import TABLE_ROWS, first_rows, link, table_frame

pytestmark = pytest.mark.usefixtures("no_figure_stays_open")


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
    stock = ExplorerData(videos, None)
    selection = Selection(stock, VideoFilter())
    most = stock.videos["latest_views"].iloc[first_rows(selection, "most views")].tolist()
    assert most == list(range(1199, 1199 - TABLE_ROWS, -1))
    fewest = stock.videos["latest_views"].iloc[first_rows(selection, "fewest views")].tolist()
    assert fewest == list(range(TABLE_ROWS))
    small = Selection(stock, VideoFilter(views_max=2))
    assert stock.videos["latest_views"].iloc[first_rows(small, "most views")].tolist() == [2, 1, 0]
    same_day = first_rows(selection, "newest")
    assert same_day.tolist() == list(range(TABLE_ROWS))


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
    assert len(explorer.table.pick.options) - 1 == len(explorer.table.table.df) == TABLE_ROWS
    assert "The first 500 of 629 videos are listed" in shown(explorer)
    explorer.choose(VideoFilter(platform=["snapchat"]))
    assert len(explorer.table.pick.options) - 1 == len(explorer.table.table.df) == 79
    assert "79 videos." in shown(explorer)
    one = sa.explore(few({}))
    open_tab(one, "Videos")
    assert "1 video." in shown(one)
