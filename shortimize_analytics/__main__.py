"""The `shortimize` command, also as ``python -m shortimize_analytics`` where no script was installed.

It begins before the package's heavy imports, so that Ctrl-C during them ends like any other: one line, exit code 130.
"""

import contextlib
import os
import signal
import sys
from types import FrameType


def main() -> int:
    """Run the command line and return its exit code."""
    usual = signal.getsignal(signal.SIGINT)
    if usual is signal.default_int_handler:  # a job in a shell's background ignores it, and goes on doing so
        signal.signal(signal.SIGINT, _leave)
    from shortimize_analytics.cli import main as run

    signal.signal(signal.SIGINT, usual)
    try:
        return run()
    except KeyboardInterrupt:  # before or after what `run` itself looks after
        return _say_interrupted()


def _leave(_: int, __: FrameType | None) -> None:
    """End at once: an exception could come up anywhere in a half-imported library, and nothing is under way yet."""
    os._exit(_say_interrupted())


def _say_interrupted() -> int:
    with contextlib.suppress(OSError):  # standard error may be closed
        os.write(2, b"shortimize: interrupted\n")
    return 130


if __name__ == "__main__":
    sys.exit(main())
