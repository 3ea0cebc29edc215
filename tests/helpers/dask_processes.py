"""A Dask scheduler and its workers as processes of their own, on loopback."""

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from halfway import until

DASK = Path(sys.executable).with_name("dask")


def _told(folder):
    return folder / "scheduler.json"


@contextmanager
def _running(folder, *arguments):
    """Start a command of Dask; when it is over, end it and all it started."""
    paths = [str(Path(__file__).parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    ours = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(_told(folder))]
    process = subprocess.Popen(
        [DASK, *arguments, *ours],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end(process)


def end(process):
    """Kill a process and all it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def dask_workers(folder, *, workers):
    """Start so many workers under a nanny, of the scheduler of that folder, and yield the nanny's process."""
    own = ["--nworkers", str(workers), "--nthreads", "1", "--local-directory", str(folder), "--death-timeout", "60"]
    return _running(folder, "worker", *own)


@contextmanager
def dask_cluster(folder, *, workers):
    """Start a scheduler and so many workers, and yield the scheduler's address and process."""
    with ExitStack() as running:
        scheduler = running.enter_context(_running(folder, "scheduler", "--port", "0"))
        if workers:
            running.enter_context(dask_workers(folder, workers=workers))
        told = _told(folder)
        until(lambda: told.exists() and told.read_text().strip())
        yield json.loads(told.read_text())["address"], scheduler
