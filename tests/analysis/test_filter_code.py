"""The Python that a filter writes: it runs, builds the same frame, and holds no key."""

import pandas as pd
import pytest

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.schema import VIDEOS, empty

pytestmark = pytest.mark.filterwarnings("ignore::shortimize_analytics.errors.DataQualityWarning")


@pytest.mark.parametrize(
    "chosen",
    [
        VideoFilter(),
        VideoFilter(platform=["tiktok"], views_min=1000, search='it\'s "quoted" \\ 日本', label_none=["Hooks v2"]),
        VideoFilter(active_start="2026-10-01", active_end="2026-10-31", only_uploaded_in_range=True, private="exclude"),
    ],
)
def test_the_code_of_a_filter_builds_the_very_same_frame(chosen):
    videos = sa.load_videos(sa.connect(demo=True), uploaded_start="2026-07-01")
    made = {}
    exec(chosen.to_code(videos), made)
    pd.testing.assert_frame_equal(made["frame"], chosen.apply(videos))
    assert "demo=True" in chosen.to_code(videos)
    assert "uploaded_start='2026-07-01'" in chosen.to_code(videos)


def test_the_code_loads_an_account_or_a_video_as_it_was_loaded():
    client = sa.connect(demo=True)
    account = sa.load_videos(client)["linked_account_id"].iloc[0]
    of_account = sa.load_account_videos(client, account, uploaded_start="2026-07-01")
    one = sa.load_video(client, of_account["ad_id"].iloc[0])
    for videos in (of_account, one):
        made = {}
        exec(VideoFilter(private="exclude").to_code(videos), made)
        pd.testing.assert_frame_equal(made["frame"], VideoFilter(private="exclude").apply(videos))


def test_the_code_names_another_address_and_never_a_key():
    videos = empty(VIDEOS)
    videos.attrs = {"base_url": "http://127.0.0.1:8765", "params": {}}
    code = VideoFilter().to_code(videos)
    assert "sa.connect(base_url='http://127.0.0.1:8765')" in code
    assert "api_key" not in code
