"""Which post a link leads to: every public shape, in Arrow and one by one, and what is no copy of anything."""

import pandas as pd
import pytest
from case_files import lines_of
from label_frames import make_videos

from shortimize_analytics.analysis.base.post_links import post_ids, post_of
from shortimize_analytics.analysis.money.keys import link_key
from shortimize_analytics.analysis.prepare import prepare_videos
from shortimize_analytics.analysis.prepared import prepare
from shortimize_analytics.analysis.quality import data_quality
from shortimize_analytics.schema import HISTORY, empty

LINKS = lines_of("links.csv")


@pytest.mark.parametrize("case", LINKS, ids=lambda case: case["link"])
def test_each_shape_of_link_names_its_post(case):
    expected = (case["platform"], case["post"]) if case["post"] else None
    assert post_of(case["link"]) == expected


def test_all_links_at_once_name_what_each_names_alone():
    found = post_ids(pd.Series([*(case["link"] for case in LINKS), None], dtype="str"))
    assert found.fillna("").tolist() == [*(case["post"] for case in LINKS), ""]
    assert post_ids(pd.Series([], dtype="str")).empty


def test_every_post_of_the_table_counts_once_and_what_nobody_understands_counts_each_time():
    rows = [{"platform": case["platform"], "ad_link": case["link"], "title": "same"} for case in LINKS]
    twice = [row | {"linked_account_id": account} for row in rows for account in ("a", "b")]
    ready = prepare_videos(make_videos(twice))
    known = sum(bool(case["post"]) for case in LINKS)
    assert ready["dup_group"].nunique() == known
    assert ready["counts_in_totals"].sum() == known + 2 * (len(LINKS) - known)


def test_a_post_that_repeats_under_its_own_account_is_no_collaboration():
    link = "https://www.facebook.com/reel/90000013"
    rows = [{"platform": "facebook", "ad_link": link, "linked_account_id": one} for one in ("a", "a", "b")]
    videos = make_videos(rows)
    ready = prepare(videos)
    assert ready.videos["counts_in_totals"].tolist() == [True, False, False]
    told = ready.left_out.set_index("reason")["ad_ids"].map(list).to_dict()
    assert told == {"repeated_post": ["00001"], "collaboration_copy": ["00002"]}
    counts = data_quality(videos, empty(HISTORY)).set_index("check")["n"]
    assert counts[["repeated_post", "collaboration_copy"]].tolist() == [1, 1]


def test_money_keys_keep_apart_what_only_a_query_tells_apart():
    link = "https://www.facebook.com/permalink.php?id=5&story_fbid="
    assert link_key(link + "81") != link_key(link + "82")
    assert link_key("https://a.example/post?n=1") != link_key("https://a.example/post?n=2")
    assert link_key("https://a.example/post/#top") == link_key("http://www.a.example/post")


@pytest.mark.parametrize("case", lines_of("owners.csv"), ids=lambda case: f"{case['link']} of {case['handles']}")
def test_a_post_is_credited_to_the_account_that_its_link_names(case):
    """The first handle has most views, which decides where the link names nobody of them."""
    rows = [
        {"platform": case["platform"], "ad_link": case["link"], "username": handle, "linked_account_id": handle}
        | {"latest_views": 900 - n}
        for n, handle in enumerate(case["handles"].split(";"), 1)
    ]
    ready = prepare_videos(make_videos(rows))
    assert ready["counts_in_totals"].tolist().index(True) + 1 == int(case["owner"])
    assert ready["counts_in_totals"].sum() == 1
