"""Each chat's request as a stand-in received it, and what every kind of answer makes of a sending."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from email.utils import format_datetime

import pytest
from mail_servers import free_port, self_signed
from messages import GOOD, HOSTILE, PATH, PDF, TOKEN, channels, report
from stand_ins import CUT, HALF, stand_in

from shortimize_analytics.delivery import attempts
from shortimize_analytics.delivery.outside_text import WORD_JOINER, size
from shortimize_analytics.delivery.secret import Secret
from shortimize_analytics.delivery.sending import deliver
from shortimize_analytics.delivery.webhook import Webhook

KINDS = list(GOOD)
ONE_REQUEST = [kind for kind in KINDS if kind != "slack"]


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Wait no time, and note how long it would have been."""
    noted = []
    monkeypatch.setattr("shortimize_analytics.delivery.attempts.time.sleep", noted.append)
    return noted


def send(kind, server, message):
    (outcome,) = deliver(message, channels(server.url)[kind])
    return outcome


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_answer_is_a_delivery_and_one_request_is_enough(kind, tmp_path, pauses):
    with stand_in(GOOD[kind]) as server:
        assert send(kind, server, report(tmp_path)).state == "sent"
    assert len(server.asked) == (3 if kind == "slack" else 1)
    assert pauses == []


def test_discord_gets_text_and_file_in_one_request_and_wakes_nobody(tmp_path):
    with stand_in(GOOD["discord"]) as server:
        send("discord", server, report(tmp_path, lines=HOSTILE[:3]))
    (asked,) = server.asked
    assert asked.path == PATH + "?wait=true"
    document = json.loads(asked.parts["payload_json"][1])
    assert document["allowed_mentions"] == {"parse": []}
    assert f"@{WORD_JOINER}everyone" in document["content"]
    assert document["content"].startswith("**Weekly report: 9.8M views")
    assert asked.parts["files[0]"] == ("weekly.pdf", PDF)
    assert size(document["content"]) <= 2000


def test_telegram_gets_a_document_with_its_caption(tmp_path):
    with stand_in(GOOD["telegram"]) as server:
        send("telegram", server, report(tmp_path, lines=HOSTILE[:5]))
    (asked,) = server.asked
    assert asked.path == f"/bot{TOKEN}/sendDocument"
    assert asked.parts["document"] == ("weekly.pdf", PDF)
    assert asked.parts["chat_id"][1] == b"-1001"
    caption = asked.parts["caption"][1].decode()
    assert size(caption) <= 1024
    assert caption.startswith("<b>Weekly report")


def test_telegram_gets_text_alone_where_there_is_no_file(tmp_path):
    with stand_in(GOOD["telegram"]) as server:
        send("telegram", server, report(tmp_path, files=()))
    assert server.asked[0].path.endswith("/sendMessage")
    assert b"link_preview_options=" in server.asked[0].body


def test_teams_gets_a_card(tmp_path):
    with stand_in(GOOD["teams"]) as server:
        send("teams", server, report(tmp_path))
    (asked,) = server.asked
    card = asked.json["attachments"][0]["content"]
    assert {
        "type": "FactSet",
        "facts": [{"title": "Views gained", "value": "9.8M (+11%)"}, {"title": "Uploads", "value": "28 (±0)"}],
    } in card["body"]
    assert len(asked.body) < 28_000
    assert "weekly.pdf" in json.dumps(card)


def test_slack_with_a_token_makes_the_three_calls(tmp_path):
    with stand_in(GOOD["slack"]) as server:
        send("slack", server, report(tmp_path))
    place, upload, complete = server.asked
    assert place.body == f"filename=weekly.pdf&length={len(PDF)}".encode()
    assert upload.body == PDF
    assert "Authorization" not in upload.headers
    assert complete.json["files"] == [{"id": "F1", "title": "weekly.pdf"}]
    assert complete.json["channel_id"] == "C0123"
    assert complete.json["initial_comment"].startswith("*Weekly report: 9.8M views")
    assert {asked.headers["Authorization"] for asked in (place, complete)} == {f"Bearer {TOKEN}"}


def test_slack_sdk_makes_the_same_calls(tmp_path):
    """The library that we do not use (see `slack`), as an oracle: same methods, fields and bytes."""
    sdk = pytest.importorskip("slack_sdk")
    with stand_in(GOOD["slack"]) as theirs:
        client = sdk.WebClient(token=TOKEN, base_url=f"{theirs.url}/api/")
        client.files_upload_v2(
            channel="C0123", content=PDF, filename="weekly.pdf", title="weekly.pdf", initial_comment="x"
        )
    with stand_in(GOOD["slack"]) as ours:
        send("slack", ours, report(tmp_path))
    paths = [[asked.path.partition("?")[0] for asked in server.asked] for server in (ours, theirs)]
    assert (
        paths[0]
        == paths[1]
        == ["/api/files.getUploadURLExternal", "/upload/v1/F1-opaque", "/api/files.completeUploadExternal"]
    )
    assert ours.asked[1].body == theirs.asked[1].body


def test_slack_uploads_once_however_often_the_last_call_is_tried(tmp_path, pauses):
    failures = [(500, {"ok": False}), (200, {"ok": False, "error": "ratelimited"})]

    def answer(asked):
        last = asked.path.endswith("completeUploadExternal")
        return failures.pop() if last and failures else GOOD["slack"](asked)

    with stand_in(answer) as server:
        assert send("slack", server, report(tmp_path)).state == "sent"
    names = [asked.path.rpartition("/")[2] for asked in server.asked]
    assert names == ["files.getUploadURLExternal", "F1-opaque", *["files.completeUploadExternal"] * 3]
    assert len(pauses) == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("invalid_auth", "Slack refused the token (invalid_auth)"),
        ("not_in_channel", "Slack: not_in_channel; invite the bot to channel C0123, and name it by its id"),
        ("msg_too_long", "Slack did not take the message (msg_too_long)"),
    ],
)
def test_what_slack_says_in_a_good_answer(error, words, tmp_path, pauses):
    with stand_in((200, {"ok": False, "error": error})) as server:
        outcome = send("slack", server, report(tmp_path))
    assert (outcome.words, pauses, len(server.asked)) == (words, [], 1)


def test_slack_puts_no_file_where_it_would_be_read_on_the_way(tmp_path):
    answer = (200, {"ok": True, "upload_url": "http://files.example/upload", "file_id": "F1"})
    with stand_in(answer) as server:
        outcome = send("slack", server, report(tmp_path))
    assert (outcome.state, outcome.words) == ("failed", "Slack gave no place for the file")


def test_a_webhook_gets_our_document_signed_and_named(tmp_path):
    message = report(tmp_path)
    with stand_in(GOOD["webhook"]) as server:
        send("webhook", server, message)
    (asked,) = server.asked
    signature = hmac.new(b"signing-secret", asked.body, hashlib.sha256).hexdigest()
    assert asked.headers["X-Signature"] == f"sha256={signature}"
    assert len(asked.headers["Idempotency-Key"]) == 32
    document = asked.json
    assert (document["schema"], document["schema_version"]) == ("shortimize-analytics/message", 1)
    assert document["figures"][0] == {"name": "Views gained", "value": "9.8M", "change": "+11%"}
    (file,) = document["files"]
    assert base64.b64decode(file["content"]) == PDF
    assert file["sha256"] == hashlib.sha256(PDF).hexdigest()


def test_a_webhook_without_files_says_where_they_are(tmp_path):
    message = report(tmp_path)
    with stand_in(GOOD["webhook"]) as server:
        url = Secret(server.url)
        deliver(message, Webhook(name="hook", zone=channels("x")["teams"].zone, url=url, file="none"))
    assert server.asked[0].json["files"][0]["content"] is None
    assert server.asked[0].json["notes"][-1].startswith(f"The PDF is at {message.files[0].path} on ")
    assert "X-Signature" not in server.asked[0].headers


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (302, "answered 302: the address has moved; copy the address again"),
        (400, "did not accept the message (400)"),
        (401, "refused the token or the address (401)"),
        (403, "refused the token or the address (403)"),
        (404, "knows no such address (404)"),
        (410, "knows no such address (410)"),
        (422, "did not accept the message (422)"),
    ],
)
def test_what_will_not_get_better_is_tried_once(kind, status, said, tmp_path, pauses):
    with stand_in((status, b"no", {"Location": "http://127.0.0.1:9/elsewhere"})) as server:
        outcome = send(kind, server, report(tmp_path))
    assert outcome.state == "failed"
    assert said in outcome.words
    assert (len(server.asked), pauses) == (1, [])


@pytest.mark.parametrize("kind", ONE_REQUEST)
def test_a_redirect_is_not_followed(kind, tmp_path):
    with stand_in(GOOD[kind]) as other, stand_in((307, b"", {"Location": other.url})) as server:
        assert send(kind, server, report(tmp_path)).state == "failed"
        assert other.asked == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_fails_is_tried_again(kind, tmp_path, pauses):
    with stand_in((500, b""), (503, b""), GOOD[kind]) as server:
        assert send(kind, server, report(tmp_path)).state == "sent"
    assert len(pauses) == 2
    assert pauses[0] < pauses[1]


def test_five_tries_and_no_more(tmp_path, pauses):
    with stand_in((500, b"down")) as server:
        outcome = send("discord", server, report(tmp_path))
    assert (outcome.state, len(server.asked), len(pauses)) == ("failed", 5, 4)
    assert outcome.words == "127.0.0.1 failed (500): down"


def retry_date(seconds):
    now = dt.datetime(2026, 11, 23, 6, tzinfo=dt.UTC)
    return {
        "Retry-After": format_datetime(now + dt.timedelta(seconds=seconds), usegmt=True),
        "Date": format_datetime(now, usegmt=True),
    }


@pytest.mark.parametrize(
    "answer",
    [
        (429, b"", {"Retry-After": "7"}),
        (429, {"retry_after": 7.0}),
        (429, {"ok": False, "parameters": {"retry_after": 7}}),
        (503, b"", {"Retry-After": "7"}),
    ],
    ids=["seconds", "discord", "telegram", "503"],
)
def test_a_wait_that_is_asked_for_is_kept(answer, tmp_path, pauses):
    with stand_in(answer, GOOD["discord"]) as server:
        assert send("discord", server, report(tmp_path)).state == "sent"
    assert pauses == [7.0]


def test_a_wait_until_a_date_is_kept_by_the_servers_own_clock(tmp_path, pauses):
    """`http.server` sends a Date of its own first: the date is compared with that of the answer."""
    until = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60), usegmt=True)
    with stand_in((429, b"", {"Retry-After": until}), GOOD["teams"]) as server:
        assert send("teams", server, report(tmp_path)).state == "sent"
    assert 55 <= pauses[0] <= 61


def test_a_wait_of_hours_is_left_to_the_next_run(tmp_path, pauses):
    with stand_in((429, b"", {"Retry-After": "7200"})) as server:
        outcome = send("telegram", server, report(tmp_path))
    assert (outcome.state, len(server.asked), pauses) == ("failed", 1, [])
    assert "asked to wait (429)" in outcome.words


@pytest.mark.parametrize("kind", ONE_REQUEST)
def test_an_answer_that_never_comes_is_unclear_and_the_next_try_says_so(kind, tmp_path):
    with stand_in(CUT, GOOD[kind]) as server:
        assert send(kind, server, report(tmp_path)).state == "sent"
    first, second = (asked.body.decode("utf-8", "replace") for asked in server.asked)
    assert "Sent again" not in first
    assert "Sent again" in second
    with stand_in(CUT) as server:
        assert send(kind, server, report(tmp_path)).state == "unclear"


@pytest.mark.parametrize("kind", ONE_REQUEST)
def test_half_an_answer_with_a_good_status_is_a_delivery(kind, tmp_path):
    with stand_in(HALF) as server:
        assert send(kind, server, report(tmp_path)).state == "sent"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("slack webhook", (200, b"invalid_payload")),
        ("teams", (200, b"Webhook message delivery failed with error: 413")),
        ("telegram", (200, {"ok": False, "description": "chat not found"})),
    ],
)
def test_a_good_status_with_bad_words_is_no_delivery(kind, answer, tmp_path, pauses):
    with stand_in(answer) as server:
        outcome = send(kind, server, report(tmp_path))
    assert (outcome.state, pauses) == ("failed", [])
    assert "answered 200, yet did not take the message" in outcome.words


@pytest.mark.parametrize("kind", ["discord", "telegram", "webhook"])
def test_the_pdf_stays_behind_where_the_server_finds_it_too_large(kind, tmp_path):
    with stand_in((413, b"too large"), GOOD[kind]) as server:
        assert send(kind, server, report(tmp_path)).state == "sent"
    said = server.asked[1].body.decode("utf-8", "replace").replace("+", " ")
    assert "is too large for this channel" in said
    assert len(server.asked[1].body) < len(server.asked[0].body)


@pytest.mark.parametrize("kind", ["discord", "webhook"])
def test_the_pdf_stays_behind_where_we_know_that_it_is_too_large(kind, tmp_path):
    with stand_in(GOOD[kind]) as server:
        assert send(kind, server, report(tmp_path, pdf=b"x" * 8_000_001)).state == "sent"
    assert len(server.asked[0].body) < 20_000
    assert "is too large for this channel" in server.asked[0].body.decode()


def test_a_slow_server_is_left_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr("shortimize_analytics.delivery.posting.READ_SECONDS", 0.2)
    release = []

    def slow(asked):
        while not release:
            pass
        return GOOD["discord"]

    monkeypatch.setattr(attempts, "TRIES", 1)
    with stand_in(slow) as server:
        outcome = send("discord", server, report(tmp_path))
        release.append(True)
    assert outcome.state == "unclear"


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_listens(kind, tmp_path):
    (outcome,) = deliver(report(tmp_path), channels(f"http://127.0.0.1:{free_port()}")[kind])
    assert (outcome.state, outcome.words) == ("failed", "127.0.0.1 could not be reached")


@pytest.mark.parametrize("kind", ONE_REQUEST)
def test_only_a_certificate_that_somebody_vouches_for_is_taken(kind, tmp_path, monkeypatch, pauses):
    certificate = self_signed(tmp_path)
    with stand_in(GOOD[kind], certificate=certificate) as server:
        outcome = send(kind, server, report(tmp_path))
        assert "its certificate was not accepted" in outcome.words
        assert (server.asked, pauses) == ([], [])
        from dataclasses import replace

        own = replace(channels(server.url)[kind], ca_file=str(certificate[0]))
        assert deliver(report(tmp_path), own)[0].state == "sent"


def test_netrc_adds_no_password(tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password netrc-secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with stand_in(GOOD["discord"]) as server:
        send("discord", server, report(tmp_path))
    assert "Authorization" not in server.asked[0].headers
