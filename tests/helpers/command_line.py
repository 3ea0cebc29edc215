"""The installed command, in processes of its own."""

import os
import subprocess
import sys
from pathlib import Path

SHORTIMIZE = Path(sys.executable).with_name("shortimize")


def shortimize(*arguments, folder=None, limit=None, **environment):
    """Run the command to its end, with nothing to read; `limit` is the largest file it may write (bytes)."""
    return subprocess.run(
        [SHORTIMIZE, *arguments],
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env=os.environ | environment,
        preexec_fn=limit and (lambda: _cap(limit)),
    )


def _cap(limit):
    import resource  # POSIX only

    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
