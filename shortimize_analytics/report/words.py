"""Outside text on its way into the report: made typesettable, counted, and given its direction and link.

A `Words` object lives for one report. It remembers what it had to replace, so that the data page can say so.
"""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from shortimize_analytics.plots import locales, theme
from shortimize_analytics.plots.fonts import replace_undrawable
from shortimize_analytics.plots.theme import full_number, is_right_to_left, multiple, shorten
from shortimize_analytics.schema.links import web_link

Piece = dict[str, Any]
"""What the template's `piece` sets: text, strong, link (or None), rtl, tone (an empty string, up, down or muted)."""
Sentence = list[Piece]

_RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI"}


def piece(text: str, *, strong: bool = False, link: Any = None, tone: str = "") -> Piece:
    """Give a text its weight, link, tone and direction."""
    return {"text": text, "strong": strong, "link": web_link(link), "rtl": is_right_to_left(text), "tone": tone}


def isolated(text: str) -> str:
    r"""Keep a right-to-left text's direction to itself, so that the numbers beside it keep their place.

    References
    ----------
    Unicode Standard Annex 9, "Unicode Bidirectional Algorithm": first strong isolate.

    Examples
    --------
    >>> from shortimize_analytics.report.words import isolated
    >>> isolated("Hooks v2"), [f"{ord(char):x}" for char in isolated("\N{HEBREW LETTER ALEF}2")]
    ('Hooks v2', ['2068', '5d0', '32', '2069'])
    """
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text


def day(value: Any, *, year: bool = True) -> str:
    """Write a date for a sentence: months of some locales are written from right to left."""
    return isolated(theme.day(value, year=year))


def period(start: dt.date, end: dt.date) -> str:
    """Write the days from start to end for a sentence, see `day`."""
    return isolated(theme.period(start, end))


def number_word(number: int) -> str:
    """Write a small whole number as a word, a large one in digits.

    Examples
    --------
    >>> from shortimize_analytics.report.words import number_word
    >>> number_word(5), number_word(13)
    ('five', '13')
    """
    names = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return names[number] if number < len(names) else full_number(number)


def regrouped(text: str) -> str:
    """Write the counts of a text that an analysis made as the report's language does.

    Examples
    --------
    >>> from shortimize_analytics.plots.locales import written_for
    >>> from shortimize_analytics.report.words import regrouped
    >>> with written_for("de_DE"):
    ...     regrouped("between 13,856 accounts, permuted")
    'between 13.856 accounts, permuted'
    """
    return re.sub(r"\b\d{1,3}(?:,\d{3})+\b", lambda found: full_number(int(found[0].replace(",", ""))), text)


def interval(low: float, high: float) -> str:
    """Write the ends of an interval of multiples.

    Examples
    --------
    >>> from shortimize_analytics.report.words import interval
    >>> interval(8.1, 22)
    '8.1–22x'
    """
    return f"{multiple(low).removesuffix('x')}–{multiple(high)}"


def decimal(value: float, digits: int) -> str:
    """Write a number with a fixed number of decimals.

    Examples
    --------
    >>> from shortimize_analytics.report.words import decimal
    >>> decimal(0.0312, 3)
    '0.031'
    """
    formats, text = locales.current(), f"{value:.{digits}f}"
    return text if formats is None else formats.marked(text)


@dataclass(frozen=True, slots=True)
class Naming:
    """What a period and the one it is compared with are called.

    Attributes
    ----------
    kind
        Of the report: "Weekly report".
    unit
        "week", "month", "quarter" or "period".
    now, before, against
        "this week", "last week", "the week before"; the last two are days where the user chose what to compare with.
    """

    kind: str
    unit: str
    now: str
    before: str
    against: str


_KINDS = {"week": "Weekly report", "month": "Monthly report", "quarter": "Quarterly report"}


def naming(period_kind: str, *, compared: tuple[dt.date, dt.date] | None = None) -> Naming:
    """Name the periods of a report; `compared` are the days of one that the user chose, both inclusive.

    Examples
    --------
    >>> from shortimize_analytics.report.words import naming
    >>> naming("month").before, naming("custom").against
    ('last month', 'the period before')
    """
    unit = period_kind if period_kind in _KINDS else "period"
    before, against = (f"last {unit}" if period_kind in _KINDS else "the period before"), f"the {unit} before"
    if compared is not None:
        before = against = period(*compared)
    return Naming(_KINDS.get(period_kind, "Report"), unit, f"this {unit}", before, against)


@dataclass(slots=True)
class Words:
    """Makes outside text fit, and counts the characters that no font could draw, once per distinct text."""

    replaced: dict[str, int] = field(default_factory=dict)

    def clean(self, text: Any, *, fallback: str, width: int = 70) -> str:
        """Return one line of at most `width` half-width characters that the fonts can draw, isolated."""
        if not isinstance(text, str):
            return fallback
        clean, replaced = replace_undrawable(text)
        if replaced:
            self.replaced[text] = replaced
        return isolated(shorten(clean, width)) or fallback

    def title(self, title: Any, username: Any) -> str:
        """Return a video's caption, or its account where it has none."""
        return self.clean(title, fallback=f"untitled, {self.account(username)}")

    def account(self, username: Any) -> str:
        """Return an account's handle with its @."""
        name = self.clean(username, fallback="", width=22)
        return f"@{name}" if name else "unknown account"
