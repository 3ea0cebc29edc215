"""Hashtags of any script, whole, in lists and in searches; text is found however it was typed."""

import pytest
from case_files import lines_of
from label_frames import make_videos

from shortimize_analytics import VideoFilter
from shortimize_analytics.analysis.comparisons.groupings import hashtags


@pytest.mark.parametrize("case", lines_of("tags.jsonl"), ids=lambda case: case["title"])
def test_hashtags_are_whole_and_each_is_found_by_a_search(case):
    videos = make_videos([{"title": case["title"]}])
    assert hashtags(videos).tolist() == [case["tags"]]
    for tag in case["tags"]:
        assert VideoFilter(search=f"#{tag}").mask(videos).all()
    assert not VideoFilter(search="#ह").mask(videos).any()


def test_text_and_labels_are_found_composed_or_not():
    videos = make_videos(
        [{"title": name, "label_ids": ["1"], "label_names": [name]} for name in ("Café", "Cafe\u0301")]
    )
    for typed in ("café", "cafe\u0301"):
        assert VideoFilter(search=typed).mask(videos).all()
    for typed in ("Café", "Cafe\u0301"):
        assert VideoFilter(label=[typed]).mask(videos).all()
    assert videos["title"].tolist() == ["Café", "Cafe\u0301"]
