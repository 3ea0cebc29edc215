"""Ctrl-C before a command has begun, and after it was heard: one line and exit code 130, within a second."""

import contextlib
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
"""128 and the signal's number, as shells count."""


@contextmanager
def interrupts_end_the_process(*, own: bool) -> Iterator[None]:
    """Let Ctrl-C end the process at once, inside a ``with`` block that only imports, if the process is the command's.

    An exception would be lost where Python calls back during an import and can raise nothing, and the command would run
    on; elsewhere a half-imported library may do anything with it. Where Ctrl-C is ignored (a job in a shell's
    background) or another program looks after it, that stays.
    """
    usual = signal.getsignal(signal.SIGINT)
    if not own or usual is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def _leave(_: int, __: FrameType | None) -> None:
    try:
        os.write(2, b"shortimize: interrupted\n")
    finally:  # standard error may be closed
        os._exit(INTERRUPTED)


def leave_at_once() -> NoReturn:
    """End the process without taking the libraries down in order, which takes most of a second on a busy machine.

    Everything that was open has been closed on the way here; what threads still read is theirs to lose.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or never there
            stream.flush()
    logging.shutdown()
    os._exit(INTERRUPTED)
