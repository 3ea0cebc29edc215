"""Summaries use one thread of the BLAS libraries, and leave the caller's setting as it was."""

import os
import subprocess
import sys

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from shortimize_analytics.analysis.base.one_thread import on_one_thread


def threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_one_thread_inside_and_the_caller_s_number_after_also_after_an_error():
    @on_one_thread
    def work(fail):
        """Say how many."""
        assert threads() == {1}
        if fail:
            raise ValueError("no")
        return "done"

    with threadpool_limits(limits=2, user_api="blas"):
        assert work(fail=False) == "done"
        assert threads() == {2}
        with pytest.raises(ValueError, match="no"):
            work(fail=True)
        assert threads() == {2}
    assert work.__doc__ == "Say how many."


SIDE_BY_SIDE = """
from threading import Event, Thread

import numpy
from threadpoolctl import threadpool_info

from shortimize_analytics.analysis.base.one_thread import on_one_thread


@on_one_thread
def work(here, go):
    here.set()
    go.wait(20)


pairs = [(Event(), Event()) for _ in range(2)]
both = [Thread(target=work, args=pair) for pair in pairs]
for each, (here, _) in zip(both, pairs):
    each.start()
    here.wait(20)
print([library["num_threads"] for library in threadpool_info()])
for each, (_, go) in zip(both, pairs):
    go.set()
    each.join()
print([library["num_threads"] for library in threadpool_info()])
"""


def test_two_that_run_side_by_side_leave_the_number_as_the_first_found_it():
    ran = subprocess.run(
        [sys.executable, "-c", SIDE_BY_SIDE],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout == "[1]\n[2]\n"
