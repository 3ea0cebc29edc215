"""Writes over real sockets: one row per link that says what became of it, and nothing is sent twice on a guess."""

import pandas as pd
import pytest
from canned_server import canned, links
from organisations import KEY, LABELS, connect, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.errors import (
    AuthenticationError,
    ConnectionFailedError,
    FreshnessWarning,
    InvalidParameterError,
    OfflineError,
    PartialWriteError,
    ServerError,
)
from shortimize_analytics.schema import empty
from shortimize_analytics.schema.tables import TRACKING

pytestmark = pytest.mark.usefixtures("now")
LINK = "https://www.tiktok.com/@new/video/71000"
ID = "2cd88fa1-46f9-447f-9901-ef9520779347"
PAGE = "https://app.shortimize.com/v/2cd88fa1"


def writes(server):
    return [entry for entry in server.log if entry.method != "GET"]


def test_a_new_link_is_tracked_and_the_next_load_has_it(simulator):
    with simulator(organisation=small_organisation(3)) as server, connect(server) as client:
        assert len(sa.load_videos(client)) == 3
        result = sa.track_video(client, LINK)
        assert result.dtypes.equals(empty(TRACKING).astype({"status": result["status"].dtype}).dtypes)
        assert result["link"].tolist() == [LINK]
        assert result["status"].tolist() == ["tracked"]
        videos = sa.load_videos(client)
        assert len(videos) == 4
        assert result["ad_id"][0] in set(videos["ad_id"])


def test_another_process_does_not_read_a_stale_list_after_a_write(simulator):
    with (
        simulator(organisation=small_organisation(3)) as server,
        connect(server) as reader,
        connect(server) as writer,
    ):
        assert len(sa.load_videos(reader)) == 3
        sa.stop_tracking_video(writer, "id-001")
        assert len(sa.load_videos(reader)) == 2


def test_a_history_stays_cached_through_a_write(simulator):
    with simulator(organisation=small_organisation(3)) as server, connect(server) as client:
        videos = sa.load_videos(client)
        sa.load_history(client, videos)
        sa.track_video(client, LINK)
        asked = sum("history" in entry.path for entry in server.log)
        sa.load_history(client, videos)
        assert sum("history" in entry.path for entry in server.log) == asked


@pytest.mark.parametrize("name", ["id-001", "https://www.tiktok.com/@mine/video/1"])
def test_a_video_is_stopped_by_id_and_by_link(simulator, name):
    with simulator(organisation=small_organisation(3)) as server, connect(server) as client:
        assert sa.stop_tracking_video(client, name)["status"].tolist() == ["stopped"]
        assert sa.load_videos(client)["ad_id"].tolist() == ["id-000", "id-002"]


def test_stopping_an_unknown_video_fails_with_why(simulator):
    with simulator(organisation=small_organisation(3)) as server, connect(server) as client:
        row = sa.stop_tracking_video(client, "nope").iloc[0]
        assert (row["link"], row["status"]) == ("nope", "failed")
        assert "not found" in row["reason"].lower()


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ((200, {"videoId": ID, "directUrl": PAGE}), "tracked", None),
        ((201, {"videoId": ID, "directUrl": PAGE}), "tracked", None),
        ((200, {"error": "Video already tracked", "videoId": ID, "directUrl": PAGE}), "already tracked", "already"),
        (
            (409, {"title": "Conflict", "properties": {"error": "already tracked", "videoId": ID, "directUrl": PAGE}}),
            "already tracked",
            "already",
        ),
        (
            (400, {"properties": {"error": "The video is already tracked", "videoId": ID, "directUrl": PAGE}}),
            "already tracked",
            "already",
        ),
    ],
)  # fmt: skip
def test_the_id_is_found_in_every_known_answer(answer, status, reason):
    with canned(answer) as server, connect(server) as client:
        row = sa.track_video(client, LINK).iloc[0]
    assert (row["status"], row["ad_id"], row["direct_url"]) == (status, ID, PAGE)
    assert pd.isna(row["reason"]) if reason is None else reason in row["reason"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((400, {"type": "about:blank", "title": "Bad request", "detail": "Unsupported link"}), "Unsupported link"),
        ((400, {"error": "Unsupported link"}), "Unsupported link"),
        ((422, {"message": "private account"}), "private account"),
        ((404, {"properties": {"error": "deleted on the platform"}}), "deleted on the platform"),
        ((200, {"error": "cannot be read"}), "cannot be read"),
        ((400, b""), "no explanation given"),
    ],
)
def test_a_refused_link_fails_with_the_servers_words(answer, said):
    with canned(answer) as server, connect(server) as client:
        row = sa.track_video(client, LINK).iloc[0]
    assert row["status"] == "failed"
    assert said in row["reason"]
    assert pd.isna(row["ad_id"])


@pytest.mark.parametrize("answer", [{}, {"data": []}, b"<html>captive portal</html>", b""])
def test_an_answer_without_any_sign_of_success_is_unclear(answer):
    with canned((200, answer)) as server, connect(server) as client:
        for write in (sa.track_video, sa.stop_tracking_video):
            row = write(client, LINK).iloc[0]
            assert row["status"] == "unclear"
            assert "the API answered" in row["reason"]


def test_an_error_in_a_200_answer_to_a_stop_is_no_success():
    with canned((200, {"error": "already being deleted"})) as server, connect(server) as client:
        row = sa.stop_tracking_video(client, ID).iloc[0]
    assert (row["status"], row["reason"]) == ("failed", "already being deleted")


def test_a_refusal_of_the_key_is_an_error_not_a_row():
    with canned((401, {"error": "bad key"})) as server, connect(server) as client:
        with pytest.raises(AuthenticationError):
            sa.track_video(client, LINK)
        assert len(server.asked) == 1


def test_more_than_a_hundred_links_are_split_in_order_and_repeats_are_sent_once():
    wanted = links(250)
    with canned((200, {"success": True})) as server, connect(server) as client:
        results = sa.track_videos(client, [*wanted, wanted[0], f" {wanted[1]} "])
        assert [len(part) for part in server.bodies("links")] == [100, 100, 50]
        assert [link for part in server.bodies("links") for link in part] == wanted
        stopped = sa.stop_tracking_videos(client, wanted)
        assert [len(body["ids"]) for method, _, body in server.asked if method == "DELETE"] == [100, 100, 50]
    assert results["link"].tolist() == wanted
    assert set(results["status"]) == {"tracked"}
    assert stopped["link"].tolist() == wanted
    assert set(stopped["status"]) == {"stopped"}


def test_a_list_mixes_new_known_and_refused_links_each_with_its_own_row(simulator):
    known = "https://www.tiktok.com/@mine/video/1"
    with simulator(organisation=small_organisation(3)) as server, connect(server) as client:
        results = sa.track_videos(client, [LINK, known, "https://example.org/not-a-video"])
    assert results["status"].tolist() == ["tracked", "already tracked", "failed"]
    assert results["ad_id"][1] == "id-001"
    assert "Unsupported" in results["reason"][2]


def test_ids_and_links_are_stopped_in_one_request(simulator):
    with simulator(organisation=small_organisation(5)) as server, connect(server) as client:
        results = sa.stop_tracking_videos(client, ["id-000", "https://www.tiktok.com/@mine/video/3"])
        assert results["status"].tolist() == ["stopped", "stopped"]
        assert len(writes(server)) == 1
        assert sa.load_videos(client)["ad_id"].tolist() == ["id-001", "id-002", "id-004"]


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "summary": {"total": 3, "tracked": 2, "failed": 1}},
        {"success": True, "summary": {"total": 3, "successful": 2, "errors": 1}},
        {"success": False, "summary": {"total": 3, "failed": 3}},
        {"success": False},
        {"summary": {"total": 3}},
        {},
        b"<html>captive portal</html>",
    ],
)
def test_a_summary_that_names_no_link_is_unclear_for_all_of_them(answer):
    with canned((200, answer)) as server, connect(server) as client:
        results = sa.track_videos(client, links(3))
    assert set(results["status"]) == {"unclear"}
    assert results["reason"].str.contains("without naming links").all()
    assert not results["reason"].str.contains("[{}]", regex=True).any()


@pytest.mark.parametrize(
    "summary", [{"total": 3, "tracked": 3, "failed": 0}, {"requested": 3, "processed": 3, "skipped": 0}, "3 tracked"]
)
def test_a_success_whose_summary_counts_no_failure_is_a_success(summary):
    with canned((200, {"success": True, "summary": summary})) as server, connect(server) as client:
        assert set(sa.track_videos(client, links(3))["status"]) == {"tracked"}


def test_results_that_name_some_links_say_nothing_of_the_others():
    one, two, three = links(3)
    listed = [{"url": one, "videoId": ID}, {"url": two, "success": False, "message": "deleted"}]
    with canned((200, {"success": False, "results": listed})) as server, connect(server) as client:
        results = sa.track_videos(client, [one, two, three])
    assert results["status"].tolist() == ["tracked", "failed", "unclear"]
    assert results["reason"][1] == "deleted"


def test_a_result_that_says_only_failed_is_not_called_tracked():
    one, two = links(2)
    listed = [{"link": one, "status": "failed", "message": "private"}, {"link": two}]
    with canned((200, {"results": listed})) as server, connect(server) as client:
        results = sa.track_videos(client, [one, two])
    assert results["status"].tolist() == ["failed", "unclear"]
    assert results["reason"][0] == "private"


def broken(server, client, *, wanted):
    with pytest.raises(PartialWriteError) as caught:
        sa.track_videos(client, wanted)
    assert caught.value.exit_code == 5
    assert KEY not in str(caught.value)
    assert caught.value.results["link"].tolist() == wanted
    return caught.value


def test_a_run_that_breaks_midway_says_which_links_went_through():
    wanted = links(350)
    answers = [(200, {"success": True}), (None, b""), (200, {"success": True})]
    with canned(*answers) as server, connect(server) as client:
        error = broken(server, client, wanted=wanted)
        assert [len(part) for part in server.bodies("links")] == [100, 100]
    status = error.results["status"]
    assert [set(status[:100]), set(status[100:200]), set(status[200:])] == [{"tracked"}, {"unclear"}, {"not sent"}]
    assert "after 100 of 350 links (100 tracked, 100 unclear, 150 not sent)" in str(error)


@pytest.mark.parametrize(
    ("status", "fate"), [(400, "failed"), (403, "failed"), (500, "unclear"), (502, "unclear"), (504, "unclear")]
)
def test_only_a_refusal_means_that_nothing_happened(status, fate):
    with canned((status, {"error": "no"})) as server, connect(server) as client:
        error = broken(server, client, wanted=links(2))
        assert set(error.results["status"]) == {fate}
        assert len(server.asked) == 1


def test_a_server_error_is_never_sent_again(simulator):
    with simulator(organisation=small_organisation(3), faults=["500:path=/videos"]) as server:
        with connect(server) as client:
            with pytest.raises(ServerError):
                sa.track_video(client, LINK)
            with pytest.raises(ServerError):
                sa.stop_tracking_video(client, "id-001")
            for write in (sa.track_videos, sa.stop_tracking_videos):
                with pytest.raises(PartialWriteError):
                    write(client, links(2))
        assert len(writes(server)) == 4


@pytest.mark.parametrize("fault", ["reset", "reset_body"])
def test_an_answer_lost_on_its_way_is_never_sent_again(simulator, fault):
    with simulator(organisation=small_organisation(3), faults=[f"{fault}:path=/videos"]) as server:
        with connect(server) as client:
            with pytest.raises(ConnectionFailedError):
                sa.track_video(client, LINK)
            error = broken(server, client, wanted=links(2))
        assert set(error.results["status"]) == {"unclear"}
        assert len(writes(server)) == 2
        assert len(server.service.store.frame) == 3 + 3  # and indeed both went through


def test_too_many_requests_is_sent_again_because_nothing_was_done():
    with canned((429, {}), (429, {}), (200, {"success": True})) as server, connect(server) as client:
        assert set(sa.track_videos(client, links(2))["status"]) == {"tracked"}
        assert server.bodies("links") == [links(2)] * 3


def test_a_server_that_was_never_reached_did_nothing():
    with canned((200, {})) as server:
        url = server.base_url
    with sa.connect(KEY, base_url=url, tier="unlimited") as client:
        with pytest.raises(PartialWriteError, match="no connection to the server") as caught:
            sa.track_videos(client, links(2))
        assert set(caught.value.results["status"]) == {"failed"}


def test_what_is_no_link_costs_no_request():
    with canned((200, {})) as server, connect(server) as client:
        for wrong in ([], [""], ["https://x", None]):
            with pytest.raises(InvalidParameterError):
                sa.track_videos(client, wrong)
        with pytest.raises(InvalidParameterError, match="is not a link"):
            sa.track_video(client, "video 7")
        assert not server.asked


def test_collections_go_by_name_or_id_and_only_a_single_link_creates_one(simulator):
    with simulator(organisation=small_organisation(3)) as server, connect(server) as client:
        sa.track_videos(client, links(2), label=["Hooks, v2", "l2"])
        labels = sa.load_videos(client).set_index("ad_link")["label_ids"]
        assert [labels[link] for link in links(2)] == [["l1", "l2"]] * 2
        with pytest.raises(InvalidParameterError, match="Fresh"):
            sa.track_videos(client, links(2), label="Fresh")
        assert len(writes(server)) == 1
        sa.track_video(client, LINK, label=["Fresh", "l1"])
        names = sa.load_videos(client).set_index("ad_link")["label_names"]
        assert set(names[LINK]) == {"Fresh", LABELS[0]["name"]}


def test_offline_nothing_is_written(simulator):
    with simulator(organisation=small_organisation(3)) as server, connect(server, offline=True) as client:
        with pytest.raises(OfflineError, match="nothing can be changed"):
            sa.track_video(client, LINK)
        assert not server.log


def test_a_write_is_not_called_failed_because_its_time_could_not_be_noted(simulator):
    with simulator(organisation=small_organisation(3)) as server, connect(server) as client:
        assert len(sa.load_videos(client)) == 3
        (client.storage / "last_write").mkdir()
        with pytest.warns(FreshnessWarning, match=r"could not be noted .*: load with refresh=True"):
            assert sa.track_video(client, LINK)["status"].tolist() == ["tracked"]
        assert len(sa.load_videos(client)) == 4
