"""Ctrl-C in processes of their own: it ends within a second, nothing is sent after it, and what arrived is kept."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from organisations import AS_OF, KEY, connect, load_both, small_organisation

from shortimize_analytics.client import contract
from shortimize_analytics.client.parallel import StoppedError, pause, side_by_side
from shortimize_analytics.simulator import Service, serve

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="SIGINT to another process is POSIX"),
    pytest.mark.usefixtures("now"),
]

COMMAND = [sys.executable, "-m", "shortimize_analytics"]
PATIENCE = 3.0
"""A second is promised, and a quarter of one measured; the rest is for a machine with other tests to run. What ended
late ended after 45 s: the wait for a slot, or for the answers under way."""
PACE = contract.TIERS["premium"]["history"]


@contextmanager
def command(*arguments, url=""):
    environment = {"SHORTIMIZE_API_KEY": KEY, "SHORTIMIZE_NOW": AS_OF.isoformat(), "SHORTIMIZE_BASE_URL": url}
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(condition, process):
    while not condition():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


def interrupt(process):
    """Send Ctrl-C; return how long the end took and what was said."""
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    return time.monotonic() - began, said


def test_ctrl_c_while_threads_wait_for_their_turn_sends_nothing_more(capsys):
    """300 histories at the premium pace: 120 leave at once, and 24 threads wait a minute for the next slots."""
    with serve(Service(small_organisation(300, days=2), limit_requests=False)) as server:
        with command("history", "--quiet", "--tier", "premium", url=server.base_url) as process:
            wait_for(lambda: len(server.log) == PACE + 1, process)
            took, said = interrupt(process)
        assert len(server.log) == PACE + 1
        assert process.returncode == 130
        assert said == "shortimize: interrupted; what was loaded so far is kept\n"
        server.log.clear()
        with connect(server) as client:
            _, history = load_both(client)
        assert history["ad_id"].nunique() == 300
        assert len(server.log) == 300 - PACE  # the list and what had arrived are in the cache
    with capsys.disabled():
        print(f"\nCtrl-C with 24 threads waiting: {took:.2f} s", file=sys.stderr)  # noqa: T201
    assert took < PATIENCE


def test_ctrl_c_while_answers_are_under_way_does_not_wait_for_them(capsys):
    """Each answer takes a minute: those under way were sent before, and nothing follows them."""
    organisation = small_organisation(300, days=2)
    service = Slow(organisation)
    with serve(service) as server:
        with command("history", "--quiet", "--tier", "unlimited", url=server.base_url) as process:
            wait_for(lambda: service.held == 24, process)
            took, said = interrupt(process)
        assert (process.returncode, service.held) == (130, 24)
        service.go_on.set()
    assert said == "shortimize: interrupted; what was loaded so far is kept\n"
    with capsys.disabled():
        print(f"\nCtrl-C with 24 answers under way: {took:.2f} s", file=sys.stderr)  # noqa: T201
    assert took < PATIENCE


class Slow(Service):
    """Histories come only when the test says so."""

    def __init__(self, organisation):
        super().__init__(organisation, limit_requests=False)
        self.go_on = threading.Event()
        self.held = 0

    def handle(self, method, path, **rest):
        if path.endswith("/history"):
            with self._lock:
                self.held += 1
            self.go_on.wait()
        return super().handle(method, path, **rest)


def test_ctrl_c_while_the_one_request_of_a_page_is_slow():
    with serve(Service(small_organisation(3), limit_requests=False, latency=20.0)) as server:
        arrived = threading.Event()
        server.service._monotonic, answer = time.monotonic, server.service.handle
        server.service.handle = lambda *given, **named: arrived.set() or answer(*given, **named)
        with command("videos", "--quiet", "--tier", "unlimited", url=server.base_url) as process:
            wait_for(arrived.is_set, process)
            took, said = interrupt(process)
        assert process.returncode == 130
        assert said == "shortimize: interrupted; what was loaded so far is kept\n"
        assert took < PATIENCE


def test_a_thread_whose_work_was_given_up_wakes_and_begins_nothing_more():
    begun, woken = [], []

    def work(item):
        begun.append(item)
        if item:
            try:
                pause(3600)
            except StoppedError:
                woken.append(item)
                raise
        return item

    results = side_by_side(work, range(9), workers=3)
    assert next(results) == (0, 0)
    results.close()
    assert sorted(woken) == sorted(set(begun) - {0})
    assert len(begun) <= 4


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_in_a_thread_ends_it_outside_too(error):
    def work(_):
        raise error

    with pytest.raises(error):
        list(side_by_side(work, [1, 2, 3], workers=2))
