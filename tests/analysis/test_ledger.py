"""Every view of a week accounted for, and glitches and copies without effect.

The accounts are checked against a slow scalar version written from the definitions, on random histories with gaps,
falls, removed and private videos, late tracking, stale accounts and collaborations.
"""

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from one_video import slow_account
from pandas.testing import assert_frame_equal
from weekly_frames import END, PARTS, START, account_for, book_of, iso, make_videos, steady, week_of

from shortimize_analytics.analysis.periods.ledger import NEVER, flows, make_ledger, new_upload_effects
from shortimize_analytics.analysis.periods.tables import totals

points_of_a_video = st.dictionaries(st.integers(-6, 24), st.integers(0, 2000), max_size=14)

random_video = st.fixed_dictionaries(
    {
        "points": points_of_a_video,
        "uploaded": st.none() | st.integers(-8, 20),
        "account": st.sampled_from("abc"),
        "platform": st.sampled_from(["tiktok", "youtube"]),
        "removed": st.booleans(),
        "private": st.none() | st.booleans(),
        "copy": st.booleans(),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(random_video, max_size=7))
def test_every_view_is_accounted_for_in_every_scope(drawn):
    rows, points = [], {}
    for i, video in enumerate(drawn):
        link = (
            f"https://www.tiktok.com/@x/video/9{i - video['copy']:09}" if i else "https://www.tiktok.com/@x/video/9000"
        )
        rows.append(
            {
                "linked_account_id": video["account"],
                "platform": video["platform"],
                "uploaded_at": None if video["uploaded"] is None else iso(video["uploaded"]),
                "removed": video["removed"],
                "private": video["private"],
                "ad_link": link,
            }
        )
        points[f"v{i}"] = video["points"]
    rows.append({"linked_account_id": "z"})  # keeps the history going to the end, as the week would be cut short
    points[f"v{len(drawn)}"] = {0: 5, 20: 5}
    table, seen = account_for(make_videos(*rows), points, earlier=0)
    known = table.dropna(subset=["views_start"])
    assert (known["views_end"] - known["views_start"] == known[PARTS].sum(axis=1)).all()
    assert (known["views_gained"] == known[["new_views", "back_views", "corrections"]].sum(axis=1)).all()
    whole = table.iloc[0].fillna(0)
    for scope in ("platform", "account"):
        parts = table[table["scope"] == scope].fillna(dict.fromkeys(PARTS, 0))
        assert parts[PARTS].sum().tolist() == whole[PARTS].tolist()
    first_seen = {account: [] for account in "abc"}
    for video in drawn:
        if video["points"]:
            first_seen[video["account"]].append(min(video["points"]))
    for i, video in enumerate(drawn):
        if f"v{i}" in seen.index:
            expected = slow_account(
                {day: (views, False) for day, views in video["points"].items()},
                start=START,
                end=END,
                uploaded=video["uploaded"],
                since=min(first_seen[video["account"]], default=99),
                gone=video["removed"] or bool(video["private"]),
            )
            assert seen.loc[f"v{i}", list(expected)].to_dict() == expected


def test_a_late_sighting_of_a_start_day_upload_is_new_only_if_its_account_was_tracked():
    points = {"v0": steady(0, 20), "v1": {8: 500, 14: 900}, "v2": {8: 70, 14: 90}}
    videos = make_videos({}, {"uploaded_at": iso(7)}, {"uploaded_at": iso(7), "linked_account_id": "b"})
    _, seen = account_for(videos, points)
    assert seen.loc["v1", ["new_views", "newly_tracked"]].tolist() == [900, 0]
    assert seen.loc["v2", ["new_views", "newly_tracked", "back_views"]].tolist() == [0, 70, 20]


def test_an_account_tracked_on_the_start_day_itself_was_tracked_before_the_week():
    points = {"v0": steady(START, 20), "v1": {8: 500, 14: 900}, "v2": steady(START + 1, 20), "v3": {8: 70, 14: 90}}
    other = {"linked_account_id": "b"}
    videos = make_videos({}, {"uploaded_at": iso(START)}, other, other | {"uploaded_at": iso(START)})
    _, seen = account_for(videos, points)
    assert seen.loc["v1", ["new_views", "newly_tracked"]].tolist() == [900, 0]
    assert seen.loc["v3", ["new_views", "newly_tracked"]].tolist() == [0, 70]


def test_removed_and_stale_videos_leave_the_total_without_touching_growth():
    points = {"v0": steady(0, 20), "v1": steady(0, 6, start=5000), "v2": steady(0, 7, start=300), "v3": steady(0, 10)}
    videos = make_videos({}, {"removed": True}, {"linked_account_id": "b"}, {"private": True})
    table, seen = account_for(videos, points)
    assert seen.loc["v1", ["lost", "views_gained"]].tolist() == [-5060, 0]
    assert seen.loc["v2", ["not_refreshed", "views_gained"]].tolist() == [-370, 0]
    assert seen.loc["v3", ["lost", "views_gained"]].tolist() == [-1100, 30]
    assert table.loc[0, "views_gained"] == 70 + 30


def test_gaps_at_an_edge_use_the_neighbouring_day_or_are_interpolated_and_marked():
    points = {"v0": {0: 0, 6: 60, 9: 90, 13: 130, 20: 200}, "v1": {0: 0, 8: 80, 20: 200}, "v2": {0: 0, 20: 200}}
    _, seen = account_for(make_videos({}, {}, {}), points)
    assert seen.loc["v0", ["views_start", "views_end", "interpolated"]].tolist() == [60, 130, False]
    assert seen.loc["v1", ["views_start", "views_end", "interpolated"]].tolist() == [80, 140, True]
    assert seen.loc["v2", ["views_start", "views_end", "interpolated"]].tolist() == [70, 140, True]
    assert seen["back_views"].tolist() == [70, 60, 70]


def test_totals_at_one_week_s_end_are_those_at_the_next_week_s_start():
    rng = np.random.default_rng(7)
    points = {
        f"v{i}": dict(zip(rng.choice(40, 9, replace=False).tolist(), rng.integers(0, 99, 9).tolist(), strict=True))
        for i in range(30)
    }
    videos = make_videos(*[{"linked_account_id": f"a{i % 4}"} for i in range(30)])
    first, second = (account_for(videos, points, end=end)[0] for end in (14, 21))
    merged = first.merge(second, on=["scope", "key"])
    assert (merged["views_end_x"] == merged["views_start_y"]).all()


def test_new_upload_effects_add_up_and_follow_the_worked_example():
    assert new_upload_effects((10, 1000), (12, 1800)) == (250, 550)
    assert new_upload_effects((0, 0), (3, 500)) == (500, 0)
    assert new_upload_effects((3, 500), (0, 0)) == (-500, 0)


@given(*[st.tuples(st.integers(0, 99), st.integers(0, 10**12))] * 2)
def test_new_upload_effects_leave_no_remainder(before, now):
    assert sum(new_upload_effects(before, now)) == now[1] - before[1]


def test_a_copy_of_a_collaboration_changes_no_total():
    points = {"v0": steady(0, 20), "v1": steady(3, 20, start=0, gain=50)}
    rows = [{"latest_views": 3000}, {"uploaded_at": iso(9), "latest_views": 2000}]
    alone, _ = account_for(make_videos(*rows), points)
    copies = make_videos(
        *rows, rows[1] | {"linked_account_id": "b", "ad_link": "https://tiktok.com/@y/video/7609364728032365801?x=1"}
    )
    double, _ = account_for(copies, points | {"v2": points["v1"]})
    assert_frame_equal(alone.iloc[:2], double.iloc[:2])
    assert alone.loc[0, "new_views"] > 0


def test_one_glitch_inside_the_week_leaves_growth_alone():
    plain = {"v0": steady(0, 20)}
    glitch = {"v0": steady(0, 20) | {10: 999_999}}
    (before, _), (after, _) = (account_for(make_videos({}), points) for points in (plain, glitch))
    assert after.loc[0, "views_gained"] == before.loc[0, "views_gained"] == 70
    assert after.loc[0, "corrections"] < -900_000


def test_real_weeks_reconcile_and_follow_the_daily_counts(real_frames):
    videos, history = real_frames
    counted = book_of(videos, history)
    for end in ("2026-02-01", "2026-03-15", "2026-08-16"):
        day = (date.fromisoformat(end) - date(1970, 1, 1)).days
        table = totals(counted, [week_of(counted, day)])
        assert (table["views_end"] - table["views_start"] == table[PARTS].sum(axis=1)).all()
        whole = history.pivot_table(index="ad_id", columns="date", values="views")
        edges = [pd.Timestamp(end) - pd.Timedelta(days=7), pd.Timestamp(end)]
        seen = flows(
            make_ledger(counted.ledger.rows, pd.Index(counted.videos["ad_id"])),
            start=day - 7,
            end=day,
            uploaded=np.full(len(counted.videos), NEVER),
            since=counted.since,
            gone=counted.gone,
        ).set_index(counted.videos["ad_id"])
        both = whole[edges].dropna()
        assert (both[edges[1]] - both[edges[0]] == seen["views_gained"].reindex(both.index)).all()
