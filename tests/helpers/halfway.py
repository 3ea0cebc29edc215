"""Executors that are met by something when a map is half done: events between processes are files, not time."""

import itertools
import os
import time
from functools import partial
from pathlib import Path

PATIENCE = 60
"""Seconds after which a wait is a failure of the test."""


def until(found):
    """Return what a function finds once it finds something."""
    begun = time.monotonic()
    while not (there := found()):
        assert time.monotonic() - begun < PATIENCE, f"nothing came of {found}"
        time.sleep(0.01)
    return there


def hold(function, folder, task, held):
    """Run a function in a worker; where it is held, tell one's process id and wait to be let go."""
    if held:
        (Path(folder) / f"{os.getpid()}.held").touch()
        until((Path(folder) / "go").exists)
    return function(task)


class Halfway:
    """Does some parts and stops: `then` is told the process that holds the next one, None where all is done here."""

    def __init__(self, then, *, parts=2, executor=None, folder=None):
        self.then, self.parts, self.executor, self.folder = then, parts, executor, folder

    def map(self, function, tasks):
        if self.executor is None:
            results = map(function, tasks)
        else:
            held = [number >= self.parts for number in range(len(tasks))]
            results = iter(self.executor.map(partial(hold, function, str(self.folder)), tasks, held))
        yield from itertools.islice(results, self.parts)
        if self.executor is None:
            self.then(None)
        else:
            self.then(int(until(lambda: [*self.folder.glob("*.held")])[0].stem))
        yield from results

    def go(self):
        """Let the parts that are held go on."""
        (self.folder / "go").touch()
