"""The pace over real sockets, against a server that limits exactly: no refusal, and the whole pace is used.

The vendor's minute is scaled to a window of `WINDOW` seconds on both sides, and latency with it. The margin is the real
one: it is for a machine and a network that hold one request up longer than the next, which no shorter window hastens.
"""

import os
import sqlite3
import subprocess
import sys
import textwrap
from datetime import timedelta

import pandas as pd
import pytest
from organisations import AS_OF, KEY, connect, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.client import contract, limiter
from shortimize_analytics.client.answers import Answer, Call
from shortimize_analytics.loading import history
from shortimize_analytics.loading.tally import Tally
from shortimize_analytics.simulator import Service, serve
from shortimize_analytics.store.history_archive import HistoryArchive

WINDOW = 8.0
MARGIN = limiter.MARGIN_SECONDS
LATENCY = 0.8 * WINDOW / 60
PACE = contract.TIERS["premium"]["history"]
PROCESSES, WINDOWS = 3, 3
WORKER = """
    import sys
    import shortimize_analytics as sa
    from shortimize_analytics.client import contract, limiter
    from shortimize_analytics.client.answers import Call
    limiter.WINDOW_SECONDS, limiter.MARGIN_SECONDS = float(sys.argv[1]), float(sys.argv[2])
    low, high = int(sys.argv[4]), int(sys.argv[5])
    calls = [Call(contract.GET_HISTORY, {"ad_id": f"id-{number:03d}"}) for number in range(low, high)]
    with sa.connect("%s", base_url=sys.argv[3]) as client:
        for _, answer in client.get_many(calls):
            assert not isinstance(answer, Exception), answer
"""


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """Let the client's clock stand where the organisation's does."""
    monkeypatch.setenv("SHORTIMIZE_NOW", AS_OF.isoformat())


def ask_in_processes(server, count):
    """Let processes of eight threads each ask for a share of the histories."""
    share = count // PROCESSES
    command = [sys.executable, "-c", textwrap.dedent(WORKER % KEY), str(WINDOW), str(MARGIN), server.base_url]
    workers = [
        subprocess.Popen([*command, str(share * number), str(share * (number + 1))], env=os.environ.copy())
        for number in range(PROCESSES)
    ]
    assert [worker.wait() for worker in workers] == [0] * PROCESSES


def test_threads_and_processes_together_keep_the_pace_and_use_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("shortimize_analytics.simulator.service.WINDOW_SECONDS", WINDOW)
    count = PACE * WINDOWS
    organisation = small_organisation(count, days=2)
    floor = (WINDOWS - 1) * (WINDOW + MARGIN)
    with serve(Service(organisation, latency=LATENCY)) as server:
        ask_in_processes(server, count)
        served = sorted(entry.at for entry in server.log)
        refused = sum(entry.status == 429 for entry in server.log)
        ask_in_processes(server, count)  # all from the cache now
        asked_twice = len(server.log) - len(served)
    (pace,) = tmp_path.glob("data/profiles/*/pace.sqlite")
    with sqlite3.connect(pace) as db:
        slots = [at for (at,) in db.execute("SELECT at FROM slots ORDER BY at")]
    ratio = (served[-1] - served[0]) / floor
    with capsys.disabled():
        print(  # noqa: T201 the figures are the point; stderr, because xdist shows it
            f"\nlimits: {count} requests at {PACE} per window by {PROCESSES} processes of 8 threads, 429s={refused}, "
            f"{ratio:.3f} of the floor with the margin",
            file=sys.stderr,
        )
    assert len(served) == count
    assert refused == 0
    assert asked_twice == 0
    # how close it comes to the floor is printed, and measured by `make bench`: a clock proves nothing on a busy machine
    assert all(late - early >= WINDOW for early, late in zip(slots, slots[PACE:], strict=False))


LOADER = """
    import sys
    import shortimize_analytics as sa
    with sa.connect("%s", base_url=sys.argv[1], tier="unlimited") as client:
        assert sa.load_history(client, sa.load_videos(client))["ad_id"].nunique() == 300
"""


def test_processes_that_load_the_same_at_once_share_the_requests():
    """Each asks in an order of its own; only what two have under way at the same moment is asked for twice."""
    command = [sys.executable, "-c", textwrap.dedent(LOADER % KEY)]
    with serve(Service(small_organisation(300, days=2), limit_requests=False, latency=0.05)) as server:
        loads = [subprocess.Popen([*command, server.base_url], env=os.environ.copy()) for _ in range(2)]
        assert [load.wait() for load in loads] == [0, 0]
        asked = sum(entry.path.endswith("/history") for entry in server.log)
    assert 300 <= asked < 450


@pytest.mark.parametrize("tier", ["limited", "basic"])
def test_a_plan_found_out_from_the_headers_is_kept_to_by_all(simulator, monkeypatch, tier):
    """Nobody said which plan it is: after one answer the pace is the plan's, and nothing is ever refused."""
    monkeypatch.setattr("shortimize_analytics.simulator.service.WINDOW_SECONDS", 1.0)
    monkeypatch.setattr("shortimize_analytics.client.limiter.WINDOW_SECONDS", 1.0)
    monkeypatch.setattr("shortimize_analytics.client.limiter.MARGIN_SECONDS", 0.1)
    pace = contract.TIERS[tier]["read"]
    with (
        simulator(organisation=small_organisation(3 * pace), tier=tier, limit_requests=True) as server,
        connect(server, tier="auto") as client,
    ):
        client.get(Call(contract.LIST_COLLECTIONS))
        assert client.tier == tier
        for number in range(2 * pace):
            client.get(Call(contract.GET_VIDEO, {"ad_id": f"id-{number:03d}"}))
        assert {entry.status for entry in server.log} == {200}
        assert len(server.log) == 2 * pace + 1


def test_a_refresh_of_2000_videos_of_which_50_moved_sends_51_requests(simulator, monkeypatch, capsys):
    organisation = small_organisation(2000, days=3, uploaded_at=pd.Timestamp("2026-11-21"))
    service = Service(organisation, limit_requests=False)
    with serve(service) as server, connect(server) as client:
        videos = sa.load_videos(client)
        _fill_archive(client, service, videos=videos)
        server.log.clear()
        history_of_all = sa.load_history(client, videos)
        assert not server.log
        assert len(history_of_all) == 2000 * 3
        later = AS_OF + timedelta(days=1)
        monkeypatch.setenv("SHORTIMIZE_NOW", later.isoformat())
        moved = service.store.frame.index[::40]
        service.store.frame.loc[moved, "latest_updated_at"] = pd.Timestamp(later)
        service.store._refresh(moved.to_numpy())
        with connect(server) as second:
            loaded = sa.load_history(second, sa.load_videos(second))
        pages = sum(entry.path == "/videos" for entry in server.log)
        asked = sum(entry.path.endswith("/history") for entry in server.log)
    with capsys.disabled():
        print(  # noqa: T201
            f"\nrefresh of 2,000 histories of which 50 moved: {pages} page + {asked} history requests", file=sys.stderr
        )
    assert (pages, asked, len(server.log)) == (1, 50, 51)
    assert loaded.attrs["quality"]["skipped_unchanged"] == 1950
    assert len(loaded) == 2000 * 3


def _fill_archive(client, service, *, videos):
    """Store the histories as a load does, but without 2,000 sockets."""
    low, high = pd.Timestamp("2026-11-21"), pd.Timestamp(AS_OF.date())
    batch = []
    for ad_id, updated in zip(videos["ad_id"], videos["latest_updated_at"], strict=True):
        reply = service.handle(
            "GET",
            f"/videos/{ad_id}/history",
            query="start_date=2026-11-21",
            headers={"Authorization": f"Bearer {KEY}"},
        )
        batch.append(((ad_id, None, low, high, updated), Answer(reply.body, AS_OF, from_cache=False)))
    history._store(HistoryArchive(client.storage / "archive"), batch, tally=Tally(), tier="premium")
