"""Months, weeks and other stretches of days as money files name them: 2026-11, 2026-W47, 2026-Q4, or two days.

A stretch is its first and its last day, both inclusive, as days since 1970-01-01.
"""

import re
from datetime import date, timedelta
from typing import NamedTuple

from shortimize_analytics.analysis.base.calendar import day_of, number, period_with

_FORMS = re.compile(
    r"(?P<year>[0-9]{4})-(?:(?P<month>[0-9]{2})|W(?P<week>[0-9]{2})|Q(?P<quarter>[1-4]))"
    r"|(?P<first>[0-9]{4}-[0-9]{2}-[0-9]{2})\.\.(?P<last>[0-9]{4}-[0-9]{2}-[0-9]{2})",
    re.ASCII,
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Stretch(NamedTuple):
    """A first and a last day, both inclusive."""

    first: int
    last: int

    @property
    def days(self) -> int:
        """Number of days."""
        return self.last - self.first + 1


def parse_day(text: str) -> int:
    """Read a day; ValueError says what to write."""
    if not _DAY.fullmatch(text):
        raise ValueError("write a day as 2026-03-15")
    try:
        return number(date.fromisoformat(text))
    except ValueError as error:
        raise ValueError("write a day that exists, as 2026-03-15") from error


def parse_stretch(text: str) -> Stretch:
    """Read a stretch; ValueError says what to write.

    Examples
    --------
    >>> from shortimize_analytics.analysis.money.stretches import day_of, parse_stretch
    >>> [str(day_of(edge)) for edge in parse_stretch("2026-W47")]
    ['2026-11-16', '2026-11-22']
    """
    found = _FORMS.fullmatch(text)
    if found is None:
        raise ValueError("write 2026-11, 2026-W47, 2026-Q4 or 2026-11-03..2026-11-30")
    if found["first"]:
        stretch = Stretch(parse_day(found["first"]), parse_day(found["last"]))
        if stretch.first > stretch.last:
            raise ValueError(f"write the earlier day first: {found['last']}..{found['first']}")
        return stretch
    year = int(found["year"])
    try:
        if found["week"]:
            monday = number(date.fromisocalendar(year, int(found["week"]), 1))
            return Stretch(monday, monday + 6)
        if found["quarter"]:
            return _calendar(date(year, 3 * int(found["quarter"]), 1), "quarter")
        return _calendar(date(year, int(found["month"]), 1), "month")
    except ValueError as error:
        raise ValueError(f"write a {'week' if found['week'] else 'month'} that exists") from error


def stretch_with(day: int, period: str) -> Stretch:
    """Return the month, or the week from Monday to Sunday, that holds a day."""
    if period == "week":
        monday = day - day_of(day).weekday()
        return Stretch(monday, monday + 6)
    return _calendar(day_of(day), period)


def stretches(first: int, last: int, period: str) -> list[Stretch]:
    """List the months or weeks from the one that holds a day to the one that holds another."""
    found = [stretch_with(first, period)]
    while found[-1].last < last:
        found.append(stretch_with(found[-1].last + 1, period))
    return found


def name_of(stretch: Stretch, period: str) -> str:
    """Name a month or week as files and folders do.

    Examples
    --------
    >>> from shortimize_analytics.analysis.money.stretches import name_of, parse_stretch
    >>> name_of(parse_stretch("2026-10"), "month"), name_of(parse_stretch("2026-W01"), "week")
    ('2026-10', '2026-W01')
    """
    first = day_of(stretch.first)
    if period == "week":
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02}"
    return f"{first:%Y-%m}"


def last_over(as_of: date, period: str) -> Stretch:
    """Return the last month or week that is over on a day; the day itself is not."""
    here = stretch_with(number(as_of - timedelta(days=1)), period)
    return here if here.last < number(as_of) else stretch_with(here.first - 1, period)


def _calendar(day: date, period: str) -> Stretch:
    before, last = period_with(day, period)
    return Stretch(before + 1, last)
