"""Stretches of days: weeks, months, quarters, or any other, and the ones before them.

Inside the package a period is (start, end]: two days since 1970-01-01, of which the first is not part of it. Users give
and read first and last days, both inclusive.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

from shortimize_analytics.schema.choices import Frequency
from shortimize_analytics.schema.days import Day, read_day, read_range

from .constants import WEEK
from .english import MONTHS

EPOCH = date(1970, 1, 1)
_LENGTHS = {"month": 1, "quarter": 3}  # months
_SUNDAY = 6
Span = tuple[int, int]


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(days: int) -> date:
    """Turn days since 1970-01-01 into a date."""
    return EPOCH + timedelta(days=days)


def span_of(start: Day, end: Day, *, names: tuple[str, str] = ("start", "end")) -> Span:
    """Read a first and a last day that a user gave, both inclusive; `names` are what to call them in an error."""
    first, last = read_day(start, names[0]), read_day(end, names[1])
    read_range(first, last, names=names)
    return day_number(first) - 1, day_number(last)


def period_with(day: date, period: str) -> Span:
    """Return the month or quarter that holds a day, or the week that ends with it.

    Examples
    --------
    >>> from datetime import date
    >>> from shortimize_analytics.analysis.base.calendar import day_of, period_with
    >>> [str(day_of(edge)) for edge in period_with(date(2026, 2, 10), "quarter")]
    ['2025-12-31', '2026-03-31']
    """
    if period == "week":
        return day_number(day) - WEEK, day_number(day)
    months = _LENGTHS[period]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    past = first.month - 1 + months
    following = date(first.year + past // 12, past % 12 + 1, 1)
    return day_number(first) - 1, day_number(following) - 1


def last_full(as_of: date, period: str) -> Span:
    """Return the last period that is over on a day: weeks end on Sunday."""
    yesterday = date(as_of.year, as_of.month, as_of.day) - timedelta(days=1)
    if period == "week":
        return period_with(yesterday - timedelta(days=(yesterday.weekday() - _SUNDAY) % 7), period)
    span = period_with(yesterday, period)
    return span if span[1] == day_number(yesterday) else period_with(day_of(span[0]), period)


def periods_back(span: Span, period: str, *, count: int) -> list[Span]:
    """List a period and the ones before it, latest first: calendar months and quarters, otherwise equal lengths."""

    def walk() -> Iterator[Span]:
        current = span
        while True:
            yield current
            length = current[1] - current[0]
            current = (
                period_with(day_of(current[0]), period) if period in _LENGTHS else (current[0] - length, current[0])
            )

    return list(islice(walk(), count))


def stretches(first: int, last: int, *, freq: Frequency) -> Iterator[Span]:
    """List the days ("D"), weeks from Monday to Sunday ("W") or months ("M") that hold any of some days, in order."""
    end = first - 1
    while end < last:
        day = day_of(end + 1)
        if freq == "M":
            span = period_with(day, "month")
        else:
            span = (end, end + 1) if freq == "D" else (end - day.weekday(), end + WEEK - day.weekday())
        yield span
        end = span[1]


def names_of(period: str, span: Span, *, before: Span) -> tuple[str, str]:
    """Name a period and the one it is compared with, the earlier first: by their days where they are custom.

    Examples
    --------
    >>> from datetime import date
    >>> from shortimize_analytics.analysis.base.calendar import names_of, day_number, period_with
    >>> february, january = (period_with(date(2026, month, 8), "month") for month in (2, 1))
    >>> [names_of(period, february, before=january) for period in ("month", "custom")]
    [('Last month', 'This month'), ('1–31 Jan 2026', '1–28 Feb 2026')]
    """
    if period == "custom":
        return _days(before), _days(span)
    return f"Last {period}", f"This {period}"


def _days(span: Span) -> str:
    """Write the first and last day of a period, as shortly as they allow."""
    first, last = day_of(span[0] + 1), day_of(span[1])
    parts = [str(last.day), MONTHS[last.month - 1][:3], str(last.year)]
    if first == last:
        return " ".join(parts)
    start = [str(first.day), MONTHS[first.month - 1][:3], str(first.year)]
    if first.year == last.year:
        start = start[: 1 + (first.month != last.month)]
    return f"{' '.join(start)}–{' '.join(parts)}"
