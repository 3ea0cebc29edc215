"""Summaries use one thread of the BLAS libraries, and leave the caller's setting as it was."""

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
