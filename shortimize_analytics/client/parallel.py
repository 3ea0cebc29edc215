"""Work through many items in a few threads, giving each result as it arrives."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Item], Result], items: Iterable[Item], *, workers: int
) -> Iterator[tuple[int, Result | Exception]]:
    """Yield (position, result or error) in the order of completion; an error does not stop the others.

    Only as many items are taken as the threads can work on, so that a caller who stops early has asked for little.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="shortimize") as pool:
        todo = iter(enumerate(items))
        running: dict[Future[Result], int] = {}
        try:
            while True:
                for position, item in todo:
                    running[pool.submit(work, item)] = position
                    if len(running) >= 2 * workers:
                        break
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    position = running.pop(future)
                    error = future.exception()
                    if error is not None and not isinstance(error, Exception):
                        raise error
                    yield position, future.result() if error is None else error
        finally:
            for future in running:
                future.cancel()
