"""Three processes load the same 300 histories and are killed again and again; in the end every value is the server's.

The server's last days change with every request, as the vendor's do, until it stands still. From then on one process
asks for everything once more, and another, which asked before, writes last of all: a value that was asked for
earlier must not replace one that was asked for later, whoever writes last.
"""

import multiprocessing
import os
import sys
import threading
import time
import warnings
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from organisations import AS_OF, KEY, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.client.connection import WORKERS, Client
from shortimize_analytics.client.settings import resolve
from shortimize_analytics.loading import history
from shortimize_analytics.simulator import Service, serve
from shortimize_analytics.store.history_archive import HistoryArchive

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")

VIDEOS, DAYS, MOVING = 300, 60, 3
KILLS = 4
"""Per process and phase."""


class Restless(Service):
    """A service whose last days grow with every request for a history, until it is told to stand still."""

    def __init__(self, organisation):
        super().__init__(organisation, limit_requests=False)
        self.still = False
        self._moving = threading.Lock()

    def handle(self, method, path, **rest):
        with self._moving:
            if path.endswith("/history") and not self.still:
                span = self.organisation.series[path.split("/")[2]]
                self.organisation.history_columns["views"][span.stop - MOVING : span.stop] += 1
        return super().handle(method, path, **rest)

    def stand_still(self):
        with self._moving:
            self.still = True


def load(url, folder, started, refresh, hold):
    """Load everything, in a process of its own, by a clock that all of them share."""
    history.BATCH = 25  # many small writes: many moments to be killed in
    if hold:
        history.BATCH = VIDEOS
        store = history._store
        history._store = lambda *given, **named: _wait_for(Path(hold)) or store(*given, **named)
    settings = resolve(KEY, base_url=url, tier="unlimited", data_dir=folder, refresh=refresh)
    with (
        warnings.catch_warnings(action="ignore"),
        Client(settings, clock=lambda: AS_OF + timedelta(seconds=time.time() - started)) as client,
    ):
        sa.load_history(client, sa.load_videos(client))


def _wait_for(path):
    while not path.exists():
        time.sleep(0.02)


class Storm:
    """Run loads side by side and kill them at moments that a seed decides."""

    def __init__(self, server, folder):
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(
            ["pyarrow.parquet", "requests_cache", "shortimize_analytics.loading.history"]
        )
        self._arguments = (server.base_url, str(folder), time.time())
        self.kills = 0
        self.failed = []

    def start(self, *, refresh, hold=""):
        process = self._context.Process(target=load, args=(*self._arguments, refresh, str(hold)))
        process.start()
        return process

    def until_done(self, seed, *, refresh, kills):
        """Start a load, kill it `kills` times at most, and start it again until one run ends by itself."""
        random = np.random.default_rng(seed)
        for turn in range(kills + 1):
            process = self.start(refresh=refresh)
            process.join(random.uniform(0.2, 1.6) if turn < kills else 60)
            if process.exitcode is None:
                process.kill()
                process.join()
                self.kills += 1
            elif process.exitcode == 0:
                return
            else:
                self.failed.append(process.exitcode)

    def blow(self, seeds, *, refresh, kills):
        threads = [
            threading.Thread(target=self.until_done, args=(seed,), kwargs={"refresh": refresh, "kills": kills})
            for seed in seeds
        ]
        for thread in threads:
            thread.start()
        return threads


def differences(organisation, archive):
    """Count the values of the archive that are not the server's, and those that it lacks."""
    columns = organisation.history_columns
    truth = {
        (ad_id, day): views
        for ad_id, span in organisation.series.items()
        for day, views in zip(columns["date"][span], columns["views"][span], strict=True)
    }
    rows = archive.read()
    days = rows["date"].to_numpy().astype("datetime64[D]")
    found = dict(zip(zip(rows["ad_id"], days, strict=True), rows["views"], strict=True))
    assert len(found) == len(rows)
    wrong = sum(truth.get(key) != value for key, value in found.items())
    return wrong, len(truth.keys() - found.keys())


def test_no_value_is_wrong_or_missing_after_random_kills(tmp_path, capsys):
    organisation = small_organisation(VIDEOS, days=DAYS, uploaded_at=pd.Timestamp("2026-09-01"))
    service = Restless(organisation)
    began = time.monotonic()
    with serve(service) as server:
        storm = Storm(server, tmp_path)
        for thread in storm.blow((1, 2, 3), refresh=False, kills=KILLS):
            thread.join()
        folder = next(tmp_path.glob("profiles/*"))
        archive = HistoryArchive(folder / "archive")
        resumed = sum(entry.path.endswith("/history") for entry in server.log)
        missing_after_resuming = differences(organisation, archive)[1]
        slow = storm.start(refresh=True, hold=tmp_path / "write")
        while sum(entry.path.endswith("/history") for entry in server.log) < resumed + VIDEOS and slow.is_alive():
            time.sleep(0.02)
        others = storm.blow((4, 5), refresh=True, kills=KILLS)
        time.sleep(1.0)
        service.stand_still()
        late = storm.start(refresh=True)
        for waiting in (late, *others):
            waiting.join()
        (tmp_path / "write").touch()
        slow.join()
        requests = sum(entry.path.endswith("/history") for entry in server.log)
    wrong, missing = differences(organisation, archive)
    left = sa.verify_archive(data_dir=tmp_path, profile=f"profiles/{folder.name}")
    with capsys.disabled():
        print(  # noqa: T201 the figures are the point; stderr, because xdist shows it
            f"\nkilled: kills={storm.kills} requests={requests} ({resumed} before the refresh) wrong={wrong} "
            f"missing={missing} of {VIDEOS * DAYS} values, {time.monotonic() - began:.0f} s",
            file=sys.stderr,
        )
    assert (wrong, missing, missing_after_resuming) == (0, 0, 0)
    assert (slow.exitcode, late.exitcode, storm.failed) == (0, 0, [])
    assert storm.kills >= KILLS
    # what a killed run had fetched is in the cache: only requests in flight, one a worker, are made again
    assert resumed <= 3 * VIDEOS + WORKERS * storm.kills
    assert set(left["problem"]) <= {"left over from a run that was killed while writing"}
