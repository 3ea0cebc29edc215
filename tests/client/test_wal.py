"""Processes that begin at the same moment with files that none of them has made yet."""

import multiprocessing

from requests_cache import SQLiteCache

from shortimize_analytics.client.cache import open_session
from shortimize_analytics.client.limiter import Limiter

PROCESSES, ROUNDS = 4, 50


def begin(folder, together):
    """Open a fresh pace and a fresh cache in each round, all processes at once; fail if one is refused."""
    for number in range(ROUNDS):
        together.wait(60)
        Limiter(folder / f"pace{number}.sqlite", tier="premium").close()
        together.wait(60)
        with open_session(folder / f"cache{number}.sqlite") as session:
            assert isinstance(session.cache, SQLiteCache)


def test_processes_that_begin_together_share_the_pace_and_the_cache(tmp_path):
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(PROCESSES)
    workers = [context.Process(target=begin, args=(tmp_path, together)) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
