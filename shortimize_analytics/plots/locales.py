"""How a language writes numbers and dates: thousands separators, decimal marks, percent signs, months.

Words stay English; only the figures follow. Without a locale the house's own English format is used, which reads the
same everywhere. `written_for` holds a locale for the length of a ``with`` block and of the current thread or task only.

References
----------
Unicode Common Locale Data Repository, https://cldr.unicode.org, through Babel.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from shortimize_analytics.errors import InvalidParameterError

NARROW_BLANKS = str.maketrans({"\u202f": "\xa0"})
"""A narrow no-break blank is missing from many typefaces; the wide one is in all of them."""


@dataclass(frozen=True, slots=True)
class Formats:
    """Marks of a locale, and Babel's name for it."""

    babel: Any
    marks: dict[int, str]

    def marked(self, text: str) -> str:
        """Exchange the English marks of a written number."""
        return text.translate(self.marks)

    def whole(self, size: int) -> str:
        """Write a whole number with the locale's own grouping."""
        from babel.numbers import format_decimal

        return format_decimal(size, locale=self.babel, numbering_system="latn").translate(NARROW_BLANKS)

    def day(self, value: dt.date, *, year: bool) -> str:
        """Write a date, long with its year or short without."""
        from babel.dates import format_date, format_skeleton

        if year:
            return format_date(value, format="long", locale=self.babel).translate(NARROW_BLANKS)
        return format_skeleton("MMMd", value, locale=self.babel).translate(NARROW_BLANKS)

    def period(self, start: dt.date, end: dt.date) -> str:
        """Write the days from start to end."""
        from babel.dates import format_interval

        text: str = format_interval(start, end, "yMMMd", locale=self.babel)
        return text.replace("\u2009", " ").translate(NARROW_BLANKS)


_FORMATS: ContextVar[Formats | None] = ContextVar("shortimize_formats", default=None)


def current() -> Formats | None:
    """Return the formats of the ``with`` block this runs in; None for the house's English."""
    return _FORMATS.get()


@contextmanager
def written_for(locale: str | None) -> Iterator[None]:
    r"""Write numbers and dates as a locale does, inside a ``with`` block.

    Parameters
    ----------
    locale
        As ``de_DE`` or ``fr``; None for the house's English.

    Raises
    ------
    InvalidParameterError
        When the locale is not known.

    Examples
    --------
    >>> from shortimize_analytics.plots.locales import written_for
    >>> from shortimize_analytics.plots.theme import full_number, percent, short_number
    >>> with written_for("de_DE"):
    ...     full_number(9_812_004), short_number(46_700_000), percent(0.123, digits=1)
    ('9.812.004', '46,7M', '12,3\xa0%')
    """
    token = _FORMATS.set(None if locale is None else _formats(locale))
    try:
        yield
    finally:
        _FORMATS.reset(token)


def _formats(locale: str) -> Formats:
    from babel import Locale, UnknownLocaleError

    try:
        known = Locale.parse(locale.replace("-", "_"))
    except (ValueError, UnknownLocaleError) as error:
        raise InvalidParameterError(f"locale={locale!r} is not known: use one as de_DE, en_GB or fr") from error
    symbols = known.number_symbols["latn"]
    blank = "\xa0" if "\xa0" in known.percent_formats[None].pattern.translate(NARROW_BLANKS) else ""
    marks = {",": symbols["group"].translate(NARROW_BLANKS), ".": symbols["decimal"], "%": f"{blank}%"}
    return Formats(babel=known, marks=str.maketrans(marks))
