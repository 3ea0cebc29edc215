"""Dated copies of the table of videos: which are kept, and what two of them say about the time between."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from organisations import AS_OF, KEY, connect, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.errors import ArchiveError, DataQualityWarning, FreshnessWarning, InvalidParameterError
from shortimize_analytics.schema import VIDEOS, cast, empty
from shortimize_analytics.schema.tables import SNAPSHOT_CHANGES
from shortimize_analytics.simulator import parse_fault
from shortimize_analytics.store.snapshots import CHANGES, DAILY, WEEKLY, save_snapshot, snapshots_in

pytestmark = pytest.mark.usefixtures("now")


def videos(*rows, at=AS_OF, params=None):
    """Make a frame as `load_videos` returns it, its requests sent at an instant."""
    frame = cast([{"ad_id": "x", "latest_views": 1} | row for row in rows], VIDEOS)[0]
    frame.attrs = {"fetched_at": at.isoformat(), "params": params or {}}
    return frame


def taken(folder):
    return [at.to_pydatetime() for at in snapshots_in(folder)["taken_at"]]


def test_a_load_leaves_a_copy_that_reads_back_as_it_was(simulator):
    with simulator(organisation=small_organisation(5)) as server, connect(server) as client:
        loaded = sa.load_videos(client)
        kept = sa.list_snapshots(client)
    assert kept["asked"].tolist() == ["all"]
    assert kept["taken_at"].tolist() == [pd.Timestamp(AS_OF.replace(microsecond=0))]
    back = sa.load_snapshot(kept["path"][0])
    pd.testing.assert_frame_equal(back, loaded)
    assert back.attrs["fetched_at"] == AS_OF.isoformat()


def test_a_load_from_the_cache_leaves_none(simulator):
    with simulator(organisation=small_organisation(5)) as server, connect(server) as client:
        sa.load_videos(client)
        path = sa.list_snapshots(client)["path"][0]
        stamp = (client.storage / path).stat().st_mtime_ns
        sa.load_videos(client)
        assert sa.list_snapshots(client)["path"].tolist() == [path]
        assert (client.storage / path).stat().st_mtime_ns == stamp


def test_a_load_half_from_an_old_cache_replaces_no_whole_copy(simulator, monkeypatch):
    """Page 1 is new, then the server dies and older answers stand in: two instants in one frame."""
    with simulator(organisation=small_organisation(6)) as server:
        with connect(server) as client:
            sa.load_videos(client, page_size=3)
            (path,) = sa.list_snapshots(client)["path"]
            before = sa.load_snapshot(path)
        monkeypatch.setenv("SHORTIMIZE_NOW", (AS_OF + timedelta(days=2)).isoformat())
        rows = server.service.store.frame
        rows["latest_views"] += 1_000
        server.service.store._refresh(rows.index.to_numpy())
        server.service.faults.append(parse_fault("500:path=/videos"))
        strikes = iter([False])
        monkeypatch.setattr(type(server.service.faults[0]), "strikes", lambda *_: next(strikes, True))
        with connect(server) as client:
            with pytest.warns(FreshnessWarning, match="48 hours old"):
                views = sa.load_videos(client, page_size=3)["latest_views"]
            assert (views >= 1_000).tolist() == [True] * 3 + [False] * 3
            assert sa.list_snapshots(client)["path"].tolist() == [path]
        pd.testing.assert_frame_equal(sa.load_snapshot(path), before)


def test_filters_have_a_folder_of_their_own_each(simulator):
    with simulator(organisation=small_organisation(6)) as server, connect(server) as client:
        for filters in ({}, {"account": "mine"}, {"account": "other"}, {"has_metrics": True}):
            sa.load_videos(client, **filters)
        kept = sa.list_snapshots(client)
        assert kept["asked"].nunique() == len(kept) == 4
        # copies that lie there must be found again by a newer version
        assert {"all", "a5aea44bc885"} <= set(kept["asked"])
        whole = kept.loc[kept["asked"] == "all", "path"].item()
        assert len(sa.load_snapshot(whole)) == 6


def test_a_wholly_masked_answer_replaces_no_copy(simulator):
    with simulator(organisation=small_organisation(3), tier="basic") as server, connect(server) as client:
        with pytest.warns(DataQualityWarning, match="masked"):
            sa.load_videos(client)
        assert sa.list_snapshots(client).empty


def test_a_copy_that_cannot_be_kept_is_a_warning_not_a_failed_load(simulator):
    with simulator(organisation=small_organisation(3)) as server, connect(server) as client:
        (client.storage / "snapshots").write_text("in the way")
        with pytest.warns(DataQualityWarning, match=r"no snapshot of these videos was kept: .*cannot be written"):
            assert len(sa.load_videos(client)) == 3


def test_the_newest_copy_of_each_day_and_then_of_each_week_is_kept(tmp_path):
    start = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
    for hours in (*range(0, 24 * 7 * 37, 84), *range(24 * 7 * 37, 24 * 7 * 40, 12)):
        save_snapshot(tmp_path, videos({"ad_id": "x"}, at=start + timedelta(hours=hours)))
    kept = taken(tmp_path)
    newest = kept[-1]
    assert newest == start + timedelta(hours=24 * 7 * 40 - 12)
    assert [at.date() for at in kept[-DAILY:]] == [newest.date() - timedelta(days=days) for days in range(DAILY)][::-1]
    assert {at.hour for at in kept[-DAILY:]} == {12}
    older = kept[:-DAILY]
    assert len({at.isocalendar()[:2] for at in older}) == len(older) == WEEKLY
    assert timedelta(weeks=WEEKLY - 1) <= newest - timedelta(days=DAILY) - older[0] <= timedelta(weeks=WEEKLY + 1)


@pytest.mark.parametrize("jump", [timedelta(days=900), timedelta(days=-900)])
def test_no_pause_and_no_wrong_clock_deletes_the_copies_before_it(tmp_path, jump):
    """A cron job that stood still for a year, or a clock that was years off for one run."""
    for day in range(4):
        save_snapshot(tmp_path, videos({"ad_id": "x"}, at=AS_OF + timedelta(days=day)))
    save_snapshot(tmp_path, videos({"ad_id": "x"}, at=AS_OF + jump))
    save_snapshot(tmp_path, videos({"ad_id": "x"}, at=AS_OF + timedelta(days=5)))
    assert len(taken(tmp_path)) == 6


def test_thinning_leaves_files_that_are_not_ours_and_other_filters_alone(tmp_path):
    save_snapshot(tmp_path, videos({"ad_id": "x"}, at=AS_OF, params={"username": "mine"}))
    foreign = tmp_path / "snapshots" / "all" / "mine.parquet"
    foreign.parent.mkdir()
    foreign.write_bytes(b"not a snapshot")
    for hours in range(3):
        save_snapshot(tmp_path, videos({"ad_id": "x"}, at=AS_OF + timedelta(hours=hours)))
    assert foreign.read_bytes() == b"not a snapshot"
    kept = snapshots_in(tmp_path)
    assert kept.loc[kept["asked"] == "all", "taken_at"].tolist() == [
        pd.Timestamp((AS_OF + timedelta(hours=2)).replace(microsecond=0))
    ]
    assert (kept["asked"] != "all").sum() == 1


def test_a_damaged_copy_is_named(tmp_path):
    path = save_snapshot(tmp_path, videos({"ad_id": "x"}))
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ArchiveError, match=r"2026-11-23T061000Z\.parquet cannot be read"):
        sa.load_snapshot(path)
    with pytest.raises(ArchiveError, match=r"nowhere\.parquet"):
        sa.load_snapshot(tmp_path / "nowhere.parquet")


def changes(a, b):
    found = sa.compare_snapshots(a, b)
    return found[["ad_id", "change", "before", "after"]].astype(object).where(found.notna(), None).values.tolist()


BASE = {"username": "old", "latest_views": 100, "label_ids": ["l1"], "label_names": ["Hooks"],
        "created_at": "2026-11-01T00:00:00Z", "linked_account_id": "a"}  # fmt: skip


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({}, []),
        ({"username": "new"}, [["x", "renamed", "old", "new"]]),
        ({"latest_views": 90}, [["x", "views corrected", "100", "90"]]),
        ({"latest_views": 110}, []),
        ({"latest_views": None}, []),
        ({"label_ids": ["l1", "l2"], "label_names": ["Hooks", "B"]}, [["x", "relabelled", "Hooks", "Hooks; B"]]),
        ({"label_ids": [], "label_names": []}, [["x", "relabelled", "Hooks", ""]]),
        ({"label_ids": None, "label_names": None}, []),
        ({"username": None}, []),
        (
            {"username": "new", "latest_views": 1},
            [["x", "renamed", "old", "new"], ["x", "views corrected", "100", "1"]],
        ),
    ],
)
def test_what_changed_on_one_video_is_named_with_before_and_after(after, expected):
    assert changes(videos(BASE), videos(BASE | after)) == expected


def test_labels_in_another_order_are_no_change():
    a = videos(BASE | {"label_ids": ["l1", "l2"], "label_names": ["A", "B"]})
    b = videos(BASE | {"label_ids": ["l2", "l1"], "label_names": ["B", "A"]})
    assert changes(a, b) == []


def test_an_arrival_is_new_or_back_again_by_when_it_was_indexed():
    a = videos({"ad_id": "stays"}, at=AS_OF)
    b = videos(
        {"ad_id": "stays"},
        {"ad_id": "fresh", "created_at": (AS_OF + timedelta(hours=1)).isoformat()},
        {"ad_id": "again", "created_at": (AS_OF - timedelta(days=9)).isoformat()},
        {"ad_id": "unknown"},
        at=AS_OF + timedelta(days=1),
    )
    assert dict(zip(*sa.compare_snapshots(a, b)[["ad_id", "change"]].T.to_numpy(), strict=True)) == {
        "again": "back again",
        "fresh": "new",
        "unknown": "new",
    }


def test_a_vanished_video_and_its_return_are_found_over_the_api(simulator, monkeypatch):
    """The API itself never says that a video is gone: it stops being returned."""
    organisation = small_organisation(5)
    with simulator(organisation=organisation) as server, connect(server) as client:
        sa.load_videos(client)
        for day, write in ((1, sa.stop_tracking_video), (2, None)):
            monkeypatch.setenv("SHORTIMIZE_NOW", (AS_OF + timedelta(days=day)).isoformat())
            with connect(server) as later:
                if write:
                    write(later, "id-003")
                else:
                    sa.track_video(later, "https://www.tiktok.com/@mine/video/3")
                sa.load_videos(later)
        first, second, third = (sa.load_snapshot(path) for path in sa.list_snapshots(client)["path"])
    assert changes(first, second) == [["id-003", "vanished", None, None]]
    assert changes(second, third) == [["id-003", "back again", None, None]]
    assert changes(first, third) == []


def test_a_frame_that_is_no_table_of_videos_is_refused():
    with pytest.raises(InvalidParameterError, match="lacks username, latest_views, label_ids"):
        sa.compare_snapshots(videos(BASE), pd.DataFrame({"ad_id": ["x"]}))


def test_empty_frames_compare():
    nothing = empty(VIDEOS)
    assert sa.compare_snapshots(nothing, nothing).dtypes["ad_id"] == empty(SNAPSHOT_CHANGES).dtypes["ad_id"]
    assert changes(nothing, videos(BASE)) == [["x", "new", None, None]]
    assert changes(videos(BASE), nothing) == [["x", "vanished", None, None]]


ROW = st.fixed_dictionaries(
    {
        "ad_id": st.sampled_from("abcdef"),
        "username": st.none() | st.sampled_from(["one", "two", "zwei\u202e"]),
        "latest_views": st.none() | st.integers(0, 2**62),
        "label_ids": st.none() | st.lists(st.sampled_from(["l1", "l2", "l3"]), max_size=2),
    }
)
FRAMES = st.lists(ROW, max_size=6, unique_by=lambda row: row["ad_id"]).map(lambda rows: videos(*rows))


@settings(max_examples=40)
@given(FRAMES)
def test_a_frame_differs_in_nothing_from_itself(frame):
    assert sa.compare_snapshots(frame, frame.copy()).empty


@settings(max_examples=40)
@given(FRAMES, FRAMES)
def test_the_way_back_swaps_arrivals_and_losses(a, b):
    there, back = sa.compare_snapshots(a, b), sa.compare_snapshots(b, a)

    def ids(found, *kinds):
        return found.loc[found["change"].isin(kinds), "ad_id"].tolist()

    assert ids(there, "new", "back again") == ids(back, "vanished") == sorted(set(b["ad_id"]) - set(a["ad_id"]))
    assert ids(there, "vanished") == ids(back, "new", "back again")
    for kind in ("renamed", "relabelled"):
        assert ids(there, kind) == ids(back, kind)
    assert not set(ids(there, "views corrected")) & set(ids(back, "views corrected"))
    assert set(there["change"]) <= set(CHANGES)
    assert not there.duplicated(["ad_id", "change"]).any()


def test_the_key_is_in_no_copy(simulator):
    with simulator(organisation=small_organisation(3)) as server, connect(server) as client:
        sa.load_videos(client)
        for path in client.storage.rglob("*"):
            if path.is_file():
                assert KEY.encode() not in path.read_bytes()
