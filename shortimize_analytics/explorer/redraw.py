"""When to draw, and how a drawing becomes a picture.

Pitfall: without a running event loop (a script, a test) nothing could call back later, so a request is served at once.
"""

import asyncio
import io
from collections.abc import Callable
from typing import Any

from matplotlib.axes import Axes

from shortimize_analytics.plots.theme import style

DELAY = 0.1
"""Seconds without a change after which a picture is drawn: a moving slider sends one every 0.02 to 0.05."""
DPI = 100
CHART_ROWS = 12
"""Videos, labels or accounts that a chart lists."""
WIDTH = 8.8
"""Inches of a picture."""
Margins = tuple[float, float, float, float]


class Redraw:
    """Calls an action once a storm of requests is over.

    Parameters
    ----------
    action
        What to call.
    delay
        Seconds without another request.
    """

    def __init__(self, action: Callable[[], None], *, delay: float = DELAY) -> None:
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
        """Call the action now if a request is waiting."""
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
        self._timer = None
        self.runs += 1
        self._action()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop of a notebook's kernel; None in a script or a test."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def picture(*draws: Callable[[Axes], Any], height: float = 3.4, margins: Margins | None = None) -> bytes:
    """Draw one chart under another and return them as a PNG; the figure is known to nobody else, so none stays open.

    Parameters
    ----------
    draws
        Each draws one chart into the Axes it is given.
    height
        Of each chart (inches).
    margins
        Inches left, right, above and below each chart where its labels are of known size; None measures them, which
        takes a quarter of the time of a picture.
    """
    from matplotlib.figure import Figure

    count = len(draws)
    with style():
        figure = Figure(figsize=(WIDTH, height * count), dpi=DPI, layout=None if margins else "constrained")
        for place, draw in enumerate(draws):
            if margins is None:
                draw(figure.add_subplot(count, 1, place + 1))
                continue
            left, right, above, below = margins
            bottom = ((count - 1 - place) * height + below) / (height * count)
            size = ((WIDTH - left - right) / WIDTH, (height - above - below) / (height * count))
            draw(figure.add_axes((left / WIDTH, bottom, *size)))
        if (layout := figure.get_layout_engine()) is not None:
            # once here instead of once in a dry run and once in the drawing itself, as savefig would
            layout.execute(figure)
            figure.set_layout_engine("none")
        out = io.BytesIO()
        # level 1 writes a chart in a third of the time of level 6, a tenth larger
        figure.savefig(out, format="png", pil_kwargs={"compress_level": 1})
    return out.getvalue()
