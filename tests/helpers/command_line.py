"""The installed command: in processes of its own, or in the test's where a process of its own shows nothing more."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from shortimize_analytics.cli import main

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


def run_here(*arguments, **environment):
    """Run the command in this process, which has imported everything, and return what `shortimize` returns."""
    out, err = io.StringIO(), io.StringIO()
    with mock.patch.dict(os.environ, environment), redirect_stdout(out), redirect_stderr(err):
        code = exit_code([str(argument) for argument in arguments])
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def exit_code(arguments):
    """Run the command in this process and return its exit code, also where its options end it before it runs."""
    try:
        return main(arguments)
    except SystemExit as end:
        return end.code


def _cap(limit):
    import resource  # POSIX only

    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
