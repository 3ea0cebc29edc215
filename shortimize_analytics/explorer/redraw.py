"""When to draw.

In JupyterLab the browser's messages may run in a thread beside the notebook's cells (a kernel's subshell): a drawing
waits for the one that runs, so that a cell never reads a selection that is half changed.

Pitfall: without a running event loop (a script, a test) nothing could call back later, so a request is served at once.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

DELAY = 0.1
"""Seconds without a change after which a picture is drawn: a moving slider sends one every 0.02 to 0.05."""


class Redraw:
    """Calls an action once a storm of requests is over.

    Parameters
    ----------
    action
        What to call.
    delay
        Seconds without another request.
    turn
        Lock of whoever draws; one for actions that change the same things.
    """

    def __init__(
        self, action: Callable[[], None], *, delay: float = DELAY, turn: AbstractContextManager[object] | None = None
    ) -> None:
        self._turn = turn or threading.RLock()
        self._action = action
        self._delay = delay
        self._timer: asyncio.TimerHandle | None = None
        self.runs = 0

    @property
    def pending(self) -> bool:
        """Tell whether the action will still be called."""
        return self._timer is not None

    def ask(self, *, delay: float | None = None) -> None:
        """Call the action after the delay, and not for requests before this one."""
        self.cancel()
        loop = running_loop()
        if loop is None:
            self._run()
        else:
            self._timer = loop.call_later(self._delay if delay is None else delay, self._run)

    def flush(self) -> None:
        """Call the action now if a request is waiting; wait for one that is served in another thread."""
        with self._turn:
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
        with self._turn:
            self._timer = None
            self.runs += 1
            self._action()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop of a notebook's kernel; None in a script or a test."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
