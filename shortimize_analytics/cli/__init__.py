"""The `shortimize` command: each subcommand calls what a Python user could call.

Exit codes: 0 done; 1 a bug (please report it); 2 wrong usage or setting; 3 the API refused; 4 the API or the network
could not be reached, or the rate limit; 5 incomplete or unknown data; 6 a local file; 7 another run is writing the same
file; 130 interrupted.

The key never is an option: command lines are visible to every user of a machine.
"""

import argparse
import errno
import io
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence

from shortimize_analytics.errors import LocalFileError, ShortimizeError

from .parser import build_parser
from .unattended import run_log, runs

_REFUSALS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}
"""A full or read-only disk, met where nobody could name the file's purpose."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _make_printable()
    options = build_parser().parse_args(argv)
    if options.debug:
        logging.basicConfig(level=logging.DEBUG, format="%(levelname)s %(name)s: %(message)s")
        logging.getLogger("matplotlib").setLevel(logging.WARNING)
        logging.getLogger("fontTools").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = _show_warning  # restored by catch_warnings
        try:
            with run_log(getattr(options, "log", None)):
                runs.info("run: shortimize %s", " ".join(argv if argv is not None else sys.argv[1:]))
                code = _run(options)
                runs.log(logging.ERROR if code else logging.INFO, "exit code %d", code)
        except LocalFileError as error:
            _complain(options, str(error))
            return error.exit_code
        return code


def _make_printable() -> None:
    """Let standard output and error take any text: a pipe on Windows, or a C locale, has few characters.

    What they lack becomes a question mark; files given with ``-o`` are UTF-8 everywhere.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _run(options: argparse.Namespace) -> int:
    try:
        options.run(options)
        if sys.stdout is not None:  # it was closed before the start
            sys.stdout.flush()
    except ShortimizeError as error:
        _complain(options, str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _complain(options, "interrupted; what was loaded so far is kept")
        return 130
    except BrokenPipeError:
        # the reader (head, less) has enough: https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 the last line of defence: one line for people, the rest with --debug
        if isinstance(error, OSError) and error.errno in _REFUSALS:
            where = f" ({error.filename})" if error.filename else ""
            _complain(options, f"this machine refused to write: {error.strerror}{where}; what was there before stays")
            return 6
        _complain(options, f"unexpected {type(error).__name__}: {error}. Run again with --debug and report it")
        return 1
    return 0


def _complain(options: argparse.Namespace, text: str) -> None:
    if options.debug:
        traceback.print_exc()
    runs.error(text)
    print(f"shortimize: {text}", file=sys.stderr)


def _show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    kind = "stale" if category.__name__ == "FreshnessWarning" else "warning"
    runs.warning("%s: %s", kind, message)
    print(f"{kind}: {message}", file=sys.stderr)
