"""When to draw: the first change after a rest at once, a storm of changes once more when it is over.

In JupyterLab the browser's messages may run in a thread beside the notebook's cells (a kernel's subshell): a drawing
waits for the one that runs, so that a cell never reads a selection that is half changed. It waits at the lock of the
house style: at another one, a drawing and a cell that reads an explorer inside ``with style()`` could wait for each
other.

Pitfall: without a running event loop (a script, a test) nothing could call back later, so a request is served at once.
"""

import asyncio
import time
from collections.abc import Callable

from shortimize_analytics.plots.theme import DRAWING

DELAY = 0.1
"""Seconds without a change that end a storm: a moving slider sends one every 0.02 to 0.05."""


class Redraw:
    """Calls an action for the first request after a rest, and once more when the storm of others is over.

    Parameters
    ----------
    action
        What to call.
    delay
        Seconds without a request and without a call that are a rest.
    """

    def __init__(self, action: Callable[[], None], *, delay: float = DELAY) -> None:
        self._action = action
        self._delay = delay
        self._timer: asyncio.TimerHandle | None = None
        self._busy, self._first = -delay, False
        self.runs = 0

    @property
    def pending(self) -> bool:
        """Tell whether the action will still be called."""
        return self._timer is not None

    def ask(self, *, delay: float | None = None) -> None:
        """Call the action soon, or after a delay of one's own, and not for requests before this one."""
        now = time.monotonic()
        # requests of one moment are one
        self._first = (self.pending and self._first) or now - self._busy >= self._delay
        self._busy = now
        self.cancel()
        loop = running_loop()
        if loop is None:
            self._run()
        else:
            wait = 0.0 if self._first else self._delay
            self._timer = loop.call_later(wait if delay is None else delay, self._run)

    def flush(self) -> None:
        """Call the action now if a request is waiting; wait for one that is served in another thread."""
        with DRAWING:
            if self.pending:
                self.now()

    def now(self) -> None:
        """Call the action now, in place of a request that is waiting."""
        self.cancel()
        self._run()

    def cancel(self) -> None:
        """Forget the waiting request."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        with DRAWING:
            self._timer = None
            self.runs += 1
            try:
                self._action()
            finally:
                self._busy = time.monotonic()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop of a notebook's kernel; None in a script or a test."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
