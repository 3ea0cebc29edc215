"""A prepared history in digest: one row per video, for histories that are too large for one frame.

What each video's rows say alone is worked out beforehand, part by part (see `scale`); what compares videos is worked
out from these values by the same functions that else read the rows, so that every figure is the same.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.schema.choices import PeriodKind
from shortimize_analytics.schema.rows import places_in

Span = tuple[int, int]
"""Days (start, end] since 1970-01-01."""


@dataclass(frozen=True, slots=True)
class ByAge:
    """Measured rows by age: views that never fall, and what a day gained where that was observed; else NaN."""

    curve: np.ndarray
    gain: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Digested:
    """What analyses need of a prepared history, one row per video that has any.

    Attributes
    ----------
    ids
        The videos, sorted.
    rows, oldest_age
        Number of rows and greatest age (days, NaN where unknown) of each.
    first_day, last_day
        Days since 1970-01-01 of each one's first and last row.
    ends
        Last row of each: ``date``, ``views_raw``, ``likes``, ``comments``; and ``fastest``, its largest gain in a day.
    moves
        When each last changed, and how, by id: see `unmeasured.last_moves`.
    measured
        By ages 0 to 30, over all rows.
    moment, moment_ends, moment_measured, moment_gain
        A day, None for the newest; and of the rows up to it the last (``date``, ``views_raw``), ages 0 to 14, and what
        each gained in its last 7 days (views, NaN where unknown).
    cells, interpolated
        Views by age, of all rows, and whether the API interpolated them.
    period, periods
        "week", "month" or "quarter", and the periods (start, end] that are accounted for, latest first.
    flows, counts
        By period, as far as the history reaches of it: the account of each video as though its creator's account had
        not been seen before (see `ledger.flows_alone`), and the counts of its last row: ``likes``, ``comments``,
        ``shares``, ``views_raw``.
    week_cells
        Non-decreasing views by age, from 0, of rows up to the end of the newest period.
    attrs
        What a history's ``attrs`` would say.
    then
        The same of the rows up to the end of the newest period alone, without what else is by period or of all rows.
    fell, weeks
        In `then`: whether each video was corrected in the last 7 days, and what `compare_weeks` says of them.
    """

    ids: pd.Index
    rows: np.ndarray
    oldest_age: np.ndarray
    first_day: np.ndarray
    last_day: np.ndarray
    ends: pd.DataFrame
    moves: pd.DataFrame
    measured: ByAge
    moment: date | None
    moment_ends: pd.DataFrame
    moment_measured: ByAge
    moment_gain: np.ndarray
    cells: np.ndarray
    interpolated: np.ndarray
    period: PeriodKind
    periods: tuple[Span, ...]
    flows: dict[Span, pd.DataFrame]
    counts: dict[Span, pd.DataFrame]
    week_cells: np.ndarray
    attrs: dict[str, Any] = field(default_factory=dict)
    then: "Digested | None" = None
    fell: np.ndarray | None = None
    weeks: pd.DataFrame | None = None

    @property
    def newest(self) -> pd.Timestamp:
        """The last day of all; NaT without rows."""
        return pd.Timestamp(int(self.last_day.max()), unit="D") if len(self.last_day) else pd.NaT

    def until(self, end: int) -> "Digested":
        """Return what was known at the end of a day (since 1970-01-01).

        Raises
        ------
        InvalidParameterError
            Where that day is not the end of the newest period.
        """
        if self.then is None or self.periods[0][1] != end:
            raise InvalidParameterError("this digest is not as of that day; digest anew with end=")
        return self.then

    def place(self, ids: pd.Index | pd.Series) -> np.ndarray:
        """Place of each of some ids among the videos, −1 where it has no rows."""
        return places_in(self.ids, ids)


def rows_of(values: np.ndarray, place: np.ndarray, *, missing: Any = np.nan) -> np.ndarray:
    """Take rows of values of every video; `missing` where the place is −1."""
    if not len(values):
        return np.full((len(place), *values.shape[1:]), missing, dtype=values.dtype)
    out = values[place]
    out[place < 0] = missing
    return out


def up_to_age(values: np.ndarray, max_age: int, *, name: str) -> np.ndarray:
    """Cut a matrix by age behind an age.

    Raises
    ------
    InvalidParameterError
        Where it does not reach that far.
    """
    if max_age >= values.shape[1]:
        raise InvalidParameterError(
            f"{name}={max_age} is beyond the {values.shape[1] - 1} days of this digest; choose less, or digest anew"
        )
    return values[:, : max_age + 1]
