"""Whatever shares a name is told apart wherever the explorer lists it."""

import pytest
from explorers import DAYS, DEMO, FEW, few, open_tab
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib.figure import Figure

import shortimize_analytics as sa
from shortimize_analytics.analysis.comparisons.labels import compare_labels, label_overlap
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.explorer.names import NameBook
from shortimize_analytics.plots import alt_text, plot_label_overlap, plot_labels
from shortimize_analytics.schema.names import told_apart

pytestmark = pytest.mark.usefixtures("no_figure_stays_open")

NAMED = DEMO.videos["label_names"].explode() == "Campaign"
IDS = sorted(DEMO.videos["label_ids"].explode()[NAMED].unique())
"""Of the demo's two labels called "Campaign"."""
TWO = [f"Campaign [{key[:4]}]" for key in IDS]


def said(explorer):
    """Everything a tab's chart tells: its alternative text and what the pointer is told."""
    panel = explorer._panel
    return "\n".join([panel.drawn.alt, *(mark[4] for mark in panel.drawn.chart.marks)])


def test_labels_of_one_name_are_told_apart_in_every_list_of_the_explorer():
    explorer = sa.explore(DEMO.videos, DEMO.history)
    open_tab(explorer, "Labels")
    assert all(name in said(explorer) for name in TWO)
    explorer.choose(VideoFilter(label=IDS))
    open_tab(explorer, "Growth")
    explorer._panel.options["Lines"].value = "labels"
    explorer.flush()
    assert all(f"{name}, day" in said(explorer) for name in TWO)
    open_tab(explorer, "Compare two")
    first, second = (explorer._panel.options[name] for name in ("First", "Second"))
    first.value, second.value = IDS
    explorer.flush()
    assert all(f"“{name}”" in explorer._panel.drawn.head for name in TWO)
    # a filter leaves one of the two, and its name stays
    explorer.choose(VideoFilter(label=IDS[:1]))
    explorer.flush()
    assert explorer.chips.shown == [[f"label={IDS[0]}", f"label {TWO[0]}"]]
    assert f": label {TWO[0]}" in explorer.status.value
    assert [text.startswith(TWO[0]) for text, value in first._options_full if value == IDS[0]] == [True]
    explorer.choose(VideoFilter(label=IDS[:1], label_none=IDS[:1]))
    explorer.flush()
    assert TWO[0] in explorer._panel.head.value
    assert IDS[0] not in explorer._panel.head.value


def test_drawings_tell_labels_apart_where_a_long_name_is_cut():
    long = "A name that is cut wherever it is drawn, number "
    videos = FEW.assign(label_names=[[long + name for name in names] for names in FEW["label_names"]])
    found, overlap = compare_labels(videos), label_overlap(videos)
    ax = Figure().subplots()
    drawn = [tick.get_text() for tick in plot_labels(found, ax=ax).get_yticklabels()]
    assert len(drawn) > 2
    assert len({*drawn}) == len(drawn)
    assert drawn[0] in alt_text(found, "labels")
    names = [
        tick.get_text().partition("  ")[0]
        for tick in plot_label_overlap(overlap, ax=Figure().subplots()).get_xticklabels()
    ]
    assert len({*names}) == len(names)


def test_accounts_of_one_name_are_told_apart_by_platform_and_by_id_where_they_share_that():
    same = {"latest_views": 5, "username": "ann"}
    videos = few(
        *({**same, "platform": place, "linked_account_id": key} for place, key in (("tiktok", "a"), ("youtube", "b"))),
        *({**same, "platform": "tiktok", "linked_account_id": key} for key in ("c", "c")),
    )
    offered = NameBook(videos).offered(videos)["account"]
    assert offered == [
        ("ann · TikTok [c] (2)", "c"),
        ("ann · TikTok [a] (1)", "a"),
        ("ann · YouTube (1)", "youtube/ann"),
    ]
    assert [len(sa.select_videos(videos, account=value)) for _, value in offered] == [2, 1, 1]


def test_growth_curves_of_accounts_of_one_handle_are_not_one_curve():
    videos = FEW.assign(username="ann")
    explorer = sa.explore(videos, DAYS)
    open_tab(explorer, "Growth")
    explorer._panel.options["Lines"].value = "accounts"
    explorer.flush()
    lines = {one.partition(", day")[0] for one in said(explorer).splitlines() if ", day" in one}
    assert len(lines) > 1
    assert all(one.startswith("ann · TikTok [") for one in lines)


@example({"": "é", "\t": "é"})  # ids that look alike
@example({"1": "a", "2": "a ", "3": "a [1]"})
@given(
    st.dictionaries(
        st.text(max_size=9) | st.sampled_from([" ", "x", "x ", "xy"]),
        st.sampled_from(["a", "a ", "b", "a [x]", "a [xy]", "é", "e\u0301"]),
    )
)
def test_no_two_names_are_alike(names):
    found = told_apart(names)
    assert len({" ".join(one.split()) for one in found.values()}) == len(names)
    assert all(found[key].startswith(name.rstrip()) for key, name in names.items())
    assert told_apart(found) == found
