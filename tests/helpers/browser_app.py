"""The command `shortimize app` in a process of its own, with or without a browser before it."""

import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

from browser_lab import environment

COMMAND = [sys.executable, "-m", "shortimize_analytics", "app", "--port", "0", "--quiet"]


@contextmanager
def app(home, *arguments, **more):
    """Run the command in a folder of its own and yield what it printed until its address, the address last."""
    home.mkdir(exist_ok=True)
    env = environment(home, **more)
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=home, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        patience = threading.Timer(120, running.kill)
        patience.start()
        try:
            lines = []
            for line in running.stdout:
                lines.append(line.strip())
                if line.startswith("http"):
                    break
            patience.cancel()
            yield running, lines
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(60)
