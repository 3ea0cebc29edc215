"""What the page draws beside its numbers, as boxes placed by percent: the drawings of the PDF's template, in CSS.

Each repeats what a text beside it says, so readers of a screen skip it. Colours are classes of ``page.css``: blue, soft
(earlier), grey (not reliable) and down (lower).
"""

from collections.abc import Callable, Iterable, Iterator
from html import escape
from math import log
from typing import Any

TONES = {"": "", "soft": " soft", "grey": " grey", "down": " down", "up": "", "muted": " grey"}


def drawing(draw: dict[str, Any], axis: dict[str, Any] | None) -> str:
    """Draw what a cell of a table holds: a bar, days of a period, or a range on its column's axis.

    Parameters
    ----------
    draw
        As the tables of `report.tables` and `report.video_table` give it, ``kind`` first.
    axis
        The column's, for a range.

    Examples
    --------
    >>> from shortimize_analytics.report.html_drawings import drawing
    >>> drawing({"kind": "bar", "part": 0.5, "tone": "soft"}, None)
    '<span class="bar soft" style="width:50%" aria-hidden="true"></span>'
    """
    tone = TONES[draw.get("tone", "")]
    if draw["kind"] == "bar":
        return f'<span class="bar{tone}" style="width:{_percent(draw["part"])}" aria-hidden="true"></span>'
    if draw["kind"] == "days":
        most = max(1.0, *(value for value in draw["values"] if value is not None), 0.0)
        days = ("<i class=none></i>" if value is None else _tall(value / most) for value in draw["values"])
        return f'<span class="days{tone}" aria-hidden="true">{"".join(days)}</span>'
    return _range(draw, axis or {}, tone=tone)


def _range(draw: dict[str, Any], axis: dict[str, Any], *, tone: str) -> str:
    low, high = log(axis["low"]), log(axis["high"])

    def at(value: float) -> float:
        return (log(value) - low) / (high - low)

    marks = _marks((at(mark["v"]), mark["v"] == axis["reference"]) for mark in axis["marks"])
    start, end = at(draw["lo"]), at(draw["hi"])
    dot = "" if draw["filled"] else " open"
    return (
        f'<span class="range{tone}" aria-hidden="true">{marks}'
        f'<i class="line" style="left:{_percent(start)};width:{_percent(end - start)}"></i>'
        f'<i class="dot{dot}" style="left:{_percent(at(draw["mid"]))}"></i></span>'
    )


def axis_head(axis: dict[str, Any]) -> str:
    """Name the marks of a column's axis."""
    return _named(axis["marks"], _on_log(axis))


def period_bars(figure: dict[str, Any]) -> str:
    """Draw a key figure's periods, the usual one as a line and the target dashed; nothing where one period is known.

    Examples
    --------
    >>> from shortimize_analytics.report.html_drawings import period_bars
    >>> drawn = period_bars({"periods": [None, 0, 9], "usual": None, "target": None})
    >>> drawn.count("unknown"), drawn.count("height:0%")
    (1, 1)
    """
    known = [value for value in figure["periods"] if value is not None]
    most = max([*known, figure["target"] or 0, figure["usual"] or 0], default=0) * 1.06
    if len(known) < 2 or most <= 0:
        return ""
    last = len(figure["periods"]) - 1
    bars = (
        "<i class=unknown></i>" if value is None else _tall(max(value, 0) / most, soft=at < last)
        for at, value in enumerate(figure["periods"])
    )  # fmt: skip
    lines = (
        f'<span class="{name}" style="bottom:{_percent(figure[name] / most)}"></span>'
        for name in ("usual", "target")
        if figure[name] is not None
    )
    return f'<div class="periods" aria-hidden="true">{"".join(bars)}{"".join(lines)}</div>'


def cascade_head(cascade: dict[str, Any]) -> str:
    """Name the ticks of the cascade's axis, the period before first."""
    return _named(cascade["axis"]["ticks"], _on(cascade["axis"]))


def cascade_rows(cascade: dict[str, Any]) -> Iterator[str]:
    """Set where the change came from as rows of a table: name, bar from where the step before ended, views."""
    start = 0.0
    for step in cascade["steps"]:
        yield _cascade_row(step, cascade["axis"], start=start, tone=" down" if step["tone"] == "down" else "")
        start += step["views"]
    yield _cascade_row(cascade["total"], cascade["axis"], start=0.0, tone=" total")


def _cascade_row(step: dict[str, Any], axis: dict[str, Any], *, start: float, tone: str) -> str:
    at = _on(axis)
    marks = _marks((at(tick["v"]), tick["v"] == 0) for tick in axis["ticks"])
    first, last = sorted((start, start + step["views"]))
    return (
        f'<tr class="step{tone}"><th scope="row">{escape(step["label"])} '
        f'<span class="small">{escape(step["note"])}</span></th>'
        f'<td class="drawn"><span class="range" aria-hidden="true">{marks}<i class="block{tone}" '
        f'style="left:{_percent(at(first))};width:{_percent(at(last) - at(first))}"></i></span></td>'
        f'<td class="right">{escape(step["text"])}</td></tr>'
    )


def board_drawing(board: dict[str, Any]) -> str:
    """Draw each forecast that fell due: its range, and what came, both over what was expected."""
    at = _on_log(board)

    def one(video: dict[str, Any]) -> str:
        inside = "" if video["inside"] else " open"
        start, end = at(video["lo"]), at(video["hi"])
        return (
            f'<i><s style="bottom:{_percent(start)};height:{_percent(end - start)}"></s>'
            f'<span class="dot{inside}" style="bottom:{_percent(at(video["actual"]))}"></span></i>'
        )

    line = f'<span class="usual" style="bottom:{_percent(at(1.0))}"></span>'
    return f'<div class="board" aria-hidden="true">{line}{"".join(map(one, board["videos"]))}</div>'


def _on(axis: dict[str, Any]) -> Callable[[float], float]:
    """Return what places a value between an axis' ends, 0 to 1."""
    return lambda value: (value - axis["low"]) / (axis["high"] - axis["low"])


def _on_log(axis: dict[str, Any]) -> Callable[[float], float]:
    low, high = log(axis["low"]), log(axis["high"])
    return lambda value: (log(value) - low) / (high - low)


def _named(marks: list[dict[str, Any]], at: Callable[[float], float]) -> str:
    words = (f'<i style="left:{_percent(at(mark["v"]))}">{escape(mark["text"])}</i>' for mark in marks)
    return f'<span class="axis">{" ".join(words)}</span>'


def _marks(places: Iterable[tuple[float, bool]]) -> str:
    return "".join(
        f'<i class="mark{" reference" if reference else ""}" style="left:{_percent(place)}"></i>'
        for place, reference in places
    )


def _tall(part: float, *, soft: bool = False) -> str:
    return f'<i{" class=soft" if soft else ""} style="height:{_percent(part)}"></i>'


def _percent(part: float) -> str:
    return f"{100 * part:.4g}%"
