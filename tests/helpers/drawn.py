"""What an Axes shows, read from its artists."""

from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex


def words(ax):
    return [text.get_text() for text in ax.texts]


def row_names(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


def points(ax):
    return [xy for drawn in ax.collections if isinstance(drawn, PathCollection) for xy in drawn.get_offsets()]


def intervals(ax):
    """Ends of the horizontal strokes drawn together."""
    lines = [drawn for drawn in ax.collections if isinstance(drawn, LineCollection)]
    return [segment[:, 0] for drawn in lines for segment in drawn.get_segments()]


def colours(ax):
    return [
        to_hex(colour)
        for drawn in ax.collections
        if isinstance(drawn, PathCollection)
        for colour in drawn.get_facecolors()
    ]
