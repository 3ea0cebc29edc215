"""Work through many items in a few threads, giving each result as it arrives, and stop at once when asked to.

The threads are daemons of their own instead of an executor's: an executor, and the interpreter's end, wait for every
thread, so that Ctrl-C took as long as the longest wait for a slot, and each thread still sent its request after it.
"""

import queue
import random
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

GRACE_SECONDS = 0.2
"""How long a stop waits for what is under way: answers that arrive meanwhile are kept, later ones not waited for."""
_LOOK_EVERY = 0.2
"""Seconds for which the caller waits in one go: on Windows, Ctrl-C does not end a wait."""

_stop: ContextVar[threading.Event | None] = ContextVar("stop", default=None)


class StoppedError(Exception):
    """The work that this thread is part of was given up; nobody sees this but the thread."""


_RANDOM = random.SystemRandom()


def backoff(first: float, attempt: int) -> float:
    """Seconds to wait after a failed attempt (from 1): `first`, doubled each time, up to a quarter more or less.

    Whoever failed together does not come back together; each wait is longer than the one before.
    """
    return first * 2 ** (attempt - 1) * _RANDOM.uniform(0.75, 1.25)


def pause(seconds: float) -> None:
    """Sleep; a thread of `side_by_side` wakes as soon as its work is given up.

    Raises
    ------
    StoppedError
        When it is, also before a sleep of no length: nothing may be sent any more.
    """
    stop = _stop.get()
    if stop is None:
        if seconds > 0:
            time.sleep(seconds)
    elif stop.wait(max(0.0, seconds)):
        raise StoppedError


def side_by_side(
    work: Callable[[Item], Result], items: Iterable[Item], *, workers: int
) -> Generator[tuple[int, Result | Exception]]:
    """Yield (position, result or error) in the order of completion; an error does not stop the others.

    Only as many items are taken as the threads can work on, so that a caller who stops early has asked for little. A
    caller who may stop early closes the iterator (`contextlib.closing`): then no thread begins anything more.
    """
    todo: queue.SimpleQueue[tuple[int, Item] | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, Result | BaseException]] = queue.SimpleQueue()
    stop = threading.Event()
    threads: list[threading.Thread] = []
    coming, running = enumerate(items), 0
    try:
        while True:
            for position, item in coming:
                todo.put((position, item))
                running += 1
                if len(threads) < min(workers, running):
                    threads.append(_start(work, todo, done=done, stop=stop))
                if running >= 2 * workers:
                    break
            if not running:
                return
            position, outcome = _next_of(done)
            running -= 1
            if isinstance(outcome, BaseException) and not isinstance(outcome, Exception):
                raise outcome
            yield position, outcome
    finally:
        stop.set()
        for _ in threads:
            todo.put(None)
        end = time.monotonic() + GRACE_SECONDS
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))


def _start(work: Callable[[Any], Any], todo: Any, *, done: Any, stop: threading.Event) -> threading.Thread:
    def run() -> None:
        _stop.set(stop)
        while (taken := todo.get()) is not None and not stop.is_set():
            position, item = taken
            try:
                outcome = work(item)
            except BaseException as error:  # noqa: BLE001 it is the caller's: `side_by_side` yields or raises it
                outcome = error
            done.put((position, outcome))

    # in the caller's context: who listens to the caller's warnings hears those of its threads
    thread = threading.Thread(target=copy_context().run, args=(run,), name="shortimize", daemon=True)
    thread.start()
    return thread


def _next_of(done: Any) -> Any:
    while True:
        try:
            return done.get(timeout=_LOOK_EVERY)
        except queue.Empty:
            continue
