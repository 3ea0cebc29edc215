"""How a language writes numbers and dates, and which catalogue holds its words.

Numbers and dates follow any locale, words those that have a catalogue (``translations/*.po`` beside this module); where
there is none, they stay English. Without a locale the house's own English format is used, which reads the same
everywhere. `written_for` holds a locale for the length of a ``with`` block and of the current thread or task only.

References
----------
Unicode Common Locale Data Repository, https://cldr.unicode.org, through Babel.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from gettext import GNUTranslations
from importlib.resources import files
from io import BytesIO
from typing import Any

from shortimize_analytics.errors import InvalidParameterError

NARROW_BLANKS = str.maketrans({"\u202f": "\xa0"})
"""A narrow no-break blank is missing from many typefaces; the wide one is in all of them."""


@dataclass(frozen=True, slots=True)
class Formats:
    """Marks of a locale, Babel's name for it, and the catalogue of its words; None where they stay English."""

    babel: Any
    marks: dict[int, str]
    catalogue: GNUTranslations | None = None

    def marked(self, text: str) -> str:
        """Exchange the English marks of a written number."""
        return text.translate(self.marks)

    def whole(self, size: int) -> str:
        """Write a whole number with the locale's own grouping."""
        from babel.numbers import format_decimal

        return format_decimal(size, locale=self.babel, numbering_system="latn").translate(NARROW_BLANKS)

    def compact(self, size: float) -> str | None:
        """Write a count that was rounded as the locale shortens it; None where the house's own short forms stay."""
        from babel.numbers import format_compact_decimal

        if self.catalogue is None:
            return None
        short = format_compact_decimal(size, locale=self.babel, fraction_digits=1, numbering_system="latn")
        return self.whole(round(size)) if short.isdecimal() else short.translate(NARROW_BLANKS)

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
def written_for(locale: str | None, *, language: str | None = None) -> Iterator[None]:
    r"""Write numbers, dates and words as a locale does, inside a ``with`` block.

    Parameters
    ----------
    locale
        As ``de_DE`` or ``fr``; None for the house's English.
    language
        Of the words, as ``en`` or ``de-AT``; None for the locale's own, or English where that has no catalogue.

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
    ('9.812.004', '46,7\xa0Mio.', '12,3\xa0%')
    """
    token = _FORMATS.set(None if locale is None else _formats(locale, language))
    try:
        yield
    finally:
        _FORMATS.reset(token)


def languages() -> list[str]:
    """Return the languages whose words there are: English, and those with a catalogue.

    Examples
    --------
    >>> from shortimize_analytics.plots.locales import languages
    >>> languages()
    ['en', 'de']
    """
    found = (entry.name for entry in files(__package__).joinpath("translations").iterdir())
    return ["en", *sorted(name.removesuffix(".po") for name in found if name.endswith(".po"))]


def language_of(locale: str | None) -> str:
    """Return the language in which a report for a locale is written, with the locale's region if it is its own.

    Examples
    --------
    >>> from shortimize_analytics.plots.locales import language_of
    >>> language_of("de_AT"), language_of("fr_FR"), language_of(None)
    ('de-AT', 'en', 'en')
    """
    if locale is None:
        return "en"
    known = _known(locale)
    own = known.language in languages() and known.language != "en"
    return "-".join(filter(None, (known.language, known.territory))) if own else "en"


def _known(locale: str) -> Any:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(locale.replace("-", "_"))
    except (ValueError, UnknownLocaleError) as error:
        raise InvalidParameterError(f"locale={locale!r} is not known: use one as de_DE, en_GB or fr") from error


def _formats(locale: str, language: str | None) -> Formats:
    known = _known(locale)
    symbols = known.number_symbols["latn"]
    blank = "\xa0" if "\xa0" in known.percent_formats[None].pattern.translate(NARROW_BLANKS) else ""
    marks = {",": symbols["group"].translate(NARROW_BLANKS), ".": symbols["decimal"], "%": f"{blank}%"}
    words = (language or language_of(locale)).partition("-")[0]
    return Formats(babel=known, marks=str.maketrans(marks), catalogue=_catalogue(words))


@lru_cache(maxsize=8)
def _catalogue(language: str) -> GNUTranslations | None:
    """Read the words of a language once: some 20 ms, and no compiled copy that could be out of date."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    source = files(__package__).joinpath("translations", f"{language}.po")
    if not source.is_file():
        return None
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source.read_bytes()), locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
