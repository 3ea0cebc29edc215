"""Once: claims that live and die, two processes, kills at every point, clocks set back, and disks that refuse."""

import datetime as dt
import multiprocessing
import os
import random
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from delivery_runs import hold, message, run
from messages import GOOD, channels, report
from stand_ins import CUT, stand_in

from shortimize_analytics.delivery import ledger as ledgers
from shortimize_analytics.delivery.ledger import Ledger, digest
from shortimize_analytics.delivery.sending import check_outcomes, deliver
from shortimize_analytics.errors import ArchiveError, DeliveryError, LocalFileError

KEYS, KILLS = 25, 72
NOW = dt.datetime(2026, 11, 23, 7, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr("shortimize_analytics.delivery.attempts.FIRST_PAUSE_SECONDS", 0.001)


def webhook(server):
    return channels(server.url)["webhook"]


def test_a_second_run_sends_nothing_and_says_when_it_was_sent(tmp_path):
    with stand_in(GOOD["webhook"]) as server, Ledger(tmp_path / "p") as ledger:
        (first,) = deliver(report(tmp_path), webhook(server), ledger=ledger)
        (second,) = deliver(report(tmp_path), webhook(server), ledger=ledger)
    assert len(server.asked) == 1
    assert (first.state, second.state) == ("sent", "already sent")
    assert str(second) == f"channel team: was sent {first.at:%Y-%m-%d %H:%M} UTC; nothing is sent twice"
    check_outcomes([first, second])


def test_it_is_sent_again_on_request_under_another_name(tmp_path):
    with stand_in(GOOD["webhook"]) as server, Ledger(tmp_path / "p") as ledger:
        for repeat in (False, True):
            deliver(report(tmp_path), webhook(server), ledger=ledger, repeat=repeat)
    names = [asked.headers["Idempotency-Key"] for asked in server.asked]
    assert len(set(names)) == 2


def test_what_failed_is_sent_by_the_next_run_and_only_that(tmp_path):
    with stand_in((404, b"gone")) as broken, stand_in(GOOD["webhook"]) as server, Ledger(tmp_path / "p") as ledger:
        (first,) = deliver(report(tmp_path), webhook(broken), ledger=ledger)
        with pytest.raises(DeliveryError, match=r"channel team: .* \(404\): gone.*The next run sends what is missing"):
            check_outcomes([first])
        (second,) = deliver(report(tmp_path), webhook(server), ledger=ledger)
    assert (second.state, second.again) == ("sent", False)
    assert server.bodies[0]["sent_again"] is False


def test_what_was_unclear_is_sent_again_under_the_same_name_and_says_so(tmp_path):
    with stand_in(CUT) as broken, stand_in(GOOD["webhook"]) as server, Ledger(tmp_path / "p") as ledger:
        assert deliver(report(tmp_path), webhook(broken), ledger=ledger)[0].state == "unclear"
        (second,) = deliver(report(tmp_path), webhook(server), ledger=ledger)
    assert (second.state, second.again) == ("sent", True)
    assert {asked.headers["Idempotency-Key"] for asked in broken.asked + server.asked} == {
        server.asked[0].headers["Idempotency-Key"]
    }
    assert server.bodies[0]["warnings"][0].startswith("Sent again: the last run was cut off")


def spawn(target, *arguments):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["shortimize_analytics.delivery.sending", "shortimize_analytics.delivery.webhook"])
    process = context.Process(target=target, args=arguments)
    process.start()
    return process


def test_a_claim_of_a_living_run_is_left_alone_and_a_dead_ones_is_sent(tmp_path):
    until = tmp_path / "until"
    owner = spawn(hold, str(tmp_path / "p"), [1], str(tmp_path / "ready"), str(until))
    while not (tmp_path / "ready").exists():
        assert owner.is_alive()
        time.sleep(0.01)
    with stand_in(GOOD["webhook"]) as server, Ledger(tmp_path / "p") as ledger:
        (busy,) = deliver(message(1), webhook(server), ledger=ledger)
        assert (busy.state, server.asked) == ("busy", [])
        os.kill(owner.pid, signal.SIGKILL)
        owner.join()
        (sent,) = deliver(message(1), webhook(server), ledger=ledger)
    assert (sent.state, sent.again) == ("sent", True)
    assert list((tmp_path / "p").glob(".sending-*")) == []


class Killer:
    """A server that kills who talks to it: before it took the message, before it answered, or after."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.arrived = []
        self.kills = Counter()
        self.lock = threading.Lock()

    def __call__(self, asked):
        pid = int(asked.path.rpartition("/")[2])
        with self.lock:
            when = self.random.choices(["never", "on the way", "before the answer", "before the mark"], [8, 4, 4, 4])[0]
            if sum(self.kills.values()) >= KILLS:
                when = "never"
            if when == "on the way":
                self.kill(pid, when)
                return CUT
            self.arrived.append((asked.json["key"], asked.json["sent_again"], asked.headers["Idempotency-Key"]))
            if when == "before the answer":
                self.kill(pid, when)
                return CUT
            if when == "before the mark":
                threading.Timer(self.random.uniform(0, 0.004), self.kill, (pid, when)).start()
        return 204, b""

    def kill(self, pid, when):
        try:
            os.kill(pid, signal.SIGKILL)
            self.kills[when] += 1
        except ProcessLookupError:
            pass


def test_kills_at_every_point_lose_nothing_and_every_second_copy_says_so(tmp_path, capsys):
    killer = Killer(17)
    rounds = 0
    numbers = list(range(KEYS))
    told = 0
    with stand_in(killer) as server:
        while told < len(numbers) or sum(killer.kills.values()) < KILLS:
            rounds += 1
            if told >= len(numbers):  # more to tell, until there were enough kills
                numbers += range(len(numbers), len(numbers) + KEYS)
            pair = [spawn(run, str(tmp_path), server.url, numbers) for _ in range(2)]
            for process in pair:
                process.join()
            with Ledger(tmp_path) as ledger:
                told = len({entry.key for entry in ledger.entries() if entry.state == "sent"})
            assert rounds < 400
        with stand_in((204, b"")) as last:
            run(str(tmp_path), last.url, numbers)
    copies = Counter(key for key, *_ in killer.arrived)
    lost = [number for number in numbers if message(number).key not in copies]
    again = Counter(key for key, marked, _ in killer.arrived if marked)
    second = sum(count - 1 for count in copies.values())
    unmarked = sum(count - again[key] > 1 for key, count in copies.items())
    names = {key: {name for other, _, name in killer.arrived if other == key} for key in copies}
    with capsys.disabled():
        print(  # noqa: T201 the figures are the point
            f"\nonce: keys={len(numbers)} processes=2 kills={sum(killer.kills.values())} {dict(killer.kills)} "
            f"lost={len(lost)} second copies={second} unmarked={unmarked} rounds={rounds}",
            file=sys.stderr,
        )
    assert sum(killer.kills.values()) >= KILLS
    assert set(killer.kills) == {"on the way", "before the answer", "before the mark"}
    assert (lost, unmarked) == ([], 0)
    assert all(len(each) == 1 for each in names.values())
    assert last.asked == []
    assert list(tmp_path.glob(".sending-*")) == []


def test_two_runs_side_by_side_send_one_copy(tmp_path):
    with stand_in((204, b"")) as server:
        pair = [spawn(run, str(tmp_path), server.url, range(20)) for _ in range(2)]
        for process in pair:
            process.join()
    assert Counter(body["key"] for body in server.bodies) == {message(number).key: 1 for number in range(20)}


def test_a_clock_that_was_set_back_sends_nothing_twice(tmp_path, monkeypatch):
    with stand_in(GOOD["webhook"]) as server, Ledger(tmp_path / "p") as ledger:
        deliver(report(tmp_path), webhook(server), ledger=ledger)
        monkeypatch.setattr(
            "shortimize_analytics.delivery.sending.real_clock", lambda: dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        )
        (second,) = deliver(report(tmp_path), webhook(server), ledger=ledger)
    assert (second.state, len(server.asked)) == ("already sent", 1)


def test_the_ledger_holds_no_address_and_no_secret(tmp_path):
    with stand_in(GOOD["webhook"]) as server, Ledger(tmp_path / "p") as ledger:
        deliver(report(tmp_path), webhook(server), ledger=ledger)
        claims = ledger.claim(["k"], channel="mail", recipient="Ann@Example.org", at=NOW)
        ledger.mark(claims[0], "sent", at=NOW)
        assert ledger.state("k", channel="mail", recipient="ann@example.org ")[0] == "sent"
    content = (tmp_path / "p" / ledgers.FILE).read_bytes()
    for shown in (b"example.org", b"signing-secret", b"x9-never-shown"):
        assert shown not in content.lower()
    assert digest("").encode() == b""


def test_a_new_ledger_says_that_it_cannot_know(tmp_path):
    with Ledger(tmp_path) as ledger:
        assert ledger.is_new
    with Ledger(tmp_path) as ledger:
        assert not ledger.is_new


def test_a_folder_that_cannot_be_written_sends_nothing():
    with (
        pytest.raises(ArchiveError, match="without a record of what was sent nothing is sent"),
        Ledger(Path("/proc/x")),
    ):
        pass


def test_a_ledger_that_is_no_database_sends_nothing(tmp_path):
    (tmp_path / ledgers.FILE).write_bytes(b"not a database" * 1000)
    with stand_in(GOOD["webhook"]) as server:
        with pytest.raises(ArchiveError, match="nothing is sent"), Ledger(tmp_path) as ledger:
            deliver(report(tmp_path), webhook(server), ledger=ledger)
        assert server.asked == []
    assert list(tmp_path.glob(".sending-*")) == []


def test_a_full_disk_sends_nothing(tmp_path):
    with Ledger(tmp_path / "p") as ledger, stand_in(GOOD["webhook"]) as server:
        pages = ledger.rows("PRAGMA page_count")[0][0]
        ledger.rows(f"PRAGMA max_page_count={pages}")
        long = report(tmp_path, subject="long " * 20_000)
        with pytest.raises(ArchiveError, match="full"):
            deliver(long, webhook(server), ledger=ledger)
        assert server.asked == []


def test_a_pdf_that_was_changed_or_is_gone_is_not_sent_and_claims_nothing(tmp_path):
    message_ = report(tmp_path)
    with stand_in(GOOD["webhook"]) as server, Ledger(tmp_path / "p") as ledger:
        (tmp_path / "weekly.pdf").write_bytes(b"%PDF other")
        with pytest.raises(LocalFileError, match="was changed after it was written"):
            deliver(message_, webhook(server), ledger=ledger)
        (tmp_path / "weekly.pdf").unlink()
        with pytest.raises(LocalFileError, match="cannot be read"):
            deliver(message_, webhook(server), ledger=ledger)
        assert (server.asked, ledger.entries()) == ([], [])


def test_every_commit_is_on_disk(tmp_path):
    """FULL is 2, and a journal of its own file rather than a WAL: https://www.sqlite.org/pragma.html#pragma_synchronous"""
    with Ledger(tmp_path) as ledger:
        assert ledger.rows("PRAGMA synchronous") == [(2,)]
        assert ledger.rows("PRAGMA journal_mode") == [("delete",)]
        assert sqlite3.connect(tmp_path / ledgers.FILE).execute("SELECT count(*) FROM deliveries").fetchone() == (0,)
