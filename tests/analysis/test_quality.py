"""Checks of the data: each finds what was planted, and counts only that; what cannot be known is NA."""

import json

import pandas as pd
import pytest

from shortimize_analytics.analysis.prepare import prepare_history
from shortimize_analytics.analysis.quality import DAY_CHECKS, STALE_DAYS, VIDEO_CHECKS, data_quality
from shortimize_analytics.schema import DATA_QUALITY, HISTORY, VIDEOS, cast, empty
from shortimize_analytics.simulator import demo_organisation
from shortimize_analytics.simulator.organisation import demo_folder

FLAWS = {
    "never_measured": {"latest_updated_at": None},
    "no_views": {"latest_views": None},
    "no_upload_date": {"uploaded_at": None},
    "impossible_upload_date": {"uploaded_at": "1970-01-01"},
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
        also = {"censored_start": 1} if name == "impossible_upload_date" else also
        also = {"masked": 1} if name == "no_views" else also  # measured, and nothing hides
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


@pytest.mark.parametrize(
    ("brought", "change", "met"),
    [
        ("2026-03-20T04:00:01Z", {}, {}),
        ("2026-03-20T03:59:59Z", {}, {"history_behind": 1}),
        ("2026-03-13T08:00:00Z", {}, {"history_behind": 1}),
        ("2026-03-13T08:00:00Z", {"removed": True}, {"removed": 1}),
        ("2026-03-13T08:00:00Z", {"private": True}, {"private": 1}),
        ("2026-03-13T08:00:00Z", {"latest_updated_at": "2026-03-13T09:00:00Z"}, {}),
        (None, {}, {}),
    ],
)
def test_a_history_that_could_not_be_loaded_again_shows_in_its_rows(brought, change, met):
    """The newest request of a video counts, and the frame's attrs are not asked: a merge loses them."""
    videos, history = organisation({}, change, {})
    history["fetched_at"] = pd.Timestamp("2026-03-20T07:00:00Z").as_unit("us")
    behind = history["ad_id"] == "v01"
    history.loc[behind, "fetched_at"] = pd.NaT if brought is None else pd.Timestamp(brought)
    history.loc[behind & (history["date"].dt.day < 9), "fetched_at"] = pd.Timestamp("2026-03-01T00:00:00Z")
    history.loc[history["date"].dt.day < 3, "fetched_at"] = pd.NaT
    if brought is None:
        history.loc[behind, "fetched_at"] = pd.NaT
    found = {name: n for name, n in counts(videos, history).items() if name not in {"interpolated", "stale"}}
    assert found == met
    assert "history_behind" not in counts(videos, history.drop(columns="fetched_at"))
    assert "history_behind" not in counts(videos, history.head(0))


def test_rows_have_the_schema_a_size_and_a_meaning():
    found = data_quality(*organisation({}, {"removed": True}))
    assert found.columns.tolist() == DATA_QUALITY.names
    assert found["check"].tolist() == [*VIDEO_CHECKS, *DAY_CHECKS]
    sizes = found[found["check"] != "vendor_disagrees"].groupby("unit", sort=False)["of"].unique()
    assert sizes.map(list).to_dict() == {"videos": [2], "days": [40]}
    assert found.set_index("check").loc["removed", "share"] == 0.5
    assert found["meaning"].str.len().between(20, 110).all()
    assert str(STALE_DAYS) in found.set_index("check").loc["stale", "meaning"]


def test_masked_counts_are_told_from_the_columns_and_unknown_without_them():
    videos, history = organisation({}, {"latest_views": None})
    assert data_quality(videos, history).set_index("check").loc["masked", "share"] == 0.5
    merged = videos.merge(pd.DataFrame({"ad_id": videos["ad_id"], "tag": "x"}), on="ad_id")
    assert merged.attrs == {}
    assert data_quality(merged, history).set_index("check").loc["masked", "share"] == 0.5
    masked = data_quality(videos.drop(columns="latest_updated_at"), history).set_index("check").loc["masked"]
    assert masked[["n", "share"]].isna().all()


def test_a_part_of_a_loaded_frame_counts_its_own_masked_videos():
    videos, history = organisation({}, {"latest_views": None}, {"latest_views": None, "private": True}, {})
    parts = {"all": slice(0, 4), "plain": [0], "blank": [0, 1], "private": [2], "none": []}
    found = {name: counts(videos.iloc[rows], history).get("masked", 0) for name, rows in parts.items()}
    assert found == {"all": 1, "plain": 0, "blank": 1, "private": 0, "none": 0}


# 40·day + day² views, last counted on day 20: 1,200, 79 more than a day before, 511 more than 7, 924 more than 14
AGREES = {"latest_views": 1200, "increase_1d": 7.05, "increase_7d": 74.17, "increase_14d": 334.78}

OLDER = {"latest_updated_at": "2026-03-18T08:00:00Z", "latest_views": 1044, "increase_1d": None, "increase_14d": None}


def growth(*changes):
    videos, history = organisation(*(AGREES | change for change in changes))
    found = data_quality(videos, history)
    n = found.set_index("check").loc[["vendor_disagrees", "vendor_zero"], ["n", "of"]].to_numpy().tolist()
    return n[0], n[1], found.attrs["quality"]


@pytest.mark.parametrize(
    ("changes", "disagrees"),
    [
        ({}, False),
        ({"increase_7d": 74}, False),
        ({"increase_7d": 49.0}, False),  # from day 14 to day 19
        ({"increase_7d": 92.0}, False),  # from day 12 to day 20
        ({"increase_7d": 46.0}, True),
        ({"increase_7d": 94.0}, True),
        ({"increase_7d": 511}, True),  # the views gained
        ({"increase_7d": 0.7417}, True),  # a share instead of percent
        ({"increase_7d": 7417}, True),
        ({"increase_7d": -74.17}, True),
        ({"increase_1d": 79}, True),
        ({"increase_14d": 924}, True),
        ({"increase_30d": 10**9}, False),  # the history does not reach as far
        ({"increase_7d": None}, False),
        ({"increase_7d": 511, "latest_updated_at": None}, False),
        ({"increase_7d": 511, "latest_updated_at": "2026-03-23T08:00:00Z"}, False),  # newer than the history
        ({"increase_7d": 511, "latest_updated_at": "2026-03-21T08:00:00Z"}, True),
        ({"increase_7d": 108.0}, True),
        (OLDER | {"increase_7d": 108.0}, False),  # from day 10 to day 18
        (OLDER | {"increase_7d": 112.0}, True),
    ],
    ids=str,
)
def test_growth_by_the_vendor_is_held_against_the_history(changes, disagrees):
    counted, waiting, quality = growth({}, changes)
    known = changes.get("latest_updated_at", "2026-03-20") is not None and "03-23" not in str(changes)
    assert counted == [int(disagrees), 1 + known]
    assert waiting == [0, 2]
    assert quality["evidence"] == ({"vendor_disagrees": ["v01"]} if disagrees else {})


def test_growth_that_disagrees_is_counted_by_column_and_shown_beside_the_loader_s_evidence():
    videos, history = organisation(AGREES, *[AGREES | {"increase_1d": 79, "increase_7d": 511}] * 30)
    videos.attrs["quality"] = {"masked": 0, "evidence": {"masked": []}}
    found = data_quality(videos, history)
    assert found.set_index("check").loc["vendor_disagrees", ["n", "of"]].tolist() == [30, 31]
    quality = found.attrs["quality"]
    assert quality["growth"] == {
        "increase_1d": {"compared": 31, "disagree": 30},
        "increase_7d": {"compared": 31, "disagree": 30},
        "increase_14d": {"compared": 31, "disagree": 0},
        "increase_30d": {"compared": 0, "disagree": 0},
    }
    assert quality["evidence"] == {"masked": [], "vendor_disagrees": [f"v{i:02}" for i in range(1, 21)]}
    assert videos.attrs["quality"] == {"masked": 0, "evidence": {"masked": []}}
    json.dumps(found.attrs)


@pytest.mark.parametrize(
    ("changes", "waiting"),
    [
        ({"increase_7d": 0}, True),
        ({"increase_30d": 0}, True),
        ({"outlier_multiplier": 0}, True),
        ({"outlier_multiplier": 0, "increase_7d": 0}, True),
        ({"outlier_multiplier": 0, "latest_views": 0}, False),
        ({"outlier_multiplier": None, "increase_7d": None}, False),
    ],
    ids=str,
)
def test_a_zero_by_the_vendor_on_a_video_with_views_is_not_computed_and_no_disagreement(changes, waiting):
    counted, found, quality = growth({}, changes, {"increase_7d": 511})
    assert found == [int(waiting), 3]
    assert counted[0] == 1
    assert quality["evidence"].get("vendor_zero", []) == ["v01"] * waiting


def test_a_zero_that_the_history_confirms_is_a_figure():
    videos, history = organisation({"increase_1d": 0, "increase_7d": 0})
    assert counts(videos, history)["vendor_zero"] == 1
    assert "vendor_zero" not in counts(videos, history.assign(views=pd.array([900] * len(history), dtype="Int64")))


def test_days_that_nobody_measured_prove_nothing():
    videos, history = organisation({"increase_7d": 511})
    assert counts(videos, history)["vendor_disagrees"] == 1
    assert counts(videos, history[history["date"] != "2026-03-13"]).get("vendor_disagrees") is None
    steps = history.assign(views=pd.array(range(50_000, 90_000, 2_000), dtype="Int64"))
    assert counts(videos, steps).get("vendor_disagrees") is None


def test_the_order_of_a_prepared_history_does_not_matter():
    videos, history = organisation({"increase_7d": 511}, AGREES, {"increase_7d": 0})
    ready = prepare_history(history, videos).sample(frac=1, random_state=1)
    found = data_quality(videos, ready).set_index("check")["n"]
    assert found[["vendor_disagrees", "vendor_zero"]].tolist() == [1, 1]


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
    assert found["vendor_disagrees"] == 0
    days = demo.history.groupby("ad_id")["date"]
    assert found["vendor_zero"] == ((days.max() - days.min()).dt.days < 30).sum() > 0
    assert found["gap"] >= len(parts["gapped"]) > 0
    assert found["correction"] >= len(parts["corrected"]) > 0
