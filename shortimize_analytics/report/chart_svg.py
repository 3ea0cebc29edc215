"""Charts of the report: matplotlib draws the shapes, Typst sets every word.

matplotlib computes where each text goes and leaves it in the SVG as text. Here the texts are taken out of the SVG and
handed to the template with their position, which sets them on top of the picture. This is what makes Thai, Devanagari
and joined emoji come out right: inside an SVG image they are refused by PDF/UA or lose their marks, in the document's
own text they are shaped like any other, in real bold, and can be selected.

Units: points (1/72 inch), measured from the picture's upper left corner.
"""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

from shortimize_analytics.plots.texts import is_right_to_left
from shortimize_analytics.plots.theme import INK, style

SMALLEST = 9.0
"""Points of the smallest text on a page: what a phone still shows legibly."""
_SVG = "http://www.w3.org/2000/svg"
_DECLARATION = re.compile(r"([\w-]+)\s*:\s*([^;]+)")


def draw_svg(
    name: str,
    plot: Callable[..., Any],
    *,
    alt: str,
    size: tuple[float, float],
    margins: tuple[float, float, float, float],
    colours: dict[str, str] | None = None,
) -> tuple[dict[str, Any], bytes]:
    """Draw one chart.

    Parameters
    ----------
    name
        File name without ending.
    plot
        Called with ``ax``; returns it.
    alt
        What a screen reader says instead of the picture.
    size
        Width and height (points).
    margins
        Left, right, top and bottom space around the Axes (points).
    colours
        Colours of the house, as ``#rrggbb``, and what a brand puts in their place.

    Returns
    -------
    chart, svg
        What the template needs (file, size, alt text, texts with their place), and the picture without its texts;
        both empty for an empty state.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    width, height = size
    left, right, top, bottom = margins
    box = (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    with style(pyplot=False):
        figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        FigureCanvasSVG(figure)
        axes = plot(ax=figure.add_axes(box))
        if not axes.axison:
            return {}, b""
        buffer = BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    texts, svg = extract_texts(_recoloured(buffer.getvalue(), colours or {}))
    for text in texts:
        before, after = text["x"], width - text["x"]
        text["room"] = {"end": before, "middle": 2 * min(before, after)}.get(text["anchor"], after)
    return {"file": f"{name}.svg", "width": width, "height": height, "alt": alt, "texts": texts}, svg


def _recoloured(svg: bytes, colours: dict[str, str]) -> bytes:
    """Exchange colours: plots know only those of the house, which stand nowhere else in a picture."""
    for house, own in colours.items():
        svg = svg.replace(house.encode(), own.encode())
    return svg


def extract_texts(svg: bytes) -> tuple[list[dict[str, Any]], bytes]:
    """Take the texts out of an SVG that matplotlib wrote.

    Parameters
    ----------
    svg
        A picture whose text was kept as text.

    Returns
    -------
    texts, svg
        Per text: words and direction, place of the baseline (points), anchor (start, middle, end), size, weight and
        colour; and the picture without them.

    Examples
    --------
    >>> from shortimize_analytics.report.chart_svg import extract_texts
    >>> texts, svg = extract_texts(
    ...     b'<svg xmlns="http://www.w3.org/2000/svg"><g><text x="3" y="9" '
    ...     b'style="font-size: 10px; text-anchor: end; fill: #13203b">12%</text></g></svg>'
    ... )
    >>> texts[0]["text"], texts[0]["x"], texts[0]["anchor"]
    ('12%', 3.0, 'end')
    >>> b"12%" in svg
    False
    """
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ET.fromstring(svg)  # noqa: S314 — written by matplotlib a moment ago, not received
    texts = []
    for parent in list(root.iter()):
        for node in parent.findall(f"{{{_SVG}}}text"):
            texts.append(_text(node))
            parent.remove(node)
    return texts, ET.tostring(root, encoding="utf-8")


def _text(node: ET.Element) -> dict[str, Any]:
    declared = dict(_DECLARATION.findall(node.get("style", "")))
    words = "".join(node.itertext())
    return {
        "text": words,
        "rtl": is_right_to_left(words),
        "x": float(node.get("x", 0)),
        "y": float(node.get("y", 0)),
        "anchor": declared.get("text-anchor", "start").strip(),
        "size": max(SMALLEST, float(declared.get("font-size", "10px").strip().removesuffix("px"))),
        "weight": int(declared.get("font-weight", "400").strip().replace("bold", "700").replace("normal", "400")),
        "fill": declared.get("fill", INK).strip(),
    }
