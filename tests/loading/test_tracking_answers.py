"""Answers to writes in shapes that nobody promised: a link that failed is never called tracked or stopped."""

import pytest
from canned_server import canned, links
from organisations import connect

import shortimize_analytics as sa
from shortimize_analytics.cli import main
from shortimize_analytics.errors import ArchiveError, InvalidParameterError, PartialWriteError

pytestmark = pytest.mark.usefixtures("now")

ONE, TWO = links(2)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"errors": [{"link": ONE, "error": "deleted"}]}, ["failed", "tracked"]),
        ({"failed": [{"link": ONE}], "tracked": [{"link": TWO, "videoId": "v"}]}, ["failed", "tracked"]),
        ({"failed": [ONE], "tracked": [TWO]}, ["failed", "tracked"]),
        ({"summary": {"failed": [ONE]}}, ["failed", "tracked"]),
        ({"summary": {"results": [{"link": ONE, "error": "private"}]}}, ["failed", "tracked"]),
        ({"summary": {"total": 2, "failed": "1"}}, ["unclear", "unclear"]),
        ({"failed": 1}, ["unclear", "unclear"]),
        ({"errors": ["one link is private"]}, ["unclear", "unclear"]),
        ({"results": [{"error": "private"}, {"videoId": "v"}]}, ["unclear", "unclear"]),
        ({"results": [{"link": "https://m.tiktok.com/1", "error": "private"}]}, ["unclear", "unclear"]),
        ({"failed": [], "errors": None, "summary": {"failed": "0"}}, ["tracked", "tracked"]),
    ],
)
def test_a_failure_beside_a_success_is_found_wherever_it_is_listed(answer, expected):
    with canned((200, {"success": True, **answer})) as server, connect(server) as client:
        results = sa.track_videos(client, [ONE, TWO])
    assert results["status"].tolist() == expected
    assert results.loc[results["status"] != "tracked", "reason"].str.len().gt(0).all()


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_refused_stop_is_a_row_with_the_servers_words(status):
    with canned((status, {"error": {"message": "no such video", "code": 7}})) as server, connect(server) as client:
        row = sa.stop_tracking_video(client, ONE).iloc[0]
        assert (row["status"], row["reason"]) == ("failed", "no such video")
        assert sa.track_video(client, ONE)["reason"].tolist() == ["no such video"]


@pytest.mark.parametrize(("said", "status"), [("Video not found", "unclear"), ("Stopped tracking", "stopped")])
def test_a_message_that_speaks_of_failure_is_no_success(said, status):
    with canned((200, {"message": said})) as server, connect(server) as client:
        assert sa.stop_tracking_video(client, ONE)["status"].tolist() == [status]


def test_an_id_in_a_wrapper_is_found_and_no_error_is_no_reason():
    with (
        canned((200, {"data": {"videoId": "v", "directUrl": "u", "error": False}})) as server,
        connect(server) as client,
    ):
        row = sa.track_video(client, f" {ONE}\n").iloc[0]
    assert row[["link", "status", "ad_id", "direct_url"]].tolist() == [ONE, "tracked", "v", "u"]
    assert not isinstance(row["reason"], str)


def test_a_machine_that_fails_midway_leaves_the_results_so_far(monkeypatch):
    """A full disk under the pace file, say."""
    with canned((200, {"success": True})) as server, connect(server) as client:
        acquire = client.limiter.acquire
        monkeypatch.setattr(client.limiter, "acquire", lambda family: _full() if server.asked else acquire(family))
        with pytest.raises(PartialWriteError, match="pace file cannot be used") as caught:
            sa.track_videos(client, links(150))
    assert caught.value.results["status"].tolist() == ["tracked"] * 100 + ["unclear"] * 50


def _full():
    raise ArchiveError("the pace file cannot be used (disk full)")


def test_comments_and_spaces_in_a_file_of_links_are_left_out(tmp_path, capsys):
    listed = tmp_path / "links.txt"
    listed.write_text(f"\t# a comment\r\n  {ONE}  \r\n\r\n#{TWO}\r\n{TWO}", encoding="utf-8-sig")
    assert main(["track", "--file", str(listed), "--dry-run"]) == 0
    assert capsys.readouterr().out.split() == [ONE, TWO]


def test_a_link_with_a_space_in_it_is_none():
    with canned((200, {})) as server, connect(server) as client:
        with pytest.raises(InvalidParameterError, match="without spaces"):
            sa.track_videos(client, [f"{ONE} # the good one"])
        assert not server.asked
