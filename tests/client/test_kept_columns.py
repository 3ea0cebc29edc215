"""Columns kept beside cached pages of videos: the same table as from the JSON, of the same answer, or none at all."""

import json
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import time
import warnings
from contextlib import closing
from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from canned_server import canned
from organisations import AS_OF, KEY, connect, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.client import answers, cache, contract, decode, kept_columns
from shortimize_analytics.client.answers import Call
from shortimize_analytics.client.connection import Client
from shortimize_analytics.client.entries import DIGEST_BYTES, digest
from shortimize_analytics.client.settings import resolve
from shortimize_analytics.errors import DataQualityWarning, OfflineError

pytestmark = pytest.mark.usefixtures("now")

ROW = {
    "ad_id": "a",
    "username": "mine",
    "platform": "tiktok",
    "created_at": "2026-11-01T00:00:00+00:00",
    "uploaded_at": "2026-11-01",
    "latest_updated_at": "2026-11-22T00:00:00+00:00",
    "latest_views": 5,
    "outlier_multiplier": 1.5,
    "removed": False,
    "label_ids": ["l1"],
    "label_names": ["Hooks"],
}
FROM_CACHE = {"from_cache", "requests", "cache_hits"}


def page(*rows):
    return {"data": list(rows), "pagination": {"total": len(rows), "page": 1}, "count": 0.5}


def loads(server, **options):
    """Load by a client of its own."""
    with connect(server, **options) as client:
        return sa.load_videos(client, page_size=10)


def database(client_or_folder):
    folder = getattr(client_or_folder, "storage", client_or_folder)
    return closing(sqlite3.connect(folder / "http_cache.sqlite", isolation_level=None))


def check_same(frame, other):
    pd.testing.assert_frame_equal(frame, other, check_exact=True)
    same = [{name: value for name, value in one.attrs.items() if name not in FROM_CACHE} for one in (frame, other)]
    assert same[0] == same[1]


@pytest.fixture
def no_json(monkeypatch):
    """Let no page of videos be read from its JSON."""

    def refuse(*_):
        raise AssertionError("parsed again")

    def forbid():
        monkeypatch.setattr(decode, "read_content", refuse)
        monkeypatch.setattr(answers, "read_columns", refuse)

    return forbid


@pytest.fixture
def kept(simulator):
    """Serve 25 videos in three pages, loaded once: (server, profile folder, frame)."""
    with simulator(organisation=small_organisation(25)) as server:
        with connect(server) as client:
            frame = sa.load_videos(client, page_size=10)
            folder = client.storage
        server.log.clear()
        yield server, folder, frame


def test_a_second_load_reads_columns_and_gives_the_same_table(kept, no_json):
    server, folder, first = kept
    with database(folder) as db:
        assert db.execute("SELECT count(*) FROM columns").fetchone() == (3,)
    no_json()
    again = loads(server)
    check_same(again, first)
    assert again.attrs["from_cache"]
    assert not server.log
    check_same(loads(server, offline=True), first)


def test_lists_of_one_account_and_of_filters_have_columns_of_their_own(kept):
    server, _, _ = kept
    loaders = [
        lambda client: sa.load_account_videos(client, "account-1"),
        lambda client: sa.load_videos(client, account="mine"),
        lambda client: sa.load_videos(client, label="Plain"),
    ]

    def load_each():
        with connect(server) as client:
            return [load(client) for load in loaders]

    first = load_each()
    asked = len(server.log)
    again = load_each()
    for one, other in zip(again, first, strict=True):
        check_same(one, other)
    assert len(server.log) == asked
    assert len({len(frame) for frame in first}) > 1


def test_rows_of_every_kind_come_back_as_they_were(no_json):
    odd = [
        ROW,
        {
            **ROW,
            "ad_id": "b",
            "title": "\U0001f600 \u0000 é",
            "label_ids": None,
            "label_names": [],
            "uploaded_at": None,
        },
        {**ROW, "ad_id": "c", "latest_views": None, "outlier_multiplier": -0.0, "created_at": "0001-01-01T00:00:00Z"},
        {"ad_id": "d", "created_at": "2026-11-01T02:00:00.123456+02:00", "latest_likes": 10**12, "removed": True},
        {},
    ]
    with canned((200, page(*odd))) as server:
        with pytest.warns(DataQualityWarning):
            first = loads(server)
        no_json()
        with pytest.warns(DataQualityWarning):
            check_same(loads(server), first)


def test_an_answer_with_columns_still_has_its_body(simulator):
    call = Call(contract.LIST_VIDEOS, params={"page": 1, "limit": 10})
    with simulator(organisation=small_organisation(25)) as server, connect(server) as client:
        first, again = client.get(call), client.get(call)
    assert (again.from_cache, again.content.columns.num_rows) == (True, 10)
    assert again.body == first.body
    assert (again.sent_at, again.server_time) == (first.sent_at, first.server_time)


def test_a_warm_load_needs_no_requests_cache(kept, tmp_path):
    """It takes 150 ms and more to import, a third of such a load."""
    server, _, _ = kept
    code = (
        "import sys, shortimize_analytics as sa\n"
        f"with sa.connect({KEY!r}, base_url={server.base_url!r}, tier='unlimited') as client:\n"
        "    print(len(sa.load_videos(client, page_size=10)), 'requests_cache' in sys.modules)\n"
    )
    assert run(code).split() == ["25", "False"]


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout


def test_figures_asked_for_anew_replace_the_columns():
    answer = [200, page(ROW)]
    with canned(answer) as server:
        assert loads(server)["latest_views"].tolist() == [5]
        answer[1] = page({**ROW, "latest_views": 6})
        assert loads(server)["latest_views"].tolist() == [5]
        assert loads(server, refresh=True)["latest_views"].tolist() == [6]
        assert loads(server)["latest_views"].tolist() == [6]
        answer[1] = page({**ROW, "latest_views": "7"})
        assert loads(server, refresh=True)["latest_views"].tolist() == [7]
        assert loads(server)["latest_views"].tolist() == [7]  # this page has no columns, and the older ones lie there
        assert len(server.asked) == 3


def test_columns_of_an_older_answer_or_of_another_page_serve_no_other(kept):
    server, folder, first = kept
    with database(folder) as db:
        older = db.execute("SELECT key, value FROM columns").fetchall()
    later = (AS_OF + timedelta(minutes=1)).isoformat()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHORTIMIZE_NOW", later)
        newer = loads(server, refresh=True)
        with database(folder) as db:
            db.executemany("UPDATE columns SET value = ? WHERE key = ?", [(value, key) for key, value in older])
        again = loads(server)
    check_same(again, newer)
    assert (again["fetched_at"] == pd.Timestamp(later)).all()
    assert (first["fetched_at"] == pd.Timestamp(AS_OF)).all()
    with database(folder) as db:
        keys = [key for key, _ in older]
        turned = zip([value for _, value in older], keys[1:] + keys[:1], strict=True)
        db.executemany("UPDATE columns SET value = ? WHERE key = ?", turned)
    assert loads(server)["ad_id"].tolist() == first["ad_id"].tolist()


def test_an_answer_is_asked_for_again_after_four_hours_and_after_a_change(kept, monkeypatch):
    server, folder, _ = kept
    monkeypatch.setenv("SHORTIMIZE_NOW", (AS_OF + timedelta(hours=3, minutes=59)).isoformat())
    assert loads(server).attrs["from_cache"]
    monkeypatch.setenv("SHORTIMIZE_NOW", (AS_OF + timedelta(hours=4)).isoformat())
    assert not loads(server).attrs["from_cache"]
    (folder / "last_write").write_text((AS_OF + timedelta(hours=4, minutes=1)).isoformat())
    assert not loads(server).attrs["from_cache"]


def test_another_version_reads_the_body(kept, monkeypatch, no_json):
    server, _, first = kept
    monkeypatch.setattr(kept_columns, "DECODER", b"0.0.1 another schema")
    check_same(loads(server), first)
    assert not server.log
    no_json()
    with pytest.raises(AssertionError, match="parsed again"):
        loads(server)


def test_a_cache_of_an_older_build_is_read_on(kept):
    server, folder, first = kept
    with database(folder) as db:
        db.execute("DROP TABLE columns")
    check_same(loads(server), first)
    assert not server.log


def fitting(of, written):
    """Columns whose checksum fits whatever they hold."""
    return digest(of, kept_columns.DECODER, written) + written


def stream(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


FOREIGN = pa.table({"latest_views": pa.array([10**9] * 10)})
DAMAGE = {
    "a flipped bit": lambda value, of: value[:200] + bytes([value[200] ^ 4]) + value[201:],
    "another checksum": lambda value, of: bytes(DIGEST_BYTES) + value[DIGEST_BYTES:],
    "half of it": lambda value, of: value[: len(value) // 2],
    "half of it, with a checksum": lambda value, of: fitting(of, value[DIGEST_BYTES : len(value) // 2]),
    "nothing": lambda value, of: b"",
    "null": lambda value, of: None,
    "text": lambda value, of: "text",
    "a number": lambda value, of: 7,
    "no Arrow": lambda value, of: fitting(of, b"no Arrow at all" * 20),
    "another table": lambda value, of: fitting(of, stream(beside(value, FOREIGN))),
    "a text that is none": lambda value, of: fitting(of, garbled(value)),
    "no stamp": lambda value, of: fitting(of, unstamped(value, {})),
    "no zone": lambda value, of: fitting(of, unstamped(value, {"X-Shortimize-Sent-At": "2026-11-23T06:10:00"})),
    "beside is no object": lambda value, of: fitting(of, unstamped(value, [])),
    "around is no object": lambda value, of: fitting(of, stream(around(value, []))),
}


def garbled(value):
    """The same columns, of which a text is none."""
    written = stream(pa.ipc.open_stream(value[DIGEST_BYTES:]).read_all())
    assert b"id-0" in written
    return written.replace(b"id-0", b"id-\xff", 1)


def beside(value, table):
    """Another table with what stood beside the first."""
    return table.replace_schema_metadata(pa.ipc.open_stream(value[DIGEST_BYTES:]).schema.metadata)


def around(value, what):
    table = pa.ipc.open_stream(value[DIGEST_BYTES:]).read_all()
    known = json.loads(table.schema.metadata[b"beside"])
    return table.replace_schema_metadata({"beside": json.dumps(known | {"around": what})})


def unstamped(value, headers):
    table = pa.ipc.open_stream(value[DIGEST_BYTES:]).read_all()
    beside = {"around": {"pagination": {"total": 10, "page": 1}}, "headers": headers}
    return stream(
        table.replace_schema_metadata({"beside": json.dumps(beside if isinstance(headers, dict) else headers)})
    )


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_or_foreign_columns_cost_a_reading_of_the_body_and_no_word(kept, damage, caplog):
    server, folder, first = kept
    with database(folder) as db:
        found = db.execute(
            "SELECT key, responses.value, columns.value FROM responses JOIN columns USING (key)"
        ).fetchall()
        for key, entry, value in found:
            db.execute("UPDATE columns SET value = ? WHERE key = ?", (DAMAGE[damage](value, entry[:DIGEST_BYTES]), key))
    check_same(loads(server), first)
    assert not server.log
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]


@pytest.mark.parametrize("seed", range(8))
def test_columns_never_hide_that_their_answer_is_damaged(kept, seed, caplog):
    server, folder, first = kept
    random = np.random.default_rng(seed)
    with database(folder) as db:
        for key, value in db.execute("SELECT key, value FROM responses").fetchall():
            damaged = bytearray(value)
            damaged[random.integers(len(value))] ^= 1 << random.integers(8)
            db.execute("UPDATE responses SET value = ? WHERE key = ?", (bytes(damaged), key))
    check_same(loads(server), first)
    assert "checksum does not fit" in caplog.text
    assert len(server.log) == 3


def test_a_table_of_other_columns_under_that_name_is_no_error(kept):
    server, folder, first = kept
    with database(folder) as db:
        db.execute("DROP TABLE columns")
        db.execute("CREATE TABLE columns (name TEXT)")
    check_same(loads(server), first)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHORTIMIZE_NOW", (AS_OF + timedelta(hours=5)).isoformat())
        assert len(loads(server)) == 25


def test_clearing_the_cache_removes_columns_too(kept):
    server, folder, _ = kept
    sa.clear_cache()
    assert not list(folder.glob("http_cache*"))
    with connect(server, offline=True) as client, pytest.raises(OfflineError):
        sa.load_videos(client, page_size=10)


def test_a_client_whose_cache_was_cleared_meanwhile_does_not_read_on_in_the_deleted_file(tmp_path):
    answer = [200, page(ROW)]
    with canned(answer) as server:
        loads(server)
        with connect(server) as client:
            assert sa.load_videos(client, page_size=10)["latest_views"].tolist() == [5]
            sa.clear_cache(client)
            answer[1] = page({**ROW, "latest_views": 6})
            for _ in range(2):
                assert sa.load_videos(client, page_size=10)["latest_views"].tolist() == [6]
            assert len(server.asked) == 2
            sa.clear_cache(client)
            answer[1] = page({**ROW, "latest_views": 7})
            for _ in range(2):
                assert sa.load_videos(client, page_size=10)["latest_views"].tolist() == [7]
        assert loads(server)["latest_views"].tolist() == [7]
        assert len(server.asked) == 3


def test_what_is_too_old_to_be_kept_is_not_served_from_columns(kept):
    server, folder, _ = kept
    with database(folder) as db:
        db.execute("UPDATE responses SET expires = ?", (int(time.time()) - 1,))
    with connect(server, offline=True) as client, pytest.raises(OfflineError):
        sa.load_videos(client, page_size=10)
    cache.tidy(folder / "http_cache.sqlite")
    with database(folder) as db:
        assert db.execute("SELECT count(*) FROM columns").fetchone() == (0,)


def test_a_cache_that_grew_too_large_gives_up_columns_before_answers(kept, monkeypatch):
    server, folder, first = kept
    with database(folder) as db:
        size = db.execute("SELECT sum(length(value)) FROM responses").fetchone()[0]
    monkeypatch.setattr(cache, "LARGEST_BYTES", size)
    cache.tidy(folder / "http_cache.sqlite")
    with database(folder) as db:
        counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("responses", "columns")]
    assert counts == [3, 0]
    check_same(loads(server), first)
    assert not server.log


@pytest.mark.parametrize("bad", [{"latest_views": "***"}, {"created_at": "yesterday"}, {"title": "\ud800"}, {"new": 1}])
def test_what_a_tolerant_reading_warns_of_is_said_again(bad):
    """Of two pages, one is read by columns and one with patience."""
    rows = [{**ROW, "ad_id": str(number)} for number in range(11)]
    both = [
        {"data": rows[:10], "pagination": {"total": 11}},
        {"data": [{**rows[10], **bad}], "pagination": {"total": 11}},
    ]
    with canned(*[(200, one) for one in both]) as server:
        first, said = heard(lambda: loads(server))
        again, later = heard(lambda: loads(server))
        assert len(server.asked) == 2
    check_same(again, first)
    assert said == later
    assert bool(said) == ("created_at" in bad or "latest_views" in bad)


def heard(work):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        result = work()
    return result, [(warning.category, str(warning.message)) for warning in said]


def loop(url, folder, started):
    """Ask for everything anew and read it again, for ever."""
    settings = resolve(KEY, base_url=url, tier="unlimited", data_dir=folder)
    while True:
        with Client(settings, clock=lambda: AS_OF + timedelta(seconds=time.time() - started)) as client:
            sa.load_videos(client.refreshing(), page_size=10)
            sa.load_videos(client, page_size=10)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_processes_that_are_killed_while_they_write_leave_no_wrong_columns(simulator, tmp_path):
    """Columns that are there give what the body gives, whoever wrote them and whenever they were stopped."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["requests_cache", "pyarrow.json", "shortimize_analytics.loading.videos"])
    random, started = np.random.default_rng(0), time.time()
    with simulator(organisation=small_organisation(38), drift=True) as server:
        for _ in range(6):
            pair = [context.Process(target=loop, args=(server.base_url, str(tmp_path), started)) for _ in range(2)]
            for process in pair:
                process.start()
            for process in pair:
                process.join(random.uniform(0.4, 1.2))
                assert process.exitcode is None
                process.kill()
                process.join()
        options = {"data_dir": tmp_path, "offline": True}
        served = len(server.log)
        with warnings.catch_warnings(action="ignore"):
            by_columns = loads(server, **options)
            with database(next(tmp_path.glob("profiles/*"))) as db:
                assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                assert db.execute("DELETE FROM columns").rowcount == 4
            by_bodies = loads(server, **options)
    check_same(by_columns, by_bodies)
    assert served > 12
