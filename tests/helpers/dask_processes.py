"""A Dask scheduler and its workers as processes of their own, on loopback."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from halfway import until

DASK = Path(sys.executable).with_name("dask")


@contextmanager
def dask_cluster(folder, *, workers):
    """Start a scheduler and so many workers under a nanny, and yield the scheduler's address and process."""
    told = folder / "scheduler.json"
    paths = [str(Path(__file__).parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    options = {
        "cwd": folder,
        "env": os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "start_new_session": True,
    }
    ours = ["--host", "127.0.0.1", "--no-dashboard"]
    worker = ["--nworkers", str(workers), "--nthreads", "1", "--local-directory", str(folder), "--death-timeout", "60"]
    started = [
        subprocess.Popen([DASK, "scheduler", *ours, "--port", "0", "--scheduler-file", str(told)], **options),
        subprocess.Popen([DASK, "worker", *ours, *worker, "--scheduler-file", str(told)], **options),
    ]
    try:
        until(lambda: told.exists() and told.read_text().strip())
        yield json.loads(told.read_text())["address"], started[0]
    finally:
        for each in started:
            os.killpg(each.pid, signal.SIGKILL)
            each.wait()
