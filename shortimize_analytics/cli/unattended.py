"""What a scheduled run needs: a log that stays small, and a lock that a killed run does not leave behind.

The log is a file of lines for people: UTC instant, level, words. It starts anew at one megabyte and keeps the one
before as ``FILE.1``. The key cannot enter it: it is in no argument and in no message.
"""

import contextlib
import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from shortimize_analytics.errors import BusyError, LocalFileError, ReportError

if TYPE_CHECKING:
    from filelock import FileLock

MAX_BYTES = 1_000_000

run_logger = logging.getLogger("shortimize_analytics.runs")
"""One line per event of a run; it goes nowhere unless `run_log` is open."""
run_logger.addHandler(logging.NullHandler())
run_logger.propagate = False
run_logger.setLevel(logging.INFO)


class _LogFile(RotatingFileHandler):
    """A log whose own trouble (a full disk) does not stop the run it tells of."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 the name is logging's
        """Stay silent: the same words stand on standard error."""

    def format(self, record: logging.LogRecord) -> str:
        """Keep an event on one line, whatever a caption in it holds."""
        return "".join(char if char.isprintable() else " " for char in super().format(record))


@contextmanager
def run_log(path: str | None) -> Iterator[None]:
    """Append what `run_logger` is told to a file, inside a ``with`` block; None keeps no log.

    Raises
    ------
    LocalFileError
        When the file cannot be written.
    """
    if path is None:
        yield
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handler = _LogFile(path, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        raise LocalFileError(f"the log {path} cannot be written ({error.strerror or error})") from error
    lines = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", datefmt="%Y-%m-%dT%H:%M:%SZ")
    lines.converter = time.gmtime
    handler.setFormatter(lines)
    run_logger.addHandler(handler)
    try:
        yield
    finally:
        run_logger.removeHandler(handler)
        with contextlib.suppress(OSError):  # a full disk, again
            handler.close()


@contextmanager
def stoppable() -> Iterator[None]:
    """Take a polite kill (systemd's, a time limit's) like Ctrl-C, so that nothing half-written stays."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def only_run(target: Path) -> Iterator[None]:
    """Hold the lock of a file or folder that is going to be written, inside a ``with`` block.

    The system lets go of it when the process ends, however it ends.

    Raises
    ------
    BusyError
        When another run holds it; nothing was touched.
    ReportError
        When the folder cannot be written.
    """
    from filelock import FileLock, Timeout  # a tenth of a second, in which --help is done

    path = target.with_name(f".{target.name}.lock")
    lock = FileLock(path, timeout=0)
    try:
        _take(lock, target)
        yield
    finally:
        # an interrupt may come at any line of `_take`: whether the lock is ours is known by taking it (again)
        with contextlib.suppress(OSError, Timeout):
            lock.acquire()
            path.unlink()  # not on Windows, which deletes no open file
        lock.release(force=True)


def _take(lock: "FileLock", target: Path) -> None:
    from filelock import Timeout

    path = Path(lock.lock_file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()  # filelock takes a folder that lets nobody make a file (/proc) for one whose lock is held
        lock.acquire()
    except Timeout as error:
        raise BusyError(f"another run is writing {target}; this one changed nothing") from error
    except OSError as error:
        raise ReportError(f"cannot write in {path.parent} ({error.strerror or error})") from error
