"""Checks of the data: each finds what was planted, and counts only that; what cannot be known is NA."""

import json

import pandas as pd

from shortimize_analytics.prepare import prepare_history
from shortimize_analytics.quality import DAY_CHECKS, STALE_DAYS, VIDEO_CHECKS, data_quality
from shortimize_analytics.schema import DATA_QUALITY, HISTORY, VIDEOS, cast, empty
from shortimize_analytics.simulator import demo_organisation
from shortimize_analytics.simulator.organisation import demo_folder

FLAWS = {
    "never_measured": {"latest_updated_at": None},
    "no_views": {"latest_views": None},
    "no_upload_date": {"uploaded_at": None},
    "measured_before_upload": {"uploaded_at": "2026-03-22"},
    "removed": {"removed": True},
    "private": {"private": True},
    "duplicate_row": {"ad_id": "v00"},
    "collaboration_copy": {"ad_link": "https://www.tiktok.com/@x/video/7609364728032365800", "linked_account_id": "b"},
    "hidden_stats": {"hidden_stats": True},
    "photo": {"video_length": 0},
    "stale": {"latest_updated_at": "2026-03-10T08:00:00Z"},
    "regime_break": {"platform": "youtube", "uploaded_at": "2025-03-30"},
}


def organisation(*changes):
    base = {
        "platform": "tiktok",
        "linked_account_id": "a",
        "username": "ann",
        "uploaded_at": "2026-03-01",
        "latest_updated_at": "2026-03-20T08:00:00Z",
        "latest_views": 900,
        "video_length": 9,
    }
    own = (
        {"ad_id": f"v{i:02}", "ad_link": f"https://www.tiktok.com/@x/video/76093647280323658{i:02}"} for i in range(99)
    )
    videos, _ = cast([base | each | change for each, change in zip(own, changes, strict=False)], VIDEOS)
    points = [
        {"ad_id": ad_id, "date": f"2026-03-{day:02}", "views": 40 * day + day * day}
        for ad_id in videos["ad_id"].unique()
        for day in range(1, 21)
    ]
    return videos, cast(points, HISTORY)[0]


def counts(videos, history):
    found = data_quality(videos, history)
    return found.set_index("check")["n"].dropna().loc[lambda n: n > 0].to_dict()


def test_every_flaw_of_a_video_is_met_by_its_own_check():
    for name, change in FLAWS.items():
        also = {"censored_start": 1} if name == "regime_break" else {}
        also = {"before_upload": 20} if name == "measured_before_upload" else also
        assert counts(*organisation({}, {}, change)) == {name: 1} | also, name


def test_history_is_checked_video_by_video_and_day_by_day():
    videos, history = organisation({}, {}, {}, {"uploaded_at": "2026-02-25"})
    listed = history[history["ad_id"] != "v01"]
    assert counts(videos, listed) == {"no_history": 1, "censored_start": 1}
    flawed = history.copy()
    day = flawed["date"].dt.day
    first = flawed["ad_id"] == "v00"
    flawed.loc[first & (day == 9), "views"] = 1
    flawed = flawed[~(first & day.isin([14, 15]))]
    flawed = pd.concat([flawed, flawed.tail(1), cast([{"ad_id": "v02", "date": "2026-03-21"}], HISTORY)[0]])
    expected = {"censored_start": 1, "without_views": 1, "duplicate_day": 1, "gap": 1, "correction": 1}
    assert counts(videos, flawed) == expected
    assert counts(videos, prepare_history(flawed, videos)) == expected
    assert counts(videos.iloc[:3], history) == {"unknown_video": 20}


def test_rows_have_the_schema_a_size_and_a_meaning():
    found = data_quality(*organisation({}, {"removed": True}))
    assert found.columns.tolist() == DATA_QUALITY.names
    assert found["check"].tolist() == [*VIDEO_CHECKS, *DAY_CHECKS]
    assert found.groupby("unit", sort=False)["of"].unique().map(list).to_dict() == {"videos": [2], "days": [40]}
    assert found.set_index("check").loc["removed", "share"] == 0.5
    assert found["meaning"].str.len().between(20, 110).all()
    assert str(STALE_DAYS) in found.set_index("check").loc["stale", "meaning"]


def test_masked_counts_are_unknown_unless_the_loader_counted_them():
    videos, history = organisation({}, {})
    masked = data_quality(videos, history).set_index("check").loc["masked"]
    assert masked[["n", "share"]].isna().all()
    videos.attrs["quality"] = {"masked": 1}
    assert data_quality(videos, history).set_index("check").loc["masked", "share"] == 0.5


def test_a_part_of_a_loaded_frame_counts_its_own_masked_videos():
    videos, history = organisation({}, {"latest_views": None}, {"latest_views": None, "private": True}, {})
    videos.attrs["quality"] = {"rows": 4, "masked": 2, "evidence": {"masked": ["v01", "v03"]}}
    parts = {"all": slice(0, 4), "plain": [0], "blank": [0, 1], "private": [2], "text": [3], "none": []}
    found = {name: counts(videos.iloc[rows], history).get("masked", 0) for name, rows in parts.items()}
    assert found == {"all": 2, "plain": 0, "blank": 1, "private": 0, "text": 1, "none": 0}
    few = videos[["ad_id", "platform", "uploaded_at", "latest_views"]]
    assert counts(few.head(2), history)["masked"] == 1


def test_nothing_to_check_gives_zeros_without_shares():
    found = data_quality(empty(VIDEOS), empty(HISTORY))
    assert found["n"].fillna(0).eq(0).all()
    assert found["share"].isna().all()


def test_the_demo_s_planted_flaws_are_counted():
    demo = demo_organisation()
    parts = json.loads((demo_folder() / "truth.json").read_text(encoding="utf-8"))["parts"]
    found = data_quality(demo.videos, demo.history).set_index("check")["n"]
    for check, part in (
        ("never_measured", "never_measured"),
        ("removed", "removed"),
        ("private", "private"),
        ("no_upload_date", "no_upload_date"),
        ("hidden_stats", "hidden_stats"),
        ("collaboration_copy", "collab"),
        ("photo", "photos"),
    ):
        assert found[check] == len(parts[part]), check
    assert found["gap"] >= len(parts["gapped"]) > 0
    assert found["correction"] >= len(parts["corrected"]) > 0
