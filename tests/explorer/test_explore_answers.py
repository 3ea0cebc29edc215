"""What the explorer's charts answer with: places, words, and what a click or a brush does."""

import io
from datetime import date

import numpy as np
import pytest
from explorers import CASES, DAYS, FEW, open_tab
from PIL import Image

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.explorer.selection import Selection
from shortimize_analytics.explorer.tabs import chart_tabs

pytestmark = pytest.mark.usefixtures("no_figure_stays_open")


@pytest.fixture(scope="module")
def few():
    return sa.explore(FEW, DAYS)


def drawn(explorer, name, *choices):
    view = next(one for one in chart_tabs() if one.name == name)
    options = dict(zip(view.options, choices, strict=False))
    options = {key: options.get(key, first[0]) for key, first in view.options.items()}
    return view.draw(Selection(explorer.selection.stock, explorer.filter, options))


def hear(widget, content):
    """Let a widget hear what its browser says."""
    widget._handle_custom_msg(content, [])


def test_a_point_stands_where_its_video_is_drawn_with_its_numbers_and_interval(few):
    found = drawn(few, "outliers", "every video").chart
    pixels = np.asarray(Image.open(io.BytesIO(found.png)).convert("RGB"), dtype=int)
    ranked = few.selection.ranked.set_index("ad_id")
    assert len(found.marks) == (ranked["mult"] > 0).sum()
    for left, top, right, bottom, said, ad_id in found.marks[:20]:
        assert (left, top) == (right, bottom)
        x, y = round(left * pixels.shape[1]), round(top * pixels.shape[0])
        assert (pixels[y - 3 : y + 4, x - 3 : x + 4] < 200).any()  # ink, not white ground
        row = ranked.loc[ad_id]
        assert f"@{row['username']} · TikTok" in said
        assert f"{sa.plots.theme.multiple(row['mult_lo'])} to {sa.plots.theme.multiple(row['mult_hi'])}" in said
        assert f"{row['views']:,} views" in said


def test_data_with_holes_and_odd_texts_answer_with_what_is_known():
    for case in ("one", "nulls", "odd"):
        explorer = sa.explore(*CASES[case]())
        for name, choices in (
            ("outliers", ("every video",)),
            ("overview", ("videos that gained most",)),
            ("quality", ()),
        ):
            said = " ".join(mark[4] for mark in drawn(explorer, name, *choices).chart.marks)
            assert "nan" not in said
            assert "<NA>" not in said
            if case == "odd" and name == "outliers":
                assert "日本" in said


def test_a_click_opens_that_video_and_only_one_that_is_shown(few):
    open_tab(few, "Outliers")
    picture = few._panel.picture
    hear(picture, {"pick": "no such video"})
    assert few.tabs.selected_index == 2
    ad_id = picture.shown["marks"][0][-1]
    hear(picture, {"pick": ad_id})
    few.flush()
    assert few.tabs.titles[few.tabs.selected_index] == "Videos"
    assert few.table.picked == ad_id
    assert few.table.picture.shown["marks"][0][4].startswith(sa.plots.theme.day(few.selection.stock.rows_of(
        FEW.loc[FEW["ad_id"] == ad_id, "ad_id"])["date"].iloc[0]))  # fmt: skip


def test_a_brush_becomes_a_filter_of_whole_bars_or_of_views(few):
    few.choose(VideoFilter(search="a"))
    open_tab(few, "Overview")
    picture = few._panel.picture
    gains, uploads = picture.shown["areas"]
    assert (gains["field"], uploads["field"]) == ("active", "uploaded")
    first = (date(2026, 10, 6) - date(1970, 1, 1)).days  # a Tuesday
    hear(picture, {"brush": {"area": 1, "from": first + 9.3, "to": first + 0.5}})
    chosen = VideoFilter(search="a", uploaded_start="2026-10-05", uploaded_end="2026-10-18")
    assert few.filter == chosen
    assert "uploaded from 2026-10-05 to 2026-10-18" in [text for _, text in few.chips.shown]
    for odd in (
        {"area": 7, "from": 1, "to": 2},
        {"area": 0, "from": "x", "to": 2},
        {"area": 0, "from": 1, "to": 9e9},
        3,
    ):
        hear(picture, {"brush": odd})
    few.choose(VideoFilter())
    open_tab(few, "Outliers")
    few._panel.options["Show"].value = "every video"
    few.flush()
    hear(few._panel.picture, {"brush": {"area": 0, "from": 1000, "to": 25_000}})
    assert few.filter == VideoFilter(views_min=1000, views_max=25_000)
    few.choose(VideoFilter())


def test_pictures_are_drawn_as_wide_as_the_browser_says(few):
    open_tab(few, "Overview")
    for pixels, wide in ((1400, 1360), (380, 480), (900, 880)):
        hear(few.connection, {"width": pixels})
        assert Image.open(io.BytesIO(few._panel.picture.png)).size[0] == wide
