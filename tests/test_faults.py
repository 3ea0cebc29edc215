"""Every fault that clients met, and those a network makes, against every loader over real sockets.

Whatever the server does, a load ends in the right frame, in a frame that says by a warning what is not right, or in a
typed error with the next step: never in fewer rows without a word, never in an untyped exception, never with the key in
it, and always after a bounded number of requests. `docs/faults.md` is the table for users.
"""

import json
import sys
import traceback
import warnings
from contextlib import nullcontext

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from organisations import AS_OF, KEY, connect, small_organisation
from test_schema import ANY_JSON, VIDEO_ROWS
from test_tracking import canned

import shortimize_analytics as sa
from shortimize_analytics.errors import (
    ApiError,
    ConnectionFailedError,
    IncompleteDataError,
    OfflineError,
    RateLimitError,
    ResponseShapeError,
    ServerError,
    ShortimizeError,
)
from shortimize_analytics.export import write_frame
from shortimize_analytics.simulator import Service, serve
from shortimize_analytics.simulator.faults import FAULTS

ROWS = 6
MOST_REQUESTS = 60
"""5 tries × 3 walks × 3 pages for a list, 5 tries × 6 videos for histories, and a few around them."""
LOADERS = {
    "load_videos": lambda client, videos: sa.load_videos(client, page_size=3),
    "load_account_videos": lambda client, videos: sa.load_account_videos(client, "account-0"),
    "load_video": lambda client, videos: sa.load_video(client, "id-003"),
    "load_collections": lambda client, videos: sa.load_collections(client),
    "load_history": sa.load_history,
}
OPTIONS = {"429_wait": ":seconds=0.01"}
LASTING = {
    "429": RateLimitError,
    "429_wait": RateLimitError,
    "500": ServerError,
    "502": ServerError,
    "503": ServerError,
    "empty": ConnectionFailedError,
    "html": ConnectionFailedError,
    "truncated": ConnectionFailedError,
    "reset": ConnectionFailedError,
    "reset_body": ConnectionFailedError,
    "drip": ConnectionFailedError,
    "redirect": ApiError,
    "error200": ApiError,
    "shape": ResponseShapeError,
}
"""Faults that hit every loader alike, and the error they end in when they last."""
PASSING = ["429", "429_wait", "500", "502", "503", "empty", "html", "truncated", "reset", "reset_body"]
OF_LISTS = {
    "missing": IncompleteDataError,
    "repeated": IncompleteDataError,
    "total_lies": IncompleteDataError,
    "total_changes": IncompleteDataError,
    "twice": None,
    "shuffled": None,
    "text_numbers": None,
    "unknown_fields": None,
    "no_label_names": None,
    "masked": "videos have masked metrics",
    "nan": "unreadable and set to NA, e.g. nan",
}
"""What load_videos makes of faulty rows: an error, the right frame (None), or the right rows and this warning."""


@pytest.fixture(scope="module")
def tries(request):
    """Count the loads that were made under a fault, and their requests; print both at the end."""
    made = {"loads": 0, "requests": 0}
    yield made
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        sys.stderr.write(f"\nfaults: tries={made['loads']} requests={made['requests']} (this worker)\n")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Let the client's clock stand where the organisation's does, and wait milliseconds between tries."""
    monkeypatch.setenv("SHORTIMIZE_NOW", AS_OF.isoformat())
    monkeypatch.setenv("SHORTIMIZE_TIMEOUT", "20")
    monkeypatch.setattr("shortimize_analytics.client.transport.BACKOFF_SECONDS", 0.001)


def attempt(load, *, tries=None, requests=lambda: 0):
    """Load under a fault: return (frame or None, error or None, warnings' texts) and check what always holds."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            frame, error = load(), None
        except ShortimizeError as raised:
            frame, error = None, raised
    if error is not None:
        told = "".join(traceback.format_exception(error)) + str(error) + repr(error) + repr(vars(error))
        assert KEY not in told
        assert str(error)
    said = [str(warning.message) for warning in caught]
    assert all(KEY not in text for text in said)
    assert all(issubclass(warning.category, UserWarning) for warning in caught), said
    if tries is not None:
        tries["loads"] += 1
        tries["requests"] += requests()
    return frame, error, said


def under(fault, loader, tries):
    """Load with one loader from an organisation of six videos under a fault; also return the right frame."""
    organisation = small_organisation(ROWS, days=3)
    with serve(Service(organisation, limit_requests=False)) as server:
        with connect(server, data_dir="right") as client:
            videos = sa.load_videos(client)
            right = LOADERS[loader](client, videos)
        server.log.clear()
        name, _, options = fault.partition(":")
        path = "history" if loader == "load_history" else ""
        extra = OPTIONS.get(name, "") + (f"{',' if name in OPTIONS else ':'}{options}" if options else "")
        joint = "," if ":" in extra else ":"
        server.service.faults[:] = Service(
            organisation, limit_requests=False, faults=[f"{name}{extra}" + (f"{joint}path={path}" if path else "")]
        ).faults
        with connect(server, data_dir="faulty") as client:
            outcome = attempt(lambda: LOADERS[loader](client, videos), tries=tries, requests=lambda: len(server.log))
        assert len(server.log) <= MOST_REQUESTS
        return outcome, right


def same(found, right):
    key = [name for name in ("ad_id", "date", "id") if name in found]
    shared = [name for name in right if name != "fetched_at"]
    pd.testing.assert_frame_equal(
        found.sort_values(key, ignore_index=True)[shared], right.sort_values(key, ignore_index=True)[shared]
    )


OF_HISTORY = {"per_day", "wrapped", "wrapped_data"}
PAIRS = [
    (fault, loader) for fault in sorted(FAULTS) for loader in LOADERS
    if loader == "load_history" or fault not in OF_HISTORY
]  # fmt: skip
GAPS = {("missing", "load_history"), ("repeated", "load_history")}
"""A day that a history leaves out cannot be told from a gap, and real histories have gaps."""


@pytest.mark.parametrize(("fault", "loader"), PAIRS)
def test_a_fault_gives_the_right_frame_a_warning_or_a_typed_error(fault, loader, tries, monkeypatch):
    if fault == "drip":
        monkeypatch.setenv("SHORTIMIZE_TIMEOUT", "0.15")
    (found, error, said), right = under(fault, loader, tries)
    if fault in LASTING:
        assert type(error) is LASTING[fault], (error, said)
        assert error.endpoint
        return
    if error is not None:
        assert isinstance(error, IncompleteDataError | ResponseShapeError)
        return
    if (fault, loader) in GAPS:
        assert set(found["date"]) <= set(right["date"])
        return
    assert len(found) >= len(right) or said, "fewer rows without a word"
    if not said and fault not in {"huge", "per_day"}:  # plausible figures: six series are too short to judge
        same(found, right)


@pytest.mark.parametrize(("fault", "expected"), OF_LISTS.items())
def test_faulty_rows_of_a_list_end_as_the_table_says(fault, expected, tries):
    (found, error, said), right = under(fault, "load_videos", tries)
    if isinstance(expected, type):
        assert type(error) is expected
        assert "Nothing was returned" in str(error)
    elif expected is None:
        assert error is None
        assert said == []
        same(found, right)
    else:
        assert error is None
        assert expected in " ".join(said)
        assert found["ad_id"].tolist() == right["ad_id"].tolist()
        assert found["latest_views"].isna().all()


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_leaves_no_trace(fault, loader, tries):
    (found, error, said), right = under(f"{fault}:times=2", loader, tries)
    assert error is None
    assert said == []
    same(found, right)


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_on_every_third_request_leaves_no_trace(fault, tries):
    for loader in ("load_videos", "load_history"):
        (found, error, said), right = under(f"{fault}:every=3", loader, tries)
        assert (error, said) == (None, [])
        same(found, right)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_follows_no_redirect_to_another_host(status, tries):
    with canned((200, {"data": []})) as elsewhere:
        location = {"Location": f"{elsewhere.base_url}/videos"}
        with canned((status, b"", location)) as server, connect(server) as client:
            for load in (
                lambda: sa.load_videos(client),
                lambda: sa.load_video(client, "x"),
                lambda: sa.track_videos(client, ["https://www.tiktok.com/@a/video/1"]),
            ):
                _, error, _ = attempt(load, tries=tries)
                assert isinstance(error, ApiError)
                assert "redirects elsewhere, and the key does not follow" in str(error)
            assert len(server.asked) == 3
        assert elsewhere.asked == []


def page(rows, total=None):
    return {
        "data": rows,
        "pagination": {"total": len(rows) if total is None else total, "page": 1, "limit": 5000, "total_pages": 1},
        "filters": {},
    }


ROW = {"ad_id": "x", "username": "mine", "latest_views": 5, "latest_updated_at": AS_OF.isoformat(), "label_ids": []}


def loaded(rows, tries):
    with canned((200, page(rows))) as server, connect(server) as client:
        return attempt(lambda: sa.load_videos(client), tries=tries, requests=lambda: len(server.asked))


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        ({"latest_views": 2**53 + 1}, "latest_views", 2**53 + 1),
        ({"latest_views": 2**63 - 1}, "latest_views", 2**63 - 1),
        ({"latest_views": "9007199254740993"}, "latest_views", 2**53 + 1),
        ({"title": "x" * 10_000}, "title", "x" * 10_000),
        ({"title": "a\x00b"}, "title", "a\x00b"),
        ({"title": "\u202eevil\u2066"}, "title", "\u202eevil\u2066"),
        ({"title": "<script>#read(\"/etc/passwd\")</script>"}, "title", "<script>#read(\"/etc/passwd\")</script>"),
        ({"title": "=HYPERLINK(\"x\")"}, "title", "=HYPERLINK(\"x\")"),
        ({"platform": "threads"}, "platform", "threads"),
        ({"username": "@Mine.Upper"}, "username", "@Mine.Upper"),
    ],
)  # fmt: skip
def test_odd_but_valid_values_arrive_as_they_are(changes, column, expected, tries, tmp_path):
    frame, error, said = loaded([ROW | changes], tries)
    assert (error, said) == (None, [])
    assert frame[column].tolist() == [expected]
    for ending in ("parquet", "csv", "json"):
        assert write_frame(frame, tmp_path / f"out.{ending}").stat().st_size
    back = pd.read_parquet(tmp_path / "out.parquet")
    assert back[column].tolist() == [expected]
    csv = (tmp_path / "out.csv").read_bytes().decode()
    assert not any(cell.startswith(("=", "@")) for line in csv.splitlines() for cell in line.split(","))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"latest_views": 2**63}, "latest_views: 1 value(s) unreadable"),
        ({"latest_views": 1e400}, "latest_views: 1 value(s) unreadable"),
        ({"uploaded_at": "2026-02-30"}, "uploaded_at: 1 value(s) unreadable and set to NA, e.g. '2026-02-30'"),
        ({"created_at": "2026-13-01T00:00:00Z"}, "created_at: 1 value(s) unreadable"),
        ({"latest_views": "***"}, "1 of 1 videos have masked metrics"),
        ({"latest_views": None}, "1 of 1 videos have masked metrics"),
    ],
)
def test_a_value_that_is_none_becomes_na_with_a_warning_and_the_row_stays(changes, said, tries):
    frame, error, texts = loaded([ROW | changes], tries)
    assert error is None
    assert said in " ".join(texts)
    assert frame["ad_id"].tolist() == ["x"]
    assert frame[next(iter(changes))].isna().all()


def test_a_collaboration_stays_one_row_per_account(tries):
    rows = [ROW | {"ad_id": ad_id, "ad_link": "https://x/1", "linked_account_id": ad_id} for ad_id in ("a", "b")]
    frame, error, _ = loaded(rows, tries)
    assert error is None
    assert frame["linked_account_id"].tolist() == ["a", "b"]


def test_a_video_listed_twice_is_kept_once_in_its_newer_state(tries):
    older = ROW | {"latest_views": 3, "latest_updated_at": "2026-11-01T00:00:00Z"}
    with canned((200, page([ROW, older], total=1))) as server, connect(server) as client:
        frame, error, _ = attempt(lambda: sa.load_videos(client), tries=tries)
    assert error is None
    assert frame["latest_views"].tolist() == [5]
    assert frame.attrs["quality"]["duplicates"] == 1


def test_an_account_that_was_renamed_is_found_by_its_id_and_missed_aloud_by_its_old_name(simulator, tries):
    organisation = small_organisation(ROWS, username="new.name", linked_account_id="account-0")
    with simulator(organisation=organisation) as server, connect(server) as client:
        frame, _, said = attempt(lambda: sa.load_videos(client, username="old.name"), tries=tries)
        assert frame.empty
        assert "a renamed account goes by its new name" in said[0]
        assert len(sa.load_account_videos(client, "account-0")) == ROWS


DAY = {"date": "2026-11-20", "views": 5}


@pytest.mark.parametrize(
    ("rows", "days", "said"),
    [
        ([DAY, DAY | {"date": "2026-11-31"}], ["2026-11-20"], "e.g. '2026-11-31'"),
        ([DAY, DAY | {"date": None}], ["2026-11-20"], "without a day"),
        ([DAY, {"views": 7}], ["2026-11-20"], "without a day"),
        ([DAY, DAY | {"date": "2026-11-19", "views": None}], ["2026-11-19", "2026-11-20"], ""),
        ([DAY | {"date": "2026-11-21", "views": 4}, DAY], ["2026-11-20", "2026-11-21"], ""),
        ([DAY, DAY | {"views": 6}], ["2026-11-20"], ""),
        ([], [], ""),
    ],
)
def test_a_day_is_never_lost_without_a_word(rows, days, said, tries):
    videos = small_organisation(1).videos
    with canned((200, rows)) as server, connect(server) as client:
        frame, error, texts = attempt(lambda: sa.load_history(client, videos), tries=tries)
    assert error is None
    assert frame["date"].dt.strftime("%Y-%m-%d").tolist() == days
    assert said in " ".join(texts)
    assert bool(said) == bool(texts)


class ByKey:
    """One address, an organisation per key."""

    def __init__(self, services):
        self.services = services
        self.log = []

    def handle(self, method, path, *, headers, **rest):
        return self.services[headers["Authorization"].split()[-1]].handle(method, path, headers=headers, **rest)


def test_two_keys_on_one_machine_never_see_each_others_rows():
    """The same ids, the same folder, the same address: only the key differs, and every value."""
    keys = {"key-of-one": 1_000_000, "key-of-two": 2_000_000}
    services = {}
    for key, offset in keys.items():
        organisation = small_organisation(ROWS)
        organisation.videos["latest_views"] += offset
        organisation.videos["title"] = f"of {offset}"
        organisation.history["views"] += offset
        services[key] = Service(organisation, limit_requests=False)

    def own(client, offset):
        videos = sa.load_videos(client)
        history = sa.load_history(client, videos)
        kept = sa.load_archive(client)
        for frame in (videos, kept.videos):
            assert set(frame["title"]) == {f"of {offset}"}
            assert frame["latest_views"].between(offset, offset + 999_999).all()
        for frame in (history, kept.history):
            assert len(frame) == ROWS * 10
            assert frame["views"].between(offset, offset + 999_999).all()

    with serve(ByKey(services)) as server:
        for mode in ({}, {}, {"refresh": True}, {"offline": True}):
            for key, offset in keys.items():
                with connect(server, api_key=key, **mode) as client:
                    own(client, offset)
        with connect(server, api_key="key-of-none", offline=True) as client:
            with pytest.raises(OfflineError, match="never loaded"):
                sa.load_videos(client)
            assert sa.load_archive(client).history.empty
            assert sa.load_archive(client).videos.empty
        url = server.base_url.replace("127.0.0.1", "localhost")
        with (
            connect(server, api_key="key-of-one", base_url=url, offline=True) as client,
            pytest.raises(OfflineError, match="never loaded"),
        ):
            sa.load_videos(client)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    answer = [200, b"[]"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHORTIMIZE_NOW", AS_OF.isoformat())
        patch.setattr("shortimize_analytics.client.transport.BACKOFF_SECONDS", 0.0001)
        with (
            canned(answer) as server,
            connect(server, data_dir=tmp_path_factory.mktemp("generated"), refresh=True) as client,
        ):
            yield client, lambda document: answer.__setitem__(1, json.dumps(document).encode())


ONLINE = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@ONLINE
@given(document=ANY_JSON | VIDEO_ROWS | VIDEO_ROWS.map(page), loader=st.sampled_from(sorted(LOADERS)))
def test_no_answer_makes_a_loader_crash(generated, tries, document, loader):
    client, answer = generated
    answer(document)
    videos = small_organisation(1).videos
    frame, error, _ = attempt(lambda: LOADERS[loader](client, videos), tries=tries)
    assert (frame is None) != (error is None)


@ONLINE
@given(rows=VIDEO_ROWS, ids=st.lists(st.text(min_size=1, max_size=5), min_size=3, max_size=3, unique=True))
def test_every_row_with_an_id_of_its_own_arrives(generated, tries, rows, ids):
    client, answer = generated
    rows = [{"label_ids": [], **row, "ad_id": ad_id} for row, ad_id in zip(rows, ids, strict=False)]
    rows = [{**row, "label_names": row["label_ids"]} for row in rows]
    answer(page(rows))
    with nullcontext():
        frame, error, _ = attempt(lambda: sa.load_videos(client), tries=tries)
    if error is None:
        assert frame["ad_id"].tolist() == [json.loads(json.dumps(row))["ad_id"] for row in rows]
    else:
        assert isinstance(error, IncompleteDataError | ApiError)


COUNT = st.none() | st.integers(0, 2**63 - 1) | st.integers(0, 10**6).map(str)
DAYS = st.lists(
    st.fixed_dictionaries(
        {"date": st.dates(pd.Timestamp("2026-09-01").date(), AS_OF.date()).map(str), "views": COUNT, "likes": COUNT}
    ),
    max_size=8,
    unique_by=lambda row: row["date"],
)


@ONLINE
@given(rows=DAYS, junk=st.lists(st.dictionaries(st.sampled_from(["date", "views", "new"]), ANY_JSON), max_size=2))
def test_every_valid_day_arrives_and_is_in_the_archive(generated, tries, rows, junk):
    """Whatever stands beside them. Text that is no number masks a whole video, so there is none here."""
    client, answer = generated
    junk = [{k: v for k, v in row.items() if k != "views" or not isinstance(v, str)} for row in junk]
    answer(rows + junk)
    videos = small_organisation(1).videos.assign(ad_id=f"id-{len(rows)}-{abs(hash(str(rows)))}")
    frame, error, said = attempt(lambda: sa.load_history(client, videos, start="2026-09-01"), tries=tries)
    assert error is None
    if not any("gains per day" in text for text in said):
        for source in (frame, sa.load_archive(client).history):
            mine = source[source["ad_id"] == videos["ad_id"][0]]
            found = dict(zip(mine["date"].dt.strftime("%Y-%m-%d"), mine["views"], strict=True))
            again = {str(row.get("date"))[:10] for row in junk}
            for row in rows:
                assert row["date"] in found
                if row["date"] not in again:
                    expected = None if row["views"] is None else int(row["views"])
                    assert (None if pd.isna(found[row["date"]]) else found[row["date"]]) == expected
