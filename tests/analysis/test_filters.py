"""Filters as plain values: what they choose, what they count, and how they are written down."""

from datetime import date, timedelta
from typing import get_args

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings

from shortimize_analytics.analysis.comparisons.groupings import hashtags
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.analysis.prepare import prepare_videos
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema import VIDEOS, cast, empty
from shortimize_analytics.schema.choices import Flag
from shortimize_analytics.simulator import demo_organisation

DEMO = demo_organisation().videos
NAMES = sorted({name for one in DEMO["label_names"] for name in one} | {"no such label"})
HANDLES = sorted(DEMO["username"].dropna().unique())
DAYS = st.dates(date(2026, 5, 1), date(2026, 12, 1))
SIZES = st.integers(0, 10_000_000)
FLAGS = st.sampled_from(get_args(Flag))


@pytest.fixture(scope="module")
def demo():
    return DEMO


def make(*rows):
    base = {"platform": "tiktok", "username": "ann", "linked_account_id": "a"}
    return cast([base | {"ad_id": str(place)} | row for place, row in enumerate(rows)], VIDEOS)[0]


def ids(frame):
    return frame["ad_id"].tolist()


@st.composite
def ranges(draw, values):
    low, high = draw(st.none() | values), draw(st.none() | values)
    return (high, low) if None not in (low, high) and low > high else (low, high)


@st.composite
def filters(draw):
    some = lambda values: st.lists(st.sampled_from(values), max_size=2)  # noqa: E731
    uploaded, active = draw(ranges(DAYS)), draw(ranges(DAYS))
    length, views = draw(ranges(st.integers(0, 120))), draw(ranges(SIZES))
    given_range = active != (None, None)
    return VideoFilter(
        uploaded_start=uploaded[0],
        uploaded_end=uploaded[1],
        active_start=active[0],
        active_end=active[1],
        only_uploaded_in_range=draw(st.booleans()) and given_range,
        platform=draw(some(["tiktok", "youtube", "instagram"])),
        account=draw(some(HANDLES)),
        label=draw(some(NAMES)),
        label_all=draw(some(NAMES)),
        label_none=draw(some(NAMES)),
        duration_min=length[0],
        duration_max=length[1],
        views_min=views[0],
        views_max=views[1],
        search=draw(st.sampled_from(["", "the", "#fyp", "@hook", "day #fyp", "é", "'\"\\"]) | st.text(max_size=6)),
        format=draw(st.sampled_from([None, "video", "photo"])),
        private=draw(FLAGS),
        removed=draw(FLAGS),
        shop=draw(FLAGS),
        unsafe=draw(FLAGS),
        count=draw(st.sampled_from(["gains", "totals"])),
    )


@given(filters())
def test_its_own_text_gives_the_same_filter_back(chosen):
    assert eval(repr(chosen), {"VideoFilter": VideoFilter}) == chosen


@given(filters())
@settings(max_examples=40)
@example(VideoFilter())
def test_a_filter_applied_twice_chooses_the_same(chosen):
    once = chosen.apply(DEMO)
    pd.testing.assert_frame_equal(chosen.apply(once), once)
    assert list(once.columns) == list(DEMO.columns)
    assert (once.dtypes == DEMO.dtypes).all()


@given(filters(), filters())
@settings(max_examples=40)
def test_two_filters_choose_the_same_in_either_order(first, second):
    pd.testing.assert_frame_equal(first.apply(second.apply(DEMO)), second.apply(first.apply(DEMO)))


@given(filters())
@settings(max_examples=40)
def test_the_explanation_adds_up_to_what_is_chosen(chosen):
    steps = chosen.explain(DEMO)
    left = len(chosen.apply(DEMO))
    assert left == (int(steps["left"].iloc[-1]) if len(steps) else len(DEMO))
    assert (steps["missing"] <= steps["dropped"]).all()
    assert (steps["left"] <= len(DEMO) - steps["dropped"]).all()
    assert len(steps) == len(chosen.describe().split("; ")) if len(steps) else chosen.describe() == "all videos"


def test_nothing_set_chooses_everything_and_keeps_attrs(demo):
    frame = demo.copy()
    frame.attrs = {"source": "here", "quality": {"masked": 2}}
    out = VideoFilter().apply(frame)
    pd.testing.assert_frame_equal(out, frame.reset_index(drop=True))
    assert out.attrs == frame.attrs
    assert VideoFilter().explain(frame).empty


def test_ranges_are_inclusive_and_a_missing_value_lies_in_none():
    videos = make(
        {"uploaded_at": "2026-03-01", "latest_views": 10, "video_length": 5},
        {"uploaded_at": "2026-03-03", "latest_views": 20, "video_length": 9},
        {"uploaded_at": "2026-03-04", "latest_views": 30, "video_length": 10},
        {},
    )
    assert ids(VideoFilter(uploaded_start="2026-03-01", uploaded_end="2026-03-03").apply(videos)) == ["0", "1"]
    assert ids(VideoFilter(views_min=20, views_max=30).apply(videos)) == ["1", "2"]
    assert ids(VideoFilter(duration_min=0, duration_max=9).apply(videos)) == ["0", "1"]
    assert ids(VideoFilter(views_min=0).apply(videos)) == ["0", "1", "2"]
    for chosen in (VideoFilter(uploaded_end="2030-01-01"), VideoFilter(views_max=99), VideoFilter(duration_min=0)):
        assert chosen.explain(videos)[["dropped", "missing", "left"]].iloc[0].tolist() == [1, 1, 3]


def test_a_photo_and_a_placeholder_lie_in_no_range_of_lengths():
    lengths = [("tiktok", 0), ("tiktok", 60), ("youtube", 60), ("youtube", 31), ("youtube", 0), (None, 60)]
    videos = make(*({"platform": platform, "video_length": length} for platform, length in lengths))
    assert ids(VideoFilter(duration_max=30).apply(videos)) == []
    assert ids(VideoFilter(duration_min=0).apply(videos)) == ["1", "3", "5"]
    assert ids(VideoFilter(duration_min=60, duration_max=60).apply(videos)) == ["1", "5"]
    assert VideoFilter(duration_min=0).explain(videos)[["dropped", "missing"]].iloc[0].tolist() == [3, 3]
    assert ids(VideoFilter(format="photo").apply(videos)) == ["0", "4"]
    assert ids(VideoFilter(duration_max=60).apply(videos[["ad_id", "video_length"]])) == ["1", "2", "3", "5"]


def test_active_means_tracked_within_the_days():
    videos = make(
        {"created_at": "2026-03-01T09:00:00Z", "latest_updated_at": "2026-03-05T23:59:00Z"},
        {"created_at": "2026-03-06T00:01:00Z", "latest_updated_at": "2026-03-20T00:00:00Z"},
        {"created_at": "2026-03-01T00:00:00Z"},
    )
    assert ids(VideoFilter(active_start="2026-03-05", active_end="2026-03-05").apply(videos)) == ["0"]
    assert ids(VideoFilter(active_start="2026-03-05", active_end="2026-03-06").apply(videos)) == ["0", "1"]
    assert ids(VideoFilter(active_start="2026-03-06").apply(videos)) == ["1"]
    assert VideoFilter(active_end="2026-03-31").explain(videos)["missing"].tolist() == [1]


def test_only_uploaded_in_range_asks_for_uploads_in_the_active_days():
    tracked = {"created_at": "2026-03-01T00:00:00Z", "latest_updated_at": "2026-03-20T00:00:00Z"}
    videos = make(tracked | {"uploaded_at": "2026-02-27"}, tracked | {"uploaded_at": "2026-03-02"}, tracked)
    chosen = VideoFilter(active_start="2026-03-01", active_end="2026-03-09", only_uploaded_in_range=True)
    assert ids(chosen.apply(videos)) == ["1"]
    with pytest.raises(InvalidParameterError, match="active_start"):
        VideoFilter(only_uploaded_in_range=True)


def test_labels_are_found_by_name_and_by_id():
    videos = make(
        {"label_ids": ["1", "2"], "label_names": ["Hook", "Fun"]},
        {"label_ids": ["2"], "label_names": ["Fun"]},
        {"label_ids": []},
        {},
    )
    assert ids(VideoFilter(label=["Hook", "2"]).apply(videos)) == ["0", "1"]
    assert ids(VideoFilter(label_all=["Hook", "2"]).apply(videos)) == ["0"]
    assert ids(VideoFilter(label_none="Hook").apply(videos)) == ["1", "2", "3"]
    assert ids(VideoFilter(label=["Fun"], label_none=["1"]).apply(videos)) == ["1"]
    assert ids(VideoFilter(label=["hook"]).apply(videos)) == []


def test_lists_of_python_and_of_arrow_are_the_same_labels(demo):
    arrow = demo.astype({"label_ids": pd.ArrowDtype(__import__("pyarrow").list_(__import__("pyarrow").string()))})
    chosen = VideoFilter(label=["Hooks v2"], label_none=["Flagship"])
    assert chosen.mask(arrow).tolist() == chosen.mask(demo).tolist()
    assert 0 < chosen.mask(demo).sum() < len(demo)


def test_accounts_are_found_by_handle_by_place_and_by_id():
    videos = make(
        {"username": "Ann", "linked_account_id": "x"},
        {"username": "ann", "platform": "youtube", "linked_account_id": "y"},
        {"username": None, "linked_account_id": "z"},
        {"username": None, "linked_account_id": None},
    )
    assert ids(VideoFilter(account=["@ann"]).apply(videos)) == ["0", "1"]
    assert ids(VideoFilter(account=["youtube/ANN"]).apply(videos)) == ["1"]
    assert ids(VideoFilter(account=["z", "x"]).apply(videos)) == ["0", "2"]
    assert VideoFilter(account=["z"]).explain(videos)["missing"].tolist() == [1]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("DAY", ["0", "1"]),
        ("day one", ["0"]),
        ("#fyp", ["0", "2"]),
        ("#fy", []),
        ("＃fyp", ["0", "2"]),
        ("@ann", ["0", "1", "2"]),
        ("ann", ["0", "1", "2"]),
        ("@day", []),
        ("#日本", ["2"]),
        ("100%", ["1"]),
        (".*", []),
        ("(", ["2"]),
        ("<script>", ["1"]),
        ("über", ["1"]),
        ("#", ["0", "1", "2"]),
        ("   ", ["0", "1", "2", "3"]),
        ('"day one"', ["0"]),
        ('"one day"', []),
        ("one day", ["0"]),
        ("“A DAY: 100%” ann", ["1"]),
        ('"day one" 100%', []),
        ('"da', ["0", "1"]),
        ('"#fyp"', ["0", "1", "2"]),
        ('"#fyp!"', ["2"]),
        ('"two  lines"', ["2"]),
        ('6"', ["2"]),
        ('"', ["2"]),
    ],
)
def test_search_reads_words_hashtags_and_handles(search, found):
    videos = make(
        {"title": "Day one #FYP"},
        {"title": "A day: 100% <script> ÜBER #fypage"},
        {"title": '🎬( #日本 #fyp! two\n\u2003lines, 6" wide'},
        {"title": None, "username": None},
    )
    assert ids(VideoFilter(search=search).apply(videos)) == found


@given(st.text(max_size=12))
@example("a\\b[c]{2}|d")
@example("\\Q\\E")
@example("\x00\ud83d")
@example('"@a" "#b c" d"')
@example('a "b\x1cc\x85d')
def test_any_text_is_searched_for_as_it_stands(word):
    videos = make({"title": "nothing of it"}, {"title": "A " + word.encode("utf-8", "replace").decode() + " B"})
    kept = VideoFilter(search=word.encode("utf-8", "replace").decode()).apply(videos)
    if not word.split() or not any(part[0] in "#＃@" for part in word.split()):
        assert "1" in ids(kept)


def test_a_hashtag_search_finds_what_the_analysis_of_hashtags_counts(demo):
    tags = hashtags(demo)
    for tag in ("fyp", "diy"):
        expected = [isinstance(one, list) and tag in one for one in tags]
        assert VideoFilter(search=f"#{tag}").mask(demo).tolist() == expected


def test_formats_are_those_of_preparation(demo):
    assert VideoFilter(format="photo").mask(demo).tolist() == (prepare_videos(demo)["format"] == "photo").tolist()
    assert VideoFilter(format="photo").mask(demo).sum() + VideoFilter(format="video").mask(demo).sum() == len(demo)


@pytest.mark.parametrize(
    ("name", "column"),
    [("private", "private"), ("removed", "removed"), ("shop", "ad_info_shop"), ("unsafe", "not_safe")],
)
def test_a_flag_that_is_not_known_is_not_set(name, column):
    videos = make({column: True}, {column: False}, {column: None})
    assert ids(VideoFilter(**{name: "exclude"}).apply(videos)) == ["1", "2"]
    assert ids(VideoFilter(**{name: "only"}).apply(videos)) == ["0"]
    assert VideoFilter(**{name: "exclude"}).explain(videos)[["dropped", "missing"]].values.tolist() == [[1, 0]]
    assert VideoFilter(**{name: "only"}).explain(videos)[["dropped", "missing"]].values.tolist() == [[2, 1]]
    assert ids(VideoFilter(**{name: "include"}).apply(videos)) == ["0", "1", "2"]


def test_no_videos_and_no_columns_are_no_trouble():
    chosen = VideoFilter(
        platform=["tiktok"],
        search="a",
        views_min=1,
        uploaded_start="2026-01-01",
        label=["x"],
        active_end="2026-01-02",
    )
    assert chosen.apply(empty(VIDEOS)).empty
    bare = pd.DataFrame({"ad_id": ["1", "2"]})
    assert chosen.apply(bare).empty
    assert chosen.explain(bare)["missing"].tolist()[0] == 2
    assert ids(VideoFilter(private="exclude").apply(bare)) == ["1", "2"]


@pytest.mark.parametrize(
    "given",
    [
        {"uploaded_start": "yesterday"},
        {"uploaded_start": "2026-03-02", "uploaded_end": "2026-03-01"},
        {"views_min": -1},
        {"views_min": 1.5},
        {"views_min": True},
        {"views_min": 10, "views_max": 9},
        {"duration_max": "9"},
        {"platform": [1]},
        {"label": [""]},
        {"search": None},
        {"format": "story"},
        {"private": "yes"},
        {"count": "likes"},
        {"only_uploaded_in_range": "yes"},
    ],
)
def test_a_bad_parameter_is_named(given):
    with pytest.raises(InvalidParameterError, match=next(iter(given)).split("_")[0]):
        VideoFilter(**given)


def test_equal_choices_are_equal_whatever_their_order():
    assert VideoFilter(platform=["b", "a", "a"]) == VideoFilter(platform=("a", "b"))
    assert len({VideoFilter(account="x"), VideoFilter(account=["x"])}) == 1


def test_each_row_is_judged_by_itself(demo):
    many = pd.concat([demo] * 20, ignore_index=True)
    chosen = VideoFilter(search="day #fyp", label=["Flagship"], account=["hook.lab"], uploaded_start="2026-06-01")
    assert chosen.mask(many).tolist() == chosen.mask(demo).tolist() * 20


def test_a_window_of_days_moves_with_the_calendar(demo):
    day = demo["uploaded_at"].max().date()
    week = VideoFilter(uploaded_start=day - timedelta(days=6), uploaded_end=day)
    expected = (demo["uploaded_at"] >= pd.Timestamp(day - timedelta(days=6))).sum()
    assert week.mask(demo).sum() == expected
    assert isinstance(week.mask(demo), np.ndarray)
