"""Drawings in several threads: a browser's in one, a notebook's cell in another."""

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import matplotlib as mpl
import pytest
from plot_frames import outliers
from plot_rows import movers

from shortimize_analytics import plots
from shortimize_analytics.explorer.chart import picture
from shortimize_analytics.plots.theme import style

TIMES = 6


@pytest.fixture
def restless():
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
def test_two_threads_draw_what_one_draws_and_leave_the_settings_as_they_were():
    scores, gains = outliers(8), movers([70, 50, 30, 10])
    draws = [lambda ax: plots.plot_outliers(scores, ax=ax), lambda ax: plots.plot_movers(gains, ax=ax)]
    alone = [picture(draw).png for draw in draws]
    before = dict(mpl.rcParams)
    together = threading.Barrier(2)

    def work(draw):
        together.wait(30)
        return {picture(draw).png for _ in range(TIMES)}

    with ThreadPoolExecutor(2) as threads:
        drawn = list(threads.map(work, draws))
    assert drawn == [{one} for one in alone]
    assert dict(mpl.rcParams) == before


def test_a_block_waits_for_that_of_another_thread_and_not_for_its_own():
    began, go_on, seen = threading.Event(), threading.Event(), []

    def first():
        with style(), style():
            began.set()
            go_on.wait(30)
            seen.append("first")

    def second():
        with style():
            seen.append("second")

    threads = [threading.Thread(target=one) for one in (first, second)]
    threads[0].start()
    began.wait(30)
    threads[1].start()
    threads[1].join(0.2)
    assert seen == []
    go_on.set()
    for one in threads:
        one.join(30)
    assert seen == ["first", "second"]


def test_a_drawing_that_fails_lets_the_next_one_begin():
    with pytest.raises(ZeroDivisionError), style():
        1 / 0  # noqa: B018
    other = threading.Thread(target=lambda: picture(lambda ax: ax.plot([1, 2])))
    other.start()
    other.join(30)
    assert not other.is_alive()


def test_what_a_block_asks_for_later_is_drawn_in_the_style_too():
    async def run():
        seen = []

        def later():
            with style():
                seen.append(mpl.rcParams["axes.spines.top"])

        with style():
            asyncio.get_running_loop().call_later(0, later)
        while not seen:
            await asyncio.sleep(0)
        return seen

    assert mpl.rcParams["axes.spines.top"]
    assert asyncio.run(run()) == [False]
