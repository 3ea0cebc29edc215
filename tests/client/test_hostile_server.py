"""A server that answers in ways no honest one would: bounded requests, bounded memory, and a typed error at the end."""

import gzip
import html
import json
import time
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

import pytest
from canned_server import canned
from organisations import AS_OF, answered, connect, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.cli import main
from shortimize_analytics.client import contract
from shortimize_analytics.client.decode import decode_page
from shortimize_analytics.client.limiter import Limiter
from shortimize_analytics.client.transport import BACKOFF_SECONDS, TRIES, _retry_after
from shortimize_analytics.errors import ApiError, IncompleteDataError, RateLimitError, ResponseShapeError
from shortimize_analytics.simulator import Service, serve
from shortimize_analytics.simulator.faults import Reply

pytestmark = pytest.mark.usefixtures("now")


class Paged(Service):
    """Pages of rows by a function of page number and limit."""

    def __init__(self, answer):
        super().__init__(small_organisation(1), limit_requests=False)
        self._given = answer

    def _answer(self, method, path, *, query, **rest):
        asked = dict(pair.split("=") for pair in query.split("&"))
        status, document = self._given(int(asked["page"]), int(asked["limit"]))
        return Reply(status, {}, json.dumps(document).encode())


ROWS = [{"ad_id": f"v{number:02d}", "latest_views": 1, "label_ids": [], "label_names": []} for number in range(20)]


def page_of(number, size, *, total=20, limit=None):
    rows = ROWS[(number - 1) * size : number * size]
    return 200, {"data": rows, "pagination": {"total": total, "page": number, "limit": limit or size}}


def load(answer, page_size=10):
    with serve(Paged(answer)) as server, connect(server) as client:
        try:
            return sa.load_videos(client, page_size=page_size), None, len(server.log)
        except ApiError as error:
            return None, error, len(server.log)


BEHIND_THE_END = {
    "the first page again": lambda number, limit: page_of(number if number < 3 else 1, limit),
    "the last page again": lambda number, limit: page_of(min(number, 2), limit),
    "400": lambda number, limit: page_of(number, limit) if number < 3 else (400, {"error": "no such page"}),
    "404": lambda number, limit: page_of(number, limit) if number < 3 else (404, {"error": "no such page"}),
}


@pytest.mark.parametrize("behind", BEHIND_THE_END)
def test_whatever_lies_behind_the_last_page_ends_the_walk(behind):
    frame, error, requests = load(BEHIND_THE_END[behind])
    assert error is None
    assert frame["ad_id"].tolist() == [row["ad_id"] for row in ROWS]
    assert requests == 3


@pytest.mark.parametrize("total", ["20", 20.0])
def test_a_total_as_text_is_a_number(total):
    frame, error, _ = load(lambda number, limit: page_of(number, limit, total=total))
    assert error is None
    assert len(frame) == 20


@pytest.mark.parametrize("total", [None, "many", -1, True, 2.5, 10**30, [20]])
@pytest.mark.parametrize("rows", [ROWS[:3], []])
def test_a_total_that_is_no_count_is_an_error_also_above_an_empty_page(total, rows):
    document = {"data": rows, "pagination": {"total": total, "page": 1, "limit": 10}}
    _, error, requests = load(lambda number, limit: (200, document))
    assert isinstance(error, ResponseShapeError)
    assert "is no count of videos" in str(error)
    assert requests == 1


@pytest.mark.parametrize("answer", [
    lambda number, limit: page_of(1, limit, total=10**12),
    lambda number, limit: page_of(number, limit, total=10**12),
    lambda number, limit: page_of(1, 1, total=12_000),
    lambda number, limit: page_of(number - 1, limit, total=25),
], ids=["page ignored", "empty pages", "one masked row, and the limit says so", "an empty first page"])  # fmt: skip
def test_a_total_that_lies_by_far_costs_few_requests(answer):
    _, error, requests = load(answer)
    assert isinstance(error, IncompleteDataError)
    assert requests <= 3 * 60


@pytest.mark.parametrize("limit", [10**6, True, "many", -3])
def test_a_limit_that_is_none_is_not_believed(limit):
    frame, error, requests = load(lambda number, asked: page_of(number, asked, limit=limit))
    assert error is None
    assert len(frame) == 20
    assert requests == 3


def test_a_bare_list_as_long_as_a_page_may_not_be_all():
    with canned((200, ROWS)) as server, connect(server) as client:
        assert len(sa.load_account_videos(client, "a", page_size=21)) == 20
        with pytest.raises(IncompleteDataError, match="exactly a page"):
            sa.load_account_videos(client, "b", page_size=20)


@pytest.mark.parametrize("total", [1, 900])
def test_a_history_that_comes_in_pages_is_not_taken_for_whole(total):
    document = {"data": [{"date": "2026-11-20", "views": 5}], "pagination": {"total": total, "page": 1}}
    with canned((200, document)) as server, connect(server) as client:
        videos = small_organisation(1).videos
        if total == 1:
            assert len(sa.load_history(client, videos)) == 1
        else:
            with pytest.raises(IncompleteDataError, match="1 of 900 days arrived"):
                sa.load_history(client, videos)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"type": "about:blank", "title": "Bad request", "detail": "start is too old"}, "start is too old"),
        ({"title": "Bad request", "properties": {"error": "start is too old"}}, "start is too old"),
        ({"error": "start is too old"}, "start is too old"),
        ({"error": {"message": "start is too old", "code": 7}}, "start is too old"),
        ({"message": "start is too old"}, "start is too old"),
        ({"title": "Bad request"}, "Bad request"),
        (b"start is\r\n too old", "start is too old"),
        (b"<!doctype html><title>Proxy</title>", "a web page instead of data (Proxy)"),
        (b"", "no explanation given"),
    ],
)  # fmt: skip
def test_the_words_of_a_refusal_are_found_in_every_shape_that_was_seen(body, said):
    with canned((400, body)) as server, connect(server) as client, pytest.raises(ApiError) as caught:
        sa.load_videos(client)
    assert caught.value.detail == said
    assert caught.value.status == 400
    assert "GET /videos" in str(caught.value)


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    "answer", [(200, DEEP), (200, b'{"data":' + DEEP + b"}"), (400, b'{"error":' * 100_000), (409, DEEP)]
)
def test_an_answer_nested_beyond_all_measure_is_a_typed_error(answer):
    with canned(answer) as server, connect(server) as client, pytest.raises(ApiError):
        sa.load_videos(client)


def deeper(calls, call):
    return call() if not calls else deeper(calls - 1, call)


@pytest.mark.parametrize("depth", [200, 700, 950])
def test_how_deep_an_answer_may_be_nested_does_not_depend_on_the_callers_stack(depth):
    """An answer that was fit to be kept must not break the code that decodes it, however deep that code stands."""
    nested = b"[" * depth + b"]" * depth
    body = b'{"data": [{"ad_id": "x", "new": %s}], "pagination": {"total": 1}}' % nested
    for calls in (0, 300):
        with pytest.raises(ResponseShapeError, match="nested too deeply"):
            deeper(calls, lambda: decode_page(answered(body), contract.LIST_VIDEOS))
    with canned((200, body)) as server, connect(server) as client, pytest.raises(ResponseShapeError):
        sa.load_videos(client)
    shallow = body.replace(nested, b"[" * 20 + b"]" * 20)
    assert len(deeper(300, lambda: decode_page(answered(shallow), contract.LIST_VIDEOS)).frame) == 1


def test_an_answer_that_unpacks_beyond_all_measure_is_cut_off(monkeypatch):
    monkeypatch.setattr("shortimize_analytics.client.transport.LARGEST_ANSWER_BYTES", 1_000_000)
    bomb = gzip.compress(b'{"data":"' + b"x" * 3_000_000 + b'"}')
    with canned((200, bomb, {"Content-Encoding": "gzip"})) as server, connect(server) as client:
        with pytest.raises(ResponseShapeError, match="larger than 1 MB"):
            sa.load_videos(client)
        assert len(server.asked) == 1


@pytest.mark.parametrize(("headers", "seconds"), [
    ({"Retry-After": "Mon, 23 Nov 2026 09:00:30 GMT", "Date": "Mon, 23 Nov 2026 09:00:00 GMT"}, 30),
    ({"Retry-After": "Mon, 23 Nov 2026 01:00:30 GMT", "Date": "Mon, 23 Nov 2026 01:00:00 GMT"}, 30),
    ({"Retry-After": "Mon, 23 Nov 2026 06:10:30 GMT"}, 30),
    ({"Retry-After": "Mon, 23 Nov 2026 06:10:30 -0000", "Date": "no date"}, 30),
    ({"Retry-After": "99999999999999999999"}, 1e20),
    ({"Retry-After": "-5"}, None),
    ({"Retry-After": "soon"}, None),
])  # fmt: skip
def test_a_wait_is_counted_by_the_servers_own_clock(headers, seconds):
    assert _retry_after(headers, lambda: AS_OF) == seconds


def test_a_wait_of_nothing_is_not_a_leave_to_hammer(monkeypatch):
    waits = []
    watched = SimpleNamespace(sleep=waits.append, monotonic=time.monotonic)
    monkeypatch.setattr("shortimize_analytics.client.transport.time", watched)
    monkeypatch.setattr("shortimize_analytics.client.transport.BACKOFF_SECONDS", BACKOFF_SECONDS)
    with canned((429, {}, {"Retry-After": "0"})) as server, connect(server) as client:
        with pytest.raises(RateLimitError):
            sa.load_videos(client)
        assert len(server.asked) == TRIES
    assert len(waits) == TRIES - 1
    for turn, wait in enumerate(waits):
        assert 0.5 <= wait / (BACKOFF_SECONDS * 2**turn) <= 1.5


def test_a_pause_from_before_the_clock_was_set_back_is_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr("shortimize_analytics.client.limiter.time.sleep", lambda seconds: None)
    limiter = Limiter(tmp_path / "pace.sqlite", tier="premium")
    limiter.pause("read", 7 * 86_400)
    assert limiter.acquire("read") == 0.0
    limiter.pause("history", 100)
    assert limiter.acquire("history") > 99


ODD_KEY = "sk/li+ve=%26&?#'\"<k>Zz93b1=="


@pytest.mark.parametrize(
    "written",
    [
        ODD_KEY,
        json.dumps(ODD_KEY)[1:-1],
        json.dumps(ODD_KEY)[1:-1].replace("/", "\\/"),
        quote(ODD_KEY, safe=""),
        quote_plus(ODD_KEY),
        html.escape(ODD_KEY),
    ],
    ids=["plain", "JSON", "PHP's JSON", "URL", "form", "HTML"],
)
def test_a_key_that_is_echoed_in_another_spelling_is_cut_out_too(written, tmp_path):
    title = written if "\\" in written else json.dumps(written)[1:-1]
    row = b'{"ad_id": "x", "latest_views": 1, "label_ids": [], "label_names": [], "title": "' + title.encode() + b'"}'
    listed = b'{"data": [' + row + b'], "pagination": {"total": 1, "limit": 5000}}'
    refused = b'{"error": "' + title.encode() + b'"}'
    for answer in ((200, listed), (401, refused)):
        with canned(answer) as server, connect(server, api_key=ODD_KEY) as client:
            try:
                assert sa.load_videos(client)["title"].tolist() == ["[key]"]
            except ApiError as error:
                told = f"{error} {vars(error)}"
                assert "[key]" in told
                assert written not in told
                assert ODD_KEY not in told
    for path in tmp_path.rglob("*.*"):
        if path.is_file():
            assert written.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("views", "total", "shown"),
    [("367", "944", ["944 with metrics", "readable"]), (None, None, ["does not say how many", "MASKED"])],
)
def test_check_reads_numbers_written_as_text(views, total, shown, capsys, monkeypatch):
    monkeypatch.setenv("SHORTIMIZE_API_KEY", "k")
    listed = {"data": [{"ad_id": "x", "latest_views": views}], "pagination": {"total": total}}
    with canned((200, {}), (200, listed)) as server:
        assert main(["check", "--base-url", server.base_url]) == 0
    said = capsys.readouterr().out
    assert all(part in said for part in shown)
