"""Loading history over real sockets: all that was asked for, or an error; a second load asks only for what is new."""

import json
import tempfile
import warnings
from datetime import timedelta

import pandas as pd
import pytest
from canned_server import canned
from case_files import lines_of
from hypothesis import given, settings
from hypothesis import strategies as st
from organisations import AS_OF, connect, load_both, small_organisation
from played_faults import fault

import shortimize_analytics as sa
from shortimize_analytics.errors import (
    ApiError,
    DataQualityWarning,
    InvalidParameterError,
    NotFoundError,
    RateLimitError,
    collect_warnings,
)
from shortimize_analytics.schema import HISTORY, empty
from shortimize_analytics.simulator import Organisation, Service, serve

pytestmark = pytest.mark.usefixtures("now")


def test_history_equals_the_servers_and_a_second_load_sends_nothing(simulator):
    organisation = small_organisation()
    with simulator(organisation=organisation) as server:
        for sent in (26, 26):
            with connect(server) as client:
                _, history = load_both(client)
            assert len(server.log) == sent
            found = history.sort_values(["ad_id", "date"], ignore_index=True)[["ad_id", "date", "views"]]
            pd.testing.assert_frame_equal(found, organisation.history[["ad_id", "date", "views"]])
    assert history.dtypes.equals(empty(HISTORY).dtypes)
    assert history.attrs["quality"]["skipped_fresh"] == 25


def test_only_videos_that_moved_are_asked_for_again_and_only_for_their_new_days(simulator, monkeypatch):
    with simulator(organisation=small_organisation()) as server, connect(server) as client:
        load_both(client)
        address = int(server.base_url.rpartition(":")[2])
    later = AS_OF + timedelta(days=2)
    monkeypatch.setenv("SHORTIMIZE_NOW", later.isoformat())
    moved = small_organisation(as_of=later, days=12)
    moved.videos.loc[3:, "latest_updated_at"] = pd.Timestamp(AS_OF)
    with serve(Service(moved, limit_requests=False), port=address) as server, connect(server) as client:
        _, history = load_both(client)
        asked = [entry for entry in server.log if entry.path.endswith("/history")]
    assert sorted(entry.path.split("/")[2] for entry in asked) == ["id-000", "id-001", "id-002"]
    assert all("start_date=2026-11-21" in entry.query for entry in asked)
    assert history.attrs["quality"]["skipped_unchanged"] == 22
    assert len(history) == 3 * 12 + 22 * 10


def test_a_video_that_stands_still_is_asked_for_again_after_a_week(simulator, monkeypatch):
    with simulator(organisation=small_organisation(2)) as server:
        with connect(server) as client:
            load_both(client)
        for days, asked in ((6, 2), (8, 4)):
            monkeypatch.setenv("SHORTIMIZE_NOW", (AS_OF + timedelta(days=days)).isoformat())
            with connect(server) as client:
                load_both(client)
            assert sum(entry.path.endswith("/history") for entry in server.log) == asked


def test_a_video_that_was_never_measured_is_asked_for_again_like_any_other(simulator, monkeypatch):
    """All of a batch without latest_updated_at once broke the load on the second day."""
    organisation = small_organisation(2, latest_updated_at=pd.NaT)
    with simulator(organisation=organisation) as server:
        for day in (0, 1, 8):
            monkeypatch.setenv("SHORTIMIZE_NOW", (AS_OF + timedelta(days=day)).isoformat())
            with connect(server) as client:
                _, history = load_both(client)
            assert len(history) == 20


def test_an_earlier_start_is_asked_for_although_later_days_are_there(simulator):
    with simulator(organisation=small_organisation(2)) as server, connect(server) as client:
        videos = sa.load_videos(client)
        assert len(sa.load_history(client, videos, start="2026-11-20")) == 2 * 4
        assert len(sa.load_history(client, videos, start="2026-11-15")) == 2 * 9
        assert len(sa.load_history(client, videos, start="2026-11-20", end="2026-11-21")) == 2 * 2


def test_a_clock_that_was_ahead_for_one_load_spoils_no_later_one(simulator, monkeypatch, tmp_path):
    """A year or a month ahead: what it stamped neither counts as fresh nor beats what is asked for later."""
    for months in (1, 12):
        organisation = small_organisation(3)
        with simulator(organisation=organisation) as server:
            monkeypatch.setenv("SHORTIMIZE_NOW", (AS_OF + timedelta(days=30 * months)).isoformat())
            with connect(server, data_dir=tmp_path / f"ahead-{months}") as client:
                load_both(client, start="2026-11-14")
            organisation.history_columns["views"][:] += 7
            monkeypatch.setenv("SHORTIMIZE_NOW", AS_OF.isoformat())
            for asked in (3, 0):
                server.log.clear()
                with connect(server, data_dir=tmp_path / f"ahead-{months}") as client:
                    _, history = load_both(client, start="2026-11-14")
                assert sum(entry.path.endswith("/history") for entry in server.log) == asked
            truth = organisation.history_columns["views"]
            assert sorted(history["views"]) == sorted(truth)


def test_removed_and_private_videos_are_not_asked_for_twice(simulator, monkeypatch):
    organisation = small_organisation(3, removed=[True, False, False], private=[False, True, False])
    with simulator(organisation=organisation) as server:
        with connect(server) as client:
            load_both(client)
        monkeypatch.setenv("SHORTIMIZE_NOW", (AS_OF + timedelta(days=8)).isoformat())
        with connect(server) as client:
            _, history = load_both(client)
        assert sum(entry.path.endswith("/history") for entry in server.log) == 3 + 1
    assert history.attrs["quality"]["skipped_removed_or_private"] == 2
    assert history["ad_id"].nunique() == 3


DAYS_BACK = st.none() | st.integers(0, 25)


@settings(max_examples=40, deadline=None)
@given(loads=st.lists(st.tuples(st.sampled_from([0, 0, 1, 5]), DAYS_BACK, DAYS_BACK), min_size=2, max_size=4))
def test_after_any_loads_a_load_gives_what_the_server_has(loads):
    """Loads of any days, at the same instant or days later, leave no day behind that the next one would miss."""
    organisation = small_organisation(2, days=60, uploaded_at=pd.Timestamp("2026-09-25"))
    truth = organisation.history[["ad_id", "date", "views"]]
    now = AS_OF - timedelta(days=20)
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        serve(Service(organisation, limit_requests=False)) as server,
    ):
        for later, start_back, end_back in loads:
            now += timedelta(days=later)
            patch.setenv("SHORTIMIZE_NOW", now.isoformat())
            today = pd.Timestamp(now.date())
            start, end = (None if back is None else today - pd.Timedelta(days=back) for back in (start_back, end_back))
            if end is not None and (end < (start or end) or end < truth["date"].min()):
                continue
            videos = organisation.videos.assign(latest_updated_at=pd.Timestamp(now))
            with connect(server, data_dir=folder) as client:
                found = sa.load_history(client, videos, start=start, end=end)
            inside = truth["date"].between(start or truth["date"].min(), end or today)
            found = found.sort_values(["ad_id", "date"], ignore_index=True)[["ad_id", "date", "views"]]
            pd.testing.assert_frame_equal(found, truth[inside].reset_index(drop=True))


@pytest.mark.parametrize("fault", ["wrapped", "wrapped_data", "shuffled", "unknown_fields", "text_numbers"])
def test_history_in_another_shape_gives_the_same_frame(simulator, fault):
    organisation = small_organisation(4)
    with (
        simulator(organisation=organisation, faults=[f"{fault}:path=history"]) as server,
        connect(server) as client,
    ):
        _, history = load_both(client)
    found = history.sort_values(["ad_id", "date"], ignore_index=True)[["ad_id", "date", "views"]]
    pd.testing.assert_frame_equal(found, organisation.history[["ad_id", "date", "views"]])


class Given(Service):
    """Answer the history of each video with the case of its number, as it is written there."""

    cases = lines_of("histories.jsonl")

    def __init__(self):
        super().__init__(small_organisation(len(self.cases)), limit_requests=False)

    def _get_history(self, params, ad_id):
        return json.dumps(self.cases[int(ad_id[3:])]["given"]).encode()


def test_histories_of_many_shapes_are_read_as_their_cases_say():
    with serve(Given()) as server, connect(server) as client, collect_warnings():
        _, history = load_both(client)
    for number, case in enumerate(Given.cases):
        mine = history[history["ad_id"] == f"id-{number:03d}"].sort_values("date")
        found = [
            [f"{row.date:%Y-%m-%d}", row.views, None if pd.isna(row.likes) else row.likes] for row in mine.itertuples()
        ]
        assert found == case["read"], case["what"]


def test_gains_per_day_are_recognised_converted_and_said(simulator):
    organisation = small_organisation(30, days=20)
    organisation.history["views"] = [1000 * (place + 1) - 37 * (place % 20) ** 2 for place in range(600)]
    with (
        simulator(organisation=organisation, faults=["per_day:path=history"]) as server,
        connect(server) as client,
        pytest.warns(DataQualityWarning, match="gains per day instead of running totals"),
    ):
        _, history = load_both(client)
    assert history.attrs["quality"]["converted_from_per_day"]


def test_unreadable_values_become_na_with_a_warning_that_shows_one(simulator):
    with (
        simulator(organisation=small_organisation(2), faults=["nan:path=history"]) as server,
        connect(server) as client,
        pytest.warns(DataQualityWarning, match="views: 20 value.* unreadable and set to NA, e.g. nan"),
    ):
        _, history = load_both(client)
    assert history["views"].isna().all()


@pytest.mark.parametrize(("cell", "said"), [("", "an empty text"), ("N/A", "'N/A'"), ("9,876", "")])
def test_one_text_cell_of_a_history_costs_that_cell_alone(cell, said):
    days = [
        {"date": f"2026-10-{day:02}", "views": 100 * day, "likes": day, "shares": cell if day == 7 else day}
        for day in range(1, 31)
    ]
    with canned((200, days)) as server, connect(server) as client, warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        history = sa.load_history(client, small_organisation(1).videos, start="2026-10-01")
    assert len(history) == 30
    assert history["views"].tolist() == [day["views"] for day in days]
    assert history["shares"].isna().sum() == bool(said)
    assert history.attrs["quality"]["masked"] == 0
    texts = [str(one.message) for one in met]
    expected = [f"history: shares: 1 value(s) unreadable and set to NA, e.g. {said}"] if said else []
    assert texts == expected
    assert history.attrs["quality"]["repaired"] == ({} if said else {"shares": 1})


@pytest.mark.parametrize("zone", ["", "Z", "+14:00"])
def test_of_two_measurements_a_day_the_last_is_kept_in_whatever_order_they_come(zone):
    days = [
        {"date": f"2026-11-{day:02}T{hour:02}:30:00{zone}", "views": 100 * day + hour}
        for hour in (20, 8)
        for day in (3, 1, 2)
    ]
    with canned((200, days)) as server, connect(server) as client:
        history = sa.load_history(client, small_organisation(1).videos, start="2026-10-01")
    assert history["date"].dt.strftime("%d %H").tolist() == ["01 00", "02 00", "03 00"]
    assert history["views"].tolist() == [120, 220, 320]
    assert history.attrs["quality"]["duplicates"] == 3


def test_a_field_of_a_later_api_is_kept_beside_days_that_lack_it():
    service = Service(small_organisation(4), limit_requests=False)
    with serve(service) as server, connect(server) as client:
        videos, _ = load_both(client, end="2026-11-20")
        service.faults.append(fault("unknown_fields:path=history"))
        history = sa.load_history(client, videos)
        later = history["date"] > "2026-11-20"
        assert later.sum() == 12
        assert history["brand_new"][later].tolist() == [{"score": 1}] * 12
        assert history.attrs["quality"]["unknown_fields"] == ["brand_new"]
        service.faults.clear()
        again = sa.load_history(client, videos)
    kept = sa.load_archive().history
    assert len(kept) == len(again) == 40
    assert kept["brand_new"].tolist() == again["brand_new"].tolist()
    assert kept["brand_new"].notna().sum() >= 12
    assert kept[HISTORY.names].dtypes.equals(empty(HISTORY).dtypes)
    assert sa.verify_archive().empty


def test_what_happened_to_rows_is_counted(simulator):
    days = [{"date": day, "views": 5} for day in ("2026-11-20", "2026-11-20", None, "2026-11-21", "2026-11-22")]
    days[3]["views"] = "6"
    days[4]["views"] = -7
    with (
        canned((200, days)) as server,
        connect(server) as client,
        pytest.warns(DataQualityWarning) as said,
    ):
        history = sa.load_history(client, small_organisation(1).videos, start="2026-11-15")
    quality = history.attrs["quality"]
    assert (quality["rows"], quality["undated"], quality["duplicates"]) == (3, 1, 1)
    assert (quality["unreadable"], quality["repaired"]) == ({"views": 1}, {"views": 1})
    assert "views: 1 value(s) unreadable and set to NA, e.g. -7" in str(said[0].message)
    assert all(warning.filename == __file__ for warning in said)
    assert history["views"].tolist() == [5, 6, pd.NA]
    with pytest.warns(DataQualityWarning, match="views: 1 value.* e.g. -7"):
        assert sa.load_archive().history["views"].tolist() == [5, 6, pd.NA]
    assert history.attrs["params"] == {"start": "2026-11-15", "end": "2026-11-23", "videos": 1}


def test_days_that_are_none_are_refused_before_anything_is_sent(simulator):
    with simulator(organisation=small_organisation(2)) as server, connect(server) as client:
        for days in ({"start": "yesterday"}, {"start": "2026-11-22", "end": "2026-11-20"}):
            with pytest.raises(InvalidParameterError):
                sa.load_history(client, "id-000", **days)
        assert not server.log


@pytest.mark.parametrize(("mask", "tier"), [(None, "basic"), ("***", "basic"), (None, "auto")])
def test_days_that_a_plan_masked_are_asked_for_again_after_an_upgrade(monkeypatch, mask, tier):
    service = Service(small_organisation(2), limit_requests=False, tier="basic", mask=mask)
    with serve(service) as server:
        videos = small_organisation(2).videos
        with (
            connect(server, tier=tier) as client,
            pytest.warns(DataQualityWarning, match="the history of 2 videos came masked"),
        ):
            assert sa.load_history(client, videos, start="2026-11-14").empty
        service.tier = "premium"
        monkeypatch.setenv("SHORTIMIZE_NOW", (AS_OF + timedelta(hours=5)).isoformat())
        with connect(server, tier="premium") as client:
            assert len(sa.load_history(client, videos, start="2026-11-14")) == 20


def test_masked_history_is_left_out_with_a_warning_and_asked_for_again(simulator):
    with simulator(organisation=small_organisation(2), faults=["masked:path=history,times=2"]) as server:
        with connect(server) as client, pytest.warns(DataQualityWarning, match="the history of 2 videos came masked"):
            _, history = load_both(client)
        assert history.empty
        with connect(server, refresh=True) as client:
            _, history = load_both(client)
        assert len(history) == 20


def test_what_arrived_before_a_failure_is_not_asked_for_again(simulator):
    organisation = small_organisation(25)
    with simulator(organisation=organisation, faults=["429:path=id-020"]) as server:
        with connect(server) as client, pytest.raises(RateLimitError):
            load_both(client)
        server.service.faults.clear()
        failed = {entry.path for entry in server.log if entry.status == 429}
        before = {entry.path for entry in server.log} - failed
        server.log.clear()
        with connect(server) as client:
            _, history = load_both(client)
        assert len(history) == 250
        assert not before & {entry.path for entry in server.log}


def test_a_video_that_is_gone_is_counted_and_the_others_arrive(simulator):
    organisation = small_organisation(5)
    with simulator(organisation=organisation) as server, connect(server) as client:
        videos = sa.load_videos(client)
        server.service.store.remove(2)
        with pytest.warns(DataQualityWarning, match="1 videos were not found, e.g. id-002"):
            history = sa.load_history(client, videos)
        assert history["ad_id"].nunique() == 4
        assert history.attrs["quality"]["evidence"]["not_found"] == ["id-002"]


def test_ids_and_links_are_looked_up_and_unknown_ones_are_named(simulator):
    with simulator(organisation=small_organisation(25)) as server, connect(server) as client:
        assert len(sa.load_history(client, "id-003")) == 10
        assert sa.load_history(client, ["id-003", "https://www.tiktok.com/@mine/video/4"])["ad_id"].nunique() == 2
        many = [f"id-{number:03d}" for number in range(20)]
        assert sa.load_history(client, many)["ad_id"].nunique() == 20
        with pytest.raises(NotFoundError, match=r"1 of 21 videos are not tracked, e\.g\. nope"):
            sa.load_history(client, [*many, "nope"])


@pytest.mark.parametrize(
    ("videos", "named"), [(None, "None"), (5, "5"), ([["id-001"]], r"\['id-001'\]"), ("  ", "'  '")]
)
def test_what_is_no_video_is_refused_with_its_value(simulator, videos, named):
    with simulator(organisation=small_organisation(2)) as server, connect(server) as client:
        with pytest.raises(InvalidParameterError, match=rf"videos={named} is no video: pass a frame of load_videos"):
            sa.load_history(client, videos)
        assert not server.log


def test_a_day_beyond_the_plan_is_refused_before_anything_is_sent(simulator):
    with simulator(organisation=small_organisation(2)) as server, connect(server, tier="basic") as client:
        with pytest.raises(InvalidParameterError, match=r"start=2026-01-01 is more than 90 days back; the basic plan"):
            sa.load_history(client, sa.load_videos(client), start="2026-01-01")
        assert not any(entry.path.endswith("/history") for entry in server.log)


def test_offline_history_comes_from_the_archive_and_names_what_is_missing(simulator):
    with simulator(organisation=small_organisation(4)) as server, connect(server) as client:
        videos = sa.load_videos(client)
        sa.load_history(client, videos.head(3))
    with connect(server, offline=True) as client:
        with pytest.warns(DataQualityWarning, match="1 of 4 videos were never loaded"):
            history = sa.load_history(client, sa.load_videos(client))
        assert history["ad_id"].nunique() == 3


def test_an_error_in_a_200_answer_is_an_error(simulator):
    with (
        simulator(organisation=small_organisation(), faults=["error200"]) as server,
        connect(server) as client,
        pytest.raises(ApiError, match="organisation suspended"),
    ):
        sa.load_videos(client)


def test_the_demo_goes_through_the_same_client_cache_and_loaders():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with sa.connect(demo=True) as client:
            videos = sa.load_videos(client)
            history = sa.load_history(client, videos)
        with sa.connect(demo=True) as client:
            again = sa.load_history(client, sa.load_videos(client))
            assert client.requests_sent == 0
    pd.testing.assert_frame_equal(again, history)
    assert {warning.category for warning in caught} == {DataQualityWarning}
    assert "no figures for 2 of 628 videos" in str(caught[0].message)
    assert len(videos) >= 600


def test_real_data_comes_through_value_by_value(simulator, real_data, monkeypatch):
    """The figures that arrive agree with the Parquet they came from."""
    organisation = Organisation.from_parquet(real_data / "videos.parquet", real_data / "history.parquet")
    monkeypatch.setenv("SHORTIMIZE_NOW", "2026-08-23T06:00:00+00:00")
    with simulator(organisation=organisation) as server, connect(server) as client:
        videos = sa.load_account_videos(client, organisation.videos["linked_account_id"].mode()[0])
        history = sa.load_history(client, videos)
    truth = pd.read_parquet(real_data / "history.parquet")
    truth = truth[truth["ad_id"].isin(videos["ad_id"])].assign(date=lambda rows: pd.to_datetime(rows["date"]))
    joined = truth.merge(history, on=["ad_id", "date"], how="outer", suffixes=("", "_loaded"), indicator=True)
    assert len(joined)
    assert (joined["_merge"] == "both").all()
    for name in ("views", "likes", "comments"):
        assert (joined[name] == joined[f"{name}_loaded"]).all()
