"""The garbage collector in a process that runs one command: what it made is gone when it ends."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS = 100_000
"""New objects between two collections. Libraries and tables make hundreds of thousands that live to the end, and at
Python's 700 they are looked through again and again: a tenth of a report's processor time."""


@contextmanager
def few_collections(*, own: bool) -> Iterator[None]:
    """Collect seldom inside a ``with`` block, and not at all behind it, if the process is the command's.

    Python collects several times on its way out, which finds memory that the system takes back anyway: half a second
    after a report. What is registered to be done at exit is done all the same.
    """
    if not own:
        yield
        return
    gc.set_threshold(OBJECTS)
    try:
        yield
    finally:
        gc.freeze()
