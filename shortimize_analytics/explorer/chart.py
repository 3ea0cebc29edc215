"""How a chart becomes a picture that answers: what stands where in it, and which axes can be brushed.

Pitfall: places are read off the axes once the layout is final; before that they are those of another picture.
"""

import io
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shortimize_analytics.plots.theme import style

DPI = 100
CHART_ROWS = 12
"""Videos, labels or accounts that a chart lists."""
FANS = 6
"""Forecasts that are drawn at once."""
WIDTH = 8.8
"""Inches of a picture until a browser has said how much room there is."""
ROOM = (4.8, 14.4)
"""Inches of the narrowest and the widest picture: names of videos need some, and no line of text is longer."""
ROOM_STEP = 0.8
"""Inches by which pictures differ: not every pixel of a window that is being drawn larger is another picture."""
Margins = tuple[float, float, float, float]
Field = Literal["active", "uploaded", "views"]


class Brush(NamedTuple):
    """What a stretch of a chart's x axis filters.

    Attributes
    ----------
    field
        Days of gains, days of upload (both in days since 1970-01-01), or views.
    spans
        First and last day of each bar, which a stretch is widened to; empty without bars.
    """

    field: Field
    spans: Sequence[tuple[date, date]] = ()


class Marks(NamedTuple):
    """What a chart answers with.

    Attributes
    ----------
    x, y
        From and to of each mark on the chart's axes, shape (n, 2). NaN reaches to the edge: upright of the axes,
        across of the whole picture.
    says
        Lines of text of each, the first is its name.
    ids
        The video of each; empty where they are no videos.
    brush
        What its x axis filters, if anything.
    """

    x: np.ndarray
    y: np.ndarray
    says: Sequence[str]
    ids: Sequence[str] = ()
    brush: Brush | None = None


class Chart(NamedTuple):
    """A PNG and what answers in it, places as shares of its width and height from the top left.

    Attributes
    ----------
    png
        No bytes where there is no chart.
    marks
        ``[left, top, right, bottom, text, id or None]`` of each.
    areas
        ``{"box": [left, top, right, bottom], "field": …, "from": …, "to": …, "log": …}`` of each axes with a brush.
    brushes
        The `Brush` of each area.
    """

    png: bytes = b""
    marks: tuple[list[Any], ...] = ()
    areas: tuple[dict[str, Any], ...] = ()
    brushes: tuple[Brush, ...] = ()


NO_CHART = Chart()


def fitting_width(pixels: float) -> float:
    """Return the inches of a picture for a room of some pixels.

    Examples
    --------
    >>> [fitting_width(pixels) for pixels in (380, 900, 3000)]
    [4.8, 8.8, 14.4]
    """
    return float(np.clip(round(pixels / DPI / ROOM_STEP - 0.25) * ROOM_STEP, *ROOM).round(1))


def picture(
    *draws: Callable[[Axes], Any],
    height: float = 3.4,
    width: float = WIDTH,
    margins: Margins | None = None,
    marks: Sequence[Marks] = (),
) -> Chart:
    """Draw one chart under another; the figure is known to nobody else, so none stays open.

    Parameters
    ----------
    draws
        Each draws one chart into the Axes it is given.
    height
        Of each chart (inches).
    width
        Of the picture (inches).
    margins
        Inches left, right, above and below each chart where its labels are of known size; None measures them, which
        takes a quarter of the time of a picture.
    marks
        What the charts answer with, in their order.
    """
    count = len(draws)
    with style(pyplot=False):
        figure = Figure(figsize=(width, height * count), dpi=DPI, layout=None if margins else "constrained")
        for place, draw in enumerate(draws):
            if margins is None:
                draw(figure.add_subplot(count, 1, place + 1))
                continue
            left, right, above, below = margins
            bottom = ((count - 1 - place) * height + below) / (height * count)
            size = ((width - left - right) / width, (height - above - below) / (height * count))
            draw(figure.add_axes((left / width, bottom, *size)))
        if (layout := figure.get_layout_engine()) is not None:
            # once here instead of once in a dry run and once in the drawing itself, as savefig would
            layout.execute(figure)
            figure.set_layout_engine("none")
        out = io.BytesIO()
        # level 1 writes a chart in a third of the time of level 6, a tenth larger
        figure.savefig(out, format="png", pil_kwargs={"compress_level": 1})
    answering = [(ax, one) for ax, one in zip(figure.axes, marks, strict=False) if ax.axison]
    return Chart(
        out.getvalue(),
        tuple(found for ax, one in answering for found in _placed(ax, one)),
        tuple(_area(ax, one.brush) for ax, one in answering if one.brush is not None),
        tuple(one.brush for _, one in answering if one.brush is not None),
    )


def _placed(ax: Axes, marks: Marks) -> list[list[Any]]:
    """Find the marks in the picture, cut off at the edges of their axes."""
    if not len(marks.says):
        return []
    limits = [np.sort(limit) for limit in (ax.get_xlim(), ax.get_ylim())]
    corners = []
    for side in (0, 1):
        x, y = (
            np.where(np.isnan(values[:, side]), limit[side], np.clip(values[:, side], *limit))
            for values, limit in zip((marks.x, marks.y), limits, strict=True)
        )
        corners.append(_shares(ax, np.column_stack([x, y])))
    low, high = np.minimum(*corners), np.maximum(*corners)
    # a row answers where its name stands, too
    low[np.isnan(marks.x[:, 0]), 0], high[np.isnan(marks.x[:, 1]), 0] = 0, 1
    boxes = np.column_stack([low[:, 0], 1 - high[:, 1], high[:, 0], 1 - low[:, 1]]).round(4).tolist()
    ids: Sequence[str | None] = marks.ids or [None] * len(boxes)
    return [[*box, text, ad_id] for box, text, ad_id in zip(boxes, marks.says, ids, strict=True)]


def _area(ax: Axes, brush: Brush) -> dict[str, Any]:
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    (x0, y0), (x1, y1) = _shares(ax, np.array([[left, bottom], [right, top]]))
    box = [float(round(edge, 4)) for edge in (x0, 1 - y1, x1, 1 - y0)]
    log = ax.get_xscale() == "log"
    return {"box": box, "field": brush.field, "from": float(left), "to": float(right), "log": log}


def _shares(ax: Axes, points: np.ndarray) -> np.ndarray:
    """Turn places on the axes into shares of the figure, from the bottom left."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("the axes belong to no figure")
    return figure.transFigure.inverted().transform(ax.transData.transform(points))
