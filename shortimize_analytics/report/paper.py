"""The pages that a report can have, and the room that its pictures and lists get on each (points)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paper:
    """A page: its width, the heights of its pictures (points) and the rows of its lists."""

    width: float
    waterfall: float
    series: float
    bars: int
    forest: int
    effects: float
    fans: float
    mover_rows: int
    video_rows: int


PAPERS = {
    "a4": Paper(
        width=595.28, waterfall=178, series=140, bars=10, forest=12, effects=132, fans=230, mover_rows=8, video_rows=10
    ),
    "us-letter": Paper(
        width=612.0, waterfall=150, series=112, bars=10, forest=10, effects=122, fans=200, mover_rows=6, video_rows=8
    ),
}
SIDE_MARGIN = 44.0
"""Left and right page margin; the template reads it from here."""
