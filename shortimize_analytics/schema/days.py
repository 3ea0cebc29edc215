"""Days and instants as people give them: each means one, or is refused with a sentence.

A day is a day of the calendar, without a zone. An instant is a point in time, UTC where no zone is said. Text is
ISO 8601 in its long form and nothing else: 08.11.2026 is the eighth of November to some and the eleventh of August to
others, 20261108 is a number, and a library that guesses guesses without a word.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Any

from shortimize_analytics.errors import InvalidParameterError

Day = date | str
"""A date, a datetime or a Timestamp (its day, as written), a numpy.datetime64, or YYYY-MM-DD."""
Instant = datetime | str
"""A datetime or a Timestamp, a numpy.datetime64, or YYYY-MM-DDTHH:MM:SS with or without a zone."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
_UNITS = ("D", "h", "m", "s", "ms", "us", "ns")
"""Units of numpy.datetime64 that name one day."""


def read_day(value: Day, name: str) -> date:
    """Read a day.

    Parameters
    ----------
    value
        A date, a datetime or Timestamp (the day is the one it shows, whatever its zone), a numpy.datetime64, or text as
        YYYY-MM-DD.
    name
        What to call it in the error: the parameter, or the option.

    Raises
    ------
    InvalidParameterError
        For everything else.

    Examples
    --------
    >>> from shortimize_analytics.schema.days import read_day
    >>> read_day("2026-11-08", "end")
    datetime.date(2026, 11, 8)
    >>> read_day("08.11.2026", "end")
    Traceback (most recent call last):
    shortimize_analytics.errors.InvalidParameterError: end='08.11.2026' is no day; write it as YYYY-MM-DD, such as
    2026-03-15
    """
    found = _plain(value)
    if isinstance(found, str):
        try:
            found = date.fromisoformat(found if _DAY.fullmatch(found) else "")
        except ValueError:
            found = None
    if not isinstance(found, date):
        raise InvalidParameterError(f"{name}={value!r} is no day; write it as YYYY-MM-DD, such as 2026-03-15")
    return date(found.year, found.month, found.day)


def read_instant(value: Instant | date, name: str, *, last: bool = False) -> datetime:
    """Read an instant, UTC where no zone is said; a day stands for its first instant, or for its last.

    Parameters
    ----------
    value
        A datetime or Timestamp, a numpy.datetime64, or text as YYYY-MM-DDTHH:MM:SS+00:00; a day as for `read_day`.
    name
        What to call it in the error.
    last
        Take the last instant of a day, for the end of a range.

    Raises
    ------
    InvalidParameterError
        For everything else.

    Examples
    --------
    >>> from shortimize_analytics.schema.days import read_instant
    >>> read_instant("2026-11-08T10:30+01:00", "updated_start").isoformat()
    '2026-11-08T10:30:00+01:00'
    >>> read_instant("2026-11-08", "updated_end", last=True).isoformat()
    '2026-11-08T23:59:59.999999+00:00'
    """
    found = _plain(value)
    if isinstance(found, str):
        try:
            if _DAY.fullmatch(found):
                found = date.fromisoformat(found)
            else:
                found = datetime.fromisoformat(found if _INSTANT.fullmatch(found) else "")
        except ValueError:
            found = None
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime.combine(found, time.max if last else time.min)
    if not isinstance(found, datetime):
        raise InvalidParameterError(
            f"{name}={value!r} is no instant; write it as YYYY-MM-DDTHH:MM:SS+00:00, or a day as YYYY-MM-DD"
        )
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def read_range(
    start: Day | None, end: Day | None, *, names: tuple[str, str] = ("start", "end")
) -> tuple[date | None, date | None]:
    """Read a first and a last day, both inclusive; None leaves an end open.

    Raises
    ------
    InvalidParameterError
        For what is no day, or an end before its start.

    Examples
    --------
    >>> from shortimize_analytics.schema.days import read_range
    >>> read_range("2026-11-02", "2026-11-01")
    Traceback (most recent call last):
    shortimize_analytics.errors.InvalidParameterError: end=2026-11-01 lies before start=2026-11-02; give the first,
    then the last
    """
    first, last = (None if day is None else read_day(day, name) for day, name in zip((start, end), names, strict=True))
    if first is not None and last is not None and last < first:
        raise InvalidParameterError(f"{names[1]}={last} lies before {names[0]}={first}; give the first, then the last")
    return first, last


def read_instants(
    start: Instant | date | None, end: Instant | date | None, *, names: tuple[str, str]
) -> tuple[datetime | None, datetime | None]:
    """Read a first and a last instant, both inclusive, as `read_range` reads days; a day stands for all of it.

    Raises
    ------
    InvalidParameterError
        For what is no instant, or an end before its start.
    """
    first = None if start is None else read_instant(start, names[0])
    last = None if end is None else read_instant(end, names[1], last=True)
    if first is not None and last is not None and last < first:
        raise InvalidParameterError(f"{names[1]}={end} lies before {names[0]}={start}; give the first, then the last")
    return first, last


def _plain(value: Any) -> Any:
    """Turn numpy's days and instants into Python's; what stands for no time becomes None."""
    if type(value).__name__ == "datetime64" and type(value).__module__ == "numpy":
        unit = str(value.dtype).partition("[")[2].rstrip("]")
        return value.astype("datetime64[D]" if unit == "D" else "datetime64[us]").item() if unit in _UNITS else None
    if isinstance(value, date) and value != value:
        return None
    return value
