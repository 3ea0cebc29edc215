"""What page 1 is told from, as plain values: a period's totals, what made them, and its first video."""

from dataclasses import dataclass

from .words import Naming, Piece


@dataclass(frozen=True, slots=True)
class Lead:
    """The video that gained most: its share of all gains, how far ahead it is, and its score against its account."""

    title: Piece
    account: str
    share: float
    ahead: float
    gain: float
    age_days: int | None
    is_new: bool
    low: float | None = None
    high: float | None = None
    reliable: bool = False
    few_peers: bool = False


@dataclass(frozen=True, slots=True)
class Mover:
    """An account's views in the period and in the one before, and its uploads."""

    account: str
    now: float
    before: float
    uploads: int
    uploads_before: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What page 1 is told from; None and empty where it is not known.

    Attributes
    ----------
    names
        What the periods are called.
    views, before, change
        Growth of the period and of the one before (views), and its relative change.
    new_views, n_uploads, uploads_before
        Of the period's uploads.
    partial
        The history does not cover the whole period.
    parts
        Views that made the change, by what: uploads, each, back, corrections; empty where it is not told in parts.
    usual, low, high, n_before
        Median, smallest and largest of the whole periods before, as many days as this one; and their number.
    same_length
        Whether the periods before had as many days.
    lead, n_gained, top10_share
        The video that gained most, how many gained, and the share of the ten best.
    movers
        Accounts, largest rise first.
    """

    names: Naming
    views: float | None = None
    before: float | None = None
    change: float | None = None
    new_views: float | None = None
    n_uploads: int = 0
    uploads_before: int = 0
    partial: bool = False
    parts: dict[str, float] | None = None
    usual: float | None = None
    low: float | None = None
    high: float | None = None
    n_before: int = 0
    same_length: bool = True
    lead: Lead | None = None
    n_gained: int = 0
    top10_share: float | None = None
    movers: tuple[Mover, ...] = ()

    @property
    def gained(self) -> float:
        """Return the views, 0 where they are not known."""
        return self.views or 0.0

    @property
    def swing(self) -> tuple[float, float]:
        """Return the smallest and the largest of the periods before."""
        return self.low or 0.0, self.high or 0.0
