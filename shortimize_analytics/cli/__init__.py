"""The `shortimize` command: each subcommand calls what a Python user could call.

Exit codes: 0 done; 1 a bug (please report it); 2 wrong usage or setting; 3 the API refused; 4 the API or the network
could not be reached, or the rate limit; 5 incomplete or unknown data; 6 a local file; 7 another run is writing the same
file; 8 written, but not delivered everywhere; 130 interrupted.

The key never is an option: command lines are visible to every user of a machine.
"""

import sys
from collections.abc import Sequence

from .collector import few_collections
from .interrupts import INTERRUPTED, interrupts_end_the_process, leave_at_once


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; None takes the command line of this process."""
    own = argv is None
    try:
        with few_collections(own=own):
            with interrupts_end_the_process(own=own):
                from .run import run_command

            code = run_command(argv)
    except KeyboardInterrupt:
        print("shortimize: interrupted", file=sys.stderr)
        code = INTERRUPTED
    if code == INTERRUPTED and own:
        leave_at_once()
    return code
