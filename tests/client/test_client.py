"""The client over real sockets: cached, paced, tried again where that is safe, typed errors, and the key nowhere."""

import json
import logging
import os
import sqlite3
import subprocess
import sys
import threading
import warnings

import pytest
import requests
from canned_server import canned

import shortimize_analytics as sa
from shortimize_analytics.client import contract
from shortimize_analytics.client.answers import Call
from shortimize_analytics.client.limiter import Limiter
from shortimize_analytics.errors import (
    ApiError,
    AuthenticationError,
    ConfigError,
    ConnectionFailedError,
    FreshnessWarning,
    NotFoundError,
    OfflineError,
    RateLimitError,
    ResponseShapeError,
    ServerError,
)

KEY = "sk_live_9f8e7d6c5b4a39281706"
COLLECTIONS = Call(contract.LIST_COLLECTIONS)


@pytest.fixture
def quick(monkeypatch):
    """Wait milliseconds between tries: what is tried again is under test, not how long it waits."""
    monkeypatch.setattr("shortimize_analytics.client.transport.BACKOFF_SECONDS", 0.001)


def connect(server, **options):
    return sa.connect(**({"api_key": KEY, "base_url": server.base_url, "tier": "unlimited"} | options))


def test_a_second_read_costs_no_request_in_this_process_or_the_next(simulator):
    with simulator() as server:
        with connect(server) as client:
            first = client.get(COLLECTIONS)
            again = client.get(COLLECTIONS)
            assert (first.from_cache, again.from_cache) == (False, True)
            assert first.body == again.body
            assert first.sent_at == again.sent_at
        with connect(server) as client:
            assert client.get(COLLECTIONS).from_cache
        assert len(server.log) == 1


def test_refresh_really_asks_again(simulator):
    with simulator() as server:
        with connect(server) as client:
            client.get(COLLECTIONS)
        with connect(server, refresh=True) as client:
            assert not client.get(COLLECTIONS).from_cache
        assert len(server.log) == 2


def test_an_answer_older_than_the_vendors_refresh_is_asked_for_again(simulator, monkeypatch):
    with simulator() as server:
        for hour, asked in (("06:00", 1), ("09:59", 1), ("10:01", 2)):
            monkeypatch.setenv("SHORTIMIZE_NOW", f"2026-11-23T{hour}:00+00:00")
            with connect(server) as client:
                client.get(COLLECTIONS)
            assert len(server.log) == asked


def test_an_answer_from_the_future_is_not_fresh(simulator, monkeypatch):
    """A clock that was a year ahead for one run must not keep a year of loads from asking."""
    monkeypatch.setenv("SHORTIMIZE_NOW", "2027-11-23T06:00:00+00:00")
    with simulator() as server:
        with connect(server) as client:
            client.get(COLLECTIONS)
        monkeypatch.setenv("SHORTIMIZE_NOW", "2026-11-23T06:00:00+00:00")
        with (
            connect(server, offline=True) as client,
            pytest.warns(FreshnessWarning, match="bear a date 365 days ahead of this machine's clock"),
        ):
            client.get(COLLECTIONS)
        with connect(server) as client:
            assert not client.get(COLLECTIONS).from_cache
            assert client.get(COLLECTIONS).from_cache


def test_offline_answers_from_the_cache_and_says_how_old_it_is(simulator, monkeypatch):
    monkeypatch.setenv("SHORTIMIZE_NOW", "2026-11-20T06:00:00+00:00")
    with simulator() as server, connect(server) as client:
        body = client.get(COLLECTIONS).body
    monkeypatch.setenv("SHORTIMIZE_NOW", "2026-11-22T06:00:00+00:00")
    with connect(server, offline=True) as client:
        with pytest.warns(FreshnessWarning, match="offline: using answers that are 48 hours old"):
            assert client.get(COLLECTIONS).body == body
        with pytest.raises(OfflineError, match="never loaded"):
            client.get(Call(contract.AUTHENTICATE))


def test_a_dead_server_is_stood_in_for_by_an_old_answer_with_a_warning(simulator, monkeypatch, quick):
    monkeypatch.setenv("SHORTIMIZE_NOW", "2026-11-20T06:00:00+00:00")
    with simulator() as server, connect(server) as client:
        client.get(COLLECTIONS)
    monkeypatch.setenv("SHORTIMIZE_NOW", "2026-11-20T18:00:00+00:00")
    with connect(server) as client:
        with pytest.warns(FreshnessWarning, match="no connection to the server: using answers that are 12 hours old"):
            assert client.get(COLLECTIONS).from_cache
        with pytest.raises(ConnectionFailedError, match="Check the network"):
            client.get(Call(contract.AUTHENTICATE))


def test_another_keys_cache_is_never_read(simulator):
    with simulator() as server:
        with connect(server) as client:
            client.get(COLLECTIONS)
        with connect(server, api_key=KEY + "2", offline=True) as client, pytest.raises(OfflineError):
            client.get(COLLECTIONS)


@pytest.mark.parametrize(
    "fault", ["500:times=2", "502:times=2", "503:times=2", "429:times=2", "reset:times=2", "reset_body:times=2",
              "truncated:times=2", "empty:times=2"]
)  # fmt: skip
def test_a_passing_fault_is_survived_and_nothing_broken_is_stored(simulator, quick, fault):
    with simulator(faults=[fault]) as server, connect(server) as client:
        body = json.loads(client.get(COLLECTIONS).body)
        assert body["count"] == len(body["data"])
        assert len(server.log) == 3
        assert json.loads(client.get(COLLECTIONS).body) == body
        assert len(server.log) == 3


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("500", ServerError, "answered 500"),
        ("503", ServerError, "a web page instead of data"),
        ("429", RateLimitError, "answered 429"),
        ("truncated", ConnectionFailedError, "not complete JSON|broke off"),
        ("redirect", ApiError, "redirects elsewhere, and the key does not follow"),
        ("shape", ResponseShapeError, "has no shape that this version knows"),
    ],
)
def test_a_lasting_fault_is_a_typed_error_and_is_not_stored(simulator, quick, fault, kind, said):
    with simulator(faults=[fault]) as server, connect(server) as client:
        with pytest.raises(kind, match=said) as caught:
            client.get(COLLECTIONS)
        assert len(server.log) <= 5
        assert "/collections" in str(caught.value)
        assert KEY not in str(caught.value)
    with connect(server, offline=True) as client, pytest.raises(OfflineError):
        client.get(COLLECTIONS)


def test_a_wrong_key_is_named_as_such_and_not_tried_again(simulator):
    with simulator(api_keys={"another"}) as server, connect(server) as client:
        with pytest.raises(AuthenticationError, match="The key is wrong or revoked") as caught:
            client.get(COLLECTIONS)
        assert KEY not in str(caught.value)
        assert len(server.log) == 1


def test_an_unknown_video_is_a_not_found_error_with_the_next_step(simulator):
    with simulator() as server, connect(server) as client, pytest.raises(NotFoundError, match="tracks no such video"):
        client.get(Call(contract.GET_VIDEO, {"ad_id": "00000000-0000-0000-0000-000000000000"}))


def test_a_slow_drip_ends_at_the_timeout(simulator, quick, monkeypatch):
    monkeypatch.setenv("SHORTIMIZE_TIMEOUT", "0.3")
    with (
        simulator(faults=["drip"]) as server,
        connect(server) as client,
        pytest.raises(ConnectionFailedError, match=r"within 0\.3 s|broke off"),
    ):
        client.get(COLLECTIONS)


def test_the_key_is_in_no_file_no_log_and_no_message(simulator, tmp_path, caplog, quick):
    caplog.set_level(logging.DEBUG)
    with simulator(faults=["500:times=1"]) as server, connect(server) as client:
        client.get(COLLECTIONS)
        sa.load_videos(client, has_metrics=True, uploaded_start="2026-11-20")
        assert KEY not in repr(client) + repr(client.settings) + str(vars(client))
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
    assert KEY not in caplog.text


@pytest.mark.skipif(os.name != "posix", reason="folder modes are POSIX")
def test_the_folder_of_a_profile_is_private(simulator):
    with simulator() as server, connect(server) as client:
        assert client.storage.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_warns_once_and_works(simulator, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with simulator() as server, connect(server, data_dir=tmp_path / "file") as client:
        with pytest.warns(FreshnessWarning, match="nothing is kept for the next run"):
            client.get(COLLECTIONS)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert client.get(COLLECTIONS).from_cache


def test_a_callers_session_carries_its_proxies_and_adapter(simulator):
    session = requests.Session()
    session.verify = "/etc/ssl/own.pem"
    seen = []

    class Counting(requests.adapters.HTTPAdapter):
        def send(self, request, **kwargs):
            seen.append(kwargs["verify"])
            return super().send(request, **kwargs)

    session.mount("http://", Counting())
    with simulator() as server, connect(server, session=session) as client:
        client.get(COLLECTIONS)
    assert seen == ["/etc/ssl/own.pem"]


def test_the_proxy_and_the_certificates_of_the_environment_are_used(simulator, monkeypatch, tmp_path):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with canned((200, {"data": [], "count": 0})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base_url)
        with sa.connect(KEY, base_url="http://127.0.0.1:9", tier="unlimited") as client:
            client.get(COLLECTIONS)
        assert [path for _, path, _ in proxy.asked] == ["http://127.0.0.1:9/collections"]
    monkeypatch.delenv("http_proxy")
    bundle = tmp_path / "company.pem"
    bundle.touch()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    seen = []

    class Noting(requests.adapters.HTTPAdapter):
        def send(self, request, **kwargs):
            seen.append(kwargs["verify"])
            return super().send(request, **kwargs)

    session = requests.Session()
    session.mount("http://", Noting())
    with simulator() as server, connect(server, session=session) as client:
        client.get(COLLECTIONS)
    assert seen == [str(bundle)]


def test_a_session_that_skips_certificates_is_refused():
    session = requests.Session()
    session.verify = False
    with pytest.raises(ConfigError, match="the key could go to anyone"):
        sa.connect(KEY, session=session)


def test_a_password_in_netrc_is_not_sent_in_place_of_the_key(simulator, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password not_for_shortimize\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with simulator(api_keys={KEY}) as server, connect(server) as client:
        client.get(COLLECTIONS)
    for path in tmp_path.joinpath("data").rglob("*"):
        if path.is_file():
            assert b"not_for_shortimize" not in path.read_bytes()


def test_a_limit_in_the_headers_lowers_the_pace_once_and_for_the_next_process(simulator, caplog):
    with simulator(tier="basic", limit_requests=True) as server:
        with connect(server, tier="auto") as client:
            client.get(COLLECTIONS)
            assert client.limiter.per_minute("read") == 15
            assert client.tier == "basic"
        with connect(server, tier="auto") as client:
            assert client.limiter.per_minute("read") == 15
        with connect(server, tier="premium") as client:
            assert client.limiter.per_minute("read") == 30
    assert sum("the API allows 15 read requests a minute" in record.message for record in caplog.records) == 1


def _slots(path, family):
    with sqlite3.connect(path) as db:
        return sorted(at for (at,) in db.execute("SELECT at FROM slots WHERE family = ?", (family,)))


def test_slots_beyond_the_pace_lie_a_window_later(tmp_path, monkeypatch):
    """Eight threads reserve together; no window of a minute ever holds more than the pace."""
    monkeypatch.setattr("shortimize_analytics.client.limiter.time.sleep", lambda seconds: None)
    limiter = Limiter(tmp_path / "pace.sqlite", tier="limited")
    threads = [threading.Thread(target=lambda: [limiter.acquire("read") for _ in range(4)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slots = _slots(tmp_path / "pace.sqlite", "read")
    assert len(slots) == 32
    assert all(late - early >= 60.0 for early, late in zip(slots, slots[5:], strict=False))
    assert slots[-1] - slots[0] < 61.1 * 7
    assert limiter.acquire("history") == 0.0


def test_processes_share_one_pace(tmp_path):
    code = (
        "import sys, time; time.sleep = lambda s: None\n"
        "from shortimize_analytics.client.limiter import Limiter\n"
        "limiter = Limiter(sys.argv[1], tier='basic')\n"
        "[limiter.acquire('write') for _ in range(10)]\n"
    )
    path = tmp_path / "pace.sqlite"
    workers = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(3)]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    slots = _slots(path, "write")
    assert len(slots) == 30
    assert all(late - early >= 60.0 for early, late in zip(slots, slots[15:], strict=False))


def test_a_pause_the_server_asks_for_holds_every_caller_back(tmp_path, monkeypatch):
    monkeypatch.setattr("shortimize_analytics.client.limiter.time.sleep", lambda seconds: None)
    first, second = (Limiter(tmp_path / "pace.sqlite", tier="premium") for _ in range(2))
    first.pause("read", 30)
    assert 29 < second.acquire("read") <= 30
    assert second.acquire("write") == 0.0


def test_a_clock_that_was_set_back_does_not_block_for_hours(tmp_path):
    limiter = Limiter(tmp_path / "pace.sqlite", tier="limited")
    with sqlite3.connect(tmp_path / "pace.sqlite") as db:
        db.executemany("INSERT INTO slots VALUES ('read', ?)", [(4e9 + second,) for second in range(5)])
    assert limiter.acquire("read") == 0.0


def test_importing_the_package_writes_nothing_and_changes_no_setting(tmp_path):
    code = (
        "import sys, shortimize_analytics as sa\n"
        "assert not {'pandas', 'matplotlib', 'requests_cache', 'scipy'} & set(sys.modules), sys.modules.keys()\n"
        "import matplotlib; before = dict(matplotlib.rcParams)\n"
        "[getattr(sa, name) for name in sa.__all__]\n"
        "assert dict(matplotlib.rcParams) == before\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "MPLCONFIGDIR": str(tmp_path / "mpl")}
    subprocess.run([sys.executable, "-c", code], check=True, env=env, cwd=home)
    assert not list(home.rglob("*"))


def test_the_cache_keeps_neither_old_answers_nor_more_than_its_size(simulator, monkeypatch):
    from shortimize_analytics.client import cache

    with simulator() as server, connect(server) as client:
        client.get(COLLECTIONS)
        client.get(Call(contract.AUTHENTICATE))
        path = client.storage / "http_cache.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("UPDATE responses SET expires = 1 WHERE rowid = 1")
    cache.tidy(path)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM responses").fetchone() == (1,)
    monkeypatch.setattr(cache, "LARGEST_BYTES", 10)
    cache.tidy(path)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM responses").fetchone() == (0,)
