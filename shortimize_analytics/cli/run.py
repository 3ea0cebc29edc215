"""One run of the command: parse, call, and turn whatever happens into a line for people and an exit code."""

import argparse
import errno
import io
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module

from shortimize_analytics.client.scrub import without_passwords
from shortimize_analytics.errors import LocalFileError, ShortimizeError

from .interrupts import INTERRUPTED, interrupts_end_the_process
from .parser import build_parser
from .unattended import run_log, run_logger

_REFUSALS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}
"""A full or read-only disk, met where nobody could name the file's purpose."""


def run_command(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _make_printable()
    options = build_parser().parse_args(argv)
    if options.debug:
        logging.basicConfig(level=logging.DEBUG)
        for handler in logging.getLogger().handlers:
            handler.setFormatter(_Discreet("%(levelname)s %(name)s: %(message)s"))
        logging.getLogger("matplotlib").setLevel(logging.WARNING)
        logging.getLogger("fontTools").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = _show_warning  # restored by catch_warnings
        try:
            with run_log(getattr(options, "log", None)):
                given = argv if argv is not None else sys.argv[1:]
                run_logger.info("run: shortimize %s", " ".join(map(without_passwords, given)))
                code = _run(options, own=argv is None)
                run_logger.log(logging.ERROR if code else logging.INFO, "exit code %d", code)
        except LocalFileError as error:
            _complain(options, str(error))
            return error.exit_code
        return code


class _Discreet(logging.Formatter):
    """What the libraries below log, without a proxy's password."""

    def format(self, record: logging.LogRecord) -> str:
        return without_passwords(super().format(record))


def _make_printable() -> None:
    """Let standard output and error take any text: a pipe on Windows, or a C locale, has few characters.

    What they lack becomes a question mark; files given with ``-o`` are UTF-8 everywhere.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _run(options: argparse.Namespace, *, own: bool) -> int:
    try:
        with interrupts_end_the_process(own=own):
            function = command_function(options.run)
        function(options)
        if sys.stdout is not None:  # it was closed before the start
            sys.stdout.flush()
    except ShortimizeError as error:
        _complain(options, str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _complain(options, "interrupted; what was loaded so far is kept")
        return INTERRUPTED
    except BrokenPipeError:
        # the reader (head, less) has enough: https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 the last line of defence: one line for people, the rest with --debug
        if isinstance(error, OSError) and error.errno in _REFUSALS:
            where = f" ({error.filename})" if error.filename else ""
            _complain(options, f"this machine refused to write: {error.strerror}{where}; what was there before stays")
            return 6
        if isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("shortimize_analytics"):
            _complain(options, f"{error.name} is not installed, and is needed; run: pip install shortimize-analytics")
            return 2
        _complain(options, f"unexpected {type(error).__name__}: {error}. Run again with --debug and report it")
        return 1
    return 0


def command_function(place: str) -> Callable[[argparse.Namespace], None]:
    """Import what a command calls, ``module:function``: only now, because most of them need pandas."""
    module, _, name = place.partition(":")
    function: Callable[[argparse.Namespace], None] = getattr(import_module(f".{module}", __package__), name)
    return function


def _complain(options: argparse.Namespace, text: str) -> None:
    if options.debug:
        print(without_passwords(traceback.format_exc()), file=sys.stderr)
    text = without_passwords(text)
    run_logger.error(text)
    print(f"shortimize: {text}", file=sys.stderr)


def _show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    kind = "stale" if category.__name__ == "FreshnessWarning" else "warning"
    run_logger.warning("%s: %s", kind, message)
    print(f"{kind}: {message}", file=sys.stderr)
