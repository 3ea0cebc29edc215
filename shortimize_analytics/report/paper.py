"""The pages that a report can have, and the room that its pictures and lists get on each (points)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paper:
    """A page: its width, the heights of its pictures (points) and the rows of its lists."""

    width: float
    series: float
    bars: int
    effects: float


PAPERS = {
    "a4": Paper(width=595.28, series=140, bars=10, effects=132),
    "us-letter": Paper(width=612.0, series=112, bars=10, effects=122),
}
SIDE_MARGIN = 44.0
"""Left and right page margin; the template reads it from here."""
