"""The explorer's controls: what is set, the filter it makes, and what is said when nothing is left."""

import pandas as pd
import pytest
from explorers import CONTRADICTION, DEMO, PNG, contradict, everything, few, image, open_tab, shown

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.errors import InvalidParameterError

pytestmark = pytest.mark.usefixtures("no_figure_stays_open")

CHANGES = {
    "uploaded_start": (pd.Timestamp("2026-09-01").date(), {"uploaded_start": "2026-09-01"}),
    "uploaded_end": (pd.Timestamp("2026-09-01").date(), {"uploaded_end": "2026-09-01"}),
    "active_start": (pd.Timestamp("2026-10-05").date(), {"active_start": "2026-10-05"}),
    "active_end": (pd.Timestamp("2026-07-05").date(), {"active_end": "2026-07-05"}),
    "platform": (("tiktok",), {"platform": ["tiktok"]}),
    "account": (("tiktok/hook.lab",), {"account": ["tiktok/hook.lab"]}),
    "label": (("Flagship",), {"label": ["Flagship"]}),
    "label_all": (("Flagship", "Hooks v2"), {"label_all": ["Flagship", "Hooks v2"]}),
    "label_none": (("Flagship",), {"label_none": ["Flagship"]}),
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
    at["active_start"].value = pd.Timestamp("2026-10-05").date()
    assert not at["only_uploaded_in_range"].disabled
    assert plain.filter == VideoFilter(active_start="2026-10-05", only_uploaded_in_range=True)


def test_reset_shows_all_videos_again(plain):
    plain.choose(VideoFilter(platform=["tiktok"], views_min=5, active_start="2026-10-01", search="x"))
    plain.controls.reset.click()
    assert plain.filter == VideoFilter()
    assert plain.controls.read() == VideoFilter()


@pytest.mark.parametrize(
    "start",
    [
        VideoFilter(views_min=1234, views_max=98765, duration_min=7, search="é", count="totals"),
        VideoFilter(account=["not here"], label=["nor here"], platform=["elsewhere"]),
        VideoFilter(active_start="2026-10-01", active_end="2026-10-31", only_uploaded_in_range=True, format="photo"),
    ],
)
def test_a_filter_to_start_with_is_kept_as_it_is(start):
    assert sa.explore(DEMO.videos, only=start).filter == start


def test_every_control_has_a_label_and_a_class(plain):
    for name, control in plain.controls.by_name.items():
        assert control.description
        assert f"sa-filter-{name.replace('_', '-')}" in control._dom_classes
    for button in plain.actions.buttons.values():
        assert button.description
        assert any(one.startswith("sa-") for one in button._dom_classes)


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
    plain.controls.by_name["uploaded_start"].value = None
    assert image(plain).startswith(PNG)
    assert len(plain.frame) < len(DEMO.videos)
    assert "uploaded_end='2026-09-01'" in plain.actions.code.code


def test_an_empty_selection_names_the_clause_that_emptied_it(plain):
    plain.choose(VideoFilter(platform=["tiktok"], search="nobody wrote this"))
    assert "No video matches this filter: “nobody wrote this” in caption or handle. " in shown(plain)
    assert "reset the filters" in shown(plain)
    assert image(plain) == b""
    plain.choose(VideoFilter(platform=["tiktok"], account=["youtube/hook.lab"]))
    open_tab(plain, "Videos")
    assert "No video matches" in shown(plain)
    assert plain.table.holder.children == ()


def test_a_missing_value_is_named_as_a_reason_for_an_empty_selection():
    explorer = sa.explore(few({}, {}), only=VideoFilter(views_min=10))
    assert "2 videos lack that value" in shown(explorer)
    assert "1 video lacks that value" in shown(sa.explore(few({}), only=VideoFilter(views_min=10)))
    assert "0 of 1 video:" in sa.explore(few({}), only=VideoFilter(views_min=10)).status.value


def test_windows_are_days_up_to_the_newest_and_follow_the_dates(plain):
    uploaded, gains = (plain.controls.windows[name].choice for name in ("uploaded", "active"))
    newest = DEMO.videos["latest_updated_at"].max().date()
    uploaded.value = "7 days"
    assert plain.filter == VideoFilter(uploaded_start=newest - pd.Timedelta(days=6), uploaded_end=newest)
    gains.value = "90 days"
    assert plain.filter.active_start == newest - pd.Timedelta(days=89)
    assert uploaded.value == "7 days"
    gains.value = "28 days"  # what is counted where nothing is chosen
    uploaded.value = "Dates…"
    assert plain.filter == VideoFilter(uploaded_start=newest - pd.Timedelta(days=6), uploaded_end=newest)
    plain.controls.by_name["uploaded_end"].value = None
    assert plain.filter == VideoFilter(uploaded_start=newest - pd.Timedelta(days=6))
    uploaded.value = "All"
    assert plain.filter == VideoFilter()
    plain.choose(VideoFilter(uploaded_start="2026-09-01", active_start="2026-09-01"))
    assert (uploaded.value, gains.value) == ("Dates…", "Dates…")
    plain.controls.reset.click()
    assert (uploaded.value, gains.value) == ("All", "28 days")


def test_a_picker_adds_what_it_offers_and_a_chip_takes_it_away(plain):
    labels, chips = plain.controls.by_name["label"], plain.chips
    for wanted in ("Hooks v2", "Flagship", "Hooks v2", "not offered", 7, None):
        labels._handle_custom_msg({"add": wanted}, [])
    assert plain.filter == VideoFilter(label=["Hooks v2", "Flagship"])
    plain.controls.by_name["search"].value = "#fyp"
    assert chips.shown == [
        ["search", "“#fyp” in caption or handle"],
        ["label=Flagship", "label Flagship"],
        ["label=Hooks v2", "label Hooks v2"],
    ]
    for key in ("label=Hooks v2", "nothing", None, 7):
        chips._handle_custom_msg({"remove": key}, [])
    assert plain.filter == VideoFilter(label=["Flagship"], search="#fyp")
    assert labels.value == ("Flagship",)
    chips._handle_custom_msg({"remove": "search"}, [])
    assert plain.filter == VideoFilter(label=["Flagship"])


def test_two_labels_of_one_name_are_told_apart():
    videos = few(*({"label_ids": [key], "label_names": ["Campaign"], "latest_views": 5} for key in ("1", "2", "2")))
    explorer = sa.explore(videos)
    picker = explorer.controls.by_name["label"]
    assert picker.options == [["Campaign [2] (2)", "2"], ["Campaign [1] (1)", "1"]]
    picker._handle_custom_msg({"add": "2"}, [])
    assert len(explorer.frame) == 2
    assert explorer.chips.shown == [["label=2", "label Campaign [2]"]]


def test_an_empty_selection_says_which_filter_to_take_away(plain):
    plain.choose(VideoFilter(platform=["tiktok"], search="nobody wrote this"))
    tiktok = len(VideoFilter(platform=["tiktok"]).apply(DEMO.videos))
    assert f"{tiktok} videos would match without: “nobody wrote this” in caption or handle." in shown(plain)
    plain.choose(VideoFilter(platform=["tiktok"], search="nobody wrote this", views_min=10**11))
    assert "would match" not in shown(plain)
    assert "Take a filter away above, or reset the filters." in shown(plain)


def test_other_videos_are_offered_by_the_same_widgets_with_their_names_and_days():
    explorer = sa.explore(DEMO.videos, DEMO.history)
    controls, widgets = explorer.controls, dict(explorer.controls.by_name)
    newest = explorer.selection.stock.newest_day
    explorer.choose(VideoFilter(platform=["tiktok"], views_min=1_000))
    explorer.flush()
    ann = {"username": "ann", "platform": "tiktok", "linked_account_id": "a"}
    other = few(ann, ann | {"username": "bob", "platform": "youtube", "linked_account_id": "b"})
    explorer.replace(other, None, start=explorer.filter)
    explorer.flush()
    assert explorer.controls is controls
    assert controls.by_name == widgets
    assert [text for text, _ in controls.by_name["account"].options] == ["ann · TikTok (1)", "bob · YouTube (1)"]
    assert explorer.filter == VideoFilter(platform=["tiktok"], views_min=1_000)
    assert explorer.selection.stock.newest_day != newest
    controls.reset.click()
    explorer.flush()
    assert explorer.status.value.startswith('<p role="status">2 of 2 videos: all videos')
    controls.windows["uploaded"].choice.value = "7 days"
    explorer.flush()
    assert explorer.filter.uploaded_end == explorer.selection.stock.newest_day
